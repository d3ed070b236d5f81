//! An answer for people to read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::counts::number;
use super::super::visible::visible;
use super::{Answer, ShownBarrier, ShownPerson, ShownRole, ShownSpace, ShownWay};

/// As many spaces or people of one line are written out.
const SHOWN: usize = 20;

impl Answer {
    /// For people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut out = String::new();
        let ways = match self.ways.len() {
            0 => "in no way".to_owned(),
            count => number(count, "way"),
        };
        let _ = writeln!(out, "{}: {ways}", visible(&self.question));
        if let Some(spaces) = &self.spaces {
            for person in &self.people {
                person.state(&mut out);
            }
            table(&mut out, spaces);
        }
        let mut with_more = false;
        for way in &self.ways {
            if !with_more && way.needs_more() {
                with_more = true;
                out.push_str("\nwith more than that:\n");
            }
            way.tell(&mut out);
        }
        if self.spaces.is_none() && self.looked_at > 0 {
            self.tell_people(&mut out);
        }
        if !self.conditions.is_empty() {
            out.push_str("\nconditions\n");
            for condition in &self.conditions {
                let _ = writeln!(out, "  {}", visible(&condition.words()));
            }
        }
        let roles: Vec<String> = self.roles.iter().filter_map(ShownRole::words).collect();
        if !roles.is_empty() {
            out.push_str("\nroles\n");
            for role in roles {
                let _ = writeln!(out, "  {}", visible(&role));
            }
        }
        out.trim_end().to_owned()
    }

    fn tell_people(&self, out: &mut String) {
        let able = self.people.iter().filter(|person| !person.kept_out).count();
        let _ = writeln!(out, "\npeople: {able} of {} who are known", self.looked_at);
        for person in self
            .people
            .iter()
            .filter(|person| !person.kept_out)
            .take(SHOWN)
        {
            let numbers: Vec<String> = person.ways.iter().map(ToString::to_string).collect();
            let _ = writeln!(out, "  {}  by {}", person.title(), numbers.join(", "));
            for barrier in &person.barriers {
                let _ = writeln!(out, "    {}", visible(&barrier.words()));
            }
        }
        if able > SHOWN {
            let _ = writeln!(
                out,
                "  and {} more; --format json names them all",
                able - SHOWN
            );
        }
        let kept: Vec<&ShownPerson> = self.people.iter().filter(|one| one.kept_out).collect();
        if !kept.is_empty() {
            let _ = writeln!(
                out,
                "kept out, whatever the mapping gives them: {}",
                kept.len()
            );
            for person in kept.into_iter().take(SHOWN) {
                let _ = writeln!(
                    out,
                    "  {}  {}",
                    person.title(),
                    visible(&person.why_kept_out())
                );
            }
        }
    }
}

/// Spaces with what is in effect there.
fn table(out: &mut String, spaces: &[ShownSpace]) {
    let width = spaces
        .iter()
        .map(|one| visible(&one.space).chars().count())
        .max()
        .unwrap_or(0);
    let words = |space: &ShownSpace| {
        if space.read_only_from_below {
            "read only, from below".to_owned()
        } else {
            visible(&space.roles.iter().cloned().collect::<Vec<_>>().join(", ")).into_owned()
        }
    };
    let roles = spaces
        .iter()
        .map(|one| words(one).chars().count())
        .max()
        .unwrap_or(0);
    for space in spaces {
        let numbers: Vec<String> = space.ways.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            out,
            "  {:width$}  {:roles$}  by {}",
            visible(&space.space),
            words(space),
            numbers.join(", ")
        );
    }
}

impl ShownPerson {
    fn title(&self) -> String {
        if self.name == self.login {
            visible(&self.name).into_owned()
        } else {
            format!("{} ({})", visible(&self.name), visible(&self.login))
        }
    }

    fn why_kept_out(&self) -> String {
        let offboarded = self
            .offboarded
            .as_ref()
            .map(|place| format!("offboarded at {place}"));
        let barriers = self
            .barriers
            .iter()
            .filter(|barrier| barrier.unless.is_none());
        let words: Vec<String> = offboarded
            .into_iter()
            .chain(barriers.map(ShownBarrier::words))
            .collect();
        words.join("; ")
    }

