//! The rows about folders: what leads to a protected one past its section.

use super::table::{Mistake, warning, with};

pub const MISTAKES: &[Mistake] = &[
    // The section has the name of a symbolic link, the host that of the folder.
    warning(
        "a section for a symbolic link to the folder that a host serves",
        "@CAS@\n@HOST@\nDocumentRoot ${LINKS}/provisioning\n@END@\n<Directory ${LINKS}/phones>\n#here\nMTLSProtect On\n</Directory>",
        &["/phones'>: that folder is a symbolic link to", "stands open there", "write <Directory '", "/provisioning'>"],
    ),
    warning(
        "a section for a symbolic link that one host serves and another doesn't",
        "@CAS@\n@HOST@\nDocumentRoot ${LINKS}/phones\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName real.example\n\
         SSLEngine on\nSSLVerifyClient optional_no_ca\nDocumentRoot ${LINKS}/provisioning\n@END@\n<Directory ${LINKS}/phones>\n\
         #here\nMTLSProtect On\n</Directory>",
        &["real.example", "that folder is a symbolic link to", "stands open there"],
    ),
    // Another host leads to what a host protects.
    warning(
        "a plain host whose DocumentRoot has the protected host's in it",
        "@CAS@\n@HOST@\nDocumentRoot ${DOCROOT}/cfg\nMTLSProtect On\n@END@\n<VirtualHost *:80>\nServerName plain.example\n#here\n\
         DocumentRoot ${DOCROOT}\n@END@",
        &["plain.example", "which leads to", "/docroot/cfg, to anybody", "outside them"],
    ),
    warning(
        "a plain host whose DocumentRoot has in it what a section in another host protects",
        "@CAS@\n@HOST@\nDocumentRoot ${DOCROOT}/cfg\n<Directory ${DOCROOT}/cfg>\nMTLSProtect On\n</Directory>\n@END@\n\
         <VirtualHost *:80>\nServerName plain.example\n#here\nDocumentRoot ${DOCROOT}\n@END@",
        &["plain.example", "which leads to", "/docroot/cfg, to anybody", "outside them"],
    ),
    warning(
        "a plain host with an alias to what another protects",
        "@CAS@\n@HOST@\nDocumentRoot ${DOCROOT}/cfg\nMTLSProtect On\n@END@\n<VirtualHost *:80>\nServerName plain.example\n\
         DocumentRoot ${ROOT}/logs\n#here\nAlias /p ${DOCROOT}/cfg/\n@END@",
        &["plain.example", "/docroot/cfg to anybody", "outside them"],
    ),
    warning(
        "a plain host that serves the protected host's folder behind a symbolic link",
        "@CAS@\n@HOST@\nDocumentRoot ${LINKS}/provisioning\nMTLSProtect On\n@END@\n<VirtualHost *:80>\n#here\nDocumentRoot \
         ${LINKS}/phones\n@END@",
        &["/phones, which leads to", "/provisioning, to anybody", "outside them"],
    ),
    warning(
        "a plain host with the folder, of which it protects a part",
        "@CAS@\n@HOST@\nDocumentRoot ${DOCROOT}/cfg\nMTLSProtect On\n@END@\n<VirtualHost *:80>\n@CAS@\n#here\nDocumentRoot \
         ${DOCROOT}/cfg\n<Location /part>\nMTLSProtect On\n</Location>\n@END@",
        &["/docroot/cfg to anybody", "outside them"],
    ),
    with(
        &["rewrite"],
        warning(
            "a plain host whose redirection has a condition",
            "@CAS@\n@HOST@\nDocumentRoot ${DOCROOT}/cfg\nMTLSProtect On\n@END@\n<VirtualHost *:80>\n#here\nDocumentRoot \
         ${DOCROOT}/cfg\nRewriteEngine on\nRewriteCond %{SERVER_NAME} =phones.example\nRewriteRule ^ https://phones.example/ [R]\n@END@",
            &["/docroot/cfg to anybody"],
        ),
    ),
    with(
        &["vhost_alias"],
        warning(
            "a plain host that serves the same tenants by their names",
            "@CAS@\n@HOST@\nVirtualDocumentRoot ${DOCROOT}/%0\nMTLSProtect On\n@END@\n<VirtualHost *:80>\n#here\n\
             VirtualDocumentRoot ${DOCROOT}/%0\n@END@",
            &["/docroot/%0, which leads to", "to anybody"],
        ),
    ),
    warning(
        "a section in a host that doesn't serve the folder",
        "@CAS@\n@HOST@\nServerName phones.example\n@END@\n<VirtualHost 127.0.0.1:${HTTPS_B}>\nServerName other.example\nSSLEngine \
         on\nSSLVerifyClient optional_no_ca\nDocumentRoot ${ROOT}/logs\n<Directory ${DOCROOT}>\n#here\nMTLSProtect On\n\
         </Directory>\n@END@",
        &["stands in virtual host other.example", "phones.example", "serves it to anybody", "out of all virtual hosts"],
    ),
    // Another URL of the same host does.
    warning(
        "a location for an alias to the DocumentRoot",
        "@CAS@\n@HOST@\nAlias /phones ${DOCROOT}\n<Location /phones>\n#here\nMTLSProtect On\n</Location>\n@END@",
        &["protects URLs", "below / too, to anybody", "write it into <Directory"],
    ),
    warning(
        "a location for one of two aliases",
        "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nAlias /a ${DOCROOT}\nAlias /b ${DOCROOT}\n<Location /a>\n#here\nMTLSProtect \
         On\n</Location>\n@END@",
        &["below /b too, to anybody"],
    ),
    with(
        &["rewrite"],
        warning(
            "a location for a folder that a rewrite leads to as well",
            "@CAS@\n@HOST@\nRewriteEngine on\nRewriteRule ^/x/(.*)$ ${DOCROOT}/cfg/$1\n<Location /cfg>\n#here\nMTLSProtect On\n\
         </Location>\n@END@",
            &["below /x/ too, to anybody"],
        ),
    ),
    warning(
        "a symbolic link in what a host serves",
        "@CAS@\n@HOST@\n#here\nDocumentRoot ${LINKS}\n@END@\n<Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
        &["the symbolic link", "/phones, which leads to the protected", "to anybody", "remove the link"],
    ),
    // Folders that neither a DocumentRoot nor an Alias has.
    with(
        &["vhost_alias"],
        warning(
            "a left-over Off where hosts have their folders by their names",
            "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nVirtualDocumentRoot ${DOCROOT}/%0\n<Location />\n#here\nMTLSProtect Off\n</Location>\n@END@\n@ON@",
            &["replaces the On of <Directory", "for all that the host serves", "strangers are served"],
        ),
    ),
    with(
        &["vhost_alias"],
        warning(
            "phones that are dropped where hosts have their folders by their names",
            "@CAS@\n<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\n#here\nSSLVerifyClient optional\nDocumentRoot ${ROOT}/logs\n\
             VirtualDocumentRoot ${DOCROOT}/%0\n@END@\n@ON@",
            &["drops every phone"],
        ),
    ),
    with(
        &["rewrite"],
        warning(
            "an Off for what a rewrite leads to",
            "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nRewriteEngine on\nRewriteRule ^/p/(.*)$ ${DOCROOT}/$1\n<Location /p>\n#here\n\
         MTLSProtect Off\n</Location>\n@END@\n@ON@",
            &["replaces the On of <Directory", "strangers are served"],
        ),
    ),
    warning(
        "an Off for what an alias by a pattern leads to",
        "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nAliasMatch ^/p/(.*)$ ${ROOT}/$1\n<Location /p>\n#here\nMTLSProtect Off\n\
         </Location>\n@END@\n@ON@",
        &["replaces the On of <Directory", "strangers are served"],
    ),
    with(
        &["userdir"],
        warning(
            "an Off for users' folders",
            "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nUserDir ${ROOT}/*/cfg\n<LocationMatch ^/~>\n#here\nMTLSProtect Off\n\
             </LocationMatch>\n@END@\n@ON@",
            &["replaces the On of <Directory", "strangers are served"],
        ),
    ),
    // What httpd merges later than it seems.
    warning(
        "an Off for folders by a pattern",
        "@CAS@\n@HOST@\n@END@\n@ON@\n<Directory ~ docroot>\n#here\nMTLSProtect Off\n</Directory>",
        &["replaces the On of <Directory", "strangers are served"],
    ),
    warning(
        "an Off for the folder without its final slash",
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}/>\nMTLSProtect On\n</Directory>\n<Directory ${DOCROOT}>\n#here\nMTLSProtect \
         Off\n</Directory>",
        &["replaces the On of <Directory", "strangers are served"],
    ),
    with(
        &["proxy", "proxy_http"],
        warning(
            "an Off for everything that is proxied",
            "@CAS@\n@HOST@\nProxyPass / http://127.0.0.1:9/\n<Proxy *>\nMTLSProtect On\n</Proxy>\n<Location />\n#here\nMTLSProtect \
             Off\n</Location>\n@END@",
            &["replaces the On of <Proxy", "strangers are served"],
        ),
    ),
    warning(
        "a left-over Off beside a folder with a slash too many",
        "@CAS@\n@HOST@\n<Location />\n#here\nMTLSProtect Off\n</Location>\n@END@\n<Directory ${ROOT}//x/../docroot/./>\nMTLSProtect \
         On\n</Directory>",
        &["replaces the On of <Directory", "for all that the host serves"],
    ),
    // What matches nothing.
    warning(
        "a pattern of a folder's own name",
        "@CAS@\n@HOST@\n@END@\n<DirectoryMatch ^${DOCROOT}$>\n#here\nMTLSProtect On\n</DirectoryMatch>",
        &["protects nothing", "names of files", "write '/' instead"],
    ),
    warning(
        "a pattern of a folder's name with a slash",
        "@CAS@\n@HOST@\n@END@\n<DirectoryMatch ^${DOCROOT}/$>\n#here\nMTLSProtect On\n</DirectoryMatch>",
        &["protects nothing", "none of which ends with a slash"],
    ),
    warning(
        "a typo in a pattern of folders",
        "@CAS@\n@HOST@\n@END@\n<DirectoryMatch ^/srv/provisoining>\n#here\nMTLSProtect On\n</DirectoryMatch>",
        &["protects nothing", "spelling"],
    ),
    warning(
        "a typo in a pattern of folders with a tilde",
        "@CAS@\n@HOST@\n@END@\n<Directory ~ ^/srv/provisoining>\n#here\nMTLSProtect On\n</Directory>",
        &["protects nothing", "spelling"],
    ),
    warning(
        "a typo in a pattern with an asterisk",
        "@CAS@\n@HOST@\n@END@\n<Directory /srv/provisoin*>\n#here\nMTLSProtect On\n</Directory>",
        &["protects nothing", "spelling"],
    ),
    warning(
        "a location without its slash",
        "@CAS@\n@HOST@\n@END@\n<Location cfg>\n#here\nMTLSProtect On\n</Location>",
        &["protects nothing", "write '/cfg'"],
    ),
    warning(
        "a location with a variable that isn't there",
        "@CAS@\n@HOST@\n@END@\n<Location ${NOT_THERE}>\n#here\nMTLSProtect On\n</Location>",
        &["protects nothing", "is not defined"],
    ),
    warning(
        "a location with the path of the folder",
        "@CAS@\n@HOST@\n@END@\n<Location ${DOCROOT}/cfg>\n#here\nMTLSProtect On\n</Location>",
        &["protects nothing", "not a URL", "/docroot/cfg"],
    ),
    warning(
        "names of files with a folder",
        "@CAS@\n@HOST@\n@END@\n<Files /0004f2*.cfg>\n#here\nMTLSProtect On\n</Files>",
        &["protects nothing", "without their folder"],
    ),
    warning(
        "a regular expression in Files",
        "@CAS@\n@HOST@\n@END@\n<Files ^0004f2.*>\n#here\nMTLSProtect On\n</Files>",
        &["protects nothing", "write <FilesMatch>"],
    ),
];

