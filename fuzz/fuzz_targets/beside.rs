//! Any bytes as what lies beside a mapping: the first says whether they are a directory snapshot, a lock, an archive of samples, or
//! a plan in a file. What is read is the same when it was written and read again.
#![no_main]

use liftgate::diagnostic::Diagnostics;
use liftgate::plan::Sealed;
use liftgate::report::diagnostics::{Look, human};
use liftgate::samples::Archive;
use liftgate::source::Sources;
use liftgate::{directory, lock};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    match kind % 4 {
        0 => snapshot(rest),
        1 => locked(rest),
        2 => archive(&String::from_utf8_lossy(rest)),
        _ => sealed(&String::from_utf8_lossy(rest)),
    }
});

fn snapshot(bytes: &[u8]) {
    let found = read(bytes, directory::read);
    let Some(people) = found else { return };
    for person in people.active() {
        assert!(people.person(&person.login).is_some(), "{person:?}");
    }
}

fn locked(bytes: &[u8]) {
    let Some(first) = read(bytes, lock::read) else { return };
    let again = read(first.rendered().as_bytes(), lock::read);
    assert_eq!(again.map(|again| again.rendered()), Some(first.rendered()));
}

fn archive(text: &str) {
    let Ok(first) = Archive::read(text) else { return };
    let again = Archive::read(&first.text()).expect("what was written is read");
    assert_eq!((again.len(), again.text()), (first.len(), first.text()));
}

/// Nobody finds a digest by chance: a plan that is read is the one that was written.
fn sealed(text: &str) {
    match Sealed::read(text) {
        Ok(plan) => assert!(text.contains(&plan.digest().expect("a plan has a digest"))),
        Err(refusal) => assert!(!refusal.message.is_empty()),
    }
}

type Reader<T> = fn(&Sources, liftgate::source::SourceId, &mut Diagnostics) -> Option<T>;

/// What is not read is told of, and told in full.
fn read<T>(bytes: &[u8], reader: Reader<T>) -> Option<T> {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let file = sources.read_bytes("beside", bytes, &mut diagnostics);
    let found = file.and_then(|file| reader(&sources, file, &mut diagnostics));
    assert!(found.is_some() || diagnostics.has_errors());
    let mut out = String::new();
    human(&mut out, &sources, &diagnostics, Look { colour: false, width: 80 }).expect("a string takes everything");
    found.filter(|_| !diagnostics.has_errors())
}
