//! APR pools: memory that goes when the configuration, connection or request goes.

use crate::ffi;
use crate::httpd::boundary::guard;
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ops::Deref;
use std::os::raw::c_char;
use std::ptr::NonNull;

/// A pool that lives at least as long as `'p`.
#[derive(Clone, Copy)]
pub struct Pool<'p> {
    raw: NonNull<ffi::apr_pool_t>,
    lifetime: PhantomData<&'p ()>,
}

/// A value in the configuration pool, dropped when httpd forgets that configuration.
///
/// It is as good as `&'static`: everything that can hold one (configurations, connections,
/// requests) is gone before the configuration pool is.
pub struct PoolRef<T: 'static>(NonNull<T>);

impl<T> Clone for PoolRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for PoolRef<T> {}

impl<T> PartialEq for PoolRef<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

// SAFETY: it is a shared reference in all but its lifetime.
unsafe impl<T: Sync> Send for PoolRef<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for PoolRef<T> {}

impl<T> PoolRef<T> {
    /// Tells values of one configuration apart.
    pub fn addr(self) -> usize {
        self.0.addr().get()
    }

    /// The value for as long as this configuration lives, which is as long as anything can ask.
    pub fn get(self) -> &'static T {
        // SAFETY: the pool's cleanup is the only one to free it, and it runs after every holder is gone.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Deref for PoolRef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}

/// A C string that is static or in a request's pool, for a state in that same pool or one below.
#[derive(Clone, Copy)]
pub struct PoolStr(NonNull<c_char>);

// SAFETY: nobody writes to the text.
unsafe impl Send for PoolStr {}
// SAFETY: as above.
unsafe impl Sync for PoolStr {}

impl PoolStr {
    /// The text without its NUL.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the pool that holds the text also holds whoever holds `self`.
        unsafe { CStr::from_ptr(self.as_ptr()) }.to_bytes()
    }

    pub(super) fn as_ptr(self) -> *const c_char {
        self.0.as_ptr()
    }
}

impl From<&'static CStr> for PoolStr {
    fn from(text: &'static CStr) -> Self {
        PoolStr(NonNull::from(text).cast())
    }
}

/// Bytes in a request's pool, for a state in that same pool. A NUL follows them.
#[derive(Clone, Copy)]
pub struct PoolBytes(NonNull<[u8]>);

impl Deref for PoolBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the pool that holds the bytes also holds whoever holds `self`.
        unsafe { self.0.as_ref() }
    }
}

impl<'p> Pool<'p> {
    /// # Safety
    /// `raw` is a pool that is not cleared during `'p`, and no other thread allocates from it.
    pub unsafe fn new(raw: *mut ffi::apr_pool_t) -> Self {
        let raw = NonNull::new(raw).expect("httpd passes a pool");
        Pool { raw, lifetime: PhantomData }
    }

    pub(super) fn as_ptr(self) -> *mut ffi::apr_pool_t {
        self.raw.as_ptr()
    }

    /// Puts a value that needs no drop into the pool.
    pub fn place<T>(self, value: T) -> &'p T {
        const { assert!(!std::mem::needs_drop::<T>() && align_of::<T>() <= 8 && size_of::<T>() > 0) };
        // SAFETY: apr_palloc gives memory of that size aligned to 8 bytes, or ends the process.
        unsafe {
            let place = ffi::apr_palloc(self.as_ptr(), size_of::<T>()).cast::<T>();
            place.write(value);
            &*place
        }
    }

    /// Copies of some texts, each followed by a NUL.
    pub fn copies<const COUNT: usize>(self, texts: [&[u8]; COUNT]) -> [PoolBytes; COUNT] {
        let length = texts.iter().map(|text| text.len() + 1).sum();
        // SAFETY: as in `place`; the texts and their NULs fill the new memory exactly.
        unsafe {
            let mut next = ffi::apr_palloc(self.as_ptr(), length).cast::<u8>();
            texts.map(|text| {
                let copy = NonNull::slice_from_raw_parts(NonNull::new_unchecked(next), text.len());
                if !text.is_empty() {
                    next.copy_from_nonoverlapping(text.as_ptr(), text.len());
                    next = next.add(text.len());
                }
                next.write(0);
                next = next.add(1);
                PoolBytes(copy)
            })
        }
    }

    /// A copy as a C string, which a NUL in it ends early.
    pub fn string(self, bytes: &[u8]) -> PoolStr {
        let [copy] = self.copies([bytes]);
        PoolStr(copy.0.cast())
    }

    /// A copy as a C string for httpd's own structures, cut at its first NUL.
    pub(super) fn c_string(self, bytes: &[u8]) -> *mut c_char {
        let length =
            if bytes.contains(&0) { bytes.iter().position(|&byte| byte == 0).unwrap_or(0) } else { bytes.len() };
        // SAFETY: as in `place`, with one byte more for the NUL.
        unsafe {
            let place = ffi::apr_palloc(self.as_ptr(), length + 1).cast::<u8>();
            place.copy_from_nonoverlapping(bytes.as_ptr(), length);
            place.add(length).write(0);
            place.cast()
        }
    }

    /// Gives a value to the pool, which drops it when it is cleared.
    pub(super) fn keep<T>(self, value: T) -> &'p T {
        let value = Box::into_raw(Box::new(value));
        // SAFETY: the cleanup gets the box back exactly once; the pool calls it before it is gone.
        unsafe {
            ffi::apr_pool_cleanup_register(
                self.as_ptr(),
                value.cast(),
                Some(drop_box::<T>),
                Some(ffi::apr_pool_cleanup_null),
            );
            &*value
        }
    }
}

impl Pool<'_> {
    /// Lets `work` have a pool that is gone when it is done.
    pub(super) fn scratch(work: impl FnOnce(Pool<'_>)) {
        let mut raw = std::ptr::null_mut();
        // SAFETY: a pool of its own below httpd's root pool, destroyed once; a panic leaves it to the root pool.
        unsafe {
            ffi::apr_pool_create_ex(&raw mut raw, std::ptr::null_mut(), None, std::ptr::null_mut());
            work(Pool::new(raw));
            ffi::apr_pool_destroy(raw);
        }
    }
}

impl Pool<'static> {
    /// Gives a value to the configuration pool.
    pub fn own<T>(self, value: T) -> PoolRef<T> {
        PoolRef(NonNull::from(self.keep(value)))
    }
}

unsafe extern "C" fn drop_box<T>(value: *mut c_void) -> ffi::apr_status_t {
    // SAFETY: `keep` registered this very box, once.
    guard("pool cleanup", || drop(unsafe { Box::from_raw(value.cast::<T>()) }), |_| ());
    0
}
