//! Files that are in use, unreadable, half written or in the way.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::bench::Bench;

const PUSH: &str = "push --sandbox account.json --yes";

/// A process that is ended with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Serves a sandbox; answers once it has it.
fn served(bench: &Bench, file: &str) -> Served {
    let mut child = bench
        .std_command()
        .args(["sandbox", file])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let stdout = child.stdout.take().unwrap();
    let served = Served(child);
    BufReader::new(stdout).read_line(&mut first).unwrap();
    assert!(first.contains("serving the account"), "{first}");
    served
}

#[test]
fn a_sandbox_in_use_is_left_alone() {
    let bench = Bench::with_starter();
    let server = served(&bench, "account.json");
    let before = bench.read("account.json");
    for line in [PUSH, "plan --sandbox account.json", "sandbox account.json"] {
        let ran = bench.ends(1, line);
        assert!(
            ran.stderr.contains("in use by another process"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(bench.read("account.json"), before);
    // A process that was killed holds nothing.
    drop(server);
    bench.ends(6, "plan --sandbox account.json");
}

#[test]
fn a_write_that_was_cut_short_does_not_matter() {
    let bench = Bench::with_starter();
    bench.fine(PUSH);
    let whole = bench.read("account.json");
    // What a kill between writing and renaming leaves.
    bench.write("account.json.new", &whole[..whole.len() / 2]);
    assert!(bench.fine(PUSH).contains("Nothing to do"));
}

#[test]
fn half_a_sandbox_is_said_to_be_none_and_kept() {
    let bench = Bench::with_starter();
    bench.fine(PUSH);
    let whole = bench.read("account.json");
    let half = &whole[..whole.len() / 2];
    bench.write("account.json", half);
    let ran = bench.ends(1, PUSH);
    assert!(ran.stderr.contains("account.json:"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("not the state of a sandbox"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.read("account.json"), half);
}

#[test]
fn a_folder_in_the_way_is_named() {
    let bench = Bench::with_starter();
    fs::create_dir(bench.path("account.json")).unwrap();
    fs::create_dir_all(bench.path("spacelift/login.rego")).unwrap();
    for (line, name) in [(PUSH, "account.json"), ("render", "login.rego")] {
        let ran = bench.ends(1, line);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
        // Said once, by us or by the system.
        let said = ["os error", "not a file"].map(|words| ran.stderr.matches(words).count());
        assert_eq!(said.iter().sum::<usize>(), 1, "{}", ran.stderr);
    }
}

#[test]
fn a_folder_that_is_not_there_is_said_once() {
    let bench = Bench::with_starter();
    let ran = bench.ends(1, "plan --sandbox nowhere/account.json");
    assert!(
        ran.stderr.contains("nowhere/account.json"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("os error").count(), 1, "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::with_starter();
    let closed = bench.path("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    // Whoever may write anywhere, as root may, proves nothing here.
    if fs::write(closed.join("probe"), "").is_ok() {
        return;
    }
    for line in ["init closed", "push --yes --sandbox closed/account.json"] {
        let ran = bench.ends(1, line);
        assert!(ran.stderr.contains("closed/"), "{}", ran.stderr);
    }
    assert_eq!(fs::read_dir(&closed).unwrap().count(), 0);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let bench = Bench::with_starter();
    let mut child = bench
        .std_command()
        .args(["render", "--print"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn a_push_killed_at_any_moment_leaves_a_sandbox_that_the_next_push_completes() {
    use std::time::Duration;
    let bench = Bench::with_starter();
    // Each round also takes an address away, and nobody signs in who could be counted.
    let push = format!("{PUSH} --override losses-uncounted=moved");
    for (round, delay) in [10, 60, 150, 300, 500, 800].into_iter().enumerate() {
        // Each round has something to push.
        let address = format!("203.0.113.{}", 10 + round);
        let before = bench.read("access.yaml");
        let line = before.lines().find(|l| l.contains("office: {ip:")).unwrap();
        let other = format!("  office: {{ip: [\"203.0.113.9\", \"{address}\"]}}");
        bench.write("access.yaml", &before.replace(line, &other));
        let mut child = bench
            .std_command()
            .args(push.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().ok();
        child.wait().unwrap();
        bench.fine(&push);
        let account: serde_json::Value = serde_json::from_str(&bench.read("account.json")).unwrap();
        let policies = account["policies"].as_object().unwrap();
        let bodies: Vec<&str> = policies
            .values()
            .map(|policy| policy["body"].as_str().unwrap())
            .collect();
        assert_eq!(bodies.len(), 1);
        assert!(bodies[0].contains(&format!("203.0.113.{}", 10 + round)));
        assert!(bench.fine(&push).contains("Nothing to do"));
    }
}

#[cfg(unix)]
#[test]
fn a_name_of_a_path_does_nothing_to_a_terminal() {
    let bench = Bench::with_starter();
    let name = "n\u{1b}[31m\n::warning::x.yaml";
    fs::copy(bench.path("access.yaml"), bench.path(name)).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_liftgate"));
    let ran = command
        .args(["check", "--color", "always", name])
        .current_dir(bench.path("."))
        .output()
        .unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert!(out.contains("n\\u{1b}[31m\\n::warning::x.yaml"), "{out}");
    assert!(
        !out.contains("\u{1b}[31m") && !out.contains("\n::"),
        "{out}"
    );
}
