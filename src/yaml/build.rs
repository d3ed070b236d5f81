//! The parser's events put together as a tree, without recursion and within the limits.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use granit_parser::{Event, Parser, ScalarStyle, Span as Place, StructureStyle, Tag, options};

use super::{Key, Kind, MAX_DEPTH, MAX_NODES, MAX_TEXT, Node, Scalar, Style, Tree, error};
use crate::diagnostic::{Code, Diagnostic, FileFindings, shown};
use crate::source::{SourceId, Span};

/// What a subtree costs: checked whenever it is copied.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    nodes: usize,
    text: usize,
    /// Lists and maps in each other, the value itself included.
    depth: usize,
}

impl Weight {
    fn holds(&mut self, part: Self) {
        self.nodes = self.nodes.saturating_add(part.nodes);
        self.text = self.text.saturating_add(part.text);
        self.depth = self.depth.max(part.depth + 1);
    }
}

/// A list or map whose end has not come yet.
struct Open {
    start: Span,
    flow: bool,
    anchor: usize,
    weight: Weight,
    parts: Parts,
}

enum Parts {
    Sequence(Vec<Node>),
    Map(Vec<(Key, Node)>, Waiting),
}

/// What a map expects next.
enum Waiting {
    Key,
    Value(Key),
    /// The value of a key that could not be used.
    Ignored,
}

struct Builder<'a> {
    file: SourceId,
    text: &'a str,
    findings: FileFindings<'a>,
    open: Vec<Open>,
    /// What each finished anchor stands for.
    anchors: HashMap<usize, (Node, Weight)>,
    /// Everything kept so far: the tree and what the anchors stand for.
    spent: Weight,
    root: Option<Node>,
}

/// The reading cannot go on; the error has been reported.
struct Stop;

/// What the events of a text come to, and whether they came to their end. A `quiet` reading does not say why it stopped.
pub(super) fn tree(file: SourceId, text: &str, quiet: bool, findings: FileFindings<'_>) -> Tree {
    let mut builder = Builder {
        file,
        text,
        findings,
        open: Vec::new(),
        anchors: HashMap::new(),
        spent: Weight::default(),
        root: None,
    };
    let complete = builder.run(quiet).is_ok();
    if !complete {
        builder.close_what_is_open();
    }
    Tree {
        root: builder.root.take(),
        complete,
    }
}

