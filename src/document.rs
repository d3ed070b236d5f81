//! The mapping and its fixtures as written: raw, with the place of every part, nothing looked up.
//!
//! A document may be wrong in every way that is not a matter of shape. [`crate::resolve`] turns it into a
//! [`crate::model::Model`], which cannot be.

mod decode;
mod delegated;
mod expression;
mod fixtures;
mod guardrails;
mod guards;
mod lock;
mod mapping;
pub(crate) mod shape;
mod stack_access;
#[cfg(test)]
mod tests;

pub use delegated::{Elevation, Include, Included, Naming};
pub use expression::{Subject, SubjectKind, SubjectMap, Target, TargetKind, Test, TestKind};
pub use fixtures::{Case, Expectation, Fixtures, Identity, SlackRequest};
pub use guardrails::{Guardrail, Outside};
pub use guards::{Amount, Guards};
pub use lock::{Adopted, Lock};
pub use stack_access::{Attach, StackAccess, StackEntry, StackTest, StackTestKind, StackValue};

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, Sources, Span, Spanned};
use crate::yaml;

/// Reads a file as a mapping, reporting everything in it that is not of the right shape. With errors, the document holds
/// what could be read; nothing may be compiled from it.
pub fn read_mapping(sources: &Sources, file: SourceId, diagnostics: &mut Diagnostics) -> Document {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let tree = yaml::read(file, text, diagnostics);
    let mut document = match &tree.root {
        Some(root) if !is_blank(root) => decode::Decoder::new(diagnostics).document(file, root),
        _ => Document {
            file,
            ..Document::default()
        },
    };
    document.incomplete = !tree.complete;
    document
}

/// Reads a file that a mapping includes, reporting everything in it that is not of the right shape.
pub fn read_included(sources: &Sources, file: SourceId, diagnostics: &mut Diagnostics) -> Included {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let tree = yaml::read(file, text, diagnostics);
    let mut included = match &tree.root {
        Some(root) if !is_blank(root) => decode::Decoder::new(diagnostics).included(root),
        _ => Included::default(),
    };
    included.incomplete = !tree.complete;
    included
}

/// Reads a file as fixtures, reporting everything in it that is not of the right shape.
pub fn read_fixtures(sources: &Sources, file: SourceId, diagnostics: &mut Diagnostics) -> Fixtures {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let tree = yaml::read(file, text, diagnostics);
    let mut fixtures = match &tree.root {
        Some(root) if !is_blank(root) => decode::Decoder::new(diagnostics).fixtures(root),
        _ => Fixtures::default(),
    };
    fixtures.incomplete = !tree.complete;
    fixtures
}

/// Reads a file as a lock, reporting everything in it that is not of the right shape.
pub fn read_lock(sources: &Sources, file: SourceId, diagnostics: &mut Diagnostics) -> Lock {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let tree = yaml::read(file, text, diagnostics);
    match &tree.root {
        Some(root) if !is_blank(root) => decode::Decoder::new(diagnostics).lock(root),
        _ => {
            let nowhere = Span {
                file,
                start: 0,
                end: 0,
            };
            diagnostics.push(Diagnostic::error(
                Code::MissingField,
                nowhere,
                "the lock needs `version`, `account` and `adopted`",
            ));
            Lock::default()
        }
    }
}

/// Whether a file says nothing at all, as one does that holds only comments or `---`.
fn is_blank(root: &yaml::Node) -> bool {
    matches!(&root.kind, yaml::Kind::Scalar(scalar) if scalar.style == yaml::Style::Plain && scalar.text.is_empty())
}

/// The sections of a mapping, in the order in which they are usually written.
pub const SECTIONS: &[&str] = shape::MAPPING.fields;

/// The fields of `login`, likewise.
pub const LOGIN_FIELDS: &[&str] = shape::LOGIN.fields;

/// A string and its place.
pub type Text = Spanned<String>;

/// The keys of a YAML map with their values, in the order written, each key once.
pub type Entries<T> = Vec<(Text, T)>;

