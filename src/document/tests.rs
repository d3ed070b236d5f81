use super::*;
use crate::diagnostic::Severity;

fn mapping(text: &str) -> (Document, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("access.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let document = read_mapping(&sources, file, &mut diagnostics);
    let found = diagnostics
        .sorted()
        .iter()
        .map(|d| {
            assert_eq!(d.severity, Severity::Error);
            let at = sources.place(d.primary.as_ref().unwrap().span);
            format!("{}:{} {}", at.line, at.column, d.code.name())
        })
        .collect();
    (document, found)
}

#[test]
fn a_small_mapping_is_read() {
    let (document, found) = mapping(
        "version: 1\naccount: acme\nspaces:\n  payments: {parent: root, labels: [team:payments]}\ngroups:\n  payments: \
         {sent_as: 1b9e-00}\n  senior: 55aa0000-0000\nlogin:\n  admin: [payments]\n  deny:\n    - {who: payments, unless: {all: \
         [office]}}\ngrants:\n  - {who: {any: [payments], none: [senior]}, roles: space-reader, spaces: \"*\"}\n",
    );
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(document.version.unwrap().value, 1);
    assert_eq!(document.spaces[0].0.value, "payments");
    assert_eq!(document.groups[1].1.sent_as[0].value, "55aa0000-0000");
    assert!(document.login.deny[0].unless.is_some());
    assert!(
        matches!(document.grants[0].spaces.as_ref().unwrap().kind, TargetKind::Name(ref name) if name == "*")
    );
    assert!(!document.incomplete);
}

#[test]
fn no_shape_lists_a_field_twice() {
    for shape in shape::ALL {
        let mut fields: Vec<_> = shape.fields.iter().chain(shape.later).collect();
        let before = fields.len();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!(fields.len(), before, "{}", shape.what);
    }
}
