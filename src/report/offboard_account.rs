//! What somebody leaves in an account, for people.

use std::fmt::Write as _;

use super::visible::visible;
use crate::offboard::account::Left;
use crate::offboard::gate::Standing;
use crate::offboard::sessions::Open;

/// Whom no policy can stop, whatever a mapping says.
pub const NEVER_ASKED: &str = "\
no login policy can stop, since Spacelift does not ask it: owners of the account, administrators of its organization at the
identity provider, who set single sign-on up, and API keys that administer root; take these from them where they were given";

/// For people: a line each.
#[must_use]
pub fn human(left: &Left) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "  {}", sessions(left.sessions.as_ref()));
    for login in &left.sign_on_admins {
        let _ = writeln!(
            out,
            "  CANNOT BE REFUSED: {} set single sign-on up, and Spacelift does not ask the policy about them",
            visible(login)
        );
    }
    for key in &left.keys {
        let _ = write!(
            out,
            "  the key {} ({}) {}",
            visible(&key.name),
            visible(&key.id),
            key.why.words()
        );
        if key.admin {
            let _ = write!(
                out,
                "; it administers the account, and NO POLICY CAN STOP IT"
            );
        }
        let bindings: Vec<String> = key
            .bindings
            .iter()
            .map(|(role, space)| format!("{} on {}", visible(role), visible(space)))
            .collect();
        if !bindings.is_empty() {
            let _ = write!(out, "; bound to it: {}", bindings.join(", "));
        }
        let _ = writeln!(out, ": replace it or delete it");
    }
    for user in &left.users {
        let (login, status) = (visible(&user.login), visible(&user.status));
        let _ = if user.invited {
            writeln!(
                out,
                "  an invitation of {login} is open ({status}): take it back"
            )
        } else {
            writeln!(
                out,
                "  is listed among the account's people: {login} ({status}); bindings of theirs cannot be listed, and hold only while the account manages users"
            )
        };
    }
    if !left.root_keys.is_empty() {
        let names: Vec<_> = left.root_keys.iter().map(|name| visible(name)).collect();
        let _ = writeln!(
            out,
            "  keys that administer the account, which no policy stops: {}; if they could have kept the secret of one, replace it",
            names.join(", ")
        );
    }
    for note in &left.notes {
        let _ = writeln!(out, "  not known: {}", visible(note));
    }
    out.trim_end().to_owned()
}

/// What is open.
#[must_use]
pub fn sessions(open: Option<&Open>) -> String {
    let Some(open) = open else {
        return "the installation does not list sessions".to_owned();
    };
    if open.is_none() {
        return "no session is open".to_owned();
    }
    let mut parts = Vec::new();
    if open.is_none_known() {
        parts.push("no session is known to be open".to_owned());
    }
    if !open.theirs.is_empty() {
        parts.push(match open.theirs.len() {
            1 => "1 session is open".to_owned(),
            many => format!("{many} sessions are open"),
        });
    }
    if open.asking {
        parts.push("the session that asks is theirs, too, and is left alone".to_owned());
    }
    for (login, count) in &open.untold {
        parts.push(format!(
            "{count} more of {} that cannot be told from others",
            visible(login)
        ));
    }
    for (email, others) in &open.shared {
        let others: Vec<_> = others.iter().map(|login| visible(login)).collect();
        parts.push(format!(
            "sessions with {} could also be those of {}, and are left alone",
            visible(email),
            others.join(", ")
        ));
    }
    let notes = open.notes.iter();
    parts.extend(notes.map(|note| format!("not known: {}", visible(note))));
    parts.join("; ")
}

/// Whether an account turns somebody away, in a line, and what stands against it in lines of their own.
#[must_use]
pub fn standing(standing: &Standing) -> (&'static str, Vec<String>) {
    let refused = if standing.policy_refuses {
        "the account's policy refuses this login"
    } else {
        "the account's policy does NOT refuse this login"
    };
    let ways = standing.ways.iter();
    let ways = ways.map(|way| format!("  GETS IN ALL THE SAME: {}", visible(&way.words())));
    let unknown = standing.unknown.iter();
    let unknown = unknown.map(|what| format!("  not known: {}", visible(what)));
    (refused, ways.chain(unknown).collect())
}
