//! An operator reads in the log and from `httpd -t -D DUMP_MTLSPROTECT` what is protected, and what is not.

use mtlsprotect_testkit::{Builder, Httpd, Poly};

fn site(text: &str) -> Builder {
    Httpd::builder()
        .with_module()
        .without_vhosts()
        .page("cfg/x.cfg", "x")
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .file("site.conf", text)
        .config("Define DOCROOT {docroot}\nDefine HTTPS {https}\nInclude {root}/site.conf")
}

const HOST: &str = "<VirtualHost 127.0.0.1:${HTTPS}>\nServerName phones.example\nSSLEngine on\n\
                    SSLVerifyClient optional_no_ca\n</VirtualHost>\n";

/// The notice of the one host, from its mode on, without the folder of the test.
fn notice(text: &str) -> String {
    let httpd = site(text).start();
    let line = httpd.wait_for_log("mtlsprotect: phones.example");
    let root = httpd.root().display().to_string();
    line[line.find("mode=").unwrap()..line.find(" vendors=").unwrap()].replace(&root, "")
}

#[test]
fn the_notice_names_every_section_that_differs() {
    let list = "MTLSProtectCAFile device-ca.pem\n";
    let whole = format!("{list}{HOST}<Directory ${{DOCROOT}}>\nMTLSProtect On\n</Directory>\n");
    assert_eq!(notice(&whole), "mode=On");
    let open = format!("{whole}<Location \"/\">\nMTLSProtect Off\n</Location>\n");
    assert_eq!(notice(&open), "mode=On except <Location '/'> Off (/site.conf:11)");
    let nested = format!(
        "{list}{HOST}<Directory ${{DOCROOT}}/cfg>\nMTLSProtect On\n<Files \"*.log\">\nMTLSProtect Report\n</Files>\n</Directory>\n"
    );
    assert_eq!(
        notice(&nested),
        "mode=On in <Directory '/docroot/cfg'> (/site.conf:8) except <Directory '/docroot/cfg'> <Files '*.log'> \
         Report (/site.conf:10)"
    );
    let elsewhere = format!("{whole}<Directory /srv/elsewhere>\nMTLSProtect Report\n</Directory>\n");
    assert_eq!(notice(&elsewhere), "mode=On", "what the host doesn't serve is none of its business");
}

#[test]
fn the_notice_says_what_is_in_force_and_not_what_was_replaced() {
    let on =
        format!("{HOST}<Directory ${{DOCROOT}}>\nMTLSProtect On\n</Directory>\nMTLSProtectLearnedFile logs/learned\n");
    let poly = "MTLSProtectVendor poly ca=device-ca.pem";
    for (vendor, mode) in [("mode=report", "mode=Report"), ("mode=learn", "mode=Learn"), ("", "mode=On")] {
        assert_eq!(notice(&format!("{poly} {vendor}\n{on}")), mode, "{vendor}");
    }
    let replaced = format!("{poly}\nMTLSProtectOtherFiles deny\nMTLSProtectOtherFiles allow\n{on}");
    let httpd = site(&replaced).start();
    let line = httpd.wait_for_log("mtlsprotect: phones.example");
    assert!(line.contains(" other-files=allow"), "{line}");
}

#[test]
fn many_sections_do_not_make_a_line_that_nobody_reads() {
    let sections: String =
        (0..50).map(|number| format!("<Location /public{number}>\nMTLSProtect Off\n</Location>\n")).collect();
    let text = format!("MTLSProtectCAFile device-ca.pem\nMTLSProtect On\n{HOST}{sections}");
    let notice = notice(&text);
    assert!(notice.contains("<Location '/public19'> Off") && !notice.contains("/public20"), "{notice}");
    assert!(notice.ends_with("30 more (httpd -t -D DUMP_MTLSPROTECT)"), "{notice}");
}

