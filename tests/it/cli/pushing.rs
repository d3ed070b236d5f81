//! What a push does to an account, and what it leaves alone: every push signs everybody out.

use serde_json::Value;

use super::bench::Bench;

const PUSH: &str = "push --sandbox account.json --yes";
const NOTHING: &str = "Nothing to do: the account decides as the mapping says.";

fn pushed() -> Bench {
    let bench = Bench::with_starter();
    let said = bench.fine(PUSH);
    assert!(said.contains("read back as sent"), "{said}");
    bench
}

/// The account's policies, as the file holds them.
fn policies(bench: &Bench) -> Value {
    let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    account["policies"].clone()
}

fn says_nothing_to_do(bench: &Bench) {
    let before = policies(bench);
    let said = bench.fine(PUSH);
    assert!(said.contains(NOTHING), "{said}");
    assert_eq!(policies(bench), before);
    assert!(bench.fine("plan --sandbox account.json").contains(NOTHING));
}

#[test]
fn what_is_live_is_what_render_writes() {
    let bench = pushed();
    let policies = policies(&bench);
    let bodies: Vec<&str> = policies
        .as_object()
        .unwrap()
        .values()
        .map(|policy| policy["body"].as_str().unwrap())
        .collect();
    bench.fine("render");
    assert_eq!(bodies, [bench.read("spacelift/login.rego")]);
}

#[test]
fn a_plan_in_full_shows_every_line() {
    let bench = Bench::with_starter();
    let plan = bench.ends(5, "plan --sandbox account.json --full").stdout;
    let shown: Vec<&str> = plan
        .lines()
        .filter_map(|line| line.strip_prefix("  +"))
        .filter(|line| *line != "++ mapping")
        .skip_while(|line| !line.starts_with("# The login policy"))
        .collect();
    let text = bench.fine("render --print");
    assert_eq!(shown, text.lines().collect::<Vec<_>>());
}

#[test]
fn a_second_push_does_nothing() {
    says_nothing_to_do(&pushed());
}

#[test]
fn a_plan_and_a_refusal_to_answer_change_nothing() {
    let bench = Bench::with_starter();
    bench.ends(5, "plan --sandbox account.json");
    bench.ends(2, "push --sandbox account.json");
    assert_eq!(policies(&bench).as_object().map(|all| all.len()), Some(0));
}

#[test]
fn an_edit_of_a_reason_does_nothing() {
    let bench = pushed();
    bench.edit(
        "access.yaml",
        "reason: deploys from the office",
        "reason: something else, owner: \"@example/app\"",
    );
    says_nothing_to_do(&bench);
}

#[test]
fn an_edit_of_a_comment_and_of_the_order_does_nothing() {
    let bench = pushed();
    bench.edit(
        "access.yaml",
        "grants:\n  - {who: platform, roles: [space-admin], spaces: [root]}\n",
        "# Who may do what.\ngrants:\n",
    );
    let text = bench.read("access.yaml");
    let moved = "  - {spaces: [root], who: platform, roles: [space-admin]}\n";
    bench.write("access.yaml", &format!("{text}{moved}"));
    says_nothing_to_do(&bench);
}

#[test]
fn another_name_for_a_group_does_nothing() {
    let bench = pushed();
    let mapping = bench.read("access.yaml");
    bench.write("access.yaml", &mapping.replace("developers", "builders"));
    let fixtures = bench.read("fixtures.yaml");
    bench.write(
        "fixtures.yaml",
        &fixtures.replace("groups: [developers]", "groups: [builders]"),
    );
    says_nothing_to_do(&bench);
}

#[test]
fn another_value_for_a_group_is_a_change() {
    let bench = pushed();
    bench.edit("access.yaml", "sent_as: Developers", "sent_as: Builders");
    // Nobody is signed in, so nobody counts as known.
    let plan = "plan --sandbox account.json --override losses-uncounted=renamed";
    let said = bench.ends(5, plan).stdout;
    assert!(said.contains("-\t\"Developers\""), "{said}");
    assert!(said.contains("+\t\"Builders\""), "{said}");
}

#[test]
fn a_grant_taken_away_shows_who_loses_it() {
    let bench = pushed();
    bench.edit(
        "access.yaml",
        "  - {who: developers, roles: [space-reader], spaces: [app-prod]}\n",
        "",
    );
    // The test that expects it fails first, and nothing is planned.
    let refused = bench.ends(4, PUSH);
    assert!(
        refused.stderr.contains("fixtures.yaml:"),
        "{}",
        refused.stderr
    );
    bench.edit(
        "fixtures.yaml",
        "app-prod: [space-reader, space-writer]",
        "app-prod: [space-writer]",
    );
    let refused = bench.ends(6, PUSH);
    assert!(
        refused.stderr.contains("losses-uncounted"),
        "{}",
        refused.stderr
    );
    let said = bench.fine(&format!("{PUSH} --override losses-uncounted=meant"));
    assert!(said.contains("    - app-prod: space-reader\n"), "{said}");
    assert!(said.contains("in all: 1 losing roles"), "{said}");
    says_nothing_to_do(&bench);
}

#[test]
fn an_edit_by_hand_is_shown_and_kept() {
    let bench = pushed();
    let text = bench.read("account.json");
    let by_hand = text.replace("203.0.113.0/24", "0.0.0.0/0");
    assert_ne!(by_hand, text);
    bench.write("account.json", &by_hand);
    let before = policies(&bench);
    let ran = bench.ends(6, PUSH);
    assert!(ran.stderr.contains("edited-by-hand"), "{}", ran.stderr);
    assert!(ran.stdout.contains("0.0.0.0/0"), "{}", ran.stdout);
    assert_eq!(policies(&bench), before);
}

