use super::super::fake::{Fake, Mapping, signed_in};
use super::super::{Guard, Plan, Probe, plan};
use super::*;
use crate::directory::{self, Directory};
use crate::evaluate::foreign::InProcess;
use crate::source::Span;
use crate::spacelift::{User, UserSessions, UserStatus};

/// Twenty people in one group, four administrators in another, and an account that fits.
pub(in super::super) const BASE: &str = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root, inherit: true, labels: [prod]}}
roles: {deployer: {actions: [space:read, run:trigger]}}
groups: {payments: P, platform: ADM}
login: {admin: [platform]}
grants:
  - {who: payments, roles: [deployer, space-reader], spaces: [payments]}
";

pub(in super::super) fn person(login: &str, groups: &[&str]) -> directory::Person {
    directory::Person {
        login: login.into(),
        name: None,
        active: true,
        groups: Some(groups.iter().map(|group| (*group).to_string()).collect()),
        attributes: BTreeMap::new(),
        span: Span::default(),
    }
}

pub(in super::super) fn directory() -> Directory {
    let payments = (0..20).map(|n| person(&format!("p-{n}@acme.example"), &["P"]));
    let platform = (0..4).map(|n| person(&format!("adm-{n}@acme.example"), &["ADM", "other"]));
    Directory {
        taken_at: Some(0),
        people: payments
            .chain(platform)
            .map(|person| (person.login.clone(), person))
            .collect(),
        groups: None,
        digest: String::new(),
    }
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

/// From one mapping to another.
fn from_to(before: &str, after: &str, directory: Option<Directory>) -> (Mapping, Fake) {
    let mapping = Mapping {
        directory,
        ..Mapping::read(after)
    };
    let mut fake = Fake::new().with_body(&Mapping::read(before).text);
    fake.known.user_sessions = Some(vec![signed_in("p-0@acme.example")]);
    (mapping, fake)
}

fn probe(source: Source, login: &str, teams: &[&str]) -> Probe {
    Probe {
        source,
        name: format!("{login} by {}", source.words()),
        identity: login.into(),
        person: None,
        input: json!({
            "request": {},
            "session": {"login": login, "member": true, "teams": teams},
            "spaces": [],
        }),
    }
}

fn change<'p>(plan: &'p Plan, login: &str) -> &'p PersonChange {
    let mut all = plan.people.changes.iter();
    all.find(|one| one.login == login)
        .unwrap_or_else(|| panic!("{login} in {:?}", plan.people.changes))
}

fn access(space: &str, role: &str) -> Access {
    Access {
        space: space.into(),
        role: role.into(),
    }
}

#[test]
fn somebody_whom_several_sources_know_is_counted_once() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let mut known = directory();
    let bob = known.people.get_mut("p-3@acme.example").unwrap();
    bob.active = false;
    let (mut mapping, fake) = from_to(BASE, &fewer, Some(known));
    mapping.probes = vec![
        probe(Source::Fixture, "P-1@acme.example", &["P"]),
        probe(Source::Sample, "p-1@acme.example", &["P"]),
        probe(Source::Sample, "p-1@ACME.example", &["P", "x"]),
        probe(Source::Sample, "new@acme.example", &["P"]),
        // The directory says that they may not sign in.
        probe(Source::Fixture, "p-3@acme.example", &["P"]),
        // Nobody at all.
        Probe {
            input: json!({"slack": {}}),
            ..probe(Source::Fixture, "", &[])
        },
    ];
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.people.known, 24);
    let count = |source| plan.people.sources.get(&source).copied();
    assert_eq!(count(Source::Directory), Some(23));
    assert_eq!(count(Source::Fixture), Some(1));
    assert_eq!(count(Source::Sample), Some(2));
    assert_eq!(count(Source::Policy), None);
    assert_eq!(plan.people.changes.len(), 20);
    let all = BTreeSet::from([Source::Fixture, Source::Directory, Source::Sample]);
    assert_eq!(change(&plan, "p-1@acme.example").sources, all);
    assert_eq!(
        change(&plan, "new@acme.example").losses,
        BTreeSet::from([access("payments", "space-reader")])
    );
    let admins: Vec<&str> = plan.people.admins.iter().map(String::as_str).collect();
    assert_eq!(
        admins,
        [
            "adm-0@acme.example",
            "adm-1@acme.example",
            "adm-2@acme.example",
            "adm-3@acme.example"
        ]
    );
}

