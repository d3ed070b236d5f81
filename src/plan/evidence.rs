//! What a plan was made of, part by part, so that a later reading can say what moved.
//!
//! A part is a list of named things, each with its value: short ones as they are, long ones as a digest. Two readings of the
//! same are equal; what differs is named.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::policy::hex;
use crate::spacelift::{Error, Policy, PolicyType, ReadAccount, Role, Space, Stack};

use super::access::{Asked, LivePolicy};
use super::live::Live;
use super::{ACCESS_SPACE, Desired, Guard, Plan, Refusal, escaped, quoted};

/// How many things of one part are named; the rest are counted.
const NAMED: usize = 5;

/// How much of a value is shown, in characters.
const SHOWN: usize = 60;

macro_rules! parts {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $about:literal;)+) => {
        /// A part of what a plan was made of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Part {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)+
        }

        impl Part {
            /// Every part.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// What it is called in a plan's file.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What it is called in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

parts! {
    /// The mapping's files, with what they include and their fixtures.
    Mapping = "mapping", "the mapping";
    /// Who there is, and in which groups.
    Directory = "directory", "the directory snapshot";
    /// Recorded inputs, and whether their key was there.
    Samples = "samples", "the recorded inputs";
    /// The text that the mapping renders to.
    Rendered = "rendered", "the rendered policy";
    /// Every login that is decided by the old and the new policy.
    Logins = "logins", "the logins to compare by";
    /// What the account is called.
    Account = "account", "the account";
    /// How the account decides about access.
    Strategy = "strategy", "the account's strategy";
    /// The login policy of our name: its text and everything about it.
    Live = "live", "the live login policy";
    /// Every other login policy.
    Others = "others", "the other login policies";
    /// Access policies, and what they are attached to.
    Access = "access", "the access policies";
    /// The stacks and modules on which access policies work, as far as they are told apart.
    Stacks = "stacks", "the stacks";
    /// The account's spaces, with their parents, inheritance and labels.
    Spaces = "spaces", "the spaces";
    /// The account's roles: slugs, names and actions.
    Roles = "roles", "the roles";
    /// What a plan would do; it follows from the others.
    Changes = "changes", "what is to change";
    /// For whom; it follows from the others.
    Effects = "effects", "who gains or loses what";
}

impl Part {
    /// Whether it follows from the other parts, and differs alone only between two releases.
    fn follows(self) -> bool {
        matches!(self, Self::Changes | Self::Effects)
    }
}

/// Every part, by the names of the things in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(BTreeMap<Part, BTreeMap<String, String>>);

/// A part that is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Which.
    pub part: Part,
    /// Each thing of it that differs: its name, what it was and what it is; nothing where it was not or is not there.
    pub things: Vec<(String, Option<String>, Option<String>)>,
}

/// `sha256:` and the digest of some bytes, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

impl Evidence {
    /// Adds a part, in the place of an earlier one.
    pub fn put(
        &mut self,
        part: Part,
        things: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) {
        let things = things
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        self.0.insert(part, things);
    }

    /// A part's things, by name.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<&BTreeMap<String, String>> {
        self.0.get(&part)
    }

    /// Whatever is not the same in a later reading. What follows from other parts is named only where it differs alone.
    #[must_use]
    pub fn moved(&self, later: &Self) -> Vec<Moved> {
        let none = BTreeMap::new();
        let mut moved = Vec::new();
        for part in Part::ALL {
            let was = self.0.get(part).unwrap_or(&none);
            let is = later.0.get(part).unwrap_or(&none);
            let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            let things: Vec<_> = names
                .into_iter()
                .filter(|name| was.get(*name) != is.get(*name))
                .map(|name| (name.clone(), was.get(name).cloned(), is.get(name).cloned()))
                .collect();
            let is_told = !part.follows() || moved.is_empty();
            if is_told && !things.is_empty() {
                moved.push(Moved {
                    part: *part,
                    things,
                });
            }
        }
        moved
    }
}

impl Moved {
    /// Why a push is refused for it.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let told = match self.part {
            // Its things come and go together.
            Part::Live if self.things.iter().all(|(_, was, _)| was.is_none()) => {
                "there was none".to_string()
            }
            Part::Live if self.things.iter().all(|(_, _, is)| is.is_none()) => {
                "it is gone".to_string()
            }
            _ => self.told(),
        };
        let help = if self.part.follows() {
            "the file was made by another release of liftgate, or by other options; plan again"
        } else {
            "plan again, and have the new plan reviewed"
        };
        Refusal {
            code: Guard::Moved,
            message: format!(
                "{} moved since the plan was made: {}",
                self.part.about(),
                told
            ),
            help: help.to_string(),
        }
    }

    fn told(&self) -> String {
        let mut told: Vec<String> = self.things.iter().take(NAMED).map(told).collect();
        if self.things.len() > NAMED {
            told.push(format!("and {} more", self.things.len() - NAMED));
        }
        told.join("; ")
    }
}

