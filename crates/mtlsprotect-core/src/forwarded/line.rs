//! What an operator says of a balancer: the words of `MTLSProtectProxy`.

use crate::forwarded::format::Format;
use crate::wide::is_wide_public;
use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;

/// Balancers of one kind: where they connect from, and in which header they pass certificates on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyLine {
    addresses: Vec<IpNet>,
    format: Format,
    header: String,
    chain: Option<String>,
}

/// The shortest prefixes that can be balancers', for IPv4 and IPv6: more addresses than these are the Internet's.
const SHORTEST: [u8; 2] = [8, 16];

impl ProxyLine {
    /// Reads the words.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn read(words: &[&str]) -> Result<Self, String> {
        let mut addresses = Vec::new();
        let (mut certificate, mut chain) = (None, None);
        for word in words {
            match word.split_once('=') {
                None => addresses.push(network(word)?),
                Some(("certificate", value)) => once(&mut certificate, value, word)?,
                Some(("chain", value)) => once(&mut chain, value, word)?,
                Some((key, _)) => {
                    return Err(format!("unknown key {key}= in \"{word}\": the keys are certificate and chain"));
                }
            }
        }
        let certificate = certificate
            .ok_or("certificate= is missing: say how the balancer writes it, like certificate=nginx:X-Client-Cert")?;
        if addresses.is_empty() {
            return Err("there is no address: say where the balancer connects from, like 192.0.2.10".to_owned());
        }
        let (format, header) = format_and_header(certificate)?;
        let chain = chain.map(|name| chain_header(format, name)).transpose()?;
        let chain = chain.or(format.default_chain().map(str::to_owned));
        if chain.as_ref().is_some_and(|chain| chain.eq_ignore_ascii_case(&header)) {
            return Err(format!("the certificate and its chain cannot come in one header, {header}"));
        }
        Ok(ProxyLine { addresses, format, header, chain })
    }

    /// How it writes certificates.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The header with the client's certificate.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The header with the chain.
    pub fn chain(&self) -> Option<&str> {
        self.chain.as_deref()
    }

    /// Where it connects from, as it would be written.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        self.addresses.iter().map(written)
    }

    /// Whether it connects from this address, which is IPv4 where it could be written so.
    pub fn has(&self, peer: IpAddr) -> bool {
        self.addresses.iter().any(|network| network.contains(&peer))
    }

    /// The first of its addresses that is not among others, written as for mod_remoteip; none where one of those is a name
    /// or a part of an address, of which nobody knows here what it covers.
    pub fn not_among<'w>(&self, others: impl Iterator<Item = &'w str>) -> Option<String> {
        let others: Vec<IpNet> =
            others.map(|word| word.parse().or_else(|_| word.parse().map(IpAddr::into)).ok()).collect::<Option<_>>()?;
        let is_among = |network: &&IpNet| others.iter().any(|other| other.contains(*network));
        self.addresses.iter().find(|network| !is_among(network)).map(written)
    }

    /// The first of its networks that is public and too wide for balancers.
    pub fn wide(&self) -> Option<String> {
        self.addresses.iter().find(|network| is_wide_public(network)).map(written)
    }

    /// An address that another line has too.
    pub fn shares(&self, other: &ProxyLine) -> Option<IpNet> {
        let contains =
            |network: &IpNet| other.addresses.iter().any(|own| own.contains(network) || network.contains(own));
        self.addresses.iter().copied().find(contains)
    }
}

impl FromStr for ProxyLine {
    type Err = String;

    /// Reads words with white space between them.
    fn from_str(text: &str) -> Result<Self, String> {
        ProxyLine::read(&text.split_whitespace().collect::<Vec<_>>())
    }
}

fn written(network: &IpNet) -> String {
    match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    }
}

/// Whether a header's name is another's once `_` is read as `-`, as gateways and applications do.
pub fn is_spelled_as(name: &[u8], header: &[u8]) -> bool {
    let as_dash = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    name.len() == header.len() && name.iter().zip(header).all(|(&one, &other)| as_dash(one) == as_dash(other))
}

