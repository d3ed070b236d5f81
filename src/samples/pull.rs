//! From the account's records to an archive.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::archive::{Archive, Recorded};
use super::mask::Mask;
use crate::spacelift::{Error, Evaluation, PolicyType, ReadAccount};

/// What a pull found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// Names of the login policies whose records were looked at.
    pub policies: Vec<String>,
    /// Records that there are.
    pub recorded: usize,
    /// Samples that were not in the archive.
    pub added: usize,
    /// Samples that were.
    pub known: usize,
    /// Records whose inputs are no longer kept.
    pub gone: usize,
    /// Samples whose input is not JSON.
    pub unreadable: usize,
    /// Logins that were left as they are, since the mapping would decide no other alike.
    pub kept_logins: usize,
    /// Whether the installation lists no records at all.
    pub unsupported: bool,
}

/// Adds what the account has recorded of its login policies. `progress` is told how many inputs of how many were asked for.
///
/// # Errors
/// When the account cannot be read; the archive holds what came before that.
pub fn pull(
    account: &dyn ReadAccount,
    mask: &Mask<'_>,
    archive: &mut Archive,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Pulled, Error> {
    let mut pulled = Pulled::default();
    let mut records: Vec<(String, Evaluation)> = Vec::new();
    for policy in account.policies()? {
        if policy.kind != PolicyType::Login {
            continue;
        }
        match account.evaluations(&policy.id)? {
            Some(all) => records.extend(all.into_iter().map(|one| (policy.id.clone(), one))),
            None => pulled.unsupported = true,
        }
        pulled.policies.push(policy.name);
    }
    pulled.recorded = records.len();
    let all = records.len();
    let mut kept = BTreeSet::new();
    for (at, (policy, record)) in records.into_iter().enumerate() {
        progress(at + 1, all);
        let Some(sample) = account.sample(&policy, &record.key)? else {
            pulled.gone += 1;
            continue;
        };
        let Ok(input) = serde_json::from_str::<Value>(&sample.input) else {
            pulled.unreadable += 1;
            continue;
        };
        if let Some(login) = input.pointer("/session/login").and_then(Value::as_str)
            && mask.is_kept(login)
        {
            kept.insert(login.to_owned());
        }
        let recorded = Recorded {
            at: record.timestamp,
            outcome: outcome(&record.outcome),
            who: mask.who(&input),
            networks: mask.networks(),
            input: mask.input(&input),
        };
        if archive.add(recorded) {
            pulled.added += 1;
        } else {
            pulled.known += 1;
        }
    }
    pulled.kept_logins = kept.len();
    Ok(pulled)
}

/// One of the words for it, whatever the server says: it is written into a file.
fn outcome(said: &str) -> String {
    let known = ["deny", "allow", "admin"];
    let word = known
        .into_iter()
        .find(|word| said.eq_ignore_ascii_case(word));
    word.unwrap_or("other").to_owned()
}
