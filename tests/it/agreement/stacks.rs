//! Random access to stacks: entries of `stack_access` over every attribute and form, and inputs on the edges of what they ask.

mod entries;
mod inputs;
mod pools;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use liftgate::model::stacks::Attribute;

pub use entries::mapping;
pub use inputs::input;
pub use pools::Pools;

/// What mappings about stacks share with those about signing in, by how the names of constructs begin.
pub const SHARED: [&str; 9] = [
    "api_keys",
    "condition:",
    "group:",
    "no_groups",
    "rewriting",
    "sample:",
    "test:",
    "who:",
    "zone:",
];

/// What an entry may use, beside each attribute.
const FORMS: [&str; 36] = [
    "attach: all",
    "attach: ids",
    "attach: label",
    "attach: labels",
    "attach: modules",
    "by_label",
    "entries: several",
    "rule: deny",
    "rule: deny_write",
    "rule: of Slack",
    "rule: of a person on stacks",
    "rule: of everybody on stacks",
    "rule: of somebody",
    "rule: of stacks unless",
    "rule: of whoever unless",
    "rule: read",
    "rule: stacks and a condition",
    "rule: under a condition",
    "rule: write",
    "stack: all",
    "stack: any",
    "stack: between times",
    "stack: from a time",
    "stack: given",
    "stack: list",
    "stack: nested",
    "stack: none",
    "stack: not given",
    "stack: one",
    "stack: pattern",
    "stack: pattern among texts",
    "stack: several",
    "stack: text",
    "stack: true or false",
    "stack: until a time",
    "stack: whole number",
];

/// What may be special about the stack or module of an input, beside each attribute.
const OF_THING: [&str; 19] = [
    "stack: a label of a group",
    "stack: a module",
    "stack: a part is null",
    "stack: a part is text",
    "stack: a part is missing",
    "stack: a stack",
    "stack: beside a module",
    "stack: created a nanosecond before",
    "stack: created when asked",
    "stack: empty",
    "stack: locked by nobody",
    "stack: locked by somebody else",
    "stack: locked by the caller",
    "stack: locked by the caller in other case",
    "stack: neither stack nor module",
    "stack: no object",
    "stack: no object beside a module",
    "stack: null beside a module",
    "stack: with more than is known",
];

/// How an attribute may be special: it says what is asked, nearly that, nothing, or what cannot be read.
pub const WAYS: [&str; 4] = ["as asked", "near", "nothing", "malformed"];

/// The names of what is said of each attribute, which are as many as there are attributes.
struct Names {
    constructs: BTreeMap<Attribute, &'static str>,
    edges: BTreeMap<Attribute, [&'static str; 4]>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let kept = |name: String| -> &'static str { name.leak() };
    let all = || Attribute::ALL.iter().copied();
    let edges = |one: Attribute| WAYS.map(|way| kept(format!("stack: {} {way}", one.path())));
    Names {
        constructs: all()
            .map(|one| (one, kept(format!("attribute: {}", one.path()))))
            .collect(),
        edges: all()
            .filter(|one| !matches!(one, Attribute::Kind | Attribute::Lock))
            .map(|one| (one, edges(one)))
            .collect(),
    }
});

/// The construct of an attribute.
pub fn construct(attribute: Attribute) -> &'static str {
    NAMES.constructs[&attribute]
}

/// The edges of an attribute, in the order of [`WAYS`].
pub fn edges_of(attribute: Attribute) -> [&'static str; 4] {
    NAMES.edges[&attribute]
}

/// Everything that the generator can write into an entry.
pub fn constructs() -> Vec<&'static str> {
    let of_attributes = NAMES.constructs.values().copied();
    FORMS.into_iter().chain(of_attributes).collect()
}

/// Everything that can be special about a stack or module.
pub fn edges() -> Vec<&'static str> {
    let of_attributes = NAMES.edges.values().flatten().copied();
    OF_THING.into_iter().chain(of_attributes).collect()
}
