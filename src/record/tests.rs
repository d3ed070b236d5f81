use super::*;
use crate::evaluate::foreign::InProcess;
use crate::plan::fake::{Fake, Fault, Mapping, role};
use crate::plan::plan;
use crate::push::{Wait, push};

struct Instantly;

impl Wait for Instantly {
    fn wait(&self, _: std::time::Duration) {}
}

fn begun(fake: &Fake) -> (Plan, Begin) {
    let mut mapping = Mapping::new();
    mapping.delete_roles = vec!["releaser".into()];
    let plan = plan(&mapping.desired(), fake, &InProcess).unwrap();
    assert_eq!(plan.refusals, vec![]);
    let begin = Begin::of(&plan, "here", &fake.viewer, "sha256:plan");
    (plan, begin)
}

fn account() -> Fake {
    Fake::new().with_role(role("releaser", &["SPACE_READ"]))
}

fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_push_is_recorded_from_its_beginning_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/record.jsonl");
    let fake = account();
    let (plan, begin) = begun(&fake);
    let mut record = Record::open(&path).unwrap();
    record
        .append(&Line::Begin(Box::new(begin.clone())))
        .unwrap();
    assert_eq!(
        unfinished(&path, "here").unwrap(),
        Some(Unfinished::Open(Box::new(begin.clone())))
    );
    assert_eq!(unfinished(&path, "elsewhere").unwrap(), None);
    let result = push(&plan, &fake, &fake, &Instantly);
    let end = End::of(&begin, &result, &fake);
    record.append(&Line::End(Box::new(end.clone()))).unwrap();
    assert_eq!(
        lines(&path),
        [
            Line::Begin(Box::new(begin.clone())),
            Line::End(Box::new(end.clone()))
        ]
    );
    assert_eq!(unfinished(&path, "here").unwrap(), None);

    assert_eq!(
        (begin.who.id.as_str(), begin.account.as_str()),
        ("api::01", "acme")
    );
    assert_eq!(begin.push.len(), 16);
    let at: jiff::Timestamp = begin.at.parse().unwrap();
    assert!((jiff::Timestamp::now().as_second() - at.as_second()).abs() < 60);
    let [policy, role] = begin.changes.as_slice() else {
        panic!("{:?}", begin.changes);
    };
    let text = Mapping::new().text;
    assert_eq!(
        (policy.kind.as_str(), policy.before.as_ref()),
        ("policy", None)
    );
    let after = policy.after.as_ref().unwrap();
    assert_eq!(after.digest, digest(text.as_bytes()));
    assert_eq!(after.text, Some(text));
    assert_eq!(
        (role.name.as_str(), role.after.as_ref()),
        ("releaser", None)
    );
    let before = role.before.as_ref().unwrap().text.clone().unwrap();
    assert!(before.contains("SPACE_READ"), "{before}");

    assert_eq!((end.outcome, end.error.as_deref()), (Ended::Done, None));
    assert_eq!(end.applied.len(), 2);
    assert_eq!(end.push, begin.push);
}

#[test]
fn a_push_that_ended_early_is_recorded_as_such() {
    for (fault, outcome) in [
        (Fault::Refused, Ended::Failed),
        (Fault::Taken, Ended::Refused),
        (Fault::Half, Ended::TakenBack),
        (Fault::Overwritten, Ended::Refused),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        let mut fake = account();
        fake.fault = fault;
        let (plan, begin) = begun(&fake);
        let result = push(&plan, &fake, &fake, &Instantly);
        let end = End::of(&begin, &result, &fake);
        assert_eq!(end.outcome, outcome, "{fault:?}");
        assert_eq!(end.error, Some(result.unwrap_err().to_string()));
        let mut record = Record::open(&path).unwrap();
        for line in [Line::Begin(Box::new(begin)), Line::End(Box::new(end))] {
            record.append(&line).unwrap();
        }
        let told = unfinished(&path, "here").unwrap().unwrap().to_string();
        assert!(
            told.contains("`api::01` began") || told.contains("api::01 began"),
            "{told}"
        );
        assert!(told.contains("ended after 0 of 2 changes: "), "{told}");
    }
    let mut fake = account();
    (fake.fault, fake.next_fault) = (Fault::Half, Fault::Refused);
    let (plan, begin) = begun(&fake);
    let result = push(&plan, &fake, &fake, &Instantly);
    assert_eq!(End::of(&begin, &result, &fake).outcome, Ended::Broken);
}

