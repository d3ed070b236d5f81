//! The ways beside a decision that takes every condition as met: both must come to the same access.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::decide::Decision;
use crate::evaluate::Login;
use crate::fixture::Request;
use crate::model::Model;
use crate::project::{Compiled, Project};

const SETTING: &str = "version: 1\naccount: acme\nidentity_provider: okta\n";

fn compiled(yaml: &str) -> Compiled {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("access.yaml"),
        format!("{SETTING}{yaml}"),
    )
    .unwrap();
    let project = Project::load(folder.path());
    let told: Vec<_> = project
        .diagnostics
        .sorted()
        .iter()
        .map(|d| d.message.clone())
        .collect();
    project.compiled.unwrap_or_else(|| panic!("{told:?}"))
}

fn can(action: &str, space: &str) -> Question {
    Question {
        what: What::Actions(BTreeSet::from([action.to_owned()])),
        spaces: Some(BTreeSet::from([space.to_owned()])),
        at: None,
    }
}

fn person(login: &str, teams: &[&str]) -> Person {
    Person {
        name: login.to_owned(),
        input: json!({"session": {"login": login, "member": true, "teams": teams}}),
    }
}

fn names<'w>(ways: &'w [Way<'_>]) -> Vec<(&'w str, String)> {
    let reach = |way: &Way<'_>| format!("{:?}", way.spaces.first().unwrap().reach);
    ways.iter()
        .map(|way| (way.role.unwrap_or("admin"), reach(way)))
        .collect()
}

const TREE: &str = "spaces: {a: {parent: root, inherit: true}, b: {parent: a, inherit: true}, c: {parent: b}, d: {parent: a}}\n\
    groups: {g: G}\n";

#[test]
fn roles_go_down_always_and_reading_goes_up_where_it_is_inherited() {
    let on = |space: &str, role: &str, asked: &str, action: &str| {
        let yaml = format!("{TREE}grants: [{{who: g, roles: {role}, spaces: {space}}}]\n");
        let compiled = compiled(&yaml);
        let ways = ways(&compiled.model, &can(action, asked));
        names(&ways)
            .into_iter()
            .map(|(_, reach)| reach)
            .collect::<Vec<_>>()
    };
    assert_eq!(on("b", "space-writer", "b", "run:confirm"), ["Itself"]);
    // Below, whether or not it inherits.
    assert_eq!(on("b", "space-writer", "c", "run:confirm"), ["Below"]);
    assert_eq!(on("a", "space-writer", "d", "run:confirm"), ["Below"]);
    assert_eq!(on("root", "space-writer", "c", "run:confirm"), ["Below"]);
    assert_eq!(
        on("root", "space-writer", "legacy", "run:confirm"),
        ["Below"]
    );
    // Up, as far as spaces inherit, and for reading only.
    assert_eq!(
        on("b", "space-writer", "a", "space:read"),
        ["Above([\"b\"])"]
    );
    assert_eq!(
        on("b", "space-writer", "root", "space:read"),
        ["Above([\"b\", \"a\"])"]
    );
    assert_eq!(on("b", "space-writer", "a", "run:confirm"), [] as [&str; 0]);
    assert_eq!(on("c", "space-writer", "b", "space:read"), [] as [&str; 0]);
    assert_eq!(on("d", "space-admin", "a", "space:read"), [] as [&str; 0]);
    assert_eq!(on("b", "space-reader", "b", "run:confirm"), [] as [&str; 0]);
}

