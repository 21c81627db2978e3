use super::*;
use crate::reference::identity::reference;
use openssl::asn1::Asn1Type;
use openssl::nid::Nid;
use openssl::x509::X509Name;
use proptest::prelude::*;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if content.len() < 0x80 {
        out.push(content.len() as u8);
    } else {
        out.extend([0x82, (content.len() >> 8) as u8, content.len() as u8]);
    }
    out.extend(content);
    out
}

/// A Name with one RDN per attribute.
fn subject(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let mut names = Vec::new();
    for (kind, tag, value) in attributes {
        let attribute = [tlv(0x06, kind), tlv(*tag, value)].concat();
        names.extend(tlv(SET, &tlv(SEQUENCE, &attribute)));
    }
    tlv(SEQUENCE, &names)
}

fn common_name(tag: u8, value: &[u8]) -> Option<String> {
    device_of(&subject(&[(COMMON_NAME, tag, value)]), &Identity::default()).map(|mac| mac.to_string())
}

const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

#[test]
fn a_poly_phone_is_who_its_common_name_says() {
    let name = subject(&[(ORGANISATION, 0x13, b"Polycom Inc."), (COMMON_NAME, 0x13, b"0004F28B54F4")]);
    assert_eq!(device_of(&name, &Identity::default()), Mac::parse(b"0004f28b54f4"));
    for tag in ASCII_TYPES {
        assert_eq!(common_name(tag, b"00:04:f2:8b:54:f4").unwrap(), "0004f28b54f4");
    }
}

#[test]
fn a_subject_that_is_not_exactly_one_address_is_nobody() {
    for value in [
        &b""[..],
        b"*",
        b"0004f2",
        b"0004f28b54f4 0004f28b54f5",
        b"0004f28b54f4\0",
        b"0004f28b54f4\0.example",
        b"000000000000",
        b"cfg",
        b"0004f28b54f4\n",
        "0004f28b54f\u{ff14}".as_bytes(),
    ] {
        assert_eq!(common_name(0x0c, value), None, "{value:?}");
    }
    // BMPString, T61String, UniversalString, and an octet string.
    let wide: Vec<u8> = b"0004f28b54f4".iter().flat_map(|&byte| [0, byte]).collect();
    for (tag, value) in [(0x1e, &wide[..]), (0x14, b"0004f28b54f4"), (0x1e, b"0004f28b54f4"), (0x04, b"0004f28b54f4")] {
        assert_eq!(common_name(tag, value), None);
    }
    let two = subject(&[(COMMON_NAME, 0x13, b"0004F28B54F4"), (COMMON_NAME, 0x13, b"0004F28B54F4")]);
    assert_eq!(device_of(&two, &Identity::default()), None);
    assert_eq!(device_of(&subject(&[(ORGANISATION, 0x13, b"0004F28B54F4")]), &Identity::default()), None);
}

#[test]
fn two_common_names_in_one_set_are_two() {
    let attribute = |value: &[u8]| tlv(SEQUENCE, &[tlv(0x06, COMMON_NAME), tlv(0x13, value)].concat());
    let set = tlv(SET, &[attribute(b"0004F28B54F4"), attribute(b"x")].concat());
    assert_eq!(device_of(&tlv(SEQUENCE, &set), &Identity::default()), None);
}

#[test]
fn bytes_behind_the_end_are_nobodys() {
    let whole = subject(&[(COMMON_NAME, 0x13, b"0004F28B54F4")]);
    assert!(device_of(&whole, &Identity::default()).is_some());
    assert_eq!(device_of(&[&whole[..], b"\0"].concat(), &Identity::default()), None);
    let attribute = [tlv(0x06, COMMON_NAME), tlv(0x13, b"0004F28B54F4"), vec![5, 0]].concat();
    assert_eq!(device_of(&tlv(SEQUENCE, &tlv(SET, &tlv(SEQUENCE, &attribute))), &Identity::default()), None);
}

#[test]
fn a_pattern_finds_the_address_unless_another_stands_beside_it() {
    let pattern = Some(IdentityPattern::new("^SEP(?<mac>[0-9A-F]{12})").unwrap());
    let identity = Identity::Subject { attribute: Attribute::common_name(), pattern };
    let device = |name: &[u8]| device_of(&subject(&[(COMMON_NAME, 0x13, name)]), &identity);
    assert_eq!(device(b"SEP000E08ABCDEF-CP8841"), Mac::parse(b"000e08abcdef"));
    assert_eq!(device(b"SEP000E08ABCDEF 0004F28B54F4"), None);
    assert_eq!(device(b"000E08ABCDEF"), None);
}

#[test]
fn another_attribute_is_the_identity_where_the_vendor_puts_it_there() {
    const SURNAME: &[u8] = &[0x55, 0x04, 0x04];
    let cisco = subject(&[(COMMON_NAME, 0x13, b"0004F2AAAAAA"), (SURNAME, 0x13, b"000e08abcdef")]);
    for name in ["S", "SN", "surname", "2.5.4.4"] {
        let identity = Identity::Subject { attribute: Attribute::new(name).unwrap(), pattern: None };
        assert_eq!(device_of(&cisco, &identity), Mac::parse(b"000e08abcdef"), "{name}");
        assert_eq!(device_of(&subject(&[(COMMON_NAME, 0x13, b"0004F2AAAAAA")]), &identity), None, "{name}");
    }
    assert_eq!(device_of(&cisco, &Identity::Nothing), None);
    assert_eq!(Attribute::new("CN").unwrap(), Attribute::common_name());
    for wrong in ["", "cn ", "MAC", "2.5", "none", "2.5.4.4.x"] {
        let result = Attribute::new(wrong);
        assert!(wrong == "2.5" || result.is_err(), "{wrong}: {result:?}");
    }
}

proptest! {
    #[test]
    fn the_parser_agrees_with_openssl_over_any_subject(
        attributes in prop::collection::vec(
            (
                prop_oneof![4 => Just(Nid::COMMONNAME), 2 => Just(Nid::ORGANIZATIONNAME), 1 => Just(Nid::SURNAME)],
                prop_oneof![
                    4 => "[0-9A-F]{12}",
                    2 => "[0-9a-f]{2}(:[0-9a-f]{2}){5}",
                    1 => "[0-9a-f]{4}(\\.[0-9a-f]{4}){2}",
                    1 => "[0-9a-f]{2}([:.-][0-9a-f]{2}){5}",
                    1 => "[0-9A-F *:-]{1,20}",
                ],
                prop_oneof![Just(Asn1Type::UTF8STRING), Just(Asn1Type::IA5STRING)],
            ),
            0..4,
        )
    ) {
        let mut builder = X509Name::builder().unwrap();
        for (nid, value, kind) in &attributes {
            builder.append_entry_by_nid_with_type(*nid, value, *kind).unwrap();
        }
        let name = builder.build();
        prop_assert_eq!(device_of(&name.to_der().unwrap(), &Identity::default()), reference(&name));
    }

    #[test]
    fn no_bytes_make_the_parser_fail(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = device_of(&bytes, &Identity::default());
        let _ = device_of(&subject(&[(COMMON_NAME, bytes.first().copied().unwrap_or(12), &bytes)]), &Identity::default());
    }
}
