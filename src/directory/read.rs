//! The file -> a checked snapshot, with every error in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest as _, Sha256};

use super::json::{Key, Kind, Node, Text};
use super::{Directory, FILE, Group, Person, VERSION};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings, nearest, shown};
use crate::policy::hex;
use crate::resolve::time::{Edge, instant};
use crate::source::{SourceId, Sources, Span};

/// How long a login or what a group is sent as may be, in bytes; as in the mapping.
const LONGEST: usize = 512;

/// Comparing a name with every other takes its time, and a file of nothing but mistakes should not take minutes.
const MOST_SUGGESTIONS: usize = 200;

const SNAPSHOT: &[&str] = &["version", "taken_at", "people", "groups"];
const PERSON: &[&str] = &["login", "name", "active", "groups", "attributes"];
const GROUP: &[&str] = &["sent_as", "name", "description"];

/// Reads a snapshot, reporting everything that is wrong with it. There is none unless nothing is.
#[must_use]
pub fn read(sources: &Sources, file: SourceId, diagnostics: &mut Diagnostics) -> Option<Directory> {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let text = Text { file, text };
    let mut reader = Reader {
        text: &text,
        findings: FileFindings::new(diagnostics),
        failed: false,
        suggestions: 0,
    };
    match text.root(sources) {
        Ok(root) => {
            let directory = reader.snapshot(root);
            directory.filter(|_| !reader.failed)
        }
        Err((span, message)) => {
            let help = format!(
                "`{FILE}` is one JSON object; a comma or a bracket may be missing before this"
            );
            reader.error(
                Diagnostic::error(
                    Code::JsonSyntax,
                    span,
                    format!("the file is not JSON: {message}"),
                )
                .help(help),
            );
            None
        }
    }
}

struct Reader<'a, 'd> {
    text: &'a Text<'a>,
    findings: FileFindings<'d>,
    failed: bool,
    suggestions: usize,
}

