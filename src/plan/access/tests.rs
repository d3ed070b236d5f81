#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use serde_json::json;

use super::super::fake::{Fake, Mapping, Pushed};
use super::super::people::tests::{directory, person, session};
use super::super::{AcceptedBy, Base, Plan, Probe, Source, plan};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::lock::{Adopted, Lock, digest_of};
use crate::project::Policies;
use crate::source::Span;
use crate::spacelift::{Module, PolicyType, Stack};

/// A login policy that lets people in, and nothing about stacks.
pub(crate) const HEAD: &str = "\
version: 1
account: {endpoint: \"https://spacelift.acme.example\"}
identity_provider: okta
spaces: {payments: {parent: root, inherit: true, labels: [prod]}}
groups: {payments: P, platform: ADM, seniors: S, contractors: C}
login: {admin: [platform], no_grants: admit}
grants:
  - {who: payments, roles: [space-reader], spaces: [payments]}
guards: {max_people_losing_access: 100%, min_coverage: 0%}
";

pub(crate) const APPS: &str = "\
stack_access:
  - name: apps
    attach: {label: app}
    read: [payments]
    write: [seniors]
    deny: [contractors]
";

const ENDPOINT: &str = "https://spacelift.acme.example";

pub(crate) fn stack(id: &str, labels: &[&str]) -> Stack {
    Stack {
        id: id.into(),
        name: id.to_uppercase(),
        labels: labels.iter().map(|label| (*label).to_string()).collect(),
        space: "legacy".into(),
        administrative: false,
        autodeploy: false,
        repository: "infra".into(),
        branch: "main".into(),
        project_root: None,
        namespace: None,
        state: "FINISHED".into(),
        locked_by: None,
    }
}

pub(crate) fn read(rest: &str) -> Mapping {
    let mut mapping = Mapping::read(&format!("{HEAD}{rest}"));
    mapping.directory = Some(directory());
    mapping
}

/// An account that a mapping was pushed to, with two stacks of apps and one of data.
pub(crate) fn account(pushed: &Mapping) -> Fake {
    let mut fake = Fake::new().with_body(&pushed.text);
    fake.endpoint = ENDPOINT.into();
    fake.known.stacks = Some(vec![
        stack("data", &["data"]),
        stack("shop", &["app"]),
        stack("till", &["app", "till"]),
        Stack {
            space: "payments".into(),
            ..stack("vault", &["app"])
        },
    ]);
    fake.known.modules = vec![Module {
        id: "vpc".into(),
        name: "vpc".into(),
        labels: vec![],
        space: "legacy".into(),
        administrative: false,
        branch: "main".into(),
        repository: "modules".into(),
    }];
    for compiled in &pushed.access {
        let attach = &pushed.model.stack_access[&compiled.policy.entry].attach;
        let name = compiled.policy.name();
        let policy = Policy {
            kind: PolicyType::Access,
            labels: attach.policy_labels().into_iter().collect(),
            space: Some("legacy".into()),
            ..super::super::fake::live(&name, &compiled.text)
        };
        let mut attachments = fake.attachments.borrow_mut();
        for id in attach.ids() {
            let by_hand = attachments.as_mut().unwrap();
            by_hand.insert(format!("{name}@{id}"), (name.clone(), id.to_string()));
        }
        fake.policies.borrow_mut().push(policy);
    }
    fake
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

fn between(before: &str, after: &str) -> Plan {
    planned(&read(after), &account(&read(before)))
}

fn codes(plan: &Plan) -> Vec<Guard> {
    plan.refusals.iter().map(|one| one.code).collect()
}

/// Each step in a few words.
fn steps(plan: &Plan) -> Vec<String> {
    let denials = |policy: &PolicyState| match crate::render::read_as::<
        crate::policy::access::AccessPolicy,
    >(&policy.body)
    {
        Reading::Ours(policy) => {
            let rows = |rows: &crate::policy::Rows| rows.values().map(Vec::len).sum::<usize>();
            format!(
                "{}r{}w{}d",
                rows(&policy.readers),
                rows(&policy.writers),
                rows(&policy.denials) + rows(&policy.write_denials)
            )
        }
        _ => "?".to_string(),
    };
    let step = |change: &Change| match change {
        Change::PolicyCreate { .. } | Change::PolicyUpdate { .. } => "login".to_string(),
        Change::AccessCreate { policy } => format!("create {} {}", policy.name, denials(policy)),
        Change::AccessUpdate { before, after, .. } => format!(
            "update {} {} -> {}",
            after.name,
            denials(before),
            denials(after)
        ),
        Change::AccessDelete { policy, .. } => format!("delete {}", policy.name),
        Change::AccessAttach { policy, stack, .. } => format!("attach {policy} {stack}"),
        Change::AccessDetach { policy, id, .. } => format!("detach {policy} {id}"),
        other => panic!("{other:?}"),
    };
    plan.changes.iter().map(step).collect()
}

fn probe(login: &str, groups: &[&str]) -> Probe {
    Probe {
        source: Source::Fixture,
        name: login.into(),
        identity: login.into(),
        person: None,
        input: json!({
            "request": {"remote_ip": "203.0.113.9", "timestamp_ns": 1_700_000_000_000_000_000_i64},
            "session": {"login": login, "member": true, "machine": false, "teams": groups},
            "spaces": [],
        }),
    }
}

#[test]
fn an_account_that_was_pushed_to_has_nothing_to_change() {
    for rest in ["", APPS] {
        let plan = between(rest, rest);
        assert_eq!(steps(&plan), [""; 0], "{rest}");
        assert_eq!(plan.refusals, vec![]);
        assert!(plan.evidence.part(super::super::Part::Access).is_some() != rest.is_empty());
    }
}

#[test]
fn an_entry_becomes_a_policy_in_legacy_with_labels_that_attach_it() {
    let plan = between("", APPS);
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(steps(&plan), ["create liftgate-apps 1r1w1d"]);
    let Change::AccessCreate { policy } = &plan.changes[0] else {
        panic!()
    };
    assert_eq!(policy.labels, ["autoattach:app"]);
    assert_eq!(policy.space.as_deref(), Some("legacy"));
    assert_eq!(plan.sessions, Some(0));
    let said = plan
        .notes
        .iter()
        .any(|note| note.contains("end no session"));
    assert!(said, "{:?}", plan.notes);
}

#[test]
fn ids_are_attached_and_taken_off_and_labels_left_alone() {
    let by_id = APPS.replace("{label: app}", "{stacks: [shop, data], modules: [vpc]}");
    let plan = between("", &by_id);
    assert_eq!(
        steps(&plan),
        [
            "create liftgate-apps 1r1w1d",
            "attach liftgate-apps data",
            "attach liftgate-apps shop",
            "attach liftgate-apps vpc",
        ]
    );
    let fewer = APPS.replace("{label: app}", "{stacks: [till, data]}");
    let plan = between(&by_id, &fewer);
    // What leaves is taken off, what comes is put on.
    assert_eq!(
        steps(&plan),
        [
            "detach liftgate-apps liftgate-apps@shop",
            "detach liftgate-apps liftgate-apps@vpc",
            "attach liftgate-apps till",
        ]
    );
    // An attachment that a label made is nobody's to take off.
    let fake = account(&read(APPS));
    let plan = planned(&read(APPS), &fake);
    assert_eq!(steps(&plan), [""; 0]);
    let by_hand = ("liftgate-apps".to_string(), "data".to_string());
    let attachments = fake.attachments.borrow_mut().as_mut().map(|all| {
        all.insert("by-hand".into(), by_hand);
    });
    attachments.unwrap();
    let plan = planned(&read(APPS), &fake);
    assert_eq!(steps(&plan), ["detach liftgate-apps by-hand"]);
}

/// Between a label and an attachment that take each other's place, a policy that denies must not let go.
#[test]
fn a_label_and_an_attachment_overlap_where_one_takes_the_others_place() {
    let by_id = APPS.replace("{label: app}", "{stacks: [shop, till]}");
    assert_eq!(
        steps(&between(APPS, &by_id)),
        [
            "attach liftgate-apps shop",
            "attach liftgate-apps till",
            "update liftgate-apps 1r1w1d -> 1r1w1d",
        ]
    );
    assert_eq!(
        steps(&between(&by_id, APPS)),
        [
            "update liftgate-apps 1r1w1d -> 1r1w1d",
            "detach liftgate-apps liftgate-apps@shop",
            "detach liftgate-apps liftgate-apps@till",
        ]
    );
    // A stack that is left for good is left before the text changes, one that comes is there after it.
    let other = by_id
        .replace("[shop, till]", "[till, data]")
        .replace("write: [seniors]", "write: [payments]");
    assert_eq!(
        steps(&between(&by_id, &other)),
        [
            "detach liftgate-apps liftgate-apps@shop",
            "update liftgate-apps 1r1w1d -> 1r1w1d",
            "attach liftgate-apps data",
        ]
    );
}

fn two(first: &str, second: &str) -> String {
    format!(
        "stack_access:\n  - {{name: one, attach: {{label: app}}, {first}}}\n  - {{name: two, attach: {{label: app}}, {second}}}\n"
    )
}

#[test]
fn what_takes_comes_before_what_gives() {
    let plan = between(
        &two("read: [payments]", "deny: [contractors]"),
        &two(
            "read: [payments, seniors]",
            "deny: [contractors], deny_write: [payments]",
        ),
    );
    assert_eq!(
        steps(&plan),
        [
            "update liftgate-two 0r0w1d -> 0r0w2d",
            "update liftgate-one 1r0w0d -> 2r0w0d",
        ]
    );
    let plan = between(
        &two(
            "read: [payments, seniors]",
            "deny: [contractors], deny_write: [payments]",
        ),
        &two("read: [payments]", "deny: [contractors]"),
    );
    assert_eq!(
        steps(&plan),
        [
            "update liftgate-one 2r0w0d -> 1r0w0d",
            "update liftgate-two 0r0w2d -> 0r0w1d",
        ]
    );
}

#[test]
fn several_that_give_and_take_are_made_in_halves() {
    let plan = between(
        "",
        &two(
            "write: [payments], deny: [contractors]",
            "write: [seniors], deny: [payments]",
        ),
    );
    assert_eq!(
        steps(&plan),
        [
            "create liftgate-one 0r0w1d",
            "create liftgate-two 0r0w1d",
            "update liftgate-one 0r0w1d -> 0r1w1d",
            "update liftgate-two 0r0w1d -> 0r1w1d",
        ]
    );
    let plan = between(
        &two("write: [payments, platform]", "write: [seniors]"),
        &two("write: [payments, seniors]", "write: [platform]"),
    );
    assert_eq!(
        steps(&plan),
        [
            "update liftgate-one 0r2w0d -> 0r1w0d",
            "update liftgate-two 0r1w0d -> 0r0w0d",
            "update liftgate-one 0r1w0d -> 0r2w0d",
            "update liftgate-two 0r0w0d -> 0r1w0d",
        ]
    );
    // Alone it needs no halves.
    let plan = between(
        &two("write: [payments]", "read: [seniors]"),
        &two("write: [seniors]", "read: [seniors]"),
    );
    assert_eq!(steps(&plan), ["update liftgate-one 0r1w0d -> 0r1w0d"]);
}

#[test]
fn what_has_no_order_is_refused() {
    let stacks = |one: &str, two: &str| {
        format!(
            "stack_access:\n  - {{name: one, attach: {{stacks: [{one}]}}, read: [payments], deny: [contractors]}}\n  - {{name: two, attach: {{stacks: [{two}]}}, read: [seniors], deny: [payments]}}\n"
        )
    };
    let plan = between(&stacks("shop", "till"), &stacks("till", "shop"));
    assert_eq!(codes(&plan), [Guard::AccessOrder], "{:?}", steps(&plan));
    let plan = between(&stacks("shop", "till"), &stacks("data", "till"));
    assert_eq!(codes(&plan), []);
}

#[test]
fn the_login_policy_stands_where_it_gives_nobody_more() {
    let login = |rest: &str, grant: &str| {
        let head = HEAD.replace("roles: [space-reader]", grant);
        Mapping {
            directory: Some(directory()),
            ..Mapping::read(&format!("{head}{rest}"))
        }
    };
    let (few, more) = (
        "roles: [space-reader]",
        "roles: [space-reader, space-writer]",
    );
    let both = |text: &str| text.replace("write: [seniors]", "write: [platform]");
    // It only takes, and comes before what gives and takes.
    let plan = planned(&login(&both(APPS), few), &account(&login(APPS, more)));
    let step = "update liftgate-apps 1r1w1d -> 1r1w1d";
    assert_eq!(steps(&plan), ["login", step]);
    // It only gives, and comes after it.
    let plan = planned(&login(&both(APPS), more), &account(&login(APPS, few)));
    assert_eq!(steps(&plan), [step, "login"]);
    // Of what only takes and what only gives, the one stands before it and the other after it.
    let taken = APPS
        .replace("read: [payments]", "read: []")
        .replace("    read: []\n", "");
    let plan = planned(&login(&taken, more), &account(&login(APPS, few)));
    assert_eq!(
        steps(&plan),
        ["update liftgate-apps 1r1w1d -> 0r1w1d", "login"]
    );
    let plan = planned(&login(APPS, few), &account(&login(&taken, more)));
    assert_eq!(
        steps(&plan),
        ["login", "update liftgate-apps 0r1w1d -> 1r1w1d"]
    );
}

#[test]
fn only_what_is_ours_goes_and_only_when_asked() {
    let fake = account(&read(APPS));
    let mut mapping = read("");
    let plan = planned(&mapping, &fake);
    assert_eq!(steps(&plan), [""; 0]);
    let told = "the access policy `liftgate-apps` is liftgate's, and the mapping has no such entry any more; it still decides about 2 stacks or modules, and goes with `--delete-access apps`";
    assert!(plan.notes.contains(&told.to_string()), "{:?}", plan.notes);
    for name in ["apps", "liftgate-apps"] {
        mapping.delete_access = vec![name.into()];
        let plan = planned(&mapping, &fake);
        assert_eq!(steps(&plan), ["delete liftgate-apps"]);
        assert_eq!(codes(&plan), []);
        assert!(
            plan.approval
                .iter()
                .any(|why| why.contains("liftgate-apps")),
            "{:?}",
            plan.approval
        );
    }
    mapping.delete_access = vec!["aps".into()];
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), [Guard::AccessUnknown]);
    assert_eq!(plan.refusals[0].help, "did you mean `liftgate-apps`?");
    mapping.delete_access = vec!["zebra".into()];
    assert_eq!(codes(&planned(&mapping, &fake)), []);

    let mut mapping = read(APPS);
    mapping.delete_access = vec!["apps".into()];
    assert_eq!(codes(&planned(&mapping, &fake)), [Guard::AccessNeeded]);
}

