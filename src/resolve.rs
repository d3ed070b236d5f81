//! From the mapping as written to the mapping as meant: every name looked up, every rule of the language checked.
//!
//! Every error is reported, not the first. A name whose declaration is faulty still counts as declared, so that one mistake
//! is one error.

mod account;
pub mod actions;
mod api_keys;
mod break_glass;
mod conditions;
mod cycles;
mod elevations;
pub(crate) mod findings;
mod grants;
mod groups;
mod guardrails;
mod guards;
mod hours;
mod ids;
mod include;
mod lengths;
mod login;
pub(crate) mod names;
mod naming;
mod networks;
mod normal;
mod people;
mod roles;
pub(crate) mod slack;
mod spaces;
mod stack_access;
mod subjects;
mod targets;
mod teams;
#[cfg(test)]
mod tests;
pub(crate) mod time;
mod when;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::Document;
use crate::model::{Model, Role, Subject};
use crate::source::{Sources, Span};

pub(crate) use stack_access::way_out;

use findings::Findings;
use include::Bounds;
use names::Names;
use naming::Convention;
use spaces::Tree;

/// Checks a mapping. A model is only made where nothing at all is wrong, with the file or with what it says.
pub fn resolve(
    document: &Document,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Model> {
    let mut resolver = Resolver {
        document,
        sources,
        names: Names::default(),
        found: Findings::new(diagnostics),
        spaces: Tree::default(),
        roles: BTreeMap::new(),
        people: BTreeMap::new(),
        external: document
            .groups
            .iter()
            .filter(|(_, group)| group.external.as_ref().is_some_and(|flag| flag.value))
            .map(|(name, _)| name.as_str())
            .collect(),
        bounds: Vec::new(),
        made: BTreeSet::new(),
        made_grants: Vec::new(),
        conventions_sound: true,
        in_stacks: false,
    };
    let model = resolver.model();
    let warnings = resolver.found.into_warnings();
    for warning in warnings {
        diagnostics.push(warning);
    }
    model.filter(|_| !diagnostics.has_errors())
}

/// A mapping on its way to a model. `'d` is the document's, `'r` that of the findings.
struct Resolver<'d, 'r> {
    document: &'d Document,
    sources: &'d Sources,
    names: Names<'d>,
    found: Findings<'r>,
    spaces: Tree,
    /// Declared and built-in roles.
    roles: BTreeMap<String, Role>,
    /// What each name of `people` stands for; `None` where its declaration is faulty.
    people: BTreeMap<&'d str, Option<Subject>>,
    /// Groups of which every grant must end.
    external: BTreeSet<&'d str>,
    /// What each entry of `include` allows.
    bounds: Vec<Bounds<'d>>,
    /// Groups that conventions make.
    made: BTreeSet<String>,
    /// What conventions grant.
    made_grants: Vec<Convention>,
    conventions_sound: bool,
    /// Whether what is read is about stacks, where teams that the login policy gives are groups.
    in_stacks: bool,
}

impl Resolver<'_, '_> {
    /// Each part is resolved whether or not another was: errors anywhere are errors to report.
    fn model(&mut self) -> Option<Model> {
        self.declare_all();
        self.version();
        let account = self.account();
        let provider = self.provider();
        let dialect = self.dialect();
        self.requirements();
        let review = self.review();
        let lints = self.lints();
        let spaces = self.all_spaces();
        self.roles = self.roles();
        self.bounds();
        let mut groups = self.groups();
        self.conventions(provider, &mut groups);
        let api_keys = self.api_keys();
        self.resolve_people();
        let conditions = self.conditions();
        let login = self.login();
        let outside_policy = self.outside_policy();
        let grants = self.grants();
        let guardrails = self.guardrails();
        let exclusive = self.exclusive();
        let break_glass = self.break_glass(login.as_ref(), grants.as_ref(), &api_keys);
        let teams = self.teams(&groups);
        let beside = stack_access::Beside {
            account: account.as_ref(),
            groups: &groups,
            teams: teams.as_ref().and_then(Option::as_ref),
        };
        let stack_access = self.stack_access(&beside);
        let sample = self.sample();
        let accepted_policies = self.accepted_policies();
        let guards = self.guards();
        if !self.found.failed() {
            self.warn_of_unused();
        }
        Some(Model {
            file_name: self.file_name(),
            account: account?,
            provider: provider?,
            dialect: dialect?,
            spaces,
            roles: std::mem::take(&mut self.roles),
            groups,
            conditions: conditions?,
            login: login?,
            break_glass,
            outside_policy,
            grants: grants?,
            exclusive,
            guardrails,
            api_keys,
            teams: teams?,
            sample: sample?,
            accepted_policies,
            review,
            lints,
            guards,
            stack_access: stack_access?,
        })
    }

    fn file_name(&self) -> String {
        let path = self
            .sources
            .get(self.document.file)
            .map_or("", |file| file.path.as_str());
        path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.found.error(diagnostic);
    }

    /// The start of the file, for what the file as a whole lacks.
    fn top(&self) -> Span {
        Span {
            file: self.document.file,
            ..Span::default()
        }
    }
}
