//! Who may read and write which stacks: access policies now and then, asked about the sessions that login policies make.
//!
//! People are many and stacks are many, so neither are asked about one by one: a policy of ours tells sessions apart by the
//! groups, logins and requests that it names, and stacks by the attributes that it names. Each policy is asked once about each
//! pair of kinds, and stacks that all policies take alike are one.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::evaluate::access::{Access, Because, Level};
use crate::evaluate::foreign::Decide;
use crate::evaluate::{Decision, Login};
use crate::policy::access::AccessPolicy;
use crate::render::Reading;

use super::super::effects::{administers, reads_by_role};
use super::super::live::Live;
use super::super::roles::Roles;
use super::super::{ACCESS_SPACE, Desired, quoted, same_access_decisions};
use super::change::{StackChange, StackList, StackLists};
use super::part::Part;
use super::things::{above, joined, things};

/// A policy of ours is asked no more questions than these: about a minute.
const MOST: usize = 400_000;

/// And policies of others no more than these together: each is asked in a process of its own.
const MOST_FOREIGN: usize = 20_000;

/// A policy, and which of the stacks that it tells apart.
type Asked = (usize, usize);

/// Stacks and modules that all policies take alike.
struct Class {
    ids: Vec<String>,
    before: Vec<Asked>,
    after: Vec<Asked>,
}

/// What a login comes to on stacks.
#[derive(Clone, PartialEq)]
enum Holder {
    Nobody,
    Admin,
    /// A role decides, and no access policy is asked. Source: documentation, access policies.
    Role(Level),
    /// Access policies are asked about this; what each takes of it, for those that are ours.
    Session(Value, Vec<Option<String>>),
}

/// What changes on which classes.
type Difference = BTreeMap<usize, (Level, Level)>;

/// Access policies now and then.
pub(crate) struct Stacks {
    parts: Vec<RefCell<Part>>,
    classes: Vec<Class>,
    /// Spaces whose roles count on the stacks.
    spaces: BTreeSet<String>,
    roles: (super::super::roles::Actions, super::super::roles::Actions),
    known: RefCell<HashMap<String, usize>>,
    table: RefCell<Vec<Difference>>,
    unknown: RefCell<Option<String>>,
    asked: Cell<usize>,
    asked_foreign: Cell<usize>,
}

impl Stacks {
    /// Nothing where no access policy is read, and nothing about any can change.
    pub(crate) fn of(desired: &Desired, live: &Live, roles: &Roles) -> Option<Self> {
        let known = live.access.as_ref()?;
        let mut parts: Vec<Part> = Vec::new();
        // What each policy is asked about, now and then.
        let mut before: Vec<(usize, BTreeSet<&str>)> = Vec::new();
        let mut after: Vec<(usize, BTreeSet<&str>)> = Vec::new();
        let deleted: BTreeSet<String> = desired
            .delete_access
            .iter()
            .map(|one| super::full(one))
            .collect();
        for one in &known.policies {
            let compiled = desired
                .access
                .iter()
                .find(|compiled| compiled.policy.name() == one.policy.name);
            let part = parts.len();
            parts.push(Part::live(one));
            before.push((part, known.reach(one)));
            let Some(compiled) = compiled else {
                if !(one.is_ours() && deleted.contains(&one.policy.name)) {
                    after.push((part, known.reach(one)));
                }
                continue;
            };
            let entry = desired.model.stack_access.get(&compiled.policy.entry);
            let Some(entry) = entry else { continue };
            let labels: Vec<String> = entry.attach.policy_labels().into_iter().collect();
            let reach = known.will_reach(&labels, &entry.attach);
            let same = matches!(&one.reading, Reading::Ours(ours) if same_access_decisions(ours, &compiled.policy))
                && parts
                    .last()
                    .is_some_and(|part| part.dialect == Some(compiled.policy.dialect));
            if same {
                after.push((part, reach));
            } else {
                after.push((parts.len(), reach));
                parts.push(Part::ours(&compiled.policy, &compiled.text));
            }
        }
        for compiled in desired.access {
            if known.named(&compiled.policy.name()).is_some() {
                continue;
            }
            let Some(entry) = desired.model.stack_access.get(&compiled.policy.entry) else {
                continue;
            };
            let labels: Vec<String> = entry.attach.policy_labels().into_iter().collect();
            after.push((parts.len(), known.will_reach(&labels, &entry.attach)));
            parts.push(Part::ours(&compiled.policy, &compiled.text));
        }
        let mut classes: BTreeMap<(Vec<Asked>, Vec<Asked>), Vec<String>> = BTreeMap::new();
        for (id, thing) in things(known, &live.spaces) {
            let mut asked = |all: &[(usize, BTreeSet<&str>)]| -> Vec<Asked> {
                let mut asked: Vec<Asked> = Vec::new();
                for (part, reach) in all {
                    if reach.contains(id)
                        && let Some(one) = parts.get_mut(*part)
                    {
                        asked.push((*part, one.thing(&thing)));
                    }
                }
                asked.sort_unstable();
                asked
            };
            let key = (asked(&before), asked(&after));
            if !(key.0.is_empty() && key.1.is_empty()) {
                classes.entry(key).or_default().push(id.to_string());
            }
        }
        let classes = classes.into_iter();
        Some(Self {
            parts: parts.into_iter().map(RefCell::new).collect(),
            classes: classes
                .map(|((before, after), ids)| Class { ids, before, after })
                .collect(),
            spaces: above(ACCESS_SPACE, &live.spaces),
            roles: (roles.before.clone(), roles.after.clone()),
            known: RefCell::default(),
            table: RefCell::default(),
            unknown: RefCell::new(
                known
                    .stacks
                    .is_none()
                    .then(|| "the installation does not list stacks".to_string()),
            ),
            asked: Cell::new(0),
            asked_foreign: Cell::new(0),
        })
    }

