//! Rows 6 to 20: who is meant.

super::rows! {
    row_06_all_keys_of_a_map_must_hold: r#"
grants:
  - {who: {login: alice@acme.example, group: senior}, roles: space-reader, spaces: payments}"# {
        r#"{"teams": ["Senior"]}"# => "allow payments=space-reader",
        r#"{}"# => "deny",
        r#"{"login": "bob@acme.example", "teams": ["Senior"]}"# => "deny",
    }

    row_07_a_bare_list_of_who_is_any_of_it: r#"
login: {deny: [[senior, contractors]]}
grants:
  - {who: [platform, payments], roles: space-reader, spaces: payments}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["Platform"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Payments", "Senior"]}"# => "deny",
        r#"{"teams": ["Platform", "Contractors"]}"# => "deny",
        r#"{"teams": ["Other"]}"# => "deny",
    }

    row_08_a_denial_stands_unless_all_hold: r#"
login: {deny: [{unless: {all: [office, business_hours]}}]}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"ip": "198.51.100.7"}"# => "deny",
        r#"{"at": "2026-12-03T20:00:00-08:00"}"# => "deny",
        r#"{"ip": "198.51.100.7", "at": "2026-12-03T20:00:00-08:00"}"# => "deny",
    }

    row_08_a_denial_is_lifted_where_any_holds: r#"
login: {deny: [{unless: {any: [office, business_hours]}}]}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"ip": "198.51.100.7"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T20:00:00-08:00"}"# => "allow payments=space-reader",
        r#"{"ip": "198.51.100.7", "at": "2026-12-03T20:00:00-08:00"}"# => "deny",
    }

    row_09_everyone_is_a_word_that_a_denial_may_leave_out: r#"
login: {deny: [{unless: office}], no_grants: admit}
grants: [{who: everyone, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": null}"# => "allow payments=space-reader",
        r#"{"teams": null, "ip": "198.51.100.7"}"# => "deny",
        r#"{"login": "api::x"}"# => "allow",
    }

    row_10_a_bare_string_is_a_name_of_groups_or_people: r#"
people: {seniors: {all: [payments, senior]}, everybody_senior: [seniors, platform]}
grants: [{who: everybody_senior, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": ["Payments", "Senior"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Platform"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Payments"]}"# => "deny",
        r#"{"login": "platform", "teams": ["platform"]}"# => "deny",
    }

    row_11_a_grant_is_for_people_a_denial_for_keys_too: r#"
login: {no_grants: admit, deny: [contractors]}
grants:
  - {who: payments, roles: space-reader, spaces: payments}
  - {who: {group: payments, machine: true}, roles: deployer, spaces: old}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"login": "api::x"}"# => "allow old=deployer",
        r#"{"machine": true}"# => "allow old=deployer",
        r#"{"login": "api::x", "teams": ["Contractors"]}"# => "deny",
        r#"{"login": "api::x", "teams": []}"# => "allow",
    }

    row_11_an_entry_that_says_so_is_for_members_for_machines_or_for_machines_that_are_no_members: r#"
login: {no_grants: admit, require: {any: [{member: true}, {machine: true}]}}
grants:
  - {who: {member: true}, roles: space-reader, spaces: payments}
  - {who: {any: [senior, {machine: true, member: false}]}, roles: space-reader, spaces: old}
  - {who: {all: [{any: [senior, {machine: true, member: false}]}, payments]}, roles: deployer, spaces: payments-dev}
  - {who: {all: [{any: [payments, {machine: true, member: false}]}, {machine: true}]}, roles: deployer, spaces: payments-prod}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"member": false}"# => "deny",
        r#"{"teams": ["Senior", "Payments"]}"# => "allow old=space-reader payments=space-reader payments-dev=deployer",
        r#"{"login": "api::x"}"# => "allow payments-prod=deployer",
        r#"{"login": "api::x", "member": false}"# => "allow old=space-reader payments-dev=deployer payments-prod=deployer",
        r#"{"login": "api::x", "member": false, "teams": ["Senior"]}"# => "allow old=space-reader payments-prod=deployer",
    }

    row_12_a_machine_says_so_or_has_a_key_s_login: r#"
login: {no_grants: admit}
grants: [{who: {machine: true}, roles: deployer, spaces: payments}]"# {
        r#"{}"# => "allow",
        r#"{"machine": true}"# => "allow payments=deployer",
        r#"{"login": "api::x"}"# => "allow payments=deployer",
        r#"{"login": "api::x", "machine": false}"# => "allow payments=deployer",
        r#"{"login": "API::x"}"# => "allow",
        r#"{"login": "xapi::x"}"# => "allow",
        r#"{"login": "api:x"}"# => "allow",
        r#"{"login": "apiary@acme.example"}"# => "allow",
        r#"{"machine": "yes"}"# => "allow",
        r#"{"machine": null}"# => "allow",
    }

    row_12_what_might_be_a_key_s_login_is_denied_as_one_and_granted_nothing: r#"
login: {deny: [{machine: true, group: contractors}], no_grants: admit}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"login": "API::x"}"# => "allow",
        r#"{"login": "API::x", "teams": ["Contractors"]}"# => "deny",
        r#"{"teams": ["Contractors"]}"# => "allow",
    }

    row_12_a_machine_gets_something_only_as_a_member: r#"
login: {require: everyone, no_grants: admit}
grants: [{who: {machine: true}, roles: deployer, spaces: payments}]"# {
        r#"{"login": "api::x"}"# => "allow payments=deployer",
        r#"{"login": "api::x", "member": false}"# => "allow",
        r#"{"login": "api::x", "member": null}"# => "allow",
        r#"{"login": "api::x", "without": ["member"]}"# => "allow",
    }

    row_14_a_star_is_any_characters_but_at_and_colon: r#"
