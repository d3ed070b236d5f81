//! As much of a CI service as its files ask for: which jobs an event starts, and the steps of one, in a clone of a repository.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::bench::Bench;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Github,
    Gitlab,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    PullRequest,
    Push,
    Schedule,
}

impl Service {
    fn option(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/liftgate.yml",
            Self::Gitlab => ".gitlab-ci.yml",
        }
    }
}

/// What `init` writes.
pub fn text(service: Service) -> String {
    let bench = Bench::new();
    bench.fine(&format!("init --ci {}", service.option()));
    bench.read(service.file())
}

pub fn tree(service: Service) -> Value {
    serde_saphyr::from_str(&text(service)).unwrap()
}

/// How a job ended.
pub struct Ran {
    pub fine: bool,
    pub said: String,
    /// What its steps gave to later jobs.
    pub outputs: BTreeMap<String, String>,
}

/// A repository with the starter in it, rendered, and what lies around it on the service's side.
pub struct Repository {
    service: Service,
    tree: Value,
    bench: Bench,
    around: tempfile::TempDir,
}

/// Variables of the service's settings, and what earlier jobs gave.
pub type Settings<'a> = [(&'a str, &'a str)];

impl Repository {
    pub fn new(service: Service) -> Self {
        let bench = Bench::new();
        bench.fine(&format!("init --ci {}", service.option()));
        bench.fine("render");
        let around = tempfile::tempdir().unwrap();
        let bin = around.path().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::create_dir(around.path().join("artifacts")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_liftgate"), bin.join("liftgate")).unwrap();
        // What is installed is this very program; that it is asked for by its release is what is seen here.
        let release = env!("CARGO_PKG_VERSION");
        script(
            &bin.join("cargo"),
            &format!("test \"$*\" = 'install --locked liftgate@{release}'"),
        );
        let tree = serde_saphyr::from_str(&bench.read(service.file())).unwrap();
        let repository = Self {
            service,
            tree,
            bench,
            around,
        };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.commit();
        repository
    }

    pub fn edit(&self, name: &str, old: &str, new: &str) {
        self.bench.edit(name, old, new);
    }

    pub fn rendered(&self) -> String {
        self.bench.read("spacelift/login.rego")
    }

    /// Runs liftgate in the repository, as its author does.
    pub fn author(&self, line: &str) {
        self.bench.fine(line);
    }

    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "A change"]);
    }

    fn git(&self, words: &[&str]) {
        let ran = Command::new("git")
            .args([
                "-c",
                "user.name=Pat",
                "-c",
                "user.email=pat@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(words)
            .current_dir(self.bench.folder())
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }

    /// The jobs that an event starts by itself.
    pub fn jobs(&self, event: Event) -> Vec<String> {
        let jobs = match self.service {
            Service::Github => &self.tree["jobs"],
            Service::Gitlab => &self.tree,
        };
        let jobs = jobs.as_object().unwrap().iter();
        let starts = |job: &Value| match self.service {
            Service::Github => github_starts(job, event),
            Service::Gitlab => gitlab_starts(job, event),
        };
        jobs.filter(|(_, job)| starts(job))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Runs a job in a fresh clone. A pull request gets nothing of the settings, and no network where that can be done.
    pub fn run(&self, job: &str, event: Event, settings: &Settings<'_>) -> Ran {
        let place = self.around.path().join("work");
        fs::remove_dir_all(&place).ok();
        let temp = self.around.path().join("temp");
        fs::remove_dir_all(&temp).ok();
        fs::create_dir(&temp).unwrap();
        let mut world = World {
            repository: self,
            place,
            temp,
            offline: event == Event::PullRequest && can_be_offline(),
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_string(), (*value).to_string()))
                .collect(),
            ran: Ran {
                fine: true,
                said: String::new(),
                outputs: BTreeMap::new(),
            },
        };
        match self.service {
            Service::Github => world.github(&self.tree["jobs"][job]),
            Service::Gitlab => world.gitlab(&self.tree, &self.tree[job]),
        }
        world.ran
    }
}

