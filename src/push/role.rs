//! Creating, changing and deleting roles.

use super::{Live, PushError, Step, Target, Undo, Written, listed, moved};
use crate::plan::{Plan, RoleState, is_other_login_policy, quoted, says};
use crate::spacelift::{Error, ReadAccount, Role, RoleDraft, WriteAccount};

/// A role that is not there yet.
pub(super) struct Create<'a> {
    pub role: &'a RoleState,
    pub description: &'a str,
}

/// A role that becomes another.
pub(super) struct Update<'a> {
    pub id: &'a str,
    pub before: &'a RoleState,
    pub after: &'a RoleState,
}

/// A role that goes.
pub(super) struct Delete<'a> {
    pub plan: &'a Plan,
    pub id: &'a str,
    pub role: &'a RoleState,
}

impl Step for Create<'_> {
    fn what(&self) -> &'static str {
        "role created"
    }

    fn target(&self) -> Target {
        target(self.role, false)
    }

    fn id(&self) -> Option<&str> {
        None
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        let same = |role: &Role| role.slug == self.role.slug || role.name == self.role.name;
        match all(reader)
            .map_err(PushError::Read)?
            .iter()
            .find(|role| same(role))
        {
            None => Ok(()),
            Some(_) => Err(changed(self.role, "was created")),
        }
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        let draft = RoleDraft {
            name: self.role.name.clone(),
            description: Some(self.description.to_string()),
            actions: self.role.actions.clone(),
        };
        writer.create_role(&draft).map(|role| Written::of(role.id))
    }

    fn seen(
        &self,
        written: Option<&Written>,
        reader: &dyn ReadAccount,
    ) -> Result<(Live, String), Error> {
        // Without an answer, by its name: the slug is what is in question.
        let found = all(reader)?.into_iter().find(|role| match written {
            Some(written) => role.id == written.id,
            None => role.name == self.role.name,
        });
        Ok(shown(found, None, self.role))
    }

    fn misnamed(&self, slug: &str, back: Option<bool>) -> PushError {
        misnamed(self.role, slug, back)
    }
}

impl Step for Update<'_> {
    fn what(&self) -> &'static str {
        "role updated"
    }

    fn target(&self) -> Target {
        target(self.after, false)
    }

    fn id(&self) -> Option<&str> {
        Some(self.id)
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        unchanged(self.id, self.before, reader).map(drop)
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        writer
            .update_role(self.id, &self.after.update(self.before))
            .map(|role| Written::of(role.id))
    }

    fn seen(&self, _: Option<&Written>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let found = all(reader)?.into_iter().find(|role| role.id == self.id);
        Ok(shown(found, Some(self.before), self.after))
    }

    fn undo(&self) -> Option<&dyn Undo> {
        Some(self)
    }

    fn misnamed(&self, slug: &str, back: Option<bool>) -> PushError {
        misnamed(self.after, slug, back)
    }
}

/// A role whose slug became another is in no policy any more.
impl Undo for Update<'_> {
    fn send(&self, id: &str, writer: &dyn WriteAccount) -> Result<(), Error> {
        writer
            .update_role(id, &self.before.update(self.after))
            .map(drop)
    }

    fn is_back(&self, id: &str, reader: &dyn ReadAccount) -> Result<bool, Error> {
        let roles = all(reader)?;
        let role = roles.iter().find(|role| role.id == id);
        Ok(role.is_some_and(|role| RoleState::from(role) == *self.before))
    }
}

impl Step for Delete<'_> {
    fn what(&self) -> &'static str {
        "role deleted"
    }

    fn target(&self) -> Target {
        target(self.role, true)
    }

    fn id(&self) -> Option<&str> {
        Some(self.id)
    }

    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        // Our own is the plan's to know, and may still name it before its own step.
        let policies = listed(self.plan, reader)?;
        if let Some(policy) = policies
            .iter()
            .find(|one| is_other_login_policy(one) && says(&one.body, &self.role.slug))
        {
            return Err(moved(format!(
                "the login policy {} names the role {} since the plan was made",
                quoted(&policy.name),
                quoted(&self.role.slug)
            )));
        }
        let role = unchanged(self.id, self.role, reader)?;
        match role.bindings {
            Some(count) if count > 0 => Err(changed(self.role, "was bound")),
            _ => Ok(()),
        }
    }

    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error> {
        writer.delete_role(self.id).map(|()| Written::of(self.id))
    }

    fn seen(&self, _: Option<&Written>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let found = all(reader)?.into_iter().find(|role| role.id == self.id);
        let live = match found {
            None => Live::Sent,
            Some(role) if RoleState::from(&role) == *self.role => Live::Before,
            Some(_) => Live::Other(None),
        };
        Ok((live, self.id.to_string()))
    }
}

pub(super) fn all(reader: &dyn ReadAccount) -> Result<Vec<Role>, Error> {
    Ok(reader.roles()?.unwrap_or_default())
}

fn target(role: &RoleState, goes: bool) -> Target {
    Target {
        kind: "role",
        name: role.slug.clone(),
        goes,
    }
}

fn changed(role: &RoleState, what: &str) -> PushError {
    moved(format!(
        "the role {} {what} since the plan was made",
        quoted(&role.slug)
    ))
}

fn misnamed(role: &RoleState, slug: &str, back: Option<bool>) -> PushError {
    PushError::Slug {
        name: role.name.clone(),
        wanted: role.slug.clone(),
        got: slug.to_string(),
        back,
    }
}

/// The role, if it is as the plan saw it.
fn unchanged(id: &str, before: &RoleState, reader: &dyn ReadAccount) -> Result<Role, PushError> {
    let roles = all(reader).map_err(PushError::Read)?;
    match roles.into_iter().find(|role| role.id == id) {
        None => Err(changed(before, "was deleted")),
        Some(role) if role.system || RoleState::from(&role) != *before => {
            Err(changed(before, "changed"))
        }
        Some(role) => Ok(role),
    }
}

fn shown(found: Option<Role>, before: Option<&RoleState>, sent: &RoleState) -> (Live, String) {
    let Some(role) = found else {
        return (Live::Nothing, String::new());
    };
    let is = RoleState::from(&role);
    let live = if is == *sent {
        Live::Sent
    } else if before == Some(&is) {
        Live::Before
    } else if is.slug != sent.slug {
        Live::OtherSlug(is.slug)
    } else {
        Live::Other(None)
    };
    (live, role.id)
}
