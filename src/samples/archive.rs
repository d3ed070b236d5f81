//! The archive's file: a line that says what it is, then a line for each sample, the oldest first.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number of the layout.
pub const VERSION: u32 = 1;

/// How large an archive may be, in bytes: some hundreds of thousands of samples.
pub const MAX_BYTES: u64 = 256 << 20;

/// Samples without the people in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archive {
    /// The name of the key that the pseudonyms were made with; none while there are no samples.
    pub key: Option<String>,
    /// By time and input, so that each is there once and the order is always the same.
    samples: BTreeMap<(i64, String), Recorded>,
}

/// A recorded decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Unix seconds.
    pub at: i64,
    /// What was decided: `deny`, `allow` or `admin`.
    pub outcome: String,
    /// Tells somebody from others; none where nobody signed in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub who: Option<String>,
    /// Tells which networks the mapping had.
    pub networks: String,
    /// What the policy saw, without the people in it.
    pub input: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    liftgate: String,
    version: u32,
    key: String,
}

/// Why a text is no archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveError {
    /// From 1.
    pub line: usize,
    /// Why.
    pub message: String,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ArchiveError {}

impl Archive {
    /// Reads an archive's text.
    ///
    /// # Errors
    /// At the first line that does not belong in one.
    pub fn read(text: &str) -> Result<Self, ArchiveError> {
        let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty());
        let wrong = |line: usize, message: String| ArchiveError { line, message };
        let Some((first, line)) = lines.next() else {
            return Ok(Self::default());
        };
        let head: Head = serde_json::from_str(first)
            .map_err(|error| wrong(line, format!("this is not an archive of samples: {error}")))?;
        if head.liftgate != "samples" {
            return Err(wrong(line, "this is not an archive of samples".to_owned()));
        }
        if head.version != VERSION {
            let found = head.version;
            return Err(wrong(
                line,
                format!("the archive has layout {found}, and this release reads {VERSION}"),
            ));
        }
        let mut archive = Self {
            key: Some(head.key),
            samples: BTreeMap::new(),
        };
        for (text, line) in lines {
            let sample = serde_json::from_str(text)
                .map_err(|error| wrong(line, format!("this is not a sample: {error}")))?;
            archive.add(sample);
        }
        Ok(archive)
    }

    /// Adds a sample; answers whether it was not there yet.
    pub fn add(&mut self, sample: Recorded) -> bool {
        let key = (sample.at, sample.input.to_string());
        self.samples.insert(key, sample).is_none()
    }

    /// Its samples, the oldest first.
    pub fn samples(&self) -> impl Iterator<Item = &Recorded> {
        self.samples.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Forgets what was recorded before a time, in Unix seconds; answers how many that were.
    pub fn forget_before(&mut self, at: i64) -> usize {
        let before = self.samples.len();
        self.samples.retain(|_, sample| sample.at >= at);
        before - self.samples.len()
    }

    /// The archive's text: the same for the same samples, however they came in.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let head = Head {
            liftgate: "samples".to_owned(),
            version: VERSION,
            key: self.key.clone().unwrap_or_default(),
        };
        let mut line = |json: Option<String>| {
            text.push_str(&json.unwrap_or_default());
            text.push('\n');
        };
        line(serde_json::to_string(&head).ok());
        for sample in self.samples.values() {
            line(serde_json::to_string(sample).ok());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(at: i64, input: Value) -> Recorded {
        Recorded {
            at,
            outcome: "allow".into(),
            who: Some("w".into()),
            networks: "n".into(),
            input,
        }
    }

    #[test]
    fn an_archive_reads_back_whatever_the_order() {
        let all = [
            sample(2, json!({"b": "\u{2028}\n", "a": 1})),
            sample(1, json!({})),
            sample(2, json!({"a": 0})),
        ];
        let mut one = Archive {
            key: Some("k".into()),
            ..Archive::default()
        };
        let mut other = one.clone();
        assert!(all.iter().all(|sample| one.add(sample.clone())));
        assert!(all.iter().rev().all(|sample| other.add(sample.clone())));
        assert!(!one.add(all[0].clone()));
        assert_eq!(one.text(), other.text());
        assert_eq!(one.text().lines().count(), 4);
        assert_eq!(Archive::read(&one.text()).unwrap(), one);
        assert_eq!(one.forget_before(2), 1);
        assert_eq!(one.len(), 2);
    }

    #[test]
    fn what_is_no_archive_is_told_by_its_line() {
        let wrong = |text: &str| Archive::read(text).unwrap_err();
        assert_eq!(wrong("x").line, 1);
        assert_eq!(wrong("{}").line, 1);
        assert_eq!(
            wrong("{\"liftgate\":\"plan\",\"version\":1,\"key\":\"k\"}").line,
            1
        );
        let later = wrong("{\"liftgate\":\"samples\",\"version\":2,\"key\":\"k\"}");
        assert!(later.message.contains("layout 2"), "{later}");
        let head = "{\"liftgate\":\"samples\",\"version\":1,\"key\":\"k\"}\n\n";
        assert_eq!(wrong(&format!("{head}{{\"at\":1}}")).line, 3);
        assert!(Archive::read("").unwrap().is_empty());
    }
}
