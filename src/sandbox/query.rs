//! The fields of the root query.

use super::args::Args;
use super::desk::{Answer, Fail, Reader};
use super::request::Call;
use super::{account, keys, people, policies, roles, session, spaces, stacks};

const FIELDS: &[(&str, Reader)] = &[
    ("viewer", session::viewer),
    ("policyRuntime", account::policy_runtime),
    ("debugInfo", account::debug_info),
    ("seats", account::seats),
    ("samlSettings", account::saml),
    ("oidcSettings", account::oidc),
    ("scimSettings", account::not_set_up),
    ("sessions", session::sessions),
    ("policies", policies::list),
    ("policy", policies::get),
    ("searchPolicies", policies::find),
    ("searchSpacePolicies", policies::find_in_space),
    ("attachablePoliciesInSpace", policies::attachable),
    ("autoattachmentForLabels", policies::autoattachment),
    ("spaces", spaces::list),
    ("space", spaces::get),
    ("searchSpaces", spaces::find),
    ("usersWithAccessToSpace", spaces::users),
    ("userGroupsWithAccessToSpace", spaces::groups),
    ("apiKeysWithAccessToSpace", spaces::keys),
    ("userSessionsWithAccessToSpace", spaces::user_sessions),
    ("apiKeySessionsWithAccessToSpace", spaces::key_sessions),
    ("stacksWithAccessToSpace", spaces::stacks),
    ("roles", roles::list),
    ("role", roles::get),
    ("userRoleBinding", roles::user::get),
    ("userGroupRoleBinding", roles::group::get),
    ("apiKeyRoleBinding", roles::key::get),
    ("stackRoleBinding", roles::stack::get),
    ("managedUsers", people::users),
    ("managedUser", people::user),
    ("managedUserGroups", people::groups),
    ("managedUserGroup", people::group),
    ("availableUserGroups", people::available_groups),
    ("apiKeys", keys::list),
    ("apiKey", keys::get),
    ("stacks", stacks::list),
    ("stack", stacks::get),
    ("searchStacks", stacks::find),
    ("runStack", stacks::of_run),
    ("module", stacks::module),
    ("searchAuditTrailEntries", account::search_audit_trail),
    ("auditTrailWebhook", account::webhook),
];

/// Fields that stand in the account's settings.
const SETTINGS: &[&str] = &[
    "id",
    "name",
    "type",
    "tier",
    "spaceliftAwsAccountId",
    "authorizationScheme",
    "hasSSO",
    "enforceMFA",
    "auditTrailRetentionDays",
    "runLogRetentionDays",
    "allowNonRootAdminSpaceCreation",
    "apiKeysManageableByNonHumans",
    "apiKeysManagedByNonRootAdmins",
    "securityEmail",
];

/// Fields that are refused, as the doc of the sandbox lists them.
#[cfg(test)]
pub(crate) const ELSEWHERE: &[&str] = &[
    "usage",
    "usageAspect",
    "policyTemplate",
    "searchPolicyTemplates",
    "attachableAwsIntegrationsInSpace",
    "attachableAzureIntegrationsInSpace",
    "attachableContextsInSpace",
    "attachableExternalIntegrationInSpace",
    "attachableVCSIntegrationsForProviderInSpace",
    "attachableWorkerPoolsInSpace",
    "integrationsCount",
    "metrics",
    "metricsRange",
    "managedUserGroupIntegrations",
    "managedUserGroupIntegration",
];

pub(crate) fn resolve(call: &Call<'_>, field: &str, args: &Args) -> Answer {
    if call.caller.is_none() && field != "viewer" {
        return Err(Fail::unauthorized());
    }
    if SETTINGS.contains(&field) {
        return account::setting(&call.look(), field);
    }
    match FIELDS.iter().find(|(name, _)| *name == field) {
        Some((_, reader)) => reader(&call.look(), args),
        None => Err(Fail(format!("{field} is not part of the sandbox"))),
    }
}

/// Whether there is an answer to this field, for the test that counts them.
#[cfg(test)]
pub(crate) fn answers(field: &str) -> bool {
    SETTINGS.contains(&field) || FIELDS.iter().any(|(name, _)| *name == field)
}
