//! Creating, replacing and deleting policies.

use std::cell::OnceCell;

use super::{Broken, Live, PushError, Target, Undo, Written, listed, moved};
use crate::plan::{Accepted, Plan, PolicyState, is_other_login_policy, quoted};
use crate::render;
use crate::spacelift::{Engine, Error, Policy, PolicyType, ReadAccount, Scheme, WriteAccount};

/// A change of the policy, taken apart.
pub(super) struct Step<'a> {
    kind: PolicyType,
    id: Option<&'a str>,
    /// The id of what an earlier step made, once it was seen.
    made: OnceCell<String>,
    before: Option<&'a PolicyState>,
    after: &'a PolicyState,
    plan: &'a Plan,
}

impl<'a> Step<'a> {
    pub(super) fn create(kind: PolicyType, after: &'a PolicyState, plan: &'a Plan) -> Self {
        Self {
            kind,
            id: None,
            made: OnceCell::new(),
            before: None,
            after,
            plan,
        }
    }

    pub(super) fn update(
        kind: PolicyType,
        id: Option<&'a str>,
        before: &'a PolicyState,
        after: &'a PolicyState,
        plan: &'a Plan,
    ) -> Self {
        Self {
            kind,
            id,
            made: OnceCell::new(),
            before: Some(before),
            after,
            plan,
        }
    }

    fn is_login(&self) -> bool {
        self.kind == PolicyType::Login
    }

    /// Every policy, if what decides beside a login policy's own text is as it was: the strategy, and every other one.
    fn all(&self, reader: &dyn ReadAccount) -> Result<Vec<Policy>, PushError> {
        if !self.is_login() {
            return listed(self.plan, reader);
        }
        let scheme = reader.account().map_err(PushError::Read)?.scheme;
        if scheme.is_some_and(|scheme| scheme != Scheme::LoginPolicies) {
            return Err(moved("the account no longer decides by login policies"));
        }
        let policies = listed(self.plan, reader)?;
        let mut others = policies.iter().filter(|one| is_other_login_policy(one));
        if let Some(other) = others.find(|policy| !self.knew(policy)) {
            return Err(moved(format!(
                "the login policy {} appeared or changed since the plan was made",
                quoted(&other.name)
            )));
        }
        Ok(policies)
    }

    /// Whether the plan knew of another login policy, as it is now.
    fn knew(&self, policy: &Policy) -> bool {
        self.plan.accepted.contains(&Accepted::from(policy))
    }
}

impl super::Step for Step<'_> {
    fn what(&self) -> &'static str {
        match (self.is_login(), self.before) {
            (true, Some(_)) => "policy updated",
            (true, None) => "policy created",
            (false, Some(_)) => "access policy updated",
            (false, None) => "access policy created",
        }
    }

    fn target(&self) -> Target {
        Target {
            kind: if self.is_login() {
                super::POLICY
            } else {
                super::ACCESS
            },
            name: self.after.name.clone(),
            goes: false,
        }
    }

    fn id(&self) -> Option<&str> {
        self.id.or_else(|| self.made.get().map(String::as_str))
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        let policies = self.all(reader)?;
        let listed = policies.into_iter().find(|policy| match self.id {
            Some(id) => policy.id == id,
            None => policy.name == self.after.name,
        });
        let Some(before) = self.before else {
            return match listed {
                None => Ok(()),
                Some(_) => Err(moved(format!(
                    "the policy {} was created since the plan was made",
                    quoted(&self.after.name)
                ))),
            };
        };
        // An edit that either reading shows was made, though the other may come from a copy that lags.
        if let Some(listed) = &listed
            && !before.is(listed, &self.kind)
        {
            return Err(moved(format!(
                "the policy {} changed since the plan was made",
                quoted(&before.name)
            )));
        }
        let policy = match self.id {
            Some(id) => reader.policy(id).map_err(PushError::Read)?,
            None => listed,
        };
        let Some(policy) = policy else {
            return Err(moved(format!(
                "the policy {} was deleted since the plan was made",
                quoted(&before.name)
            )));
        };
        if !before.is(&policy, &self.kind) {
            return Err(moved(format!(
                "the policy {} changed since the plan was made",
                quoted(&before.name)
            )));
        }
        let _ = self.made.set(policy.id);
        Ok(())
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        let draft = self.after.draft(self.kind.clone());
        let policy = match self.id() {
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
        let live = if is_live(&policy, self.after, &self.kind) {
            Live::Sent
        } else if self
            .before
            .is_some_and(|before| before.is(&policy, &self.kind))
        {
            Live::Before
        } else if let Some(how) = broken(&policy, self.after, &self.kind, at) {
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
            Some(before) => writer
                .update_policy(id, &before.draft(self.kind.clone()))
                .map(drop),
            None => writer.delete_policy(id),
        }
    }

    fn is_back(&self, id: &str, reader: &dyn ReadAccount) -> Result<bool, Error> {
        let policy = reader.policy(id)?;
        Ok(match (policy, self.before) {
            (Some(policy), Some(before)) => is_live(&policy, before, &self.kind),
            (None, None) => true,
            _ => false,
        })
    }
}

impl PolicyState {
    /// Whether a policy is this one, untouched since it was read; or, if an earlier step leaves it so, as that one leaves it.
    pub(super) fn is(&self, policy: &Policy, kind: &PolicyType) -> bool {
        match self.updated_at {
            Some(_) => policy.kind.is(kind) && Self::from(policy) == *self,
            None => is_live(policy, self, kind),
        }
    }
}

/// Whether the account shows exactly what was sent, in all that decides.
fn is_live(policy: &Policy, sent: &PolicyState, kind: &PolicyType) -> bool {
    policy.kind.is(kind)
        && policy.name == sent.name
        && is_text(policy, sent)
        && is_engine(policy, sent)
        && is_placed(policy, sent, kind)
}

fn is_text(policy: &Policy, sent: &PolicyState) -> bool {
    policy.body.trim_end_matches('\n') == sent.body.trim_end_matches('\n')
}

fn is_engine(policy: &Policy, sent: &PolicyState) -> bool {
    let engine = |engine: &Option<Engine>| engine.clone().unwrap_or(Engine::V0);
    engine(&policy.engine) == engine(&sent.engine)
}

/// The space, and of an access policy the labels, which attach it.
fn is_placed(policy: &Policy, sent: &PolicyState, kind: &PolicyType) -> bool {
    let attached = *kind != PolicyType::Access || policy.labels == sent.labels;
    attached && (policy.space.is_none() || policy.space == sent.space)
}

/// How what is live is our own write gone wrong; nothing where it may be somebody else's. `at` is when the account says that it
/// stored ours: what was changed after that is another's, whatever it says.
fn broken(
    policy: &Policy,
    sent: &PolicyState,
    kind: &PolicyType,
    at: Option<i64>,
) -> Option<Broken> {
    if !policy.kind.is(kind) || at.is_some_and(|at| policy.updated_at != at) {
        return None;
    }
    let placed = policy.name == sent.name && is_placed(policy, sent, kind);
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
