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

/// Reads the words of MTLSProtectProxy.
pub fn parse_line(text: &str) -> Result<ProxyLine, String> {
    ProxyLine::read(&text.split_whitespace().collect::<Vec<_>>())
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
    let unreadable = |why: &str| Client::Unreadable(Distrust::unreadable(line.header(), why));
    match sent.said() {
        Said::PlainHttp => Client::Plain,
        Said::NoCertificate => Client::Certificates(Vec::new()),
        Said::Twice => unreadable(&Unreadable::Twice.to_string()),
        Said::Certificate { leaf, chain } => match read(line.format(), leaf, chain) {
            Err(why) => unreadable(&why.to_string()),
            Ok(certificates) => match ClientCertificate::forwarded(&certificates) {
                Err(_) => unreadable("is not a certificate that OpenSSL reads"),
                Ok(read) => {
                    let all = std::iter::once(read.leaf().to_owned()).chain(read.sent().iter().cloned());
                    Client::Certificates(all.collect())
                }
            },
        },
    }
}
