//! Creating and replacing the login policy.

use super::{Live, PushError, Target, moved};
use crate::plan::{Accepted, PolicyState, is_other_login_policy, quoted};
use crate::spacelift::{Engine, Error, Policy, PolicyType, ReadAccount, Scheme, WriteAccount};

/// A change of the policy, taken apart.
pub(super) struct Step<'a> {
    id: Option<&'a str>,
    before: Option<&'a PolicyState>,
    after: &'a PolicyState,
    accepted: &'a [Accepted],
}

impl<'a> Step<'a> {
    pub(super) fn create(after: &'a PolicyState, accepted: &'a [Accepted]) -> Self {
        Self {
            id: None,
            before: None,
            after,
            accepted,
        }
    }

    pub(super) fn update(
        id: &'a str,
        before: &'a PolicyState,
        after: &'a PolicyState,
        accepted: &'a [Accepted],
    ) -> Self {
        Self {
            id: Some(id),
            before: Some(before),
            after,
            accepted,
        }
    }

    /// Whether the plan knew of another login policy, as it is now.
    fn knew(&self, policy: &Policy) -> bool {
        self.accepted.contains(&Accepted::from(policy))
    }
}

impl super::Step for Step<'_> {
    fn what(&self) -> &'static str {
        match self.id {
            Some(_) => "policy updated",
            None => "policy created",
        }
    }

    fn target(&self) -> Target {
        Target {
            kind: "policy",
            name: self.after.name.clone(),
            goes: false,
        }
    }

    fn id(&self) -> Option<&str> {
        self.id
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        let scheme = reader.account().map_err(PushError::Read)?.scheme;
        if scheme.is_some_and(|scheme| scheme != Scheme::LoginPolicies) {
            return Err(moved("the account no longer decides by login policies"));
        }
        let policies = reader.policies().map_err(PushError::Read)?;
        let mut others = policies.iter().filter(|one| is_other_login_policy(one));
        if let Some(other) = others.find(|policy| !self.knew(policy)) {
            return Err(moved(format!(
                "the login policy {} appeared or changed since the plan was made",
                quoted(&other.name)
            )));
        }
        let (Some(id), Some(before)) = (self.id, self.before) else {
            return match policies
                .iter()
                .find(|policy| policy.name == self.after.name)
            {
                None => Ok(()),
                Some(_) => Err(moved(format!(
                    "the policy {} was created since the plan was made",
                    quoted(&self.after.name)
                ))),
            };
        };
        let Some(policy) = reader.policy(id).map_err(PushError::Read)? else {
            return Err(moved(format!(
                "the policy {} was deleted since the plan was made",
                quoted(&before.name)
            )));
        };
        if policy.kind != PolicyType::Login || PolicyState::from(&policy) != *before {
            return Err(moved(format!(
                "the policy {} changed since the plan was made",
                quoted(&before.name)
            )));
        }
        Ok(())
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<String, Error> {
        let draft = self.after.draft();
        let policy = match self.id {
            Some(id) => writer.update_policy(id, &draft),
            None => writer.create_policy(&draft),
        };
        policy.map(|policy| policy.id)
    }

    fn seen(&self, id: Option<&str>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let policy = match id {
            Some(id) => reader.policy(id)?,
            None => reader
                .policies()?
                .into_iter()
                .find(|policy| policy.name == self.after.name),
        };
        let Some(policy) = policy else {
            return Ok((Live::Nothing, String::new()));
        };
        let live = if is_live(&policy, self.after) {
            Live::Sent
        } else if self
            .before
            .is_some_and(|before| PolicyState::from(&policy) == *before)
        {
            Live::Before
        } else {
            Live::Other(Some(policy.updated_at))
        };
        Ok((live, policy.id))
    }
}

/// Whether the account shows exactly what was sent, in all that decides.
fn is_live(policy: &Policy, sent: &PolicyState) -> bool {
    let engine = |engine: &Option<Engine>| engine.clone().unwrap_or(Engine::V0);
    policy.kind == PolicyType::Login
        && policy.name == sent.name
        && policy.body.trim_end_matches('\n') == sent.body.trim_end_matches('\n')
        && engine(&policy.engine) == engine(&sent.engine)
        && (policy.space.is_none() || policy.space == sent.space)
}
