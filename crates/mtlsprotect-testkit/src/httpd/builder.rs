//! What a test specifies about its Apache, and the resulting configuration.

use std::path::Path;

use super::layout::{self, installation};
use super::ports::Ports;
use super::{module_path, panicking_module_path};

mtlsprotect_core::words! {
    /// A multi-processing module, by the word in the name of its file.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Mpm {
        /// The stock default.
        #[default]
        Event = "event",
        /// Threads that each keep their connection.
        Worker = "worker",
        /// One process per connection.
        Prefork = "prefork",
    }
}

/// A server that is not started yet. Every text given to it may contain `{root}`, `{docroot}`, `{writable}`,
/// `{server_cert}`, `{server_key}`, `{device_ca}`, and the ports `{http}`, `{https}`, `{http_b}`, `{https_b}` (the last
/// two are listened on only if a text mentions them).
#[derive(Clone)]
pub struct Builder {
    mpm: Mpm,
    modules: Vec<String>,
    under_test: Option<fn() -> &'static Path>,
    log_level: String,
    access_log: String,
    children: u16,
    threads: u16,
    server: Vec<String>,
    tls_host: Vec<String>,
    plain_host: Vec<String>,
    default_hosts: bool,
    has_tls: bool,
    files: Vec<(String, Vec<u8>)>,
    pub(super) wrapper: Vec<String>,
    pub(super) single_process: bool,
    pub(super) in_memory: bool,
}

impl Builder {
    pub(super) fn new() -> Builder {
        Builder {
            mpm: Mpm::default(),
            modules: Vec::new(),
            under_test: None,
            log_level: "warn".to_owned(),
            access_log: ACCESS_LOG.to_owned(),
            children: 1,
            threads: 10,
            server: Vec::new(),
            tls_host: Vec::new(),
            plain_host: Vec::new(),
            default_hosts: true,
            has_tls: true,
            files: Vec::new(),
            wrapper: Vec::new(),
            single_process: false,
            in_memory: false,
        }
    }

    /// Which MPM; event unless told.
    pub fn mpm(mut self, mpm: Mpm) -> Builder {
        self.mpm = mpm;
        self
    }

    /// Loads one more stock module: `"rewrite"`. `"cgi"` is mod_cgid where the MPM has threads.
    pub fn module(mut self, name: &str) -> Builder {
        self.modules.push(name.to_owned());
        self
    }

    /// Loads further stock modules, in this order.
    pub fn modules(self, names: &[&str]) -> Builder {
        names.iter().fold(self, |builder, name| builder.module(name))
    }

    /// Loads the module under test.
    pub fn with_module(mut self) -> Builder {
        self.under_test = Some(module_path);
        self
    }

    /// Loads the module under test as built to panic on demand.
    pub fn with_panicking_module(mut self) -> Builder {
        self.under_test = Some(panicking_module_path);
        self
    }

    /// The arguments of `LogLevel`: `"warn mtlsprotect:debug"`.
    pub fn log_level(mut self, level: &str) -> Builder {
        self.log_level = level.to_owned();
        self
    }

    /// The format of the access log, instead of one that names all notes of the module.
    pub fn access_log(mut self, format: &str) -> Builder {
        self.access_log = format.to_owned();
        self
    }

    /// How many children to start, and to keep.
    pub fn children(mut self, children: u16) -> Builder {
        self.children = children;
        self
    }

    /// How many threads a child has (under prefork: how many more children there may be).
    pub fn threads(mut self, threads: u16) -> Builder {
        self.threads = threads;
        self
    }

    /// Configuration at server level.
    pub fn config(mut self, text: &str) -> Builder {
        self.server.push(text.to_owned());
        self
    }

    /// Configuration inside the TLS virtual host on `{https}`.
    pub fn vhost(mut self, text: &str) -> Builder {
        self.tls_host.push(text.to_owned());
        self
    }

