//! A certificate as balancers of each kind write it, for the command that plays one and for tests.

use crate::fingerprint::Fingerprint;
use crate::forwarded::certificates::Certificates;
use crate::forwarded::format::Format;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// All but the unreserved characters of RFC 3986, as nginx encodes.
const NGINX: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What AWS documents as left alone besides.
const AWS: &AsciiSet = &NGINX.remove(b'+').remove(b'=').remove(b'/');

/// The values of the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of the header with the certificate.
    pub leaf: String,
    /// Of the header with the chain, where the format has one and there is a chain.
    pub chain: Option<String>,
}

/// What a balancer of this kind sends for a client with these certificates.
pub fn write(format: Format, certificates: &Certificates) -> Written {
    let Certificates { leaf, chain } = certificates;
    let all = || std::iter::once(leaf).chain(chain);
    let chain_by = |written: &dyn Fn() -> String| (!chain.is_empty()).then(written);
    let encoded = |text: String, set| percent_encode(text.as_bytes(), set).to_string();
    let pems = |ders: &mut dyn Iterator<Item = &Vec<u8>>| ders.map(|der| pem(der)).collect::<String>();
    let (leaf, chain) = match format {
        Format::Rfc9440 => {
            let item = |der: &Vec<u8>| format!(":{}:", STANDARD.encode(der));
            (item(leaf), chain_by(&|| chain.iter().map(item).collect::<Vec<_>>().join(", ")))
        }
        Format::Nginx => (encoded(pem(leaf), NGINX), None),
        Format::Haproxy => (STANDARD.encode(leaf), chain_by(&|| STANDARD.encode(chain.concat()))),
        Format::Apache => (unwrapped(&pem(leaf)), chain_by(&|| unwrapped(&pems(&mut chain.iter())))),
        Format::Aws => (encoded(pem(leaf), AWS), None),
        Format::AwsPassthrough => (encoded(pems(&mut all()), AWS), None),
        Format::Envoy => {
            let hash = Fingerprint::of(leaf);
            let (cert, all) = (encoded(pem(leaf), NGINX), encoded(pems(&mut all()), NGINX));
            (format!("By=spiffe://balancer.example/test;Hash={hash};Cert=\"{cert}\";Chain=\"{all}\""), None)
        }
        Format::Traefik => (all().map(|der| STANDARD.encode(der)).collect::<Vec<_>>().join(","), None),
    };
    Written { leaf, chain }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: String = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

/// As httpd writes it: newlines as spaces, of which the last is no part of the value.
fn unwrapped(pem: &str) -> String {
    pem.replace('\n', " ").trim_end().to_owned()
}
