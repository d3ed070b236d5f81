//! Rows 55 to 62 where stacks are decided on: whose groups count, what is unknown of a stack, what goes before what.

super::rows! {
    row_56_groups_are_those_of_rewritten_teams: r#"
teams: {keep: true, add: {Writers: senior}}
stack_access:
  - name: pay
    attach: all
    read: [payments]
    write: [Writers]
    deny: [{who: contractors, stack: {none: [{labels: shared}]}}]"# {
        r#"{}"# => "read",
        r#"{"teams": ["Writers"]}"# => "read write",
        r#"{"teams": ["Payments", "Writers"]}"# => "read write",
        r#"{"teams": ["Senior"]}"# => "nothing",
        r#"{"teams": ["writers"]}"# => "nothing",
        r#"{"teams": ["Payments", "Contractors"]}"# => "read deny",
        r#"{"teams": ["Payments", "Contractors"], "stack": {"labels": ["shared"]}}"# => "read",
        r#"{"teams": ["Payments", 5]}"# => "read deny",
        r#"{"teams": []}"# => "deny",
    }

    row_56_where_teams_are_replaced_only_those_that_are_added_are_groups: r#"
teams: {keep: false, add: {Writers: payments, everyone: senior}}
stack_access:
  - {name: pay, attach: all, read: [{group: everyone}], write: [Writers], by_label: "access:{level}:{group}"}"# {
        r#"{"teams": ["Writers"]}"# => "read write",
        r#"{"teams": ["everyone"]}"# => "read",
        r#"{"teams": ["liftgate:none"]}"# => "nothing",
        r#"{"teams": ["Payments"]}"# => "nothing",
        r#"{"teams": ["everyone"], "stack": {"labels": ["access:write:everyone", "access:deny_write:Writers"]}}"# => "read write",
        r#"{"teams": ["everyone", "Writers"], "stack": {"labels": ["access:deny_write:Writers"]}}"# => "read write deny_write",
        r#"{"teams": ["Writers"], "stack": {"labels": ["access:deny:payments"]}}"# => "read write",
    }

    row_56_a_label_speaks_of_a_group: r#"
groups: {payments: Payments, senior: Senior, guests: {sent_as: Guests, external: true}}
stack_access:
  - {name: pay, attach: all, by_label: "access:{level}:{group}"}"# {
        r#"{}"# => "nothing",
        r#"{"stack": {"labels": ["x", "access:read:payments"]}}"# => "read",
        r#"{"stack": {"labels": ["access:write:payments", "access:deny_write:senior"]}}"# => "read write",
        r#"{"teams": ["Payments", "Senior"], "stack": {"labels": ["access:write:payments", "access:deny_write:senior"]}}"# => "read write deny_write",
        r#"{"teams": ["Guests"], "stack": {"labels": ["access:read:guests", "access:write:guests"]}}"# => "nothing",
        r#"{"teams": ["Guests"], "stack": {"labels": ["access:deny:guests"]}}"# => "deny",
        r#"{"stack": {"labels": ["ACCESS:read:payments", "access:read:payments "]}}"# => "nothing",
        r#"{"stack": {"labels": ["access:read:payments", 5]}}"# => "read deny deny_write",
        r#"{"stack": {"labels": null}}"# => "nothing",
        r#"{"without": ["stack.labels"]}"# => "deny deny_write",
        r#"{"module": {"labels": ["access:read:payments"]}}"# => "read",
    }

    row_57_somebody_who_was_given_no_team_is_in_no_group: r#"
teams: {keep: false, add: {Writers: payments}}
stack_access:
  - {name: pay, attach: all, read: [{member: true, none: [Writers]}], deny_write: [Writers]}"# {
        r#"{"teams": ["liftgate:none"]}"# => "read",
        r#"{"teams": ["Writers"]}"# => "deny_write",
        r#"{"teams": []}"# => "deny_write",
        r#"{"teams": null}"# => "deny_write",
    }

    row_58_a_team_of_ours_is_known_by_its_own_name: r#"
