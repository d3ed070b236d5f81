//! Stacks and modules, which can only be looked at.

use serde_json::Value;

use super::args::Args;
use super::desk::{Answer, Fail, Look, show};
use super::search;

pub(crate) fn list(look: &Look<'_>, _: &Args) -> Answer {
    visible(look).map(Value::Array)
}

pub(crate) fn find(look: &Look<'_>, args: &Args) -> Answer {
    search::page(visible(look)?, &args.input())
}

fn visible(look: &Look<'_>) -> Result<Vec<Value>, Fail> {
    look.state
        .stacks
        .values()
        .filter(|stack| look.sees(&stack.space))
        .map(show)
        .collect()
}

pub(crate) fn get(look: &Look<'_>, args: &Args) -> Answer {
    show(
        look.state
            .stacks
            .get(&args.id())
            .filter(|stack| look.sees(&stack.space)),
    )
}

pub(crate) fn of_run(look: &Look<'_>, args: &Args) -> Answer {
    let stack = look
        .state
        .runs
        .get(&args.text("runId"))
        .and_then(|stack| look.state.stacks.get(stack));
    show(stack.filter(|stack| look.sees(&stack.space)))
}

pub(crate) fn module(look: &Look<'_>, args: &Args) -> Answer {
    show(
        look.state
            .modules
            .get(&args.id())
            .filter(|module| look.sees(&module.space)),
    )
}
