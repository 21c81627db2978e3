//! The other phone's name, 0004f2bbbbbb, however it can be written.

/// Names of files as they stand on the disk, all of them the other phone's.
pub const FILES: [&str; 29] = [
    "0004f2bbbbbb.cfg",
    "0004F2BBBBBB.cfg",
    "0004f2BbBbBb.cfg",
    "0004f2bbbbbb",
    "0004f2bbbbbb-phone.cfg",
    "cfg0004f2bbbbbb.xml",
    "SEP0004F2BBBBBB.cnf.xml",
    "spa0004f2bbbbbb.xml",
    "phone0004f2bbbbbb.cfg",
    "snom370-0004F2BBBBBB.htm",
    "Config0004f2bbbbbb.cfg",
    "algom0004f2bbbbbb.conf",
    "00:04:f2:bb:bb:bb.cfg",
    "00-04-F2-BB-BB-BB.cfg",
    "0004.f2bb.bbbb.cfg",
    "0004-f2bb-bbbb.cfg",
    "0004f2-bbbbbb.cfg",
    "0004f2_bbbbbb.cfg",
    "0004f2(((((((((((bbbbbb-phone.cfg",
    "00_04_f2_bb_bb_bb.cfg",
    "00 04 f2 bb bb bb.cfg",
    "00-04:f2.bb_bb bb.cfg",
    "00.04.f2.bb.bb.bb.cfg",
    "10004f2bbbbbb.cfg",
    "0004f2bbbbbb00.cfg",
    "00x04xf2xbbxbbxbb.cfg",
    "(0004)f2(bb)bbbb.cfg",
    "f81d4fae-7dec-11d0-a765-0004f2bbbbbb.cfg",
    "%30004f2bbbbbb.cfg",
];

/// Loose spellings of the other phone in a query, each of which the script understands.
pub const LOOSE: [&str; 24] = [
    "x=0004f2bbbbbb",
    "x=0004F2BBBBBB.cfg",
    "0004f2bbbbbb",
    "x=00:04:f2:bb:bb:bb",
    "x=00%3a04%3Af2%3abb%3abb%3abb",
    "x=00+04+f2+bb+bb+bb",
    "x=00%2004%20f2%20bb%20bb%20bb",
    "x=00-04:f2.bb_bb+bb",
    "x=0004.f2bb.bbbb",
    "x=0004-f2bb-bbbb",
    "x=0004f2_bbbbbb",
    "x=000.4f2.bbb.bbb",
    "x=00--04--f2--bb--bb--bb",
    "x=0/0/04f2bbbb/bb",
    "x=(0004)%20f2-bb%20bb%20bb",
    "x=0x0x0x4xfx2xbxbxbxbxbxb",
    "x=%220004f2bbbbbb%22",
    "x=%30%30%30%34%66%32%62%62%62%62%62%62",
    "x=%2530004f2bbbbbb",
    "x=00=04=f2=bb=bb=bb",
    "x=00?04?f2?bb?bb?bb",
    "x=00%09%0104f2bb%ff%febbbb",
    "k=v&[y]=0-0-0-4-f-2-b-b-b-b-b-b&l=v",
    "k=v;y=0004f2-bbbbbb",
];

