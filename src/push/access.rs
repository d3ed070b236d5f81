//! Deleting access policies, attaching them and taking them off.

use std::cell::OnceCell;

use super::{ACCESS, Live, PushError, Step, Target, Written, listed, moved};
use crate::lock::digest_of;
use crate::plan::{Plan, PolicyState, quoted};
use crate::spacelift::{Attachment, Error, Policy, PolicyType, ReadAccount, WriteAccount};

/// An access policy that goes.
pub(super) struct Delete<'a> {
    pub id: &'a str,
    pub policy: &'a PolicyState,
}

/// A policy and what it is attached to, or is to be.
pub(super) struct Attached<'a> {
    pub plan: &'a Plan,
    /// The policy's name.
    pub policy: &'a str,
    pub stack: &'a str,
    pub module: bool,
    /// The policy's id, once it was seen: an earlier step may make it.
    pub id: OnceCell<String>,
}

/// A policy that is attached to a stack or a module.
pub(super) struct Attach<'a> {
    pub on: Attached<'a>,
    /// The digest of the text that it is attached for.
    pub text: &'a str,
}

/// A policy that is taken off a stack or a module.
pub(super) struct Detach<'a> {
    pub on: Attached<'a>,
    /// The attachment's own id.
    pub attachment: &'a str,
}

impl Step for Delete<'_> {
    fn what(&self) -> &'static str {
        "access policy deleted"
    }

    fn target(&self) -> Target {
        Target {
            kind: ACCESS,
            name: self.policy.name.clone(),
            goes: true,
        }
    }

    fn id(&self) -> Option<&str> {
        Some(self.id)
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        let name = quoted(&self.policy.name);
        match reader.policy(self.id).map_err(PushError::Read)? {
            None => Err(moved(format!(
                "the access policy {name} was deleted since the plan was made"
            ))),
            Some(policy) if self.policy.is(&policy, &PolicyType::Access) => Ok(()),
            Some(_) => Err(moved(format!(
                "the access policy {name} changed since the plan was made"
            ))),
        }
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        writer.delete_policy(self.id).map(|()| Written::of(self.id))
    }

    fn seen(&self, _: Option<&Written>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let live = match reader.policy(self.id)? {
            None => Live::Sent,
            Some(policy) if self.policy.is(&policy, &PolicyType::Access) => Live::Before,
            Some(policy) => Live::Other(Some(policy.updated_at)),
        };
        Ok((live, self.id.to_string()))
    }
}

impl Attached<'_> {
    fn target(&self, goes: bool) -> Target {
        let what = if self.module { "module" } else { "stack" };
        Target {
            kind: "attachment of",
            name: format!("{} to the {what} {}", self.policy, self.stack),
            goes,
        }
    }

    fn thing(&self) -> String {
        format!("{ACCESS} {}", self.policy)
    }

    /// The policy as it is now, if nobody else wrote what the plan changes.
    fn policy(&self, reader: &dyn ReadAccount) -> Result<Option<Policy>, PushError> {
        Ok(self.among(listed(self.plan, reader)?))
    }

    fn among(&self, policies: Vec<Policy>) -> Option<Policy> {
        let mut policies = policies.into_iter();
        policies.find(|one| one.name == self.policy && one.kind.is(&PolicyType::Access))
    }

    /// Its id.
    fn found(&self, reader: &dyn ReadAccount) -> Result<Option<&str>, Error> {
        if self.id.get().is_none()
            && let Some(policy) = self.among(reader.policies()?)
        {
            let _ = self.id.set(policy.id);
        }
        Ok(self.id.get().map(String::as_str))
    }

    fn known(&self) -> &str {
        self.id.get().map_or("", String::as_str)
    }

    /// What it is attached to; nothing where the policy went.
    fn attachments(&self, reader: &dyn ReadAccount) -> Result<Vec<Attachment>, Error> {
        let Some(id) = self.found(reader)? else {
            return Ok(Vec::new());
        };
        match reader.attachments(id) {
            Ok(all) => Ok(all.unwrap_or_default()),
            Err(Error::Missing { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn says(&self, what: &str) -> PushError {
        moved(format!(
            "the access policy {} {what} {} since the plan was made",
            quoted(self.policy),
            quoted(self.stack)
        ))
    }

    fn by_hand(&self, all: Vec<Attachment>) -> Option<Attachment> {
        let mut all = all.into_iter();
        all.find(|one| one.stack == self.stack && !one.automatic)
    }
}

impl Step for Attach<'_> {
    fn what(&self) -> &'static str {
        "access policy attached:"
    }

    fn target(&self) -> Target {
        self.on.target(false)
    }

    fn thing(&self) -> String {
        self.on.thing()
    }

    fn id(&self) -> Option<&str> {
        None
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        let policy = self.on.policy(reader)?;
        // It is attached for what it says: another text would be somebody else's to attach.
        let Some(policy) = policy.filter(|policy| digest_of(&policy.body) == self.text) else {
            return Err(moved(format!(
                "the access policy {} changed since the plan was made",
                quoted(self.on.policy)
            )));
        };
        let _ = self.on.id.set(policy.id);
        let attached = self.on.attachments(reader).map_err(PushError::Read)?;
        match self.on.by_hand(attached) {
            None => Ok(()),
            Some(_) => Err(self.on.says("was attached to")),
        }
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        writer
            .attach_policy(self.on.known(), self.on.stack)
            .map(|attachment| Written::of(attachment.id))
    }

    fn seen(&self, _: Option<&Written>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let attached = self.on.attachments(reader)?;
        Ok(match self.on.by_hand(attached) {
            Some(attachment) => (Live::Sent, attachment.id),
            None => (Live::Nothing, String::new()),
        })
    }
}

impl Step for Detach<'_> {
    fn what(&self) -> &'static str {
        "access policy detached:"
    }

    fn target(&self) -> Target {
        self.on.target(true)
    }

    fn thing(&self) -> String {
        self.on.thing()
    }

    fn id(&self) -> Option<&str> {
        Some(self.attachment)
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        if self.on.id.get().is_none()
            && let Some(policy) = self.on.policy(reader)?
        {
            let _ = self.on.id.set(policy.id);
        }
        let attached = self.on.attachments(reader).map_err(PushError::Read)?;
        let is_there = |one: &Attachment| one.id == self.attachment && !one.automatic;
        if attached.iter().any(is_there) {
            return Ok(());
        }
        Err(self.on.says("was taken off"))
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        writer
            .detach_policy(self.attachment)
            .map(|()| Written::of(self.attachment))
    }

    fn seen(&self, _: Option<&Written>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let attached = self.on.attachments(reader)?;
        let is_there = attached.iter().any(|one| one.id == self.attachment);
        let live = if is_there { Live::Before } else { Live::Sent };
        Ok((live, self.attachment.to_string()))
    }
}
