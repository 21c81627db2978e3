//! The finder of MACs finds in any text what its slow reference finds, and tells what is hidden there, as far as it searches
//! the text to its end: to a request it is then one that names several.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::names::{Finder, Syntax};
use mtlsprotect_core::reference::finder::{hidden, reference};
use std::collections::BTreeSet;

/// A phone whose first digits are known, and whose last ones begin another's.
const SENDER: Mac = Mac::from_bits(0x64167f_0004f2);

fuzz_target!(|input: &[u8]| {
    let Some((&how, text)) = input.split_first() else { return };
    use Syntax::{Host, Path, UserAgent, Value};
    let syntax = [Path, Value, Host, UserAgent][usize::from(how / 2 % 4)];
    let sender = (how & 1 == 0).then_some(SENDER);
    let only_known = how & 8 != 0;
    let known = KnownPrefixes::built_in();
    let mut found = BTreeSet::new();
    let finder = Finder::new(&known, sender);
    let finder = if only_known { finder.only_known() } else { finder };
    let is_whole = finder.find(text, syntax, &mut |mac| {
        found.insert(mac);
    });
    if !is_whole {
        assert!(finder.hidden(text, syntax).macs().is_none(), "{}", text.escape_ascii());
        return;
    }
    assert_eq!(found, reference(text, syntax, sender, only_known), "{}", text.escape_ascii());
    if let Some(told) = finder.hidden(text, syntax).macs() {
        let told: BTreeSet<Mac> = told.iter().copied().filter(|mac| !found.contains(mac)).collect();
        assert_eq!(told, hidden(text, syntax, sender, only_known), "{}", text.escape_ascii());
    }
});
