//! A configuration while it is checked, and the last that is put into it.

use crate::ffi;
use crate::httpd::pool::Pool;
use crate::httpd::server::Server;
use crate::httpd::slots::{self, Slots};
use crate::httpd::while_reading::WhileReading;
use std::cell::{Cell, RefMut};
use std::marker::PhantomData;

/// A configuration that lives during `'c`, neither longer nor shorter: what is put into it lives as long.
#[derive(Clone, Copy)]
pub struct Checked<'c> {
    /// Its pool.
    pub pool: Pool<'c>,
    exactly: PhantomData<Cell<&'c ()>>,
}

impl<'c> Checked<'c> {
    /// # Safety
    /// The pool is that of the configuration that httpd checks, and `'c` its whole life.
    pub(super) unsafe fn new(pool: Pool<'c>) -> Self {
        Checked { pool, exactly: PhantomData }
    }

    /// The main server and all virtual hosts, in httpd's order.
    pub fn servers(self) -> impl Iterator<Item = Server<'c>> + use<'c> {
        // SAFETY: when httpd has a configuration checked, its servers stand here.
        let main = unsafe { Server::new((&raw const ffi::ap_server_conf).read()) };
        std::iter::successors(main, |server| server.next())
    }

    /// What directives have kept while it was read.
    pub fn reading<M: Slots>(self) -> RefMut<'c, M::WhileReading<'c>> {
        // SAFETY: `'c` is the pool's whole life.
        unsafe { WhileReading::<M>::of(self.pool) }.directives.borrow_mut()
    }

    /// This module's configuration of a host.
    pub fn config<M: Slots>(self, server: Server<'_>) -> &'c M::Server<'c> {
        // SAFETY: the module's callbacks have filled the slot, with what lives as long as the configuration.
        unsafe { slots::config::<M, M::Server<'c>>(server.vector()) }
    }

    /// Replaces this module's configuration of a host.
    pub fn set_config<M: Slots>(self, server: Server<'_>, config: M::Server<'c>) {
        // SAFETY: no thread serves before a configuration has been checked, and its pool holds the new one.
        unsafe { slots::keep::<M, M::Server<'c>>(server.vector(), self.pool.place(config)) };
    }

    /// Takes away, for each host, what stands outside of all sections where that is silent: httpd would have it merged with a
    /// section's for each request.
    pub(super) fn take_silent_dirs<M: Slots>(self) {
        for server in self.servers() {
            let vector = server.outside_sections();
            // SAFETY: the slot has what the module's callbacks have made, or nothing; no thread serves yet.
            unsafe {
                if slots::kept::<M, M::Dir<'c>>(vector).is_some_and(M::is_silent) {
                    slots::keep::<M, M::Dir<'c>>(vector, std::ptr::null());
                }
            }
        }
    }
}
