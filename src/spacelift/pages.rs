//! Lists that come in pages.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::Error;
use super::operations::{Operation, ReadOperation};
use super::reader::Reader;

/// How many to ask for at once; what Spacelift's CLI client asks for.
const FIRST: usize = 50;

/// No list that is read here has more than this; the audit trail of a busy account comes nearest.
const MOST: usize = 200_000;

/// A page, as it comes.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    edges: Vec<Edge<T>>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Edge<T> {
    node: T,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    /// Empty on an empty page (Spacelift's CLI client).
    end_cursor: String,
    has_next_page: bool,
}

impl<T> Page<T> {
    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }
}

/// All pages, in the order in which they come, until the last one or until `more` says no to the last entry of one.
/// Nothing where the installation is too old for the operation.
///
/// What is added in the meantime may shift a list, so that an entry comes twice: it is for the caller to see to that.
pub(super) fn all<D: DeserializeOwned, T>(
    reader: &Reader,
    operation: ReadOperation,
    mut variables: Value,
    newest_by: Option<&str>,
    page: impl Fn(D) -> Result<Page<T>, Error>,
    more: impl Fn(&T) -> bool,
) -> Result<Option<Vec<T>>, Error> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    let mut seen = BTreeSet::new();
    loop {
        let mut input = json!({ "first": FIRST });
        if let Some(fields) = input.as_object_mut() {
            if let Some(after) = &after {
                fields.insert("after".into(), json!(after));
            }
            if let Some(field) = newest_by {
                let order = json!({ "field": field, "direction": "DESC" });
                fields.insert("orderBy".into(), order);
            }
        }
        if let Some(variables) = variables.as_object_mut() {
            variables.insert("input".into(), input);
        }
        let Some(data) = reader.try_ask::<D>(operation, &variables)? else {
            return Ok(None);
        };
        let Page { edges, page_info } = page(data)?;
        let stuck = page_info.end_cursor.is_empty() || !seen.insert(page_info.end_cursor.clone());
        found.extend(edges.into_iter().map(|edge| edge.node));
        if !page_info.has_next_page || !found.last().is_none_or(&more) {
            return Ok(Some(found));
        }
        // Part of a list must never pass for the whole.
        if stuck || seen.len() >= MOST / FIRST {
            return Err(Error::Shape {
                action: Operation::from(operation).action(),
                reason: format!("the pages do not end, after {} entries", found.len()),
            });
        }
        after = Some(page_info.end_cursor);
    }
}