#[test]
fn policies_of_others_are_left_alone_and_named() {
    let fake = account(&read(APPS));
    let body = "package spacelift\n\nread if true\n";
    let other = |name: &str| Policy {
        kind: PolicyType::Other("STACK_ACCESS".into()),
        labels: vec!["autoattach:*".into()],
        space: Some("legacy".into()),
        ..super::super::fake::live(name, body)
    };
    let fake = fake
        .with_policy(other("theirs"))
        .with_policy(other("liftgate-by-hand"));
    let mut mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    let plan = planned(&mapping, &fake);
    assert_eq!(steps(&plan).len(), 1);
    assert_eq!(codes(&plan), []);
    let told = "access policies of others are left alone, and decide beside the mapping's where they are attached: `liftgate-by-hand`, `theirs`";
    assert!(plan.notes.contains(&told.to_string()), "{:?}", plan.notes);
    mapping.delete_access = vec!["by-hand".into()];
    assert_eq!(codes(&planned(&mapping, &fake)), [Guard::AccessUnknown]);
}

#[test]
fn an_edit_by_hand_is_replaced_only_where_its_text_is_named() {
    let edited = || {
        let fake = account(&read(APPS));
        for policy in fake.policies.borrow_mut().iter_mut() {
            if policy.kind == PolicyType::Access {
                policy.body.push_str("read if true\n");
            }
        }
        fake
    };
    let mut mapping = read(APPS);
    let plan = planned(&mapping, &edited());
    assert_eq!(codes(&plan), [Guard::EditedByHand]);
    let text = format!("{}read if true\n", mapping.access[0].text);
    assert!(plan.refusals[0].help.contains(&digest_of(&text)));
    mapping.overwrite = vec![digest_of(&text)];
    let plan = planned(&mapping, &edited());
    // Whom an edit takes alike is not known, so neither is what people of the directory lose.
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
    assert_eq!(steps(&plan), ["update liftgate-apps ? -> 1r1w1d"]);
    // A fixture is asked about.
    mapping.probes = vec![probe("x@acme.example", &["other"])];
    let plan = planned(&mapping, &edited());
    assert_eq!(plan.effects[0].stacks.losses.read.some, ["shop", "till"]);
    mapping.overwrite = vec![digest_of("another")];
    let codes = codes(&planned(&mapping, &edited()));
    assert!(codes.contains(&Guard::OtherText) && codes.contains(&Guard::EditedByHand));
    // One that was never ours.
    let fake = edited();
    for policy in fake.policies.borrow_mut().iter_mut() {
        if policy.kind == PolicyType::Access {
            policy.body = "package spacelift\n".into();
        }
    }
    mapping.overwrite.clear();
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.refusals[0].code, Guard::ForeignPolicy);
}

