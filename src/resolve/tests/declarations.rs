//! Spaces, roles, groups, people, conditions as declared.

use std::collections::BTreeSet;

use super::*;
use crate::model::{Day, RoleKind};

#[test]
fn spaces_hang_below_root_or_legacy() {
    let model = model(&[SPACES]);
    assert_eq!(model.spaces["eu"].parent.as_deref(), Some("prod"));
    assert_eq!(model.spaces["root"].parent, None);
    assert!(model.is_within("eu", "payments"));
    assert_eq!(
        errors(&["spaces: {a: {}, b: {parent: nowhere}, c: {parent: a}}"]),
        ["2 missing-field", "2 unknown-name"]
    );
    assert_eq!(
        errors(&["spaces: {root: {parent: legacy}, legacy: {}}"]),
        ["2 builtin-name", "2 builtin-name"]
    );
    assert_eq!(
        errors(&[
            "spaces: {'*': {parent: root}, 'a b': {parent: root}, \"a\\u200b\": {parent: root}, '': {parent: root}}"
        ]),
        ["2 bad-name", "2 bad-name", "2 bad-name", "2 bad-name"]
    );
    assert_eq!(
        help(&["spaces: {payments: {parent: root}, dev: {parent: paymnets}}"]),
        "did you mean `payments`?"
    );
}

#[test]
fn each_circle_of_spaces_is_one_error_that_names_all() {
    let sections = [
        "spaces: {a: {parent: b}, b: {parent: c}, c: {parent: a}, d: {parent: a}, e: {parent: e}}",
    ];
    assert_eq!(errors(&sections), ["2 space-cycle", "2 space-cycle"]);
    let (_, diagnostics, _) = run_fully(&with_head(&sections));
    let messages: Vec<_> = diagnostics
        .sorted()
        .iter()
        .map(|d| d.message.clone())
        .collect();
    assert_eq!(
        messages,
        [
            "spaces lie below each other: `a` below `b` below `c` below `a`",
            "the space `e` is its own parent"
        ]
    );
    // What lies where is not known then, and nothing is said of it.
    assert_eq!(
        errors(&[
            "spaces: {a: {parent: b}, b: {parent: a}}",
            "grants: [{who: everyone, roles: space-reader, spaces: {under: a, except: [b]}}]"
        ]),
        ["2 space-cycle"]
    );
}

#[test]
fn space_sets_hold_spaces_only() {
    assert_eq!(
        errors(&[
            SPACES,
            "space_sets: {ok: [dev, root], nested: [ok], unknown: [devv], payments: [dev], '*': [dev], legacy: [dev]}"
        ]),
        [
            "3 bad-value",
            "3 unknown-name",
            "3 duplicate-name",
            "3 duplicate-name",
            "3 builtin-name"
        ]
    );
    assert_eq!(
        errors(&[SPACES, "space_sets: {none: []}"]),
        ["3 empty-value"]
    );
}

#[test]
fn row_43_roles_have_actions_or_are_external() {
    let model = model(&[
        "roles: {deployer: {actions: ['run:trigger', 'space:read', 'run:trigger']}, auditor: {external: true}}",
    ]);
    assert_eq!(
        model.roles["deployer"].kind,
        RoleKind::Declared(BTreeSet::from(["run:trigger".into(), "space:read".into()]))
    );
    assert_eq!(model.roles["auditor"].kind, RoleKind::External);
    assert_eq!(model.roles["space-admin"].kind, RoleKind::BuiltIn);
    assert_eq!(
        errors(&[
            "roles: {space-admin: {external: true}, a: {}, b: {external: false}, c: {external: true, actions: ['space:read']}, d: {actions: []}}"
        ]),
        [
            "2 builtin-name",
            "2 missing-field",
            "2 missing-field",
            "2 bad-value",
            "2 empty-value"
        ]
    );
    assert_eq!(
        help(&["roles: {a: {actions: ['space:raed']}}"]),
        "did you mean `space:read`?"
    );
    assert_eq!(
        help(&["roles: {a: {actions: [WORKER_POOL_CREATE]}}"]),
        "write `worker-pool:create`"
    );
    assert_eq!(
        help(&["roles: {a: {actions: ['worker_pool:create']}}"]),
        "write `worker-pool:create`"
    );
}

#[test]
fn groups_and_people_are_one_kind() {
    let sections = [
        "groups: {a: x, b: z}",
        "people: {a: b, everyone: b, any: b}",
    ];
    assert_eq!(
        errors(&sections),
        ["3 duplicate-name", "3 bad-name", "3 bad-name"]
    );
    let (_, diagnostics, sources) = run_fully(&with_head(&sections));
    let found = diagnostics.sorted();
    assert_eq!(sources.place(found[0].related[0].span).line, 2);
    assert_eq!(
        errors(&["people: {a: {member: true}}", "groups: {a: x}"]),
        ["3 duplicate-name"]
    );
}

