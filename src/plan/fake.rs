//! An account in memory, and a mapping that it fits, for tests of plans and pushes.

mod attached;
mod known;
mod mapping;
mod simulator;
mod writes;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use serde_json::Value;

use super::POLICY_NAME;
use crate::spacelift::{
    Account, ApiKey, Attachment, AuditEntry, Engine, Error, Evaluation, KeyType, Module,
    Policy as LivePolicy, PolicyType, ReadAccount, Role, Sample, Scheme, Seats, Session, SignOn,
    Space, Stack, User, UserGroup, UserSessions, Viewer,
};

pub use attached::ByHand;
pub use known::Known;
pub use mapping::{Mapping, Pushed, membership, model, policy, probes};
pub use simulator::Simulator;
pub use writes::{ASKED, Fault, Sent};

pub const ENDPOINT: &str = "https://acme.app.spacelift.io";

/// What was there before a write.
type Before = (Vec<LivePolicy>, Option<Vec<Role>>, Option<ByHand>);

/// An account.
pub struct Fake {
    pub endpoint: String,
    pub account: Account,
    pub viewer: Viewer,
    pub policies: RefCell<Vec<LivePolicy>>,
    pub spaces: Vec<Space>,
    pub roles: RefCell<Option<Vec<Role>>>,
    /// What somebody attached; what labels attach is told by the policies and the stacks.
    pub attachments: RefCell<Option<ByHand>>,
    pub sessions: Result<Option<Vec<Session>>, Error>,
    /// Sessions that were ended one by one, by id.
    pub ended: RefCell<BTreeSet<String>>,
    pub known: Known,
    pub fault: Fault,
    /// Which write the fault strikes, counted from 0.
    pub fault_at: usize,
    /// What happens to the write after that.
    pub next_fault: Fault,
    /// How many readings after a write still show what was there before it.
    pub lag: Cell<usize>,
    /// Whether readings after a write fail.
    pub blind: bool,
    pub before: RefCell<Option<Before>>,
    pub writes: RefCell<Vec<Sent>>,
    pub simulator: Simulator,
}

impl Fake {
    /// The account that [`policy`] and [`model`] are for, without a login policy.
    pub fn new() -> Self {
        let space = |id: &str, parent: Option<&str>, labels: &[&str]| Space {
            id: id.into(),
            name: id.to_uppercase(),
            parent: parent.map(str::to_string),
            inherit: id != "root",
            labels: labels.iter().map(|label| (*label).to_string()).collect(),
        };
        let session = |id: &str, current| Session {
            id: id.into(),
            admin: false,
            current,
            email: None,
            created_at: 0,
            expires_at: None,
        };
        Self {
            endpoint: ENDPOINT.into(),
            account: Account {
                name: "acme".into(),
                scheme: Some(Scheme::LoginPolicies),
                opa: None,
                self_hosted: None,
            },
            viewer: Viewer {
                id: "api::01".into(),
                login: None,
                name: None,
                admin: true,
            },
            policies: RefCell::new(vec![LivePolicy {
                kind: PolicyType::Plan,
                ..live("guard", "package spacelift\n")
            }]),
            spaces: vec![
                space("legacy", Some("root"), &[]),
                space("payments", Some("root"), &["prod"]),
                space("root", None, &[]),
            ],
            roles: RefCell::new(Some(vec![
                role("deployer", &["RUN_TRIGGER", "SPACE_READ"]),
                role("space-admin", &["SPACE_ADMIN"]),
                role("space-reader", &["SPACE_READ"]),
                role("space-writer", &["SPACE_WRITE"]),
            ])),
            attachments: RefCell::new(Some(ByHand::new())),
            sessions: Ok(Some(vec![
                session("1", true),
                session("2", false),
                session("3", false),
            ])),
            ended: RefCell::new(BTreeSet::new()),
            known: Known {
                user_sessions: Some(vec![]),
                api_keys: Some(vec![key("01", true)]),
                ..Known::default()
            },
            fault: Fault::None,
            fault_at: 0,
            next_fault: Fault::None,
            lag: Cell::new(0),
            blind: false,
            before: RefCell::new(None),
            writes: RefCell::new(Vec::new()),
            simulator: Simulator::default(),
        }
    }

