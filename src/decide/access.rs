//! What `stack_access` means for one input, by reading the model.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::agreement::Disagreement;
use super::facts::Facts;
use super::subject::{Asked, fits};
use super::truth::Truth;
use crate::evaluate::access::{Access, Because};
use crate::model::stacks::{
    Attribute, Kind, Of, Rule, StackDenial, StackGrant, StackSubject, StackTest, Value as Wanted,
};
use crate::model::{Model, Sample, StackAccess, Subject};

impl Model {
    /// Decides an input of an access policy as the language's pages say.
    #[must_use]
    pub fn access(&self, entry: &StackAccess, input: &Value) -> Access {
        let asked = Asked {
            model: self,
            facts: Facts::read(input, self.login.no_groups).or_anybody(),
        };
        asked.access(entry)
    }
}

impl Access {
    /// Holds a decision of the policy's text against this one: what is decided, and which entries led there.
    ///
    /// # Errors
    /// When they differ in anything.
    pub fn agrees_with(&self, text: &Self) -> Result<(), Disagreement> {
        if self == text {
            return Ok(());
        }
        Err(Disagreement {
            meant: super::agreement::json(self),
            decided: super::agreement::json(text),
        })
    }
}

/// What an attribute says.
enum Said<'a> {
    /// It cannot be known.
    Unknown,
    /// Nothing: the stack or module is without it.
    Nothing,
    /// This, which is of the attribute's kind but for the elements of a list.
    This(&'a Value),
}

impl Asked<'_> {
    fn access(&self, entry: &StackAccess) -> Access {
        let mut because = Because {
            read: self.granting(&entry.read),
            write: self.granting(&entry.write),
            deny: self.refusing(&entry.deny),
            deny_write: self.refusing(&entry.deny_write),
        };
        for (label, said) in &entry.by_label {
            let who = Subject::Group(said.group.clone());
            let on = self.stack_says(Attribute::Labels, &Wanted::Text(label.clone()));
            let (applies, ids) = match said.rule {
                Rule::Read => (self.is_granted(&who, on), &mut because.read),
                Rule::Write => (self.is_granted(&who, on), &mut because.write),
                Rule::Deny => (self.is_refused(&who, on), &mut because.deny),
                Rule::DenyWrite => (self.is_refused(&who, on), &mut because.deny_write),
            };
            if applies {
                ids.insert(format!("label {label}"));
            }
        }
        let write = !because.write.is_empty();
        // Who may write may read, also while writing is denied.
        let read = write || !because.read.is_empty();
        let deny = !because.deny.is_empty();
        Access {
            read,
            write,
            deny,
            deny_write: !because.deny_write.is_empty(),
            sample: match self.model.sample {
                Sample::None => false,
                Sample::Denied => deny || !read,
                Sample::All => true,
            },
            because,
        }
    }

    fn granting(&self, entries: &BTreeMap<String, StackGrant>) -> BTreeSet<String> {
        let applies = |entry: &StackGrant| {
            let when = entry.when.as_ref().map(|test| self.passes(test));
            let on = entry.stack.as_ref().map(|on| self.is_on(on));
            let rest = Truth::all(when.into_iter().chain(on));
            match &entry.who {
                StackSubject::Session(who) => self.is_granted(who, rest),
                StackSubject::Slack(channel) => {
                    rest.is_sure() && self.facts.channel.as_ref() == Some(channel)
                }
            }
        };
        let given = entries.iter().filter(|(_, entry)| applies(entry));
        given.map(|(id, _)| id.clone()).collect()
    }

    fn refusing(&self, entries: &BTreeMap<String, StackDenial>) -> BTreeSet<String> {
        let applies = |entry: &StackDenial| {
            let lifted = entry.unless.as_ref().map(|test| !self.passes(test));
            let on = entry.stack.as_ref().map(|on| self.is_on(on));
            let rest = Truth::all(lifted.into_iter().chain(on));
            match &entry.who {
                StackSubject::Session(who) => self.is_refused(who, rest),
                StackSubject::Slack(channel) => {
                    rest.is_possible() && self.facts.channel.as_ref() == Some(channel)
                }
            }
        };
        let taken = entries.iter().filter(|(_, entry)| applies(entry));
        taken.map(|(id, _)| id.clone()).collect()
    }

    fn is_granted(&self, who: &Subject, rest: Truth) -> bool {
        self.facts.has_session && (self.holds_for_a_grant(who) & rest).is_sure()
    }

    /// A request without a session is one of everyone, and of nobody whom a rule names.
    fn is_refused(&self, who: &Subject, rest: Truth) -> bool {
        let meant = if self.facts.has_session {
            self.holds(who)
        } else {
            means_nobody_in_particular(who).into()
        };
        (meant & rest).is_possible()
    }

    fn is_on(&self, test: &StackTest) -> Truth {
        match test {
            StackTest::Is(attribute, wanted) => self.stack_says(*attribute, wanted),
            StackTest::All(parts) => Truth::all(parts.iter().map(|part| self.is_on(part))),
            StackTest::Any(parts) => Truth::any(parts.iter().map(|part| self.is_on(part))),
            StackTest::Not(part) => !self.is_on(part),
        }
    }

    /// The stack or else the module that is asked for.
    fn thing(&self) -> Option<(&'static str, &Map<String, Value>)> {
        let of = |kind: &'static str| Some((kind, self.facts.input.get(kind)?.as_object()?));
        of("stack").or_else(|| of("module"))
    }

    fn stack_says(&self, attribute: Attribute, wanted: &Wanted) -> Truth {
        match attribute.kind() {
            Kind::Thing => match (self.thing(), wanted) {
                (Some((kind, _)), Wanted::Text(text)) => (kind == text).into(),
                _ => Truth::Unknown,
            },
            Kind::Lock => self.lock_is(wanted),
            Kind::Texts => match self.attribute_says(attribute) {
                Said::Unknown => Truth::Unknown,
                Said::Nothing => Truth::No,
                Said::This(list) => list_has(list, wanted),
            },
            _ => match self.attribute_says(attribute) {
                Said::Unknown => Truth::Unknown,
                Said::Nothing => Truth::No,
                Said::This(value) => is(value, wanted).into(),
            },
        }
    }

    fn attribute_says(&self, attribute: Attribute) -> Said<'_> {
        let Some((kind, thing)) = self.thing() else {
            return Said::Unknown;
        };
        let has = match attribute.of() {
            Of::Both => true,
            Of::Stacks => kind == "stack",
            Of::Modules => kind == "module",
        };
        if !has {
            return Said::Nothing;
        }
        let (within, name) = attribute.place();
        let holder = match within {
            None => thing,
            Some(within) => match thing.get(within) {
                Some(Value::Object(part)) => part,
                Some(Value::Null) if attribute.is_within_optional() => return Said::Nothing,
                _ => return Said::Unknown,
            },
        };
        let value = match holder.get(name) {
            None | Some(Value::Null) if attribute.is_optional() => return Said::Nothing,
            // A list without elements is sent as null by some.
            Some(Value::Null) if attribute.kind() == Kind::Texts => return Said::Nothing,
            None => return Said::Unknown,
            Some(value) => value,
        };
        let fits = match attribute.kind() {
            Kind::Text | Kind::Lock | Kind::Thing => value.is_string(),
            Kind::Texts => value.is_array(),
            Kind::Flag => value.is_boolean(),
            Kind::Number | Kind::Time => value.is_i64() || value.is_u64(),
        };
        if fits {
            Said::This(value)
        } else {
            Said::Unknown
        }
    }

    fn lock_is(&self, wanted: &Wanted) -> Truth {
        let Wanted::Text(wanted) = wanted else {
            return Truth::Unknown;
        };
        let holder = match self.attribute_says(Attribute::Lock) {
            Said::Unknown => return Truth::Unknown,
            Said::Nothing => None,
            Said::This(value) => value.as_str().filter(|holder| !holder.is_empty()),
        };
        let callers = match (holder, self.facts.login) {
            (None, _) => Truth::No,
            (Some(_), None) => Truth::Unknown,
            (Some(holder), Some(login)) if holder == login => Truth::Yes,
            (Some(holder), Some(login)) if holder.eq_ignore_ascii_case(login) => Truth::Unknown,
            (Some(_), Some(_)) => Truth::No,
        };
        match wanted.as_str() {
            "nobody" => holder.is_none().into(),
            "caller" => callers,
            _ => Truth::from(holder.is_some()) & !callers,
        }
    }
}

