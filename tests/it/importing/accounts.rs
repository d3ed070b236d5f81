//! Accounts to import: any at all, with every name that somebody once regretted.

use std::path::Path;

use liftgate::model::stacks::Attach;
use liftgate::model::{Dialect, RoleKind};
use liftgate::project::Project;
use liftgate::resolve::actions::to_api;
use liftgate::sandbox::state::{
    AccessRule, ApiKey, Attachment, Binding, Group, Holder, Person, Policy, Role, Space, State,
    User,
};
use liftgate::sandbox::{Sandbox, Seed, System};
use serde_json::json;

/// An account as it lies in a file.
pub struct Account {
    pub state: State,
}

/// Names that are no trouble, and names that are nothing but.
const NAMES: [&str; 26] = [
    "Platform Engineering",
    "platform-engineering",
    "payments",
    "yes",
    "null",
    "1.0",
    "0123",
    "2026-01-01",
    "~",
    "everyone",
    "none",
    "all",
    "R&D: \"core\"",
    "it's",
    "# not a comment",
    "- item",
    "{flow}",
    "日本チーム",
    "Équipe Réseau",
    "e\u{301}quipe",
    "\u{202e}desrever",
    " padded ",
    "*",
    "@acme/leads",
    "back\\slash",
    "7c0f2c1e-6d1b-4c55-9a3f-2b7d0d1c9e11",
];

const ACTIONS: [&str; 6] = [
    "SPACE_READ",
    "RUN_TRIGGER",
    "RUN_CONFIRM",
    "SPACE_ADMIN",
    "TASK_CREATE",
    "STACK_STATE_READ",
];

