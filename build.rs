//! Generates the bindings to the httpd that is installed here, and compiles what only C can say of it.
//!
//! `APXS` and `APR_CONFIG` name other programs to ask for the headers; `MTLSPROTECT_CFLAGS`
//! replaces their answers altogether, for cross builds and custom trees. `CC`, `CFLAGS` and their
//! like with a target's name count as everywhere (crate cc).

use std::env;
use std::path::PathBuf;
use std::process::{Command, exit};

/// A header, and the Debian and Fedora packages that bring it.
const HEADERS: [(&str, &str, &str); 5] = [
    ("httpd.h", "apache2-dev", "httpd-devel"),
    ("apr.h", "libapr1-dev", "apr-devel"),
    ("apr_optional_hooks.h", "libaprutil1-dev", "apr-util-devel"),
    ("mod_ssl_openssl.h", "apache2-ssl-dev", "httpd-devel"),
    ("openssl/ssl.h", "libssl-dev", "openssl-devel"),
];

/// Types that openssl-sys has, so that the module and the crate openssl speak of the same.
const OF_OPENSSL_SYS: &str = "SSL|SSL_CTX|SSL_SESSION|X509|X509_STORE_CTX|stack_st_X509\
    |(ssl|ssl_ctx|ssl_session|x509|x509_store_ctx)_st";

