//! The names that a mapping declares, what they are, and whether anything uses them.

use std::collections::{BTreeMap, BTreeSet};

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::{BUILT_IN_ROLES, FIXED_SPACES};
use crate::source::Span;

/// How long a name or a value may be, in bytes.
pub(crate) const LONGEST: usize = 512;

/// Words that would read as something else where a name of `groups` or `people` may stand.
pub(crate) const RESERVED: [&str; 4] = ["all", "any", "everyone", "none"];

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Space,
    SpaceSet,
    Role,
    Group,
    Person,
    Condition,
    ApiKey,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Space,
        Self::SpaceSet,
        Self::Role,
        Self::Group,
        Self::Person,
        Self::Condition,
        Self::ApiKey,
    ];

    fn noun(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::SpaceSet => "space set",
            Self::Role => "role",
            Self::Group => "group",
            Self::Person => "name of `people`",
            Self::Condition => "condition",
            Self::ApiKey => "API key",
        }
    }

    fn section(self) -> &'static str {
        match self {
            Self::Space => "`spaces`",
            Self::SpaceSet => "`space_sets`",
            Self::Role => "`roles`",
            Self::Group => "`groups`",
            Self::Person => "`people`",
            Self::Condition => "`conditions`",
            Self::ApiKey => "`api_keys`",
        }
    }
}

/// Every declared name; what is built in has no place.
#[derive(Default)]
pub(super) struct Names<'d> {
    declared: BTreeMap<(Kind, &'d str), Option<Span>>,
    used: BTreeSet<(Kind, &'d str)>,
}

impl<'d> Names<'d> {
    pub(super) fn is(&self, kind: Kind, name: &str) -> bool {
        self.declared.contains_key(&(kind, name))
    }

    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &'d str> {
        self.declared
            .keys()
            .filter(move |(of, _)| *of == kind)
            .map(|(_, name)| *name)
    }

    /// Looks a name up among kinds, and notes that it is used.
    pub(super) fn find(&mut self, kinds: &[Kind], name: &'d str) -> Option<Kind> {
        let kind = *kinds.iter().find(|kind| self.is(**kind, name))?;
        self.used.insert((kind, name));
        Some(kind)
    }
}