    /// With a login policy of our name.
    pub fn with_body(self, body: &str) -> Self {
        self.with_policy(live(POLICY_NAME, body))
    }

    pub fn with_policy(self, policy: LivePolicy) -> Self {
        self.policies.borrow_mut().push(policy);
        self
    }

    /// The login policy of our name.
    pub fn ours(&self) -> Option<LivePolicy> {
        self.policies
            .borrow()
            .iter()
            .find(|policy| policy.name == POLICY_NAME)
            .cloned()
    }

    /// Changes the login policy of our name.
    pub fn edit(&self, change: impl FnOnce(&mut LivePolicy)) {
        let mut policies = self.policies.borrow_mut();
        change(
            policies
                .iter_mut()
                .find(|policy| policy.name == POLICY_NAME)
                .unwrap(),
        );
    }

    /// The role of a slug.
    pub fn role(&self, slug: &str) -> Option<Role> {
        let roles = self.roles.borrow();
        let all = roles.as_ref().unwrap().iter();
        all.clone().find(|role| role.slug == slug).cloned()
    }

    pub fn with_role(self, role: Role) -> Self {
        self.roles.borrow_mut().as_mut().unwrap().push(role);
        self
    }

    pub fn without_role(self, slug: &str) -> Self {
        let keep = |role: &Role| role.slug != slug;
        self.roles.borrow_mut().as_mut().unwrap().retain(keep);
        self
    }

    /// Changes the role of a slug.
    pub fn edit_role(&self, slug: &str, change: impl FnOnce(&mut Role)) {
        let mut roles = self.roles.borrow_mut();
        let all = roles.as_mut().unwrap().iter_mut();
        change(all.into_iter().find(|role| role.slug == slug).unwrap());
    }

    fn shown(&self) -> Result<Before, Error> {
        if let Some(before) = &*self.before.borrow() {
            if self.blind {
                return Err(unavailable());
            }
            if self.lag.get() > 0 {
                self.lag.set(self.lag.get() - 1);
                return Ok(before.clone());
            }
        }
        Ok(self.now())
    }

    fn now(&self) -> Before {
        (
            self.policies.borrow().clone(),
            self.roles.borrow().clone(),
            self.attachments.borrow().clone(),
        )
    }
}

/// A role of the account; those of Spacelift's are called `space-…`.
pub fn role(slug: &str, actions: &[&str]) -> Role {
    Role {
        id: format!("01{slug}"),
        slug: slug.into(),
        name: slug.into(),
        system: slug.starts_with("space-"),
        actions: actions.iter().map(|action| (*action).to_string()).collect(),
        bindings: Some(0),
    }
}

/// An API key.
pub fn key(id: &str, admin: bool) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: id.into(),
        kind: KeyType::Secret,
        admin,
        deleted: false,
        teams: vec![],
        is_machine_user: true,
        created_at: 0,
        last_used_at: None,
        expires_at: None,
        bindings: None,
    }
}

pub fn unavailable() -> Error {
    Error::Unavailable {
        status: 503,
        attempts: 3,
    }
}

impl ReadAccount for Fake {
    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn viewer(&self) -> Result<Viewer, Error> {
        Ok(self.viewer.clone())
    }

    fn account(&self) -> Result<Account, Error> {
        Ok(self.account.clone())
    }

    fn policies(&self) -> Result<Vec<LivePolicy>, Error> {
        Ok(self.shown()?.0)
    }

    fn policy(&self, id: &str) -> Result<Option<LivePolicy>, Error> {
        Ok(self.shown()?.0.into_iter().find(|policy| policy.id == id))
    }

    fn spaces(&self) -> Result<Vec<Space>, Error> {
        Ok(self.spaces.clone())
    }

