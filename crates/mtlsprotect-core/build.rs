//! Turns vendors.toml and prefixes.tsv into constants.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};
use toml::{Table, Value};

fn main() {
    println!("cargo::rerun-if-changed=vendors.toml");
    println!("cargo::rerun-if-changed=prefixes.tsv");
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
        let mut prefixes: Vec<u32> =
            array(vendor, "prefixes").iter().map(|prefix| oui(name, prefix.as_str().unwrap_or_default())).collect();
        prefixes.sort_unstable();
        all.extend(prefixes.iter().map(|&prefix| (prefix, name)));
        write!(
            code,
            "Vendor {{ name: c{name:?}, title: {:?}, identity: {:?}, prefixes: OwnedPrefixes::sorted(&[{}]), cas: &[",
            text_of(vendor, "title"),
            text_of(vendor, "identity"),
            ouis(&prefixes),
        )
        .expect("writing to a String");
        for ca in tables(vendor, "ca") {
            let pin = ca.get("sha256").map(|_| sha256(name, text_of(ca, "sha256")));
            write!(
                code,
                "KnownCa {{ name: {:?}, organization: {:?}, sha256: {}, url: {:?} }},",
                text_of(ca, "name"),
                ca.get("organization").map(|_| text_of(ca, "organization")),
                pin.map_or_else(|| "None".to_owned(), |pin| format!("Some(Fingerprint::new({pin:?}))")),
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
    let table = fs::read_to_string("prefixes.tsv").expect("prefixes.tsv can be read");
    let mut makers = makers(&table);
    for (prefix, owner) in all {
        let maker = *makers.entry(prefix).or_insert(owner);
        assert!(maker == owner, "{prefix:06x} is {owner}'s in vendors.toml and {maker}'s in prefixes.tsv");
    }
    let ouis = ouis(&makers.keys().copied().collect::<Vec<_>>());
    let makers: Vec<&str> = makers.into_values().collect();
    write!(code, "]; static KNOWN: &[Oui] = &[{ouis}]; static MAKERS: &[&str] = &{makers:?};")
        .expect("writing to a String");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("vendors.rs"), code).expect("OUT_DIR can be written");
}

/// The prefixes of prefixes.tsv, each with its maker.
fn makers(table: &str) -> BTreeMap<u32, &str> {
    let mut makers = BTreeMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(maker), Some(digits), Some(_), None) = (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            panic!("prefixes.tsv: {line:?}: expected maker, prefix and organisation with tabs between");
        };
        let prefix = oui(maker, digits);
        assert!(prefix != 0, "prefixes.tsv: 000000 is no maker's: it names shared files");
        assert!(makers.insert(prefix, maker).is_none(), "prefixes.tsv: {digits} is there twice");
    }
    makers
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

fn oui(vendor: &str, digits: &str) -> u32 {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let bits = (digits.len() == 6 && digits.bytes().all(is_digit)).then(|| u32::from_str_radix(digits, 16).ok());
    bits.flatten().unwrap_or_else(|| panic!("{vendor}: {digits:?} is not a prefix of 6 lower-case hex digits"))
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
