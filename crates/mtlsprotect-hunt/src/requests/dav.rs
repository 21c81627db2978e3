//! What belongs to requests of WebDAV.

use crate::phones::OWN;
use crate::random::Random;
use crate::request::Request;
use crate::spelling::{Slot, Understood, spell};
use crate::store::SHARED;

/// The methods, the more dangerous ones more often.
pub const DAV_METHODS: &[&str] = &[
    "GET",
    "PUT",
    "PUT",
    "PUT",
    "DELETE",
    "DELETE",
    "COPY",
    "COPY",
    "MOVE",
    "MOVE",
    "MKCOL",
    "PROPFIND",
    "LOCK",
    "PROPPATCH",
];
/// Destination and what else mod_dav wants.
pub fn headers(random: &mut Random, request: &mut Request, victim: &str) {
    match request.method.as_str() {
        "COPY" | "MOVE" => {
            let folder = match request.target.find('/').and_then(|_| request.target[1..].split('/').next()) {
                Some("own") => format!("/own/{OWN}"),
                Some(folder) => format!("/{folder}"),
                None => "/dav".to_owned(),
            };
            let own = request.sender.mac().unwrap_or(OWN);
            // from another's to one's own, or the reverse
            let name = match random.below(5) {
                0 | 1 => format!("{own}-copy.cfg"),
                2 => random.one(&SHARED).to_owned(),
                3 => format!("{}.cfg", spell(random, victim, Understood::InAnyCase, Slot::Path)),
                _ => format!("{own}/../{}", random.one(&SHARED)),
            };
            if random.chance(40) {
                request.target = format!("{folder}/{own}.cfg");
            }
            request.headers.push(("Host".to_owned(), "localhost:{https}".to_owned()));
            request.headers.push(("Destination".to_owned(), format!("https://localhost:{{https}}{folder}/{name}")));
            request.headers.push(("Overwrite".to_owned(), "T".to_owned()));
        }
        "PROPFIND" => request.headers.push(("Depth".to_owned(), random.pick(&["0", "1"]).to_owned())),
        "LOCK" => {
            request.body = "<?xml version=\"1.0\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope>\
                            <D:locktype><D:write/></D:locktype></D:lockinfo>";
            request.headers.push(("Content-Type".to_owned(), "application/xml".to_owned()));
        }
        "PROPPATCH" => {
            request.body = "<?xml version=\"1.0\"?><D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x>1</x></D:prop></D:set>\
                            </D:propertyupdate>";
            request.headers.push(("Content-Type".to_owned(), "application/xml".to_owned()));
        }
        _ => {}
    }
}
