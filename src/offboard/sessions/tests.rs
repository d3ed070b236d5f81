use super::*;
use crate::plan::fake::Fake;
use crate::spacelift::UserSessions;

fn session(id: &str, email: Option<&str>, current: bool) -> Session {
    Session {
        id: id.into(),
        admin: false,
        current,
        email: email.map(str::to_owned),
        created_at: 0,
        expires_at: None,
    }
}

fn row(login: &str, email: Option<&str>, count: i64) -> UserSessions {
    UserSessions {
        login: login.into(),
        name: None,
        email: email.map(str::to_owned),
        session_count: count,
        last_login_at: None,
    }
}

fn bob() -> BTreeSet<String> {
    BTreeSet::from(["bob@x".to_owned()])
}

fn ids(open: &Open) -> Vec<&str> {
    open.theirs
        .iter()
        .map(|session| session.id.as_str())
        .collect()
}

fn account(sessions: Vec<Session>, rows: Vec<UserSessions>) -> Fake {
    let mut account = Fake::new();
    account.sessions = Ok(Some(sessions));
    account.known.user_sessions = Some(rows);
    account
}

#[test]
fn only_theirs_are_ended_and_the_rest_is_said() {
    let account = account(
        vec![
            session("1", Some("bob@x"), false),
            session("2", Some("BOB@X"), false),
            session("3", Some("bob@x"), true),
            session("4", Some("carol@x"), false),
            session("5", None, false),
        ],
        vec![
            row("Bob@x", Some("bob@x"), 4),
            row("carol@x", Some("carol@x"), 1),
        ],
    );
    let open = super::open(&account, &bob()).unwrap().unwrap();
    assert_eq!(ids(&open), ["1", "2"]);
    assert!(open.asking);
    assert_eq!(open.untold, BTreeMap::from([("Bob@x".to_owned(), 1)]));
    let ended = end(&account, &account, &open, &bob());
    assert_eq!((ended.ended, ended.failed.len()), (2, 0));
    assert_eq!(
        *account.ended.borrow(),
        BTreeSet::from(["1".to_owned(), "2".to_owned()])
    );
    // One of theirs asks, so it is not over.
    assert!(!ended.is_over());
    assert!(ended.left.unwrap().theirs.is_empty());
}

#[test]
fn a_login_is_told_by_the_address_that_the_account_says_for_it() {
    let account = account(
        vec![
            session("1", Some("robert@x"), false),
            session("2", Some("bob@x"), false),
        ],
        vec![
            row("bob", Some("Robert@x"), 1),
            row("other", Some("bob@x"), 1),
        ],
    );
    let lower = BTreeSet::from(["bob".to_owned()]);
    let open = super::open(&account, &lower).unwrap().unwrap();
    assert_eq!(ids(&open), ["1"]);
    let ended = end(&account, &account, &open, &lower);
    let left = ended.left.unwrap();
    assert!(left.is_none() || !left.untold.is_empty());
}

#[test]
fn an_address_of_two_people_ends_nobodys_session() {
    let account = account(
        vec![session("1", Some("bob@x"), false)],
        vec![
            row("bob@x", Some("bob@x"), 1),
            row("deploy", Some("BOB@x"), 1),
        ],
    );
    let open = super::open(&account, &bob()).unwrap().unwrap();
    assert!(open.theirs.is_empty() && !open.is_none());
    assert_eq!(
        open.shared,
        BTreeMap::from([("bob@x".to_owned(), BTreeSet::from(["deploy".to_owned()]))])
    );
}

#[test]
fn without_a_list_nothing_is_known() {
    let mut account = Fake::new();
    account.sessions = Ok(None);
    assert_eq!(super::open(&account, &bob()).unwrap(), None);
    let mut nobody = Fake::new();
    nobody.sessions = Ok(Some(vec![session("4", Some("carol@x"), false)]));
    nobody.known.user_sessions = None;
    let open = super::open(&nobody, &bob()).unwrap().unwrap();
    // Carol's, as far as the address says; nobody says whose it is.
    assert!(open.is_none_known() && !open.is_none());
    assert_eq!(open.notes.len(), 1);
    let said = crate::report::offboard_account::sessions(Some(&open));
    assert!(
        said.starts_with("no session is known to be open; not known: the installation"),
        "{said}"
    );
    // Where nobody else is signed in, there is nothing to be in doubt about.
    nobody.sessions = Ok(Some(vec![session("5", None, true)]));
    let open = super::open(&nobody, &bob()).unwrap().unwrap();
    assert!(open.is_none(), "{open:?}");
}

#[test]
fn an_account_that_manages_users_lists_nobody_and_so_says_nothing() {
    let mut account = account(vec![session("1", None, false)], vec![]);
    assert!(super::open(&account, &bob()).unwrap().unwrap().is_none());
    account.account.scheme = Some(Scheme::ManagedUsers);
    let open = super::open(&account, &bob()).unwrap().unwrap();
    assert!(!open.is_none(), "{open:?}");
}

#[test]
fn a_second_look_that_fails_loses_nothing_of_what_was_done() {
    let mut account = account(vec![session("1", Some("bob@x"), false)], vec![]);
    let open = super::open(&account, &bob()).unwrap().unwrap();
    account.sessions = Err(Error::NotAllowed {
        action: "read the sessions",
        viewer: "ci".into(),
    });
    let ended = end(&account, &account, &open, &bob());
    assert_eq!(ended.ended, 1);
    assert!(ended.unseen.is_some() && !ended.is_over());
    account.sessions = Ok(None);
    let ended = end(&account, &account, &open, &bob());
    assert!(ended.unseen.is_some() && !ended.is_over());
}