#[test]
fn an_edit_is_told_from_what_the_mapping_changes_and_may_be_adopted() {
    let edited = |rest: &str| {
        let fake = account(&read(rest));
        for policy in fake.policies.borrow_mut().iter_mut() {
            if policy.kind == PolicyType::Access {
                policy.body.push_str("read if true\n");
            }
        }
        fake
    };
    let mut mapping = read(APPS);
    let plan = planned(&mapping, &edited(APPS));
    assert_eq!(plan.edit, None);
    let [edit] = plan.access_edits.as_slice() else {
        panic!("{:?}", plan.access_edits);
    };
    assert_eq!(
        (edit.name.as_str(), &edit.base),
        ("liftgate-apps", &Base::Mapping)
    );
    assert!(edit.diff.contains("+read if true"), "{}", edit.diff);
    assert_eq!(edit.accepted, None);
    // The mapping went on since: what was pushed last is found in history.
    let older = APPS.replace("write: [seniors]", "write: [platform]");
    let pushed = read(&older);
    mapping.history = Pushed(vec![Policies {
        model: pushed.model.clone(),
        login: pushed.policy.clone(),
        access: pushed.access.iter().map(|one| one.policy.clone()).collect(),
    }]);
    let plan = planned(&mapping, &edited(&older));
    let edit = &plan.access_edits[0];
    assert!(matches!(edit.base, Base::Commit(_)), "{:?}", edit.base);
    assert!(edit.diff.contains("+read if true"), "{}", edit.diff);
    assert!(!edit.diff.contains("seniors"), "{}", edit.diff);
    let text = edit.text.clone();
    let lock = |policy: &str| Lock {
        account: "acme".into(),
        adopted: vec![Adopted {
            policy: policy.into(),
            text: text.clone(),
            at: "2026-12-03T18:00:00Z".parse().unwrap(),
            span: Span::default(),
        }],
    };
    mapping.lock = Some(lock(&edit.policy));
    let plan = planned(&mapping, &edited(&older));
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
    assert!(matches!(
        plan.access_edits[0].accepted,
        Some(AcceptedBy::Lock { .. })
    ));
    assert!(!plan.notes.iter().any(|note| note.contains("liftgate.lock")));
    // Neither another policy's text, nor another text of this one.
    mapping.lock = Some(lock("liftgate"));
    let plan = planned(&mapping, &edited(&older));
    assert_eq!(codes(&plan), [Guard::EditedByHand]);
    let stale =
        "`liftgate.lock` has no effect and can go: the text that it adopts is no longer live";
    assert!(plan.notes.contains(&stale.to_string()), "{:?}", plan.notes);
    // Of two, one that is no longer live is named.
    let mut both = lock(&edit.policy);
    both.adopted.extend(lock("liftgate").adopted);
    mapping.lock = Some(both);
    let plan = planned(&mapping, &edited(&older));
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
    let stale =
        "what `liftgate.lock` adopts of `liftgate` has no effect and can go: it is no longer live";
    assert!(plan.notes.contains(&stale.to_string()), "{:?}", plan.notes);
}

