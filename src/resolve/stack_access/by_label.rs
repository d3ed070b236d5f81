//! `by_label`: labels of stacks that say which group may do what.

use std::collections::BTreeMap;

use super::super::Resolver;
use super::super::names::Kind;
use super::Beside;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::Text;
use crate::model::stacks::{Labelled, Rule};
use crate::report::visible::is_hidden;

impl Resolver<'_, '_> {
    /// The labels of a stack that say something of a group, written out.
    pub(super) fn by_label(
        &mut self,
        template: &Text,
        beside: &Beside,
    ) -> Option<BTreeMap<String, Labelled>> {
        let once = |part: &str| template.matches(part).count() == 1;
        if !once("{level}") || !once("{group}") || template.contains(is_hidden) {
            self.found.missing(
                template.span,
                Diagnostic::error(
                    Code::BadValue,
                    template.span,
                    format!("`{}` does not say where the level and the group stand", shown(template)),
                )
                .help("write `{level}` and `{group}` in it, each once, as in `\"access:{level}:{group}\"`"),
            );
            return None;
        }
        // A label may speak of any group, so none of them is unused.
        let document = self.document;
        for (name, _) in &document.groups {
            self.names.find(&[Kind::Group], name);
        }
        let teams = beside.teams;
        let mut added = teams.into_iter().flat_map(|teams| teams.add.keys());
        if let Some(both) = added.find(|team| beside.groups.contains_key(*team)) {
            self.error(
                Diagnostic::error(
                    Code::DuplicateName,
                    template.span,
                    format!(
                        "`{}` is a team that the mapping adds, and a group as well",
                        shown(both)
                    ),
                )
                .help("call one of them otherwise: a label could speak of either"),
            );
            return None;
        }
        let sent = beside
            .groups
            .iter()
            .filter(|_| teams.is_none_or(|teams| teams.keep));
        // Of an external group every grant must end, and a label has no end.
        let sent = sent.map(|(name, group)| (name.as_str(), group.external));
        let added = teams.into_iter().flat_map(|teams| teams.add.keys());
        let added = added.map(|team| (team.as_str(), false));
        let mut labels: BTreeMap<String, Labelled> = BTreeMap::new();
        for (group, external) in sent.chain(added) {
            for rule in Rule::ALL {
                if external && matches!(rule, Rule::Read | Rule::Write) {
                    continue;
                }
                let label = template.replace("{level}", rule.word());
                let label = label.replace("{group}", group);
                let said = Labelled {
                    rule,
                    group: group.to_owned(),
                };
                if let Some(other) = labels.get(&label).filter(|other| **other != said) {
                    let both = format!("`{}` and `{}`", shown(&other.group), shown(group));
                    self.error(
                        Diagnostic::error(
                            Code::BadValue,
                            template.span,
                            format!("the label `{}` could speak of {both}", shown(&label)),
                        )
                        .help("write a sign between `{level}` and `{group}` that no name has"),
                    );
                    return None;
                }
                labels.insert(label, said);
            }
        }
        Some(labels)
    }
}
