//! Tests through the reader: YAML in, a model or findings out.

mod declarations;
mod entries;
mod grants;
mod keys_slack_and_teams;
mod subjects;
mod targets;

use super::*;
use crate::diagnostic::{Code, Severity};
use crate::document::read_mapping;
use crate::model::Dialect;

/// What every mapping needs, on line 1.
const HEAD: &str = "{version: 1, account: acme, identity_provider: okta";

/// Resolves a mapping of a head and sections in flow style, one section a line, and answers the model and the findings as
/// `line code`.
fn run(text: &str) -> (Option<Model>, Vec<String>) {
    let (model, diagnostics, sources) = run_fully(text);
    let found = diagnostics
        .sorted()
        .iter()
        .map(|d| {
            let place = sources.place(d.primary.as_ref().unwrap().span);
            format!("{} {}", place.line, d.code.name())
        })
        .collect();
    (model, found)
}

fn run_fully(text: &str) -> (Option<Model>, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("some/where/access.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let document = read_mapping(&sources, file, &mut diagnostics);
    let model = resolve(&document, &sources, &mut diagnostics);
    assert_eq!(model.is_none(), diagnostics.has_errors());
    for found in diagnostics.sorted() {
        let first = found.message.chars().next().unwrap();
        assert!(!first.is_uppercase(), "{}", found.message);
        assert!(!found.message.ends_with('.'), "{}", found.message);
        let ours = !matches!(found.code, Code::WrongType | Code::YamlLimit);
        assert!(
            !ours || found.help.as_ref().is_some_and(|help| !help.ends_with('.')),
            "{}",
            found.message
        );
    }
    (model, diagnostics, sources)
}

fn with_head(sections: &[&str]) -> String {
    let mut text = HEAD.to_owned();
    for section in sections {
        text.push_str(",\n  ");
        text.push_str(section);
    }
    text.push_str("}\n");
    text
}

/// The model of a mapping in which nothing is wrong; warnings are no matter.
fn model(sections: &[&str]) -> Model {
    let text = with_head(sections);
    let (model, diagnostics, _) = run_fully(&text);
    model.unwrap_or_else(|| panic!("{text}\n{:#?}", diagnostics.sorted()))
}

/// The errors of a mapping as `line code`; the first section stands on line 2.
fn errors(sections: &[&str]) -> Vec<String> {
    let (_, diagnostics, sources) = run_fully(&with_head(sections));
    diagnostics
        .sorted()
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| {
            let place = sources.place(d.primary.as_ref().unwrap().span);
            format!("{} {}", place.line, d.code.name())
        })
        .collect()
}

/// The help of the only error.
fn help(sections: &[&str]) -> String {
    let (_, diagnostics, _) = run_fully(&with_head(sections));
    let found = diagnostics.sorted();
    let errors: Vec<_> = found
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors[0].help.clone().unwrap()
}

const SPACES: &str = "spaces: {platform: {parent: root, labels: ['env:shared']}, payments: {parent: root, labels: ['team:payments']}, \
                      dev: {parent: payments, labels: ['env:dev']}, prod: {parent: payments, labels: ['env:prod']}, \
                      eu: {parent: prod, labels: ['env:prod', 'region:eu']}}";
const GROUPS: &str = "groups: {platform: p-1, payments: p-2, senior: p-3, contractors: {sent_as: p-4, external: true}}";

/// The worked example of the language, as far as this version goes.
const WORKED: &str = r#"version: 1
account: acme
identity_provider: entra
spaces:
  platform:      {parent: root}
  payments:      {parent: root, labels: [team:payments]}
  payments-dev:  {parent: payments, inherit: true, labels: [env:dev]}
  payments-prod: {parent: payments, inherit: true, labels: [env:prod]}
space_sets:
  nonprod: [payments-dev]
roles:
  deployer: {name: Deployer, actions: [space:read, run:trigger, run:confirm]}
  auditor:  {external: true}
