//! Requests: of attackers through a door of the site, of legitimate phones, and noise.

mod attack;
mod credentials;
mod dav;
mod extras;
mod fill;
mod noise;
mod right;

use crate::phones::Sender;
use crate::random::Random;
use crate::request::Request;
use crate::site::Site;

/// A random request for a site.
pub fn random_request(random: &mut Random, site: &Site) -> Request {
    match random.below(100) {
        0 if site.learning.learns() => {
            Request { proves: Some(random.one(&site.learning.may_prove())), ..Request::get(Sender::Own, "") }
        }
        0..70 => attack::attack(random, site),
        70..78 => attack::wild(random),
        78..92 => right::own(random, site),
        _ => right::of_a_real_phone(random, site),
    }
}
