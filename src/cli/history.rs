//! Looking for what was pushed last, in the history of the repository that the mapping lies in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::output::Output;
use crate::history::{LIMIT, LastPushed, NotFound, Repository, Search};

/// Looks when it is asked, and says how far it is.
pub struct Walk<'a> {
    /// The folder of the mapping.
    pub folder: &'a Path,
    /// The mapping.
    pub mapping: &'a Path,
    /// Where to say how far it is.
    pub output: &'a Output,
    /// What was found before.
    pub known: RefCell<BTreeMap<String, Search>>,
}

impl LastPushed for Walk<'_> {
    fn last_pushed(&self, digest: &str) -> Search {
        if let Some(known) = self.known.borrow().get(digest) {
            return known.clone();
        }
        let looked = Repository::holding(self.folder).and_then(|repository| {
            let head = repository.commit("HEAD")?;
            repository.find(&head, self.mapping, digest, LIMIT, &mut |at, of| {
                self.output.progress(&format!(
                    "looking for what was pushed last: commit {at} of {of}"
                ));
            })
        });
        self.output.progress("");
        let found = match looked {
            Ok(search) => search,
            Err(error) => Err(NotFound {
                why: format!("{error}; {}", error.hint()),
            }),
        };
        self.known
            .borrow_mut()
            .insert(digest.to_string(), found.clone());
        found
    }
}
