//! A folder to run the command in.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use snapbox::cmd::Command;

/// Runs the command in a temporary folder with an environment that holds next to nothing.
pub struct Bench {
    home: tempfile::TempDir,
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
    mask: Vec<(Regex, &'static str)>,
}

/// What a command left behind, with the parts that change from run to run replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub exit: i32,
}

impl Bench {
    /// An empty folder.
    pub fn new() -> Self {
        let mask = [
            // A sandbox listens on a port that happens to be free.
            (r"127\.0\.0\.1:\d{4,5}\b", "127.0.0.1:PORT"),
            // Identifiers that a sandbox makes up.
            (r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "ULID"),
            // When something was adopted.
            (r"since \d{4}-\d\d-\d\dT[0-9:]+Z", "since TIME"),
            // When a push was recorded.
            (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
            // What changes with every change of the rendered rules, which have tests of their own.
            (r"sha256:[0-9a-f]{64}", "sha256:DIGEST"),
            (r"sha256:[0-9a-f]{12}…", "sha256:DIGEST…"),
            (r"\+1,\d+ @@", "+1,N @@"),
            (r"… \d+ more lines", "… N more lines"),
            (
                r##""body": "# The login policy[^\n]*""##,
                r#""body": "POLICY""#,
            ),
        ];
        Self {
            home: tempfile::tempdir().unwrap(),
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
            mask: mask
                .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
                .to_vec(),
        }
    }

    /// A folder with what `liftgate init` writes.
    pub fn with_starter() -> Self {
        let bench = Self::new();
        bench.fine("init");
        bench
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// From now on, the command sees this variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_string(), value.to_string()));
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a text that stands in a file once.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        let times = text.matches(old).count();
        assert_eq!(times, 1, "`{old}` stands {times} times in {name}");
        self.write(name, &text.replace(old, new));
    }

    /// The built program with a scrubbed environment, for what needs more than [`Bench::run`].
    pub fn std_command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_liftgate"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path())
            // What is over soon must not depend on the day of the test.
            .env("LIFTGATE_AT", "2026-12-01T00:00:00Z")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder());
        // Without it, a process on Windows cannot reach its own sockets.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command
    }

    /// Runs the command; nothing comes from its standard input.
    pub fn run(&self, line: &str) -> Ran {
        self.run_with(&words(line), "")
    }

    /// Runs the command with a text as its standard input.
    pub fn run_with(&self, arguments: &[String], input: &str) -> Ran {
        let output = Command::from_std(self.std_command())
            .args(arguments)
            .stdin(input)
            .timeout(std::time::Duration::from_secs(120))
            .output()
            .unwrap();
        Ran {
            stdout: self.masked(&output.stdout),
            stderr: self.masked(&output.stderr),
            exit: output.status.code().expect("the command was killed"),
        }
    }

    /// Runs a command that must succeed; answers its standard output.
    pub fn fine(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.exit, 0, "liftgate {line}\n{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs a command that must end like this.
    pub fn ends(&self, exit: i32, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(
            ran.exit, exit,
            "liftgate {line}\n{}{}",
            ran.stdout, ran.stderr
        );
        ran
    }

    pub fn masked(&self, bytes: &[u8]) -> String {
        let mut text = std::str::from_utf8(bytes)
            .expect("what is written is UTF-8")
            .replace("\r\n", "\n")
            .replace(&*self.folder().to_string_lossy(), "FOLDER")
            .replace("liftgate.exe", "liftgate");
        for (pattern, name) in &self.mask {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        text
    }
}

/// Splits a line at spaces; what stands between double or single quotes stays whole.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "a quote does not end: {line}");
    words.extend(word);
    words
}
