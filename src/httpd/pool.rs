//! APR pools: memory that is freed with the configuration, connection or request.

use crate::ffi;
use crate::httpd::boundary::guard;
use mtlsprotect_memory::{copy_texts, length_of_copies, until_nul};
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

/// Where a value is: tells values of one configuration apart.
pub fn addr<T>(value: &T) -> usize {
    std::ptr::from_ref(value).addr()
}

/// A C string that is static, or in the pool of the configuration, of a connection or of a request, for a state in that
/// same pool or one below.
///
/// It has no lifetime, as the state of a request has none: a subrequest's pool is gone before its main request, and that
/// one's state can be reached and replaced from there. A lifetime of the request at hand would be the same for both.
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

/// A value that is where a [`PoolStr`] may be, and has no lifetime for the same reason.
pub struct PoolRef<T>(NonNull<T>);

impl<T> Clone for PoolRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for PoolRef<T> {}

// SAFETY: nobody writes to the value.
unsafe impl<T: Sync> Send for PoolRef<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for PoolRef<T> {}

impl<T> Deref for PoolRef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the pool that holds the value also holds whoever holds `self`.
        unsafe { self.0.as_ref() }
    }
}

/// Bytes in a request's pool, for a state in that same pool. A NUL follows them. For the lifetime see [`PoolStr`].
#[derive(Clone, Copy)]
pub struct PoolBytes(NonNull<[u8]>);

impl PoolBytes {
    /// A C string without its NUL, as it is.
    ///
    /// # Safety
    /// Nobody writes to it as long as the pool lives, in which it is or which is below its own.
    pub(super) unsafe fn of(text: &CStr) -> Self {
        PoolBytes(NonNull::from(text.to_bytes()))
    }

    /// Its last bytes, at most so many.
    pub(super) fn last(self, length: usize) -> Self {
        let bytes: &[u8] = &self;
        PoolBytes(NonNull::from(&bytes[bytes.len().saturating_sub(length)..]))
    }
}

impl Deref for PoolBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the pool that holds the bytes also holds whoever holds `self`.
        unsafe { self.0.as_ref() }
    }
}

// SAFETY: nobody writes to the bytes.
unsafe impl Send for PoolBytes {}

impl<'p> Pool<'p> {
    /// `None` for null, which httpd never passes.
    ///
    /// # Safety
    /// `raw` is null or a pool that is not cleared during `'p`, and no other thread allocates from it.
    pub(super) unsafe fn new(raw: *mut ffi::apr_pool_t) -> Option<Self> {
        Some(Pool { raw: NonNull::new(raw)?, lifetime: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *mut ffi::apr_pool_t {
        self.raw.as_ptr()
    }

    /// New memory, aligned to 8 bytes. Where there is none left, APR ends the process.
    fn allocate(self, length: usize) -> NonNull<c_void> {
        // SAFETY: the pool is valid, and what it gives is never null.
        unsafe { NonNull::new_unchecked(ffi::apr_palloc(self.as_ptr(), length)) }
    }

    /// Puts a value that needs no drop into the pool.
    pub fn place<T>(self, value: T) -> &'p T {
        self.place_made(|| value)
    }

    /// The same with one that is made when there is a place for it: a large one need not be moved.
    #[inline(always)]
    pub fn place_made<T>(self, make: impl FnOnce() -> T) -> &'p T {
        const { assert!(!std::mem::needs_drop::<T>() && align_of::<T>() <= 8 && size_of::<T>() > 0) };
        let place = self.allocate(size_of::<T>()).cast::<T>();
        // SAFETY: new memory of that size and alignment, which stays as long as the pool.
        unsafe {
            place.write(make());
            place.as_ref()
        }
    }

    /// Puts a value into the pool for a state in that same pool or one below, as [`Pool::string`] does.
    pub fn keep<T: Copy + 'static>(self, value: T) -> PoolRef<T> {
        PoolRef(NonNull::from(self.place(value)))
    }