/// `access.yaml`.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The file.
    pub file: SourceId,
    /// `version`, 1 so far.
    pub version: Option<Spanned<i64>>,
    /// `account`: which Spacelift account this is about.
    pub account: Option<Account>,
    /// `identity_provider`.
    pub identity_provider: Option<Text>,
    /// `rego`: v1 or v0.
    pub rego: Option<Text>,
    /// `spaces`: id -> space.
    pub spaces: Entries<Space>,
    /// `space_sets`: name -> space ids.
    pub space_sets: Entries<Vec<Text>>,
    /// `roles`: slug -> role.
    pub roles: Entries<Role>,
    /// `groups`: name -> what the provider sends; those of included files, too.
    pub groups: Entries<Group>,
    /// `people`: name -> subject; likewise.
    pub people: Entries<Subject>,
    /// `conditions`: name -> condition.
    pub conditions: Entries<Condition>,
    /// `login`.
    pub login: Login,
    /// `break_glass`.
    pub break_glass: Vec<BreakGlass>,
    /// `outside_policy`.
    pub outside_policy: Vec<Outside>,
    /// `grants`, and those of included files.
    pub grants: Vec<Grant>,
    /// `naming`.
    pub naming: Vec<Naming>,
    /// `include`.
    pub include: Vec<Include>,
    /// `elevations`.
    pub elevations: Vec<Elevation>,
    /// `guardrails`.
    pub guardrails: Vec<Guardrail>,
    /// `exclusive`: sets of names of groups.
    pub exclusive: Vec<Spanned<Vec<Text>>>,
    /// `defaults`.
    pub defaults: Defaults,
    /// `api_keys`: name in this file -> key.
    pub api_keys: Entries<ApiKey>,
    /// `teams`: how a session's teams are rewritten, if they are.
    pub teams: Option<Teams>,
    /// `sample`: which decisions Spacelift records.
    pub sample: Option<Text>,
    /// `accepted_policies`: names or ids of other login policies that may stay.
    pub accepted_policies: Vec<Text>,
    /// `guards`, if it is there.
    pub guards: Option<Guards>,
    /// `lints`: name -> level.
    pub lints: Entries<LintLevel>,
    /// Sections that are there and whose entries could not be read, so that a name may be declared in them all the same.
    pub unread: BTreeSet<String>,
    /// Whether the file could not be read to its end, so that names may be missing here that it declares.
    pub incomplete: bool,
    /// `stack_access`.
    pub stack_access: Vec<StackAccess>,
}

impl Document {
    /// Takes in what an included file says, for the entry of `include` of this number; answers its fixtures.
    pub fn take_in(&mut self, entry: usize, included: Included) -> Fixtures {
        self.groups.extend(included.groups);
        self.people.extend(included.people);
        self.grants
            .extend(included.grants.into_iter().map(|grant| Grant {
                include: Some(entry),
                ..grant
            }));
        self.unread.extend(included.unread);
        if included.incomplete {
            self.miss_a_file();
        }
        included.fixtures
    }

    /// Notes that an included file could not be read whole, so that names may be declared there.
    pub fn miss_a_file(&mut self) {
        let sections = ["groups", "people"].map(str::to_owned);
        self.unread.extend(sections);
    }
}

/// `account: acme` or `account: {endpoint: https://…}`.
#[derive(Debug, Clone)]
pub enum Account {
    /// The account's name at `https://<name>.app.spacelift.io`.
    Name(Text),
    /// A self-hosted installation's address.
    Endpoint(Text),
}

/// A space as declared.
#[derive(Debug, Clone, Default)]
pub struct Space {
    /// Its declaration.
    pub span: Span,
    /// `parent`, a space id.
    pub parent: Option<Text>,
    /// `inherit`, default false.
    pub inherit: Option<Spanned<bool>>,
    /// `labels`.
    pub labels: Vec<Text>,
}

/// A role as declared.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// Its declaration.
    pub span: Span,
    /// `name`, as Spacelift shows it.
    pub name: Option<Text>,
    /// `actions`, spelt `space:read`.
    pub actions: Option<Spanned<Vec<Text>>>,
    /// `external: true`: exists in the account, not managed here.
    pub external: Option<Spanned<bool>>,
}

/// A group as declared; the short form `senior: 55aa…` is `sent_as` alone.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its declaration.
    pub span: Span,
    /// `sent_as`: what the provider sends; a string or a list, any of it.
    pub sent_as: Vec<Text>,
    /// `name`, a comment for people.
    pub name: Option<Text>,
    /// `owner`.
    pub owner: Option<Text>,
    /// `external: true`: every grant naming it must end.
    pub external: Option<Spanned<bool>>,
    /// `formerly`: values that stand for the group until a date.
    pub formerly: Vec<Former>,
}

/// A value that a group had before.
#[derive(Debug, Clone, Default)]
pub struct Former {
    /// Its declaration.
    pub span: Span,
    /// `sent_as`, a string or a list.
    pub sent_as: Vec<Text>,
    /// `ends`, a date or time.
    pub ends: Option<Text>,
}

/// A condition as declared; every field given must hold.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Its declaration.
    pub span: Span,
    /// `ip`: addresses and networks, any of them; a string or a list.
    pub ip: Option<Vec<Text>>,
    /// `days`: mon … sun.
    pub days: Option<Vec<Text>>,
    /// `hours`: `09:00-17:00`, a string or a list, any of them.
    pub hours: Option<Vec<Text>>,
    /// `timezone`: IANA Area/City.
    pub timezone: Option<Text>,
}

