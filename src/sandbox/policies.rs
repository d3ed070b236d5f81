//! Policies, what they are attached to, and trying them out.

use serde_json::{Value, json};

use super::Engine;
use super::access::{Level, demand};
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look, show};
use super::search;
use super::source::slug;
use super::state::{Attachment, Policy, State};

pub(crate) fn list(look: &Look<'_>, _: &Args) -> Answer {
    visible(look, |_| true).map(Value::Array)
}

pub(crate) fn get(look: &Look<'_>, args: &Args) -> Answer {
    show(
        look.state
            .policies
            .get(&args.id())
            .filter(|policy| look.sees(&policy.space)),
    )
}

pub(crate) fn find(look: &Look<'_>, args: &Args) -> Answer {
    search::page(visible(look, |_| true)?, &args.input())
}

/// What was made in the space or is inherited by it.
pub(crate) fn find_in_space(look: &Look<'_>, args: &Args) -> Answer {
    let space = args.text("space");
    search::page(
        visible(look, |policy| look.state.usable(&policy.space, &space))?,
        &args.input(),
    )
}

pub(crate) fn attachable(look: &Look<'_>, args: &Args) -> Answer {
    let space = args.id();
    visible(look, |policy| {
        policy.r#type != "LOGIN" && look.state.usable(&policy.space, &space)
    })
    .map(Value::Array)
}

fn visible(look: &Look<'_>, wanted: impl Fn(&Policy) -> bool) -> Result<Vec<Value>, Fail> {
    let policies = look.state.policies.values();
    policies
        .filter(|policy| look.sees(&policy.space) && wanted(policy))
        .map(show)
        .collect()
}

/// What an automatically attached policy with these labels would reach.
pub(crate) fn autoattachment(look: &Look<'_>, args: &Args) -> Answer {
    let space = args.text("space");
    let labels = args.texts("labels").unwrap_or_default();
    let reached: Vec<Value> = targets(look.state)
        .filter(|target| look.state.usable(&space, target.space) && autoattached(&labels, target.labels))
        .map(|target| json!({ "id": target.id, "name": target.name, "isModule": target.module, "labels": target.labels }))
        .collect();
    Ok(json!({ "count": reached.len(), "sample": reached }))
}

struct Target<'s> {
    id: &'s str,
    name: &'s str,
    space: &'s str,
    labels: &'s [String],
    module: bool,
}

fn targets(state: &State) -> impl Iterator<Item = Target<'_>> {
    let stacks = state.stacks.values();
    let modules = state.modules.values();
    stacks
        .map(|s| Target {
            id: &s.id,
            name: &s.name,
            space: &s.space,
            labels: &s.labels,
            module: false,
        })
        .chain(modules.map(|m| Target {
            id: &m.id,
            name: &m.name,
            space: &m.space,
            labels: &m.labels,
            module: true,
        }))
}

fn autoattached(policy: &[String], target: &[String]) -> bool {
    let wanted = policy
        .iter()
        .filter_map(|label| label.strip_prefix("autoattach:"));
    wanted
        .into_iter()
        .any(|label| label == "*" || target.iter().any(|own| own == label))
}

/// Everything a policy is attached to, by hand or by its labels.
pub(crate) fn attached(state: &State, policy: &str) -> Vec<Value> {
    let Some(policy) = state.policies.get(policy) else {
        return Vec::new();
    };
    let by_hand = state
        .attachments
        .values()
        .filter(|attachment| attachment.policy == policy.id);
    let mut shown: Vec<Value> = by_hand
        .map(|attachment| attachment_json(state, attachment))
        .collect();
    for target in targets(state) {
        let known = shown
            .iter()
            .any(|own| own.get("stackId").and_then(Value::as_str) == Some(target.id));
        if !known && reaches_by_label(state, policy, &target) {
            shown.push(json!({
                "id": format!("{}:{}", policy.id, target.id),
                "stackId": target.id,
                "stackName": target.name,
                "isModule": target.module,
                "isAutoattached": true,
            }));
        }
    }
    shown
}

fn reaches_by_label(state: &State, policy: &Policy, target: &Target<'_>) -> bool {
    policy.r#type != "LOGIN"
        && autoattached(&policy.labels, target.labels)
        && state.usable(&policy.space, target.space)
}

