//! Creating and replacing the login policy.

use super::{Broken, Live, PushError, Target, Undo, Written, moved};
use crate::plan::{Accepted, PolicyState, is_other_login_policy, quoted};
use crate::render;
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
            kind: super::POLICY,
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
        // An edit that either reading shows was made, though the other may come from a copy that lags.
        if let Some(listed) = policies.iter().find(|policy| policy.id == id)
            && PolicyState::from(listed) != *before
        {
            return Err(moved(format!(
                "the policy {} changed since the plan was made",
                quoted(&before.name)
            )));
        }
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

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        let draft = self.after.draft();
        let policy = match self.id {
            Some(id) => writer.update_policy(id, &draft),
            None => writer.create_policy(&draft),
        }?;
        Ok(Written {
            id: policy.id,
            at: Some(policy.updated_at),
        })
    }

    fn seen(
        &self,
        written: Option<&Written>,
        reader: &dyn ReadAccount,
    ) -> Result<(Live, String), Error> {
        let policy = match written {
            Some(written) => reader.policy(&written.id)?,
            None => reader
                .policies()?
                .into_iter()
                .find(|policy| policy.name == self.after.name),
        };
        let Some(policy) = policy else {
            return Ok((Live::Nothing, String::new()));
        };
        let at = written.and_then(|written| written.at);
        let live = if is_live(&policy, self.after) {
            Live::Sent
        } else if self
            .before
            .is_some_and(|before| PolicyState::from(&policy) == *before)
        {
            Live::Before
        } else if let Some(how) = broken(&policy, self.after, at) {
            Live::Broken(how)
        } else {
            Live::Other(Some(policy.updated_at))
        };
        Ok((live, policy.id))
    }

    fn undo(&self) -> Option<&dyn Undo> {
        Some(self)
    }
}

impl Undo for Step<'_> {
    fn send(&self, id: &str, writer: &dyn WriteAccount) -> Result<(), Error> {
        match self.before {
            Some(before) => writer.update_policy(id, &before.draft()).map(drop),
            None => writer.delete_policy(id),
        }
    }

    fn is_back(&self, id: &str, reader: &dyn ReadAccount) -> Result<bool, Error> {
        let policy = reader.policy(id)?;
        Ok(match (policy, self.before) {
            (Some(policy), Some(before)) => is_live(&policy, before),
            (None, None) => true,
            _ => false,
        })
    }
}

/// Whether the account shows exactly what was sent, in all that decides.
fn is_live(policy: &Policy, sent: &PolicyState) -> bool {
    policy.kind == PolicyType::Login
        && policy.name == sent.name
        && is_text(policy, sent)
        && is_engine(policy, sent)
        && is_placed(policy, sent)
}

fn is_text(policy: &Policy, sent: &PolicyState) -> bool {
    policy.body.trim_end_matches('\n') == sent.body.trim_end_matches('\n')
}

fn is_engine(policy: &Policy, sent: &PolicyState) -> bool {
    let engine = |engine: &Option<Engine>| engine.clone().unwrap_or(Engine::V0);
    engine(&policy.engine) == engine(&sent.engine)
}

fn is_placed(policy: &Policy, sent: &PolicyState) -> bool {
    policy.space.is_none() || policy.space == sent.space
}

/// How what is live is our own write gone wrong; nothing where it may be somebody else's. `at` is when the account says that it
/// stored ours: what was changed after that is another's, whatever it says.
fn broken(policy: &Policy, sent: &PolicyState, at: Option<i64>) -> Option<Broken> {
    if policy.kind != PolicyType::Login || at.is_some_and(|at| policy.updated_at != at) {
        return None;
    }
    let placed = policy.name == sent.name && is_placed(policy, sent);
    if is_text(policy, sent) {
        // Nobody but us has had this text, whose seal names this very policy.
        return match (is_engine(policy, sent), placed) {
            (false, _) => Some(Broken::Engine),
            // Somebody may have moved or renamed it, unless the account says that nobody did.
            (true, false) => at.map(|_| Broken::Elsewhere),
            (true, true) => None,
        };
    }
    if !placed {
        return None;
    }
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    if words(&policy.body) == words(&sent.body) {
        return Some(Broken::Spaces);
    }
    // A beginning that holds our seal is ours. A shorter one, or none, may be what somebody else left, unless the account says
    // that it stored it for us.
    let is_beginning = sent.body.starts_with(policy.body.trim_end());
    let is_sealed = matches!(render::read(&policy.body), render::Reading::Edited(_));
    (is_beginning && (is_sealed || at.is_some())).then_some(Broken::Half)
}
