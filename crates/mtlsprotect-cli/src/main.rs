//! The `mtlsprotect` command; see the library.

fn main() -> std::process::ExitCode {
    mtlsprotect_cli::run()
}
