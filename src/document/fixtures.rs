//! Fixtures.

use super::decode::{Decoder, Empty};
use super::shape;
use super::{Entries, Text};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node};

/// A file of fixtures: identities and tests.
#[derive(Debug, Clone, Default)]
pub struct Fixtures {
    /// `identities`: name -> identity.
    pub identities: Entries<Identity>,
    /// `stacks`: id -> what Spacelift says of it.
    pub stacks: Entries<Spanned<serde_json::Value>>,
    /// `modules`, likewise.
    pub modules: Entries<Spanned<serde_json::Value>>,
    /// `tests`.
    pub tests: Vec<Case>,
    /// Whether the file could not be read to its end.
    pub incomplete: bool,
}

/// Somebody who might sign in.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Its declaration.
    pub span: Span,
    /// `login`.
    pub login: Option<Text>,
    /// `groups`: names of the mapping's `groups`.
    pub groups: Option<Spanned<Vec<Text>>>,
    /// `teams`: values exactly as the provider sends them, beside those of `groups`.
    pub teams: Option<Spanned<Vec<Text>>>,
    /// `member`.
    pub member: Option<Spanned<bool>>,
    /// `machine`.
    pub machine: Option<Spanned<bool>>,
    /// `api_key`: a declared key.
    pub api_key: Option<Text>,
}

/// One test.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Its declaration.
    pub span: Span,
    /// `name`.
    pub name: Option<Text>,
    /// `as`: an identity's name.
    pub identity: Option<Text>,
    /// `input`: a raw Spacelift input in place of an identity.
    pub input: Option<Spanned<serde_json::Value>>,
    /// `input_file`: a path to one, relative to this file.
    pub input_file: Option<Text>,
    /// `slack`: a Slack request in place of an identity.
    pub slack: Option<SlackRequest>,
    /// `request.ip`.
    pub ip: Option<Text>,
    /// `request.at`, RFC 3339.
    pub at: Option<Text>,
    /// `expect`: exhaustive.
    pub expect: Option<Expectation>,
    /// `forbid`: partial.
    pub forbid: Option<Expectation>,
}

/// A request that comes from Slack.
#[derive(Debug, Clone, Default)]
pub struct SlackRequest {
    /// Where it is written.
    pub span: Span,
    /// `workspace`.
    pub workspace: Option<Text>,
    /// `channel`.
    pub channel: Option<Text>,
}

/// What a test says of the decision.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// Where it is written.
    pub span: Span,
    /// `login`: deny, allow or admin.
    pub login: Option<Text>,
    /// `roles`: space id or `"*"` -> slugs.
    pub roles: Option<Entries<Spanned<Vec<Text>>>>,
    /// `teams`: what the session's teams become.
    pub teams: Option<Spanned<Vec<Text>>>,
    /// `stacks`: id of a stack or module -> what may be done.
    pub stacks: Option<Spanned<Entries<Text>>>,
}

