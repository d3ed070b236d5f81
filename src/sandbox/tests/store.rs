//! The file.

use super::*;

fn open(path: &Path) -> Result<Sandbox, Error> {
    Sandbox::open_with(path, &seed(), Counted::new())
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_seed_is_sown_once_and_changes_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let (credentials, token) = {
        let sandbox = open(&path).unwrap();
        let (id, secret) = sandbox.credentials();
        let token = log_in(&sandbox, &id, &secret);
        let create = "mutation { policyCreate(name: \"kept\", body: \"b\", type: LOGIN) { id } }";
        assert_eq!(
            ask(&sandbox, token.clone(), create, json!({}))["data"]["policyCreate"]["id"],
            "kept"
        );
        (sandbox.credentials(), token)
    };
    let again = Sandbox::open_with(&path, &Seed::default(), Counted::new()).unwrap();
    assert_eq!(again.credentials(), credentials);
    let answer = ask(
        &again,
        token,
        "{ name policies { id } spaces { id } roles { slug isSystem } }",
        json!({}),
    );
    let mut roles = answer["data"]["roles"].as_array().unwrap().clone();
    roles.sort_by_key(|role| role["slug"].to_string());
    assert_eq!(answer["data"]["policies"], json!([{ "id": "kept" }]));
    assert_eq!(answer["data"]["name"], "acme");
    assert_eq!(answer["data"]["spaces"].as_array().unwrap().len(), 5);
    assert_eq!(roles[0], json!({ "slug": "deployer", "isSystem": false }));
    assert_eq!(roles.len(), 4);
}

#[test]
fn the_same_steps_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        let sandbox = open(&path).unwrap();
        let (id, secret) = sandbox.credentials();
        let token = log_in(&sandbox, &id, &secret);
        ask(
            &sandbox,
            token,
            "mutation { roleCreate(input: { name: \"x\", actions: [SPACE_READ] }) { id } }",
            json!({}),
        );
        text_of(&path)
    };
    let text = write("one.json");
    assert_eq!(text, write("two.json"));
    assert!(text.starts_with("{\n  \"sandbox\": 1,\n"));
    assert!(text.ends_with("}\n"));
}

#[test]
fn reading_and_failing_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let sandbox = open(&path).unwrap();
    let (id, secret) = sandbox.credentials();
    let token = log_in(&sandbox, &id, &secret);
    let before = text_of(&path);
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    ask(&sandbox, token.clone(), "{ spaces { id } }", json!({}));
    ask(
        &sandbox,
        token,
        "mutation { spaceDelete(space: \"platform\") { id } }",
        json!({}),
    );
    assert_eq!(text_of(&path), before);
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), time);
}

#[test]
fn what_is_not_a_sandbox_is_named_with_its_place_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.json");
    drop(open(&good).unwrap());
    let good = text_of(&good);
    let cases = [
        (
            "{\n  \"sandbox\": 1,\n  oops",
            "3:3: not the state of a sandbox: key must be a string",
        ),
        (
            "",
            "1:0: not the state of a sandbox: EOF while parsing a value",
        ),
        (
            "{\"version\": 4}",
            "1:1: not the state of a sandbox: expected the state of a sandbox, with a field `sandbox`",
        ),
        ("[]", "1:1: not the state of a sandbox: expected the state"),
        (
            "{\n\"sandbox\": 1}",
            "not the state of a sandbox: missing field `credentials`",
        ),
        (
            &good.replace("\"sandbox\": 1", "\"sandbox\": 2"),
            "layout 2 is not known here, only 1",
        ),
        (
            &good.replace("\"tier\"", "\"teer\""),
            "unknown field `teer`",
        ),
        (
            &good.replace(
                "\"parentSpace\": \"platform\"",
                "\"parentSpace\": \"nowhere\"",
            ),
            "space `apart` cannot have the parent `nowhere`",
        ),
        (
            &good.replacen("\"id\": \"prod\"", "\"id\": \"other\"", 1),
            "`prod` holds the entry `other`",
        ),
    ];
    for (number, (text, expected)) in cases.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.json"));
        std::fs::write(&path, text).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert!(error.contains(expected), "{expected} is not in {error}");
        assert_eq!(text_of(&path), text);
    }
}

#[test]
fn spaces_in_a_circle_are_refused() {
    let sandbox = Desk::new().sandbox;
    let before = sandbox.state();
    let error = sandbox.edit(|state| {
        state.spaces.get_mut("platform").unwrap().parent_space = Some("prod".to_owned())
    });
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("does not lead up to `root`")
    );
    assert_eq!(sandbox.state(), before);
}

#[test]
fn a_file_is_open_in_one_place_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let first = open(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }));
    assert_eq!(
        error.to_string(),
        format!("sandbox `{}` is in use by another process", path.display())
    );
    drop(first);
    open(&path).unwrap();
}

#[test]
fn a_change_that_cannot_be_kept_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("sandbox.json");
    assert!(
        open(&path)
            .unwrap_err()
            .to_string()
            .starts_with("cannot lock sandbox")
    );
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let sandbox = open(&path).unwrap();
    let (id, secret) = sandbox.credentials();
    let token = log_in(&sandbox, &id, &secret);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let answer = ask(
        &sandbox,
        token,
        "mutation { accountUpdateSecurityEmail(securityEmail: \"x\") }",
        json!({}),
    );
    assert!(
        answer["errors"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("cannot write sandbox")
    );
    assert_eq!(sandbox.state().account.security_email, None);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    drop(open(&path).unwrap());
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_seed_that_does_not_hold_together_is_refused() {
    let space = |id: &str, parent: &str| SeedSpace {
        id: id.to_owned(),
        parent: Some(parent.to_owned()),
        ..SeedSpace::default()
    };
    let role = |slug: &str, action: &str| SeedRole {
        slug: slug.to_owned(),
        actions: vec![action.to_owned()],
        ..SeedRole::default()
    };
    let plant = |spaces: Vec<SeedSpace>, roles: Vec<SeedRole>| {
        Sandbox::in_memory(
            &Seed {
                account: "a".to_owned(),
                spaces,
                roles,
                ..Seed::default()
            },
            Counted::new(),
        )
        .map(|sandbox| sandbox.state())
        .map_err(|error| error.to_string())
    };
    assert_eq!(
        plant(vec![space("a", "b")], vec![]).unwrap_err(),
        "sandbox cannot be set up: space `a` cannot have the parent `b`"
    );
    assert_eq!(
        plant(vec![space("a", "root"), space("a", "root")], vec![]).unwrap_err(),
        "sandbox cannot be set up: space `a` is listed twice"
    );
    assert_eq!(
        plant(vec![], vec![role("x", "SPACE_FLY")]).unwrap_err(),
        "sandbox cannot be set up: role `x` has the unknown action `SPACE_FLY`"
    );
    assert_eq!(
        plant(vec![], vec![role("space-admin", "SPACE_READ")])
            .unwrap()
            .roles
            .len(),
        3
    );
}

#[test]
fn ids_of_the_machine_differ_and_sort_by_time() {
    let system = System::default();
    let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| source::ulid(&system)).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.len() == 26 && id.starts_with("01")));
    let clock = Counted::new();
    let early = source::ulid(&clock);
    clock.pass(1);
    assert!(early < source::ulid(&clock));
    assert_ne!(System::default().bytes(), System::default().bytes());
}
