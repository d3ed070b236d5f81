//! The shape of each answer, below `data`.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::account::{Account, Policy, Role, Scheme, Session, Space, Viewer};

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
