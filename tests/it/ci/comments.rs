//! The one comment of a pull request: made, edited in place, and left alone where there is no right to it.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::SERVICES;
use super::runner::{Event, Ran, Repository, Service};
use crate::secrets::parrot;

/// By which our comment is known.
const MARK: &str = "<!-- liftgate -->";

const TOKEN: &str = "token-of-the-run";

/// A comment: its id, whose it is, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Comment {
    id: u64,
    author: String,
    body: String,
}

/// Of somebody else's, some of which look like ours.
fn of_mallory(id: u64) -> Comment {
    let body = if id.is_multiple_of(50) { MARK } else { "hm" };
    Comment {
        id,
        author: "mallory".to_owned(),
        body: body.to_owned(),
    }
}

/// As much of either service as keeps comments, a hundred a page.
struct Forge {
    address: String,
    comments: Arc<Mutex<Vec<Comment>>>,
}

impl Forge {
    /// With more comments of others than one page has.
    fn new(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let comments: Vec<Comment> = (1..=150).map(of_mallory).collect();
        let comments = Arc::new(Mutex::new(comments));
        let kept = Arc::clone(&comments);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some((head, body)) = parrot::request(&mut stream) else {
                    return;
                };
                let (status, body) = answer(service, &head, &body, &mut kept.lock().unwrap());
                let kind = "Content-Type: application/json\r\n";
                parrot::respond(&mut stream, status, kind, &body.to_string());
            }
        });
        Self { address, comments }
    }

    /// What the service tells a job of itself, and of the pull request.
    fn settings(&self, service: Service, base: &str) -> Vec<(&'static str, String)> {
        let url = format!("http://{}/api", self.address);
        let given: &[(&'static str, &str)] = match service {
            Service::Github => &[
                ("GITHUB_API_URL", &url),
                ("GITHUB_REPOSITORY", "acme/access"),
                ("github.token", TOKEN),
                ("github.event.pull_request.number", "7"),
            ],
            Service::Gitlab => &[
                ("CI_API_V4_URL", &url),
                ("CI_PROJECT_ID", "42"),
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
                ("ACCESS_COMMENT_TOKEN", TOKEN),
            ],
        };
        let given = given.iter();
        given
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    }

    /// Our comments. Those of others are as they were.
    fn ours(&self) -> Vec<Comment> {
        let all = self.comments.lock().unwrap();
        let (theirs, ours): (Vec<Comment>, Vec<Comment>) =
            all.iter().cloned().partition(|one| one.author == "mallory");
        assert_eq!(theirs, (1..=150).map(of_mallory).collect::<Vec<_>>());
        ours
    }

    fn one(&self) -> Comment {
        let ours = self.ours();
        assert_eq!(ours.len(), 1, "{ours:?}");
        ours[0].clone()
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        // An empty request ends it.
        TcpStream::connect(&self.address).ok();
    }
}

fn shown(service: Service, comment: &Comment) -> Value {
    let (id, body) = (comment.id, &comment.body);
    match service {
        Service::Github => json!({"id": id, "user": {"login": comment.author}, "body": body}),
        Service::Gitlab => {
            let author = if comment.author == "mallory" { 1 } else { 2 };
            json!({"id": id, "author": {"id": author}, "body": body})
        }
    }
}

fn answer(service: Service, head: &str, body: &str, all: &mut Vec<Comment>) -> (u16, Value) {
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let (allowed, of, one, bot, change) = match service {
        Service::Github => (
            format!("authorization: Bearer {TOKEN}"),
            "/api/repos/acme/access/issues/7/comments",
            "/api/repos/acme/access/issues/comments/",
            "github-actions[bot]",
            "PATCH",
        ),
        Service::Gitlab => (
            format!("private-token: {TOKEN}"),
            "/api/projects/42/merge_requests/7/notes",
            "/api/projects/42/merge_requests/7/notes/",
            "project_42_bot",
            "PUT",
        ),
    };
    if !head.lines().any(|line| line.eq_ignore_ascii_case(&allowed)) {
        return (403, json!({"message": "not allowed"}));
    }
    let said = || {
        let sent: Value = serde_json::from_str(body).unwrap();
        sent["body"].as_str().unwrap().to_owned()
    };
    if method == "GET" && path == "/api/user" {
        return (200, json!({"id": 2}));
    }
    if method == "GET"
        && let Some(query) = path.strip_prefix(&format!("{of}?per_page=100&page="))
    {
        let page: usize = query.parse().unwrap();
        let page = all.iter().skip((page - 1) * 100).take(100);
        return (200, page.map(|one| shown(service, one)).collect());
    }
    if method == "POST" && path == of {
        let id = all.len() as u64 + 1;
        all.push(Comment {
            id,
            author: bot.to_owned(),
            body: said(),
        });
        return (201, json!({"id": id}));
    }
    if method == change
        && let Some(id) = path.strip_prefix(one)
    {
        let comment = all.iter_mut().find(|one| one.id.to_string() == id).unwrap();
        if comment.author != bot {
            return (403, json!({"message": "not yours"}));
        }
        comment.body = said();
        return (200, json!({}));
    }
    (404, json!({"message": format!("{method} {path}")}))
}

