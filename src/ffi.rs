//! Raw bindings to httpd, APR and OpenSSL, and the few macros that bindgen can't express.
#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    dead_code,
    missing_docs,
    clippy::all,
    clippy::undocumented_unsafe_blocks
)]
#![allow(unknown_lints, unnecessary_transmutes)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

/// `OK` of httpd.h with the type that hooks return.
pub const HOOK_OK: std::os::raw::c_int = 0;
/// `DECLINED` of httpd.h.
pub const HOOK_DECLINED: std::os::raw::c_int = DECLINED;

/// `STANDARD20_MODULE_STUFF` of http_config.h: a module record that httpd will fill in.
pub const fn module_record(name: &'static std::ffi::CStr) -> module {
    module_struct {
        version: MODULE_MAGIC_NUMBER_MAJOR as _,
        minor_version: MODULE_MAGIC_NUMBER_MINOR as _,
        module_index: -1,
        name: name.as_ptr(),
        dynamic_load_handle: std::ptr::null_mut(),
        next: std::ptr::null_mut(),
        magic: MODULE_MAGIC_COOKIE as _,
        rewrite_args: None,
        create_dir_config: None,
        merge_dir_config: None,
        create_server_config: None,
        merge_server_config: None,
        cmds: std::ptr::null(),
        register_hooks: None,
        flags: 0,
    }
}
