//! Passwords in place of certificates.

use crate::configuration::config::PasswordSetting;
use crate::configuration::directives::setter::{Set, Setter, unexpected};
use mtlsprotect_core::decision::Passwords;
use mtlsprotect_core::directives::{self, Directive};
use mtlsprotect_core::time::UnixTime;

/// MTLSProtectPassword
pub struct Password;

impl Setter for Password {
    const RECORD: Directive = directives::PASSWORD;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let (mut is_on, mut until, mut pattern) = (None, None, None);
        for &word in command.words {
            let is_new = match word.split_once('=') {
                Some(("until", day)) => until.replace(last_second(day)?).is_none(),
                Some(("pattern", text)) => {
                    let read = command.reading().identity(command.pool, text);
                    pattern.replace(read.map_err(|error| format!("pattern=: {error}"))?).is_none()
                }
                None if word.eq_ignore_ascii_case("on") => is_on.replace(true).is_none(),
                None if word.eq_ignore_ascii_case("off") => is_on.replace(false).is_none(),
                _ => return Err(unexpected::<Self>(word)),
            };
            if !is_new {
                return Err(format!("\"{word}\" is repeated"));
            }
        }
        if is_on == Some(false) && command.words.len() > 1 {
            return Err(format!("Off stands alone, found \"{}\"", command.words.join(" ")));
        }
        let until = until.unwrap_or(UnixTime::MAX);
        let passwords = (is_on != Some(false)).then_some(Passwords { until });
        command.dir.directives.password = Some(command.pool.place(PasswordSetting { passwords, pattern }));
        Ok(())
    }
}

fn last_second(day: &str) -> Result<UnixTime, String> {
    UnixTime::end_of_day(day).ok_or_else(|| format!("until=: \"{day}\" is not a day; write until=2027-03-31"))
}
