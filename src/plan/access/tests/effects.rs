//! Who gains and loses what, and what the server says to it.

use super::*;

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
            .any(|why| why == "2 losing access to stacks")
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
    fake.known.user_sessions = Some(vec![signed_in("stranger@acme.example")]);
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
        ..crate::plan::fake::live("theirs", body)
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
