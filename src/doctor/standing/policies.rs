//! What the account's policies say of policies.

use super::super::{Examination, Verdict, unseen};
use crate::spacelift::{Policy, PolicyType};

pub(super) fn look(on: &mut Examination<'_>) {
    // What is claimed of one, and what the account's say to it.
    type Claim = (&'static str, &'static str, bool, fn(&[Policy]) -> Shown);
    const CLAIMS: [Claim; 5] = [
        (
            "policies.last-line-break",
            "a policy's last line break is kept",
            // Texts are compared without it.
            false,
            last_line_break,
        ),
        (
            "policies.engine",
            "a policy tells its dialect",
            false,
            dialects,
        ),
        (
            "times.seconds",
            "times are seconds since 1970",
            true,
            seconds,
        ),
        (
            "policies.in-root",
            "login policies are in the space `root`",
            true,
            in_root,
        ),
        (
            "login.several",
            "what several login policies give is put together, and a denial in one of them wins",
            // What a policy beside ours decides is added to it, or is refused.
            true,
            several,
        ),
    ];
    for (fact, claim, relied_on, shown) in CLAIMS {
        let verdict = match &on.policies {
            Err(why) => unseen(why.clone()),
            Ok(policies) => shown(policies),
        };
        on.row(fact, claim, relied_on, verdict);
    }
}

/// A verdict, and what was seen.
type Shown = (Verdict, String);

fn last_line_break(policies: &[Policy]) -> Shown {
    let all = policies.len();
    let ending = policies.iter().filter(|policy| policy.body.ends_with('\n'));
    match ending.count() {
        0 => unseen(format!("none of {all} policies ends with one")),
        ending => (
            Verdict::Confirmed,
            format!("{ending} of {all} policies end with one"),
        ),
    }
}

fn dialects(policies: &[Policy]) -> Shown {
    let named = policies.iter().filter(|policy| policy.engine.is_some());
    match (policies.len(), named.count()) {
        (0, _) => unseen("there is no policy"),
        (all, named) => (
            Verdict::of(named == all),
            format!("{named} of {all} policies"),
        ),
    }
}

fn seconds(policies: &[Policy]) -> Shown {
    let times = policies
        .iter()
        .flat_map(|policy| [policy.created_at, policy.updated_at]);
    let odd = times.filter(|time| !(1_262_304_000..=4_102_444_800).contains(time));
    match (policies.len(), odd.count()) {
        (0, _) => unseen("there is no policy"),
        (_, odd) => (Verdict::of(odd == 0), format!("{odd} other numbers")),
    }
}

fn login(policies: &[Policy]) -> impl Iterator<Item = &Policy> {
    let login = |policy: &&Policy| policy.kind == PolicyType::Login;
    policies.iter().filter(login)
}

fn in_root(policies: &[Policy]) -> Shown {
    let elsewhere = login(policies).filter(|policy| policy.space.as_deref() != Some("root"));
    match (login(policies).count(), elsewhere.count()) {
        (0, _) => unseen("there is no login policy"),
        (all, elsewhere) => (
            Verdict::of(elsewhere == 0),
            format!("{elsewhere} of {all} are elsewhere"),
        ),
    }
}

fn several(policies: &[Policy]) -> Shown {
    unseen(match login(policies).count() {
        0 | 1 => "there are not several".to_owned(),
        all => format!(
            "there are {all}; a simulation asks one alone, and a recorded login says what one came to"
        ),
    })
}
