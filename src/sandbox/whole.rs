//! The state as a whole: whether it holds together, and how its spaces hang together.

use super::state::{Holder, Space, State, VERSION};

impl State {
    /// What is wrong with it as a whole, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.sandbox != VERSION {
            return Some(format!(
                "layout {} is not known here, only {VERSION}",
                self.sandbox
            ));
        }
        for id in ["root", "legacy"] {
            if !self.spaces.contains_key(id) {
                return Some(format!("space `{id}` is missing"));
            }
        }
        for (id, space) in &self.spaces {
            match &space.parent_space {
                None if id != "root" => return Some(format!("space `{id}` has no parent")),
                Some(parent) if id == "root" || !self.spaces.contains_key(parent) => {
                    return Some(format!("space `{id}` cannot have the parent `{parent}`"));
                }
                _ => {}
            }
            if self.line(id).last().map(|space| space.id.as_str()) != Some("root") {
                return Some(format!("space `{id}` does not lead up to `root`"));
            }
        }
        self.misplaced()
    }

    /// An entry kept under another name than its own, or pointing nowhere.
    fn misplaced(&self) -> Option<String> {
        macro_rules! keys {
            ($($map:ident),*) => {$(
                if let Some((key, entry)) = self.$map.iter().find(|(key, entry)| **key != entry.id) {
                    return Some(format!("`{key}` holds the entry `{}`", entry.id));
                }
            )*};
        }
        keys!(
            spaces,
            roles,
            policies,
            attachments,
            bindings,
            users,
            groups,
            api_keys,
            stacks,
            modules,
            sessions
        );
        if let Some((key, person)) =
            (self.people.iter()).find(|(key, person)| **key != person.login)
        {
            return Some(format!("`{key}` holds the entry `{}`", person.login));
        }
        let homes = (self.policies.values().map(|p| (&p.id, &p.space)))
            .chain(self.stacks.values().map(|s| (&s.id, &s.space)))
            .chain(self.modules.values().map(|m| (&m.id, &m.space)))
            .chain(self.bindings.values().map(|b| (&b.id, &b.space)));
        for (id, space) in homes {
            if !self.spaces.contains_key(space) {
                return Some(format!("`{id}` is in the unknown space `{space}`"));
            }
        }
        (self
            .bindings
            .values()
            .find(|b| !self.roles.contains_key(&b.role) || !self.holds(b.kind, &b.holder)))
        .map(|b| format!("binding `{}` points to something that is not there", b.id))
    }

    /// Whether there is such a holder.
    pub(crate) fn holds(&self, kind: Holder, id: &str) -> bool {
        match kind {
            Holder::User => self.users.contains_key(id),
            Holder::UserGroup => self.groups.contains_key(id),
            Holder::ApiKey => self.api_keys.contains_key(id),
            Holder::Stack => self.stacks.contains_key(id),
        }
    }

    /// A space and those above it, nearest first; ends even if they go in a circle.
    pub(crate) fn line<'a>(&'a self, space: &str) -> impl Iterator<Item = &'a Space> {
        let mut next = self.spaces.get(space);
        let mut left = self.spaces.len();
        std::iter::from_fn(move || {
            let here = next?;
            left = left.checked_sub(1)?;
            next = here
                .parent_space
                .as_ref()
                .and_then(|parent| self.spaces.get(parent));
            Some(here)
        })
    }

    /// Whether things of the space `from` can be used in the space `to`.
    pub(crate) fn usable(&self, from: &str, to: &str) -> bool {
        for space in self.line(to) {
            if space.id == from {
                return true;
            }
            if !space.inherit_entities {
                return false;
            }
        }
        false
    }
}