groups:
  platform:    {sent_as: 7c0f2c1e-6d1b-4c55-9a3f-2b7d0d1c9e11, name: Platform}
  payments:    {sent_as: 1b9e0000-0000-0000-0000-000000000000, owner: "@acme/payments-leads",
                formerly: [{sent_as: 0aaa0000-0000-0000-0000-000000000000, ends: "2027-01-31"}]}
  senior:      55aa0000-0000-0000-0000-000000000000
  contractors: {sent_as: 9d210000-0000-0000-0000-000000000000, external: true}
people:
  payments_seniors: {all: [payments, senior], none: [contractors]}
conditions:
  office:         {ip: [203.0.113.0/24, "2001:db8::/32"]}
  business_hours: {days: [mon, tue, wed, thu, fri], hours: "09:00-17:00", timezone: America/Los_Angeles}
login:
  require: {member: true}
  no_grants: refuse
  admin: [platform]
  deny:
    - {who: contractors, unless: {all: [office]}}
  deny_admin: [{unless: {all: [office]}}]
  offboarded: [Bob@acme.example]
break_glass:
  - {login: bg-1@acme.example, owner: "@acme/security", why: RUNBOOK-7, test_every: 90d}
grants:
  - {who: platform, roles: [space-admin], spaces: [root]}
  - {who: {login: bg-1@acme.example}, roles: [space-admin], spaces: [root], reason: RUNBOOK-7}
  - {who: {any: [payments, platform]}, roles: [space-writer], spaces: nonprod}
  - {who: payments_seniors, roles: [deployer], spaces: [payments-prod], when: {all: [office, business_hours]},
     starts: "2026-12-01", ends: "2026-12-31", reason: SEC-1423, owner: "@acme/payments-leads"}
  - {who: payments, roles: [space-reader], spaces: "*"}
  - {who: {login: alice@acme.example, none: [contractors]}, roles: [auditor], spaces: {under: payments, except: [payments-dev]}}
defaults: {review_every: 180d, max_elevation: 12h}
"#;

#[test]
fn the_worked_example_is_a_model() {
    let (model, found) = run(WORKED);
    assert_eq!(found, Vec::<String>::new());
    let model = model.unwrap();
    assert_eq!(model.file_name, "access.yaml");
    assert_eq!(model.spaces.len(), 6);
    assert_eq!(model.roles.len(), 5);
    assert_eq!(model.groups["payments"].values.len(), 2);
    assert_eq!(model.grants.len(), 6);
    assert_eq!(model.login.admin.len(), 1);
    assert_eq!(
        model.login.offboarded["bob@acme.example"].value,
        "bob@acme.example"
    );
    assert!(
        model
            .grants
            .keys()
            .all(|id| id.len() == "grant-".len() + 12)
    );
}

#[test]
fn what_a_mapping_is_about_must_be_said() {
    assert_eq!(
        run("spaces: {}\n").1,
        ["1 missing-field", "1 missing-field", "1 missing-field"]
    );
    // What was tried is not reported as missing, too.
    assert_eq!(
        run("verson: 1\naccount: {endpoint: [x]}\nidentity_provider: {}\n").1,
        ["1 unknown-field", "2 wrong-type", "3 wrong-type"]
    );
    assert_eq!(
        run("version: 2\naccount: https://acme.app.spacelift.io\nidentity_provider: okat\nrego: v2\n").1,
        ["1 bad-value", "2 bad-value", "3 bad-value", "4 bad-value"]
    );
    assert_eq!(
        run("version: 1\naccount: {endpoint: \"http://spacelift.corp.example\"}\nidentity_provider: saml\n").1,
        ["2 bad-value"]
    );
    let (model, found) = run(
        "version: 1\naccount: {endpoint: \"https://spacelift.corp.example\"}\nidentity_provider: saml\n",
    );
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(
        model.unwrap().account.endpoint(),
        "https://spacelift.corp.example"
    );
}

#[test]
fn an_error_of_the_reader_leaves_no_model() {
    let (model, found) = run(&format!("{WORKED}stack_access: none\n"));
    assert_eq!(model, None);
    assert_eq!(found, ["44 wrong-type"]);
}

