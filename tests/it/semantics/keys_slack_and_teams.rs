//! API keys, Slack, teams that are rewritten, labels at login, samples.

super::rows! {
    row_13_a_key_is_met_by_its_id_or_as_a_machine_by_its_name: r#"
login: {no_grants: admit}
api_keys: {ci: {id: 01HZX}}
grants: [{who: {api_key: ci}, roles: deployer, spaces: payments}]"# {
        r#"{}"# => "allow",
        r#"{"login": "api::01HZX"}"# => "allow payments=deployer",
        r#"{"login": "api::01HZX", "machine": true}"# => "allow payments=deployer",
        r#"{"login": "ci", "machine": true}"# => "allow payments=deployer",
        r#"{"login": "ci"}"# => "allow",
        r#"{"login": "ci", "machine": false}"# => "allow",
        r#"{"login": "ci", "machine": null}"# => "allow",
        r#"{"login": "ci", "machine": "true"}"# => "allow",
        r#"{"login": "Ci", "machine": true}"# => "allow",
        r#"{"login": "api::01hzx"}"# => "allow",
        r#"{"login": "API::01HZX", "machine": true}"# => "allow",
        r#"{"login": "api::01HZX", "member": false}"# => "deny",
        r#"{"login": "01HZX", "machine": true}"# => "allow",
        r#"{"login": "api::ci"}"# => "allow",
    }

    row_13_a_denial_of_a_key_takes_whatever_could_be_it: r#"
login: {no_grants: admit, deny: [{who: {api_key: Ci}}]}
api_keys: {Ci: {id: 01HZX}}"# {
        r#"{}"# => "allow",
        r#"{"login": "api::01HZX"}"# => "deny",
        r#"{"login": "API::01hzx"}"# => "deny",
        r#"{"login": "ci", "machine": true}"# => "deny",
        r#"{"login": "CI", "machine": "yes"}"# => "deny",
        r#"{"login": "Ci"}"# => "allow",
        r#"{"login": "Ci", "machine": false}"# => "allow",
        r#"{"login": "api::01HZY"}"# => "allow",
    }

    row_13_a_key_that_is_excluded_is_excluded_in_any_case: r#"
login: {no_grants: admit}
api_keys: {ci: {id: 01HZX}, cd: {id: 01HZY}}
grants:
  - {who: {machine: true, none: [{api_key: ci}]}, roles: deployer, spaces: payments}
  - {who: {api_key: [ci, cd], group: payments}, roles: space-reader, spaces: old}"# {
        r#"{"login": "api::01HZY"}"# => "allow old=space-reader payments=deployer",
        r#"{"login": "api::01HZX"}"# => "allow old=space-reader",
        r#"{"login": "CI", "machine": true}"# => "allow",
        r#"{"login": "cd", "machine": true}"# => "allow old=space-reader payments=deployer",
        r#"{"login": "cd", "machine": true, "teams": []}"# => "allow payments=deployer",
        r#"{"login": "cd"}"# => "allow",
    }

    row_27_a_key_is_no_admin_by_its_group: r#"
login: {admin: [payments], no_grants: admit}
api_keys: {ci: {id: 01HZX}}
grants: [{who: {api_key: ci}, roles: deployer, spaces: payments}]"# {
        r#"{}"# => "admin",
        r#"{"login": "api::01HZX"}"# => "allow payments=deployer",
        r#"{"login": "ci", "machine": true}"# => "allow payments=deployer",
    }

    row_20_any_value_of_a_group_stands_for_it: r#"
login: {no_grants: admit, deny: [contractors]}
groups:
  payments: {sent_as: [Payments, payments-eu], formerly: [{sent_as: Pay, ends: "2026-12-31"}]}
  contractors: {sent_as: [Contractors, externals]}
grants: [{who: payments, roles: deployer, spaces: payments}]"# {
        r#"{}"# => "allow payments=deployer",
        r#"{"teams": ["payments-eu"]}"# => "allow payments=deployer",
        r#"{"teams": ["Pay"]}"# => "allow payments=deployer",
        r#"{"teams": ["Pay"], "at": "2027-01-01T00:00:00Z"}"# => "allow",
        r#"{"teams": ["payments"]}"# => "allow",
        r#"{"teams": ["payments-eu", "externals"]}"# => "deny",
    }

    row_31_slack_is_refused_unless_its_channel_has_an_entry: r#"
login:
  no_grants: admit
  deny: [{unless: office}]
  offboarded: [U01]
  slack: [{workspace: T01, channel: C01, space_roles: {payments-dev: [space-reader, deployer], root: space-reader}}]