#[test]
fn the_table_has_a_row_for_each_host_and_section() {
    let text = format!(
        "MTLSProtectCAFile device-ca.pem\nMTLSProtectLearnedFile learned\n{HOST}<Directory ${{DOCROOT}}>\nMTLSProtect On\nMTLSProtectOtherFiles allow\n\
         MTLSProtectMethods GET HEAD\nMTLSProtectPassword On pattern=(?<mac>.{{12}})\nAuthType Basic\n\
         </Directory>\n<Location /public>\nMTLSProtect Off\n</Location>\n\
         <VirtualHost *:80>\nServerName plain.example\nMTLSProtectOtherFiles deny\n</VirtualHost>\n"
    );
    let output = site(&text).configtest_with(&["-D", "DUMP_MTLSPROTECT"]);
    assert!(output.ok, "{}", output.text);
    let rows: Vec<Vec<&str>> = output
        .text
        .lines()
        .skip_while(|line| *line != "MTLSProtect:")
        .skip(1)
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(rows[0], ["HOST", "SECTION", "MODE", "SENDERS", "OTHER FILES", "METHODS", "PASSWORDS", "STANDS IN"]);
    let row = |host: &str, section: &str| {
        let mut found = rows.iter().filter(|row| row[0].starts_with(host) && row[1].ends_with(section));
        let row = found.next().unwrap_or_else(|| panic!("no row of {host} and {section}: {}", output.text));
        assert!(found.next().is_none(), "{section} of {host} twice: {}", output.text);
        row
    };
    assert_eq!(row("phones.example", "-")[2..], ["Off", "poly", "device", "GET HEAD OPTIONS PUT", "Off", "-"]);
    let folder = row("phones.example", "/docroot\">");
    assert_eq!(folder[2..7], ["On", "poly", "allow", "GET HEAD", "On pattern=(?<mac>.{12})"]);
    assert!(folder[7].ends_with("site.conf:9"), "{folder:?}");
    assert_eq!(row("phones.example", "<Location \"/public\">")[2..7], ["Off", "poly", "-", "-", "-"]);
    assert_eq!(row("plain.example", "-")[2..7], ["Off", "nobody (no TLS)", "deny", "GET HEAD OPTIONS PUT", "Off"]);
    assert!(!site(&text).configtest().text.contains("SENDERS"), "only when it is asked for");
}

#[test]
fn the_table_has_the_device_file_of_each_host_and_section() {
    let text = format!(
        "MTLSProtectCAFile device-ca.pem\nMTLSProtectDeviceFile all.devices\n{HOST}<Directory ${{DOCROOT}}/one>\nMTLSProtect \
         On\nMTLSProtectDeviceFile one.devices closed\n</Directory>\n<Directory /srv/elsewhere>\nMTLSProtectDeviceFile \
         all.devices\n</Directory>\n<VirtualHost *:80>\nServerName plain.example\nMTLSProtectDeviceFile one.devices\n\
         </VirtualHost>\n"
    );
    let site = |text: &str| {
        site(text).file("all.devices", "0004f2000001 allow\n0004f2000002 block\n").file("one.devices", "# none\n")
    };
    let output = site(&text).configtest_with(&["-D", "DUMP_MTLSPROTECT"]);
    assert!(output.ok, "{}", output.text);
    let rows: Vec<Vec<&str>> = output
        .text
        .lines()
        .skip_while(|line| *line != "MTLSProtectDeviceFile:")
        .skip(1)
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .filter(|row: &Vec<&str>| row.len() > 2)
        .collect();
    assert_eq!(rows[0], ["HOST", "SECTION", "DEVICE FILE", "ENTRIES", "STANDS IN"]);
    let shown = |host: &str| -> Vec<String> {
        let of_host = rows.iter().filter(|row| row[0].starts_with(host));
        let ends = |cell: &&str| cell.rsplit('/').next().unwrap().to_owned();
        of_host.map(|row| row[1..].iter().map(ends).collect::<Vec<_>>().join("|")).collect()
    };
    assert_eq!(shown("phones.example"), ["-|all.devices|2|site.conf:2", "one\">|one.devices closed|0|site.conf:10"]);
    assert_eq!(shown("plain.example")[0], "-|one.devices|0|site.conf:17");
    let without = site("MTLSProtectCAFile device-ca.pem\n").configtest_with(&["-D", "DUMP_MTLSPROTECT"]);
    assert!(without.text.contains("MTLSProtect:") && !without.text.contains("DEVICE FILE"), "{}", without.text);
}
