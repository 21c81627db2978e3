//! The operator's regular expressions, checked when the configuration is read.

use crate::mac::{Mac, strip_to_mac};
use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Finds names in the site's own format in a request's texts.
#[derive(Clone, Debug)]
pub struct FilePattern(Regex);

/// Text to leave out of the search.
#[derive(Clone, Debug)]
pub struct Ignore(Regex);

/// Finds the MAC in a certificate's Common Name.
#[derive(Clone, Debug)]
pub struct IdentityPattern(Regex);

impl FilePattern {
    /// A pattern whose group `mac`, or without such a group the whole match, is a name.
    ///
    /// # Errors
    /// What is wrong with the expression, or that it can never match the 12 hex digits of a MAC.
    pub fn new(expression: &str) -> Result<Self, String> {
        Ok(FilePattern(compile(expression, false)?))
    }

    /// Calls `found` with the device of every match in `text`. A match without exactly 12 hex digits is not a name
    /// (rewritten shared files leave the group empty).
    ///
    /// # Errors
    /// There are more matches than are looked at. Each is found in time that is linear in the text, all of them
    /// together would not be.
    pub(crate) fn find(&self, text: &[u8], found: &mut impl FnMut(Mac)) -> Result<(), TooMany> {
        for (number, captures) in self.0.captures_iter(text).enumerate() {
            if number == MOST_MATCHES {
                return Err(TooMany);
            }
            let Some(name) = captures.name("mac").or_else(|| captures.get(0)) else { continue };
            if let Some(mac) = strip_to_mac(name.as_bytes()).filter(|mac| mac.is_device()) {
                found(mac);
            }
        }
        Ok(())
    }
}

/// A text has more matches than are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Matches of a pattern that are looked at in one text; no phone sends as many.
const MOST_MATCHES: usize = 64;

impl Ignore {
    /// A pattern whose matches are cut out of every text before it is searched.
    ///
    /// # Errors
    /// What is wrong with the expression, or that it cuts whatever MAC there is.
    pub fn new(expression: &str) -> Result<Self, String> {
        let ignore = Ignore(regex(expression)?);
        if ignore.cuts_every_mac() {
            return Err(format!(
                "\"{expression}\" cuts the MAC out of any name: requests for phones' files would name nobody; write what stands before \
                 the digits, too: \"order-[0-9]{{12}}\""
            ));
        }
        Ok(ignore)
    }

    /// Whether it takes something away from each of some MACs, which have few digits in common.
    fn cuts_every_mac(&self) -> bool {
        const MACS: [&str; 4] = ["a1b2c3d4e5f6", "0f9e8d7c6b5a", "5c0f4e3a2b1d", "7e6d5c4b3a29"];
        let cuts = |before: &str, mac: &str, behind: &str| {
            let cut = self.cut(format!("{before}{mac}{behind}").as_bytes());
            !cut.windows(mac.len()).any(|text| text == mac.as_bytes())
        };
        let forms = [("", ""), ("/", ".cfg"), ("/", "/phone.cfg"), ("/", "-app.log")];
        forms.iter().any(|(before, behind)| {
            MACS.iter().all(|mac| cuts(before, mac, behind))
                || MACS.iter().all(|mac| cuts(before, &mac.to_ascii_uppercase(), behind))
        })
    }

    /// `text` without the matches. As many bars stand in their place: joining what stood on either side
    /// could make a name that the request doesn't have. After [`MOST_MATCHES`] the rest stays.
    pub fn cut(&self, text: &[u8]) -> Vec<u8> {
        let mut left = text.to_vec();
        for found in self.0.find_iter(text).take(MOST_MATCHES) {
            left[found.range()].fill(b'|');
        }
        left
    }
}

impl IdentityPattern {
    /// A pattern whose group `mac` is the device's address.
    ///
    /// # Errors
    /// What is wrong with the expression, that the group is missing, or that it can never match
    /// the 12 hex digits of a MAC.
    pub fn new(expression: &str) -> Result<Self, String> {
        Ok(IdentityPattern(compile(expression, true)?))
    }

