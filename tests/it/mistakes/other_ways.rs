//! Rows about other ways to the files: what is passed on, other hosts, exceptions for some, and WebDAV.

use super::table::{Mistake, warning, with};

pub const MISTAKES: &[Mistake] = &[
    // An application, and not files.
    with(
        &["proxy", "proxy_http"],
        warning(
            "everything is passed on past the folder",
            "@CAS@\n@HOST@\n#here\nProxyPass / http://127.0.0.1:9/\n@END@\n@ON@",
            &["MTLSP0418", "passes on what is asked for below /", "not judged", "<Location '/'>", "ProxyPass / !"],
        ),
    ),
    with(
        &["proxy", "proxy_http", "rewrite"],
        warning(
            "everything is rewritten past the folder",
            "@CAS@\n@HOST@\nRewriteEngine on\n#here\nRewriteRule ^/(.*)$ http://127.0.0.1:9/$1 [P]\n@END@\n@ON@",
            &["MTLSP0418", "not judged", "<Location '/'>"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "a location is passed on past the folder",
            "@CAS@\n@HOST@\n<Location />\n#here\nProxyPass http://127.0.0.1:9/\n</Location>\n@END@\n@ON@",
            &["MTLSP0418", "not judged"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "what is passed on is no file",
            "@CAS@\n@HOST@\n#here\nProxyPass / http://127.0.0.1:9/\n<FilesMatch \\.cfg$>\nMTLSProtect On\n</FilesMatch>\n@END@",
            &["MTLSP0418", "<FilesMatch '\\\\.cfg$'>", "not judged"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "an application of two hosts, protected in one",
            "@CAS@\n@HOST@\nProxyPass / http://127.0.0.1:9/\nMTLSProtect On\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\n\
             ServerName open.example\nDocumentRoot ${ROOT}/logs\n#here\nProxyPass / http://localhost:9/\n@END@",
            &["MTLSP0438", "open.example", "strangers are served", "<Location '/'>"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "an application by two locations, protected in one",
            "@CAS@\n@HOST@\nProxyPass /app/ http://127.0.0.1:9/\n#here\nProxyPass /old/ http://127.0.0.1:9/\n<Location /app/>\n\
             MTLSProtect On\n</Location>\n@END@",
            &["MTLSP0438", "strangers are served", "<Location '/old/'>"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "the location's last slash",
            "@CAS@\n@HOST@\n#here\nProxyPass /app http://127.0.0.1:9/\n<Location /app/>\nMTLSProtect On\n</Location>\n@END@",
            &["MTLSP0439", "passes on /app as well", "<Location '/app'>"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "a pattern that matches more than the location",
            "@CAS@\n@HOST@\n#here\nProxyPassMatch ^/app(.*)$ http://127.0.0.1:9/$1\n<Location /app>\nMTLSProtect On\n\
             </Location>\n@END@",
            &["MTLSP0439", "/app0004f2", "^/app/"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "an Off for everything over a protected backend",
            "@CAS@\n@HOST@\nProxyPass / http://127.0.0.1:9/\n<Proxy *>\nMTLSProtect On\n</Proxy>\n<Location />\n#here\n\
             MTLSProtect Off\n</Location>\n@END@",
            &["MTLSP0405", "replaces the On of <Proxy", "strangers are served"],
        ),
    ),
    with(
        &["proxy", "proxy_http", "proxy_balancer", "slotmem_shm", "lbmethod_byrequests"],
        warning(
            "a balancer's member whose URL names a device",
            "@CAS@\n<Proxy balancer://app>\n#here\nBalancerMember http://127.0.0.1:9/cfg/0004f2-bbbbbb.cfg\n</Proxy>\n@HOST@\n\
             ProxyPass /app balancer://app\nMTLSProtect On\n@END@",
            &["MTLSP0459", "0004f2bbbbbb", "after the last check", "ProxyPass"],
        ),
    ),
    // A later line, another host.
    warning(
        "a later line in the server config",
        "MTLSProtect On\n#here\nMTLSProtect Off\n@CAS@\n@HOST@\n@END@",
        &["MTLSP0405", "replaces the On of", "the last line counts"],
    ),
    warning(
        "a later line in the host",
        "@CAS@\n@HOST@\nMTLSProtect On\n#here\nMTLSProtect Off\n@END@",
        &["MTLSP0405", "replaces the On of"],
    ),
    warning(
        "a later line for other files",
        "MTLSProtectOtherFiles deny\n#here\nMTLSProtectOtherFiles device\n@CAS@\n@HOST@\n@END@\n@ON@",
        &["MTLSP0405", "replaces the deny of"],
    ),
    warning(
        "Off in the phones' host",
        "MTLSProtect On\n@CAS@\n@HOST@\n#here\nMTLSProtect Off\n@END@",
        &["MTLSP0405", "replaces the On of", "asks for phones' certificates"],
    ),
    warning(
        "a second host with device CAs of its own",
        "@HOST@\nMTLSProtectCAFile device-ca.pem\nMTLSProtect On\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName second.example\n\
         SSLEngine on\nSSLVerifyClient optional_no_ca\nDocumentRoot ${ROOT}/logs\n#here\nMTLSProtectCAFile device-ca.pem\n@END@",
        &["MTLSP0404", "second.example", "device CAs of its own", "nothing is protected"],
    ),
    warning(
        "a plain host that only looks like the staff's",
        "@CAS@\nSSLVerifyClient require\nSSLCACertificateFile ${ROOT}/staff-ca.pem\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\n\
         ServerName plain.example\n<Location />\n#here\nMTLSProtect Off\n</Location>\n@END@\n@ON@",
        &["MTLSP0405", "plain.example", "strangers are served"],
    ),
    warning(
        "the device CAs in the staff's host",
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName staff.example\nSSLEngine on\nSSLVerifyClient require\n\
         #here\nSSLCACertificateFile ${ROOT}/device-ca.pem\n<Location />\nMTLSProtect Off\n</Location>\n@END@\n@ON@",
        &["MTLSP0442", "staff.example", "every phone is let in", "the staff's own CA alone"],
    ),
    warning(
        "a whole bundle of CAs in the staff's host",
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName staff.example\nSSLEngine on\nSSLVerifyClient require\n\
         #here\nSSLCACertificateFile ${ROOT}/bundle.pem\n<Location />\nMTLSProtect Off\n</Location>\n@END@\n@ON@",
        &["MTLSP0442", "it has 21 CAs", "whoever gets a certificate"],
    ),
    // Off for some.
    warning(
        "Off for all but a network",
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Directory ${DOCROOT}>\n<If \"! -R '192.0.2.0/24'\">\n#here\nMTLSProtect Off\n</If>\n</Directory>",
        &["MTLSP0405", "strangers are served", "write an address alone"],
    ),
    warning(
        "Off for a network or what the client says",
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Directory ${DOCROOT}>\n<If \"-R '192.0.2.0/24' || %{HTTP_USER_AGENT} =~ /monitor/\">\n#here\n\
         MTLSProtect Off\n</If>\n</Directory>",
        &["MTLSP0405", "strangers are served"],
    ),
    with(
        &["remoteip"],
        warning(
            "anybody's RemoteIPHeader beside an Off for a network",
            "@CAS@\n@HOST@\n#here\nRemoteIPHeader X-Forwarded-For\n@END@\n@ON@\n<Directory ${DOCROOT}>\n<If \"-R '192.0.2.0/24'\">\n\
             MTLSProtect Off\n</If>\n</Directory>",
            &["MTLSP0419", "trusts the header of anybody", "lets in by address", "RemoteIPInternalProxy"],
        ),
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "Off for this machine behind a proxy on it",
            "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nProxyPass / http://127.0.0.1:${HTTPS_B}/\n@END@\n\
             <VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName behind.example\n@END@\n@ON@\n<Directory ${DOCROOT}>\n\
             <If \"-R '127.0.0.1'\">\n#here\nMTLSProtect Off\n</If>\n</Directory>",
            &["MTLSP0441", "this machine's own address", "behind.example", "strangers are served"],
        ),
    ),
    // ACME's path, and WebDAV.
    with(
        &["dav", "dav_fs"],
        warning(
            "ACME's path where WebDAV is on",
            "@CAS@\n@HOST@\n<Location /.well-known/acme-challenge/>\n#here\nMTLSProtect Off\n</Location>\n@END@\n\
             <Directory ${DOCROOT}>\nMTLSProtect On\nDav On\n</Directory>",
            &["MTLSP0440", "write the answer to a challenge", "Dav Off", "Require method GET HEAD"],
        ),
    ),
    with(
        &["proxy", "proxy_http", "rewrite"],
        warning(
            "ACME's path in front of an application by a rewrite",
            "@CAS@\n@HOST@\nMTLSProtect On\nRewriteEngine on\nRewriteRule ^/(.*)$ http://127.0.0.1:9/$1 [P]\n\
             <Location /.well-known/acme-challenge/>\n#here\nMTLSProtect Off\n</Location>\n@END@",
            &["MTLSP0406", "passes on to an application", "RewriteRule ^/"],
        ),
    ),
    warning(
        "ACME's path as an alias of the phones' folder",
        "@CAS@\n@HOST@\nMTLSProtect On\nAlias /.well-known/acme-challenge/ ${DOCROOT}/\n<Location /.well-known/acme-challenge/>\n#here\n\
         MTLSProtect Off\n</Location>\n@END@",
        &["MTLSP0405", "strangers are served"],
    ),
    with(
        &["dav", "dav_fs"],
        warning(
            "WebDAV above the protected folder",
            "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\n#here\nDav On\n</Directory>\n<Directory ${DOCROOT}/cfg>\nMTLSProtect On\n\
             </Directory>",
            &["MTLSP0443", "COPY or MOVE", "nothing protects them"],
        ),
    ),
];

/// Of which nothing is said.
pub const PROPER: &[(&str, &[&str], &str)] = &[
    // Applications beside files.
    (
        "an application beside the phones' files",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nProxyPass /phonebook http://127.0.0.1:9/\nProxyPassMatch \\.php$ http://127.0.0.1:9\n@END@\n@ON@",
    ),
    (
        "an application for what is no file",
        &["proxy", "proxy_http", "rewrite"],
        "@CAS@\n@HOST@\nRewriteEngine on\nRewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f\n\
         RewriteRule ^ http://127.0.0.1:9%{REQUEST_URI} [P]\n@END@\n@ON@",
    ),
    (
        "an application for all but the phones' files",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nProxyPass /cfg/ !\nProxyPass / http://127.0.0.1:9/\n@END@\n<Directory ${DOCROOT}/cfg>\n\
         MTLSProtect On\n</Directory>",
    ),
    (
        "an application for everything, protected by its location",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nProxyPass / http://127.0.0.1:9/\n<Location />\nMTLSProtect On\n</Location>\n@END@\n@ON@",
    ),
    (
        "another host's application, of which phones know nothing",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName www.example\nSSLEngine on\n\
         DocumentRoot ${ROOT}/logs\nProxyPass / http://127.0.0.1:9/\n@END@\n@ON@",
    ),
    (
        "an application's static part and its administrators' way",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nProxyPass /static/ http://127.0.0.1:9/static/\nProxyPass /app http://127.0.0.1:9/\n<Location /app>\n\
         MTLSProtect On\n</Location>\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName admin.example\nSSLEngine on\n\
         DocumentRoot ${ROOT}/logs\nProxyPass / http://127.0.0.1:9/\n<Location />\nRequire ip 192.0.2.0/24\n</Location>\n@END@",
    ),
    (
        "hosts by name behind one application server",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nServerName phones.example\nProxyPreserveHost On\nProxyPass / http://127.0.0.1:9/\nMTLSProtect On\n@END@\n\
         <VirtualHost 127.0.0.1:${HTTPS}>\nServerName www.example\nSSLEngine on\nSSLVerifyClient optional_no_ca\n\
         DocumentRoot ${ROOT}/logs\nProxyPreserveHost On\nProxyPass / http://127.0.0.1:9/\n@END@",
    ),
    (
        "a pattern of whole names behind a location",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nProxyPassMatch ^/app(/.*)?$ http://127.0.0.1:9$1\n<Location /app>\nMTLSProtect On\n</Location>\n@END@",
    ),
    // Who is kept out in another way.
    (
        "a plain host that redirects",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName plain.example\n\
         Redirect permanent / https://phones.example/\n@END@",
    ),
    (
        "a plain host that redirects, without device CAs",
        &[],
        "@HOST@\n@CAS@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName plain.example\n\
         Redirect permanent / https://phones.example/\n@END@\n@ON@",
    ),
    (
        "a plain host that rewrites to TLS but for ACME",
        &["rewrite"],
        "@CAS@\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName plain.example\nRewriteEngine on\n\
         RewriteCond %{HTTPS} off\nRewriteCond %{REQUEST_URI} !^/\\.well-known/acme-challenge/\n\
         RewriteRule ^ https://phones.example%{REQUEST_URI} [R=301,L]\n@END@",
    ),
    (
        "a host that refuses all",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName plain.example\n<Location />\n\
         Require all denied\n</Location>\n@END@",
    ),
    (
        "another site beside a protected server",
        &[],
        "MTLSProtect On\n@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName www.example\nSSLEngine on\n\
         DocumentRoot ${ROOT}/logs\nMTLSProtect Off\n@END@",
    ),
    (
        "a page for administrators by address",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n<Location /server-status>\nMTLSProtect Off\nRequire ip 192.0.2.1\n</Location>\n@END@",
    ),
    (
        "two networks, one after the other",
        &[],
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\n<If \"-R '192.0.2.0/24'\">\nMTLSProtect Off\n</If>\n\
         <ElseIf \"-R '198.51.100.0/24'\">\nMTLSProtect Off\n</ElseIf>\n</Directory>",
    ),
    (
        "ACME's path by a pattern",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n<LocationMatch \"^/\\.well-known/acme-challenge/\">\nMTLSProtect Off\n</LocationMatch>\n@END@",
    ),
    (
        "ACME's path as a folder of its own",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\nAlias /.well-known/acme-challenge/ ${LINKS}/provisioning/\n<Directory ${LINKS}/provisioning>\n\
         MTLSProtect Off\n</Directory>\n@END@",
    ),
    (
        "ACME's path where WebDAV is on elsewhere",
        &["dav", "dav_fs"],
        "@CAS@\n@HOST@\n<Location /.well-known/acme-challenge/>\nMTLSProtect Off\nDav Off\nRequire method GET HEAD\n</Location>\n@END@\n\
         <Directory ${DOCROOT}>\nMTLSProtect On\nDav On\n</Directory>",
    ),
    (
        "WebDAV for the administrators above the folder",
        &["dav", "dav_fs"],
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nDav On\nRequire ip 192.0.2.0/24\n</Directory>\n<Directory ${DOCROOT}/cfg>\n\
         MTLSProtect On\n</Directory>",
    ),
    (
        "an Off for this machine, and an application on it",
        &["proxy", "proxy_http"],
        "@CAS@\n@HOST@\nProxyPass /phonebook http://127.0.0.1:9/\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\n\
         <If \"-R '127.0.0.1'\">\nMTLSProtect Off\n</If>\n</Directory>",
    ),
    (
        "users or phones, either is enough",
        &["access_compat", "auth_basic", "authn_file"],
        "@CAS@\nMTLSProtectLearnedFile ${ROOT}/learned\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\nMTLSProtectPassword On\n\
         Satisfy Any\nAuthType Basic\nAuthName phones\nAuthUserFile ${ROOT}/devices\nRequire valid-user\n</Directory>",
    ),
];
