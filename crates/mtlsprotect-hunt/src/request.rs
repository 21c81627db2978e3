//! Requests: of attackers through a door of the site, of legitimate phones, and noise.

use crate::part::{Door, Methods};
use crate::phones::{self, OTHER, OWN, Sender, VICTIMS};
use crate::random::Random;
use crate::site::Site;
use crate::spelling::{PARAMETERS, Slot, spell, spell_wildly};
use crate::store::SHARED;
use mtlsprotect_testkit::corpus;

/// A request, with `{https}` where the server's port is to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sends it.
    pub sender: Sender,
    /// The method.
    pub method: String,
    /// The request-target, as it goes out.
    pub target: String,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// What a PUT writes.
    pub body: &'static str,
    /// A legitimate phone's: it must pass.
    pub right: bool,
    /// The part of the site that it was made for.
    pub part: &'static str,
    /// The door of that part, as its path is written.
    pub door: String,
    /// On a new connection that resumes the last one's session.
    pub resumed: bool,
    /// Nothing of all that: this phone asks for its own file with its certificate.
    pub proves: Option<&'static str>,
}

impl Request {
    /// A plain GET.
    pub fn get(sender: Sender, target: &str) -> Request {
        Request {
            sender,
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: "",
            right: false,
            part: "",
            door: String::new(),
            resumed: false,
            proves: None,
        }
    }

