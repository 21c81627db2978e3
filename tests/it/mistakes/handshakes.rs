//! The rows of handshakes in which phones are shut out, or can't show a certificate.

use super::table::{Mistake, error, warning, with};

pub const MISTAKES: &[Mistake] = &[
    // mod_ssl judges, and drops what the device CAs would let in.
    warning(
        "mod_ssl knows the device CAs, and allows one in a chain",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient optional\n\
         SSLCACertificateFile ${ROOT}/device-ca.pem\n@END@\n@ON@",
        &["SSLVerifyDepth 1 (the default)", "Issuing CA 2' have 3 CAs", "drops them", "or SSLVerifyDepth 3"],
    ),
    warning(
        "mod_ssl requires a certificate, and allows two in a chain",
        "SSLVerifyDepth 2\n@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient require\n\
         SSLCACertificateFile ${ROOT}/device-ca.pem\n@END@\n@ON@",
        &["SSLVerifyDepth 2 (", "drops them", "or SSLVerifyDepth 3"],
    ),
    warning(
        "mod_ssl has the root alone",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient optional\nSSLVerifyDepth 5\n\
         SSLCACertificateFile ${ROOT}/root-ca.pem\n@END@\n@ON@",
        &["lacks the device CA 'CN=TEST Polycom Equipment Policy CA' and 2 more", "add them to SSLCACertificateFile"],
    ),
    warning(
        "mod_ssl asks for CRLs that it doesn't have",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient optional\nSSLVerifyDepth 5\n\
         SSLCACertificateFile ${ROOT}/device-ca.pem\nSSLCARevocationCheck chain\nSSLCARevocationFile ${ROOT}/issuing1.crl\n\
         @END@\n@ON@",
        &[
            "no CRL of the device CA 'CN=TEST Polycom Root CA'",
            "drops each phone below it",
            "SSLCARevocationCheck none",
        ],
    ),
    warning(
        "mod_ssl asks OCSP responders",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient optional\nSSLVerifyDepth 5\n\
         SSLCACertificateFile ${ROOT}/device-ca.pem\nSSLOCSPEnable on\n@END@\n@ON@",
        &["OCSP responder", "names none", "drops each phone below it", "write SSLOCSPEnable off"],
    ),
    // Phones without SNI, to which the first host of the address answers.
    warning(
        "the first host of the address asks, and has no device CAs",
        "<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient optional_no_ca\n@END@\n@HOST@\n@CAS@\n@END@\n@ON@",
        &[
            "first.example",
            "has no device CAs",
            "are dropped in the handshake",
            "first, or give it the same device CAs",
        ],
    ),
    warning(
        "the first host of the address is everybody's",
        "@CAS@\n<VirtualHost _default_:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\n@END@\n<VirtualHost *:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\n@END@\n@ON@",
        &["first.example", "of *:", "does not ask", "get 421", "and the same device CAs"],
    ),
    warning(
        "the first host of the address is the staff's",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient require\nSSLCACertificateFile ${ROOT}/staff-ca.pem\n@END@\n@HOST@\n@END@\n@ON@",
        &["first.example", "has SSLVerifyClient require (", "dropped in the handshake", "put localhost"],
    ),
    warning(
        "the first host of the address speaks other versions of TLS",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient optional_no_ca\n@END@\n@HOST@\nSSLProtocol TLSv1.2\n@END@\n@ON@",
        &["another SSLProtocol than", "get 421"],
    ),
    warning(
        "the first host of the address has other ciphers",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient optional_no_ca\n@END@\n@HOST@\nSSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256\n@END@\n@ON@",
        &["another SSLCipherSuite than", "get 421"],
    ),
    warning(
        "the first host of the address names other CAs",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient optional_no_ca\n@END@\n@HOST@\nSSLCADNRequestFile ${ROOT}/device-ca.pem\n@END@\n@ON@",
        &["another SSLCADNRequestFile than", "get 421"],
    ),
    warning(
        "the first host of the address has a certificate of its own",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient optional_no_ca\nSSLCertificateFile ${ROOT}/staff-ca.pem\n@END@\n@HOST@\n@END@\n@ON@",
        &["another SSLCertificateFile than", "get 421"],
    ),
    warning(
        "the first host of the address has no TLS",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\n@END@\n@HOST@\n@END@\n@ON@",
        &["first.example", "no SSLEngine on", "plain HTTP", "put localhost"],
    ),
    // Hosts that ask where it does not count, or without TLS.
    warning(
        "asking in another location only",
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n<Location \"/admin\">\nSSLVerifyClient optional_no_ca\n</Location>\n@END@\n@ON@",
        &[
            "asks for a phone's certificate only in <Location '/admin'>",
            "where nothing is protected",
            "outside of sections",
        ],
    ),
    warning(
        "asking in another folder only",
        "@CAS@\n<Directory ${ROOT}/logs>\nSSLVerifyClient require\n</Directory>\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n@END@\n@ON@",
        &["only in <Directory '", "where nothing is protected"],
    ),
    warning(
        "a listener for https, and a host that never asks",
        "@CAS@\nListen 127.0.0.1:443\n<VirtualHost 127.0.0.1:443>\nServerName silent.example\n@END@\n@HOST@\n@END@\n@ON@",
        &["silent.example", "never asks"],
    ),
    warning(
        "asking without TLS",
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\n#here\nSSLVerifyClient optional_no_ca\n@END@\n@ON@",
        &["speaks plain HTTP", "SSLEngine is not on there", "write SSLEngine on"],
    ),
    warning(
        "an SSLEngine that httpd has given up",
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nSSLEngine optional\n#here\nSSLVerifyClient optional_no_ca\n@END@\n@ON@",
        &["speaks plain HTTP", "takes SSLEngine optional for off"],
    ),
    error(
        "an SSLEngine that httpd has given up, and no other host",
        "@CAS@\n<Directory ${DOCROOT}>\n#here\nMTLSProtect On\n</Directory>\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine optional\nSSLVerifyClient optional_no_ca\n@END@",
        &["no virtual host has", "SSLEngine on"],
    ),
    // Phones that are refused with a certificate or a password that is theirs, and a log that hides it.
    warning(
        "a vendor's line with the CAs of another",
        "#here\nMTLSProtectVendor yealink ca=device-ca.pem\n@HOST@\n@END@\n@ON@",
        &["which is poly's", "vendor-mismatch", "write MTLSProtectVendor poly"],
    ),
    warning(
        "a host's vendor's line with the CAs of another",
        "@HOST@\n#here\nMTLSProtectVendor Yealink ca=device-ca.pem\n@END@\n@ON@",
        &["which is poly's"],
    ),
    with(
        &["auth_basic", "authn_file", "authz_user"],
        warning(
            "passwords without a file of users",
            "MTLSProtectLearnedFile ${ROOT}/learned\n@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\nAuthType Basic\nAuthName phones\n#here\nMTLSProtectPassword On\n</Directory>",
            &["no AuthUserFile there", "gets 500", "htpasswd"],
        ),
    ),
    with(
        &["auth_digest", "authn_file", "authz_user"],
        warning(
            "passwords in a file that is missing",
            "MTLSProtectLearnedFile ${ROOT}/learned\n@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\nAuthType Digest\nAuthName phones\n#here\nAuthUserFile /etc/absent\nMTLSProtectPassword On\n</Directory>",
            &["there is no such file", "gets 500"],
        ),
    ),
    warning(
        "a log that hides refusals",
        "#here\nLogLevel error\nLogLevel ssl:info\n@CAS@\n@HOST@\n@END@\n@ON@",
        &["LogLevel error hides", "write LogLevel error mtlsprotect:warn"],
    ),
    warning(
        "a host's log that hides refusals",
        "@CAS@\n@HOST@\n#here\nLogLevel crit\n@END@\n@ON@",
        &["LogLevel crit hides"],
    ),
];

