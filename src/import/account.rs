//! What an account shows of itself.
//!
//! Who holds what by user management, and who gets which key, is read as far as the API shows it. A token that may not read
//! something, an installation that has no such thing, and what nothing lists at all, each are a remark.

mod access;
mod bound;

use std::collections::{BTreeMap, BTreeSet};

use super::names::{is_group, is_key, is_label, is_login, is_name};
use super::policy::{Imported, join};
use super::rego::Known;
use super::{Found, Grant, Key, Policy, Role, Space, Type, Who, ours};
use bound::{Bound, Decides};

use crate::evaluate::foreign::Decide;
use crate::model::{Account, BUILT_IN_ROLES, Because, Dialect, FIXED_SPACES};
use crate::plan::{has_engines, is_other_login_policy};
use crate::policy as pushed;
use crate::policy::access::AccessPolicy;
use crate::render::{self, Reading};
use crate::report::counts::number;
use crate::report::visible::visible;
use crate::resolve::actions::from_api;
use crate::spacelift::{
    self, AccessRule, ApiKey, Endpoint, Engine, Error, KeyType, PolicyType, ReadAccount, Scheme,
    User, UserGroup, UserStatus,
};

/// Reads the account. `decide` asks its login policy, which somebody else may have written.
///
/// # Errors
/// When something cannot be read that every account shows to whoever may sign in.
pub fn read(account: &dyn ReadAccount, decide: &dyn Decide) -> Result<Imported, Error> {
    let about = account.account()?;
    let viewer = account.viewer()?;
    let mut found = Found {
        source: format!("the account `{}`", visible(&about.name)),
        account: Some(address(account.endpoint(), &about.name)),
        ..Found::default()
    };
    if !viewer.admin {
        found.unseen(format!(
            "`{}` does not administer the account, so there may be spaces, policies, keys and people that it was not shown",
            viewer.label()
        ));
    }
    let policies = account.policies()?;
    if !has_engines(&policies, &about) {
        found.dialect = Some(Dialect::V0);
    }
    let fixed = spaces(account, &mut found)?;
    let counts = roles(account, &mut found)?;
    let is_managed = about.scheme == Some(Scheme::ManagedUsers);
    let mut bound = Bound::default();
    let keys = seen(account.api_keys(), "API keys", &mut found)?.unwrap_or_default();
    let groups = seen(account.user_groups(), "mapped groups", &mut found)?.unwrap_or_default();
    let users = seen(account.users(), "people", &mut found)?.unwrap_or_default();
    sign_on(account, &mut found)?;
    for key in &keys {
        of_key(key, &mut found, &mut bound);
    }
    let by_group = of_groups(&groups, &mut found, &mut bound);
    lent(&keys, &by_group, is_managed, &mut found, &mut bound);
    of_users(&users, &mut found, &mut bound);
    names_of_groups(account, &keys, &mut found)?;
    unlisted(&counts, &bound, &mut found);
    of_elsewhere(account.endpoint(), &policies, &mut found);
    let others: Vec<_> = policies
        .iter()
        .filter(|one| is_other_login_policy(one))
        .collect();
    let ours = policies
        .iter()
        .find(|one| one.kind == PolicyType::Login && !is_other_login_policy(one));
    for policy in &others {
        found.policies.push(beside(Type::Login, policy));
    }
    let access = access::read(account, &policies, &mut found)?;
    let decides = if is_managed {
        Decides::Management
    } else if ours.is_some() || !others.is_empty() {
        Decides::Policies
    } else {
        Decides::Nobody
    };
    let pushed = ours.and_then(|ours| of_ours(ours, &mut found));
    if decides == Decides::Policies && ours.is_none() {
        let known = Known {
            spaces: true,
            // Every account has some.
            roles: !counts.is_empty(),
            fixed,
        };
        return Ok(join(found, &known, decide, |found, is_part| {
            let decides = if is_part {
                Decides::Mapping
            } else {
                Decides::Policies
            };
            bound::sections(decides, bound.clone(), found);
            access.add(found);
        }));
    }
    let why = if is_managed {
        "user management decides in this account, and it has no effect"
    } else {
        "it decides beside liftgate's own"
    };
    for policy in &others {
        found.left(format!(
            "the login policy `{}`, of which nothing is part of this mapping: {why}",
            visible(&policy.name)
        ));
    }
    let decides = match pushed {
        Some(_) if decides == Decides::Policies => Decides::Mapping,
        _ => decides,
    };
    bound::sections(decides, bound, &mut found);
    if decides == Decides::Mapping
        && let Some(policy) = pushed
    {
        found = ours::with(found, &policy);
    }
    access.add(&mut found);
    Ok(Imported {
        found,
        policy: None,
    })
}

