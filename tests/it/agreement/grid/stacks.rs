//! The same around an entry of `stack_access`: who asks, beside every combination of what a stack or module says of itself.

use liftgate::model::stacks::{Attribute, Kind, Of, StackAccess, Value as Asked};

use super::*;
use crate::agreement::stacks::Pools as OfEntry;

/// What the page about Slack calls its channel. The language knows channels by their ids alone.
const CALLED: &str = "dev-notifications";

/// Every combination of what an entry turns on.
pub fn of_entry(model: &Model, entry: &StackAccess) -> Vec<Place> {
    let pools = Pools::of(model);
    let asked = OfEntry::of(entry);
    let things = things(&asked, model);
    let sessions = combined(&who(&pools, teams_beside(&pools, &asked, model)));
    let sessions = sessions.iter().map(|place| session(place));
    sessions
        .chain(channels(&pools))
        .flat_map(|who| things.iter().map(move |thing| beside(&who, thing)))
        .collect()
}

/// An input about who asks, with what a stack says.
fn beside(who: &Place, (axes, said): &(Vec<(&'static str, String)>, Value)) -> Place {
    let mut input = who.input.clone();
    if let (Some(input), Some(said)) = (input.as_object_mut(), said.as_object()) {
        input.extend(said.clone());
    }
    let axes = who.axes.iter().chain(axes).cloned().collect();
    Place { input, axes }
}

/// As where somebody signs in; and where labels speak of groups, a team that is called like one in lower case, and one that is
/// called as the label has it.
fn teams_beside(pools: &Pools, asked: &OfEntry, model: &Model) -> Vec<(String, Value)> {
    let mut teams = teams(pools);
    if asked.labels.is_empty() {
        return teams;
    }
    let cases = pools.values.iter().map(|value| value.to_lowercase());
    for team in cases.chain(model.groups.keys().cloned()) {
        let team = plain(json!([team]));
        if !teams.contains(&team) {
            teams.push(team);
        }
    }
    teams
}

/// Stacks, modules, and neither, where that makes a difference.
fn things(asked: &OfEntry, model: &Model) -> Vec<(Vec<(&'static str, String)>, Value)> {
    let mut things = Vec::new();
    for kind in ["stack", "module"] {
        let of = |attribute: Attribute| match attribute.of() {
            // Which of the two it is has an axis anyway.
            _ if attribute == Attribute::Kind => false,
            Of::Both => true,
            Of::Stacks => kind == "stack",
            Of::Modules => kind == "module",
        };
        let asked_of = asked.asked.iter().filter(|(one, _)| of(**one));
        let mut axes: Vec<Axis> = asked_of
            .map(|(one, wanted)| (one.path(), said(*one, wanted)))
            .collect();
        if !asked.labels.is_empty() {
            let labels = asked.labels.iter().cloned().map(Asked::Text);
            let labels: Vec<Asked> = labels.chain(misspelt(asked, model)).collect();
            axes.push(("labels", said(Attribute::Labels, &labels)));
        }
        for place in combined(&axes) {
            let mut told = vec![("kind", kind.to_string())];
            let mut thing = Map::new();
            for (axis, name, value) in place {
                if name != LEFT_OUT {
                    insert(&mut thing, axis, value);
                }
                told.push((axis, name));
            }
            things.push((told, json!({kind: thing})));
        }
    }
    if things.len() > 2 {
        things.push((vec![("kind", "neither".to_string())], json!({})));
    }
    things
}

/// Labels that are nearly such that speak of groups: of a group as its teams are called, of two, and of none.
fn misspelt(asked: &OfEntry, model: &Model) -> Vec<Asked> {
    let Some((label, name)) = asked.labels.iter().find_map(|label| {
        let named = model.groups.keys().find(|name| label.ends_with(*name));
        named.map(|name| (label, name))
    }) else {
        return Vec::new();
    };
    let before = label.strip_suffix(name.as_str()).unwrap_or(label);
    let sent = model.groups[name].values.keys();
    sent.map(|sent| format!("{before}{sent}"))
        .chain([format!("{label}:more"), before.to_string()])
        .map(Asked::Text)
        .collect()
}

fn insert(thing: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            thing.insert(path.to_string(), value);
        }
        Some((within, name)) => {
            let part = thing.entry(within).or_insert_with(|| json!({}));
            part[name] = value;
        }
    }
}

/// What is asked, something else, nothing in every way, and what cannot be read.
fn said(attribute: Attribute, wanted: &[Asked]) -> Vec<(String, Value)> {
    let nothing = [left_out(), plain(json!(null))];
    let texts: Vec<String> = wanted.iter().filter_map(text).collect();
    let more: Vec<Value> = match attribute.kind() {
        Kind::Texts => {
            let lists = texts.iter().map(|text| json!([text]));
            let mut lists: Vec<Value> = lists.collect();
            if let Some(first) = texts.first() {
                lists.push(json!(texts));
                lists.extend([json!([first, 5]), json!(first)]);
            }
            lists.extend([json!([]), json!(["other"]), json!([5])]);
            lists
        }
        Kind::Flag => vec![json!(true), json!(false), json!("true")],
        Kind::Text if attribute == Attribute::LockedBy => vec![
            json!("somebody@acme.example"),
            json!("Somebody@acme.example"),
            json!("else@acme.example"),
            json!(""),
        ],
        Kind::Text | Kind::Thing | Kind::Lock => {
            let texts = texts.iter().map(|text| json!(text));
            texts.chain([json!("other"), json!(5)]).collect()
        }
        Kind::Number | Kind::Time => {
            let numbers = wanted.iter().filter_map(number);
            let around = numbers.flat_map(|number| [json!(number - 1), json!(number)]);
            around.chain([json!("5")]).collect()
        }
    };
    nothing
        .into_iter()
        .chain(more.into_iter().map(plain))
        .collect()
}

fn text(wanted: &Asked) -> Option<String> {
    match wanted {
        Asked::Text(text) => Some(text.clone()),
        Asked::Like(pattern) => Some(pattern.replace('*', "x")),
        _ => None,
    }
}

fn number(wanted: &Asked) -> Option<i64> {
    match wanted {
        Asked::Number(number) | Asked::From(number) | Asked::Until(number) => Some(*number),
        _ => None,
    }
}

/// Requests from Slack: from a channel that is asked about, from others, and from those that are called so today.
fn channels(pools: &Pools) -> Vec<Place> {
    let known = pools.channels.first();
    let asked = |of: Option<&str>, other: &str| -> Vec<String> {
        of.into_iter().chain([other]).map(String::from).collect()
    };
    let workspaces = asked(known.map(|one| one.workspace.as_str()), "T0OTHER");
    let ids = asked(known.map(|one| one.channel.as_str()), "C0OTHER");
    let names: &[&str] = if known.is_some() {
        &[CALLED, "general"]
    } else {
        &["general"]
    };
    let mut places = Vec::new();
    for workspace in &workspaces {
        for id in &ids {
            for name in names {
                places.push(Place {
                    input: json!({"slack": {
                        "team": {"id": workspace},
                        "channel": {"id": id, "name": name},
                        "user": {"id": "U1"},
                    }}),
                    axes: vec![
                        ("workspace", workspace.clone()),
                        ("channel", id.clone()),
                        ("called", (*name).to_string()),
                    ],
                });
            }
        }
    }
    places
}