/// Whether a subject holds of a request that is nobody's: no rule about somebody does.
fn means_nobody_in_particular(who: &Subject) -> bool {
    match who {
        Subject::Everyone => true,
        Subject::All(parts) => parts.iter().all(means_nobody_in_particular),
        Subject::Any(parts) => parts.iter().any(means_nobody_in_particular),
        Subject::Not(part) => !means_nobody_in_particular(part),
        _ => false,
    }
}

fn is(value: &Value, wanted: &Wanted) -> bool {
    let number = || {
        value
            .as_i64()
            .map(i128::from)
            .or(value.as_u64().map(i128::from))
    };
    match wanted {
        Wanted::Text(text) => value.as_str() == Some(text),
        Wanted::Like(pattern) => value
            .as_str()
            .is_some_and(|text| fits(pattern, text, |_| true)),
        Wanted::Flag(flag) => value.as_bool() == Some(*flag),
        Wanted::Number(wanted) => number() == Some(i128::from(*wanted)),
        Wanted::Given => value.as_str() != Some(""),
        Wanted::From(from) => number().is_some_and(|number| number >= i128::from(*from)),
        Wanted::Until(until) => number().is_some_and(|number| number < i128::from(*until)),
    }
}

/// A list has what one of its texts is; an element that is no text may be anything.
fn list_has(list: &Value, wanted: &Wanted) -> Truth {
    let elements = list.as_array().into_iter().flatten();
    Truth::any(elements.map(|element| {
        if element.is_string() {
            is(element, wanted).into()
        } else {
            Truth::Unknown
        }
    }))
}
