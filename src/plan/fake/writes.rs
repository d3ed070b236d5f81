//! Writing to the account in memory, and what goes wrong with it.

use std::time::Duration;

use super::{Fake, live, role, unavailable};
use crate::spacelift::{
    Attachment, Engine, Error, Policy as LivePolicy, PolicyDraft, Role, RoleDraft, RoleUpdate,
    WriteAccount,
};

/// What happens when something is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// It is written.
    None,
    /// It is written, and no answer comes.
    Unanswered,
    /// It is not written, and no answer comes.
    Lost,
    /// From then on nothing is written, and no answer comes.
    Down,
    /// It is refused.
    Refused,
    /// Another one of that name came first.
    Taken,
    /// It is not written, and the server asks to wait.
    Limited,
    /// It is written, and the server says that it was not, and asks to wait.
    LimitedAfter,
    /// It is written, and another's text or actions go over it.
    Overwritten,
    /// It is written without the last line break.
    Trimmed,
    /// It is written as Rego v0.
    WrongEngine,
    /// Half of it is written.
    Half,
    /// Nothing of its text is written.
    Empty,
    /// It is written with other line ends.
    LineEnds,
    /// It is written under another name.
    Renamed,
    /// Half of it is written, and no answer comes.
    HalfUnanswered,
    /// Nothing of its text is written, and no answer comes.
    EmptyUnanswered,
    /// It is written under another name, and no answer comes.
    RenamedUnanswered,
    /// Half of it is written, and somebody touches it afterwards.
    HalfTouched,
    /// The slug that is made of a role's name is another.
    WrongSlug,
}

/// A write that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    Policy(Option<String>, PolicyDraft),
    PolicyDelete(String),
    RoleCreate(RoleDraft),
    RoleUpdate(String, RoleUpdate),
    RoleDelete(String),
    Attach(String, String),
    Detach(String),
    SessionDelete(String),
}

impl Fake {
    /// Notes a write; answers what is to go wrong with it.
    fn sent(&self, sent: Sent) -> Fault {
        let now = self.now();
        *self.before.borrow_mut() = Some(now);
        let mut writes = self.writes.borrow_mut();
        writes.push(sent);
        match writes.len().checked_sub(self.fault_at + 1) {
            Some(0) => self.fault,
            Some(_) if self.fault == Fault::Down => Fault::Down,
            Some(1) => self.next_fault,
            _ => Fault::None,
        }
    }

    fn write(&self, id: Option<&str>, draft: &PolicyDraft) -> Result<LivePolicy, Error> {
        let fault = self.sent(Sent::Policy(id.map(str::to_string), draft.clone()));
        if fault == Fault::Taken && id.is_none() {
            let theirs = live(&draft.name, "package spacelift\n# another's\n");
            self.policies.borrow_mut().push(theirs);
        }
        refused(fault, "update the policy", "policy")?;
        let policy = LivePolicy {
            engine: draft.engine.clone(),
            labels: draft.labels.clone(),
            description: draft.description.clone(),
            space: draft.space.clone(),
            kind: draft.kind.clone(),
            updated_at: 2_000,
            ..live(&draft.name, &draft.body)
        };
        let mut stored = policy.clone();
        match fault {
            Fault::Overwritten => stored.body = "package spacelift\n# another's\n".into(),
            Fault::Trimmed => stored.body = stored.body.trim_end().to_string(),
            Fault::WrongEngine => stored.engine = Some(Engine::V0),
            Fault::Half | Fault::HalfUnanswered | Fault::HalfTouched => {
                stored.body.truncate(stored.body.len() / 2);
                stored.updated_at += i64::from(fault == Fault::HalfTouched);
            }
            Fault::Empty | Fault::EmptyUnanswered => stored.body.clear(),
            Fault::LineEnds => stored.body = stored.body.replace('\n', "\r\n"),
            Fault::Renamed | Fault::RenamedUnanswered => stored.name.push_str(" (1)"),
            _ => {}
        }
        let mut policies = self.policies.borrow_mut();
        match id {
            Some(id) => *policies.iter_mut().find(|one| one.id == id).unwrap() = stored,
            None => policies.push(stored),
        }
        answered(fault, "update the policy", policy)
    }
}

/// How long the server asks to wait.
pub const ASKED: Duration = Duration::from_secs(7);

/// The errors of a write that does nothing.
fn refused(fault: Fault, action: &'static str, what: &'static str) -> Result<(), Error> {
    match fault {
        Fault::Lost | Fault::Down => Err(doubt(action)),
        Fault::Refused => Err(Error::Refused {
            action,
            messages: vec!["denied".into()],
        }),
        Fault::Taken => Err(Error::Refused {
            action,
            messages: vec![format!("{what} name must be unique within one account")],
        }),
        Fault::Limited => Err(limited()),
        _ => Ok(()),
    }
}

fn limited() -> Error {
    Error::Unsent {
        cause: Box::new(Error::RateLimited {
            attempts: 1,
            wait: Some(ASKED),
        }),
        wait: Some(ASKED),
    }
}

