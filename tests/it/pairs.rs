//! Pairs of random mappings, one and an edit of it: what is said of the difference, beside what both decide.

use std::collections::BTreeSet;

use liftgate::compile::compile;
use liftgate::decide::Decision;
use liftgate::diagnostic::Diagnostics;
use liftgate::difference::{Version, difference, people};
use liftgate::evaluate::Evaluator;
use liftgate::model::{Denial, Model, NoGrants, NoGroups, Subject};
use liftgate::plan::{Access, Probe, Source, taken};
use liftgate::policy::Policy;
use liftgate::render::render;
use liftgate::source::{Span, Spanned};

use crate::agreement::random::Random;
use crate::agreement::sample::{About, Drawn};

const SEED: u64 = 20_261_125;
const PAIRS: usize = 1_000;
const INPUTS: usize = 8;

/// Something of a map, by chance.
fn any<K: Clone + Ord, V>(random: &mut Random, of: &std::collections::BTreeMap<K, V>) -> Option<K> {
    let keys: Vec<K> = of.keys().cloned().collect();
    (!keys.is_empty()).then(|| random.pick(&keys).clone())
}

/// One to three changes of a mapping, of every kind that there is.
fn edit(model: &mut Model, random: &mut Random) {
    for _ in 0..random.between(1, 3) {
        change(model, random);
    }
}

fn change(model: &mut Model, random: &mut Random) {
    let spaces: Vec<String> = model.spaces.keys().cloned().chain(["*".into()]).collect();
    let kind = random.below(16);
    if kind < 9 {
        let Some(id) = any(random, &model.grants) else {
            return;
        };
        let mut grant = model.grants[&id].clone();
        match kind {
            0 => {
                model.grants.remove(&id);
                return;
            }
            1 => {
                grant.roles.insert("space-writer".into());
            }
            2 if grant.roles.len() > 1 => {
                grant.roles.pop_first();
            }
            3 => {
                grant.spaces.insert(random.pick(&spaces).clone());
            }
            4 if grant.spaces.len() > 1 => {
                grant.spaces.pop_first();
            }
            5 => grant.when = None,
            6 => grant.ends = random.percent(50).then_some(1_900_000_000_000_000_000),
            7 => grant.starts = random.percent(50).then_some(1_700_000_000_000_000_000),
            _ => {
                // Words, which mean nothing.
                grant.reason = Some("another".into());
                let copy = grant.clone();
                model.grants.insert(format!("{id}-again"), copy);
            }
        }
        model.grants.insert(id, grant);
        return;
    }
    match kind {
        9 => {
            if let Some(id) = any(random, &model.login.deny) {
                model.login.deny.remove(&id);
            }
        }
        10 => {
            if let Some(id) = any(random, &model.login.admin) {
                model.login.admin.remove(&id);
            }
        }
        11 => {
            if let Some(id) = any(random, &model.grants) {
                let denial = Denial {
                    who: model.grants[&id].who.clone(),
                    unless: None,
                    span: Span::default(),
                };
                let entries = if random.percent(50) {
                    &mut model.login.deny
                } else {
                    &mut model.login.deny_admin
                };
                entries.insert("deny-new".into(), denial);
            }
        }
        12 => {
            if let Some(name) = any(random, &model.groups)
                && let Some(group) = model.groups.get_mut(&name)
            {
                if group.values.len() > 1 {
                    group.values.pop_first();
                } else {
                    group.values.insert(format!("new value of {name}"), None);
                }
            }
        }
        13 => {
            model.login.no_grants = match model.login.no_grants {
                NoGrants::Admit => NoGrants::Refuse,
                NoGrants::Refuse => NoGrants::Admit,
            };
        }
        14 => {
            model.login.no_groups = match model.login.no_groups {
                NoGroups::Known => NoGroups::Unknown,
                NoGroups::Unknown => NoGroups::Known,
            };
        }
        _ => {
            let login = Spanned::new("someone@acme.example".to_string(), Span::default());
            if model.login.offboarded.pop_first().is_none() {
                model.login.offboarded.insert(login.value.clone(), login);
            }
            model.login.require = Subject::Member;
        }
    }
}

fn compiled(model: &Model) -> Option<Policy> {
    let mut diagnostics = Diagnostics::default();
    let policy = compile(model, &mut diagnostics)?;
    (!diagnostics.has_errors()).then_some(policy)
}

/// Roles on spaces that a decision binds.
fn held(decision: &Decision) -> BTreeSet<Access> {
    let roles = decision.roles.iter();
    roles
        .flat_map(|(space, slugs)| {
            slugs.iter().map(|role| Access {
                space: space.clone(),
                role: role.clone(),
            })
        })
        .collect()
}

#[derive(Debug, Default)]
struct Seen {
    same: usize,
    only_adds: usize,
    only_takes: usize,
    gaining: usize,
    losing: usize,
}

