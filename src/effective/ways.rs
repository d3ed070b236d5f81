//! The ways in which something can be done: every entry that gives it, with what must hold.

use std::collections::{BTreeMap, BTreeSet};

use super::barrier::{Barrier, Barriers};
use super::{READ, Reach, Tree, actions_of};
use crate::model::{Because, FIXED_SPACES, Model, Origin, SlackChannel, Subject, Test};
use crate::source::Span;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Any of these actions, as the mapping spells them.
    Actions(BTreeSet<String>),
    /// Any of these roles, by slug.
    Roles(BTreeSet<String>),
    /// Anything at all.
    Anything,
}

/// A question about effective access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What.
    pub what: What,
    /// On any of these spaces; on any at all where none is named.
    pub spaces: Option<BTreeSet<String>>,
    /// When, in nanoseconds since 1970 UTC: what is not in force then is no way. Nothing leaves dates to the answer.
    pub at: Option<i64>,
}

/// What gives access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'m> {
    /// A grant, by id, and what made it one.
    Grant(&'m str, &'m Origin),
    /// An entry of `login.admin`, by id.
    Admin(&'m str),
    /// An entry of `login.slack`.
    Slack,
    /// Spacelift itself, which does not ask the policy.
    Outside(Because),
}

/// Whom a way is open to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom<'m> {
    /// Sessions that a subject means.
    Subject(&'m Subject),
    /// Requests from a channel.
    Channel(&'m SlackChannel),
    /// A login.
    Login(&'m str),
}

/// Where a role is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound<'m> {
    /// Everywhere: an account admin's.
    Account,
    /// On a space.
    Space(&'m str),
    /// On every space but root and legacy, as one of them.
    Every(&'m str),
    /// On every space with a label at login, as one of them.
    Label(&'m str, &'m str),
}

/// A space on which a way serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached<'m> {
    /// The space.
    pub space: &'m str,
    /// Where the role is bound that serves there.
    pub on: Bound<'m>,
    /// How it comes from there.
    pub reach: Reach<'m>,
}

/// A way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way<'m> {
    /// What gives it.
    pub by: By<'m>,
    /// Where that is written.
    pub span: Span,
    /// To whom.
    pub who: Whom<'m>,
    /// The role; none for an account admin.
    pub role: Option<&'m str>,
    /// The spaces asked about on which it serves, each once.
    pub spaces: Vec<Reached<'m>>,
    /// Under which conditions.
    pub when: Option<&'m Test>,
    /// From when on, in nanoseconds since 1970 UTC.
    pub starts: Option<i64>,
    /// Until when.
    pub ends: Option<i64>,
    /// What stands in the way of some of those whom it is for.
    pub barriers: Vec<Barrier<'m>>,
}

impl Way<'_> {
    /// What it lets somebody do on a space that it reaches in such a way; nothing where that may be anything.
    #[must_use]
    pub fn actions(&self, model: &Model, reach: &Reach<'_>) -> Option<BTreeSet<String>> {
        match (self.role, reach) {
            (_, Reach::Above(_)) => Some(BTreeSet::from([READ.to_owned()])),
            (None, _) => None,
            (Some(role), _) => actions_of(model, role),
        }
    }

    /// Whether it could rewrite the policy, so that what takes administrative rights away takes it.
    pub(super) fn is_administrative(&self, model: &Model) -> bool {
        let fixed = |reached: &Reached<'_>| match reached.on {
            Bound::Account => true,
            Bound::Space(space) => FIXED_SPACES.contains(&space),
            Bound::Every(_) | Bound::Label(..) => false,
        };
        self.role.is_none_or(|slug| model.is_administrative(slug)) && self.spaces.iter().any(fixed)
    }
}

/// Every way in which something can be done, account admins first, then by place.
#[must_use]
pub fn ways<'m>(model: &'m Model, question: &Question) -> Vec<Way<'m>> {
    let asked = Asked {
        model,
        question,
        tree: Tree::of(model),
        from: BTreeMap::new(),
    };
    asked.ways()
}

struct Asked<'m, 'q> {
    model: &'m Model,
    question: &'q Question,
    tree: Tree<'m>,
    /// Space a role is bound on -> spaces asked about that it reaches.
    from: BTreeMap<&'m str, Vec<(&'m str, Reach<'m>)>>,
}

