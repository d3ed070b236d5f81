//! Login policies that somebody wrote, in an account: one is part of the mapping, and gives what it gave.

use liftgate::decide;
use liftgate::evaluate::foreign::{Decide as _, InProcess};
use liftgate::evaluate::{Decision, Login};
use liftgate::model::Dialect;
use liftgate::project::Project;
use serde_json::{Value, json};

use super::accounts::{Account, random};
use super::{IMPORT, exactly, session};
use crate::cli::bench::Bench;

/// An account of which the policy below says something in each of its ways.
const SEED: u64 = 2;

/// An account that login policies decide, with a policy that gives something in every way that is known.
fn with_policy(seed: u64) -> (Account, String) {
    let mut account = random(seed);
    for (login, teams, member) in [
        ("ann@acme.example", ["payments", "R&D: \"core\""], true),
        ("bo@acme.example", ["yes", "payments"], true),
        ("cy@acme.example", ["Équipe Réseau", "null"], true),
        ("dee@partner.example", ["payments", "yes"], false),
    ] {
        account.person(login, &teams, member);
    }
    let state = &mut account.state;
    state.account.authorization_scheme = "LOGIN_POLICIES".to_string();
    let spaces: Vec<String> = state.spaces.keys().cloned().collect();
    let roles: Vec<String> = state.roles.values().map(|role| role.slug.clone()).collect();
    let people: Vec<_> = state.people.values().cloned().collect();
    let mut body = String::from(
        "package spacelift\n\nallow { input.session.member }\n\ndeny { not input.session.member }\n",
    );
    let quoted = |text: &str| Value::from(text).to_string();
    let mut rule = |head: String, conditions: &[String]| {
        let conditions: Vec<String> = conditions.iter().map(|one| format!("  {one}\n")).collect();
        body.push_str(&format!("\n{head} {{\n{}}}\n", conditions.concat()));
    };
    for (at, person) in people.iter().enumerate() {
        let space = quoted(&spaces[(seed as usize + at) % spaces.len()]);
        let slug = quoted(&roles[(seed as usize + at * 3) % roles.len()]);
        let login = format!("input.session.login == {}", quoted(&person.login));
        match at % 4 {
            0 => rule("admin".to_string(), std::slice::from_ref(&login)),
            1 => rule(format!("roles[{space}][{slug}]"), &[login]),
            2 => rule(format!("space_write[{space}]"), &[login]),
            _ => rule("deny_admin".to_string(), &[login]),
        }
        for (nth, team) in person.teams.iter().flatten().enumerate() {
            let space = quoted(&spaces[(seed as usize + at + nth) % spaces.len()]);
            let slug = quoted(&roles[(seed as usize + nth) % roles.len()]);
            let team = format!("input.session.teams[_] == {}", quoted(team));
            match nth % 3 {
                0 => rule(format!("roles[{space}][{slug}]"), &[team]),
                1 => rule(
                    "space_read[space.id]".to_string(),
                    &[
                        "space := input.spaces[_]".to_string(),
                        format!("space.name == {}", quoted(&state.spaces[&spaces[0]].name)),
                        team,
                    ],
                ),
                _ => rule(
                    "deny".to_string(),
                    &[
                        team,
                        "not net.cidr_contains(\"203.0.113.0/24\", input.request.remote_ip)"
                            .to_string(),
                    ],
                ),
            }
        }
    }
    account.login_policy("Company login", &body);
    (account, body)
}

/// Whoever the account knows signs in: what the policy decides, and what the mapping does.
fn decided(
    account: &Account,
    body: &str,
    project: &Project,
) -> Vec<(String, Decision, decide::Decision)> {
    let state = &account.state;
    let model = &project.compiled.as_ref().unwrap().model;
    let people = state.people.values().map(|person| {
        let teams = person.teams.clone().unwrap_or_default();
        session(state, &person.login, &teams, person.member, false)
    });
    let keys = state
        .api_keys
        .values()
        .map(|key| session(state, &format!("api::{}", key.id), &key.teams, true, true));
    let inputs: Vec<Value> = people.chain(keys).collect();
    let old = InProcess.decide(body, Dialect::V0, &inputs).unwrap();
    inputs
        .into_iter()
        .zip(old)
        .map(|(input, old)| {
            let new = model.decide(&input);
            (input.to_string(), old.unwrap(), new)
        })
        .collect()
}