/// The texts of one pair in ten are evaluated too; reading them is most of the work.
#[test]
fn what_is_said_of_a_pair_is_what_both_decide() {
    hold(10);
}

#[test]
#[ignore = "reads 2,000 policies"]
fn what_is_said_of_a_pair_is_what_the_texts_of_both_decide() {
    hold(1);
}

/// `every` is how many pairs there are to one of which the texts are evaluated.
fn hold(every: usize) {
    let (mut pairs, mut number) = (0, 0);
    let mut seen = Seen::default();
    while pairs < PAIRS {
        let drawn = Drawn::new(About::Login, SEED, number, INPUTS);
        let mut random = Random::new(SEED, 1_000_000_007 + u64::try_from(number).unwrap());
        number += 1;
        assert!(number < 2 * PAIRS, "hardly an edit compiles");
        let old = &drawn.sample.compiled;
        let mut model = old.model.clone();
        edit(&mut model, &mut random);
        let Some(policy) = compiled(&model) else {
            continue;
        };
        pairs += 1;
        let mut evaluators = pairs.is_multiple_of(every).then(|| {
            let text = render(&policy).unwrap();
            (
                Evaluator::of(&old.text, old.policy.dialect).unwrap(),
                Evaluator::of(&text, policy.dialect).unwrap(),
            )
        });

        let probes: Vec<Probe> = drawn
            .sample
            .inputs
            .iter()
            .enumerate()
            .map(|(at, input)| Probe {
                person: None,
                source: Source::Fixture,
                name: at.to_string(),
                identity: at.to_string(),
                input: input.clone(),
            })
            .collect();
        let told = people(&old.model, &model, &probes);
        let whole = difference(
            Version {
                policy: &old.policy,
                mapping: None,
            },
            Version {
                policy: &policy,
                mapping: None,
            },
            &BTreeSet::new(),
        );
        let place = || format!("pair {number}: {whole:#?}");
        let only_adds = taken(&old.policy, &policy).is_empty();
        let only_takes = taken(&policy, &old.policy).is_empty();
        seen.same += usize::from(whole.same);
        seen.only_adds += usize::from(only_adds && !only_takes);
        seen.only_takes += usize::from(only_takes && !only_adds);

        for probe in &probes {
            let before = old.model.decide(&probe.input);
            let after = model.decide(&probe.input);
            if let Some((was, is)) = &mut evaluators {
                let told =
                    |text: liftgate::evaluate::Decision| (text.login, text.roles, text.teams);
                let texts = (
                    told(was.decide(&probe.input).unwrap()),
                    told(is.decide(&probe.input).unwrap()),
                );
                let meant = |one: &Decision| (one.login, one.roles.clone(), one.teams.clone());
                assert_eq!(texts, (meant(&before), meant(&after)), "{}", probe.input);
            }
            let (had, has) = (held(&before), held(&after));
            let gains: Vec<Access> = has.difference(&had).cloned().collect();
            let losses: Vec<Access> = had.difference(&has).cloned().collect();
            let login = (before.login != after.login).then_some((before.login, after.login));
            let differs = !gains.is_empty()
                || !losses.is_empty()
                || login.is_some()
                || before.teams != after.teams;
            let effect = told.iter().find(|effect| effect.probe == probe.name);
            match effect {
                None => assert!(!differs, "{}\n{}", probe.input, place()),
                Some(effect) => {
                    assert_eq!(
                        (&effect.gains, &effect.losses, &effect.login_change),
                        (&gains, &losses, &login),
                        "{}\n{}",
                        probe.input,
                        place()
                    );
                    assert!(differs, "{}\n{}", probe.input, place());
                }
            }
            let gained = !gains.is_empty() || after.login > before.login;
            let lost = !losses.is_empty() || after.login < before.login;
            seen.gaining += usize::from(gained);
            seen.losing += usize::from(lost);
            assert!(!(whole.same && differs), "{}\n{}", probe.input, place());
            assert!(!(only_adds && lost), "{}\n{}", probe.input, place());
            assert!(!(only_takes && gained), "{}\n{}", probe.input, place());
            // What somebody gains or loses, a grant or a rule is said to have changed.
            let is_said =
                whole.grants.iter().any(|grant| !grant.no_effect) || !whole.rules.is_empty();
            assert!(
                !(differs && !is_said && before.teams == after.teams),
                "{}\n{}",
                probe.input,
                place()
            );
        }
    }
    // None of it is true because it never came up.
    let Seen {
        same,
        only_adds,
        only_takes,
        gaining,
        losing,
    } = seen;
    for (what, count, least) in [
        ("the same", same, 50),
        ("only adding", only_adds, 100),
        ("only taking", only_takes, 100),
        ("gaining", gaining, 100),
        ("losing", losing, 100),
    ] {
        assert!(count >= least, "{what}: {count}");
    }
}