#[test]
fn roles_expand_to_actions_system_and_custom() {
    let compiled = compiled(
        "groups: {g: G}\nroles: {d: {name: D, actions: [\"run:confirm\"]}, e: {external: true}}\n\
         grants: [{who: g, roles: [d, e, space-reader, space-writer], spaces: root}]\n",
    );
    let roles = |action: &str| {
        let ways = ways(&compiled.model, &can(action, "root"));
        ways.iter()
            .map(|way| way.role.unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(roles("run:confirm"), ["d", "e", "space-writer"]);
    assert_eq!(roles("space:read"), ["e", "space-reader", "space-writer"]);
    assert_eq!(roles("space:admin"), ["e"]);
    assert_eq!(actions_of(&compiled.model, "e"), None);
    assert_eq!(actions_of(&compiled.model, "d").unwrap().len(), 1);
}

#[test]
fn admins_channels_and_those_who_are_never_asked_about_are_ways_too() {
    let compiled = compiled(
        "groups: {g: G}\nspaces: {a: {parent: root}}\n\
         login:\n  admin: [g]\n  slack: [{workspace: T1, channel: C1, space_roles: {a: [space-writer]}}]\n\
         outside_policy: [{login: f@x, because: sso_admin}]\n",
    );
    let ways = ways(&compiled.model, &can("run:confirm", "a"));
    assert!(matches!(ways[0].by, By::Outside(_)));
    assert!(matches!(ways[1].by, By::Admin(_)));
    assert!(matches!(ways[2].who, Whom::Channel(_)));
    assert_eq!(ways.len(), 3);
    let people = [
        person("f@x", &[]),
        person("g@x", &["G"]),
        person("h@x", &["H"]),
    ];
    let asking = People::of(&compiled.model).ask(&ways, &people);
    assert_eq!(
        asking
            .iter()
            .map(|one| one.open.clone())
            .collect::<Vec<_>>(),
        [vec![0], vec![1], vec![]]
    );
}

#[test]
fn what_is_not_in_force_at_a_time_is_no_way_then() {
    let compiled = compiled(
        "groups: {g: G}\ngrants: [{who: g, roles: space-reader, spaces: root, starts: \"2027-01-01\", ends: \"2027-01-31\"}]\n",
    );
    let count = |at: Option<&str>| {
        let at = at.map(|at| at.parse::<jiff::Timestamp>().unwrap().as_nanosecond() as i64);
        ways(
            &compiled.model,
            &Question {
                at,
                ..can("space:read", "root")
            },
        )
        .len()
    };
    assert_eq!(count(None), 1);
    assert_eq!(count(Some("2026-12-31T23:59:59Z")), 0);
    assert_eq!(count(Some("2027-01-01T00:00:00Z")), 1);
    assert_eq!(count(Some("2027-02-01T00:00:00Z")), 0);
}

#[test]
fn a_barrier_is_told_only_to_those_whom_it_can_meet() {
    let barriers = |who: &str, deny: &str| {
        let yaml = format!(
            "groups: {{g: G, h: H, i: I}}\nexclusive: [[g, i]]\nconditions: {{o: {{ip: 192.0.2.1}}}}\n\
             api_keys: {{k: {{id: 01HZX0000000000000000000AB}}}}\n\
             break_glass: [{{login: b@x, owner: o, why: w}}]\nlogin: {{deny: [{deny}]}}\n\
             grants:\n  - {{who: {who}, roles: space-reader, spaces: root}}\n  - {{who: {{login: b@x}}, roles: space-admin, spaces: root}}\n"
        );
        let compiled = compiled(&yaml);
        let ways = ways(&compiled.model, &can("space:read", "root"));
        let way = ways
            .iter()
            .find(|way| way.role == Some("space-reader"))
            .unwrap();
        way.barriers.len()
    };
    assert_eq!(barriers("g", "h"), 1);
    assert_eq!(barriers("{group: g, none: [h]}", "h"), 0);
    assert_eq!(barriers("g", "{who: everyone, unless: o}"), 1);
    assert_eq!(barriers("g", "i"), 0, "they are kept apart");
    assert_eq!(barriers("g", "{none: [g]}"), 0);
    assert_eq!(barriers("g", "{machine: true}"), 0);
    assert_eq!(barriers("{machine: true}", "{machine: true}"), 1);
    assert_eq!(barriers("{api_key: k}", "{machine: false}"), 0);
    assert_eq!(barriers("g", "{member: false}"), 0);
    assert_eq!(
        barriers("{login: A@x}", "{login: a@X}"),
        1,
        "a denial does not look at case"
    );
    assert_eq!(barriers("{login: a@x}", "{login: c@x}"), 0);
    assert_eq!(barriers("{login: a@x}", "{login: \"*@y\"}"), 0);
    assert_eq!(barriers("{login: a@x}", "{login: \"*@x\"}"), 1);
    assert_eq!(barriers("{login: b@x}", "everyone"), 0, "break-glass");
    assert_eq!(barriers("g", "{login: a@x}"), 1);
}

#[test]
fn no_denial_stands_in_the_way_of_a_break_glass_login() {
    let compiled = compiled(
        "groups: {g: G}\nbreak_glass: [{login: b@x, owner: o, why: w}]\n\
         login: {deny: [everyone], offboarded: [{login: b@x}, {login: a@x}]}\n\
         grants: [{who: {login: b@x}, roles: space-admin, spaces: root}, {who: g, roles: space-reader, spaces: root}]\n",
    );
    let ways = ways(&compiled.model, &can("space:read", "root"));
    let (spared, other) = (person("b@x", &[]), person("A@x", &["G"]));
    let asked = People::of(&compiled.model).ask(&ways, [&spared, &other]);
    let told = |asking: &Asking<'_>| {
        (
            asking.break_glass,
            asking.barriers.len(),
            asking.offboarded.is_some(),
        )
    };
    assert_eq!(told(&asked[0]), (true, 0, false));
    assert_eq!(told(&asked[1]), (false, 1, true));
}

#[test]
fn a_group_alone_is_answered_for() {
    let compiled = compiled(
        "groups: {g: G, h: H, i: I}\n\
         grants:\n  - {who: g, roles: space-reader, spaces: root}\n  - {who: {all: [g, h]}, roles: space-writer, spaces: root}\n  \
         - {who: {group: h, none: [g]}, roles: space-admin, spaces: legacy}\n  - {who: i, roles: space-admin, spaces: root}\n  \
         - {who: everyone, roles: space-reader, spaces: legacy}\n",
    );
    let question = Question {
        what: What::Anything,
        spaces: None,
        at: None,
    };
    let ways = ways(&compiled.model, &question);
    let further = access_of_groups(&ways, &BTreeSet::from(["g".to_owned()]));
    let told: Vec<_> = further
        .iter()
        .map(|further| (ways[further.way].role.unwrap(), further.all.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("space-reader", vec![]),
            ("space-reader", vec![]),
            ("space-writer", vec!["group h".to_owned()])
        ]
    );
}

#[test]
fn the_account_has_a_tree_and_roles_of_its_own() {
    let compiled = compiled(&format!(
        "{TREE}grants: [{{who: g, roles: [space-reader, space-writer], spaces: d}}]\n"
    ));
    let space = |id: &str, parent: Option<&str>| spacelift::Space {
        id: id.to_owned(),
        name: id.to_owned(),
        parent: parent.map(str::to_owned),
        inherit: true,
        labels: Vec::new(),
    };
    let spaces = [
        space("root", None),
        space("d", Some("root")),
        space("e", Some("d")),
    ];
    let roles = [spacelift::Role {
        id: "1".to_owned(),
        slug: "space-reader".to_owned(),
        name: "Reader".to_owned(),
        system: true,
        actions: vec!["SPACE_READ".to_owned(), "RUN_CONFIRM".to_owned()],
        bindings: None,
    }];
    let account = in_account(&compiled.model, &spaces, Some(&roles));
    let confirm = ways(&account, &can("run:confirm", "e"));
    assert_eq!(
        names(&confirm).len(),
        2,
        "the account's readers may confirm"
    );
    assert_eq!(ways(&account, &can("run:confirm", "a")).len(), 0);
    assert_eq!(
        names(&ways(&account, &can("space:read", "root")))[0].1,
        "Above([\"d\"])"
    );
}

/// A decision about somebody with every condition met and every date right.
fn generous(model: &Model, input: &Value) -> Decision {
    let mut model = model.clone();
    for grant in model.grants.values_mut() {
        (grant.when, grant.starts, grant.ends) = (None, None, None);
    }
    model
        .login
        .admin
        .values_mut()
        .for_each(|admin| admin.when = None);
    model.login.deny.retain(|_, denial| denial.unless.is_none());
    model
        .login
        .deny_admin
        .retain(|_, denial| denial.unless.is_none());
    for group in model.groups.values_mut() {
        group.values.values_mut().for_each(|ends| *ends = None);
    }
    model.decide(input)
}

/// What a decision amounts to, by asking every role about every action on every space.
fn by_brute_force(model: &Model, held: &Decision) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for space in model.spaces.keys() {
        for action in crate::resolve::actions::ACTIONS {
            let by_role = || {
                held.roles.iter().any(|(on, slugs)| {
                    slugs
                        .iter()
                        .any(|slug| serves(model, slug, action, on, space))
                })
            };
            if held.login == Login::Admin || (held.login == Login::Allow && by_role()) {
                all.entry(space.clone())
                    .or_default()
                    .insert((*action).to_owned());
            }
        }
    }
    all
}

