//! The configurations of docs/passwords.md do what the page says.

use super::ways::{by_digest, database, htdigest, last_status};
use super::*;
use crate::documents::block_with;

/// The lines of the page that contain this, up to empty ones, for a test's server, with days that are far away.
fn lines(part: &str) -> String {
    let block = block_with("docs/passwords.md", part);
    let lines = block.split("\n\n").find(|lines| lines.contains(part)).expect("the block has it").trim_end();
    let text = lines.replace("/srv/provisioning", "{docroot}").replace("/etc/mtlsprotect", "{root}");
    text.replace("/var/lib/mtlsprotect/learned", "learned").replace("2027-", "2099-")
}

/// The files, without `MTLSProtectLearnedFile`, which the page has.
fn site(text: &str) -> Builder {
    files().config(text)
}

#[test]
fn phones_are_asked_by_digest_and_all_get_firmware() {
    assert_eq!(lines("MTLSProtectLearnedFile"), "MTLSProtectLearnedFile learned");
    let httpd =
        site(&lines("AuthType Digest")).module("auth_digest").file("passwords", htdigest(&[OLD, OTHER])).start();
    assert_eq!(last_status(&by_digest(&httpd, OLD, OLD, OLD_FILE)), "200");
    assert_eq!(last_status(&by_digest(&httpd, OLD, OLD, OTHER_FILE)), "403");
    assert_eq!(last_status(&by_digest(&httpd, OLD, OTHER, OLD_FILE)), "401");
    assert_eq!(asked(&httpd, &httpd.client(), "/sip.ld"), "200 allow other-file");
    assert_eq!(asked(&httpd, &httpd.phone(&Poly::shared().phone(MAC)), OWN), "200 allow own-file");
}

#[test]
fn the_password_files_are_what_the_programs_write() {
    let folder = tempfile::tempdir().unwrap();
    for (part, program) in [("sudo htdigest -c", "htdigest"), ("", "htpasswd")] {
        let file = folder.path().join(program);
        let words = if part.is_empty() { vec!["-5", "-b", "-c"] } else { vec!["-c"] };
        let mut command = std::process::Command::new(program);
        command.args(words).arg(&file);
        let input = format!("of-{OLD}\nof-{OLD}\n");
        if part.is_empty() {
            command.args([OLD, &format!("of-{OLD}")]);
        } else {
            assert!(lines(part).starts_with("sudo htdigest -c {root}/passwords provisioning 0004f2bbbbbb"));
            command.args(["provisioning", OLD]);
        }
        let output = mtlsprotect_testkit::tools::run(&mut command, input.as_bytes());
        assert!(output.ok, "{}", output.text);
    }
    let digest = std::fs::read_to_string(folder.path().join("htdigest")).unwrap();
    assert_eq!(digest, htdigest(&[OLD]));
    let basic = std::fs::read_to_string(folder.path().join("htpasswd")).unwrap();
    let httpd = site(&lines("AuthType Basic")).file("passwords", basic).start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
}

#[test]
fn phones_that_know_only_basic_are_asked_from_a_file_or_a_database() {
    let httpd = site(&lines("AuthType Basic")).start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    let text = format!("{}\n{}", lines("DBDriver"), lines("AuthBasicProvider dbd"));
    let httpd = site(&text).modules(&["dbd", "authn_dbd"]).file("phones.db", database()).start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    assert_eq!(got(&httpd, OLD, OTHER_FILE), MISMATCH);
}

#[test]
fn users_that_are_more_than_a_mac_take_the_pattern_and_a_line_ends_one() {
    let pattern = lines("pattern=");
    let httpd = site(&lines("AuthType Basic").replace("MTLSProtectPassword until=2099-12-31", &pattern)).start();
    assert_eq!(got(&httpd, "phone-0004F2BBBBBB@office", OLD_FILE), LET_IN);
    let line = lines("password until=");
    let httpd = site(&lines("AuthType Basic"))
        .file("devices", format!("{}\n{MAC} password\n", line.replace("2099-", "2020-")))
        .config("MTLSProtectDeviceFile devices")
        .start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE);
    assert_eq!(got(&httpd, MAC, OWN), LET_IN);
}

#[test]
fn httpd_logs_what_apache_auth_of_fail2ban_counts_of_guesses_and_nothing_of_challenges() {
    let page = block_with("docs/passwords.md", "[apache-auth]");
    assert!(page.contains("ignoreip"), "{page}");
    let basic_site = site(&lines("AuthType Basic")).start();
    assert_eq!(asked(&basic_site, &basic_site.client(), OLD_FILE), ASKED);
    assert_eq!(got(&basic_site, OLD, OLD_FILE), LET_IN);
    assert!(!basic_site.error_log().contains(" AH016"), "{}", basic_site.error_log());
    for (name, of, number) in [(OLD, OTHER, "AH01617"), ("eve", OLD, "AH01618")] {
        let header = basic(name, of);
        let refused = sent(&basic_site, &basic_site.client(), "GET", OLD_FILE, &[("Authorization", &header)]);
        assert_eq!(refused, ASKED);
        basic_site.wait_for_log(number);
    }
    let digest_site =
        site(&lines("AuthType Digest")).module("auth_digest").file("passwords", htdigest(&[OLD, OTHER])).start();
    assert_eq!(last_status(&by_digest(&digest_site, OLD, OLD, OLD_FILE)), "200");
    assert!(!digest_site.error_log().contains(" AH017"), "{}", digest_site.error_log());
    for (name, number) in [(OLD, "AH01794"), ("eve", "AH01790")] {
        assert_eq!(last_status(&by_digest(&digest_site, name, OTHER, OLD_FILE)), "401");
        digest_site.wait_for_log(number);
    }
}
