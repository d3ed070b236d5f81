//! Rows 1 to 5: the unknown never helps whoever signs in.

super::rows! {
    row_01_an_undecidable_condition_gives_no_grant_and_lifts_no_denial: r#"
login:
  no_grants: admit
  deny: [{who: contractors, unless: office}]
grants:
  - {who: payments, roles: space-reader, spaces: payments, when: office}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"ip": "198.51.100.7"}"# => "allow",
        r#"{"ip": null}"# => "allow",
        r#"{"without": ["ip"]}"# => "allow",
        r#"{"without": ["request"]}"# => "allow",
        r#"{"teams": ["Contractors"]}"# => "allow",
        r#"{"teams": ["Contractors"], "ip": "198.51.100.7"}"# => "deny",
        r#"{"teams": ["Contractors"], "ip": null}"# => "deny",
        r#"{"teams": ["Contractors"], "without": ["request"]}"# => "deny",
    }

    row_01_an_unknown_time_gives_no_grant_that_starts_or_ends: r#"
grants:
  - {who: payments, roles: space-reader, spaces: payments, ends: "2026-12-31"}
  - {who: payments, roles: space-reader, spaces: old, starts: "2026-12-01"}"# {
        r#"{}"# => "allow old=space-reader payments=space-reader",
        r#"{"without": ["timestamp_ns"]}"# => "deny",
        r#"{"timestamp_ns": null}"# => "deny",
    }

    row_02_absent_or_empty_teams_are_unknown: r#"
login:
  no_grants: admit
  deny: [{group: contractors}]
grants:
  - {who: {login: alice@acme.example, none: [senior]}, roles: space-reader, spaces: payments}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["Senior"]}"# => "allow",
        r#"{"teams": ["Contractors"]}"# => "deny",
        r#"{"teams": []}"# => "deny",
        r#"{"teams": null}"# => "deny",
        r#"{"teams": "Payments"}"# => "deny",
        r#"{"teams": {"a": "Payments"}}"# => "deny",
        r#"{"without": ["teams"]}"# => "deny",
    }

    row_02_a_grant_that_excludes_a_group_needs_known_teams: r#"
login: {no_grants: admit}
grants:
  - {who: {login: alice@acme.example, none: [contractors]}, roles: space-reader, spaces: payments}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": []}"# => "allow",
        r#"{"teams": null}"# => "allow",
        r#"{"without": ["teams"]}"# => "allow",
    }

    row_02_no_groups_known_takes_absent_teams_for_none: r#"
login:
  no_groups: known
  deny: [contractors]
grants:
  - {who: {login: alice@acme.example, none: [contractors]}, roles: space-reader, spaces: payments}"# {
        r#"{"teams": []}"# => "allow payments=space-reader",
        r#"{"teams": null}"# => "allow payments=space-reader",
        r#"{"without": ["teams"]}"# => "allow payments=space-reader",
        r#"{"teams": "Payments"}"# => "deny",
        r#"{"teams": [null]}"# => "deny",
        r#"{"teams": ["Contractors"]}"# => "deny",
    }

    row_03_an_unknown_member_gets_nothing_and_escapes_no_denial_of_outsiders: r#"
login:
  require: everyone
  no_grants: admit
  deny: [{member: false, group: contractors}]
grants:
  - {who: payments, roles: space-reader, spaces: payments}
  - {who: {member: false, group: payments}, roles: space-reader, spaces: old}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"member": false}"# => "allow old=space-reader",
        r#"{"member": null}"# => "allow",
        r#"{"member": "true"}"# => "allow",
        r#"{"without": ["member"]}"# => "allow",
        r#"{"teams": ["Contractors"]}"# => "allow",
        r#"{"teams": ["Contractors"], "member": false}"# => "deny",
        r#"{"teams": ["Contractors"], "member": null}"# => "deny",
        r#"{"teams": ["Contractors"], "without": ["member"]}"# => "deny",
    }

    row_04_a_malformed_team_is_skipped_for_grants_and_unknown_for_denials: r#"
login: {no_grants: admit, deny: [{who: contractors, unless: office}]}
grants:
  - {who: payments, roles: space-reader, spaces: payments}
  - {who: {group: payments, none: [senior]}, roles: space-reader, spaces: old}"# {
        r#"{}"# => "allow old=space-reader payments=space-reader",
        r#"{"teams": ["Payments", null]}"# => "allow payments=space-reader",
        r#"{"teams": ["Payments", 5]}"# => "allow payments=space-reader",
        r#"{"teams": [["Payments"]]}"# => "allow",
        r#"{"teams": ["Payments", null], "ip": "198.51.100.7"}"# => "deny",
        r#"{"ip": "198.51.100.7"}"# => "allow old=space-reader payments=space-reader",
    }

    row_05_a_timestamp_that_is_no_whole_number_is_unknown: r#"
grants:
  - {who: payments, roles: space-reader, spaces: payments, starts: "1970-01-01"}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"timestamp_ns": 0}"# => "deny",
        r#"{"at": "2020-01-01T00:00:00Z -1"}"# => "deny",
        r#"{"at": "2020-01-01T00:00:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2100-01-01T00:00:00Z -1"}"# => "allow payments=space-reader",
        r#"{"at": "2100-01-01T00:00:00Z"}"# => "deny",
        r#"{"timestamp_ns": 9223372036854775807}"# => "deny",
        r#"{"timestamp_ns": 9223372036854775808}"# => "deny",
        r#"{"timestamp_ns": 1.7e18}"# => "deny",
        r#"{"timestamp_ns": 1764000000000000000.5}"# => "deny",
        r#"{"timestamp_ns": "1764000000000000000"}"# => "deny",
        r#"{"timestamp_ns": true}"# => "deny",
        r#"{"timestamp_ns": -1}"# => "deny",
        r#"{"timestamp_ns": 1e30}"# => "deny",
    }
}
