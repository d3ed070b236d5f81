use super::*;
use crate::model::{ApiKey as OwnKey, Outside};
use crate::plan::fake::{Fake, key, live, model, policy};
use crate::source::Span;
use crate::spacelift::{BoundRole, Engine, KeyBinding};

/// A policy of ours that refuses two logins.
fn text() -> String {
    let mut policy = policy();
    for login in ["bob@x", "api::01bob"] {
        policy.offboarded.insert(login.into(), login.into());
    }
    render::render(&policy).unwrap()
}

fn account() -> Fake {
    let mut account = Fake::new().with_body(&text());
    account.known.sign_on = Some(SignOn::default());
    account
}

fn leaver(login: &str) -> Leaver {
    Leaver::new(login, Vec::new())
}

fn standing(account: &Fake, leaver: &Leaver) -> Standing {
    Gate::read(account).unwrap().standing(leaver, &model())
}

#[test]
fn whom_the_policy_refuses_and_nothing_lets_in_is_out() {
    let found = standing(&account(), &leaver("Bob@x"));
    assert!(found.is_out(), "{found:?}");
    assert_eq!(found.why(), None);
    let other = standing(&account(), &leaver("eve@x"));
    assert!(!other.policy_refuses && !other.is_out());
    // Without a policy of ours nobody is known to be refused.
    let mut none = Fake::new();
    none.known.sign_on = Some(SignOn::default());
    assert!(!standing(&none, &leaver("bob@x")).is_out());
}

#[test]
fn a_policy_that_does_not_decide_refuses_nobody() {
    let changed = |change: &dyn Fn(&mut Policy)| {
        let mut policy = live(POLICY_NAME, &text());
        change(&mut policy);
        let mut account = Fake::new().with_policy(policy);
        account.known.sign_on = Some(SignOn::default());
        account
    };
    let mut managed = account();
    managed.account.scheme = Some(Scheme::ManagedUsers);
    for (account, words) in [
        (managed, "where login policies have no effect"),
        (
            changed(&|policy| policy.engine = Some(Engine::V0)),
            "written in another version of Rego",
        ),
        (
            changed(&|policy| policy.engine = None),
            "written in another version of Rego",
        ),
        (
            changed(&|policy| policy.space = Some("legacy".into())),
            "login policies decide in `root`",
        ),
    ] {
        let found = standing(&account, &leaver("bob@x"));
        assert!(found.policy_refuses && !found.is_out(), "{found:?}");
        let why = found.why().unwrap();
        assert!(why.contains(words), "{why}");
    }
    // An installation that does not say by what it decides knows nothing but login policies.
    let mut older = account();
    older.account.scheme = None;
    assert!(standing(&older, &leaver("bob@x")).is_out());
}

#[test]
fn whom_spacelift_does_not_ask_about_gets_in() {
    for sign_on in [
        SignOn {
            saml_admin: Some("BOB@x".into()),
            oidc_admin: None,
        },
        SignOn {
            saml_admin: None,
            oidc_admin: Some("bob@x".into()),
        },
    ] {
        let mut account = account();
        account.known.sign_on = Some(sign_on);
        let found = standing(&account, &leaver("bob@x"));
        assert!(matches!(found.ways[..], [Way::SignOn { .. }]), "{found:?}");
    }
    let mut told = leaver("bob@x");
    let because = Because::AccountOwner;
    let span = Span::default();
    told.outside = vec![("bob@x".into(), Outside { because, span })];
    let found = standing(&account(), &told);
    assert!(matches!(found.ways[..], [Way::Outside { .. }]), "{found:?}");
    assert!(found.why().unwrap().contains("owns the account"));
}

#[test]
fn a_key_of_theirs_that_administers_gets_in_by_either_way() {
    let binding = |role: &str, space: &str| KeyBinding {
        id: "b".into(),
        role: BoundRole {
            id: "r".into(),
            slug: role.into(),
            actions: (role == "emperor").then(|| vec!["SPACE_ADMIN".into()]),
        },
        space: space.into(),
    };
    let with = |key: ApiKey| {
        let mut account = account();
        account.known.api_keys = Some(vec![key]);
        account
    };
    let bound = |role: &str, space: &str| ApiKey {
        bindings: Some(vec![binding(role, space)]),
        ..key("01bob", false)
    };
    let mut owning = model();
    let owned = OwnKey {
        id: "01bob".into(),
        owner: Some("@acme/bob".into()),
        rotate_by: None,
        span: Span::default(),
    };
    owning.api_keys.insert("deploys".into(), owned);
    for (key, gets_in) in [
        (key("01bob", true), true),
        (bound("space-admin", "root"), true),
        (bound("space-admin", "payments"), false),
        (bound("emperor", "root"), true),
        (bound("emperor", "payments"), false),
        (bound("space-writer", "root"), false),
        (key("01bob", false), false),
    ] {
        let account = with(key.clone());
        // The key is the login itself, or the mapping says that it is theirs.
        let itself = standing(&account, &leaver("api::01BOB"));
        assert_eq!(itself.is_out(), !gets_in, "{key:?}: {itself:?}");
        let gate = Gate::read(&account).unwrap();
        let theirs = gate.standing(&leaver("bob@x"), &owning);
        assert_eq!(theirs.is_out(), !gets_in, "{key:?}: {theirs:?}");
        // Nobody else's concern.
        assert!(gate.standing(&leaver("bob@x"), &model()).is_out());
    }
}

#[test]
fn what_is_not_known_is_no_proof() {
    let mut account = account();
    account.known.sign_on = None;
    let found = standing(&account, &leaver("bob@x"));
    assert!(!found.is_out() && found.ways.is_empty(), "{found:?}");
    assert!(found.why().unwrap().contains("who set single sign-on up"));
    let mut account = self::account();
    account.known.api_keys = None;
    // Keys matter to whoever has one, or is one.
    assert!(standing(&account, &leaver("bob@x")).is_out());
    let found = standing(&account, &leaver("api::01bob"));
    assert_eq!(
        found.unknown,
        ["the installation does not say which API keys there are"]
    );
}
