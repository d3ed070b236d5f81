//! Time and chance, which tests replace.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the sandbox gets the time and its ids from.
pub trait Source: Send + Sync {
    /// Milliseconds since 1970.
    fn millis(&self) -> i64;
    /// Sixteen bytes that nobody has seen before.
    fn bytes(&self) -> [u8; 16];
}

/// The machine's clock, and the standard library's random hash keys.
///
/// The tokens made from it open a file on this machine, so a keyed hash of a counter is chance enough.
#[derive(Debug, Default)]
pub struct System {
    keys: [RandomState; 2],
    count: AtomicU64,
}

impl Source for System {
    fn millis(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn bytes(&self) -> [u8; 16] {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let [low, high] = self.keys.each_ref().map(|key| {
            let mut hasher = key.build_hasher();
            hasher.write_u64(count);
            u128::from(hasher.finish())
        });
        (low | (high << 64)).to_be_bytes()
    }
}

/// An id that sorts by its time.
pub(crate) fn ulid(source: &dyn Source) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let time = u128::try_from(source.millis()).unwrap_or(0) & 0xFFFF_FFFF_FFFF;
    let value = (time << 80) | (u128::from_be_bytes(source.bytes()) & ((1 << 80) - 1));
    (0..26)
        .rev()
        .filter_map(|place| ALPHABET.get(((value >> (place * 5)) & 31) as usize))
        .map(|byte| char::from(*byte))
        .collect()
}

/// Sixty-four hexadecimal digits.
pub(crate) fn secret(source: &dyn Source) -> String {
    [source.bytes(), source.bytes()]
        .concat()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A name as it stands in addresses: lower-case letters, digits and single hyphens.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// SHA-256 in hexadecimal.
pub(crate) fn hash(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Base 64 as tokens and cursors use it: the address-safe letters, no padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, at| {
            (word << 8) | u32::from(group.get(at).copied().unwrap_or(0))
        });
        for place in (3 - group.len()..4).rev().take(group.len() + 1) {
            if let Some(letter) = ALPHABET.get(((word >> (place * 6)) & 63) as usize) {
                text.push(char::from(*letter));
            }
        }
    }
    text
}
