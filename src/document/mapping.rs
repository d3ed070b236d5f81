//! The mapping, decoded.

use super::decode::{Decoder, Empty};
use super::shape;
use super::{
    Account, ApiKey, BreakGlass, Condition, Defaults, Document, Former, Grant, Group, LintLevel,
    Login, Offboarded, Role, Slack, Space, Teams,
};
use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{SourceId, Spanned};
use crate::yaml::{Kind, Node};

impl Decoder<'_> {
    pub(super) fn document(&mut self, file: SourceId, root: &Node) -> Document {
        let mut document = Document {
            file,
            unread: unread(root, shape::MAPPING.fields),
            ..Document::default()
        };
        for (field, node) in self.fields(root, &shape::MAPPING, Empty::Fine) {
            match field {
                "version" => document.version = self.integer(node, "`version`"),
                "account" => document.account = self.account(node),
                "identity_provider" => {
                    document.identity_provider = self.text(node, "`identity_provider`")
                }
                "rego" => document.rego = self.text(node, "`rego`"),
                "spaces" => {
                    document.spaces =
                        self.named(node, "`spaces`", |this, _, node| Some(this.space(node)))
                }
                "space_sets" => {
                    document.space_sets = self.named(node, "`space_sets`", |this, name, node| {
                        let name = format!("the space set `{}`", crate::diagnostic::shown(name));
                        Some(this.texts(node, &name, Empty::Unclear))
                    });
                }
                "roles" => {
                    document.roles =
                        self.named(node, "`roles`", |this, _, node| Some(this.role(node)))
                }
                "groups" => {
                    document.groups =
                        self.named(node, "`groups`", |this, _, node| Some(this.group(node)))
                }
                "people" => {
                    document.people = self.named(node, "`people`", |this, _, node| {
                        this.subject(node, "each of `people`")
                    })
                }
                "conditions" => {
                    document.conditions = self.named(node, "`conditions`", |this, _, node| {
                        Some(this.condition(node))
                    });
                }
                "login" => document.login = self.login(node),
                "break_glass" => {
                    let items = self.list(node, "`break_glass`", Empty::Fine);
                    document.break_glass =
                        items.iter().map(|item| self.break_glass(item)).collect();
                }
                "grants" => {
                    let items = self.list(node, "`grants`", Empty::Fine);
                    document.grants = items.iter().map(|item| self.grant(item)).collect();
                }
                "outside_policy" => {
                    let items = self.list(node, "`outside_policy`", Empty::Fine);
                    document.outside_policy = items.iter().map(|item| self.outside(item)).collect();
                }
                "naming" => {
                    let items = self.list(node, "`naming`", Empty::Fine);
                    document.naming = items.iter().map(|item| self.naming(item)).collect();
                }
                "include" => {
                    let items = self.list(node, "`include`", Empty::Fine);
                    document.include = items.iter().map(|item| self.include(item)).collect();
                }
                "elevations" => {
                    let items = self.list(node, "`elevations`", Empty::Fine);
                    document.elevations = items.iter().map(|item| self.elevation(item)).collect();
                }
                "stack_access" => {
                    let items = self.list(node, "`stack_access`", Empty::Fine);
                    document.stack_access =
                        items.iter().map(|item| self.stack_access(item)).collect();
                }
                "guardrails" => {
                    let items = self.list(node, "`guardrails`", Empty::Fine);
                    document.guardrails = items.iter().map(|item| self.guardrail(item)).collect();
                }
                "exclusive" => document.exclusive = self.exclusive(node),
                "defaults" => document.defaults = self.defaults(node),
                "api_keys" => {
                    document.api_keys =
                        self.named(node, "`api_keys`", |this, _, node| Some(this.api_key(node)))
                }
                "teams" => document.teams = Some(self.teams(node)),
                "sample" => document.sample = self.text(node, "`sample`"),
                "guards" => document.guards = Some(self.guards(node)),
                "lints" => {
                    document.lints =
                        self.named(node, "`lints`", |this, _, node| Some(this.lint(node)))
                }
                "accepted_policies" => {
                    document.accepted_policies =
                        self.texts(node, "`accepted_policies`", Empty::Fine)
                }
                _ => {}
            }
        }
        document
    }

    fn account(&mut self, node: &Node) -> Option<Account> {
        if matches!(node.kind, Kind::Scalar(_)) {
            return self.text(node, "`account`").map(Account::Name);
        }
        let mut account = None;
        if matches!(node.kind, Kind::Sequence(_)) {
            self.wrong(node, "`account`", "a name, or a map with `endpoint`");
            return None;
        }
        for (field, node) in self.fields(node, &shape::ACCOUNT, Empty::Unclear) {
            if field == "endpoint" {
                account = self.text(node, "`endpoint`").map(Account::Endpoint);
            }
        }
        account
    }

    fn space(&mut self, node: &Node) -> Space {
        let mut space = Space {
            span: node.span,
            ..Space::default()
        };
        for (field, node) in self.fields(node, &shape::SPACE, Empty::Fine) {
            match field {
                "parent" => space.parent = self.text(node, "`parent`"),
                "inherit" => space.inherit = self.flag(node, "`inherit`"),
                "labels" => space.labels = self.texts(node, "`labels`", Empty::Fine),
                _ => {}
            }
        }
        space
    }

    fn role(&mut self, node: &Node) -> Role {
        let mut role = Role {
            span: node.span,
            ..Role::default()
        };
        for (field, node) in self.fields(node, &shape::ROLE, Empty::Fine) {
            match field {
                "name" => role.name = self.text(node, "`name`"),
                "actions" => {
                    role.actions = Some(Spanned::new(
                        self.texts(node, "`actions`", Empty::Unclear),
                        node.span,
                    ));
                }
                "external" => role.external = self.flag(node, "`external`"),
                _ => {}
            }
        }
        role
    }

    pub(super) fn group(&mut self, node: &Node) -> Group {
        let mut group = Group {
            span: node.span,
            ..Group::default()
        };
        if matches!(node.kind, Kind::Scalar(_)) {
            group.sent_as = self
                .text(node, "what the provider sends")
                .into_iter()
                .collect();
            return group;
        }
        if matches!(node.kind, Kind::Sequence(_)) {
            self.wrong(node, "a group", "a string, or a map with `sent_as`");
            return group;
        }
        for (field, node) in self.fields(node, &shape::GROUP, Empty::Fine) {
            match field {
                "sent_as" => group.sent_as = self.text_or_texts(node, "`sent_as`"),
                "name" => group.name = self.text(node, "`name`"),
                "owner" => group.owner = self.text(node, "`owner`"),
                "external" => group.external = self.flag(node, "`external`"),
                "formerly" => {
                    let items = self.list(node, "`formerly`", Empty::Fine);
                    group.formerly = items.iter().map(|item| self.former(item)).collect();
                }
                _ => {}
            }
        }
        group
    }

    fn former(&mut self, node: &Node) -> Former {
        let mut former = Former {
            span: node.span,
            ..Former::default()
        };
        for (field, node) in self.fields(node, &shape::FORMER, Empty::Fine) {
            match field {
                "sent_as" => former.sent_as = self.text_or_texts(node, "`sent_as`"),
                "ends" => former.ends = self.text(node, "`ends`"),
                _ => {}
            }
        }
        former
    }

    fn condition(&mut self, node: &Node) -> Condition {
        let mut condition = Condition {
            span: node.span,
            ..Condition::default()
        };
        for (field, node) in self.fields(node, &shape::CONDITION, Empty::Unclear) {
            match field {
                "ip" => condition.ip = Some(self.text_or_texts(node, "`ip`")),
                "days" => condition.days = Some(self.texts(node, "`days`", Empty::Unclear)),
                "hours" => condition.hours = Some(self.text_or_texts(node, "`hours`")),
                "timezone" => condition.timezone = self.text(node, "`timezone`"),
                _ => {}
            }
        }
        condition
    }

    fn login(&mut self, node: &Node) -> Login {
        let mut login = Login {
            span: Some(node.span),
            ..Login::default()
        };
        for (field, node) in self.fields(node, &shape::LOGIN, Empty::Fine) {
            match field {
                "require" => login.require = self.subject(node, "`require`"),
                "no_grants" => login.no_grants = self.text(node, "`no_grants`"),
                "no_groups" => login.no_groups = self.text(node, "`no_groups`"),
                "admin" => login.admin = self.entries(node, "`admin`"),
                "deny" => login.deny = self.entries(node, "`deny`"),
                "deny_admin" => login.deny_admin = self.entries(node, "`deny_admin`"),
                "slack" => {
                    let items = self.list(node, "`slack`", Empty::Fine);
                    login.slack = items.iter().map(|item| self.slack(item)).collect();
                }
                "offboarded" => {
                    let items = self.list(node, "`offboarded`", Empty::Fine);
                    login.offboarded = items
                        .iter()
                        .filter_map(|item| self.offboarded(item))
                        .collect();
                }
                _ => {}
            }
        }
        login
    }

    fn slack(&mut self, node: &Node) -> Slack {
        let mut entry = Slack {
            span: node.span,
            ..Slack::default()
        };
        for (field, node) in self.fields(node, &shape::SLACK, Empty::Fine) {
            match field {
                "workspace" => entry.workspace = self.text(node, "`workspace`"),
                "channel" => entry.channel = self.text(node, "`channel`"),
                "space_roles" => {
                    let roles = self.named(node, "`space_roles`", |this, _, node| {
                        Some(Spanned::new(
                            this.text_or_texts(node, "the roles of a space"),
                            node.span,
                        ))
                    });
                    entry.space_roles = Some(Spanned::new(roles, node.span));
                }
                _ => {}
            }
        }
        entry
    }

    fn api_key(&mut self, node: &Node) -> ApiKey {
        let mut key = ApiKey {
            span: node.span,
            ..ApiKey::default()
        };
        for (field, node) in self.fields(node, &shape::API_KEY, Empty::Fine) {
            match field {
                "id" => key.id = self.text(node, "`id`"),
                "owner" => key.owner = self.text(node, "`owner`"),
                "rotate_by" => key.rotate_by = self.text(node, "`rotate_by`"),
                _ => {}
            }
        }
        key
    }

    fn teams(&mut self, node: &Node) -> Teams {
        let mut teams = Teams {
            span: node.span,
            ..Teams::default()
        };
        for (field, node) in self.fields(node, &shape::TEAMS, Empty::Unclear) {
            match field {
                "keep" => teams.keep = self.flag(node, "`keep`"),
                "add" => {
                    teams.add =
                        self.named(node, "`add`", |this, _, node| this.entry(node, "a team"))
                }
                _ => {}
            }
        }
        teams
    }

    fn offboarded(&mut self, node: &Node) -> Option<Offboarded> {
        if matches!(node.kind, Kind::Scalar(_)) {
            let login = self.text(node, "each entry of `offboarded`")?;
            return Some(Offboarded {
                span: node.span,
                login,
                aliases: Vec::new(),
            });
        }
        let mut login = None;
        let mut aliases = Vec::new();
        let fields = self.fields(node, &shape::OFFBOARDED, Empty::Fine);
        let named = fields.iter().any(|(field, _)| *field == "login");
        for (field, node) in fields {
            match field {
                "login" => login = self.text(node, "`login`"),
                "aliases" => aliases = self.texts(node, "`aliases`", Empty::Fine),
                _ => {}
            }
        }
        if !named && matches!(node.kind, Kind::Map(_)) {
            self.missing(node, "an entry of `offboarded`", "`login`");
        }
        Some(Offboarded {
            span: node.span,
            login: login?,
            aliases,
        })
    }

    pub(super) fn missing(&mut self, node: &Node, what: &str, field: &str) {
        self.report(Diagnostic::error(
            Code::MissingField,
            node.span,
            format!("{what} needs {field}"),
        ));
    }

    fn break_glass(&mut self, node: &Node) -> BreakGlass {
        let mut identity = BreakGlass {
            span: node.span,
            ..BreakGlass::default()
        };
        for (field, node) in self.fields(node, &shape::BREAK_GLASS, Empty::Fine) {
            match field {
                "login" => identity.login = self.text(node, "`login`"),
                "owner" => identity.owner = self.text(node, "`owner`"),
                "why" => identity.why = self.text(node, "`why`"),
                "test_every" => identity.test_every = self.text(node, "`test_every`"),
                _ => {}
            }
        }
        identity
    }

    pub(super) fn grant(&mut self, node: &Node) -> Grant {
        let mut grant = Grant {
            span: node.span,
            ..Grant::default()
        };
        for (field, node) in self.fields(node, &shape::GRANT, Empty::Fine) {
            self.grant_field(&mut grant, field, node);
        }
        grant
    }

    pub(super) fn grant_field(&mut self, grant: &mut Grant, field: &str, node: &Node) {
        match field {
            "who" => grant.who = self.subject(node, "`who`"),
            "roles" => {
                grant.roles = Some(Spanned::new(self.text_or_texts(node, "`roles`"), node.span))
            }
            "spaces" => grant.spaces = self.target(node, "`spaces`"),
            "when" => grant.when = self.test(node, "`when`"),
            "unless" => grant.unless = self.test(node, "`unless`"),
            "starts" => grant.starts = self.text(node, "`starts`"),
            "ends" => grant.ends = self.text(node, "`ends`"),
            "reason" => grant.reason = self.text(node, "`reason`"),
            "owner" => grant.owner = self.text(node, "`owner`"),
            "reviewed" => grant.reviewed = self.text(node, "`reviewed`"),
            _ => {}
        }
    }

    /// A level alone, or a map with it.
    fn lint(&mut self, node: &Node) -> LintLevel {
        let mut lint = LintLevel {
            span: node.span,
            ..LintLevel::default()
        };
        if !matches!(node.kind, Kind::Map(_)) {
            lint.level = self.text(node, "the level of a lint");
            return lint;
        }
        for (field, node) in self.fields(node, &shape::LINT, Empty::Unclear) {
            match field {
                "level" => lint.level = self.text(node, "`level`"),
                "within" => lint.within = self.text(node, "`within`"),
                _ => {}
            }
        }
        lint
    }

    fn defaults(&mut self, node: &Node) -> Defaults {
        let mut defaults = Defaults::default();
        for (field, node) in self.fields(node, &shape::DEFAULTS, Empty::Fine) {
            match field {
                "require" => defaults.require = self.texts(node, "`require`", Empty::Fine),
                "review_every" => defaults.review_every = self.text(node, "`review_every`"),
                "reviewed" => defaults.reviewed = self.text(node, "`reviewed`"),
                "max_elevation" => defaults.max_elevation = self.text(node, "`max_elevation`"),
                _ => {}
            }
        }
        defaults
    }
}

/// The sections that are there and whose entries cannot be read: not a map, or under a misspelt key.
pub(super) fn unread(root: &Node, fields: &[&str]) -> BTreeSet<String> {
    let Kind::Map(entries) = &root.kind else {
        return BTreeSet::new();
    };
    let sections = || fields.iter().copied();
    entries
        .iter()
        .filter_map(|(key, node)| {
            let name = key.scalar.text.as_str();
            if sections().any(|section| section == name) {
                return (!matches!(node.kind, Kind::Map(_))).then(|| name.to_string());
            }
            nearest(name, sections()).map(str::to_string)
        })
        .collect()
}
