use super::*;
use crate::diagnostic::{Code, Diagnostics};

fn read(bytes: &[u8]) -> (Sources, Option<SourceId>, Diagnostics) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let id = sources.read_bytes("access.yaml", bytes, &mut diagnostics);
    (sources, id, diagnostics)
}

#[test]
fn places_count_characters_and_lines() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", "é: 1\r\nb: 2\n");
    let place = |start, end| {
        let span = Span { file, start, end };
        let (from, to) = (sources.place(span), sources.end(span));
        (from.line, from.column, to.line, to.column)
    };
    assert_eq!(place(0, 2), (1, 1, 1, 2));
    assert_eq!(place(1, 2), (1, 1, 1, 2));
    assert_eq!(place(7, 8), (2, 1, 2, 2));
    assert_eq!(place(12, 12), (3, 1, 3, 1));
    assert_eq!(place(900, 12), (3, 1, 3, 1));
}

#[test]
fn a_byte_order_mark_is_left_out() {
    let (sources, id, diagnostics) = read(b"\xef\xbb\xbfa: b");
    assert!(!diagnostics.has_errors());
    assert_eq!(sources.get(id.unwrap()).unwrap().text, "a: b");
}

#[test]
fn a_byte_that_is_not_utf8_is_shown_where_it_stands() {
    let (sources, id, diagnostics) = read(b"a: b\n\xc3\xa9: caf\xe9 x\n");
    assert_eq!(id, None);
    let found = diagnostics.sorted()[0].clone();
    assert_eq!(found.code, Code::NotUtf8);
    assert!(found.message.contains("0xe9"));
    let place = sources.place(found.primary.unwrap().span);
    assert_eq!(
        (place.path.as_str(), place.line, place.column),
        ("access.yaml", 2, 7)
    );
}

#[test]
fn wide_text_is_named() {
    for bytes in [b"\xff\xfea\0:\0".as_slice(), b"\xfe\xff\0a\0:"] {
        let (_, id, diagnostics) = read(bytes);
        assert_eq!(id, None);
        assert!(diagnostics.sorted()[0].message.contains("UTF-16"));
    }
}

#[test]
fn only_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    assert_eq!(sources.read(folder.path(), &mut diagnostics), None);
    assert_eq!(
        sources.read(&folder.path().join("nowhere.yaml"), &mut diagnostics),
        None
    );
    assert_eq!(
        diagnostics
            .sorted()
            .iter()
            .filter(|d| d.code == Code::FileUnreadable)
            .count(),
        2
    );

    let large = folder.path().join("large.yaml");
    std::fs::write(&large, vec![b'#'; MAX_FILE + 1]).unwrap();
    assert_eq!(sources.read(&large, &mut diagnostics), None);
    assert_eq!(
        diagnostics
            .sorted()
            .iter()
            .filter(|d| d.code == Code::YamlLimit)
            .count(),
        1
    );

    let fine = folder.path().join("fine.yaml");
    std::fs::write(&fine, "version: 1\n").unwrap();
    let id = sources.read(&fine, &mut diagnostics).unwrap();
    assert_eq!(sources.get(id).unwrap().text, "version: 1\n");
}

#[test]
fn a_file_that_another_names_is_read_within_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("small"), "{}").unwrap();
    assert_eq!(Disk.text(&path("small")).unwrap(), "{}");
    let kind = |name: &str| Disk.text(&path(name)).unwrap_err().kind();
    assert_eq!(kind("none"), std::io::ErrorKind::NotFound);
    std::fs::write(path("large"), vec![b' '; MAX_FILE + 1]).unwrap();
    assert_eq!(kind("large"), std::io::ErrorKind::Other);
    assert!(Disk.text(folder.path()).is_err());
    std::fs::write(path("latin"), b"\xe9").unwrap();
    assert!(Disk.text(&path("latin")).is_err());
    if cfg!(unix) {
        let endless = Disk.text(std::path::Path::new("/dev/zero")).unwrap_err();
        assert!(endless.to_string().contains("regular file"), "{endless}");
    }
}