/// Of these nothing is said.
pub const PROPER: &[(&str, &[&str], &str)] = &[
    (
        "mod_ssl knows the device CAs, and doesn't insist on CRLs and OCSP",
        &[],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional\nSSLVerifyDepth 3\n\
         SSLCACertificateFile ${ROOT}/device-ca.pem\nSSLCARevocationCheck chain no_crl_for_cert_ok\nSSLOCSPEnable on \
         no_ocsp_for_cert_ok\n@END@\n@ON@",
    ),
    (
        "mod_ssl has a CRL of whoever issues phones",
        &[],
        "MTLSProtectCAFile one-ca.pem\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional\n\
         SSLVerifyDepth 3\nSSLCACertificateFile ${ROOT}/one-ca.pem\nSSLCARevocationCheck leaf\n\
         SSLCARevocationFile ${ROOT}/issuing1.crl\n@END@\n@ON@",
    ),
    (
        "phones first, staff and the web behind them",
        &[],
        "@CAS@\n@HOST@\n@END@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName staff.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient require\nSSLCACertificateFile ${ROOT}/staff-ca.pem\n@END@\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName web.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\n@END@\n@ON@",
    ),
    (
        "the web first, and the same settings in other words",
        &[],
        "@CAS@\nSSLProtocol all -SSLv3\n<VirtualHost 127.0.0.1:${HTTPS}>\nServerName first.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\nSSLVerifyClient OPTIONAL_no_ca\nSSLProtocol -all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3\nSSLVerifyDepth 1\n@END@\n@HOST@\n@END@\n@ON@",
    ),
    (
        "tenants with a name and a certificate each",
        &[],
        "@CAS@\n@HOST@\nSSLCertificateFile ${ROOT}/staff-ca.pem\n@END@\n@HOST@\nServerName two.example\n@END@\n@ON@",
    ),
    (
        "hosts of other addresses",
        &[],
        "@CAS@\n<VirtualHost 127.0.0.2:${HTTPS}>\nServerName other.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\n@END@\n<VirtualHost *:${HTTPS}>\nServerName any.example\nSSLEngine on\nDocumentRoot ${ROOT}/logs\n@END@\n@HOST@\n@END@\n@ON@",
    ),
    (
        "asking in the protected folder",
        &[],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\nSSLVerifyClient optional_no_ca\n</Directory>",
    ),
    (
        "asking in a location of the protected folder",
        &[],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n<Location /cfg>\nSSLVerifyClient optional_no_ca\n</Location>\n@END@\n@ON@",
    ),
    (
        "asking in a location that is rewritten into the protected folder",
        &["rewrite"],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nRewriteEngine On\nRewriteRule ^/app/(.*) /cfg/x.cfg?mac=$1\n<Location /app>\nSSLVerifyClient optional_no_ca\n</Location>\n@END@\n@ON@",
    ),
    (
        "a listener for https in place of SSLEngine",
        &[],
        "@CAS@\nListen 443\nListen 127.0.0.1:8443 HTTPS\n<VirtualHost *:443>\nSSLVerifyClient optional_no_ca\n@END@\n<VirtualHost 127.0.0.1:8443>\nSSLVerifyClient optional_no_ca\nMTLSProtect On\n@END@\n@ON@",
    ),
    (
        "TLS that is off, whatever asks",
        &[],
        "@CAS@\n@HOST@\n@END@\nListen 127.0.0.1:443\n<VirtualHost 127.0.0.1:443>\nSSLEngine off\nSSLVerifyClient optional_no_ca\n@END@\n@ON@",
    ),
    (
        "another vendor's phones below a vendor's CA",
        &[],
        "MTLSProtectVendor yealink ca=device-ca.pem oui=+0004f2\n@HOST@\n@END@\n@ON@",
    ),
    ("a reseller's name for a vendor's CAs", &[], "MTLSProtectVendor acme ca=device-ca.pem\n@HOST@\n@END@\n@ON@"),
    (
        "passwords of a file, and of another provider",
        &["auth_basic", "authn_file", "authn_dbm", "authz_user"],
        "MTLSProtectLearnedFile ${ROOT}/learned\n@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nMTLSProtect On\nAuthType Basic\nAuthName phones\nAuthUserFile ${ROOT}/devices\nMTLSProtectPassword On\n</Directory>\n<Location /cfg>\nAuthType Basic\nAuthName phones\nAuthBasicProvider dbm\nAuthDBMUserFile ${ROOT}/users\nMTLSProtectPassword On\n</Location>",
    ),
    ("a quiet log that tells of phones", &[], "LogLevel error mtlsprotect:warn\n@CAS@\n@HOST@\n@END@\n@ON@"),
    (
        "a log that is quiet of phones, too, knowingly",
        &[],
        "LogLevel error mtlsprotect:error\n@CAS@\n@HOST@\n@END@\n@ON@",
    ),
    (
        "a quiet log, but for the folder",
        &[],
        "LogLevel error\n@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}>\nLogLevel warn\nMTLSProtect On\n</Directory>",
    ),
    (
        "asking optionally, and a section that leaves the judging to the device CAs",
        &[],
        "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional\n<Location /cfg>\nSSLVerifyClient optional_no_ca\n</Location>\n@END@\n@ON@",
    ),
];
