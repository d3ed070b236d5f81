//! In which order the steps come.

use super::*;

fn two(first: &str, second: &str) -> String {
    format!(
        "stack_access:\n  - {{name: one, attach: {{label: app}}, {first}}}\n  - {{name: two, attach: {{label: app}}, {second}}}\n"
    )
}

#[test]
fn what_takes_comes_before_what_gives() {
    let plan = between(
        &two("read: [payments]", "deny: [contractors]"),
        &two(
            "read: [payments, seniors]",
            "deny: [contractors], deny_write: [payments]",
        ),
    );
    assert_eq!(
        steps(&plan),
        [
            "update liftgate-two 0r0w1d -> 0r0w2d",
            "update liftgate-one 1r0w0d -> 2r0w0d",
        ]
    );
    let plan = between(
        &two(
            "read: [payments, seniors]",
            "deny: [contractors], deny_write: [payments]",
        ),
        &two("read: [payments]", "deny: [contractors]"),
    );
    assert_eq!(
        steps(&plan),
        [
            "update liftgate-one 2r0w0d -> 1r0w0d",
            "update liftgate-two 0r0w2d -> 0r0w1d",
        ]
    );
}

#[test]
fn several_that_give_and_take_are_made_in_halves() {
    let plan = between(
        "",
        &two(
            "write: [payments], deny: [contractors]",
            "write: [seniors], deny: [payments]",
        ),
    );
    assert_eq!(
        steps(&plan),
        [
            "create liftgate-one 0r0w1d",
            "create liftgate-two 0r0w1d",
            "update liftgate-one 0r0w1d -> 0r1w1d",
            "update liftgate-two 0r0w1d -> 0r1w1d",
        ]
    );
    let plan = between(
        &two("write: [payments, platform]", "write: [seniors]"),
        &two("write: [payments, seniors]", "write: [platform]"),
    );
    assert_eq!(
        steps(&plan),
        [
            "update liftgate-one 0r2w0d -> 0r1w0d",
            "update liftgate-two 0r1w0d -> 0r0w0d",
            "update liftgate-one 0r1w0d -> 0r2w0d",
            "update liftgate-two 0r0w0d -> 0r1w0d",
        ]
    );
    // Alone it needs no halves.
    let plan = between(
        &two("write: [payments]", "read: [seniors]"),
        &two("write: [seniors]", "read: [seniors]"),
    );
    assert_eq!(steps(&plan), ["update liftgate-one 0r1w0d -> 0r1w0d"]);
}

#[test]
fn what_has_no_order_is_refused() {
    let stacks = |one: &str, two: &str| {
        format!(
            "stack_access:\n  - {{name: one, attach: {{stacks: [{one}]}}, read: [payments], deny: [contractors]}}\n  - {{name: two, attach: {{stacks: [{two}]}}, read: [seniors], deny: [payments]}}\n"
        )
    };
    let plan = between(&stacks("shop", "till"), &stacks("till", "shop"));
    assert_eq!(codes(&plan), [Guard::AccessOrder], "{:?}", steps(&plan));
    let plan = between(&stacks("shop", "till"), &stacks("data", "till"));
    assert_eq!(codes(&plan), []);
}

#[test]
fn the_login_policy_stands_where_it_gives_nobody_more() {
    let login = |rest: &str, grant: &str| {
        let head = HEAD.replace("roles: [space-reader]", grant);
        Mapping {
            directory: Some(directory()),
            ..Mapping::read(&format!("{head}{rest}"))
        }
    };
    let (few, more) = (
        "roles: [space-reader]",
        "roles: [space-reader, space-writer]",
    );
    let both = |text: &str| text.replace("write: [seniors]", "write: [platform]");
    // It only takes, and comes before what gives and takes.
    let plan = planned(&login(&both(APPS), few), &account(&login(APPS, more)));
    let step = "update liftgate-apps 1r1w1d -> 1r1w1d";
    assert_eq!(steps(&plan), ["login", step]);
    // It only gives, and comes after it.
    let plan = planned(&login(&both(APPS), more), &account(&login(APPS, few)));
    assert_eq!(steps(&plan), [step, "login"]);
    // Of what only takes and what only gives, the one stands before it and the other after it.
    let taken = APPS
        .replace("read: [payments]", "read: []")
        .replace("    read: []\n", "");
    let plan = planned(&login(&taken, more), &account(&login(APPS, few)));
    assert_eq!(
        steps(&plan),
        ["update liftgate-apps 1r1w1d -> 0r1w1d", "login"]
    );
    let plan = planned(&login(APPS, few), &account(&login(&taken, more)));
    assert_eq!(
        steps(&plan),
        ["login", "update liftgate-apps 0r1w1d -> 1r1w1d"]
    );
}
