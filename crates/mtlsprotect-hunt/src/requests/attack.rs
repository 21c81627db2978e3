//! Requests for what is another phone's.

use super::credentials::credentials;
use super::dav;
use super::extras::{extras, other_headers};
use super::fill::{any_door, fill};
use super::noise::noise;
use crate::part::Methods;
use crate::phones::{Sender, VICTIMS};
use crate::random::Random;
use crate::request::Request;
use crate::site::Site;
use crate::spelling::{Slot, spell, spell_wildly};

/// Another's file, through a door of the site.
pub fn attack(random: &mut Random, site: &Site) -> Request {
    let (part, door) = any_door(random, site);
    let sender = match random.below(100) {
        0..62 => Sender::Own,
        62..74 => Sender::Stranger,
        74..82 => Sender::Forger,
        82..92 => Sender::Plain,
        _ => Sender::Other,
    };
    let victim = door.fixed.unwrap_or_else(|| {
        loop {
            let victim = random.one(&VICTIMS);
            if sender.mac() != Some(victim) {
                break victim;
            }
        }
    });
    let method = match door.methods {
        Methods::Reads => {
            random.pick(&["GET", "GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT"])
        }
        Methods::Application => random.pick(&["GET", "GET", "GET", "GET", "HEAD", "PUT", "PUT", "POST", "DELETE"]),
        Methods::Dav => random.pick(dav::DAV_METHODS),
    };
    let wildly = random.chance(12);
    let mut request =
        Request { sender, method: method.to_owned(), part, door: door.path.clone(), ..Request::get(sender, "") };
    let name = |random: &mut Random, slot: Slot| {
        if wildly { spell_wildly(random, victim, slot) } else { spell(random, victim, door.understood, slot) }
    };
    fill(random, &mut request, &door, victim, name);
    if door.methods == Methods::Dav {
        dav::headers(random, &mut request, victim);
    }
    // without a name to write there is little else to vary
    let times = if door.fixed.is_some() { random.one(&[0, 1, 1, 1, 2, 3]) } else { random.one(&[0, 0, 0, 1, 1, 2, 3]) };
    (0..times).for_each(|_| noise(random, &mut request));
    other_headers(random, &mut request);
    credentials(random, &mut request, site, victim);
    extras(random, &mut request);
    request
}

/// Another's name, written anyhow, anywhere.
pub fn wild(random: &mut Random) -> Request {
    let sender = random.one(&Sender::ALL);
    let victim = random.one(&VICTIMS);
    let folder =
        random.pick(&["/cfg/", "/", "/app/", "/cgi/render/", "/php/r3.php/", "/dav/", "/mv/", "/own/0004f2aaaaaa/"]);
    let mut request = Request { part: "wild", ..Request::get(sender, "") };
    let name = spell_wildly(random, victim, Slot::Path);
    request.target = match random.below(3) {
        0 => format!("{folder}{name}"),
        1 => format!("{folder}{name}.cfg"),
        _ => format!("{folder}get?mac={}", spell_wildly(random, victim, Slot::Query)),
    };
    if random.chance(20) {
        let header = random.pick(&["User-Agent", "Cookie", "Host"]);
        request.headers.push((header.to_owned(), spell_wildly(random, victim, Slot::Header)));
    }
    (0..random.below(4)).for_each(|_| noise(random, &mut request));
    extras(random, &mut request);
    request
}
