//! The finder of MACs finds in any text what its slow reference finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
// where the reference expects them
use mtlsprotect_core::{Mac, finder, vendors};
use std::collections::BTreeSet;

#[path = "../../crates/mtlsprotect-core/src/finder_reference.rs"]
mod reference;

/// A phone whose first digits are known, and whose last ones begin another's.
const SENDER: Mac = Mac::from_bits(0x64167f_0004f2);

fuzz_target!(|input: &[u8]| {
    let Some((&how, text)) = input.split_first() else { return };
    let syntax = [finder::Syntax::Path, finder::Syntax::Value, finder::Syntax::Header][usize::from(how / 2 % 3)];
    let sender = (how & 1 == 0).then_some(SENDER);
    let known = vendors::KnownPrefixes::built_in();
    let mut found = BTreeSet::new();
    finder::Finder::new(&known, sender).find(text, syntax, &mut |mac| {
        found.insert(mac);
    });
    assert_eq!(found, reference::reference(text, syntax, sender), "{}", text.escape_ascii());
});