/// What ways amount to.
fn by_ways(
    model: &Model,
    ways: &[Way<'_>],
    asking: &Asking<'_>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if asking.is_kept_out() {
        return all;
    }
    for way in asking.open.iter().map(|at| &ways[*at]) {
        for reached in &way.spaces {
            let actions = way.actions(model, &reached.reach);
            let every = || {
                crate::resolve::actions::ACTIONS
                    .iter()
                    .map(ToString::to_string)
                    .collect()
            };
            let space = all.entry(reached.space.to_owned()).or_default();
            space.extend(actions.unwrap_or_else(every));
        }
    }
    all.retain(|_, actions| !actions.is_empty());
    all
}

#[test]
fn ways_and_decisions_come_to_the_same_access() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let question = Question {
        what: What::Anything,
        spaces: None,
        at: None,
    };
    let (mut people, mut able) = (0, 0);
    for entry in std::fs::read_dir(root).unwrap() {
        let Some(compiled) = Project::load(&entry.unwrap().path()).compiled else {
            continue;
        };
        let model = &compiled.model;
        let ways = ways(model, &question);
        for (name, identity) in &compiled.fixtures.identities {
            let person = Person {
                name: name.clone(),
                input: identity.input(model, &Request::default()),
            };
            let asking = &People::of(model).ask(&ways, [&person])[0];
            // Whom the policy is not asked about it still decides, and what is taken away for good is a decision's to say.
            let taken = asking
                .barriers
                .iter()
                .any(|one| one.kind == BarrierKind::AdminDenial && one.unless.is_none());
            if asking.outside.is_some() || taken {
                continue;
            }
            let held = by_brute_force(model, &generous(model, &person.input));
            assert_eq!(
                by_ways(model, &ways, asking),
                held,
                "{name} of {}",
                model.account
            );
            people += 1;
            able += usize::from(!held.is_empty());
        }
    }
    assert!(
        people > 150 && able > 80,
        "{people} people, of whom {able} can do anything"
    );
}