teams: {keep: true, add: {Writers: {who: payments, when: office}}}
groups: {payments: Payments, writers: {sent_as: Writers-2, formerly: [{sent_as: Old, ends: "2026-12-31"}]}}
stack_access:
  - {name: pay, attach: all, read: [Writers], write: [writers]}"# {
        r#"{"teams": ["Writers"]}"# => "read",
        r#"{"teams": ["Writers-2"]}"# => "read write",
        r#"{"teams": ["Old"]}"# => "read write",
        r#"{"teams": ["Old"], "at": "2027-01-01T00:00:00Z"}"# => "nothing",
        r#"{"teams": ["writers"]}"# => "nothing",
    }

    row_59_teams_that_are_not_there_are_unknown: r#"
teams: {keep: true, add: {Writers: payments}}
stack_access:
  - {name: pay, attach: all, read: [Writers], deny: [{who: Writers, stack: {branch: main}}]}"# {
        r#"{"teams": null}"# => "deny",
        r#"{"without": ["teams"]}"# => "deny",
        r#"{"teams": null, "stack": {"branch": "x"}}"# => "nothing",
        r#"{"teams": ["Other"]}"# => "nothing",
    }

    row_60_a_test_reads_the_stack_and_else_the_module: r#"
stack_access:
  - name: pay
    attach: all
    read: [{who: payments, stack: {branch: main}}]
    write: [{who: payments, stack: {kind: module, terraform_provider: aws}}]
    deny: [{stack: {kind: stack, autodeploy: true}}]
    deny_write: [{stack: {space: {id: legacy}}}]"# {
        r#"{}"# => "read deny_write",
        r#"{"module": {"branch": "main"}}"# => "read",
        r#"{"module": {"branch": "main", "terraform_provider": "aws"}}"# => "read write",
        r#"{"module": {"branch": "main", "terraform_provider": "aws"}, "stack": {"branch": "x", "space": {"id": "y"}}}"# => "nothing",
        r#"{"module": {"terraform_provider": "aws", "space": {"id": "legacy"}, "autodeploy": true}}"# => "read write",
        r#"{"stack": {"autodeploy": true}}"# => "read deny deny_write",
        r#"{"without": ["stack"]}"# => "deny deny_write",
        r#"{"stack": "main", "module": {"branch": "x"}}"# => "nothing",
        r#"{"input": {"session": {"login": "a", "member": true, "teams": ["Payments"]}, "stack": null, "module": []}}"# => "deny deny_write",
    }

    row_60_what_a_stack_does_not_say_gives_nothing_and_lifts_nothing: r#"
stack_access:
  - name: pay
    attach: all
    read: [{who: payments, stack: {namespace: false}}]
    write: [{who: payments, stack: {tracked_commit: {tag: "v*"}}}]
    deny: [{stack: {administrative: true}}, {stack: {state: [FAILED, STOPPED]}}]
    deny_write: [{stack: {none: [{contexts: prod*}]}}]"# {
        r#"{}"# => "deny_write",
        r#"{"stack": {"contexts": ["prod-1"]}}"# => "nothing",
        r#"{"stack": {"contexts": ["dev", 5]}}"# => "deny_write",
        r#"{"stack": {"contexts": ["prod-1", 5]}}"# => "nothing",
        r#"{"stack": {"contexts": null}}"# => "deny_write",
        r#"{"stack": {"namespace": null, "contexts": ["prod"]}}"# => "read",
        r#"{"stack": {"namespace": ""}}"# => "read deny_write",
        r#"{"stack": {"namespace": 5}}"# => "deny_write",
        r#"{"without": ["stack.namespace"]}"# => "read deny_write",
        r#"{"stack": {"tracked_commit": {"tag": "v1\n"}}}"# => "read write deny_write",
        r#"{"stack": {"tracked_commit": {"tag": "V1"}}}"# => "deny_write",
        r#"{"stack": {"tracked_commit": null}}"# => "deny_write",
        r#"{"stack": {"tracked_commit": "v1"}}"# => "deny_write",
        r#"{"stack": {"administrative": null}}"# => "deny deny_write",
        r#"{"stack": {"administrative": "false"}}"# => "deny deny_write",
        r#"{"without": ["stack.administrative"]}"# => "deny deny_write",
        r#"{"stack": {"state": "STOPPED"}}"# => "deny deny_write",
        r#"{"stack": {"state": ["FINISHED"]}}"# => "deny deny_write",
        r#"{"stack": {"state": ""}}"# => "deny_write",
    }

    row_60_times_and_numbers_are_whole: r#"
