//! `liftgate sandbox` as a process of its own: who can sign in, and what goes wrong by a script.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::bench::Bench;

/// A serving process, ended with the test.
pub struct Serving {
    child: Child,
    /// The lines for other programs: endpoint, id, secret.
    pub exports: Vec<(String, String)>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Serving {
    /// Serves what the arguments say, from the bench's folder.
    pub fn new(bench: &Bench, arguments: &[&str]) -> Serving {
        let mut child = bench
            .std_command()
            .arg("sandbox")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let exports: Vec<(String, String)> = stdout
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| {
                let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            })
            .take(3)
            .collect();
        assert_eq!(exports.len(), 3);
        Serving { child, exports }
    }

    pub fn endpoint(&self) -> &str {
        &self.exports[0].1
    }

    pub fn id(&self) -> &str {
        &self.exports[1].1
    }

    pub fn secret(&self) -> &str {
        &self.exports[2].1
    }
}

#[test]
fn people_of_the_fixtures_sign_in_by_their_login() {
    let mut bench = Bench::with_starter();
    let serving = Serving::new(&bench, &["account.json", "--seed", "."]);
    bench.set("SPACELIFT_API_KEY_ENDPOINT", serving.endpoint());
    let fixtures = bench.read("fixtures.yaml");
    let login = fixtures
        .lines()
        .find_map(|line| line.split_once("login: "))
        .map(|(_, rest)| {
            rest.trim_end_matches('}')
                .split(',')
                .next()
                .unwrap()
                .trim()
                .to_owned()
        })
        .unwrap();
    bench.set("SPACELIFT_API_GITHUB_TOKEN", &login);
    // No policy yet, so that every member comes in, and sees next to nothing.
    let said = bench.fine("doctor");
    assert!(said.contains("this token may not look"), "{said}");
    assert!(!said.contains(&login), "{said}");
    bench.set("SPACELIFT_API_GITHUB_TOKEN", "mallory@elsewhere.example");
    let refused = bench.ends(1, "doctor");
    assert!(
        refused.stderr.contains("was not accepted"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_script_of_faults_reaches_other_processes() {
    let mut bench = Bench::with_starter();
    bench.write(
        "faults.json",
        r#"[{"operation": "Account", "what": {"refuse": {"message": "closed for the day"}}}]"#,
    );
    let serving = Serving::new(&bench, &["account.json", "--faults", "faults.json"]);
    for (name, value) in serving.exports.clone() {
        bench.set(&name, &value);
    }
    let refused = bench.ends(1, "doctor");
    assert!(
        refused.stderr.contains("closed for the day"),
        "{}",
        refused.stderr
    );
    bench.write("faults.json", "[{}]");
    let wrong = bench.ends(1, "sandbox other.json --faults faults.json");
    assert!(
        wrong.stderr.contains("missing field `what`"),
        "{}",
        wrong.stderr
    );
    assert!(
        wrong.stderr.contains("a script is a list"),
        "{}",
        wrong.stderr
    );
}
