//! `liftgate import`: what it writes is sound, changes nothing that it does not say, and is what there was.

mod accounts;
mod hostile;
mod policies;
mod published;
mod stacks;
mod terraform;

use std::collections::{BTreeMap, BTreeSet};

use liftgate::evaluate::Login;
use liftgate::project::Project;
use liftgate::sandbox::state::{AccessRule, State};
use serde_json::{Value, json};

use crate::cli::bench::Bench;
use accounts::{Account, random};

const IMPORT: &str = "import --sandbox account.json --out new";

/// What a plan may be refused for that the mapping cannot help: who decides is not for it to say.
const NOT_THE_MAPPINGS: [&str; 3] = ["strategy", "other-login-policy", "too-few-admins"];

/// What a command says, byte for byte.
fn exactly(bench: &Bench, line: &str) -> String {
    let ran = bench.std_command().args(line.split(' ')).output().unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

/// Imports and plans at once. Answers the project that was written.
fn imported(account: &Account, what: &str) -> (Bench, Project) {
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.run(IMPORT);
    assert!(
        matches!(ran.exit, 0 | 5),
        "{what}: {}{}",
        ran.stdout,
        ran.stderr
    );
    let text = bench.read("new/access.yaml");
    let checked = bench.run("check new");
    assert_eq!(checked.exit, 0, "{what}:\n{text}\n{}", checked.stderr);

    let ran = bench.run("plan new --sandbox account.json --format json");
    assert!(matches!(ran.exit, 5 | 6), "{what}: {}", ran.stdout);
    let told = exactly(&bench, "plan new --sandbox account.json --format json");
    let told: Value = serde_json::from_str(&told).unwrap();
    let plan = &told["plan"];
    let refusals: Vec<&str> = plan["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| refusal["code"].as_str().unwrap())
        .collect();
    assert!(
        refusals.iter().all(|code| NOT_THE_MAPPINGS.contains(code)),
        "{what}: {refusals:?}\n{text}\n{}",
        plan["refusals"]
    );
    // Nothing changes but that the policy is made which the text compiles to.
    let kinds: Vec<&str> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["policy_create"], "{what}:\n{text}");
    let rendered = exactly(&bench, "render new --print");
    let body = plan["changes"][0]["policy"]["body"].as_str().unwrap();
    assert!(body.trim_end() == rendered.trim_end(), "{what}:\n{text}");

    // A second import writes nothing at all.
    let again = bench.ends(1, IMPORT);
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );
    assert_eq!(bench.read("new/access.yaml"), text, "{what}");
    // Two runs give the same bytes.
    let other = bench.run("import --sandbox account.json --stdout");
    assert_eq!(other.stdout, bench.masked(text.as_bytes()), "{what}");
    let project = Project::load(&bench.path("new"));
    (bench, project)
}

type Roles = BTreeMap<String, BTreeSet<String>>;

fn by_rules<'a>(rules: impl IntoIterator<Item = &'a AccessRule>) -> Roles {
    let mut roles = Roles::new();
    for rule in rules {
        let slug = match rule.space_access_level.as_str() {
            "READ" => "space-reader",
            "WRITE" => "space-writer",
            _ => "space-admin",
        };
        let held = roles.entry(rule.space.clone()).or_default();
        held.insert(slug.to_string());
    }
    roles
}

fn and(mut roles: Roles, more: Roles) -> Roles {
    for (space, slugs) in more {
        roles.entry(space).or_default().extend(slugs);
    }
    roles
}

fn session(state: &State, login: &str, teams: &[String], member: bool, machine: bool) -> Value {
    let spaces: Vec<Value> = state
        .spaces
        .values()
        .map(|one| json!({"id": one.id, "name": one.name, "labels": one.labels}))
        .collect();
    json!({
        "request": {"remote_ip": "203.0.113.7", "timestamp_ns": 1_796_212_800_000_000_000_i64},
        "session": {"login": login, "member": member, "machine": machine, "teams": teams},
        "spaces": spaces,
    })
}

