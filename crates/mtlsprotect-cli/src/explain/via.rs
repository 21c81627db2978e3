//! What a balancer says of a client, for `explain --via`.

use mtlsprotect_core::forwarded::{BalancersHeaders, ProxyLine, Said, Unreadable, read};
use mtlsprotect_core::trust::{ClientCertificate, Distrust};
use openssl::x509::X509;

/// Who comes by a balancer.
pub enum Client {
    /// Somebody without TLS.
    Plain,
    /// Somebody with these certificates, the leaf first; none without one.
    Certificates(Vec<X509>),
    /// Somebody whose certificate can't be read.
    Unreadable(Distrust),
}

/// Reads `NAME: VALUE`.
pub fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// What these headers of the balancer say.
pub fn client(line: &ProxyLine, headers: &[(String, String)]) -> Client {
    let mut sent = BalancersHeaders::default();
    for (name, value) in headers {
        sent.take(line, name.as_bytes(), value.as_bytes());
    }
    let unreadable = |why: Unreadable| Client::Unreadable(Distrust::unreadable(line.header(), why));
    match sent.said() {
        Said::PlainHttp => Client::Plain,
        Said::NoCertificate => Client::Certificates(Vec::new()),
        Said::Twice => unreadable(Unreadable::Twice),
        Said::Certificate { leaf, chain } => {
            let certificates = read(line.format(), leaf, chain);
            match certificates.and_then(|certificates| ClientCertificate::forwarded(&certificates)) {
                Err(why) => unreadable(why),
                Ok(read) => {
                    let all = std::iter::once(read.leaf().to_owned()).chain(read.sent().iter().cloned());
                    Client::Certificates(all.collect())
                }
            }
        }
    }
}
