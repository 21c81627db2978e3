//! More rows: uploads, the status page, lists that replace one another, and names that nothing sets.

use super::table::{Mistake, error, warning, with};

/// A folder for uploads.
const DAV: &[&str] = &["dav", "dav_fs"];

pub const MISTAKES: &[Mistake] = &[
    // Uploads that run.
    with(
        &["dav", "dav_fs", "lua"],
        warning(
            "uploads where a server-wide <FilesMatch> runs scripts",
            "@CAS@\n<FilesMatch \"\\.php$\">\nSetHandler lua-script\n</FilesMatch>\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\n\
             MTLSProtect On\nSetHandler none\n#here\nDav On\n</Directory>",
            &["lets phones write", "SetHandler lua-script applies", "reads the files of all", "<FilesMatch '.'>"],
        ),
    ),
    with(
        DAV,
        warning(
            "uploads where SetHandler default-handler stands outside of <FilesMatch>",
            "@CAS@\n<FilesMatch \"\\.php$\">\nSetHandler lua-script\n</FilesMatch>\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\n\
             MTLSProtect On\nSetHandler default-handler\n#here\nDav On\n</Directory>",
            &["lets phones write", "SetHandler lua-script applies"],
        ),
    ),
    with(
        DAV,
        warning(
            "uploads where an AddHandler is the host's",
            "@CAS@\n@HOST@\nAddHandler type-map .var\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n</Directory>\n\
             <Directory \"${DOCROOT}/cfg\">\n#here\nDav On\n</Directory>",
            &["lets phones write", "AddHandler type-map .var applies"],
        ),
    ),
    with(
        &["actions"],
        warning(
            "a script for PUT where a media type runs",
            "@CAS@\nAddType application/x-httpd-php .php\n@HOST@\n#here\nScript PUT /cgi-bin/put\n@END@\n@ON@",
            &["lets phones write", "AddType application/x-httpd-php"],
        ),
    ),
    // The status page.
    warning(
        "a status page without Require",
        "@CAS@\n<Location \"/mtlsprotect-status\">\n#here\nSetHandler mtlsprotect-status\n</Location>\n@HOST@\n@END@\n@ON@",
        &["has no Require", "strangers see", "write Require local"],
    ),
    warning(
        "a status page of a host that lets everybody in",
        "@CAS@\n@HOST@\n<Location \"/\">\nRequire all granted\n</Location>\n<Location \"/mtlsprotect-status\">\n#here\n\
         SetHandler mtlsprotect-status\n</Location>\n@END@\n@ON@",
        &["has no Require", "strangers see"],
    ),
    warning(
        "a status page for this machine in the server config, and a host that lets everybody in",
        "@CAS@\n<Location \"/mtlsprotect-status\">\nSetHandler mtlsprotect-status\nRequire local\n</Location>\n@HOST@\n\
         <Location \"/\">\n#here\nRequire all granted\n</Location>\n@END@\n@ON@",
        &[
            "Require all granted in <Location '/'>",
            "replaces Require local",
            "strangers see",
            "into the same virtual host",
        ],
    ),
    with(
        &["access_compat"],
        warning(
            "a status page where Satisfy Any counts",
            "@CAS@\n<Location \"/mtlsprotect-status\">\nSetHandler mtlsprotect-status\nRequire ip 192.0.2.1\n</Location>\n\
             @HOST@\n<Location \"/\">\n#here\nSatisfy Any\n</Location>\n@END@\n@ON@",
            &["Satisfy Any in <Location '/'>", "replaces Require ip 192.0.2.1", "strangers see"],
        ),
    ),
    // Lists and lines that replace others.
    error(
        "two device files in one place",
        "@CAS@\nMTLSProtectDeviceFile blocked\n#here\nMTLSProtectDeviceFile devices\n@HOST@\n@END@\n@ON@",
        &["stands here already", "into one file"],
    ),
    error(
        "two device files in one folder",
        "@CAS@\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\nMTLSProtectDeviceFile blocked\n#here\n\
         MTLSProtectDeviceFile devices closed\n</Directory>",
        &["stands here already"],
    ),
    error(
        "two learned files",
        "@CAS@\nMTLSProtectLearnedFile logs/one\n#here\nMTLSProtectLearnedFile logs/two\n@HOST@\n@END@\n@ON@",
        &["stands here already", "learned merge"],
    ),
    warning(
        "a host's device file in place of one that blocks",
        "@CAS@\nMTLSProtectDeviceFile blocked\n@HOST@\n#here\nMTLSProtectDeviceFile devices\n@END@\n@ON@",
        &["replaces MTLSProtectDeviceFile blocked", "blocks 0004f2aaaaaa", "get their files again", "block lines"],
    ),
    warning(
        "a tenant's device file that allows what the server's blocks",
        "@CAS@\nMTLSProtectDeviceFile blocked\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n#here\n\
         MTLSProtectDeviceFile devices closed\n</Directory>",
        &["in <Directory", "replaces MTLSProtectDeviceFile blocked", "blocks 0004f2aaaaaa"],
    ),
    warning(
        "a location's device file in place of the folder's",
        "@CAS@\n@HOST@\n<Location \"/\">\n#here\nMTLSProtectDeviceFile devices\n</Location>\n@END@\n\
         <Directory \"${DOCROOT}\">\nMTLSProtect On\nMTLSProtectDeviceFile blocked\n</Directory>",
        &["in <Location '/'>", "blocks 0004f2aaaaaa"],
    ),
    warning(
        "a host's CA file in place of the server's CRL",
        "@CAS@\nMTLSProtectCRLFile device-ca.crl\n@HOST@\n#here\n@CAS@\n@END@\n@ON@",
        &["replaces all lists of the server config", "certificates that it revokes are trusted", "MTLSProtectCRLFile"],
    ),
    warning(
        "a mode and another in one folder",
        "@CAS@\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect Report\n#here\nMTLSProtect On\n</Directory>",
        &["replaces MTLSProtect Report", "only the last line counts"],
    ),
    warning(
        "parameters in two lines",
        "@CAS@\nMTLSProtectNameParameter mac\n#here\nMTLSProtectNameParameter id\n@HOST@\n@END@\n@ON@",
        &["replaces MTLSProtectNameParameter mac", "into one line"],
    ),
    // Names that nothing sets.
    with(
        &["rewrite"],
        warning(
            "a rule that misspells the variable",
            "@CAS@\n@HOST@\nRewriteMap phones txt:${ROOT}/phones.txt\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n#here\n\
             MTLSProtectNamedBy %{reqenv:PHONE}\nRewriteEngine on\nRewriteRule \"^([0-9]+)\" - [E=PHNOE:${phones:$1|bad}]\n</Directory>",
            &[
                "nothing in the configuration sets PHONE",
                "each phone reads the files of all",
                "MTLSProtectOtherFiles deny",
            ],
        ),
    ),
    with(
        &["rewrite"],
        warning(
            "a rule without RewriteEngine",
            "@CAS@\n@HOST@\nRewriteMap phones txt:${ROOT}/phones.txt\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n#here\n\
             MTLSProtectNamedBy %{reqenv:PHONE}\nRewriteRule \"^([0-9]+)\" - [E=PHONE:${phones:$1|bad}]\n</Directory>",
            &["RewriteEngine is not on", "each phone reads the files of all"],
        ),
    ),
    with(
        &["rewrite"],
        warning(
            "a rule whose engine a location turns off",
            "@CAS@\n@HOST@\nRewriteMap phones txt:${ROOT}/phones.txt\n<Location \"/\">\nRewriteEngine off\n</Location>\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n#here\n\
             MTLSProtectNamedBy %{reqenv:PHONE}\nRewriteEngine on\nRewriteRule \"^([0-9]+)\" - [E=PHONE:${phones:$1|bad}]\n</Directory>",
            &["off for all that the host serves"],
        ),
    ),
    with(
        &["rewrite"],
        warning(
            "a rule whose engine is on outside of sections only",
            "@CAS@\n@HOST@\nRewriteMap phones txt:${ROOT}/phones.txt\nRewriteEngine on\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n#here\n\
             MTLSProtectNamedBy %{reqenv:PHONE}\nRewriteRule \"^([0-9]+)\" - [E=PHONE:${phones:$1|bad}]\n</Directory>",
            &["RewriteEngine is not on"],
        ),
    ),
    // What lies or goes where it should not.
    warning(
        "a device file among the files",
        "@CAS@\n#here\nMTLSProtectDeviceFile docroot/devices\n@HOST@\n@END@\n@ON@",
        &["which is served", "MACs of all devices", "move it"],
    ),
    warning(
        "a learned file among the files",
        "@CAS@\n#here\nMTLSProtectLearnedFile docroot/learned\n@HOST@\n@END@\n@ON@",
        &["which is served", "move it"],
    ),
    with(
        &["proxy", "proxy_http", "remoteip"],
        warning(
            "a front that lets the client's own header through",
            "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nSSLEngine on\nDocumentRoot ${ROOT}/logs\n#here\n\
             ProxyPass / http://127.0.0.1:${HTTPS}/\n@END@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName phones.example\n\
             MTLSProtectProxy 127.0.0.1 certificate=nginx:X-Client-Cert\nLimitRequestFieldSize 16380\nMTLSProtect On\n\
             RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n@END@",
            &["X-Client-Cert", "phones.example", "RequestHeader unset X-Client-Cert"],
        ),
    ),
    // Trust that is nearly everybody's, and what can't be read.
    warning(
        "an exemption for both halves of the Internet",
        "@CAS@\n#here\nMTLSProtectDeviceFile halves\n@HOST@\n@END@\n@ON@",
        &["0004f2aaaaaa in line 1 from 0.0.0.0/1", "nearly everybody"],
    ),
    with(
        &["remoteip"],
        warning(
            "a RemoteIPHeader of both halves of the Internet beside an exemption",
            "@CAS@\nMTLSProtectDeviceFile devices\n@HOST@\n#here\nRemoteIPHeader X-Forwarded-For\n\
             RemoteIPInternalProxy 0.0.0.0/1 128.0.0.0/1\n@END@\n@ON@",
            &["trusts the header of anybody"],
        ),
    ),
    with(
        &["remoteip"],
        warning(
            "a public network as balancers",
            "@CAS@\n@HOST@\n#here\nMTLSProtectProxy 203.0.0.0/8 certificate=nginx:X-Client-Cert\nRemoteIPHeader X-Forwarded-For\n\
             RemoteIPInternalProxy 203.0.0.0/8\nLimitRequestFieldSize 16380\n@END@\n@ON@",
            &["203.0.0.0/8", "public addresses", "list the balancers' own"],
        ),
    ),
    error(
        "a pattern that ignores everything",
        "@CAS@\n#here\nMTLSProtectIgnore .*\n",
        &["cuts the MAC out of any name", "order-[0-9]{12}"],
    ),
    error("a device as CA file", "#here\nMTLSProtectCAFile /dev/zero\n", &["/dev/zero", "is not a file"]),
    error("a device as CRL file", "@CAS@\n#here\nMTLSProtectCRLFile /dev/zero\n", &["/dev/zero", "is not a file"]),
    error("a pipe as CA file", "#here\nMTLSProtectCAFile ${LINKS}/pipe\n", &["is not a file"]),
    error("a device file in UTF-16", "#here\nMTLSProtectDeviceFile utf16\n", &["utf16:1:", "UTF-16", "UTF-8"]),
    error("a private key as CA file", "#here\nMTLSProtectCAFile key.pem\n", &["is a private key", "move it"]),
    error("links named by hash", "#here\nMTLSProtectCAPath hashed\n", &["named by hash", "are not read"]),
    error("a comment behind a directive", "#here\nMTLSProtect On # now\n", &["no comments behind a directive"]),
];

