//! What the account lists: itself, keys, roles, people, sessions, the audit trail.

mod policies;

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Examination, Verdict, unseen};
use crate::plan::{TESTED_OPA, is_tested};
use crate::resolve::actions::{ACTIONS, to_api};
use crate::spacelift::{ApiKey, KeyType, ReadAccount as _, UserStatus, people_signed_in};

/// How far back the audit trail is looked at: a day.
const TRAIL: i64 = 24 * 3600;

pub(super) fn look(on: &mut Examination<'_>) {
    (on.say)("what the account lists");
    versions(on);
    token(on);
    own_key(on);
    keys(on);
    roles(on);
    spaces(on);
    policies::look(on);
    people(on);
    sessions(on);
    trail(on);
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

fn versions(on: &mut Examination<'_>) {
    let verdict = match &on.account.opa {
        None => unseen("this installation does not say"),
        Some(version) => (
            Verdict::of(is_tested(version)),
            format!(
                "{version}; the tests use {} to {}",
                TESTED_OPA.0, TESTED_OPA.1
            ),
        ),
    };
    on.row(
        "account.opa",
        "policies are evaluated by a version of Open Policy Agent that liftgate is tested with",
        false,
        verdict,
    );
    let hosted = on.reader.endpoint().contains(".app.spacelift.io");
    let verdict = match (&on.account.self_hosted, hosted) {
        (None, true) => (Verdict::Confirmed, "no release".to_owned()),
        (Some(release), true) => (Verdict::Refuted, format!("release {release}")),
        (Some(release), false) => unseen(format!("an installation of its own, release {release}")),
        (None, false) => unseen("an installation of its own that tells no release"),
    };
    on.row(
        "account.release",
        "Spacelift's own installation tells no release",
        false,
        verdict,
    );
    let verdict = match &on.account.scheme {
        Some(scheme) => (
            Verdict::of(matches!(
                scheme.as_str(),
                "LOGIN_POLICIES" | "MANAGED_USERS"
            )),
            format!("`{scheme}`"),
        ),
        None => unseen("this installation does not say"),
    };
    on.row(
        "account.strategy",
        "the strategy is `LOGIN_POLICIES` or `MANAGED_USERS`",
        true,
        verdict,
    );
}

fn token(on: &mut Examination<'_>) {
    let verdict = match on.reader.token_ends() {
        None => unseen("the token does not tell its end"),
        Some(ends) => {
            let left = ends - now();
            (
                Verdict::of(left > 0 && left <= 24 * 3600),
                format!("it ends in about {} h", (left + 1800) / 3600),
            )
        }
    };
    on.row(
        "token.life",
        "a token lives for hours, and tells its end in seconds since 1970",
        true,
        verdict,
    );
    let words = on.ask(|reader| reader.words_for_a_misfit());
    let verdict = match words {
        Err(why) => unseen(why),
        Ok(words) if words.is_empty() => (Verdict::Refuted, "no error".to_owned()),
        Ok(words) => {
            let said = on.veil.over_words(&words);
            let expected = "Cannot query field \"thereIsNoSuchField\" on type \"User\"";
            (Verdict::of(said.contains(expected)), said)
        }
    };
    on.row(
        "errors.unknown-field",
        "a field that an installation lacks is refused as `Cannot query field \"…\" on type \"…\"`",
        true,
        verdict,
    );
}

/// The key that the token belongs to, if it is one and is listed.
fn own(on: &Examination<'_>, keys: &[ApiKey]) -> Option<ApiKey> {
    let viewer = [Some(&on.viewer.id), on.viewer.login.as_ref()];
    let is_own = |key: &&ApiKey| {
        viewer
            .into_iter()
            .flatten()
            .any(|said| *said == key.login() || said.ends_with(&key.id))
    };
    keys.iter().find(is_own).cloned()
}

fn own_key(on: &mut Examination<'_>) {
    let keys = on.ask_for(|reader| reader.api_keys());
    let (login, admin) = match keys.map(|keys| own(on, &keys)) {
        Err(why) => (unseen(why.clone()), unseen(why)),
        Ok(None) => (
            unseen("the token is no listed key's"),
            unseen("the token is no listed key's"),
        ),
        Ok(Some(key)) => {
            let login = on.viewer.login.clone().unwrap_or_default();
            let form = if login == key.login() {
                (Verdict::Confirmed, "`api::` and its id".to_owned())
            } else if login == key.name {
                (Verdict::Refuted, "its name".to_owned())
            } else {
                (Verdict::Refuted, "neither its name nor its id".to_owned())
            };
            let admin = match (key.admin, key.is_bound_to_administer()) {
                (true, _) => unseen("the key is an admin by itself"),
                (false, false) => unseen("the key is no admin of root"),
                (false, true) => (
                    Verdict::of(on.viewer.admin),
                    format!("`admin` is {}", on.viewer.admin),
                ),
            };
            (form, admin)
        }
    };
    on.row(
        "keys.viewer-login",
        "a key's login is `api::` and its id",
        // A key is matched by both.
        false,
        login,
    );
    on.row(
        "keys.viewer-admin",
        "`viewer.admin` is true for a key that is bound to `space-admin` on root",
        false,
        admin,
    );
}

fn keys(on: &mut Examination<'_>) {
    let verdict = match on.ask_for(|reader| reader.api_keys()) {
        Err(why) => unseen(why),
        Ok(keys) => {
            let odd = keys
                .iter()
                .filter(|key| matches!(key.kind, KeyType::Other(_)));
            let odd: BTreeSet<&str> = odd.map(|key| key.kind.as_str()).collect();
            let shaped = keys.iter().filter(|key| is_ulid(&key.id)).count();
            let seen = format!(
                "{} keys, {shaped} with an id of 26 letters and digits, other types: {}",
                keys.len(),
                list(&odd)
            );
            (Verdict::of(odd.is_empty() && shaped == keys.len()), seen)
        }
    };
    on.row(
        "keys.listed",
        "keys are of the type `SECRET` or `OIDC`, and have ULIDs",
        false,
        verdict,
    );
}

fn is_ulid(id: &str) -> bool {
    id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn roles(on: &mut Examination<'_>) {
    let roles = on.ask_for(|reader| reader.roles());
    let verdict = match &roles {
        Err(why) => unseen(why.clone()),
        Ok(roles) => {
            let system: BTreeSet<&str> = (roles.iter().filter(|role| role.system))
                .map(|role| role.slug.as_str())
                .collect();
            let all = crate::model::BUILT_IN_ROLES;
            let there = all.iter().all(|slug| system.contains(slug));
            (
                Verdict::of(there),
                format!("system roles: {}", list(&system)),
            )
        }
    };
    on.row(
        "roles.built-in",
        "the system roles have the slugs `space-admin`, `space-writer` and `space-reader`",
        true,
        verdict,
    );
    let verdict = match &roles {
        Err(why) => unseen(why.clone()),
        Ok(roles) => {
            let mut workers = roles
                .iter()
                .filter(|role| role.system && role.name.to_lowercase().starts_with("worker pool"));
            match workers.next() {
                None => unseen("there is no such role"),
                Some(role) => (
                    Verdict::of(role.slug == "worker-pool-controller"),
                    format!("`{}`", role.slug),
                ),
            }
        }
    };
    on.row(
        "roles.worker-pools",
        "the system role for worker pools has the slug `worker-pool-controller`",
        false,
        verdict,
    );
    let verdict = match &roles {
        Err(why) => unseen(why.clone()),
        Ok(roles) => {
            let keyed = (roles.iter()).filter(|role| is_ulid(&role.id) && !is_ulid(&role.slug));
            let keyed = keyed.count();
            (
                Verdict::of(keyed == roles.len()),
                format!("{keyed} of {} roles", roles.len()),
            )
        }
    };
    on.row(
        "roles.slug-and-id",
        "a role has a slug beside its id, which is a ULID",
        true,
        verdict,
    );
    let verdict = match on.ask_for(|reader| reader.actions()) {
        Err(why) => unseen(why),
        Ok(theirs) => {
            let theirs: BTreeSet<String> = theirs.into_iter().collect();
            let ours: BTreeSet<String> = ACTIONS.iter().map(|action| to_api(action)).collect();
            let gone: BTreeSet<&str> = ours.difference(&theirs).map(String::as_str).collect();
            let new: BTreeSet<&str> = theirs.difference(&ours).map(String::as_str).collect();
            (
                Verdict::of(gone.is_empty()),
                format!("lacking: {}; not known here: {}", list(&gone), list(&new)),
            )
        }
    };
    on.row(
        "roles.actions",
        "every action that a mapping can name exists, in capitals",
        // A role with another one is refused, and nothing else follows.
        false,
        verdict,
    );
}

fn spaces(on: &mut Examination<'_>) {
    let verdict = match on.ask(|reader| reader.spaces()) {
        Err(why) => unseen(why),
        Ok(spaces) => {
            let has = |id: &str| spaces.iter().any(|space| space.id == id);
            let only = spaces
                .iter()
                .all(|space| space.parent.is_none() == (space.id == "root"));
            let seen = format!(
                "root: {}, legacy: {}, others without a parent: {}",
                has("root"),
                has("legacy"),
                !only
            );
            match (only, has("root") && has("legacy")) {
                (true, false) => unseen("this token does not see both"),
                (only, both) => (Verdict::of(only && both), seen),
            }
        }
    };
    on.row(
        "spaces.fixed",
        "`root` and `legacy` exist, and only `root` has no parent",
        true,
        verdict,
    );
}

fn people(on: &mut Examination<'_>) {
    let verdict = match on.ask_for(|reader| reader.users()) {
        Err(why) => unseen(why),
        Ok(users) if users.is_empty() => unseen("there is nobody"),
        Ok(users) => {
            let known = users
                .iter()
                .filter(|user| !matches!(user.status, UserStatus::Other(_)));
            let known = known.count();
            let spelt: BTreeSet<&str> = users.iter().map(|user| user.status.as_str()).collect();
            (Verdict::of(known == users.len()), list(&spelt))
        }
    };
    on.row(
        "people.status",
        "a person's status is `QUEUED`, `PENDING`, `EXPIRED`, `ACTIVE` or `INACTIVE`",
        false,
        verdict,
    );
    let verdict = match on.ask_for(|reader| reader.seats()) {
        Err(why) => unseen(why),
        Ok(seats) => (
            Verdict::Confirmed,
            format!(
                "people: {}, keys: {}",
                counted(seats.user.limit),
                counted(seats.api_key.limit)
            ),
        ),
    };
    on.row(
        "people.seats",
        "seats of people and of keys are counted apart, and a limit may be missing",
        false,
        verdict,
    );
    let verdict = match on.ask_for(|reader| reader.sign_on()) {
        Err(why) => unseen(why),
        Ok(known) if known.saml_admin.is_none() && known.oidc_admin.is_none() => {
            unseen("nobody is named")
        }
        Ok(_) => (Verdict::Confirmed, "somebody is named".to_owned()),
    };
    on.row(
        "people.sign-on",
        "whoever set single sign-on up is named by the account",
        false,
        verdict,
    );
}

fn counted(limit: Option<i64>) -> &'static str {
    match limit {
        Some(_) => "a limit",
        None => "no limit",
    }
}

fn sessions(on: &mut Examination<'_>) {
    let sessions = on.ask_for(|reader| reader.sessions());
    let verdict = match &sessions {
        Err(why) => unseen(why.clone()),
        Ok(sessions) => {
            let current = sessions.iter().filter(|session| session.current).count();
            (Verdict::of(current == 1), format!("{current} of them"))
        }
    };
    on.row(
        "sessions.current",
        "exactly one listed session is the one that asks",
        false,
        verdict,
    );
    let verdict = match (
        sessions,
        on.ask_for(|reader| people_signed_in(reader, &reader.spaces()?, &mut |_, _| ())),
    ) {
        (Err(why), _) | (_, Err(why)) => unseen(why),
        (Ok(sessions), Ok(people)) if people.is_empty() => {
            unseen(format!("{} sessions, none of a person", sessions.len()))
        }
        (Ok(sessions), Ok(people)) => {
            let emails: BTreeSet<&str> = sessions
                .iter()
                .filter_map(|session| session.email.as_deref())
                .collect();
            let by_login = people
                .iter()
                .filter(|person| emails.contains(person.login.as_str()));
            let by_email = people.iter().filter(|person| {
                person
                    .email
                    .as_deref()
                    .is_some_and(|email| emails.contains(email))
            });
            let (by_login, by_email) = (by_login.count(), by_email.count());
            (
                Verdict::of(by_email == people.len() || by_login == people.len()),
                format!(
                    "of {} people with sessions, {by_email} are found by their address and {by_login} by their login",
                    people.len()
                ),
            )
        }
    };
    on.row(
        "sessions.whose",
        "a person's sessions are found by the address that stands with them",
        true,
        verdict,
    );
}

fn trail(on: &mut Examination<'_>) {
    let entries = on.ask_for(|reader| reader.audit_trail(now() - TRAIL, None));
    let verdict = match &entries {
        Err(why) => unseen(why.clone()),
        Ok(entries) if entries.is_empty() => unseen("nothing within a day"),
        Ok(entries) => {
            let dotted = |action: &str| {
                action.split('.').count() == 2
                    && action
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'))
            };
            let actions: BTreeSet<&str> =
                entries.iter().map(|entry| entry.action.as_str()).collect();
            let odd = actions.iter().filter(|action| !dotted(action)).count();
            (
                Verdict::of(odd == 0),
                format!("{} actions: {}", actions.len(), list(&actions)),
            )
        }
    };
    on.row(
        "audit.actions",
        "the audit trail names actions as `resource.verb`",
        false,
        verdict,
    );
    let verdict = match &entries {
        Err(why) => unseen(why.clone()),
        Ok(entries) => {
            let about = |entry: &&crate::spacelift::AuditEntry| entry.is_about("policy");
            match entries.iter().filter(about).count() {
                0 => unseen("no policy was changed within a day"),
                count => (Verdict::Confirmed, format!("{count} entries")),
            }
        }
    };
    on.row(
        "audit.policies",
        "changes of policies are found in the audit trail by their resource",
        false,
        verdict,
    );
    let newest = entries.map(|entries| entries.into_iter().next());
    let verdict = match newest {
        Err(why) => unseen(why),
        Ok(None) => unseen("nothing within a day"),
        Ok(Some(entry)) => {
            let one = [entry.action.as_str()];
            let both = [entry.action.as_str(), "nothing.is_called_this"];
            let found = on.ask_for(|reader| {
                let one = reader.entries_found(&one)?;
                Ok(one.zip(reader.entries_found(&both)?))
            });
            match found {
                Err(why) => unseen(why),
                Ok((0, _)) => unseen("one predicate alone finds nothing"),
                Ok((one, both)) => (
                    Verdict::of(both == 0),
                    format!("{one} by one predicate, and {both} by it and one that nothing meets"),
                ),
            }
        }
    };
    on.row(
        "search.predicates",
        "a search by several predicates finds what meets all of them",
        // Nothing is searched for by any.
        false,
        verdict,
    );
}

/// Some of them, in a line.
fn list(names: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 30;
    let shown: Vec<&str> = names.iter().copied().take(SHOWN).collect();
    match (shown.is_empty(), names.len() > SHOWN) {
        (true, _) => "none".to_owned(),
        (false, false) => shown.join(", "),
        (false, true) => format!("{} and {} more", shown.join(", "), names.len() - SHOWN),
    }
}
