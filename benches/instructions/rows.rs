//! What is counted: each row with a server without the module, the same with it, and what a phone does there.

use crate::callgrind::{Play, mark};
use crate::sites;
use mtlsprotect_core::forwarded::{Certificates, Format, Written, write};
use mtlsprotect_testkit::measure::{
    FILE, PHONE, USER_AGENT, Vendor, fetch_anew, protected, stock, with_devices, with_everything,
};
use mtlsprotect_testkit::pki::Identity;
use mtlsprotect_testkit::{Builder, Client, Connection, Key, Mpm};
use openssl::x509::X509;

/// Requests on one connection, and connections, that are counted.
const REQUESTS: u64 = 1000;
const CONNECTIONS: u64 = 40;

/// One comparison.
pub struct Row {
    /// What it is called.
    pub name: &'static str,
    /// Instructions more that it may take; nothing where it is there to compare with.
    pub limit: Option<i64>,
    /// The server without the module, or without what is compared.
    pub without: Builder,
    /// The server with it.
    pub with: Builder,
    /// What the phone does.
    pub play: Play,
    /// How often.
    pub steps: u64,
}

/// One request that a phone repeats, and its answer's status.
#[derive(Clone, Copy)]
struct Ask {
    method: &'static str,
    path: &'static str,
    status: u16,
}

const fn get(path: &'static str) -> Ask {
    Ask { method: "GET", path, status: 200 }
}

/// What a server becomes.
type Site = fn(Builder) -> Builder;

