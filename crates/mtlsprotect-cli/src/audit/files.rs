//! The files of the site, a device's written as `<mac>`, so that a fleet's thousand files are one.

use super::device::{Count, Log};
use foldhash::{HashMap, HashMapExt};
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Source, place_of};

/// The maximum number of files that are told apart.
const MOST_FILES: usize = 4096;
/// How many bytes of a path are looked at.
const LONGEST: usize = 512;

/// The number of all files for which there was no room.
pub const OTHERS: u32 = 0;

/// Files by number.
#[derive(Debug)]
pub struct Files {
    numbers: HashMap<Box<[u8]>, u32>,
    all: Vec<SiteFile>,
    /// Where the text of the file in question is put together, with its source in front.
    buffer: Vec<u8>,
}

/// A file, or the same one of many devices.
#[derive(Debug)]
pub struct SiteFile {
    /// Its path, with `<mac>` for the device's name and, where that stands in the query, the parameter.
    pub text: Box<[u8]>,
    /// Where the device is named; `None` where nobody is.
    pub source: Option<Source>,
    /// How often it was got.
    pub count: Count,
}

impl Files {
    /// None yet.
    pub fn new() -> Self {
        let others = SiteFile { text: (*b"(others)").into(), source: None, count: Count::default() };
        Files { numbers: HashMap::new(), all: vec![others], buffer: Vec::new() }
    }

    /// Counts a line about the file that this request-target is, which names a device or nobody; returns its number.
    pub fn number(&mut self, target: &[u8], named: Option<(Mac, Source)>, log: Log) -> u32 {
        self.buffer.clear();
        self.buffer.push(named.map_or(0, |(_, source)| source as u8 + 1));
        put_together(&mut self.buffer, &target[..target.len().min(LONGEST)], named);
        let number = match self.numbers.get(&self.buffer[..]) {
            Some(&number) => number,
            None if self.all.len() > MOST_FILES => OTHERS,
            None => {
                let number = u32::try_from(self.all.len()).unwrap_or(OTHERS);
                self.numbers.insert(self.buffer.as_slice().into(), number);
                let source = named.map(|(_, source)| source);
                self.all.push(SiteFile { text: self.buffer[1..].into(), source, count: Count::default() });
                number
            }
        };
        self.all[number as usize].count.add(log);
        number
    }

    /// The file of this number.
    pub fn get(&self, number: u32) -> &SiteFile {
        &self.all[number as usize]
    }

    /// All of them with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &SiteFile)> {
        (0..).zip(&self.all)
    }

    /// Whether there were more than could be told apart.
    pub fn is_full(&self) -> bool {
        self.all.len() > MOST_FILES
    }
}

/// The path, and of the query only the parameter that names the device: the others may differ each time.
fn put_together(out: &mut Vec<u8>, target: &[u8], named: Option<(Mac, Source)>) {
    let end = place_of(target, b'?').unwrap_or(target.len());
    let (path, query) = target.split_at(end);
    let Some((mac, _)) = named else { return out.extend(path) };
    let digits = mac.digits();
    replace_name(out, path, &digits);
    let mut parameter = Vec::new();
    for pair in query.split(|byte| b"?&;".contains(byte)) {
        parameter.clear();
        if replace_name(&mut parameter, pair, &digits) {
            out.push(b'?');
            out.extend(&parameter);
            return;
        }
    }
}

/// Writes `text` with `<mac>` in place of the digits, whatever joins them; whether they were there.
fn replace_name(out: &mut Vec<u8>, text: &[u8], digits: &[u8; Mac::DIGITS]) -> bool {
    let (first, upper) = (digits[0], digits[0].to_ascii_uppercase());
    let mut is_replaced = false;
    let mut rest = text;
    while let Some(start) = rest.iter().position(|&byte| byte == first || byte == upper) {
        out.extend(&rest[..start]);
        rest = &rest[start..];
        match spelled_length(rest, digits) {
            Some(length) => {
                out.extend(b"<mac>");
                rest = &rest[length..];
                is_replaced = true;
            }
            None => {
                out.push(rest[0]);
                rest = &rest[1..];
            }
        }
    }
    out.extend(rest);
    is_replaced
}

/// How many bytes spell the digits, with at most one separator between any two of them.
fn spelled_length(text: &[u8], digits: &[u8; Mac::DIGITS]) -> Option<usize> {
    if text.starts_with(digits) {
        return Some(digits.len());
    }
    let mut at = 0;
    for (index, digit) in digits.iter().enumerate() {
        if index > 0 && text.get(at).is_some_and(|byte| b":-._+ ".contains(byte)) {
            at += 1;
        }
        text.get(at).filter(|byte| byte.to_ascii_lowercase() == *digit)?;
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(target: &str, source: Source) -> String {
        let mut files = Files::new();
        let number = files.number(target.as_bytes(), Mac::parse(b"0004f2aabbcc").map(|mac| (mac, source)), Log::Access);
        String::from_utf8_lossy(&files.get(number).text).into_owned()
    }

    #[test]
    fn the_same_file_of_two_phones_is_one() {
        let mut files = Files::new();
        let mut number = |path: &str, mac: &[u8]| {
            files.number(path.as_bytes(), Mac::parse(mac).map(|mac| (mac, Source::Uri)), Log::Access)
        };
        let first = number("/cfg/0004f2aabbcc.cfg", b"0004f2aabbcc");
        assert_eq!(number("/cfg/0004F2AABBCD.cfg", b"0004f2aabbcd"), first);
        assert_ne!(number("/cfg/0004f2aabbcc.log", b"0004f2aabbcc"), first);
        assert_eq!((files.get(first).count.requests(), &*files.get(first).text), (2, &b"/cfg/<mac>.cfg"[..]));
    }

    #[test]
    fn of_a_query_only_the_name_counts() {
        assert_eq!(file("/p.php?t=17&mac=00:04:F2:AA:BB:CC&x=1", Source::Query), "/p.php?mac=<mac>");
        assert_eq!(file("/0004.f2aa.bbcc/x?a=b", Source::Uri), "/<mac>/x");
        assert_eq!(file("/%300004f2aabbc", Source::Uri), "/%300004f2aabbc");
        assert_eq!(Files::new().get(OTHERS).count.requests(), 0);
    }

    #[test]
    fn a_flood_of_files_is_counted_together() {
        let mut files = Files::new();
        for number in 0..2 * MOST_FILES {
            files.number(format!("/{number}").as_bytes(), None, Log::Error);
        }
        assert!(files.is_full());
        assert_eq!(files.iter().count(), MOST_FILES + 1);
        assert_eq!(files.get(OTHERS).count.requests(), MOST_FILES as u64);
    }

    proptest! {
        #[test]
        fn no_target_is_too_strange(target in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut files = Files::new();
            for source in [Source::Uri, Source::Query] {
                files.number(&target, Some((Mac::from_bits(0x0004f2), source)), Log::Access);
            }
            files.number(&target, None, Log::Error);
        }
    }
}