#[test]
fn many_people_and_many_grants_are_answered_at_once() {
    let (groups, people) = (300, 2_000);
    let mut yaml = String::from("groups:\n");
    for group in 0..groups {
        yaml.push_str(&format!("  g{group}: G{group}\n"));
    }
    yaml.push_str("spaces:\n  s: {parent: root}\ngrants:\n");
    for group in 0..groups {
        yaml.push_str(&format!(
            "  - {{who: g{group}, roles: space-writer, spaces: s}}\n"
        ));
    }
    let compiled = compiled(&yaml);
    let ways = ways(&compiled.model, &can("run:confirm", "s"));
    let people: Vec<Person> = (0..people)
        .map(|number| {
            person(
                &format!("p{number}@x"),
                &[&format!("G{}", number % (groups + 1))],
            )
        })
        .collect();
    let asking = People::of(&compiled.model).ask(&ways, &people);
    for (number, one) in asking.iter().enumerate() {
        let theirs = number % (groups + 1);
        let found: Vec<&str> = one
            .open
            .iter()
            .map(|at| match ways[*at].who {
                Whom::Subject(crate::model::Subject::Group(name)) => name.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected: Vec<String> = (theirs < groups)
            .then(|| format!("g{theirs}"))
            .into_iter()
            .collect();
        assert_eq!(found, expected);
    }
}
