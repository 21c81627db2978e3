//! From the bytes of a header to a leaf and its chain.

use crate::forwarded::certificates::{Certificates, LONGEST, MOST_CERTIFICATES};
use crate::forwarded::envoy;
use crate::forwarded::format::Format;
use crate::forwarded::pem::{base64, blocks, ders, escaped_blocks, one_der, unescaped};
use crate::forwarded::unreadable::Unreadable;

/// Whether a header says that the client has no certificate: it is empty, or what httpd writes for what is not there.
pub fn is_absent(value: &[u8]) -> bool {
    matches!(value.trim_ascii(), b"" | b"(null)")
}

/// Reads a header that is not absent, and the header of the chain, which may be.
///
/// # Errors
/// Why nothing is believed.
pub fn read(format: Format, leaf: &[u8], chain: &[u8]) -> Result<Certificates, Unreadable> {
    if leaf.len().max(chain.len()) > LONGEST {
        return Err(Unreadable::TooLong);
    }
    let leaf = leaf.trim_ascii();
    // Two headers arrive joined by a comma.
    if leaf.contains(&b',') && !matches!(format, Format::Envoy | Format::Traefik) {
        return Err(Unreadable::Twice);
    }
    let mut certificates = match format {
        Format::Rfc9440 => Certificates::only(byte_sequence(leaf)?),
        Format::Haproxy => Certificates::only(one_der(base64(leaf)?)?),
        Format::Nginx | Format::Aws => Certificates::alone(escaped_blocks(leaf)?)?,
        Format::Apache => Certificates::alone(blocks(leaf)?)?,
        Format::AwsPassthrough => Certificates::leaf_first(escaped_blocks(leaf)?)?,
        Format::Envoy => envoy::read(leaf)?,
        Format::Traefik => Certificates::leaf_first(bare(leaf)?)?,
    };
    if !is_absent(chain) {
        certificates.chain.extend(of_chain(format, chain.trim_ascii())?);
    }
    if certificates.chain.len() >= MOST_CERTIFICATES {
        return Err(Unreadable::TooMany);
    }
    Ok(certificates)
}

/// A chain in a header of its own, which is no proof of anything: whoever adds to it adds nothing that counts.
fn of_chain(format: Format, chain: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    match format {
        Format::Rfc9440 => bounded(chain.split(|&byte| byte == b','), |one| byte_sequence(one.trim_ascii())),
        Format::Haproxy => ders(&base64(chain)?),
        // One variable for each certificate, of which httpd writes those that are not there as (null).
        Format::Apache => {
            let end = chain.len() - trailing_nulls(chain);
            if end == 0 { Ok(Vec::new()) } else { blocks(&chain[..end]) }
        }
        _ => Ok(Vec::new()),
    }
}

/// The length of what is `(null)` and white space at the end.
fn trailing_nulls(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some(before) = rest.trim_ascii_end().strip_suffix(b"(null)") {
        rest = before;
    }
    text.len() - rest.len()
}

/// Base64 between two colons (RFC 8941, section 3.3.5).
fn byte_sequence(item: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let inner = item.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b":"));
    one_der(base64(inner.ok_or(Unreadable::NotByteSequence)?)?)
}

/// Traefik's: older releases URL-encode what newer ones write as it is, and no base64 has a percent sign.
fn bare(text: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    // Traefik writes no white space: what has some are two headers.
    if text.iter().any(u8::is_ascii_whitespace) {
        return Err(Unreadable::Twice);
    }
    bounded(text.split(|&byte| byte == b','), |one| one_der(base64(&unescaped(one)?)?))
}

fn bounded<'t>(
    items: impl Iterator<Item = &'t [u8]>,
    read: impl Fn(&[u8]) -> Result<Vec<u8>, Unreadable>,
) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut found = Vec::new();
    for item in items {
        if found.len() == MOST_CERTIFICATES {
            return Err(Unreadable::TooMany);
        }
        found.push(read(item)?);
    }
    Ok(found)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
