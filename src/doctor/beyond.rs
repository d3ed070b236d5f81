//! What is inferred of Spacelift and of what is beside it, and nobody who only reads an account can see. A row each says why, so
//! that nobody takes what is not in the report for what was found to be so.

use super::{Examination, unseen};

/// Whoever only reads makes nothing, changes nothing and deletes nothing.
const WRITES: &str = "only a change would show it, and nothing is changed here";

/// What another service decides.
const ELSEWHERE: &str = "it is the identity provider's to decide, and no account shows it";

const CLAIMS: &[(&str, &str, &str)] = &[
    (
        "writes.not-found",
        "a change of what is not there is refused as `not found`",
        WRITES,
    ),
    (
        "writes.twice",
        "a request to create that is sent twice may create twice, so one without an answer is looked for first",
        WRITES,
    ),
    (
        "writes.batches",
        "several bindings that are made at once are answered in the order of the request",
        WRITES,
    ),
    (
        "provider.entra-nested",
        "Entra ID sends the groups that are assigned to the application, and not the ones nested in them",
        ELSEWHERE,
    ),
    (
        "provider.google-empty",
        "Google's directory leaves an empty list out of its answer",
        ELSEWHERE,
    ),
];

pub(super) fn look(on: &mut Examination<'_>) {
    for (fact, claim, why) in CLAIMS {
        on.row(fact, claim, false, unseen(*why));
    }
}