#[test]
fn a_list_that_asks_too_often_is_noted() {
    let note = |count: usize, rest: &str| {
        let mut fake = account(&read(""));
        let ids: Vec<String> = (0..count).map(|at| format!("s{at}")).collect();
        fake.known.stacks = Some(ids.iter().map(|id| stack(id, &["app"])).collect());
        let plan = planned(&read(rest), &fake);
        let told = plan
            .notes
            .into_iter()
            .find(|note| note.contains("half a second"));
        told.and_then(|note| note.split(' ').find_map(|word| word.parse::<usize>().ok()))
    };
    assert_eq!(note(200, APPS), None);
    assert_eq!(note(201, APPS), Some(201));
    let two = format!("{APPS}  - {{name: all, attach: all, read: [payments]}}\n");
    assert_eq!(note(101, &two), Some(202));
    assert_eq!(
        note(
            500,
            "stack_access: [{name: one, attach: {stacks: [s7]}, read: [payments]}]\n"
        ),
        None
    );
}

#[test]
fn two_edits_cannot_be_replaced_at_once_and_the_way_out_is_not_the_mapping() {
    let two = format!("{APPS}  - {{name: tills, attach: {{label: till}}, read: [payments]}}\n");
    let fake = account(&read(&two));
    for policy in fake.policies.borrow_mut().iter_mut() {
        if policy.kind == PolicyType::Access {
            policy.body.push_str("read if true\n");
        }
    }
    let mut mapping = read(&two);
    let texts = planned(&mapping, &fake).access_edits;
    mapping.overwrite = texts.iter().map(|edit| edit.text.clone()).collect();
    assert_eq!(mapping.overwrite.len(), 2);
    let plan = planned(&mapping, &fake);
    let order = plan
        .refusals
        .iter()
        .find(|one| one.code == Guard::AccessOrder);
    let help = &order.unwrap().help;
    assert!(
        help.contains("take all such texts back in Spacelift but one"),
        "{help}"
    );
}

