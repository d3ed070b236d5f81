//! Looking at an account.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ReadAccount;
use super::account::{Account, Policy, PolicyType, Role, Session, Space, Viewer};
use super::channel::ReadChannel;
use super::error::Error;
use super::operations::{Operation, ReadOperation};
use super::pages;
use super::people::{ApiKey, Seats, SignOn, User, UserGroup, UserSessions};
use super::records::{AuditEntry, Evaluation, Sample};
use super::stacks::{Attachment, Module, Stack};
use super::wire::{
    AccountData, ActionsData, ApiKeysData, AttachmentsData, AuditTrailData, EvaluationsData,
    EvaluationsFlatData, GroupNamesData, ModuleData, PoliciesData, PolicyData, RolesData,
    SampleData, SeatsData, SessionsData, SignOnData, SimulateData, SimulateFlatData, SpacesData,
    StacksData, StacksFlatData, UserGroupsData, UserSessionsData, UsersData, ViewerData,
};

/// Reads an account over the network. It has no way to change one: its channel
/// takes no other operations than those that only look.
#[derive(Clone)]
pub struct Reader {
    pub(super) channel: ReadChannel,
}

impl Reader {
    pub(super) fn new(channel: ReadChannel) -> Self {
        Reader { channel }
    }

    /// The same account, of which no question lasts longer than this from now, attempts and pauses included. A question for
    /// which there is no time fails with [`Error::Timeout`].
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Reader::new(self.channel.within(limit))
    }

    /// Whether there is time for another question; always, unless it was limited.
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.channel.has_time()
    }

    /// Asks for something that every installation has.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        operation: ReadOperation,
        variables: &Value,
    ) -> Result<T, Error> {
        self.channel
            .call(operation, variables)
            .map_err(|failure| failure.error)?
            .ok_or_else(|| Error::NoData {
                action: Operation::from(operation).action(),
            })
    }

    /// Asks for something that older installations lack.
    pub(super) fn try_ask<T: DeserializeOwned>(
        &self,
        operation: ReadOperation,
        variables: &Value,
    ) -> Result<Option<T>, Error> {
        self.channel
            .call(operation, variables)
            .map_err(|failure| failure.error)
    }
}

impl Reader {
    /// By the newer of the two requests.
    pub(super) fn simulated(&self, variables: &Value) -> Result<Value, Error> {
        let data: SimulateData = self.ask(ReadOperation::Simulate, variables)?;
        self.outputs(&data.result)
    }

    /// The result of a simulation, which is JSON inside a text.
    fn outputs(&self, text: &str) -> Result<Value, Error> {
        serde_json::from_str(text).map_err(|error| Error::Shape {
            action: Operation::from(ReadOperation::Simulate).action(),
            reason: self
                .channel
                .shown(&format!("the result is not JSON: {error}")),
        })
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Reader({})", self.channel.endpoint())
    }
}

impl ReadAccount for Reader {
    fn endpoint(&self) -> &str {
        self.channel.endpoint()
    }

    fn viewer(&self) -> Result<Viewer, Error> {
        let data: ViewerData = self.ask(ReadOperation::Viewer, &json!({}))?;
        data.viewer.ok_or(Error::TokenRefused { expired: false })
    }

    fn account(&self) -> Result<Account, Error> {
        self.ask::<AccountData>(ReadOperation::Account, &json!({}))
            .map(Account::from)
    }

    fn policies(&self) -> Result<Vec<Policy>, Error> {
        let data: PoliciesData = self.ask(ReadOperation::Policies, &json!({}))?;
        let mut policies = data.policies;
        policies.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
        Ok(policies)
    }