/// `login`.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// Where it is written, if it is.
    pub span: Option<Span>,
    /// `require`: the gate.
    pub require: Option<Subject>,
    /// `no_grants`: refuse or admit.
    pub no_grants: Option<Text>,
    /// `no_groups`: unknown (the default) or known.
    pub no_groups: Option<Text>,
    /// `admin`.
    pub admin: Vec<Entry>,
    /// `deny`.
    pub deny: Vec<Entry>,
    /// `deny_admin`.
    pub deny_admin: Vec<Entry>,
    /// `offboarded`.
    pub offboarded: Vec<Offboarded>,
    /// `slack`.
    pub slack: Vec<Slack>,
}

/// An API key as declared.
#[derive(Debug, Clone, Default)]
pub struct ApiKey {
    /// Its declaration.
    pub span: Span,
    /// `id`, as Spacelift shows it.
    pub id: Option<Text>,
    /// `owner`.
    pub owner: Option<Text>,
    /// `rotate_by`, a date.
    pub rotate_by: Option<Text>,
}

/// An entry of `login.slack`: what a channel may do.
#[derive(Debug, Clone, Default)]
pub struct Slack {
    /// Where it is written.
    pub span: Span,
    /// `workspace`, Slack's id of it.
    pub workspace: Option<Text>,
    /// `channel`, Slack's id of it.
    pub channel: Option<Text>,
    /// `space_roles`: space id -> slugs.
    pub space_roles: Option<Spanned<Entries<Spanned<Vec<Text>>>>>,
}

/// `teams`.
#[derive(Debug, Clone, Default)]
pub struct Teams {
    /// Where it is written.
    pub span: Span,
    /// `keep`: whether the provider's own teams stay.
    pub keep: Option<Spanned<bool>>,
    /// `add`: team -> who gets it, and when.
    pub add: Entries<Entry>,
}

/// An entry of `admin`, `deny` or `deny_admin`: a bare subject, or a map with `who` and `when` or `unless`.
/// Which of the two belongs where is [`crate::resolve`]'s to say.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it is written.
    pub span: Span,
    /// `who`; left out, everyone.
    pub who: Option<Subject>,
    /// `when`.
    pub when: Option<Test>,
    /// `unless`.
    pub unless: Option<Test>,
}

/// Somebody who has left: a bare login, or a map with `login` and `aliases`.
#[derive(Debug, Clone)]
pub struct Offboarded {
    /// Where it is written.
    pub span: Span,
    /// `login`.
    pub login: Text,
    /// `aliases`: other logins of the same person.
    pub aliases: Vec<Text>,
}

/// A break-glass identity.
#[derive(Debug, Clone, Default)]
pub struct BreakGlass {
    /// Where it is written.
    pub span: Span,
    /// `login`.
    pub login: Option<Text>,
    /// `owner`.
    pub owner: Option<Text>,
    /// `why`.
    pub why: Option<Text>,
    /// `test_every`: a number of days such as `90d`.
    pub test_every: Option<Text>,
}

/// A grant as written.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    /// Where it is written.
    pub span: Span,
    /// `who`.
    pub who: Option<Subject>,
    /// `roles`: a slug or a list.
    pub roles: Option<Spanned<Vec<Text>>>,
    /// `spaces`.
    pub spaces: Option<Target>,
    /// `when`.
    pub when: Option<Test>,
    /// `unless`, which is an error on a grant.
    pub unless: Option<Test>,
    /// `starts`: a date or a time with an offset.
    pub starts: Option<Text>,
    /// `ends`: a date or a time with an offset.
    pub ends: Option<Text>,
    /// `reason`.
    pub reason: Option<Text>,
    /// `owner`.
    pub owner: Option<Text>,
    /// `reviewed`: the day on which somebody last looked at it.
    pub reviewed: Option<Text>,
    /// For a grant of an included file, the entry of `include` that bounds it.
    pub include: Option<usize>,
}

/// `defaults`.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// `require`: fields that every grant must have; `reason` and `owner` are known.
    pub require: Vec<Text>,
    /// `review_every`, such as `180d`.
    pub review_every: Option<Text>,
    /// `reviewed`: the day on which all grants were last looked at.
    pub reviewed: Option<Text>,
    /// `max_elevation`, such as `12h`.
    pub max_elevation: Option<Text>,
}

/// The level of a lint.
#[derive(Debug, Clone, Default)]
pub struct LintLevel {
    /// Where it is written.
    pub span: Span,
    /// `level`: allow, warn or deny.
    pub level: Option<Text>,
    /// `within`, such as `14d`.
    pub within: Option<Text>,
}
