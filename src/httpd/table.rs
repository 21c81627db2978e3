//! APR tables: a request's notes, environment and headers.

use crate::ffi;
use crate::httpd::bytes;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A table of a request that lives as long as `'r`.
#[derive(Clone, Copy)]
pub struct Table<'r> {
    raw: NonNull<ffi::apr_table_t>,
    lifetime: PhantomData<&'r ()>,
}

impl<'r> Table<'r> {
    /// # Safety
    /// `raw` is null or a table that lives during `'r`.
    pub(super) unsafe fn new(raw: *mut ffi::apr_table_t) -> Option<Self> {
        Some(Table { raw: NonNull::new(raw)?, lifetime: PhantomData })
    }

    /// The first value under a key, compared without case.
    pub fn get(self, key: &CStr) -> Option<&'r [u8]> {
        // SAFETY: table and key are valid; values live as long as the request's pool.
        unsafe { bytes(ffi::apr_table_get(self.raw.as_ptr(), key.as_ptr())) }
    }

    /// Replaces all values under a key. The value must be static or of the request's pool, which
    /// every C string here is.
    pub fn set(self, key: &'static CStr, value: &CStr) {
        // SAFETY: the key is static, the value lives as long as the request.
        unsafe { ffi::apr_table_setn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Adds a value, as for [`Table::set`], under a key that the table doesn't have: no search.
    pub fn add(self, key: &'static CStr, value: &CStr) {
        // SAFETY: the key is static, the value lives as long as the request.
        unsafe { ffi::apr_table_addn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Removes all values under a key.
    pub fn unset(self, key: &CStr) {
        // SAFETY: table and key are valid.
        unsafe { ffi::apr_table_unset(self.raw.as_ptr(), key.as_ptr()) }
    }
}