/// Changes the account's file as somebody else's work would have.
fn meddle(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let mut account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    change(&mut account);
    bench.write("account.json", &account.to_string());
}

/// An account with a second login policy.
fn pushed_beside_another() -> Bench {
    let bench = pushed();
    meddle(&bench, |account| {
        let all = account["policies"].as_object_mut().unwrap();
        let (id, mut other) = all
            .iter()
            .next()
            .map(|(k, v)| (k.clone(), v.clone()))
            .unwrap();
        for field in ["id", "slug"] {
            if other.get(field).is_some() {
                other[field] = "by-somebody-else".into();
            }
        }
        other["name"] = "by somebody else".into();
        assert_ne!(id, "by-somebody-else");
        all.insert("by-somebody-else".to_string(), other);
    });
    bench
}

#[test]
fn row_33_another_login_policy_is_a_refusal() {
    let bench = pushed_beside_another();
    let ran = bench.ends(6, PUSH);
    assert!(ran.stderr.contains("other-login-policy"), "{}", ran.stderr);
    assert!(ran.stdout.contains("by somebody else"), "{}", ran.stdout);
}

#[test]
fn another_login_policy_that_is_accepted_may_stay() {
    let bench = pushed_beside_another();
    let mapping = bench.read("access.yaml");
    bench.write(
        "access.yaml",
        &format!("{mapping}accepted_policies: [by somebody else, nobody's]\n"),
    );
    let said = bench.fine(PUSH);
    assert!(said.contains(NOTHING), "{said}");
    assert!(said.contains("`by somebody else` decides too"), "{said}");
    assert!(
        said.contains("`nobody's`, and the account has no other"),
        "{said}"
    );

    bench.edit(
        "access.yaml",
        "[\"203.0.113.0/24\"]",
        "[\"203.0.113.0/25\"]",
    );
    let said = bench.fine(&format!("{PUSH} --override losses-uncounted=meant"));
    assert!(said.contains("read back as sent"), "{said}");
}

#[test]
fn a_space_that_the_account_lacks_is_a_refusal() {
    let bench = Bench::with_starter();
    bench.ends(5, "plan --sandbox account.json");
    meddle(&bench, |account| {
        account["spaces"]
            .as_object_mut()
            .unwrap()
            .remove("app-dev")
            .unwrap();
    });
    let ran = bench.ends(6, PUSH);
    assert!(ran.stdout.contains("app-dev"), "{}", ran.stdout);
    assert_eq!(policies(&bench).as_object().map(|all| all.len()), Some(0));
}

#[test]
fn the_other_strategy_is_a_refusal() {
    let bench = pushed();
    meddle(&bench, |account| {
        account["account"]["authorizationScheme"] = "MANAGED_USERS".into();
    });
    let ran = bench.ends(6, PUSH);
    assert!(
        ran.stdout.contains("login policies have no effect"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_real_account_gets_no_push_without_credentials_for_it() {
    let mut bench = Bench::with_starter();
    // Nobody answers there.
    bench.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let ran = bench.ends(1, "push --yes");
    assert!(ran.stderr.contains("no credentials"), "{}", ran.stderr);
    // Those of another account.
    bench.set(
        "SPACELIFT_API_KEY_ENDPOINT",
        "https://other.app.spacelift.io",
    );
    bench.set("SPACELIFT_API_KEY_ID", "01KEY");
    bench.set("SPACELIFT_API_KEY_SECRET", "not-to-be-shown");
    let ran = bench.ends(1, "push --yes");
    // A secret goes where it belongs, and never to the account that a mapping names.
    let stderr = &ran.stderr;
    assert!(
        stderr.contains("https://other.app.spacelift.io"),
        "{stderr}"
    );
    assert!(!stderr.contains("not-to-be-shown"), "{stderr}");
}

#[test]
fn a_sandbox_asks_no_proxy_and_takes_no_credentials() {
    let mut bench = Bench::with_starter();
    bench.set("SPACELIFT_API_TOKEN", "bogus");
    bench.set(
        "SPACELIFT_API_KEY_ENDPOINT",
        "https://example.app.spacelift.io",
    );
    // Nobody answers there.
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        bench.set(name, "http://127.0.0.1:9");
    }
    let said = bench.fine(PUSH);
    assert!(said.contains("read back as sent"), "{said}");
}

/// Nothing in the way of any example: not a name of a role that becomes another slug, nor anything else that a plan refuses.
#[test]
fn every_example_can_be_pushed_to_a_new_account() {
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut planned = 0;
    for entry in std::fs::read_dir(policies).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("access.yaml").exists() {
            continue;
        }
        let path = folder.to_string_lossy().into_owned();
        let words = ["plan", &path, "--sandbox", "account.json"];
        let ran = Bench::new().run_with(&words.map(str::to_string), "");
        // One that does not compile is told of by the tests of the examples. Many are about one thing, and name no admins.
        let no_admins = ran.exit == 6 && ran.stdout.contains("  Refused (too-few-admins): ");
        assert!(
            [3, 5].contains(&ran.exit) || no_admins,
            "{path}\n{}{}",
            ran.stdout,
            ran.stderr
        );
        planned += usize::from(ran.exit != 3);
    }
    assert!(planned > 1, "{planned}");
}
