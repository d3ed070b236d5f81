//! A mapping as it would be checked and compiled, and everything else that a plan asks for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::{Desired, Override, Probe, Samples, Silent, Source};
use crate::diagnostic::Diagnostics;
use crate::directory::Directory;
use crate::history::{Commit, Found, LastPushed, NotFound, Search};
use crate::lock::Lock;
use crate::model::{self, Login, Model, NoGrants, NoGroups, Provider, RoleKind, Subject};
use crate::policy::{GrantRow, Policy, Row};
use crate::project::{CompiledAccess, Policies};
use crate::render::{self, tests::full};
use crate::samples::{Archive, Key};
use crate::source::{Sources, Span};

/// Members of a group get roles on `payments`; two others are account admins.
pub fn policy() -> Policy {
    let row = |id: &str| Row {
        all: vec![],
        anyone: false,
        id: id.into(),
        none: vec![],
    };
    let grant = |id: &str, role: &str| GrantRow {
        all: vec![],
        anyone: false,
        ends: None,
        id: id.into(),
        labels: vec![],
        none: vec![],
        roles: vec![role.into()],
        spaces: vec!["payments".into()],
        starts: None,
    };
    Policy {
        patterns: BTreeMap::new(),
        conditions: BTreeMap::new(),
        break_glass: BTreeSet::new(),
        offboarded: BTreeMap::new(),
        denials: BTreeMap::new(),
        admin_denials: BTreeMap::new(),
        guarded_grants: BTreeMap::new(),
        admins: BTreeMap::from([
            ("login ada@acme.example".into(), vec![row("admin")]),
            ("login grace@acme.example".into(), vec![row("admin-2")]),
        ]),
        groups: BTreeMap::from([("0aaa".into(), membership("payments"))]),
        grants: BTreeMap::from([(
            "group payments".into(),
            vec![grant("deploy", "deployer"), grant("read", "space-reader")],
        )]),
        ..full()
    }
}

pub fn membership(group: &str) -> crate::policy::Membership {
    crate::policy::Membership {
        ends: None,
        group: group.into(),
    }
}

/// The mapping of [`policy`], as far as a plan looks at one.
pub fn model() -> Model {
    let space = |declared: bool, labels: &[&str]| model::Space {
        parent: declared.then(|| "root".to_string()),
        inherit: declared,
        labels: labels.iter().map(|label| (*label).to_string()).collect(),
        span: declared.then(Span::default),
    };
    let role = |kind: RoleKind| model::Role {
        name: None,
        kind,
        span: None,
    };
    let admin = |login: &str| model::Admin {
        who: Subject::Login(login.into()),
        when: None,
        span: Span::default(),
    };
    let grant = |role: &str| model::Grant {
        who: Subject::Group("payments".into()),
        when: None,
        roles: BTreeSet::from([role.into()]),
        spaces: BTreeSet::from(["payments".into()]),
        labels: BTreeSet::new(),
        starts: None,
        ends: None,
        reason: None,
        owner: None,
        reviewed: None,
        origin: model::Origin::Grant,
        span: Span::default(),
    };
    Model {
        file_name: "access.yaml".into(),
        account: model::Account::Name("acme".into()),
        provider: Provider::Okta,
        dialect: model::Dialect::V1,
        spaces: BTreeMap::from([
            ("root".into(), space(false, &[])),
            ("legacy".into(), space(false, &[])),
            ("payments".into(), space(true, &["prod"])),
        ]),
        roles: BTreeMap::from([
            (
                "deployer".into(),
                role(RoleKind::Declared(BTreeSet::from([
                    "space:read".into(),
                    "run:trigger".into(),
                ]))),
            ),
            ("space-reader".into(), role(RoleKind::BuiltIn)),
        ]),
        groups: BTreeMap::from([(
            "payments".into(),
            model::Group {
                values: BTreeMap::from([("0aaa".into(), None)]),
                title: None,
                external: false,
                made: false,
                span: Span::default(),
            },
        )]),
        conditions: BTreeMap::new(),
        login: Login {
            require: Subject::Member,
            require_span: None,
            no_grants: NoGrants::Refuse,
            no_grants_span: None,
            no_groups: NoGroups::Unknown,
            admin: BTreeMap::from([
                ("admin".into(), admin("ada@acme.example")),
                ("admin-2".into(), admin("grace@acme.example")),
            ]),
            deny: BTreeMap::new(),
            deny_admin: BTreeMap::new(),
            offboarded: BTreeMap::new(),
            slack: BTreeMap::new(),
        },
        break_glass: BTreeMap::new(),
        outside_policy: BTreeMap::new(),
        exclusive: Vec::new(),
        guardrails: BTreeMap::new(),
        grants: BTreeMap::from([
            ("deploy".into(), grant("deployer")),
            ("read".into(), grant("space-reader")),
        ]),
        api_keys: BTreeMap::new(),
        teams: None,
        sample: model::Sample::None,
        accepted_policies: BTreeSet::new(),
        review: None,
        lints: Default::default(),
        guards: model::Guards::default(),
        stack_access: BTreeMap::new(),
    }
}