fn main() {
    println!("cargo::rerun-if-changed=apache-headers");
    for variable in ["APXS", "APR_CONFIG", "MTLSPROTECT_CFLAGS"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let flags = compiler_flags();
    look_for_headers(&flags);
    let generated = std::panic::catch_unwind(|| builder(&flags).generate());
    let bindings = match generated {
        Ok(Ok(bindings)) => bindings,
        Ok(Err(error)) => fail(&format!("the httpd headers cannot be read: {error}")),
        Err(_) => fail("bindgen needs libclang: install libclang-dev (Debian, Ubuntu) or clang-devel (Fedora, RHEL)"),
    };
    if let Err(error) = bindings.write_to_file(out_dir().join("bindings.rs")) {
        fail(&format!("bindings.rs cannot be written: {error}"));
    }
    let mut shim = compiler(&flags);
    // Without what debuggers are told, which has the build's directory in it: builds are the same wherever they are made.
    shim.file("apache-headers/shim.c").flag("-Werror=incompatible-pointer-types").debug(false);
    if let Err(error) = shim.try_compile("shim") {
        fail(&format!("apache-headers/shim.c cannot be compiled: {error}"));
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "macos") {
        // httpd's own symbols become available only when it loads the module.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup");
    }
}

fn builder(flags: &[String]) -> bindgen::Builder {
    bindgen::builder()
        .header("apache-headers/wrapper.h")
        .clang_args(flags)
        .allowlist_function("shim_.*")
        .allowlist_function(
            "ap_(check_cmd_context|exists_config_define|find_linked_module|get_server_protocol|getword_conf|retained_data_(create|get)|server_root_relative)",
        )
        .allowlist_function("ap_expr_(lookup_default|parse_cmd_mi|str_exec)")
        .allowlist_function(
            "ap_hook_(check_(access|config)|fixups|handler|log_transaction|monitor|post_(config|read_request)|pre_connection)",
        )
        .allowlist_function("ap_hook_(process_connection|test_config)")
        .allowlist_function("ap_(allow_methods|run_check_user_id|rwrite|set_content_type)")
        .allowlist_function("ap_(get_request_module_loglevel|log_(c|r|)error_|state_query)")
        .allowlist_function("apr_(dso_sym|palloc|pool_cleanup_(null|register)|pool_pre_cleanup_register)")
        .allowlist_function("apr_pool_(create_ex|destroy|userdata_(get|set))")
        .allowlist_function("apr_sockaddr_equal")
        .allowlist_function("apr_table_(addn|elts|get|setn|unset)")
        .allowlist_function("SSL_CTX_set_(cert_verify_callback|session_ticket_cb)")
        .allowlist_function("(SSL_SESSION_(get0_peer|get0_ticket_appdata|set1_ticket_appdata)|SSL_get_options)")
        .allowlist_function("X509_STORE_CTX_(get0_cert|get0_untrusted|get_verify_cb|set_current_cert|set_error_depth)")
        .allowlist_var(
            "(APLOG_(CRIT|ERR|WARNING|NOTICE|DEBUG|STARTUP)|APR_HOOK_(MIDDLE|LAST|REALLY_FIRST|REALLY_LAST))",
        )
        .allowlist_var("(AP_AUTH_INTERNAL_PER_CONF|AP_SQ_.*|AP_STATUS_SHORT|MODULE_MAGIC_.*|SSL_TICKET_.*)")
        .allowlist_var("(ACCESS_CONF|RSRC_CONF|NOT_IN_HTACCESS|NOT_IN_LIMIT|NOT_IN_VIRTUALHOST|OK|DECLINED|HTTP_INTERNAL_SERVER_ERROR)")
        .allowlist_var("AP_EXPR_(FLAG_.*|FUNC_OP_UNARY)")
        .allowlist_var("(ap_conftree|ap_listeners|ap_server_conf|core_module)")
        .allowlist_type("(apr_table_entry_t|core_dir_config|core_server_config|ap_directive_t|command_rec|module|cmd_parms)")
        .blocklist_type(OF_OPENSSL_SYS)
        .merge_extern_blocks(true)
        .derive_debug(false)
        .default_macro_constant_type(bindgen::MacroTypeVariation::Signed)
        // Assertions of size, alignment and offsets, which the compiler checks whenever it compiles the module.
        .layout_tests(true)
        .generate_comments(false)
        .wrap_unsafe_ops(true)
        .rust_edition(bindgen::RustEdition::Edition2024)
        .rust_target(bindgen::RustTarget::stable(85, 0).expect("a version that bindgen knows"))
}

/// Where the headers are, as flags for a C compiler.
fn compiler_flags() -> Vec<String> {
    if let Ok(flags) = env::var("MTLSPROTECT_CFLAGS") {
        return words(&flags);
    }
    let apxs = env::var("APXS").unwrap_or_else(|_| "apxs".to_owned());
    let apr = env::var("APR_CONFIG").unwrap_or_else(|_| "apr-1-config".to_owned());
    let mut flags =
        vec![format!("-I{}", ask(&apxs, &["-q", "INCLUDEDIR"], "APXS", "apache2-dev", "httpd-devel").trim())];
    flags.extend(words(&ask(&apr, &["--cppflags", "--includes"], "APR_CONFIG", "libapr1-dev", "apr-devel")));
    flags
}

fn ask(program: &str, arguments: &[&str], variable: &str, debian: &str, fedora: &str) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        _ => fail(&format!(
            "{program} does not answer: install {debian} (Debian, Ubuntu) or {fedora} (Fedora, RHEL), or name \
             another with the environment variable {variable}, or give the flags in MTLSPROTECT_CFLAGS"
        )),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn compiler(flags: &[String]) -> cc::Build {
    let mut build = cc::Build::new();
    for flag in flags {
        build.flag(flag);
    }
    // httpd's headers, and APR's macros, are as they are.
    build.warnings(false).cargo_warnings(false);
    build
}

/// Ends the build with the package that brings a header which the compiler doesn't find.
fn look_for_headers(flags: &[String]) {
    let questions: String =
        HEADERS.map(|(header, ..)| format!("#if !__has_include(<{header}>)\nmissing \"{header}\"\n#endif\n")).concat();
    let file = out_dir().join("headers.c");
    if let Err(error) = std::fs::write(&file, questions) {
        fail(&format!("{} cannot be written: {error}", file.display()));
    }
    let answer = match compiler(flags).file(file).try_expand() {
        Ok(answer) => String::from_utf8_lossy(&answer).into_owned(),
        Err(error) => fail(&format!("no C compiler works: install gcc, or name another with CC: {error}")),
    };
    for (header, debian, fedora) in HEADERS {
        if answer.contains(&format!("missing \"{header}\"")) {
            fail(&format!("{header} is missing: install {debian} (Debian, Ubuntu) or {fedora} (Fedora, RHEL)"));
        }
    }
}

fn out_dir() -> PathBuf {
    env::var_os("OUT_DIR").expect("cargo sets OUT_DIR").into()
}

fn fail(message: &str) -> ! {
    println!("cargo::error={message}");
    exit(1)
}
