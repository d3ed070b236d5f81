//! The schema, read once, and what it says about names that are not in it.

use std::sync::LazyLock;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;

/// The part of the API that the sandbox answers, as GraphQL.
pub const SCHEMA: &str = include_str!("../spacelift/schema.graphql");

static READ: LazyLock<Result<Valid<Schema>, String>> = LazyLock::new(|| {
    Schema::parse_and_validate(SCHEMA, "schema.graphql").map_err(|faulty| faulty.errors.to_string())
});

/// The schema, or what is wrong with it; a test holds it right.
pub(crate) fn schema() -> Result<&'static Valid<Schema>, String> {
    READ.as_ref().map_err(Clone::clone)
}

/// Whether a role may allow this.
pub(crate) fn has_action(name: &str) -> bool {
    matches!(
        schema().ok().and_then(|schema| schema.types.get("Action")),
        Some(ExtendedType::Enum(actions)) if actions.values.contains_key(name)
    )
}

/// Names of the fields of an object or input type.
pub(crate) fn fields(ty: &str) -> Vec<&'static str> {
    match schema().ok().and_then(|schema| schema.types.get(ty)) {
        Some(ExtendedType::Object(object)) => {
            object.fields.keys().map(|name| name.as_str()).collect()
        }
        Some(ExtendedType::InputObject(input)) => {
            input.fields.keys().map(|name| name.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// Names of the arguments of a field.
pub(crate) fn arguments(ty: &str, field: &str) -> Vec<&'static str> {
    let field = schema()
        .ok()
        .and_then(|schema| schema.type_field(ty, field).ok());
    field
        .map(|field| {
            field
                .arguments
                .iter()
                .map(|argument| argument.name.as_str())
                .collect()
        })
        .unwrap_or_default()
}

/// Names of all types.
pub(crate) fn types() -> Vec<&'static str> {
    let names = schema()
        .ok()
        .map(|schema| schema.types.keys().map(|name| name.as_str()));
    names
        .into_iter()
        .flatten()
        .filter(|name| !name.starts_with("__"))
        .collect()
}

/// ` Did you mean …?` with the nearest of the names, or nothing.
pub(crate) fn nearest(wrong: &str, names: &[&str]) -> String {
    let mut near: Vec<(usize, &str)> = names
        .iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()),
                *name,
            )
        })
        .filter(|(distance, name)| *distance <= (wrong.len().max(name.len()) * 2).div_ceil(5))
        .collect();
    near.sort_unstable();
    near.truncate(5);
    let quoted: Vec<String> = near.iter().map(|(_, name)| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => format!(" Did you mean {only}?"),
        Some((last, rest)) => format!(" Did you mean {} or {last}?", rest.join(", ")),
    }
}