impl<'d> Resolver<'d, '_> {
    /// Declares every name, so that each can be used before and after its declaration, and whether or not that is sound.
    pub(super) fn declare_all(&mut self) {
        let document = self.document;
        for space in FIXED_SPACES {
            self.names.declared.insert((Kind::Space, space), None);
        }
        for role in BUILT_IN_ROLES {
            self.names.declared.insert((Kind::Role, role), None);
        }
        for (name, _) in &document.spaces {
            self.declare(Kind::Space, name, name.span);
        }
        for (name, _) in &document.space_sets {
            self.declare(Kind::SpaceSet, name, name.span);
        }
        for (name, _) in &document.roles {
            self.declare(Kind::Role, name, name.span);
        }
        // One kind in two sections, and across files: what stands first is the first declaration.
        let mut who: Vec<_> = document
            .groups
            .iter()
            .map(|(name, _)| (Kind::Group, name))
            .chain(document.people.iter().map(|(name, _)| (Kind::Person, name)))
            .collect();
        who.sort_by_key(|(_, name)| (name.span.file, name.span.start));
        for (kind, name) in who {
            self.declare(kind, name, name.span);
        }
        for (name, _) in &document.conditions {
            self.declare(Kind::Condition, name, name.span);
        }
        for (name, _) in &document.api_keys {
            self.declare(Kind::ApiKey, name, name.span);
        }
    }

    fn declare(&mut self, kind: Kind, name: &'d str, span: Span) {
        self.check_name(kind, name, span);
        let rivals: &[Kind] = match kind {
            Kind::Group | Kind::Person => &[Kind::Group, Kind::Person],
            Kind::SpaceSet => &[Kind::SpaceSet, Kind::Space],
            Kind::Space => &[Kind::Space],
            Kind::Role => &[Kind::Role],
            Kind::Condition => &[Kind::Condition],
            Kind::ApiKey => &[Kind::ApiKey],
        };
        let first = rivals
            .iter()
            .find_map(|rival| Some((*rival, *self.names.declared.get(&(*rival, name))?)));
        let name_shown = shown(name);
        match first {
            None => {
                self.names.declared.insert((kind, name), Some(span));
            }
            Some((_, None)) => {
                let noun = match kind {
                    Kind::Role => "role",
                    _ => "space",
                };
                self.found.error(
                    Diagnostic::error(
                        Code::BuiltinName,
                        span,
                        format!("`{name_shown}` is a {noun} that every account has"),
                    )
                    .help(match kind {
                        Kind::SpaceSet => "give the set another name",
                        _ => "leave it out: it can be used without being declared",
                    }),
                );
            }
            Some((rival, Some(place))) => {
                self.found.error(
                    Diagnostic::error(
                        Code::DuplicateName,
                        span,
                        format!("`{name_shown}` is declared twice"),
                    )
                    .related(place, format!("first declared here, as a {}", rival.noun()))
                    .help("give one of them another name"),
                );
            }
        }
    }

    fn check_name(&mut self, kind: Kind, name: &str, span: Span) {
        let name_shown = shown(name);
        let wrong = if name.is_empty() {
            Some(("a name is empty".to_owned(), "give it a name"))
        } else if name.len() > LONGEST {
            Some((
                format!("the name `{name_shown}` is longer than {LONGEST} bytes"),
                "choose a shorter one",
            ))
        } else if let Some(odd) = name.chars().find(|c| !is_graphic(*c)) {
            let what = if odd == ' ' {
                "a space".to_owned()
            } else {
                format!("U+{:04X}, which cannot be seen", u32::from(odd))
            };
            Some((
                format!("the name `{name_shown}` holds {what}"),
                "names are made of letters, digits and signs, without spaces; what the provider sends belongs in `sent_as`",
            ))
        } else if name == "*" {
            if kind == Kind::SpaceSet {
                self.found.error(
                    Diagnostic::error(
                        Code::DuplicateName,
                        span,
                        "`*` already stands for every space but root and legacy",
                    )
                    .help("give the set another name"),
                );
                return;
            }
            Some((
                "`*` cannot be a name".to_owned(),
                "`*` stands for every space but root and legacy",
            ))
        } else if matches!(kind, Kind::Group | Kind::Person) && RESERVED.contains(&name) {
            Some((
                format!("`{name_shown}` cannot be a name of `groups` or `people`"),
                "it is a word of the language; choose another name",
            ))
        } else {
            None
        };
        if let Some((message, help)) = wrong {
            self.found
                .error(Diagnostic::error(Code::BadName, span, message).help(help));
        }
    }

    /// Looks a name up, and reports it if it is declared nowhere.
    pub(super) fn name(&mut self, kinds: &[Kind], name: &'d str, span: Span) -> Option<Kind> {
        let found = self.names.find(kinds, name);
        if found.is_none() {
            self.unknown(kinds, name, span);
        }
        found
    }

    /// Reports a name that is declared nowhere, or as something else.
    pub(super) fn unknown(&mut self, kinds: &[Kind], name: &str, span: Span) {
        if self.may_be_declared(kinds) {
            return;
        }
        let name_shown = shown(name);
        let nouns: Vec<&str> = kinds.iter().map(|kind| kind.noun()).collect();
        let sections: Vec<&str> = kinds.iter().map(|kind| kind.section()).collect();
        let other = Kind::ALL
            .into_iter()
            .find(|kind| self.names.is(*kind, name));
        let names = &self.names;
        let near = self
            .found
            .suggestion(name, kinds.iter().flat_map(|kind| names.of(*kind)));
        let help = match (other, near) {
            (Some(other), None) => format!(
                "`{name_shown}` is a {}; here belongs one of {}",
                other.noun(),
                sections.join(" or ")
            ),
            (Some(other), Some(near)) => {
                format!("{near} `{name_shown}` is a {}", other.noun())
            }
            (None, Some(near)) => near,
            (None, None) if name.contains('@') && kinds.contains(&Kind::Person) => {
                format!("write a person as `{{login: {name_shown}}}`")
            }
            (None, None) if kinds.contains(&Kind::SpaceSet) && self.is_label(name) => {
                format!("it is a label: write `{{label: {name_shown}}}`")
            }
            (None, None) => format!("declare it under {}", sections.join(" or ")),
        };
        self.found.error(
            Diagnostic::error(
                Code::UnknownName,
                span,
                format!("no {} is called `{name_shown}`", nouns.join(" or ")),
            )
            .help(help),
        );
    }

    fn is_label(&self, name: &str) -> bool {
        let spaces = &self.document.spaces;
        spaces
            .iter()
            .any(|(_, space)| space.labels.iter().any(|label| label.as_str() == name))
    }

    /// Whether the name may be declared in a part of the file that could not be read.
    fn may_be_declared(&self, kinds: &[Kind]) -> bool {
        self.document.incomplete
            || kinds.iter().any(|kind| {
                self.document
                    .unread
                    .contains(kind.section().trim_matches('`'))
            })
    }

    /// Warns of names that nothing uses.
    pub(super) fn warn_of_unused(&mut self) {
        for ((kind, name), place) in &self.names.declared {
            let Some(place) = place else { continue };
            if *kind == Kind::Space || self.names.used.contains(&(*kind, *name)) {
                continue;
            }
            self.found.warning(
                Diagnostic::warning(
                    Code::UnusedName,
                    *place,
                    format!("nothing uses the {} `{}`", kind.noun(), shown(name)),
                )
                .help("remove it, or use it in a grant"),
            );
        }
    }
}

/// Whether a character leaves a mark of its own on the page.
pub(crate) fn is_graphic(c: char) -> bool {
    !matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other
    )
}