impl Decoder<'_> {
    pub(super) fn fixtures(&mut self, root: &Node) -> Fixtures {
        let mut fixtures = Fixtures::default();
        for (field, node) in self.fields(root, &shape::FIXTURES, Empty::Fine) {
            self.fixtures_field(&mut fixtures, field, node);
        }
        fixtures
    }

    pub(super) fn fixtures_field(&mut self, fixtures: &mut Fixtures, field: &str, node: &Node) {
        match field {
            "identities" => {
                fixtures.identities = self.named(node, "`identities`", |this, _, node| {
                    Some(this.identity(node))
                });
            }
            "stacks" => {
                fixtures.stacks = self.named(node, "`stacks`", |this, _, node| {
                    Some(Spanned::new(this.json(node), node.span))
                });
            }
            "modules" => {
                fixtures.modules = self.named(node, "`modules`", |this, _, node| {
                    Some(Spanned::new(this.json(node), node.span))
                });
            }
            "tests" => {
                let items = self.list(node, "`tests`", Empty::Fine);
                fixtures.tests = items.iter().map(|item| self.case(item)).collect();
            }
            _ => {}
        }
    }

    fn identity(&mut self, node: &Node) -> Identity {
        let mut identity = Identity {
            span: node.span,
            ..Identity::default()
        };
        for (field, node) in self.fields(node, &shape::IDENTITY, Empty::Fine) {
            match field {
                "login" => identity.login = self.text(node, "`login`"),
                // An empty list is somebody of whom the provider says "in no group", which is not the same as silence.
                "groups" => {
                    identity.groups = Some(Spanned::new(
                        self.texts(node, "`groups`", Empty::Fine),
                        node.span,
                    ))
                }
                "teams" => {
                    identity.teams = Some(Spanned::new(
                        self.texts(node, "`teams`", Empty::Fine),
                        node.span,
                    ))
                }
                "member" => identity.member = self.flag(node, "`member`"),
                "machine" => identity.machine = self.flag(node, "`machine`"),
                "api_key" => identity.api_key = self.text(node, "`api_key`"),
                _ => {}
            }
        }
        identity
    }

    fn case(&mut self, node: &Node) -> Case {
        let mut case = Case {
            span: node.span,
            ..Case::default()
        };
        let fields = self.fields(node, &shape::CASE, Empty::Fine);
        for (field, node) in &fields {
            match *field {
                "name" => case.name = self.text(node, "`name`"),
                "as" => case.identity = self.text(node, "`as`"),
                "input" => case.input = Some(Spanned::new(self.json(node), node.span)),
                "input_file" => case.input_file = self.text(node, "`input_file`"),
                "slack" => case.slack = Some(self.slack_request(node)),
                "request" => self.request(node, &mut case),
                "expect" => case.expect = Some(self.expectation(node, Empty::Unclear)),
                "forbid" => case.forbid = Some(self.expectation(node, Empty::Unclear)),
                _ => {}
            }
        }
        if !matches!(node.kind, Kind::Map(_)) {
            return case;
        }
        let who: Vec<&(&str, &Node)> = fields
            .iter()
            .filter(|(field, _)| matches!(*field, "as" | "input" | "input_file" | "slack"))
            .collect();
        match who.as_slice() {
            [] => self.missing(
                node,
                "a test",
                "one of `as`, `input`, `input_file` and `slack`",
            ),
            [_] => {}
            [(first, at), rest @ ..] => {
                for (second, here) in rest {
                    // One field twice is reported as that.
                    if first != second {
                        self.report(
                            Diagnostic::error(
                                Code::BadValue,
                                here.span,
                                format!("a test has one of `as`, `input`, `input_file` and `slack`, and this one has `{first}` and `{second}`"),
                            )
                            .related(at.span, format!("`{first}` is here")),
                        );
                    }
                }
            }
        }
        if !fields
            .iter()
            .any(|(field, _)| matches!(*field, "expect" | "forbid"))
        {
            self.missing(node, "a test", "`expect` or `forbid`, or both");
        }
        case
    }

    fn request(&mut self, node: &Node, case: &mut Case) {
        for (field, node) in self.fields(node, &shape::REQUEST, Empty::Fine) {
            match field {
                "ip" => case.ip = self.text(node, "`ip`"),
                "at" => case.at = self.text(node, "`at`"),
                _ => {}
            }
        }
    }

    fn slack_request(&mut self, node: &Node) -> SlackRequest {
        let mut request = SlackRequest {
            span: node.span,
            ..SlackRequest::default()
        };
        for (field, node) in self.fields(node, &shape::SLACK_REQUEST, Empty::Fine) {
            match field {
                "workspace" => request.workspace = self.text(node, "`workspace`"),
                "channel" => request.channel = self.text(node, "`channel`"),
                _ => {}
            }
        }
        request
    }

    fn expectation(&mut self, node: &Node, empty: Empty) -> Expectation {
        let mut expectation = Expectation {
            span: node.span,
            ..Expectation::default()
        };
        for (field, node) in self.fields(node, &shape::EXPECTATION, empty) {
            match field {
                "login" => expectation.login = self.text(node, "`login`"),
                "roles" => {
                    // An empty list is a space on which no role is held.
                    expectation.roles = Some(self.named(node, "`roles`", |this, _, node| {
                        Some(Spanned::new(
                            this.texts(node, "the roles of a space", Empty::Fine),
                            node.span,
                        ))
                    }));
                }
                "stacks" => {
                    let stacks = self.named(node, "`stacks`", |this, _, node| {
                        this.text(node, "what may be done with a stack")
                    });
                    expectation.stacks = Some(Spanned::new(stacks, node.span));
                }
                "teams" => {
                    expectation.teams = Some(Spanned::new(
                        self.texts(node, "`teams`", Empty::Fine),
                        node.span,
                    ));
                }
                _ => {}
            }
        }
        expectation
    }
}
