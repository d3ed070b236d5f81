//! What a plain value may be taken for. YAML 1.1 and 1.2 disagree, and so do their readers: a value is safe as a string
//! without quotes only if none of them reads it as something else.

/// What some reader of YAML takes a plain value for, in words; `None` if every one reads a string.
#[must_use]
pub fn other_reading(text: &str) -> Option<&'static str> {
    if text.len() > 64 {
        // Nothing but a number can be that long, and no number needs to be.
        return is_number(text).then_some("a number");
    }
    match text.to_ascii_lowercase().as_str() {
        "" | "~" | "null" => return Some("nothing"),
        "y" | "n" | "yes" | "no" | "true" | "false" | "on" | "off" => return Some("true or false"),
        "=" => return Some("a default value"),
        "<<" => return Some("a merge key"),
        ".inf" | "+.inf" | "-.inf" | ".nan" | "+.nan" | "-.nan" => return Some("a number"),
        _ => {}
    }
    if is_number(text) {
        Some("a number")
    } else if is_date(text) {
        Some("a date")
    } else {
        None
    }
}

/// What a plain value is under the core schema of YAML 1.2, which is what JSON would have said.
#[derive(Debug, Clone, PartialEq)]
pub enum Core {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number in the range of JSON's readers.
    Number(serde_json::Number),
    /// A number that JSON cannot hold.
    NoNumber,
    /// Anything else.
    Text,
}

/// Reads a plain value by the core schema of YAML 1.2.
#[must_use]
pub fn core(text: &str) -> Core {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Core::Null,
        "true" | "True" | "TRUE" => return Core::Bool(true),
        "false" | "False" | "FALSE" => return Core::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Core::NoNumber;
    }
    for (prefix, base) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(base))
        {
            return u64::from_str_radix(digits, base)
                .map_or(Core::NoNumber, |n| Core::Number(n.into()));
        }
    }
    if !is_core_decimal(unsigned) {
        return Core::Text;
    }
    if unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let plain = text.strip_prefix('+').unwrap_or(text);
        if let Ok(number) = plain.parse::<i64>() {
            return Core::Number(number.into());
        }
        if let Ok(number) = plain.parse::<u64>() {
            return Core::Number(number.into());
        }
    }
    text.parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64)
        .map_or(Core::NoNumber, Core::Number)
}

/// Digits, at most one point, at most one exponent; at least one digit before the exponent.
fn is_core_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_fits
}

/// A number to any reader: signs, separators, every base, sexagesimal, exponents.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let lower = unsigned.to_ascii_lowercase();
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return digits.contains(|c: char| c.is_digit(base))
                && digits.chars().all(|c| c == '_' || c.is_digit(base));
        }
    }
    let without: String = lower.chars().filter(|c| *c != '_').collect();
    is_core_decimal(&without) || is_sexagesimal(&without)
}

/// `1:30`, `190:20:30.15`.
fn is_sexagesimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut groups = 0;
    digits(first)
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && parts.all(|part| {
            groups += 1;
            digits(part)
                && part.len() <= 2
                && !(part.len() == 2 && part.as_bytes() >= b"60".as_slice())
        })
        && groups > 0
}

/// `2026-01-01`, alone or with a time after it.
fn is_date(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let mut number = |widths: std::ops::RangeInclusive<usize>| {
        let width = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let fits = widths.contains(&width);
        rest = rest.get(width..).unwrap_or_default();
        let next = rest.first().copied();
        rest = rest.get(1..).unwrap_or_default();
        (fits, next)
    };
    if number(4..=4) != (true, Some(b'-')) || number(1..=2) != (true, Some(b'-')) {
        return false;
    }
    match number(1..=2) {
        (true, None) => true,
        (true, Some(b'T' | b't' | b' ' | b'\t')) => {
            let time = rest.trim_ascii_start();
            time.first().is_some_and(u8::is_ascii_digit)
        }
        _ => false,
    }
}