fn answered<T>(fault: Fault, action: &'static str, answer: T) -> Result<T, Error> {
    if fault == Fault::LimitedAfter {
        return Err(limited());
    }
    if matches!(
        fault,
        Fault::Unanswered
            | Fault::HalfUnanswered
            | Fault::EmptyUnanswered
            | Fault::RenamedUnanswered
    ) {
        return Err(doubt(action));
    }
    Ok(answer)
}

fn doubt(action: &'static str) -> Error {
    Error::MaybeWritten {
        action,
        cause: Box::new(unavailable()),
    }
}

impl WriteAccount for Fake {
    fn create_policy(&self, draft: &PolicyDraft) -> Result<LivePolicy, Error> {
        self.write(None, draft)
    }

    fn update_policy(&self, id: &str, draft: &PolicyDraft) -> Result<LivePolicy, Error> {
        self.write(Some(id), draft)
    }

    fn delete_policy(&self, id: &str) -> Result<(), Error> {
        let fault = self.sent(Sent::PolicyDelete(id.into()));
        refused(fault, "delete the policy", "policy")?;
        self.policies.borrow_mut().retain(|policy| policy.id != id);
        if let Some(by_hand) = &mut *self.attachments.borrow_mut() {
            by_hand.retain(|_, (policy, _)| policy != id);
        }
        answered(fault, "delete the policy", ())
    }

    fn create_role(&self, draft: &RoleDraft) -> Result<Role, Error> {
        let fault = self.sent(Sent::RoleCreate(draft.clone()));
        let mut made = role(&draft.name.to_lowercase().replace(' ', "-"), &[]);
        made.name.clone_from(&draft.name);
        if fault == Fault::Taken {
            self.roles.borrow_mut().as_mut().unwrap().push(made);
            return refused(fault, "create the role", "role").map(|()| unreachable!());
        }
        refused(fault, "create the role", "role")?;
        made.actions.clone_from(&draft.actions);
        match fault {
            Fault::WrongSlug => made.slug.push_str("-2"),
            Fault::Overwritten => made.actions = vec!["SPACE_ADMIN".into()],
            _ => {}
        }
        let mut roles = self.roles.borrow_mut();
        roles.as_mut().unwrap().push(made.clone());
        answered(fault, "create the role", made)
    }

    fn update_role(&self, id: &str, update: &RoleUpdate) -> Result<Role, Error> {
        let fault = self.sent(Sent::RoleUpdate(id.into(), update.clone()));
        refused(fault, "update the role", "role")?;
        let mut roles = self.roles.borrow_mut();
        let all = roles.as_mut().unwrap().iter_mut();
        let role = all.into_iter().find(|role| role.id == id).unwrap();
        if let Some(name) = &update.name {
            role.name.clone_from(name);
            // The old name makes the old slug.
            role.slug = role.slug.trim_end_matches("-2").to_string();
        }
        if let Some(actions) = &update.actions {
            role.actions.clone_from(actions);
        }
        match fault {
            Fault::WrongSlug => role.slug.push_str("-2"),
            Fault::Overwritten => role.actions = vec!["SPACE_ADMIN".into()],
            _ => {}
        }
        answered(fault, "update the role", role.clone())
    }

    fn delete_role(&self, id: &str) -> Result<(), Error> {
        let fault = self.sent(Sent::RoleDelete(id.into()));
        refused(fault, "delete the role", "role")?;
        let mut roles = self.roles.borrow_mut();
        if fault != Fault::Overwritten {
            roles.as_mut().unwrap().retain(|role| role.id != id);
        }
        answered(fault, "delete the role", ())
    }

    fn attach_policy(&self, policy: &str, stack: &str) -> Result<Attachment, Error> {
        let fault = self.sent(Sent::Attach(policy.into(), stack.into()));
        if fault != Fault::Taken {
            refused(fault, "attach the policy", "attachment")?;
        }
        let id = format!("{policy}@{stack}");
        let mut attachments = self.attachments.borrow_mut();
        let by_hand = attachments.as_mut().unwrap();
        by_hand.insert(id.clone(), (policy.into(), stack.into()));
        refused(fault, "attach the policy", "attachment")?;
        let attachment = Attachment {
            id,
            stack: stack.into(),
            module: self.known.modules.iter().any(|module| module.id == stack),
            automatic: false,
        };
        answered(fault, "attach the policy", attachment)
    }

    fn detach_policy(&self, attachment: &str) -> Result<(), Error> {
        let fault = self.sent(Sent::Detach(attachment.into()));
        refused(fault, "detach the policy", "attachment")?;
        let mut attachments = self.attachments.borrow_mut();
        attachments.as_mut().unwrap().remove(attachment);
        answered(fault, "detach the policy", ())
    }

    fn delete_session(&self, id: &str) -> Result<(), Error> {
        let fault = self.sent(Sent::SessionDelete(id.into()));
        refused(fault, "end the session", "session")?;
        self.ended.borrow_mut().insert(id.into());
        answered(fault, "end the session", ())
    }
}