/// A member in the group, a member in none, the admin, and an outsider.
pub fn probes() -> Vec<Probe> {
    let probe = |identity: &str, member: bool, teams: &[&str]| Probe {
        source: Source::Fixture,
        name: format!("{identity}, no request"),
        identity: identity.into(),
        person: None,
        input: json!({
            "request": {"remote_ip": "203.0.113.9", "timestamp_ns": 1_700_000_000_000_000_000_i64},
            "session": {"login": format!("{identity}@acme.example"), "member": member, "machine": false, "teams": teams},
            "spaces": [],
        }),
    };
    vec![
        probe("alice", true, &["0aaa"]),
        probe("bob", true, &["other"]),
        probe("ada", true, &["other"]),
        probe("eve", false, &["0aaa"]),
    ]
}

/// Everything that a plan asks for, owned.
pub struct Mapping {
    pub model: Model,
    pub policy: Policy,
    pub text: String,
    pub probes: Vec<Probe>,
    pub delete_roles: Vec<String>,
    pub admin_roles: Vec<String>,
    pub directory: Option<Directory>,
    /// Recorded inputs, the key of their pseudonyms, and whether names are shown.
    pub samples: Option<(Archive, Option<Key>, bool)>,
    pub now: Option<i64>,
    pub overrides: Vec<Override>,
    pub history: Pushed,
    pub lock: Option<Lock>,
    pub overwrite: Vec<String>,
    pub access: Vec<CompiledAccess>,
    pub delete_access: Vec<String>,
    pub add_only: bool,
}

/// What was pushed once, by the digests of its policies.
#[derive(Default)]
pub struct Pushed(pub Vec<Policies>);

impl Pushed {
    /// A login policy, and nothing else.
    pub fn login(policy: Policy) -> Self {
        Self(vec![Policies {
            model: model(),
            login: policy,
            access: Vec::new(),
        }])
    }
}

impl LastPushed for Pushed {
    fn last_pushed(&self, digest: &str) -> Search {
        let missing = || NotFound {
            why: "no commit has it".into(),
        };
        let found = self.0.iter().find(|policy| {
            let mut access = policy.access.iter();
            policy.login.digest() == *digest || access.any(|one| one.digest() == *digest)
        });
        let policies = found.ok_or_else(missing)?.clone();
        Ok(Box::new(Found {
            commit: Commit {
                id: "1234567890abcdef1234567890abcdef12345678".into(),
                author: "Ada".into(),
                time: 1_700_000_000,
                subject: "who may pay".into(),
            },
            policies,
        }))
    }
}

impl Mapping {
    pub fn new() -> Self {
        Self::of(policy())
    }

    /// A mapping as people write it, without probes.
    pub fn read(yaml: &str) -> Self {
        let mut sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        let file = sources.add("access.yaml", yaml);
        let document = crate::document::read_mapping(&sources, file, &mut diagnostics);
        let model = crate::resolve::resolve(&document, &sources, &mut diagnostics);
        let model = model.unwrap_or_else(|| panic!("{:?}", diagnostics.sorted()));
        let policy = crate::compile::compile(&model, &mut diagnostics).unwrap();
        let access = model.stack_access.iter().map(|(name, entry)| {
            let policy =
                crate::compile::compile_access(&model, name, entry, &mut diagnostics).unwrap();
            let text = render::render(&policy).unwrap();
            CompiledAccess { policy, text }
        });
        let access = access.collect();
        Self {
            model,
            access,
            probes: Vec::new(),
            ..Self::of(policy)
        }
    }

    pub fn of(policy: Policy) -> Self {
        Self {
            model: model(),
            text: render::render(&policy).unwrap(),
            policy,
            probes: probes(),
            delete_roles: Vec::new(),
            admin_roles: Vec::new(),
            history: Pushed::default(),
            lock: None,
            overwrite: Vec::new(),
            access: Vec::new(),
            delete_access: Vec::new(),
            add_only: false,
            directory: None,
            samples: None,
            now: None,
            overrides: Vec::new(),
        }
    }

    pub fn desired(&self) -> Desired<'_> {
        Desired {
            model: &self.model,
            policy: &self.policy,
            text: &self.text,
            access: &self.access,
            delete_access: self.delete_access.clone(),
            probes: self.probes.clone(),
            delete_roles: self.delete_roles.clone(),
            admin_roles: self.admin_roles.clone(),
            history: &self.history,
            lock: self.lock.as_ref(),
            overwrite: self.overwrite.clone(),
            add_only: self.add_only,
            directory: self.directory.as_ref(),
            samples: self.samples.as_ref().map(|(archive, key, reveal)| Samples {
                archive,
                key: key.as_ref(),
                reveal: *reveal,
            }),
            progress: &Silent,
            now: self.now,
            overrides: self.overrides.clone(),
        }
    }
}