#[test]
fn whoever_a_policy_names_is_known() {
    let named = format!(
        "{BASE}  - {{who: {{login: Zoe@acme.example}}, roles: deployer, spaces: legacy}}\n  - {{who: {{api_key: ci}}, roles: deployer, spaces: legacy}}\napi_keys: {{ci: {{id: \"02\"}}}}\n"
    );
    let (mapping, fake) = from_to(&named, BASE, None);
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.people.known, 2);
    for login in ["Zoe@acme.example", "api::02"] {
        let change = change(&plan, login);
        assert_eq!(
            change.losses,
            BTreeSet::from([access("legacy", "deployer")]),
            "{login}"
        );
        assert_eq!(change.login_change, Some((Login::Allow, Login::Deny)));
        assert_eq!(change.sources, BTreeSet::from([Source::Policy]));
        assert!(change.loses && !change.loses_admin());
    }
    // A key is no person who could administer the account by name.
    let admin = format!(
        "{BASE}  - {{who: {{api_key: ci}}, roles: space-admin, spaces: root}}\napi_keys: {{ci: {{id: \"02\"}}}}\n"
    );
    let (mapping, fake) = from_to(BASE, &admin, None);
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.people.admins, BTreeSet::new());
    assert_eq!(change(&plan, "api::02").admin_change, Some((false, true)));
}

#[test]
fn what_is_held_at_some_hour_from_some_place_counts_as_held() {
    let conditions = "conditions:\n  office: {ip: 203.0.113.0/24}\n  vpn: {ip: [203.0.113.128/25, \"2001:db8::/32\"]}\n  hours: {days: [mon], hours: \"09:00-17:00\", timezone: America/Los_Angeles}\n";
    let when = |when: &str| {
        let grant = format!("spaces: [payments], when: {when}");
        format!("{}{conditions}", BASE.replace("spaces: [payments]", &grant))
    };
    let open = when("{any: [office, hours]}");
    for (after, loses) in [
        ("{any: [office, hours]}", false),
        ("{any: [office, hours, vpn]}", false),
        ("{all: [office, hours]}", true),
        ("office", true),
        ("hours", true),
        ("{all: [office, vpn, hours]}", true),
    ] {
        let (mut mapping, fake) = from_to(&open, &when(after), Some(directory()));
        mapping.now = Some(1_795_626_000_000_000_000);
        let plan = planned(&mapping, &fake);
        let losing = plan.people.changes.iter().filter(|one| one.loses).count();
        assert_eq!(losing, if loses { 20 } else { 0 }, "{after}");
    }
    // Two that are met together only where one network lies in the other.
    let both = when("{all: [office, vpn]}");
    let (mut mapping, fake) = from_to(&both, &when("{all: [vpn, hours]}"), Some(directory()));
    mapping.now = Some(1_795_626_000_000_000_000);
    let plan = planned(&mapping, &fake);
    assert_eq!(change(&plan, "p-0@acme.example").losses.len(), 2);
}

/// Everybody decided alone comes to the same as everybody decided with those who are alike.
#[test]
fn whoever_is_decided_together_is_decided_as_alone() {
    let before = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root, inherit: true, labels: [prod]}}
