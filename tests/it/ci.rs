//! The files that `init` writes for a CI service, run: each step of each job, in a repository, with what the service gives to it.

mod comments;
mod expression;
mod merged;
mod records;
mod runner;
mod shape;

use std::fs;

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