/// Chance that comes out alike every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }

    fn some<'a>(&mut self, of: &[&'a str], most: usize) -> Vec<&'a str> {
        let count = self.roll(most + 1);
        let mut all: Vec<&str> = (0..count).map(|_| self.one(of)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn id(kind: &str, number: usize) -> String {
    format!("{kind}{number:04}")
}

impl Account {
    fn new(name: &str) -> Self {
        let seed = Seed {
            account: name.to_string(),
            ..Seed::default()
        };
        let sandbox = Sandbox::in_memory(&seed, System::default()).unwrap();
        let mut state = None;
        sandbox.edit(|now| state = Some(now.clone())).unwrap();
        Self {
            state: state.unwrap(),
        }
    }

    pub fn save(&self, path: &Path) {
        std::fs::write(path, serde_json::to_string(&self.state).unwrap()).unwrap();
    }

    pub fn login_policy(&mut self, name: &str, body: &str) {
        let id = name.to_lowercase().replace(' ', "-");
        let policy = Policy {
            id: id.clone(),
            name: name.to_string(),
            body: body.to_string(),
            r#type: "LOGIN".to_string(),
            description: None,
            labels: Vec::new(),
            space: "root".to_string(),
            engine_type: "REGO_V0".to_string(),
            created_at: 1,
            updated_at: 1,
            samples: Vec::new(),
        };
        self.state.policies.insert(id, policy);
    }

    /// An access policy, in an account that takes them.
    pub fn access_policy(&mut self, name: &str, body: &str, attach: &Attach) {
        self.login_policy(name, body);
        self.state.account.takes_access_policies = true;
        let policy = self.state.policies.get_mut(name).unwrap();
        policy.r#type = "ACCESS".to_string();
        policy.space = "legacy".to_string();
        policy.labels = attach.policy_labels().into_iter().collect();
        for (at, stack) in attach.stacks.iter().enumerate() {
            let made = json!({"id": stack, "name": stack, "labels": [], "space": "legacy", "repository": "apps",
                              "branch": "main", "state": "FINISHED", "createdAt": 1});
            let made = serde_json::from_value(made).unwrap();
            self.state.stacks.insert(stack.clone(), made);
            let attachment = Attachment {
                id: format!("{name}-{at}"),
                policy: name.to_string(),
                stack: stack.clone(),
            };
            self.state
                .attachments
                .insert(attachment.id.clone(), attachment);
        }
    }

    fn space(&mut self, id: &str, name: &str, parent: &str, inherit: bool, labels: &[&str]) {
        let space = Space {
            id: id.to_string(),
            name: name.to_string(),
            description: String::new(),
            parent_space: Some(parent.to_string()),
            inherit_entities: inherit,
            labels: labels.iter().map(ToString::to_string).collect(),
        };
        self.state.spaces.insert(id.to_string(), space);
    }

    fn role(&mut self, slug: &str, name: &str, actions: &[&str]) {
        let role = Role {
            id: format!("ROLE{}", slug.to_uppercase()),
            slug: slug.to_string(),
            name: name.to_string(),
            description: None,
            is_system: false,
            actions: actions.iter().map(ToString::to_string).collect(),
        };
        self.state.roles.insert(role.id.clone(), role);
    }

    fn bind(&mut self, kind: Holder, holder: &str, role: &str, space: &str) {
        let binding = Binding {
            id: id("BINDING", self.state.bindings.len()),
            kind,
            holder: holder.to_string(),
            role: role.to_string(),
            space: space.to_string(),
        };
        self.state.bindings.insert(binding.id.clone(), binding);
    }

    fn key(&mut self, id: &str, name: &str, admin: bool, teams: &[&str]) {
        let key = ApiKey {
            id: id.to_string(),
            name: name.to_string(),
            description: String::new(),
            r#type: "SECRET".to_string(),
            admin,
            creator: "somebody".to_string(),
            created_at: 1,
            last_used_at: None,
            teams: teams.iter().map(ToString::to_string).collect(),
            is_machine_user: true,
            expires_at: None,
            secret_hash: None,
            oidc_settings: None,
        };
        self.state.api_keys.insert(id.to_string(), key);
    }

    pub fn group(&mut self, name: &str, rules: Vec<AccessRule>) {
        let group = Group {
            id: id("GROUP", self.state.groups.len()),
            group_name: name.to_string(),
            description: None,
            status: "ACTIVE".to_string(),
            identity_provider: None,
            last_login_time: None,
            access_rules: rules,
        };
        self.state.groups.insert(group.id.clone(), group);
    }

    fn user(&mut self, login: &str, status: &str, rules: Vec<AccessRule>) {
        let user = User {
            id: id("USER", self.state.users.len()),
            username: login.to_string(),
            invitation_email: None,
            login_method: Some("SAML".to_string()),
            status: status.to_string(),
            last_login_time: None,
            slack_member_id: None,
            groups: Vec::new(),
            access_rules: rules,
        };
        self.state.users.insert(user.id.clone(), user);
    }

    pub fn person(&mut self, login: &str, teams: &[&str], member: bool) {
        let person = Person {
            login: login.to_string(),
            name: login.to_string(),
            email: None,
            teams: Some(teams.iter().map(ToString::to_string).collect()),
            member,
            address: "203.0.113.7".to_string(),
        };
        self.state.people.insert(login.to_string(), person);
    }
}

/// An account to which the mapping of a folder was pushed.
pub fn pushed(project: &Project) -> Account {
    let compiled = project.compiled.as_ref().unwrap();
    // As a sandbox is called that stands for an installation at an address.
    let mut account = Account::new(&compiled.model.account.to_string());
    for (id, space) in &compiled.model.spaces {
        if let Some(parent) = &space.parent {
            let labels: Vec<&str> = space.labels.iter().map(String::as_str).collect();
            account.space(id, id, parent, space.inherit, &labels);
        }
    }
    for (slug, role) in &compiled.model.roles {
        match &role.kind {
            RoleKind::BuiltIn => {}
            RoleKind::External => account.role(slug, slug, &["SPACE_READ"]),
            RoleKind::Declared(actions) => {
                let actions: Vec<String> = actions.iter().map(|action| to_api(action)).collect();
                let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
                account.role(slug, role.name.as_deref().unwrap_or(slug), &actions);
            }
        }
    }
    account.login_policy("liftgate", &compiled.text);
    let policy = account.state.policies.get_mut("liftgate").unwrap();
    policy.engine_type = engine(compiled.model.dialect);
    for access in &compiled.access {
        let attach = &compiled.model.stack_access[&access.policy.entry].attach;
        account.access_policy(&access.policy.name(), &access.text, attach);
        let policy = account.state.policies.get_mut(&access.policy.name());
        policy.unwrap().engine_type = engine(compiled.model.dialect);
    }
    account
}

fn engine(dialect: Dialect) -> String {
    let engine = match dialect {
        Dialect::V0 => "REGO_V0",
        Dialect::V1 => "REGO_V1",
    };
    engine.to_string()
}

/// An account in which more is bound than the API lists.
pub fn with_unlisted_bindings() -> Account {
    let mut account = Account::new("acme");
    account.state.account.authorization_scheme = "MANAGED_USERS".to_string();
    account.space("payments", "Payments", "root", true, &[]);
    account.role("deployer", "Deployer", &["SPACE_READ"]);
    account.group("platform", Vec::new());
    account.user("later@acme.example", "PENDING", Vec::new());
    account.bind(Holder::UserGroup, "GROUP0000", "ROLEDEPLOYER", "payments");
    account
}

/// An account in which everything is called by these names, and each is a group that reads a space of its own, called `text-` and
/// its number.
pub fn of_names(names: &[&str]) -> Account {
    let mut account = Account::new("acme");
    account.state.account.authorization_scheme = "MANAGED_USERS".to_string();
    for (at, name) in names.iter().enumerate() {
        let space = format!("text-{at}");
        account.space(&space, name, "root", true, &[name]);
        account.role(&format!("role-{at}"), name, &["SPACE_READ"]);
        account.key(&format!("01KEY{at:021}"), name, false, &[name]);
        account.user(name, "ACTIVE", Vec::new());
        let rule = AccessRule {
            space,
            space_access_level: "READ".to_string(),
        };
        account.group(name, vec![rule]);
    }
    let seen = names.iter().map(ToString::to_string);
    account.state.available_user_groups.extend(seen);
    account
}

/// Any account.
pub fn random(seed: u64) -> Account {
    let mut dice = Dice(seed);
    let mut account = Account::new("acme");
    if dice.roll(2) == 0 {
        account.state.account.authorization_scheme = "MANAGED_USERS".to_string();
    }
    if dice.roll(3) == 0 {
        account.state.account.saml_admin = Some("Founder+1@acme.example".to_string());
    }
    let mut spaces = vec!["root".to_string(), "legacy".to_string()];
    for number in 0..dice.roll(9) {
        let id = match dice.roll(4) {
            0 => ["yes", "1.0", "null", "0123"][number % 4].to_string(),
            _ => format!("space-01ABC{number}"),
        };
        let parent = spaces[dice.roll(spaces.len())].clone();
        if spaces.contains(&id) {
            continue;
        }
        // Names are not unique.
        let name = dice.one(&NAMES);
        let labels = dice.some(&NAMES, 3);
        let inherit = dice.roll(2) == 0;
        account.space(&id, name, &parent, inherit, &labels);
        spaces.push(id);
    }
    let mut roles: Vec<String> = account.state.roles.keys().cloned().collect();
    for number in 0..dice.roll(5) {
        let slug = ["deployer", "on", "1e9", "release-manager", "auditor"][number];
        let mut actions = dice.some(&ACTIONS, 4);
        if actions.is_empty() {
            actions.push("SPACE_READ");
        }
        account.role(slug, dice.one(&NAMES), &actions);
        roles.push(format!("ROLE{}", slug.to_uppercase()));
    }
    let rules = |dice: &mut Dice, most: usize| -> Vec<AccessRule> {
        (0..dice.roll(most + 1))
            .map(|_| AccessRule {
                space: spaces[dice.roll(spaces.len())].clone(),
                space_access_level: ["READ", "WRITE", "ADMIN"][dice.roll(3)].to_string(),
            })
            .collect()
    };
    for name in dice.some(&NAMES, 10) {
        let rules = rules(&mut dice, 4);
        account.group(name, rules);
    }
    let seen = dice.some(&NAMES, 12);
    let seen = seen.into_iter().map(ToString::to_string);
    account.state.available_user_groups.extend(seen);
    for number in 0..dice.roll(8) {
        let login = match dice.roll(5) {
            0 => format!("o'neil {number}"),
            1 => format!("0{number}"),
            2 => format!("Müller-{number}@acme.example"),
            _ => format!("person{number}@acme.example"),
        };
        let rules = rules(&mut dice, 3);
        let status = ["ACTIVE", "ACTIVE", "PENDING", "EXPIRED"][dice.roll(4)];
        account.user(&login, status, rules);
        let teams = dice.some(&NAMES, 4);
        account.person(&login, &teams, dice.roll(6) > 0);
    }
    for number in 0..dice.roll(6) {
        let id = format!("01KEY{number:021}");
        // Two of one name, and one that is only spelt otherwise.
        let name = dice.one(&["ci", "CI", "deploy key", "yes", "*", "backstage"]);
        let teams = dice.some(&NAMES, 2);
        account.key(&id, name, dice.roll(5) == 0, &teams);
        for _ in 0..dice.roll(3) {
            let role = roles[dice.roll(roles.len())].clone();
            let space = spaces[dice.roll(spaces.len())].clone();
            account.bind(Holder::ApiKey, &id, &role, &space);
        }
    }
    account
}
