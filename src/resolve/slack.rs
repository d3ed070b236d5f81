//! `login.slack`: what requests from Slack channels are given.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::names::{Kind, LONGEST};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, Text};
use crate::model::{FIXED_SPACES, SlackChannel, SlackEntry, is_administrative};

impl<'d> Resolver<'d, '_> {
    pub(super) fn slack(&mut self) -> Option<BTreeMap<SlackChannel, SlackEntry>> {
        let document = self.document;
        let mut entries: BTreeMap<SlackChannel, SlackEntry> = BTreeMap::new();
        let mut sound = true;
        for written in &document.login.slack {
            let Some((channel, entry)) = self.slack_entry(written) else {
                sound = false;
                continue;
            };
            if let Some(first) = entries.get(&channel) {
                sound = false;
                let place = first.span;
                self.error(
                    Diagnostic::error(
                        Code::DuplicateValue,
                        written.span,
                        format!(
                            "the channel `{}` has an entry already",
                            shown(&channel.channel)
                        ),
                    )
                    .related(place, "the first one")
                    .help("write all of its roles in one entry"),
                );
                continue;
            }
            entries.insert(channel, entry);
        }
        sound.then_some(entries)
    }

    fn slack_entry(&mut self, written: &'d document::Slack) -> Option<(SlackChannel, SlackEntry)> {
        let workspace = self.slack_id(written, "workspace", written.workspace.as_ref());
        let channel = self.slack_id(written, "channel", written.channel.as_ref());
        let Some(space_roles) = &written.space_roles else {
            self.found.lacks(
                written.span,
                "space_roles",
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    "an entry of `slack` needs `space_roles`",
                )
                .help(
                    "write the roles by space, as in `space_roles: {payments-dev: [space-reader]}`",
                ),
            );
            return None;
        };
        if space_roles.is_empty() {
            self.found.empty(space_roles.span, "`space_roles`");
            return None;
        }
        let mut roles = BTreeMap::new();
        let mut sound = true;
        for (space, slugs) in &space_roles.value {
            let known = self.slack_space(space);
            let Some(slugs) = self.granted_roles(&slugs.value, slugs.span) else {
                sound = false;
                continue;
            };
            if !known || !self.no_slack_admin(space, &slugs) {
                sound = false;
                continue;
            }
            roles.insert(space.value.clone(), slugs);
        }
        let channel = SlackChannel {
            workspace: workspace?,
            channel: channel?,
        };
        let entry = SlackEntry {
            roles,
            span: written.span,
        };
        sound.then_some((channel, entry))
    }

    fn slack_space(&mut self, space: &'d Text) -> bool {
        if space.as_str() == "*" || self.names.is(Kind::SpaceSet, space) {
            self.names.find(&[Kind::SpaceSet], space);
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    space.span,
                    format!("`{}` is not one space", shown(space)),
                )
                .help("a channel is given roles space by space: name each"),
            );
            return false;
        }
        self.name(&[Kind::Space], space, space.span).is_some()
    }

    /// No denial could take it away from whoever joins the channel.
    fn no_slack_admin(&mut self, space: &Text, slugs: &BTreeSet<String>) -> bool {
        let administrative = slugs
            .iter()
            .find(|slug| is_administrative(&self.roles, slug));
        let Some(slug) = administrative.filter(|_| FIXED_SPACES.contains(&space.as_str())) else {
            return true;
        };
        self.error(
            Diagnostic::error(
                Code::BadValue,
                space.span,
                format!(
                    "the role `{}` holds `space:admin`, or may, and no channel can have that on `{}`",
                    shown(slug),
                    shown(space)
                ),
            )
            .help("whoever joins the channel would administer the account; give it a role without `space:admin`"),
        );
        false
    }

    pub(super) fn slack_id(
        &mut self,
        entry: &document::Slack,
        field: &str,
        id: Option<&Text>,
    ) -> Option<String> {
        let Some(id) = id else {
            self.found.lacks(
                entry.span,
                field,
                Diagnostic::error(
                    Code::MissingField,
                    entry.span,
                    format!("an entry of `slack` needs `{field}`"),
                )
                .help("write Slack's id of it, such as `T012AB3CD` for a workspace and `C0FFEE` for a channel"),
            );
            return None;
        };
        if is_slack_id(id) {
            return Some(id.value.clone());
        }
        self.found.missing(
            id.span,
            Diagnostic::error(
                Code::BadValue,
                id.span,
                format!("`{}` is not an id of Slack's", shown(id)),
            )
            .help("an id is letters and digits, such as `C0FFEE`; a channel's name can be given to another channel"),
        );
        None
    }
}

/// Letters and digits.
pub(crate) fn is_slack_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_alphanumeric())
}
