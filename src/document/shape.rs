//! The fields of every map in the language, listed once.

/// A map of the language: what it is called and which fields it has.
pub(crate) struct Shape {
    /// What the map is, for messages.
    pub what: &'static str,
    /// Its fields.
    pub fields: &'static [&'static str],
    /// Fields of the language that this version does not compile. Leaving one unread could only make access wider or
    /// narrower than the file says, so each is an error.
    pub later: &'static [&'static str],
}

macro_rules! shapes {
    ($($name:ident $what:literal [$($field:literal)*] later [$($later:literal)*];)*) => {
        $(pub(crate) const $name: Shape = Shape { what: $what, fields: &[$($field),*], later: &[$($later),*] };)*
        #[cfg(test)]
        pub(crate) const ALL: &[&Shape] = &[$(&$name),*];
    };
}

shapes! {
    MAPPING "the mapping" [
        "version" "account" "identity_provider" "rego" "spaces" "space_sets" "roles" "groups" "people" "api_keys" "conditions"
        "login" "break_glass" "outside_policy" "grants" "naming" "include" "elevations" "teams" "guardrails" "exclusive"
        "stack_access" "defaults" "sample" "accepted_policies" "guards" "lints"
    ] later [];
    ACCOUNT "`account`" ["endpoint"] later [];
    SPACE "a space" ["parent" "inherit" "labels"] later [];
    ROLE "a role" ["name" "actions" "external"] later [];
    GROUP "a group" ["sent_as" "name" "owner" "external" "formerly"] later [];
    FORMER "an entry of `formerly`" ["sent_as" "ends"] later [];
    SUBJECT "a subject" ["group" "login" "api_key" "member" "machine" "any" "all" "none"] later [];
    CONDITION "a condition" ["ip" "days" "hours" "timezone"] later [];
    TEST "a test of conditions" ["all" "any"] later [];
    LOGIN "`login`" ["require" "no_grants" "no_groups" "admin" "deny" "deny_admin" "offboarded" "slack"] later [];
    API_KEY "an API key" ["id" "owner" "rotate_by"] later [];
    SLACK "an entry of `slack`" ["workspace" "channel" "space_roles"] later [];
    TEAMS "`teams`" ["keep" "add"] later [];
    ENTRY "an entry with conditions" ["who" "when" "unless"] later [];
    OFFBOARDED "an entry of `offboarded`" ["login" "aliases"] later [];
    BREAK_GLASS "a break-glass identity" ["login" "owner" "why" "test_every"] later [];
    GRANT "a grant" ["who" "roles" "spaces" "when" "unless" "starts" "ends" "reason" "owner" "reviewed"] later [];
    ELEVATION "an elevation" ["who" "roles" "spaces" "when" "unless" "starts" "ends" "reason" "owner" "approved_by"] later [];
    NAMING "an entry of `naming`" ["group" "suffix" "spaces" "reason" "owner"] later [];
    INCLUDE "an entry of `include`" ["file" "owner" "spaces" "never_can" "must_end_within"] later [];
    INCLUDED "an included file" ["groups" "people" "grants" "identities" "tests"] later [];
    GUARDRAIL "a guardrail" ["name" "can" "only" "who" "never_can" "in"] later [];
    STACK_ACCESS "an entry of `stack_access`" ["name" "attach" "read" "write" "deny" "deny_write" "by_label"] later [];
    ATTACH "`attach`" ["label" "stacks" "modules"] later [];
    STACK_ENTRY "an entry about stacks" ["who" "slack" "when" "unless" "stack"] later [];
    STACK "a test of stacks" [
        "kind" "id" "name" "labels" "space" "administrative" "autodeploy" "branch" "repository" "namespace" "project_root"
        "additional_project_globs" "state" "lock" "locked_by" "contexts" "worker_pool" "tracked_commit" "terraform_version"
        "terraform_workflow_tool" "terraform_provider" "any" "all" "none"
    ] later [];
    STACK_SPACE "the space of a test of stacks" ["id" "name" "labels"] later [];
    TRACKED_COMMIT "the tracked commit of a test of stacks" [
        "author" "branch" "created_at" "exist_on_tracked_branch" "hash" "message" "pull_request_id" "tag" "url"
    ] later [];
    BETWEEN "a stretch of time" ["from" "until"] later [];
    WORKER_POOL "the worker pool of a test of stacks" ["id" "name" "labels" "public"] later [];
    OUTSIDE "an entry of `outside_policy`" ["login" "because"] later [];
    TARGET "a choice of spaces" ["label" "under" "except" "at_login"] later [];
    DEFAULTS "`defaults`" ["require" "review_every" "reviewed" "max_elevation"] later [];
    LINT "a level of a lint" ["level" "within"] later [];
    GUARDS "`guards`" [
        "max_people_losing_access" "max_admins_losing_access" "min_admins" "min_coverage" "max_directory_age"
    ] later [];
    FIXTURES "a file of fixtures" ["identities" "tests"] later [];
    IDENTITY "an identity" ["login" "groups" "teams" "member" "machine" "api_key"] later [];
    CASE "a test" ["name" "as" "input" "input_file" "slack" "request" "expect" "forbid"] later [];
    REQUEST "a request" ["ip" "at"] later [];
    SLACK_REQUEST "a Slack request" ["workspace" "channel"] later [];
    LOCK "the lock" ["version" "adopted"] later [];
    ADOPTED "`adopted`" ["account" "policy" "text" "at"] later [];
    EXPECTATION "an expectation" ["login" "roles" "teams"] later [];
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
        let whole = MAPPING.fields.iter().chain(MAPPING.later);
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
