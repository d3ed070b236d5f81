//! The actions that a role can hold, in both spellings: `worker-pool:create` as Spacelift's documentation and this mapping
//! write it, `WORKER_POOL_CREATE` as its API does.
//!
//! Source: Spacelift's documentation, "Role-Based Access Control", and the `Action` values that public clients send. A few are
//! in one of the two only; whether the account knows an action is for a plan to find out.

/// Every known action, as the mapping spells it, sorted.
pub const ACTIONS: &[&str] = &[
    "context:create",
    "context:delete",
    "context:update",
    "drift-detection-integration:create",
    "drift-detection-integration:delete",
    "drift-detection-integration:update",
    "intent-dependencies:add",
    "intent-dependencies:remove",
    "intent-policy:create",
    "intent-policy:delete",
    "intent-policy:update",
    "intent-project:cloud-integration-attach",
    "intent-project:cloud-integration-detach",
    "intent-project:config-add",
    "intent-project:config-delete",
    "intent-project:config-update",
    "intent-project:create",
    "intent-project:delete",
    "intent-project:disable",
    "intent-project:enable",
    "intent-project:lock",
    "intent-project:policy-attach",
    "intent-project:policy-detach",
    "intent-project:unlock",
    "intent-project:update",
    "intent-resource-operation:review",
    "intent-resource:create",
    "intent-resource:delete",
    "intent-resource:import",
    "intent-resource:refresh",
    "intent-resource:resume",
    "intent-resource:update",
    "intent-state:eject",
    "intent-state:read",
    "module:create",
    "module:disable",
    "module:enable",
    "module:mark-as-bad",
    "module:publish",
    "module:trigger-version",
    "run:cancel",
    "run:cancel-blocking",
    "run:comment",
    "run:confirm",
    "run:discard",
    "run:prioritize-set",
    "run:promote",
    "run:propose-local-workspace",
    "run:propose-with-overrides",
    "run:retry",
    "run:retry-blocking",
    "run:review",
    "run:stop",
    "run:stop-blocking",
    "run:targeted-replan",
    "run:trigger",
    "run:trigger-with-custom-runtime-config",
    "space:admin",
    "space:read",
    "space:share-module",
    "space:write",
    "spacelift-vcs:commit-files",
    "spacelift-vcs:create",
    "spacelift-vcs:delete",
    "spacelift-vcs:update",
    "stack:add-config",
    "stack:create",
    "stack:delete",
    "stack:delete-config",
    "stack:disable",
    "stack:enable",
    "stack:lock",
    "stack:manage",
    "stack:managed-state-import",
    "stack:managed-state-rollback",
    "stack:reslug",
    "stack:set-current-commit",
    "stack:set-star",
    "stack:state-download",
    "stack:state-read",
    "stack:sync-commit",
    "stack:unlock",
    "stack:unlock-force",
    "stack:update",
    "stack:upload-local-workspace",
    "stack:workspace-lock",
    "stack:workspace-unlock",
    "task:create",
    "terraform-provider-version:create",
    "terraform-provider-version:delete",
    "terraform-provider-version:publish",
    "terraform-provider-version:register-platform",
    "terraform-provider-version:revoke",
    "terraform-provider-version:update",
    "terraform-provider:create",
    "terraform-provider:delete",
    "terraform-provider:set-visibility",
    "terraform-provider:update",
    "worker-pool:create",
    "worker-pool:cycle",
    "worker-pool:delete",
    "worker-pool:reset",
    "worker-pool:update",
    "worker:drain-set",
];

/// What `space-writer` does not hold.
const NOT_OF_WRITERS: &[&str] = &[
    "context:create",
    "context:delete",
    "context:update",
    "intent-dependencies:add",
    "intent-dependencies:remove",
    "intent-policy:create",
    "intent-policy:delete",
    "intent-policy:update",
    "intent-project:cloud-integration-attach",
    "intent-project:cloud-integration-detach",
    "intent-project:config-add",
    "intent-project:config-delete",
    "intent-project:config-update",
    "intent-project:create",
    "intent-project:delete",
    "intent-project:disable",
    "intent-project:enable",
    "intent-project:lock",
    "intent-project:policy-attach",
    "intent-project:policy-detach",
    "intent-project:unlock",
    "intent-project:update",
    "intent-resource-operation:review",
    "intent-resource:create",
    "intent-resource:delete",
    "intent-resource:import",
    "intent-resource:refresh",
    "intent-resource:resume",
    "intent-resource:update",
    "intent-state:eject",
    "intent-state:read",
    "module:create",
    "module:disable",
    "module:enable",
    "module:publish",
    "run:trigger-with-custom-runtime-config",
    "space:admin",
    "spacelift-vcs:create",
    "spacelift-vcs:delete",
    "stack:create",
    "stack:delete",
    "stack:disable",
    "stack:enable",
    "stack:manage",
    "stack:managed-state-import",
    "stack:managed-state-rollback",
    "stack:reslug",
    "stack:unlock-force",
    "stack:update",
    "stack:workspace-lock",
    "stack:workspace-unlock",
    "terraform-provider:create",
    "terraform-provider:delete",
    "terraform-provider:set-visibility",
    "terraform-provider:update",
    "worker-pool:create",
    "worker-pool:cycle",
    "worker-pool:delete",
    "worker-pool:reset",
    "worker-pool:update",
    "worker:drain-set",
];

