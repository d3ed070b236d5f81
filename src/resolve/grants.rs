//! `grants`.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::ids::{Decides, Identified};
use super::names::Kind;
use super::time::{Edge, Stretch};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, Text};
use crate::model::{Grant, Origin, is_administrative};
use crate::source::Span;

/// Where a grant gives its roles: on spaces, or on those that have a label at login.
pub(super) struct Place {
    pub(super) spaces: BTreeSet<String>,
    pub(super) labels: BTreeSet<String>,
}

impl Identified for Grant {
    fn place(&self) -> Span {
        self.span
    }
    fn decides_like(&self, other: &Self) -> bool {
        let without_words = |grant: &Self| Self {
            reason: None,
            owner: None,
            reviewed: None,
            origin: Origin::Grant,
            ..grant.clone()
        };
        without_words(self) == without_words(other)
    }
}

impl<'d> Resolver<'d, '_> {
    pub(super) fn grants(&mut self) -> Option<BTreeMap<String, Grant>> {
        let document = self.document;
        let mut grants = BTreeMap::new();
        let mut sound = true;
        for written in &document.grants {
            match self.grant(written, "a grant") {
                Some((id, grant)) => self.add(&mut grants, id, grant, "a grant"),
                None => sound = false,
            }
        }
        sound &= self.elevations(&mut grants);
        sound &= self.grants_of_conventions(&mut grants);
        sound.then_some(grants)
    }

    /// A grant, called `what` where something of it is wrong.
    pub(super) fn grant(
        &mut self,
        written: &'d document::Grant,
        what: &str,
    ) -> Option<(String, Grant)> {
        let who = match &written.who {
            Some(who) => self.subject(who),
            None => self.grant_lacks(written, what, "who", "name a group, or write `{login: …}`"),
        };
        let roles = match &written.roles {
            Some(roles) => self.granted_roles(&roles.value, roles.span),
            None => self.grant_lacks(
                written,
                what,
                "roles",
                "name a role, such as `space-reader`",
            ),
        };
        let spaces = match &written.spaces {
            Some(target) => self.place(target, roles.as_ref()),
            None => self.grant_lacks(
                written,
                what,
                "spaces",
                "name a space; `\"*\"` is every space but root and legacy",
            ),
        };
        let when = written.when.as_ref().map(|test| self.test(test));
        let right = self.no_unless(written.unless.as_ref(), what);
        let stretch = self.stretch(written.starts.as_ref(), written.ends.as_ref());
        let owner = self.owner_of(written);
        let words = Words {
            what,
            place: written.span,
            reason: written.reason.as_ref(),
            owner,
        };
        let mut complete = self.required_words(&words);
        complete &= self.keeps_within(
            written,
            &Parts {
                spaces: spaces.as_ref(),
                stretch,
            },
        );
        if written.ends.is_none()
            && let Some(who) = &who
            && let Some(group) = self.external_group(who)
        {
            complete = false;
            self.found.lacks(
                written.span,
                "ends",
                Diagnostic::error(
                    Code::MissingField,
                    written.who.as_ref().map_or(written.span, |who| who.span),
                    format!(
                        "the group `{}` is external, so this grant needs `ends`",
                        shown(group)
                    ),
                )
                .help("write the last day of it, as in `ends: \"2026-12-31\"`"),
            );
        }
        if matches!(when, Some(None)) || !right || !complete {
            return None;
        }
        let reviewed = match &written.reviewed {
            Some(text) => Some(self.instant(text, Edge::Starts)?),
            None => None,
        };
        let (who, roles, Place { spaces, labels }) = (who?, roles?, spaces?);
        let (starts, ends) = stretch?;
        let when = when.flatten();
        let id = Decides {
            when: when.as_ref(),
            roles: Some(&roles),
            spaces: Some(&spaces),
            labels: labels.clone(),
            starts,
            ends,
            ..Decides::of(&who)
        }
        .id("grant")?;
        let grant = Grant {
            who,
            when,
            roles,
            spaces,
            labels,
            starts,
            ends,
            reason: written.reason.as_ref().map(|text| text.value.clone()),
            owner: owner.map(|text| text.value.clone()),
            reviewed,
            origin: match self.entry_of(written) {
                Some(entry) => Origin::Include { entry },
                None => Origin::Grant,
            },
            span: written.span,
        };
        Some((id, grant))
    }

    /// The spaces of a grant. Whoever may edit a space may label it, so labels at login cannot give what labels are edited with.
    fn place(
        &mut self,
        target: &'d document::Target,
        roles: Option<&BTreeSet<String>>,
    ) -> Option<Place> {
        let Some(labels) = self.labels_at_login(target) else {
            return self.target(target).map(|spaces| Place {
                spaces,
                labels: BTreeSet::new(),
            });
        };
        let administrative = roles
            .into_iter()
            .flatten()
            .find(|slug| is_administrative(&self.roles, slug));
        if let Some(slug) = administrative {
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    target.span,
                    format!(
                        "the role `{}` holds `space:admin`, or may, and cannot follow labels at login",
                        shown(slug)
                    ),
                )
                .help("an administrator of a space can label it; name the spaces, or leave `at_login` out"),
            );
            return None;
        }
        labels.map(|labels| Place {
            spaces: BTreeSet::new(),
            labels,
        })
    }

    /// Who answers for a grant: whom it names itself, else whom the entry names that includes its file.
    fn owner_of(&self, written: &'d document::Grant) -> Option<&'d Text> {
        let own = written.owner.as_ref();
        own.or_else(|| self.bounds.get(written.include?)?.owner)
    }

    pub(super) fn grant_lacks<T>(
        &mut self,
        written: &document::Grant,
        what: &str,
        field: &str,
        help: &str,
    ) -> Option<T> {
        self.found.lacks(
            written.span,
            field,
            Diagnostic::error(
                Code::MissingField,
                written.span,
                format!("{what} needs `{field}`"),
            )
            .help(help),
        );
        None
    }

    pub(super) fn granted_roles(
        &mut self,
        slugs: &'d [Text],
        span: Span,
    ) -> Option<BTreeSet<String>> {
        if slugs.is_empty() {
            self.found.empty(span, "`roles`");
            return None;
        }
        let mut all = BTreeSet::new();
        let mut sound = true;
        for slug in slugs {
            match self.name(&[Kind::Role], slug, slug.span) {
                Some(_) => {
                    all.insert(slug.value.clone());
                }
                None => sound = false,
            }
        }
        sound.then_some(all)
    }

    /// What `defaults.require` asks of everything that grants. A blank is not a reason.
    pub(super) fn required_words(&mut self, words: &Words<'_>) -> bool {
        let document = self.document;
        let mut complete = true;
        for field in &document.defaults.require {
            let (word, example) = match field.as_str() {
                "reason" => (words.reason, "reason: SEC-1423"),
                "owner" => (words.owner, "owner: \"@acme/platform\""),
                _ => continue,
            };
            if word.is_some_and(|word| !word.trim().is_empty()) {
                continue;
            }
            complete = false;
            self.found.lacks(
                words.place,
                field,
                Diagnostic::error(
                    Code::MissingField,
                    words.place,
                    format!("{} needs `{}`", words.what, field.value),
                )
                .related(field.span, "required here")
                .help(format!("write it, as in `{example}`")),
            );
        }
        complete
    }
}

/// What of a grant must keep within the bounds of its file; what is faulty is left out.
pub(super) struct Parts<'a> {
    pub(super) spaces: Option<&'a Place>,
    pub(super) stretch: Option<Stretch>,
}

/// What an entry that grants says to people.
pub(super) struct Words<'a> {
    pub(super) what: &'a str,
    pub(super) place: Span,
    pub(super) reason: Option<&'a Text>,
    pub(super) owner: Option<&'a Text>,
}
