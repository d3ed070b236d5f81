//! One mapping in many layouts.

use std::fmt::Write as _;

use liftgate::diagnostic::Diagnostics;
use liftgate::source::SourceId;
use liftgate::yaml::{self, Kind, Node, Scalar, Style};

use crate::agreement::random::Random;

/// The same values laid out anew: in brackets or by indentation, with comments, blank lines and other line ends.
pub fn of(text: &str, random: &mut Random) -> String {
    let mut found = Diagnostics::default();
    let root = yaml::read(SourceId::default(), text, &mut found)
        .root
        .unwrap();
    let mut writer = Writer {
        out: String::new(),
        comments: 0,
        airy: random.percent(40),
        commented: random.pick(&[0, 15, 40]).to_owned(),
        step: random.between(1, 4),
        dash_step: random.between(0, 3),
        brackets: random.pick(&[0, 30, 80]).to_owned(),
        random,
    };
    let Kind::Map(entries) = &root.kind else {
        panic!("a mapping is a map")
    };
    writer.entries(entries, 0);
    let mut out = writer.out;
    if random.percent(30) {
        out = out.replace('\n', "\r\n");
    }
    if random.percent(20) {
        out.truncate(out.trim_end().len());
    }
    out
}

struct Writer<'r> {
    random: &'r mut Random,
    out: String,
    comments: usize,
    airy: bool,
    commented: usize,
    step: usize,
    dash_step: usize,
    brackets: usize,
}

impl Writer<'_> {
    fn entries(&mut self, entries: &[(yaml::Key, Node)], indent: usize) {
        for (at, (key, value)) in entries.iter().enumerate() {
            // The first one of a list's item stands behind its dash.
            if at > 0 || indent == 0 {
                self.between(indent);
                self.indent(indent);
            }
            let key = spelt(&key.scalar);
            self.out.push_str(&key);
            self.out.push(':');
            self.value(value, indent, true);
        }
    }

    /// What may stand between two entries.
    fn between(&mut self, indent: usize) {
        if self.airy && self.random.percent(30) {
            self.out.push('\n');
        }
        while self.random.percent(self.commented) {
            let odd = self.random.percent(20);
            self.indent(if odd { self.step } else { indent });
            self.comment();
            self.out.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
    }

    fn comment(&mut self) {
        write!(self.out, "#c{} - [x: y", self.comments).unwrap();
        self.comments += 1;
    }

    fn end_line(&mut self) {
        if self.random.percent(self.commented) {
            self.out.push(' ');
            self.comment();
        }
        self.out.push('\n');
    }

    fn value(&mut self, node: &Node, indent: usize, of_key: bool) {
        match &node.kind {
            Kind::Map(entries) if !entries.is_empty() && !self.random.percent(self.brackets) => {
                if of_key {
                    self.end_line();
                    let below = indent + self.step;
                    self.between(below);
                    self.indent(below);
                    self.entries(entries, below);
                } else {
                    self.entries(entries, indent);
                }
            }
            Kind::Sequence(items)
                if !items.is_empty() && of_key && !self.random.percent(self.brackets) =>
            {
                self.end_line();
                let below = indent + self.dash_step;
                for item in items {
                    self.between(below);
                    self.indent(below);
                    let gap = self.random.between(1, 3);
                    self.out.push('-');
                    self.out.push_str(&" ".repeat(gap));
                    self.value(item, below + 1 + gap, false);
                }
            }
            _ => {
                if of_key {
                    self.out.push(' ');
                }
                self.in_brackets(node, indent + 1);
                self.end_line();
            }
        }
    }

    fn in_brackets(&mut self, node: &Node, indent: usize) {
        let several = self.random.percent(15);
        match &node.kind {
            Kind::Scalar(scalar) => self.out.push_str(&spelt(scalar)),
            Kind::Sequence(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at, several, indent);
                    self.in_brackets(item, indent + 1);
                }
                self.close(items.len(), several, indent);
                self.out.push(']');
            }
            Kind::Map(entries) => {
                self.out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.comma(at, several, indent);
                    let key = spelt(&key.scalar);
                    write!(self.out, "{key}: ").unwrap();
                    self.in_brackets(value, indent + 1);
                }
                self.close(entries.len(), several, indent);
                self.out.push('}');
            }
            Kind::Broken => panic!("a mapping has no errors"),
        }
    }

    fn comma(&mut self, at: usize, several: bool, indent: usize) {
        if at > 0 {
            self.out.push(',');
        }
        if several && self.random.percent(80) {
            self.end_line();
            while self.random.percent(self.commented) {
                self.indent(indent);
                self.comment();
                self.out.push('\n');
            }
            self.indent(indent);
        } else if at > 0 {
            self.out.push(' ');
        }
    }

    fn close(&mut self, count: usize, several: bool, indent: usize) {
        if count > 0 && self.random.percent(20) {
            self.out.push(',');
        }
        if several && count > 0 && self.random.percent(70) {
            self.end_line();
            self.indent(indent);
        }
    }
}

/// A value on one line.
fn spelt(scalar: &Scalar) -> String {
    if scalar.style == Style::Plain {
        return scalar.text.clone();
    }
    let mut out = String::from("\"");
    for c in scalar.text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => write!(out, "\\U{:08x}", u32::from(c)).unwrap(),
        }
    }
    out.push('"');
    out
}
