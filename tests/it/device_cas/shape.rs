//! What two certificates of different keys can have in common.

use openssl::x509::X509Ref;

/// The key identifiers, which depend on the keys.
const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 0x0e];
const ISSUER_KEY: &[u8] = &[0x55, 0x1d, 0x23];

/// The parts of a certificate as DER in hex, less what its key and its issuer's make of it.
pub fn shape(certificate: &X509Ref) -> Vec<String> {
    let der = certificate.to_der().unwrap();
    let [signed, ..] = &parts(content(&der))[..] else { panic!("no certificate") };
    parts(content(signed)).into_iter().flat_map(of_field).collect()
}

fn of_field(field: &[u8]) -> Vec<String> {
    match field[0] {
        // the extensions, each of them
        0xa3 => parts(content(content(field))).into_iter().map(of_extension).collect(),
        // a key: an algorithm and a bit string
        0x30 if parts(content(field)).get(1).is_some_and(|key| key[0] == 0x03) => vec![hex(parts(content(field))[0])],
        _ => vec![hex(field)],
    }
}

fn of_extension(extension: &[u8]) -> String {
    let fields = parts(content(extension));
    let value = fields.last().map_or(&[][..], |value| content(value));
    match content(fields[0]) {
        SUBJECT_KEY => format!("{} {}", hex(fields[0]), value.len()),
        ISSUER_KEY => {
            let rest: Vec<String> = parts(content(value)).into_iter().filter(|part| part[0] != 0x80).map(hex).collect();
            format!("{} key {}", hex(fields[0]), rest.join(" "))
        }
        _ => hex(extension),
    }
}

/// The elements one after another, each with its tag and length.
fn parts(mut der: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while !der.is_empty() {
        let (part, rest) = der.split_at(head(der) + content_length(der));
        parts.push(part);
        der = rest;
    }
    parts
}

fn content(der: &[u8]) -> &[u8] {
    &der[head(der)..]
}

/// How many bytes the tag and the length are.
fn head(der: &[u8]) -> usize {
    if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) }
}

fn content_length(der: &[u8]) -> usize {
    match der[1] {
        short @ ..0x80 => usize::from(short),
        _ => der[2..head(der)].iter().fold(0, |length, &byte| length << 8 | usize::from(byte)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
