//! The rows. `@CAS@`, `@HOST@`, `@END@` and `@ON@` stand for what every site has.

/// A configuration that doesn't do what its operator believes.
pub struct Mistake {
    /// What he did.
    pub what: &'static str,
    /// Modules besides the usual ones.
    pub modules: &'static [&'static str],
    /// The configuration; the line after `#here` is the one to be named.
    pub lines: &'static str,
    /// `httpd -t` fails.
    pub fails: bool,
    /// What is said with that line.
    pub says: &'static [&'static str],
}

pub(super) const fn error(what: &'static str, lines: &'static str, says: &'static [&'static str]) -> Mistake {
    Mistake { what, modules: &[], lines, fails: true, says }
}

pub(super) const fn warning(what: &'static str, lines: &'static str, says: &'static [&'static str]) -> Mistake {
    Mistake { what, modules: &[], lines, fails: false, says }
}

pub(super) const fn with(modules: &'static [&'static str], mistake: Mistake) -> Mistake {
    Mistake { modules, ..mistake }
}

pub const MISTAKES: &[Mistake] = &[
    // Open, and it says On.
    warning(
        "a left-over Off for everything",
        "@CAS@\n@HOST@\n<Location />\n#here\nMTLSProtect Off\n</Location>\n@END@\n@ON@",
        &[
            "MTLSProtect Off in <Location '/'>",
            "replaces the On",
            "strangers are served",
            "remove it",
            "OtherFiles allow",
        ],
    ),
    warning(
        "a left-over Off for everything, in the server config",
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Location \"/\">\n#here\nmtlsprotect off\n</Location>",
        &["replaces the On of <Directory", "for all that the host serves", "strangers are served"],
    ),
    warning(
        "an Off for one folder of the protected one",
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Directory ${DOCROOT}/cfg>\n#here\nMTLSProtect Off\n</Directory>",
        &["replaces the On", "/docroot/cfg", "OtherFiles allow"],
    ),
    warning(
        "a Report that was forgotten in a location",
        "@CAS@\n@HOST@\n<Location /cfg>\n#here\nMTLSProtect Report\n</Location>\n@END@\n@ON@",
        &["MTLSProtect Report in <Location '/cfg'>", "only reported"],
    ),
    warning(
        "an Off for some files",
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\n<Files *.log>\n#here\nMTLSProtect Off\n</Files>\n</Directory>",
        &["<Files '*.log'>", "replaces the On", "strangers are served"],
    ),
    warning(
        "an Off by what the client says",
        "@CAS@\n@HOST@\n@END@\n@ON@\n<If \"%{HTTP_USER_AGENT} =~ /monitor/\">\n#here\nMTLSProtect Off\n</If>",
        &["replaces the On", "strangers are served"],
    ),
    warning(
        "an Off for a URL pattern",
        "@CAS@\n@HOST@\nMTLSProtect On\n<LocationMatch \"\\.xml$\">\n#here\nMTLSProtect Off\n</LocationMatch>\n@END@",
        &["<LocationMatch", "replaces the On", "strangers are served"],
    ),
    warning(
        "a typo in the folder",
        "@CAS@\n@HOST@\n@END@\n<Directory /srv/provisoining-of-nobody>\n#here\nMTLSProtect On\n</Directory>",
        &["/srv/provisoining-of-nobody", "protects nothing", "no such folder", "spelling"],
    ),
    warning(
        "a folder that no host serves",
        "@CAS@\n@HOST@\n@END@\n<Directory ${LINKS}/provisioning>\n#here\nMTLSProtect On\n</Directory>",
        &["protects nothing", "no DocumentRoot and no Alias"],
    ),
    warning(
        "a DocumentRoot that is a symbolic link to the protected folder",
        "@CAS@\n@HOST@\n#here\nDocumentRoot ${LINKS}/phones\n@END@\n<Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
        &["/phones, which is", "/provisioning behind a symbolic link", "stands open", "write <Directory"],
    ),
    warning(
        "an alias that is a symbolic link to the protected folder",
        "@CAS@\n@HOST@\n#here\nAlias /p ${LINKS}/phones\nAlias /q ${LINKS}/provisioning\n@END@\n\
         <Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
        &["behind a symbolic link", "write <Directory"],
    ),
    with(
        &["proxy", "proxy_fcgi"],
        warning(
            "FastCGI past the section",
            "@CAS@\n@HOST@\n#here\nProxyPassMatch ^/(.*\\.php)$ fcgi://127.0.0.1:9000${DOCROOT}/$1\n@END@\n@ON@",
            &["reaches into the protected folder", "not judged", "<Location>", "SetHandler"],
        ),
    ),
    with(
        &["proxy", "proxy_fcgi"],
        warning(
            "FastCGI over a socket past the section",
            "@CAS@\n@HOST@\n#here\nProxyPass /app/ unix:/run/php.sock|fcgi://localhost${DOCROOT}/cfg/\n@END@\n@ON@",
            &["reaches into the protected folder", "not judged"],
        ),
    ),
    with(
        &["proxy", "proxy_fcgi"],
        warning(
            "a handler that is FastCGI past the section",
            "@CAS@\n@HOST@\nDocumentRoot ${LINKS}\n<Location /app>\n#here\n\
             SetHandler \"proxy:fcgi://127.0.0.1:9000${DOCROOT}/\"\n</Location>\n@END@\n@ON@",
            &["reaches into the protected folder", "not judged", "<Location>"],
        ),
    ),
    warning(
        "device CAs, and no MTLSProtect",
        "#here\n@CAS@\n@HOST@\n@END@",
        &["nowhere On, Learn or Report", "nothing is protected", "MTLSProtect Report"],
    ),
    warning(
        "device CAs in the host, and MTLSProtect Off",
        "MTLSProtect Off\n@HOST@\n#here\n@CAS@\n@END@",
        &["nowhere On, Learn or Report", "nothing is protected"],
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "ACME's path in front of an application",
            "@CAS@\n@HOST@\nMTLSProtect On\nProxyPass / http://127.0.0.1:9/\n<Location /.well-known/acme-challenge/>\n#here\n\
             MTLSProtect Off\n</Location>\n@END@",
            &["passes on to an application", "ProxyPass /.well-known/acme-challenge/ !"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "ACME's path in front of an application by a pattern",
            "@CAS@\n@HOST@\nMTLSProtect On\nProxyPassMatch ^/(.*)$ http://127.0.0.1:9/$1\n\
             <Location \"/.well-known/acme-challenge\">\n#here\nMTLSProtect Off\n</Location>\n@END@",
            &["passes on to an application"],
        ),
    ),
    with(
        &["remoteip"],
        warning(
            "anybody's RemoteIPHeader beside an exemption by address",
            "@CAS@\nMTLSProtectDeviceFile devices\n@HOST@\n#here\nRemoteIPHeader X-Forwarded-For\n@END@\n@ON@",
            &["trusts the header of anybody", "exempts devices by their address", "RemoteIPInternalProxy"],
        ),
    ),
    with(
        &["remoteip"],
        warning(
            "anybody's RemoteIPHeader beside an exemption in a folder's own device file",
            "@CAS@\nMTLSProtectDeviceFile blocked\n@HOST@\n#here\nRemoteIPHeader X-Forwarded-For\n@END@\n@ON@\n\
             <Directory ${DOCROOT}/cfg>\nMTLSProtectDeviceFile devices\n</Directory>",
            &["trusts the header of anybody", "exempts devices by their address", "RemoteIPInternalProxy"],
        ),
    ),
    with(
        &["speling"],
        warning(
            "corrected spellings",
            "@CAS@\n@HOST@\n#here\nCheckSpelling On\n@END@\n@ON@",
            &["tell strangers the names"],
        ),
    ),
    warning(
        "another host with the folder and no device CAs",
        "@HOST@\n@CAS@\n@END@\n<VirtualHost *:80>\n#here\nDocumentRoot ${DOCROOT}/cfg\n</VirtualHost>\n@ON@",
        &["no device CAs", "nobody is trusted"],
    ),
    // Phones are shut out.
    warning(
        "optional without the device CAs",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient optional\n@END@\n@ON@",
        &["drops every phone in the handshake", "under MTLSProtect Report too", "optional_no_ca"],
    ),
    warning(
        "require with the staff's CA alone",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient require\nSSLCACertificateFile ${ROOT}/staff-ca.pem\n\
         @END@\n@ON@",
        &["drops every phone in the handshake", "optional_no_ca"],
    ),
    warning(
        "another TLS host on the folder that never asks",
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName silent.example\nSSLEngine on\n@END@\n@ON@",
        &["silent.example", "never asks for a phone's certificate", "SSLVerifyClient optional_no_ca"],
    ),
    warning(
        "the first host of the address does not ask",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\n@END@\n@HOST@\n@END@\n@ON@",
        &["first.example", "421"],
    ),
    warning(
        "a closed device file that is empty of devices",
        "@CAS@\n#here\nMTLSProtectDeviceFile blocked closed\n@HOST@\n@END@\n@ON@",
        &["closed and allows no device", "every phone is refused", "allow"],
    ),
    warning(
        "a folder's closed device file that is empty of devices",
        "@CAS@\nMTLSProtectDeviceFile devices\n@HOST@\n<Location /cfg>\n#here\nMTLSProtectDeviceFile blocked closed\n\
         </Location>\n@END@\n@ON@",
        &["closed and allows no device", "every phone is refused", "allow"],
    ),
    // What can't work.
    error("a mode that is none", "@CAS@\n#here\nMTLSProtect Yes\n", &["expected Off, Report, Learn or On", "Yes"]),
    error("two modes", "#here\nMTLSProtect On Report\n", &["expected: Off, Report, Learn or On"]),
    error("no mode", "#here\nMTLSProtect\n", &["expected: Off, Report, Learn or On"]),
    error(
        "On in a host without CAs",
        "@HOST@\n#here\nMTLSProtect On\n@END@",
        &["no device CAs", "add MTLSProtectCAFile"],
    ),
    error(
        "On in a host that never asks",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nMTLSProtect On\n@END@",
        &["never asks", "add SSLVerifyClient optional_no_ca"],
    ),
    error(
        "a protected folder and no host with TLS",
        "@CAS@\n<Directory ${DOCROOT}>\n#here\nMTLSProtect On\n</Directory>\n<VirtualHost *:80>\n</VirtualHost>",
        &["no virtual host has", "SSLEngine on"],
    ),
    error(
        "a CA file that is missing",
        "#here\nMTLSProtectCAFile /etc/absent.pem\n",
        &["cannot be read", "No such file"],
    ),
    error("a folder as CA file", "#here\nMTLSProtectCAFile docroot\n", &["cannot be read"]),
    error("a file as CA folder", "#here\nMTLSProtectCAPath device-ca.pem\n", &["cannot be read"]),
    error("a folder without CAs", "#here\nMTLSProtectCAPath docroot\n", &["no usable CA"]),
    error("something else as CA file", "#here\nMTLSProtectCAFile devices\n", &["is not PEM", "BEGIN CERTIFICATE"]),
    error("no CA file", "#here\nMTLSProtectCAFile\n", &["a PEM file"]),
    error("two CA files in one line", "#here\nMTLSProtectCAFile device-ca.pem device-ca.pem\n", &["a PEM file"]),
    error("a device file that is missing", "#here\nMTLSProtectDeviceFile absent\n", &["cannot be read"]),
    error("a device file that is a CA's", "#here\nMTLSProtectDeviceFile device-ca.pem\n", &["device-ca.pem:1:"]),
    error(
        "a folder's device file that is missing",
        "<Directory ${DOCROOT}>\n#here\nMTLSProtectDeviceFile absent closed\n</Directory>\n",
        &["cannot be read"],
    ),
    error("a folder as device file", "#here\nMTLSProtectDeviceFile docroot\n", &["docroot", "is not a file"]),
    error("a device file half closed", "#here\nMTLSProtectDeviceFile devices open\n", &["closed", "open"]),
    error("a CRL file that is none", "@CAS@\n#here\nMTLSProtectCRLFile devices\n", &["devices"]),
    error("a method in small letters", "#here\nMTLSProtectMethods get\n", &["capitals"]),
    error("methods with commas", "#here\nMTLSProtectMethods GET,PUT\n", &["GET,PUT"]),
    error("who reads other files, misspelt", "#here\nMTLSProtectOtherFiles everybody\n", &["device, allow or deny"]),
    error("a depth of nothing", "#here\nMTLSProtectVerifyDepth 0\n", &["from 1"]),
    error("no parameter and one", "#here\nMTLSProtectNameParameter none mac\n", &["or none"]),
    error("a pattern of eleven digits", "#here\nMTLSProtectFilePattern [0-9a-f]{11}\n", &["can never match a MAC"]),
    error("a pattern that is none", "#here\nMTLSProtectIgnore (\n", &["is not a regular expression"]),
    error(
        "an identity without a group",
        "#here\nMTLSProtectIdentityPattern ^SEP[0-9A-F]{12}$\n",
        &["no group named mac"],
    ),
    error("a constant name", "#here\nMTLSProtectNamedBy 0004f2aaaaaa\n", &["the same for every request"]),
    error(
        "the sender as its own name",
        "#here\nMTLSProtectNamedBy %{SSL_CLIENT_S_DN_CN}\n",
        &["names the phone that sends the request"],
    ),
    error("a vendor without CAs", "#here\nMTLSProtectVendor poly oui=0004f2\n", &["ca= is missing"]),
    error("a vendor's key misspelt", "#here\nMTLSProtectVendor poly ca=device-ca.pem ouis=0004f2\n", &["the keys are"]),
    error(
        "a vendor's prefix cut short",
        "#here\nMTLSProtectVendor poly ca=device-ca.pem oui=0004f\n",
        &["6 hex digits"],
    ),
    error(
        "a vendor twice",
        "MTLSProtectVendor poly ca=device-ca.pem\n#here\nMTLSProtectVendor Poly ca=device-ca.pem\n",
        &["is there already"],
    ),
    error(
        "two vendors with one prefix",
        "MTLSProtectVendor poly ca=device-ca.pem\n#here\nMTLSProtectVendor acme ca=device-ca.pem oui=0004f2\n",
        &["claimed by both"],
    ),
    error(
        "a strict vendor without prefixes",
        "#here\nMTLSProtectVendor acme ca=device-ca.pem strict=yes\n",
        &["has none", "oui="],
    ),
    error(
        "an expired vendor where mod_ssl judges",
        "MTLSProtectVendor poly ca=device-ca.pem expired=allow\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\n\
         SSLVerifyClient optional\nSSLCACertificateFile ${ROOT}/device-ca.pem\n@END@\n@ON@",
        &["cannot take effect", "optional_no_ca"],
    ),
    error(
        "OCSP beside device CAs",
        "@CAS@\n@HOST@\n#here\nSSLOCSPEnable on\n@END@\n@ON@",
        &["cannot be combined", "set SSLOCSPEnable"],
    ),
    error(
        "mod_ssl's CRL check beside device CAs",
        "@CAS@\n@HOST@\n#here\nSSLCARevocationCheck chain\n@END@\n@ON@",
        &["cannot be combined", "set SSLCARevocationCheck"],
    ),
    error(
        "a directive of the server in a section",
        "<Directory ${DOCROOT}>\n#here\nMTLSProtectCAFile device-ca.pem\n</Directory>",
        &["not allowed"],
    ),
    error(
        "On for some methods only",
        "@CAS@\n<Directory ${DOCROOT}>\n<Limit POST>\n#here\nMTLSProtect On\n</Limit>\n</Directory>",
        &["Limit"],
    ),
];