fn once<'w>(place: &mut Option<&'w str>, value: &'w str, word: &str) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("a second {word}: one line describes one kind of balancer, so write another line")),
    }
}

/// `ADDRESS` or `ADDRESS/LEN`.
fn network(word: &str) -> Result<IpNet, String> {
    let network = match word.split_once('/') {
        None => word.parse::<IpAddr>().ok().map(IpNet::from),
        Some(_) => word.parse::<IpNet>().ok(),
    };
    let network = network.ok_or_else(|| {
        format!(
            "\"{word}\" is not an address: expected the balancer's own, like 192.0.2.10, or a network like 192.0.2.0/28"
        )
    })?;
    if network.trunc() != network {
        return Err(format!("\"{word}\" has bits behind its length: write {}", network.trunc()));
    }
    if network.addr().to_canonical() != network.addr() {
        return Err(format!("write the IPv4 address {} instead of \"{word}\"", network.addr().to_canonical()));
    }
    let shortest = if network.addr().is_ipv4() { SHORTEST[0] } else { SHORTEST[1] };
    if network.prefix_len() < shortest {
        return Err(format!(
            "\"{word}\" are too many addresses: whoever connects from one is believed; list those of the balancer alone"
        ));
    }
    Ok(network)
}

/// `FORMAT` or `FORMAT:HEADER`.
fn format_and_header(value: &str) -> Result<(Format, String), String> {
    let (word, header) = value.split_once(':').map_or((value, None), |(word, header)| (word, Some(header)));
    let format = word.parse::<Format>().map_err(|_| {
        let known = Format::ALL.map(Format::as_str).join(", ");
        format!("unknown format \"{word}\": the formats are {known}")
    })?;
    let header = match (header, format.default_header()) {
        (Some(header), _) => header_name(header)?,
        (None, Some(header)) => header.to_owned(),
        (None, None) => {
            return Err(format!(
                "certificate={word} needs the name of the header: certificate={word}:X-Client-Cert, say"
            ));
        }
    };
    Ok((format, header))
}

fn chain_header(format: Format, name: &str) -> Result<String, String> {
    if format.may_have_chain() {
        return header_name(name);
    }
    let word = format.as_str();
    Err(if format.has_chain_inside() {
        format!("certificate={word} has the chain in the same header: leave chain= out")
    } else {
        format!("certificate={word} brings no chain: leave chain= out, and add the intermediates to MTLSProtectCAFile")
    })
}

