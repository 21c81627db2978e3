use super::*;
use crate::phones::{self, ALL, DATED, OTHER, UNKNOWN};
use crate::reader::{From, Reader};
use crate::readers::{any, chosen, reader_of};

fn slot(reader: &Reader) -> Slot {
    match reader.from {
        From::Path => Slot::Path,
        from if from.is_in_query() => Slot::Query,
        _ => Slot::Header,
    }
}

#[test]
fn each_application_undoes_the_spellings_that_are_for_it() {
    let mut random = Random::new(1);
    let others = (0..60).map(|_| any(&mut random)).collect::<Vec<_>>();
    let numbers = (0..chosen().count()).chain(others);
    for (number, reader) in numbers.map(|number| (number, reader_of(number))) {
        let mut good = 0;
        for _ in 0..300 {
            let written = spell(&mut random, OTHER, Understood::By(reader), slot(&reader));
            let read = reader.read_sent(&written);
            assert!(read.is_none() || read == Some(OTHER), "{number}: {written:?} is {read:?}");
            good += usize::from(read.is_some());
        }
        assert!(good > 240, "{number}: {good} of 300");
    }
}

#[test]
fn every_kind_of_spelling_is_written() {
    let mut random = Random::new(2);
    let all: Vec<String> = chosen()
        .flat_map(|reader| {
            (0..400).map(|_| spell(&mut random, OTHER, Understood::By(reader), slot(&reader))).collect::<Vec<_>>()
        })
        .collect();
    let some = |what: &str, is: &dyn Fn(&str) -> bool| assert!(all.iter().any(|text| is(text)), "none {what}");
    some("plain", &|text| text == OTHER);
    some("upper case", &|text| text == OTHER.to_uppercase());
    some("octets without their zero", &|text| text.to_lowercase().contains("0:4:f2"));
    some("dashes", &|text| text.starts_with("00-04-f2-bb-bb-bb"));
    some("underscores", &|text| text.contains("00_04_f2"));
    some("junk between the halves", &|text| text.contains("0004f2~bbbbbb"));
    some("escaped once", &|text| text.contains("%30") || text.contains("%62"));
    some("escaped twice", &|text| text.contains("%2530") || text.contains("%2562"));
    some("digits of another script", &|text| text.to_lowercase().contains("%d9%a0"));
    some("letters with accents", &|text| text.to_lowercase().contains("%e1%b8%83"));
    some("wide escapes", &|text| text.to_lowercase().contains("%u0030"));
    some("wide escapes of full-width digits", &|text| text.to_lowercase().contains("%uff12"));
    some("wide escapes of two units", &|text| text.to_lowercase().contains("%ud835%udfce"));
    some("wide escapes that are escaped", &|text| text.to_lowercase().contains("%25u00"));
    some("overlong forms of what is stripped", &|text| text.to_lowercase().contains("%c1%"));
    some("a UUID that begins with it", &|text| text.starts_with("0004f2bb-bbbb-4455-8899-"));
    some("one that ends another's", &|text| text.starts_with("1a2b3c4d0004-f2bbbbbb"));
    some("one that begins another's", &|text| text.starts_with("0004f2bb-bbbb1a2b3c4d"));
    some("one that ends a known phone's", &|text| text.starts_with("0004f2cc0004-f2bbbbbb"));
    some("full-width digits", &|text| text.to_lowercase().contains("%ef%bc%90"));
    some("a model before", &|text| text.starts_with("x5"));
    some("a letter after a separator", &|text| text.ends_with("-app.log"));
    some("a date after", &|text| text.contains("-20261124-"));
    some("a UUID", &|text| text.starts_with("f81d4fae-7dec-11d0-a765-"));
}

#[test]
fn no_spelling_is_another_phones() {
    let mut random = Random::new(3);
    for _ in 0..5_000 {
        let mac = random.one(&ALL);
        let slot = random.one(&[Slot::Path, Slot::Query, Slot::Header]);
        let written = spell_wildly(&mut random, mac, slot);
        for reader in chosen() {
            let read = reader.read_sent(&written);
            assert!(read.is_none() || read == Some(mac), "{written:?} of {mac} is {read:?} to {reader:?}");
        }
    }
}

#[test]
fn the_same_seed_writes_the_same() {
    let write = |seed| {
        let mut random = Random::new(seed);
        (0..50).map(|_| spell_wildly(&mut random, DATED, Slot::Query)).collect::<Vec<_>>()
    };
    assert_eq!(write(4), write(4));
    assert_ne!(write(4), write(5));
}

#[test]
fn a_device_of_an_unknown_prefix_is_read_in_certain_spellings_only() {
    assert!(!phones::is_known(UNKNOWN));
    let path = |text: &str| {
        chosen().filter(|reader| reader.from == From::Path && reader.read_sent(text) == Some(UNKNOWN)).count()
    };
    for certain in
        ["0a1b2c3d4e5f", "0a1b2c3d4e5f.cfg", "0A-1B-2C-3D-4E-5F.cfg", "0a_1b_2c_3d_4e_5f", "a:1b:2c:3d:4e:5f"]
    {
        assert!(path(certain) > 0, "{certain}");
    }
    for loose in ["0a1b2c~3d4e5f", "10a1b2c3d4e5f", "0a1b2c-3d4e5f", "0a-1b:2c-3d4e5f"] {
        assert_eq!(path(loose), 0, "{loose}");
    }
}
