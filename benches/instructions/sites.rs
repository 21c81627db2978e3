//! The sites that rows are played on, as operators write them; the same with and without the module.

use mtlsprotect_testkit::pki::Certificate;
use mtlsprotect_testkit::{Builder, Key};

/// A file that names nobody. The digits of a part number are what a name could be made of.
pub const FIRMWARE: &str = "/firmware/3111-48500-001.sip.ld";

/// Another phone's file.
pub const OTHERS: &str = "/cfg/0004f2ddeeff.cfg";

/// Lines as operators write them: mark what looks like a phone's file, mark the phone's own by its
/// CN, and let the marks decide.
pub const SET_ENV_IF: &str = "SSLOptions +StdEnvVars\n\
    <Location />\n\
    SetEnvIfNoCase Request_URI \"(0004f2|64167f|482567|9cadef).*\\.(log|xml|cfg)$\" PHONE_FILE\n\
    SetEnvIfExpr \"-n %{SSL_CLIENT_S_DN_CN} && tolower(%{REQUEST_URI}) =~ /[0-9a-f]{12}/ && \
    %{REQUEST_URI} -strmatch '*'.tolower(%{SSL_CLIENT_S_DN_CN}).'*'\" OWN_FILE\n\
    <RequireAny>\n<RequireAll>\nRequire env PHONE_FILE\nRequire env OWN_FILE\n</RequireAll>\n\
    <RequireAll>\nRequire all granted\nRequire not env PHONE_FILE\n</RequireAll>\n</RequireAny>\n</Location>";

/// The tightest stock configuration: the file name's MAC must be the CN.
pub const REQUIRE_EXPR: &str = "<LocationMatch \"/(?<MAC>[0-9a-f]{12})\\.cfg$\">\n\
    Require expr \"tolower(%{SSL_CLIENT_S_DN_CN}) == %{env:MATCH_MAC}\"\n</LocationMatch>";

/// What the shipped log format has of the module's.
const NOTES: &str = "%{mtlsprotect-verdict}n %{mtlsprotect-reason}n %{mtlsprotect-mac}n %{mtlsprotect-named}n \
                     %{mtlsprotect-vendor}n";

/// What answers for all phones in an application: a plain file, since an interpreter would cost what it likes.
const APPLICATION: &str = "app/index.txt";

/// Files alone.
pub fn plain(builder: Builder) -> Builder {
    builder
        .page(FIRMWARE, "firmware\n")
        .page(OTHERS, "secret\n")
        .page(APPLICATION, "answer\n")
        .page("errors/403.html", "Forbidden.\n")
        .config("DirectoryIndex index.txt")
}

/// The notes of the module in a log format of both.
pub fn noted(builder: Builder) -> Builder {
    builder.vhost(&format!("CustomLog /dev/null \"%>s {NOTES}\""))
}

/// One script for every URL below a folder.
pub fn front_controller(builder: Builder) -> Builder {
    plain(builder).config(&format!("AliasMatch \"^/provision/\" \"{{docroot}}/{APPLICATION}\""))
}

/// The MAC of a file's name becomes a parameter.
pub fn rewritten(builder: Builder) -> Builder {
    plain(builder).module("rewrite").vhost(&format!(
        "RewriteEngine On\nRewriteRule \"^/provision/([0-9a-f]{{12}})\\.cfg$\" \"/{APPLICATION}?mac=$1\" [PT]"
    ))
}

/// The application answers for what isn't there.
pub fn fallback(builder: Builder) -> Builder {
    plain(builder).config(&format!("<Directory \"{{docroot}}/app\">\nFallbackResource /{APPLICATION}\n</Directory>"))
}

/// A folder for what phones upload.
pub fn dav(builder: Builder) -> Builder {
    plain(builder).modules(&["dav", "dav_fs"]).config(
        "Alias /up \"{writable}\"\n<Directory \"{writable}\">\nDav On\nRequire all granted\nSetHandler none\n\
         Options None\n<IfModule mtlsprotect_module>\nMTLSProtect On\n</IfModule>\n</Directory>",
    )
}

/// Whoever connects is a balancer.
pub fn behind(builder: Builder) -> Builder {
    builder.vhost("MTLSProtectProxy 127.0.0.1 certificate=rfc9440")
}

/// A page of the operator's own for refusals.
pub fn error_document(builder: Builder) -> Builder {
    plain(builder).vhost("ErrorDocument 403 /errors/403.html")
}

/// The other phone's file is refused by httpd itself.
pub fn denied(builder: Builder) -> Builder {
    builder
        .log_level("warn authz_core:crit")
        .vhost(&format!("<Location \"{OTHERS}\">\nRequire all denied\n</Location>"))
}

/// TLS 1.3 alone.
pub fn tls13(builder: Builder) -> Builder {
    builder.vhost("SSLProtocol TLSv1.3")
}

/// A second certificate for the server, which phones take.
pub fn ecdsa(builder: Builder) -> Builder {
    let server = Certificate::leaf("localhost").key(Key::P256).dns_names(&["localhost"]).issue();
    builder.file("ecdsa.crt", server.cert_pem()).file("ecdsa.key", server.key_pem()).vhost(
        "SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256\nSSLCertificateFile \"{root}/ecdsa.crt\"\n\
         SSLCertificateKeyFile \"{root}/ecdsa.key\"",
    )
}

/// Sessions that the server keeps itself.
pub fn no_tickets(builder: Builder) -> Builder {
    builder.vhost("SSLSessionTickets off")
}
