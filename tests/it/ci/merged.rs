//! From a merge, or from somebody's hand, to the account.

use std::fs;
use std::net::{TcpListener, TcpStream};

use liftgate::plan::Sealed;
use serde_json::Value;

use super::SERVICES;
use super::records::Shelf;
use super::runner::{Event, Ran, Repository, Service};
use crate::killed::gate::Gate;
use crate::secrets::parrot;

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

const GRANT: &str = "  - {who: developers, roles: [space-writer], spaces: [app-dev]}\n";
const MORE: &str = "  - {who: developers, roles: [space-reader], spaces: [app]}\n";
const TOLD: &str = "roles: {app-dev: [space-writer], app-prod";
const TOLD_MORE: &str = "roles: {app: [space-reader], app-dev: [space-writer], app-prod";

/// Whether somebody is asked before a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Nobody,
    Somebody,
}

/// A repository whose account is a sandbox that is served, and what a merge into it has.
pub struct Merged {
    repository: Repository,
    gate: Gate,
    issuer: Issuer,
    pub shelf: Shelf,
    service: Service,
}

impl Merged {
    pub fn new(service: Service) -> Self {
        let gate = Gate::new();
        let repository = Repository::new(service);
        let account = format!("account: {{endpoint: \"{}\"}} ", gate.endpoint());
        repository.edit("access.yaml", "account: example ", &account);
        let issuer = Issuer::new(&gate.key().1);
        let shelf = Shelf::new(service, repository.artifact("access-record"));
        let merged = Self {
            repository,
            gate,
            issuer,
            shelf,
            service,
        };
        merged.commit();
        merged
    }

    fn commit(&self) {
        self.repository.author("render");
        self.repository.commit();
    }

    /// Somebody is given more, which takes nothing from anybody.
    pub fn give(&self) {
        let more = format!("{GRANT}{MORE}");
        self.repository.edit("access.yaml", GRANT, &more);
        self.repository.edit("fixtures.yaml", TOLD, TOLD_MORE);
        self.commit();
    }

    /// And it is taken away again.
    fn take(&self) {
        self.repository.edit("access.yaml", MORE, "");
        self.repository.edit("fixtures.yaml", TOLD_MORE, TOLD);
        self.commit();
    }

    /// Runs a job with what the service has for it, and with what earlier jobs or somebody gave; the latter goes first.
    fn run(&self, job: &str, event: Event, given: &[(&str, &str)]) -> Ran {
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
        let of_shelf = self.shelf.settings();
        settings.extend(of_shelf.iter().map(|(name, value)| (*name, value.as_str())));
        settings.extend(given);
        let ran = self.repository.run(job, event, &settings);
        assert!(!ran.said.contains(secret), "{}", ran.said);
        ran
    }

    fn plan_by(&self, event: Event, given: &[(&str, &str)]) -> Planned<'_> {
        let ran = self.run("plan", event, given);
        Planned {
            merged: self,
            event,
            ran,
        }
    }

    /// Plans after a merge; answers who is asked, or nothing if there is nothing to push.
    pub fn plan(&self) -> Option<Asks> {
        let planned = self.plan_by(Event::Push, &[]);
        assert!(planned.ran.fine, "{}", planned.ran.said);
        planned.asks()
    }

    /// Pushes what was planned after a merge. The job for whoever is asked otherwise does nothing.
    pub fn push(&self, asks: Asks) -> Ran {
        self.planned_now(Event::Push).push(asks)
    }

    /// The plan that lies there.
    fn planned_now(&self, event: Event) -> Planned<'_> {
        let text = fs::read_to_string(self.plan_file()).unwrap();
        let sealed = Sealed::read(&text).unwrap();
        let verdict = if sealed.plan.approval.is_empty() {
            "push"
        } else {
            "approve"
        };
        let names = names(self.service);
        let outputs = [
            (names[0].to_owned(), sealed.digest().unwrap()),
            (names[1].to_owned(), verdict.to_owned()),
        ];
        Planned {
            merged: self,
            event,
            ran: Ran {
                fine: true,
                said: String::new(),
                outputs: outputs.into(),
                environment: String::new(),
                summary: String::new(),
            },
        }
    }

    fn plan_file(&self) -> std::path::PathBuf {
        self.repository.artifact("plan").join("plan.json")
    }

    /// Plans and pushes, whoever is asked.
    pub fn pushed(&self) -> Ran {
        let asks = self.plan().expect("there is something to push");
        let ran = self.push(asks);
        assert!(ran.fine, "{}", ran.said);
        assert_eq!(self.live(), [self.repository.rendered()]);
        ran
    }

    pub fn refuse_changes(&self) {
        self.gate.refuse_changes();
    }

    pub fn live(&self) -> Vec<String> {
        let text = fs::read_to_string(self.gate.file()).unwrap();
        let account: Value = serde_json::from_str(&text).unwrap();
        let policies = account["policies"].as_object().unwrap().values();
        policies
            .map(|policy| policy["body"].as_str().unwrap().to_string())
            .collect()
    }
}