#[test]
fn a_label_of_somebody_elses_that_attaches_is_drift_and_any_other_stays() {
    let fake = account(&read(APPS));
    let label = |label: &str| {
        for policy in fake.policies.borrow_mut().iter_mut() {
            if policy.kind == PolicyType::Access {
                policy.labels = vec!["autoattach:app".into(), label.into()];
            }
        }
    };
    label("team:apps");
    assert_eq!(steps(&planned(&read(APPS), &fake)), [""; 0]);
    label("autoattach:data");
    let plan = planned(&read(APPS), &fake);
    assert_eq!(steps(&plan), ["update liftgate-apps 1r1w1d -> 1r1w1d"]);
}

#[test]
fn ids_must_be_there_and_in_legacy() {
    let plan_of = |stacks: &str| between("", &APPS.replace("{label: app}", stacks));
    let plan = plan_of("{stacks: [shpo]}");
    assert_eq!(codes(&plan), [Guard::StackMissing]);
    assert_eq!(plan.refusals[0].help, "did you mean `shop`?");
    let plan = plan_of("{stacks: [SHOP]}");
    assert_eq!(plan.refusals[0].help, "did you mean `shop`?");
    let plan = plan_of("{stacks: [vault]}");
    assert_eq!(codes(&plan), [Guard::StackElsewhere]);
    let plan = plan_of("{modules: [net]}");
    assert_eq!(codes(&plan), [Guard::StackMissing]);
    // All of them at once.
    let plan = plan_of("{stacks: [shpo, vault], modules: [net]}");
    assert_eq!(plan.refusals.len(), 3);
}

