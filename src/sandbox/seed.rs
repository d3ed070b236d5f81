//! What a new sandbox starts with.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use super::source::{Source, hash, secret, ulid};
use super::state::{
    Account, ApiKey, Credentials, Module, Person, Role, Space, Stack, State, VERSION,
};

/// What to put into a new sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seed {
    /// The account's name.
    pub account: String,
    /// Spaces; `root` and `legacy` are there without being listed.
    pub spaces: Vec<SeedSpace>,
    /// Roles; those with the slug of a system role are passed over, because system roles are there already.
    pub roles: Vec<SeedRole>,
    /// People who could sign in.
    pub people: Vec<Person>,
    /// Whether access policies are taken.
    pub takes_access_policies: bool,
    /// Ids of stacks in `legacy`.
    pub stacks: Vec<String>,
    /// Ids of modules in `legacy`.
    pub modules: Vec<String>,
}

/// A space to start with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedSpace {
    /// Its id.
    pub id: String,
    /// Its parent's id; `root` if none.
    pub parent: Option<String>,
    /// Whether it inherits from the parent.
    pub inherit: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its name.
    pub name: String,
}

/// A role to start with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedRole {
    /// Its name in policies.
    pub slug: String,
    /// The name people see.
    pub name: String,
    /// What it allows, in upper case with underscores.
    pub actions: Vec<String>,
}

/// The roles that cannot be changed.
const SYSTEM: &[(&str, &str, &str, &[&str])] = &[
    (
        "space-admin",
        "Space admin",
        "Everything in a space",
        &["SPACE_ADMIN"],
    ),
    (
        "space-writer",
        "Space writer",
        "Reading, triggering and configuring in a space",
        &["SPACE_WRITE"],
    ),
    (
        "space-reader",
        "Space reader",
        "Looking at a space",
        &["SPACE_READ"],
    ),
];

/// The state of a new account.
pub(crate) fn plant(seed: &Seed, source: &dyn Source) -> Result<State, Error> {
    let now = source.millis() / 1000;
    let credentials = Credentials {
        id: ulid(source),
        secret: secret(source),
    };
    let key = ApiKey {
        id: credentials.id.clone(),
        name: "sandbox".to_owned(),
        description: "the key of the sandbox's owner".to_owned(),
        r#type: "SECRET".to_owned(),
        admin: true,
        creator: "sandbox".to_owned(),
        created_at: now,
        last_used_at: None,
        teams: Vec::new(),
        is_machine_user: true,
        expires_at: None,
        secret_hash: Some(hash(&credentials.secret)),
        oidc_settings: None,
    };
    let state = State {
        sandbox: VERSION,
        account: account(seed, ulid(source)),
        spaces: spaces(seed)?,
        roles: roles(seed, source)?,
        policies: BTreeMap::new(),
        attachments: BTreeMap::new(),
        bindings: BTreeMap::new(),
        people: people(seed)?,
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
        available_user_groups: BTreeSet::new(),
        api_keys: BTreeMap::from([(key.id.clone(), key)]),
        stacks: stacks(&seed.stacks, now),
        modules: modules(&seed.modules),
        runs: BTreeMap::new(),
        sessions: BTreeMap::new(),
        audit_trail: Vec::new(),
        audit_trail_webhook: None,
        credentials,
    };
    state
        .fault()
        .map_or(Ok(state), |fault| Err(Error::Seed(fault)))
}

fn account(seed: &Seed, id: String) -> Account {
    Account {
        id,
        name: seed.account.clone(),
        r#type: "ORGANIZATION".to_owned(),
        tier: "ENTERPRISE".to_owned(),
        spacelift_aws_account_id: "000000000000".to_owned(),
        authorization_scheme: "LOGIN_POLICIES".to_owned(),
        has_sso: false,
        saml_admin: None,
        oidc_admin: None,
        enforce_mfa: false,
        audit_trail_retention_days: 30,
        run_log_retention_days: 60,
        allow_non_root_admin_space_creation: false,
        api_keys_manageable_by_non_humans: true,
        api_keys_managed_by_non_root_admins: false,
        security_email: None,
        open_policy_agent_version: "1.4.2".to_owned(),
        commit_sha: "sandbox".to_owned(),
        self_hosted_version: String::new(),
        takes_access_policies: seed.takes_access_policies,
        user_seats: None,
        api_key_seats: None,
        token_lifetime: 3600,
    }
}

