//! The files that `init` writes for a CI service, run: each step of each job, in a repository, with what the service gives to it.

mod comments;
mod runner;
mod shape;

use std::fs;
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::killed::gate::Gate;
use crate::secrets::parrot;
use runner::{Event, Repository, Service};

const SERVICES: [Service; 2] = [Service::Github, Service::Gitlab];

#[test]
fn a_pull_request_is_checked_without_a_secret_and_without_a_network() {
    for service in SERVICES {
        let repository = Repository::new(service);
        let jobs = repository.jobs(Event::PullRequest);
        assert_eq!(jobs, ["check", "comment"], "{service:?}");
        let ran = repository.run("check", Event::PullRequest, &[]);
        assert!(ran.fine, "{service:?}\n{}", ran.said);
        assert!(
            ran.said.contains("5 tests passed, 0 failed"),
            "{service:?}\n{}",
            ran.said
        );
    }
}

#[test]
fn a_pull_request_that_is_wrong_is_stopped() {
    type Break<'a> = (&'a str, &'a dyn Fn(&Repository));
    let breaks: [Break; 3] = [
        ("did you mean `app-dev`?", &|repository| {
            repository.edit("access.yaml", "spaces: [app-dev]}", "spaces: [app-dve]}");
        }),
        ("platform engineers administer the account", &|repository| {
            repository.edit("fixtures.yaml", "login: admin", "login: allow");
        }),
        ("login.rego", &|repository| {
            repository.edit("access.yaml", "203.0.113.0/24", "203.0.113.0/25");
        }),
    ];
    for service in SERVICES {
        for (expected, change) in &breaks {
            let repository = Repository::new(service);
            change(&repository);
            repository.commit();
            let ran = repository.run("check", Event::PullRequest, &[]);
            assert!(!ran.fine, "{service:?}: {expected}\n{}", ran.said);
            assert!(ran.said.contains(expected), "{service:?}\n{}", ran.said);
        }
    }
}

#[test]
fn a_schedule_runs_the_drift_job_alone() {
    for service in SERVICES {
        let repository = Repository::new(service);
        let jobs = repository.jobs(Event::Schedule);
        let expected: &[&str] = match service {
            // Checked as well: what is compared should be what was merged.
            Service::Github => &["check", "drift"],
            Service::Gitlab => &["drift"],
        };
        assert_eq!(jobs, expected, "{service:?}");
    }
}

#[test]
fn another_service_or_none_can_be_chosen() {
    let bench = crate::cli::bench::Bench::new();
    bench.fine("init --ci none");
    assert!(!bench.path(".github").exists() && !bench.path(".gitlab-ci.yml").exists());
    bench.fine("init --ci gitlab");
    let text = bench.read(".gitlab-ci.yml");
    assert!(!bench.path(".github").exists());
    assert!(text.contains(concat!("liftgate@", env!("CARGO_PKG_VERSION"))));
    assert!(!text.contains("VERSION"));
    let listed = fs::read_dir(bench.folder()).unwrap().count();
    assert_eq!(listed, 3);
}

/// Whoever signs a token for a run: asks for the runner's own, and for whom the token is to be.
struct Issuer(String);

impl Issuer {
    fn new(token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let token = token.to_string();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some((head, _)) = parrot::request(&mut stream) else {
                    return;
                };
                let first = head.lines().next().unwrap();
                let asked =
                    first.starts_with("GET /token?version=2&audience=example.app.spacelift.io ");
                if asked && head.contains("Bearer of-the-runner") {
                    let text = format!("{{\"count\":1,\"value\":\"{token}\"}}");
                    parrot::respond(&mut stream, 200, "", &text);
                } else {
                    parrot::respond(&mut stream, 401, "", "{}");
                }
            }
        });
        Self(address)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        // An empty request ends it.
        TcpStream::connect(&self.0).ok();
    }
}

/// A repository whose account is a sandbox that is served, and what a merge into it has.
struct Merged {
    repository: Repository,
    gate: Gate,
    issuer: Issuer,
    service: Service,
}

impl Merged {
    fn new(service: Service) -> Self {
        let gate = Gate::new();
        let repository = Repository::new(service);
        let account = format!("account: {{endpoint: \"{}\"}} ", gate.endpoint());
        repository.edit("access.yaml", "account: example ", &account);
        let issuer = Issuer::new(&gate.key().1);
        let merged = Self {
            repository,
            gate,
            issuer,
            service,
        };
        merged.commit();
        merged
    }

    fn commit(&self) {
        self.repository.author("render");
        self.repository.commit();
    }

