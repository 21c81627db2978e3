//! APR tables: a request's notes, environment and headers.

use crate::ffi;
use crate::httpd::{Pool, bytes};
use std::ffi::CStr;
use std::ptr::NonNull;

/// A table of a request that lives as long as `'r`.
#[derive(Clone, Copy)]
pub struct Table<'r> {
    raw: NonNull<ffi::apr_table_t>,
    pool: Pool<'r>,
}

impl<'r> Table<'r> {
    /// # Safety
    /// `raw` is null or a table that lives as long as `pool`.
    pub(super) unsafe fn new(raw: *mut ffi::apr_table_t, pool: Pool<'r>) -> Option<Self> {
        Some(Table { raw: NonNull::new(raw)?, pool })
    }

    /// The first value under a key, compared without case.
    pub fn get(self, key: &CStr) -> Option<&'r [u8]> {
        // SAFETY: table and key are valid; values live as long as the request's pool.
        unsafe { bytes(ffi::apr_table_get(self.raw.as_ptr(), key.as_ptr())) }
    }

    /// Replaces all values under a key by a copy of `value`.
    pub fn set(self, key: &'static CStr, value: &[u8]) {
        // SAFETY: the key is static, the value copied into the pool that the table lives in.
        unsafe { ffi::apr_table_setn(self.raw.as_ptr(), key.as_ptr(), self.pool.c_string(value)) }
    }

    /// The same with a value that needs no copy.
    pub fn set_static(self, key: &'static CStr, value: &'static CStr) {
        // SAFETY: both are static.
        unsafe { ffi::apr_table_setn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Removes all values under a key.
    pub fn unset(self, key: &CStr) {
        // SAFETY: table and key are valid.
        unsafe { ffi::apr_table_unset(self.raw.as_ptr(), key.as_ptr()) }
    }
}
