//! Doors, and the names that are put into them.

use crate::part::Door;
use crate::phones::{self, OWN};
use crate::random::Random;
use crate::reader::From;
use crate::request::Request;
use crate::site::Site;
use crate::spelling::{Slot, Understood};
use crate::store::SHARED;

/// The name of the part, and one of its doors.
pub fn any_door(random: &mut Random, site: &Site) -> (&'static str, Door) {
    let part = &site.parts[random.below(site.parts.len())];
    if part.doors.is_empty() {
        let folder = crate::grammar::folder();
        return (folder.name, folder.doors[0].clone());
    }
    (part.name, part.doors[random.below(part.doors.len())].clone())
}

/// Puts a phone's name into a door's texts.
pub fn fill(
    random: &mut Random,
    request: &mut Request,
    door: &Door,
    mac: &str,
    name: impl Fn(&mut Random, Slot) -> String,
) {
    let sender = request.sender.mac().unwrap_or(OWN);
    let joint = random.one(&["-", ":"]);
    let pairs = (0..6).map(|at| &mac[2 * at..2 * at + 2]).collect::<Vec<_>>().join(joint);
    let shared = random.one(&SHARED);
    let keys = match door.understood {
        Understood::By(reader) => match reader.from {
            From::Parameter(keys) => keys.spellings(),
            _ => &["mac"],
        },
        _ => &["mac"],
    };
    let mut put = |text: &str, slot: Slot| {
        let mut text = text
            .replace("{half}", &mac[..6])
            .replace("{rest}", &mac[6..])
            .replace("{pairs}", &pairs)
            .replace("{extension}", &phones::extension(mac))
            .replace("{own}", sender)
            .replace("{shared}", shared);
        while text.contains("{mac}") {
            text = text.replacen("{mac}", random.pick(keys), 1);
        }
        while text.contains("{name}") {
            text = text.replacen("{name}", &name(random, slot), 1);
        }
        text
    };
    request.target = put(&door.path, Slot::Path);
    if !door.query.is_empty() {
        request.target += &format!("?{}", put(&door.query, Slot::Query));
    }
    request.headers = door.headers.iter().map(|(name, value)| ((*name).to_owned(), put(value, Slot::Header))).collect();
}
