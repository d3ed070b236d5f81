//! Addresses that lie together.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network without host bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    /// First address.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix: u8,
}

impl Network {
    /// The network of this prefix that holds an address. A prefix that is too long is that of the address alone.
    #[must_use]
    pub fn holding(address: IpAddr, prefix: u8) -> Self {
        let address = match address {
            IpAddr::V4(v4) => {
                let shift = 32_u32.saturating_sub(prefix.into());
                let mask = u32::MAX.checked_shl(shift).unwrap_or_default();
                Ipv4Addr::from_bits(v4.to_bits() & mask).into()
            }
            IpAddr::V6(v6) => {
                let shift = 128_u32.saturating_sub(prefix.into());
                let mask = u128::MAX.checked_shl(shift).unwrap_or_default();
                Ipv6Addr::from_bits(v6.to_bits() & mask).into()
            }
        };
        Self { address, prefix }
    }

    /// Where it begins and ends: its first and its last address, and those next to it, where there are any.
    #[must_use]
    pub fn edges(&self) -> Vec<IpAddr> {
        let (first, bits) = match self.address {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let ones = |bits: u32| u128::MAX.checked_shr(128 - bits).unwrap_or(0);
        let last = first | ones(u32::saturating_sub(bits, self.prefix.into()));
        let next = last.checked_add(1).filter(|next| *next <= ones(bits));
        let numbers = [first.checked_sub(1), Some(first), Some(last), next];
        let address = |number: u128| match self.address {
            IpAddr::V4(_) => u32::try_from(number)
                .ok()
                .map(|bits| IpAddr::V4(bits.into())),
            IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
        };
        numbers.into_iter().flatten().filter_map(address).collect()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_network_begins_and_ends_where_addresses_do() {
        for (address, prefix, network, edges) in [
            (
                "10.0.0.6",
                30,
                "10.0.0.4/30",
                "10.0.0.3 10.0.0.4 10.0.0.7 10.0.0.8",
            ),
            ("9.9.9.9", 0, "0.0.0.0/0", "0.0.0.0 255.255.255.255"),
            (
                "192.0.2.7",
                32,
                "192.0.2.7/32",
                "192.0.2.6 192.0.2.7 192.0.2.7 192.0.2.8",
            ),
            (
                "::7",
                0,
                "::/0",
                ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "2001:db8::1",
                127,
                "2001:db8::/127",
                "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8::1 2001:db8::2",
            ),
        ] {
            let found = Network::holding(address.parse().unwrap(), prefix);
            assert_eq!(found.to_string(), network);
            let found: Vec<_> = found.edges().iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), edges, "{network}");
        }
    }
}
