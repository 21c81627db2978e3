//! httpd under callgrind, which counts what happens between entry and exit of the module's three gates, everything that
//! they call included, and writes it down whenever httpd is about to read a request.

use crate::families::Family;
use crate::place::{Place, Sender};
use crate::random::Random;
use mtlsprotect_testkit::measure::{Vendor, callgrind, protected};
use mtlsprotect_testkit::pki::Identity;
use mtlsprotect_testkit::{Connection, Httpd, Key, Mpm};
use std::collections::HashMap;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server, a connection to it, and where callgrind writes.
pub struct Meter {
    httpd: Httpd,
    phone: Identity,
    sender: Sender,
    connection: Option<Connection>,
    dumps: TempDir,
    /// How many dumps have been read.
    read: usize,
    /// What harmless requests cost, by place, of this sender's.
    harmless: HashMap<Place, u64>,
}

const SITE: &str = "AcceptPathInfo On\nAllowEncodedSlashes NoDecode\nLimitInternalRecursion 20\n\
    <Location /on>\nErrorDocument 403 /on/error.html\nErrorDocument 404 /on/error.html\n</Location>\n\
    <Directory \"{docroot}/report\">\nMTLSProtect Report\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>\n\
    <Directory \"{docroot}/on/fallback\">\nFallbackResource /on/page.txt\n</Directory>\n\
    <Directory \"{docroot}/on/again\">\nRewriteEngine On\nRewriteRule ^a(a*)$ /on/again/$1 [L]\n</Directory>\n\
    <Directory \"{docroot}/on/other\">\nRewriteEngine On\nRewriteRule ^page$ /on/page.txt?y%{QUERY_STRING} [L]\n</Directory>\n\
    Alias /dav \"{writable}/dav\"\n\
    <Directory \"{writable}\">\nDav On\nRequire all granted\nMTLSProtect On\n\
    MTLSProtectMethods GET HEAD OPTIONS PUT COPY MOVE\n</Directory>\n\
    <Directory \"{writable}/dav/report\">\nMTLSProtect Report\n</Directory>\n\
    MTLSProtectVendor yealink ca=watched.pem oui=001565 mode=report\n\
    <Directory \"{docroot}\">\nMTLSProtect On\nMTLSProtectMethods GET HEAD OPTIONS PUT MOVE\nOptions FollowSymLinks\n</Directory>";

/// Where a request is rewritten before it is judged.
const REWRITES: &str = "RewriteEngine On\nRewriteRule ^/on/rewritten$ /on/page.txt?y%{QUERY_STRING} [PT]\n\
    RewriteRule ^/on/asked/(.*)$ /on/page.txt?y=$1 [PT]";

impl Meter {
    pub fn start() -> Self {
        let vendor = Vendor::new(Key::P256);
        let phone = vendor.first_phone(Key::P256);
        let dumps = TempDir::new().expect("a temporary folder");
        let mut arguments = callgrind(dumps.path(), "ap_read_request");
        let gates = ["access_checker", "fixups", "handler"];
        arguments.extend(gates.map(|gate| format!("--toggle-collect=mod_mtlsprotect::httpd::hooks::{gate}*")));
        let builder = protected(Mpm::Prefork, &vendor).modules(&["rewrite", "dav", "dav_fs", "include"]).config(SITE);
        let builder = builder.file("watched.pem", &Vendor::new(Key::P256).bundle).vhost(REWRITES).plain_vhost(REWRITES);
        let builder = [
            "on/page.txt",
            "on/error.html",
            "on/index.html",
            "report/page.txt",
            "report/page.shtml",
            "on/fallback/x",
            "on/again/x",
            "on/other/x",
        ]
        .iter()
        .fold(builder, |builder, page| builder.page(page, "page\n"));
        let builder = builder.plain_vhost("CustomLog /dev/null \"%>s\"");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let builder = ["none", "report/page"]
            .iter()
            .fold(builder, |builder, file| builder.file(&format!("writable/dav/{file}"), ""));
        let httpd = builder.single_process().under(&arguments).start();
        let mut meter =
            Meter { httpd, phone, sender: Sender::Plain, connection: None, dumps, read: 0, harmless: HashMap::new() };
        // The testkit has connected to see whether it serves.
        meter.next_total();
        meter
    }

    /// The next requests are this sender's.
    pub fn become_sender(&mut self, sender: Sender) {
        self.connection = None;
        self.sender = sender;
        self.harmless.clear();
    }

    /// Instructions for each byte of one request, more than a harmless request there costs; nothing where httpd takes
    /// no such text.
    pub fn cost(&mut self, place: Place, family: &Family, size: usize, random: &mut Random) -> Option<u64> {
        let harmless = match self.harmless.get(&place) {
            Some(&harmless) => harmless,
            None => {
                let (cost, _) = self.whole_cost(place, &Family::HARMLESS, 12, random)?;
                self.harmless.insert(place, cost);
                cost
            }
        };
        let (cost, bytes) = self.whole_cost(place, family, size, random)?;
        Some(cost.saturating_sub(harmless) / bytes)
    }

    fn whole_cost(&mut self, place: Place, family: &Family, size: usize, random: &mut Random) -> Option<(u64, u64)> {
        let (request, bytes) = place.request(size, |length| family.text(length, random));
        if self.connection.is_none() {
            self.connect();
        }
        let connection = self.connection.as_mut().expect("it was opened");
        let response = connection.raw(&request).expect("httpd answers");
        if response.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            // Nothing is read any more, so nothing is written down.
            self.connection = None;
            return None;
        }
        Some((self.next_total(), bytes as u64))
    }

    /// A connection of its own, whose first request is over: what the log says of a certificate is made once.
    fn connect(&mut self) {
        let client = match self.sender {
            Sender::Plain => self.httpd.plain_client(),
            Sender::Nobody => self.httpd.client(),
            Sender::Phone => self.httpd.phone(&self.phone),
        };
        let mut connection = client.connect().expect("httpd takes connections");
        connection.get("/on/0004f2eeeeee").expect("httpd answers");
        // Before the first request and behind it.
        self.next_total();
        self.next_total();
        self.connection = Some(connection);
    }

    /// What callgrind has counted during one more request.
    fn next_total(&mut self) -> u64 {
        self.read += 1;
        let dump = self.dumps.path().join(format!("out.{}", self.read));
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let profile = fs::read_to_string(&dump).unwrap_or_default();
            let totals = profile.lines().rev().find_map(|line| line.strip_prefix("totals: "));
            if let Some(total) = totals.and_then(|total| total.trim().parse().ok()) {
                fs::remove_file(&dump).expect("it was there");
                return total;
            }
            sleep(Duration::from_millis(2));
        }
        panic!("callgrind has not written {}", dump.display());
    }
}
