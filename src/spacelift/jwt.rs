//! Reading the two claims of a token that matter here.
//!
//! Nothing is verified: the server does that. The claims only say where a bare
//! token belongs and when it ends.

use serde::Deserialize;

/// What a token says about itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claims {
    /// `aud`: the account's address (Spacelift's CLI client takes the endpoint
    /// of a bare token from here, and wants exactly one).
    pub(super) audience: Vec<String>,
    /// `exp`: Unix seconds.
    pub(super) expires: Option<i64>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    aud: Option<Audience>,
    /// RFC 7519 allows a fraction.
    #[serde(default)]
    exp: Option<serde_json::Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The claims of `token`, or nothing if it is not a JSON web token.
pub(super) fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let payload: Payload = serde_json::from_slice(&base64url(payload)?).ok()?;
    Some(Claims {
        audience: match payload.aud {
            None => Vec::new(),
            Some(Audience::One(one)) => vec![one],
            Some(Audience::Many(many)) => many,
        },
        expires: payload.exp.and_then(whole_seconds),
    })
}

fn whole_seconds(number: serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let seconds = number.as_f64()?;
        // Far within what a float holds exactly; anything else is no date.
        (seconds.abs() < 1e15).then_some(seconds as i64)
    })
}

/// RFC 4648 section 5; padding is optional.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn decodes_the_vectors_of_rfc_4648() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYg==", b"foob"),
            ("Zm9vYmE", b"fooba"),
            ("Zm9vYmFy", b"foobar"),
            ("-_-_", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(base64url(text).unwrap(), bytes);
        }
        for text in ["A", "Zm9vYmFyA", "Zm+v", "Zm/v", "Z m9", "ä"] {
            assert_eq!(base64url(text), None, "{text}");
        }
    }

    #[test]
    fn reads_audience_and_expiry() {
        // {"aud":["https://example.app.spacelift.io"],"exp":1700000000}
        let many = "e30.eyJhdWQiOlsiaHR0cHM6Ly9leGFtcGxlLmFwcC5zcGFjZWxpZnQuaW8iXSwiZXhwIjoxNzAwMDAwMDAwfQ.x";
        let expected = Claims {
            audience: vec!["https://example.app.spacelift.io".into()],
            expires: Some(1_700_000_000),
        };
        assert_eq!(claims(many).unwrap(), expected);
        // {"aud":"a","exp":1.5}
        let one = "e30.eyJhdWQiOiJhIiwiZXhwIjoxLjV9.";
        assert_eq!(
            claims(one).unwrap(),
            Claims {
                audience: vec!["a".into()],
                expires: Some(1)
            }
        );
        assert_eq!(
            claims("e30.e30.x").unwrap(),
            Claims {
                audience: vec![],
                expires: None
            }
        );
    }

    #[test]
    fn other_text_has_no_claims() {
        for text in ["", "a", "a.b", "a.b.c", "a.e30.c.d", "a.WzFd.c"] {
            assert_eq!(claims(text), None, "{text}");
        }
    }
}
