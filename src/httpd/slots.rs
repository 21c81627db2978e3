//! What a module keeps in httpd's records, and where: httpd has a vector in each, with a place for every module.

use crate::ffi;
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};

/// The record that a module exports for LoadModule.
#[repr(transparent)]
pub struct ModuleRecord(UnsafeCell<ffi::module>);

// SAFETY: httpd writes to it when it loads the module, in its only thread; afterwards all only read it.
unsafe impl Sync for ModuleRecord {}

impl ModuleRecord {
    pub(super) const fn new(record: ffi::module) -> Self {
        ModuleRecord(UnsafeCell::new(record))
    }

    /// The module's place in all vectors.
    pub(super) fn index(&self) -> c_int {
        // SAFETY: one field, read while nobody writes.
        unsafe { (&raw const (*self.0.get()).module_index).read() }
    }
}

/// A module's name, and the types of what it keeps.
pub trait Slots: Sized + 'static {
    /// What httpd and the operator know it by.
    const NAME: &'static CStr;
    /// What the log says before what went wrong inside it.
    const FAILURE: &'static str;

    /// Per-directory configuration, which may refer to what lives as long as the whole configuration.
    type Dir<'c>: Default + Copy + Sync;
    /// Virtual host's configuration, which may do so too.
    type Server<'c>: Default + Copy + Sync;
    /// State of a TLS connection, which streams read from threads of their own.
    type Connection: Send + Sync;
    /// State of a request.
    type Request;
    /// What its directives keep while one configuration is read.
    type WhileReading<'c>: Default;

    /// The configuration for a shorter time. That it can be written shows that nothing of a request's can be put into what
    /// outlives it.
    fn shorter_dir<'c: 's, 's>(dir: &'s Self::Dir<'c>) -> &'s Self::Dir<'s>;
    /// As [`shorter_dir`](Slots::shorter_dir).
    fn shorter_server<'c: 's, 's>(server: &'s Self::Server<'c>) -> &'s Self::Server<'s>;

    /// Configuration that says nothing, for what has none of this module's.
    const SILENT_DIR: &'static Self::Dir<'static>;

    /// Whether configuration says nothing.
    fn is_silent(dir: &Self::Dir<'_>) -> bool;

    /// What it exports.
    fn record() -> &'static ModuleRecord;
}

/// What the module keeps in a vector; `None` before it has put something there.
///
/// # Safety
/// `vector` is one of httpd's; what the module puts there is a `T` that lives and isn't changed during `'a`.
pub(super) unsafe fn kept<'a, M: Slots, T>(vector: *const ffi::ap_conf_vector_t) -> Option<&'a T> {
    // SAFETY: the caller vouches for it.
    unsafe { mtlsprotect_memory::slot_holding(vector.cast(), M::record().index()) }
}

/// What the module has put into a vector.
///
/// # Safety
/// As [`kept`]; and it has.
pub(super) unsafe fn config<'a, M: Slots, T>(vector: *const ffi::ap_conf_vector_t) -> &'a T {
    // SAFETY: the caller vouches for it.
    unsafe { &*any(vector, M::record().index()).cast_const().cast::<T>() }
}

/// Puts something into a vector, which takes the place of what was there.
///
/// # Safety
/// `vector` is one of httpd's that only this thread uses; `value` lives as long as it.
pub(super) unsafe fn keep<M: Slots, T>(vector: *mut ffi::ap_conf_vector_t, value: *const T) {
    // SAFETY: the caller vouches for it.
    unsafe { mtlsprotect_memory::set_slot(vector.cast(), M::record().index(), value) }
}

/// What any module keeps in a vector.
///
/// # Safety
/// `vector` is one of httpd's, and `index` a module's.
pub(super) unsafe fn any(vector: *const ffi::ap_conf_vector_t, index: c_int) -> *mut c_void {
    // SAFETY: the caller vouches for it.
    unsafe { mtlsprotect_memory::slot(vector.cast(), index) }
}
