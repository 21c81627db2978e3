//! The OpenSSL that this module shares with mod_ssl.

use crate::ffi;
use crate::httpd::slots::Slots;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{NonNull, null_mut};

/// A message when mod_ssl and this module use different OpenSSL libraries, `None` when they share
/// one. Objects of one library must not be handed to another.
///
/// The libraries are compared, not what they say of themselves: two with one version are two, and
/// httpd's own question for the version (`SSL_VERSION_LIBRARY`) goes to every TLS module that is
/// loaded, of which mod_tls can't answer without a connection.
pub fn openssl_mismatch<M: Slots>() -> Option<String> {
    let ssl: *const c_void = ffi::SSL_CTX_set_cert_verify_callback as *const c_void;
    let crypto: *const c_void = ffi::OpenSSL_version as *const c_void;
    let theirs = [c"SSL_CTX_set_cert_verify_callback", c"OpenSSL_version"].map(of_mod_ssl);
    if theirs.map(|symbol| symbol.map_or(std::ptr::null(), |symbol| symbol.as_ptr().cast_const())) == [ssl, crypto] {
        return None;
    }
    type Version = unsafe extern "C" fn(c_int) -> *const c_char;
    let said = |version: Version| {
        // SAFETY: it returns a static string.
        unsafe { CStr::from_ptr(version(ffi::OPENSSL_VERSION)) }.to_string_lossy().into_owned()
    };
    let theirs = theirs[1].map_or_else(
        || "an OpenSSL of its own".to_owned(),
        // SAFETY: OpenSSL declares the function so in every version.
        |symbol| said(unsafe { std::mem::transmute::<NonNull<c_void>, Version>(symbol) }),
    );
    let name = M::NAME.to_string_lossy();
    Some(format!(
        "mod_ssl uses {theirs}, {name} another library, {}; both must share one: build {name} \
         against the OpenSSL that mod_ssl was built with, and link neither statically",
        said(ffi::OpenSSL_version)
    ))
}

/// Where the name leads in mod_ssl and the libraries that it is linked with.
fn of_mod_ssl(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: looks through httpd's list of modules, whose records stay while they are loaded. The
    // handle is mod_so's; a module that is compiled into httpd has none, and httpd's own libraries.
    unsafe {
        let module = ffi::ap_find_linked_module(c"mod_ssl.c".as_ptr()).as_ref()?;
        if module.dynamic_load_handle.is_null() {
            return NonNull::new(libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()));
        }
        let mut found = null_mut();
        let status = ffi::apr_dso_sym(&raw mut found, module.dynamic_load_handle.cast(), name.as_ptr());
        NonNull::new(found).filter(|_| status == 0)
    }
}
