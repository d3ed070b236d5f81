//! Rows 35 to 43 and 66: on which spaces.

super::rows! {
    row_35_a_star_is_every_space_of_the_account_but_root_and_legacy: r#"
grants: [{who: payments, roles: space-reader, spaces: "*"}]"# {
        r#"{}"# => "allow payments=space-reader payments-dev=space-reader payments-prod=space-reader",
        r#"{"spaces": [{"id": "new"}, {"id": "root"}]}"# => "allow new=space-reader",
        r#"{"spaces": [null, 5, "x", {"id": 5}, {"name": "x"}, {"id": "new"}]}"# => "allow new=space-reader",
        r#"{"spaces": {"a": {"id": "new"}}}"# => "deny",
        r#"{"without": ["spaces"]}"# => "deny",
    }

    row_36_a_role_is_bound_where_it_is_written: r#"
grants: [{who: payments, roles: space-reader, spaces: payments}]"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"spaces": []}"# => "allow payments=space-reader",
    }

    row_37_under_is_the_space_itself: r#"
grants:
  - {who: payments, roles: space-reader, spaces: {under: payments}}
  - {who: senior, roles: deployer, spaces: {under: payments, except: [payments-dev]}}
  - {who: platform, roles: deployer, spaces: {under: payments, except: [payments-prod-eu]}}"# {
        r#"{}"# => "allow payments=space-reader",
        r#"{"teams": ["Senior"]}"# => "allow payments-prod=deployer",
        r#"{"teams": ["Platform"]}"# => "allow payments-dev=deployer",
    }

    row_38_labels_are_the_declared_ones: r#"
grants: [{who: payments, roles: space-reader, spaces: {label: "env:dev"}}]"# {
        r#"{}"# => "allow old=space-reader payments-dev=space-reader",
        r#"{"spaces": [{"id": "x", "labels": ["env:dev"]}]}"# => "allow old=space-reader payments-dev=space-reader",
    }

    row_39_a_list_of_labels_is_any_of_it: r#"
grants:
  - {who: payments, roles: space-reader, spaces: {label: ["env:dev", "env:prod"]}}
  - {who: senior, roles: space-reader, spaces: {label: "team:payments"}}"# {
        r#"{}"# => "allow old=space-reader payments-dev=space-reader payments-prod=space-reader payments-prod-eu=space-reader",
        r#"{"teams": ["Senior"]}"# => "allow payments=space-reader payments-dev=space-reader",
    }

    row_40_label_and_under_must_both_hold: r#"
grants:
  - {who: payments, roles: space-reader, spaces: {label: "env:dev", under: payments}}
  - {who: senior, roles: space-reader, spaces: {label: ["env:prod", "env:dev"], under: payments, except: [payments-prod-eu]}}"# {
        r#"{}"# => "allow payments-dev=space-reader",
        r#"{"teams": ["Senior"]}"# => "allow payments-dev=space-reader",
    }

    row_41_root_and_legacy_are_written_by_name: r#"
grants: [{who: payments, roles: space-reader, spaces: [root, legacy]}]"# {
        r#"{}"# => "allow legacy=space-reader root=space-reader",
        r#"{"teams": ["Other"]}"# => "deny",
    }

    row_42_a_space_that_the_account_has_not_is_named_all_the_same: r#"
grants:
  - {who: payments, roles: space-reader, spaces: platform-space}
  - {who: senior, roles: space-reader, spaces: "*"}"# {
        r#"{}"# => "allow platform-space=space-reader",
        r#"{"spaces": []}"# => "allow platform-space=space-reader",
        r#"{"without": ["spaces"]}"# => "allow platform-space=space-reader",
        r#"{"teams": ["Senior"], "spaces": []}"# => "deny",
    }

    row_43_roles_are_a_list: r#"
grants:
  - {who: payments, roles: [space-reader, deployer], spaces: payments}
  - {who: senior, roles: space-reader, spaces: payments}"# {
        r#"{}"# => "allow payments=deployer,space-reader",
        r#"{"teams": ["Senior"]}"# => "allow payments=space-reader",
    }

    row_66_a_decision_tells_bound_roles_of_several_grants_together: r#"
space_sets: {prod: [payments-prod, payments-prod-eu]}
grants:
  - {who: payments, roles: space-reader, spaces: "*"}
  - {who: payments, roles: deployer, spaces: prod}
  - {who: payments, roles: deployer, spaces: payments}"# {
        r#"{}"# => "allow payments=deployer,space-reader payments-dev=space-reader payments-prod=deployer,space-reader payments-prod-eu=deployer",
        r#"{"spaces": []}"# => "allow payments=deployer payments-prod=deployer payments-prod-eu=deployer",
    }
}