fn github_starts(job: &Value, event: Event) -> bool {
    let name = match event {
        Event::PullRequest => "pull_request",
        Event::Push => "push",
        Event::Schedule => "schedule",
    };
    match job.get("if").and_then(Value::as_str) {
        None => true,
        Some(asked) => match asked.strip_prefix("github.event_name == '") {
            Some(rest) => rest.trim_end_matches('\'') == name,
            // What an earlier job gave is not there yet.
            None => false,
        },
    }
}

fn gitlab_starts(job: &Value, event: Event) -> bool {
    let Some(rules) = job.get("rules").and_then(Value::as_array) else {
        return false;
    };
    if job.get("script").is_none() {
        return false;
    }
    let source = match event {
        Event::PullRequest => "merge_request_event",
        Event::Push => "push",
        Event::Schedule => "schedule",
    };
    rules.iter().any(|rule| {
        let holds = rule["if"].as_str().unwrap().split(" && ").all(|part| {
            match part.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["$CI_PIPELINE_SOURCE", "==", value] => value.trim_matches('"') == source,
                ["$CI_PIPELINE_SOURCE", "!=", value] => value.trim_matches('"') != source,
                ["$CI_COMMIT_BRANCH", "==", "$CI_DEFAULT_BRANCH"] => event != Event::PullRequest,
                other => panic!("{other:?}"),
            }
        });
        holds && rule.get("when").is_none_or(|when| when != "manual")
    })
}

