//! httpd's expressions (ap_expr) that make a text of a request.

use crate::ffi;
use crate::httpd::boundary::guard;
use crate::httpd::pool::Pool;
use crate::httpd::request::Request;
use crate::httpd::slots::Slots;
use mtlsprotect_memory::bytes;
use std::marker::PhantomData;
use std::os::raw::c_int;
use std::ptr::{NonNull, null};

/// A parsed expression of a configuration that lives during `'c`.
#[derive(Clone, Copy)]
pub struct Expression<'c>(NonNull<ffi::ap_expr_info_t>, PhantomData<&'c ()>);

// SAFETY: httpd evaluates one expression in many threads at once; nothing writes to it after it is parsed.
unsafe impl Send for Expression<'_> {}
// SAFETY: as above.
unsafe impl Sync for Expression<'_> {}

impl<'c> Expression<'c> {
    /// Parses the argument of the directive that `parameters` describe.
    ///
    /// # Safety
    /// `parameters` are those that httpd passes to a directive's handler, and `pool` is theirs.
    pub(super) unsafe fn parse<M: Slots>(
        parameters: *mut ffi::cmd_parms,
        pool: Pool<'c>,
        text: &str,
    ) -> Result<Self, String> {
        let flags = ffi::AP_EXPR_FLAG_STRING_RESULT | ffi::AP_EXPR_FLAG_DONT_VARY | ffi::AP_EXPR_FLAG_RESTRICTED;
        let mut error = null();
        // SAFETY: the caller vouches for the parameters; the parser copies what it needs of the text,
        // and `look_up` has the type that it asks for.
        let parsed = unsafe {
            let text = pool.c_string(text.as_bytes());
            ffi::ap_expr_parse_cmd_mi(parameters, text, flags as _, &raw mut error, Some(look_up), M::record().index())
        };
        match NonNull::new(parsed) {
            Some(parsed) if error.is_null() => Ok(Expression(parsed, PhantomData)),
            // SAFETY: null, or a string of the parameters' pools.
            _ => Err(String::from_utf8_lossy(unsafe { bytes(error) }.unwrap_or(b"unknown error")).into_owned()),
        }
    }

    /// Its value for a request at this moment.
    ///
    /// # Errors
    /// What httpd says went wrong.
    pub fn evaluate<'r>(self, request: &Request<'r>) -> Result<&'r [u8], String>
    where
        'c: 'r,
    {
        let mut error = null();
        // SAFETY: the expression lives as long as the configuration, and the request belongs to this
        // thread. The result is in the configuration, or a string of the request's, which httpd
        // replaces rather than changes.
        unsafe {
            let value = ffi::ap_expr_str_exec(request.as_ptr(), self.0.as_ptr(), &raw mut error);
            match bytes(value) {
                Some(value) if error.is_null() => Ok(value),
                _ => Err(String::from_utf8_lossy(bytes(error).unwrap_or(b"unknown error")).into_owned()),
            }
        }
    }
}

/// Finds the functions and variables of an expression, as httpd does, except those that start a subrequest, which would
/// be judged by this very expression.
unsafe extern "C" fn look_up(parameters: *mut ffi::ap_expr_lookup_parms) -> c_int {
    // SAFETY: the parser passes valid parameters with a name and the configuration's pool.
    let (kind, name, pool) = unsafe {
        let pool: Option<Pool<'_>> = Pool::new((*parameters).pool);
        ((*parameters).type_, bytes((*parameters).name).unwrap_or_default(), pool)
    };
    let starts_subrequest = || kind == ffi::AP_EXPR_FUNC_OP_UNARY && matches!(name, b"U" | b"A" | b"F");
    let error = guard(
        "expression",
        || if starts_subrequest() { c"-U, -A and -F start a subrequest".as_ptr() } else { null() },
        |panic| pool.map_or(c"out of pools".as_ptr(), |pool| pool.c_string(panic.as_bytes()).cast_const()),
    );
    if !error.is_null() {
        // SAFETY: the parser reads a string from there, which is static or the configuration's.
        unsafe { (*parameters).err.write(error) };
        return ffi::DECLINED;
    }
    // SAFETY: it takes the parser's own parameters.
    unsafe { ffi::ap_expr_lookup_default(parameters) }
}
