use std::fs;
use std::process::Command;

use super::*;
use crate::policy::access::AccessPolicy;
use crate::project::{Choices, Project};
use crate::source::{Files, Kind};

/// A repository on the disk, and what a mapping in it says.
struct Made {
    home: tempfile::TempDir,
}

const MAPPING: &str = "version: 1\naccount: acme\nidentity_provider: okta\ngroups: {a: A}\ngrants:\n  - {who: a, roles: [space-reader], spaces: [root]}\n";

impl Made {
    fn new() -> Self {
        let made = Self {
            home: tempfile::tempdir().unwrap(),
        };
        made.git(&["init", "-q", "-b", "main", "."]);
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_in("", arguments)
    }

    fn git_in(&self, folder: &str, arguments: &[&str]) -> String {
        let ran = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"])
            .args([
                "-c",
                "protocol.file.allow=always",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.path(folder))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env_remove("GIT_DIR")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{arguments:?}: {said}");
        String::from_utf8(ran.stdout).unwrap().trim().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn repository(&self, folder: &str) -> Repository {
        Repository::holding(&self.path(folder)).unwrap()
    }

    /// The project as of a revision, which must compile.
    fn at(&self, folder: &str, revision: &str) -> Project {
        let repository = self.repository(folder);
        let commit = repository.commit(revision).unwrap();
        let files = repository.files(&commit, revision).unwrap();
        let mapping = self.path(folder).join("access.yaml");
        let project = Project::load_from(&files, &mapping, &Choices::default());
        assert!(project.compiled.is_some(), "{:?}", project.diagnostics);
        project
    }

    fn find(&self, folder: &str, digest: &str, limit: usize) -> Search {
        let repository = self.repository(folder);
        let head = repository.commit("HEAD").unwrap();
        let mapping = self.path(folder).join("access.yaml");
        repository
            .find(&head, &mapping, digest, limit, &mut |_, _| {})
            .unwrap()
    }
}

fn digest(project: &Project) -> String {
    project.compiled.as_ref().unwrap().policy.digest()
}

#[test]
fn a_revision_is_read_with_what_it_includes_then() {
    let made = Made::new();
    let folder = "with space/Zürich";
    let main = format!("{MAPPING}include: [{{file: \"teams/*.yaml\", spaces: [legacy]}}]\n");
    let team = "grants:\n  - {who: a, roles: [space-writer], spaces: [legacy]}\n";
    made.write(&format!("{folder}/access.yaml"), &main);
    made.write(&format!("{folder}/teams/ä b.yaml"), team);
    made.write(
        &format!("{folder}/fixtures.yaml"),
        "identities: {ann: {login: ann@acme.example, groups: [a]}}\ntests:\n  - {name: t, input_file: inputs/ann.json, expect: {login: deny, roles: {}}}\n",
    );
    made.write(&format!("{folder}/inputs/ann.json"), "{}");
    made.write("elsewhere.yaml", "nonsense: [");
    made.commit("first\n\nbody");
    let before = made.at(folder, "HEAD");
    made.write(
        &format!("{folder}/teams/ä b.yaml"),
        &team.replace("writer", "admin"),
    );
    made.write(&format!("{folder}/teams/c.yaml"), "nonsense: 1\n");
    let again = made.at(folder, "HEAD");
    assert_eq!(digest(&before), digest(&again));
    let compiled = again.compiled.as_ref().unwrap();
    let (_, grant) = compiled
        .model
        .grants
        .iter()
        .find(|(_, grant)| grant.roles.contains("space-writer"))
        .unwrap();
    let place = again.sources.place(grant.span).to_string();
    assert!(place.starts_with("HEAD:"), "{place}");
    assert!(
        place.ends_with("with space/Zürich/teams/ä b.yaml:2:5"),
        "{place}"
    );
    assert_eq!(compiled.fixtures.cases.len(), 1);
    let commit = made.repository(folder).commit("main").unwrap();
    assert_eq!(
        (commit.author.as_str(), commit.subject.as_str()),
        ("Ada", "first")
    );
    assert!(commit.time > 1_500_000_000, "{}", commit.time);
    assert_eq!((commit.id.len(), commit.short().len()), (40, 10));
}

#[test]
fn a_link_is_followed_within_the_folder_only() {
    let made = Made::new();
    made.write("acme/real.yaml", MAPPING);
    made.write("acme/teams/t.yaml", "{}");
    made.write("secret.yaml", MAPPING);
    let links = [
        ("real.yaml", "access.yaml"),
        ("../secret.yaml", "out.yaml"),
        ("/etc/passwd", "far.yaml"),
        ("round.yaml", "round.yaml"),
        (".", "here"),
        ("here/teams/.././real.yaml", "around.yaml"),
        ("nowhere", "gone.yaml"),
        ("here/../acme/real.yaml", "over.yaml"),
    ];
    for (target, name) in links {
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, made.path("acme").join(name)).unwrap();
    }
    made.commit("links");
    let repository = made.repository("acme");
    let commit = repository.commit("HEAD").unwrap();
    let files = repository.files(&commit, "HEAD").unwrap();
    let at = |name: &str| made.path("acme").join(name);
    for name in [
        "access.yaml",
        "around.yaml",
        "here/real.yaml",
        "here/here/access.yaml",
    ] {
        assert_eq!(files.text(&at(name)).unwrap(), MAPPING, "{name}");
        assert_eq!(files.real(&at(name)).unwrap(), at("real.yaml"), "{name}");
        assert_eq!(files.kind(&at(name)), Some(Kind::File), "{name}");
    }
    for name in [
        "out.yaml",
        "far.yaml",
        "round.yaml",
        "gone.yaml",
        "real.yaml/x",
        "../secret.yaml",
    ] {
        assert_eq!(files.kind(&at(name)), None, "{name}");
        assert!(files.text(&at(name)).is_err(), "{name}");
        assert!(files.real(&at(name)).is_err(), "{name}");
    }
    assert!(files.is_named(&at("gone.yaml")) && !files.is_named(&at("nothing.yaml")));
    assert_eq!(files.kind(&at("here")), Some(Kind::Folder));
    assert_eq!(files.entries(&at("")).unwrap().len(), links.len() + 2);
    assert!(files.entries(&at("real.yaml")).is_err());
    made.at("acme", "HEAD");
}

#[test]
fn the_commit_of_a_digest_is_found() {
    let made = Made::new();
    made.write("p/access.yaml", MAPPING);
    let first = made.commit("one");
    let wanted = digest(&made.at("p", "HEAD"));
    // A comment compiles to the same: the newest such commit is meant.
    made.write("p/access.yaml", &format!("# why\n{MAPPING}"));
    let second = made.commit("two");
    made.write("p/access.yaml", &MAPPING.replace("reader", "writer"));
    made.commit("three");
    made.write("p/access.yaml", "broken: [");
    made.commit("four");
    made.write("other", "x");
    made.commit("five");
    let found = made.find("p", &wanted, 10).unwrap();
    assert_eq!(found.commit.id, second);
    assert_eq!(found.policies.login.digest(), wanted);
    assert!(found.policies.model.groups.contains_key("a"));
    assert_ne!(first, second);

    // The one that touches nothing of the folder is not counted.
    let missed = made.find("p", &wanted, 2).unwrap_err();
    assert!(missed.why.contains("of 2 commits"), "{missed:?}");
    assert!(missed.why.contains("there are more"), "{missed:?}");
    let missed = made.find("p", "sha256:0", 10).unwrap_err();
    assert!(missed.why.contains("of 4 commits"), "{missed:?}");
    assert!(
        !missed.why.contains("more") && !missed.why.contains("shallow"),
        "{missed:?}"
    );
}

#[test]
fn the_commit_of_an_access_policys_digest_is_found() {
    let made = Made::new();
    let own = MAPPING.replace(
        "account: acme",
        "account: {endpoint: \"https://spacelift.acme.example\"}",
    );
    assert_ne!(own, MAPPING);
    let of = |who: &str| {
        format!(
            "{own}stack_access:\n  - {{name: apps, attach: all, read: [{who}]}}\n  - {{name: data, attach: all, read: [a]}}\n"
        )
    };
    made.write("p/access.yaml", &of("{login: x@acme.example}"));
    let first = made.commit("one");
    made.write("p/access.yaml", &of("a"));
    made.commit("two");
    made.write("p/access.yaml", &own);
    made.commit("three");
    let repository = made.repository("p");
    let commit = repository.commit(&first).unwrap();
    let files = repository.files(&commit, "then").unwrap();
    let policies = Project::policies_from(&files, &made.path("p")).unwrap();
    let digests: Vec<String> = policies.access.iter().map(AccessPolicy::digest).collect();
    let found = made.find("p", &digests[0], 10).unwrap();
    assert_eq!(found.commit.id, first);
    assert_eq!(found.access(&digests[0]), Some(&policies.access[0]));
    // The other entry's policy is in a later commit as well, and is no login policy.
    let found = made.find("p", &digests[1], 10).unwrap();
    assert_ne!(found.commit.id, first);
    assert_eq!(found.access(&digests[1]), Some(&policies.access[1]));
    assert_eq!(found.access(&policies.login.digest()), None);
}

#[test]
fn a_commit_of_a_merged_branch_is_found() {
    let made = Made::new();
    made.write("access.yaml", MAPPING);
    made.commit("one");
    made.git(&["checkout", "-q", "-b", "side"]);
    made.write("access.yaml", &MAPPING.replace("reader", "writer"));
    made.commit("pushed from a branch");
    let wanted = digest(&made.at("", "HEAD"));
    made.write("access.yaml", MAPPING);
    made.commit("taken back");
    made.git(&["checkout", "-q", "main"]);
    made.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let found = made.find("", &wanted, 10).unwrap();
    assert_eq!(found.commit.subject, "pushed from a branch");
}

#[test]
fn a_worktree_and_a_shallow_clone_know_what_they_are() {
    let made = Made::new();
    made.write("p/access.yaml", MAPPING);
    made.commit("one");
    let wanted = digest(&made.at("p", "HEAD"));
    made.write("p/access.yaml", &MAPPING.replace("reader", "writer"));
    made.commit("two");
    made.git(&["worktree", "add", "-q", "-b", "side", "tree"]);
    assert!(made.find("tree/p", &wanted, 10).is_ok());
    assert!(!made.repository("tree/p").is_shallow());

    let from = format!("file://{}", made.home.path().display());
    made.git(&["clone", "-q", "--depth", "1", &from, "shallow"]);
    let repository = made.repository("shallow/p");
    assert!(repository.is_shallow());
    let missed = made.find("shallow/p", &wanted, 10).unwrap_err();
    assert!(missed.why.contains("the one commit"), "{missed:?}");
    assert!(missed.why.contains("shallow"), "{missed:?}");
    let error = repository.commit("HEAD~1").unwrap_err();
    assert!(error.hint().contains("shallow"), "{error}");
}

#[test]
fn a_name_is_never_an_option() {
    let made = Made::new();
    made.write("access.yaml", MAPPING);
    made.commit("one");
    let repository = made.repository("");
    for name in [
        "--all",
        "-h",
        "",
        "--output=x",
        "main\nmain",
        "nowhere",
        "HEAD:access.yaml",
    ] {
        let error = repository.commit(name).unwrap_err();
        assert!(
            matches!(error, HistoryError::NoRevision { shallow: false, .. }),
            "{name}: {error}"
        );
    }
    assert!(!made.path("x").exists());
}

#[test]
fn a_folder_without_a_repository_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let error = Repository::holding(folder.path()).err().unwrap();
    assert!(
        matches!(error, HistoryError::NoRepository { .. }),
        "{error}"
    );
    let made = Made::new();
    made.write("p/access.yaml", MAPPING);
    made.commit("one");
    made.write("new/access.yaml", MAPPING);
    let repository = made.repository("new");
    let commit = repository.commit("HEAD").unwrap();
    let error = repository.files(&commit, "HEAD").err().unwrap();
    assert!(matches!(error, HistoryError::NoFolder { .. }), "{error}");
}
