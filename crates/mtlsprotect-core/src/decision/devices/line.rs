//! A line of the device file.

use crate::escape::quoted;
use crate::mac::Mac;
use crate::time::UnixTime;
use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The device.
    pub mac: Mac,
    /// What is said of it.
    pub entry: Entry,
}

/// What a line says of its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is one of ours.
    Allow,
    /// It gets nothing, and nobody gets its files.
    Block,
    /// It may come without a certificate.
    Exempt(Exemption),
    /// It may prove itself by a password even where it has by a certificate.
    Password(PasswordLine),
}

/// How long a device may prove itself by a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordLine {
    /// Unix time of the last second; `MAX` where the line doesn't end it.
    pub until: UnixTime,
}

/// From where and for how long a device may come without a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The networks of its site.
    pub from: Vec<IpNet>,
    /// Unix time of the last second.
    pub until: UnixTime,
    /// It holds for a device that has proven itself as well.
    pub even_proven: bool,
}

impl Exemption {
    /// Its networks as the file writes them; one of a single address as that address.
    pub fn networks(&self) -> impl Iterator<Item = String> {
        self.from.iter().map(|network| {
            let is_one = network.prefix_len() == network.max_prefix_len();
            if is_one { network.addr().to_string() } else { network.to_string() }
        })
    }
}

impl Line {
    /// Reads a line; `None` where it is empty or a comment.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        // The mark that editors put before UTF-8, also where files were joined.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let text = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        let Ok(text) = std::str::from_utf8(text) else {
            return Err(format!("\"{}\" is not UTF-8", quoted(text, 64)));
        };
        let mut words = text.split_ascii_whitespace();
        let Some(mac) = words.next() else { return Ok(None) };
        let mac = Mac::of_device(mac.as_bytes())
            .ok_or_else(|| format!("\"{}\" is not a device's MAC address", quoted(mac.as_bytes(), 64)))?;
        let rule = words.next().unwrap_or_default();
        let entry = match rule {
            "allow" => Entry::Allow,
            "block" => Entry::Block,
            "exempt" => return Ok(Some(Line { mac, entry: Entry::Exempt(Exemption::parse(words)?) })),
            "password" => return Ok(Some(Line { mac, entry: Entry::Password(PasswordLine::parse(words)?) })),
            _ => {
                let rule = quoted(rule.as_bytes(), 64);
                return Err(format!("expected allow, block, exempt or password after {mac}, found \"{rule}\""));
            }
        };
        match words.next() {
            None => Ok(Some(Line { mac, entry })),
            Some(more) => Err(format!("\"{}\" after {rule}; comments begin with #", quoted(more.as_bytes(), 64))),
        }
    }
}

impl PasswordLine {
    fn parse<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let until = match words.next().map(|word| (word, word.split_once('='))) {
            None => UnixTime::MAX,
            Some((_, Some(("until", last)))) => parse_day(last)?,
            Some((word, _)) => return Err(format!("expected until=, found \"{}\"", quoted(word.as_bytes(), 64))),
        };
        match words.next() {
            None => Ok(PasswordLine { until }),
            Some(more) => Err(format!("\"{}\" after until=; comments begin with #", quoted(more.as_bytes(), 64))),
        }
    }
}

impl Exemption {
    /// From networks or addresses separated by commas, until the end of a day like `2027-03-31`.
    ///
    /// # Errors
    /// What is wrong with them, for the operator.
    pub fn new(networks: &str, last_day: &str) -> Result<Self, String> {
        Ok(Exemption { from: parse_networks(networks)?, until: parse_day(last_day)?, even_proven: false })
    }

    fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let (mut from, mut until, mut even_proven) = (None, None, false);
        for word in words {
            let is_new = match word.split_once('=') {
                Some(("from", networks)) => from.replace(parse_networks(networks)?).is_none(),
                Some(("until", last)) => until.replace(parse_day(last)?).is_none(),
                None if word == "even-proven" => !std::mem::replace(&mut even_proven, true),
                _ => {
                    let word = quoted(word.as_bytes(), 64);
                    return Err(format!("expected from=, until= or even-proven, found \"{word}\""));
                }
            };
            if !is_new {
                return Err(format!("\"{word}\" is repeated; write from=203.0.113.0/24,198.51.100.7"));
            }
        }
        let example = "exempt from=203.0.113.0/24 until=2027-03-31";
        match (from, until) {
            (Some(from), Some(until)) => Ok(Exemption { from, until, even_proven }),
            (None, _) => Err(format!("from= is missing, without which anybody could be this phone: {example}")),
            (_, None) => Err(format!("until= is missing, the last day in UTC: {example}")),
        }
    }
}

impl fmt::Display for Entry {
    /// As the file writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Allow => f.write_str("allow"),
            Entry::Block => f.write_str("block"),
            Entry::Exempt(exemption) => exemption.fmt(f),
            Entry::Password(line) => line.fmt(f),
        }
    }
}

impl fmt::Display for PasswordLine {
    /// As the file writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("password")?;
        if self.until == UnixTime::MAX { Ok(()) } else { write!(f, " until={}", self.until.day()) }
    }
}

impl fmt::Display for Exemption {
    /// As the file writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exempt from={} until={}", self.networks().collect::<Vec<_>>().join(","), self.until.day())?;
        if self.even_proven { f.write_str(" even-proven") } else { Ok(()) }
    }
}

/// Networks or single addresses, separated by commas.
fn parse_networks(list: &str) -> Result<Vec<IpNet>, String> {
    let parse = |word: &str| {
        let network: Option<IpNet> = word.parse().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
        let network = network.map(|network| canonical(network.trunc())).ok_or_else(|| {
            format!("from=: \"{}\" is not an address or network; write 203.0.113.0/24", quoted(word.as_bytes(), 64))
        })?;
        if network.prefix_len() == 0 {
            return Err(format!("from=: {word} is everybody; specify the network of the phone's site"));
        }
        Ok(network)
    };
    list.split(',').map(parse).collect()
}

/// An IPv4 network that is written as IPv6 (::ffff:203.0.113.0/120) as what it is, since addresses are compared so.
fn canonical(network: IpNet) -> IpNet {
    let IpAddr::V4(address) = network.addr().to_canonical() else { return network };
    let length = network.prefix_len().checked_sub(network.max_prefix_len() - 32);
    length.and_then(|length| IpNet::new(address.into(), length).ok()).unwrap_or(network)
}

fn parse_day(last: &str) -> Result<UnixTime, String> {
    UnixTime::end_of_day(last)
        .ok_or_else(|| format!("until=: \"{}\" is not a day; write 2027-03-31", quoted(last.as_bytes(), 64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_line_makes_the_parser_fail(line in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Line::parse(&line);
        }
    }
}