roles: {deployer: {actions: [space:read, run:trigger]}}
groups: {payments: P, platform: ADM, contractors: C, old: O}
conditions: {office: {ip: 203.0.113.0/24}}
login:
  admin: [{who: {group: platform, login: \"*@acme.example\"}}]
  deny: [{who: {login: \"eve-*\"}}, {who: contractors, unless: {all: [office]}}]
  offboarded: [left@acme.example]
grants:
  - {who: payments, roles: [deployer, space-reader], spaces: [payments]}
  - {who: {all: [payments, old], none: [contractors]}, roles: [space-writer], spaces: [payments]}
  - {who: {login: ann@acme.example}, roles: [space-writer], spaces: [legacy]}
  - {who: {login: \"*@partner.example\", member: true}, roles: [space-reader], spaces: [legacy]}
";
    let after = before
        .replace("none: [contractors]", "none: [platform]")
        .replace("ann@acme.example", "Ann@acme.example")
        .replace("left@", "gone@")
        .replace("*@partner.example", "*@partner*.example")
        .replace("\"eve-*\"", "\"mallory-*\"");
    let logins = [
        "ann@acme.example",
        "ANN@acme.example",
        "left@acme.example",
        "GONE@acme.example",
        "eve-1@acme.example",
        "Eve-2@acme.example",
        "mallory-1@acme.example",
        "x@partner.example",
        "y@Partner.example",
        "z@partner2.example",
        "a@acme.example",
        "b@acme.example",
        "c@acme.example",
        "d@beta.example",
        "api::03",
        "API::04",
    ];
    let sets: [Option<&[&str]>; 9] = [
        None,
        Some(&[]),
        Some(&["P"]),
        Some(&["other"]),
        Some(&["P", "O"]),
        Some(&["P", "O", "C"]),
        Some(&["ADM"]),
        Some(&["ADM", "P", "O", "x"]),
        Some(&["C", "unheard-of"]),
    ];
    let mut all = Directory::default();
    for (at, login) in logins.iter().enumerate() {
        for (set, groups) in sets.iter().enumerate() {
            // The same login but for what stands before it, so that each set of groups has its own person.
            let login = if at < 4 && set > 0 {
                continue;
            } else {
                login.replace('@', &format!("{set}@"))
            };
            let login = if at < 4 {
                logins[at].to_string()
            } else {
                login
            };
            let mut one = person(&login, &[]);
            one.groups =
                groups.map(|groups| groups.iter().map(|group| (*group).to_string()).collect());
            all.people.insert(login.to_ascii_lowercase(), one);
        }
    }
    assert!(all.people.len() > 90);
    let (mut mapping, fake) = from_to(before, &after, Some(all.clone()));
    let together = planned(&mapping, &fake).people;
    assert!(together.changes.len() > 20, "{}", together.changes.len());
    let mut apart: Vec<PersonChange> = Vec::new();
    let mut admins = BTreeSet::new();
    for (login, one) in &all.people {
        mapping.directory = Some(Directory {
            people: BTreeMap::from([(login.clone(), one.clone())]),
            ..Directory::default()
        });
        let alone = planned(&mapping, &fake).people;
        apart.extend(
            alone
                .changes
                .into_iter()
                .filter(|change| change.sources.contains(&Source::Directory)),
        );
        admins.extend(alone.admins);
    }
    let by_login = |changes: Vec<PersonChange>| -> BTreeMap<String, PersonChange> {
        changes
            .into_iter()
            .map(|one| (one.login.to_ascii_lowercase(), one))
            .collect()
    };
    let mut together_by = by_login(together.changes);
    together_by.retain(|_, one| one.sources.contains(&Source::Directory));
    assert_eq!(together_by, by_login(apart));
    assert_eq!(together.admins, admins);
}

#[test]
fn active_logins_are_those_with_sessions_and_those_seen_lately() {
    let day = 86_400_i64;
    let user = |login: &str, status: UserStatus, last: Option<i64>| User {
        id: login.into(),
        login: login.into(),
        invitation_email: None,
        login_method: None,
        status,
        rules: None,
        last_login_time: last,
    };
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let mut known = directory();
    let addresses = BTreeMap::from([(
        "email".to_string(),
        vec!["Pat.Four@acme.example".to_string()],
    )]);
    known.people.get_mut("p-4@acme.example").unwrap().attributes = addresses;
    let (mut mapping, mut fake) = from_to(BASE, &fewer, Some(known));
    mapping.now = Some(100 * day * 1_000_000_000);
    mapping.directory.as_mut().unwrap().taken_at = mapping.now;
    fake.known.user_sessions = Some(vec![
        signed_in("P-1@acme.example"),
        signed_in("pat.four@acme.example"),
        UserSessions {
            email: Some("p-2@ACME.example".into()),
            ..signed_in("some-id")
        },
        signed_in("stranger@acme.example"),
    ]);
    fake.known.users = Some(vec![
        user("p-1@acme.example", UserStatus::Active, Some(99 * day)),
        user("p-5@acme.example", UserStatus::Active, Some(71 * day)),
        user("long-gone@acme.example", UserStatus::Active, Some(69 * day)),
        user("never@acme.example", UserStatus::Active, None),
        user("invited@acme.example", UserStatus::Pending, Some(99 * day)),
    ]);
    let plan = planned(&mapping, &fake);
    let coverage = plan.people.coverage.clone().unwrap();
    assert_eq!(coverage.strangers, ["stranger@acme.example"]);
    assert_eq!(
        (coverage.active, coverage.known, coverage.percent()),
        (6, 5, 83)
    );
    assert_eq!(plan.people.groups, vec![]);

    // An account that does not say, and a token that may not ask.
    fake.known.user_sessions = None;
    fake.known.users = None;
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.people.coverage, None);
    let codes: Vec<Guard> = plan.refusals.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Guard::PeopleLoseAccess, Guard::LossesUncounted]);
}

#[test]
fn members_of_groups_are_made_up_where_people_cannot_be_counted() {
    let before = BASE.replace(
        "grants:\n",
        "grants:\n  - {who: {all: [payments, platform]}, roles: [space-writer], spaces: [legacy]}\n  - {who: everyone, roles: [space-reader], spaces: [legacy]}\n",
    );
    let after = BASE.replace("[deployer, space-reader]", "[deployer]");
    let (mapping, mut fake) = from_to(&before, &after, None);
    fake.known.user_sessions = Some(vec![signed_in("stranger@acme.example")]);
    let plan = planned(&mapping, &fake);
    let words: Vec<String> = plan.people.groups.iter().map(GroupLoss::words).collect();
    assert_eq!(
        words,
        [
            "members the sign-in or the administration",
            "members `space-reader` on `legacy`",
            "members of `payments` `space-reader` on `legacy`",
            "members of `payments` `space-reader` on `payments`",
            "members of `payments` and `platform` `space-reader`, `space-writer` on `legacy`",
            "members of `payments` and `platform` `space-reader` on `payments`",
            "members of `platform` `space-reader` on `legacy`",
        ]
    );
    let refusal = plan
        .refusals
        .iter()
        .find(|one| one.code == Guard::LossesUncounted)
        .unwrap();
    assert!(
        refusal.message.starts_with(
            "0 of the account's 1 active login are known here, which is 0 % and not 80 %"
        ),
        "{}",
        refusal.message
    );

    // Nothing is taken away where things are only given.
    let (mapping, mut fake) = from_to(&after, &before, None);
    fake.known.user_sessions = Some(vec![signed_in("stranger@acme.example")]);
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.people.groups, vec![]);
    let codes: Vec<Guard> = plan.refusals.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Guard::TooFewAdmins]);
}

#[test]
fn whoever_spacelift_never_asks_about_loses_nothing_and_administers() {
    let outside = format!(
        "{BASE}outside_policy: [{{login: adm-1@acme.example, because: sso_admin}}, {{login: \"api::09\", because: root_key}}]\n"
    );
    let left = outside.replace("login: {", "login: {offboarded: [adm-1@acme.example], ");
    let (mut mapping, mut fake) = from_to(&outside, &left, Some(directory()));
    fake.known.sign_on = Some(crate::spacelift::SignOn {
        saml_admin: Some("adm-1@acme.example".into()),
        oidc_admin: None,
    });
    fake.known
        .api_keys
        .as_mut()
        .unwrap()
        .push(super::super::fake::key("09", true));
    mapping.overrides = vec!["people-lose-access=x".parse().unwrap()];
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.refusals, vec![]);
    let change = change(&plan, "adm-1@acme.example");
    assert_eq!(change.outside_policy, Some(Because::SsoAdmin));
    assert!(!change.loses && !change.loses_admin());
    assert!(plan.people.admins.contains("adm-1@acme.example"));
    assert!(!plan.people.admins.contains("api::09"));
}

#[test]
fn a_break_glass_identity_that_the_mapping_forgets_is_missed() {
    let glass = format!(
        "{BASE}  - {{who: {{login: bg@acme.example}}, roles: space-admin, spaces: root}}\nbreak_glass: [{{login: bg@acme.example, owner: o, why: w}}]\n"
    );
    let (mapping, fake) = from_to(&glass, BASE, Some(directory()));
    let plan = planned(&mapping, &fake);
    let codes: Vec<Guard> = plan.refusals.iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        [Guard::AdminsLoseAccess, Guard::BreakGlassLosesAccess]
    );
    assert_eq!(
        plan.refusals[1].message,
        "the break-glass identity `bg@acme.example` would lose access: login deny instead of allow, `space-admin` on `root`, the administration of the account"
    );
}
