//! Instructions that the module adds to a request and to a handshake, counted by callgrind in
//! `httpd -X`: they don't depend on how busy the machine is.

use mtlsprotect_testkit::measure::{PHONE, USER_AGENT, Vendor, fetch, fetch_anew, protected, stock, with_devices};
use mtlsprotect_testkit::pki::Identity;
use mtlsprotect_testkit::{Builder, Client, Httpd, Key, Mpm};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::exit;

/// Requests on one connection, and connections, that are counted.
const REQUESTS: u64 = 3000;
const CONNECTIONS: u64 = 40;

/// Lines as operators write them: mark what looks like a phone's file, mark the phone's own by its
/// CN, and let the marks decide.
const SET_ENV_IF: &str = "SSLOptions +StdEnvVars\n\
    <Location />\n\
    SetEnvIfNoCase Request_URI \"(0004f2|64167f|482567|9cadef).*\\.(log|xml|cfg)$\" PHONE_FILE\n\
    SetEnvIfExpr \"-n %{SSL_CLIENT_S_DN_CN} && tolower(%{REQUEST_URI}) =~ /[0-9a-f]{12}/ && \
    %{REQUEST_URI} -strmatch '*'.tolower(%{SSL_CLIENT_S_DN_CN}).'*'\" OWN_FILE\n\
    <RequireAny>\n<RequireAll>\nRequire env PHONE_FILE\nRequire env OWN_FILE\n</RequireAll>\n\
    <RequireAll>\nRequire all granted\nRequire not env PHONE_FILE\n</RequireAll>\n</RequireAny>\n</Location>";

/// The tightest stock configuration: the file name's MAC must be the CN.
const REQUIRE_EXPR: &str = "<LocationMatch \"/(?<MAC>[0-9a-f]{12})\\.cfg$\">\n\
    Require expr \"tolower(%{SSL_CLIENT_S_DN_CN}) == %{env:MATCH_MAC}\"\n</LocationMatch>";

/// What the shipped log format has of the module's.
const NOTES: &str = "%{mtlsprotect-verdict}n %{mtlsprotect-reason}n %{mtlsprotect-mac}n %{mtlsprotect-named}n \
                     %{mtlsprotect-vendor}n";

/// Another phone's file.
const OTHERS: &str = "/cfg/0004f2ddeeff.cfg";

struct Table {
    missed: bool,
}

impl Table {
    fn row(&mut self, what: &str, base: i64, with: i64, limit: Option<i64>) {
        let more = with - base;
        let verdict = match limit {
            None => "baseline".to_owned(),
            Some(limit) if more <= limit => format!("ok, at most {limit:+}"),
            Some(limit) => {
                self.missed = true;
                format!("MISSED, at most {limit:+}")
            }
        };
        println!("{what:<58} {base:>11} {with:>11} {more:>+11}  {verdict}");
    }
}