#[test]
fn an_installation_that_does_not_say_is_taken_no_further_than_it_says() {
    let mapping = read(&APPS.replace("{label: app}", "{stacks: [shop]}"));
    let mut fake = account(&mapping);
    *fake.attachments.borrow_mut() = None;
    let plan = planned(&mapping, &fake);
    assert!(codes(&plan).contains(&Guard::AccessUnsupported));
    fake = account(&read(""));
    fake.known.stacks = None;
    let plan = planned(&mapping, &fake);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("could not be checked"))
    );
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
}

#[test]
fn spacelifts_own_service_takes_none() {
    let mut fake = account(&read(""));
    fake.endpoint = "https://acme.app.spacelift.io".into();
    let codes = codes(&planned(&read(APPS), &fake));
    assert!(codes.contains(&Guard::AccessUnsupported), "{codes:?}");
}

#[test]
fn a_policy_of_another_type_has_the_name() {
    let fake = account(&read("")).with_policy(Policy {
        kind: PolicyType::Plan,
        ..super::super::fake::live("liftgate-apps", "package spacelift\n")
    });
    assert_eq!(codes(&planned(&read(APPS), &fake)), [Guard::NameTaken]);
}

#[test]
fn who_gains_and_loses_what_is_told_of_fixtures_and_people() {
    let mut mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    mapping.probes = vec![
        probe("x@acme.example", &["P"]),
        probe("s@acme.example", &["S"]),
        probe("c@acme.example", &["C", "P"]),
        probe("a@acme.example", &["ADM"]),
    ];
    let mut people = directory();
    let add = |people: &mut crate::directory::Directory, login: &str, groups: &[&str]| {
        people.people.insert(login.into(), person(login, groups));
    };
    add(&mut people, "sen@acme.example", &["S"]);
    add(&mut people, "both@acme.example", &["S", "C"]);
    mapping.directory = Some(people);
    let plan = planned(&mapping, &account(&read(APPS)));
    let effects: Vec<(&str, usize, usize)> = plan
        .effects
        .iter()
        .map(|effect| {
            (
                effect.identity.as_str(),
                effect.stacks.gains.write.count,
                effect.stacks.losses.read.count,
            )
        })
        .collect();
    assert_eq!(
        effects,
        [("x@acme.example", 2, 0), ("s@acme.example", 0, 2)]
    );
    assert_eq!(plan.effects[0].stacks.gains.write.some, ["shop", "till"]);
    assert!(plan.effects[1].takes_away());
    let people = &plan.people.changes;
    let of = |login: &str| people.iter().find(|one| one.login == login);
    // Twenty of payments in the directory, and one in the fixtures; seniors lose.
    assert_eq!(people.len(), 23);
    assert!(of("sen@acme.example").unwrap().loses);
    assert!(of("both@acme.example").is_none());
    assert!(of("p-3@acme.example").unwrap().gains());
    assert!(of("adm-1@acme.example").is_none());
    assert!(
        plan.approval
            .iter()
            .any(|why| why == "1 losing access to stacks")
    );
}

