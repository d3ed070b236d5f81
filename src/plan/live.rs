//! The account as it is, as far as a plan looks at it.

use std::collections::BTreeSet;

use crate::model::Model;
use crate::policy;
use crate::render::{self, Reading};
use crate::spacelift::{
    Account, Engine, Error, Policy, PolicyType, ReadAccount, Role, Space, Viewer,
};

use super::access::{self, Asked, LiveAccess};
use super::login::engine_for;
use super::{Accepted, Desired, POLICY_NAME, guards::is_other_login_policy};

/// What was read.
pub(crate) struct Live {
    pub account: Account,
    pub viewer: Viewer,
    /// The login policy of our name, and what its text is to us.
    pub ours: Option<(Policy, Reading)>,
    /// Every other login policy that the mapping does not accept.
    pub others: Vec<Policy>,
    /// Those that it does.
    pub accepted: Vec<Policy>,
    /// A policy of another type that has our name or id.
    pub namesake: Option<Policy>,
    /// Whether policies have a version of Rego there.
    pub has_engines: bool,
    pub spaces: Vec<Space>,
    /// Access policies; nothing where neither the mapping nor the account has any of ours.
    pub access: Option<LiveAccess>,
    /// Policies of other types than access policies, whose names and ids are taken.
    pub others_named: Vec<Policy>,
    /// Nothing where the installation does not list them.
    pub roles: Option<Vec<Role>>,
}

impl Live {
    /// Whether a login policy decides now, whoever's; without one every member signs in, to no role on any space.
    pub(super) fn decides(&self) -> bool {
        self.ours.is_some() || !self.others.is_empty() || !self.accepted.is_empty()
    }

    /// The policy of ours that decides now, nothing where none decides; or why what decides cannot be read as data.
    pub(super) fn policy(&self) -> Result<Option<&policy::Policy>, &'static str> {
        match &self.ours {
            None if self.decides() => Err("another login policy decides now"),
            None => Ok(None),
            Some((policy, Reading::Ours(ours)))
                if engine_of(policy) == engine_for(ours.dialect) =>
            {
                Ok(Some(ours))
            }
            Some((_, Reading::Ours(_))) => Err("the live policy is evaluated as what it is not"),
            Some(_) => Err("this release did not write what is live"),
        }
    }

    /// The mapping that the live policy was pushed from, if history has it: the newest that compiles to it.
    pub(super) fn pushed_from(&self, desired: &Desired) -> Option<Model> {
        let policy = self.policy().ok()??;
        let found = desired.history.last_pushed(&policy.digest()).ok()?;
        Some(found.policies.model)
    }
}

pub(super) fn read(
    reader: &dyn ReadAccount,
    accepts: &BTreeSet<String>,
    asked: &Asked<'_>,
) -> Result<Live, Error> {
    let account = reader.account()?;
    let viewer = reader.viewer()?;
    let policies = reader.policies()?;
    let has_engines = has_engines(&policies, &account);
    let access = access::read(reader, &policies, asked)?;
    let others_named = policies
        .iter()
        .filter(|policy| !policy.kind.is(&PolicyType::Access))
        .cloned()
        .collect();
    let (mut ours, mut others, mut accepted, mut namesake) = (None, Vec::new(), Vec::new(), None);
    for policy in policies {
        let is_accepted = accepts.contains(&policy.name) || accepts.contains(&policy.id);
        // Names are said to be unique; a second policy of our name takes part in decisions like any other.
        if is_other_login_policy(&policy) && is_accepted {
            accepted.push(policy);
        } else if is_other_login_policy(&policy)
            || (policy.kind == PolicyType::Login && ours.is_some())
        {
            others.push(policy);
        } else if policy.kind == PolicyType::Login {
            let reading = render::read(&policy.body);
            ours = Some((policy, reading));
        } else if policy.name == POLICY_NAME || policy.id == POLICY_NAME {
            namesake = Some(policy);
        }
    }
    Ok(Live {
        account,
        viewer,
        ours,
        others,
        accepted,
        namesake,
        has_engines,
        spaces: reader.spaces()?,
        access,
        others_named,
        roles: reader.roles()?,
    })
}

/// An installation that knows versions of Rego says one for every policy. Where there is no policy to tell by, the release
/// does; Spacelift's own installation has them. Source: documentation, Rego versions; self-hosted since 4.1.0.
pub(crate) fn has_engines(policies: &[Policy], account: &Account) -> bool {
    if !policies.is_empty() {
        return policies.iter().any(|policy| policy.engine.is_some());
    }
    let Some(release) = &account.self_hosted else {
        return true;
    };
    let mut parts = release
        .trim_start_matches('v')
        .split(['.', '-', '+'])
        .map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) >= (4, 1),
        _ => true,
    }
}

/// The login policy of our name.
pub(super) fn ours(policies: &[Policy]) -> Option<&Policy> {
    let mut login = policies.iter();
    login.find(|policy| policy.kind == PolicyType::Login && !is_other_login_policy(policy))
}

/// The version of Rego that a policy is evaluated as.
pub(crate) fn engine_of(policy: &Policy) -> Engine {
    policy.engine.clone().unwrap_or(Engine::V0)
}

impl From<&Policy> for Accepted {
    fn from(policy: &Policy) -> Self {
        Self {
            id: policy.id.clone(),
            name: policy.name.clone(),
            updated_at: policy.updated_at,
        }
    }
}

/// How many sessions other than the asking one are open.
pub(super) fn sessions(
    reader: &dyn ReadAccount,
    notes: &mut BTreeSet<String>,
) -> Result<Option<usize>, Error> {
    match reader.sessions() {
        Ok(sessions) => {
            Ok(sessions.map(|sessions| sessions.iter().filter(|one| !one.current).count()))
        }
        Err(Error::NotAllowed { .. }) => {
            notes.insert(
                "the open sessions could not be counted: the token may not read them".to_string(),
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_tells_where_no_policy_does() {
        let knows = |release: Option<&str>| {
            let account = Account {
                name: "acme".into(),
                scheme: None,
                opa: None,
                self_hosted: release.map(str::to_string),
            };
            has_engines(&[], &account)
        };
        for release in [None, Some("4.1.0"), Some("v4.2"), Some("5"), Some("next")] {
            assert!(knows(release), "{release:?}");
        }
        for release in ["4.0.9", "v3.8.0", "4", "0.0.1-rc1"] {
            assert!(!knows(Some(release)), "{release}");
        }
    }
}
