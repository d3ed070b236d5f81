//! The schema of `stack_access`.

use serde_json::{Value, json};

use super::{flag, list, object, one_or_some, reference, some, text, words};
use crate::document::shape::{self, Shape};
use crate::model::stacks::{Attribute, Kind};

/// An entry.
pub(super) fn access() -> Value {
    object(
        &shape::STACK_ACCESS,
        "### Access to stacks",
        &["name", "attach"],
        |field| match field {
            "attach" => json!({"anyOf": [words(&["all"]), attach()]}),
            "read" | "write" | "deny" | "deny_write" => some(&entry()),
            _ => text(),
        },
    )
}

fn attach() -> Value {
    let mut whole = object(
        &shape::ATTACH,
        "#### What it is attached to",
        &[],
        |field| match field {
            "label" => one_or_some(&text()),
            _ => some(&text()),
        },
    );
    not_empty(&mut whole);
    whole
}

fn entry() -> Value {
    let mut whole = object(
        &shape::STACK_ENTRY,
        "#### Entries about stacks",
        &[],
        |field| match field {
            "who" => reference("subject"),
            "slack" => object(
                &shape::SLACK_REQUEST,
                "#### Slack requests",
                &["workspace", "channel"],
                |_| text(),
            ),
            "stack" => reference("stack"),
            _ => reference("test"),
        },
    );
    not_empty(&mut whole);
    json!({"anyOf": [reference("subject"), whole]})
}

/// A test of stacks, which other tests of stacks stand in.
pub(super) fn stack() -> Value {
    of(&shape::STACK, "#### Which stacks", "")
}

fn of(shape: &Shape, heading: &str, within: &str) -> Value {
    let mut whole = object(shape, heading, &[], |field| match field {
        "any" | "all" | "none" => some(&reference("stack")),
        "space" => of(&shape::STACK_SPACE, "#### Its space", "space."),
        "tracked_commit" => of(
            &shape::TRACKED_COMMIT,
            "#### Its tracked commit",
            "tracked_commit.",
        ),
        "worker_pool" => of(&shape::WORKER_POOL, "#### Its worker pool", "worker_pool."),
        _ => Attribute::named(&format!("{within}{field}")).map_or_else(|| json!(false), value),
    });
    not_empty(&mut whole);
    whole
}

fn value(attribute: Attribute) -> Value {
    let value = match attribute.kind() {
        Kind::Flag => return flag(),
        Kind::Thing => one_or_some(&words(&["stack", "module"])),
        Kind::Lock => one_or_some(&words(&["nobody", "caller", "other"])),
        Kind::Time => {
            let mut between = object(&shape::BETWEEN, "#### When it was made", &[], |_| text());
            not_empty(&mut between);
            return between;
        }
        Kind::Number => {
            let number = json!({"type": "integer", "minimum": 0});
            json!({"anyOf": [number, list(&number)]})
        }
        Kind::Text | Kind::Texts => one_or_some(&text()),
    };
    if attribute.is_optional() && matches!(attribute.kind(), Kind::Text | Kind::Number) {
        json!({"anyOf": [flag(), value]})
    } else {
        value
    }
}

fn not_empty(whole: &mut Value) {
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("minProperties".to_owned(), json!(1));
    }
}