/// A policy of the account's, of which nothing is part of the mapping yet.
fn beside(kind: Type, policy: &spacelift::Policy) -> Policy {
    Policy {
        kind,
        id: policy.id.clone(),
        name: policy.name.clone(),
        text: policy.body.clone(),
        dialect: policy.engine.as_ref().and_then(|engine| match engine {
            Engine::V0 => Some(Dialect::V0),
            Engine::V1 => Some(Dialect::V1),
            Engine::Other(_) => None,
        }),
        is_part: false,
    }
}

/// What may be refused to the token, or be lacking: nothing then, and a remark.
fn seen<T>(
    answer: Result<Option<T>, Error>,
    what: &str,
    found: &mut Found,
) -> Result<Option<T>, Error> {
    match answer {
        Ok(Some(answer)) => Ok(Some(answer)),
        Ok(None) => {
            found.unseen(format!("{what}: the installation does not list them"));
            Ok(None)
        }
        Err(Error::NotAllowed { .. }) => {
            found.unseen(format!("{what}: the token may not read them"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A sandbox holds any account: which it is, the policies say that were pushed to it.
fn of_elsewhere(endpoint: &str, policies: &[crate::spacelift::Policy], found: &mut Found) {
    if !Endpoint::parse(endpoint).is_ok_and(|endpoint| endpoint.is_loopback()) {
        return;
    }
    let said = policies.iter().find_map(|policy| {
        let login = match render::read(&policy.body) {
            Reading::Ours(pushed) => Some(pushed.account),
            _ => None,
        };
        login.or_else(|| match render::read_as::<AccessPolicy>(&policy.body) {
            Reading::Ours(pushed) => Some(pushed.account),
            _ => None,
        })
    });
    if let Some(said) = said.filter(|said| said.contains("://")) {
        found.account = Some(Account::Endpoint(said));
    }
}

/// A name where the address is made of it, or is this machine's; otherwise the address.
fn address(endpoint: &str, name: &str) -> Account {
    let named = Account::Name(name.to_string());
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let sound = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-');
    let parsed = Endpoint::parse(endpoint).ok();
    let here = parsed.as_ref().is_some_and(Endpoint::is_loopback);
    let same = parsed.is_some() && Endpoint::parse(&named.endpoint()).ok() == parsed;
    if sound && (here || same) {
        named
    } else {
        Account::Endpoint(endpoint.trim_end_matches('/').to_string())
    }
}

/// Answers the spaces that every account has.
fn spaces(account: &dyn ReadAccount, found: &mut Found) -> Result<BTreeMap<String, Space>, Error> {
    let (fixed, mut waiting): (Vec<_>, Vec<_>) = account
        .spaces()?
        .into_iter()
        .partition(|space| FIXED_SPACES.contains(&space.id.as_str()));
    // From the top: what hangs below nothing that was seen cannot be declared.
    loop {
        let before = waiting.len();
        waiting.retain(|space| {
            let parent = space.parent.as_deref().unwrap_or("root");
            let hangs = FIXED_SPACES.contains(&parent) || found.spaces.contains_key(parent);
            if !hangs || !is_name(&space.id) {
                return true;
            }
            let labels = space.labels.iter().filter(|label| is_label(label));
            let space_found = Space {
                name: space.name.clone(),
                parent: parent.to_string(),
                inherit: space.inherit,
                labels: labels.cloned().collect(),
            };
            found.spaces.insert(space.id.clone(), space_found);
            false
        });
        if waiting.len() == before {
            break;
        }
    }
    for space in waiting {
        found.left(format!(
            "the space `{}` (`{}`): what lies above it was not seen, or its id cannot be a name",
            visible(&space.id),
            visible(&space.name)
        ));
    }
    let fixed = fixed.into_iter().map(|space| {
        let known = Space {
            name: space.name,
            parent: space.parent.unwrap_or_default(),
            inherit: space.inherit,
            labels: space.labels.into_iter().collect(),
        };
        (space.id, known)
    });
    Ok(fixed.collect())
}

/// Custom roles; answers how often each role is bound, as far as the account says it.
fn roles(
    account: &dyn ReadAccount,
    found: &mut Found,
) -> Result<BTreeMap<String, Option<u64>>, Error> {
    let roles = seen(account.roles(), "roles", found)?.unwrap_or_default();
    let mut counts = BTreeMap::new();
    for role in roles {
        counts.insert(role.slug.clone(), role.bindings);
        if BUILT_IN_ROLES.contains(&role.slug.as_str()) {
            continue;
        }
        let (slug, name) = (visible(&role.slug), visible(&role.name));
        if !is_name(&role.slug) {
            found.left(format!(
                "the role `{slug}` (`{name}`): its slug cannot be a name"
            ));
            continue;
        }
        if found.roles.contains_key(&role.slug) {
            found.left(format!(
                "another role of the slug `{slug}`, called `{name}`: a policy cannot tell the two apart"
            ));
            continue;
        }
        let known: Vec<Option<&str>> = role.actions.iter().map(|one| from_api(one)).collect();
        let strange: Vec<String> = role
            .actions
            .iter()
            .filter(|action| from_api(action).is_none())
            .map(|action| format!("`{}`", visible(action)))
            .collect();
        if !strange.is_empty() {
            found.left(format!(
                "what the role `{slug}` may do: it holds {}, which this release does not know, so that the role is external here",
                strange.join(", ")
            ));
        } else if role.system {
            found.left(format!(
                "what the role `{slug}` may do: it is Spacelift's own, so that it is external here"
            ));
        } else if role.actions.is_empty() {
            found.left(format!(
                "what the role `{slug}` may do: it holds nothing, so that it is external here"
            ));
        }
        let actions: Option<BTreeSet<String>> = known
            .into_iter()
            .map(|action| action.map(str::to_string))
            .collect();
        let is_ours = !role.system && !role.actions.is_empty();
        let role_found = Role {
            name: role.name.clone(),
            actions: actions.filter(|_| is_ours),
        };
        found.roles.insert(role.slug, role_found);
    }
    Ok(counts)
}

fn sign_on(account: &dyn ReadAccount, found: &mut Found) -> Result<(), Error> {
    let what = "who set single sign-on up";
    let Some(sign_on) = seen(account.sign_on(), what, found)? else {
        return Ok(());
    };
    found.provider = match (&sign_on.saml_admin, &sign_on.oidc_admin) {
        (Some(_), None) => Some("saml"),
        (None, Some(_)) => Some("oidc"),
        _ => None,
    };
    let admins = [sign_on.saml_admin, sign_on.oidc_admin];
    for admin in admins.into_iter().flatten() {
        if is_login(&admin) {
            found.outside.insert(admin, Because::SsoAdmin);
        } else {
            found.left(format!(
                "`{}` set single sign-on up and is never asked about: the login cannot be written in a mapping",
                visible(&admin)
            ));
        }
    }
    if found.outside.is_empty() {
        found.unseen("who administers the organization, or owns the account: they come in whatever a policy says, and the API does not say who they are");
    }
    Ok(())
}

fn of_key(key: &ApiKey, found: &mut Found, bound: &mut Bound) {
    let shown = visible(&key.name).into_owned();
    if !is_key(&key.id) {
        found.left(format!(
            "the API key `{shown}`: its id `{}` cannot be written in a mapping",
            visible(&key.id)
        ));
        return;
    }
    let mut said = Vec::new();
    if key.kind == KeyType::Oidc {
        said.push("proves itself by a token of another issuer".to_string());
    }
    if key.last_used_at.is_none() {
        said.push("never used".to_string());
    }
    if !key.teams.is_empty() {
        let teams: Vec<String> = key.teams.iter().map(|team| format!("`{team}`")).collect();
        said.push(format!("with the groups {}", teams.join(", ")));
    }
    let known = Key {
        name: key.name.clone(),
        remark: (!said.is_empty()).then(|| said.join("; ")),
    };
    found.keys.insert(key.id.clone(), known);
    let bindings = key.bindings.as_deref().unwrap_or_default();
    let on_root = |slug: &str, space: &str| slug == "space-admin" && space == "root";
    let administers = bindings
        .iter()
        .any(|binding| on_root(&binding.role.slug, &binding.space));
    if key.admin || administers {
        found.outside.insert(key.login(), Because::RootKey);
        return;
    }
    if key.bindings.is_none() {
        found.unseen(format!(
            "the roles of the API key `{shown}`: the installation does not show them"
        ));
    }
    for binding in bindings {
        bound.keys.push(Grant::new(
            Who::Key(key.id.clone()),
            &binding.role.slug,
            &binding.space,
        ));
    }
}

/// Answers what each group gives.
fn of_groups(
    groups: &[UserGroup],
    found: &mut Found,
    bound: &mut Bound,
) -> BTreeMap<String, Vec<Grant>> {
    let mut by_group = BTreeMap::new();
    let mut unshown = false;
    for group in groups {
        if !is_group(&group.name) {
            found.left(format!(
                "the mapped group `{}`: its name cannot be written in a mapping",
                visible(&group.name)
            ));
            continue;
        }
        found.groups.insert(group.name.clone());
        unshown |= group.rules.is_none();
        let who = Who::Group(group.name.clone());
        let grants = by_rules(&who, group.rules.as_deref(), &group.name, found);
        bound.groups.extend(grants.iter().cloned());
        by_group.insert(group.name.clone(), grants);
    }
    if unshown {
        found.unseen("what mapped groups may do: the installation does not show it");
    }
    by_group
}

/// Where groups are managed, a key holds what its groups give; a grant to the group would speak of people only.
fn lent(
    keys: &[ApiKey],
    by_group: &BTreeMap<String, Vec<Grant>>,
    is_managed: bool,
    found: &mut Found,
    bound: &mut Bound,
) {
    for key in keys {
        found
            .groups
            .extend(key.teams.iter().filter(|team| is_group(team)).cloned());
        if !is_managed
            || !found.keys.contains_key(&key.id)
            || found.outside.contains_key(&key.login())
        {
            continue;
        }
        let given = key.teams.iter().filter_map(|team| by_group.get(team));
        for one in given.flatten() {
            bound.lent.push(Grant {
                who: Who::Key(key.id.clone()),
                ..one.clone()
            });
        }
    }
}

fn of_users(users: &[User], found: &mut Found, bound: &mut Bound) {
    let (mut waiting, mut unshown) = (0, false);
    for user in users {
        let invited = [UserStatus::Queued, UserStatus::Pending, UserStatus::Expired];
        if invited.contains(&user.status) {
            waiting += 1;
        }
        unshown |= user.rules.is_none();
        if user.rules.as_deref().unwrap_or_default().is_empty() {
            continue;
        }
        if !is_login(&user.login) {
            found.left(format!(
                "what `{}` may do: the login cannot be written in a mapping",
                visible(&user.login)
            ));
            continue;
        }
        let who = Who::Login(user.login.clone());
        let grants = by_rules(&who, user.rules.as_deref(), &user.login, found);
        bound.users.extend(grants);
    }
    if unshown {
        found.unseen("what people may do by themselves: the installation does not show it");
    }
    if waiting > 0 {
        found.unseen(format!(
            "which groups {} would bring: they were invited and have not signed in",
            number(waiting, "person").replace("persons", "people")
        ));
    }
    found.unseen("people of the identity provider who never signed in, and which groups each of them is in: Spacelift learns both at a sign-in");
}

/// Grants in the form that came before roles, which stand for the built-in ones (documentation: authorization).
fn by_rules(who: &Who, rules: Option<&[AccessRule]>, name: &str, found: &mut Found) -> Vec<Grant> {
    let mut grants = Vec::new();
    for rule in rules.unwrap_or_default() {
        let role = match rule.level.as_str() {
            "READ" => "space-reader",
            "WRITE" => "space-writer",
            "ADMIN" => "space-admin",
            other => {
                found.left(format!(
                    "the level `{}` that `{}` has on `{}`: it is not known",
                    visible(other),
                    visible(name),
                    visible(&rule.space)
                ));
                continue;
            }
        };
        grants.push(Grant::new(who.clone(), role, &rule.space));
    }
    grants
}

fn names_of_groups(
    account: &dyn ReadAccount,
    keys: &[ApiKey],
    found: &mut Found,
) -> Result<(), Error> {
    let names = seen(
        account.group_names(),
        "names of groups that logins brought",
        found,
    )?;
    let of_keys = keys.iter().flat_map(|key| key.teams.iter().cloned());
    for name in names.into_iter().flatten().chain(of_keys) {
        if is_group(&name) {
            found.groups.insert(name);
        } else {
            found.left("a group whose name is empty, or longer than a mapping may say");
        }
    }
    Ok(())
}

/// The account counts the bindings of a role, and lists those of keys and of the older form only.
fn unlisted(counts: &BTreeMap<String, Option<u64>>, bound: &Bound, found: &mut Found) {
    for (slug, count) in counts {
        let listed = bound.keys.iter().filter(|one| one.roles.contains(slug));
        let listed = listed.count() as u64;
        let more = count.unwrap_or(0).saturating_sub(listed);
        if more > 0 {
            let what = if more == 1 { "binding" } else { "bindings" };
            found.unseen(format!(
                "{more} {what} of the role `{}` to people, mapped groups, stacks or keys that are never asked about: the API counts them and does not list them; what Terraform made of them is read with `liftgate import --terraform`",
                visible(slug)
            ));
        }
    }
}

/// The policy that liftgate pushed, where its text is what was pushed.
fn of_ours(policy: &crate::spacelift::Policy, found: &mut Found) -> Option<Box<pushed::Policy>> {
    let name = visible(&policy.name);
    match render::read(&policy.body) {
        Reading::Ours(pushed) => return Some(pushed),
        Reading::OtherFormat(_) => found.left(format!(
            "the login policy `{name}`, which another release of liftgate pushed: its mapping says what it decides, and this one does not"
        )),
        Reading::Edited(_) | Reading::Foreign => found.left(format!(
            "the login policy `{name}`, which has liftgate's name and not a text that was pushed: nothing of it is part of this mapping"
        )),
    }
    None
}