    /// Policies of ours whose conditions say when and from where to ask.
    pub(crate) fn policies(&self) -> Vec<AccessPolicy> {
        let parts = self.parts.iter().map(RefCell::borrow);
        parts
            .filter_map(|part| part.apart.as_ref().map(|apart| apart.policy.clone()))
            .collect()
    }

    /// Why what somebody may do on stacks is unknown, if it is.
    pub(crate) fn unknown(&self) -> Option<String> {
        let [now, _] = self.unseen();
        let unseen = now.first().map(|name| {
            format!(
                "a live access policy asks for {} of stacks, which the API does not show",
                quoted(name)
            )
        });
        let unknown = self.unknown.borrow().clone();
        unknown.or_else(|| self.changed_by_hand()).or(unseen)
    }

    /// What to know beside.
    pub(crate) fn notes(&self, notes: &mut BTreeSet<String>) {
        let [_, then] = self.unseen();
        if !then.is_empty() {
            let names: Vec<String> = then.iter().map(|name| quoted(name)).collect();
            notes.insert(format!(
                "the API does not show {} of stacks; what access policies give or deny by that is not counted",
                names.join(", ")
            ));
        }
        let others = self.parts.iter().any(|part| part.borrow().apart.is_none());
        if others && self.changed_by_hand().is_none() {
            notes.insert(
                "what access policies of others give or deny is known of fixtures only; people of the directory are counted without them"
                    .to_string(),
            );
        }
    }

    /// The number of what a login gains and loses on stacks; nothing where that is nothing, or what it comes to now is not
    /// known. Policies of others are asked only with `decide`, since nothing tells whom they take alike.
    pub(crate) fn difference(
        &self,
        input: &Value,
        before: Option<&Decision>,
        after: &Decision,
        decide: Option<&dyn Decide>,
    ) -> Option<usize> {
        let now = self.holder(input, before?, false);
        let then = self.holder(input, after, true);
        let same = now == then;
        // Where nothing about the session changes, only a change of policies can change anything.
        let crossing: Vec<(usize, &Class)> = self
            .classes
            .iter()
            .enumerate()
            .filter(|(_, class)| !same || class.before != class.after)
            .collect();
        if crossing.is_empty() {
            return None;
        }
        let key = format!(
            "{} {} {}",
            decide.is_some(),
            self.key(&now, decide.is_some()),
            self.key(&then, decide.is_some())
        );
        if let Some(found) = self.known.borrow().get(&key) {
            return (*found > 0).then_some(*found);
        }
        let mut found = Difference::new();
        for (at, class) in crossing {
            let was = self.level(&now, &class.before, decide);
            let is = self.level(&then, &class.after, decide);
            if was != is {
                found.insert(at, (was, is));
            }
        }
        let number = if found.is_empty() {
            0
        } else {
            let mut table = self.table.borrow_mut();
            table.push(found);
            table.len()
        };
        self.known.borrow_mut().insert(key, number);
        (number > 0).then_some(number)
    }