    /// Configuration inside the plain virtual host on `{http}`.
    pub fn plain_vhost(mut self, text: &str) -> Builder {
        self.plain_host.push(text.to_owned());
        self
    }

    /// Leaves out both virtual hosts: the test writes its own with [`Builder::config`].
    pub fn without_vhosts(mut self) -> Builder {
        self.default_hosts = false;
        self
    }

    /// Has no mod_ssl, and so no TLS host nor fields of TLS in its access log.
    pub fn without_mod_ssl(mut self) -> Builder {
        self.has_tls = false;
        self.without_vhosts().access_log(ACCESS_LOG.split_once(" tls=").map_or(ACCESS_LOG, |(fields, _)| fields))
    }

    /// A file below `{root}`, there before the server starts.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Builder {
        self.files.push((path.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// A file below `{docroot}`, there before the server starts.
    pub fn page(self, path: &str, content: impl AsRef<[u8]>) -> Builder {
        self.file(&format!("docroot/{}", path.trim_start_matches('/')), content)
    }

    /// The standard protected server: the module, this CA list (PEM) for all hosts, the TLS host asking
    /// for certificates, and `MTLSProtect On` for the docroot.
    pub fn protected(self, device_cas: impl AsRef<[u8]>) -> Builder {
        self.with_module()
            .file("device-ca.pem", device_cas)
            .config("MTLSProtectCAFile {device_ca}")
            .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
            .vhost("SSLVerifyClient optional_no_ca")
    }

    /// Runs httpd under another program: `&["valgrind", "--tool=callgrind"]`.
    pub fn under(mut self, wrapper: &[&str]) -> Builder {
        self.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Runs httpd with `-X`: one process, which is parent and child.
    pub fn single_process(mut self) -> Builder {
        self.single_process = true;
        self
    }

    /// Has its root in memory, where the system has a place for that: what a disk's file system takes for new files
    /// depends on what was deleted before.
    pub fn in_memory(mut self) -> Builder {
        self.in_memory = true;
        self
    }

    /// Writes the files and `httpd.conf` into a server root.
    pub(super) fn lay_out(&self, root: &Path, ports: &Ports) {
        for (path, content) in &self.files {
            layout::write(root, path, content);
        }
        layout::write(root, "httpd.conf", fill(&self.template(root), root, ports).as_bytes());
    }

    fn template(&self, root: &Path) -> String {
        let mut text = String::from(BASE_HEAD);
        text += &layout::user_lines(root);
        let mpm = format!("mpm_{}", self.mpm.as_str());
        let of_tls = self.has_tls.then_some("ssl");
        for name in std::iter::once(mpm.as_str()).chain(BASE_MODULES.iter().copied()).chain(of_tls) {
            text += &load_line(name);
        }
        for name in &self.modules {
            text += &self.requested_module(name);
        }
        if let Some(path) = self.under_test {
            text += &format!("LoadModule mtlsprotect_module \"{}\"\n", path().display());
        }
        text += &self.mpm_lines();
        if self.has_tls {
            text += TLS;
        }
        text += &BASE_TAIL.replace("{access_log}", &self.access_log);
        text += &format!("LogLevel {}\n", self.log_level);
        let own = [&self.server[..], &self.tls_host, &self.plain_host].concat().join("\n");
        for port in ["{http_b}", "{https_b}"] {
            if own.contains(port) {
                text += &format!("Listen 127.0.0.1:{port}\n");
            }
        }
        text += &self.server.join("\n");
        text.push('\n');
        if self.default_hosts {
            text += &format!(
                "<VirtualHost 127.0.0.1:{{https}}>\nServerName localhost\nSSLEngine on\n{}\n</VirtualHost>\n\
                 <VirtualHost 127.0.0.1:{{http}}>\nServerName localhost\n{}\n</VirtualHost>\n",
                self.tls_host.join("\n"),
                self.plain_host.join("\n"),
            );
        }
        text
    }

    /// A module of the test's choice, with the settings without which it can't run in a private root.
    fn requested_module(&self, name: &str) -> String {
        match name {
            "cgi" if self.mpm != Mpm::Prefork => self.requested_module("cgid"),
            "cgid" => load_line(name) + "ScriptSock \"{root}/logs/cgid.sock\"\n",
            "dav_fs" => load_line(name) + "DavLockDB \"{writable}/dav-locks\"\n",
            "http2" => load_line(name) + "Protocols h2 h2c http/1.1\n",
            _ => load_line(name),
        }
    }

    fn mpm_lines(&self) -> String {
        let (children, threads) = (self.children, self.threads);
        match self.mpm {
            Mpm::Prefork => format!(
                "StartServers {children}\nMinSpareServers {children}\nMaxSpareServers {}\n\
                 MaxRequestWorkers {}\n",
                children + threads,
                children + threads,
            ),
            // room for the children of the generation that a graceful restart is replacing
            Mpm::Event | Mpm::Worker => format!(
                "ServerLimit {}\nStartServers {children}\nThreadsPerChild {threads}\n\
                 ThreadLimit {threads}\nMinSpareThreads {threads}\nMaxSpareThreads {}\n\
                 MaxRequestWorkers {}\n",
                children * 4,
                threads * (children + 1),
                threads * children,
            ),
        }
    }
}

const BASE_MODULES: &[&str] = &[
    "unixd",
    "log_config",
    "authn_core",
    "authz_core",
    "authz_host",
    "authz_user",
    "dir",
    "mime",
    "alias",
    "headers",
    "env",
    "setenvif",
    "socache_shmcb",
];

/// What tests read of each request.
const ACCESS_LOG: &str = r#"%>s \"%r\" verdict=%{mtlsprotect-verdict}n reason=%{mtlsprotect-reason}n mac=%{mtlsprotect-mac}n named=%{mtlsprotect-named}n vendor=%{mtlsprotect-vendor}n tls=%{SSL_PROTOCOL}x session=%{SSL_SESSION_RESUMED}x"#;

const BASE_HEAD: &str = r#"ServerRoot "{root}"
DefaultRuntimeDir "{root}/logs"
PidFile "{root}/logs/httpd.pid"
ErrorLog "{root}/logs/error.log"
Mutex "file:{root}/logs" default
ServerName localhost
DocumentRoot "{docroot}"
"#;

const TLS: &str = r#"
SSLCertificateFile "{server_cert}"
SSLCertificateKeyFile "{server_key}"
SSLSessionCache "shmcb:{root}/logs/sessions(512000)"
"#;

const BASE_TAIL: &str = r#"
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
TypesConfig /dev/null
AddType text/html .html
AddType text/plain .txt .cfg .xml .log
KeepAliveTimeout 30
MaxKeepAliveRequests 0
Timeout 60
ExtendedStatus Off
CustomLog "{root}/logs/access.log" "{access_log}"
<Directory />
    Require all denied
    AllowOverride None
</Directory>
<Directory "{docroot}">
    Require all granted
</Directory>
"#;

/// Nothing for a module that is compiled in; httpd says so itself if it is nowhere.
fn load_line(name: &str) -> String {
    let file = installation().modules.join(format!("mod_{name}.so"));
    if file.exists() { format!("LoadModule {name}_module \"{}\"\n", file.display()) } else { String::new() }
}

fn fill(text: &str, root: &Path, ports: &Ports) -> String {
    let below = |name: &str| root.join(name).display().to_string();
    [
        ("{root}", root.display().to_string()),
        ("{docroot}", below("docroot")),
        ("{writable}", below("writable")),
        ("{server_cert}", below("server.crt")),
        ("{server_key}", below("server.key")),
        ("{device_ca}", below("device-ca.pem")),
        ("{http}", ports.http.number().to_string()),
        ("{https}", ports.https.number().to_string()),
        ("{http_b}", ports.http_b.number().to_string()),
        ("{https_b}", ports.https_b.number().to_string()),
    ]
    .iter()
    .fold(text.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
}