/// Whether a process can be put where there is no network.
fn can_be_offline() -> bool {
    Command::new("unshare")
        .args(["--map-root-user", "--net", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

struct World<'a> {
    repository: &'a Repository,
    place: PathBuf,
    temp: PathBuf,
    offline: bool,
    settings: BTreeMap<String, String>,
    ran: Ran,
}

impl World<'_> {
    fn github(&mut self, job: &Value) {
        for step in job["steps"].as_array().unwrap() {
            if !self.ran.fine {
                return;
            }
            if let Some(asked) = step.get("if").and_then(Value::as_str)
                && asked != "always()"
                && self.value(asked).is_empty()
            {
                continue;
            }
            if let Some(uses) = step.get("uses").and_then(Value::as_str) {
                self.action(uses, &step["with"]);
                continue;
            }
            let mut variables = BTreeMap::new();
            if let Some(env) = step.get("env").and_then(Value::as_object) {
                for (name, value) in env {
                    let value = self.filled(value.as_str().unwrap());
                    variables.insert(name.clone(), value);
                }
            }
            let given = self.temp.join("output");
            fs::write(&given, "").unwrap();
            for (name, path) in [
                ("GITHUB_OUTPUT", given.clone()),
                ("GITHUB_STEP_SUMMARY", self.temp.join("summary")),
                ("RUNNER_TEMP", self.temp.clone()),
            ] {
                variables.insert(name.to_string(), path.to_string_lossy().into_owned());
            }
            for name in [
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            ] {
                if let Some(value) = self.settings.get(name) {
                    variables.insert(name.to_string(), value.clone());
                }
            }
            self.shell(step["run"].as_str().unwrap(), "-e", &variables);
            for line in fs::read_to_string(&given).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                let (name, value) = (name.to_string(), value.to_string());
                if let Some(id) = step.get("id").and_then(Value::as_str) {
                    let name = format!("steps.{id}.outputs.{name}");
                    self.settings.insert(name, value.clone());
                }
                self.ran.outputs.insert(name, value);
            }
        }
    }

    /// What an expression stands for; nothing for what is not there.
    fn value(&self, expression: &str) -> String {
        if expression == "runner.temp" {
            return self.temp.to_string_lossy().into_owned();
        }
        let name = expression.strip_prefix("vars.").unwrap_or(expression);
        self.settings.get(name).cloned().unwrap_or_default()
    }

    fn filled(&self, text: &str) -> String {
        let hole = regex::Regex::new(r"\$\{\{ (.*?) \}\}").unwrap();
        hole.replace_all(text, |found: &regex::Captures<'_>| self.value(&found[1]))
            .into_owned()
    }

    fn action(&mut self, uses: &str, with: &Value) {
        let artifacts = self.repository.around.path().join("artifacts");
        match uses.split('@').next().unwrap() {
            "actions/checkout" => self.checkout(with["fetch-depth"] == 0),
            "actions/upload-artifact" => {
                let path = with["path"].as_str().unwrap();
                let from = self.place.join(path);
                if from.exists() || with["if-no-files-found"] != "ignore" {
                    fs::copy(from, artifacts.join(path)).unwrap();
                }
            }
            "actions/download-artifact" => {
                let name = format!("{}.json", with["name"].as_str().unwrap());
                fs::copy(artifacts.join(&name), self.place.join(&name)).unwrap();
            }
            other => panic!("no stand-in for {other}"),
        }
    }

    /// Without the history unless it is asked for, as both services do.
    fn checkout(&self, whole: bool) {
        let depth: &[&str] = if whole { &[] } else { &["--depth", "1"] };
        let status = Command::new("git")
            .args(["clone", "--quiet"])
            .args(depth)
            .arg(format!(
                "file://{}",
                self.repository.bench.folder().display()
            ))
            .arg(&self.place)
            .status()
            .unwrap();
        assert!(status.success());
    }

    fn gitlab(&mut self, tree: &Value, job: &Value) {
        self.checkout(job["variables"]["GIT_DEPTH"] == "0");
        let artifacts = self.repository.around.path().join("artifacts");
        if job.get("needs").is_some() {
            fs::copy(artifacts.join("plan.json"), self.place.join("plan.json")).unwrap();
        }
        let mut variables: BTreeMap<String, String> = self
            .settings
            .iter()
            .filter(|(name, _)| name.starts_with("SPACELIFT_") || name.starts_with("ACCESS_"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Only a job that asks for a token has one.
        if job.get("id_tokens").is_none() {
            variables.remove("SPACELIFT_API_KEY_SECRET");
        }
        let lines = [&tree["default"]["before_script"], &job["script"]];
        let lines: Vec<&str> = lines
            .into_iter()
            .flat_map(|lines| lines.as_array().unwrap())
            .map(|line| line.as_str().unwrap())
            .collect();
        self.shell(&lines.join("\n"), "-eo pipefail", &variables);
        if !self.ran.fine {
            return;
        }
        if let Some(paths) = job.pointer("/artifacts/paths").and_then(Value::as_array) {
            for path in paths {
                let path = path.as_str().unwrap();
                if self.place.join(path).exists() {
                    fs::copy(self.place.join(path), artifacts.join(path)).unwrap();
                }
            }
        }
        if let Some(given) = job
            .pointer("/artifacts/reports/dotenv")
            .and_then(Value::as_str)
        {
            for line in fs::read_to_string(self.place.join(given)).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                self.ran.outputs.insert(name.to_string(), value.to_string());
            }
        }
    }

    /// Runs a script with these variables, a search path, a home, and nothing else.
    fn shell(&mut self, text: &str, options: &str, variables: &BTreeMap<String, String>) {
        let path = self.temp.join("step.sh");
        fs::write(&path, text).unwrap();
        let around = self.repository.around.path();
        let mut command = if self.offline {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--net", "bash"]);
            command
        } else {
            Command::new("bash")
        };
        let output = command
            .args(options.split(' '))
            .arg(&path)
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", around.join("bin").display()),
            )
            .env("HOME", &self.temp)
            .envs(variables)
            .current_dir(&self.place)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        self.ran.said.push_str(&String::from_utf8(said).unwrap());
        self.ran.fine = output.status.success();
    }
}

fn script(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o755)
        .open(path)
        .unwrap();
    write!(file, "#!/bin/sh\n{text}\n").unwrap();
}