/// The policies on a stack, in the stack's own form.
pub(crate) fn on_stack(state: &State, stack: &str) -> Vec<Value> {
    let mut shown = Vec::new();
    for policy in state.policies.values() {
        for attachment in attached(state, &policy.id) {
            if attachment.get("stackId").and_then(Value::as_str) == Some(stack) {
                shown.push(json!({
                    "id": attachment.get("id"),
                    "policyId": policy.id,
                    "policyName": policy.name,
                    "policyType": policy.r#type,
                    "policyLabels": policy.labels,
                    "isAutoattached": attachment.get("isAutoattached"),
                }));
            }
        }
    }
    shown
}

fn attachment_json(state: &State, attachment: &Attachment) -> Value {
    let target = targets(state).find(|target| target.id == attachment.stack);
    json!({
        "id": attachment.id,
        "stackId": attachment.stack,
        "stackName": target.as_ref().map(|target| target.name),
        "isModule": target.is_some_and(|target| target.module),
        "isAutoattached": false,
    })
}

/// Both forms of creation: the fields are in an input, or are the arguments themselves.
pub(crate) fn create(act: &mut Act<'_>, args: &Args) -> Answer {
    create_from(act, &args.input())
}

pub(crate) fn create_from(act: &mut Act<'_>, input: &Args) -> Answer {
    let kind = modern(&input.text("type"));
    taken(act.state, &kind)?;
    let login = kind == "LOGIN";
    let space = input
        .maybe("space")
        .unwrap_or_else(|| if login { "root" } else { "legacy" }.to_owned());
    if login && space != "root" {
        return Err(Fail::from(
            "login policies can only be created in root space",
        ));
    }
    require_space(act, &space)?;
    let name = input.text("name");
    let id = slug(&name);
    if id.is_empty() {
        return Err(Fail::from("policy name must not be empty"));
    }
    unique(act.state, &name, "")?;
    if act.state.policies.contains_key(&id) {
        return Err(Fail::from(
            "policy with this slug already exists for this account",
        ));
    }
    let now = act.now();
    let policy = Policy {
        id: id.clone(),
        name,
        body: input.text("body"),
        r#type: kind,
        description: input.maybe("description"),
        labels: input.texts("labels").unwrap_or_default(),
        space,
        engine_type: input
            .maybe("engineType")
            .unwrap_or_else(|| "REGO_V0".to_owned()),
        created_at: now,
        updated_at: now,
        samples: Vec::new(),
    };
    keep(act, policy)
}

pub(crate) fn update(act: &mut Act<'_>, args: &Args) -> Answer {
    change(act, &args.id(), &args.input())
}

pub(crate) fn update_flat(act: &mut Act<'_>, args: &Args) -> Answer {
    change(act, &args.id(), args)
}

/// Replaces what can change. Only the space and the engine stay as they are when they are left out, because no
/// policy is without one.
fn change(act: &mut Act<'_>, id: &str, input: &Args) -> Answer {
    let old = act
        .state
        .policies
        .get(id)
        .cloned()
        .ok_or_else(|| Fail::missing("policy"))?;
    taken(act.state, &old.r#type)?;
    demand(act.state, &act.caller, &old.space, Level::Admin)?;
    let space = input.maybe("space").unwrap_or_else(|| old.space.clone());
    if old.r#type == "LOGIN" && space != "root" {
        return Err(Fail::from(
            "login policies cannot be moved out of root space",
        ));
    }
    require_space(act, &space)?;
    let name = input.text("name");
    unique(act.state, &name, id)?;
    let policy = Policy {
        name,
        body: input.text("body"),
        description: input.maybe("description"),
        labels: input.texts("labels").unwrap_or_default(),
        space,
        engine_type: input
            .maybe("engineType")
            .unwrap_or_else(|| old.engine_type.clone()),
        updated_at: act.now(),
        ..old
    };
    keep(act, policy)
}

/// Refuses a type that the account no longer has. In which words the service does so is not known.
fn taken(state: &State, kind: &str) -> Result<(), Fail> {
    if kind == "ACCESS" && !state.account.takes_access_policies {
        return Err(Fail::from(
            "access policies are no longer supported: use spaces and roles instead",
        ));
    }
    Ok(())
}

fn keep(act: &mut Act<'_>, policy: Policy) -> Answer {
    if let Some(evaluator) = act.evaluator {
        let engine = Engine::of(&policy.engine_type);
        evaluator
            .check(&policy.body, &policy.r#type, engine)
            .map_err(|error| Fail(format!("could not compile policy: {error}")))?;
    }
    if policy.r#type == "LOGIN" {
        act.end_other_sessions();
    }
    let answer = show(&policy);
    act.state.policies.insert(policy.id.clone(), policy);
    answer
}

