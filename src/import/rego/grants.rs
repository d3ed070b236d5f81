//! Roles on spaces, and teams.

use std::collections::BTreeSet;

use super::body::{Asked, Said, Unknown};
use super::subjects::Side;
use super::tree::{Rule, Term};
use super::{ByTeam, Reading, subjects};
use crate::import::names::is_name;
use crate::import::{Grant, Role, Section, Space, Teams};
use crate::model::{BUILT_IN_ROLES, FIXED_SPACES};
use crate::report::visible::visible;

/// On which spaces.
enum Place {
    Id(String),
    Label(String),
    Every,
}

impl Reading<'_> {
    pub(super) fn grant(&mut self, rule: &Rule) -> Result<(), Unknown> {
        if !self.conditions.is_open {
            return Err(
                "no rule that was understood lets in whoever this would give a role".to_string(),
            );
        }
        let mut grants: Vec<(Place, String, Grant)> = Vec::new();
        let mut by_name = false;
        for way in self.rules.ways(rule, 0)? {
            let (place, slug) = match (rule.name.as_str(), rule.path.as_slice(), &rule.member) {
                ("roles", [place], Some(slug)) => (place, self.rules.said(slug, &way, 0)?),
                ("roles", [place, slug], None)
                    if rule
                        .value
                        .as_ref()
                        .is_none_or(|value| *value == Term::Flag(true)) =>
                {
                    (place, self.rules.said(slug, &way, 0)?)
                }
                ("space_admin", [], Some(place)) => (place, Said::Text("space-admin".to_string())),
                ("space_write", [], Some(place)) => (place, Said::Text("space-writer".to_string())),
                ("space_read", [], Some(place)) => (place, Said::Text("space-reader".to_string())),
                _ => {
                    return Err(
                        "it is not laid out as Spacelift's documentation lays it out".to_string(),
                    );
                }
            };
            let Said::Text(slug) = slug else {
                return Err("which role it gives is not written out".to_string());
            };
            if !is_name(&slug) {
                return Err("the slug of its role cannot be a name".to_string());
            }
            by_name |= way
                .space
                .as_ref()
                .is_some_and(|asked| !asked.names.is_empty());
            let places = match (self.rules.said(place, &way, 0)?, &way.space) {
                (Said::Text(id), None) => vec![Place::Id(id)],
                (Said::Space, Some(asked)) => self.places(asked)?,
                _ => return Err("on which space it gives a role is not written out".to_string()),
            };
            for case in way.whole()?.0 {
                self.conditions.can_say(&case, Side::Granted)?;
                let Some(who) = self.conditions.holders(&case) else {
                    continue;
                };
                let excludes = case
                    .iter()
                    .any(|(holds, atom)| !holds && matches!(atom, super::logic::Atom::Group(_)));
                self.found.login.no_groups_known |= excludes;
                let when = self.conditions.when(&case);
                for place in &places {
                    let mut grant = Grant::new(who.clone(), &slug, "");
                    grant.spaces.clear();
                    grant.when.clone_from(&when);
                    let place = match place {
                        Place::Id(id) => Place::Id(id.clone()),
                        Place::Label(label) => Place::Label(label.clone()),
                        Place::Every => Place::Every,
                    };
                    grants.push((place, slug.clone(), grant));
                }
            }
        }
        for (place, slug, _) in &grants {
            self.can_put(place, slug)?;
        }
        if by_name {
            self.found.unseen("which spaces will be called what: the old policy asks for names of spaces, and the mapping says the ids that have them now; `compare` knows no names, and shows what hangs on them as differing");
        }
        for (place, slug, grant) in grants {
            self.put(&place, &slug, grant);
        }
        Ok(())
    }

    /// Whether there is what a grant would name, as far as that is known, and whether the language takes it.
    fn can_put(&self, place: &Place, slug: &str) -> Result<(), Unknown> {
        let role = self.found.roles.get(slug);
        if self.known.roles && role.is_none() && !BUILT_IN_ROLES.contains(&slug) {
            return Err(format!(
                "the account has no role `{}`, or it was not seen",
                visible(slug)
            ));
        }
        match place {
            Place::Id(id) if !is_name(id) => {
                Err("the id of its space cannot be a name".to_string())
            }
            Place::Id(id)
                if self.known.spaces
                    && !FIXED_SPACES.contains(&id.as_str())
                    && !self.found.spaces.contains_key(id) =>
            {
                Err(format!(
                    "the account has no space `{}`, or it was not seen",
                    visible(id)
                ))
            }
            Place::Label(_) => {
                let actions = role.and_then(|role| role.actions.as_ref());
                let is_plain = ["space-reader", "space-writer"].contains(&slug)
                    || actions.is_some_and(|actions| !actions.contains("space:admin"));
                if is_plain {
                    Ok(())
                } else {
                    Err("a role that may administer, or that is not known here, cannot be given by a label".to_string())
                }
            }
            Place::Id(_) | Place::Every => Ok(()),
        }
    }

    fn places(&self, asked: &Asked) -> Result<Vec<Place>, Unknown> {
        let by_name = asked.names.iter().map(|name| {
            let all = self.found.spaces.iter().chain(&self.known.fixed);
            let named = all.filter(|(_, space)| space.name == *name);
            let ids: Vec<Place> = named.map(|(id, _)| Place::Id(id.clone())).collect();
            if ids.is_empty() {
                Err(if self.known.spaces {
                    format!(
                        "the account has no space that is called `{}`",
                        visible(name)
                    )
                } else {
                    "which space has the name is not known without the account".to_string()
                })
            } else {
                Ok(ids)
            }
        });
        let mut places: Vec<Place> = by_name
            .collect::<Result<Vec<_>, Unknown>>()?
            .into_iter()
            .flatten()
            .collect();
        places.extend(asked.ids.iter().cloned().map(Place::Id));
        let labels: Vec<&String> = asked.labels.iter().collect();
        match (places.is_empty(), labels.as_slice()) {
            (true, []) => Ok(vec![Place::Every]),
            (true, [label]) => Ok(vec![Place::Label((*label).clone())]),
            (false, []) => Ok(places),
            _ => Err("it asks more of the space than one thing".to_string()),
        }
    }

    fn put(&mut self, place: &Place, slug: &str, grant: Grant) {
        if !BUILT_IN_ROLES.contains(&slug) && !self.found.roles.contains_key(slug) {
            let role = Role {
                name: slug.to_string(),
                actions: None,
            };
            self.found.roles.insert(slug.to_string(), role);
        }
        let remark = "As the old policy gives them; to it an API key is a session like any other.";
        if self
            .found
            .grants
            .iter()
            .all(|section| section.remark != remark)
        {
            self.found.grants.push(Section {
                remark: remark.to_string(),
                ..Section::default()
            });
        }
        match place {
            Place::Id(id) => {
                if !FIXED_SPACES.contains(&id.as_str()) && !self.found.spaces.contains_key(id) {
                    let space = Space {
                        name: id.clone(),
                        parent: "root".to_string(),
                        ..Space::default()
                    };
                    self.found.spaces.insert(id.clone(), space);
                    self.found.unseen("where spaces lie, whether they inherit, and their labels: a policy does not say it, so each is written below `root`");
                }
                self.add(
                    remark,
                    Grant {
                        spaces: BTreeSet::from([id.clone()]),
                        ..grant
                    },
                );
            }
            Place::Label(label) => {
                if !self.known.spaces
                    || self
                        .known
                        .fixed
                        .values()
                        .any(|space| space.labels.contains(label))
                {
                    self.found
                        .left("labels of `root` and `legacy`: here they are never asked for");
                }
                self.add(
                    remark,
                    Grant {
                        labels: BTreeSet::from([label.clone()]),
                        ..grant
                    },
                );
            }
            Place::Every => {
                // The old policy goes through all of them, and the two that are in every account are not among `*`.
                for spaces in [vec!["*"], vec!["legacy", "root"]] {
                    let spaces = spaces.into_iter().map(str::to_string).collect();
                    self.add(
                        remark,
                        Grant {
                            spaces,
                            ..grant.clone()
                        },
                    );
                }
            }
        }
    }

    fn add(&mut self, remark: &str, grant: Grant) {
        let section = self
            .found
            .grants
            .iter_mut()
            .find(|section| section.remark == remark);
        if let Some(section) = section {
            section.grants.push(grant);
        }
    }

    pub(super) fn team(&mut self, rule: &Rule) -> Result<(), Unknown> {
        let Some(member) = &rule.member else {
            return Err("it is not laid out as Spacelift's documentation lays it out".to_string());
        };
        let ways = self.rules.ways(rule, 0)?;
        if let [way] = ways.as_slice()
            && self.rules.copies_teams(member, way)
        {
            self.found.teams.get_or_insert_default().keep = true;
            return Ok(());
        }
        let mut add = ByTeam::new();
        for way in ways {
            let Said::Text(team) = self.rules.said(member, &way, 0)? else {
                return Err("which team it gives is not written out".to_string());
            };
            for case in way.whole()?.0 {
                self.conditions.can_say(&case, Side::Granted)?;
                let Some(who) = self.conditions.holders(&case) else {
                    continue;
                };
                let when = self.conditions.when(&case);
                match add.get_mut(&team) {
                    None => drop(add.insert(team.clone(), (who, when))),
                    Some((known, known_when)) if *known_when == when => {
                        *known = subjects::any(vec![known.clone(), who]);
                    }
                    Some(_) => {
                        return Err(
                            "one team for several under different conditions cannot be said"
                                .to_string(),
                        );
                    }
                }
            }
        }
        if add.is_empty() {
            return Ok(());
        }
        let teams = self.found.teams.get_or_insert_with(Teams::default);
        if add
            .keys()
            .any(|team| teams.add.contains_key(team) || !is_name(team))
        {
            return Err("a team that several rules give cannot be said".to_string());
        }
        teams.add.extend(add);
        Ok(())
    }
}