/// The jobs that a pull request of what was edited starts, run one after the other.
fn proposed(
    repository: &Repository,
    forge: &Forge,
    service: Service,
    event: Event,
) -> Vec<(String, Ran)> {
    repository.commit();
    let settings = forge.settings(service, &repository.id("HEAD~1"));
    let run = |job: String| {
        // The check has nothing but what the service says of the pull request.
        let given = settings.iter();
        let given: Vec<(&str, &str)> = given
            .filter(|(_, value)| job == "comment" || value != TOKEN)
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let ran = repository.run(&job, event, &given);
        (job, ran)
    };
    repository.jobs(event).into_iter().map(run).collect()
}

#[test]
fn a_pull_request_has_one_comment_that_is_edited_in_place() {
    for service in SERVICES {
        let forge = Forge::new(service);
        let repository = Repository::new(service);
        let more = "  - {who: developers, roles: [space-admin], spaces: [app-prod]}\n";
        let grants = "grants:\n";
        repository.edit("access.yaml", grants, &format!("{grants}{more}"));
        let ran = proposed(&repository, &forge, service, Event::PullRequest);
        assert_eq!(ran[1].0, "comment");
        assert!(ran[1].1.fine, "{service:?}\n{}", ran[1].1.said);
        let first = forge.one();
        let begin = format!("{MARK}\n## Access: administration changes\n");
        assert!(first.body.starts_with(&begin), "{}", first.body);
        let given = "&#96;space-admin&#96; on &#96;app-prod&#96;";
        assert!(first.body.contains(given), "{}", first.body);

        // Another change, and always the same comment.
        repository.edit("access.yaml", more, "");
        repository.edit("access.yaml", "# Who may do what", "# So who may do what");
        let ran = proposed(&repository, &forge, service, Event::PullRequest);
        assert!(ran[1].1.fine, "{service:?}\n{}", ran[1].1.said);
        let second = forge.one();
        assert_eq!(second.id, first.id);
        assert_ne!(second.body, first.body);

        // What cannot be read is said, though the check fails.
        let wrong = "version: 1\nspcaes: {}";
        repository.edit("access.yaml", "version: 1", wrong);
        let ran = proposed(&repository, &forge, service, Event::PullRequest);
        assert!(!ran[0].1.fine, "{service:?}\n{}", ran[0].1.said);
        assert!(ran[1].1.fine, "{service:?}\n{}", ran[1].1.said);
        let third = forge.one();
        assert_eq!(third.id, first.id);
        let told = "what changes cannot be told";
        assert!(third.body.contains(told), "{}", third.body);
    }
}

#[test]
fn a_fork_s_pull_request_is_told_of_and_writes_nothing() {
    for service in SERVICES {
        let forge = Forge::new(service);
        let repository = Repository::new(service);
        repository.edit("access.yaml", "# Who may do what", "# So who may do what");
        let ran = proposed(&repository, &forge, service, Event::Fork);
        let jobs: Vec<&str> = ran.iter().map(|(job, _)| job.as_str()).collect();
        assert_eq!(jobs, ["check"], "{service:?}");
        let said = &ran[0].1.said;
        assert!(ran[0].1.fine, "{said}");
        assert!(said.contains("No difference of meaning"), "{said}");
        assert_eq!(forge.ours(), []);
    }
}

/// A token that may not comment fails the job for it, and no other.
#[test]
fn a_comment_that_is_refused_is_said() {
    for service in SERVICES {
        let forge = Forge::new(service);
        let repository = Repository::new(service);
        repository.edit("access.yaml", "# Who may do what", "# So who may do what");
        proposed(&repository, &forge, service, Event::Fork);
        let settings = forge.settings(service, &repository.id("HEAD~1"));
        let given = settings.iter().map(|(name, value)| match value.as_str() {
            TOKEN => (*name, "another"),
            value => (*name, value),
        });
        let given: Vec<(&str, &str)> = given.collect();
        let ran = repository.run("comment", Event::PullRequest, &given);
        assert!(!ran.fine, "{service:?}\n{}", ran.said);
        assert_eq!(forge.ours(), []);
    }
}
