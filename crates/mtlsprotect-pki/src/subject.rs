//! A distinguished name with whatever bytes a test wants in it.

use crate::der;

/// OID of commonName.
pub const COMMON_NAME: &str = "2.5.4.3";
/// OID of surname, where Cisco keeps the MAC.
pub const SURNAME: &str = "2.5.4.4";
/// OID of serialNumber.
pub const SERIAL_NUMBER: &str = "2.5.4.5";
/// OID of organizationName.
pub const ORGANIZATION: &str = "2.5.4.10";
/// OID of organizationalUnitName.
pub const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";

/// The ASN.1 string type of an attribute's value. The bytes are taken as they are:
/// nothing checks that they suit the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringType {
    /// UTF8String
    Utf8,
    /// PrintableString
    Printable,
    /// T61String
    T61,
    /// IA5String
    Ia5,
    /// BMPString: two bytes per character, big-endian.
    Bmp,
    /// UniversalString: four bytes per character, big-endian.
    Universal,
}

impl StringType {
    fn tag(self) -> u8 {
        match self {
            StringType::Utf8 => 0x0c,
            StringType::Printable => 0x13,
            StringType::T61 => 0x14,
            StringType::Ia5 => 0x16,
            StringType::Bmp => 0x1e,
            StringType::Universal => 0x1c,
        }
    }
}

/// A distinguished name under construction: attributes in order, one per RDN.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Every RDN with its encoded attributes.
    rdns: Vec<Vec<Vec<u8>>>,
}

impl Subject {
    /// A name without any attribute.
    pub fn empty() -> Subject {
        Subject::default()
    }

    /// A name of a single CN, a UTF8String.
    pub fn cn(cn: impl AsRef<[u8]>) -> Subject {
        Subject::empty().and_cn(cn)
    }

    /// A name of a single CN of the given string type and bytes.
    pub fn cn_typed(kind: StringType, bytes: impl AsRef<[u8]>) -> Subject {
        Subject::empty().and(COMMON_NAME, kind, bytes)
    }

    /// A name of a single CN that spells a text of plain characters as BMPString.
    pub fn cn_bmp(text: &str) -> Subject {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        Subject::cn_typed(StringType::Bmp, bytes)
    }

    /// The subject of a Poly phone: `O=Polycom Inc., CN=<MAC>`.
    pub fn poly(mac: &str) -> Subject {
        Subject::empty().and(ORGANIZATION, StringType::Printable, "Polycom Inc.").and(
            COMMON_NAME,
            StringType::Printable,
            mac.to_uppercase(),
        )
    }

    /// Adds a CN, a UTF8String.
    pub fn and_cn(self, cn: impl AsRef<[u8]>) -> Subject {
        self.and(COMMON_NAME, StringType::Utf8, cn)
    }

    /// Adds an attribute in an RDN of its own.
    pub fn and(mut self, oid: &str, kind: StringType, bytes: impl AsRef<[u8]>) -> Subject {
        self.rdns.push(vec![attribute(oid, kind, bytes.as_ref())]);
        self
    }

    /// Adds an attribute to the last RDN, which then has several.
    pub fn joined(mut self, oid: &str, kind: StringType, bytes: impl AsRef<[u8]>) -> Subject {
        let attribute = attribute(oid, kind, bytes.as_ref());
        match self.rdns.last_mut() {
            Some(rdn) => rdn.push(attribute),
            None => self.rdns.push(vec![attribute]),
        }
        self
    }

    /// The name as DER.
    pub fn to_der(&self) -> Vec<u8> {
        let rdns: Vec<_> = self.rdns.iter().map(|rdn| der::set(rdn)).collect();
        der::sequence(&rdns)
    }
}

impl From<&str> for Subject {
    fn from(cn: &str) -> Subject {
        Subject::cn(cn)
    }
}

fn attribute(oid: &str, kind: StringType, bytes: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::tlv(kind.tag(), bytes)])
}