/// Configurations as guides have them, of which nothing is said.
pub const PROPER: &[(&str, &[&str], &str)] = &[
    ("a folder", &[], "@CAS@\n@HOST@\n@END@\n@ON@"),
    ("a whole host", &[], "@CAS@\n@HOST@\nMTLSProtect On\n@END@"),
    (
        "a folder in Report, its own files On",
        &[],
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect Report\n<FilesMatch \"^0004f2\">\nMTLSProtect On\n</FilesMatch>\n</Directory>",
    ),
    (
        "ACME's path before files",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n<Location \"/.well-known/acme-challenge/\">\nMTLSProtect Off\n</Location>\n@END@",
    ),
    (
        "ACME's path kept from an application",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nMTLSProtect On\nProxyPass /.well-known/acme-challenge/ !\nProxyPass / http://127.0.0.1:9/\n\
         <Location \"/.well-known/acme-challenge/\">\nMTLSProtect Off\n</Location>\n@END@",
    ),
    (
        "staff by their address",
        &[],
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\n<If \"-R '192.0.2.0/24'\">\nMTLSProtect Off\n</If>\n</Directory>",
    ),
    (
        "staff in a host of their own",
        &[],
        "@HOST@\n@CAS@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName staff.example\nSSLEngine on\n@CAS@\n\
         SSLVerifyClient require\nSSLCACertificateFile ${ROOT}/staff-ca.pem\n<Location \"/\">\nMTLSProtect Off\n</Location>\n@END@\n@ON@",
    ),
    (
        "what names no phone for anybody",
        &[],
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Directory ${DOCROOT}/firmware>\nMTLSProtectOtherFiles allow\n</Directory>",
    ),
    (
        "PHP by a handler",
        &["proxy", "proxy_fcgi"],
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\n<FilesMatch \\.php$>\nSetHandler \"proxy:unix:/run/php.sock|fcgi://localhost\"\n</FilesMatch>\n</Directory>",
    ),
    (
        "an application behind a protected location",
        &["proxy", "proxy_fcgi"],
        "@CAS@\n@HOST@\nProxyPass /app/ fcgi://127.0.0.1:9000${DOCROOT}/\n<Location /app/>\nMTLSProtect On\n</Location>\n@END@\n@ON@",
    ),
    (
        "mod_ssl knows the device CAs",
        &[],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional\nSSLVerifyDepth 3\n\
         SSLCACertificateFile ${ROOT}/device-ca.pem\n@END@\n@ON@",
    ),
    (
        "a proxy that is named beside an exemption",
        &["remoteip"],
        "@CAS@\nMTLSProtectDeviceFile devices\n@HOST@\nRemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.1\n@END@\n@ON@",
    ),
    (
        "the same device file closed and open, and a header of anybody's where it does not count",
        &["remoteip"],
        "@CAS@\nMTLSProtectDeviceFile blocked\n@HOST@\nRemoteIPHeader X-Forwarded-For\n@END@\n@ON@\n\
         <Directory /nowhere/else>\nMTLSProtectDeviceFile devices closed\n</Directory>\n\
         <Directory ${DOCROOT}/x>\nMTLSProtectDeviceFile blocked\n</Directory>",
    ),
    (
        "an alias to a folder elsewhere",
        &[],
        "@CAS@\n@HOST@\nAlias /phones ${LINKS}/provisioning\n@END@\n<Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
    ),
    (
        "users' folders",
        &["userdir"],
        "@CAS@\n@HOST@\nUserDir ${LINKS}\n@END@\n<Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
    ),
    (
        "users' folders that a pattern names",
        &["userdir"],
        "@CAS@\n@HOST@\nUserDir public_html\n@END@\n<Directory /home/*/public_html>\nMTLSProtect On\n</Directory>",
    ),
    (
        "a folder by the name of its host",
        &["vhost_alias"],
        "@CAS@\n@HOST@\nVirtualDocumentRoot ${LINKS}/%0\n@END@\n<Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
    ),
    (
        "a folder behind a link, both protected",
        &[],
        "@CAS@\n@HOST@\nDocumentRoot ${LINKS}/phones\n@END@\n<Directory ${LINKS}/phones>\nMTLSProtect On\n</Directory>",
    ),
];