/// Everybody holds by the mapping what they held before, worked out here from the account itself.
fn gives_what_there_was(account: &Account, project: &Project, what: &str) -> usize {
    let state = &account.state;
    let model = &project.compiled.as_ref().unwrap().model;
    let managed = state.account.authorization_scheme == "MANAGED_USERS";
    let of_groups = |teams: &[String]| {
        let groups = state.groups.values();
        let mine = groups.filter(|group| managed && teams.contains(&group.group_name));
        by_rules(mine.flat_map(|group| &group.access_rules))
    };
    let mut asked = 0;
    for person in state.people.values() {
        let teams = person.teams.clone().unwrap_or_default();
        let user = state
            .users
            .values()
            .find(|user| user.username == person.login);
        let rules = user.filter(|_| managed).map(|user| &user.access_rules);
        let wanted = and(of_groups(&teams), by_rules(rules.into_iter().flatten()));
        let input = session(state, &person.login, &teams, person.member, false);
        let decided = model.decide(&input);
        if !person.member {
            // Whoever is no member is let in by no mapping that was imported.
            assert_eq!(decided.login, Login::Deny, "{what}: {}", person.login);
            continue;
        }
        assert_eq!(decided.roles, wanted, "{what}: {}", person.login);
        let let_in = !managed || !wanted.is_empty();
        assert_eq!(
            decided.login == Login::Allow,
            let_in,
            "{what}: {}",
            person.login
        );
        asked += usize::from(!wanted.is_empty());
    }
    for key in state.api_keys.values() {
        let login = format!("api::{}", key.id);
        let mut bound = Roles::new();
        for binding in state.bindings.values().filter(|one| one.holder == key.id) {
            let slug = state.roles[&binding.role].slug.clone();
            bound.entry(binding.space.clone()).or_default().insert(slug);
        }
        let administers = bound
            .get("root")
            .is_some_and(|held| held.contains("space-admin"));
        if key.admin || administers {
            let known = model.outside_policy.contains_key(&login);
            assert!(
                known,
                "{what}: {login} is not asked about, and the mapping does not say so"
            );
            continue;
        }
        let input = session(state, &login, &key.teams, true, true);
        let decided = model.decide(&input);
        let wanted = and(bound, of_groups(&key.teams));
        assert_eq!(decided.roles, wanted, "{what}: {login}");
        asked += usize::from(!wanted.is_empty());
    }
    asked
}

#[test]
fn any_account_is_imported_and_planned_without_a_change_that_is_not_said() {
    let (mut asked, mut managed) = (0, 0);
    for seed in 0..16 {
        let account = random(seed);
        let what = format!("seed {seed}");
        let (bench, project) = imported(&account, &what);
        let state = &account.state;
        let compiled = project.compiled.as_ref().unwrap();
        // Every space of the account is declared, and every role.
        let spaces: BTreeSet<&String> = state.spaces.keys().collect();
        assert_eq!(
            compiled.model.spaces.keys().collect::<BTreeSet<_>>(),
            spaces,
            "{what}"
        );
        let text = bench.read("new/access.yaml");
        for role in state.roles.values().filter(|role| !role.is_system) {
            assert!(text.contains(&role.slug), "{what}: {}", role.slug);
        }
        asked += gives_what_there_was(&account, &project, &what);
        managed += usize::from(state.account.authorization_scheme == "MANAGED_USERS");
    }
    assert!(asked > 40, "only {asked} held anything");
    assert!((4..=12).contains(&managed), "{managed} of 16 manage users");
}

/// The mapping comes back from the policy: there is nothing to push, and another one is not taken for it.
#[test]
fn an_account_that_has_our_policy_is_imported_as_what_was_pushed() {
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut count = 0;
    for entry in std::fs::read_dir(policies).unwrap() {
        let folder = entry.unwrap().path();
        let what = folder.display().to_string();
        if !folder.join("access.yaml").exists() {
            continue;
        }
        let account = accounts::pushed(&Project::load(&folder));
        let bench = Bench::new();
        account.save(&bench.path("account.json"));
        let said = bench.run(IMPORT);
        assert_eq!(said.exit, 0, "{what}: {}{}", said.stdout, said.stderr);
        let text = bench.read("new/access.yaml");
        let plan = exactly(&bench, "plan new --sandbox account.json --format json");
        let plan: Value = serde_json::from_str(&plan).unwrap();
        assert_eq!(plan["plan"]["changes"], json!([]), "{what}\n{text}");
        // A lock, an edit by hand or a foreign text is no reason to guess.
        if count == 0 {
            let mut edited = accounts::pushed(&Project::load(&folder));
            let policy = edited.state.policies.get_mut("liftgate").unwrap();
            policy
                .body
                .push_str("\nallow if input.session.login == \"eve\"\n");
            edited.save(&bench.path("edited.json"));
            let ran = bench.ends(5, "import --sandbox edited.json --stdout");
            assert!(
                ran.stderr.contains("not a text that was pushed"),
                "{}",
                ran.stderr
            );
        }
        count += 1;
    }
    assert!(count > 45, "{count}");
}