impl Builder<'_> {
    fn run(&mut self, quiet: bool) -> Result<(), Stop> {
        let options = options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            // One more than the limit here, which counts both kinds together and says so in its own words.
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        let parser = Parser::new_from_str_with_options(self.text, options);
        let mut documents = 0_usize;
        for event in parser {
            let (event, place) = match event {
                Ok(found) => found,
                Err(wrong) => {
                    if !quiet {
                        let inside = self.open.last().filter(|open| open.flow).map(|open| Span {
                            end: open.start.start.saturating_add(1),
                            ..open.start
                        });
                        self.findings
                            .push(error::syntax(self.file, self.text, &wrong, inside));
                    }
                    return Err(Stop);
                }
            };
            let span = self.span(&place);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        self.findings.push(
                            Diagnostic::error(
                                Code::YamlDocuments,
                                span,
                                "the file holds more than one YAML document",
                            )
                            .help("remove the line `---`, or move what follows it into a file of its own"),
                        );
                        return Err(Stop);
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let tagged = self.tag(tag.as_deref(), &place, true);
                    // A value that is not there at all comes as `~`.
                    let absent = span.start == span.end && style == ScalarStyle::Plain;
                    let scalar = Scalar {
                        text: if absent {
                            String::new()
                        } else {
                            text.into_owned()
                        },
                        style: match style {
                            ScalarStyle::Plain if tagged => Style::Quoted,
                            ScalarStyle::Plain => Style::Plain,
                            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                        },
                    };
                    let weight = Weight {
                        nodes: 1,
                        text: scalar.text.len(),
                        depth: 0,
                    };
                    self.finished(
                        Node {
                            span,
                            kind: Kind::Scalar(scalar),
                        },
                        weight,
                        anchor,
                    )?;
                }
                Event::SequenceStart(style, anchor, tag) => {
                    self.tag(tag.as_deref(), &place, false);
                    self.begin(span, style, anchor, Parts::Sequence(Vec::new()))?;
                }
                Event::MappingStart(style, anchor, tag) => {
                    self.tag(tag.as_deref(), &place, false);
                    self.begin(span, style, anchor, Parts::Map(Vec::new(), Waiting::Key))?;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(open) = self.open.pop() {
                        let (weight, anchor) = (open.weight, open.anchor);
                        let node = self.close(open, span);
                        self.finished(node, weight, anchor)?;
                    }
                }
                Event::Alias(anchor) => self.alias(anchor, span)?,
                Event::UnresolvedAlias(name) => {
                    self.findings.push(
                        Diagnostic::error(
                            Code::YamlSyntax,
                            span,
                            format!("no anchor `&{}` stands before this alias", shown(&name)),
                        )
                        .help("quote the value if it is meant to begin with `*`"),
                    );
                    self.finished(
                        Node {
                            span,
                            kind: Kind::Broken,
                        },
                        Weight {
                            nodes: 1,
                            text: 0,
                            depth: 0,
                        },
                        0,
                    )?;
                }
                // Nothing else carries a value; comments are not asked for.
                _ => {}
            }
        }
        Ok(())
    }

    fn span(&self, place: &Place) -> Span {
        let end = self.text.len();
        let range = place.byte_range().unwrap_or(end..end);
        error::span(self.file, range.start.min(end), range.end.min(end))
    }

    /// Reports a tag that means something; answers whether it says "string".
    fn tag(&mut self, tag: Option<&Tag>, place: &Place, scalar: bool) -> bool {
        let Some(tag) = tag else { return false };
        if scalar && tag.is_yaml_core_schema_tag("str") {
            return true;
        }
        let span = place
            .tag_span()
            .map_or_else(|| self.span(place), |tag| self.span(&tag));
        self.findings.push(
            Diagnostic::error(
                Code::YamlTag,
                span,
                format!("the tag `{}` means nothing here", shown(&tag.original())),
            )
            .help("remove it; a string is quoted instead"),
        );
        // Its meaning is not known, so nothing more is said about the value's type.
        true
    }

    fn begin(
        &mut self,
        start: Span,
        style: StructureStyle,
        anchor: usize,
        parts: Parts,
    ) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            self.findings.push(error::too_deep(start));
            return Err(Stop);
        }
        self.open.push(Open {
            start,
            flow: style == StructureStyle::Flow,
            anchor,
            weight: Weight {
                nodes: 1,
                text: 0,
                depth: 1,
            },
            parts,
        });
        self.charge(
            Weight {
                nodes: 1,
                text: 0,
                depth: 0,
            },
            start,
        )
    }

    fn charge(&mut self, cost: Weight, span: Span) -> Result<(), Stop> {
        self.spent.nodes = self.spent.nodes.saturating_add(cost.nodes);
        self.spent.text = self.spent.text.saturating_add(cost.text);
        if self.spent.nodes > MAX_NODES || self.spent.text > MAX_TEXT {
            self.findings.push(error::too_much(span));
            return Err(Stop);
        }
        Ok(())
    }

    fn close(&mut self, open: Open, end: Span) -> Node {
        let last = match &open.parts {
            Parts::Sequence(items) => items.last().map(|item| item.span),
            Parts::Map(entries, _) => entries.last().map(|(key, value)| {
                if value.span.start < key.span.start {
                    key.span
                } else {
                    key.span.to(value.span)
                }
            }),
        };
        // The end of a block is wherever the next thing begins; its last part says better where it ends.
        let span = match last {
            Some(last) if !open.flow => open.start.to(last),
            _ => open.start.to(end),
        };
        let kind = match open.parts {
            Parts::Sequence(items) => Kind::Sequence(items),
            Parts::Map(entries, _) => {
                self.check_keys(&entries);
                Kind::Map(entries)
            }
        };
        Node { span, kind }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some((_, weight)) = self.anchors.get(&anchor) else {
            self.findings.push(
                Diagnostic::error(
                    Code::YamlSyntax,
                    span,
                    "an alias stands inside what it refers to",
                )
                .help("write the value out"),
            );
            return self.finished(
                Node {
                    span,
                    kind: Kind::Broken,
                },
                Weight {
                    nodes: 1,
                    text: 0,
                    depth: 0,
                },
                0,
            );
        };
        let weight = *weight;
        if self.open.len() + weight.depth > MAX_DEPTH {
            self.findings.push(error::too_deep(span));
            return Err(Stop);
        }
        // Before it is copied.
        self.charge(weight, span)?;
        let kind = self
            .anchors
            .get(&anchor)
            .map_or(Kind::Broken, |(node, _)| node.kind.clone());
        self.place(Node { span, kind }, weight);
        Ok(())
    }

    /// Takes a value that is complete.
    fn finished(&mut self, node: Node, weight: Weight, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.charge(weight, node.span)?;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        if !matches!(node.kind, Kind::Sequence(_) | Kind::Map(_)) {
            // What a list or map costs was charged when it began, and when its parts did.
            self.charge(weight, node.span)?;
        }
        self.place(node, weight);
        Ok(())
    }

    /// Puts a value where it belongs.
    fn place(&mut self, node: Node, weight: Weight) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.weight.holds(weight);
        match &mut open.parts {
            Parts::Sequence(items) => items.push(node),
            Parts::Map(entries, waiting) => match std::mem::replace(waiting, Waiting::Key) {
                Waiting::Value(key) => entries.push((key, node)),
                Waiting::Ignored => {}
                Waiting::Key => {
                    *waiting = match error::key(node) {
                        Ok(key) => Waiting::Value(key),
                        Err(diagnostic) => {
                            if let Some(diagnostic) = diagnostic {
                                self.findings.push(*diagnostic);
                            }
                            Waiting::Ignored
                        }
                    };
                }
            },
        }
    }

    fn check_keys(&mut self, entries: &[(Key, Node)]) {
        // Most maps are small, and comparing a few keys is cheaper than hashing them.

        let few = entries.len() <= 8;
        let differ = |(at, (key, _)): (usize, &(Key, Node))| {
            let mut before = entries.iter().take(at);
            before.all(|(other, _)| other.scalar.text != key.scalar.text)
        };
        if self.findings.is_full() || (few && entries.iter().enumerate().all(differ)) {
            return;
        }
        let mut first: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
        for (key, _) in entries {
            if self.findings.is_full() {
                return;
            }
            match first.entry(&key.scalar.text) {
                Entry::Vacant(free) => {
                    free.insert(key.span);
                }
                Entry::Occupied(taken) => self.findings.push(
                    Diagnostic::error(
                        Code::DuplicateKey,
                        key.span,
                        format!("`{}` stands twice in one map", shown(&key.scalar.text)),
                    )
                    .related(*taken.get(), "first here")
                    .help("YAML would silently keep one of them; remove or rename the other"),
                ),
            }
        }
    }

    /// After an error, keeps what was complete: the finished items of lists and the finished entries of the outermost map.
    /// A map further in is left out, since what is missing from it cannot be told from what was not read.
    fn close_what_is_open(&mut self) {
        while let Some(open) = self.open.pop() {
            let outermost = self.open.is_empty();
            let kept = match &open.parts {
                Parts::Sequence(items) => !items.is_empty(),
                Parts::Map(..) => outermost,
            };
            let end = open.start;
            let node = self.close(open, end);
            if !kept {
                // Its value was never finished, so the key that waits for it is left out as well.
                continue;
            }
            match self.open.last_mut() {
                None => self.root = Some(node),
                Some(parent) => match &mut parent.parts {
                    Parts::Sequence(items) => items.push(node),
                    Parts::Map(entries, waiting) => {
                        if let Waiting::Value(key) = std::mem::replace(waiting, Waiting::Key) {
                            entries.push((key, node));
                        }
                    }
                },
            }
        }
    }
}
