//! What a resource names by a reference, where a plan does not know the value yet.

use serde_json::Value;

use super::modules::{Module, Resource};
use super::{Reading, text};

impl Reading<'_> {
    /// What a resource names: the value, or the address of the one resource that its code refers to there.
    pub(super) fn key(&self, resource: &Resource, key: &str) -> Option<String> {
        match text(resource, key) {
            Ok("") => None,
            Ok(id) => Some(id.to_string()),
            Err(_) if resource.has_unknown(key) => self.referred(resource, key),
            Err(_) => None,
        }
    }

    /// Whether the code of a resource says anything under a key.
    pub(super) fn names(&self, resource: &Resource, key: &str) -> bool {
        resource.has_unknown(key) && self.references(resource, key).is_some()
    }

    /// Of several references, and of one to many instances, it is not told which is meant.
    fn referred(&self, resource: &Resource, key: &str) -> Option<String> {
        let references = self.references(resource, key)?;
        let ids: Vec<&str> = references
            .iter()
            .filter_map(|reference| reference.as_str()?.strip_suffix(".id"))
            .collect();
        let [id] = ids.as_slice() else { return None };
        let address = match &resource.module {
            Some(module) => format!("{module}.{id}"),
            None => (*id).to_string(),
        };
        let resources = &self.document.resources;
        resources
            .iter()
            .any(|one| one.address == address)
            .then_some(address)
    }

    fn references(&self, resource: &Resource, key: &str) -> Option<&Vec<Value>> {
        let mut module = self.document.code.as_ref()?;
        for name in resource.module.iter().flat_map(|address| calls(address)) {
            module = &module.module_calls.get(&name)?.module;
        }
        let code = of(module, resource)?;
        code.expressions.get(key)?.get("references")?.as_array()
    }
}

fn of<'m>(module: &'m Module, resource: &Resource) -> Option<&'m super::modules::CodeOfResource> {
    let wanted = match resource.is_managed {
        true => format!("{}.{}", resource.kind, resource.name),
        false => format!("data.{}.{}", resource.kind, resource.name),
    };
    module.resources.iter().find(|one| one.address == wanted)
}

/// The names of the calls in a module's address, without their keys: `module.a["x.y"].module.b` -> `a`, `b`.
fn calls(address: &str) -> Vec<String> {
    let (mut plain, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for c in address.chars() {
        match c {
            '"' if !escaped && depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    let parts = plain.split('.');
    parts
        .filter(|part| *part != "module")
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_no_part_of_a_call() {
        assert_eq!(calls("module.a"), ["a"]);
        assert_eq!(calls(r#"module.a["x.y]\"["].module.b[0]"#), ["a", "b"]);
    }
}
