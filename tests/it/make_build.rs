//! What `make` leaves behind, with a cargo that builds nothing.

use std::path::Path;
use std::process::Command;

fn make(built: &Path, target: &str) {
    let output = Command::new("make")
        .args(["--silent", target, "CARGO=true"])
        .arg(format!("built={}", built.display()))
        .output()
        .expect("make runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_module_is_there_under_the_name_that_httpds_harness_expects_after_each_build() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for content in ["first", "second"] {
        // cargo puts another file in the place of the last one
        let _ = std::fs::remove_file(file("libmod_mtlsprotect.so"));
        std::fs::write(file("libmod_mtlsprotect.so"), content).unwrap();
        make(folder.path(), "build");
        assert_eq!(std::fs::read_to_string(file("mod_mtlsprotect.so")).unwrap(), content);
    }
}