    fn roles(&self) -> Result<Option<Vec<Role>>, Error> {
        Ok(self.shown()?.1)
    }

    fn sessions(&self) -> Result<Option<Vec<Session>>, Error> {
        let ended = self.ended.borrow();
        let mut sessions = self.sessions.clone();
        if let Ok(Some(sessions)) = &mut sessions {
            sessions.retain(|session| !ended.contains(&session.id));
        }
        sessions
    }

    fn api_keys(&self) -> Result<Option<Vec<ApiKey>>, Error> {
        Ok(self.known.api_keys.clone())
    }

    fn users(&self) -> Result<Option<Vec<User>>, Error> {
        Ok(self.known.users.clone())
    }

    fn user_groups(&self) -> Result<Option<Vec<UserGroup>>, Error> {
        Ok(self.known.user_groups.clone())
    }

    fn group_names(&self) -> Result<Option<Vec<String>>, Error> {
        Ok(self.known.group_names.clone())
    }

    fn seats(&self) -> Result<Option<Seats>, Error> {
        Ok(self.known.seats.clone())
    }

    fn sign_on(&self) -> Result<Option<SignOn>, Error> {
        Ok(self.known.sign_on.clone())
    }

    fn user_sessions(&self, _: &str) -> Result<Option<Vec<UserSessions>>, Error> {
        Ok(self.known.user_sessions.clone())
    }

    fn evaluations(&self, policy: &str) -> Result<Option<Vec<Evaluation>>, Error> {
        let all = self.known.evaluations.as_ref();
        Ok(all.map(|all| all.get(policy).cloned().unwrap_or_default()))
    }

    fn sample(&self, _: &str, key: &str) -> Result<Option<Sample>, Error> {
        Ok(self.known.samples.get(key).cloned())
    }

    fn audit_trail(
        &self,
        since: i64,
        about: Option<&str>,
    ) -> Result<Option<Vec<AuditEntry>>, Error> {
        let mut trail = self.known.audit_trail.borrow().clone();
        if let Some(trail) = &mut trail {
            trail.retain(|entry| {
                entry.created_at >= since && about.is_none_or(|about| entry.is_about(about))
            });
        }
        Ok(trail)
    }

    fn actions(&self) -> Result<Option<Vec<String>>, Error> {
        Ok(self.known.actions.clone())
    }

    fn stacks(&self) -> Result<Option<Vec<Stack>>, Error> {
        Ok(self.known.stacks.clone())
    }

    fn module(&self, id: &str) -> Result<Option<Module>, Error> {
        let modules = self.known.modules.iter();
        Ok(modules.clone().find(|module| module.id == id).cloned())
    }

    fn attachments(&self, policy: &str) -> Result<Option<Vec<Attachment>>, Error> {
        let (policies, _, by_hand) = self.shown()?;
        let stacks = self.known.stacks.iter().flatten();
        let stacks = stacks.map(|one| (one.id.as_str(), one.labels.as_slice(), false));
        let modules = self.known.modules.iter();
        let modules = modules.map(|one| (one.id.as_str(), one.labels.as_slice(), true));
        let targets = stacks.chain(modules).collect::<Vec<_>>();
        let policy = policies.iter().find(|one| one.id == policy);
        Ok(by_hand.map(|by_hand| attached::of(policy, &by_hand, &targets)))
    }

    fn simulate(&self, kind: &PolicyType, body: &str, input: &str) -> Result<Option<Value>, Error> {
        self.simulator.simulate(kind, body, input)
    }
}

/// A login policy, Rego v1, in root.
pub fn live(name: &str, body: &str) -> LivePolicy {
    LivePolicy {
        id: name.into(),
        name: name.into(),
        body: body.into(),
        kind: PolicyType::Login,
        description: None,
        labels: vec![],
        space: Some("root".into()),
        engine: Some(Engine::V1),
        created_at: 1_000,
        updated_at: 1_000,
    }
}
