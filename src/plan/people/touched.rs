//! Whom a change of a policy can touch. Two policies that differ in some rows decide alike for whoever none of these rows can be
//! about, so of a hundred thousand people only some need to be decided by both.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::policy::{Fact, Policy};

/// Who may be decided otherwise.
pub(super) enum Touched<'p> {
    /// Anybody, as far as can be told from the policies.
    Everybody,
    /// Whoever has one of these groups or logins, whoever has no group, and whoever's groups are not known.
    Some {
        /// What the provider sends for a group.
        values: HashSet<&'p str>,
        /// In ASCII lower case.
        logins: HashSet<String>,
    },
}

impl<'p> Touched<'p> {
    /// Between two policies of ours.
    pub(super) fn of(before: &'p Policy, after: &'p Policy) -> Self {
        if bare(before) != bare(after) {
            return Self::Everybody;
        }
        let mut facts = BTreeSet::new();
        differing(&before.grants, &after.grants, &mut facts);
        differing(&before.guarded_grants, &after.guarded_grants, &mut facts);
        differing(&before.admins, &after.admins, &mut facts);
        differing(&before.denials, &after.denials, &mut facts);
        differing(&before.admin_denials, &after.admin_denials, &mut facts);
        let (mut groups, mut logins) = (HashSet::new(), HashSet::new());
        for fact in facts {
            if let Some(group) = fact.strip_prefix("group ") {
                groups.insert(group);
            } else if let Some(login) = fact.strip_prefix("login ") {
                logins.insert(login.to_ascii_lowercase());
            } else {
                return Self::Everybody;
            }
        }
        let lists = [(before, after), (after, before)];
        logins.extend(lists.iter().flat_map(|(one, other)| {
            let left = one.offboarded.iter();
            left.filter(|(login, of)| other.offboarded.get(*login) != Some(of))
                .map(|(login, _)| login.to_ascii_lowercase())
        }));
        let values = lists.iter().flat_map(|(one, other)| {
            let groups = &groups;
            one.groups.iter().filter_map(move |(value, membership)| {
                let moved = other.groups.get(value) != Some(membership);
                (moved || groups.contains(membership.group.as_str())).then_some(value.as_str())
            })
        });
        Self::Some {
            values: values.collect(),
            logins,
        }
    }

    /// Whether somebody may be decided otherwise. `groups` is nothing where they are not known.
    pub(super) fn has(&self, login: &str, groups: Option<&[String]>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Some { values, logins } => {
                let login = login.to_ascii_lowercase();
                login.contains("::")
                    || logins.contains(&login)
                    // Of whoever comes without any group it is not known that they have none.
                    || groups.is_none_or(<[String]>::is_empty)
                    || groups.is_some_and(|all| all.iter().any(|one| values.contains(one.as_str())))
            }
        }
    }
}

/// What is left of a policy without the parts of which each row is about somebody.
fn bare(policy: &Policy) -> Policy {
    Policy {
        groups: BTreeMap::new(),
        offboarded: BTreeMap::new(),
        grants: BTreeMap::new(),
        guarded_grants: BTreeMap::new(),
        admins: BTreeMap::new(),
        denials: BTreeMap::new(),
        admin_denials: BTreeMap::new(),
        ..policy.clone()
    }
}

