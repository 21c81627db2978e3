//! Passwords that others than their phones send.

use crate::passwords::{STAFF, basic, names};
use crate::phones::{ALL, OWN};
use crate::random::Random;
use crate::request::Request;
use crate::site::Site;

/// Where the site takes passwords, now and then one, mostly of another than the victim.
pub fn credentials(random: &mut Random, request: &mut Request, site: &Site, victim: &'static str) {
    if site.password.is_none() || !random.chance(40) {
        return;
    }
    let user = random.one(&ALL);
    let [plain, pairs] = names(user);
    let known = if random.chance(50) { &plain } else { &pairs };
    let own = request.sender.mac().unwrap_or(OWN);
    let (value, password) = match random.below(10) {
        0..5 => (basic(known, user), Some(user)),
        5 => (basic(victim, victim), Some(victim)),
        // the victim's name with a password of one's own
        6 => (basic(victim, random.one(&[own, STAFF, ""])), None),
        7 => (basic(STAFF, STAFF), None),
        8 => (basic(&format!("{own}:{victim}"), own), None),
        _ => (basic(known, user).replacen("Basic", "bASIC ", 1), Some(user)),
    };
    request.headers.push(("Authorization".to_owned(), value));
    request.password = password;
    if random.chance(10) {
        request.headers.push(("Authorization".to_owned(), basic(victim, own)));
    }
}