    fn policy(&self, id: &str) -> Result<Option<Policy>, Error> {
        match self.ask::<PolicyData>(ReadOperation::Policy, &json!({ "id": id })) {
            Ok(data) => Ok(data.policy),
            // Spacelift's Terraform provider is prepared for both answers.
            Err(error) if error.says_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn spaces(&self) -> Result<Vec<Space>, Error> {
        let data: SpacesData = self.ask(ReadOperation::Spaces, &json!({}))?;
        let mut spaces = data.spaces;
        spaces.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(spaces)
    }

    fn roles(&self) -> Result<Option<Vec<Role>>, Error> {
        let data: Option<RolesData> = self.try_ask(ReadOperation::Roles, &json!({}))?;
        Ok(data.map(|data| {
            let mut roles = data.roles;
            roles.sort_by(|a, b| (&a.slug, &a.id).cmp(&(&b.slug, &b.id)));
            roles
        }))
    }

    fn sessions(&self) -> Result<Option<Vec<Session>>, Error> {
        let data: Option<SessionsData> = self.try_ask(ReadOperation::Sessions, &json!({}))?;
        Ok(data.map(|data| {
            let mut sessions = data.sessions;
            sessions.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
            sessions
        }))
    }

    fn api_keys(&self) -> Result<Option<Vec<ApiKey>>, Error> {
        let data: Option<ApiKeysData> = self.try_ask(ReadOperation::ApiKeys, &json!({}))?;
        Ok(data.map(|data| {
            let mut keys = data.keys;
            keys.retain(|key| !key.deleted);
            keys.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
            for bindings in keys.iter_mut().filter_map(|key| key.bindings.as_mut()) {
                bindings.sort_by(|a, b| {
                    (&a.space, &a.role.slug, &a.id).cmp(&(&b.space, &b.role.slug, &b.id))
                });
            }
            keys
        }))
    }

    fn users(&self) -> Result<Option<Vec<User>>, Error> {
        let data: Option<UsersData> = self.try_ask(ReadOperation::Users, &json!({}))?;
        Ok(data.map(|data| {
            let mut users = data.users;
            users.sort_by(|a, b| (&a.login, &a.id).cmp(&(&b.login, &b.id)));
            users
        }))
    }

    fn user_groups(&self) -> Result<Option<Vec<UserGroup>>, Error> {
        let data: Option<UserGroupsData> = self.try_ask(ReadOperation::UserGroups, &json!({}))?;
        Ok(data.map(|data| {
            let mut groups = data.groups;
            groups.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
            groups
        }))
    }

    fn group_names(&self) -> Result<Option<Vec<String>>, Error> {
        let data: Option<GroupNamesData> = self.try_ask(ReadOperation::GroupNames, &json!({}))?;
        Ok(data.map(|data| {
            let mut names = data.names;
            names.sort();
            names.dedup();
            names
        }))
    }

    fn seats(&self) -> Result<Option<Seats>, Error> {
        let data: Option<SeatsData> = self.try_ask(ReadOperation::Seats, &json!({}))?;
        Ok(data.map(|data| data.seats))
    }

    fn sign_on(&self) -> Result<Option<SignOn>, Error> {
        let data: SignOnData = self.ask(ReadOperation::SignOn, &json!({}))?;
        let lacks = |field| self.channel.lacks(field);
        Ok((!lacks("samlSettings") || !lacks("oidcSettings")).then(|| data.into()))
    }

    fn user_sessions(&self, space: &str) -> Result<Option<Vec<UserSessions>>, Error> {
        let page = |data: UserSessionsData| Ok(data.sessions);
        let more = |_: &_| true;
        let nodes = pages::all(
            self,
            ReadOperation::UserSessions,
            json!({ "space": space }),
            None,
            page,
            more,
        )?;
        Ok(nodes.map(|nodes| {
            let mut people: Vec<UserSessions> = nodes.into_iter().map(|node| node.user).collect();
            people.sort_by(|a, b| a.login.cmp(&b.login));
            people.dedup_by(|a, b| a.login == b.login);
            people
        }))
    }

    fn evaluations(&self, policy: &str) -> Result<Option<Vec<Evaluation>>, Error> {
        let missing = || Error::Missing {
            what: "policy",
            id: policy.to_owned(),
        };
        let of = json!({ "policy": policy });
        let page =
            |data: EvaluationsData| data.policy.map(|policy| policy.page).ok_or_else(missing);
        let operation = ReadOperation::Evaluations;
        let found = pages::all(self, operation, of.clone(), None, page, |_: &_| true)?;
        let found = match found {
            Some(found) => Some(found),
            None => self
                .try_ask::<EvaluationsFlatData>(ReadOperation::EvaluationsFlat, &of)?
                .map(|data| data.policy.map(|policy| policy.list).ok_or_else(missing))
                .transpose()?,
        };
        Ok(found.map(|mut found| {
            found.sort_by(|a, b| (b.timestamp, &b.key).cmp(&(a.timestamp, &a.key)));
            found.dedup_by(|a, b| a.key == b.key);
            found
        }))
    }

    fn sample(&self, policy: &str, key: &str) -> Result<Option<Sample>, Error> {
        let variables = json!({ "policy": policy, "key": key });
        let data: Option<SampleData> = self.try_ask(ReadOperation::Sample, &variables)?;
        match data {
            None => Ok(None),
            Some(SampleData { policy: Some(data) }) => Ok(data.sample),
            Some(SampleData { policy: None }) => Err(Error::Missing {
                what: "policy",
                id: policy.to_owned(),
            }),
        }
    }

    fn audit_trail(
        &self,
        since: i64,
        about: Option<&str>,
    ) -> Result<Option<Vec<AuditEntry>>, Error> {
        let page = |data: AuditTrailData| Ok(data.entries);
        let more = |last: &AuditEntry| last.created_at >= since;
        let operation = ReadOperation::AuditTrail;
        let found = pages::all(self, operation, json!({}), Some("createdAt"), page, more)?;
        Ok(found.map(|mut found| {
            found.retain(|entry| {
                entry.created_at >= since && about.is_none_or(|about| entry.is_about(about))
            });
            found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
            found.dedup_by(|a, b| a.id == b.id);
            found
        }))
    }

    fn stacks(&self) -> Result<Option<Vec<Stack>>, Error> {
        let page = |data: StacksData| Ok(data.stacks);
        let operation = ReadOperation::Stacks;
        let found = pages::all(self, operation, json!({}), None, page, |_: &_| true)?;
        let found = match found {
            Some(found) => Some(found),
            None => self
                .try_ask::<StacksFlatData>(ReadOperation::StacksFlat, &json!({}))?
                .map(|data| data.stacks),
        };
        Ok(found.map(|mut stacks| {
            stacks.sort_by(|a, b| a.id.cmp(&b.id));
            stacks.dedup_by(|a, b| a.id == b.id);
            stacks
        }))
    }

    fn module(&self, id: &str) -> Result<Option<Module>, Error> {
        let variables = json!({ "id": id });
        match self.try_ask::<ModuleData>(ReadOperation::Module, &variables) {
            Ok(data) => Ok(data.and_then(|data| data.module)),
            Err(error) if error.says_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn attachments(&self, policy: &str) -> Result<Option<Vec<Attachment>>, Error> {
        let variables = json!({ "policy": policy });
        let data: Option<AttachmentsData> = self.try_ask(ReadOperation::Attachments, &variables)?;
        let Some(data) = data else {
            return Ok(None);
        };
        let policy = data.policy.ok_or_else(|| Error::Missing {
            what: "policy",
            id: policy.to_owned(),
        })?;
        let mut list = policy.list;
        list.sort_by(|a, b| (&a.stack, &a.id).cmp(&(&b.stack, &b.id)));
        Ok(Some(list))
    }

    fn actions(&self) -> Result<Option<Vec<String>>, Error> {
        let data: ActionsData = self.ask(ReadOperation::Actions, &json!({}))?;
        Ok(data.into())
    }

    fn simulate(&self, kind: &PolicyType, body: &str, input: &str) -> Result<Option<Value>, Error> {
        let kind = kind.as_str();
        let variables = json!({ "body": body, "input": input, "type": kind });
        let nested = json!({ "input": variables });
        let result = match self.try_ask::<SimulateData>(ReadOperation::Simulate, &nested)? {
            Some(data) => data.result,
            None => {
                let older = ReadOperation::SimulateFlat;
                match self.try_ask::<SimulateFlatData>(older, &variables)? {
                    Some(data) => data.result,
                    None => return Ok(None),
                }
            }
        };
        self.outputs(&result).map(Some)
    }
}
