//! Envoy's `X-Forwarded-Client-Cert`.

use crate::fingerprint::Fingerprint;
use crate::forwarded::certificates::Certificates;
use crate::forwarded::pem::escaped_blocks;
use crate::forwarded::unreadable::Unreadable;

/// The pairs of an element that count here.
#[derive(Default)]
struct Pairs {
    cert: Option<Vec<u8>>,
    chain: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
}

/// Reads exactly one element: of several the first may be the client's own, and the last is the nearest proxy's.
///
/// Envoy writes names of the certificate (`URI=`, `DNS=`) without quotes, so that whoever makes a certificate of his own
/// could end them and go on with `;Cert=`. The element's `Hash=` comes before them, by Envoy itself: a key that comes twice
/// makes the element unreadable, and the hash has to be that of the certificate.
pub(super) fn read(text: &[u8]) -> Result<Certificates, Unreadable> {
    let pairs = pairs(text)?;
    let cert = pairs.cert.ok_or(Unreadable::NoCert)?;
    let mut certificates = Certificates::alone(escaped_blocks(&cert)?)?;
    let hash = Fingerprint::of(&certificates.leaf).to_string();
    if !pairs.hash.is_some_and(|said| said.eq_ignore_ascii_case(hash.as_bytes())) {
        return Err(Unreadable::NotItsHash);
    }
    if let Some(chain) = pairs.chain {
        certificates.chain = escaped_blocks(&chain)?;
    }
    Ok(certificates)
}

fn pairs(text: &[u8]) -> Result<Pairs, Unreadable> {
    let mut pairs = Pairs::default();
    let mut rest = text;
    loop {
        let at = rest.iter().position(|&byte| byte == b'=').ok_or(Unreadable::NotAnElement)?;
        let key = rest[..at].trim_ascii();
        if key.is_empty() || !key.iter().all(u8::is_ascii_alphabetic) {
            // A key can't have a comma: what stands before it was an element.
            return Err(if key.contains(&b',') { Unreadable::Twice } else { Unreadable::NotAnElement });
        }
        let (value, after) = value(&rest[at + 1..])?;
        let place = match key.to_ascii_lowercase().as_slice() {
            b"cert" => Some(&mut pairs.cert),
            b"chain" => Some(&mut pairs.chain),
            b"hash" => Some(&mut pairs.hash),
            _ => None,
        };
        if let Some(place) = place {
            if place.replace(value).is_some() {
                return Err(Unreadable::Twice);
            }
        }
        match after.split_first() {
            None => return Ok(pairs),
            Some((b';', more)) => rest = more,
            Some((b',', _)) => return Err(Unreadable::Twice),
            Some(_) => return Err(Unreadable::NotAnElement),
        }
    }
}

/// A value, quoted or not, and what follows it.
fn value(text: &[u8]) -> Result<(Vec<u8>, &[u8]), Unreadable> {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| matches!(byte, b';' | b',')).unwrap_or(text.len());
        return Ok((text[..end].to_vec(), &text[end..]));
    };
    let mut value = Vec::new();
    let mut bytes = quoted.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => return Ok((value, &quoted[at + 1..])),
            b'\\' => value.extend(bytes.next().map(|(_, &escaped)| escaped)),
            other => value.push(other),
        }
    }
    Err(Unreadable::NotAnElement)
}
