//! Mappings of any size, in the mix that teams write: of 20 grants 14 ask for one group, 3 for one group with another and
//! without a third, 2 for a condition, 1 ends.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The session that decides has this many groups.
pub const TEAMS: usize = 20;

const SPACES: usize = 100;
const ROLES: [&str; 3] = ["space-reader", "space-writer", "deployer"];

/// How many groups share the grants: one each, so that a person of 20 groups holds as much in a small account as in a large one.
fn groups(grants: usize) -> usize {
    grants.max(TEAMS)
}

pub struct Grant {
    pub group: usize,
    pub also: usize,
    pub without: usize,
    pub role: &'static str,
    pub space: usize,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    One,
    AllNone,
    When,
    Ends,
}

/// The grant at a place, from a fixed mixing of the number, so that every run measures the same.
pub fn grant(at: usize, of: usize) -> Grant {
    let mixed = |salt: u64| {
        let mut x = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (x ^ (x >> 29)) as usize
    };
    let groups = groups(of);
    Grant {
        group: at % groups,
        also: mixed(1) % groups,
        without: mixed(2) % groups,
        role: ROLES[mixed(3) % ROLES.len()],
        space: mixed(4) % SPACES,
        kind: match at % 20 {
            0..=13 => Kind::One,
            14..=16 => Kind::AllNone,
            17..=18 => Kind::When,
            _ => Kind::Ends,
        },
    }
}

pub fn grant_line(at: usize, of: usize) -> String {
    let grant = grant(at, of);
    let who = match grant.kind {
        Kind::AllNone => format!(
            "{{all: [g{}, g{}], none: [g{}]}}",
            grant.group, grant.also, grant.without
        ),
        _ => format!("g{}", grant.group),
    };
    let more = match grant.kind {
        Kind::When => format!(", when: office{}", at % 7),
        Kind::Ends => format!(", ends: \"2030-{:02}-28\"", at / 20 % 12 + 1),
        _ => String::new(),
    };
    format!(
        "  - {{who: {who}, roles: {}, spaces: s{}{more}}}\n",
        grant.role, grant.space
    )
}

pub fn head(grants: usize) -> String {
    let mut yaml =
        "version: 1\naccount: acme\nidentity_provider: okta\nroles:\n  deployer: {name: Deployer, actions: [\"space:read\", \"run:trigger\"]}\nspaces:\n"
            .to_string();
    for space in 0..SPACES {
        let _ = writeln!(yaml, "  s{space}: {{parent: root}}");
    }
    yaml.push_str("groups:\n");
    for group in 0..groups(grants) {
        let _ = writeln!(yaml, "  g{group}: Group {group}");
    }
    yaml.push_str("conditions:\n");
    for office in 0..7 {
        let _ = writeln!(
            yaml,
            "  office{office}: {{ip: [203.0.{office}.0/24, \"2001:db8:{office}::/48\"], days: [mon, tue, wed, thu, fri], hours: \"09:00-17:00\", timezone: America/Los_Angeles}}"
        );
    }
    yaml
}

/// A mapping in one file.
pub fn mapping(grants: usize) -> String {
    let mut yaml = head(grants);
    yaml.push_str("grants:\n");
    for at in 0..grants {
        yaml.push_str(&grant_line(at, grants));
    }
    yaml
}

/// A member of 20 groups at the office on a Wednesday morning.
pub fn input(grants: usize) -> Value {
    let groups = groups(grants);
    let teams: Vec<String> = (0..TEAMS)
        .map(|at| format!("Group {}", at * groups / TEAMS))
        .collect();
    let spaces: Vec<Value> = (0..SPACES)
        .map(|space| json!({"id": format!("s{space}"), "name": format!("s{space}"), "labels": []}))
        .collect();
    json!({
        "session": {"login": "alice@acme.example", "member": true, "teams": teams},
        "request": {"remote_ip": "203.0.3.9", "timestamp_ns": 1_796_320_800_000_000_000_i64},
        "spaces": spaces,
    })
}

/// Entries of `stack_access`, small and large: what they are, and what stands in them.
#[allow(dead_code)] // not every benchmark asks for them
pub fn stack_entries() -> Vec<(&'static str, String)> {
    let groups = |count: usize| {
        (0..count)
            .map(|at| format!("g{at}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    vec![
        ("one team reads", "read: [g1]".to_owned()),
        (
            "a team writes, at the office in working hours",
            "write: [g1]\n    deny_write: [{unless: {all: [office, hours]}}]".to_owned(),
        ),
        (
            "ten teams, six attributes",
            format!(
                "read: [{}]\n    write: [{{who: g1, stack: {{branch: [main, \"release/*\"], repository: \"infra-*\", state: FINISHED}}}}]\n    deny_write: [{{stack: {{administrative: true}}}}, {{stack: {{lock: other}}}}]\n    deny: [{{who: g9, stack: {{space: {{labels: frozen}}}}}}]",
                groups(10)
            ),
        ),
        ("a hundred teams", format!("read: [{}]", groups(100))),
        (
            "labels of two hundred groups",
            "by_label: \"access:{level}:{group}\"".to_owned(),
        ),
    ]
}

/// A mapping with two hundred groups and one entry.
#[allow(dead_code)]
pub fn stack_mapping(entry: &str) -> String {
    let groups: String = (0..200).map(|at| format!("  g{at}: G{at}\n")).collect();
    format!(
        "version: 1\naccount: {{endpoint: https://spacelift.example.org}}\nidentity_provider: okta\ngroups:\n{groups}conditions:\n  office: {{ip: 203.0.113.0/24}}\n  hours: {{days: [mon, tue, wed, thu, fri], hours: \"09:00-17:00\", timezone: America/Los_Angeles}}\nlogin: {{no_grants: admit}}\nstack_access:\n  - name: it\n    attach: all\n    {entry}\n"
    )
}

/// A stack with ten labels, asked for by somebody in twenty groups.
#[allow(dead_code)]
pub fn stack_input() -> serde_json::Value {
    let teams: Vec<String> = (0..20).map(|at| format!("G{at}")).collect();
    let labels: Vec<String> = (0..10).map(|at| format!("label-{at}")).collect();
    serde_json::json!({
        "request": {"remote_ip": "203.0.113.9", "timestamp_ns": 1_796_320_800_000_000_000_i64},
        "session": {"login": "ann@example.org", "member": true, "machine": false, "teams": teams},
        "stack": {
            "id": "app", "name": "App", "administrative": false, "autodeploy": false, "branch": "main", "contexts": [],
            "labels": labels, "locked_by": null, "namespace": "", "project_root": null, "repository": "infra-app",
            "additional_project_globs": [], "state": "FINISHED", "space": {"id": "legacy", "labels": [], "name": "legacy"},
            "terraform_version": null, "terraform_workflow_tool": "TERRAFORM_FOSS", "tracked_commit": null,
            "worker_pool": {"id": null, "labels": [], "name": null, "public": true},
        },
    })
}
