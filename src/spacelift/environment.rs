//! The environment as a value, so that nothing here reads the process's own.

use std::collections::BTreeMap;

/// Where variables come from. `|name: &str| std::env::var(name).ok()` is the
/// process's environment; a map is a test's.
pub trait Environment {
    /// The value of a variable, if it is set.
    fn variable(&self, name: &str) -> Option<String>;
}

impl Environment for BTreeMap<String, String> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn variable(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// A variable that is set to something: Spacelift's CLI client treats an empty
/// variable like an absent one.
pub(super) fn filled(environment: &dyn Environment, name: &str) -> Option<String> {
    environment
        .variable(name)
        .filter(|value| !value.trim().is_empty())
}