/// The facts under which rows are found that are not the same in both.
fn differing<'p, R: PartialEq>(
    before: &'p BTreeMap<Fact, Vec<R>>,
    after: &'p BTreeMap<Fact, Vec<R>>,
    facts: &mut BTreeSet<&'p str>,
) {
    for (one, other) in [(before, after), (after, before)] {
        let differ = one
            .iter()
            .filter(|(fact, rows)| other.get(*fact) != Some(rows));
        facts.extend(differ.map(|(fact, _)| fact.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::fake::Mapping;
    use super::*;

    const BASE: &str = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root}, data: {parent: root}}
groups: {payments: P, platform: {sent_as: [ADM, ADM2]}, contractors: C, data: D}
conditions: {office: {ip: 203.0.113.0/24}}
login:
  admin: [platform]
  deny: [{who: contractors, unless: {all: [office]}}]
  offboarded: [left@acme.example]
grants:
  - {who: payments, roles: [space-writer], spaces: [payments]}
  - {who: {all: [payments, data], none: [contractors]}, roles: [space-admin], spaces: [payments]}
  - {who: data, roles: [space-reader], spaces: [data], when: office}
  - {who: {login: ann@acme.example}, roles: [space-writer], spaces: [data]}
  - {who: {login: \"*@partner.example\"}, roles: [space-reader], spaces: [data]}
";

    /// Others, and whether everybody is touched between the first and it.
    fn others() -> Vec<(String, bool)> {
        [
            (
                "{who: payments, roles: [space-writer]",
                "{who: payments, roles: [space-reader]",
                false,
            ),
            (
                "none: [contractors]}, roles",
                "none: [platform]}, roles",
                false,
            ),
            ("[data], when: office", "[data]", false),
            ("[ADM, ADM2]", "[ADM]", false),
            ("contractors: C", "contractors: C2", false),
            ("left@acme.example", "gone@acme.example", false),
            ("login: ann@", "login: zoe@", false),
            ("admin: [platform]", "admin: [data]", false),
            ("deny: [{who: contractors, ", "deny: [{who: data, ", false),
            (
                "  deny: [{who: contractors, unless: {all: [office]}}]\n",
                "",
                false,
            ),
            ("who: payments, roles", "who: everyone, roles", true),
            ("203.0.113.0/24", "203.0.113.0/25", true),
            ("*@partner.example", "*@partners.example", true),
            (
                "login:\n  admin",
                "login:\n  no_grants: admit\n  admin",
                true,
            ),
            ("login:\n  admin", "login:\n  require: data\n  admin", true),
        ]
        .into_iter()
        .map(|(old, new, everybody)| {
            assert!(BASE.contains(old), "{old}");
            (BASE.replacen(old, new, 1), everybody)
        })
        .collect()
    }

    #[test]
    fn whoever_is_not_touched_is_decided_alike() {
        let before = Mapping::read(BASE);
        let logins = [
            "ann@acme.example",
            "Zoe@acme.example",
            "left@acme.example",
            "GONE@acme.example",
            "x@partner.example",
            "y@acme.example",
            "api::01",
        ];
        let values = ["P", "ADM", "ADM2", "C", "C2", "D", "other"];
        for (text, everybody) in others() {
            let after = Mapping::read(&text);
            let touched = Touched::of(&before.policy, &after.policy);
            assert_eq!(matches!(touched, Touched::Everybody), everybody, "{text}");
            let (mut same, mut differ) = (0, 0);
            for login in logins {
                for set in 0..1_u32 << values.len() {
                    let groups: Vec<String> = (values.iter().enumerate())
                        .filter(|(at, _)| set & (1 << at) != 0)
                        .map(|(_, value)| (*value).to_string())
                        .collect();
                    for address in ["203.0.113.200", "198.51.100.9"] {
                        let input = json!({
                            "request": {"remote_ip": address},
                            "session": {"login": login, "member": true, "teams": groups},
                            "spaces": [],
                        });
                        let decided = |mapping: &Mapping| {
                            let decision = mapping.model.decide(&input);
                            (decision.login, decision.roles, decision.deny_admin)
                        };
                        let alike = decided(&before) == decided(&after);
                        differ += usize::from(!alike);
                        if !touched.has(login, Some(&groups)) {
                            assert!(alike, "{input}\n{text}");
                            same += 1;
                        }
                    }
                }
            }
            assert!(differ > 0, "{text}");
            assert_eq!(same > 0, !everybody, "{text}");
            assert!(touched.has("y@acme.example", None));
        }
    }

    #[test]
    fn between_equal_policies_nobody_is_touched() {
        let one = Mapping::read(BASE);
        let touched = Touched::of(&one.policy, &one.policy);
        assert!(!touched.has("ann@acme.example", Some(&["P".to_string()])));
    }
}
