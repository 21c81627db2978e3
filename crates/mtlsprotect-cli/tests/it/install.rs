//! `make install` puts everything where it belongs, and the documents' links lead somewhere from there.

use mtlsprotect_testkit::httpd::module_path;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[test]
fn an_installation_is_whole_and_its_documents_link_to_each_other() {
    let folder = tempfile::tempdir().unwrap();
    // what the tests were built with, in the place of what make has built
    let built = folder.path().join("built");
    std::fs::create_dir(&built).unwrap();
    symlink(module_path(), built.join("libmod_mtlsprotect.so")).unwrap();
    symlink(env!("CARGO_BIN_EXE_mtlsprotect"), built.join("mtlsprotect")).unwrap();
    let root = folder.path().join("root");
    let install = |target: &str| {
        let variables = [
            format!("DESTDIR={}", root.display()),
            format!("built={}", built.display()),
            "moduledir=/usr/lib/apache2/modules".to_owned(),
            "prefix=/usr".to_owned(),
        ];
        run(Command::new("make").current_dir(project()).arg("--silent").arg(target).args(variables));
    };
    install("install");
    let files = [
        "usr/lib/apache2/modules/mod_mtlsprotect.so",
        "usr/bin/mtlsprotect",
        "usr/share/man/man1/mtlsprotect-audit.1",
        "usr/share/man/man8/mod_mtlsprotect.8",
        "usr/share/bash-completion/completions/mtlsprotect",
        "usr/share/zsh/site-functions/_mtlsprotect",
        "usr/share/fish/vendor_completions.d/mtlsprotect.fish",
        "usr/share/doc/mod_mtlsprotect/README.md",
        "usr/share/doc/mod_mtlsprotect/docs/exceptions.md",
        "usr/share/doc/mod_mtlsprotect/docs/status_light.png",
        "usr/share/doc/mod_mtlsprotect/packaging/prometheus/mtlsprotect.rules.yml",
        "usr/share/doc/mod_mtlsprotect/packaging/grafana/mtlsprotect.json",
    ];
    for file in files {
        let size = std::fs::metadata(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}")).len();
        assert!(size > 100, "{file} has {size} bytes");
    }
    let sections = run(Command::new("readelf").arg("-SW").arg(root.join(files[0])));
    assert!(!String::from_utf8_lossy(&sections.stdout).contains(".debug_info"), "it is stripped");
    let links = |folder: &Path| Command::new(project().join("scripts/check-links")).arg(folder).output().unwrap();
    let docs = root.join("usr/share/doc/mod_mtlsprotect");
    let said = links(&docs);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    // and such a check can fail
    std::fs::remove_file(docs.join("docs/reasons.md")).unwrap();
    let said = links(&docs);
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stderr).contains("leads nowhere"));
    install("uninstall");
    let left = run(Command::new("find").arg(&root).args(["-type", "f"]));
    assert_eq!(String::from_utf8_lossy(&left.stdout), "", "nothing is left");
}
