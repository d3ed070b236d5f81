//! Any bytes as a mapping, as fixtures and as an included file, with every finding written out in every form.
#![no_main]

use liftgate::diagnostic::Diagnostics;
use liftgate::report::diagnostics::{Look, findings, github, human};
use liftgate::source::Sources;
use liftgate::{document, yaml};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    if let Some(file) = sources.read_bytes("access.yaml", bytes, &mut diagnostics) {
        let mapping = document::read_mapping(&sources, file, &mut diagnostics);
        let fixtures = document::read_fixtures(&sources, file, &mut diagnostics);
        let included = document::read_included(&sources, file, &mut diagnostics);
        assert_eq!(mapping.incomplete, fixtures.incomplete);
        assert_eq!(mapping.incomplete, included.incomplete);
        assert!(!mapping.incomplete || diagnostics.has_errors());
        let text = &sources.get(file).expect("the file was added").text;
        let tree = yaml::read(file, text, &mut Diagnostics::default());
        if let Some(root) = &tree.root {
            check(root, text);
        }
    }
    let mut out = String::new();
    for colour in [false, true] {
        human(&mut out, &sources, &diagnostics, Look { colour, width: 80 }).expect("a string takes everything");
    }
    github(&mut out, &sources, &diagnostics).expect("a string takes everything");
    assert_eq!(findings(&sources, &diagnostics).len(), diagnostics.sorted().len());
});

/// Every place lies within the text, on the borders of characters.
fn check(node: &yaml::Node, text: &str) {
    let inside = |span: liftgate::source::Span| text.get(span.start as usize..span.end as usize).is_some();
    assert!(inside(node.span), "{node:?}");
    match &node.kind {
        yaml::Kind::Sequence(items) => items.iter().for_each(|item| check(item, text)),
        yaml::Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
            assert!(inside(key.span), "{key:?}");
            check(value, text);
        }),
        yaml::Kind::Scalar(_) | yaml::Kind::Broken => {}
    }
}
