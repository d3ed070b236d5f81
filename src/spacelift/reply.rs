//! What an answer means: data, errors, a refused token, or a fault.

use std::time::Duration;

use serde_json::Value;
use serde_json::error::Category;

use super::error::Error;
use super::operations::{Operation, ReadOperation};
use super::transport::{Answer, Fault};

/// What the API said.
#[derive(Debug)]
pub(super) enum Reply {
    /// Below `data`.
    Data(Value),
    /// The messages, as they came.
    Errors(Vec<String>),
    /// The token or the right is missing; with the messages, if any.
    Unauthorized(Vec<String>),
}

/// Reads an answer. `location` is the answer's own, made fit to be shown.
pub(super) fn read(
    operation: Operation,
    endpoint: &str,
    answer: Answer,
    wait: Option<Duration>,
    location: Option<String>,
) -> Result<Reply, Fault> {
    let endpoint = || endpoint.to_owned();
    let status = answer.status;
    let fault = |error, transient, delivered| {
        Err(Fault {
            error,
            transient,
            delivered,
        })
    };
    match status {
        200..=299 => {}
        300..=399 => {
            return fault(
                Error::Moved {
                    endpoint: endpoint(),
                    to: location,
                },
                false,
                false,
            );
        }
        401 => {
            return Ok(Reply::Unauthorized(
                messages(&answer.body).unwrap_or_default(),
            ));
        }
        407 => {
            return fault(
                Error::Proxy {
                    reason: "it asks for a user name and password".into(),
                },
                false,
                false,
            );
        }
        429 => return fault(Error::RateLimited { attempts: 0, wait }, true, false),
        500.. => {
            // 501: the server does not know the method at all, and will not
            // learn it by waiting (Spacelift's Terraform provider).
            let error = Error::Unavailable {
                status,
                attempts: 0,
            };
            return fault(error, status != 501, status != 501);
        }
        // Servers differ on whether a query that does not fit the schema is a
        // 200, a 400 or a 422.
        _ => {
            return match messages(&answer.body) {
                Some(list) if !list.is_empty() => Ok(sorted_out(list)),
                _ if answer.html => fault(
                    Error::WebPage {
                        endpoint: endpoint(),
                        status,
                    },
                    false,
                    false,
                ),
                _ => fault(
                    Error::Status {
                        endpoint: endpoint(),
                        status,
                    },
                    false,
                    false,
                ),
            };
        }
    }
    if answer.html {
        let error = Error::WebPage {
            endpoint: endpoint(),
            status,
        };
        return fault(error, false, true);
    }
    let action = operation.action();
    let body: Value = match serde_json::from_slice(&answer.body) {
        Ok(body) => body,
        Err(error) if error.classify() == Category::Eof => {
            // Cut off on the way, where no length was announced.
            let error = Error::Connection {
                endpoint: endpoint(),
                reason: "the answer ends too early".into(),
            };
            return fault(error, true, true);
        }
        Err(error) => {
            let reason = error.to_string();
            return fault(Error::NotJson { action, reason }, false, true);
        }
    };
    if let Some(list) = listed(&body).filter(|list| !list.is_empty()) {
        return Ok(sorted_out(list));
    }
    match body {
        Value::Object(mut body) => match body.remove("data") {
            Some(data @ Value::Object(_)) => {
                let nobody = operation == ReadOperation::Viewer.into()
                    && data.get("viewer").is_none_or(Value::is_null);
                Ok(if nobody {
                    Reply::Unauthorized(Vec::new())
                } else {
                    Reply::Data(data)
                })
            }
            _ => fault(Error::NoData { action }, false, true),
        },
        _ => fault(Error::NoData { action }, false, true),
    }
}

/// The word is the API's own, for an expired token, a missing right and a
/// missing object alike (Spacelift's CLI client looks for it anywhere in the
/// message).
fn sorted_out(list: Vec<String>) -> Reply {
    let unauthorised = list
        .iter()
        .any(|message| message.to_lowercase().contains("unauthorized"));
    if unauthorised {
        Reply::Unauthorized(list)
    } else {
        Reply::Errors(list)
    }
}

fn messages(body: &[u8]) -> Option<Vec<String>> {
    listed(&serde_json::from_slice(body).ok()?)
}

fn listed(body: &Value) -> Option<Vec<String>> {
    let list = body.get("errors")?.as_array()?;
    Some(
        list.iter()
            .map(|error| {
                error
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or("no message")
                    .to_owned()
            })
            .collect(),
    )
}

/// Whether a message says that the schema has no such field: "Cannot query
/// field" is the reference implementation's wording for a selection, the rest
/// are wordings for input objects.
pub(super) fn lacks(message: &str, field: &str) -> bool {
    const SELECTION: [&str; 2] = ["cannot query field ", "does not have a field "];
    const INPUT: [&str; 3] = ["unknown field", "is not defined by type", "not defined"];
    let lower = message.to_lowercase();
    let field = field.to_lowercase();
    for phrase in SELECTION {
        if let Some((_, rest)) = lower.split_once(phrase) {
            return first_word(rest) == field;
        }
    }
    INPUT.iter().any(|phrase| lower.contains(phrase))
        && lower
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == field)
}

fn first_word(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_alphanumeric())
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_a_missing_field() {
        for message in [
            r#"Cannot query field "engineType" on type "Policy"."#,
            r#"Cannot query field "engineType" on type "Policy". Did you mean "name"?"#,
            "type `Policy` does not have a field `engineType`",
            r#"Variable "$input" got invalid value {"body":""}. In field "engineType": Unknown field."#,
            r#"Field "engineType" is not defined by type "PolicyCreateInput"."#,
        ] {
            assert!(lacks(message, "engineType"), "{message}");
        }
        for message in [
            r#"Cannot query field "other" on type "Policy". Did you mean "engineType"?"#,
            "engineType is not available on your plan",
            "unauthorized",
        ] {
            assert!(!lacks(message, "engineType"), "{message}");
        }
        assert!(!lacks(
            r#"Cannot query field "isSystem" on type "Role"."#,
            "roles"
        ));
    }
}
