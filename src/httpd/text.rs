//! Strings of httpd's whose length nobody needs who only compares them.

use mtlsprotect_memory::bytes;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::os::raw::c_char;
use std::ptr::null;

/// A string that lives as long as `'r`, of unknown length; empty where httpd has none.
#[derive(Clone, Copy)]
pub struct Text<'r> {
    raw: *const c_char,
    lifetime: PhantomData<&'r ()>,
}

impl<'r> Text<'r> {
    /// # Safety
    /// `raw` is null or a string that lives and is not changed during `'r`.
    pub(super) unsafe fn new(raw: *const c_char) -> Self {
        Text { raw, lifetime: PhantomData }
    }

    /// None.
    pub(super) const fn absent() -> Self {
        Text { raw: null(), lifetime: PhantomData }
    }

    /// Whether httpd has none.
    pub(super) fn is_absent(self) -> bool {
        self.raw.is_null()
    }

    /// Its bytes.
    pub fn bytes(self) -> &'r [u8] {
        // SAFETY: see `new`.
        unsafe { bytes(self.raw) }.unwrap_or_default()
    }

    /// A copy.
    pub fn to_c_string(self) -> CString {
        // SAFETY: see `new`.
        if self.is_absent() { CString::default() } else { unsafe { CStr::from_ptr(self.raw) }.to_owned() }
    }

    /// Whether it is equal, byte by byte.
    #[inline(always)]
    pub fn is(self, other: &CStr) -> bool {
        // SAFETY: `other` ends with a NUL; see `new`.
        unsafe { is_same(self.raw, other.as_ptr()) }
    }
}

/// As [`is_equal`], for a text that is seldom empty.
///
/// # Safety
/// As [`is_equal`].
#[inline(always)]
pub(super) unsafe fn is_same(text: *const c_char, kept: *const c_char) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe { if text.is_null() { *kept == 0 } else { libc::strcmp(text, kept) == 0 } }
}

/// Whether two strings are equal, byte by byte.
///
/// # Safety
/// `kept` ends with a NUL, and so does `text` unless it is null, which counts as empty.
#[inline(always)]
pub(super) unsafe fn is_equal(text: *const c_char, kept: *const c_char) -> bool {
    // SAFETY: the caller vouches for it.
    unsafe {
        // Texts are empty more often than not, and a call for nothing takes its time.
        match text.as_ref() {
            None | Some(0) => *kept == 0,
            Some(_) => libc::strcmp(text, kept) == 0,
        }
    }
}
