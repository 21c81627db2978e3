//! Turns vendors.toml into constants.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};
use toml::{Table, Value};

fn main() {
    println!("cargo::rerun-if-changed=vendors.toml");
    let text = fs::read_to_string("vendors.toml").expect("vendors.toml can be read");
    let data: Table = text.parse().unwrap_or_else(|error| panic!("vendors.toml: {error}"));
    let mut code = String::from("/// All of them, in the order of vendors.toml.\npub static VENDORS: &[Vendor] = &[");
    let mut all = Vec::new();
    for vendor in tables(&data, "vendor") {
        let name = text_of(vendor, "name");
        assert!(
            name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')),
            "vendors.toml: name = {name:?}: lower-case letters, digits, - and _ only"
        );
        let mut prefixes: Vec<u32> = array(vendor, "prefixes").iter().map(|prefix| oui(name, prefix)).collect();
        prefixes.sort_unstable();
        all.extend(prefixes.iter().map(|&prefix| (prefix, name)));
        write!(
            code,
            "Vendor {{ name: c{name:?}, title: {:?}, identity: {:?}, prefixes: KnownPrefixes::sorted(&[{}]), cas: &[",
            text_of(vendor, "title"),
            text_of(vendor, "identity"),
            ouis(&prefixes),
        )
        .expect("writing to a String");
        for ca in tables(vendor, "ca") {
            let pin = ca.get("sha256").map(|_| sha256(name, text_of(ca, "sha256")));
            write!(
                code,
                "KnownCa {{ name: {:?}, organization: {:?}, sha256: {pin:?}, url: {:?} }},",
                text_of(ca, "name"),
                ca.get("organization").map(|_| text_of(ca, "organization")),
                ca.get("url").map(|_| text_of(ca, "url")),
            )
            .expect("writing to a String");
        }
        code.push_str("] },");
    }
    all.sort_unstable();
    for pair in all.windows(2) {
        assert!(pair[0].0 != pair[1].0, "vendors.toml: {:06x} is {}'s and {}'s", pair[0].0, pair[0].1, pair[1].1);
    }
    let all: Vec<u32> = all.into_iter().map(|(prefix, _)| prefix).collect();
    write!(code, "]; static ALL: &[Oui] = &[{}];", ouis(&all)).expect("writing to a String");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("vendors.rs"), code).expect("OUT_DIR can be written");
}

fn array<'t>(table: &'t Table, key: &str) -> &'t [Value] {
    table.get(key).and_then(Value::as_array).unwrap_or_else(|| panic!("vendors.toml: {key} must be an array: {table}"))
}

fn tables<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t Table> {
    array(table, key).iter().map(|value| value.as_table().expect("vendors.toml: vendors and CAs are tables"))
}

fn text_of<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("vendors.toml: {key} must be a string: {table}"))
}

fn oui(vendor: &str, prefix: &Value) -> u32 {
    let digits = prefix.as_str().filter(|digits| digits.len() == 6);
    let bits = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    bits.unwrap_or_else(|| panic!("vendors.toml: {vendor}: {prefix} is no prefix of 6 hex digits"))
}

fn ouis(prefixes: &[u32]) -> String {
    prefixes.iter().fold(String::new(), |list, prefix| list + &format!("Oui::from_bits(0x{prefix:06x}),"))
}

fn sha256(vendor: &str, hex: &str) -> [u8; 32] {
    assert!(hex.len() == 64, "vendors.toml: {vendor}: {hex:?} is no SHA-256, which has 64 hex digits");
    std::array::from_fn(|index| {
        u8::from_str_radix(&hex[2 * index..2 * index + 2], 16)
            .unwrap_or_else(|_| panic!("vendors.toml: {vendor}: {hex:?} is not hexadecimal"))
    })
}