#[test]
fn row_17_only_sent_as_stands_for_a_group() {
    let model = model(&[
        "groups: {a: {sent_as: [x, ' Y '], name: Z, formerly: [{sent_as: w, ends: '2027-01-31'}]}}",
    ]);
    let group = &model.groups["a"];
    assert_eq!(group.title.as_deref(), Some("Z"));
    assert_eq!(
        group.values.keys().collect::<Vec<_>>(),
        [" Y ", "w", "x"],
        "exactly as written"
    );
    assert_eq!(group.values["x"], None);
    assert_eq!(group.values["w"], Some(1_801_440_000_000_000_000));
    assert_eq!(
        errors(&[
            "groups: {a: {name: x}, b: '', c: {sent_as: x, formerly: [{sent_as: z}, {ends: '2027-01-31'}]}}"
        ]),
        [
            "2 missing-field",
            "2 bad-value",
            "2 missing-field",
            "2 missing-field"
        ]
    );
}

#[test]
fn row_18_one_value_stands_for_one_group_once() {
    assert_eq!(
        errors(&[
            "groups: {a: x, b: {sent_as: [w, x]}, c: {sent_as: [z, z]}, d: {sent_as: v, formerly: [{sent_as: x, ends: '2027-01-31'}]}}"
        ]),
        [
            "2 duplicate-value",
            "2 duplicate-value",
            "2 duplicate-value"
        ]
    );
    // Case makes another value: what is alike is a matter for a lint.
    assert_eq!(errors(&["groups: {a: x, b: X}"]), Vec::<String>::new());
}

#[test]
fn row_20_sent_as_is_a_list_any_of_it() {
    assert_eq!(
        model(&["groups: {a: {sent_as: [x, z]}}"]).groups["a"]
            .values
            .len(),
        2
    );
}

#[test]
fn row_47_days_and_hours_need_a_zone() {
    let model = model(&[
        "conditions: {h: {hours: '22:00-06:00', timezone: Europe/Berlin}, d: {days: [sat], timezone: Etc/UTC}, \
                         all: {hours: ['13:00-24:00', '00:00-12:00', '13:00-24:00'], days: [sun, mon], timezone: America/Los_Angeles}}",
    ]);
    let hours = model.conditions["h"].hours.as_ref().unwrap();
    assert_eq!(
        (hours.days.len(), hours.ranges.as_slice()),
        (7, [(1320, 360)].as_slice())
    );
    let days = model.conditions["d"].hours.as_ref().unwrap();
    assert_eq!(
        (days.days.first(), days.ranges.as_slice()),
        (Some(&Day::Saturday), [(0, 1440)].as_slice())
    );
    assert_eq!(
        model.conditions["all"].hours.as_ref().unwrap().ranges,
        [(0, 720), (780, 1440)]
    );
    assert_eq!(
        errors(&[
            "conditions: {a: {hours: '09:00-17:00'}, b: {days: [mon]}, c: {ip: 10.0.0.0/8, timezone: Etc/UTC}}"
        ]),
        ["2 missing-field", "2 missing-field", "2 missing-field"]
    );
    for (zone, expected) in [
        ("UTC", "write `Etc/UTC`"),
        ("europe/berlin", "did you mean `Europe/Berlin`?"),
        ("Berlin", "did you mean `Europe/Berlin`?"),
        ("America/Los Angeles", "did you mean `America/Los_Angeles`?"),
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
    ] {
        assert_eq!(
            help(&[&format!(
                "conditions: {{a: {{days: [mon], timezone: {zone}}}}}"
            )]),
            expected
        );
    }
    for zone in [
        "EST",
        "Local",
        "+02:00",
        "Europe/Berlin ",
        "../../etc/passwd",
    ] {
        assert_eq!(
            errors(&[&format!(
                "conditions: {{a: {{days: [mon], timezone: '{zone}'}}}}"
            )]),
            ["2 bad-time"],
            "{zone}"
        );
    }
    assert!(
        help(&["conditions: {a: {days: [monday], timezone: Etc/UTC}}"])
            .starts_with("did you mean `mon`?")
    );
}

#[test]
fn row_54_a_condition_asks_for_something() {
    assert_eq!(errors(&["conditions: {a: {}}"]), ["2 empty-value"]);
    assert_eq!(
        errors(&["conditions: {a: {ip: []}, b: {ip: [10.0.0.1/8, x]}}"]),
        ["2 empty-value", "2 bad-network", "2 bad-network"]
    );
    let networks = model(&["conditions: {a: {ip: [10.1.0.0/16, 10.0.0.1, 10.1.0.0/16]}}"])
        .conditions["a"]
        .networks
        .clone();
    let networks: Vec<_> = networks.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.1/32", "10.1.0.0/16"]);
}

#[test]
fn what_nothing_uses_is_pointed_out() {
    let (_, found) = run(&with_head(&[
        "space_sets: {s: [root]}",
        "groups: {g: x, h: z}",
        "people: {p: g}",
        "conditions: {c: {ip: 10.0.0.0/8}}",
        "roles: {r: {external: true}}",
        "grants: [{who: h, roles: space-reader, spaces: root}]",
    ]));
    assert_eq!(
        found,
        [
            "2 unused-name",
            "4 unused-name",
            "5 unused-name",
            "6 unused-name"
        ]
    );
}
