//! Generates the bindings to the httpd that is installed here.
//!
//! `APXS` and `APR_CONFIG` name other programs to ask for the headers; `MTLSPROTECT_CFLAGS`
//! replaces their answers altogether, for cross builds and custom trees.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// A header, and the Debian and Fedora packages that bring it.
const HEADERS: [(&str, &str, &str); 5] = [
    ("httpd.h", "apache2-dev", "httpd-devel"),
    ("apr.h", "libapr1-dev", "apr-devel"),
    ("apr_optional_hooks.h", "libaprutil1-dev", "apr-util-devel"),
    ("mod_ssl_openssl.h", "apache2-ssl-dev", "httpd-devel"),
    ("openssl/ssl.h", "libssl-dev", "openssl-devel"),
];

fn main() {
    println!("cargo::rerun-if-changed=apache-headers/wrapper.h");
    for variable in ["APXS", "APR_CONFIG", "MTLSPROTECT_CFLAGS"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let flags = compiler_flags();
    for (header, debian, fedora) in HEADERS {
        if !find(header, &flags) {
            fail(&format!("{header} is missing: install {debian} (Debian, Ubuntu) or {fedora} (Fedora, RHEL)"));
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let generated = std::panic::catch_unwind(|| builder(&flags).generate());
    let bindings = match generated {
        Ok(Ok(bindings)) => bindings,
        Ok(Err(error)) => fail(&format!("the httpd headers cannot be read: {error}")),
        Err(_) => fail("bindgen needs libclang: install libclang-dev (Debian, Ubuntu) or clang-devel (Fedora, RHEL)"),
    };
    if let Err(error) = bindings.write_to_file(out.join("bindings.rs")) {
        fail(&format!("bindings.rs cannot be written: {error}"));
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "macos") {
        // httpd's own symbols are there only once it has loaded the module.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup");
    }
}

fn builder(flags: &[String]) -> bindgen::Builder {
    bindgen::builder()
        .header("apache-headers/wrapper.h")
        .clang_args(flags)
        .allowlist_function("ap_(check_cmd_context|exists_config_define|find_linked_module|getword_conf|server_root_relative)")
        .allowlist_function("ap_expr_(lookup_default|parse_cmd_mi|str_exec)")
        .allowlist_function("ap_hook_(check_(access|config)|fixups|handler|post_config|process_connection|test_config)")
        .allowlist_function("ap_(get_(conn|request|server)_module_loglevel|log_(c|r|)error_|state_query)")
        .allowlist_function("apr_(dso_sym|dynamic_fn_retrieve|optional_hook_add|palloc|pool_cleanup_(null|register))")
        .allowlist_function("apr_pool_(create_ex|destroy|userdata_(get|set))")
        .allowlist_function("apr_(shm_(baseaddr_get|create)|table_(addn|elts|get|setn|unset))")
        .allowlist_function("(OpenSSL_version|SSL_CTX_set_(cert_verify_callback|session_ticket_cb)|SSL_SESSION_get0_(peer|ticket_appdata))")
        .allowlist_function("SSL_(SESSION_set1_ticket_appdata|get_(ex_data|peer_cert_chain|session|verify_mode))")
        .allowlist_function("(SSL_(get_ex_data_X509_STORE_CTX_idx|get_options|is_init_finished|set_num_tickets|version)|i2d_SSL_SESSION)")
        .allowlist_function("X509_STORE_CTX_(get0_cert|get0_untrusted|get_ex_data|get_verify_cb)")
        .allowlist_function("X509_STORE_CTX_set_(current_cert|error|error_depth)")
        .allowlist_function("X509_verify_cert")
        .allowlist_var("(AP_SQ_.*|APLOG_.*|APR_HOOK_.*|AP_MODULE_.*|MODULE_MAGIC_.*|OPENSSL_VERSION|SSL_TICKET_.*|TLS1_3_VERSION|X509_V_.*)")
        .allowlist_var("(ACCESS_CONF|RSRC_CONF|NOT_IN_.*|DECLINED|HTTP_.*|SSL_VERIFY_.*|AP_AUTH_INTERNAL_.*)")
        .allowlist_var("AP_EXPR_(FLAG_.*|FUNC_OP_UNARY)")
        .allowlist_var("(ap_conftree|ap_server_conf|core_module)")
        .allowlist_type("(apr_table_entry_t|core_server_config|ap_directive_t|command_rec|module|cmd_parms)")
        .merge_extern_blocks(true)
        .derive_debug(false)
        .layout_tests(false)
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

/// Whether a header is in one of the directories named, or where compilers look anyway.
fn find(header: &str, flags: &[String]) -> bool {
    let named = flags.iter().filter_map(|flag| flag.strip_prefix("-I"));
    named.map(Path::new).any(|dir| dir.join(header).exists()) || in_default_directories(header, flags)
}

fn in_default_directories(header: &str, flags: &[String]) -> bool {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let include = format!("#include <{header}>\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let probe = out.join("probe.c");
    std::fs::write(&probe, include).is_ok()
        && Command::new(compiler).args(flags).args(["-E", "-o", "/dev/null"]).arg(&probe).output().is_ok_and(|o| {
            // Another header missing inside it is reported under that header's own name.
            o.status.success() || !String::from_utf8_lossy(&o.stderr).contains(&format!("{header}: No such file"))
        })
}

fn fail(message: &str) -> ! {
    println!("cargo::error={message}");
    exit(1)
}