fn told((name, was, is): &(String, Option<String>, Option<String>)) -> String {
    let name = quoted(name);
    match (was, is) {
        (None, Some(is)) => format!("{name} came, {}", shortened(is)),
        (Some(was), None) => format!("{name} went, it was {}", shortened(was)),
        (Some(was), Some(is)) => {
            format!("{name} was {}, is {}", shortened(was), shortened(is))
        }
        (None, None) => name,
    }
}

fn shortened(value: &str) -> String {
    if value.is_empty() {
        return "nothing".to_string();
    }
    let value = escaped(&value.replace(['\n', '\t'], " "));
    if let Some(hexadecimal) = value.strip_prefix("sha256:") {
        return format!(
            "sha256:{}…",
            hexadecimal.chars().take(12).collect::<String>()
        );
    }
    if value.chars().count() <= SHOWN {
        return value;
    }
    format!("{}…", value.chars().take(SHOWN).collect::<String>())
}

/// What a plan is made of, as far as it is asked for and read from the account.
pub(super) fn of(desired: &Desired, live: &Live) -> Evidence {
    let mut evidence = account(live);
    let text = ("text".to_string(), digest(desired.text.as_bytes()));
    let access = desired.access.iter().map(|compiled| {
        let text = digest(compiled.text.as_bytes());
        (format!("access policy {}", compiled.policy.name()), text)
    });
    evidence.put(Part::Rendered, std::iter::once(text).chain(access));
    evidence.put(Part::Logins, logins(desired));
    evidence
}

/// What is read from the account.
fn account(live: &Live) -> Evidence {
    let mut evidence = Evidence::default();
    evidence.put(Part::Account, [("name", live.account.name.as_str())]);
    let strategy = live.account.scheme.as_ref();
    evidence.put(
        Part::Strategy,
        strategy.map(|scheme| ("decides by", scheme.as_str())),
    );
    let ours = live.ours.as_ref().map(|(policy, _)| policy);
    evidence.put(Part::Live, ours.into_iter().flat_map(whole));
    let others = live
        .others
        .iter()
        .chain(&live.accepted)
        .chain(&live.namesake);
    evidence.put(Part::Others, others.map(other));
    if let Some(known) = &live.access {
        evidence.put(Part::Access, known.policies.iter().map(access));
        let stacks = known.stacks.iter().flatten();
        let stacks = stacks.filter(|one| one.space == ACCESS_SPACE).map(stack);
        evidence.put(Part::Stacks, stacks);
    }
    evidence.put(Part::Spaces, live.spaces.iter().map(space));
    evidence.put(Part::Roles, live.roles.iter().flatten().map(role));
    evidence
}

/// What of the account is no longer as a plan was made for.
///
/// # Errors
/// When the account cannot be read.
pub(crate) fn moved(plan: &Plan, reader: &dyn ReadAccount) -> Result<Vec<Refusal>, Error> {
    let accepts = plan.accepted.iter().map(|one| one.name.clone()).collect();
    let asked = Asked {
        has_entries: plan.evidence.part(Part::Access).is_some(),
        modules: BTreeSet::new(),
    };
    let now = account(&super::live::read(reader, &accepts, &asked)?);
    let then = now.0.keys().map(|part| {
        let things = plan.evidence.part(*part).cloned();
        (*part, things.unwrap_or_default())
    });
    let moved = Evidence(then.collect()).moved(&now);
    Ok(moved.iter().map(Moved::refusal).collect())
}

/// What of some roles is no longer as a plan was made for.
pub(crate) fn roles_moved(plan: &Plan, roles: &[Role]) -> Vec<Refusal> {
    let then = plan.evidence.part(Part::Roles).cloned();
    let mut evidence = Evidence::default();
    evidence.put(Part::Roles, roles.iter().map(role));
    let then = Evidence(BTreeMap::from([(Part::Roles, then.unwrap_or_default())]));
    then.moved(&evidence).iter().map(Moved::refusal).collect()
}

