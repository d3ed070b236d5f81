//! The fields of every map in the language, listed once.

/// A map of the language: what it is called and which fields it has.
pub(crate) struct Shape {
    /// What the map is, for messages.
    pub what: &'static str,
    /// Its fields.
    pub fields: &'static [&'static str],
}

macro_rules! shapes {
    ($($name:ident $what:literal [$($field:literal)*];)*) => {
        $(pub(crate) const $name: Shape = Shape { what: $what, fields: &[$($field),*] };)*
        #[cfg(test)]
        pub(crate) const ALL: &[&Shape] = &[$(&$name),*];
    };
}

shapes! {
    MAPPING "the mapping" [
        "version" "account" "identity_provider" "rego" "spaces" "space_sets" "roles" "groups" "people" "api_keys" "conditions"
        "login" "break_glass" "outside_policy" "grants" "naming" "include" "elevations" "teams" "guardrails" "exclusive"
        "stack_access" "defaults" "sample" "accepted_policies" "guards" "lints"
    ];
    ACCOUNT "`account`" ["endpoint"];
    SPACE "a space" ["parent" "inherit" "labels"];
    ROLE "a role" ["name" "actions" "external"];
    GROUP "a group" ["sent_as" "name" "owner" "external" "formerly"];
    FORMER "an entry of `formerly`" ["sent_as" "ends"];
    SUBJECT "a subject" ["group" "login" "api_key" "member" "machine" "any" "all" "none"];
    CONDITION "a condition" ["ip" "days" "hours" "timezone"];
    TEST "a test of conditions" ["all" "any"];
    LOGIN "`login`" ["require" "no_grants" "no_groups" "admin" "deny" "deny_admin" "offboarded" "slack"];
    API_KEY "an API key" ["id" "owner" "rotate_by"];
    SLACK "an entry of `slack`" ["workspace" "channel" "space_roles"];
    TEAMS "`teams`" ["keep" "add"];
    ENTRY "an entry with conditions" ["who" "when" "unless"];
    OFFBOARDED "an entry of `offboarded`" ["login" "aliases"];
    BREAK_GLASS "a break-glass identity" ["login" "owner" "why" "test_every"];
    GRANT "a grant" ["who" "roles" "spaces" "when" "unless" "starts" "ends" "reason" "owner" "reviewed"];
    ELEVATION "an elevation" ["who" "roles" "spaces" "when" "unless" "starts" "ends" "reason" "owner" "approved_by"];
    NAMING "an entry of `naming`" ["group" "suffix" "spaces" "reason" "owner"];
    INCLUDE "an entry of `include`" ["file" "owner" "spaces" "never_can" "must_end_within"];
    INCLUDED "an included file" ["groups" "people" "grants" "identities" "stacks" "modules" "tests"];
    GUARDRAIL "a guardrail" ["name" "can" "only" "who" "never_can" "in"];
    STACK_ACCESS "an entry of `stack_access`" ["name" "attach" "read" "write" "deny" "deny_write" "by_label"];
    ATTACH "`attach`" ["label" "stacks" "modules"];
    STACK_ENTRY "an entry about stacks" ["who" "slack" "when" "unless" "stack"];
    STACK "a test of stacks" [
        "kind" "id" "name" "labels" "space" "administrative" "autodeploy" "branch" "repository" "namespace" "project_root"
        "additional_project_globs" "state" "lock" "locked_by" "contexts" "worker_pool" "tracked_commit" "terraform_version"
        "terraform_workflow_tool" "terraform_provider" "any" "all" "none"
    ];
    STACK_SPACE "the space of a test of stacks" ["id" "name" "labels"];
    TRACKED_COMMIT "the tracked commit of a test of stacks" [
        "author" "branch" "created_at" "exist_on_tracked_branch" "hash" "message" "pull_request_id" "tag" "url"
    ];
    BETWEEN "a stretch of time" ["from" "until"];
    WORKER_POOL "the worker pool of a test of stacks" ["id" "name" "labels" "public"];
    OUTSIDE "an entry of `outside_policy`" ["login" "because"];
    TARGET "a choice of spaces" ["label" "under" "except" "at_login"];
    DEFAULTS "`defaults`" ["require" "review_every" "reviewed" "max_elevation"];
    LINT "a level of a lint" ["level" "within"];
    GUARDS "`guards`" [
        "max_people_losing_access" "max_admins_losing_access" "min_admins" "min_coverage" "max_directory_age"
    ];
    FIXTURES "a file of fixtures" ["identities" "stacks" "modules" "tests"];
    IDENTITY "an identity" ["login" "groups" "teams" "member" "machine" "api_key"];
    CASE "a test" ["name" "as" "input" "input_file" "slack" "request" "expect" "forbid"];
    REQUEST "a request" ["ip" "at"];
    SLACK_REQUEST "a Slack request" ["workspace" "channel"];
    LOCK "the lock" ["version" "account" "adopted"];
    ADOPTED "an entry of `adopted`" ["policy" "text" "at"];
    EXPECTATION "an expectation" ["login" "roles" "teams" "stacks"];
}

