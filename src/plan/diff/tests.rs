use super::*;

fn state(body: &str) -> PolicyState {
    PolicyState {
        name: "liftgate".into(),
        body: body.into(),
        engine: None,
        labels: vec![],
        description: None,
        space: None,
        updated_at: None,
    }
}

fn between(old: &str, new: &str) -> String {
    diff(&Change::PolicyUpdate {
        id: "liftgate".into(),
        before: state(old),
        after: state(new),
    })
}

#[test]
fn three_lines_stand_around_a_change() {
    let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    assert_eq!(
        between(old, &old.replace('5', "five")),
        "--- live\n+++ mapping\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    );
    assert_eq!(between(old, old), "");
}

#[test]
fn a_new_policy_is_all_additions() {
    let change = Change::PolicyCreate {
        policy: state("a\nb\n"),
    };
    assert_eq!(
        diff(&change),
        "--- live\n+++ mapping\n@@ -0,0 +1,2 @@\n+a\n+b\n"
    );
}

#[test]
fn nothing_hides_in_a_diff() {
    let text = between(
        "a\r+b\n\u{1b}[2K\u{202e}x\u{200b}\u{2028}\u{e0001}\ty\n",
        "a\n",
    );
    assert_eq!(
        text,
        "--- live\n+++ mapping\n@@ -1,2 +1 @@\n-a\\u{d}+b\n-\\u{1b}[2K\\u{202e}x\\u{200b}\\u{2028}\\u{e0001}\ty\n+a\n"
    );
    // An escape that is spelt out is another text than the character.
    assert!(between("\u{202e}\n", "\\u{202e}\n").contains("@@ -1 +1 @@"));
}

#[test]
fn a_missing_line_break_is_said() {
    let text = between("a", "a\n");
    assert_eq!(text, "\\ no newline at the end of live\n");
    assert_eq!(between("a", "b").matches("no newline").count(), 0);
}

#[test]
fn what_changes_beside_the_text_stands_first() {
    let mut after = state("a\n");
    after.engine = Some(crate::spacelift::Engine::V1);
    after.description = Some("x\ny\u{7}".into());
    let text = diff(&Change::PolicyUpdate {
        id: "liftgate".into(),
        before: state("a\n"),
        after,
    });
    assert_eq!(
        text,
        "engine: REGO_V0 -> REGO_V1\ndescription: nothing -> x\\ny\\u{7}\n"
    );
}
