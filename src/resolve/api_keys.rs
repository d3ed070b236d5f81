//! `api_keys`: names of this file for keys of the account.

use std::collections::BTreeMap;

use super::Resolver;
use super::names::LONGEST;
use super::time::Edge;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::Text;
use crate::model::ApiKey;
use crate::source::Span;

impl<'d> Resolver<'d, '_> {
    pub(super) fn api_keys(&mut self) -> BTreeMap<String, ApiKey> {
        let document = self.document;
        let mut keys = BTreeMap::new();
        let mut names: BTreeMap<String, Span> = BTreeMap::new();
        let mut ids: BTreeMap<String, Span> = BTreeMap::new();
        for (name, written) in &document.api_keys {
            self.once(&mut names, name, "name of an API key");
            let id = match &written.id {
                Some(id) => self.key_id(id, &mut ids),
                None => {
                    self.found.lacks(
                        written.span,
                        "id",
                        Diagnostic::error(
                            Code::MissingField,
                            name.span,
                            format!("the API key `{}` needs `id`", shown(name)),
                        )
                        .help("write the id that Spacelift shows for it, as in `id: 01HZX0000000000000000000AB`"),
                    );
                    None
                }
            };
            let rotate_by = match &written.rotate_by {
                Some(day) => self.instant(day, Edge::Ends),
                None => None,
            };
            let Some(id) = id else { continue };
            keys.entry(name.value.clone()).or_insert(ApiKey {
                id,
                owner: written.owner.as_ref().map(|owner| owner.value.clone()),
                rotate_by,
                span: name.span.to(written.span),
            });
        }
        keys
    }

    fn key_id(&mut self, id: &'d Text, ids: &mut BTreeMap<String, Span>) -> Option<String> {
        let sound = !id.is_empty()
            && id.len() <= LONGEST
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !sound {
            self.found.missing(
                id.span,
                Diagnostic::error(
                    Code::BadValue,
                    id.span,
                    format!("`{}` is not the id of an API key", shown(id)),
                )
                .help("write the id alone, without `api::`: letters and digits"),
            );
            return None;
        }
        self.once(ids, id, "id of an API key");
        Some(id.value.clone())
    }

    /// A denial compares keys without ASCII case, so two that differ in nothing else would be one to it.
    fn once(&mut self, taken: &mut BTreeMap<String, Span>, text: &Text, what: &str) {
        let lower = text.to_ascii_lowercase();
        let Some(first) = taken.get(&lower).copied() else {
            taken.insert(lower, text.span);
            return;
        };
        // A name twice in the same letters is reported as that.
        if what.starts_with("name")
            && self
                .document
                .api_keys
                .iter()
                .filter(|(name, _)| name.value == text.value)
                .count()
                > 1
        {
            return;
        }
        self.error(
            Diagnostic::error(
                Code::DuplicateValue,
                text.span,
                format!("`{}` already is the {what}", shown(text)),
            )
            .related(first, "first written here")
            .help("upper and lower case make no difference here"),
        );
    }
}