    /// What holds of somebody beside ways.
    fn state(&self, out: &mut String) {
        if let Some(because) = self.outside_policy {
            let _ = writeln!(out, "  {}", because.sentence());
        }
        if self.break_glass {
            out.push_str("  a break-glass identity, which no denial touches\n");
        }
        if self.kept_out {
            let why = self.why_kept_out();
            let _ = writeln!(
                out,
                "  kept out, whatever the mapping gives: {}",
                visible(&why)
            );
        }
        for barrier in self
            .barriers
            .iter()
            .filter(|barrier| barrier.unless.is_some())
        {
            let _ = writeln!(out, "  {}", visible(&barrier.words()));
        }
    }
}

impl ShownBarrier {
    fn words(&self) -> String {
        let at = match &self.place {
            Some(place) => format!(" ({place})"),
            None => String::new(),
        };
        let unless = match &self.unless {
            Some(unless) => format!(" unless {unless}"),
            None => String::new(),
        };
        let who = &self.who;
        match self.kind {
            "gate" => format!("gate: lets in {who} only{at}"),
            "denial" => format!("{who}: refused{unless}{at}"),
            _ => format!("{who}: administers neither root nor legacy{unless}{at}"),
        }
    }
}

impl ShownWay {
    fn needs_more(&self) -> bool {
        self.further.iter().any(|fact| !fact.starts_with("not "))
    }

    fn tell(&self, out: &mut String) {
        let indent = " ".repeat(self.number.to_string().len() + 2);
        let _ = writeln!(out, "\n{}  {}", self.number, visible(&self.who));
        let mut line = |text: String| {
            let _ = writeln!(out, "{indent}{}", visible(&text));
        };
        if !self.met_by.is_empty() {
            line(format!("-> {}", self.met_by.join(", ")));
        }
        if !self.further.is_empty() {
            line(format!("who also is: {}", self.further.join(", ")));
        }
        let id = self
            .id
            .as_ref()
            .map(|id| format!(" ({id})"))
            .unwrap_or_default();
        line(format!("-> {} {}{id}", self.kind, self.place));
        for text in self.chain() {
            line(format!("-> {text}"));
        }
        if let Some(because) = self.outside_policy {
            line(because.sentence());
        }
        if let Some(when) = &self.when {
            line(format!("only when {when}"));
        }
        match (&self.starts, &self.ends) {
            (None, None) => {}
            (Some(starts), None) => line(format!("only from {starts} on")),
            (None, Some(ends)) => line(format!("only before {ends}")),
            (Some(starts), Some(ends)) => line(format!("only from {starts} on and before {ends}")),
        }
        for barrier in &self.barriers {
            line(barrier.words());
        }
        if let Some(reason) = &self.reason {
            line(format!("reason: {reason}"));
        }
        if let Some(owner) = &self.owner {
            line(format!("owner: {owner}"));
        }
    }

    /// Role, space, and what that reaches.
    fn chain(&self) -> Vec<String> {
        let Some(role) = &self.role else {
            return vec!["account admin -> everything, everywhere".to_owned()];
        };
        let mut by_place: BTreeMap<String, [Vec<String>; 3]> = BTreeMap::new();
        for reached in &self.spaces {
            let on = match (&reached.chosen_by, &reached.bound_on) {
                (Some(any), _) if any == "*" => "every space but root and legacy".to_owned(),
                (Some(label), _) => format!("every space labelled {label} at login"),
                (None, on) => on.clone().unwrap_or_default(),
            };
            let [itself, below, above] = by_place.entry(on).or_default();
            match reached.how {
                "itself" => itself.push(reached.space.clone()),
                "below" => below.push(reached.space.clone()),
                _ => above.push(format!(
                    "{} (up from {})",
                    reached.space,
                    reached.through.join(", ")
                )),
            }
        }
        let chain = |(on, [itself, below, above]): (String, [Vec<String>; 3])| {
            let mut text = format!("{role} on {on}");
            if itself.as_slice() != [on] && !itself.is_empty() {
                let _ = write!(text, " -> {}", some(&itself));
            }
            if !below.is_empty() {
                let _ = write!(text, " -> below it, {}", some(&below));
            }
            if !above.is_empty() {
                let _ = write!(text, " -> by inheritance, reading {}", some(&above));
            }
            text
        };
        by_place.into_iter().map(chain).collect()
    }
}

/// Some of many.
fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

impl ShownRole {
    /// What a role of the mapping holds. Of a system role everybody can look it up.
    fn words(&self) -> Option<String> {
        match (self.kind, &self.actions) {
            ("system", _) => None,
            (_, Some(actions)) => Some(format!("{}: {}", self.slug, actions.join(", "))),
            (_, None) => Some(format!(
                "{}: any action, as far as the mapping knows",
                self.slug
            )),
        }
    }
}
