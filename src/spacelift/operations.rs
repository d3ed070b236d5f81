//! Everything this program can ever ask of Spacelift: one file each.
//!
//! Reading and writing are different types, so that code which holds a reader
//! has no value to write with.

use std::collections::BTreeSet;

/// What a request can do to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Looks.
    Query,
    /// Exchanges credentials for a token.
    Login,
    /// Evaluates a policy and stores nothing; the API calls it a mutation all
    /// the same.
    Simulation,
    /// Changes the account.
    Write,
}

/// Requests that leave the account as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadOperation {
    LoginApiKey,
    LoginGithub,
    Viewer,
    Account,
    Policies,
    Policy,
    Spaces,
    Roles,
    Sessions,
    ApiKeys,
    Users,
    UserGroups,
    GroupNames,
    Seats,
    SignOn,
    UserSessions,
    Evaluations,
    EvaluationsFlat,
    Sample,
    AuditTrail,
    Stacks,
    StacksFlat,
    Module,
    Attachments,
    Actions,
    Introspection,
    /// Asks for a field that no installation has, to see in which words it says so.
    Misfit,
    Simulate,
    SimulateFlat,
}

/// Requests that change the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteOperation {
    PolicyCreate,
    PolicyUpdate,
    PolicyDelete,
    PolicyAttach,
    PolicyDetach,
    RoleCreate,
    RoleUpdate,
    RoleDelete,
    SessionDelete,
}

/// Either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Read(ReadOperation),
    Write(WriteOperation),
}

impl From<ReadOperation> for Operation {
    fn from(operation: ReadOperation) -> Self {
        Operation::Read(operation)
    }
}

impl From<WriteOperation> for Operation {
    fn from(operation: WriteOperation) -> Self {
        Operation::Write(operation)
    }
}

impl ReadOperation {
    #[cfg(test)]
    pub(super) const ALL: [ReadOperation; 29] = [
        ReadOperation::LoginApiKey,
        ReadOperation::LoginGithub,
        ReadOperation::Viewer,
        ReadOperation::Account,
        ReadOperation::Policies,
        ReadOperation::Policy,
        ReadOperation::Spaces,
        ReadOperation::Roles,
        ReadOperation::Sessions,
        ReadOperation::ApiKeys,
        ReadOperation::Users,
        ReadOperation::UserGroups,
        ReadOperation::GroupNames,
        ReadOperation::Seats,
        ReadOperation::SignOn,
        ReadOperation::UserSessions,
        ReadOperation::Evaluations,
        ReadOperation::EvaluationsFlat,
        ReadOperation::Sample,
        ReadOperation::AuditTrail,
        ReadOperation::Stacks,
        ReadOperation::StacksFlat,
        ReadOperation::Module,
        ReadOperation::Attachments,
        ReadOperation::Actions,
        ReadOperation::Introspection,
        ReadOperation::Misfit,
        ReadOperation::Simulate,
        ReadOperation::SimulateFlat,
    ];
}

impl WriteOperation {
    #[cfg(test)]
    pub(super) const ALL: [WriteOperation; 9] = [
        WriteOperation::PolicyCreate,
        WriteOperation::PolicyUpdate,
        WriteOperation::PolicyDelete,
        WriteOperation::PolicyAttach,
        WriteOperation::PolicyDetach,
        WriteOperation::RoleCreate,
        WriteOperation::RoleUpdate,
        WriteOperation::RoleDelete,
        WriteOperation::SessionDelete,
    ];
}

/// The fixed facts of an operation.
struct Row {
    kind: Kind,
    name: &'static str,
    /// Completes "cannot …" and "not allowed to …".
    action: &'static str,
    source: &'static str,
    /// A root field that older installations lack as a whole.
    root: Option<&'static str>,
}