/// By which names a plan's digest and what is to become of it are handed on.
fn names(service: Service) -> [&'static str; 2] {
    match service {
        Service::Github => ["digest", "verdict"],
        Service::Gitlab => ["liftgate_digest", "liftgate_verdict"],
    }
}

/// A plan that a job has made, and what it gave to later ones.
struct Planned<'a> {
    merged: &'a Merged,
    event: Event,
    ran: Ran,
}

impl Planned<'_> {
    fn asks(&self) -> Option<Asks> {
        match self.ran.outputs[names(self.merged.service)[1]].as_str() {
            "nothing" => None,
            "push" => Some(Asks::Nobody),
            "approve" => Some(Asks::Somebody),
            other => panic!("{other}"),
        }
    }

    /// Runs a job with what the plan gave it, or with what was put in its place.
    fn then(&self, job: &str, instead: &[(&str, &str)]) -> Ran {
        let given: Vec<(String, &str)> = self
            .ran
            .outputs
            .iter()
            .map(|(name, value)| match self.merged.service {
                Service::Github => (format!("needs.plan.outputs.{name}"), value.as_str()),
                Service::Gitlab => (name.clone(), value.as_str()),
            })
            .collect();
        let given = given.iter().map(|(name, value)| (name.as_str(), *value));
        let given: Vec<(&str, &str)> = given.chain(instead.iter().copied()).collect();
        self.merged.run(job, self.event, &given)
    }

    fn push(&self, asks: Asks) -> Ran {
        match self.merged.service {
            Service::Github => {
                let ran = self.then("push", &[]);
                let expected = match asks {
                    Asks::Nobody => "access",
                    Asks::Somebody => "access-approval",
                };
                assert_eq!(ran.environment, expected);
                ran
            }
            Service::Gitlab => {
                let (job, other) = match asks {
                    Asks::Nobody => ("push", "push-approved"),
                    Asks::Somebody => ("push-approved", "push"),
                };
                let before = self.merged.live();
                let ran = self.then(other, &[]);
                assert!(ran.fine, "{}", ran.said);
                assert_eq!(self.merged.live(), before);
                self.then(job, &[])
            }
        }
    }
}

#[test]
fn a_merge_is_planned_then_approved_where_something_is_taken_away_then_pushed() {
    for service in SERVICES {
        let merged = Merged::new(service);
        assert_eq!(merged.live(), Vec::<String>::new());
        merged.pushed();

        // The same again is nothing.
        assert_eq!(merged.plan(), None);
        let ran = merged.run("drift", Event::Schedule, &[]);
        assert!(ran.fine, "{}", ran.said);

        // What only gives is for nobody to agree to a second time.
        merged.give();
        assert_eq!(merged.plan(), Some(Asks::Nobody), "{service:?}");
        let ran = merged.push(Asks::Nobody);
        assert!(ran.fine, "{}", ran.said);
        assert_eq!(merged.live(), [merged.repository.rendered()]);

        // And what takes it away again is.
        merged.take();
        assert_eq!(merged.plan(), Some(Asks::Somebody), "{service:?}");
        // While somebody is asked, somebody else pushes.
        let before = merged.live();
        merged.gate.edit_by_hand();
        let ran = merged.push(Asks::Somebody);
        assert!(!ran.fine, "{}", ran.said);
        assert_ne!(merged.live(), before);
        assert!(merged.live()[0].contains("by hand"));
        let ran = merged.run("drift", Event::Schedule, &[]);
        assert!(
            !ran.fine && ran.said.contains("text-edited"),
            "{}",
            ran.said
        );
    }
}

/// The input of either service by which this option is asked for.
fn input(service: Service, option: &str) -> String {
    match service {
        Service::Github => format!("inputs.{option}"),
        Service::Gitlab => format!("ACCESS_{}", option.to_uppercase().replace('-', "_")),
    }
}

