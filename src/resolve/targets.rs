//! Which spaces a grant is about.

use std::collections::BTreeSet;

use super::Resolver;
use super::names::Kind;
use super::spaces::Tree;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{Target, TargetKind, Text};
use crate::model::FIXED_SPACES;
use crate::source::{Span, Spanned};

const EVERY: &str = "*";

/// Which spaces of a subtree a target stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The highest: Spacelift carries a role downward.
    Highest,
    /// Every one.
    Every,
}

/// The keys of a target written as a map.
struct Select<'d> {
    reach: Reach,
    label: Option<&'d Vec<Text>>,
    under: Option<&'d Text>,
    except: Option<&'d Vec<Text>>,
    at_login: Option<&'d Spanned<bool>>,
    span: Span,
}

impl<'d> Resolver<'d, '_> {
    /// Labels that are looked for when somebody signs in, if that is what a target says.
    pub(super) fn labels_at_login(
        &mut self,
        written: &'d Target,
    ) -> Option<Option<BTreeSet<String>>> {
        let TargetKind::Select {
            label,
            under,
            except,
            at_login: Some(flag),
        } = &written.kind
        else {
            return None;
        };
        if !flag.value {
            return None;
        }
        let mut sound = true;
        let beside = under
            .as_ref()
            .map(|under| under.span)
            .into_iter()
            .chain(except.iter().flatten().map(|space| space.span));
        for place in beside.take(1) {
            sound = false;
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    place,
                    "labels at login stand without `under` and `except`",
                )
                .related(flag.span, "looked for at login")
                .help("the policy does not see how spaces nest: leave `at_login` out, or name labels only"),
            );
        }
        let Some(label) = label else {
            self.found.missing(
                written.span,
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    "labels at login need `label`",
                )
                .help("write `{label: team:payments, at_login: true}`"),
            );
            return Some(None);
        };
        let labels = self.labels(label, written.span);
        for empty in label.iter().filter(|label| label.is_empty()) {
            sound = false;
            self.found.missing(
                empty.span,
                Diagnostic::error(Code::BadValue, empty.span, "a label cannot be empty")
                    .help("write a label as Spacelift shows it"),
            );
        }
        Some(
            labels
                .filter(|_| sound)
                .map(|labels| labels.into_iter().map(str::to_owned).collect()),
        )
    }

    /// Space ids, or `*` alone; nothing if any part of the target is wrong.
    pub(super) fn target(&mut self, written: &'d Target) -> Option<BTreeSet<String>> {
        self.target_of(written, Reach::Highest)
    }

    /// The same, for what speaks of the highest spaces of a subtree or of every one.
    pub(super) fn target_of(
        &mut self,
        written: &'d Target,
        reach: Reach,
    ) -> Option<BTreeSet<String>> {
        match &written.kind {
            TargetKind::Name(name) if name == EVERY => Some(BTreeSet::from([EVERY.to_owned()])),
            TargetKind::Name(name) => self.space_or_set(name, written.span),
            TargetKind::List(list) => self.union(list, written.span, "`spaces`"),
            TargetKind::Select {
                label,
                under,
                except,
                at_login,
            } => self.select(&Select {
                reach,
                label: label.as_ref(),
                under: under.as_ref(),
                except: except.as_ref(),
                at_login: at_login.as_ref(),
                span: written.span,
            }),
        }
    }

    fn space_or_set(&mut self, name: &'d str, span: Span) -> Option<BTreeSet<String>> {
        match self.name(&[Kind::Space, Kind::SpaceSet], name, span)? {
            Kind::SpaceSet => self.spaces.sets.get(name).cloned(),
            _ => Some(BTreeSet::from([name.to_owned()])),
        }
    }

    fn union(&mut self, list: &'d [Text], span: Span, what: &str) -> Option<BTreeSet<String>> {
        if list.is_empty() {
            self.found.empty(span, what);
            return None;
        }
        let mut all = BTreeSet::new();
        let mut sound = true;
        for name in list {
            if name.as_str() == EVERY {
                sound = false;
                self.error(
                    Diagnostic::error(
                        Code::BadValue,
                        name.span,
                        "`*` stands alone, not in a list",
                    )
                    .help("write `spaces: \"*\"` in a grant of its own, and root or legacy in another"),
                );
                continue;
            }
            match self.space_or_set(name, name.span) {
                Some(ids) => all.extend(ids),
                None => sound = false,
            }
        }
        sound.then_some(all)
    }

    fn select(&mut self, select: &Select<'d>) -> Option<BTreeSet<String>> {
        let at_login = select.at_login.filter(|flag| flag.value);
        if let Some(flag) = at_login {
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    flag.span,
                    "labels at login can only be the spaces of a grant",
                )
                .help("remove it: here declared labels are what counts"),
            );
        }
        let labels = select.label.map(|list| self.labels(list, select.span));
        let under = select.under.map(|under| self.under(under, select));
        let except = select
            .except
            .map(|list| self.union(list, select.span, "`except`"));
        if select.label.is_none() && select.under.is_none() {
            self.found.missing(
                select.span,
                Diagnostic::error(
                    Code::MissingField,
                    select.span,
                    "this does not say which spaces are meant",
                )
                .help("write `under` or `label`; `except` only takes spaces away from those"),
            );
            return None;
        }
        // One that is there but wrong ends it here; every error in it has been reported.
        let labels = swap(labels)?;
        let under = swap(under)?;
        let except = swap(except)?.unwrap_or_default();
        if at_login.is_some() || !self.spaces.sound {
            return None;
        }
        if let Some(under) = &under {
            self.check_except(select, under, &except)?;
        }
        let shadow = Shadow::of(&self.spaces, &except);
        let found: BTreeSet<String> = match (&labels, &under) {
            (None, Some(under)) if select.reach == Reach::Highest => {
                highest(&self.spaces, under, &shadow)
            }
            (labels, under) => self
                .spaces
                .spaces
                .iter()
                .filter(|(id, space)| {
                    labels
                        .as_ref()
                        .is_none_or(|labels| labels.iter().any(|l| space.labels.contains(*l)))
                        && under
                            .as_ref()
                            .is_none_or(|under| self.spaces.is_within(id, under))
                        && shadow.is_clear(&self.spaces, id)
                })
                .map(|(id, _)| id.clone())
                .collect(),
        };
        if found.is_empty() {
            let help = self.empty_help(select, labels.as_deref().unwrap_or_default());
            self.error(
                Diagnostic::error(
                    Code::EmptyTarget,
                    select.span,
                    "no declared space is meant by this",
                )
                .help(help),
            );
            return None;
        }
        Some(found)
    }

    fn labels(&mut self, list: &'d [Text], span: Span) -> Option<Vec<&'d str>> {
        if list.is_empty() {
            self.found.empty(span, "`label`");
            return None;
        }
        Some(list.iter().map(|label| label.as_str()).collect())
    }

    fn under(&mut self, under: &'d Text, select: &Select<'d>) -> Option<&'d str> {
        if FIXED_SPACES.contains(&under.as_str()) {
            self.names.find(&[Kind::Space], under);
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    under.span,
                    format!("`under: {}` could be read in more than one way", under.value),
                )
                .help(match select {
                    Select { label: Some(_), .. } => {
                        "leave `under` out: a label is looked for among all declared spaces".to_owned()
                    }
                    Select { reach: Reach::Every, .. } => {
                        format!("name `{}` for that space alone, and others by themselves", under.value)
                    }
                    _ => format!(
                        "write `spaces: {}` for that space and everything below it, or `spaces: \"*\"` for every other",
                        under.value
                    ),
                }),
            );
            return None;
        }
        if self.names.is(Kind::SpaceSet, under) || under.as_str() == EVERY {
            self.names.find(&[Kind::SpaceSet], under);
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    under.span,
                    format!("`{}` is not one space", shown(under)),
                )
                .help("`under` takes the id of a space"),
            );
            return None;
        }
        self.name(&[Kind::Space], under, under.span)
            .map(|_| under.as_str())
    }

    /// An exception that excepts nothing is a mistake, and more likely in what is meant than in what is written.
    fn check_except(
        &mut self,
        select: &Select<'d>,
        under: &str,
        except: &BTreeSet<String>,
    ) -> Option<()> {
        let mut sound = true;
        for name in select.except.into_iter().flatten() {
            let outside: Vec<&str> = match self.spaces.sets.get(&name.value) {
                Some(set) if !self.names.is(Kind::Space, name) => {
                    set.iter().map(String::as_str).collect()
                }
                _ => vec![name.as_str()],
            };
            let outside: Vec<&str> = outside
                .into_iter()
                .filter(|id| except.contains(*id) && !self.spaces.is_within(id, under))
                .collect();
            let Some(first) = outside.first() else {
                continue;
            };
            sound = false;
            let diagnostic = Diagnostic::error(
                Code::BadValue,
                name.span,
                format!(
                    "the space `{}` does not lie below `{}`, so excepting it has no effect",
                    shown(first),
                    shown(under)
                ),
            )
            .help("leave it out, or look at where it lies");
            self.error(diagnostic);
        }
        sound.then_some(())
    }

    fn empty_help(&mut self, select: &Select<'d>, labels: &[&str]) -> String {
        let declared: BTreeSet<String> = self
            .spaces
            .spaces
            .values()
            .flat_map(|space| space.labels.iter().cloned())
            .collect();
        for label in labels {
            if declared.contains(*label) {
                continue;
            }
            return self
                .found
                .suggestion(label, declared.iter().map(String::as_str))
                .unwrap_or_else(|| {
                    format!(
                        "no space under `spaces` has the label `{}`; root and legacy have none",
                        shown(label)
                    )
                });
        }
        if select.except.is_some() {
            "`except` leaves nothing: it also takes away what lies above an excepted space"
                .to_owned()
        } else {
            "no space has the label and lies there".to_owned()
        }
    }
}

