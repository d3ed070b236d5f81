//! Inputs of real logins, where the account keeps samples.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Examination, Verdict, Why, unseen};
use crate::spacelift::{PolicyType, ReadAccount as _};

/// As many samples of a policy are looked at.
const LOOKED_AT: usize = 20;

/// A claim about an input, and how often it was seen to hold.
struct Claim {
    fact: &'static str,
    claim: &'static str,
    relied_on: bool,
    /// Whether it holds; nothing where the input has nothing to say to it.
    holds: fn(&Value) -> Option<bool>,
}

const CLAIMS: &[Claim] = &[
    Claim {
        fact: "input.key-login",
        claim: "a key's session has the login `api::` and the key's id",
        // A key is matched by both its id and its name.
        relied_on: false,
        holds: |input| {
            let login = session(input, "login")?.as_str()?;
            is_key(input).then(|| {
                login.strip_prefix("api::").is_some_and(|id| {
                    id.len() == 26 && id.bytes().all(|b| b.is_ascii_alphanumeric())
                })
            })
        },
    },
    Claim {
        fact: "input.key-machine",
        claim: "a key's session says `machine: true`",
        relied_on: false,
        holds: |input| is_key(input).then(|| session(input, "machine") == Some(&Value::Bool(true))),
    },
    Claim {
        fact: "input.key-member",
        claim: "a key's session says `member: true`",
        relied_on: true,
        holds: |input| is_key(input).then(|| session(input, "member") == Some(&Value::Bool(true))),
    },
    Claim {
        fact: "input.key-teams",
        claim: "a key's session lists its teams, also where it has none",
        relied_on: false,
        holds: |input| is_key(input).then(|| session(input, "teams").is_some_and(Value::is_array)),
    },
    Claim {
        fact: "input.person-teams",
        claim: "a person's session lists its teams, also where it has none",
        relied_on: false,
        holds: |input| {
            is_person(input).then(|| session(input, "teams").is_some_and(Value::is_array))
        },
    },
    Claim {
        fact: "input.person-groups",
        claim: "no person's list of teams is empty, as it would be where there are too many to send",
        // An empty list is taken for an unknown one, unless the mapping says otherwise.
        relied_on: false,
        holds: |input| {
            let teams = session(input, "teams")?.as_array()?;
            is_person(input).then_some(!teams.is_empty())
        },
    },
    Claim {
        fact: "input.person-login",
        claim: "a person's login is an address",
        relied_on: false,
        holds: |input| {
            let login = session(input, "login")?.as_str()?;
            is_person(input).then(|| login.contains('@'))
        },
    },
    Claim {
        fact: "input.person-machine",
        claim: "a person's session says `machine: false`",
        relied_on: false,
        holds: |input| {
            is_person(input).then(|| session(input, "machine") == Some(&Value::Bool(false)))
        },
    },
    Claim {
        fact: "input.time",
        claim: "the time of a request is a whole number of nanoseconds",
        relied_on: true,
        holds: |input| Some(input.pointer("/request/timestamp_ns")?.is_i64()),
    },
    Claim {
        fact: "input.address",
        claim: "the address of a request is one address alone",
        relied_on: true,
        holds: |input| {
            let address = input.pointer("/request/remote_ip")?.as_str()?;
            Some(address.parse::<std::net::IpAddr>().is_ok())
        },
    },
    Claim {
        fact: "input.spaces",
        claim: "an input lists the account's spaces with id, name and labels",
        relied_on: true,
        holds: |input| {
            let spaces = input.get("spaces")?.as_array()?;
            Some(spaces.iter().all(|space| {
                ["id", "name"]
                    .iter()
                    .all(|key| space.get(key).is_some_and(Value::is_string))
                    && space
                        .get("labels")
                        .is_some_and(|labels| labels.is_array() || labels.is_null())
            }))
        },
    },
    Claim {
        fact: "input.roles",
        claim: "an input lists roles with their slug and ULID, and their id is the slug",
        relied_on: false,
        holds: |input| {
            let roles = input.get("roles")?.as_array()?;
            Some(roles.iter().all(|role| {
                role.get("slug").is_some()
                    && role.get("id") == role.get("slug")
                    && role.get("ulid").is_some()
            }))
        },
    },
    Claim {
        fact: "input.idp-subject",
        claim: "a person's session has the identity provider's subject, `idp_subject`",
        relied_on: false,
        holds: |input| is_person(input).then(|| session(input, "idp_subject").is_some()),
    },
];

fn session<'a>(input: &'a Value, key: &str) -> Option<&'a Value> {
    input.get("session")?.get(key)
}

