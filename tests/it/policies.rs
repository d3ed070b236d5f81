//! Every mapping under `policies/`, and the starter that `liftgate init` writes: clean, tested, and rendered as it stands.

use std::path::{Path, PathBuf};

use liftgate::model::FIXED_SPACES;
use liftgate::project::Project;
use liftgate::suite;

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("access.yaml").exists())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

#[test]
fn each_is_clean_tested_and_current() {
    for folder in folders() {
        let project = Project::load(&folder);
        assert_eq!(project.diagnostics.sorted(), Vec::<&_>::new(), "{folder:?}");
        let compiled = project.compiled.as_ref().unwrap();
        let report = suite::run(
            &compiled.model,
            &compiled.policy,
            &compiled.text,
            &compiled.access,
            &compiled.fixtures,
        )
        .unwrap();
        assert_eq!(report.summary().failed, 0, "{folder:?}");
        assert!(report.summary().cases > 0, "{folder:?}");
        assert_eq!(report.findings, [], "{folder:?}");
        let written = std::fs::read_to_string(project.rendered_path()).unwrap();
        assert!(
            written == compiled.text,
            "{folder:?}: run `liftgate render` and commit the file"
        );
        for one in &compiled.access {
            let path = project.rendered_access_path(&one.policy.entry);
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                written == one.text,
                "{path:?}: run `liftgate render` and commit the file"
            );
        }
    }
}

#[test]
fn acme_is_as_large_as_the_readme_says() {
    let project = Project::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acme"));
    let compiled = project.compiled.unwrap();
    assert_eq!(compiled.model.spaces.len() - FIXED_SPACES.len(), 12);
    assert_eq!(compiled.model.groups.len(), 10);
    assert_eq!(compiled.model.grants.len(), 26);
    assert_eq!(compiled.model.break_glass.len(), 1);
    assert_eq!(compiled.fixtures.cases.len(), 48);
}

#[test]
fn the_order_of_the_file_makes_no_difference() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acme/access.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    // Top-level sections, each with the lines that belong to it, in the opposite order.
    let mut sections: Vec<String> = Vec::new();
    for line in text.lines() {
        let begins = line.starts_with(|c: char| c.is_ascii_alphabetic());
        match sections.last_mut() {
            Some(section) if !begins => section.push_str(&format!("{line}\n")),
            _ => sections.push(format!("{line}\n")),
        }
    }
    assert!(sections.len() > 8);
    sections.reverse();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.yaml"), sections.concat()).unwrap();
    let turned = Project::load(folder.path());
    let written =
        Project::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acme/access.yaml"));
    assert_eq!(
        turned.compiled.unwrap().text,
        written.compiled.unwrap().text
    );
}

/// What the fuzzer has found worth keeping for rendering: mappings go all the way to a decision, texts are read back.
#[test]
fn what_the_fuzzer_kept_is_rendered() {
    use liftgate::diagnostic::Diagnostics;
    use liftgate::evaluate::{Evaluator, Login};
    use liftgate::render::{Reading, read, render};

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/render");
    if !folder.exists() {
        // The published package leaves fuzzing out.
        return;
    }
    let (mut mappings, mut texts) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let Some((kind, rest)) = bytes.split_first() else {
            continue;
        };
        let mut sources = liftgate::source::Sources::default();
        let mut found = Diagnostics::default();
        match kind % 3 {
            0 => {
                let Some(file) = sources.read_bytes("access.yaml", rest, &mut found) else {
                    continue;
                };
                let document = liftgate::document::read_mapping(&sources, file, &mut found);
                let policy = liftgate::resolve::resolve(&document, &sources, &mut found)
                    .and_then(|model| liftgate::compile::compile(&model, &mut found));
                let Some(policy) = policy else { continue };
                let text = render(&policy).unwrap();
                assert_eq!(read(&text), Reading::Ours(Box::new(policy)));
                let nobody = Evaluator::new(&text)
                    .unwrap()
                    .decide(&serde_json::json!({}))
                    .unwrap();
                assert_eq!(nobody.login, Login::Deny);
                mappings += 1;
            }
            2 => {
                if let Reading::Ours(policy) = read(&String::from_utf8_lossy(rest)) {
                    assert_eq!(
                        render(policy.as_ref()).unwrap().trim_end(),
                        String::from_utf8_lossy(rest).trim_end()
                    );
                }
                texts += 1;
            }
            _ => {}
        }
    }
    assert!(
        mappings > 1 && texts > 1,
        "{mappings} mappings, {texts} texts"
    );
}