#[test]
fn what_a_guard_refuses_is_set_aside_by_hand_and_always_agreed_to() {
    for service in SERVICES {
        let merged = Merged::new(service);
        merged.pushed();
        // Only gives, and yet is refused: there are fewer administrators than the mapping asks for.
        let guard = "version: 1\nguards: {min_admins: 4}";
        merged.repository.edit("access.yaml", "version: 1", guard);
        merged.give();
        let refused = merged.plan_by(Event::Push, &[]);
        assert!(!refused.ran.fine, "{service:?}\n{}", refused.ran.said);
        assert!(refused.ran.said.contains("too-few-admins"));

        let by = input(service, "override");
        let why = "too-few-admins=two of us are on leave; not-simulated=none";
        let planned = merged.plan_by(Event::ByHand, &[(&by, why)]);
        assert!(planned.ran.fine, "{service:?}\n{}", planned.ran.said);
        assert_eq!(planned.asks(), Some(Asks::Somebody), "{service:?}");
        // Whoever is asked sees it.
        let shown = match service {
            Service::Github => &planned.ran.summary,
            Service::Gitlab => &planned.ran.said,
        };
        for part in ["too-few-admins", "two of us are on leave"] {
            assert!(shown.contains(part), "{service:?}: {part}\n{shown}");
        }
        let ran = planned.push(Asks::Somebody);
        assert!(ran.fine, "{service:?}\n{}", ran.said);
        assert_eq!(merged.live(), [merged.repository.rendered()]);
        let record = merged.shelf.record().unwrap();
        assert!(record.contains("two of us are on leave"), "{record}");
    }
}

#[test]
fn every_option_of_a_plan_can_be_asked_for_by_hand() {
    let digest = format!("sha256:{}", "0".repeat(64));
    for service in SERVICES {
        let merged = Merged::new(service);
        merged.pushed();
        merged.give();
        for (option, value, told) in [
            ("delete-role", "nobody", "the account has no role `nobody`"),
            (
                "delete-access",
                "nothing",
                "no access policy `liftgate-nothing`",
            ),
            (
                "allow-admin-role",
                "deployer",
                "--allow-admin-role deployer",
            ),
            ("overwrite-manual-edits", digest.as_str(), "other-text"),
        ] {
            let planned = merged.plan_by(Event::ByHand, &[(&input(service, option), value)]);
            let said = &planned.ran.said;
            assert!(said.contains(told), "{service:?}: {option}\n{said}");
        }
        // Without any, it is what a merge does.
        let planned = merged.plan_by(Event::ByHand, &[]);
        assert_eq!(planned.asks(), Some(Asks::Nobody), "{service:?}");
    }
}

#[test]
fn what_is_asked_for_by_hand_is_no_command() {
    for service in SERVICES {
        let merged = Merged::new(service);
        merged.pushed();
        merged.give();
        let marker = merged.repository.artifact("taken-over");
        let run = format!("touch {}", marker.display());
        for option in ["override", "delete-role", "overwrite-manual-edits"] {
            for value in [
                format!("$({run})"),
                format!("`{run}`"),
                format!("x\"; {run}; \""),
                format!("x'; {run}; '"),
                format!("x\n{run}"),
                "--yes".to_owned(),
                "*".to_owned(),
            ] {
                let asked = [(input(service, option), value)];
                let asked: Vec<(&str, &str)> = asked
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                let planned = merged.plan_by(Event::ByHand, &asked);
                assert!(!marker.exists(), "{asked:?}");
                // There is no such guard or text. A role may be called anything, and then is not there.
                if option == "delete-role" {
                    assert_eq!(planned.asks(), Some(Asks::Somebody), "{asked:?}");
                } else {
                    assert!(!planned.ran.fine, "{asked:?}\n{}", planned.ran.said);
                }
            }
        }
        // A reason may look like anything.
        let why = format!("too-few-admins=as $({run}) said, `{run}`");
        let planned = merged.plan_by(Event::ByHand, &[(&input(service, "override"), &why)]);
        assert!(planned.ran.fine, "{}", planned.ran.said);
        assert!(planned.ran.said.contains(&format!("$({run})")));
        assert!(!marker.exists());
    }
}

#[test]
fn a_run_by_hand_of_another_branch_reaches_no_account() {
    for service in SERVICES {
        let repository = Repository::new(service);
        let jobs = repository.jobs(Event::ByHandElsewhere);
        assert_eq!(jobs, ["check"], "{service:?}");
        let jobs = repository.jobs(Event::ByHand);
        let expected: &[&str] = match service {
            Service::Github => &["check", "plan"],
            Service::Gitlab => &["check", "plan", "push"],
        };
        assert_eq!(jobs, expected, "{service:?}");
    }
}

