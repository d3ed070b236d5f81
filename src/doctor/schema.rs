//! The account's description of its API, beside what is inferred of it.

use super::{Examination, Verdict, unseen};
use crate::spacelift::Schema;

/// The API as far as it is known; what is a guess is marked as such.
const KNOWN: &str = include_str!("../spacelift/schema.graphql");

/// A name or a type that is a guess.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Guess {
    /// The type it is in, or that it is.
    ty: String,
    /// The field and its type; nothing where the type itself is the guess.
    field: Option<(String, String)>,
}

/// The guesses of the known schema, in its order.
fn guesses() -> Vec<Guess> {
    let mut within = String::new();
    let mut found = Vec::new();
    for line in KNOWN.lines() {
        let text = line.split('#').next().unwrap_or_default();
        let is_guess = line.contains("# inferred");
        let mut words = text.split_whitespace();
        match words.next() {
            Some("type" | "input" | "enum") if !line.starts_with(' ') => {
                within = words.next().unwrap_or_default().to_owned();
                if is_guess {
                    found.push(Guess {
                        ty: within.clone(),
                        field: None,
                    });
                }
            }
            Some(_) if is_guess => {
                let name = text.trim().split(['(', ':']).next().unwrap_or_default();
                let ty = text.rsplit_once(": ").map_or("", |(_, ty)| ty.trim());
                found.push(Guess {
                    ty: within.clone(),
                    field: Some((name.to_owned(), ty.to_owned())),
                });
            }
            _ => {}
        }
    }
    found
}

/// What is read, and would be read wrongly if it were of another type.
const READ: &[(&str, &str, &str)] = &[
    ("APIKey", "teams", "[String!]!"),
    ("APIKey", "admin", "Boolean!"),
    ("Session", "email", "String"),
    ("Session", "current", "Boolean!"),
    ("Policy", "updatedAt", "Int!"),
    ("Role", "actions", "[Action!]!"),
    ("Space", "parentSpace", "ID"),
    ("RoleUpdateInput", "Actions", "[Action!]"),
];

/// What would be worth having, and nobody has seen.
const WISHES: &[(&str, &str, &str)] = &[
    (
        "PolicySimulateInput",
        "engineType",
        "there is no field for the dialect in a simulation",
    ),
    (
        "ManagedUser",
        "roleBindings",
        "no question lists the bindings of a person",
    ),
    (
        "ManagedUserGroup",
        "roleBindings",
        "no question lists the bindings of a group",
    ),
];

pub(super) fn look(on: &mut Examination<'_>) {
    (on.say)("the schema");
    let schema = on.ask(|reader| reader.schema());
    let read = READ.iter().map(|(ty, field, of)| Guess {
        ty: (*ty).to_owned(),
        field: Some(((*field).to_owned(), (*of).to_owned())),
    });
    for guess in guesses().into_iter().chain(read) {
        let (fact, claim) = match &guess.field {
            None => (
                format!("schema.{}", guess.ty),
                format!("there is a type `{}`", guess.ty),
            ),
            Some((field, ty)) => (
                format!("schema.{}.{field}", guess.ty),
                format!("`{field}` of `{}` is a `{ty}`", guess.ty),
            ),
        };
        let verdict = match &schema {
            Err(why) => unseen(why.clone()),
            Ok(schema) => held_against(&guess, schema),
        };
        on.row(&fact, &claim, false, verdict);
    }
    for (ty, field, claim) in WISHES {
        let verdict = match &schema {
            Err(why) => unseen(why.clone()),
            Ok(schema) if !schema.types.contains_key(*ty) => unseen(format!("no type `{ty}`")),
            Ok(schema) => match schema.field(ty, field) {
                None => (Verdict::Confirmed, "no such field".to_owned()),
                Some(found) => (Verdict::Refuted, format!("`{field}: {found}`")),
            },
        };
        on.row(&format!("schema.{ty}.{field}"), claim, false, verdict);
    }
}

fn held_against(guess: &Guess, schema: &Schema) -> (Verdict, String) {
    let Some(ty) = schema.types.get(&guess.ty) else {
        let seen = format!("no type `{}`", guess.ty);
        return match guess.field {
            None => (Verdict::Refuted, seen),
            // The name of the type is another guess, or not there for this installation.
            Some(_) => unseen(seen),
        };
    };
    let Some((name, wanted)) = &guess.field else {
        return (Verdict::Confirmed, "there is".to_owned());
    };
    match schema.field(&guess.ty, name) {
        Some(found) => (Verdict::of(found == wanted), format!("`{found}`")),
        None => {
            let near = (ty.fields.keys().chain(ty.inputs.keys()))
                .min_by_key(|own| strsim::damerau_levenshtein(own, name));
            let near = near.map_or(String::new(), |near| format!("; the nearest is `{near}`"));
            (Verdict::Refuted, format!("no such field{near}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_is_marked_is_a_guess() {
        let marked = (KNOWN.lines())
            .filter(|line| line.contains("# inferred"))
            .count();
        let guesses = guesses();
        assert_eq!(guesses.len(), marked);
        assert!(marked > 50);
        let field = |ty: &str, field: &str, of: &str| Guess {
            ty: ty.into(),
            field: Some((field.into(), of.into())),
        };
        assert!(guesses.contains(&field("Query", "runStack", "Stack")));
        assert!(guesses.contains(&field("SpaceInput", "parentSpace", "ID!")));
        assert!(guesses.contains(&Guess {
            ty: "APIKeyType".into(),
            field: None
        }));
    }
}
