//! Arguments of a field, already checked against the schema.

use serde_json::{Map, Value};

/// Arguments, or the fields of an input object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args(pub(crate) Map<String, Value>);

impl Args {
    /// A text or id, empty if it is not there.
    pub(crate) fn text(&self, name: &str) -> String {
        self.maybe(name).unwrap_or_default()
    }

    /// A text or id, unless it is missing or null.
    pub(crate) fn maybe(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            // An id may be written as a number.
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A list of texts, unless it is missing or null.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.0.get(name)?.as_array()?;
        Some(
            items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }

    /// True or false, unless it is missing or null.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// A whole number, unless it is missing or null.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// An input object, empty if it is not there.
    pub(crate) fn object(&self, name: &str) -> Args {
        Args(
            self.0
                .get(name)
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        )
    }

    /// The input objects of a list, none if it is not there.
    pub(crate) fn objects(&self, name: &str) -> Vec<Args> {
        let items = self
            .0
            .get(name)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        items
            .iter()
            .filter_map(Value::as_object)
            .map(|object| Args(object.clone()))
            .collect()
    }

    /// The argument that nearly every mutation has.
    pub(crate) fn input(&self) -> Args {
        self.object("input")
    }

    /// The argument that nearly every other field has.
    pub(crate) fn id(&self) -> String {
        self.text("id")
    }
}