/// Fields that people look for in one file and that belong in another, or that go by another name.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("the mapping", "tests", "tests belong in a file of fixtures"),
    (
        "the mapping",
        "identities",
        "identities belong in a file of fixtures",
    ),
    (
        "a file of fixtures",
        "grants",
        "grants belong in the mapping",
    ),
    (
        "a file of fixtures",
        "groups",
        "groups belong in the mapping",
    ),
    (
        "a file of fixtures",
        "version",
        "only the mapping has a version",
    ),
    (
        "a test of conditions",
        "ip",
        "declare it under `conditions`, and write its name here",
    ),
    (
        "a test of conditions",
        "days",
        "declare it under `conditions`, and write its name here",
    ),
    (
        "a test of conditions",
        "hours",
        "declare it under `conditions`, and write its name here",
    ),
    ("a grant", "role", "it is called `roles`"),
    ("a grant", "space", "it is called `spaces`"),
    ("a grant", "on", "it is called `spaces`"),
    ("a grant", "to", "it is called `who`"),
    ("a grant", "from", "it is called `starts`"),
    ("a grant", "until", "it is called `ends`"),
    (
        "an entry with conditions",
        "group",
        "write it under `who`: `{who: {group: …}}`",
    ),
    (
        "an entry with conditions",
        "login",
        "write it under `who`: `{who: {login: …}}`",
    ),
    ("an elevation", "to", "it is called `who`"),
    ("an elevation", "role", "it is called `roles`"),
    ("an elevation", "space", "it is called `spaces`"),
    ("an elevation", "from", "it is called `starts`"),
    ("an elevation", "until", "it is called `ends`"),
    ("an entry of `include`", "path", "it is called `file`"),
    ("a guardrail", "never", "it is called `never_can`"),
    ("a guardrail", "spaces", "it is called `in`"),
    ("a guardrail", "on", "it is called `in`"),
    ("a test", "identity", "it is called `as`"),
    ("a test", "ip", "write it under `request`"),
    ("a test", "at", "write it under `request`"),
];

/// Where a field that is unknown here belongs, if that is known.
pub(super) fn elsewhere(shape: &Shape, field: &str) -> Option<&'static str> {
    if shape.what == INCLUDED.what {
        let whole = MAPPING.fields.iter();
        return match field {
            "include" => Some("an included file includes no others"),
            _ if whole.into_iter().any(|known| *known == field) => {
                Some("it belongs in the mapping, which speaks for the whole account")
            }
            _ => None,
        };
    }
    ELSEWHERE
        .iter()
        .find(|(what, name, _)| *what == shape.what && *name == field)
        .map(|(_, _, hint)| *hint)
}
