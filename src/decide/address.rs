//! Addresses as text, and whether a network holds one.

use std::net::IpAddr;

use crate::model::Network;

/// An address that can be compared with networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    /// Reads one address and nothing beside it: no port, zone, prefix, space or leading zero of a decimal number. IPv4 within
    /// IPv6 is read where it is spelt `::ffff:a.b.c.d`, and nothing else that ends in dots is; of what else begins with 80
    /// bits of zero, readers disagree on what it means.
    pub(super) fn read(text: &str) -> Option<Self> {
        let within = text
            .split_at_checked("::ffff:".len())
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("::ffff:"));
        if let Some(v4) = v4(within.map_or(text, |(_, address)| address)) {
            return Some(Self::V4(v4));
        }
        v6(text).filter(|bits| bits >> 48 != 0).map(Self::V6)
    }

    /// Whether a network holds the address.
    pub(super) fn is_in(self, network: &Network) -> bool {
        let prefix = u32::from(network.prefix);
        match (self, network.address) {
            (Self::V4(address), IpAddr::V4(first)) => {
                same_beginning(address.into(), first.to_bits().into(), 32, prefix)
            }
            (Self::V6(address), IpAddr::V6(first)) => {
                same_beginning(address, first.to_bits(), 128, prefix)
            }
            _ => false,
        }
    }
}

fn same_beginning(one: u128, other: u128, width: u32, bits: u32) -> bool {
    let rest = width.saturating_sub(bits);
    // A prefix of nothing leaves no bit to compare.
    (one ^ other).checked_shr(rest).unwrap_or(0) == 0
}

fn v4(text: &str) -> Option<u32> {
    let mut bits = 0;
    let mut count = 0;
    for part in text.split('.') {
        let is_number = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number || (part.len() > 1 && part.starts_with('0')) {
            return None;
        }
        bits = (bits << 8) | u32::from(part.parse::<u8>().ok()?);
        count += 1;
        if count > 4 {
            return None;
        }
    }
    (count == 4).then_some(bits)
}

fn v6(text: &str) -> Option<u128> {
    let Some((head, tail)) = text.split_once("::") else {
        let (bits, count) = groups(text)?;
        return (count == 8).then_some(bits);
    };
    let (high, above) = groups(head)?;
    let (low, below) = groups(tail)?;
    // `::` stands for one group or more, so that there is room to shift.
    if above + below > 7 {
        return None;
    }
    let high = if above == 0 {
        0
    } else {
        high << (16 * (8 - above))
    };
    Some(high | low)
}

/// Groups of hexadecimal digits as one number, and how many of 16 bits there are.
fn groups(text: &str) -> Option<(u128, u32)> {
    let (mut bits, mut count) = (0_u128, 0);
    if text.is_empty() {
        return Some((bits, count));
    }
    for part in text.split(':') {
        let is_group = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_group || count == 8 {
            return None;
        }
        bits = (bits << 16) | u128::from(u16::from_str_radix(part, 16).ok()?);
        count += 1;
    }
    Some((bits, count))
}