/// `text` with those bytes escaped that can't stand in a path, or with all of them.
pub fn escaped(text: &str, all: bool) -> String {
    let stays = |byte: u8| !all && (byte.is_ascii_alphanumeric() || b"-._:()".contains(&byte));
    text.bytes().map(|byte| if stays(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
}

/// The name in a path, all but the ending.
pub const SPELLINGS: &[&str] = &[
    "0004f2bbbbbb",
    "0004F2BBBBBB",
    "00:04:f2:bb:bb:bb",
    "00-04-F2-BB-BB-BB",
    "0004.f2bb.bbbb",
    "spa0004f2bbbbbb",
    "phone0004f2bbbbbb",
    "abc0004f2bbbbbb",
    "10004f2bbbbbb",
    "0004f2bbbbbb00",
    "00-04:f2-bb.bb_bb",
    "0004f2-bbbbbb",
    "0004-f2bb-bbbb",
    "00%2004%20f2%20bb%20bb%20bb",
    "00x04xf2xbbxbbxbb",
    "(0004)f2(bb)bbbb",
    "f81d4fae-7dec-11d0-a765-0004f2bbbbbb",
    "%30004f2bbbbbb",
    "%2530004f2bbbbbb",
    "0004f2bbbbb%62",
    "0004f2bbbbb%2562",
    "00%3A04%3Af2%3Abb%3Abb%3Abb",
    "00_04_f2_bb_bb_bb",
    "0004_f2bb_bbbb",
    "0004f2~bbbbbb",
    "0004f2~~~~~~~~bbbbbb",
    "0~0~0~4~f~2~b~b~b~b~b~b",
    "0:4:f2:bb:bb:bb",
    "0-4-f2-bb-bb-bb-de",
    "00-04-f2-bb-bb-bb-app",
    "00-04-f2-bb-bb-bb-directory",
    "x50004f2bbbbbb",
    "%EF%BC%90004f2bbbbbb",
    "0004f2%EF%BD%82%EF%BD%82bbbb",
    "%25EF%25BC%2590004f2bbbbbb",
];

/// The name in a query.
pub const QUERIES: &[&str] = &[
    "file=0004f2bbbbbb.cfg",
    "x=00:04:F2:bb:bb:bb",
    "x=00+04+f2+bb+bb+bb",
    "x=00%2604f2bbbbbb",
    "x=00-04%2df2bbbbbb",
    "0004f2bbbbbb",
    "a=1&b=%30%30%30%34f2bbbbbb",
    "x=0/0/04f2bbbb/bb",
    "p=/cfg/0004f2-bbbbbb.cfg",
    "a;b=0004f2bbbbbb",
    "x=0004f2bbbbb%2562",
    "mac=0004f2bbbbbb",
    "MAC=0004f2bbbbbb",
    "mac[]=0004f2bbbbbb",
    "%6dac=0004f2bbbbbb",
    "mac%00x=0004f2bbbbbb",
    "+mac=00-04-f2-bb-bb-bb",
    "mac=x0x0x0x4xfx2xbxbxbxbxbxb",
    "q=1;mac=0004f2bbbbbb",
    "mac=0004f2bbbbbb.cfg",
    "mac=0004f2bbbbbb-phone",
    "mac=004f2bbbbbb",
    "mac=0:4:f2:bb:bb:bb",
    "x=0004f2~bbbbbb",
    "x=0004f2/bbbbbb",
    "x=%EF%BC%90%EF%BC%90%EF%BC%90%EF%BC%94f2bbbbbb",
];

/// The name in a User-Agent.
pub const USER_AGENTS: &[&str] = &[
    "0004f2bbbbbb",
    "Phone/1.0 (0004F2BBBBBB)",
    "Yealink SIP-T46S 66.84.0.15 00:04:f2:bb:bb:bb",
    "Phone 00-04-f2-bb-bb-bb Type/Application",
    "Phone 0004.f2bb.bbbb",
    "Phone 0004f2-bbbbbb",
    "Phone %30004f2bbbbbb",
    "Phone %2530004f2bbbbbb",
    "Phone 0004f2aaaaaa 0004f2bbbbbb",
    "Phone 0004f2bbbbbb 123456abcdef",
    "Yealink SIP-T46S 0004f2~bb/bb~bb",
    "Phone 0004f2bbbbbb-123456-abcdef",
];

/// The name in a cookie.
pub const COOKIES: &[&str] = &[
    "mac=0004f2bbbbbb",
    "a=b; mac=00:04:f2:bb:bb:bb",
    "phone=0004f2~bbbbbb; c=d",
    "mac=004f2bbbbbb",
    "0004f2bbbbbb",
    "x=%30004f2bbbbbb",
];

/// The sender's own, no phone's prefix, and what servers give out.
pub const HARMLESS_COOKIES: &[&str] =
    &["mac=0004f2aaaaaa", "mac=12345; session=123456abcdef", "PHPSESSID=0f1e2d3c4b5a69788796a5b4c3d2e1f0"];

/// The sender's own, no phone's prefix, and what phones really send.
pub const HARMLESS_USER_AGENTS: &[&str] = &[
    "Phone 0004f2aaaaaa",
    "Yealink SIP-T46S 66.84.0.15 00:04:F2:AA:AA:AA",
    "Phone 123456abcdef",
    "Phone 12:34:56:ab:cd:ef",
    "FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application",
    "Mozilla/4.0 (compatible; snom370-SIP 8.7.5.35 1.1.3-u)",
];
