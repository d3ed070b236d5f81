//! Findings: what is wrong, where, what was expected, and what to do about it.
//!
//! A check proposes a severity; [`Diagnostics`] only collects. Every finding has a stable code from [`Code`], listed once.

use std::collections::HashSet;

use crate::source::Span;

/// How bad a finding is. An error stops everything after the check; a warning and a note do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The mapping compiles to nothing.
    Error,
    /// Likely a mistake.
    Warning,
    /// Worth knowing.
    Note,
}

/// A place that a finding points at, with a few words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence, lower case, no full stop, user text in backticks.
    pub message: String,
    /// The place it is about; `None` only where no file can be named.
    pub primary: Option<Label>,
    /// Other places that explain it, such as a first declaration.
    pub related: Vec<Label>,
    /// What to do: expected values, the nearest right name.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Some(Label {
                span,
                text: String::new(),
            }),
            related: Vec::new(),
            help: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// Every place that the finding points at, as numbers.
    fn places(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        let labels = self.primary.iter().chain(&self.related);
        labels.map(|label| (label.span.file.0, label.span.start, label.span.end))
    }

    /// With a few words under the place itself.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = &mut self.primary {
            label.text = text.into();
        }
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// With a line that says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Collects the findings of a run.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Gives each finding another severity, or drops it.
    pub(crate) fn relevel(&mut self, level: impl Fn(&Diagnostic) -> Option<Severity>) {
        self.found = std::mem::take(&mut self.found)
            .into_iter()
            .filter_map(|found| {
                let severity = level(&found)?;
                Some(Diagnostic { severity, ..found })
            })
            .collect();
    }

    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Every finding by file and place, each once.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<&Diagnostic> = self.found.iter().collect();
        all.sort_by_key(|d| {
            let place = d
                .primary
                .as_ref()
                .map(|l| (l.span.file, l.span.start, l.span.end));
            (place, d.severity, d.code, &d.message)
        });
        // Spans are equal wherever they are, so two findings in the same words have to be told apart by their places.
        all.dedup_by(|a, b| a == b && a.places().eq(b.places()));
        all
    }

    /// How many findings of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|d| d.severity == severity).count()
    }
}

/// Takes the findings of one file, or of one stage: each once, and no more than anybody would read. An alias can repeat one mistake a million
/// times, and so can a generator.
#[derive(Debug)]
pub struct FileFindings<'d> {
    diagnostics: &'d mut Diagnostics,
    said: HashSet<(u32, u32, u32, Code, String)>,
}

impl<'d> FileFindings<'d> {
    /// How many findings of one file are kept.
    pub const MOST: usize = 1000;

    /// Findings of a file that go to the findings of a run.
    pub fn new(diagnostics: &'d mut Diagnostics) -> Self {
        Self {
            diagnostics,
            said: HashSet::new(),
        }
    }

    /// Whether enough has been said, so that nothing more needs to be put into words.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.said.len() > Self::MOST
    }

    /// Adds a finding, unless it has been said or enough has been.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            return;
        }
        let span = diagnostic
            .primary
            .as_ref()
            .map(|label| label.span)
            .unwrap_or_default();
        let message = diagnostic.message.clone();
        if !self
            .said
            .insert((span.file.0, span.start, span.end, diagnostic.code, message))
        {
            return;
        }
        self.diagnostics.push(if self.is_full() {
            Diagnostic::error(
                Code::YamlLimit,
                span,
                format!(
                    "more than {} errors in one file; the others are left out",
                    Self::MOST
                ),
            )
        } else {
            diagnostic
        });
    }
}

