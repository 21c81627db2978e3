//! APR tables: a request's notes, environment and headers.

use crate::ffi;
use crate::httpd::{PoolStr, bytes};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// One entry of a table.
pub struct TableEntry<'r> {
    raw: *const ffi::apr_table_entry_t,
    lifetime: PhantomData<&'r ()>,
}

impl<'r> TableEntry<'r> {
    /// Its key; a table has no entries without one.
    pub fn key(&self) -> &'r CStr {
        // SAFETY: see `Table::entries`.
        unsafe { CStr::from_ptr((*self.raw).key) }
    }

    /// The key's first byte, which says enough of most.
    pub fn initial(&self) -> u8 {
        // SAFETY: see `Table::entries`; the key ends with a NUL at least.
        unsafe { *(*self.raw).key.cast::<u8>() }
    }

    /// Whether it consists of these very strings, not only of equal ones.
    pub fn is(&self, key: &CStr, value: PoolStr) -> bool {
        // SAFETY: see `Table::entries`.
        let (own_key, own_value) = unsafe { ((*self.raw).key, (*self.raw).val) };
        std::ptr::eq(own_key.cast_const(), key.as_ptr()) && std::ptr::eq(own_value.cast_const(), value.as_ptr())
    }
}

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

    /// All entries, as they stand.
    pub fn entries(self) -> impl Iterator<Item = TableEntry<'r>> {
        // SAFETY: a table's array holds so many entries, whose strings live as long as the request;
        // it is not changed while it is borrowed here.
        let entries = unsafe {
            let array = ffi::apr_table_elts(self.raw.as_ptr());
            let length = usize::try_from((*array).nelts).unwrap_or(0);
            let first = (*array).elts.cast::<ffi::apr_table_entry_t>();
            if length == 0 { &[] } else { std::slice::from_raw_parts(first, length) }
        };
        entries.iter().map(|raw| TableEntry { raw, lifetime: PhantomData })
    }

    /// Replaces all values under a key.
    pub fn set(self, key: &'static CStr, value: PoolStr) {
        // SAFETY: the key is static, the value lives as long as the request.
        unsafe { ffi::apr_table_setn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Adds a value under a key that the table doesn't have, which takes no search.
    pub fn add(self, key: &'static CStr, value: PoolStr) {
        // SAFETY: the key is static, the value lives as long as the request.
        unsafe { ffi::apr_table_addn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Removes all values under a key.
    pub fn unset(self, key: &CStr) {
        // SAFETY: table and key are valid.
        unsafe { ffi::apr_table_unset(self.raw.as_ptr(), key.as_ptr()) }
    }
}
