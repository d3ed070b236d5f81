//! JSON Schema of a mapping, of a file that one includes, and of fixtures, for editors.
//!
//! It says what the reader says of shapes and of words; names and dates are for `liftgate check`. Fields come from the tables
//! that the reader reads by, and what is said of each from the reference of the language.

mod stacks;

use serde_json::{Map, Value, json};

use crate::document::shape::{self, Shape};
use crate::evaluate::access;
use crate::lint::LINTS;
use crate::model::{Because, Level};
use crate::resolve::actions::ACTIONS;

/// The reference, of which the tables say what each field is.
const REFERENCE: &str = include_str!("../docs/mapping.md");

/// The dialect of JSON Schema that editors read best.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// Which files a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// `access.yaml`.
    Mapping,
    /// A file that a mapping includes.
    Included,
    /// `fixtures.yaml`, and what lies in `fixtures`.
    Fixtures,
}

/// The schema of a kind of file.
#[must_use]
pub fn schema(of: Of) -> Value {
    let (title, whole) = match of {
        Of::Mapping => ("A mapping of liftgate", mapping()),
        Of::Included => ("A file that a mapping of liftgate includes", included()),
        Of::Fixtures => ("Fixtures of a mapping of liftgate", fixtures()),
    };
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!(DRAFT));
    schema.insert("title".to_owned(), json!(title));
    if let Value::Object(whole) = whole {
        schema.extend(whole);
    }
    schema.insert(
        "definitions".to_owned(),
        json!({
            "subject": subject(),
            "test": test(),
            "space_choice": target(),
            "stack": stacks::stack(),
        }),
    );
    Value::Object(schema)
}