impl<'a> Reader<'a, '_> {
    fn error(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.findings.push(diagnostic);
    }

    fn look(&mut self, node: Node<'a>) -> Option<Kind<'a>> {
        match self.text.look(node) {
            Ok(kind) => Some(kind),
            Err(message) => {
                self.error(Diagnostic::error(
                    Code::JsonSyntax,
                    node.span,
                    format!("this cannot be read: {message}"),
                ));
                None
            }
        }
    }

    fn wrong(&mut self, span: Span, what: &str, expected: &str, found: &Kind<'_>) {
        self.error(Diagnostic::error(
            Code::WrongType,
            span,
            format!("{what} must be {expected}, not {}", found.word()),
        ));
    }

    fn snapshot(&mut self, root: Node<'a>) -> Option<Directory> {
        let fields = self.fields(root, "the snapshot", SNAPSHOT)?;
        let mut directory = Directory {
            digest: format!("sha256:{}", hex(&Sha256::digest(self.text.text.as_bytes()))),
            ..Directory::default()
        };
        match fields.get("version") {
            Some(node) => self.version(*node),
            None => self.lacks(
                root.span,
                "the snapshot",
                "version",
                "write `\"version\": 1`",
            ),
        }
        if let Some(node) = fields.get("taken_at") {
            directory.taken_at = self.moment(*node);
        }
        if let Some(node) = fields.get("groups") {
            directory.groups = Some(self.groups(*node));
        }
        match fields.get("people") {
            Some(node) => directory.people = self.people(*node, directory.groups.as_ref()),
            None => self.lacks(
                root.span,
                "the snapshot",
                "people",
                "write `\"people\": []` if there are none",
            ),
        }
        Some(directory)
    }

    /// The known fields of an object, each once; the others are reported.
    fn fields(
        &mut self,
        node: Node<'a>,
        what: &str,
        known: &[&'static str],
    ) -> Option<HashMap<&'static str, Node<'a>>> {
        let entries = match self.look(node)? {
            Kind::Map(entries) => entries,
            other => {
                self.wrong(node.span, what, "an object", &other);
                return None;
            }
        };
        let mut fields = HashMap::with_capacity(entries.len());
        let mut places: HashMap<&'static str, Span> = HashMap::new();
        for (key, value) in entries {
            let Some(name) = known.iter().find(|name| **name == key.name) else {
                self.unknown(&key, what, known);
                continue;
            };
            match places.get(name) {
                Some(first) => self.twice_in_one(&key, *first),
                None => {
                    places.insert(*name, key.span);
                    fields.insert(*name, value);
                }
            }
        }
        Some(fields)
    }

    fn unknown(&mut self, key: &Key, what: &str, known: &[&str]) {
        let near = nearest(&key.name, known.iter().copied());
        let near = near.map(|near| format!("did you mean `{near}`? "));
        let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        self.error(
            Diagnostic::error(
                Code::UnknownField,
                key.span,
                format!("{what} has no field `{}`", shown(&key.name)),
            )
            .help(format!(
                "{}the fields of {what} are {}",
                near.unwrap_or_default(),
                list.join(", ")
            )),
        );
    }

    fn twice_in_one(&mut self, key: &Key, first: Span) {
        self.error(
            Diagnostic::error(
                Code::DuplicateKey,
                key.span,
                format!("the key `{}` stands twice in one object", shown(&key.name)),
            )
            .related(first, "first here"),
        );
    }

    fn lacks(&mut self, span: Span, what: &str, field: &str, help: &str) {
        // The place where it begins: the whole of it may be the whole file.
        let span = Span {
            end: span.start.saturating_add(1),
            ..span
        };
        self.error(
            Diagnostic::error(Code::MissingField, span, format!("{what} needs `{field}`"))
                .help(help),
        );
    }

    fn version(&mut self, node: Node<'a>) {
        let Some(kind) = self.look(node) else { return };
        match kind {
            Kind::Number(text) if text.parse() == Ok(VERSION) => {}
            Kind::Number(text) => self.error(
                Diagnostic::error(
                    Code::BadValue,
                    node.span,
                    format!(
                        "`version` is {}, and this program reads {VERSION}",
                        shown(text)
                    ),
                )
                .help(
                    "update the program, or have the snapshot written in the layout that it reads",
                ),
            ),
            other => self.wrong(node.span, "`version`", "a whole number", &other),
        }
    }

    fn moment(&mut self, node: Node<'a>) -> Option<i64> {
        let text = self.string(node, "`taken_at`")?;
        let read = if text.contains('T') {
            instant(&text, Edge::Starts)
        } else {
            Err("write a moment with an offset, as in `\"2026-11-25T06:00:00Z\"`")
        };
        match read {
            Ok(moment) => Some(moment),
            Err(help) => {
                self.error(
                    Diagnostic::error(
                        Code::BadTime,
                        node.span,
                        format!("`{}` is not a moment", shown(&text)),
                    )
                    .help(help),
                );
                None
            }
        }
    }

    fn string(&mut self, node: Node<'a>, what: &str) -> Option<String> {
        match self.look(node)? {
            Kind::String(text) => Some(text),
            other => {
                self.wrong(node.span, what, "a string", &other);
                None
            }
        }
    }

    /// A string that says something and that is not beyond all measure.
    fn name(&mut self, node: Node<'a>, what: &str) -> Option<String> {
        let text = self.string(node, what)?;
        let wrong = if text.is_empty() {
            format!("{what} is empty")
        } else if text.len() > LONGEST {
            format!("{what} is longer than {LONGEST} bytes")
        } else {
            return Some(text);
        };
        self.error(Diagnostic::error(Code::BadName, node.span, wrong));
        None
    }

    /// A string, or `null` or nothing.
    fn maybe(&mut self, node: Option<&Node<'a>>, what: &str) -> Option<String> {
        match self.look(*node?)? {
            Kind::Null => None,
            Kind::String(text) => Some(text),
            other => {
                let span = node.map(|node| node.span).unwrap_or_default();
                self.wrong(span, what, "a string or `null`", &other);
                None
            }
        }
    }

    fn list(&mut self, node: Node<'a>, what: &str) -> Vec<Node<'a>> {
        match self.look(node) {
            Some(Kind::List(items)) => items,
            Some(other) => {
                self.wrong(node.span, what, "a list", &other);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn groups(&mut self, node: Node<'a>) -> BTreeMap<String, Group> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for node in self.list(node, "`groups`") {
            let Some(fields) = self.fields(node, "a group", GROUP) else {
                continue;
            };
            let name = self.maybe(fields.get("name"), "`name`");
            let description = self.maybe(fields.get("description"), "`description`");
            let Some(value) = fields.get("sent_as") else {
                let help = "write exactly what the identity provider sends for it";
                self.lacks(node.span, "a group", "sent_as", help);
                continue;
            };
            let Some(sent) = self.name(*value, "`sent_as`") else {
                continue;
            };
            if let Some(first) = groups.get(&sent) {
                let first = first.span;
                self.error(
                    Diagnostic::error(
                        Code::DuplicateValue,
                        value.span,
                        format!("the group that is sent as `{}` is here twice", shown(&sent)),
                    )
                    .related(first, "first here"),
                );
                continue;
            }
            groups.insert(
                sent,
                Group {
                    name,
                    description,
                    span: value.span,
                },
            );
        }
        groups
    }

    fn people(
        &mut self,
        node: Node<'a>,
        groups: Option<&BTreeMap<String, Group>>,
    ) -> BTreeMap<String, Person> {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        for node in self.list(node, "`people`") {
            let Some(person) = self.person(node, groups) else {
                continue;
            };
            let folded = person.login.to_ascii_lowercase();
            if let Some(first) = people.get(&folded) {
                let (first, same) = (first.span, first.login == person.login);
                let mut twice = Diagnostic::error(
                    Code::DuplicateName,
                    person.span,
                    format!("the login `{}` is here twice", shown(&person.login)),
                )
                .related(first, "first here");
                if !same {
                    twice = twice.help("logins that differ in case only are one person's");
                }
                self.error(twice);
                continue;
            }
            people.insert(folded, person);
        }
        people
    }

    fn person(
        &mut self,
        node: Node<'a>,
        groups: Option<&BTreeMap<String, Group>>,
    ) -> Option<Person> {
        let fields = self.fields(node, "a person", PERSON)?;
        let name = self.maybe(fields.get("name"), "`name`");
        let active = match fields.get("active") {
            None => true,
            Some(flag) => match self.look(*flag) {
                Some(Kind::Flag(active)) => active,
                Some(other) => {
                    self.wrong(flag.span, "`active`", "`true` or `false`", &other);
                    true
                }
                None => true,
            },
        };
        let sent = fields.get("groups");
        let sent = sent.and_then(|node| self.sent(*node, groups));
        let attributes = fields.get("attributes");
        let attributes = attributes.map(|node| self.attributes(*node));
        let Some(place) = fields.get("login") else {
            let help = "write it as the identity provider sends it";
            self.lacks(node.span, "a person", "login", help);
            return None;
        };
        let login = self.name(*place, "`login`")?;
        Some(Person {
            login,
            name,
            active,
            groups: sent,
            attributes: attributes.unwrap_or_default(),
            span: place.span,
        })
    }

    /// What is sent for somebody's groups. `null` is that nobody knows.
    fn sent(
        &mut self,
        node: Node<'a>,
        groups: Option<&BTreeMap<String, Group>>,
    ) -> Option<Vec<String>> {
        let items = match self.look(node)? {
            Kind::Null => return None,
            Kind::List(items) => items,
            other => {
                self.wrong(node.span, "`groups`", "a list or `null`", &other);
                return None;
            }
        };
        let mut sent = Vec::with_capacity(items.len());
        let mut seen = BTreeSet::new();
        for item in items {
            let Some(value) = self.name(item, "each of `groups`") else {
                continue;
            };
            if groups.is_some_and(|groups| !groups.contains_key(&value)) {
                self.unlisted(&value, item.span, groups);
            }
            if seen.insert(value.clone()) {
                sent.push(value);
            }
        }
        Some(sent)
    }

    fn unlisted(&mut self, value: &str, span: Span, groups: Option<&BTreeMap<String, Group>>) {
        self.suggestions += 1;
        let all = groups.into_iter().flat_map(BTreeMap::keys);
        let near = (self.suggestions <= MOST_SUGGESTIONS)
            .then(|| nearest(value, all.map(String::as_str)))
            .flatten();
        let help = match near {
            Some(near) => format!("did you mean `{}`?", shown(near)),
            None => "a snapshot that lists groups lists all of them; add it there, or leave `groups` of the snapshot out"
                .to_owned(),
        };
        self.error(
            Diagnostic::error(
                Code::UnknownName,
                span,
                format!("no group of the snapshot is sent as `{}`", shown(value)),
            )
            .help(help),
        );
    }

    fn attributes(&mut self, node: Node<'a>) -> BTreeMap<String, Vec<String>> {
        let entries = match self.look(node) {
            Some(Kind::Map(entries)) => entries,
            Some(other) => {
                self.wrong(node.span, "`attributes`", "an object", &other);
                return BTreeMap::new();
            }
            None => return BTreeMap::new(),
        };
        let mut attributes = BTreeMap::new();
        let mut places: BTreeMap<String, Span> = BTreeMap::new();
        for (key, value) in entries {
            if let Some(first) = places.get(&key.name) {
                let first = *first;
                self.twice_in_one(&key, first);
                continue;
            }
            places.insert(key.name.clone(), key.span);
            let what = format!("the attribute `{}`", shown(&key.name));
            let values = match self.look(value) {
                Some(Kind::Null) | None => continue,
                Some(Kind::String(text)) => vec![text],
                Some(Kind::List(items)) => items
                    .into_iter()
                    .filter_map(|item| self.string(item, &format!("each value of {what}")))
                    .collect(),
                Some(other) => {
                    let expected = "a string, a list of strings or `null`";
                    self.wrong(value.span, &what, expected, &other);
                    continue;
                }
            };
            attributes.insert(key.name, values);
        }
        attributes
    }
}