/// GitLab takes any variable from whoever pushes a commit, above what a job has found out.
#[test]
fn a_variable_that_a_pusher_sets_chooses_no_way_without_approval() {
    let merged = Merged::new(Service::Gitlab);
    merged.pushed();
    merged.give();
    merged.pushed();
    merged.take();
    let planned = merged.plan_by(Event::Push, &[]);
    assert_eq!(planned.asks(), Some(Asks::Somebody));
    let before = merged.live();
    for instead in [
        vec![("liftgate_verdict", "push")],
        vec![("liftgate_verdict", "push"), ("ACCESS_APPROVAL", "none")],
    ] {
        let ran = planned.then("push", &instead);
        assert!(!ran.fine, "{}", ran.said);
        assert!(ran.said.contains("unapproved: "), "{}", ran.said);
        assert_eq!(ran.environment, "access");
    }
    // Nor without any, or with another plan's digest.
    for instead in [("liftgate_verdict", ""), ("liftgate_verdict", "nothing")] {
        for job in ["push", "push-approved"] {
            let ran = planned.then(job, &[instead]);
            assert!(ran.fine, "{}", ran.said);
        }
    }
    let other = format!("sha256:{}", "0".repeat(64));
    let ran = planned.then("push-approved", &[("liftgate_digest", &other)]);
    assert!(!ran.fine && ran.said.contains("other-plan"), "{}", ran.said);
    assert_eq!(merged.live(), before);
}

/// What GitHub's jobs hand on is out of a stranger's reach. Even if it were not, the push looks itself.
#[test]
fn a_verdict_that_is_wrong_pushes_nothing_that_somebody_has_to_agree_to() {
    let merged = Merged::new(Service::Github);
    merged.pushed();
    merged.give();
    merged.pushed();
    merged.take();
    let planned = merged.plan_by(Event::Push, &[]);
    assert_eq!(planned.asks(), Some(Asks::Somebody));
    let before = merged.live();
    let ran = planned.then("push", &[("needs.plan.outputs.verdict", "push")]);
    assert_eq!(ran.environment, "access");
    assert!(
        !ran.fine && ran.said.contains("unapproved: "),
        "{}",
        ran.said
    );
    assert_eq!(merged.live(), before);
}

/// The file can be made anew, whole and with a digest of its own. What was agreed to is known by its digest, which is no part of it.
#[test]
fn another_plan_in_the_place_of_the_one_that_was_agreed_to_is_refused() {
    for service in SERVICES {
        let merged = Merged::new(service);
        let planned = merged.plan_by(Event::Push, &[]);
        let asks = planned.asks().unwrap();
        let text = fs::read_to_string(merged.plan_file()).unwrap();
        let mut forged = Sealed::read(&text).unwrap();
        forged.asked["roles"]["add_only"] = false.into();
        forged.mapping = "./access.yaml".to_owned();
        fs::write(merged.plan_file(), forged.text().unwrap()).unwrap();
        let ran = planned.push(asks);
        assert!(!ran.fine, "{service:?}\n{}", ran.said);
        assert!(ran.said.contains("other-plan"), "{}", ran.said);
        assert_eq!(merged.live(), Vec::<String>::new());
        fs::write(merged.plan_file(), text).unwrap();
        let ran = planned.push(asks);
        assert!(ran.fine, "{service:?}\n{}", ran.said);
    }
}

/// A line of a plan may begin with what GitHub takes for a command to itself.
#[test]
fn a_plan_commands_no_runner_and_leaves_no_block_of_the_summary() {
    let merged = Merged::new(Service::Github);
    let ran = merged.plan_by(Event::Push, &[]).ran;
    let (before, rest) = ran.said.split_once("::stop-commands::").unwrap();
    assert!(!before.contains("Plan for account"), "{before}");
    let (stop, rest) = rest.split_once('\n').unwrap();
    assert_eq!(stop.len(), 32, "{stop}");
    let (plan, _) = rest.split_once(&format!("::{stop}::")).unwrap();
    assert!(plan.contains("Plan for account"), "{plan}");
    assert!(ran.summary.contains("    Plan for account"));
    for line in ran.summary.lines() {
        assert!(line.is_empty() || line.starts_with("    "), "{line}");
    }
}