    /// The expression as the operator wrote it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The MAC in `name`: all matches must agree on one.
    pub fn mac(&self, name: &[u8]) -> Option<Mac> {
        let mut macs =
            self.0.captures_iter(name).map(|captures| captures.name("mac").and_then(|mac| Mac::parse(mac.as_bytes())));
        let first = macs.next()??;
        macs.all(|mac| mac == Some(first)).then_some(first)
    }
}

fn regex(expression: &str) -> Result<Regex, String> {
    Regex::new(expression).map_err(|error| not_regular(expression, &error))
}

/// The library's error in one line: a log would show the line ends of its drawing as `\n`.
fn not_regular(expression: &str, error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("\"{expression}\" is not a regular expression: {}", last.strip_prefix("error: ").unwrap_or(last))
}

/// Compiles an expression that must be able to yield a MAC.
fn compile(expression: &str, needs_group: bool) -> Result<Regex, String> {
    let regex = regex(expression)?;
    let has_group = regex.capture_names().flatten().any(|name| name == "mac");
    if needs_group && !has_group {
        return Err(format!("\"{expression}\" has no group named mac; write (?<mac>...) around the address"));
    }
    let hir = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .build()
        .parse(expression)
        .map_err(|error| not_regular(expression, &error))?;
    let group = if has_group { named_mac(&hir) } else { Some(&hir) };
    let range = group.map(hex_digits);
    match range {
        Some((least, most)) if least <= 12 && most >= 12 => Ok(regex),
        _ => Err(format!("\"{expression}\" can never match a MAC address, which has 12 hex digits")),
    }
}

/// The part of the expression inside the group `mac`.
fn named_mac(hir: &Hir) -> Option<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some("mac") => Some(&capture.sub),
        HirKind::Capture(capture) => named_mac(&capture.sub),
        HirKind::Repetition(repetition) => named_mac(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(named_mac),
        _ => None,
    }
}

/// The fewest and the most hex digits that a match can have.
fn hex_digits(hir: &Hir) -> (usize, usize) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (0, 0),
        HirKind::Literal(literal) => {
            let count = literal.0.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
            (count, count)
        }
        HirKind::Class(class) => class_digits(class),
        HirKind::Capture(capture) => hex_digits(&capture.sub),
        HirKind::Repetition(repetition) => {
            let (least, most) = hex_digits(&repetition.sub);
            let times = repetition.max.map_or(usize::MAX, |max| max as usize);
            (least.saturating_mul(repetition.min as usize), most.saturating_mul(times))
        }
        HirKind::Concat(parts) => parts
            .iter()
            .map(hex_digits)
            .fold((0, 0), |sum, part| (sum.0.saturating_add(part.0), sum.1.saturating_add(part.1))),
        HirKind::Alternation(parts) => {
            parts.iter().map(hex_digits).reduce(|all, part| (all.0.min(part.0), all.1.max(part.1))).unwrap_or((0, 0))
        }
    }
}