#[test]
fn losses_on_stacks_count_for_the_guards() {
    let head = HEAD.replace(
        "max_people_losing_access: 100%",
        "max_people_losing_access: 3",
    );
    let of = |rest: &str| Mapping {
        directory: Some(directory()),
        ..Mapping::read(&format!("{head}{rest}"))
    };
    let fewer = APPS.replace("    read: [payments]\n", "");
    let plan = planned(&of(&fewer), &account(&of(APPS)));
    assert_eq!(codes(&plan), [Guard::PeopleLoseAccess]);
    let mut additive = of(&fewer);
    additive.add_only = true;
    let plan = planned(&additive, &account(&of(APPS)));
    assert!(codes(&plan).contains(&Guard::TakesAway));
    additive = of(APPS);
    additive.add_only = true;
    let plan = planned(&additive, &account(&of(&fewer)));
    assert_eq!(codes(&plan), []);
    // Where too few are known, members of groups are counted.
    let head = HEAD.replace("min_coverage: 0%", "min_coverage: 80%");
    let of = |rest: &str| Mapping::read(&format!("{head}{rest}"));
    let mut fake = account(&of(APPS));
    fake.known.user_sessions = Some(vec![session("stranger@acme.example")]);
    let plan = planned(&of(&fewer), &fake);
    assert!(codes(&plan).contains(&Guard::LossesUncounted));
    let words: Vec<String> = plan.people.groups.iter().map(|one| one.words()).collect();
    assert_eq!(
        words,
        ["members of `payments` all access to `shop`, `till`"]
    );
}

#[test]
fn teams_and_roles_of_the_login_policy_say_whom_access_policies_are_asked_about() {
    let teams = "teams:\n  keep: true\n  add:\n    Seniors: {who: seniors}\n";
    let by_team = "\
stack_access:
  - name: apps
    attach: {label: app}
    write: [Seniors]
";
    let of = |rest: &str| {
        let mut mapping = read(rest);
        mapping.probes = vec![
            probe("s@acme.example", &["S"]),
            probe("p@acme.example", &["P"]),
        ];
        mapping
    };
    let plan = planned(&of(&format!("{teams}{by_team}")), &account(&of("")));
    let stacks = |plan: &Plan, login: &str| {
        let effect = plan.effects.iter().find(|one| one.identity == login);
        effect.map(|one| one.stacks.clone()).unwrap_or_default()
    };
    assert_eq!(stacks(&plan, "s@acme.example").gains.write.count, 2);
    assert!(stacks(&plan, "p@acme.example").is_none());

    // A role on legacy takes the place of what access policies say; admins are asked about nothing.
    for (role, lost) in [("space-reader", 2), ("space-admin", 0)] {
        let writers = APPS.replace("write: [seniors]", "write: [payments]");
        let more = format!("  - {{who: payments, roles: [{role}], spaces: [legacy]}}\nguards:");
        let head = HEAD.replace("guards:", &more);
        let mut after = Mapping::read(&format!("{head}{writers}"));
        after.probes = vec![probe("p@acme.example", &["P"])];
        let plan = planned(&after, &account(&read(&writers)));
        let found = stacks(&plan, "p@acme.example");
        assert_eq!(found.losses.write.count, lost, "{role}");
        assert_eq!(found.gains.write.count, 0, "{role}");
    }
}

#[test]
fn an_access_policy_of_others_is_asked_about_fixtures() {
    let theirs = |body: &str| Policy {
        kind: PolicyType::Access,
        labels: vec!["autoattach:till".into()],
        space: Some("legacy".into()),
        ..super::super::fake::live("theirs", body)
    };
    let fake = account(&read("")).with_policy(theirs(
        "package spacelift\n\ndeny if input.session.login == \"p@acme.example\"\n",
    ));
    let mut mapping = read(APPS);
    mapping.probes = vec![probe("p@acme.example", &["P"])];
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.effects[0].stacks.gains.read.some, ["shop"]);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("known of fixtures only"))
    );
    // One that cannot be asked leaves what is held unknown.
    let fake = account(&read("")).with_policy(theirs("package spacelift\n\ndeny if {\n"));
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
}

#[test]
fn what_the_api_does_not_show_is_said() {
    let hidden = APPS.replace(
        "write: [seniors]",
        "write: [{who: seniors, stack: {contexts: prod}}]",
    );
    let plan = between(APPS, &hidden);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("does not show `contexts`")),
        "{:?}",
        plan.notes
    );
    assert_eq!(codes(&plan), []);
    // What it gave by that is not known, so neither is what is lost.
    assert_eq!(codes(&between(&hidden, APPS)), [Guard::LossesUnknown]);
}

