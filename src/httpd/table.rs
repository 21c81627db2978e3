//! APR tables: a request's notes, environment and headers.

use crate::ffi;
use crate::httpd::pool::PoolStr;
use crate::httpd::text::Text;
use mtlsprotect_memory::{bytes, elements};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A table of a request that lives as long as `'r`, and so do its strings: they are replaced, never changed. Its
/// entries may only be looked at while nothing is set.
pub struct Table<'r> {
    raw: NonNull<ffi::apr_table_t>,
    lifetime: PhantomData<&'r ()>,
}

/// One entry of a table that is not changed during `'t`.
pub struct TableEntry<'t, 'r> {
    raw: *const ffi::apr_table_entry_t,
    lifetime: PhantomData<(&'t (), &'r ())>,
}

impl<'r> TableEntry<'_, 'r> {
    /// Its key; a table has no entries without one.
    pub fn key(&self) -> &'r CStr {
        // SAFETY: see `Table::entries`.
        unsafe { CStr::from_ptr((&raw const (*self.raw).key).read()) }
    }

    /// The key's first byte, which is enough to tell most apart.
    pub fn initial(&self) -> u8 {
        // SAFETY: see `Table::entries`; the key ends with a NUL at least.
        unsafe { *(&raw const (*self.raw).key).read().cast::<u8>() }
    }

    /// Whether this is its key, compared without case.
    #[inline]
    fn has_key(&self, key: &CStr) -> bool {
        // SAFETY: see `Table::entries`.
        let own = unsafe { (&raw const (*self.raw).key).read() }.cast_const();
        // Three letters tell nearly all apart, and a call takes its time.
        let letters = key.to_bytes().iter().take(3).take_while(|byte| byte.is_ascii_alphabetic());
        // SAFETY: a key ends with a NUL at least, which none of the bytes before is, since each is a letter.
        let is_letter = |(place, letter): (usize, &u8)| unsafe { *own.add(place).cast::<u8>() ^ letter } & !0x20 == 0;
        // SAFETY: both end with a NUL. Most often it is written as clients write it.
        let is = || unsafe { libc::strcmp(own, key.as_ptr()) == 0 || libc::strcasecmp(own, key.as_ptr()) == 0 };
        letters.enumerate().all(is_letter) && is()
    }

    /// Its value.
    pub fn value(&self) -> Option<&'r [u8]> {
        // SAFETY: see `Table::entries`.
        unsafe { bytes((&raw const (*self.raw).val).read()) }
    }

    /// The same, if its length is not needed.
    fn text(&self) -> Text<'r> {
        // SAFETY: see `Table::entries`.
        unsafe { Text::new((&raw const (*self.raw).val).read()) }
    }

    /// Whether it consists of these very strings, not only of equal ones.
    pub fn is(&self, key: &CStr, value: PoolStr) -> bool {
        // SAFETY: see `Table::entries`.
        let (own_key, own_value) =
            unsafe { ((&raw const (*self.raw).key).read(), (&raw const (*self.raw).val).read()) };
        std::ptr::eq(own_key.cast_const(), key.as_ptr()) && std::ptr::eq(own_value.cast_const(), value.as_ptr())
    }
}

impl<'r> Table<'r> {
    /// `None` for null.
    ///
    /// # Safety
    /// `raw` is null or a table that lives during `'r` and that only this thread uses.
    pub(super) unsafe fn new(raw: *mut ffi::apr_table_t) -> Option<Self> {
        Some(Table { raw: NonNull::new(raw)?, lifetime: PhantomData })
    }

    /// The first value under a key, compared without case.
    pub fn get(&self, key: &CStr) -> Option<&'r [u8]> {
        // SAFETY: table and key are valid; values live as long as the request's pool.
        unsafe { bytes(ffi::apr_table_get(self.raw.as_ptr(), key.as_ptr())) }
    }

    /// The first value under each of these keys, compared without case: one walk through a short table.
    pub fn get_each<const COUNT: usize>(&self, keys: [&CStr; COUNT]) -> [Text<'r>; COUNT] {
        let mut values = [Text::absent(); COUNT];
        for entry in self.entries() {
            for (key, value) in keys.iter().zip(&mut values) {
                if value.is_absent() && entry.has_key(key) {
                    *value = entry.text();
                }
            }
        }
        values
    }

    /// All entries, as they stand.
    pub fn entries<'t>(&'t self) -> impl Iterator<Item = TableEntry<'t, 'r>> + use<'t, 'r> {
        // SAFETY: a table's array holds so many entries. Even where another `Table` stands for the same one and
        // changes it, the array's memory stays as long as the request, and so do the strings.
        let entries = unsafe {
            let array = ffi::apr_table_elts(self.raw.as_ptr());
            let length = usize::try_from((&raw const (*array).nelts).read()).unwrap_or(0);
            elements((&raw const (*array).elts).read().cast::<ffi::apr_table_entry_t>().cast_const(), length)
        };
        entries.map(|raw| TableEntry { raw, lifetime: PhantomData })
    }

    /// Replaces all values under a key.
    pub fn set(&mut self, key: &'static CStr, value: PoolStr) {
        // SAFETY: the key is static, the value lives as long as the request.
        unsafe { ffi::apr_table_setn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Adds a value under a key that the table doesn't have, which takes no search.
    pub fn add(&mut self, key: &'static CStr, value: PoolStr) {
        // SAFETY: the key is static, the value lives as long as the request.
        unsafe { ffi::apr_table_addn(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    /// Removes all values under a key.
    pub fn unset(&mut self, key: &CStr) {
        // SAFETY: table and key are valid.
        unsafe { ffi::apr_table_unset(self.raw.as_ptr(), key.as_ptr()) }
    }
}
