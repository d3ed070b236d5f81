//! Pseudonyms of addresses: another address that lies in the same networks of the mapping, and in no other.
//!
//! Networks lie in each other or apart, so the smallest one that holds an address says which hold it. What stands for the
//! address is in that one, and in none of those within it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key::Key;
use crate::decide::read_address;
use crate::model::Network;

/// Where addresses of no network come from, if the mapping leaves room there: nobody has them. 240.0.0.0/4 is reserved (RFC
/// 1112), 100::/64 is discarded (RFC 6666).
const NOWHERE_V4: (u32, u8) = (0xf000_0000, 4);
const NOWHERE_V6: (u128, u8) = (0x0100 << 112, 64);

/// An address's pseudonym; what is no address that the mapping can read becomes something that is none either.
pub(super) fn pseudonym(networks: &BTreeSet<Network>, key: &Key, text: &str) -> String {
    let Some(address) = read_address(text) else {
        return format!("address-{}", key.token("address", text));
    };
    let chance = key.bytes("address", &address.to_string());
    match address {
        IpAddr::V4(address) => {
            let all: Vec<Block> = networks.iter().filter_map(Block::v4).collect();
            let nowhere = Block::new(NOWHERE_V4.0.into(), NOWHERE_V4.1, 32);
            let bits = draw(&all, u128::from(address.to_bits()), 32, nowhere, &chance);
            Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or_default()).to_string()
        }
        IpAddr::V6(address) => {
            let all: Vec<Block> = networks.iter().filter_map(Block::v6).collect();
            let nowhere = Block::new(NOWHERE_V6.0, NOWHERE_V6.1, 128);
            Ipv6Addr::from_bits(draw(&all, address.to_bits(), 128, nowhere, &chance)).to_string()
        }
    }
}

/// Addresses that share their first bits; of IPv4, 32 bits wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    first: u128,
    prefix: u8,
    width: u8,
}

impl Block {
    fn new(first: u128, prefix: u8, width: u8) -> Self {
        Self {
            first,
            prefix,
            width,
        }
    }

    fn v4(network: &Network) -> Option<Self> {
        match network.address {
            IpAddr::V4(first) => Some(Self::new(first.to_bits().into(), network.prefix, 32)),
            IpAddr::V6(_) => None,
        }
    }

    fn v6(network: &Network) -> Option<Self> {
        match network.address {
            IpAddr::V6(first) => Some(Self::new(first.to_bits(), network.prefix, 128)),
            IpAddr::V4(_) => None,
        }
    }

    fn holds(self, address: u128) -> bool {
        let rest = u32::from(self.width.saturating_sub(self.prefix));
        (self.first ^ address).checked_shr(rest).unwrap_or(0) == 0
    }

    fn holds_block(self, other: Self) -> bool {
        other.prefix >= self.prefix && self.holds(other.first)
    }

    /// The two halves.
    fn halves(self) -> Option<[Self; 2]> {
        if self.prefix >= self.width {
            return None;
        }
        let prefix = self.prefix + 1;
        let half = 1_u128.checked_shl(u32::from(self.width - prefix))?;
        let lower = Self { prefix, ..self };
        Some([
            lower,
            Self {
                first: self.first | half,
                ..lower
            },
        ])
    }
}

fn draw(all: &[Block], address: u128, width: u8, nowhere: Block, chance: &[u8]) -> u128 {
    let smallest = all
        .iter()
        .filter(|block| block.holds(address))
        .max_by_key(|block| block.prefix)
        .copied();
    let within = match smallest {
        Some(block) => block,
        // Not one address of nowhere may lie in a network, even as a part of it.
        None if !all.iter().any(|block| block.holds(nowhere.first)) => nowhere,
        None => Block::new(0, 0, width),
    };
    let inside: Vec<Block> = all
        .iter()
        .filter(|block| block.prefix > within.prefix && within.holds_block(**block))
        .copied()
        .collect();
    let free = free(within, &inside, width);
    let number = |from: usize, count: usize| -> u128 {
        chance
            .iter()
            .skip(from)
            .take(count)
            .fold(0, |number, byte| (number << 8) | u128::from(*byte))
    };
    let count = u128::try_from(free.len()).unwrap_or(1).max(1);
    let chosen = usize::try_from(number(0, 8) % count).unwrap_or(0);
    let Some(block) = free.get(chosen) else {
        return address;
    };
    let rest = u32::from(width.saturating_sub(block.prefix));
    let mask = match 1_u128.checked_shl(rest) {
        Some(end) => end - 1,
        None => u128::MAX,
    };
    block.first | (number(8, 16) & mask)
}