impl Operation {
    fn row(self) -> Row {
        use Kind::{Login, Query, Simulation, Write};
        use ReadOperation as R;
        use WriteOperation as W;
        let (kind, name, action, source, root) = match self {
            Operation::Read(R::LoginApiKey) => (
                Login,
                "LoginApiKey",
                "log in with the API key",
                include_str!("operations/login_api_key.graphql"),
                None,
            ),
            Operation::Read(R::LoginGithub) => (
                Login,
                "LoginGithub",
                "log in with the GitHub token",
                include_str!("operations/login_github.graphql"),
                None,
            ),
            Operation::Read(R::Viewer) => (
                Query,
                "Viewer",
                "ask who is logged in",
                include_str!("operations/viewer.graphql"),
                None,
            ),
            Operation::Read(R::Account) => (
                Query,
                "Account",
                "read the account",
                include_str!("operations/account.graphql"),
                None,
            ),
            Operation::Read(R::Policies) => (
                Query,
                "Policies",
                "read the policies",
                include_str!("operations/policies.graphql"),
                None,
            ),
            Operation::Read(R::Policy) => (
                Query,
                "Policy",
                "read the policy",
                include_str!("operations/policy.graphql"),
                None,
            ),
            Operation::Read(R::Spaces) => (
                Query,
                "Spaces",
                "read the spaces",
                include_str!("operations/spaces.graphql"),
                None,
            ),
            Operation::Read(R::Roles) => (
                Query,
                "Roles",
                "read the roles",
                include_str!("operations/roles.graphql"),
                Some("roles"),
            ),
            Operation::Read(R::Sessions) => (
                Query,
                "Sessions",
                "read the sessions",
                include_str!("operations/sessions.graphql"),
                Some("sessions"),
            ),
            Operation::Read(R::ApiKeys) => (
                Query,
                "ApiKeys",
                "read the API keys",
                include_str!("operations/api_keys.graphql"),
                Some("apiKeys"),
            ),
            Operation::Read(R::Users) => (
                Query,
                "Users",
                "read the users",
                include_str!("operations/users.graphql"),
                Some("managedUsers"),
            ),
            Operation::Read(R::UserGroups) => (
                Query,
                "UserGroups",
                "read the mapped groups",
                include_str!("operations/user_groups.graphql"),
                Some("managedUserGroups"),
            ),
            Operation::Read(R::GroupNames) => (
                Query,
                "GroupNames",
                "read the names of groups",
                include_str!("operations/group_names.graphql"),
                Some("availableUserGroups"),
            ),
            Operation::Read(R::Seats) => (
                Query,
                "Seats",
                "read the seats",
                include_str!("operations/seats.graphql"),
                Some("seats"),
            ),
            Operation::Read(R::SignOn) => (
                Query,
                "SignOn",
                "read the settings of single sign-on",
                include_str!("operations/sign_on.graphql"),
                None,
            ),
            Operation::Read(R::UserSessions) => (
                Query,
                "UserSessions",
                "read the sessions of people",
                include_str!("operations/user_sessions.graphql"),
                Some("userSessionsWithAccessToSpace"),
            ),
            Operation::Read(R::Evaluations) => (
                Query,
                "Evaluations",
                "read the policy's recorded decisions",
                include_str!("operations/evaluations.graphql"),
                Some("searchEvaluationRecords"),
            ),
            Operation::Read(R::EvaluationsFlat) => (
                Query,
                "EvaluationsFlat",
                "read the policy's recorded decisions",
                include_str!("operations/evaluations_flat.graphql"),
                Some("evaluationRecords"),
            ),
            Operation::Read(R::Sample) => (
                Query,
                "Sample",
                "read a recorded decision",
                include_str!("operations/sample.graphql"),
                Some("evaluationSample"),
            ),
            Operation::Read(R::AuditTrail) => (
                Query,
                "AuditTrail",
                "read the audit trail",
                include_str!("operations/audit_trail.graphql"),
                Some("searchAuditTrailEntries"),
            ),
            Operation::Read(R::Stacks) => (
                Query,
                "Stacks",
                "read the stacks",
                include_str!("operations/stacks.graphql"),
                Some("searchStacks"),
            ),
            Operation::Read(R::StacksFlat) => (
                Query,
                "StacksFlat",
                "read the stacks",
                include_str!("operations/stacks_flat.graphql"),
                Some("stacks"),
            ),
            Operation::Read(R::Module) => (
                Query,
                "Module",
                "read the module",
                include_str!("operations/module.graphql"),
                Some("module"),
            ),
            Operation::Read(R::Attachments) => (
                Query,
                "PolicyAttachments",
                "read what the policy is attached to",
                include_str!("operations/policy_attachments.graphql"),
                Some("attachedStacks"),
            ),
            Operation::Read(R::Actions) => (
                Query,
                "Actions",
                "read the actions of roles",
                include_str!("operations/actions.graphql"),
                None,
            ),
            Operation::Read(R::Introspection) => (
                Query,
                "Introspection",
                "read the schema",
                include_str!("operations/introspection.graphql"),
                None,
            ),
            Operation::Read(R::Misfit) => (
                Query,
                "Misfit",
                "ask for what is not there",
                include_str!("operations/misfit.graphql"),
                None,
            ),
            Operation::Read(R::Simulate) => (
                Simulation,
                "Simulate",
                "simulate the policy",
                include_str!("operations/simulate.graphql"),
                Some("policySimulatev2"),
            ),
            Operation::Read(R::SimulateFlat) => (
                Simulation,
                "SimulateFlat",
                "simulate the policy",
                include_str!("operations/simulate_flat.graphql"),
                Some("policySimulate"),
            ),
            Operation::Write(W::PolicyCreate) => (
                Write,
                "PolicyCreate",
                "create the policy",
                include_str!("operations/policy_create.graphql"),
                None,
            ),
            Operation::Write(W::PolicyUpdate) => (
                Write,
                "PolicyUpdate",
                "update the policy",
                include_str!("operations/policy_update.graphql"),
                None,
            ),
            Operation::Write(W::PolicyDelete) => (
                Write,
                "PolicyDelete",
                "delete the policy",
                include_str!("operations/policy_delete.graphql"),
                None,
            ),
            Operation::Write(W::PolicyAttach) => (
                Write,
                "PolicyAttach",
                "attach the policy",
                include_str!("operations/policy_attach.graphql"),
                None,
            ),
            Operation::Write(W::PolicyDetach) => (
                Write,
                "PolicyDetach",
                "detach the policy",
                include_str!("operations/policy_detach.graphql"),
                None,
            ),
            Operation::Write(W::RoleCreate) => (
                Write,
                "RoleCreate",
                "create the role",
                include_str!("operations/role_create.graphql"),
                None,
            ),
            Operation::Write(W::RoleUpdate) => (
                Write,
                "RoleUpdate",
                "update the role",
                include_str!("operations/role_update.graphql"),
                None,
            ),
            Operation::Write(W::RoleDelete) => (
                Write,
                "RoleDelete",
                "delete the role",
                include_str!("operations/role_delete.graphql"),
                None,
            ),
            Operation::Write(W::SessionDelete) => (
                Write,
                "SessionDelete",
                "end the session",
                include_str!("operations/session_delete.graphql"),
                None,
            ),
        };
        Row {
            kind,
            name,
            action,
            source,
            root,
        }
    }

    pub(super) fn kind(self) -> Kind {
        self.row().kind
    }

    pub(super) fn name(self) -> &'static str {
        self.row().name
    }

    pub(super) fn action(self) -> &'static str {
        self.row().action
    }

    /// The field without which the operation makes no sense, where it is known
    /// that older installations lack it.
    pub(super) fn root(self) -> Option<&'static str> {
        self.row().root
    }

    /// Fields that older installations lack and that we can do without: those
    /// on the lines marked `# optional`.
    pub(super) fn optional(self) -> Vec<&'static str> {
        self.row()
            .source
            .lines()
            .filter_map(optional_field)
            .collect()
    }

    /// The text to send, without the fields in `absent`.
    pub(super) fn document(self, absent: &BTreeSet<&'static str>) -> String {
        let mut text = String::new();
        for line in self.row().source.lines() {
            if optional_field(line).is_some_and(|field| absent.contains(field)) {
                continue;
            }
            let line = line.split('#').next().unwrap_or_default().trim_end();
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

fn optional_field(line: &str) -> Option<&str> {
    let (selection, _) = line.split_once("# optional")?;
    selection.split_whitespace().next()
}