grants: [{who: {login: "ops-*@acme.example"}, roles: space-reader, spaces: payments}]"# {
        r#"{"login": "ops-1@acme.example"}"# => "allow payments=space-reader",
        r#"{"login": "ops-@acme.example"}"# => "allow payments=space-reader",
        r#"{"login": "ops-a.b\n\u2028@acme.example"}"# => "allow payments=space-reader",
        r#"{"login": "ops-a@b@acme.example"}"# => "deny",
        r#"{"login": "ops-a:b@acme.example"}"# => "deny",
        r#"{"login": "ops-1@acmeXexample"}"# => "deny",
        r#"{"login": "xops-1@acme.example"}"# => "deny",
        r#"{"login": "ops-1@acme.example\n"}"# => "deny",
        r#"{"login": "Ops-1@acme.example"}"# => "deny",
    }

    row_14_a_star_of_a_denial_is_any_characters_at_all: r#"
login: {deny: [{login: "temp-*@acme.example"}]}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"login": "temp-1@acme.example"}"# => "deny",
        r#"{"login": "temp-1@x@acme.example"}"# => "deny",
        r#"{"login": "TEMP-a:b\n@acme.example"}"# => "deny",
        r#"{"login": "xtemp-1@acme.example"}"# => "allow payments=space-reader",
    }

    row_14_question_marks_and_brackets_mean_themselves: r#"
grants: [{who: {login: "[a]?.*@x"}, roles: space-reader, spaces: payments}]"# {
        r#"{"login": "[a]?.b@x"}"# => "allow payments=space-reader",
        r#"{"login": "a@x"}"# => "deny",
        r#"{"login": "[a]xyb@x"}"# => "deny",
    }

    row_15_logins_are_exact_in_grants_and_folded_in_denials: r#"
login:
  deny: [{login: Eve@acme.example}, {login: "TEMP-*@acme.example"}]
  offboarded: [Bob@acme.example]
grants:
  - {who: {login: [alice@acme.example, eve@acme.example, bob@acme.example]}, roles: space-reader, spaces: payments}
  - {who: {group: senior, none: [{login: Carol@acme.example}]}, roles: space-reader, spaces: old}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"login": "Alice@acme.example"}"# => "deny",
        r#"{"login": "eve@acme.example"}"# => "deny",
        r#"{"login": "BOB@acme.example"}"# => "deny",
        r#"{"login": "temp-1@ACME.example", "teams": ["Senior"]}"# => "deny",
        r#"{"login": "dave@acme.example", "teams": ["Senior"]}"# => "allow old=space-reader",
        r#"{"login": "CAROL@acme.example", "teams": ["Senior"]}"# => "deny",
        r#"{"login": "\u212aEVE@acme.example", "teams": ["Senior"]}"# => "allow old=space-reader",
    }

    row_15_a_login_that_lifts_a_denial_is_exact: r#"
login: {no_grants: admit, deny: [{none: [{login: alice@acme.example}]}]}"# {
        r#"{}"# => "allow",
        r#"{"login": "Alice@acme.example"}"# => "deny",
        r#"{"login": "bob@acme.example"}"# => "deny",
    }

    row_16_groups_are_exact_everywhere: r#"
login: {no_grants: admit, deny: [contractors]}
groups: {contractors: "Caf\u00e9 ", payments: Payments}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": ["Caf\u00e9 "]}"# => "deny",
        r#"{"teams": ["Cafe\u0301 "]}"# => "allow",
        r#"{"teams": ["Caf\u00e9"]}"# => "allow",
        r#"{"teams": ["CAF\u00c9 "]}"# => "allow",
        r#"{"teams": ["payments"]}"# => "allow",
        r#"{"teams": ["Payments "]}"# => "allow",
        r#"{}"# => "allow payments=space-reader",
    }

    row_17_only_what_is_sent_matches_not_the_name: r#"
groups: {payments: {sent_as: 0aaa-1b, name: Payments}}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": ["0aaa-1b"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Payments"]}"# => "deny",
        r#"{"teams": ["payments"]}"# => "deny",
    }

    row_19_teams_that_nothing_names_are_ignored: r#"
login: {deny: [{none: [payments]}]}
grants: [{who: {group: payments, none: [contractors]}, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": ["Unheard of", "Payments", "everyone", "group contractors"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Unheard of"]}"# => "deny",
    }

    row_20_several_values_stand_for_one_group: r#"
groups: {payments: {sent_as: [Payments, payments-eu], formerly: [{sent_as: Geld, ends: "2026-12-03"}]}}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["payments-eu"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Geld"]}"# => "allow payments=space-reader",
        r#"{"teams": ["Geld"], "at": "2026-12-04T00:00:00Z -1"}"# => "allow payments=space-reader",
        r#"{"teams": ["Geld"], "at": "2026-12-04T00:00:00Z"}"# => "deny",
        r#"{"teams": ["Geld"], "timestamp_ns": null}"# => "deny",
    }

    row_20_a_former_value_still_counts_against_whoever_sends_it_while_the_time_is_unknown: r#"
groups: {contractors: {sent_as: Contractors, formerly: [{sent_as: Ext, ends: "2026-12-03"}]}}
login: {no_grants: admit, deny: [contractors]}"# {
        r#"{"teams": ["Ext"]}"# => "deny",
        r#"{"teams": ["Ext"], "at": "2026-12-04T00:00:00Z"}"# => "allow",
        r#"{"teams": ["Ext"], "timestamp_ns": null}"# => "deny",
    }
}