fn require_space(act: &Act<'_>, space: &str) -> Result<(), Fail> {
    if !act.state.spaces.contains_key(space) {
        return Err(Fail::missing("space"));
    }
    demand(act.state, &act.caller, space, Level::Admin)
}

fn unique(state: &State, name: &str, own: &str) -> Result<(), Fail> {
    if state
        .policies
        .values()
        .any(|policy| policy.name == name && policy.id != own)
    {
        return Err(Fail::from("policy name must be unique within one account"));
    }
    Ok(())
}

/// Old names of types are taken, and answered under the new ones.
fn modern(kind: &str) -> String {
    match kind {
        "STACK_ACCESS" => "ACCESS",
        "TASK_RUN" => "TASK",
        "TERRAFORM_PLAN" => "PLAN",
        kind => kind,
    }
    .to_owned()
}

pub(crate) fn delete(act: &mut Act<'_>, args: &Args) -> Answer {
    let policy = act
        .state
        .policies
        .get(&args.id())
        .cloned()
        .ok_or_else(|| Fail::missing("policy"))?;
    demand(act.state, &act.caller, &policy.space, Level::Admin)?;
    act.state.policies.remove(&policy.id);
    act.state
        .attachments
        .retain(|_, attachment| attachment.policy != policy.id);
    if policy.r#type == "LOGIN" {
        act.end_other_sessions();
    }
    show(policy)
}

pub(crate) fn attach(act: &mut Act<'_>, args: &Args) -> Answer {
    let policy = act
        .state
        .policies
        .get(&args.id())
        .ok_or_else(|| Fail::missing("policy"))?;
    taken(act.state, &policy.r#type)?;
    let stack = args.text("stack");
    let target = targets(act.state)
        .find(|target| target.id == stack)
        .ok_or_else(|| Fail::missing("stack"))?;
    if policy.r#type == "LOGIN" {
        return Err(Fail::from("login policies cannot be attached"));
    }
    demand(act.state, &act.caller, target.space, Level::Admin)?;
    if !act.state.usable(&policy.space, target.space) {
        return Err(Fail::from(
            "policy cannot be used in the space of the stack",
        ));
    }
    if act
        .state
        .attachments
        .values()
        .any(|known| known.policy == policy.id && known.stack == stack)
    {
        return Err(Fail::from("policy is already attached to this stack"));
    }
    let attachment = Attachment {
        id: act.id(),
        policy: policy.id.clone(),
        stack,
    };
    let answer = attachment_json(act.state, &attachment);
    act.state
        .attachments
        .insert(attachment.id.clone(), attachment);
    Ok(answer)
}

pub(crate) fn detach(act: &mut Act<'_>, args: &Args) -> Answer {
    let attachment = act
        .state
        .attachments
        .get(&args.id())
        .cloned()
        .ok_or_else(|| Fail::missing("attachment"))?;
    if let Some(target) = targets(act.state).find(|target| target.id == attachment.stack) {
        demand(act.state, &act.caller, target.space, Level::Admin)?;
    }
    act.state.attachments.remove(&attachment.id);
    Ok(attachment_json(act.state, &attachment))
}

pub(crate) fn simulate(act: &mut Act<'_>, args: &Args) -> Answer {
    try_out(act, &args.input())
}

/// Answers what the policy decides, as text; nothing is kept.
pub(crate) fn try_out(act: &mut Act<'_>, input: &Args) -> Answer {
    let evaluator = act
        .evaluator
        .ok_or_else(|| Fail::from("this sandbox has no evaluator for policies"))?;
    let kind = modern(&input.text("type"));
    if !["LOGIN", "ACCESS"].contains(&kind.as_str()) {
        return Err(Fail::from(
            "simulating policies other than LOGIN and ACCESS is not part of the sandbox",
        ));
    }
    taken(act.state, &kind)?;
    let data = input.text("input");
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&data) {
        return Err(Fail(format!("could not parse policy input: {error}")));
    }
    let decided = if kind == "LOGIN" {
        evaluator.login(&input.text("body"), Engine::V1, &data)
    } else {
        evaluator.access(&input.text("body"), Engine::V1, &data)
    };
    decided.map(Value::String).map_err(Fail)
}
