//! The shape of each answer, below `data`.

mod introspection;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

pub(super) use introspection::IntrospectionData;

use super::account::{Account, Policy, Role, Scheme, Session, Space, Viewer};
use super::pages::Page;
use super::people::{ApiKey, Seats, SignOn, User, UserGroup, UserSessions};
use super::records::{AuditEntry, Evaluation, Sample};
use super::stacks::{Attachment, Module, Stack};

/// A token out of an answer.
pub(super) struct Jwt(pub(super) SecretString);

impl<'de> Deserialize<'de> for Jwt {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Jwt(SecretString::from(text)))
    }
}

#[cfg(test)]
impl serde::Serialize for Jwt {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secrecy::ExposeSecret::expose_secret(&self.0))
    }
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenData {
    #[serde(default)]
    pub(super) jwt: Option<Jwt>,
    /// Unix seconds.
    #[serde(default)]
    pub(super) valid_until: Option<i64>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct LoginApiKeyData {
    #[serde(rename = "apiKeyUser")]
    pub(super) user: Option<TokenData>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct LoginGithubData {
    #[serde(rename = "oauthUser")]
    pub(super) user: Option<TokenData>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct ViewerData {
    pub(super) viewer: Option<Viewer>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountData {
    name: String,
    #[serde(default)]
    authorization_scheme: Option<Scheme>,
    #[serde(default)]
    policy_runtime: Option<PolicyRuntime>,
    #[serde(default)]
    debug_info: Option<DebugInfo>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct PolicyRuntime {
    #[serde(default)]
    open_policy_agent_version: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct DebugInfo {
    #[serde(default)]
    self_hosted_version: Option<String>,
}

impl From<AccountData> for Account {
    fn from(data: AccountData) -> Self {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        Account {
            name: data.name,
            scheme: data.authorization_scheme,
            opa: said(
                data.policy_runtime
                    .and_then(|runtime| runtime.open_policy_agent_version),
            ),
            self_hosted: said(data.debug_info.and_then(|info| info.self_hosted_version)),
        }
    }
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PoliciesData {
    pub(super) policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PolicyData {
    pub(super) policy: Option<Policy>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SpacesData {
    pub(super) spaces: Vec<Space>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct RolesData {
    pub(super) roles: Vec<Role>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SessionsData {
    pub(super) sessions: Vec<Session>,
}

/// The result is JSON inside a text.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SimulateData {
    #[serde(rename = "policySimulatev2")]
    pub(super) result: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SimulateFlatData {
    #[serde(rename = "policySimulate")]
    pub(super) result: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PolicyCreateData {
    #[serde(rename = "policyCreatev2")]
    pub(super) policy: Policy,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PolicyUpdateData {
    #[serde(rename = "policyUpdatev2")]
    pub(super) policy: Policy,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct RoleCreateData {
    #[serde(rename = "roleCreate")]
    pub(super) role: Role,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct RoleUpdateData {
    #[serde(rename = "roleUpdate")]
    pub(super) role: Role,
}

/// Whether the policy that went is shown says nothing that a reading would not.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PolicyDeleteData {
    #[serde(rename = "policyDelete")]
    _policy: Option<Gone>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PolicyAttachData {
    #[serde(rename = "policyAttach")]
    pub(super) attachment: Attachment,
}

/// Whether the attachment that went is shown says nothing that a reading would not.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct PolicyDetachData {
    #[serde(rename = "policyDetach")]
    _attachment: Option<Gone>,
}

/// Whether the role that went is shown says nothing that a reading would not.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct RoleDeleteData {
    #[serde(rename = "roleDelete")]
    _role: Option<Gone>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Gone {
    #[serde(rename = "id")]
    _id: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct ApiKeysData {
    #[serde(rename = "apiKeys")]
    pub(super) keys: Vec<ApiKey>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct UsersData {
    #[serde(rename = "managedUsers")]
    pub(super) users: Vec<User>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct UserGroupsData {
    #[serde(rename = "managedUserGroups")]
    pub(super) groups: Vec<UserGroup>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct GroupNamesData {
    #[serde(rename = "availableUserGroups")]
    pub(super) names: Vec<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SeatsData {
    pub(super) seats: Seats,
}

/// The name is there so that something is asked for where the rest is lacking.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
pub(super) struct SignOnData {
    #[serde(rename = "name")]
    _name: String,
    #[serde(default)]
    saml_settings: Option<SignOnSettings>,
    #[serde(default)]
    oidc_settings: Option<SignOnSettings>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct SignOnSettings {
    #[serde(default)]
    admin_login: Option<String>,
}

impl From<SignOnData> for SignOn {
    fn from(data: SignOnData) -> Self {
        let login = |settings: Option<SignOnSettings>| {
            settings
                .and_then(|settings| settings.admin_login)
                .filter(|login| !login.is_empty())
        };
        SignOn {
            saml_admin: login(data.saml_settings),
            oidc_admin: login(data.oidc_settings),
        }
    }
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct UserSessionsData {
    #[serde(rename = "userSessionsWithAccessToSpace")]
    pub(super) sessions: Page<UserSessionsNode>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct UserSessionsNode {
    pub(super) user: UserSessions,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct EvaluationsData {
    pub(super) policy: Option<EvaluationsPage>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct EvaluationsPage {
    #[serde(rename = "searchEvaluationRecords")]
    pub(super) page: Page<Evaluation>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct EvaluationsFlatData {
    pub(super) policy: Option<EvaluationsList>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct EvaluationsList {
    #[serde(rename = "evaluationRecords")]
    pub(super) list: Vec<Evaluation>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SampleData {
    pub(super) policy: Option<SampleOfPolicy>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SampleOfPolicy {
    #[serde(rename = "evaluationSample")]
    pub(super) sample: Option<Sample>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct StacksData {
    #[serde(rename = "searchStacks")]
    pub(super) stacks: Page<Stack>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct StacksFlatData {
    pub(super) stacks: Vec<Stack>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct ModuleData {
    pub(super) module: Option<Module>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct AttachmentsData {
    pub(super) policy: Option<AttachmentsOfPolicy>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct AttachmentsOfPolicy {
    #[serde(rename = "attachedStacks")]
    pub(super) list: Vec<Attachment>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct AuditTrailData {
    #[serde(rename = "searchAuditTrailEntries")]
    pub(super) entries: Page<AuditEntry>,
}

/// The answer of introspection; nothing for a type that the schema does not have.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct ActionsData {
    #[serde(rename = "__type")]
    kind: Option<EnumType>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct EnumType {
    enum_values: Option<Vec<EnumValue>>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct EnumValue {
    name: String,
}

impl From<ActionsData> for Option<Vec<String>> {
    fn from(data: ActionsData) -> Self {
        let mut names: Vec<String> = (data.kind?.enum_values?.into_iter())
            .map(|value| value.name)
            .collect();
        names.sort();
        Some(names)
    }
}

/// Whether the session that went is shown says nothing that a reading would not.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct SessionDeleteData {
    #[serde(rename = "sessionDelete")]
    _session: Option<Gone>,
}
