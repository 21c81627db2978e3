//! How many devices the server keeps track of.

use crate::configuration::directives::setter::{Set, Setter, unexpected};
use mtlsprotect_core::directives::{self, Directive};
use mtlsprotect_fleet::Sizes;

/// MTLSProtectFleetSize
pub struct FleetSize;

impl Setter for FleetSize {
    const RECORD: Directive = directives::FLEET_SIZE;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let number = command.words[0].parse().ok();
        let number = number.filter(|number| (Sizes::FEWEST..=Sizes::MOST).contains(number));
        command.server.directives.fleet_size = Some(number.ok_or_else(|| unexpected::<Self>(command.words[0]))?);
        Ok(())
    }
}