/// Whether the login policy is no longer as a plan was made for.
///
/// # Errors
/// When the account cannot be read.
pub(crate) fn login_moved(plan: &Plan, reader: &dyn ReadAccount) -> Result<bool, Error> {
    let policies = reader.policies()?;
    let now = super::live::ours(&policies).into_iter().flat_map(whole);
    let then = plan.evidence.part(Part::Live).cloned();
    Ok(now.collect::<BTreeMap<_, _>>() != then.unwrap_or_default())
}

impl Plan {
    /// The plan's evidence, with what follows from it.
    #[must_use]
    pub fn whole_evidence(&self) -> Evidence {
        let mut evidence = self.evidence.clone();
        let of = |value: Result<Vec<u8>, serde_json::Error>| digest(&value.unwrap_or_default());
        evidence.put(
            Part::Changes,
            [("changes", of(serde_json::to_vec(&self.changes)))],
        );
        evidence.put(
            Part::Effects,
            [
                ("effects", of(serde_json::to_vec(&self.effects))),
                ("unknown", of(serde_json::to_vec(&self.unknown_effects))),
            ],
        );
        evidence
    }
}

/// One digest for each source of logins and for each kind, rather than one for each of perhaps 100,000 people.
fn logins(desired: &Desired) -> Vec<(String, String)> {
    let mut hasher = Sha256::new();
    for probe in &desired.probes {
        // With a mark between them, so that two lists never make the same bytes.
        for text in [&probe.name, &probe.identity, &probe.input.to_string()] {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text.as_bytes());
        }
    }
    let all = format!("sha256:{}", hex(&hasher.finalize()));
    vec![
        ("all of them".to_string(), all),
        ("count".to_string(), desired.probes.len().to_string()),
    ]
}

fn whole(policy: &Policy) -> Vec<(String, String)> {
    let text = |value: Option<&str>| value.unwrap_or("nothing").to_string();
    vec![
        ("id".to_string(), policy.id.clone()),
        ("name".to_string(), policy.name.clone()),
        ("text".to_string(), digest(policy.body.as_bytes())),
        (
            "engine".to_string(),
            text(policy.engine.as_ref().map(|engine| engine.as_str())),
        ),
        ("labels".to_string(), policy.labels.join(", ")),
        (
            "description".to_string(),
            text(policy.description.as_deref()),
        ),
        ("space".to_string(), text(policy.space.as_deref())),
        ("last changed".to_string(), instant(policy.updated_at)),
    ]
}

fn other(policy: &Policy) -> (String, String) {
    let kind = match &policy.kind {
        PolicyType::Login => String::new(),
        kind => format!("of type {}, ", kind.as_str()),
    };
    let text = digest(policy.body.as_bytes());
    let text: String = text.chars().take("sha256:".len() + 12).collect();
    let about = format!(
        "{kind}id {}, text {text}, last changed {}",
        policy.id,
        instant(policy.updated_at)
    );
    // Names are said to be unique; were they not, the id still is.
    (format!("{} ({})", policy.name, policy.id), about)
}

fn access(one: &LivePolicy) -> (String, String) {
    let (name, about) = other(&one.policy);
    let labels = one.policy.labels.join(", ");
    let attached = one.attachments.iter().flatten();
    let mut hasher = Sha256::new();
    for attached in attached.clone() {
        for text in [&attached.id, &attached.stack] {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text.as_bytes());
        }
    }
    let which = hex(&hasher.finalize());
    let which: String = which.chars().take(12).collect();
    let about = format!(
        "{about}, labels {labels}, attached to {} ({which})",
        attached.count()
    );
    (name, about)
}

/// What it is doing and who locked it comes and goes, and no plan is about that.
fn stack(stack: &Stack) -> (String, String) {
    let mut stack = stack.clone();
    stack.state.clear();
    stack.locked_by = None;
    let whole = serde_json::to_vec(&stack).unwrap_or_default();
    let about = format!(
        "labels {}, branch {}, all of it {}",
        stack.labels.join(", "),
        stack.branch,
        digest(&whole)
    );
    (stack.id, about)
}

fn space(space: &Space) -> (String, String) {
    let parent = space.parent.as_deref().unwrap_or("nothing");
    let about = format!(
        "under {parent}, inheritance {}, labels {}",
        space.inherit,
        space.labels.join(", ")
    );
    (space.id.clone(), about)
}

fn role(role: &Role) -> (String, String) {
    let system = if role.system { "built in, " } else { "" };
    let about = format!(
        "{system}{} ({}): {}",
        role.name,
        role.id,
        role.actions.join(", ")
    );
    (role.slug.clone(), about)
}

/// Unix seconds as a time in UTC.
fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}