fn main() {
    let vendor = Vendor::new(Key::Rsa(4096));
    let phone = vendor.first_phone(Key::Rsa(2048));
    let mut table = Table { missed: false };
    println!("instructions in httpd -X, prefork              {:>23} {:>11} {:>11}", "without", "with", "more");

    let keep_alive = |builder: &Builder| {
        per_step(builder, REQUESTS, |httpd, count| {
            let mut connection = fetch_anew(&client(httpd, &phone));
            (0..count).for_each(|_| fetch(&mut connection));
        })
    };
    let bare = stock(Mpm::Prefork, &vendor, "");
    let guarded = protected(Mpm::Prefork, &vendor);
    let base = keep_alive(&bare);
    let plain = keep_alive(&guarded);
    table.row("one more keep-alive request, mod_mtlsprotect", base, plain, Some(4_000));
    let noted = |builder: &Builder| builder.clone().vhost(&format!("CustomLog /dev/null \"%>s {NOTES}\""));
    table.row(
        "  the same, the notes in a log format of both",
        keep_alive(&noted(&bare)),
        keep_alive(&noted(&guarded)),
        None,
    );
    let devices = keep_alive(&with_devices(Mpm::Prefork, &vendor));
    table.row("  a vendor and 100,000 devices, more than that", plain, devices, Some(500));
    table.row("  Require expr on the CN", base, keep_alive(&stock(Mpm::Prefork, &vendor, REQUIRE_EXPR)), None);
    table.row("  SetEnvIf, StdEnvVars, Require env", base, keep_alive(&stock(Mpm::Prefork, &vendor, SET_ENV_IF)), None);

    let refused = |builder: &Builder| {
        let builder = builder.clone().page(OTHERS.trim_start_matches('/'), "secret\n");
        per_step(&builder, REQUESTS, |httpd, count| {
            let mut connection = fetch_anew(&client(httpd, &phone));
            for _ in 0..count {
                let response = connection.request("GET", OTHERS, &[USER_AGENT], b"").expect("the server answers");
                assert_eq!(response.status, 403);
            }
        })
    };
    let denied = bare
        .clone()
        .log_level("warn authz_core:crit")
        .vhost(&format!("<Location {OTHERS}>\nRequire all denied\n</Location>"));
    table.row("one more refusal and its line in the log", refused(&denied), refused(&guarded), Some(20_000));

    let seen = |builder: &Builder| {
        per_step(builder, CONNECTIONS, |httpd, count| {
            let client = client(httpd, &phone);
            (0..=count).for_each(|_| drop(fetch_anew(&client)));
        })
    };
    let base = seen(&bare);
    table.row("one more full TLS 1.2 handshake, phone seen before", base, seen(&guarded), Some(-2_000_000));

    let everybody: Vec<Identity> = (0..=2 * CONNECTIONS).map(|_| vendor.phone(PHONE, &phone)).collect();
    let new = |builder: &Builder| {
        per_step(builder, CONNECTIONS, |httpd, count| {
            everybody.iter().take(count as usize + 1).for_each(|phone| drop(fetch_anew(&client(httpd, phone))));
        })
    };
    let base = new(&bare);
    table.row("one more full TLS 1.2 handshake, new phone", base, new(&guarded), Some(0));

    let resumed = |builder: &Builder| {
        per_step(builder, CONNECTIONS, |httpd, count| {
            let client = client(httpd, &phone);
            let session = fetch_anew(&client).session();
            let again = client.resume(&session);
            (0..count).for_each(|_| assert!(fetch_anew(&again).resumed()));
        })
    };
    let base = resumed(&bare);
    table.row("one more resumed TLS 1.2 handshake", base, resumed(&guarded), Some(200_000));

    if table.missed {
        exit(1);
    }
}

fn client(httpd: &Httpd, phone: &Identity) -> Client {
    httpd.phone(phone).tls12()
}

/// Instructions of one more step: the difference between a run of twice as many and a run.
fn per_step(builder: &Builder, count: u64, play: impl Fn(&Httpd, u64)) -> i64 {
    let once = instructions(builder, |httpd| play(httpd, count));
    let twice = instructions(builder, |httpd| play(httpd, 2 * count));
    (twice as i64 - once as i64) / count as i64
}

/// Instructions of a whole life of httpd.
fn instructions(builder: &Builder, play: impl FnOnce(&Httpd)) -> u64 {
    // httpd changes its user, and callgrind writes at the end: as somebody else.
    let out = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::set_permissions(out.path(), fs::Permissions::from_mode(0o666)).expect("its owner may");
    let argument = format!("--callgrind-out-file={}", out.path().display());
    let mut httpd = builder
        .clone()
        .single_process()
        .under(&["valgrind", "--quiet", "--vgdb=no", "--tool=callgrind", &argument])
        .start();
    play(&httpd);
    httpd.stop();
    let profile = fs::read_to_string(out.path()).expect("callgrind has written");
    let totals = profile.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    totals.and_then(|total| total.trim().parse().ok()).unwrap_or_else(|| panic!("no total in callgrind's output"))
}