impl<'m> Asked<'m, '_> {
    fn ways(mut self) -> Vec<Way<'m>> {
        let model = self.model;
        let mut ways: Vec<Way<'m>> = Vec::new();
        for (login, outside) in &model.outside_policy {
            let by = By::Outside(outside.because);
            ways.extend(self.everything(by, Whom::Login(login), outside.span));
        }
        for (id, entry) in &model.login.admin {
            let way = self.everything(By::Admin(id), Whom::Subject(&entry.who), entry.span);
            ways.extend(way.map(|way| Way {
                when: entry.when.as_ref(),
                ..way
            }));
        }
        for (id, grant) in &model.grants {
            if !self.is_in_force(grant.starts, grant.ends) {
                continue;
            }
            for role in &grant.roles {
                let mut bound: Vec<Bound<'m>> = Vec::new();
                for space in &grant.spaces {
                    match space.as_str() {
                        "*" => bound.extend(self.every().map(Bound::Every)),
                        space => bound.push(Bound::Space(space)),
                    }
                }
                for label in &grant.labels {
                    bound.extend(self.labelled(label).map(|space| Bound::Label(space, label)));
                }
                let by = By::Grant(id, &grant.origin);
                let way = self.role_way(by, Whom::Subject(&grant.who), grant.span, role, &bound);
                ways.extend(way.into_iter().map(|way| Way {
                    when: grant.when.as_ref(),
                    starts: grant.starts,
                    ends: grant.ends,
                    ..way
                }));
            }
        }
        for (channel, entry) in &model.login.slack {
            let mut by_role: BTreeMap<&str, Vec<Bound<'m>>> = BTreeMap::new();
            for (space, slugs) in &entry.roles {
                for slug in slugs {
                    let bound = by_role.entry(slug).or_default();
                    bound.push(Bound::Space(space));
                }
            }
            for (role, bound) in by_role {
                let whom = Whom::Channel(channel);
                ways.extend(self.role_way(By::Slack, whom, entry.span, role, &bound));
            }
        }
        let barriers = Barriers::of(model);
        for way in &mut ways {
            way.barriers = barriers.before(way);
        }
        ways.sort_by(|a, b| order(a).cmp(&order(b)));
        ways
    }

    fn is_in_force(&self, starts: Option<i64>, ends: Option<i64>) -> bool {
        self.question.at.is_none_or(|at| {
            starts.is_none_or(|starts| starts <= at) && ends.is_none_or(|ends| at < ends)
        })
    }

    fn every(&self) -> impl Iterator<Item = &'m str> + use<'m> {
        let ids = self.model.spaces.keys().map(String::as_str);
        ids.filter(|id| !FIXED_SPACES.contains(id))
    }

    fn labelled<'l>(&self, label: &'l str) -> impl Iterator<Item = &'m str> + use<'m, 'l> {
        let model = self.model;
        self.every().filter(move |id| {
            model
                .spaces
                .get(*id)
                .is_some_and(|space| space.labels.contains(label))
        })
    }

    fn is_asked_about(&self, space: &str) -> bool {
        let spaces = self.question.spaces.as_ref();
        spaces.is_none_or(|spaces| spaces.contains(space))
    }

    /// A way to everything everywhere, where a space is asked about at all.
    fn everything(&self, by: By<'m>, who: Whom<'m>, span: Span) -> Option<Way<'m>> {
        let spaces: Vec<Reached<'m>> = self
            .model
            .spaces
            .keys()
            .filter(|space| self.is_asked_about(space))
            .map(|space| Reached {
                space,
                on: Bound::Account,
                reach: if space == "root" {
                    Reach::Itself
                } else {
                    Reach::Below
                },
            })
            .collect();
        (!spaces.is_empty()).then_some(Way {
            by,
            span,
            who,
            role: None,
            spaces,
            when: None,
            starts: None,
            ends: None,
            barriers: Vec::new(),
        })
    }

    fn role_way(
        &mut self,
        by: By<'m>,
        who: Whom<'m>,
        span: Span,
        role: &'m str,
        bound: &[Bound<'m>],
    ) -> Option<Way<'m>> {
        let (serves, reads) = self.gives(role);
        if !serves && !reads {
            return None;
        }
        let mut best: BTreeMap<&'m str, Reached<'m>> = BTreeMap::new();
        for on in bound {
            let (Bound::Space(space) | Bound::Every(space) | Bound::Label(space, _)) = *on else {
                continue;
            };
            for (space, reach) in self.reached(space) {
                let counts = match reach {
                    Reach::Itself | Reach::Below => serves,
                    Reach::Above(_) => reads,
                };
                let better = |known: &Reached<'_>| rank(&reach) < rank(&known.reach);
                if counts && best.get(space).is_none_or(better) {
                    best.insert(
                        space,
                        Reached {
                            space,
                            on: *on,
                            reach,
                        },
                    );
                }
            }
        }
        (!best.is_empty()).then(|| Way {
            by,
            span,
            who,
            role: Some(role),
            spaces: best.into_values().collect(),
            when: None,
            starts: None,
            ends: None,
            barriers: Vec::new(),
        })
    }

    /// Whether a role gives what is asked for where it is in effect, and whether it does where it lets somebody read.
    fn gives(&self, role: &str) -> (bool, bool) {
        match &self.question.what {
            What::Actions(actions) => (
                actions.iter().any(|action| self.model.may(role, action)),
                actions.contains(READ),
            ),
            What::Roles(roles) => (roles.contains(role), false),
            What::Anything => (true, true),
        }
    }

    fn reached(&mut self, bound_on: &'m str) -> Vec<(&'m str, Reach<'m>)> {
        if let Some(known) = self.from.get(bound_on) {
            return known.clone();
        }
        let mut reached = self.tree.reached(bound_on);
        reached.retain(|(space, _)| self.is_asked_about(space));
        self.from.insert(bound_on, reached.clone());
        reached
    }
}

/// The nearest way to a space says it best.
fn rank(reach: &Reach<'_>) -> u8 {
    match reach {
        Reach::Itself => 0,
        Reach::Below => 1,
        Reach::Above(_) => 2,
    }
}

fn order<'w>(way: &'w Way<'_>) -> impl Ord + use<'w> {
    let kind: u8 = match way.by {
        By::Outside(_) => 0,
        By::Admin(_) => 1,
        By::Grant(..) => 2,
        By::Slack => 3,
    };
    let id = match way.by {
        By::Grant(id, _) | By::Admin(id) => id,
        By::Slack | By::Outside(_) => "",
    };
    (kind, way.span.file, way.span.start, id, way.role)
}