/// Stacks of which nothing is known but their ids.
fn stacks(ids: &[String], now: i64) -> BTreeMap<String, Stack> {
    let stack = |id: &String| Stack {
        id: id.clone(),
        name: id.clone(),
        description: None,
        labels: Vec::new(),
        space: "legacy".to_owned(),
        administrative: false,
        autodeploy: false,
        repository: id.clone(),
        branch: "main".to_owned(),
        project_root: None,
        namespace: None,
        provider: None,
        state: "NONE".to_owned(),
        locked_by: None,
        created_at: now,
        is_disabled: false,
        starred: false,
    };
    ids.iter().map(|id| (id.clone(), stack(id))).collect()
}

fn modules(ids: &[String]) -> BTreeMap<String, Module> {
    let module = |id: &String| Module {
        id: id.clone(),
        name: id.clone(),
        labels: Vec::new(),
        space: "legacy".to_owned(),
        branch: "main".to_owned(),
        repository: id.clone(),
    };
    ids.iter().map(|id| (id.clone(), module(id))).collect()
}

fn people(seed: &Seed) -> Result<BTreeMap<String, Person>, Error> {
    let mut people = BTreeMap::new();
    for person in &seed.people {
        if people
            .insert(person.login.clone(), person.clone())
            .is_some()
        {
            return Err(Error::Seed(format!(
                "person `{}` is listed twice",
                person.login
            )));
        }
    }
    Ok(people)
}

fn spaces(seed: &Seed) -> Result<BTreeMap<String, Space>, Error> {
    let fixed = |id: &str, parent: Option<&str>| Space {
        id: id.to_owned(),
        name: id.to_owned(),
        description: String::new(),
        parent_space: parent.map(str::to_owned),
        inherit_entities: parent.is_some(),
        labels: Vec::new(),
    };
    let mut spaces = BTreeMap::new();
    for sown in &seed.spaces {
        let parent =
            (sown.id != "root").then(|| sown.parent.clone().unwrap_or_else(|| "root".to_owned()));
        let space = Space {
            id: sown.id.clone(),
            name: sown.name.clone(),
            description: String::new(),
            parent_space: parent,
            inherit_entities: sown.inherit,
            labels: sown.labels.clone(),
        };
        if spaces.insert(sown.id.clone(), space).is_some() {
            return Err(Error::Seed(format!("space `{}` is listed twice", sown.id)));
        }
    }
    spaces
        .entry("root".to_owned())
        .or_insert_with(|| fixed("root", None));
    spaces
        .entry("legacy".to_owned())
        .or_insert_with(|| fixed("legacy", Some("root")));
    Ok(spaces)
}

fn roles(seed: &Seed, source: &dyn Source) -> Result<BTreeMap<String, Role>, Error> {
    let mut roles: Vec<Role> = Vec::new();
    for (slug, name, description, actions) in SYSTEM {
        roles.push(Role {
            id: ulid(source),
            slug: (*slug).to_owned(),
            name: (*name).to_owned(),
            description: Some((*description).to_owned()),
            is_system: true,
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        });
    }
    for sown in &seed.roles {
        match roles.iter().find(|role| role.slug == sown.slug) {
            Some(role) if role.is_system => continue,
            Some(_) => return Err(Error::Seed(format!("role `{}` is listed twice", sown.slug))),
            None => {}
        }
        if let Some(action) = sown
            .actions
            .iter()
            .find(|action| !super::schema::has_action(action))
        {
            return Err(Error::Seed(format!(
                "role `{}` has the unknown action `{action}`",
                sown.slug
            )));
        }
        roles.push(Role {
            id: ulid(source),
            slug: sown.slug.clone(),
            name: sown.name.clone(),
            description: None,
            is_system: false,
            actions: sown.actions.clone(),
        });
    }
    Ok(roles
        .into_iter()
        .map(|role| (role.id.clone(), role))
        .collect())
}
