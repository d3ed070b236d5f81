//! Where the files of a mapping name somebody.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostics;
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{self, Kind, Node};

/// A place that names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where.
    pub span: Span,
    /// The key at the top of the file under which it stands; of `login`, with the next one: `login.admin`.
    pub section: String,
    /// What they are there: the key whose value it is.
    pub key: String,
    /// What is written.
    pub text: String,
}

/// Every value of the files of a mapping that could name somebody.
pub struct Mentions {
    /// By the text in ASCII lower case.
    by_text: BTreeMap<String, Vec<Mention>>,
}

/// Keys whose values are logins.
const LOGINS: [&str; 3] = ["login", "aliases", "offboarded"];

/// Keys whose values say who answers for something, or agreed to it: a name of whatever kind, often behind `@`.
const ANSWERS: [&str; 2] = ["owner", "approved_by"];

impl Mentions {
    /// Reads the files of a mapping once more, for everything that could name somebody.
    #[must_use]
    pub fn of(sources: &Sources) -> Self {
        let mut all = Self {
            by_text: BTreeMap::new(),
        };
        for (file, source) in sources.iter() {
            let is_yaml = [".yaml", ".yml"]
                .iter()
                .any(|end| source.path.ends_with(end));
            if is_yaml {
                all.read(file, &source.text);
            }
        }
        all
    }

    fn read(&mut self, file: SourceId, text: &str) {
        let tree = yaml::read(file, text, &mut Diagnostics::default());
        let Some(Node {
            kind: Kind::Map(sections),
            ..
        }) = &tree.root
        else {
            return;
        };
        for (section, node) in sections {
            let section = &section.scalar.text;
            match &node.kind {
                Kind::Map(entries) if section == "login" => {
                    for (key, node) in entries {
                        let section = format!("login.{}", key.scalar.text);
                        self.walk(node, &section, &key.scalar.text);
                    }
                }
                _ => self.walk(node, section, section),
            }
        }
    }

    /// The depth is bounded by that of the tree.
    fn walk(&mut self, node: &Node, section: &str, key: &str) {
        match &node.kind {
            Kind::Scalar(scalar) => {
                let text = scalar.text.clone();
                self.by_text
                    .entry(text.to_ascii_lowercase())
                    .or_default()
                    .push(Mention {
                        span: node.span,
                        section: section.to_owned(),
                        key: key.to_owned(),
                        text,
                    });
            }
            Kind::Sequence(items) => {
                for item in items {
                    self.walk(item, section, key);
                }
            }
            Kind::Map(entries) => {
                for (key, node) in entries {
                    self.walk(node, section, &key.scalar.text);
                }
            }
            Kind::Broken => {}
        }
    }

    /// Whether some login is written so, in whatever case.
    #[must_use]
    pub fn knows(&self, lower: &str) -> bool {
        self.by_text
            .get(lower)
            .is_some_and(|mentions| mentions.iter().any(is_login))
    }

    /// Every login that is written, once, with a place; patterns are none.
    #[must_use]
    pub fn logins(&self) -> Vec<(&str, Span)> {
        self.by_text
            .values()
            .filter_map(|mentions| mentions.iter().find(|mention| is_login(mention)))
            .map(|mention| (mention.text.as_str(), mention.span))
            .collect()
    }

    /// Where somebody with these logins, in ASCII lower case, is named; not where they are refused.
    #[must_use]
    pub fn of_person(&self, lower: &BTreeSet<String>) -> Vec<Mention> {
        let by_login = lower.iter().filter_map(|login| self.by_text.get(login));
        let handles: BTreeSet<&str> = lower
            .iter()
            .filter_map(|login| login.split('@').next())
            .filter(|handle| !handle.is_empty())
            .collect();
        let by_handle = self.by_text.iter().filter(|(text, _)| {
            !lower.contains(*text)
                && text
                    .strip_prefix('@')
                    .and_then(|name| name.rsplit('/').next())
                    .is_some_and(|name| handles.contains(name))
        });
        let answers = by_handle
            .flat_map(|(_, mentions)| mentions)
            .filter(|mention| ANSWERS.contains(&mention.key.as_str()));
        let mut found: Vec<Mention> = by_login
            .flatten()
            .chain(answers)
            .filter(|mention| mention.section != "login.offboarded")
            .cloned()
            .collect();
        found.sort_by_key(|mention| (mention.span.file, mention.span.start));
        found
    }
}

fn is_login(mention: &Mention) -> bool {
    LOGINS.contains(&mention.key.as_str())
        && !mention.text.is_empty()
        && !mention.text.contains('*')
}
