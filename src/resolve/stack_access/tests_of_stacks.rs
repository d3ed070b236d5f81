//! `stack`: which stacks and modules an entry speaks of.

use super::super::Resolver;
use super::super::names::LONGEST;
use super::super::normal::{all_of, any_of};
use crate::diagnostic::{Code, Diagnostic, nearest, shown};
use crate::document::{self, StackTestKind, StackValue, Text};
use crate::model::stacks::{Attribute, Kind, StackTest, Value};

const THINGS: [&str; 2] = ["stack", "module"];
const HOLDERS: [&str; 3] = ["nobody", "caller", "other"];

impl Resolver<'_, '_> {
    /// A test of stacks, or nothing if any part of it is wrong; every part is looked at.
    pub(super) fn stack_test(&mut self, written: &document::StackTest) -> Option<StackTest> {
        match &written.kind {
            StackTestKind::All(parts) => self.stack_tests(parts, written).map(all_of),
            StackTestKind::Any(parts) => self.stack_tests(parts, written).map(any_of),
            StackTestKind::None(parts) => {
                let parts = self.stack_tests(parts, written)?;
                let parts = parts.into_iter().map(|part| StackTest::Not(Box::new(part)));
                Some(all_of(parts.collect()))
            }
            StackTestKind::Is(attribute, value) => self.stack_attribute(*attribute, value),
        }
    }

    fn stack_tests(
        &mut self,
        parts: &[document::StackTest],
        within: &document::StackTest,
    ) -> Option<Vec<StackTest>> {
        if parts.is_empty() {
            self.found.empty(within.span, "a test of stacks");
            return None;
        }
        let all: Vec<Option<StackTest>> = parts.iter().map(|part| self.stack_test(part)).collect();
        all.into_iter().collect()
    }

    fn stack_attribute(&mut self, attribute: Attribute, value: &StackValue) -> Option<StackTest> {
        let is = |value: Value| StackTest::Is(attribute, value);
        match value {
            StackValue::Flag(flag) => Some(is(Value::Flag(*flag))),
            StackValue::Given(true) => Some(is(Value::Given)),
            StackValue::Given(false) => Some(StackTest::Not(Box::new(is(Value::Given)))),
            StackValue::Numbers(numbers) => {
                let each = numbers.iter().map(|number| is(Value::Number(*number)));
                Some(any_of(each.collect()))
            }
            StackValue::Texts(texts) => {
                let each: Vec<Option<StackTest>> = texts
                    .iter()
                    .map(|text| self.stack_text(attribute, text).map(is))
                    .collect();
                each.into_iter().collect::<Option<_>>().map(any_of)
            }
            StackValue::Times { from, until } => {
                let (from, until) = self.stretch(from.as_ref(), until.as_ref())?;
                let from = from.map(|moment| is(Value::From(moment)));
                let until = until.map(|moment| is(Value::Until(moment)));
                Some(all_of(from.into_iter().chain(until).collect()))
            }
        }
    }

    fn stack_text(&mut self, attribute: Attribute, text: &Text) -> Option<Value> {
        let words: &[&str] = match attribute.kind() {
            Kind::Thing => &THINGS,
            Kind::Lock => &HOLDERS,
            _ => return self.stack_value(attribute, text),
        };
        if words.contains(&text.as_str()) {
            return Some(Value::Text(text.value.clone()));
        }
        let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let near = nearest(text, words.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        self.found.missing(
            text.span,
            Diagnostic::error(
                Code::BadValue,
                text.span,
                format!("`{}` is not one of {}", shown(text), all.join(", ")),
            )
            .help(format!(
                "{near}`{}` is one of {}",
                attribute.path(),
                all.join(", ")
            )),
        );
        None
    }

    fn stack_value(&mut self, attribute: Attribute, text: &Text) -> Option<Value> {
        let wrong = if text.is_empty() || text.len() > LONGEST {
            format!(
                "`{}` is compared with a text of 1 to {LONGEST} bytes",
                attribute.path()
            )
        } else if attribute.takes_patterns() && text.bytes().all(|b| b == b'*') {
            format!("the pattern `{}` says nothing", shown(text))
        } else if attribute.takes_patterns() && text.contains('*') {
            let mut single = String::new();
            for character in text.chars() {
                if character != '*' || !single.ends_with('*') {
                    single.push(character);
                }
            }
            return Some(Value::Like(single));
        } else {
            return Some(Value::Text(text.value.clone()));
        };
        self.found.missing(
            text.span,
            Diagnostic::error(Code::BadValue, text.span, wrong)
                .help("leave it out, or write what it says, with `*` for any characters"),
        );
        None
    }
}
