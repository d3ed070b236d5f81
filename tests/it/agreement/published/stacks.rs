//! Access to stacks: what somebody may do with one by a policy alone, and what it forbids the policies beside it.

use liftgate::evaluate::access::{Access, AccessEvaluator, Because, Level};
use liftgate::model::{Dialect, StackAccess};

use super::*;

/// How the folders begin that are about them. What follows is the name of the entry which says what is published.
pub const PREFIX: &str = "stacks-";

/// What comes of an input.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Effect {
    level: Level,
    denied: bool,
    write_denied: bool,
}

impl Effect {
    fn of(access: &Access) -> Self {
        Self {
            level: Level::of([access]),
            denied: access.deny,
            write_denied: access.deny || access.deny_write,
        }
    }
}

impl super::Effect for Effect {
    fn within(&self, other: &Self) -> bool {
        self.level <= other.level
            && self.denied >= other.denied
            && self.write_denied >= other.write_denied
    }

    fn told(&self) -> String {
        match (self.level, self.denied, self.write_denied) {
            (_, true, _) => "everything is denied".to_string(),
            (level, false, true) => format!("{}, writing is denied", level.word()),
            (level, false, false) => level.word().to_string(),
        }
    }
}

fn entry<'m>(name: &str, model: &'m Model) -> &'m StackAccess {
    &model.stack_access[name.strip_prefix(PREFIX).unwrap()]
}

struct Stacks;

impl Kind for Stacks {
    type Effect = Effect;
    const POLICY: &'static str = "access";
    const DECIDED_BY_OPA_ALONE: &'static [&'static str] = &DECIDED_BY_OPA_ALONE;

    fn has(name: &str) -> bool {
        name.starts_with(PREFIX)
    }

    fn places(name: &str, model: &Model) -> Vec<Place> {
        grid::of_entry(model, entry(name, model))
    }

    fn meant(name: &str, model: &Model, input: &Value) -> Effect {
        Effect::of(&model.access(entry(name, model), input))
    }

    fn of_opa(outcome: &Outcome, _: &Value) -> Effect {
        Effect::of(&Access {
            read: outcome.read,
            write: outcome.write,
            deny: outcome.deny,
            deny_write: outcome.deny_write,
            sample: outcome.sample,
            because: Because::default(),
        })
    }

    fn evaluator(text: &str) -> impl FnMut(&Value) -> Option<Effect> {
        let mut evaluator = AccessEvaluator::of(text, Dialect::V1).unwrap();
        move |input| evaluator.decide(input).ok().as_ref().map(Effect::of)
    }
}

/// Where our own engine reads the published text otherwise than OPA: as with logins.
pub const DECIDED_BY_OPA_ALONE: [&str; 4] = [
    "stacks-by-label",
    "stacks-network",
    "stacks-office-hours",
    "stacks-state-and-locks",
];

/// Asks real OPA. `BLESS=1 tests/agree` writes what it finds.
#[test]
#[ignore = "asks real OPA: `tests/agree` runs it"]
fn published_access_differs_from_ours_where_it_is_said() {
    ask_opa::<Stacks>();
}

/// The same without OPA.
#[test]
fn published_access_differs_from_ours_as_opa_has_found() {
    ask_our_own_engine::<Stacks>();
}