stack_access:
  - name: pay
    attach: all
    read: [{who: payments, stack: {tracked_commit: {created_at: {from: "2026-01-01", until: "2026-01-31"}}}}]
    write: [{who: payments, stack: {tracked_commit: {pull_request_id: [7, 8]}}}]
    deny: [{stack: {tracked_commit: {pull_request_id: true, created_at: {from: "2027-01-01"}}}}]"# {
        r#"{}"# => "nothing",
        r#"{"stack": {"tracked_commit": {"created_at": 1767225600000000000}}}"# => "read",
        r#"{"stack": {"tracked_commit": {"created_at": 1767225599999999999}}}"# => "nothing",
        r#"{"stack": {"tracked_commit": {"created_at": 1769903999999999999}}}"# => "read",
        r#"{"stack": {"tracked_commit": {"created_at": 1769904000000000000}}}"# => "nothing",
        r#"{"stack": {"tracked_commit": {"created_at": 1.7e18}}}"# => "deny",
        r#"{"stack": {"tracked_commit": {"created_at": "1767225600000000000"}}}"# => "deny",
        r#"{"stack": {"tracked_commit": {"pull_request_id": 7}}}"# => "read write",
        r#"{"stack": {"tracked_commit": {"pull_request_id": 7.0}}}"# => "nothing",
        r#"{"stack": {"tracked_commit": {"pull_request_id": "7"}}}"# => "nothing",
        r#"{"stack": {"tracked_commit": {"pull_request_id": 9, "created_at": 1798761600000000000}}}"# => "deny",
        r#"{"stack": {"tracked_commit": {"pull_request_id": null, "created_at": 1798761600000000000}}}"# => "nothing",
        r#"{"stack": {"tracked_commit": {"pull_request_id": true, "created_at": 1798761600000000000}}}"# => "deny",
        r#"{"stack": {"tracked_commit": {"pull_request_id": 9, "created_at": 18446744073709551615}}}"# => "deny",
        r#"{"stack": {"tracked_commit": {"pull_request_id": 9, "created_at": null}}}"# => "deny",
    }

    row_60_none_is_none_of_them: r#"
stack_access:
  - name: pay
    attach: all
    read: [{who: payments, stack: {none: [{branch: main}, {labels: prod}]}}]
    write: [{who: payments, stack: {any: [{branch: x}, {all: [{labels: prod}, {repository: infra}]}]}}]"# {
        r#"{}"# => "nothing",
        r#"{"stack": {"branch": "y"}}"# => "read",
        r#"{"stack": {"branch": "x"}}"# => "read write",
        r#"{"stack": {"branch": "y", "labels": ["prod"]}}"# => "read write",
        r#"{"stack": {"branch": "y", "labels": ["prod"], "repository": "z"}}"# => "nothing",
        r#"{"stack": {"branch": null}}"# => "nothing",
    }

    row_60_who_holds_the_lock: r#"
stack_access:
  - name: pay
    attach: all
    read: [{who: everyone, stack: {lock: [nobody, caller]}}]
    write: [{who: everyone, stack: {lock: caller}}]
    deny_write: [{stack: {lock: other}}]"# {
        r#"{}"# => "read",
        r#"{"stack": {"locked_by": null}}"# => "read",
        r#"{"stack": {"locked_by": ""}}"# => "read",
        r#"{"stack": {"locked_by": "alice@acme.example"}}"# => "read write",
        r#"{"stack": {"locked_by": "Alice@acme.example"}}"# => "deny_write",
        r#"{"stack": {"locked_by": "bob@acme.example"}}"# => "deny_write",
        r#"{"stack": {"locked_by": 5}}"# => "deny_write",
        r#"{"login": null, "stack": {"locked_by": "alice@acme.example"}}"# => "deny_write",
        r#"{"module": {"locked_by": "bob@acme.example"}}"# => "read",
    }

    row_61_each_adds_to_the_others: r#"