/// What only a custom role can show is counted by the account, and told.
#[test]
fn what_the_api_does_not_list_is_said() {
    let account = accounts::with_unlisted_bindings();
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let said = bench.run(IMPORT).stdout;
    assert!(
        said.contains("1 binding of the role `deployer` to people"),
        "{said}"
    );
    assert!(
        said.contains("they were invited and have not signed in"),
        "{said}"
    );
    let text = bench.read("new/access.yaml");
    assert!(
        text.contains("# - 1 binding of the role `deployer`"),
        "{text}"
    );
}

#[test]
fn a_policy_that_decides_is_left_in_sight() {
    let mut account = random(3);
    account.login_policy(
        "Legacy Login",
        "package spacelift\nallow { input.session.member }\n",
    );
    let (bench, _) = imported(&account, "another policy");
    let ran = bench.run("plan new --sandbox account.json");
    assert_eq!(ran.exit, 6);
    assert!(ran.stdout.contains("other-login-policy"), "{}", ran.stdout);
    let text = bench.read("new/access.yaml");
    assert!(
        text.contains("# - Legacy Login") || text.contains("# - \"Legacy Login\""),
        "{text}"
    );
    assert!(
        bench
            .read("new/old-legacy-login.rego")
            .contains("input.session.member")
    );
    let ran = bench.run("compare new/old-legacy-login.rego new");
    assert!(matches!(ran.exit, 0 | 5), "{}{}", ran.stdout, ran.stderr);
}

/// It could not be read again, so nothing is written; whoever wants it split can have it.
#[test]
fn a_mapping_that_no_file_holds_is_printed_and_not_written() {
    let mut account = random(1);
    account.state.account.authorization_scheme = "MANAGED_USERS".to_string();
    for number in 0..15_000 {
        let rule = AccessRule {
            space: "root".to_string(),
            space_access_level: "READ".to_string(),
        };
        account.group(&format!("{number:05}-{}", "x".repeat(120)), vec![rule]);
    }
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.ends(1, IMPORT);
    for said in [
        "and a file of a mapping 4194304 at most: nothing was written",
        "`--stdout` prints it, unchecked",
        "`include`",
    ] {
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
    assert!(!bench.path("new").exists());
    let ran = bench.ends(5, "import --sandbox account.json --stdout");
    assert!(ran.stdout.len() > 4 << 20 && ran.stdout.starts_with("# A first mapping"));
    assert!(ran.stderr.contains("it was not checked"), "{}", ran.stderr);
}

#[test]
fn nothing_is_overwritten_and_nothing_is_written_for_nothing() {
    let bench = Bench::new();
    random(1).save(&bench.path("account.json"));
    bench.write("taken/access.yaml", "mine\n");
    bench.ends(1, "import --sandbox account.json --out taken");
    assert_eq!(bench.read("taken/access.yaml"), "mine\n");
    // A file beside it counts, too.
    let mut account = random(1);
    account.login_policy("own", "package spacelift\n");
    account.save(&bench.path("other.json"));
    bench.write("beside/old-own.rego", "mine\n");
    bench.ends(1, "import --sandbox other.json --out beside");
    assert!(!bench.path("beside/access.yaml").exists());
    // An account that is not there is not made.
    let ran = bench.ends(1, "import --sandbox none.json --out never");
    assert!(
        ran.stderr.contains("there is no account in none.json"),
        "{}",
        ran.stderr
    );
    assert!(!bench.path("none.json").exists() && !bench.path("never").exists());
}