/// Whether one byte of the class must, and whether it can, be a hex digit.
fn class_digits(class: &Class) -> (usize, usize) {
    let is_hex = |code: u32| u8::try_from(code).is_ok_and(|byte| byte.is_ascii_hexdigit());
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|r| (r.start() as u32, r.end() as u32)).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let codes = || ranges.iter().flat_map(|&(start, end)| start..=end.min(start.saturating_add(0x100)));
    (usize::from(codes().all(is_hex)), usize::from(codes().any(is_hex)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(expression: &str, text: &str) -> Vec<String> {
        let mut macs = Vec::new();
        let _ = FilePattern::new(expression).unwrap().find(text.as_bytes(), &mut |mac| macs.push(mac.to_string()));
        macs
    }

    #[test]
    fn the_group_or_the_whole_match_is_the_name() {
        assert_eq!(found("^/p(?<mac>[0-9a-f]{12})00", "/p1234567890ab00"), ["1234567890ab"]);
        assert_eq!(found("[0-9a-f]{6}x[0-9a-f]{6}", "/a/123456x7890ab"), ["1234567890ab"]);
        assert_eq!(found("mac=(?P<mac>[^&]*)", "mac=&file=features.cfg"), [""; 0]);
        assert_eq!(found("(?<mac>[0-9a-f]{12})", "000000000025"), [""; 0]);
    }

    #[test]
    fn what_would_cut_any_mac_is_refused() {
        for expression in [".*", "[0-9a-f]{12}", "[0-9A-F]+", "^/.*", "[^/]+", "[0-9]", "(?i)[0-9a-f]{12}\\.cfg"] {
            let error = Ignore::new(expression).unwrap_err();
            assert!(error.contains("cuts the MAC out of any name"), "{expression}: {error}");
        }
        for expression in
            ["order-[0-9a-f]{12}", "[0-9]{12}", "^/old/.*", "zz+", "0004f2[0-9a-f]{6}", "^/$", "", "\\?.*"]
        {
            assert!(Ignore::new(expression).is_ok(), "{expression}");
        }
    }

    #[test]
    fn an_expression_that_can_never_yield_an_address_is_refused() {
        for expression in ["[0-9a-f]{11}", "(?<mac>[g-z]*)", "", "cfg", "(?<mac>)[0-9a-f]{12}", "[0-9a-f]{13,}", "^$"] {
            let error = FilePattern::new(expression).unwrap_err();
            assert!(error.contains("can never match a MAC"), "{expression}: {error}");
        }
        for expression in ["[0-9a-f]{12}", ".*", "(?i)([0-9a-f]{2}-){5}[0-9a-f]{2}", "(?<mac>0004f2[^/]+)", r"\w+"] {
            FilePattern::new(expression).unwrap();
        }
        for (expression, what) in
            [("(", "unclosed group"), ("[a-", "unclosed character class"), ("a{9999999}", "size limit")]
        {
            let error = FilePattern::new(expression).unwrap_err();
            assert!(error.contains("is not a regular expression: ") && error.contains(what), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn the_group_may_stand_anywhere_in_the_expression() {
        let group = "(?<mac>[0-9a-f]{12})";
        for expression in [format!("(x{group})"), format!("({group})+"), format!("a{group}b"), format!("x|{group}")] {
            FilePattern::new(&expression).unwrap();
            let short = expression.replace("12", "11");
            assert!(FilePattern::new(&short).unwrap_err().contains("can never match a MAC"), "{short}");
        }
        // twelve digits of another group are not a name
        let other = "(?<serial>[0-9a-f]{12})(?<mac>x)";
        assert!(FilePattern::new(other).unwrap_err().contains("can never match a MAC"));
    }

    #[test]
    fn of_a_flood_of_matches_the_first_are_looked_at() {
        let pattern = FilePattern::new("[0-9a-f]{12}").unwrap();
        let text = |matches: usize| vec!["0004f2aaaaaa"; matches].join("/").into_bytes();
        for (matches, looked_at, result) in [(0, 0, Ok(())), (64, 64, Ok(())), (65, 64, Err(TooMany))] {
            let mut found = 0;
            assert_eq!(pattern.find(&text(matches), &mut |_| found += 1), result, "{matches}");
            assert_eq!(found, looked_at);
        }
    }

    #[test]
    fn an_identity_needs_its_group_and_one_address() {
        assert!(IdentityPattern::new("[0-9a-f]{12}").unwrap_err().contains("no group named mac"));
        let pattern = IdentityPattern::new("(?i)SEP(?<mac>[0-9a-f]{12})").unwrap();
        assert_eq!(pattern.as_str(), "(?i)SEP(?<mac>[0-9a-f]{12})");
        assert_eq!(pattern.mac(b"SEP000E08ABCDEF"), Mac::parse(b"000e08abcdef"));
        assert_eq!(pattern.mac(b"SEP000E08ABCDEF SEP000E08ABCDEE"), None);
        assert_eq!(pattern.mac(b"000E08ABCDEF"), None);
    }

    #[test]
    fn what_is_cut_out_joins_nothing() {
        assert_eq!(Ignore::new("x+").unwrap().cut(b"0004xxf2"), b"0004||f2");
    }
}