/// The nearest right name, for a help line: `did you mean `x`?`, when one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// The cost of comparing grows with the product of the lengths, and nobody mistypes a name as long as this.
    const LONGEST: usize = 200;
    let length = wrong.chars().count();
    if length > LONGEST {
        return None;
    }
    let lower = wrong.to_lowercase();
    let allowed = (length / 3).max(1);
    right
        .into_iter()
        .filter(|name| {
            name.len() <= LONGEST * 4 && name.chars().count().abs_diff(length) <= allowed
        })
        .map(|name| {
            let distance = if name.to_lowercase() == lower {
                0
            } else {
                strsim::damerau_levenshtein(&lower, &name.to_lowercase())
            };
            (distance, name)
        })
        .filter(|(distance, name)| *distance <= allowed && *name != wrong)
        .min()
        .map(|(_, name)| name)
}

/// A person's text as a message shows it: short, so that no value of theirs can drown the message.
#[must_use]
pub fn shown(text: &str) -> String {
    const LENGTH: usize = 60;
    match text.char_indices().nth(LENGTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

macro_rules! codes {
    ($($variant:ident $name:literal $about:literal;)*) => {
        /// The stable name of a kind of finding. Names are never reused for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $about] $variant,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as printed.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the finding means, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

codes! {
    FileUnreadable "file-unreadable" "a file could not be read";
    NotUtf8 "not-utf8" "a file is not valid UTF-8";
    YamlSyntax "yaml-syntax" "the text is not YAML";
    YamlTab "yaml-tab" "a tab is used for indentation";
    YamlDocuments "yaml-documents" "a file holds more than one YAML document";
    YamlLimit "yaml-limit" "a file is too large, too deep, expands too far through aliases, or holds more errors than anybody would read";
    YamlTag "yaml-tag" "a YAML tag is used where plain values are expected";
    YamlMerge "yaml-merge" "a merge key `<<`, which YAML 1.2 does not have";
    JsonSyntax "json-syntax" "the text of a directory snapshot is not JSON";
    DuplicateKey "duplicate-key" "a key stands twice in one map";
    UnknownField "unknown-field" "a field is not part of the language";
    MissingField "missing-field" "a field that must be there is missing";
    WrongType "wrong-type" "a value is of another type than expected";
    UnquotedValue "unquoted-value" "a value that YAML may read as something other than a string is not quoted";
    EmptyValue "empty-value" "nothing stands where something is expected, such as an empty list, which could mean everyone or no one";
    BadValue "bad-value" "a value is not one of those allowed";
    BadName "bad-name" "a name cannot be used: empty, too long, reserved, or with characters that do not belong in it";
    UnknownName "unknown-name" "a name that is declared nowhere";
    DuplicateName "duplicate-name" "one name is declared twice";
    DuplicateValue "duplicate-value" "a value that may stand once stands twice: what a group is sent as, an offboarded or a break-glass login";
    BuiltinName "builtin-name" "a built-in space or role is declared again";
    SpaceCycle "space-cycle" "spaces are each other's parents";
    BadNetwork "bad-network" "an address or network that cannot be matched as written";
    BadTime "bad-time" "a date, time, window or zone that cannot be read";
    AmbiguousList "ambiguous-list" "a list of conditions that does not say whether all or any must hold";
    WrongTest "wrong-test" "`when` on a denial, or `unless` on a grant";
    EmptyTarget "empty-target" "a target of a grant that no space matches";
    BadInclude "bad-include" "an `include` that names no file, one outside of the folder of the mapping, or one that is read already";
    OutsideBounds "outside-bounds" "a grant that steps outside of what an `include`, or `defaults` for elevations, allows";
    NestedName "nested-name" "a definition that uses itself";
    TooManyCases "too-many-cases" "a subject or condition that has too many parts or falls into too many separate cases";
    DuplicateGrant "duplicate-grant" "two grants, or two entries of one list of `login`, decide the same";
    BreakGlassLocked "break-glass-locked" "a break-glass identity that could not sign in";
    OffboardedBreakGlass "offboarded-break-glass" "a break-glass identity that is offboarded, which keeps it out no more than any denial";
    GateClosed "gate-closed" "a gate that nobody could pass";
    GrantWithoutEffect "grant-without-effect" "a grant, an added team or an entry of `admin` that can never give anything";
    CoveredGrant "covered-grant" "a grant that gives nothing which another does not give to the same people";
    Expired "expired" "a grant, an earlier value of a group or an API key of which the time is over";
    ExpiringSoon "expiring-soon" "a grant that ends soon, or an API key that is to be replaced soon";
    ExternalWithoutEnd "external-without-end" "an external group that is given a team, which cannot end";
    IndividualGrant "individual-grant" "a grant to somebody by name, without an end";
    UnguardedAdmin "unguarded-admin" "administrators from anywhere, at any time";
    AdmitWithoutGrants "admit-without-grants" "`no_grants: admit` where everybody of the identity provider is a member";
    GroupValue "group-value" "a value of a group that is not of the kind that the identity provider sends";
    GroupNeverSent "group-never-sent" "a group that no login ever brought to the account";
    GroupSpelling "group-spelling" "a value of a group that the account knows in other case, with other spaces or in another form of Unicode";
    TooManyGroups "too-many-groups" "somebody in more groups than the identity provider sends";
    GoogleGroups "google-groups" "groups with Google, which sends none, or only those that were chosen";
    TransientLogin "transient-login" "a login that is another at every sign-in";
    RoleWithoutRead "role-without-read" "a custom role that does not hold `space:read`";
    NoBreakGlass "no-break-glass" "a mapping without a break-glass identity";
    ReviewOverdue "review-overdue" "a grant that nobody has looked at for longer than `defaults.review_every`";
    AccessPolicies "access-policies" "access policies, which Spacelift has given up, for an installation that may still evaluate them";
    AccessPoliciesGone "access-policies-gone" "access policies for an account on Spacelift's own servers, which evaluate none any more";
    UnknownIdentity "unknown-identity" "a test names an identity that is not declared";
    UntestedGrant "untested-grant" "a grant that no test exercises";
    TestCannotFail "test-cannot-fail" "a test that nothing in the mapping could make fail";
    NamesNotSent "names-not-sent" "a convention of names of groups where the identity provider sends ids";
    GuardrailBroken "guardrail-broken" "a guardrail that an identity of the fixtures breaks";
    GuardrailUnchecked "guardrail-unchecked" "guardrails, and no identity of the fixtures to check them for";
    ExclusiveGroups "exclusive-groups" "an identity of the fixtures in two groups that are kept apart";
    UnusedName "unused-name" "a declared name that nothing uses";
    NotEvaluated "not-evaluated" "the rendered policy could not be read back, parsed or evaluated, and is not used";
    PolicyTooLarge "policy-too-large" "the rendered policy is larger than the limit that was given";
    NothingToRead "nothing-to-read" "no mapping was found where one was expected";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(before, names.len());
        assert!(Code::ALL.iter().all(|code| !code.about().is_empty()));
    }

    #[test]
    fn the_same_words_at_two_places_are_two_findings() {
        let at = |start| Span {
            start,
            end: start + 1,
            ..Span::default()
        };
        let mut diagnostics = Diagnostics::default();
        for start in [4, 1, 4] {
            diagnostics.push(Diagnostic::error(Code::EmptyValue, at(start), "m"));
        }
        let starts: Vec<u32> = diagnostics
            .sorted()
            .iter()
            .map(|d| d.primary.as_ref().unwrap().span.start)
            .collect();
        assert_eq!(starts, [1, 4]);
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(
            nearest("paymnets", ["platform", "payments"]),
            Some("payments")
        );
        assert_eq!(
            nearest("Payments", ["platform", "payments"]),
            Some("payments")
        );
        assert_eq!(nearest("zebra", ["platform", "payments"]), None);
        assert_eq!(nearest("a", ["b"]), Some("b"));
        let long = "a".repeat(4_000_000);
        assert_eq!(nearest(&long, [long.as_str(), "a"]), None);
        assert_eq!(nearest("a", [long.as_str()]), None);
    }
}