    fn run(&self, job: &str, given: &[(&str, &str)]) -> runner::Ran {
        let (id, secret) = self.gate.key();
        let (endpoint, url) = (
            self.gate.endpoint(),
            format!("http://{}/token?version=2", self.issuer.0),
        );
        let mut settings = vec![
            ("SPACELIFT_API_KEY_ENDPOINT", endpoint.as_str()),
            ("SPACELIFT_API_KEY_ID", id),
        ];
        match self.service {
            Service::Github => settings.extend([
                ("SPACELIFT_OIDC_AUDIENCE", "example.app.spacelift.io"),
                ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-runner"),
            ]),
            // The service puts it there for a job that asks for one.
            Service::Gitlab => settings.push(("SPACELIFT_API_KEY_SECRET", secret)),
        }
        settings.extend(given);
        let event = match job {
            "drift" => Event::Schedule,
            _ => Event::Push,
        };
        let ran = self.repository.run(job, event, &settings);
        assert!(!ran.said.contains(secret), "{}", ran.said);
        ran
    }

    /// Plans; answers whether somebody must agree, or nothing if there is nothing to push.
    fn plan(&self) -> Option<bool> {
        let ran = self.run("plan", &[]);
        assert!(ran.fine, "{}", ran.said);
        match self.service {
            Service::Github => match ran.outputs.get("environment").map(String::as_str) {
                None => None,
                Some("access") => Some(false),
                Some("access-approval") => Some(true),
                other => panic!("{other:?}"),
            },
            Service::Gitlab => match ran.outputs["ACCESS_APPROVAL"].as_str() {
                "nothing" => None,
                "none" => Some(false),
                "needed" => Some(true),
                other => panic!("{other}"),
            },
        }
    }

    fn push(&self, approved: bool) -> runner::Ran {
        match self.service {
            Service::Github => self.run("push", &[]),
            Service::Gitlab => {
                let approval = if approved { "needed" } else { "none" };
                let (job, other) = if approved {
                    ("push-approved", "push")
                } else {
                    ("push", "push-approved")
                };
                // The job for the other case does nothing.
                let before = self.live();
                let ran = self.run(other, &[("ACCESS_APPROVAL", approval)]);
                assert!(ran.fine, "{}", ran.said);
                assert_eq!(self.live(), before);
                self.run(job, &[("ACCESS_APPROVAL", approval)])
            }
        }
    }

    fn live(&self) -> Vec<String> {
        let text = fs::read_to_string(self.gate.file()).unwrap();
        let account: Value = serde_json::from_str(&text).unwrap();
        let policies = account["policies"].as_object().unwrap().values();
        policies
            .map(|policy| policy["body"].as_str().unwrap().to_string())
            .collect()
    }
}

#[test]
fn a_merge_is_planned_then_approved_where_something_is_taken_away_then_pushed() {
    for service in SERVICES {
        let merged = Merged::new(service);
        let approval = merged.plan().expect("there is a policy to make");
        assert_eq!(merged.live(), Vec::<String>::new());
        let ran = merged.push(approval);
        assert!(ran.fine, "{}", ran.said);
        assert_eq!(merged.live(), [merged.repository.rendered()]);

        // The same again is nothing.
        assert_eq!(merged.plan(), None);
        let ran = merged.run("drift", &[]);
        assert!(ran.fine, "{}", ran.said);

        // What only gives is for nobody to agree to a second time.
        let grant = "  - {who: developers, roles: [space-writer], spaces: [app-dev]}\n";
        let more =
            format!("{grant}  - {{who: developers, roles: [space-reader], spaces: [app]}}\n");
        merged.repository.edit("access.yaml", grant, &more);
        merged.repository.edit(
            "fixtures.yaml",
            "roles: {app-dev: [space-writer], app-prod",
            "roles: {app: [space-reader], app-dev: [space-writer], app-prod",
        );
        merged.commit();
        assert_eq!(merged.plan(), Some(false), "{service:?}");
        let ran = merged.push(false);
        assert!(ran.fine, "{}", ran.said);
        assert_eq!(merged.live(), [merged.repository.rendered()]);

        // And what takes it away again is; those who are signed in by now are known.
        merged.gate.sign_in("dana@example.com");
        merged.repository.edit("access.yaml", &more, grant);
        merged
            .repository
            .edit("fixtures.yaml", "app: [space-reader], app-dev", "app-dev");
        merged.commit();
        assert_eq!(merged.plan(), Some(true), "{service:?}");
        // While somebody is asked, somebody else pushes.
        let before = merged.live();
        merged.gate.edit_by_hand();
        let ran = merged.push(true);
        assert!(!ran.fine, "{}", ran.said);
        assert_ne!(merged.live(), before);
        assert!(merged.live()[0].contains("by hand"));
        let ran = merged.run("drift", &[]);
        assert!(
            !ran.fine && ran.said.contains("text-edited"),
            "{}",
            ran.said
        );
    }
}