    /// What some differences come to, in what is shown. Of a gain and a loss of the same stack, under two conditions, both
    /// are.
    pub(crate) fn change(&self, numbers: &BTreeSet<usize>) -> StackChange {
        let table = self.table.borrow();
        let mut sets: [BTreeSet<&str>; 4] = Default::default();
        let [gains_read, gains_write, losses_read, losses_write] = &mut sets;
        let all = numbers.iter().filter_map(|number| table.get(number - 1));
        for (class, (was, is)) in all.flatten() {
            let ids = self.classes.get(*class).map(|class| &class.ids);
            let ids = ids.into_iter().flatten().map(String::as_str);
            match (was, is) {
                (_, Level::Write) => gains_write.extend(ids),
                (Level::None, Level::Read) => gains_read.extend(ids),
                (_, Level::None) => losses_read.extend(ids),
                (_, Level::Read) => losses_write.extend(ids),
            }
        }
        StackChange {
            gains: StackLists {
                read: StackList::of(gains_read),
                write: StackList::of(gains_write),
            },
            losses: StackLists {
                read: StackList::of(losses_read),
                write: StackList::of(losses_write),
            },
        }
    }

    /// What a new text is to be asked: each login and each stack that it tells apart.
    pub(super) fn questions<'i>(
        &self,
        text: &str,
        logins: impl Iterator<Item = (&'i Value, &'i Decision)>,
    ) -> Vec<Value> {
        let parts = self.parts.iter().map(RefCell::borrow).enumerate();
        let mut parts = parts.filter(|(_, part)| part.text == text);
        let Some((at, part)) = parts.next() else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut questions = Vec::new();
        for (input, decision) in logins {
            let Holder::Session(session, keys) = self.holder(input, decision, true) else {
                continue;
            };
            if !seen.insert(keys.get(at).cloned().flatten()) {
                continue;
            }
            let things = part.things.iter();
            questions.extend(things.map(|thing| joined(&session, Some(thing))));
        }
        questions
    }

    fn holder(&self, input: &Value, decision: &Decision, then: bool) -> Holder {
        let Some(session) = input.get("session").and_then(Value::as_object) else {
            return Holder::Nobody;
        };
        let actions = if then { &self.roles.1 } else { &self.roles.0 };
        match decision.login {
            Login::Deny => return Holder::Nobody,
            Login::Admin => return Holder::Admin,
            Login::Allow if administers(decision, actions) => return Holder::Admin,
            Login::Allow => {}
        }
        let given = self
            .spaces
            .iter()
            .filter_map(|space| decision.roles.get(space));
        let levels = given.flatten().map(|slug| reads_by_role(slug, actions));
        if let Some(level) = levels.max() {
            return Holder::Role(level);
        }
        let mut session = session.clone();
        if !decision.teams.is_empty() {
            session.insert("teams".into(), json!(decision.teams));
        }
        let request = input.get("request").cloned().unwrap_or(Value::Null);
        let asking = json!({"request": request, "session": session});
        let parts = self.parts.iter().map(RefCell::borrow);
        let keys = parts.map(|part| part.apart.as_ref().map(|apart| apart.key(&asking)));
        let keys = keys.collect();
        Holder::Session(asking, keys)
    }

    /// Equal for what no policy tells apart.
    fn key(&self, holder: &Holder, foreign: bool) -> String {
        match holder {
            Holder::Nobody => "nobody".to_string(),
            Holder::Admin => "admin".to_string(),
            Holder::Role(level) => format!("role {}", level.word()),
            Holder::Session(session, keys) => {
                let keys = keys.iter().filter_map(|key| match key {
                    Some(key) => Some(key.clone()),
                    None => foreign.then(|| session.to_string()),
                });
                keys.collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn level(&self, holder: &Holder, asked: &[Asked], decide: Option<&dyn Decide>) -> Level {
        let session = match holder {
            Holder::Nobody => return Level::None,
            Holder::Admin => return Level::Write,
            Holder::Role(level) => return *level,
            Holder::Session(session, keys) => (session, keys),
        };
        let answers: Vec<Access> = asked
            .iter()
            .filter_map(|(part_number, thing)| {
                let part = self.parts.get(*part_number)?;
                let key = session.1.get(*part_number)?.as_deref();
                self.ask(&mut part.borrow_mut(), (session.0, key), *thing, decide)
            })
            .collect();
        Level::of(&answers)
    }

    fn ask(
        &self,
        part: &mut Part,
        (session, key): (&Value, Option<&str>),
        thing: usize,
        decide: Option<&dyn Decide>,
    ) -> Option<Access> {
        let whole;
        let key = match key {
            Some(key) => key,
            None if decide.is_none() => return None,
            None => {
                whole = session.to_string();
                &whole
            }
        };
        if let Some(known) = part.answers.get(key).and_then(|all| all.get(&thing)) {
            return known.clone();
        }
        if part.apart.is_some() {
            self.asked.set(self.asked.get() + 1);
            let answer = if self.asked.get() > MOST {
                self.lost(
                    &part.name,
                    "there are too many people and stacks to ask about",
                );
                None
            } else {
                let input = joined(session, part.things.get(thing));
                let answer = part.evaluator.as_mut().map(|one| one.decide(&input));
                match answer {
                    Some(Ok(access)) => Some(access),
                    Some(Err(error)) => {
                        self.lost(&part.name, &error.message);
                        None
                    }
                    None => {
                        self.lost(&part.name, "it does not parse");
                        None
                    }
                }
            };
            let answer = answer.map(|access| Access {
                because: Because::default(),
                ..access
            });
            let known = part.answers.entry(key.to_string()).or_default();
            known.insert(thing, answer.clone());
            return answer;
        }
        let decide = decide?;
        let count = part.things.len();
        self.asked_foreign.set(self.asked_foreign.get() + count);
        let answers = match part.dialect {
            _ if self.asked_foreign.get() > MOST_FOREIGN => {
                Err("there are too many logins and stacks to ask it about".to_string())
            }
            None => Err("its version of Rego is not known here".to_string()),
            Some(dialect) => {
                let things = part.things.iter();
                let inputs: Vec<Value> = things.map(|thing| joined(session, Some(thing))).collect();
                decide
                    .decide_access(&part.text, dialect, &inputs)
                    .map_err(|error| error.message)
            }
        };
        let mut answers = match answers {
            Ok(answers) => answers.into_iter(),
            Err(why) => vec![Err(why); count].into_iter(),
        };
        for at in 0..count {
            let answer = answers.next();
            let answer = match answer {
                Some(Ok(access)) => Some(access),
                Some(Err(why)) => {
                    self.lost(&part.name, &why);
                    None
                }
                None => {
                    self.lost(&part.name, "answers are missing");
                    None
                }
            };
            let known = part.answers.entry(key.to_string()).or_default();
            known.insert(at, answer);
        }
        part.answers.get(key)?.get(&thing)?.clone()
    }

    fn lost(&self, name: &str, why: &str) {
        let mut unknown = self.unknown.borrow_mut();
        if unknown.is_none() {
            *unknown = Some(format!(
                "the access policy {} could not be asked: {}",
                quoted(name),
                super::escaped(&why.replace(['\n', '\t'], " "))
            ));
        }
    }

    /// Attributes that policies ask for and the API does not show, where the policies on a stack change: of those now and of
    /// those then. What the former give is not all known, and so neither is what is lost.
    pub(crate) fn unseen(&self) -> [BTreeSet<String>; 2] {
        let differs = self
            .classes
            .iter()
            .filter(|class| class.before != class.after);
        let (mut now, mut then) = (BTreeSet::new(), BTreeSet::new());
        for class in differs {
            now.extend(class.before.iter().map(|(part, _)| *part));
            then.extend(class.after.iter().map(|(part, _)| *part));
        }
        [now, then].map(|parts| {
            let parts = parts.into_iter().filter_map(|part| self.parts.get(part));
            parts.flat_map(|part| part.borrow().hidden()).collect()
        })
    }

    /// Live policies of ours that somebody changed, and that are replaced: whom they take alike is not known, so people of a
    /// directory are not asked about.
    fn changed_by_hand(&self) -> Option<String> {
        let differs = self.classes.iter();
        let mut gone = differs.flat_map(|class| {
            let after = &class.after;
            class.before.iter().filter(move |one| !after.contains(one))
        });
        let part = gone.find_map(|(part, _)| {
            let part = self.parts.get(*part)?.borrow();
            part.apart.is_none().then(|| part.name.clone())
        })?;
        Some(format!(
            "the live access policy {} is not as liftgate made it, so what it gives to whom is known of fixtures only",
            quoted(&part)
        ))
    }
}
