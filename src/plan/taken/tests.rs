use super::super::fake::{Fake, Mapping};
use super::super::{Plan, plan};
use super::*;
use crate::evaluate::foreign::InProcess;

const DAY: i64 = 86_400_000_000_000;

fn between_texts(before: &str, after: &str, now: Option<i64>) -> Taken {
    let (old, new) = (Mapping::read(before).policy, Mapping::read(after).policy);
    let mut taken = Taken::default();
    between(&standing(&old, now), &standing(&new, now), &mut taken);
    taken
}

const BASE: &str = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root}}
groups: {payments: {sent_as: P, formerly: [{sent_as: OLD, ends: \"2001-01-01\"}]}, platform: ADM}
login: {admin: [platform]}
grants:
  - {who: payments, roles: [space-reader], spaces: [payments]}
  - {who: payments, roles: [space-writer], spaces: [payments], ends: \"2001-01-01\"}
";

#[test]
fn what_has_ended_is_not_taken() {
    let after = BASE
        .replace(", formerly: [{sent_as: OLD, ends: \"2001-01-01\"}]", "")
        .replace(
            "  - {who: payments, roles: [space-writer], spaces: [payments], ends: \"2001-01-01\"}\n",
            "",
        );
    assert_ne!(after, BASE);
    // Some days of the year 2000, and of 2002.
    for (day, takes) in [(11_000, true), (11_700, false)] {
        let taken = between_texts(BASE, &after, Some(day * DAY));
        assert_eq!(!taken.lines.is_empty(), takes, "{:?}", taken.lines);
    }
    // Where nobody knows the time, it may be before.
    assert!(!between_texts(BASE, &after, None).lines.is_empty());
    // A denial by a value that has ended is one for nobody.
    assert_eq!(
        between_texts(BASE, BASE, Some(11_700 * DAY)),
        Taken::default()
    );
}

#[test]
fn who_is_newly_offboarded_is_apart() {
    let with = |list: &str| BASE.replace("login: {", &format!("login: {{offboarded: [{list}], "));
    let taken = between_texts(
        &with("Eve@acme.example"),
        &with(
            "eve@acme.example, {login: Bob@acme.example, aliases: [bob.admin@acme.example]}, zoe@acme.example",
        ),
        None,
    );
    assert_eq!(taken.lines, Vec::<String>::new());
    let heads: Vec<&String> = taken.offboarded.keys().collect();
    assert_eq!(heads, ["bob@acme.example", "zoe@acme.example"]);
    assert!(taken.offboards("BOB.admin@acme.example"));
    assert!(!taken.offboards("eve@acme.example"));
}

#[test]
fn a_first_policy_takes_nothing_and_another_that_cannot_be_read_may() {
    let taken = |fake: &Fake| {
        let mapping = Mapping::read(BASE);
        let desired = mapping.desired();
        let live = super::super::read(&desired, fake).unwrap();
        let planned: Plan = plan(&desired, fake, &InProcess).unwrap();
        of(&desired, &live, &planned.changes, &Access::default())
    };
    let first = taken(&Fake::new());
    assert_eq!((first.lines.len(), first.unknown), (0, None));
    assert_eq!(
        first.administration,
        ["newly an account admin: `group platform`"]
    );
    let foreign = taken(&Fake::new().with_body("package spacelift\n"));
    assert!(foreign.unknown.is_some());
    let same = taken(&Fake::new().with_body(&Mapping::read(BASE).text));
    assert_eq!(same, Taken::default());
}

#[test]
fn a_first_access_policy_takes_nothing_and_a_denial_beside_another_does() {
    use super::super::access::tests::{APPS, account, read};

    let denies = APPS.replace("[contractors]", "[contractors, platform]");
    let takes = |before: &str, after: &str| {
        let plan = plan(&read(after).desired(), &account(&read(before)), &InProcess).unwrap();
        assert!(!plan.changes.is_empty());
        let line = "the change takes away: what the access policy `liftgate-apps` gives";
        plan.approval.contains(&line.to_string())
    };
    assert!(!takes("", &denies));
    assert!(takes(APPS, &denies));
}
