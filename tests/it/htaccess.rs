//! Where directives may stand: never in .htaccess, whoever may write one, and never in `<Limit>`.

use mtlsprotect_testkit::{Builder, Crl, Httpd, Poly};

/// Every directive, with a value that would weaken or break the protection if it counted.
const DIRECTIVES: [&str; 14] = [
    "MTLSProtect Off",
    "MTLSProtectCAFile ../device-ca.pem",
    "MTLSProtectCAPath ..",
    "MTLSProtectVerifyDepth 1",
    "MTLSProtectOtherFiles allow",
    "MTLSProtectMethods POST",
    "MTLSProtectNameParameter none",
    "MTLSProtectNamedBy %{req:X-Device}",
    "MTLSProtectFilePattern \"[0-9a-f]{12}\"",
    "MTLSProtectIgnore \"order-[0-9a-f]+\"",
    "MTLSProtectIdentityPattern \"(?<mac>[0-9a-f]{12})\"",
    "MTLSProtectVendor poly ca=../device-ca.pem",
    "MTLSProtectCRLFile ../ca.crl",
    "MTLSProtectDeviceFile ../devices",
];

fn site(overrides: &str) -> Builder {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .config(&format!("<Directory {{docroot}}>\n{overrides}\n</Directory>"))
        .page("0004f2aaaaaa.cfg", "secret of a")
        .page("firmware.ld", "firmware")
}

/// Nobody gets a file from a folder whose .htaccess tries this, and the log says which file to look at.
fn whole_folder_fails(httpd: &Httpd, line: &str) {
    let (own, other) = phones();
    httpd.write(".htaccess", format!("{line}\n"));
    let directive = line.split(['\n', ' ']).find(|word| word.starts_with("MTLS")).unwrap();
    let tells = |line: &str| line.contains(".htaccess: ") && line.contains(directive) && is_misplaced(line);
    let times = || httpd.error_log().lines().filter(|line| tells(line)).count();
    let before = times();
    for (who, response) in [
        ("the owner", httpd.get(own, "/0004f2aaaaaa.cfg")),
        ("another phone", httpd.get(other, "/0004f2aaaaaa.cfg")),
        ("a stranger", httpd.client().get("/0004f2aaaaaa.cfg").unwrap()),
    ] {
        assert_eq!(response.status, 500, "{line}: {who}");
        assert!(!response.text().contains("secret"), "{line}: {who}");
    }
    let told = mtlsprotect_testkit::tools::wait_for(|| (times() > before).then_some(()));
    assert!(told.is_some(), "{line} is not in the log:\n{}", httpd.error_log());
}

/// In the words of httpd's core, or of its check that the module asks for.
fn is_misplaced(message: &str) -> bool {
    ["not allowed here", "not allowed in <", "cannot occur within"].iter().any(|words| message.contains(words))
}

fn phones() -> (&'static mtlsprotect_testkit::Identity, &'static mtlsprotect_testkit::Identity) {
    static PHONES: std::sync::OnceLock<[mtlsprotect_testkit::Identity; 2]> = std::sync::OnceLock::new();
    let [own, other] = PHONES.get_or_init(|| ["0004f2aaaaaa", "0004f2bbbbbb"].map(|mac| Poly::shared().phone(mac)));
    (own, other)
}

/// As if there were no .htaccess.
fn still_protected(httpd: &Httpd, what: &str) {
    let (own, other) = phones();
    let response = httpd.get(own, "/0004f2aaaaaa.cfg");
    assert_eq!((response.status, response.text()), (200, "secret of a".into()), "{what}");
    let response = httpd.get(other, "/0004f2aaaaaa.cfg");
    assert_eq!(response.status, 403, "{what}");
    assert!(!response.text().contains("secret"), "{what}");
    let response = httpd.client().get("/firmware.ld").unwrap();
    assert_eq!(response.status, 403, "{what}");
    httpd.wait_for_log("reason=mac-mismatch");
    httpd.wait_for_log("reason=no-certificate");
}

#[test]
fn no_htaccess_switches_it_off_with_allowoverride_all() {
    let httpd = site("AllowOverride All").start();
    for line in DIRECTIVES {
        whole_folder_fails(&httpd, line);
    }
    httpd.write(".htaccess", "");
    still_protected(&httpd, "an empty .htaccess");
}

