//! `include`: what the grants of included files keep to.

use std::collections::BTreeSet;

use super::Resolver;
use super::grants::Parts;
use super::targets::Reach;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, TargetKind, Text};
use crate::model::{FIXED_SPACES, RoleKind};
use crate::source::Span;

/// The bounds of an entry of `include`. What of them is faulty bounds nothing, since the mapping compiles to nothing then.
pub(super) struct Bounds<'d> {
    /// The entry.
    place: Span,
    /// Who answers for grants that do not say.
    pub(super) owner: Option<&'d Text>,
    /// Every space on which a grant may give a role; nothing where the bound could not be read.
    spaces: Option<BTreeSet<String>>,
    /// Where `spaces` is written, or the entry.
    spaces_place: Span,
    /// Actions that no role may hold.
    never_can: Vec<&'d Text>,
    /// How far apart the ends of a grant may be, in nanoseconds, as written.
    within: Option<(i64, &'d Text)>,
}

impl<'d> Resolver<'d, '_> {
    pub(super) fn bounds(&mut self) {
        let document = self.document;
        for written in &document.include {
            if written.file.is_none() {
                self.found.lacks(
                    written.span,
                    "file",
                    Diagnostic::error(
                        Code::MissingField,
                        written.span,
                        "an entry of `include` needs `file`",
                    )
                    .help("write a path from the folder of the mapping, or a pattern such as `teams/*.yaml`"),
                );
            }
            let spaces = match &written.spaces {
                Some(target) => self.bounding_spaces(target),
                None => {
                    let ids = self.spaces.spaces.keys();
                    Some(
                        ids.filter(|id| !FIXED_SPACES.contains(&id.as_str()))
                            .cloned()
                            .collect(),
                    )
                }
            };
            let mut never_can = Vec::new();
            if let Some(actions) = &written.never_can {
                self.known_actions(actions, "`never_can`");
                never_can.extend(&actions.value);
            }
            let within = written
                .must_end_within
                .as_ref()
                .and_then(|text| Some((self.length(text, "90d")?, text)));
            let bounds = Bounds {
                place: written.span,
                owner: written.owner.as_ref().filter(|o| !o.trim().is_empty()),
                spaces,
                spaces_place: written.spaces.as_ref().map_or(written.span, |s| s.span),
                never_can,
                within,
            };
            self.bounds.push(bounds);
        }
    }

    /// What a bound chooses, and every space below it.
    fn bounding_spaces(&mut self, target: &'d document::Target) -> Option<BTreeSet<String>> {
        if matches!(&target.kind, TargetKind::Name(name) if name == "*") {
            self.error(
                Diagnostic::error(Code::BadValue, target.span, "`*` is no bound").help(
                    "leave `spaces` out: every declared space but root and legacy is within then",
                ),
            );
            return None;
        }
        let chosen = self.target_of(target, Reach::Highest)?;
        let ids = self.spaces.spaces.keys();
        Some(
            ids.filter(|id| self.spaces.upward(id).any(|at| chosen.contains(at)))
                .cloned()
                .collect(),
        )
    }

    /// Reports where a grant of an included file steps outside; answers whether it keeps within. What of the grant is faulty
    /// is left out.
    pub(super) fn keeps_within(&mut self, written: &document::Grant, parts: &Parts<'_>) -> bool {
        let Some(entry) = written.include else {
            return true;
        };
        let Some(bounds) = self.bounds.get(entry) else {
            return false;
        };
        let mut wrong: Vec<Diagnostic> = Vec::new();
        let outside = |span, message: String| Diagnostic::error(Code::OutsideBounds, span, message);
        if let (Some(allowed), Some(chosen)) = (&bounds.spaces, parts.spaces) {
            // What is only known at login lies within no bound.
            let labels = "labels at login".to_owned();
            let beyond: Vec<&String> = if chosen.labels.is_empty() {
                chosen.spaces.difference(allowed).collect()
            } else {
                vec![&labels]
            };
            if let Some((first, others)) = beyond.split_first() {
                let place = written.spaces.as_ref().map_or(written.span, |s| s.span);
                let message = if first.as_str() == "*" || *first == &labels {
                    "what is only known at login lies within no bound".to_owned()
                } else if others.is_empty() {
                    format!(
                        "a role on `{}` is outside of the bounds of this file",
                        shown(first)
                    )
                } else {
                    format!(
                        "a role on `{}` is outside of the bounds of this file, and so on {} more",
                        shown(first),
                        others.len()
                    )
                };
                wrong.push(
                    outside(place, message)
                        .related(bounds.spaces_place, "its bounds")
                        .help("choose spaces that lie within; a role on a space is a role on all below it"),
                );
            }
        }
        for slug in written.roles.iter().flat_map(|roles| &roles.value) {
            let Some(kind) = self.roles.get(&slug.value).map(|role| &role.kind) else {
                continue;
            };
            let held = bounds
                .never_can
                .iter()
                .find(|action| kind.may(slug, action));
            let Some(action) = held else { continue };
            wrong.push(
                outside(
                    slug.span,
                    format!(
                        "the role `{}` {} `{}`, which no grant of this file may give",
                        shown(slug),
                        if matches!(kind, RoleKind::External) {
                            "is external and may hold"
                        } else {
                            "holds"
                        },
                        shown(action)
                    ),
                )
                .related(action.span, "forbidden here")
                .help("give a role that does not hold it"),
            );
        }
        if let Some((length, text)) = bounds.within {
            let said = match parts.stretch {
                Some((Some(starts), Some(ends))) if ends.saturating_sub(starts) > length => Some((
                    format!("this lasts longer than `{}`", shown(text)),
                    "let it end earlier; the length is counted from `starts`, and a date alone ends with its day",
                )),
                Some((None, _) | (_, None)) => Some((
                    format!(
                        "a grant of this file needs `starts` and `ends`, no more than `{}` apart",
                        shown(text)
                    ),
                    "write both, as in `starts: \"2026-12-01\", ends: \"2026-12-31\"`",
                )),
                _ => None,
            };
            if let Some((message, help)) = said {
                let place = written.ends.as_ref().map_or(written.span, |ends| ends.span);
                wrong.push(
                    outside(place, message)
                        .related(text.span, "said here")
                        .help(help),
                );
            }
        }
        let within = wrong.is_empty();
        for diagnostic in wrong {
            self.error(diagnostic);
        }
        within
    }

    /// What made a grant, and where its file is included.
    pub(super) fn entry_of(&self, written: &document::Grant) -> Option<Span> {
        Some(self.bounds.get(written.include?)?.place)
    }
}
