//! Who holds what by the account's own doing, and which of it a mapping has to grant.

use std::collections::BTreeSet;

use crate::import::{Found, Grant, Section, merged};
use crate::report::counts::number;
use crate::report::visible::visible;

/// What says who may do what in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decides {
    /// User management; login policies have no effect.
    Management,
    /// Login policies.
    Policies,
    /// A login policy that the mapping says.
    Mapping,
    /// Login policies, of which there is none: every member may come in (documentation: login policy).
    Nobody,
}

/// Who holds what, by how it came to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound {
    /// Keys, by themselves.
    pub keys: Vec<Grant>,
    /// Keys, by their groups.
    pub lent: Vec<Grant>,
    /// Mapped groups.
    pub groups: Vec<Grant>,
    /// People, by name.
    pub users: Vec<Grant>,
}

/// What is in force is granted, and what is not is offered.
pub(super) fn sections(decides: Decides, bound: Bound, found: &mut Found) {
    let is_pushed = decides == Decides::Mapping;
    let remark = if is_pushed {
        "What API keys hold by bindings of the account, beside what the policy gives."
    } else {
        "What API keys hold by bindings of the account, which stay whatever is pushed. A key that is granted nothing is refused by the policy where `no_grants` refuses."
    };
    section(bound.keys, remark, is_pushed, found);
    let is_managed = decides == Decides::Management;
    if is_managed {
        section(
            bound.lent,
            "What API keys hold by their groups.",
            false,
            found,
        );
    }
    for (whom, grants) in [("mapped groups", bound.groups), ("people", bound.users)] {
        let remark = if is_managed {
            format!("What {whom} hold by user management.")
        } else {
            format!(
                "What {whom} would hold by user management, which has no effect while login policies decide. Take in what should hold."
            )
        };
        section(grants, &remark, !is_managed, found);
    }
    match decides {
        Decides::Management => {
            found.login.remark = Some("User management decides in this account, and refuses whoever has neither an invitation nor a mapped group. Once login policies decide, this mapping does, and whoever holds nothing by it is refused.".to_string());
        }
        Decides::Nobody => {
            found.login.admit = true;
            found.login.remark = Some("The account has no login policy, so that every member may sign in, and so it is here. Write `refuse` once everybody who should come in holds something.".to_string());
        }
        Decides::Policies | Decides::Mapping => {}
    }
}

fn section(grants: Vec<Grant>, remark: &str, is_offer: bool, found: &mut Found) {
    let (sound, other): (Vec<Grant>, Vec<Grant>) =
        grants.into_iter().partition(|grant| found.declares(grant));
    if !other.is_empty() {
        let spaces: BTreeSet<&String> = other.iter().flat_map(|one| &one.spaces).collect();
        let roles: BTreeSet<&String> = other.iter().flat_map(|one| &one.roles).collect();
        found.left(format!(
            "{} of roles {} on spaces {}, of which not all were seen",
            number(other.len(), "binding"),
            list(roles),
            list(spaces)
        ));
    }
    found.grants.push(Section {
        remark: remark.to_string(),
        is_offer,
        grants: merged(sound),
    });
}

fn list(names: BTreeSet<&String>) -> String {
    let names = names.into_iter().map(|name| format!("`{}`", visible(name)));
    names.collect::<Vec<_>>().join(", ")
}