#[test]
fn what_moves_in_between_is_found() {
    use super::super::evidence::moved;
    let mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    let plan = planned(&mapping, &account(&read(APPS)));
    let moved_by = |change: &dyn Fn(&mut Fake)| -> Vec<String> {
        let mut fake = account(&read(APPS));
        change(&mut fake);
        let found = moved(&plan, &fake).unwrap();
        found.into_iter().map(|one| one.message).collect()
    };
    assert_eq!(moved_by(&|_| {}), [""; 0]);
    let stacks = |fake: &mut Fake, change: &dyn Fn(&mut Stack)| {
        change(&mut fake.known.stacks.as_mut().unwrap()[0]);
    };
    // What it is doing is none of a plan's business.
    assert_eq!(
        moved_by(&|fake| stacks(fake, &|stack| {
            stack.state = "APPLYING".into();
            stack.locked_by = Some("x".into());
        })),
        [""; 0]
    );
    for change in [
        (&|fake: &mut Fake| stacks(fake, &|stack| stack.labels.push("app".into())))
            as &dyn Fn(&mut Fake),
        &|fake| stacks(fake, &|stack| stack.space = "payments".into()),
    ] {
        let found = moved_by(change);
        // A label attaches the policy to more, too.
        assert!(
            found.iter().any(|one| one.contains("the stacks moved")),
            "{found:?}"
        );
    }
    let attached = moved_by(&|fake| {
        let by_hand = ("liftgate-apps".to_string(), "data".to_string());
        let mut attachments = fake.attachments.borrow_mut();
        attachments.as_mut().unwrap().insert("new".into(), by_hand);
    });
    assert!(
        attached[0].contains("the access policies moved"),
        "{attached:?}"
    );
}

#[test]
fn many_people_and_many_stacks_end_in_time() {
    let mut mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    let mut people = directory();
    for n in 0..10_000 {
        let login = format!("many-{n}@acme.example");
        let groups = [["P", "S", "C"][n % 3].to_string(), format!("G{}", n % 50)];
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        people.people.insert(login.clone(), person(&login, &groups));
    }
    mapping.directory = Some(people);
    let mut fake = account(&read(APPS));
    let more = (0..1000).map(|n| stack(&format!("s-{n}"), &["app"]));
    fake.known.stacks.as_mut().unwrap().extend(more);
    let started = std::time::Instant::now();
    let plan = planned(&mapping, &fake);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    let change = plan
        .people
        .changes
        .iter()
        .find(|one| one.login == "many-0@acme.example");
    assert_eq!(change.unwrap().stacks.gains.write.count, 1002);
    assert_eq!(change.unwrap().stacks.gains.write.some.len(), 10);
}

#[test]
fn the_server_is_asked_what_it_makes_of_new_texts() {
    let mut mapping = read(APPS);
    mapping.probes = vec![
        probe("p@acme.example", &["P"]),
        probe("q@acme.example", &["P", "x"]),
        probe("s@acme.example", &["S"]),
    ];
    let asked = |spoil: &dyn Fn(&mut Fake)| {
        let mut fake = account(&read(""));
        spoil(&mut fake);
        let plan = planned(&mapping, &fake);
        let count = fake.simulator.asked.borrow().len();
        (plan, count)
    };
    let (plan, count) = asked(&|_| {});
    // Whom the policy takes alike are one, and so are stacks; and nobody, on no stack at all.
    let simulated = plan.simulated_access.unwrap();
    assert_eq!((simulated.logins, count), (4, 4));
    assert_eq!(codes(&asked(&|_| {}).0), []);
    let disagrees = |fake: &mut Fake| {
        fake.simulator.twist = Some(|_, answer| answer["level"] = json!("write"));
    };
    let plan = asked(&disagrees).0;
    assert_eq!(codes(&plan), [Guard::ServerDisagrees]);
    assert!(
        plan.refusals[0]
            .message
            .contains("`p@acme.example` on `shop` by `liftgate-apps`: write there, read here"),
        "{}",
        plan.refusals[0].message
    );
    for (always, guard) in [
        (Ok(None), Guard::NotSimulated),
        (Ok(Some(json!({}))), Guard::SimulationRefused),
        (
            Err(crate::spacelift::Error::Refused {
                action: "simulate the policy",
                messages: vec!["access policies are gone".into()],
            }),
            Guard::SimulationRefused,
        ),
    ] {
        let plan = asked(&|fake| fake.simulator.always = Some(always.clone())).0;
        assert_eq!(codes(&plan), [guard]);
    }
    let other = |fake: &mut Fake| fake.simulator.reads = Some(crate::model::Dialect::V0);
    let plan = asked(&other).0;
    assert_eq!(codes(&plan), []);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("simulated as Rego v0"))
    );
    // What stays is not asked about.
    let plan = planned(&mapping, &account(&mapping));
    assert_eq!(plan.simulated_access, None);
}