#[test]
fn the_login_policy_of_an_account_is_part_of_the_mapping() {
    let (account, body) = with_policy(SEED);
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.run(IMPORT);
    let text = bench.read("new/access.yaml");
    assert!(matches!(ran.exit, 0 | 5), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(bench.read("new/old-company-login.rego"), body);
    assert!(
        text.contains("the account `acme` and its login policy `Company login`."),
        "{text}"
    );
    assert!(
        ran.stdout
            .contains("Both the login policy `Company login` and the mapping were asked the same"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("\nNothing differs in "),
        "{body}\n{text}\n{}",
        ran.stdout
    );
    let project = Project::load(&bench.path("new"));
    let (mut held, mut admins, mut denied) = (0, 0, 0);
    for (input, old, new) in decided(&account, &body, &project) {
        assert_eq!(new.login, old.login, "{input}\n{body}\n{text}");
        denied += usize::from(old.login == Login::Deny);
        admins += usize::from(old.login == Login::Admin);
        if old.login != Login::Deny {
            assert_eq!(new.roles, old.roles, "{input}\n{body}\n{text}");
            held += old.roles.len();
        }
    }
    assert!(
        held > 5 && admins > 0 && denied > 0,
        "{held} {admins} {denied}"
    );
    // A plan is refused while the old policy decides, and tells nobody of a change.
    let plan = exactly(&bench, "plan new --sandbox account.json --format json");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let plan = &plan["plan"];
    assert_eq!(plan["people"]["changes"], json!([]), "{body}\n{text}");
    let refusals = plan["refusals"].as_array().unwrap();
    assert!(
        refusals
            .iter()
            .any(|refusal| refusal["code"] == "other-login-policy"),
        "{refusals:?}"
    );
    let compared = bench.run("compare new/old-company-login.rego new");
    assert!(
        matches!(compared.exit, 0 | 5),
        "{}{}",
        compared.stdout,
        compared.stderr
    );
}

/// How several decide together is not documented, so that nothing is made of any.
#[test]
fn of_several_policies_none_is_part() {
    let (mut account, body) = with_policy(2);
    account.login_policy(
        "second",
        "package spacelift\ndeny { input.session.login == \"eve\" }\n",
    );
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.ends(5, IMPORT);
    assert!(
        ran.stdout.contains("the login policy `second`, of which nothing is part of this mapping: 2 login policies decide together"),
        "{}",
        ran.stdout
    );
    assert!(
        !ran.stdout.contains("were asked the same"),
        "{}",
        ran.stdout
    );
    assert_eq!(bench.read("new/old-company-login.rego"), body);
    assert!(bench.path("new/old-second.rego").exists());
    assert!(!bench.read("new/access.yaml").contains("old policy"));
}

/// What would name something that the account does not have is left: a plan would be refused for it.
#[test]
fn what_the_account_does_not_have_is_left() {
    let mut account = random(1);
    account.state.account.authorization_scheme = "LOGIN_POLICIES".to_string();
    account.login_policy(
        "own",
        "package spacelift\nallow { input.session.member }\nroles[\"production\"][\"space-reader\"] { input.session.teams[_] == \"x\" }\nroles[\"root\"][\"01ROLE\"] { input.session.teams[_] == \"x\" }\nspace_read[space.id] { space := input.spaces[_]; space.name == \"Elsewhere\"; input.session.teams[_] == \"x\" }\n",
    );
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.ends(5, IMPORT);
    for left in [
        "`roles`: the account has no space `production`, or it was not seen\n         3: roles[",
        "`roles`: the account has no role `01ROLE`, or it was not seen",
        "`space_read`: the account has no space that is called `Elsewhere`",
        "Both the login policy `own` and the mapping were asked the same:",
    ] {
        assert!(ran.stdout.contains(left), "{left}\n{}", ran.stdout);
    }
    let told = exactly(&bench, "plan new --sandbox account.json --format json");
    assert!(
        !told.contains("space-missing") && !told.contains("role-missing"),
        "{told}"
    );
}

/// A text that cannot be read is left as it is, and the rest is imported.
#[test]
fn a_policy_that_cannot_be_read_is_left() {
    let mut account = random(1);
    account.state.account.authorization_scheme = "LOGIN_POLICIES".to_string();
    account.login_policy("own", "package spacelift\nallow { http.send({}) ");
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.ends(5, IMPORT);
    assert!(
        ran.stdout
            .contains("of which nothing is part of this mapping: it cannot be evaluated here"),
        "{}",
        ran.stdout
    );
    bench.fine("check new");
}

/// Where user management decides, a policy has no effect, and nothing is made of it.
#[test]
fn a_policy_without_effect_is_no_part() {
    let (mut account, body) = with_policy(5);
    account.state.account.authorization_scheme = "MANAGED_USERS".to_string();
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.ends(5, IMPORT);
    assert!(
        ran.stdout
            .contains("user management decides in this account, and it has no effect"),
        "{}",
        ran.stdout
    );
    bench.fine("check new");
    assert!(!bench.read("new/access.yaml").contains("old policy"));
    assert_eq!(bench.read("new/old-company-login.rego"), body);
}
