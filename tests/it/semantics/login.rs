//! Rows 21 to 34: signing in.

super::rows! {
    row_21_only_a_role_on_a_space_now_lets_a_member_in: r#"
grants:
  - {who: payments, roles: space-reader, spaces: payments, ends: "2026-12-03"}
  - {who: senior, roles: space-reader, spaces: "*"}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-04T00:00:00Z"}"# => "deny",
        r#"{"member": false}"# => "deny",
        r#"{"teams": ["Senior"], "spaces": [{"id": "root"}, {"id": "legacy"}]}"# => "deny",
        r#"{"teams": ["Senior"], "spaces": [{"id": "x"}]}"# => "allow x=space-reader",
        r#"{"teams": ["Senior"], "spaces": null}"# => "deny",
    }

    row_22_require_is_the_gate_for_everyone: r#"
login: {require: {member: true, none: [contractors]}, admin: [platform]}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["Payments", "Contractors"]}"# => "deny",
        r#"{"teams": ["Platform"]}"# => "admin",
        r#"{"teams": ["Platform", "Contractors"]}"# => "deny",
        r#"{"teams": ["Platform", 5]}"# => "deny",
    }

    row_22_no_grants_admit_lets_in_who_passes_the_gate: r#"
login: {no_grants: admit}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": ["Other"]}"# => "allow",
        r#"{"teams": null}"# => "allow",
        r#"{"member": false}"# => "deny",
        r#"{"without": ["member"]}"# => "deny",
        r#"{"without": ["login"]}"# => "deny",
        r#"{"login": ""}"# => "deny",
    }

    row_23_any_entry_of_deny_refuses: r#"
login: {deny: [contractors, {login: eve@acme.example}], admin: [platform]}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["Payments", "Contractors"]}"# => "deny",
        r#"{"login": "eve@acme.example"}"# => "deny",
        r#"{"login": "eve@acme.example", "teams": ["Platform"]}"# => "deny",
    }

    row_24_admin_takes_when: r#"
login: {admin: [{who: platform, when: office}]}
grants: [{who: platform, roles: space-reader, spaces: payments}]"# {
        r#"{"teams": ["Platform"]}"# => "admin payments=space-reader",
        r#"{"teams": ["Platform"], "ip": "198.51.100.7"}"# => "allow payments=space-reader",
        r#"{"teams": ["Platform"], "ip": null}"# => "allow payments=space-reader",
    }

    row_25_deny_admin_strips_administrative_roles_on_root_and_legacy: r#"
login: {deny_admin: [{unless: office}]}
grants:
  - {who: payments, roles: [space-admin, space-reader], spaces: [root, payments]}
  - {who: payments, roles: [owner, auditor, deployer], spaces: legacy}"# {
        r#"{}"# => "allow legacy=auditor,deployer,owner payments=space-admin,space-reader root=space-admin,space-reader",
        r#"{"ip": "198.51.100.7"}"# => "allow -admin legacy=deployer payments=space-admin,space-reader root=space-reader",
        r#"{"ip": null}"# => "allow -admin legacy=deployer payments=space-admin,space-reader root=space-reader",
    }

    row_26_with_no_role_left_the_stripped_are_refused: r#"
login: {deny_admin: [{unless: office}], admin: [platform]}
grants: [{who: [payments, platform], roles: space-admin, spaces: root}]"# {
        r#"{}"# => "allow root=space-admin",
        r#"{"ip": "198.51.100.7"}"# => "deny -admin",
        r#"{"teams": ["Platform"]}"# => "admin root=space-admin",
        r#"{"teams": ["Platform"], "ip": "198.51.100.7"}"# => "deny -admin",
    }

    row_26_or_let_in_where_no_grants_admits: r#"
login: {deny_admin: [{unless: office}], no_grants: admit}
grants: [{who: payments, roles: space-admin, spaces: root}]"# {
        r#"{}"# => "allow root=space-admin",
        r#"{"ip": "198.51.100.7"}"# => "allow -admin",
    }

    row_27_keys_and_outsiders_are_never_admins: r#"
login: {admin: [platform, {login: "api::root"}], require: everyone, no_grants: admit}"# {
        r#"{"teams": ["Platform"]}"# => "admin",
        r#"{"teams": ["Platform"], "login": "api::x"}"# => "allow",
        r#"{"teams": ["Platform"], "machine": true}"# => "allow",
        r#"{"teams": ["Platform"], "machine": "yes"}"# => "allow",
        r#"{"teams": ["Platform"], "member": false}"# => "allow",
        r#"{"login": "api::root"}"# => "allow",
    }

    row_28_offboarded_refuses_every_spelling_and_alias: r#"
login: {offboarded: [bob@acme.example, {login: eve@acme.example, aliases: [eve-admin, "\u00c9ve@x"]}], admin: [platform]}
grants: [{who: everyone, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"login": "bob@acme.example"}"# => "deny",
        r#"{"login": "BOB@Acme.Example", "teams": ["Platform"]}"# => "deny",
        r#"{"login": "Eve-Admin"}"# => "deny",
        r#"{"login": "\u00c9VE@X"}"# => "deny",
        r#"{"login": "\u00e9ve@x"}"# => "allow payments=space-reader",
        r#"{"login": "bob@acme.example "}"# => "allow payments=space-reader",
    }

    row_29_break_glass_is_exempt_from_denials_only: r#"
login: {deny: [everyone], deny_admin: [everyone], offboarded: [bg@acme.example, bob@acme.example]}
break_glass: [{login: bg@acme.example, owner: sec, why: runbook}]
grants: [{who: {login: [bg@acme.example, bob@acme.example]}, roles: space-admin, spaces: root}]"# {
        r#"{"login": "bg@acme.example"}"# => "allow root=space-admin",
        r#"{"login": "bg@acme.example", "teams": null, "without": ["request"]}"# => "allow root=space-admin",
        r#"{"login": "BG@acme.example"}"# => "deny -admin",
        r#"{"login": "bob@acme.example"}"# => "deny -admin",
        r#"{"login": "bg@acme.example", "member": false}"# => "deny",
    }

    row_30_who_is_never_asked_about_is_decided_as_if_asked: r#"
outside_policy: [{login: alice@acme.example, because: account_owner}]
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"login": "bob@acme.example"}"# => "allow payments=space-reader",
        r#"{"teams": ["Senior"]}"# => "deny",
        r#"{"member": false}"# => "deny",
    }

    row_31_slack_is_refused_without_a_word: r#"
login: {require: everyone, no_grants: admit, deny: [{unless: office}], deny_admin: [{unless: office}]}
grants: [{who: everyone, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"input": {"slack": {"channel": {"id": "C0FFEE"}, "team": {"id": "T0"}, "user": {"id": "U1"}}}}"# => "deny",
        r#"{"input": {}}"# => "deny",
        r#"{"session": null}"# => "deny",
        r#"{"session": "alice@acme.example"}"# => "deny",
    }

    row_34_admins_hold_their_roles_too: r#"
login: {admin: [platform]}
grants: [{who: [platform, payments], roles: [space-reader, deployer], spaces: payments}]"# {
        r#"{"teams": ["Platform"]}"# => "admin payments=deployer,space-reader",
        r#"{}"# => "allow payments=deployer,space-reader",
    }
}
