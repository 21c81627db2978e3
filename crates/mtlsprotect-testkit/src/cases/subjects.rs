//! Subjects of certificates that the device CAs vouch for: nobody's, all but [`spelled`].

use crate::pki::{COMMON_NAME, ORGANIZATION, ORGANIZATIONAL_UNIT, SERIAL_NUMBER};
use crate::{StringType, Subject};

/// The phone that attackers want to be.
const MAC: &str = "0004f2aaaaaa";
/// Its file.
const OWN: &str = "/0004f2aaaaaa.cfg";

/// What it is called in a message, and the subject.
pub type Cases = Vec<(&'static str, Subject)>;

/// Two Common Names.
pub fn two_cns() -> Cases {
    let utf8 = StringType::Utf8;
    vec![
        ("own last", Subject::cn("0004f2bbbbbb").and_cn(MAC)),
        ("own first", Subject::cn(MAC).and_cn("0004f2bbbbbb")),
        ("the same twice", Subject::cn(MAC).and_cn(MAC)),
        ("another word", Subject::cn("phone").and_cn(MAC)),
        ("an empty one", Subject::cn("").and_cn(MAC)),
        ("in one RDN", Subject::cn(MAC).joined(COMMON_NAME, utf8, "0004f2bbbbbb")),
        ("apart", Subject::cn(MAC).and(ORGANIZATION, utf8, "Polycom Inc.").and_cn("0004f2bbbbbb")),
        ("of two types", Subject::cn(MAC).and(COMMON_NAME, StringType::Printable, MAC)),
    ]
}

/// No Common Name.
pub fn without_cn() -> Cases {
    vec![
        ("no attribute", Subject::empty()),
        ("the MAC in O", Subject::empty().and(ORGANIZATION, StringType::Utf8, MAC)),
        ("the MAC in OU", Subject::empty().and(ORGANIZATIONAL_UNIT, StringType::Utf8, MAC)),
        ("the MAC in serialNumber", Subject::empty().and(SERIAL_NUMBER, StringType::Printable, MAC)),
        ("an empty CN", Subject::cn("")),
    ]
}

/// Names that would match anything.
pub fn wildcards() -> Cases {
    vec![
        ("*", Subject::cn("*")),
        ("0004f2*", Subject::cn("0004f2*")),
        ("a regular expression", Subject::cn(".*")),
        ("twelve dots", Subject::cn("............")),
        ("a class", Subject::cn("0004f2[0-9a-f]{6}")),
        ("placeholders", Subject::cn("0004f2??????")),
    ]
}

/// Names that are a part of the path, or of a MAC.
pub fn fragments_of_the_path() -> Cases {
    vec![
        ("cfg", Subject::cn("cfg")),
        ("/", Subject::cn("/")),
        ("0004f2", Subject::cn("0004f2")),
        ("aaaaaa.cfg", Subject::cn("aaaaaa.cfg")),
        ("eleven digits", Subject::cn("0004f2aaaaa")),
        ("the whole path", Subject::cn(OWN)),
        ("the file", Subject::cn("0004f2aaaaaa.cfg")),
        ("thirteen digits", Subject::cn("0004f2aaaaaaa")),
    ]
}

/// Two addresses in one name.
pub fn two_macs() -> Cases {
    vec![
        ("apart", Subject::cn("0004f2aaaaaa 0004f2bbbbbb")),
        ("comma", Subject::cn("0004f2bbbbbb,0004f2aaaaaa")),
        ("run together", Subject::cn("0004f2aaaaaa0004f2bbbbbb")),
        ("the same", Subject::cn("0004f2aaaaaa 0004f2aaaaaa")),
    ]
}

/// Bytes that end a C string, or hide in one.
pub fn embedded_nul() -> Cases {
    vec![
        ("after", Subject::cn(b"0004f2aaaaaa\0")),
        ("and more", Subject::cn(b"0004f2aaaaaa\0.attacker.example")),
        ("before", Subject::cn(b"\x000004f2aaaaaa")),
        ("within", Subject::cn(b"0004f2\0aaaaaa")),
        ("PrintableString", Subject::cn_typed(StringType::Printable, b"0004f2aaaaaa\0x")),
        ("a line break", Subject::cn(b"0004f2aaaaaa\n")),
        ("beyond ASCII", Subject::cn("0004f2aaaaaa\u{200b}")),
        ("fullwidth digits", Subject::cn("\u{ff10}\u{ff10}\u{ff10}\u{ff14}f2aaaaaa")),
    ]
}

/// Types whose bytes are not ASCII.
pub fn wide_strings() -> Cases {
    let universal: Vec<u8> = MAC.bytes().flat_map(|byte| [0, 0, 0, byte]).collect();
    vec![
        ("BMPString", Subject::cn_bmp(MAC)),
        ("BMPString whose bytes read as a MAC", Subject::cn_typed(StringType::Bmp, MAC)),
        ("T61String", Subject::cn_typed(StringType::T61, MAC)),
        ("UniversalString", Subject::cn_typed(StringType::Universal, &universal)),
        ("with another CN", Subject::cn_bmp(MAC).and_cn(MAC)),
    ]
}

/// The number of shared files.
pub fn shared_number() -> Cases {
    vec![("zeros", Subject::cn("000000000000")), ("prefix", Subject::cn("000000000025"))]
}

/// All of them the same phone.
pub fn spelled() -> Cases {
    vec![
        ("lower case", Subject::cn("0004f2aaaaaa")),
        ("upper case", Subject::cn("0004F2AAAAAA")),
        ("mixed", Subject::cn("0004f2AAaaAa")),
        ("colons", Subject::cn("00:04:f2:aa:aa:aa")),
        ("dashes", Subject::cn("00-04-F2-AA-AA-AA")),
        ("PrintableString", Subject::cn_typed(StringType::Printable, MAC)),
        ("IA5String", Subject::cn_typed(StringType::Ia5, MAC)),
        ("behind the organization", Subject::poly(MAC)),
        ("before it", Subject::cn(MAC).and(ORGANIZATION, StringType::Printable, "Polycom Inc.")),
    ]
}

/// All that identify nobody.
pub fn nobodys() -> Cases {
    let all = [
        two_cns(),
        without_cn(),
        wildcards(),
        fragments_of_the_path(),
        two_macs(),
        embedded_nul(),
        wide_strings(),
        shared_number(),
    ];
    all.into_iter().flatten().collect()
}
