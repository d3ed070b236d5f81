//! Whom the account in memory knows, and what it remembers.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::spacelift::{
    ApiKey, AuditEntry, Evaluation, Module, Sample, Seats, SignOn, Stack, User, UserGroup,
    UserSessions,
};

/// Everything here is lacking unless a test puts it in, as on an installation that is too old for it.
#[derive(Default)]
pub struct Known {
    pub api_keys: Option<Vec<ApiKey>>,
    pub users: Option<Vec<User>>,
    pub user_groups: Option<Vec<UserGroup>>,
    pub group_names: Option<Vec<String>>,
    pub seats: Option<Seats>,
    pub sign_on: Option<SignOn>,
    pub user_sessions: Option<Vec<UserSessions>>,
    /// By the policy's id.
    pub evaluations: Option<BTreeMap<String, Vec<Evaluation>>>,
    /// By the record's key.
    pub samples: BTreeMap<String, Sample>,
    /// The newest first.
    pub audit_trail: RefCell<Option<Vec<AuditEntry>>>,
    pub actions: Option<Vec<String>>,
    pub stacks: Option<Vec<Stack>>,
    pub modules: Vec<Module>,
}

/// Somebody with an open session.
pub fn signed_in(login: &str) -> UserSessions {
    UserSessions {
        login: login.into(),
        name: None,
        email: None,
        session_count: 1,
        last_login_at: None,
    }
}