    /// Whether it may write.
    pub fn writes(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}

const AGENTS: &[&str] = &[
    "FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application",
    "Yealink SIP-T46S 66.84.0.15",
    "Mozilla/4.0 (compatible; snom370-SIP 8.7.5.35 1.1.3-u)",
    "curl/7.88.1",
];
const DAV_METHODS: &[&str] = &[
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
/// What is put in where nothing is expected.
const PUNCTUATION: &[&str] = &[
    "|", "|", "!", "~", "'", "(", ")", "*", ",", ";", ":", "@", "&", "=", "+", "$", "^", "`", "\\", "[", "]", "{", "}",
    "<", ">", "%7c", "%3b", "%00", "%20", "%0a", "%2f", "%5c", "%3f", "%23", "é", ".", "/", "?", "#",
];

/// What means something in names that httpd makes for itself (`proxy:unix:SOCKET|URL`), and in URLs.
const INNER: &[&str] = &[
    "|",
    "?|",
    "%7c",
    "|0004f2aaaaaa",
    "|http://localhost/",
    "|http://localhost/0004f2aaaaaa.cfg",
    "?|/",
    "?x=unix:/x|",
    "?proxy:",
    "://localhost/",
    "?://0004f2aaaaaa",
    "?http://0004f2aaaaaa/",
    "@localhost",
    "?@",
    "#",
    "?#",
    "%23",
    "?/..",
    "?/../..",
];

/// A random request for a site.
pub fn random_request(random: &mut Random, site: &Site) -> Request {
    match random.below(100) {
        0 if site.learning.learns() => {
            Request { proves: Some(random.one(&site.learning.may_prove())), ..Request::get(Sender::Own, "") }
        }
        0..70 => attack(random, site),
        70..78 => wild(random),
        78..92 => own(random, site),
        _ => of_a_real_phone(random, site),
    }
}

/// The name of the part, and one of its doors.
fn any_door(random: &mut Random, site: &Site) -> (&'static str, Door) {
    let part = &site.parts[random.below(site.parts.len())];
    if part.doors.is_empty() {
        let folder = crate::grammar::folder();
        return (folder.name, folder.doors[0].clone());
    }
    (part.name, part.doors[random.below(part.doors.len())].clone())
}

fn attack(random: &mut Random, site: &Site) -> Request {
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
        Methods::Dav => random.pick(DAV_METHODS),
    };
    let wildly = random.chance(12);
    let mut request =
        Request { sender, method: method.to_owned(), part, door: door.path.clone(), ..Request::get(sender, "") };
    let name = |random: &mut Random, slot: Slot| {
        if wildly { spell_wildly(random, victim, slot) } else { spell(random, victim, door.understood, slot) }
    };
    fill(random, &mut request, &door, victim, name);
    if door.methods == Methods::Dav {
        dav_headers(random, &mut request, victim);
    }
    // without a name to write there is little else to vary
    let times = if door.fixed.is_some() { random.one(&[0, 1, 1, 1, 2, 3]) } else { random.one(&[0, 0, 0, 1, 1, 2, 3]) };
    (0..times).for_each(|_| noise(random, &mut request));
    extras(random, &mut request);
    request
}

/// Puts a phone's name into a door's texts.
fn fill(
    random: &mut Random,
    request: &mut Request,
    door: &Door,
    mac: &str,
    name: impl Fn(&mut Random, Slot) -> String,
) {
    let sender = request.sender.mac().unwrap_or(OWN);
    let joint = random.one(&["-", ":"]);
    let pairs = (0..6).map(|at| &mac[2 * at..2 * at + 2]).collect::<Vec<_>>().join(joint);
    let (shared, parameter) = (random.one(&SHARED), random.pick(PARAMETERS));
    let mut put = |text: &str, slot: Slot| {
        let mut text = text
            .replace("{half}", &mac[..6])
            .replace("{rest}", &mac[6..])
            .replace("{pairs}", &pairs)
            .replace("{extension}", &phones::extension(mac))
            .replace("{own}", sender)
            .replace("{shared}", shared)
            .replace("{mac}", parameter);
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

/// Destination and what else mod_dav wants.
fn dav_headers(random: &mut Random, request: &mut Request, victim: &str) {
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
                3 => format!("{}.cfg", spell(random, victim, crate::spelling::Understood::InAnyCase, Slot::Path)),
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

/// One change of the target that a reader may overlook.
fn noise(random: &mut Random, request: &mut Request) {
    let own = request.sender.mac().unwrap_or(OWN);
    let target = request.target.clone();
    let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    // a place where a character begins
    let places: Vec<usize> = target.char_indices().map(|(at, _)| at).skip(1).collect();
    let place = places.get(random.below(places.len().max(1))).copied().unwrap_or(target.len());
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let slash = slashes.get(random.below(slashes.len().max(1))).copied().unwrap_or(0);
    let at_slash = |text: &str| format!("{}{text}{}{query}", &path[..slash], &path[slash..]);
    let more = if query.is_empty() { "?" } else { "&" };
    request.target = match random.below(24) {
        0 => at_slash("/"),
        1 => at_slash("/."),
        2 => at_slash("/x/.."),
        3 => at_slash(&format!("/{own}/..")),
        4 => at_slash(random.pick(&["/%2e", "/.%2e/..", "/%2e%2e", "/..;", "/.;"])),
        5 | 6 => format!("{}{}{}", &target[..place], random.pick(PUNCTUATION), &target[place..]),
        7 => format!("{target}{}", random.pick(PUNCTUATION)),
        8 => format!("{path}{}{query}", random.pick(PUNCTUATION)),
        9 | 10 => format!("{target}{more}{}", random.pick(PUNCTUATION)),
        11 => format!("{target}{more}mac={own}"),
        12 => format!("{target}{more}{own}.cfg"),
        13 => format!("{path}/{own}.cfg{query}"),
        14 => format!("{path};{own}{query}"),
        15 => format!("{target}{more}x={}", spell_wildly(random, VICTIMS[0], Slot::Query)),
        16 => encode_at(&target, place, random.chance(30)),
        17 => format!(
            "http://{}{target}",
            random.pick(&["localhost", "0004f2aaaaaa", "other.test", "localhost:{https}", "phones.test"])
        ),
        18 => format!(
            "{path}{}{query}",
            random.pick(&[".", "..", "./", "/", "/.", "~", ".bak", "::$DATA", "%00.html", "/x"])
        ),
        19..22 => format!("{}{}", random.pick(&[target.as_str(), path]), random.pick(INNER)),
        22 => format!("{target}{more}{}", random.pick(INNER)),
        _ => format!("{target}#{own}"),
    };
}

/// The character at a place, escaped once or twice.
fn encode_at(target: &str, place: usize, twice: bool) -> String {
    let Some(character) = target[place.min(target.len())..].chars().next() else { return target.to_owned() };
    let mut utf8 = [0; 4];
    let percent = if twice { "%25" } else { "%" };
    let escaped: String = character.encode_utf8(&mut utf8).bytes().map(|byte| format!("{percent}{byte:02x}")).collect();
    format!("{}{escaped}{}", &target[..place], &target[place + character.len_utf8()..])
}

/// Headers that may or may not matter.
fn extras(random: &mut Random, request: &mut Request) {
    let own = request.sender.mac().unwrap_or(OWN);
    let has = |request: &Request, name: &str| request.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    if random.chance(30) && !has(request, "User-Agent") {
        let agent = random.pick(AGENTS).to_owned() + if random.chance(30) { " 0004F2AAAAAA" } else { "" };
        request.headers.push(("User-Agent".to_owned(), agent));
    }
    if random.chance(10) && !has(request, "Cookie") {
        request.headers.push(("Cookie".to_owned(), format!("session=1; mac={own}")));
    }
    if random.chance(10) {
        let (name, value) = random.one(&[
            ("Range", "bytes=0-"),
            ("Accept", "text/html, */*;q=0.1"),
            ("If-None-Match", "\"x\""),
            ("X-Forwarded-For", "192.0.2.1"),
            ("X-Rewrite-URL", "/cfg/0004f2aaaaaa.cfg"),
            ("Cache-Control", "only-if-cached"),
            ("Accept-Language", "en"),
            ("Referer", "http://localhost/0004f2aaaaaa"),
        ]);
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    if matches!(request.method.as_str(), "PUT" | "POST") && request.body.is_empty() {
        request.body = "written by somebody\n";
    }
    request.resumed = random.chance(2);
}

/// Another's name, written anyhow, anywhere.
fn wild(random: &mut Random) -> Request {
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

/// A phone asks for its own file by the way that the site has for it; where the site learns, one without a certificate too.
fn own(random: &mut Random, site: &Site) -> Request {
    let (part, door) = any_door(random, site);
    let sender = random.one(&[Sender::Own, Sender::Own, Sender::Other]);
    let stranger = random.one(&[Sender::Stranger, Sender::Plain]);
    let (sender, mac) = match site.learning.never_proven() {
        Some(mac) if random.chance(40) => (stranger, mac),
        _ => (sender, sender.mac().unwrap_or(OTHER)),
    };
    // where what names nobody is refused, the URL itself must say who it is
    let named = ["{name}", "{pairs}"].iter().any(|place| door.path.contains(place) || door.query.contains(place));
    let goes = door.own && door.fixed.is_none_or(|fixed| fixed == mac) && (named || site.lets_in_others());
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
fn of_a_real_phone(random: &mut Random, site: &Site) -> Request {
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
