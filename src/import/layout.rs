//! YAML as a person lays it out: an entry on one line while it fits, comments wrapped, quotes only where they are needed.

use crate::edit::written;
use crate::report::visible::visible;

/// What a line of a mapping should not be longer than.
const WIDTH: usize = 120;

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yaml {
    /// A string.
    Text(String),
    /// `true`, `false`, or a number.
    Plain(String),
    /// A list.
    List(Vec<Yaml>),
    /// A map.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Strings: one alone stands for itself.
    pub fn texts<'t>(texts: impl IntoIterator<Item = &'t String>) -> Self {
        let mut texts: Vec<Self> = texts.into_iter().map(Self::text).collect();
        match (texts.pop(), texts.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                texts.push(last);
                Self::List(texts)
            }
            (None, _) => Self::List(texts),
        }
    }

    /// `true` or `false`.
    pub fn flag(flag: bool) -> Self {
        Self::Plain(flag.to_string())
    }

    /// On one line.
    fn flow(&self) -> String {
        match self {
            Self::Text(text) => written(text),
            Self::Plain(word) => word.clone(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::flow).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", written(key), value.flow()))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// On as many lines as it takes, after `head`, which is a key with its colon or the dash of an item.
    fn lines(&self, indent: usize, head: &str, out: &mut Vec<String>) {
        let pad = " ".repeat(indent);
        let flow = format!("{pad}{head} {}", self.flow());
        let is_leaf = matches!(self, Self::Text(_) | Self::Plain(_));
        if is_leaf || flow.chars().count() <= WIDTH {
            out.push(flow);
            return;
        }
        out.push(format!("{pad}{head}"));
        let at = out.len() - 1;
        match self {
            Self::List(items) => {
                for item in items {
                    item.lines(indent + 2, "-", out);
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries {
                    value.lines(indent + 2, &format!("{}:", written(key)), out);
                }
            }
            Self::Text(_) | Self::Plain(_) => {}
        }
        // The first key of a map in a list stands beside the dash.
        if head == "-" && out.len() > at + 1 {
            let first = out.remove(at + 1);
            if let Some(line) = out.get_mut(at) {
                *line = format!("{pad}- {}", first.trim_start());
            }
        }
    }
}

/// A file that is being written.
#[derive(Debug, Default)]
pub struct Page {
    lines: Vec<String>,
}

impl Page {
    /// An empty line, unless there is one already.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// A comment, wrapped.
    pub fn comment(&mut self, indent: usize, text: &str) {
        for line in wrapped(text, WIDTH - indent - 2) {
            self.lines.push(format!("{}# {line}", " ".repeat(indent)));
        }
    }

    /// An item of a list in a comment, wrapped.
    pub fn bullet(&mut self, text: &str) {
        for (number, line) in wrapped(text, WIDTH - 4).into_iter().enumerate() {
            let mark = if number == 0 { "-" } else { " " };
            self.lines.push(format!("# {mark} {line}"));
        }
    }

    /// A comment on one line of any length, as it is but for what cannot be seen.
    pub fn quote(&mut self, indent: usize, text: &str) {
        let text = format!("{}# {}", " ".repeat(indent), visible(text));
        self.lines.push(text.trim_end().to_string());
    }

    /// A key alone, whose value follows.
    pub fn key(&mut self, indent: usize, key: &str) {
        self.lines
            .push(format!("{}{}:", " ".repeat(indent), written(key)));
    }

    /// A key with its value; `remark` stands beside it.
    pub fn field(&mut self, indent: usize, key: &str, value: &Yaml, remark: Option<&str>) {
        self.put(indent, &format!("{}:", written(key)), value, remark, false);
    }

    /// An item of a list.
    pub fn item(&mut self, indent: usize, value: &Yaml, remark: Option<&str>) {
        self.put(indent, "-", value, remark, false);
    }

    /// A key with its value, as a comment.
    pub fn field_offered(&mut self, indent: usize, key: &str, value: &Yaml, remark: Option<&str>) {
        self.put(indent, &format!("{}:", written(key)), value, remark, true);
    }

    /// An item of a list, as a comment.
    pub fn item_offered(&mut self, indent: usize, value: &Yaml, remark: Option<&str>) {
        self.put(indent, "-", value, remark, true);
    }

    fn put(&mut self, indent: usize, head: &str, value: &Yaml, remark: Option<&str>, offer: bool) {
        let mut lines = Vec::new();
        value.lines(if offer { 0 } else { indent }, head, &mut lines);
        let remark = remark.map(visible);
        if let (Some(remark), Some(first)) = (remark, lines.first_mut()) {
            first.push_str("  # ");
            first.push_str(&remark);
        }
        let pad = " ".repeat(indent);
        self.lines.extend(lines.into_iter().map(|line| match offer {
            true => format!("{pad}# {line}"),
            false => line,
        }));
    }

    /// The whole text.
    #[must_use]
    pub fn text(self) -> String {
        let text = self.lines.join("\n");
        format!("{}\n", text.trim_end())
    }
}

/// Words on lines.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in visible(text).split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= width;
        if !line.is_empty() && !fits {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Yaml)]) -> Yaml {
        let entries = entries.iter();
        Yaml::Map(
            entries
                .map(|(key, value)| (key.to_string(), value.clone()))
                .collect(),
        )
    }

    #[test]
    fn what_fits_is_on_one_line_and_what_does_not_is_on_several() {
        let mut page = Page::default();
        let short = map(&[
            ("who", Yaml::text("yes")),
            ("inherit", Yaml::flag(true)),
            (
                "spaces",
                Yaml::texts(&["a: b".to_string(), "c".to_string()]),
            ),
        ]);
        page.item(2, &short, Some("a\u{1b}"));
        let many: Vec<String> = (0..30).map(|n| format!("space-{n:02}")).collect();
        let long = map(&[("who", Yaml::text("x")), ("spaces", Yaml::texts(&many))]);
        page.item_offered(2, &long, None);
        let text = page.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "  - {who: \"yes\", inherit: true, spaces: [\"a: b\", c]}  # a\\u{1b}"
        );
        assert_eq!(
            lines[1..4],
            ["  # - who: x", "  #   spaces:", "  #     - space-00"]
        );
        assert_eq!(lines.len(), 33);
    }

    #[test]
    fn comments_are_wrapped_and_show_what_is_hidden() {
        let mut page = Page::default();
        page.comment(0, &format!("{} a\nb", "word ".repeat(40).trim_end()));
        let text = page.text();
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with("a\\nb\n"));
        assert!(
            text.lines()
                .all(|line| line.starts_with("# ") && line.len() <= WIDTH)
        );
    }
}
