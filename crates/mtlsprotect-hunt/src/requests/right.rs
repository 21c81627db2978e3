//! Requests of legitimate phones, which must pass.

use super::fill::{any_door, fill};
use crate::part::Methods;
use crate::passwords::{basic, names};
use crate::phones::{OTHER, OWN, Sender};
use crate::random::Random;
use crate::request::Request;
use crate::site::Site;
use mtlsprotect_testkit::corpus;

/// A phone asks for its own file by the way that the site has for it; where the site learns, one without a certificate too.
pub fn own(random: &mut Random, site: &Site) -> Request {
    let (part, door) = any_door(random, site);
    let sender = random.one(&[Sender::Own, Sender::Own, Sender::Other]);
    let stranger = random.one(&[Sender::Stranger, Sender::Plain]);
    let (sender, mac) = match site.learning.never_proven() {
        Some(mac) if random.chance(40) => (stranger, mac),
        _ => (sender, sender.mac().unwrap_or(OTHER)),
    };
    let has_password = site.phones_with_password();
    let by_password = !has_password.is_empty() && random.chance(40);
    let (sender, mac) = match by_password {
        true => (random.one(&[Sender::Stranger, Sender::Stranger, Sender::Forger]), random.one(has_password)),
        false => (sender, mac),
    };
    // where what names nobody is refused, the URL itself must say who it is
    let in_url = ["{name}", "{pairs}"].iter().any(|place| door.path.contains(place) || door.query.contains(place));
    let named = in_url || door.headers.iter().any(|(_, value)| value.contains("{name}"));
    let is_whose = door.own && door.fixed.is_none_or(|fixed| fixed == mac);
    // Of one who has shown no certificate, the digits of an escape beside a name may make another's of it.
    let is_clear = sender.mac().is_some() || !door.path.contains('%');
    // a variant is refused before anybody is asked for its password
    let is_asked = in_url && part != "negotiation";
    let goes = is_whose && is_clear && if by_password { is_asked } else { named || site.lets_in_others() };
    let method = match door.methods {
        Methods::Dav => random.pick(&["GET", "HEAD", "PUT"]),
        _ => random.pick(&["GET", "GET", "HEAD"]),
    };
    let mut request = Request {
        sender,
        method: method.to_owned(),
        part,
        door: door.path.clone(),
        right: goes,
        ..Request::get(sender, "")
    };
    fill(random, &mut request, &door, mac, |_, _| mac.to_owned());
    if by_password {
        let [plain, pairs] = names(mac);
        request.headers.push(("Authorization".to_owned(), basic(if random.chance(50) { &plain } else { &pairs }, mac)));
        request.password = Some(mac);
    }
    if method == "PUT" {
        request.body = "a log\n";
        // a folder is not written
        if request.target.ends_with('/') {
            request.method = "GET".to_owned();
        }
    }
    request
}

/// What a phone of some vendor sends, to the folder of all.
pub fn of_a_real_phone(random: &mut Random, site: &Site) -> Request {
    // the certificate is Poly's; which vendor's requests these are makes no difference to it
    let vendor = random.one(&corpus::Vendor::ALL);
    let mut pick = |bound: usize| random.below(bound);
    let asked = corpus::request(vendor, OWN, &mut pick);
    let folder = if site.has("dav") { "/dav/" } else { "/cfg/" };
    let writes = asked.method == "PUT";
    Request {
        method: asked.method.to_owned(),
        target: format!("{folder}{}", asked.target()),
        headers: asked.headers,
        body: if writes { "a log\n" } else { "" },
        right: (asked.own || site.lets_in_others()) && (!writes || site.has("dav")),
        part: "corpus",
        ..Request::get(Sender::Own, "")
    }
}