/// What `space-reader` does not hold beside that.
const NOT_OF_READERS: &[&str] = &[
    "module:mark-as-bad",
    "module:trigger-version",
    "run:cancel-blocking",
    "run:confirm",
    "run:discard",
    "run:prioritize-set",
    "run:promote",
    "run:propose-local-workspace",
    "run:propose-with-overrides",
    "run:retry-blocking",
    "run:review",
    "run:stop-blocking",
    "run:targeted-replan",
    "run:trigger",
    "space:share-module",
    "space:write",
    "spacelift-vcs:commit-files",
    "spacelift-vcs:update",
    "stack:add-config",
    "stack:delete-config",
    "stack:lock",
    "stack:set-current-commit",
    "stack:state-download",
    "stack:state-read",
    "stack:sync-commit",
    "stack:unlock",
    "stack:upload-local-workspace",
    "task:create",
    "terraform-provider-version:create",
    "terraform-provider-version:delete",
    "terraform-provider-version:publish",
    "terraform-provider-version:register-platform",
    "terraform-provider-version:revoke",
    "terraform-provider-version:update",
];

/// Whether a built-in role may do something. Source: Spacelift's documentation, "Role-Based Access Control", which says of every
/// action the least of the three that holds it. Of an action that is in neither list every role may be one that does.
#[must_use]
pub fn built_in_may(slug: &str, action: &str) -> bool {
    let lacks = |list: &[&str]| list.binary_search(&action).is_ok();
    match slug {
        "space-reader" => !lacks(NOT_OF_READERS) && !lacks(NOT_OF_WRITERS),
        "space-writer" => !lacks(NOT_OF_WRITERS),
        _ => true,
    }
}

/// Whether an action is known, by the mapping's spelling.
#[must_use]
pub fn is_known(action: &str) -> bool {
    ACTIONS.binary_search(&action).is_ok()
}

/// The API's spelling of an action: `space:read` -> `SPACE_READ`.
#[must_use]
pub fn to_api(action: &str) -> String {
    action.to_ascii_uppercase().replace([':', '-'], "_")
}

/// The mapping's spelling of a known action: `SPACE_READ` -> `space:read`. Where the noun ends cannot be told from the API's
/// spelling alone, so an unknown action has none.
#[must_use]
pub fn from_api(action: &str) -> Option<&'static str> {
    ACTIONS
        .iter()
        .copied()
        .find(|known| to_api(known) == action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_sorted_and_convert_both_ways() {
        assert!(ACTIONS.is_sorted());
        for action in ACTIONS {
            assert!(is_known(action));
            assert_eq!(from_api(&to_api(action)), Some(*action), "{action}");
        }
        assert_eq!(to_api("worker-pool:create"), "WORKER_POOL_CREATE");
        assert_eq!(
            from_api("TERRAFORM_PROVIDER_VERSION_REGISTER_PLATFORM"),
            Some("terraform-provider-version:register-platform")
        );
        assert_eq!(from_api("SPACE_FLY"), None);
    }

    #[test]
    fn built_in_roles_hold_more_from_reader_to_admin() {
        for list in [NOT_OF_WRITERS, NOT_OF_READERS] {
            assert!(list.is_sorted());
            assert!(list.iter().all(|action| is_known(action)));
        }
        for action in ACTIONS {
            let [reader, writer, admin] = ["space-reader", "space-writer", "space-admin"]
                .map(|slug| built_in_may(slug, action));
            assert!(reader <= writer && writer <= admin, "{action}");
        }
        assert!(built_in_may("space-reader", "run:comment"));
        assert!(!built_in_may("space-reader", "run:confirm"));
        assert!(built_in_may("space-writer", "run:confirm"));
        assert!(!built_in_may("space-writer", "space:admin"));
        assert!(built_in_may("space-admin", "space:admin"));
        // What nobody has said anything of may be held by any.
        assert!(built_in_may("space-reader", "space:fly"));
    }
}
