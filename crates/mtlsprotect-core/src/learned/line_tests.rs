use super::*;
use proptest::prelude::*;

const LEAF: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ROOT: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn proof_line() -> String {
    format!("0004f2aaaaaa 2026-11-25T20:59:57Z poly {LEAF} {ROOT}")
}

fn proof() -> ProofLine<'static> {
    ProofLine {
        mac: Mac::from_bits(0x0004_f2aa_aaaa),
        time: UnixTime::from_seconds(1_795_640_397),
        vendor: b"poly",
        leaf: Fingerprint::of(b"abc"),
        root: Fingerprint::of(b"foo"),
    }
}

#[test]
fn a_line_is_read_as_it_is_written() {
    let forget = Line::Forget { mac: proof().mac, time: proof().time };
    for (line, text) in [
        (Line::Proof(proof()), proof_line()),
        (Line::Proof(ProofLine { vendor: b"", ..proof() }), proof_line().replace("poly", "-")),
        (forget, "0004f2aaaaaa 2026-11-25T20:59:57Z forget".to_owned()),
    ] {
        assert_eq!(Line::parse(text.as_bytes()), Ok(Some(line)));
        assert_eq!(written([line]), format!("\n{text}\n").into_bytes());
        assert_eq!((line.mac(), line.time()), (proof().mac, proof().time));
    }
    let upper = proof_line().to_ascii_uppercase();
    assert_eq!(Line::parse(upper.as_bytes()), Ok(Some(Line::Proof(ProofLine { vendor: b"POLY", ..proof() }))));
}

#[test]
fn a_vendor_that_would_be_read_as_something_else_is_none() {
    for vendor in [&b"forget"[..], b"", b"a b", b"a\nb", &[b'x'; 65], b"\xc3\xbc"] {
        let line = written([Line::Proof(ProofLine { vendor, ..proof() })]);
        let line = line.trim_ascii();
        assert_eq!(Line::parse(line), Ok(Some(Line::Proof(ProofLine { vendor: b"", ..proof() }))), "{vendor:?}");
    }
}

#[test]
fn a_vendors_name_has_64_bytes_at_most() {
    let parsed = |length: usize| {
        let line = proof_line().replace("poly", &"x".repeat(length));
        matches!(Line::parse(line.as_bytes()), Ok(Some(Line::Proof(_))))
    };
    assert_eq!([1, 63, 64, 65, 66].map(parsed), [true, true, true, false, false]);
}

#[test]
fn a_line_that_was_cut_proves_nothing_wherever_it_was() {
    let line = proof_line();
    for length in 1..line.len() {
        assert!(Line::parse(&line.as_bytes()[..length]).is_err(), "{}", &line[..length]);
    }
    let forget = "0004f2aaaaaa 2026-11-25T20:59:57Z forget";
    for length in 1..forget.len() {
        assert!(Line::parse(&forget.as_bytes()[..length]).is_err(), "{}", &forget[..length]);
    }
    // with a vendor of that name, written by hand
    let line = line.replace("poly", "forget");
    for length in forget.len() + 2..=line.len() {
        assert!(Line::parse(&line.as_bytes()[..length]).is_err(), "{}", &line[..length]);
    }
}

#[test]
fn what_follows_a_whole_proof_is_not_looked_at() {
    for junk in ["\0\0\0", " ", "\r", " until later", "\t\u{1}x", " 0004f2bbbbbb"] {
        assert_eq!(Line::parse((proof_line() + junk).as_bytes()), Ok(Some(Line::Proof(proof()))), "{junk:?}");
    }
    for junk in ["0", "g", "-", ":"] {
        assert!(Line::parse((proof_line() + junk).as_bytes()).is_err(), "{junk:?}");
    }
    let forget = "0004f2aaaaaa 2026-11-25T20:59:57Z forget";
    for (junk, is_one) in [("\0\0", true), ("\r", true), (" x", false), ("ten", false), (" 0", false)] {
        assert_eq!(Line::parse(format!("{forget}{junk}").as_bytes()).is_ok(), is_one, "{junk:?}");
    }
}

#[test]
fn empty_lines_say_nothing_and_all_else_is_wrong() {
    for empty in ["", " ", "\r", "\t "] {
        assert_eq!(Line::parse(empty.as_bytes()), Ok(None));
    }
    for (from, to) in [
        ("0004f2aaaaaa ", "0004f2aaaaaa\t"),
        ("0004f2aaaaaa ", "0004f2aaaaaa  "),
        ("0004f2aaaaaa", "000000aaaaaa"),
        ("0004f2aaaaaa", "0004f2aaaaag"),
        ("0004f2aaaaaa", "00:04:f2:aa:aa:aa"),
        ("2026-11-25T", "2026-11-25 "),
        ("2026", "1969"),
        ("2026", "2107"),
        ("-11-", "-13-"),
        ("-11-", "-00-"),
        ("-25T", "-31T"),
        ("-25T", "-00T"),
        ("T20", "T24"),
        (":59:", ":60:"),
        (":57Z", ":60Z"),
        (":57Z", ":57z"),
        ("2026", "+026"),
        ("poly", ""),
        ("poly", "po ly"),
        ("ba78", "ga78"),
        ("ba78", "gg78"),
        ("ba78", "ba7"),
        ("2c26", "2c2g"),
        ("2c26", "2c 26"),
    ] {
        let line = proof_line().replacen(from, to, 1);
        assert_ne!(line, proof_line(), "{from}");
        assert!(Line::parse(line.as_bytes()).is_err(), "{line}");
    }
    for line in ["\0\0\0\0", "# a comment", "0004f2aaaaaa", "0004f2aaaaaa block"] {
        assert!(Line::parse(line.as_bytes()).is_err(), "{line}");
    }
}

proptest! {
    #[test]
    fn every_time_is_the_one_that_it_was_written_as(seconds in 0..=u32::MAX) {
        let time = UnixTime::from_seconds(seconds.into());
        let text = time.to_string();
        prop_assert_eq!(parse_time(text.as_bytes().try_into().unwrap()), Some(time), "{}", text);
    }

    #[test]
    fn no_bytes_panic(line in proptest::collection::vec(any::<u8>(), 0..300), cut in 0..200_usize, byte: u8) {
        let _ = Line::parse(&line);
        let mut line = proof_line().into_bytes();
        if let Some(place) = line.get_mut(cut) {
            *place = byte;
        }
        let _ = Line::parse(&line);
    }
}

#[test]
fn leap_days_are_days() {
    let time = |day: &str| parse_time(format!("{day}T00:00:00Z").as_bytes().try_into().unwrap());
    for (day, is_one) in
        [("2028-02-29", true), ("2027-02-29", false), ("2000-02-29", true), ("2100-02-29", false), ("2106-02-07", true)]
    {
        assert_eq!(time(day).is_some(), is_one, "{day}");
    }
}
