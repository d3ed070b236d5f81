//! What a comment holds whatever the names and however much there is.

use super::*;

#[test]
fn names_mean_nothing_to_whoever_shows_them() {
    for (name, shown) in [
        ("@acme/admins", "&#64;acme/admins"),
        ("<b>x</b>", "&#60;b&#62;x&#60;/b&#62;"),
        ("[a](http://b)", "&#91;a&#93;(http&#58;//b)"),
        (
            "*a* _b_ `c` #1 ~~d~~ |",
            "&#42;a&#42; &#95;b&#95; &#96;c&#96; &#35;1 &#126;&#126;d&#126;&#126; &#124;",
        ),
        ("- a", "&#45; a"),
        ("a\nb\u{202e}", "a&#92;nb&#92;u&#123;202e&#125;"),
        ("www.example.com", "www&#46;example.com"),
    ] {
        assert_eq!(escaped(name), shown);
    }
}

#[test]
fn a_fence_is_longer_than_what_it_holds() {
    assert!(fenced("a ```` b").starts_with("`````diff\n"));
    assert!(fenced("a").starts_with("```diff\n"));
}

/// GitHub takes no more.
const TAKEN: usize = 65_536;

fn many(count: usize) -> Vec<String> {
    (0..count)
        .map(|at| {
            listed(
                &format!("<person-{at}@acme.example>"),
                &["+ app: space-writer".to_owned()],
            )
        })
        .collect()
}

#[test]
fn what_does_not_fit_is_said_to_be_left_out_and_the_rest_is_whole() {
    for (open, folded) in [
        (0, 0),
        (3, 10),
        (10, 100_000),
        (100_000, 10),
        (100_000, 100_000),
    ] {
        let mut comment = Comment::new("Access: administrators change");
        comment.section("Administrators", many(open));
        comment.fold(format!("People ({folded})"), &many(folded));
        comment.fold("Notes (1)".to_owned(), &["- a note\n".to_owned()]);
        let text = comment.finish("in the artifacts of this run");
        assert!(text.chars().count() < TAKEN, "{open} {folded}");
        assert!(text.starts_with(MARK));
        // Nothing is cut in the middle, and what is small has its place beside what is large.
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count()
        );
        assert!(text.contains("- a note"), "{open} {folded}");
        let whole = "The whole is in the artifacts of this run.";
        assert_eq!(text.contains(whole), folded > 10, "{open} {folded}");
        if folded > 10 {
            assert!(text.contains(&format!("Left out, as it does not fit: People ({folded}).")));
        }
        if open > 10 {
            let shown = text.matches("@acme").count() + text.matches("&#64;acme").count();
            let rest = open + if folded > 10 { 0 } else { folded } - shown;
            assert!(
                text.contains(&format!("- and {rest} more\n")),
                "{open} {folded}: {rest}"
            );
        }
    }
}

#[test]
fn as_many_titles_as_there_may_be_still_fit() {
    let mut comment = Comment::new("Access: somebody gains something");
    for at in 0..5_000 {
        comment.fold(format!("create the role {at}"), &["x".repeat(MOST)]);
    }
    let text = comment.finish("in the artifacts of this run");
    assert!(text.len() < TAKEN);
    assert!(text.ends_with("This is cut. The whole is in the artifacts of this run.\n"));
}