fn text() -> Value {
    json!({"type": "string"})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn words(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

/// A list that is not empty.
fn some(of: &Value) -> Value {
    json!({"type": "array", "items": of, "minItems": 1})
}

fn one_or_some(of: &Value) -> Value {
    json!({"anyOf": [of, some(of)]})
}

/// Names, which people choose, and what each stands for.
fn named(of: &Value) -> Value {
    json!({"type": "object", "additionalProperties": of})
}

fn reference(to: &str) -> Value {
    json!({"$ref": format!("#/definitions/{to}")})
}

/// A map with the fields of a shape, as the table under a heading of the reference tells of them.
fn object(shape: &Shape, heading: &str, needed: &[&str], field: impl Fn(&str) -> Value) -> Value {
    let mut properties = Map::new();
    for name in shape.fields {
        let mut value = field(name);
        if let (Some(said), Value::Object(value)) = (said(heading, name), &mut value) {
            value.insert("description".to_owned(), json!(said));
        }
        properties.insert((*name).to_owned(), value);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

/// The last cell of a field's row under a heading, without the marks of links.
fn said(heading: &str, field: &str) -> Option<String> {
    let mut lines = REFERENCE.lines().skip_while(|line| *line != heading);
    lines.next()?;
    let start = format!("| `{field}` |");
    let row = lines
        .take_while(|line| !line.starts_with('#'))
        .find(|line| line.starts_with(&start))?;
    let cell = row.trim_end_matches('|').rsplit(" | ").next()?.trim();
    let mut out = String::new();
    let mut rest = cell;
    while let Some((before, link)) = rest.split_once('[') {
        out.push_str(before);
        let Some((name, after)) = link.split_once("](") else {
            out.push('[');
            rest = link;
            continue;
        };
        out.push_str(name);
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    (!out.is_empty()).then_some(out)
}

fn mapping() -> Value {
    object(
        &shape::MAPPING,
        "## The mapping",
        &["version", "account", "identity_provider"],
        |field| match field {
            "version" => json!({"type": "integer", "enum": [1]}),
            "account" => {
                json!({"anyOf": [text(), object(&shape::ACCOUNT, "### Account", &["endpoint"], |_| text())]})
            }
            "identity_provider" => words(&[
                "okta", "entra", "google", "onelogin", "github", "gitlab", "saml", "oidc",
            ]),
            "rego" => words(&["v0", "v1"]),
            "spaces" => named(&object(
                &shape::SPACE,
                "### Spaces",
                &["parent"],
                |field| match field {
                    "inherit" => flag(),
                    "labels" => list(&text()),
                    _ => text(),
                },
            )),
            "space_sets" => named(&some(&text())),
            "roles" => named(&role()),
            "groups" => named(&group()),
            "people" => named(&reference("subject")),
            "api_keys" => named(&object(&shape::API_KEY, "### API keys", &["id"], |_| {
                text()
            })),
            "conditions" => named(&condition()),
            "login" => login(),
            "break_glass" => list(&object(
                &shape::BREAK_GLASS,
                "### `break_glass`",
                &["login", "owner", "why"],
                |_| text(),
            )),
            "outside_policy" => list(&object(
                &shape::OUTSIDE,
                "### `outside_policy`",
                &["login", "because"],
                |field| match field {
                    "because" => words(&Because::WORDS.map(|(word, _)| word)),
                    _ => text(),
                },
            )),
            "grants" => list(&grant()),
            "naming" => list(&object(
                &shape::NAMING,
                "### Naming",
                &["group", "suffix", "spaces"],
                |field| match field {
                    "suffix" => {
                        let mut suffixes = named(&one_or_some(&text()));
                        if let Some(suffixes) = suffixes.as_object_mut() {
                            suffixes.insert("minProperties".to_owned(), json!(1));
                        }
                        suffixes
                    }
                    "spaces" => reference("space_choice"),
                    _ => text(),
                },
            )),
            "include" => list(&object(
                &shape::INCLUDE,
                "### Included files",
                &["file"],
                |field| match field {
                    "spaces" => reference("space_choice"),
                    "never_can" => one_or_some(&action()),
                    _ => text(),
                },
            )),
            "elevations" => list(&object(
                &shape::ELEVATION,
                "### Elevations",
                &[
                    "who",
                    "roles",
                    "spaces",
                    "starts",
                    "ends",
                    "reason",
                    "approved_by",
                ],
                grant_field,
            )),
            "teams" => object(&shape::TEAMS, "### Teams", &[], |field| match field {
                "keep" => flag(),
                _ => named(&entry()),
            }),
            "guardrails" => list(&object(
                &shape::GUARDRAIL,
                "### Guardrails",
                &["name", "in"],
                |field| match field {
                    "can" | "never_can" => one_or_some(&action()),
                    "only" | "who" => reference("subject"),
                    "in" => reference("space_choice"),
                    _ => text(),
                },
            )),
            "exclusive" => list(&some(&text())),
            "stack_access" => list(&stacks::access()),
            "defaults" => object(&shape::DEFAULTS, "### Defaults", &[], |field| match field {
                "require" => list(&words(&["reason", "owner"])),
                _ => text(),
            }),
            "sample" => words(&["none", "denied", "all"]),
            "accepted_policies" => list(&text()),
            "guards" => object(&shape::GUARDS, "### Guards", &[], |field| match field {
                "max_people_losing_access" => json!({"type": ["integer", "string"]}),
                "min_coverage" | "max_directory_age" => text(),
                _ => json!({"type": "integer"}),
            }),
            "lints" => lints(),
            _ => json!(false),
        },
    )
}

fn included() -> Value {
    object(
        &shape::INCLUDED,
        "#### What an included file holds",
        &[],
        |field| match field {
            "groups" => named(&group()),
            "people" => named(&reference("subject")),
            "grants" => list(&grant()),
            _ => fixtures_field(field),
        },
    )
}

fn fixtures() -> Value {
    object(&shape::FIXTURES, "## Fixtures", &[], fixtures_field)
}

fn fixtures_field(field: &str) -> Value {
    match field {
        "identities" => {
            let mut identity = object(
                &shape::IDENTITY,
                "### Identities",
                &[],
                |field| match field {
                    "groups" | "teams" => list(&text()),
                    "member" | "machine" => flag(),
                    _ => text(),
                },
            );
            if let Some(identity) = identity.as_object_mut() {
                let one = json!([{"required": ["login"]}, {"required": ["api_key"]}]);
                identity.insert("anyOf".to_owned(), one);
            }
            named(&identity)
        }
        "stacks" | "modules" => named(&json!({"type": "object"})),
        "tests" => list(&case()),
        _ => json!(false),
    }
}

fn case() -> Value {
    let mut case = object(&shape::CASE, "### Tests", &["name"], |field| match field {
        "input" => json!({"type": "object"}),
        "slack" => object(
            &shape::SLACK_REQUEST,
            "#### Slack requests",
            &["workspace", "channel"],
            |_| text(),
        ),
        "request" => object(&shape::REQUEST, "#### Requests", &[], |_| text()),
        "expect" => expectation(&["login", "roles"]),
        "forbid" => expectation(&[]),
        _ => text(),
    });
    if let Some(case) = case.as_object_mut() {
        let subject =
            ["as", "input", "input_file", "slack"].map(|field| json!({"required": [field]}));
        case.insert("oneOf".to_owned(), json!(subject));
        let statement = json!([{"required": ["expect"]}, {"required": ["forbid"]}]);
        case.insert("anyOf".to_owned(), statement);
    }
    case
}

fn expectation(needed: &[&str]) -> Value {
    let mut expectation =
        object(
            &shape::EXPECTATION,
            "#### Expectations",
            needed,
            |field| match field {
                "login" => words(&["deny", "allow", "admin"]),
                "roles" => named(&list(&text())),
                "stacks" => named(&words(&access::Level::WORDS.map(|(word, _)| word))),
                _ => list(&text()),
            },
        );
    if let Some(expectation) = expectation.as_object_mut() {
        expectation.insert("minProperties".to_owned(), json!(1));
    }
    expectation
}

fn action() -> Value {
    words(ACTIONS)
}

fn role() -> Value {
    object(&shape::ROLE, "### Roles", &[], |field| match field {
        "actions" => some(&action()),
        "external" => flag(),
        _ => text(),
    })
}

fn group() -> Value {
    let former = object(
        &shape::FORMER,
        "#### Earlier values",
        &["sent_as", "ends"],
        |field| match field {
            "sent_as" => one_or_some(&text()),
            _ => text(),
        },
    );
    let whole = object(
        &shape::GROUP,
        "### Groups",
        &["sent_as"],
        |field| match field {
            "sent_as" => one_or_some(&text()),
            "external" => flag(),
            "formerly" => list(&former),
            _ => text(),
        },
    );
    json!({"anyOf": [text(), whole]})
}

fn condition() -> Value {
    let day = words(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let mut condition = object(
        &shape::CONDITION,
        "### Conditions",
        &[],
        |field| match field {
            "ip" | "hours" => one_or_some(&text()),
            "days" => some(&day),
            _ => text(),
        },
    );
    if let Some(condition) = condition.as_object_mut() {
        condition.insert("minProperties".to_owned(), json!(1));
    }
    condition
}

fn login() -> Value {
    object(&shape::LOGIN, "### Login", &[], |field| match field {
        "require" => reference("subject"),
        "no_grants" => words(&["refuse", "admit"]),
        "no_groups" => words(&["unknown", "known"]),
        "admin" | "deny" | "deny_admin" => some(&entry()),
        "offboarded" => {
            let whole =
                object(
                    &shape::OFFBOARDED,
                    "#### Offboarded",
                    &["login"],
                    |field| match field {
                        "aliases" => list(&text()),
                        _ => text(),
                    },
                );
            list(&json!({"anyOf": [text(), whole]}))
        }
        "slack" => list(&object(
            &shape::SLACK,
            "#### Slack",
            &["workspace", "channel", "space_roles"],
            |field| match field {
                "space_roles" => named(&one_or_some(&text())),
                _ => text(),
            },
        )),
        _ => json!(false),
    })
}

/// Somebody alone, or with a test of conditions.
fn entry() -> Value {
    let mut whole = object(&shape::ENTRY, "#### Entries", &[], |field| match field {
        "who" => reference("subject"),
        _ => reference("test"),
    });
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("minProperties".to_owned(), json!(1));
    }
    json!({"anyOf": [reference("subject"), whole]})
}

fn grant() -> Value {
    let mut grant = object(
        &shape::GRANT,
        "### Grants",
        &["who", "roles", "spaces"],
        grant_field,
    );
    // It is known only to be refused with a word of what to write instead.
    if let Some(properties) = grant.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("unless");
    }
    grant
}

fn grant_field(field: &str) -> Value {
    match field {
        "who" => reference("subject"),
        "roles" | "approved_by" => one_or_some(&text()),
        "spaces" => reference("space_choice"),
        "when" => reference("test"),
        "unless" => json!(false),
        _ => text(),
    }
}

fn subject() -> Value {
    let all = some(&reference("subject"));
    let mut whole = object(&shape::SUBJECT, "### Who", &[], |field| match field {
        "member" | "machine" => flag(),
        "any" | "all" | "none" => all.clone(),
        _ => one_or_some(&text()),
    });
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("minProperties".to_owned(), json!(1));
    }
    json!({"anyOf": [text(), all, whole]})
}

/// A condition, or several under `all` and `any`. A list of several says neither, so that a bare list is of one.
fn test() -> Value {
    let several = some(&reference("test"));
    let mut whole = object(&shape::TEST, "### When and unless", &[], |_| {
        several.clone()
    });
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("minProperties".to_owned(), json!(1));
    }
    let one = json!({"type": "array", "items": reference("test"), "minItems": 1, "maxItems": 1});
    json!({"anyOf": [text(), one, whole]})
}

fn target() -> Value {
    let mut whole = object(
        &shape::TARGET,
        "### Which spaces",
        &[],
        |field| match field {
            "label" => one_or_some(&text()),
            "except" => some(&text()),
            "at_login" => flag(),
            _ => text(),
        },
    );
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("minProperties".to_owned(), json!(1));
    }
    json!({"anyOf": [text(), some(&text()), whole]})
}

fn lints() -> Value {
    let levels = words(&Level::WORDS.map(|(word, _)| word));
    let properties = LINTS.iter().map(|lint| {
        let mut whole = object(&shape::LINT, "### Lints", &[], |field| match field {
            "level" => levels.clone(),
            _ if lint.within.is_some() => text(),
            _ => json!(false),
        });
        if let Some(whole) = whole.as_object_mut() {
            whole.insert("minProperties".to_owned(), json!(1));
        }
        let level = json!({"anyOf": [levels.clone(), whole], "description": lint.code.about()});
        (lint.code.name().to_owned(), level)
    });
    json!({
        "type": "object",
        "properties": properties.collect::<Map<String, Value>>(),
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every map of a schema, with its place.
    fn maps(value: &Value, at: &str, found: &mut Vec<(String, Map<String, Value>)>) {
        match value {
            Value::Object(map) => {
                if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                    found.push((at.to_owned(), properties.clone()));
                }
                for (key, value) in map {
                    maps(value, &format!("{at}/{key}"), found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| maps(item, at, found)),
            _ => {}
        }
    }

    #[test]
    fn every_field_has_a_schema_and_is_told_of() {
        for of in [Of::Mapping, Of::Included, Of::Fixtures] {
            let mut found = Vec::new();
            maps(&schema(of), "", &mut found);
            assert!(found.len() > 5);
            for (at, properties) in found {
                for (field, value) in properties {
                    if field == "unless" || field == "within" {
                        continue;
                    }
                    assert!(value.is_object(), "{at}: `{field}` is forbidden");
                    assert!(
                        value.get("description").is_some(),
                        "{at}: nothing is said of `{field}`"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_said_is_the_last_cell_without_links() {
        assert_eq!(
            said("### Defaults", "max_elevation").unwrap(),
            "how long an elevation may be"
        );
        assert_eq!(said("### Defaults", "made_up"), None);
    }
}