stack_access:
  - name: pay
    attach: all
    read: [payments]
    write: [{who: payments, when: office}, senior]
    deny_write: [{unless: office}]
    deny: [{who: contractors, unless: office}]"# {
        r#"{}"# => "read write",
        r#"{"ip": "198.51.100.7"}"# => "read deny_write",
        r#"{"teams": ["Senior"], "ip": "198.51.100.7"}"# => "read write deny_write",
        r#"{"ip": null}"# => "read deny_write",
        r#"{"teams": ["Senior", "Contractors"]}"# => "read write",
        r#"{"teams": ["Senior", "Contractors"], "ip": null}"# => "read write deny deny_write",
        r#"{"member": false, "teams": ["Payments"]}"# => "nothing",
        r#"{"login": "api::x", "teams": ["Payments"]}"# => "nothing",
        r#"{"login": "api::x", "teams": ["Contractors"], "ip": null}"# => "deny deny_write",
    }

    row_61_a_request_from_slack_is_of_everyone_and_of_nobody_named: r#"
sample: denied
stack_access:
  - name: pay
    attach: all
    read: [{slack: {workspace: T01, channel: C01}}, everyone]
    write: [{slack: {workspace: T01, channel: C02}, stack: {branch: main}}]
    deny: [contractors, {who: {machine: true}}, {slack: {workspace: T01, channel: C03}}, {login: "*@x.example"}]
    deny_write: [{who: {none: [payments]}, stack: {autodeploy: true}}, {slack: {workspace: T01, channel: C02}, unless: office}]"# {
        r#"{}"# => "read",
        r#"{"slack": ["T01", "C01"]}"# => "read",
        r#"{"slack": ["T01", "C02"]}"# => "read write deny_write",
        r#"{"slack": ["T01", "C02"], "ip": "203.0.113.9"}"# => "read write",
        r#"{"slack": ["T01", "C02"], "stack": {"branch": "x"}}"# => "deny_write sampled",
        r#"{"slack": ["T01", "C01"], "stack": {"autodeploy": true}}"# => "read deny_write",
        r#"{"slack": ["T01", "C03"]}"# => "deny sampled",
        r#"{"slack": ["T02", "C01"]}"# => "sampled",
        r#"{"slack": ["t01", "C01"]}"# => "sampled",
        r#"{"input": {"session": {}, "slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}, "stack": {}}}"# => "deny deny_write sampled",
        r#"{"input": {"session": "x", "slack": {"team": {"id": "T01"}, "channel": {"id": "C01"}}, "stack": {}}}"# => "deny_write sampled",
        r#"{"input": {}}"# => "deny_write sampled",
    }

    row_61_everyone_but_somebody_is_also_whoever_has_no_session: r#"
stack_access:
  - name: pay
    attach: all
    read: [payments, {slack: {workspace: T01, channel: C01}}]
    deny: [{who: {none: [payments]}, unless: office}]
    deny_write: [{who: everyone, unless: office}]"# {
        r#"{}"# => "read",
        r#"{"ip": "198.51.100.7"}"# => "read deny_write",
        r#"{"teams": ["Other"], "ip": null}"# => "deny deny_write",
        r#"{"slack": ["T01", "C01"]}"# => "read deny deny_write",
        r#"{"slack": ["T01", "C01"], "ip": "203.0.113.9"}"# => "read",
        r#"{"input": {}}"# => "deny deny_write",
    }

    row_61_a_session_without_a_login_may_be_anybody_s_but_for_a_stack_s_own: r#"
api_keys: {ci: {id: 01HZX}}
stack_access:
  - name: pay
    attach: all
    read: [{who: {machine: true, none: [{login: bob@acme.example}]}}]
    deny: [{login: "*@partner.example"}, {login: mallory@acme.example}]
    deny_write: [{api_key: ci}]"# {
        r#"{}"# => "nothing",
        r#"{"login": "eve@partner.example"}"# => "deny",
        r#"{"login": "Mallory@acme.example"}"# => "deny",
        r#"{"login": null}"# => "deny deny_write",
        r#"{"without": ["login"]}"# => "deny deny_write",
        r#"{"login": "", "machine": true}"# => "deny deny_write",
        r#"{"login": 5, "machine": true}"# => "deny deny_write",
        r#"{"login": null, "machine": true}"# => "read",
        r#"{"without": ["login"], "machine": true}"# => "read",
        r#"{"without": ["login"], "machine": "yes"}"# => "deny deny_write",
        r#"{"login": "api::01HZX"}"# => "read deny_write",
    }
}
