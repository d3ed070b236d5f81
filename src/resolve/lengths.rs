//! Lengths of time: `90d`, `12h`.

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::Text;

const HOUR: i64 = 3_600_000_000_000;

/// A whole number of days or hours, in nanoseconds.
pub(super) fn length(text: &str) -> Option<i64> {
    let (number, unit) = if let Some(days) = text.strip_suffix('d') {
        (days, 24 * HOUR)
    } else {
        (text.strip_suffix('h')?, HOUR)
    };
    let fits = (1..=5).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && !number.starts_with('0');
    if !fits {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(unit)
}

impl Resolver<'_, '_> {
    /// A length that the mapping states, or nothing where it cannot be read, which is reported.
    pub(super) fn length(&mut self, written: &Text, example: &str) -> Option<i64> {
        let length = length(written);
        if length.is_none() {
            self.found.missing(
                written.span,
                Diagnostic::error(
                    Code::BadTime,
                    written.span,
                    format!("`{}` is not a length of time", shown(written)),
                )
                .help(format!("write days or hours, as in `{example}`")),
            );
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_days_or_hours() {
        assert_eq!(length("1h"), Some(HOUR));
        assert_eq!(length("90d"), Some(90 * 24 * HOUR));
        assert!(length("99999d").is_some());
        for text in [
            "", "d", "h", "0d", "012h", "1", "1m", "1.5h", "100000h", "-1d", "1 d", "１d",
        ] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
