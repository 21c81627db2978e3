//! What the documents and the packages have for other programs is what those take.

use crate::documents::documents;
use mtlsprotect_book::blocks::Block;
use mtlsprotect_testkit::status::prometheus::packaged;
use mtlsprotect_testkit::tools::{Output, run};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A program that reads blocks of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Ansible,
    AppArmor,
    Balancer,
    Fail2ban,
    Prometheus,
    Systemd,
}

/// Whose language a block is in; none where no test knows.
fn reader(document: &str, block: &Block) -> Option<Reader> {
    match block.language.as_str() {
        "yaml" if block.text.contains("- hosts: ") => Some(Reader::Ansible),
        "yaml" if block.text.contains("scrape_configs:") => Some(Reader::Prometheus),
        // fail2ban.rs
        "ini" if block.text.contains("maxretry") => Some(Reader::Fail2ban),
        "ini" => Some(Reader::Systemd),
        "apparmor" => Some(Reader::AppArmor),
        // needs_balancers.rs and needs_envoy.rs run all of this page
        "yaml" if block.text.contains("static_resources:") => Some(Reader::Balancer),
        "haproxy" | "nginx" if document == "docs/balancers.md" => Some(Reader::Balancer),
        _ => None,
    }
}

/// The blocks that one program reads, with where they are; at least one.
fn shown_to(program: Reader) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, blocks) in documents() {
        let read = blocks.iter().filter(|block| block.not_run.is_none() && reader(&name, block) == Some(program));
        found.extend(read.map(|block| (format!("{name}, line {}", block.line), block.text.clone())));
    }
    assert!(!found.is_empty(), "the documents have nothing for {program:?}");
    found
}

#[test]
fn every_block_for_another_program_is_read_by_one_or_says_why_not() {
    for (name, blocks) in documents() {
        let others = ["apache", "sh", "text", "json"];
        for block in blocks.iter().filter(|block| !others.contains(&block.language.as_str())) {
            let is_read = block.not_run.is_some() || reader(&name, block).is_some();
            assert!(is_read, "{name}, line {}: no test reads this {}", block.line, block.language);
        }
    }
}

/// What `ansible-playbook` says of a play.
fn ansible(play: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("play.yml"), play).unwrap();
    let mut command = Command::new("ansible-playbook");
    command.args(["--syntax-check", "--inventory", "provisioning,", "play.yml"]);
    // it writes into its user's home, and takes UTF-8 only
    command.env("HOME", folder.path()).env("LC_ALL", "C.UTF-8");
    run(command.current_dir(folder.path()), b"")
}

mod needs_ansible {
    use super::{Reader, ansible, shown_to};

    #[test]
    #[ignore = "needs ansible-core: make test runs it where that is installed"]
    fn ansible_takes_the_play_that_the_documents_show() {
        for (place, play) in shown_to(Reader::Ansible) {
            let said = ansible(&play);
            assert!(said.ok, "{place}: {}", said.text);
            let mistaken = ansible(&play.replacen("builtin.copy", "builtin.copi", 1));
            assert!(!mistaken.ok && mistaken.text.contains("builtin.copi"), "{}", mistaken.text);
        }
    }
}

/// What `apparmor_parser` says of rules for httpd.
fn apparmor(rules: &str) -> Output {
    let profile = format!("profile httpd /usr/sbin/httpd {{\n{rules}}}\n");
    run(Command::new("/usr/sbin/apparmor_parser").args(["--skip-kernel-load", "--skip-cache"]), profile.as_bytes())
}

mod needs_apparmor {
    use super::{Reader, apparmor, shown_to};

    #[test]
    #[ignore = "needs apparmor: make test runs it where that is installed"]
    fn apparmor_takes_the_rules_that_the_documents_show() {
        for (place, rules) in shown_to(Reader::AppArmor) {
            let said = apparmor(&rules);
            assert!(said.ok, "{place}: {}", said.text);
            let mistaken = apparmor(&rules.replacen(" rw,", " rw", 1));
            assert!(!mistaken.ok && mistaken.text.contains("AppArmor parser error"), "{}", mistaken.text);
        }
    }
}

/// What `promtool` says of a configuration beside which the packages' rules lie.
fn prometheus(configuration: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
    let rules = "mtlsprotect.rules.yml";
    fs::copy(packaged("prometheus").join(rules), folder.path().join(rules)).unwrap();
    run(Command::new("promtool").args(["check", "config", "prometheus.yml"]).current_dir(folder.path()), b"")
}

mod needs_prometheus {
    use super::{Reader, prometheus, shown_to};

    #[test]
    #[ignore = "needs prometheus: make test runs it where that is installed"]
    fn prometheus_takes_the_configuration_that_the_documents_show() {
        for (place, configuration) in shown_to(Reader::Prometheus) {
            let said = prometheus(&configuration);
            assert!(said.ok && said.text.contains("rules found"), "{place}: {}", said.text);
            let mistaken = prometheus(&configuration.replace("metrics_path", "metric_path"));
            assert!(!mistaken.ok && mistaken.text.contains("metric_path"), "{}", mistaken.text);
        }
    }
}

/// A folder of units: what the packages bring, and what the documents show, each where its first line says.
fn units(shown: &[(String, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // it is looked for, and may not be installed
        fs::write(path, text.replace("/usr/bin/mtlsprotect", "/bin/true")).unwrap();
    };
    for entry in fs::read_dir(packaged("systemd")).unwrap() {
        let path = entry.unwrap().path();
        write(path.file_name().unwrap().to_str().unwrap(), &fs::read_to_string(&path).unwrap());
    }
    for (place, text) in shown {
        let first = text.lines().next().unwrap();
        if let Some(name) = first.strip_prefix("# /etc/systemd/system/") {
            write(name, text);
        } else if let Some(edited) = first.strip_prefix("# systemctl edit ") {
            write(&format!("{edited}.service"), "[Service]\nExecStart=/bin/true\n");
            write(&format!("{edited}.service.d/override.conf"), text);
        } else {
            panic!("{place}: the first line doesn't say which unit that is");
        }
    }
    folder
}

/// What `systemd-analyze verify` says of these units, and not of the system's own.
fn systemd(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names: Vec<_> = names.filter(|path| path.is_file()).collect();
    let mut command = Command::new("systemd-analyze");
    // the colon: and then where units are
    command.env("SYSTEMD_UNIT_PATH", format!("{}:", folder.display()));
    command.args(["verify", "--man=no", "--recursive-errors=no"]).args(&names);
    let said = run(&mut command, b"");
    let is_ours = |line: &&str| names.iter().any(|path| line.contains(path.file_name().unwrap().to_str().unwrap()));
    let ours: Vec<String> = said.text.lines().filter(is_ours).map(str::to_owned).collect();
    assert!(said.ok || !ours.is_empty(), "{}", said.text);
    ours
}

mod needs_systemd {
    use super::{Reader, shown_to, systemd, units};

    #[test]
    #[ignore = "needs systemd-analyze: make test runs it where that is installed"]
    fn systemd_takes_the_units_of_the_packages_and_of_the_documents() {
        let shown = shown_to(Reader::Systemd);
        assert_eq!(systemd(units(&shown).path()), [""; 0]);
        for (right, wrong) in [("ReadWritePaths", "ReadWritePath"), ("daily", "dayly"), ("/usr/bin/m", "/usr/bin/n")] {
            let mistaken: Vec<_> =
                shown.iter().map(|(place, text)| (place.clone(), text.replace(right, wrong))).collect();
            let said = systemd(units(&mistaken).path());
            assert!(said.iter().any(|line| line.contains(wrong)), "{right}: {said:?}");
        }
    }
}
