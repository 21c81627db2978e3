//! What operators write without the module.

/// As operators write it: mark what looks like a phone's file, mark the phone's own by its CN, let the marks decide.
pub const BY_HAND: &str = r#"
<Directory {docroot}>
    SetEnvIfNoCase Request_URI "(0004f2|001565).*\.(cfg|log|xml)$" PHONE_FILE
    SetEnvIfExpr "-n %{SSL_CLIENT_S_DN_CN} && tolower(%{REQUEST_URI}) -strmatch '*'.tolower(%{SSL_CLIENT_S_DN_CN}).'*'" OWN_FILE
    <RequireAny>
        <RequireAll>
            Require env PHONE_FILE
            Require env OWN_FILE
            Require ssl-verify-client
        </RequireAll>
        <RequireAll>
            Require all granted
            Require not env PHONE_FILE
        </RequireAll>
    </RequireAny>
</Directory>
"#;

/// What goes with them in the virtual host.
pub const ASKED_BY_HAND: &str = "SSLCACertificateFile {device_ca}\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 5";
