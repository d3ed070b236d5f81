//! `naming`: groups and grants from a convention for the names of groups.
//!
//! Each convention is written out for every space and suffix before anything looks at subjects, so that what it makes is as
//! known as what is declared.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::grants::Words;
use super::ids::Decides;
use super::names::{Kind, LONGEST, RESERVED};
use super::targets::Reach;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{Naming, TargetKind, Text};
use crate::model::{Grant, Group, Origin, Provider, Subject};
use crate::report::visible::is_hidden;
use crate::source::Span;

/// How many groups conventions may stand for, all together.
const MOST_RESULTS: usize = 10_000;

const SPACE: &str = "{space}";
const SUFFIX: &str = "{suffix}";

/// One group of a convention, and what it is granted.
pub(super) struct Convention {
    group: String,
    roles: BTreeSet<String>,
    space: String,
    reason: Option<String>,
    owner: Option<String>,
    span: Span,
}

/// What a value of the identity provider stands for already.
struct Taken<'d> {
    alias: &'d Text,
    /// Whether it only stands for the group until a date.
    former: bool,
    /// Whether the group belongs to an included file and has other values. What a convention grants to it would go to whomever
    /// that file says.
    borrowed: bool,
}

impl<'d> Resolver<'d, '_> {
    /// Writes every convention out: groups that no alias stands for join the others.
    pub(super) fn conventions(
        &mut self,
        provider: Option<Provider>,
        groups: &mut BTreeMap<String, Group>,
    ) {
        let document = self.document;
        let taken = self.declared_values();
        // A value, and the convention that it is a result of.
        let mut results: BTreeMap<String, Span> = BTreeMap::new();
        for written in &document.naming {
            if provider == Some(Provider::Entra) {
                self.found.warning(
                    Diagnostic::warning(
                        Code::NamesNotSent,
                        written
                            .group
                            .as_ref()
                            .map_or(written.span, |text| text.span),
                        "a convention of names, where the identity provider sends ids",
                    )
                    .help("let it send names, or declare each group with its id under `groups`"),
                );
            }
            let Some(parts) = self.convention(written) else {
                self.conventions_sound = false;
                continue;
            };
            for space in &parts.spaces {
                for (suffix, roles) in &parts.suffixes {
                    let value = parts.template.replacen(SUFFIX, suffix, 1);
                    let value = value.replacen(SPACE, space, 1);
                    if !self.result(&value, parts.place, &taken, &mut results, groups) {
                        self.conventions_sound = false;
                        continue;
                    }
                    let group = match taken.get(value.as_str()) {
                        Some(taken) => taken.alias.value.clone(),
                        None => value,
                    };
                    self.made_grants.push(Convention {
                        group,
                        roles: roles.clone(),
                        space: space.clone(),
                        reason: written.reason.as_ref().map(|text| text.value.clone()),
                        owner: written.owner.as_ref().map(|text| text.value.clone()),
                        span: written.span,
                    });
                }
            }
        }
    }

    fn declared_values(&self) -> BTreeMap<&'d str, Taken<'d>> {
        let mut taken = BTreeMap::new();
        for (alias, group) in &self.document.groups {
            let former = group.formerly.iter().flat_map(|former| &former.sent_as);
            let all = group.sent_as.iter().map(|value| (value, false));
            let all: Vec<_> = all.chain(former.map(|value| (value, true))).collect();
            let borrowed = alias.span.file != self.document.file && all.len() > 1;
            for (value, former) in all {
                taken.entry(value.as_str()).or_insert(Taken {
                    alias,
                    former,
                    borrowed,
                });
            }
        }
        taken
    }

    /// Takes one result in, or says why it cannot be.
    fn result(
        &mut self,
        value: &str,
        place: Span,
        taken: &BTreeMap<&'d str, Taken<'d>>,
        results: &mut BTreeMap<String, Span>,
        groups: &mut BTreeMap<String, Group>,
    ) -> bool {
        let wrong = |code, message: String| Diagnostic::error(code, place, message);
        if let Some(first) = results.insert(value.to_owned(), place) {
            self.error(
                wrong(
                    Code::DuplicateValue,
                    format!("`{}` is a result of conventions twice", shown(value)),
                )
                .related(first, "the first time")
                .help("let each name mean one space and one suffix"),
            );
            return false;
        }
        if results.len() > MOST_RESULTS {
            if results.len() == MOST_RESULTS + 1 {
                self.error(
                    wrong(
                        Code::TooManyCases,
                        format!("conventions stand for more than {MOST_RESULTS} groups"),
                    )
                    .help("let them speak of fewer spaces"),
                );
            }
            return false;
        }
        if let Some(taken) = taken.get(value) {
            self.names.find(&[Kind::Group], taken.alias);
            let external = self.external.contains(taken.alias.as_str());
            let diagnostic = if taken.former {
                wrong(
                    Code::DuplicateValue,
                    format!("`{}` is what a group was sent as before", shown(value)),
                )
                .help("give the space or the suffix another name, or leave the earlier value out")
            } else if taken.borrowed {
                wrong(
                    Code::OutsideBounds,
                    format!(
                        "`{}` is one of several values of the group `{}` of an included file, so what a convention grants would go to the others as well",
                        shown(value),
                        shown(taken.alias)
                    ),
                )
                .help("let the group of that file have this value alone, or declare it in the mapping")
            } else if external {
                wrong(
                    Code::MissingField,
                    format!(
                        "`{}` is the external group `{}`, and what a convention grants has no `ends`",
                        shown(value),
                        shown(taken.alias)
                    ),
                )
                .help("give it a role in a grant that ends")
            } else {
                return true;
            };
            self.error(diagnostic.related(taken.alias.span, "declared here"));
            return false;
        }
        let declared = [Kind::Group, Kind::Person]
            .into_iter()
            .find(|kind| self.names.is(*kind, value));
        if declared.is_some() || RESERVED.contains(&value) {
            self.error(
                wrong(
                    Code::DuplicateName,
                    format!(
                        "`{}` is a result of this convention, and a name of something else",
                        shown(value)
                    ),
                )
                .help("names of `groups` and `people` and results of conventions are one set; rename one of them"),
            );
            return false;
        }
        groups.insert(
            value.to_owned(),
            Group {
                values: BTreeMap::from([(value.to_owned(), None)]),
                title: None,
                external: false,
                made: true,
                span: place,
            },
        );
        self.made.insert(value.to_owned());
        true
    }

    /// The parts of a convention, or nothing where one is faulty; each is looked at.
    fn convention(&mut self, written: &'d Naming) -> Option<Parts<'d>> {
        const WHAT: &str = "an entry of `naming`";
        let lacks = |this: &mut Self, field: &str, help: &str| {
            this.found.lacks(
                written.span,
                field,
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    format!("{WHAT} needs `{field}`"),
                )
                .help(help),
            );
        };
        let template = match &written.group {
            Some(text) => self.template(text).then_some(text),
            None => {
                lacks(
                    self,
                    "group",
                    "write how groups are called, as in `\"SL-{space}-{suffix}\"`",
                );
                None
            }
        };
        let suffixes = match &written.suffix {
            Some(suffixes) => self.suffixes(suffixes),
            None => {
                lacks(
                    self,
                    "suffix",
                    "write what each ending gives, as in `{ro: space-reader}`",
                );
                None
            }
        };
        let spaces = match &written.spaces {
            Some(target) => self.known_target(target),
            None => {
                lacks(self, "spaces", "choose the spaces that the names speak of");
                None
            }
        };
        let complete = self.required_words(&Words {
            what: WHAT,
            place: written.span,
            reason: written.reason.as_ref(),
            owner: written.owner.as_ref(),
        });
        let (template, suffixes, spaces) = (template?, suffixes?, spaces?);
        if !complete {
            return None;
        }
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let length = template.len() - SPACE.len() - SUFFIX.len()
            + longest(&mut spaces.iter().map(String::len))
            + longest(&mut suffixes.keys().map(|suffix| suffix.len()));
        if length > LONGEST {
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    template.span,
                    format!("this makes names that are longer than {LONGEST} bytes"),
                )
                .help("choose a shorter one"),
            );
            return None;
        }
        Some(Parts {
            template,
            suffixes,
            spaces,
            place: template.span,
        })
    }

    fn template(&mut self, text: &Text) -> bool {
        let once = |part: &str| text.matches(part).count() == 1;
        let rest = text.replacen(SPACE, "", 1).replacen(SUFFIX, "", 1);
        let (message, help) = if !once(SPACE) || !once(SUFFIX) {
            (
                format!(
                    "`{}` does not say `{SPACE}` and `{SUFFIX}`, each once",
                    shown(text)
                ),
                "write how groups are called, as in `\"SL-{space}-{suffix}\"`",
            )
        } else if rest.contains(['{', '}']) {
            (
                format!("`{}` has braces that stand for nothing", shown(text)),
                "only `{space}` and `{suffix}` stand for something",
            )
        } else if !is_plain(text) {
            (
                format!(
                    "`{}` has a space at an end, or a character in it that cannot be seen",
                    shown(text)
                ),
                "write the names exactly as the identity provider sends them",
            )
        } else {
            return true;
        };
        self.found.missing(
            text.span,
            Diagnostic::error(Code::BadValue, text.span, message).help(help),
        );
        false
    }

    fn suffixes(
        &mut self,
        written: &'d crate::source::Spanned<
            crate::document::Entries<crate::source::Spanned<Vec<Text>>>,
        >,
    ) -> Option<BTreeMap<&'d str, BTreeSet<String>>> {
        if written.is_empty() {
            self.found.empty(written.span, "`suffix`");
            return None;
        }
        let mut all = BTreeMap::new();
        let mut sound = true;
        for (suffix, roles) in &written.value {
            let fits = !suffix.is_empty() && is_plain(suffix) && !suffix.contains(['{', '}']);
            if !fits {
                sound = false;
                self.found.missing(
                    suffix.span,
                    Diagnostic::error(
                        Code::BadValue,
                        suffix.span,
                        format!("`{}` cannot be a suffix", shown(suffix)),
                    )
                    .help("write what stands for `{suffix}`, such as `ro`"),
                );
            }
            match self.granted_roles(&roles.value, roles.span) {
                Some(roles) => {
                    all.insert(suffix.as_str(), roles);
                }
                None => sound = false,
            }
        }
        sound.then_some(all)
    }

    /// Every space of a choice, for what must know their names.
    fn known_target(&mut self, target: &'d crate::document::Target) -> Option<BTreeSet<String>> {
        if !matches!(&target.kind, TargetKind::Name(name) if name == "*") {
            return self.target_of(target, Reach::Every);
        }
        self.error(
            Diagnostic::error(
                Code::BadValue,
                target.span,
                "a convention needs the names of its spaces, and `*` does not say them",
            )
            .help("name spaces, or choose them by `under` or by declared labels"),
        );
        None
    }

    /// Adds the grants of every convention; answers whether all conventions are right.
    pub(super) fn grants_of_conventions(&mut self, grants: &mut BTreeMap<String, Grant>) -> bool {
        let mut sound = self.conventions_sound;
        for made in std::mem::take(&mut self.made_grants) {
            let grant = Grant {
                who: Subject::Group(made.group),
                when: None,
                roles: made.roles,
                spaces: BTreeSet::from([made.space]),
                labels: BTreeSet::new(),
                starts: None,
                ends: None,
                reason: made.reason,
                owner: made.owner,
                reviewed: None,
                origin: Origin::Naming,
                span: made.span,
            };
            let decides = Decides {
                roles: Some(&grant.roles),
                spaces: Some(&grant.spaces),
                ..Decides::of(&grant.who)
            };
            match decides.id("grant") {
                Some(id) => self.add(grants, id, grant, "what a convention grants"),
                None => sound = false,
            }
        }
        sound
    }
}

struct Parts<'d> {
    template: &'d Text,
    suffixes: BTreeMap<&'d str, BTreeSet<String>>,
    spaces: BTreeSet<String>,
    place: Span,
}

/// Whether everything in a text can be seen, and no space stands at an end.
fn is_plain(text: &str) -> bool {
    text.trim() == text && !text.contains(|c: char| (c.is_whitespace() && c != ' ') || is_hidden(c))
}
