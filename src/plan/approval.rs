//! What of a plan somebody else should agree to before it is pushed: whatever takes something away, and whatever changes an
//! administrator. The rest gives people what a reviewer of the mapping has seen.

use std::collections::BTreeSet;

use super::{Change, Effect, escaped, quoted};

/// The reasons, each in a few words; none where nobody has to be asked.
pub(super) fn reasons(
    changes: &[Change],
    effects: &[Effect],
    unknown: Option<&str>,
) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(why) = unknown {
        found.push(format!(
            "what is taken away cannot be told: {}",
            escaped(why)
        ));
    }
    let who = |wanted: &dyn Fn(&Effect) -> bool| -> usize {
        let found = effects.iter().filter(|effect| wanted(effect));
        let found: BTreeSet<&str> = found.map(|effect| effect.identity.as_str()).collect();
        found.len()
    };
    let counted: [(usize, &str); 5] = [
        (who(&|effect| !effect.losses.is_empty()), "losing roles"),
        (
            who(&|effect| {
                let mut roles = effect.role_changes.iter();
                roles.any(|change| !change.losses.is_empty())
            }),
            "losing actions of a role",
        ),
        (
            who(&|effect| {
                effect
                    .login_change
                    .is_some_and(|(before, after)| after < before)
            }),
            "let in no longer, or no longer as an administrator",
        ),
        (
            who(&|effect| !effect.stacks.losses.is_empty()),
            "losing access to stacks",
        ),
        (
            who(&|effect| effect.admin_change.is_some()),
            "beginning or ceasing to administer the account",
        ),
    ];
    for (count, what) in counted {
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    for change in changes {
        match change {
            Change::RoleDelete { role, .. } => {
                found.push(format!("the role {} goes", quoted(&role.slug)));
            }
            Change::RoleUpdate { before, after, .. } => {
                let lost = before
                    .actions
                    .iter()
                    .filter(|action| !after.actions.contains(action));
                let lost: Vec<&str> = lost.map(String::as_str).collect();
                if !lost.is_empty() {
                    let lost = escaped(&lost.join(", "));
                    found.push(format!("the role {} loses {lost}", quoted(&after.slug)));
                }
            }
            Change::AccessDelete { policy, .. } => {
                found.push(format!("the access policy {} goes", quoted(&policy.name)));
            }
            Change::PolicyCreate { .. }
            | Change::PolicyUpdate { .. }
            | Change::RoleCreate { .. }
            | Change::AccessCreate { .. }
            | Change::AccessUpdate { .. }
            | Change::AccessAttach { .. }
            | Change::AccessDetach { .. } => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::evaluate::foreign::InProcess;
    use crate::plan::fake::{Fake, Mapping, policy};
    use crate::plan::{Plan, plan};
    use crate::render;

    /// The plan from a live policy that was changed like this.
    fn planned(change: impl FnOnce(&mut crate::policy::Policy)) -> Plan {
        let mut live = policy();
        change(&mut live);
        let fake = Fake::new().with_body(&render::render(&live).unwrap());
        plan(&Mapping::new().desired(), &fake, &InProcess).unwrap()
    }

    #[test]
    fn what_only_gives_needs_nobody() {
        let plan = planned(|live| {
            live.grants.get_mut("group payments").unwrap().pop();
        });
        assert_eq!(plan.changes.len(), 1);
        assert!(plan.effects.iter().any(|effect| !effect.gains.is_empty()));
        assert_eq!(plan.approval, Vec::<String>::new());
    }

    #[test]
    fn what_takes_away_needs_somebody() {
        let plan = planned(|live| {
            let more = live.grants["group payments"].clone();
            let rows = live.grants.get_mut("group payments").unwrap();
            for mut row in more {
                row.roles = ["space-admin".to_string()].into();
                rows.push(row);
            }
        });
        assert!(
            plan.approval.iter().any(|why| why.contains("losing roles")),
            "{:?}",
            plan.approval
        );
    }

    #[test]
    fn each_reason_says_how_many_people_it_concerns() {
        use super::reasons;
        use crate::evaluate::Login;
        use crate::plan::{Access, Change, Effect, RoleChange, RoleState};

        let plan = planned(|live| {
            live.grants.get_mut("group payments").unwrap().pop();
        });
        let quiet = Effect {
            losses: vec![],
            login_change: None,
            role_changes: vec![],
            admin_change: None,
            stacks: Default::default(),
            ..plan.effects.first().unwrap().clone()
        };
        let of = |change: &dyn Fn(&mut Effect)| {
            let mut effect = quiet.clone();
            change(&mut effect);
            // Twice the same person, and somebody to whom nothing happens.
            let mut nobody = quiet.clone();
            nobody.identity = "nobody".into();
            reasons(&[], &[effect.clone(), effect, nobody], None)
        };
        let none: [&str; 0] = [];
        assert_eq!(of(&|_| {}), none);
        for (before, after, told) in [
            (Login::Admin, Login::Allow, true),
            (Login::Allow, Login::Deny, true),
            (Login::Allow, Login::Admin, false),
            (Login::Allow, Login::Allow, false),
        ] {
            let found = of(&|effect| effect.login_change = Some((before, after)));
            let why = "1 let in no longer, or no longer as an administrator";
            assert_eq!(found, if told { vec![why] } else { vec![] });
        }
        let access = Access {
            space: "root".into(),
            role: "deployer".into(),
        };
        let found = of(&|effect| effect.losses = vec![access.clone()]);
        assert_eq!(found, ["1 losing roles"]);
        let found = of(&|effect| effect.admin_change = Some((false, true)));
        assert_eq!(found, ["1 beginning or ceasing to administer the account"]);
        let role = |losses: &[&str]| RoleChange {
            space: "root".into(),
            role: "deployer".into(),
            gains: vec!["SPACE_READ".into()],
            losses: losses.iter().map(ToString::to_string).collect(),
        };
        let found = of(&|effect| effect.role_changes = vec![role(&[])]);
        assert_eq!(found, none);
        let found = of(&|effect| effect.role_changes = vec![role(&[]), role(&["RUN_TRIGGER"])]);
        assert_eq!(found, ["1 losing actions of a role"]);

        let state = |actions: &[&str]| RoleState {
            slug: "deployer".into(),
            name: "Deployer".into(),
            actions: actions.iter().map(ToString::to_string).collect(),
        };
        let update = |before: &[&str], after: &[&str]| Change::RoleUpdate {
            id: "01".into(),
            before: state(before),
            after: state(after),
        };
        let gains = update(&["SPACE_READ"], &["RUN_TRIGGER", "SPACE_READ"]);
        assert_eq!(reasons(&[gains], &[], None), none);
        let loses = update(&["RUN_TRIGGER", "SPACE_READ"], &["SPACE_READ"]);
        assert_eq!(
            reasons(&[loses], &[], None),
            ["the role `deployer` loses RUN_TRIGGER"]
        );
    }

    #[test]
    fn a_policy_of_unknown_decisions_needs_somebody() {
        let fake = Fake::new().with_body("package spacelift\n\nallow { input.session }\n");
        let plan = plan(&Mapping::new().desired(), &fake, &InProcess).unwrap();
        assert!(!plan.changes.is_empty());
        assert!(!plan.approval.is_empty(), "{:?}", plan.unknown_effects);
    }
}