/// Configurations of which nothing is said.
pub const PROPER: &[(&str, &[&str], &str)] = &[
    (
        "uploads as the guide has them",
        DAV,
        "@CAS@\nAddHandler type-map .var\nAddType application/x-httpd-php .php\n<FilesMatch \"\\.php$\">\nSetHandler lua-script\n\
         </FilesMatch>\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n<FilesMatch \".\">\n\
         SetHandler default-handler\n</FilesMatch>\nDav On\n</Directory>",
    ),
    (
        "uploads in one folder, scripts in another, and those for nobody's uploads",
        DAV,
        "@CAS@\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\n</Directory>\n<Directory \"${DOCROOT}/cfg\">\nDav On\n\
         </Directory>\n<Directory \"${DOCROOT}/app\">\nAddHandler lua-script .lua\n</Directory>\n<Location \"/server-status\">\n\
         SetHandler server-status\n</Location>\nAddType application/x-gzip .gz",
    ),
    (
        "uploads where handlers are removed",
        DAV,
        "@CAS@\nAddHandler type-map var\n@HOST@\n@END@\n<Directory \"${DOCROOT}\">\nMTLSProtect On\nRemoveHandler .var\nDav On\n\
         </Directory>",
    ),
    (
        "a folder that nobody protects",
        DAV,
        "@CAS@\n@HOST@\nAlias /up ${LINKS}/provisioning\n@END@\nAddHandler type-map var\n@ON@\n<Directory \"${LINKS}/provisioning\">\n\
         Dav On\n</Directory>",
    ),
    (
        "a status page for this machine behind what lets everybody in, and one meant for everybody",
        &[],
        "@CAS@\n@HOST@\n<Location \"/\">\nRequire all granted\n</Location>\n<Location \"/mtlsprotect-status\">\n\
         SetHandler mtlsprotect-status\nRequire local\n</Location>\n@END@\n@ON@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\n\
         <Location \"/status\">\nSetHandler mtlsprotect-status\nRequire all granted\n</Location>\n</VirtualHost>",
    ),
    (
        "a status page whose Require is combined with what lets everybody in",
        &[],
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Location \"/status\">\nSetHandler mtlsprotect-status\nRequire local\n</Location>\n\
         <Location \"/\">\nAuthMerging And\nRequire all granted\n</Location>",
    ),
    (
        "a status page below what only staff may see",
        &[],
        "@CAS@\n@HOST@\n@END@\n@ON@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\n<Location \"/\">\nRequire ip 192.0.2.0/24\n\
         </Location>\n<Location \"/admin/status\">\nSetHandler mtlsprotect-status\n</Location>\n</VirtualHost>",
    ),
    (
        "lists that an inner place replaces without a loss",
        &[],
        "@CAS@\nMTLSProtectCRLFile device-ca.crl\nMTLSProtectDeviceFile devices\n@HOST@\nMTLSProtectDeviceFile blocked\n\
         @CAS@\nMTLSProtectCRLFile device-ca.crl\n@END@\n@ON@\n<Directory \"${DOCROOT}/cfg\">\n\
         MTLSProtectDeviceFile others closed\n</Directory>\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nSSLEngine on\n\
         SSLVerifyClient optional_no_ca\nMTLSProtectVendor acme ca=staff-ca.pem oui=aabbcc\nServerName acme.example\n@END@",
    ),
    (
        "variables that are set",
        &["rewrite"],
        "@CAS@\n@HOST@\nRewriteMap phones txt:${ROOT}/phones.txt\n<Location \"/admin\">\nRewriteEngine off\n</Location>\n@END@\n\
         <Directory \"${DOCROOT}\">\nMTLSProtect On\nMTLSProtectNamedBy %{reqenv:PHONE}\nMTLSProtectNamedBy %{reqenv:OTHER}\n\
         MTLSProtectNamedBy %{env:MATCH_MAC}\nMTLSProtectNamedBy %{req:X-MAC}\nRewriteEngine on\n\
         RewriteRule \"^([0-9]+)\" - [L,E=PHONE:${phones:$1|bad}]\n</Directory>\nSetEnvIf Request_URI ^/x/(.*) OTHER=$1",
    ),
    (
        "a variable of the host, by a rule of the host",
        &["rewrite"],
        "@CAS@\n@HOST@\nRewriteEngine on\nRewriteRule \"^/prov/([0-9]+)\" - [E=PHONE:$1]\n<Location /prov>\nMTLSProtect On\n\
         MTLSProtectNamedBy %{reqenv:PHONE}\n</Location>\n@END@",
    ),
    (
        "a front that removes the client's own header",
        &["proxy", "proxy_http", "remoteip"],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nRequestHeader unset X-Client-Cert\n\
         ProxyPass / http://127.0.0.1:${HTTPS}/\n@END@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName phones.example\n\
         MTLSProtectProxy 127.0.0.1 certificate=nginx:X-Client-Cert\nLimitRequestFieldSize 16380\nMTLSProtect On\n\
         RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n@END@",
    ),
    (
        "a device file with a byte order mark, and private balancers",
        &["remoteip"],
        "@CAS@\nMTLSProtectDeviceFile marked\n@HOST@\nMTLSProtectProxy 10.0.0.0/8 certificate=nginx:X-Client-Cert\n\
         RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 10.0.0.0/8\nLimitRequestFieldSize 16380\n@END@\n@ON@",
    ),
];
