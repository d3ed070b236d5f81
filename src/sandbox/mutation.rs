//! The fields of the root mutation.

use super::args::Args;
use super::desk::{Answer, Fail, Writer};
use super::request::Call;
use super::{account, keys, login, people, policies, roles, session, spaces};

/// Each field with the line it leaves in the audit trail; those that change nothing leave none.
const FIELDS: &[(&str, &str, Writer)] = &[
    ("apiKeyUser", "", login::api_key_user),
    ("oauthUser", "", login::oauth_user),
    ("logout", "session.delete", session::logout),
    ("sessionDelete", "session.delete", session::delete),
    (
        "sessionDeleteAll",
        "session.delete_all",
        session::delete_all,
    ),
    (
        "accountUpdateAuthorizationScheme",
        "account.update_authorization_scheme",
        account::update_scheme,
    ),
    (
        "accountUpdateSecurityEmail",
        "account.update_security_email",
        account::update_security_email,
    ),
    (
        "apiKeyEnableNonRootManagers",
        "account.enable_non_root_api_key_managers",
        account::enable_key_managers,
    ),
    ("policyCreatev2", "policy.create", policies::create),
    ("policyUpdatev2", "policy.update", policies::update),
    ("policyCreate", "policy.create", policies::create_from),
    ("policyUpdate", "policy.update", policies::update_flat),
    ("policyDelete", "policy.delete", policies::delete),
    ("policyAttach", "policy.attach", policies::attach),
    ("policyDetach", "policy.detach", policies::detach),
    ("policySimulate", "", policies::try_out),
    ("policySimulatev2", "", policies::simulate),
    ("spaceCreate", "space.create", spaces::create),
    ("spaceUpdate", "space.update", spaces::update),
    ("spaceDelete", "space.delete", spaces::delete),
    ("roleCreate", "role.create", roles::create),
    ("roleUpdate", "role.update", roles::update),
    ("roleDelete", "role.delete", roles::delete),
    (
        "userRoleBindingCreate",
        "user_role_binding.create",
        roles::user::create,
    ),
    (
        "userRoleBindingBatchCreate",
        "user_role_binding.batch_create",
        roles::user::create_all,
    ),
    (
        "userRoleBindingUpdate",
        "user_role_binding.update",
        roles::user::update,
    ),
    (
        "userRoleBindingDelete",
        "user_role_binding.delete",
        roles::user::delete,
    ),
    (
        "userGroupRoleBindingCreate",
        "user_group_role_binding.create",
        roles::group::create,
    ),
    (
        "userGroupRoleBindingBatchCreate",
        "user_group_role_binding.batch_create",
        roles::group::create_all,
    ),
    (
        "userGroupRoleBindingUpdate",
        "user_group_role_binding.update",
        roles::group::update,
    ),
    (
        "userGroupRoleBindingDelete",
        "user_group_role_binding.delete",
        roles::group::delete,
    ),
    (
        "apiKeyRoleBindingCreate",
        "api_key_role_binding.create",
        roles::key::create,
    ),
    (
        "apiKeyRoleBindingBatchCreate",
        "api_key_role_binding.batch_create",
        roles::key::create_all,
    ),
    (
        "apiKeyRoleBindingUpdate",
        "api_key_role_binding.update",
        roles::key::update,
    ),
    (
        "apiKeyRoleBindingDelete",
        "api_key_role_binding.delete",
        roles::key::delete,
    ),
    (
        "stackRoleBindingCreate",
        "stack_role_binding.create",
        roles::stack::create,
    ),
    (
        "stackRoleBindingBatchCreate",
        "stack_role_binding.batch_create",
        roles::stack::create_all,
    ),
    (
        "stackRoleBindingUpdate",
        "stack_role_binding.update",
        roles::stack::update,
    ),
    (
        "stackRoleBindingDelete",
        "stack_role_binding.delete",
        roles::stack::delete,
    ),
    ("managedUserInvite", "managed_user.invite", people::invite),
    ("managedUserInviteV2", "managed_user.invite", people::invite),
    (
        "managedUserUpdate",
        "managed_user.update",
        people::update_user,
    ),
    (
        "managedUserDelete",
        "managed_user.delete",
        people::delete_user,
    ),
    (
        "managedUserResendInvite",
        "managed_user.resend_invite",
        people::resend_invite,
    ),
    (
        "managedUserGroupCreate",
        "managed_user_group.create",
        people::map_group,
    ),
    (
        "managedUserGroupCreateV2",
        "managed_user_group.create",
        people::map_group,
    ),
    (
        "managedUserGroupUpdate",
        "managed_user_group.update",
        people::update_group,
    ),
    (
        "managedUserGroupUpdateV2",
        "managed_user_group.update",
        people::update_group,
    ),
    (
        "managedUserGroupDelete",
        "managed_user_group.delete",
        people::delete_group,
    ),
    ("apiKeyCreate", "api_key.create", keys::create),
    ("apiKeyUpdate", "api_key.update", keys::update),
    ("apiKeyDelete", "api_key.delete", keys::delete),
    ("apiKeyReset", "api_key.reset", keys::reset),
    (
        "auditTrailSetWebhook",
        "audit_trail_webhook.set",
        account::set_webhook,
    ),
    (
        "auditTrailDeleteWebhook",
        "audit_trail_webhook.delete",
        account::delete_webhook,
    ),
    (
        "auditTrailWebhookSetHeaders",
        "audit_trail_webhook.set_headers",
        account::set_headers,
    ),
    (
        "auditTrailWebhookDeleteHeaders",
        "audit_trail_webhook.delete_headers",
        account::delete_headers,
    ),
];

/// Fields that are refused, as the doc of the sandbox lists them.
#[cfg(test)]
pub(crate) const ELSEWHERE: &[&str] = &[
    "oauthToken",
    "personalApiKeyCreate",
    "createOauthClientForSCIM",
    "resetOauthClientForSCIM",
    "deleteOauthClientForSCIM",
    "policyIntentProjectAttach",
    "policyIntentProjectDetach",
    "managedUserRequestInvite",
    "managedUserRequestRoleChange",
    "identityFederationUnlink",
    "managedUserGroupIntegrationCreate",
    "managedUserGroupIntegrationUpdate",
    "managedUserGroupIntegrationDelete",
];

/// These give a token, so nobody can have one yet.
const OPEN: &[&str] = &["apiKeyUser", "oauthUser"];

pub(crate) fn resolve(call: &mut Call<'_>, field: &str, args: &Args) -> Answer {
    if call.caller.is_none() && !OPEN.contains(&field) {
        return Err(Fail::unauthorized());
    }
    let Some((_, action, writer)) = FIELDS.iter().find(|(name, ..)| *name == field) else {
        return Err(Fail(format!("{field} is not part of the sandbox")));
    };
    call.act(|act| {
        let answer = writer(act, args)?;
        if !action.is_empty() {
            account::record(act, action, args, &answer);
        }
        Ok((answer, act.refusal.take()))
    })
    .and_then(|(answer, refusal)| refusal.map_or(Ok(answer), Err))
}

/// Whether there is an answer to this field, for the test that counts them.
#[cfg(test)]
pub(crate) fn answers(field: &str) -> bool {
    FIELDS.iter().any(|(name, ..)| *name == field)
}
