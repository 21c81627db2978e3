//! Client connections.

use crate::ffi;
use crate::httpd::Pool;
use crate::httpd::hooks::{Module, config_slot, module_index, set_config_slot};
use crate::httpd::tls::{Tls, is_tls};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A connection that lives as long as `'c`. Of HTTP/2 it is always the TLS connection, never a
/// stream's secondary one.
#[derive(Clone, Copy)]
pub struct Connection<'c> {
    raw: NonNull<ffi::conn_rec>,
    is_stream: bool,
    lifetime: PhantomData<&'c ()>,
}

impl<'c> Connection<'c> {
    /// The TLS connection below `raw`.
    ///
    /// # Safety
    /// `raw` and its master live during `'c`.
    pub(super) unsafe fn new(raw: *mut ffi::conn_rec) -> Self {
        let own = NonNull::new(raw).expect("httpd passes a connection");
        // SAFETY: the caller vouches for it.
        let master = NonNull::new(unsafe { own.as_ref() }.master);
        Connection { raw: master.unwrap_or(own), is_stream: master.is_some(), lifetime: PhantomData }
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::conn_rec {
        self.raw.as_ptr()
    }

    fn raw(&self) -> &ffi::conn_rec {
        // SAFETY: `new`'s caller vouches for it.
        unsafe { self.raw.as_ref() }
    }

    /// Whether a stream of its own thread asks, so that nothing but reading the state is safe.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// Whether the connection is encrypted, still.
    pub fn is_tls(&self) -> bool {
        is_tls(self.as_ptr())
    }

    /// Whether mod_ssl has taken charge of the connection; else another module may encrypt it.
    pub fn is_mod_ssls(&self) -> bool {
        // SAFETY: httpd's list of modules and the connection's vector, which has a slot for each;
        // the slot is only compared with null.
        unsafe {
            let module = ffi::ap_find_linked_module(c"mod_ssl.c".as_ptr());
            !module.is_null() && !config_slot(self.raw().conn_config, (*module).module_index).is_null()
        }
    }

    /// This module's state of the connection.
    pub fn state<M: Module>(&self) -> Option<&'c M::Connection> {
        // SAFETY: only `set_state` fills the slot, with a value of the connection's pool.
        unsafe { config_slot(self.raw().conn_config, module_index()).cast::<M::Connection>().cast_const().as_ref() }
    }

    /// Gives the connection its state, which is dropped with it. Called before any other thread
    /// knows the connection.
    pub(super) fn set_state<M: Module>(&self, state: M::Connection) {
        // SAFETY: the pool is the connection's own, and pre_handshake runs in the only thread that has it.
        unsafe {
            let pool: Pool<'c> = Pool::new(self.raw().pool);
            let state = std::ptr::from_ref(pool.keep(state));
            set_config_slot(self.raw().conn_config, module_index(), state.cast_mut().cast());
        }
    }

    /// The TLS state of a connection that mod_ssl encrypts, where this thread may touch it.
    ///
    /// # Safety
    /// [`Connection::is_tls`] has just said so: mod_ssl frees the SSL when a connection turns out to
    /// speak plain HTTP, and then no longer calls it TLS.
    pub(super) unsafe fn tls_of(&self, ssl: NonNull<ffi::SSL>) -> Option<Tls<'c>> {
        // SAFETY: mod_ssl still holds it, and this is the connection's own thread.
        (!self.is_stream).then(|| unsafe { Tls::new(ssl) })
    }
}