pub const PROPER: &[(&str, &[&str], &str)] = &[
    ("everything", &[], "@CAS@\n@HOST@\n@END@\n<Directory />\nMTLSProtect On\n</Directory>"),
    (
        "an alias with dots",
        &[],
        "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nAlias /p ${ROOT}/logs/../docroot\n@END@\n@ON@",
    ),
    (
        "a folder in another root",
        &[],
        "ChrootDir ${ROOT}\n@CAS@\n@HOST@\nDocumentRoot /docroot\n@END@\n<Directory /docroot>\nMTLSProtect On\n</Directory>",
    ),
    (
        "another host for a part of the protected host's DocumentRoot",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost *:80>\nDocumentRoot ${DOCROOT}/cfg\n@END@",
    ),
    (
        "a plain host that sends everybody to the other",
        &[],
        "@CAS@\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost *:80>\nRedirect permanent / https://phones.example/\n@END@",
    ),
    (
        "a plain host that sends everybody to the other by a rule",
        &["rewrite"],
        "@CAS@\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost *:80>\nRewriteEngine on\nRewriteCond %{HTTPS} off\n\
         RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n@END@",
    ),
    (
        "a rule to the front page of an application",
        &["rewrite"],
        "@CAS@\n@HOST@\nRewriteEngine on\nRewriteRule ^ /index.php [L]\n@END@\n@ON@",
    ),
    (
        "icons that all hosts serve",
        &[],
        "@CAS@\nAlias /icons ${ROOT}/logs\n@HOST@\nMTLSProtect On\n@END@\n<VirtualHost *:80>\nDocumentRoot ${LINKS}\n@END@",
    ),
    ("a location of the DocumentRoot", &[], "@CAS@\n@HOST@\n<Location /cfg/>\nMTLSProtect On\n</Location>\n@END@"),
    (
        "a location of an alias",
        &[],
        "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nAlias /cfg ${DOCROOT}\n<Location /cfg>\nMTLSProtect On\n</Location>\n@END@",
    ),
    (
        "a rewrite into a location's own folder",
        &["rewrite"],
        "@CAS@\n@HOST@\nRewriteEngine on\nRewriteRule ^/cfg/old/(.*)$ ${DOCROOT}/cfg/$1\n<Location /cfg>\nMTLSProtect On\n\
         </Location>\n@END@",
    ),
    (
        "a symbolic link that nobody follows",
        &[],
        "@CAS@\n@HOST@\nDocumentRoot ${LINKS}\n@END@\n<Directory ${LINKS}>\nOptions None\n</Directory>\n\
         <Directory ${LINKS}/provisioning>\nMTLSProtect On\n</Directory>",
    ),
    (
        "a symbolic link that is protected by its name too",
        &[],
        "@CAS@\n@HOST@\nDocumentRoot ${LINKS}\n@END@\n<Directory ${LINKS}>\nMTLSProtect On\n</Directory>",
    ),
    (
        "users' folders beside the protected one",
        &["userdir"],
        "UserDir public_html\nUserDir disabled root\n@CAS@\n@HOST@\n@END@\n@ON@",
    ),
    (
        "tenants by their names",
        &["vhost_alias"],
        "@CAS@\n@HOST@\nDocumentRoot ${ROOT}/logs\nVirtualDocumentRoot ${DOCROOT}/%0\n@END@\n@ON@",
    ),
    (
        "a pattern of folders",
        &[],
        "@CAS@\n@HOST@\n@END@\n<DirectoryMatch ^${DOCROOT}/>\nMTLSProtect On\n</DirectoryMatch>",
    ),
    ("a pattern with an asterisk", &[], "@CAS@\n@HOST@\n@END@\n<Directory ${ROOT}/doc*>\nMTLSProtect On\n</Directory>"),
    (
        "a pattern of folders in the served one",
        &[],
        "@CAS@\n@HOST@\n@END@\n<Directory ~ /firmware/>\nMTLSProtect On\n</Directory>",
    ),
    ("a location that has a file", &[], "@CAS@\n@HOST@\n@END@\n<Location /cfg/x.cfg>\nMTLSProtect On\n</Location>"),
    ("names of files by a pattern", &[], "@CAS@\n@HOST@\n@END@\n<FilesMatch ^0004f2>\nMTLSProtect On\n</FilesMatch>"),
    (
        "one of two folders by a pattern",
        &[],
        "@CAS@\n@HOST@\n@END@\n<DirectoryMatch ^${ROOT}/(docroot|www)/>\nMTLSProtect On\n</DirectoryMatch>",
    ),
    (
        "a folder by a pattern with a letter that may be missing",
        &[],
        "@CAS@\n@HOST@\n@END@\n<DirectoryMatch ^${DOCROOT}s?/cfg/.*$>\nMTLSProtect On\n</DirectoryMatch>",
    ),
    (
        "a pattern with an asterisk below the served folder",
        &[],
        "@CAS@\n@HOST@\n@END@\n<Directory ${DOCROOT}/*/firmware>\nMTLSProtect On\n</Directory>",
    ),
];
