//! Addresses and networks of conditions.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::Text;
use crate::model::Network;

impl Resolver<'_, '_> {
    pub(super) fn networks(&mut self, list: &[Text], name: &Text) -> Option<Vec<Network>> {
        if list.is_empty() {
            self.found.empty(name.span, "`ip`");
            return None;
        }
        let mut all = BTreeSet::new();
        let mut sound = true;
        for text in list {
            match network(text) {
                Ok(network) => {
                    all.insert(network);
                }
                Err(wrong) => {
                    sound = false;
                    self.found.missing(
                        text.span,
                        Diagnostic::error(
                            Code::BadNetwork,
                            text.span,
                            format!("`{}` {}", shown(text), wrong.message),
                        )
                        .help(wrong.help),
                    );
                }
            }
        }
        sound.then(|| all.into_iter().collect())
    }
}

/// Why a network cannot be matched as written.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    message: &'static str,
    help: String,
}

fn wrong(message: &'static str, help: impl Into<String>) -> Wrong {
    Wrong {
        message,
        help: help.into(),
    }
}

fn network(text: &str) -> Result<Network, Wrong> {
    let (host, prefix) = match text.split_once('/') {
        Some((host, prefix)) => (host, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = host.parse().map_err(|_| not_an_address(text, host))?;
    let longest: u8 = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => longest,
        Some(digits) => Some(digits)
            .filter(|digits| {
                (1..=3).contains(&digits.len())
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && (*digits == "0" || !digits.starts_with('0'))
            })
            .and_then(|digits| digits.parse().ok())
            .filter(|prefix| *prefix <= longest)
            .ok_or_else(|| {
                wrong(
                    "has no prefix length that fits",
                    format!("write a number from 0 to {longest} after the `/`"),
                )
            })?,
    };
    if let IpAddr::V6(v6) = address {
        let bits = u128::from(v6);
        if prefix >= 96 && bits >> 32 == 0xffff {
            let v4 = Ipv4Addr::from(u32::try_from(bits & 0xffff_ffff).unwrap_or_default());
            let v4_prefix = prefix - 96;
            return Err(wrong(
                "is an IPv4 address written as IPv6",
                match v4_prefix {
                    32 => format!("write `{v4}`"),
                    _ => format!("write `{v4}/{v4_prefix}`"),
                },
            ));
        }
        if prefix >= 80 && bits >> 48 == 0 {
            return Err(wrong(
                "lies where no client comes from",
                "write the addresses that requests come from; IPv4 ones as IPv4",
            ));
        }
    }
    let network = Network::holding(address, prefix);
    if network.address != address {
        return Err(wrong(
            "has bits set after its prefix",
            format!("write `{network}` for the network, or `{address}` for the one address"),
        ));
    }
    Ok(network)
}

fn not_an_address(text: &str, host: &str) -> Wrong {
    const MESSAGE: &str = "is not an address or a network";
    let octets: Vec<&str> = host.split('.').collect();
    let padded = octets.len() == 4
        && octets
            .iter()
            .all(|o| !o.is_empty() && o.bytes().all(|b| b.is_ascii_digit()))
        && octets.iter().any(|o| o.len() > 1 && o.starts_with('0'));
    let help = if padded {
        "write it without leading zeros: some read them as octal"
    } else if host.contains('%') {
        "leave out the zone after the `%`"
    } else if host.starts_with('[')
        || host
            .rsplit_once(':')
            .is_some_and(|(a, _)| a.parse::<Ipv4Addr>().is_ok())
    {
        "leave out the port"
    } else if text.contains('-') {
        "write a range as networks, such as `203.0.113.0/24`"
    } else {
        "write an address or a network, such as `203.0.113.0/24` or `2001:db8::/32`"
    };
    wrong(MESSAGE, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_53_host_bits_are_an_error_and_a_bare_address_is_one_host() {
        assert_eq!(
            network("203.0.113.0/24").unwrap().to_string(),
            "203.0.113.0/24"
        );
        assert_eq!(
            network("203.0.113.9").unwrap().to_string(),
            "203.0.113.9/32"
        );
        assert_eq!(network("2001:db8::").unwrap().to_string(), "2001:db8::/128");
        assert_eq!(
            network("2001:DB8::/32").unwrap().to_string(),
            "2001:db8::/32"
        );
        assert_eq!(network("0.0.0.0/0").unwrap().to_string(), "0.0.0.0/0");
        assert_eq!(network("::/0").unwrap().to_string(), "::/0");
        assert!(
            network("203.0.113.9/24")
                .unwrap_err()
                .help
                .contains("`203.0.113.0/24`")
        );
        assert!(
            network("2001:db8::1/32")
                .unwrap_err()
                .help
                .contains("`2001:db8::/32`")
        );
    }

    #[test]
    fn row_52_ipv4_is_written_as_ipv4() {
        assert!(
            network("::ffff:203.0.113.9")
                .unwrap_err()
                .help
                .contains("`203.0.113.9`")
        );
        assert!(
            network("::ffff:203.0.113.0/120")
                .unwrap_err()
                .help
                .contains("`203.0.113.0/24`")
        );
        assert!(
            network("::ffff:0:0/96")
                .unwrap_err()
                .help
                .contains("`0.0.0.0/0`")
        );
        for text in [
            "::1",
            "::",
            "::/80",
            "::1.2.3.4",
            "::1.2.3.0/120",
            "::fffe:0:0/96",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_network() {
        for text in [
            "",
            "office",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.1:443",
            "[::1]:443",
            "fe80::1%eth0",
            "10.0.0.1-10.0.0.9",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "2001:db8::/129",
            "10.0.0.0/255.0.0.0",
            " 10.0.0.1",
            "10.0.0.0/8/8",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }
}
