//! A whole configuration: parts, and how the module protects them.

use crate::backend::Backend;
use crate::grammar;
use crate::learning::Learning;
use crate::part::{Methods, Part};
use crate::passwords;
use crate::phones::{DATED, DECIMAL, UNKNOWN};
use crate::random::Random;
use mtlsprotect_testkit::{Builder, Httpd, Mpm, Poly};

/// Where the lines of the module stand. All of these protect everything that the site serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Outside of all sections.
    Server,
    /// `<Location "/">`.
    Location,
    /// `<LocationMatch>`.
    LocationMatch,
    /// `<If>` that is always true.
    If,
    /// `<Directory>` of the server's root; files only.
    Directory,
    /// `<If>` in a `<Directory>`; files only.
    IfInDirectory,
    /// `<Files>` in a `<DirectoryMatch>`; files only.
    FilesInDirectory,
}

const EVERYWHERE: [Place; 4] = [Place::Server, Place::Location, Place::LocationMatch, Place::If];
const FILES_ONLY: [Place; 3] = [Place::Directory, Place::IfInDirectory, Place::FilesInDirectory];

/// A site.
#[derive(Clone, Debug)]
pub struct Site {
    /// What it does.
    pub parts: Vec<Part>,
    /// How it serves.
    pub mpm: Mpm,
    /// It speaks HTTP/2 too.
    pub http2: bool,
    /// Where the module's lines stand.
    pub place: Place,
    /// `MTLSProtect`.
    pub mode: &'static str,
    /// What it learns.
    pub learning: Learning,
    /// `MTLSProtectOtherFiles`.
    pub other_files: &'static str,
    /// `MTLSProtectMethods`, empty for the default.
    pub methods: &'static str,
    /// `MTLSProtectPassword`, where there are passwords.
    pub password: Option<&'static str>,
    /// Further lines of the module.
    pub more: &'static str,
}

const ALL_METHODS: &str = "GET HEAD OPTIONS PUT POST DELETE COPY MOVE MKCOL PROPFIND PROPPATCH LOCK UNLOCK";

/// The module takes a password where httpd asks for it.
const PASSWORDS: &[&str] =
    &["On", "until=2099-12-31", "On \"pattern=^(?i)(?<mac>[0-9a-f]{12}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2})$\""];

impl Site {
    /// A random site that is protected.
    pub fn compose(random: &mut Random) -> Site {
        let parts = grammar::compose(random);
        let is_app = |part: &Part| part.doors.iter().any(|door| door.methods == Methods::Application);
        let proxies = parts.iter().any(|part| is_app(part) || part.modules.contains(&"proxy") || part.name == "script");
        let places = if proxies { &EVERYWHERE[..] } else { &[&EVERYWHERE[..], &FILES_ONLY[..]].concat() };
        let learning = Learning::compose(random);
        Site {
            place: random.one(places),
            // forking is slow, and differs in little else
            mpm: random.one(&[Mpm::Event, Mpm::Event, Mpm::Worker, Mpm::Prefork]),
            http2: random.chance(25),
            mode: learning.mode(),
            learning,
            other_files: random.pick(&["device", "device", "allow", "allow", "deny"]),
            methods: random.pick(&["", ALL_METHODS, ALL_METHODS]),
            more: random.pick(&[
                "",
                "",
                "MTLSProtectNameParameter mac address phone_mac",
                "MTLSProtectIgnore \"x-[0-9a-f]{12}\"",
                "MTLSProtectFilePattern \"device-(?<mac>[0-9a-f]{12})\"",
            ]),
            password: random.chance(30).then(|| random.pick(PASSWORDS)),
            parts,
        }
    }

