//! Panics on demand, for the tests of the panic boundary; never in a build that is installed.

use std::fs;

/// Panics when the file named by `PROVOKE_PANIC` holds the callback's name, once: the file
/// is emptied first.
pub fn panic_if_asked(callback: &str) {
    let Some(file) = std::env::var_os("PROVOKE_PANIC") else { return };
    if fs::read_to_string(&file).is_ok_and(|asked| asked.trim() == callback) && fs::write(&file, "").is_ok() {
        panic!("provoked");
    }
}
