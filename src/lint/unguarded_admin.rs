//! Administrators from anywhere at any time.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FIXED_SPACES, Subject};

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let login = &model.login;
    // A denial of everybody but from some place or at some time is such a condition, too.
    let denials = login.deny.values().chain(login.deny_admin.values());
    let mut general = denials.filter(|denial| denial.who == Subject::Everyone);
    if general.any(|denial| denial.unless.is_some()) {
        return;
    }
    let help = "add `when` with a condition of place or time, or write `deny_admin: [{unless: …}]` under `login`";
    for entry in login.admin.values().filter(|entry| entry.when.is_none()) {
        let message = "account admins from anywhere, at any time";
        found.push(Diagnostic::warning(Code::UnguardedAdmin, entry.span, message).help(help));
    }
    for grant in model.grants.values() {
        let fixed = FIXED_SPACES
            .iter()
            .any(|space| grant.spaces.contains(*space));
        let administers = grant.roles.iter().any(|slug| model.is_administrative(slug));
        let spared =
            matches!(&grant.who, Subject::Login(login) if model.break_glass.contains_key(login));
        if fixed && administers && !spared && grant.when.is_none() {
            let message = "whoever holds this can rewrite the policy, from anywhere, at any time";
            found.push(Diagnostic::warning(Code::UnguardedAdmin, grant.span, message).help(help));
        }
    }
}
