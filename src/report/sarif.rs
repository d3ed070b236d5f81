//! Findings in SARIF 2.1.0, which code scanning reads. Source: OASIS, Static Analysis Results Interchange Format 2.1.0.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::diagnostics::{Finding, Stretch};
use super::visible::visible;
use crate::diagnostic::{Code, Severity};
use crate::policy::hex;

/// Where the schema of the format is.
pub const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A run of liftgate.
#[derive(Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns count characters, not bytes.
    column_kind: &'static str,
    results: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    /// By which code scanning knows a finding again after it has moved.
    partial_fingerprints: Fingerprints,
}

#[derive(Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "liftgate/v1")]
    whole: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Debug, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The findings of a run.
#[must_use]
pub fn sarif(findings: &[Finding]) -> Log {
    let used: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| findings.iter().any(|one| one.code == code.name()))
        .collect();
    let rules = used.iter().map(|code| Rule {
        id: code.name(),
        short_description: Text {
            text: code.about().to_owned(),
        },
    });
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: vec![Run {
            tool: Tool {
                driver: Driver {
                    name: "liftgate",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: rules.collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: findings.iter().map(|one| found(one, &used)).collect(),
        }],
    }
}

fn found(finding: &Finding, rules: &[Code]) -> Found {
    let message = match &finding.help {
        Some(help) => format!("{}; {}", visible(&finding.message), visible(help)),
        None => visible(&finding.message).into_owned(),
    };
    let related = finding
        .related
        .iter()
        .enumerate()
        .map(|(at, related)| Location {
            id: Some(at),
            message: Some(Text {
                text: visible(&related.message).into_owned(),
            }),
            ..location(&related.place)
        });
    let path = finding
        .place
        .as_ref()
        .map_or("", |place| place.path.as_str());
    let whole = format!("{}\n{path}\n{}", finding.code, finding.message);
    Found {
        rule_id: finding.code,
        rule_index: rules
            .iter()
            .position(|code| code.name() == finding.code)
            .unwrap_or_default(),
        level: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        message: Text { text: message },
        locations: finding.place.iter().map(location).collect(),
        related_locations: related.collect(),
        partial_fingerprints: Fingerprints {
            whole: hex(&Sha256::digest(whole)),
        },
    }
}

fn location(place: &Stretch) -> Location {
    Location {
        id: None,
        physical_location: Physical {
            artifact_location: Artifact {
                uri: uri(&place.path),
            },
            region: Region {
                start_line: place.line,
                start_column: place.column,
                end_line: place.end_line,
                end_column: place.end_column,
            },
        },
        message: None,
    }
}

/// A path as a reference relative to the folder that the command ran in; a path from the root as a file of this machine.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(
            uri("policies/acme/access.yaml"),
            "policies/acme/access.yaml"
        );
        assert_eq!(uri("a b/é:?.yaml"), "a%20b/%C3%A9%3A%3F.yaml");
        assert_eq!(uri("/a/b"), "file:///a/b");
    }
}