#[test]
fn no_htaccess_switches_it_off_with_allowoverridelist() {
    let names: Vec<&str> = DIRECTIVES.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let httpd = site(&format!("AllowOverride None\nAllowOverrideList {}", names.join(" "))).start();
    for line in DIRECTIVES {
        whole_folder_fails(&httpd, line);
    }
    httpd.write(".htaccess", "");
    still_protected(&httpd, "an empty .htaccess");
}

#[test]
fn no_htaccess_switches_it_off_from_inside_a_section() {
    let names: Vec<&str> = DIRECTIVES.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let httpd = site(&format!("AllowOverride All\nAllowOverrideList {}", names.join(" "))).start();
    for section in ["Limit GET", "LimitExcept POST", "Files *.cfg", "If \"true\"", "IfModule mod_mtlsprotect.c"] {
        let name = section.split(' ').next().unwrap();
        whole_folder_fails(&httpd, &format!("<{section}>\nMTLSProtect Off\n</{name}>"));
    }
    httpd.write(".htaccess", "");
    still_protected(&httpd, "an empty .htaccess");
}

#[test]
fn no_htaccess_whose_errors_are_ignored_switches_it_off() {
    let names: Vec<&str> = DIRECTIVES.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let list = format!("AllowOverrideList {}", names.join(" "));
    for overrides in ["AllowOverride Nonfatal=All".to_owned(), format!("AllowOverride Nonfatal=Override\n{list}")] {
        let httpd = site(&overrides).start();
        for line in DIRECTIVES {
            httpd.write(".htaccess", format!("{line}\n"));
            let (own, other) = phones();
            let response = httpd.get(other, "/0004f2aaaaaa.cfg");
            assert!(matches!(response.status, 403 | 500), "{line}: {}", response.status);
            assert!(!response.text().contains("secret"), "{line}");
            let response = httpd.client().get("/firmware.ld").unwrap();
            assert!(matches!(response.status, 403 | 500), "{line}: {}", response.status);
            let response = httpd.get(own, "/0004f2aaaaaa.cfg");
            assert!(matches!(response.status, 200 | 500), "{line}: {}", response.status);
        }
    }
}

#[test]
fn no_limit_switches_it_off_for_some_methods() {
    for limit in ["Limit POST", "Limit GET", "LimitExcept GET"] {
        let name = limit.split(' ').next().unwrap();
        for line in DIRECTIVES {
            for around in [("<Directory {docroot}>", "</Directory>"), ("<Location />", "</Location>")] {
                let text = format!("{}\n<{limit}>\n{line}\n</{name}>\n{}", around.0, around.1);
                let output = site("").config(&text).configtest();
                let directive = line.split(' ').next().unwrap();
                assert!(!output.ok, "{text}: {}", output.text);
                assert!(output.text.contains(directive), "{text}: {}", output.text);
                assert!(is_misplaced(&output.text), "{text}: {}", output.text);
            }
        }
    }
}

#[test]
fn directives_stand_where_the_reference_allows_them() {
    let sections = [
        "<Directory {docroot}>",
        "<DirectoryMatch /docroot>",
        "<Location /cfg>",
        "<LocationMatch /cfg>",
        "<Files *.cfg>",
        "<FilesMatch cfg>",
        "<If \"true\">",
    ];
    let everywhere = |line: &str| {
        let server_only = ["CAFile", "CAPath", "Vendor", "CRLFile", "VerifyDepth", "IdentityPattern"];
        !server_only.iter().any(|name| line.starts_with(&format!("MTLSProtect{name} ")))
    };
    for line in DIRECTIVES.map(|line| line.replace("../", "").replace("CAPath ..", "CAPath cas")) {
        let site = || {
            let site = site("").file("cas/a.pem", Poly::shared().bundle_pem());
            let site = site.file("ca.crl", Crl::of(&Poly::shared().root).pem()).file("devices", "");
            // a host that says anything of its lists has them all to itself
            let with_ca = if line.contains("CRLFile") { "MTLSProtectCAFile device-ca.pem" } else { "" };
            site.vhost(with_ca)
        };
        for (place, output) in [("server", site().config(&line)), ("vhost", site().vhost(&line))] {
            let output = output.configtest();
            assert!(output.ok, "{line} in {place}: {}", output.text);
        }
        for section in sections {
            let end = section[1..].split(' ').next().unwrap();
            let text = format!("{section}\n{line}\n</{end}>");
            let output = site().vhost(&text).configtest();
            assert_eq!(output.ok, everywhere(&line), "{text}: {}", output.text);
            assert!(output.ok || is_misplaced(&output.text), "{text}: {}", output.text);
        }
    }
}
