//! What the operator says: the configuration as a whole, checked before the server starts or restarts.
//!
//! httpd -t runs check_config but not post_config, and an error in post_config during a graceful
//! restart ends the server: so everything is checked here.

mod access;
mod checks;
pub mod config;
mod counting;
mod device_files;
pub mod directives;
mod dump;
mod extent;
mod folders;
mod learned;
mod listening;
pub mod lists;
mod notices;
mod passed;
mod passed_on;
mod passwords;
mod pattern;
mod prepare;
pub mod proxies;
mod proxy_checks;
pub mod read_once;
mod rewriting;
mod sections;
mod shown;
mod site;
pub mod startup;
mod warnings;

use crate::httpd::log::Level;
use crate::httpd::{Checked, Pool, is_config_test};
use site::Site;
use startup::Messages;

/// Checks the configuration and prepares the CA lists; each error is logged with its place.
pub fn check_config<'c: 't, 't>(checked: Checked<'c>, temporary: Pool<'t>) -> Result<(), ()> {
    let site = Site::read(checked, temporary);
    let mut errors = Vec::new();
    let mut messages = Messages::default();
    prepare::lists(&site, checked, &mut errors, &mut messages.warnings);
    prepare::hosts_that_judge_some(&site, checked);
    device_files::prepare(&site, checked, temporary, &mut messages);
    learned::read(&site, checked, &mut errors, &mut messages);
    checks::check_protection(&site, &mut errors);
    checks::check_handshakes(&site, checked, &mut errors);
    proxy_checks::check(&site, &mut errors, &mut messages.warnings);
    checks::check_lax_vendors(&site, &mut errors, &mut messages.warnings);
    passwords::check(&site, &mut errors);
    for error in &errors {
        error.log_for_server(None, Level::Critical);
    }
    if !errors.is_empty() {
        return Err(());
    }
    let protection = extent::Protection::of(&site);
    shown::prepare(&site, &protection, checked);
    shown::pages(&site, checked, &mut messages.warnings);
    if !is_config_test() {
        notices::find(&site, &protection, &mut messages.notices);
    }
    warnings::find(&site, &protection, checked, temporary, &mut messages.warnings);
    warnings::find_hidden(&site, &protection, &mut messages.errors);
    proxy_checks::warn(&site, &protection, &mut messages.warnings);
    passwords::warn(&site, temporary, &mut messages.warnings);
    if is_config_test() && dump::is_asked_for() {
        messages.tables = Some(dump::tables(&site, &protection, checked, temporary));
    }
    startup::keep(messages);
    Ok(())
}