    /// Copies of some texts, each followed by a NUL.
    pub fn copies<const COUNT: usize>(self, texts: [&[u8]; COUNT]) -> [PoolBytes; COUNT] {
        let place = self.allocate(length_of_copies(&texts)).cast();
        // SAFETY: new memory of that length.
        unsafe { copy_texts(place, texts) }.map(PoolBytes)
    }

    /// Puts a value that needs no drop into the pool, made of copies of some texts that stand behind it. For the lifetime
    /// of what is returned see [`PoolStr`].
    pub(super) fn place_with<T: Copy, const COUNT: usize>(
        self,
        texts: [&[u8]; COUNT],
        make: impl FnOnce([PoolBytes; COUNT]) -> T,
    ) -> NonNull<T> {
        const { assert!(align_of::<T>() <= 8) };
        let place = self.allocate(size_of::<T>() + length_of_copies(&texts)).cast::<T>();
        // SAFETY: new memory of that alignment, with room for the value and behind it for the copies.
        unsafe {
            place.write(make(copy_texts(place.add(1).cast(), texts).map(PoolBytes)));
        }
        place
    }

    /// A copy as a C string, which a NUL in it ends early.
    pub fn string(self, bytes: &[u8]) -> PoolStr {
        let [copy] = self.copies([bytes]);
        PoolStr(copy.0.cast())
    }

    /// A copy as a C string for httpd's own structures, cut at its first NUL.
    pub(super) fn c_string(self, bytes: &[u8]) -> *mut c_char {
        self.string(until_nul(bytes)).0.as_ptr()
    }

    /// A copy of some values that need no drop.
    pub fn slice<T: Copy>(self, values: &[T]) -> &'p [T] {
        const { assert!(align_of::<T>() <= 8) };
        let place = self.allocate(size_of_val(values)).cast::<T>();
        // SAFETY: new memory of that size and alignment, which stays as long as the pool.
        unsafe {
            place.copy_from_nonoverlapping(NonNull::from(values).cast(), values.len());
            NonNull::slice_from_raw_parts(place, values.len()).as_ref()
        }
    }

    /// Gives a value to the pool, which drops it when it is cleared, in whichever thread. It owns all that it has: what it
    /// refers to in the pool might be dropped before it.
    pub fn own<T: Send + 'static>(self, value: T) -> &'p T {
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

    /// As [`Self::own`], for a state.
    pub fn own_for_state<T: Send + 'static>(self, value: T) -> PoolRef<T> {
        PoolRef(NonNull::from(self.own(value)))
    }

    /// Gives a value to the pool, which drops it before everything else when it is cleared.
    ///
    /// # Safety
    /// What the value refers to lives as long as the pool, not only as long as `'p`; the pool's own thread clears it.
    pub(super) unsafe fn keep_dropped_first<T>(self, value: T) -> &'p T {
        let value = Box::into_raw(Box::new(value));
        // SAFETY: as in `own`; the caller vouches for what the value refers to.
        unsafe {
            ffi::apr_pool_pre_cleanup_register(self.as_ptr(), value.cast(), Some(drop_box::<T>));
            &*value
        }
    }
}

impl Pool<'_> {
    /// Runs `work` with a pool that is destroyed when it is done.
    pub(super) fn scratch(work: impl FnOnce(Pool<'_>)) {
        let mut raw = std::ptr::null_mut();
        // SAFETY: a pool of its own below httpd's root pool, destroyed once; a panic leaves it to the root pool.
        unsafe {
            ffi::apr_pool_create_ex(&raw mut raw, std::ptr::null_mut(), None, std::ptr::null_mut());
            if let Some(pool) = Pool::new(raw) {
                work(pool);
                ffi::apr_pool_destroy(raw);
            }
        }
    }
}

unsafe extern "C" fn drop_box<T>(value: *mut c_void) -> ffi::apr_status_t {
    // SAFETY: the pool was given this very box, once.
    guard("pool cleanup", || drop(unsafe { Box::from_raw(value.cast::<T>()) }), |_| ());
    0
}