grants: [{who: everyone, roles: space-writer, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-writer",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}}}"# => "allow payments-dev=deployer,space-reader root=space-reader",
        r#"{"input": {"session": null, "slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}, "user": {"id": "U01"}}}}"# => "allow payments-dev=deployer,space-reader root=space-reader",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"id": "C02"}}}}"# => "deny",
        r#"{"input": {"slack": {"team": {"id": "T02"}, "channel": {"id": "C01"}}}}"# => "deny",
        r#"{"input": {"slack": {"team": {"id": "T01/C01"}, "channel": {"id": ""}}}}"# => "deny",
        r#"{"input": {"slack": {"team": {"id": "t01"}, "channel": {"id": "C01"}}}}"# => "deny",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"name": "C01"}}}}"# => "deny",
        r#"{"input": {"slack": {"team": ["T01"], "channel": null}}}"# => "deny",
        r#"{"input": {"slack": "T01/C01"}}"# => "deny",
        r#"{"input": {"session": {}, "slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}}}"# => "deny",
        r#"{"input": {"session": "x", "slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}}}"# => "deny",
    }

    row_31_slack_is_refused_by_default: r#"
login: {require: everyone, no_grants: admit}
grants: [{who: everyone, roles: space-writer, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-writer",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}}}"# => "deny",
        r#"{"input": {}}"# => "deny",
    }

    row_38_labels_at_login_are_the_account_s: r#"
grants:
  - {who: payments, roles: space-reader, spaces: {label: [env:dev, env:qa], at_login: true}}
  - {who: senior, roles: space-writer, spaces: {label: env:dev}}"# {
        r#"{"spaces": [{"id": "qa", "labels": ["env:qa"]}, {"id": "both", "labels": ["x", "env:dev", "env:qa"]}, {"id": "payments-dev", "labels": []}]}"# => "allow both=space-reader qa=space-reader",
        r#"{"spaces": [{"id": "root", "labels": ["env:qa"]}, {"id": "legacy", "labels": ["env:dev"]}]}"# => "deny",
        r#"{"spaces": [{"id": "qa", "labels": ["Env:qa", "env:qa "]}, {"id": "no"}, {"id": "null", "labels": null}, {"id": "text", "labels": "env:qa"}]}"# => "deny",
        r#"{"spaces": [{"id": 7, "labels": ["env:qa"]}, {"id": "odd", "labels": [7, null, "env:qa"]}]}"# => "allow odd=space-reader",
        r#"{"spaces": null}"# => "deny",
        r#"{"teams": ["Senior"], "spaces": [{"id": "qa", "labels": ["env:dev"]}]}"# => "allow old=space-writer payments-dev=space-writer",
    }

    row_39_a_space_without_labels_is_met_by_none: r#"
login: {no_grants: admit}
grants: [{who: payments, roles: space-reader, spaces: {label: env:dev, at_login: true}}]"# {
        r#"{"spaces": [{"id": "a"}, {"id": "b", "labels": null}, {"id": "c", "labels": []}, {"id": "d", "labels": ["env:*"]}]}"# => "allow",
        r#"{"spaces": [{"id": "a", "labels": ["env:dev"]}]}"# => "allow a=space-reader",
    }

    row_55_grants_see_the_teams_that_were_sent: r#"
teams: {keep: false, add: {Writers: payments}}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader teams=Writers",
        r#"{"teams": ["Writers"]}"# => "deny",
        r#"{"teams": ["Writers", "Payments"]}"# => "allow payments=space-reader teams=Writers",
    }

    row_57_where_teams_are_replaced_the_set_is_never_empty: r#"
login: {no_grants: admit}
teams: {keep: false, add: {Writers: {who: payments, when: office}}}"# {
        r#"{}"# => "allow teams=Writers",
        r#"{"ip": "198.51.100.7"}"# => "allow teams=liftgate:none",
        r#"{"teams": ["Other"]}"# => "allow teams=liftgate:none",
        r#"{"teams": null}"# => "allow teams=liftgate:none",
        r#"{"without": ["ip"]}"# => "allow teams=liftgate:none",
        r#"{"member": false}"# => "deny",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}}}"# => "deny",
    }

    row_58_a_team_of_ours_is_not_copied: r#"
login: {no_grants: admit}
teams: {keep: true, add: {Writers: {who: {all: [payments], none: [contractors]}}}}"# {
        r#"{}"# => "allow teams=Payments,Writers",
        r#"{"teams": ["Other", "Writers", "liftgate:none"]}"# => "allow teams=Other",
        r#"{"teams": ["Writers"]}"# => "allow teams=liftgate:none",
        r#"{"teams": ["writers"]}"# => "allow teams=writers",
        r#"{"teams": ["Payments", "Contractors"]}"# => "allow teams=Contractors,Payments",
        r#"{"teams": ["Payments", null]}"# => "allow teams=Payments",
        r#"{"login": "api::x"}"# => "allow teams=Payments",
    }

    row_59_nothing_is_copied_of_teams_that_are_not_there: r#"
login: {no_grants: admit}
teams: {keep: true, add: {Alice: {who: {login: alice@acme.example}, when: office}}}"# {
        r#"{"teams": null}"# => "allow teams=Alice",
        r#"{"teams": null, "ip": null}"# => "allow",
        r#"{"teams": [], "ip": null}"# => "allow",
        r#"{"teams": "Payments", "ip": null}"# => "allow",
        r#"{"ip": null}"# => "allow teams=Payments",
    }

    teams_are_rewritten_only_for_whoever_is_let_in: r#"
teams: {keep: true, add: {Writers: {who: {any: [payments, {machine: true}]}}}}
grants: [{who: {any: [payments, {machine: true}]}, roles: space-reader, spaces: payments}]
login: {deny: [contractors]}"# {
        r#"{}"# => "allow payments=space-reader teams=Payments,Writers",
        r#"{"teams": ["Payments", "Contractors"]}"# => "deny",
        r#"{"teams": ["Other"]}"# => "deny",
        r#"{"login": "api::x", "teams": ["Other"]}"# => "allow payments=space-reader teams=Other,Writers",
    }

    samples_are_taken_of_what_is_refused: r#"
sample: denied
login: {slack: [{workspace: T01, channel: C01, space_roles: {payments: space-reader}}]}
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["Other"]}"# => "deny sampled",
        r#"{"member": false}"# => "deny sampled",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}}}"# => "allow payments=space-reader",
        r#"{"input": {"slack": {"team": {"id": "T01"}, "channel": {"id": "C02"}}}}"# => "deny sampled",
        r#"{"input": {}}"# => "deny sampled",
    }

    samples_are_taken_of_everything: r#"
sample: all
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader sampled",
        r#"{"teams": ["Other"]}"# => "deny sampled",
    }
}