#[test]
fn a_file_that_breaks_off_is_one_mistake() {
    let cut = WORKED.find("groups:").unwrap();
    let text = format!(
        "{}grants:\n  - {{who: platform, roles: auditor, spaces: nonprod}}\n  - [unclosed\n",
        &WORKED[..cut]
    );
    let (model, found) = run(&text);
    assert_eq!(model, None);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_order_of_keys_and_entries_changes_nothing() {
    let straight = run(WORKED).0.unwrap();
    // Sections in reverse, and each list and map in reverse within its line where that keeps the meaning.
    let mut sections: Vec<String> = Vec::new();
    for line in WORKED.lines() {
        if line.starts_with(' ') {
            let last = sections.last_mut().unwrap();
            last.push('\n');
            last.push_str(line);
        } else {
            sections.push(line.to_owned());
        }
    }
    sections.reverse();
    let text = sections.join("\n") + "\n";
    let text = text
        .replace(
            "{all: [payments, senior], none: [contractors]}",
            "{none: [contractors], all: [senior, payments]}",
        )
        .replace("{any: [payments, platform]}", "[platform, payments]")
        .replace(
            "[203.0.113.0/24, \"2001:db8::/32\"]",
            "[\"2001:db8::/32\", 203.0.113.0/24]",
        )
        .replace("[mon, tue, wed, thu, fri]", "[fri, wed, mon, tue, thu]")
        .replace(
            "{all: [office, business_hours]}",
            "{all: [business_hours, office]}",
        )
        .replace(
            "[space:read, run:trigger, run:confirm]",
            "[run:confirm, run:trigger, space:read]",
        );
    assert_eq!(run(&text).0.unwrap(), straight);

    // Grants in reverse.
    let at = WORKED.find("grants:\n").unwrap() + "grants:\n".len();
    let until = WORKED.find("defaults:").unwrap();
    let mut grants: Vec<&str> = WORKED[at..until]
        .split("  - ")
        .filter(|g| !g.is_empty())
        .collect();
    grants.reverse();
    let text = format!(
        "{}  - {}{}",
        &WORKED[..at],
        grants.join("  - "),
        &WORKED[until..]
    );
    assert_eq!(run(&text).0.unwrap(), straight);
}

/// Puts a list in an order that a number stands for.
fn shuffle<T>(list: &mut [T], seed: &mut u64) {
    for at in (1..list.len()).rev() {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = (*seed >> 33) as usize % (at + 1);
        list.swap(at, other);
    }
}

fn shuffle_subject(subject: &mut crate::document::Subject, seed: &mut u64) {
    use crate::document::SubjectKind::{AnyOf, Every, Name};
    let lists = match &mut subject.kind {
        Name(_) => return,
        AnyOf(list) => vec![list],
        Every(map) => [&mut map.any, &mut map.all, &mut map.none]
            .into_iter()
            .flatten()
            .map(|list| &mut list.value)
            .collect(),
    };
    for list in lists {
        shuffle(list, seed);
        for each in list {
            shuffle_subject(each, seed);
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_order_of_anything_changes_the_model(seed: u64) {
        let mut sources = Sources::default();
        let file = sources.add("access.yaml", WORKED);
        let mut diagnostics = Diagnostics::default();
        let mut document = read_mapping(&sources, file, &mut diagnostics);
        let straight = resolve(&document, &sources, &mut diagnostics);
        let seed = &mut seed.clone();
        shuffle(&mut document.spaces, seed);
        shuffle(&mut document.space_sets, seed);
        shuffle(&mut document.roles, seed);
        shuffle(&mut document.groups, seed);
        shuffle(&mut document.people, seed);
        shuffle(&mut document.conditions, seed);
        shuffle(&mut document.grants, seed);
        shuffle(&mut document.login.deny, seed);
        for (_, subject) in &mut document.people {
            shuffle_subject(subject, seed);
        }
        for grant in &mut document.grants {
            grant.who.iter_mut().for_each(|who| shuffle_subject(who, seed));
            grant.roles.iter_mut().for_each(|roles| shuffle(&mut roles.value, seed));
        }
        for (_, condition) in &mut document.conditions {
            condition.ip.iter_mut().for_each(|list| shuffle(list, seed));
            condition.days.iter_mut().for_each(|list| shuffle(list, seed));
        }
        let shuffled = resolve(&document, &sources, &mut diagnostics);
        proptest::prop_assert!(straight.is_some());
        proptest::prop_assert_eq!(straight, shuffled);
        proptest::prop_assert_eq!(diagnostics.sorted().len(), 0);
    }
}

#[test]
fn a_large_mapping_is_no_matter_of_patience() {
    let mut text = format!("{HEAD}}}\n")
        .replace(", ", "\n")
        .replace(['{', '}'], "");
    text.push_str("spaces:\n");
    for n in 0..2000 {
        let parent = if n < 10 {
            "root".to_owned()
        } else {
            format!("s{}", n / 10)
        };
        text.push_str(&format!(
            "  s{n}: {{parent: {parent}, labels: [l{}]}}\n",
            n % 50
        ));
    }
    text.push_str("groups:\n");
    for n in 0..5000 {
        text.push_str(&format!(
            "  g{n}: {{sent_as: v{n}, external: {}}}\n",
            n % 2 == 0
        ));
    }
    text.push_str("grants:\n");
    for n in 0..5000 {
        text.push_str(&format!(
            "  - {{who: {{any: [g{n}, g{}]}}, roles: space-reader, spaces: {{under: s{}, except: [s{}]}}, ends: \"2027-01-01\"}}\n",
            (n + 1) % 5000,
            n % 20 + 1,
            (n % 20 + 1) * 10 + 1,
        ));
    }
    let wrong = text.replace("who: {any: [g", "who: {any: [gg");
    let start = busy();
    let (model, found) = run(&text);
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(model.unwrap().grants.len(), 5000);
    let (_, found) = run(&wrong);
    assert!(found.len() > 1000 && found.len() < 1010, "{}", found.len());
    let took = busy() - start;
    assert!(took.as_secs() < 60, "{took:?}");
}

/// For how long this thread has worked; where the system does not say, for how long the program runs. On a busy machine the two
/// are far apart.
fn busy() -> std::time::Duration {
    use std::time::{Duration, Instant};
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let began = BEGAN.get_or_init(Instant::now);
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| began.elapsed(), Duration::from_nanos)
}

#[test]
fn an_error_elsewhere_hides_no_unknown_name() {
    let found = errors(&[
        "groups: {devs: {sent_as: no}}",
        "spaces: {app: {parent: root}}",
        "grants: [{who: devs, roles: [space-writter], spaces: [app]}]",
    ]);
    assert_eq!(found, ["2 unquoted-value", "4 unknown-name"]);
    let misspelt = errors(&[
        "rolez: {deployer: {external: true}}",
        "groups: {devs: {sent_as: d}}",
        "spaces: {app: {parent: root}}",
        "grants: [{who: devs, roles: [deployer], spaces: [app]}]",
    ]);
    assert_eq!(misspelt, ["2 unknown-field"]);
}

#[test]
fn other_login_policies_can_be_accepted_by_name() {
    let (model, found) = run(&format!("{WORKED}accepted_policies: [sso, Old one]\n"));
    assert_eq!(found, Vec::<String>::new());
    let accepted = model.unwrap().accepted_policies;
    assert_eq!(Vec::from_iter(accepted), ["Old one", "sso"]);
    let (model, found) = run(&format!("{WORKED}accepted_policies: [sso, \"\", sso]\n"));
    assert_eq!(model, None);
    assert_eq!(found, ["44 bad-name", "44 duplicate-value"]);
}

#[test]
fn both_dialects_can_be_asked_for() {
    for (written, dialect) in [("v0", Dialect::V0), ("v1", Dialect::V1)] {
        let text = WORKED.replacen("version: 1\n", &format!("version: 1\nrego: {written}\n"), 1);
        let (model, found) = run(&text);
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(model.unwrap().dialect, dialect);
    }
}