fn is_key(input: &Value) -> bool {
    let login = session(input, "login").and_then(Value::as_str);
    login.is_some_and(|login| login.starts_with("api::"))
        || session(input, "machine") == Some(&Value::Bool(true))
}

fn is_person(input: &Value) -> bool {
    input.get("session").is_some_and(Value::is_object) && !is_key(input)
}

pub(super) fn look(on: &mut Examination<'_>) {
    (on.say)("recorded logins");
    let samples = read(on);
    let outcomes: Vec<String> = match &samples {
        Ok((outcomes, _)) => outcomes.clone(),
        Err(_) => Vec::new(),
    };
    let verdict = match (&samples, outcomes.len()) {
        (Err(why), _) => unseen(why.clone()),
        (Ok(_), 0) => unseen("no login is recorded"),
        (Ok(_), count) => {
            let known = (outcomes.iter())
                .filter(|outcome| matches!(outcome.as_str(), "deny" | "allow" | "admin"))
                .count();
            (Verdict::of(known == count), format!("{known} of {count}"))
        }
    };
    on.row(
        "samples.outcome",
        "a recorded login came to `deny`, `allow` or `admin`",
        false,
        verdict,
    );
    for claim in CLAIMS {
        let verdict = match &samples {
            Err(why) => unseen(why.clone()),
            Ok((_, inputs)) => {
                let told: Vec<bool> = inputs.iter().filter_map(claim.holds).collect();
                let held = told.iter().filter(|held| **held).count();
                match told.len() {
                    0 => unseen("no recorded login shows it"),
                    all => (
                        Verdict::of(held == all),
                        format!("{held} of {all} recorded logins"),
                    ),
                }
            }
        };
        on.row(claim.fact, claim.claim, claim.relied_on, verdict);
    }
    let verdict = match &samples {
        Err(why) => unseen(why.clone()),
        Ok((_, inputs)) => team_names(on, inputs),
    };
    on.row(
        "input.github-teams",
        "where people sign in through GitHub, their teams have the names that are shown, not slugs",
        // A mapping names groups as they are sent.
        false,
        verdict,
    );
}

/// How GitHub's teams are named is said in two ways. A name with a letter that no slug has is no slug; one without could be
/// either.
fn team_names(on: &Examination<'_>, inputs: &[Value]) -> (Verdict, String) {
    match on.ask_for(|reader| reader.sign_on()) {
        Err(why) => return unseen(why),
        Ok(sign_on) if sign_on.saml_admin.is_some() || sign_on.oidc_admin.is_some() => {
            return unseen("people sign in through single sign-on, not GitHub");
        }
        Ok(_) => {}
    }
    let is_slug = |team: &str| {
        team.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let github = inputs.iter().filter(|input| {
        // Other providers send addresses.
        let login = session(input, "login").and_then(Value::as_str);
        is_person(input) && login.is_some_and(|login| !login.contains('@'))
    });
    let teams: BTreeSet<&str> = github
        .filter_map(|input| session(input, "teams")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match teams.iter().filter(|team| !is_slug(team)).count() {
        0 if teams.is_empty() => unseen("no recorded login shows it"),
        0 => unseen(format!("each of {} teams could be a slug", teams.len())),
        names => (
            Verdict::Confirmed,
            format!("{names} of {} teams cannot be slugs", teams.len()),
        ),
    }
}

/// Outcomes of all recorded logins, and inputs of the newest.
fn read(on: &Examination<'_>) -> Result<(Vec<String>, Vec<Value>), Why> {
    let policies = on.policies.as_ref().map_err(Clone::clone)?;
    let login = policies
        .iter()
        .filter(|policy| policy.kind == PolicyType::Login);
    let (mut outcomes, mut inputs) = (Vec::new(), Vec::new());
    for policy in login {
        let records = on.ask_for(|reader| reader.evaluations(&policy.id))?;
        outcomes.extend(records.iter().map(|record| record.outcome.clone()));
        for record in records.iter().take(LOOKED_AT) {
            // What is not kept any more is no failure, and neither is what is cut short.
            let sample = on.ask(|reader| reader.sample(&policy.id, &record.key));
            let sample = match sample {
                // What was read by then is what is looked at.
                Err(Why::NoTime) if !inputs.is_empty() => return Ok((outcomes, inputs)),
                Err(Why::NoTime) => return Err(Why::NoTime),
                Ok(Some(sample)) => sample,
                Ok(None) | Err(_) => continue,
            };
            inputs.extend(serde_json::from_str::<Value>(&sample.input));
        }
    }
    Ok((outcomes, inputs))
}