/// A row's name and limit, what is asked, and where.
type Served = (&'static str, i64, Ask, Site);

/// How a phone connects.
#[derive(Clone, Copy, PartialEq)]
enum Connecting {
    Tls12,
    Tls13,
    Resumed,
}

/// All rows, in the order of the table.
pub fn all() -> Vec<Row> {
    let vendor = Vendor::new(Key::Rsa(4096));
    let phone = vendor.first_phone(Key::Rsa(2048));
    let mut rows = requests(&vendor, &phone);
    rows.push(everything(&vendor, &phone));
    rows.extend(compared(&vendor, &phone));
    rows.extend(refusals(&vendor, &phone));
    rows.extend(by_balancer(&vendor, &phone));
    rows.extend(handshakes(&vendor, &phone));
    rows
}

/// Requests that are served.
fn requests(vendor: &Vendor, phone: &Identity) -> Vec<Row> {
    let put = Ask { method: "PUT", path: "/up/0004f2aabbcc-boot.log", status: 204 };
    let asked: [Served; 8] = [
        ("keep-alive, own file", 3_000, get(FILE), sites::plain),
        ("firmware", 2_800, get(sites::FIRMWARE), sites::plain),
        ("own file, query of one parameter", 3_600, get("/cfg/0004f2aabbcc.cfg?model=vvx500"), sites::plain),
        (
            "front controller, three parameters",
            5_500,
            get("/provision/config?mac=0004f2aabbcc&model=vvx500&version=5.9.7.4477"),
            sites::front_controller,
        ),
        ("rewritten to a query", 5_000, get("/provision/0004f2aabbcc.cfg"), sites::rewritten),
        ("DirectoryIndex", 9_000, get("/app/?mac=0004f2aabbcc"), sites::plain),
        ("FallbackResource", 10_000, get("/app/0004f2aabbcc.cfg"), sites::fallback),
        ("PUT through DAV", 7_000, put, sites::dav),
    ];
    let row = |(name, limit, ask, site): Served| Row {
        name,
        limit: Some(limit),
        without: site(stock(Mpm::Prefork, vendor, "")),
        with: site(protected(Mpm::Prefork, vendor)),
        play: kept_alive(phone, ask),
        steps: REQUESTS,
    };
    asked.map(row).into()
}

/// The phone's own file with everything on. Both have the status page's section, since httpd takes its time for it.
fn everything(vendor: &Vendor, phone: &Identity) -> Row {
    let page = "<Location \"/mtlsprotect-status\">\nSetHandler none\n</Location>";
    Row {
        name: "keep-alive, everything on",
        limit: Some(3_641),
        without: sites::plain(stock(Mpm::Prefork, vendor, "")).config(page),
        with: sites::plain(with_everything(Mpm::Prefork, vendor, phone)),
        play: kept_alive(phone, get(FILE)),
        steps: REQUESTS,
    }
}

/// The phone's own file as served with more of the module, and with what operators write instead of it.
fn compared(vendor: &Vendor, phone: &Identity) -> Vec<Row> {
    let bare = || sites::plain(stock(Mpm::Prefork, vendor, ""));
    let guarded = || sites::plain(protected(Mpm::Prefork, vendor));
    let by_hand = |extra| sites::plain(stock(Mpm::Prefork, vendor, extra));
    let devices = sites::plain(with_devices(Mpm::Prefork, vendor));
    let row = |name, limit, without, with| Row {
        name,
        limit,
        without,
        with,
        play: kept_alive(phone, get(FILE)),
        steps: REQUESTS,
    };
    vec![
        row("notes in a log format of both", None, sites::noted(bare()), sites::noted(guarded())),
        row("a vendor and 100,000 devices, more than without", Some(500), guarded(), devices),
        row("Require expr on the CN", None, bare(), by_hand(sites::REQUIRE_EXPR)),
        row("SetEnvIf, StdEnvVars, Require env", None, bare(), by_hand(sites::SET_ENV_IF)),
    ]
}

/// Requests for another phone's file, and their lines in the log.
fn refusals(vendor: &Vendor, phone: &Identity) -> Vec<Row> {
    let row = |name, limit, site: Site| Row {
        name,
        limit: Some(limit),
        without: sites::denied(site(stock(Mpm::Prefork, vendor, ""))),
        with: site(protected(Mpm::Prefork, vendor)),
        play: kept_alive(phone, Ask { status: 403, ..get(sites::OTHERS) }),
        steps: REQUESTS,
    };
    vec![row("403", 18_000, sites::plain), row("403 with ErrorDocument", 25_000, sites::error_document)]
}

/// The same requests with a phone's certificate and its issuer's in headers of 3 KB: where the header is nobody's, and
/// where the one who sends it is a balancer.
fn by_balancer(vendor: &Vendor, phone: &Identity) -> Vec<Row> {
    let new: Vec<Identity> = (0..=CONNECTIONS).map(|_| vendor.phone(PHONE, phone)).collect();
    let seen: Vec<Identity> = (0..REQUESTS).map(|_| phone.clone()).collect();
    let row = |name, limit, phones: Vec<Identity>, steps| Row {
        name,
        limit: Some(limit),
        without: sites::plain(protected(Mpm::Prefork, vendor)),
        with: sites::behind(sites::plain(protected(Mpm::Prefork, vendor))),
        play: by_headers(phone, phones),
        steps,
    };
    vec![
        row("by a balancer, header of 3 KB seen before", 15_000, seen, REQUESTS),
        // 1.23 million for verifying it, as in a handshake, and what OpenSSL takes to read a certificate and its key, which a
        // handshake has done before the module sees it
        row("by a balancer, header of a new phone", 3_000_000, new, CONNECTIONS),
    ]
}

/// One connection, on which each request brings a phone's certificate.
fn by_headers(sender: &Identity, phones: Vec<Identity>) -> Play {
    let sender = sender.clone();
    let written = |phone: &Identity| {
        let der = |certificate: &X509| certificate.to_der().expect("a certificate has a DER");
        let chain = phone.chain.iter().take(1).map(der).collect();
        let Written { leaf, chain } = write(Format::Rfc9440, &Certificates { leaf: der(&phone.cert), chain });
        (leaf, chain.unwrap_or_default())
    };
    let headers: Vec<(String, String)> = phones.iter().map(written).collect();
    Box::new(move |httpd, count| {
        let mut connection = httpd.phone(&sender).tls12().connect().expect("the server takes the phone");
        let ask = |connection: &mut Connection, number: usize| {
            let (leaf, chain) = &headers[number % headers.len()];
            let headers = [USER_AGENT, ("Client-Cert", leaf.as_str()), ("Client-Cert-Chain", chain)];
            let response = connection.request("GET", FILE, &headers, b"").expect("the server answers");
            assert_eq!(response.status, 200);
        };
        for _ in 0..20 {
            ask(&mut connection, 0);
        }
        mark(&mut connection);
        mark(&mut connection);
        (1..=count as usize).for_each(|number| ask(&mut connection, number));
        mark(&mut connection);
    })
}

/// Connections of their own, each for one file.
fn handshakes(vendor: &Vendor, phone: &Identity) -> Vec<Row> {
    let seen: Vec<Identity> = (0..=CONNECTIONS).map(|_| phone.clone()).collect();
    let new: Vec<Identity> = (0..=CONNECTIONS).map(|_| vendor.phone(PHONE, phone)).collect();
    let same: Site = |builder| builder;
    let rows = [
        ("full TLS 1.2 handshake, phone seen", Some(-2_800_000), &seen, Connecting::Tls12, same),
        ("full TLS 1.3 handshake, phone seen", Some(-4_500_000), &seen, Connecting::Tls13, sites::tls13),
        ("full TLS 1.2 handshake, new phone", Some(-1_540_000), &new, Connecting::Tls12, same),
        ("resumed TLS 1.2 handshake", Some(35_000), &seen, Connecting::Resumed, same),
        ("handshake, phone seen, ECDSA server", None, &seen, Connecting::Tls12, sites::ecdsa),
        ("handshake, phone seen, no tickets", None, &seen, Connecting::Tls12, sites::no_tickets),
        ("handshake, phone seen, ECDSA server, no tickets", None, &seen, Connecting::Tls12, |builder: Builder| {
            sites::ecdsa(sites::no_tickets(builder))
        }),
    ];
    let row = |(name, limit, phones, connecting, site): (_, _, &Vec<Identity>, _, Site)| Row {
        name,
        limit,
        without: site(stock(Mpm::Prefork, vendor, "")),
        with: site(protected(Mpm::Prefork, vendor)),
        play: connected(phones.clone(), connecting),
        steps: CONNECTIONS,
    };
    let mut rows: Vec<Row> = rows.map(row).into();
    rows.push(Row {
        name: "handshake, new phone, a list of the root alone",
        limit: None,
        without: stock(Mpm::Prefork, vendor, ""),
        with: protected(Mpm::Prefork, vendor).file("device-ca.pem", &vendor.root),
        play: connected(new, Connecting::Tls12),
        steps: CONNECTIONS,
    });
    rows
}

/// One connection with requests that are all the same.
fn kept_alive(phone: &Identity, ask: Ask) -> Play {
    let phone = phone.clone();
    Box::new(move |httpd, count| {
        let mut connection = httpd.phone(&phone).tls12().connect().expect("the server takes the phone");
        // a PUT's first one makes the file
        connection.request(ask.method, ask.path, &[USER_AGENT], b"boot\n").expect("the server answers");
        repeat(&mut connection, ask, 20);
        mark(&mut connection);
        mark(&mut connection);
        repeat(&mut connection, ask, count);
        mark(&mut connection);
    })
}

fn repeat(connection: &mut Connection, ask: Ask, count: u64) {
    let body: &[u8] = if ask.method == "PUT" { b"boot\n" } else { b"" };
    for _ in 0..count {
        let response = connection.request(ask.method, ask.path, &[USER_AGENT], body).expect("the server answers");
        assert_eq!(response.status, ask.status, "{}", ask.path);
    }
}

/// One connection after another: the first phone's to begin with, then one for each of the others.
fn connected(phones: Vec<Identity>, connecting: Connecting) -> Play {
    Box::new(move |httpd, count| {
        let client = |phone: &Identity| match connecting {
            Connecting::Tls13 => httpd.phone(phone).tls13(),
            Connecting::Tls12 | Connecting::Resumed => httpd.phone(phone).tls12(),
        };
        let mut connection = fetch_anew(&client(&phones[0]));
        let session = (connecting == Connecting::Resumed).then(|| connection.session());
        mark(&mut connection);
        mark(&mut connection);
        for phone in &phones[1..=count as usize] {
            // httpd -X serves one connection at a time.
            drop(connection);
            let client: Client = client(phone);
            connection = match &session {
                Some(session) => fetch_anew(&client.resume(session)),
                None => fetch_anew(&client),
            };
            assert_eq!(connection.resumed(), session.is_some());
        }
        mark(&mut connection);
    })
}
