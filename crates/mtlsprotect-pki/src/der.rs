//! As much of DER as a certificate needs. Written by hand because OpenSSL's own
//! builders refuse the odd certificates that the module has to survive.

use jiff::{SignedDuration, Timestamp};

/// One element: tag, length, content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => {
            let bytes = long.to_be_bytes();
            let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            out.push(0x80 | bytes.len() as u8);
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of elements already encoded.
pub fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

/// SET of elements already encoded, in the order given.
pub fn set(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &elements.concat())
}

/// `[number] EXPLICIT`, or any other constructed context-specific element.
pub fn context(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, content)
}

/// OBJECT IDENTIFIER from its dotted form.
pub fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u64>().expect("an arc of an OID is a number"));
    let first = arcs.next().expect("an OID has a first arc");
    let second = arcs.next().expect("an OID has a second arc");
    let mut content = Vec::new();
    for arc in std::iter::once(first * 40 + second).chain(arcs) {
        let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let more = if group > 0 { 0x80 } else { 0 };
            content.push((arc >> (7 * group)) as u8 & 0x7f | more);
        }
    }
    tlv(0x06, &content)
}

/// INTEGER of a big-endian number that is not negative.
pub fn unsigned(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut content = number[zeros..].to_vec();
    if content.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(0x02, &content)
}

/// BIT STRING of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

/// BIT STRING of named bits, as in keyUsage: trailing zero bits are left out.
pub fn named_bits(bits: &[u8]) -> Vec<u8> {
    let Some(last) = bits.iter().max() else {
        return tlv(0x03, &[0]);
    };
    let mut content = vec![0; 2 + usize::from(last / 8)];
    content[0] = 7 - last % 8;
    for bit in bits {
        content[1 + usize::from(bit / 8)] |= 0x80 >> (bit % 8);
    }
    tlv(0x03, &content)
}

/// OCTET STRING.
pub fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(0x01, &[if value { 0xff } else { 0 }])
}

/// The time this many days from now: UTCTime up to 2049, GeneralizedTime after.
pub fn days_from_now(days: i64) -> Vec<u8> {
    let moment = Timestamp::now() + SignedDuration::from_hours(24 * days);
    time(&moment.strftime("%Y%m%d%H%M%SZ").to_string())
}

/// A time as RFC 5280 wants it, from its form with a year of four digits.
pub fn time(text: &str) -> Vec<u8> {
    if ("1950".."2050").contains(&&text[..4]) { tlv(0x17, &text.as_bytes()[2..]) } else { tlv(0x18, text.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::{days_from_now, named_bits, oid, time, tlv, unsigned};

    #[test]
    fn known_encodings() {
        assert_eq!(oid("1.2.840.113549"), [6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
        assert_eq!(unsigned(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0]), [2, 1, 0]);
        assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 6]);
        assert_eq!(tlv(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn a_time_has_two_digits_of_a_year_where_these_do() {
        assert_eq!(time("20491231235959Z"), [&[0x17, 13], &b"491231235959Z"[..]].concat());
        assert_eq!(time("20500101000000Z"), [&[0x18, 15], &b"20500101000000Z"[..]].concat());
        assert_eq!(days_from_now(100 * 365)[..2], [0x18, 15]);
    }
}
