//! Rows 30 and 63 to 65: what must hold of everybody, and who is not asked about.

use liftgate::diagnostic::Severity;
use liftgate::guardrail::Checked;
use liftgate::project::Project;
use liftgate::suite;

use super::files::load;

const ONLY: &str = "{name: only, can: \"space:admin\", in: [root, legacy], only: platform}";
const NEVER: &str = "{name: never, who: contractors, never_can: [\"run:confirm\", \"space:admin\"], in: {label: \"env:prod\"}}";

/// Everything that guardrails find with these fixtures: the message up to its place.
fn found(fragment: &str, identities: &str) -> Vec<String> {
    let (_folder, project) = loaded(fragment, identities, &[]);
    broken(&project)
}

fn loaded(
    fragment: &str,
    identities: &str,
    files: &[(&str, &str)],
) -> (tempfile::TempDir, Project) {
    let fragment = format!("guardrails: [{ONLY}, {NEVER}]\n{fragment}");
    let identities = format!("identities: {{{identities}}}\n");
    let mut all = vec![("fixtures.yaml", identities.as_str())];
    all.extend(files);
    load(&fragment, &all)
}

fn broken(project: &Project) -> Vec<String> {
    let errors: Vec<String> = project
        .diagnostics
        .sorted()
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| {
            assert_eq!(found.code.name(), "guardrail-broken", "{found:?}");
            let message = found.message.replace("against the guardrail ", "");
            message.split(", by ").next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(errors.is_empty(), project.compiled.is_some());
    errors
}

fn none(fragment: &str, identities: &str) {
    assert_eq!(
        found(fragment, identities),
        Vec::<String>::new(),
        "{fragment}"
    );
}

fn one(fragment: &str, identities: &str, message: &str) {
    assert_eq!(found(fragment, identities), [message], "{fragment}");
}

const CARL: &str = "carl: {login: carl, groups: [contractors]}";
const CONFIRMS: &str = "`never`, `carl` can `run:confirm` on `payments-prod`";

#[test]
fn row_63_effective_access_counts() {
    let grant = |roles: &str, spaces: &str| {
        format!("grants: [{{who: contractors, roles: {roles}, spaces: {spaces}}}]")
    };
    // There, above, everywhere, at login.
    for spaces in ["payments-prod", "payments", "{under: payments}", "\"*\""] {
        one(&grant("space-writer", spaces), CARL, CONFIRMS);
    }
    one(
        &grant("space-writer", "{label: \"env:prod\", at_login: true}"),
        CARL,
        CONFIRMS,
    );
    one(&grant("space-writer", "root"), CARL, CONFIRMS);
    // Below it is another space that the guardrail means.
    one(
        &grant("space-writer", "payments-prod-eu"),
        CARL,
        "`never`, `carl` can `run:confirm` on `payments-prod-eu`",
    );
    // Elsewhere, or without the action, or somebody else.
    none(&grant("space-writer", "[payments-dev, old]"), CARL);
    none(&grant("space-reader", "[root, payments-prod]"), CARL);
    none(
        &grant("space-writer", "payments-prod"),
        "ann: {login: ann, groups: [payments]}",
    );
}

#[test]
fn row_63_an_admin_may_do_everything_everywhere() {
    let admin = "login: {admin: [{who: {login: carl}, when: office}]}";
    assert_eq!(
        found(admin, CARL),
        ["`only`, `carl` can `space:admin` on `legacy`", CONFIRMS]
    );
    none(
        "login: {admin: [platform]}",
        "paula: {login: paula, groups: [platform]}",
    );
    // What surely takes it away is looked at; what a condition can lift is not.
    let with =
        |denial: &str| admin.replace("office}]", &format!("office}}], deny_admin: [{denial}]"));
    none(&with("contractors"), CARL);
    let lifted = found(&with("{who: contractors, unless: office}"), CARL);
    assert_eq!(lifted.len(), 2);
}

#[test]
fn row_63_conditions_and_dates_are_taken_as_met() {
    let grant = "grants: [{who: contractors, roles: space-writer, spaces: payments, when: {all: [office, business_hours]}, starts: \"2031-01-01\", ends: \"2031-01-02\"}]";
    one(grant, CARL, CONFIRMS);
    one(
        &format!("login: {{deny: [{{who: contractors, unless: office}}]}}\n{grant}"),
        CARL,
        CONFIRMS,
    );
    for login in [
        "deny: [contractors]",
        "offboarded: [CARL]",
        "require: platform",
    ] {
        none(&format!("login: {{{login}}}\n{grant}"), CARL);
    }
    // A value that stands for a group until a date counts for it, and against it.
    let groups = "groups: {platform: Platform, contractors: {sent_as: New, formerly: [{sent_as: Old, ends: \"2020-01-01\"}]}, senior: Senior}";
    let old = "carl: {login: carl, teams: [Old, Senior]}";
    one(
        &format!("{groups}\ngrants: [{{who: contractors, roles: space-writer, spaces: payments}}]"),
        old,
        CONFIRMS,
    );
    let unless =
        "grants: [{who: {all: [senior], none: [contractors]}, roles: space-admin, spaces: root}]";
    one(
        &format!("{groups}\n{unless}"),
        old,
        "`only`, `carl` can `space:admin` on `root`",
    );
}

#[test]
fn row_63_only_must_surely_hold_and_who_unless_it_surely_does_not() {
    let grant = "grants: [{who: {login: x}, roles: space-admin, spaces: root}]";
    let admin = "`only`, `x` can `space:admin` on `root`";
    let confirms = "`never`, `x` can `run:confirm` on `payments-prod`";
    none(grant, "x: {login: x, groups: [platform]}");
    one(grant, "x: {login: x, groups: [payments]}", admin);
    // Without groups somebody may be in any, and surely is in none.
    assert_eq!(found(grant, "x: {login: x}"), [admin, confirms]);
    assert_eq!(found(grant, "x: {login: x, groups: []}"), [admin, confirms]);
}

#[test]
fn row_63_a_guardrail_speaks_of_included_grants_and_of_spaces_nobody_declared() {
    let team = "grants: [{who: contractors, roles: deployer, spaces: payments-prod}, {who: contractors, roles: space-writer, spaces: payments-prod}]\n";
    let (_folder, project) = loaded("include: [{file: team.yaml}]", CARL, &[("team.yaml", team)]);
    assert_eq!(broken(&project), [CONFIRMS]);
    let star = "spaces: {a: {parent: legacy}}\ngrants: [{who: payments, roles: space-writer, spaces: \"*\"}, {who: senior, roles: space-reader, spaces: legacy}]";
    let rails = |rail: &str, identity: &str| {
        let identities = format!("identities: {{{identity}}}\n");
        let fragment = format!("guardrails: [{rail}]\n{star}");
        let (_folder, project) = load(&fragment, &[("fixtures.yaml", &identities)]);
        broken(&project)
    };
    let ann = "ann: {login: ann, groups: [payments]}";
    let rail = "{name: r, can: \"run:trigger\", in: \"*\", only: platform}";
    assert_eq!(
        rails(rail, ann),
        ["`r`, `ann` can `run:trigger` on a space"]
    );
    assert_eq!(
        rails(rail, "ann: {login: ann, groups: [senior]}"),
        Vec::<String>::new()
    );
    let rail = "{name: r, can: [\"run:trigger\", \"space:read\"], in: \"*\", only: platform}";
    assert_eq!(
        rails(rail, "ann: {login: ann, groups: [senior]}"),
        ["`r`, `ann` can `space:read` on a space"]
    );
}

#[test]
fn row_63_a_role_on_a_space_that_inherits_reads_the_one_above() {
    let spaces = "spaces: {top: {parent: root}, mid: {parent: top, inherit: true}, low: {parent: mid, inherit: true}}\n";
    let rail = |action: &str, inherit: &str| {
        let fragment = format!(
            "{}guardrails: [{{name: r, can: \"{action}\", in: top, only: platform}}]\ngrants: [{{who: payments, roles: deployer, spaces: low}}]",
            spaces.replacen(
                "mid: {parent: top, inherit: true}",
                &format!("mid: {{parent: top, inherit: {inherit}}}"),
                1
            )
        );
        let identities = "identities: {ann: {login: ann, groups: [payments]}}\n";
        let (_folder, project) = load(&fragment, &[("fixtures.yaml", identities)]);
        broken(&project)
    };
    // It gives the right to read there, even where the role holds none below.
    assert_eq!(
        rail("space:read", "true"),
        ["`r`, `ann` can `space:read` on `top`"]
    );
    assert_eq!(rail("space:read", "false"), Vec::<String>::new());
    assert_eq!(rail("run:trigger", "true"), Vec::<String>::new());
}

#[test]
fn row_64_some_are_excepted_and_named() {
    let fragment = "break_glass: [{login: bg, owner: sec, why: runbook}]\noutside_policy: [{login: founder, because: sso_admin}]\n\
        grants: [{who: {login: [bg, founder]}, roles: space-admin, spaces: root}]";
    let identities =
        "bg: {login: bg}, founder: {login: founder}, ann: {login: ann, groups: [payments]}";
    let (_folder, project) = loaded(fragment, identities, &[]);
    let checked = project.compiled.unwrap().guardrails;
    assert_eq!((checked.guardrails, checked.identities), (2, 1));
    let named: Vec<(&str, &str)> = checked
        .excepted
        .iter()
        .map(|one| (one.identity.as_str(), one.because))
        .collect();
    assert_eq!(
        named,
        [("bg", "break_glass"), ("founder", "outside_policy")]
    );
    // Logins are compared exactly: another is somebody else.
    let other = found(
        fragment,
        "founder: {login: Founder, groups: [platform]}, bg: {login: BG}",
    );
    assert_eq!(other, Vec::<String>::new());
    let other = fragment.replace("[bg, founder]}", "[bg, Founder]}");
    one(
        &other,
        "f: {login: Founder, groups: [payments]}",
        "`only`, `f` can `space:admin` on `root`",
    );
}

#[test]
fn row_64_nobody_to_check_for_is_a_warning() {
    let grant = "grants: [{who: platform, roles: space-reader, spaces: root}]";
    let (_folder, project) = loaded(grant, "", &[]);
    let warned = project.diagnostics.sorted().iter().any(|found| {
        found.code.name() == "guardrail-unchecked" && found.severity == Severity::Warning
    });
    assert!(warned);
    let nobody = Checked {
        guardrails: 2,
        ..Checked::default()
    };
    assert_eq!(project.compiled.unwrap().guardrails, nobody);
}

#[test]
fn row_64_groups_kept_apart_are_not_held_by_one_identity() {
    let kept = |identities: &str| {
        let identities = format!("identities: {{{identities}}}\n");
        let (_folder, project) = load(
            "exclusive: [[platform, contractors, senior]]",
            &[("fixtures.yaml", &identities)],
        );
        let found = project.diagnostics.sorted();
        found
            .iter()
            .map(|f| f.code.name())
            .filter(|c| *c == "exclusive-groups")
            .count()
    };
    assert_eq!(kept("a: {login: a, groups: [platform, payments]}"), 0);
    assert_eq!(kept("a: {login: a, groups: [platform, contractors]}"), 1);
    assert_eq!(
        kept("a: {login: a, groups: [senior], teams: [Contractors]}"),
        1
    );
    assert_eq!(
        kept("a: {login: a, teams: [Platform, Senior, payments-eu]}"),
        1
    );
    assert_eq!(kept("a: {login: a, groups: [senior], teams: [Senior]}"), 0);
}

#[test]
fn row_65_what_a_role_may_do_is_asked_by_action() {
    let grant = |role: &str| {
        format!("grants: [{{who: contractors, roles: {role}, spaces: payments-prod}}]")
    };
    // One that is declared with the action, and one of which nothing is known.
    one(
        &grant("owner"),
        CARL,
        "`never`, `carl` can `space:admin` on `payments-prod`",
    );
    one(&grant("auditor"), CARL, CONFIRMS);
    none(&grant("deployer"), CARL);
    let roles = "roles: {deployer: {actions: [\"run:trigger\", \"run:confirm\"]}}\n";
    one(&format!("{roles}{}", grant("deployer")), CARL, CONFIRMS);
}

#[test]
fn row_30_a_test_of_somebody_who_is_not_asked_about_says_so() {
    let fragment = "outside_policy: [{login: founder, because: account_owner}]\ngrants: [{who: platform, roles: space-reader, spaces: root}]";
    let fixtures = "identities: {founder: {login: founder, groups: [platform]}, ann: {login: ann, groups: [platform]}}\n\
        tests:\n  - {name: founder, as: founder, expect: {login: allow, roles: {root: [space-reader]}}}\n  \
        - {name: ann, as: ann, expect: {login: allow, roles: {root: [space-reader]}}}\n  \
        - {name: raw, input: {session: {login: founder}}, expect: {login: deny, roles: {}}}\n";
    let (_folder, project) = load(fragment, &[("fixtures.yaml", fixtures)]);
    let compiled = project.compiled.unwrap();
    let report = suite::run(
        &compiled.model,
        &compiled.policy,
        &compiled.text,
        &compiled.access,
        &compiled.fixtures,
    )
    .unwrap();
    let said: Vec<(&str, bool)> = report
        .outcomes
        .iter()
        .map(|outcome| (outcome.case.as_str(), outcome.outside_policy.is_some()))
        .collect();
    assert_eq!(said, [("founder", true), ("ann", false), ("raw", true)]);
}