/// Absent, wrong or there, as wrong, or there or not.
fn swap<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
        None => Some(None),
    }
}

/// Excepted spaces, and those above them: a role on one of those would reach the excepted ones.
struct Shadow<'s> {
    excepted: &'s BTreeSet<String>,
    above: BTreeSet<String>,
}

impl<'s> Shadow<'s> {
    fn of(tree: &Tree, excepted: &'s BTreeSet<String>) -> Self {
        let above = excepted
            .iter()
            .flat_map(|id| tree.upward(id).skip(1))
            .map(str::to_owned)
            .collect();
        Self { excepted, above }
    }

    /// Whether a space neither is, nor lies below, nor has below it an excepted one.
    fn is_clear(&self, tree: &Tree, id: &str) -> bool {
        !self.above.contains(id) && !tree.upward(id).any(|at| self.excepted.contains(at))
    }
}

/// The highest spaces within one that are clear. Spacelift carries a role downward, so no more are needed.
fn highest(tree: &Tree, under: &str, shadow: &Shadow<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![under];
    if tree.upward(under).any(|at| shadow.excepted.contains(at)) {
        return found;
    }
    while let Some(id) = open.pop() {
        if shadow.excepted.contains(id) {
            continue;
        }
        if shadow.above.contains(id) {
            open.extend(
                tree.children
                    .get(id)
                    .into_iter()
                    .flatten()
                    .map(String::as_str),
            );
        } else {
            found.insert(id.to_owned());
        }
    }
    found
}