/// A header's name without `_`, which nginx drops and others take for `-`.
fn header_name(name: &str) -> Result<String, String> {
    let is_fit = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_fit {
        return Ok(name.to_owned());
    }
    Err(format!("\"{name}\" is not a header's name of letters, digits and -: take another, like X-Client-Cert"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<ProxyLine, String> {
        words.parse()
    }

    #[test]
    fn a_line_says_who_is_believed_and_which_header() {
        let line = read("192.0.2.10 2001:db8::/64 certificate=nginx:X-Client-Cert").unwrap();
        assert_eq!((line.format(), line.header(), line.chain()), (Format::Nginx, "X-Client-Cert", None));
        for (peer, is_believed) in
            [("192.0.2.10", true), ("192.0.2.11", false), ("2001:db8::7", true), ("2001:db8:1::7", false)]
        {
            assert_eq!(line.has(peer.parse().unwrap()), is_believed, "{peer}");
        }
        for (addresses, wide) in
            [("10.0.0.0/8", None), ("2000::/16", Some("2000::/16")), ("192.0.2.10 8.0.0.0/8", Some("8.0.0.0/8"))]
        {
            let line = read(&format!("{addresses} certificate=rfc9440")).unwrap();
            assert_eq!(line.wide().as_deref(), wide, "{addresses}");
        }
        let rfc = read("192.0.2.10 certificate=rfc9440").unwrap();
        assert_eq!((rfc.header(), rfc.chain()), ("Client-Cert", Some("Client-Cert-Chain")));
        let haproxy = read("certificate=haproxy:X-Cert 10.0.0.0/24 chain=X-Chain").unwrap();
        assert_eq!((haproxy.header(), haproxy.chain()), ("X-Cert", Some("X-Chain")));
    }

    #[test]
    fn a_mistake_is_told_with_its_remedy() {
        for (words, said) in [
            ("certificate=rfc9440", "there is no address"),
            ("192.0.2.10", "certificate= is missing"),
            ("192.0.2.10 certificate=nginx", "needs the name of the header"),
            ("192.0.2.10 certificate=pem:X", "the formats are rfc9440, nginx, haproxy"),
            ("192.0.2.10 certificate=Nginx:X", "unknown format"),
            ("192.0.2.10 certificate=nginx:X_Client", "letters, digits and -"),
            ("192.0.2.10 certificate=nginx:", "letters, digits and -"),
            ("balancer.example certificate=rfc9440", "is not an address"),
            ("192.0.2.10/33 certificate=rfc9440", "is not an address"),
            ("192.0.2.10/24 certificate=rfc9440", "write 192.0.2.0/24"),
            ("::ffff:192.0.2.10 certificate=rfc9440", "write the IPv4 address 192.0.2.10"),
            ("0.0.0.0/0 certificate=rfc9440", "too many addresses"),
            ("::/0 certificate=rfc9440", "too many addresses"),
            ("8.0.0.0/7 certificate=rfc9440", "too many addresses"),
            ("2000::/15 certificate=rfc9440", "too many addresses"),
            ("192.0.2.10 certificate=rfc9440 certificate=aws", "a second certificate=aws"),
            ("192.0.2.10 certificate=rfc9440 header=X", "unknown key header="),
            ("192.0.2.10 certificate=envoy chain=X", "in the same header"),
            ("192.0.2.10 certificate=nginx:X chain=Y", "brings no chain"),
            ("192.0.2.10 certificate=haproxy:X chain=x", "cannot come in one header"),
        ] {
            let error = read(words).unwrap_err();
            assert!(error.contains(said), "{words}: {error}");
        }
    }

    #[test]
    fn lines_that_share_an_address_are_found() {
        let line = |addresses: &str| read(&format!("{addresses} certificate=rfc9440")).unwrap();
        for (one, other, is_shared) in [
            ("192.0.2.10", "192.0.2.10", true),
            ("192.0.2.10", "192.0.2.0/28", true),
            ("192.0.2.0/24", "192.0.2.16/28", true),
            ("192.0.2.10", "192.0.2.11 2001:db8::1", false),
        ] {
            assert_eq!(line(one).shares(&line(other)).is_some(), is_shared, "{one} {other}");
        }
    }

    #[test]
    fn an_address_that_mod_remoteip_does_not_know_is_found() {
        for (addresses, others, missing) in [
            ("192.0.2.10", "192.0.2.10", None),
            ("192.0.2.10 10.0.0.0/24", "10.0.0.0/8 192.0.2.0/28", None),
            ("192.0.2.10 192.0.2.11", "192.0.2.10", Some("192.0.2.11")),
            ("10.0.0.0/16", "10.0.0.0/24", Some("10.0.0.0/16")),
            ("2001:db8::1", "192.0.2.10", Some("2001:db8::1")),
            ("192.0.2.10", "balancer.example", None),
            ("10.1.2.3", "10.1", None),
        ] {
            let line = read(&format!("{addresses} certificate=rfc9440")).unwrap();
            assert_eq!(line.not_among(others.split(' ')).as_deref(), missing, "{addresses} {others}");
        }
    }

    #[test]
    fn a_header_has_other_spellings() {
        for (name, is_it) in
            [("Client-Cert", true), ("client_CERT", true), ("Client-Cert-Chain", false), ("Client.Cert", false)]
        {
            assert_eq!(is_spelled_as(name.as_bytes(), b"Client-Cert"), is_it, "{name}");
        }
    }
}
