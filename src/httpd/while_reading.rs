//! What a module keeps while httpd reads one configuration: it goes with the configuration's pool.

use crate::ffi;
use crate::httpd::pool::Pool;
use crate::httpd::slots::Slots;
use std::cell::{Cell, RefCell};
use std::ptr::null_mut;

/// What is kept.
pub struct WhileReading<'c, M: Slots> {
    /// What its directives keep.
    pub directives: RefCell<M::WhileReading<'c>>,
    /// The hook after all other fixups has been asked for.
    pub has_last_fixups: Cell<bool>,
    /// The hooks for what has just come have been asked for.
    pub has_arrivals: Cell<bool>,
}

impl<'c, M: Slots> WhileReading<'c, M> {
    /// That of the configuration whose pool this is, made at first use.
    ///
    /// # Safety
    /// `'c` is the pool's whole life.
    pub unsafe fn of(pool: Pool<'c>) -> &'c Self {
        let key = M::NAME.as_ptr();
        let mut held = null_mut();
        // SAFETY: under a module's name stands what this function has put there, for as long as the pool. The thread that
        // reads directives clears it, too. What they keep refers to what lives as long as the pool, and is dropped first.
        unsafe {
            ffi::apr_pool_userdata_get(&raw mut held, key, pool.as_ptr());
            if let Some(held) = held.cast_const().cast::<Self>().as_ref() {
                return held;
            }
            let made = pool.keep_dropped_first(WhileReading {
                directives: RefCell::default(),
                has_last_fixups: Cell::new(false),
                has_arrivals: Cell::new(false),
            });
            ffi::apr_pool_userdata_set(std::ptr::from_ref(made).cast(), key, None, pool.as_ptr());
            made
        }
    }
}
