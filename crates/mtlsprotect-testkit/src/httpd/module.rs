//! The module under test, built once in every test process.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The module to load: `MTLSPROTECT_MODULE`, else built with cargo in the profile and target
/// directory of the running program.
pub fn module_path() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| match env::var_os("MTLSPROTECT_MODULE") {
        Some(path) => path.into(),
        None => build(None),
    })
}

/// The module that panics on demand: `MTLSPROTECT_PANICKING_MODULE`, else built with the feature
/// `provoke-panics` into a target directory of its own.
pub fn panicking_module_path() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| match env::var_os("MTLSPROTECT_PANICKING_MODULE") {
        Some(path) => path.into(),
        None => build(Some("provoke-panics")),
    })
}

fn build(feature: Option<&str>) -> PathBuf {
    let (mut target, profile_dir) = target_and_profile();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    cargo.args(["build", "--quiet", "-p", "mod_mtlsprotect"]);
    if let Some(feature) = feature {
        target.push(feature);
        cargo.args(["--features", feature]);
    }
    // the directory of the profile "dev" is called "debug"
    let profile = if profile_dir == "debug" { "dev" } else { &profile_dir };
    cargo.args(["--profile", profile]).arg("--target-dir").arg(&target);
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "building the module failed:\n{}", String::from_utf8_lossy(&output.stderr));
    target.join(profile_dir).join("libmod_mtlsprotect.so")
}

/// A test runs as `TARGET/PROFILE/deps/NAME`, an example from `examples`, a program from `PROFILE` itself.
fn target_and_profile() -> (PathBuf, String) {
    let program = env::current_exe().expect("a program knows where it is");
    let mut dir = program.parent().expect("a program is in a directory");
    if dir.ends_with("deps") || dir.ends_with("examples") {
        dir = dir.parent().expect("deps is in the profile's directory");
    }
    let profile = dir.file_name().expect("a profile has a name").to_string_lossy().into_owned();
    let target = dir.parent().expect("a profile is in the target directory").to_owned();
    (target, profile)
}
