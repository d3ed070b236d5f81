//! `teams`: how the teams of a session are rewritten; and `sample`.

use std::collections::BTreeMap;

use super::Resolver;
use super::names::LONGEST;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{Entry, Text};
use crate::model::{Group, NO_TEAM, Sample, TeamEntry, Teams};

impl<'d> Resolver<'d, '_> {
    /// `Some(None)` where the mapping says nothing of teams.
    #[allow(clippy::option_option)] // wrong, absent, or there
    pub(super) fn teams(&mut self, groups: &BTreeMap<String, Group>) -> Option<Option<Teams>> {
        let document = self.document;
        let Some(written) = &document.teams else {
            return Some(None);
        };
        let Some(keep) = &written.keep else {
            self.found.lacks(
                written.span,
                "keep",
                Diagnostic::error(Code::MissingField, written.span, "`teams` needs `keep`")
                    .help("write `keep: true` for the provider's own teams to stay, `keep: false` to replace them"),
            );
            return None;
        };
        if keep.value && written.add.is_empty() {
            self.found.missing(
                written.span,
                Diagnostic::error(
                    Code::EmptyValue,
                    written.span,
                    "`teams` keeps everything and adds nothing",
                )
                .help("leave it out"),
            );
            return None;
        }
        let mut add = BTreeMap::new();
        let mut sound = true;
        for (team, entry) in &written.add {
            let named = self.is_team(team);
            sound &= named && self.not_of_provider(team, groups);
            match self.team_entry(entry) {
                Some(entry) => {
                    add.insert(team.value.clone(), entry);
                }
                None => sound = false,
            }
        }
        sound &= self.marker_is_free(groups);
        sound.then_some(Some(Teams {
            keep: keep.value,
            add,
            span: written.span,
        }))
    }

    fn is_team(&mut self, team: &Text) -> bool {
        let wrong = if team.is_empty() || team.len() > LONGEST {
            "a team has a name of 1 to 512 bytes".to_owned()
        } else if team.as_str() == NO_TEAM {
            format!("`{NO_TEAM}` stands for no team")
        } else {
            return true;
        };
        self.found.missing(
            team.span,
            Diagnostic::error(Code::BadName, team.span, wrong).help("choose another name"),
        );
        false
    }

    /// Row 58: a group of the provider's with the name of an added team would be given away by the provider, too.
    fn not_of_provider(&mut self, team: &Text, groups: &BTreeMap<String, Group>) -> bool {
        let Some((name, group)) = groups
            .iter()
            .find(|(_, group)| group.values.contains_key(&team.value))
        else {
            return true;
        };
        let place = group.span;
        self.error(
            Diagnostic::error(
                Code::DuplicateValue,
                team.span,
                format!(
                    "`{}` is what the identity provider sends for the group `{}`",
                    shown(team),
                    shown(name)
                ),
            )
            .related(place, "declared here")
            .help("give the added team a name that the provider does not send"),
        );
        false
    }

    fn marker_is_free(&mut self, groups: &BTreeMap<String, Group>) -> bool {
        let Some(group) = groups
            .values()
            .find(|group| group.values.contains_key(NO_TEAM))
        else {
            return true;
        };
        let place = group.span;
        self.error(
            Diagnostic::error(
                Code::BadValue,
                place,
                format!("`{NO_TEAM}` stands for no team where teams are rewritten"),
            )
            .help("no identity provider should send it"),
        );
        false
    }

    fn team_entry(&mut self, entry: &'d Entry) -> Option<TeamEntry> {
        let who = match &entry.who {
            Some(who) => self.subject(who),
            None => {
                self.found.lacks(
                    entry.span,
                    "who",
                    Diagnostic::error(Code::MissingField, entry.span, "an added team needs `who`")
                        .help("say who is given it; write `who: everyone` if that is meant"),
                );
                None
            }
        };
        let when = entry.when.as_ref().map(|test| self.test(test));
        let right = self.no_unless(entry.unless.as_ref(), "an added team");
        if matches!(when, Some(None)) || !right {
            return None;
        }
        Some(TeamEntry {
            who: who?,
            when: when.flatten(),
            span: entry.span,
        })
    }

    pub(super) fn sample(&mut self) -> Option<Sample> {
        let document = self.document;
        match &document.sample {
            None => Some(Sample::None),
            Some(word) => self.choice(
                word,
                &[
                    ("none", Sample::None),
                    ("denied", Sample::Denied),
                    ("all", Sample::All),
                ],
            ),
        }
    }
}