#[test]
fn a_long_text_is_a_digest() {
    let long = "x".repeat(LONGEST_TEXT + 1);
    assert_eq!(Version::of(&long).text, None);
    assert_eq!(Version::of(&long).digest, digest(long.as_bytes()));
    assert!(Version::of(&long[1..]).text.is_some());
}

#[test]
fn the_accounts_own_entries_are_looked_up() {
    let entry = |action: &str, id: &str| AuditEntry {
        id: format!("{action} {id}"),
        action: action.into(),
        event_type: "API".into(),
        actor: crate::spacelift::AuditActor {
            username: "api::01".into(),
        },
        affected_resource: crate::spacelift::AuditResource {
            resource_type: action.split('.').next().unwrap().into(),
            resource_id: Some(id.into()),
        },
        body: Some("long".into()),
        created_at: i64::MAX,
    };
    let mut fake = account();
    *fake.known.audit_trail.get_mut() = Some(vec![
        entry("policy.create", "liftgate"),
        entry("policy.create", "other"),
        entry("role.delete", "01releaser"),
        entry("space.create", "liftgate"),
    ]);
    let (plan, begin) = begun(&fake);
    let result = push(&plan, &fake, &fake, &Instantly);
    let end = End::of(&begin, &result, &fake);
    let ids: Vec<&str> = end.audit.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["policy.create liftgate", "role.delete 01releaser"]);
    assert!(end.audit.iter().all(|entry| entry.body.is_none()));
    assert_eq!(end.audit_note, None);

    for (answer, words) in [(None, "no audit trail"), (Some(vec![]), "shows no entry")] {
        *fake.known.audit_trail.get_mut() = answer;
        let end = End::of(&begin, &result, &fake);
        assert_eq!((end.outcome, end.audit.len()), (Ended::Done, 0));
        let note = end.audit_note.unwrap();
        assert!(note.contains(words), "{note}");
    }
}

#[test]
fn what_was_cut_off_stays_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.jsonl");
    std::fs::write(&path, "{\"event\": \"beg").unwrap();
    let (_, begin) = begun(&account());
    let mut record = Record::open(&path).unwrap();
    record
        .append(&Line::Begin(Box::new(begin.clone())))
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert_eq!(
        unfinished(&path, "here").unwrap(),
        Some(Unfinished::Open(Box::new(begin)))
    );
}

#[test]
fn lines_of_many_at_once_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.jsonl");
    let (_, begin) = begun(&account());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut record = Record::open(&path).unwrap();
                for _ in 0..20 {
                    record
                        .append(&Line::Begin(Box::new(begin.clone())))
                        .unwrap();
                }
            });
        }
    });
    let all = lines(&path);
    assert_eq!(all.len(), 160);
    assert!(
        all.iter()
            .all(|line| *line == Line::Begin(Box::new(begin.clone())))
    );
}

#[test]
fn what_is_no_file_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Record::open(folder.path()).is_err());
    assert_eq!(
        unfinished(&folder.path().join("none"), "here").unwrap(),
        None
    );
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(Record::open(&folder.path().join("file/record.jsonl")).is_err());
}

#[test]
fn what_becomes_of_access_policies_is_recorded_with_what_attaches_them() {
    use crate::plan::access::tests::{APPS, account, read};
    let by_id = APPS.replace("{label: app}", "{stacks: [shop]}");
    let recorded = |before: &str, after: &str, delete: &[&str]| -> Vec<(String, String, String)> {
        let mut mapping = read(after);
        mapping.delete_access = delete.iter().map(|one| (*one).to_string()).collect();
        let fake = account(&read(before));
        let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
        let begin = Begin::of(&plan, "here", &fake.viewer, "sha256:plan");
        let text = |version: &Option<Version>| {
            let text = version.as_ref().and_then(|one| one.text.clone());
            let first = text.unwrap_or_default();
            first.lines().next().unwrap_or_default().to_string()
        };
        begin
            .changes
            .iter()
            .map(|one| (one.kind.clone(), text(&one.before), text(&one.after)))
            .collect()
    };
    let row = |kind: &str, before: &str, after: &str| {
        (kind.to_string(), before.to_string(), after.to_string())
    };
    assert_eq!(
        recorded("", APPS, &[]),
        [row("access policy", "", "# labels: autoattach:app")]
    );
    assert_eq!(
        recorded(APPS, &by_id, &[])[..1],
        [row("attachment", "", "shop")]
    );
    assert_eq!(
        recorded(&by_id, "", &["apps"]),
        [row("access policy", "# labels: ", "")]
    );
}