/// The blocks of a network that lie in none of those within it, in order, and that can be told from an address of another
/// kind: the first 80 bits of IPv6 are not zero.
fn free(within: Block, inside: &[Block], width: u8) -> Vec<Block> {
    let odd = Block::new(0, 80, 128);
    let mut free = Vec::new();
    let mut waiting = vec![(within, inside.to_vec())];
    while let Some((block, inside)) = waiting.pop() {
        let is_odd = width == 128 && odd.holds_block(block);
        if is_odd || inside.iter().any(|other| other.holds_block(block)) {
            continue;
        }
        if inside.is_empty() && !(width == 128 && block.holds_block(odd)) {
            free.push(block);
        } else if let Some(halves) = block.halves() {
            for half in halves.into_iter().rev() {
                let touching = inside
                    .iter()
                    .filter(|other| half.holds_block(**other) || other.holds_block(half));
                waiting.push((half, touching.copied().collect()));
            }
        }
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        let (address, prefix) = text.split_once('/').unwrap();
        Network {
            address: address.parse().unwrap(),
            prefix: prefix.parse().unwrap(),
        }
    }

    fn networks(all: &[&str]) -> BTreeSet<Network> {
        all.iter().map(|text| network(text)).collect()
    }

    fn holders(networks: &BTreeSet<Network>, text: &str) -> Vec<String> {
        let address = read_address(text).unwrap();
        let holds = |network: &&Network| match address {
            IpAddr::V4(a) => {
                Block::v4(network).is_some_and(|block| block.holds(a.to_bits().into()))
            }
            IpAddr::V6(a) => Block::v6(network).is_some_and(|block| block.holds(a.to_bits())),
        };
        networks
            .iter()
            .filter(holds)
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn it_lies_in_the_same_networks_and_no_others() {
        let all = networks(&[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.0/24",
            "10.1.2.3/32",
            "10.1.2.4/30",
            "203.0.113.0/31",
            "203.0.113.0/32",
            "241.0.0.0/8",
            "2001:db8::/32",
            "2001:db8:1::/48",
            "2001:db8:1::1/128",
        ]);
        let key = Key::of(b"key");
        let mut moved = 0;
        for text in [
            "10.9.9.9",
            "10.1.9.9",
            "10.1.2.9",
            "10.1.2.3",
            "10.1.2.5",
            "203.0.113.0",
            "203.0.113.1",
            "8.8.8.8",
            "241.3.4.5",
            "::ffff:10.1.2.9",
            "2001:db8::1",
            "2001:db8:1::1",
            "2001:db8:1::2",
            "2a00::1",
        ] {
            let new = pseudonym(&all, &key, text);
            assert_eq!(holders(&all, &new), holders(&all, text), "{text} -> {new}");
            assert_eq!(new, pseudonym(&all, &key, text));
            moved += usize::from(new != text);
        }
        // Four of them are alone where they are, and one has three neighbours.
        assert!((9..=10).contains(&moved), "{moved}");
    }

    #[test]
    fn without_networks_it_is_nobodys_address() {
        let key = Key::of(b"key");
        let none = BTreeSet::new();
        assert!(pseudonym(&none, &key, "203.0.113.9").starts_with("2"));
        assert!(pseudonym(&none, &key, "2001:db8::1").starts_with("100::"));
        let other = pseudonym(&none, &key, "2001:db8::2");
        assert_ne!(other, pseudonym(&none, &key, "2001:db8::1"));
        // The whole of a kind may be a network.
        let whole = networks(&["0.0.0.0/0", "::/0"]);
        for text in ["1.2.3.4", "2001:db8::1"] {
            let new = pseudonym(&whole, &key, text);
            assert_eq!(holders(&whole, &new).len(), 1, "{new}");
            assert_ne!(new, text);
        }
    }

    #[test]
    fn what_is_no_address_stays_none() {
        let key = Key::of(b"key");
        for text in ["", "x", "10.0.0.1:22", "10.0.0.01", "::1", "fe80::1%eth0"] {
            let new = pseudonym(&networks(&["10.0.0.0/8"]), &key, text);
            assert!(read_address(&new).is_none(), "{new}");
            assert!(!new.contains("10.0"));
        }
    }
}
