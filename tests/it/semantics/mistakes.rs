//! The rows whose rule is that something is an error, and those of what changes no text.

use liftgate::diagnostic::Code;
use liftgate::evaluate::access::{Access, Level};

use super::mapping;
use crate::agreement::pipeline::{compiled, tried};

/// Each fragment is refused, with this code among what is said.
fn refused(cases: &[(&str, Code)]) {
    for (fragment, code) in cases {
        match tried(&mapping(fragment)) {
            Ok(_) => panic!("this compiles:\n{fragment}"),
            Err((codes, told)) => assert!(codes.contains(code), "{fragment}\n{told}"),
        }
    }
}

macro_rules! refused {
    ($($name:ident: [$($fragment:literal => $code:ident,)*])*) => {
        $(#[test] fn $name() { refused(&[$(($fragment, Code::$code)),*]); })*
    };
}

refused! {
    row_07_a_list_of_conditions_must_say_all_or_any: [
        "login: {deny: [{unless: [office, business_hours]}]}" => AmbiguousList,
        "grants: [{who: payments, roles: space-reader, spaces: payments, when: [office, business_hours]}]" => AmbiguousList,
    ]
    row_09_empty_lists_and_maps: [
        "grants: [{who: {}, roles: space-reader, spaces: payments}]" => EmptyValue,
        "grants: [{who: [], roles: space-reader, spaces: payments}]" => EmptyValue,
        "grants: [{who: {all: []}, roles: space-reader, spaces: payments}]" => EmptyValue,
        "grants: [{who: payments, roles: [], spaces: payments}]" => EmptyValue,
        "grants: [{who: payments, roles: space-reader, spaces: []}]" => EmptyValue,
        "grants: [{who: payments, roles: space-reader, spaces: payments, when: {all: []}}]" => EmptyValue,
        "login: {deny: [{}]}" => EmptyValue,
    ]
    row_10_an_undeclared_name_or_a_login_is_no_subject: [
        "grants: [{who: nobody, roles: space-reader, spaces: payments}]" => UnknownName,
        "grants: [{who: alice@acme.example, roles: space-reader, spaces: payments}]" => UnknownName,
        "grants: [{who: any, roles: space-reader, spaces: payments}]" => UnknownName,
        "people: {everyone: payments}" => BadName,
    ]
    row_14_a_lone_star: ["grants: [{who: {login: \"*\"}, roles: space-reader, spaces: payments}]" => BadValue,]
    row_18_two_groups_of_one_value: ["groups: {a: Same, b: {sent_as: [Other, Same]}}" => DuplicateValue,]
    row_19_none_of_an_undeclared_group: ["login: {deny: [{none: [nobody]}]}" => UnknownName,]
    row_24_when_and_unless_where_they_do_not_belong: [
        "login: {deny: [{who: payments, when: office}]}" => WrongTest,
        "login: {deny_admin: [{when: office}]}" => WrongTest,
        "login: {admin: [{who: payments, unless: office}]}" => WrongTest,
        "grants: [{who: payments, roles: space-reader, spaces: payments, unless: office}]" => WrongTest,
    ]
    row_29_a_break_glass_identity_that_could_not_get_in: [
        "break_glass: [{login: bg, owner: sec, why: runbook}]\ngrants: [{who: {login: bg}, roles: space-admin, spaces: root, when: office}]" => BreakGlassLocked,
        "break_glass: [{login: bg, owner: sec, why: runbook}]\nlogin: {require: {login: \"*@acme.example\"}}\ngrants: [{who: {login: bg}, roles: space-admin, spaces: root}]" => BreakGlassLocked,
    ]
    row_13_an_api_key_is_declared_with_its_id: [
        "grants: [{who: {api_key: ci}, roles: space-reader, spaces: payments}]" => UnknownName,
        "api_keys: {ci: {owner: x}}" => MissingField,
        "api_keys: {ci: {id: \"api::01HZX\"}}" => BadValue,
    ]
    row_31_a_channel_is_named_by_its_ids_and_is_no_admin: [
        "login: {slack: [{workspace: T01, channel: general-talk, space_roles: {payments: space-reader}}]}" => BadValue,
        "login: {slack: [{workspace: T01, channel: C01, space_roles: {root: space-admin}}]}" => BadValue,
        "login: {slack: [{workspace: T01, channel: C01, space_roles: {\"*\": space-reader}}]}" => BadValue,
    ]
    row_38_labels_at_login_give_no_administration: [
        "grants: [{who: payments, roles: space-admin, spaces: {label: \"env:dev\", at_login: true}}]" => BadValue,
        "grants: [{who: payments, roles: owner, spaces: {label: \"env:dev\", at_login: true}}]" => BadValue,
        "grants: [{who: payments, roles: auditor, spaces: {label: \"env:dev\", at_login: true}}]" => BadValue,
        "grants: [{who: payments, roles: space-reader, spaces: {label: \"env:dev\", under: payments, at_login: true}}]" => BadValue,
    ]
    row_56_a_group_that_no_session_has: [
        "teams: {keep: false, add: {Writers: payments}}\nstack_access: [{name: x, attach: all, read: [payments]}]" => UnknownName,
        "teams: {keep: false, add: {Writers: payments}}\nstack_access: [{name: x, attach: all, deny: [{none: [senior]}]}]" => UnknownName,
        "teams: {keep: false}\npeople: {p: [payments]}\nstack_access: [{name: x, attach: all, read: [p]}]" => UnknownName,
        "teams: {keep: true, add: {senior: payments}}\nstack_access: [{name: x, attach: all, read: [senior]}]" => DuplicateName,
        "teams: {keep: true, add: {senior: payments}}\nstack_access: [{name: x, attach: all, by_label: \"{level}:{group}\"}]" => DuplicateName,
        "teams: {keep: true, add: {everyone: payments}}\nstack_access: [{name: x, attach: all, read: [everyone]}]" => DuplicateName,
        "stack_access: [{name: x, attach: all, read: [Writers]}]" => UnknownName,
        "teams: {keep: true, add: {Writers: payments}}\npeople: {p: [Writers]}\nstack_access: [{name: x, attach: all, read: [p]}]" => UnknownName,
    ]
    row_61_two_entries_of_one_name_and_one_that_says_nothing: [
        "stack_access: [{name: x, attach: all, read: [payments]}, {name: x, attach: all, deny: [payments]}]" => DuplicateName,
        "stack_access: [{name: x, attach: all}]" => MissingField,
        "stack_access: [{name: x, attach: all, deny: [{stack: {tracked_commit: {created_at: {from: \"2027-01-01\", until: \"2026-01-01\"}}}}]}]" => BadTime,
        "groups: {payments: {sent_as: A, external: true}}\nstack_access: [{name: x, attach: all, write: [payments]}]" => MissingField,
    ]
    row_62_a_star_in_part_of_a_label: [
        "stack_access: [{name: x, attach: {label: \"pay*\"}, read: [payments]}]" => BadValue,
        "stack_access: [{name: x, attach: [payments], read: [payments]}]" => WrongType,
        "stack_access: [{name: x, attach: payments, read: [payments]}]" => BadValue,
        "stack_access: [{name: x, attach: {label: \"autoattach:*\"}, read: [payments]}]" => BadValue,
    ]
    row_58_an_alias_with_the_value_of_an_added_team: [
        "teams: {keep: true, add: {Payments: senior}}" => DuplicateValue,
        "teams: {keep: true, add: {\"liftgate:none\": senior}}" => BadName,
    ]
    row_39_a_label_that_no_space_has: ["grants: [{who: payments, roles: space-reader, spaces: {label: \"env:*\"}}]" => EmptyTarget,]
    row_41_under_root_or_a_star: [
        "grants: [{who: payments, roles: space-reader, spaces: {under: root}}]" => BadValue,
        "grants: [{who: payments, roles: space-reader, spaces: {under: \"*\"}}]" => BadValue,
        "grants: [{who: payments, roles: space-reader, spaces: [\"*\", root]}]" => BadValue,
    ]
    row_43_a_built_in_role_is_not_declared: ["roles: {space-reader: {external: true}}" => BuiltinName,]
    row_46_hours_that_end_where_they_start: [
        "conditions: {c: {hours: \"09:00-09:00\", timezone: Etc/UTC}}" => BadTime,
        "conditions: {c: {hours: \"24:00-09:00\", timezone: Etc/UTC}}" => BadTime,
    ]
    row_47_days_without_a_zone: [
        "conditions: {c: {days: [mon]}}" => MissingField,
        "conditions: {c: {hours: \"09:00-17:00\"}}" => MissingField,
        "conditions: {c: {days: [mon], timezone: PST}}" => BadTime,
    ]
    row_49_a_time_without_an_offset: [
        "grants: [{who: payments, roles: space-reader, spaces: payments, ends: \"2026-12-03T10:00\"}]" => BadTime,
    ]
    row_52_mapped_networks: ["conditions: {c: {ip: \"::ffff:203.0.113.9\"}}" => BadNetwork,]
    row_53_networks_with_host_bits: ["conditions: {c: {ip: 203.0.113.9/24}}" => BadNetwork,]
    row_54_a_condition_without_a_field: ["conditions: {c: {}}" => EmptyValue,]
    row_72_unquoted_values_that_yaml_reads_in_two_ways: [
        "groups: {a: 0123}" => UnquotedValue,
        "groups: {a: 1e9}" => UnquotedValue,
        "groups: {a: no}" => UnquotedValue,
        "groups: {a: 2026-01-01}" => UnquotedValue,
        "groups: {a: null}" => UnquotedValue,
        "login: {offboarded: [0123]}" => UnquotedValue,
    ]
}

#[test]
fn row_62_a_star_alone_is_every_stack_and_only_where_it_is_written() {
    for (attach, all, labels) in [
        ("all", true, &["autoattach:*"][..]),
        ("{label: \"*\"}", true, &["autoattach:*"]),
        (
            "{label: [\"*\", x]}",
            true,
            &["autoattach:*", "autoattach:x"],
        ),
        ("{label: x}", false, &["autoattach:x"]),
        ("{stacks: [a-1]}", false, &[]),
    ] {
        let compiled = compiled(&mapping(&format!(
            "stack_access: [{{name: x, attach: {attach}, read: [payments]}}]"
        )));
        let entry = &compiled.model.stack_access["x"];
        assert_eq!(entry.attach.all, all, "{attach}");
        let written: Vec<String> = entry.attach.policy_labels().into_iter().collect();
        assert_eq!(written, labels, "{attach}");
    }
}

/// Of several entries about one stack each adds to the others, and a denial of one is a denial.
#[test]
fn row_61_entries_on_one_stack_are_a_union() {
    let compiled = compiled(&mapping(
        "stack_access:\n  - {name: a, attach: all, read: [payments], deny_write: [{stack: {branch: main}}]}\n  \
         - {name: b, attach: all, write: [senior], deny: [contractors]}",
    ));
    let level = |teams: &[&str], branch: &str| {
        let input = serde_json::json!({
            "session": {"login": "a@acme.example", "member": true, "teams": teams}, "stack": {"branch": branch},
        });
        let entries = compiled.model.stack_access.values();
        let all: Vec<Access> = entries
            .map(|entry| compiled.model.access(entry, &input))
            .collect();
        Level::of(&all)
    };
    assert_eq!(level(&["Payments"], "x"), Level::Read);
    assert_eq!(level(&["Senior"], "x"), Level::Write);
    assert_eq!(level(&["Senior"], "main"), Level::Read);
    assert_eq!(level(&["Payments", "Senior"], "main"), Level::Read);
    assert_eq!(
        level(&["Payments", "Senior", "Contractors"], "x"),
        Level::None
    );
    assert_eq!(level(&["Other"], "x"), Level::None);
}

#[test]
fn row_71_what_decides_nothing_changes_no_text() {
    let one = "groups: {payments: {sent_as: [A, B], name: X, owner: x}}\nlogin: {deny: [{any: [payments, {member: false}]}]}\n\
        grants: [{who: payments, roles: [deployer, space-reader], spaces: [old, payments], reason: x}]";
    let other = "# a comment\ngroups: {payments: {sent_as: [B, A], name: Z}}\n\
        grants: [{owner: z, spaces: [payments, old], roles: [space-reader, deployer], who: {group: payments}}]\n\
        login:\n  deny:\n    - any: [{member: false}, payments]";
    let third = other.replace("spaces: [payments, old]", "spaces: [payments]");
    let text = |fragment: &str| compiled(&mapping(fragment)).text;
    assert_eq!(text(one), text(other));
    assert_ne!(text(other), text(&third));
}
