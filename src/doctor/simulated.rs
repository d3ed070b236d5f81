//! Tiny policies through the account's own simulation, which stores nothing.

use serde_json::{Value, json};

use super::{Examination, Verdict, Why, unseen};
use crate::model::Dialect;
use crate::spacelift::{Engine, PolicyType, ReadAccount as _};

/// 21 September 2026, 14:13:20 UTC and some nanoseconds, which no floating-point number can hold.
const NOW: i64 = 1_790_000_000_123_456_789;

/// A login of nobody, from a network that is kept for documentation.
fn input() -> String {
    json!({
        "request": { "remote_ip": "203.0.113.9", "timestamp_ns": NOW },
        "attachment": null,
        "session": { "login": "nobody@example.invalid", "name": "Nobody", "teams": ["nobodies"],
            "member": true, "admin": false, "machine": false, "creator_ip": "203.0.113.9" },
        "spaces": [{ "id": "root", "name": "root", "labels": [] }],
        "roles": [],
    })
    .to_string()
}

/// How a policy says something.
#[derive(Clone, Copy)]
enum Say {
    /// A value of a rule, in both dialects alike.
    Is(&'static str, bool),
    /// A rule with a body.
    If(&'static str, &'static str),
    /// A member of a set, with a body.
    Has(&'static str, &'static str, &'static str),
    /// A line as it is.
    Line(&'static str),
}

fn body(dialect: Dialect, lines: &[Say]) -> String {
    let lines = lines.iter().map(|line| match (*line, dialect) {
        (Say::Is(rule, value), _) => format!("{rule} := {value}"),
        (Say::If(rule, body), Dialect::V1) => format!("{rule} if {{ {body} }}"),
        (Say::If(rule, body), Dialect::V0) => format!("{rule} {{ {body} }}"),
        (Say::Has(rule, member, body), Dialect::V1) => {
            format!("{rule} contains {member} if {{ {body} }}")
        }
        (Say::Has(rule, member, body), Dialect::V0) => format!("{rule}[{member}] {{ {body} }}"),
        (Say::Line(line), _) => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    format!("package spacelift\n\n{}\n", lines.join("\n"))
}

/// What is to come out.
#[derive(Clone, Copy)]
enum Want {
    /// This access level.
    Level(&'static str),
    /// An output that is, or holds, this text: each step is a field.
    Holds(&'static [&'static str], &'static str),
    /// An output that is true.
    True(&'static str),
    /// Any output at all.
    Accepted,
    /// No output.
    Refused,
    /// No output, and words with this place in them.
    RefusedAt(&'static str),
    /// No output, or a login that is refused.
    RefusedOrDenied,
}

/// A claim, the policy that shows it, and what is to come out.
struct Experiment {
    fact: &'static str,
    claim: &'static str,
    relied_on: bool,
    policy: &'static [Say],
    want: Want,
}

use Say::{Has, If, Is, Line};

const EXPERIMENTS: &[Experiment] = &[
    Experiment {
        fact: "login.nothing-matches",
        claim: "a login that no rule speaks of is refused",
        relied_on: true,
        policy: &[Is("sample", false)],
        want: Want::Level("deny"),
    },
    Experiment {
        fact: "login.allow",
        claim: "`allow` lets in",
        relied_on: true,
        policy: &[Is("allow", true)],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "login.admin-without-allow",
        claim: "`admin` lets in as an admin without `allow`",
        // Both are always written.
        relied_on: false,
        policy: &[Is("admin", true)],
        want: Want::Level("admin"),
    },
    Experiment {
        fact: "login.deny-wins",
        claim: "`deny` wins over `admin` and `allow`",
        relied_on: true,
        policy: &[Is("allow", true), Is("admin", true), Is("deny", true)],
        want: Want::Level("deny"),
    },
    Experiment {
        fact: "login.deny-admin",
        claim: "`deny_admin` takes `admin` away and leaves `allow`",
        relied_on: true,
        policy: &[Is("allow", true), Is("admin", true), Is("deny_admin", true)],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "login.deny-admin-alone",
        claim: "`admin` with `deny_admin` and without `allow` still lets in",
        relied_on: false,
        policy: &[Is("admin", true), Is("deny_admin", true)],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "login.roles-alone",
        claim: "roles alone let nobody in",
        relied_on: false,
        policy: &[Has("roles[\"root\"]", "\"space-reader\"", "true")],
        want: Want::Level("deny"),
    },
    Experiment {
        fact: "roles.by-slug",
        claim: "a simulation answers `roles` by the space's id and as it was written",
        relied_on: true,
        policy: &[
            Is("allow", true),
            Has("roles[\"root\"]", "\"space-reader\"", "true"),
        ],
        want: Want::Holds(&["roles", "root"], "space-reader"),
    },
    Experiment {
        fact: "roles.unknown",
        claim: "a role or a space that does not exist is no error while a policy is evaluated",
        relied_on: false,
        policy: &[
            Is("allow", true),
            Has("roles[\"no-such-space\"]", "\"no-such-role\"", "true"),
        ],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "roles.older-grants",
        claim: "`space_read` is still an output of its own, or counts as the built-in role",
        relied_on: false,
        policy: &[Is("allow", true), Has("space_read", "\"root\"", "true")],
        want: Want::Accepted,
    },
    Experiment {
        fact: "teams.rewritten",
        claim: "`team` replaces the session's teams",
        relied_on: true,
        policy: &[Is("allow", true), Has("team", "\"another\"", "true")],
        want: Want::Holds(&["teams"], "another"),
    },
    Experiment {
        fact: "samples.sample",
        claim: "`sample` is an output",
        relied_on: false,
        policy: &[Is("allow", true), Is("sample", true)],
        want: Want::True("sample"),
    },
    Experiment {
        fact: "samples.flags",
        claim: "`flag` is a set of texts",
        relied_on: true,
        policy: &[Has("flag", "\"seen\"", "true")],
        want: Want::Holds(&["flag"], "seen"),
    },
    Experiment {
        fact: "rego.whole-numbers",
        claim: "nanoseconds arrive as exact whole numbers",
        relied_on: true,
        policy: &[Has(
            "flag",
            "stamp",
            "stamp := sprintf(\"%d\", [input.request.timestamp_ns])",
        )],
        want: Want::Holds(&["flag"], "1790000000123456789"),
    },
    Experiment {
        fact: "rego.time-zones",
        claim: "time zones are known by their names",
        relied_on: true,
        policy: &[Has(
            "flag",
            "hour",
            "clock := time.clock([input.request.timestamp_ns, \"Europe/Berlin\"]); hour := sprintf(\"%d\", [clock[0]])",
        )],
        want: Want::Holds(&["flag"], "16"),
    },
    Experiment {
        fact: "rego.networks",
        claim: "addresses are found in networks, IPv6 too",
        relied_on: true,
        policy: &[If(
            "allow",
            "net.cidr_contains(\"203.0.113.0/24\", input.request.remote_ip); net.cidr_contains(\"2001:db8::/32\", \"2001:db8::1\")",
        )],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "rego.failing-builtins",
        claim: "a built-in function that fails leaves its rule undefined and the policy whole",
        relied_on: true,
        policy: &[Is("allow", true), If("deny", "to_number(\"x\") > 0")],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "rego.no-clock",
        claim: "`time.now_ns` is switched off",
        relied_on: false,
        policy: &[If("allow", "time.now_ns() > 0")],
        want: Want::RefusedOrDenied,
    },
    Experiment {
        fact: "preamble.defaults",
        claim: "a policy may not repeat a default of the preamble",
        relied_on: false,
        policy: &[Line("default allow := false"), Is("allow", true)],
        want: Want::Refused,
    },
    Experiment {
        fact: "preamble.types",
        claim: "an output may not have another type than the preamble gives it",
        relied_on: false,
        policy: &[Line("flag := true")],
        want: Want::Refused,
    },
    Experiment {
        fact: "preamble.placeholders",
        claim: "every set and every truth value of the outputs is there to be read, also where a policy does not write it",
        relied_on: false,
        policy: &[If(
            "allow",
            "count(team) + count(flag) + count(space_read) + count(space_write) + count(space_admin) == 0; not admin; not deny; not deny_admin; not sample",
        )],
        want: Want::Level("allow"),
    },
    Experiment {
        fact: "preamble.apart",
        claim: "the preamble stands apart from a policy, whose lines are counted from its own first",
        relied_on: false,
        policy: &[Line("allow := nobody_defines_this")],
        want: Want::RefusedAt(":3:"),
    },
    Experiment {
        fact: "errors.compile",
        claim: "a policy that does not compile is an error of the API's, with words",
        relied_on: true,
        policy: &[Line("allow {{{")],
        want: Want::Refused,
    },
];

/// Answers the dialect in which the account simulates, if it does.
pub(super) fn look(examination: &mut Examination<'_>) -> Option<Dialect> {
    (examination.say)("simulations");
    let before = examination.policies.clone();
    let tried = [Dialect::V1, Dialect::V0].map(|dialect| {
        let allow = body(dialect, &[If("allow", "true")]);
        let answer = examination.ask_for(|reader| reader.simulate_login(&allow, &input()));
        (dialect, answer.map(|outputs| level(&outputs)))
    });
    for (dialect, answer) in &tried {
        let (fact, claim) = match dialect {
            Dialect::V1 => ("simulate.v1", "a simulation reads Rego v1"),
            Dialect::V0 => ("simulate.v0", "a simulation reads Rego v0"),
        };
        let verdict = match answer {
            Ok(level) => (
                Verdict::of(level.as_deref() == Some("allow")),
                seen_level(level.as_deref()),
            ),
            Err(why) => refusing(why.clone()),
        };
        examination.row(fact, claim, false, verdict);
    }
    let works = tried.into_iter().find(|(_, answer)| {
        answer
            .as_ref()
            .is_ok_and(|level| level.as_deref() == Some("allow"))
    });
    let dialect = works.map(|(dialect, _)| dialect);
    engine_field(examination, dialect);
    resolved(examination, dialect);
    access(examination, dialect);
    for experiment in EXPERIMENTS {
        let verdict = match dialect {
            None => unseen("no simulation works"),
            Some(dialect) => try_out(examination, experiment, dialect),
        };
        examination.row(
            experiment.fact,
            experiment.claim,
            experiment.relied_on,
            verdict,
        );
    }
    let verdict = match before.and_then(|before| {
        let after = examination.ask(|reader| reader.policies())?;
        Ok((before, after))
    }) {
        Ok((before, after)) => (
            Verdict::of(after == before),
            format!("{} policies before and {} after", before.len(), after.len()),
        ),
        Err(why) => unseen(why),
    };
    examination.row(
        "simulate.stores-nothing",
        "simulations leave every policy as it was",
        true,
        verdict,
    );
    dialect
}

fn engine_field(examination: &mut Examination<'_>, dialect: Option<Dialect>) {
    let allow = body(Dialect::V1, &[If("allow", "true")]);
    let named = "engineType";
    let verdict =
        match examination.ask(|reader| reader.simulate_login_as(&allow, &input(), Engine::V1)) {
            Err(Why::NoTime) => unseen(Why::NoTime),
            _ if dialect.is_none() => unseen("no simulation works"),
            Ok(_) => (Verdict::Refuted, format!("it takes `{named}`")),
            Err(Why::Refused(words)) if words.contains(named) => (Verdict::Confirmed, words),
            Err(why) => unseen(why),
        };
    examination.row(
        "simulate.engine-field",
        "a simulation has no field for the dialect",
        false,
        verdict,
    );
}

/// Whether roles are known by their slugs can only be told where a simulation leaves out what it does not know.
fn resolved(examination: &mut Examination<'_>, dialect: Option<Dialect>) {
    let reader = examination.ask_for(|reader| reader.roles()).map(|roles| {
        let reader = roles.into_iter().find(|role| role.slug == "space-reader");
        reader.map(|role| role.id)
    });
    let verdict = match (dialect, reader) {
        (None, _) => unseen("no simulation works"),
        (_, Err(why)) => unseen(why),
        (_, Ok(None)) => unseen("there is no role `space-reader`"),
        (Some(dialect), Ok(Some(id))) => {
            let named = ["space-reader", id.as_str(), "no-such-role"];
            let lines = named.map(|name| match dialect {
                Dialect::V1 => format!("roles[\"root\"] contains {} if true", json!(name)),
                Dialect::V0 => format!("roles[\"root\"][{}] {{ true }}", json!(name)),
            });
            let body = format!("package spacelift\n\nallow := true\n{}\n", lines.join("\n"));
            match examination.ask(|reader| reader.simulate_login(&body, &input())) {
                Err(why) => unseen(why),
                Ok(outputs) => {
                    let root = outputs
                        .unwrap_or_default()
                        .pointer("/roles/root")
                        .cloned()
                        .unwrap_or_default();
                    match named.map(|name| holds(&root, name)) {
                        [true, false, _] => (
                            Verdict::Confirmed,
                            "the slug is kept, the id is not".to_owned(),
                        ),
                        [false, true, _] => (
                            Verdict::Refuted,
                            "the id is kept, the slug is not".to_owned(),
                        ),
                        [true, true, false] => (Verdict::Confirmed, "both are kept".to_owned()),
                        [true, true, true] => unseen("whatever is written is answered"),
                        [false, false, _] => unseen("neither is answered"),
                    }
                }
            }
        }
    };
    examination.row(
        "roles.known-by-slug",
        "a login policy names roles by their slugs",
        true,
        verdict,
    );
}

/// Spacelift's own servers evaluate access policies no longer; an installation of one's own may, and only trying tells.
fn access(examination: &mut Examination<'_>, dialect: Option<Dialect>) {
    let text = body(dialect.unwrap_or(Dialect::V1), &[Is("read", true)]);
    let stack = json!({ "id": "nothing", "name": "nothing", "labels": [] });
    let input = serde_json::from_str::<Value>(&input()).map(|mut input| {
        if let Some(fields) = input.as_object_mut() {
            fields.insert("stack".into(), stack);
        }
        input.to_string()
    });
    let answer = examination
        .ask_for(|reader| reader.simulate(&PolicyType::Access, &text, &input.unwrap_or_default()));
    let verdict = match answer {
        _ if dialect.is_none() => unseen("no simulation works"),
        Ok(outputs) => match outputs.get("level").and_then(Value::as_str) {
            Some("read") => (
                Verdict::Confirmed,
                "a policy that lets everybody read does".to_owned(),
            ),
            Some(level) => (Verdict::Refuted, format!("the level is `{level}`")),
            None => unseen("no level is answered"),
        },
        Err(why) => refusing(why),
    };
    examination.row(
        "access.taken",
        "the account still takes access policies, which `stack_access` needs",
        false,
        verdict,
    );
}

fn try_out(
    examination: &Examination<'_>,
    experiment: &Experiment,
    dialect: Dialect,
) -> (Verdict, String) {
    let body = body(dialect, experiment.policy);
    let outputs = match examination.ask_for(|reader| reader.simulate_login(&body, &input())) {
        Ok(outputs) => outputs,
        Err(Why::Refused(words)) => {
            let is_wanted = match experiment.want {
                Want::Refused | Want::RefusedOrDenied => true,
                Want::RefusedAt(place) => {
                    return match words.contains(place) {
                        true => (Verdict::Confirmed, format!("refused: {words}")),
                        // Not every error says where it is.
                        false => unseen(Why::Refused(words)),
                    };
                }
                _ => false,
            };
            return (Verdict::of(is_wanted), format!("refused: {words}"));
        }
        Err(why) => return unseen(why),
    };
    let level = level(&outputs);
    match experiment.want {
        Want::Level(wanted) => (
            Verdict::of(level.as_deref() == Some(wanted)),
            seen_level(level.as_deref()),
        ),
        Want::Holds(path, text) => {
            let output = path
                .iter()
                .try_fold(&outputs, |value, step| value.get(step));
            let seen = output.map_or("no such output".to_owned(), Value::to_string);
            (
                Verdict::of(output.is_some_and(|value| holds(value, text))),
                format!("`{}` is {seen}", path.join(".")),
            )
        }
        Want::True(name) => match outputs.get(name) {
            Some(value) => (
                Verdict::of(*value == Value::Bool(true)),
                format!("`{name}` is {value}"),
            ),
            None => (Verdict::Refuted, format!("there is no output `{name}`")),
        },
        Want::Accepted => (Verdict::Confirmed, names(&outputs)),
        Want::Refused | Want::RefusedAt(_) => (Verdict::Refuted, "accepted".to_owned()),
        Want::RefusedOrDenied => (
            Verdict::of(level.as_deref() == Some("deny")),
            seen_level(level.as_deref()),
        ),
    }
}

/// What an account means that does not simulate what it should.
fn refusing(why: Why) -> (Verdict, String) {
    match why {
        Why::Refused(words) => (Verdict::Refuted, format!("refused: {words}")),
        why => unseen(why),
    }
}

/// A text among values, or names of fields that are true.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.as_str() == Some(text)),
        Value::Object(fields) => fields.get(text) == Some(&Value::Bool(true)),
        _ => false,
    }
}

fn level(outputs: &Value) -> Option<String> {
    Some(outputs.get("access_level")?.as_str()?.to_owned())
}

fn seen_level(level: Option<&str>) -> String {
    level.map_or("no `access_level`".to_owned(), |level| {
        format!("`access_level` is `{level}`")
    })
}

fn names(outputs: &Value) -> String {
    let fields = outputs.as_object().into_iter().flatten();
    let names: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
    format!("outputs: {}", names.join(", "))
}
