//! `stack_access`.

use super::{Names, instant, login};
use crate::import::layout::{Page, Yaml};
use crate::import::{Found, StackAccess, StackEntry, StackWho, Who};
use crate::model::stacks::{Attach, StackTest, Value};

pub(super) fn write(found: &Found, names: &Names, page: &mut Page) {
    if found.stacks.is_empty() {
        return;
    }
    page.gap();
    page.comment(
        0,
        "As the live access policies have it; reasons, owners and comments are in no policy.",
    );
    page.key(0, "stack_access");
    for (name, access) in &found.stacks {
        page.item(2, &entry(name, access, names), None);
    }
}

fn entry(name: &str, access: &StackAccess, names: &Names) -> Yaml {
    let mut fields = vec![
        ("name".to_string(), Yaml::text(name)),
        ("attach".to_string(), attach(&access.attach)),
    ];
    for (key, test_key, entries) in [
        ("read", "when", &access.read),
        ("write", "when", &access.write),
        ("deny_write", "unless", &access.deny_write),
        ("deny", "unless", &access.deny),
    ] {
        if !entries.is_empty() {
            let entries = entries.iter().map(|one| of_entry(one, test_key, names));
            fields.push((key.to_string(), Yaml::List(entries.collect())));
        }
    }
    if let Some(template) = &access.by_label {
        fields.push(("by_label".to_string(), Yaml::text(template)));
    }
    Yaml::Map(fields)
}

fn attach(attach: &Attach) -> Yaml {
    let mut labels: Vec<String> = attach.labels.iter().cloned().collect();
    if attach.all {
        if labels.is_empty() && attach.stacks.is_empty() && attach.modules.is_empty() {
            return Yaml::text("all");
        }
        labels.insert(0, "*".to_string());
    }
    let mut fields = Vec::new();
    if !labels.is_empty() {
        fields.push(("label".to_string(), Yaml::texts(&labels)));
    }
    for (key, ids) in [("stacks", &attach.stacks), ("modules", &attach.modules)] {
        if !ids.is_empty() {
            let ids = ids.iter().map(Yaml::text).collect();
            fields.push((key.to_string(), Yaml::List(ids)));
        }
    }
    Yaml::Map(fields)
}

/// A subject alone where that is all, and it is a name.
fn of_entry(entry: &StackEntry, test_key: &str, names: &Names) -> Yaml {
    let mut fields = Vec::new();
    match &entry.who {
        StackWho::Slack { workspace, channel } => {
            let channel = Yaml::Map(vec![
                ("workspace".to_string(), Yaml::text(workspace)),
                ("channel".to_string(), Yaml::text(channel)),
            ]);
            fields.push(("slack".to_string(), channel));
        }
        StackWho::Session(who) => {
            let is_plain = entry.test.is_none() && entry.stack.is_none();
            // A denial is of everybody where it says something else.
            if !(*who == Who::Everyone && test_key == "unless" && !is_plain) {
                let who = names.who(who);
                if is_plain && matches!(who, Yaml::Text(_)) {
                    return who;
                }
                fields.push(("who".to_string(), who));
            }
        }
    }
    if let Some(under) = &entry.test {
        fields.push((test_key.to_string(), login::test(under)));
    }
    if let Some(stack) = &entry.stack {
        fields.push(("stack".to_string(), of_stack(stack)));
    }
    Yaml::Map(fields)
}

/// Everything that must hold, as one map; what would be a second value of a key goes under `all`.
fn of_stack(test: &StackTest) -> Yaml {
    let parts = match test {
        StackTest::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut fields, mut none, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match part {
            StackTest::Is(attribute, value) => {
                let (path, value) = said(attribute.path(), value);
                if !put(&mut fields, &path, &value) {
                    let mut alone = Vec::new();
                    put(&mut alone, &path, &value);
                    more.push(Yaml::Map(alone));
                }
            }
            StackTest::Not(part) => none.push(of_stack(part)),
            StackTest::All(_) => more.push(of_stack(part)),
            StackTest::Any(parts) => {
                let parts = parts.iter().map(of_stack).collect();
                more.push(Yaml::Map(vec![("any".to_string(), Yaml::List(parts))]));
            }
        }
    }
    for (key, list) in [("all", more), ("none", none)] {
        if !list.is_empty() {
            fields.push((key.to_string(), Yaml::List(list)));
        }
    }
    Yaml::Map(fields)
}

/// Where a value is written, and how.
fn said(path: &str, value: &Value) -> (Vec<String>, Yaml) {
    let mut keys: Vec<String> = path.split('.').map(str::to_string).collect();
    let value = match value {
        Value::Text(text) | Value::Like(text) => Yaml::text(text),
        Value::Flag(flag) => Yaml::flag(*flag),
        Value::Number(number) => Yaml::Plain(number.to_string()),
        Value::Given => Yaml::flag(true),
        Value::From(moment) => {
            keys.push("from".to_string());
            Yaml::text(instant(*moment))
        }
        Value::Until(moment) => {
            keys.push("until".to_string());
            Yaml::text(instant(*moment))
        }
    };
    (keys, value)
}

/// Puts a value into maps within maps; says so where it is not free.
fn put(fields: &mut Vec<(String, Yaml)>, path: &[String], value: &Yaml) -> bool {
    let [key, rest @ ..] = path else { return false };
    let known = fields.iter_mut().find(|(name, _)| name == key);
    match (known, rest.is_empty()) {
        (Some((_, Yaml::Map(inner))), false) => put(inner, rest, value),
        (Some(_), _) => false,
        (None, true) => {
            fields.push((key.clone(), value.clone()));
            true
        }
        (None, false) => {
            let mut inner = Vec::new();
            put(&mut inner, rest, value);
            fields.push((key.clone(), Yaml::Map(inner)));
            true
        }
    }
}