    /// Whether it has a part of this kind.
    pub fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name)
    }

    /// Whether phones may read files that name nobody.
    pub fn lets_in_others(&self) -> bool {
        self.other_files != "deny"
    }

    /// Phones that prove themselves by a password, and never by a certificate.
    pub fn phones_with_password(&self) -> &'static [&'static str] {
        // one that learns asks nobody
        let asks = self.password.is_some() && self.mode == "On";
        if asks { &[DATED, DECIMAL, UNKNOWN] } else { &[] }
    }

    /// The lines of the module.
    fn protection(&self) -> String {
        let mut lines = format!("MTLSProtect {}\nMTLSProtectOtherFiles {}\n", self.mode, self.other_files);
        if !self.methods.is_empty() {
            lines += &format!("MTLSProtectMethods {}\n", self.methods);
        }
        if !self.more.is_empty() {
            lines += &format!("{}\n", self.more);
        }
        let mut open = String::new();
        if let Some(password) = self.password {
            lines += &format!("MTLSProtectPassword {password}\n");
            let asks = "AuthType Basic\nAuthName provisioning\nAuthUserFile \"{root}/passwords\"\n";
            // what the parts close is to stay closed: their sections are merged later than one of the server for all
            let first = if self.place == Place::Server { asks } else { "" };
            open = format!("<Location \"/\">\n{first}Require all granted\n</Location>\n");
            if self.place != Place::Server {
                lines += asks;
            }
        }
        let place = match self.place {
            Place::Server => lines,
            Place::Location => format!("<Location \"/\">\n{lines}</Location>\n"),
            Place::LocationMatch => format!("<LocationMatch \"^/|^$|.\">\n{lines}</LocationMatch>\n"),
            Place::If => format!("<If \"true\">\n{lines}</If>\n"),
            Place::Directory => format!("<Directory \"{{root}}\">\n{lines}</Directory>\n"),
            Place::IfInDirectory => format!("<Directory \"{{root}}\">\n<If \"true\">\n{lines}</If>\n</Directory>\n"),
            Place::FilesInDirectory => {
                format!("<DirectoryMatch \"^{{root}}\">\n<FilesMatch \"\">\n{lines}</FilesMatch>\n</DirectoryMatch>\n")
            }
        };
        open + &place
    }

    /// The server's lines and those of each host, without those of a private server.
    pub fn configuration(&self) -> (String, String) {
        let asks = "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 5";
        let mut server =
            format!("<IfModule mod_mtlsprotect.c>\n{}{}</IfModule>\n", self.learning.server_lines(), self.protection());
        server.extend(self.parts.iter().map(|part| part.server.replace("{asks}", asks)));
        let host = self.parts.iter().map(|part| part.host.as_str()).collect();
        (server, host)
    }

    /// The modules that it needs, in the order to load them.
    pub fn modules(&self) -> Vec<&'static str> {
        let mut modules: Vec<&str> = Vec::new();
        let of_parts = self.parts.iter().flat_map(|part| part.modules.iter().copied());
        let asks: &[&str] = if self.password.is_some() { &["auth_basic", "authn_file"] } else { &[] };
        for module in self.http2.then_some("http2").into_iter().chain(asks.iter().copied()).chain(of_parts) {
            if !modules.contains(&module) {
                modules.push(module);
            }
        }
        modules
    }

    /// A server of it, with the module or without.
    pub fn builder(&self, backend: &Backend, protected: bool) -> Builder {
        let (server, host) = self.configuration();
        let mut builder = Httpd::builder()
            .mpm(self.mpm)
            .threads(6)
            .log_level("error")
            .modules(&self.modules())
            .file("device-ca.pem", Poly::shared().bundle_pem())
            .vhost("SSLVerifyClient optional_no_ca\n# or mod_ssl alone drops phones that send their chain\nSSLVerifyDepth 5");
        if protected {
            builder = builder.with_module();
        }
        if self.password.is_some() {
            builder = builder.file("passwords", passwords::file());
        }
        let (server, host) = (backend.fill(&server), backend.fill(&host));
        builder = builder.config(&server).vhost(&host).plain_vhost(&host);
        for (path, content) in self.parts.iter().flat_map(|part| &part.files) {
            builder = builder.file(path, backend.fill(content));
        }
        builder
    }

    /// What a person needs to see it again.
    pub fn describe(&self) -> String {
        let (server, host) = self.configuration();
        let proven = self.learning.proven().join(" ");
        let mut text =
            format!("# modules: {}; MPM {:?}; proven: {proven}\n{server}", self.modules().join(" "), self.mpm);
        if self.password.is_some() {
            text += "# file {root}/passwords: of users like 0004f2bbbbbb and 00-04-F2-BB-BB-BB the password is of-0004f2bbbbbb\n";
        }
        text += &format!("# in the TLS host and the plain one\n{host}");
        for (path, content) in self.parts.iter().flat_map(|part| part.files.iter().chain(&part.scripts)) {
            if [".htaccess", ".shtml", ".var", ".txt", "render"].iter().any(|end| path.ends_with(end)) {
                text += &format!("# file {{root}}/{path}\n{content}\n");
            } else if self.parts.iter().skip(1).any(|part| part.files.iter().any(|(name, _)| name == path)) {
                text += &format!("# file {{root}}/{path}: {}", content.lines().next().unwrap_or_default());
                text.push('\n');
            }
        }
        text
    }
}
