//! Client connections.

use crate::ffi;
use crate::httpd::address::ip_address;
use crate::httpd::field::field;
use crate::httpd::pool::Pool;
use crate::httpd::slots::{self, Slots};
use crate::httpd::tls::{Tls, is_tls};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// A connection that lives as long as `'c`. Of HTTP/2 it is always the TLS connection, never a
/// stream's secondary one.
#[derive(Clone, Copy)]
pub struct Connection<'c> {
    raw: NonNull<ffi::conn_rec>,
    is_stream: bool,
    lifetime: PhantomData<&'c ()>,
}

/// mod_ssl doesn't encrypt the connection, or no longer.
pub struct NotTls;

/// Where a connection comes from: the other end of its TCP connection, as it was before any module could say otherwise.
pub struct Peer {
    /// Its address, IPv4 where it can be written so.
    pub address: IpAddr,
    /// What there is to say of the connection has been said.
    pub is_told: AtomicBool,
    /// How its first request was spoken; 0 before that.
    spoken: AtomicU8,
}

impl Peer {
    fn new(address: IpAddr) -> Self {
        Peer { address, is_told: AtomicBool::new(false), spoken: AtomicU8::new(0) }
    }

    /// Whether a request on the connection is spoken otherwise than the first one: by HTTP/2 after HTTP/1, or with TLS
    /// after none. Whoever is at the other end has let a client ask for that, and hands on what it writes unread.
    pub fn has_switched(&self, connection: &Connection<'_>) -> bool {
        let now = 1 | u8::from(connection.is_stream()) << 1 | u8::from(connection.is_tls()) << 2;
        let first = self.spoken.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        first.is_err_and(|first| first != now)
    }
}

/// What stands at the module's place.
struct Held<M: Slots> {
    /// mod_ssl's own, of this very connection; none where mod_ssl has not taken charge of it.
    ssl: Option<NonNull<ffi::SSL>>,
    /// Where a directive has asked for it.
    peer: Option<Peer>,
    state: M::Connection,
}

// SAFETY: none but the connection's own thread uses the SSL, and dropping this doesn't touch it.
unsafe impl<M: Slots> Send for Held<M> {}

impl<'c> Connection<'c> {
    /// The TLS connection below `raw`; `None` for null, which httpd never passes.
    ///
    /// # Safety
    /// `raw` is null, or it and its master live during `'c`.
    pub(super) unsafe fn new(raw: *mut ffi::conn_rec) -> Option<Self> {
        let own = Connection { raw: NonNull::new(raw)?, is_stream: false, lifetime: PhantomData };
        let master = NonNull::new(field!(own.master));
        Some(master.map_or(own, |raw| Connection { raw, is_stream: true, ..own }))
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::conn_rec {
        self.raw.as_ptr()
    }

    /// Whether a stream in a thread of its own is asking, so that only reading the state is safe.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// The address that it comes from, which no module changes.
    pub fn client_address(&self) -> Option<IpAddr> {
        // SAFETY: null, or an address of the connection's pool.
        unsafe { ip_address(field!(self.client_addr)) }
    }

    /// The address that it came to.
    pub fn local_address(&self) -> Option<IpAddr> {
        // SAFETY: null, or an address of the connection's pool.
        unsafe { ip_address(field!(self.local_addr)) }
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
            !module.is_null() && !slots::any(field!(self.conn_config), (*module).module_index).is_null()
        }
    }

    fn held<M: Slots>(&self) -> Option<&'c Held<M>> {
        // SAFETY: only `set_state` fills the slot, with a value of the connection's pool.
        unsafe { slots::kept::<M, Held<M>>(field!(self.conn_config)) }
    }

    /// This module's state of the connection.
    pub fn state<M: Slots>(&self) -> Option<&'c M::Connection> {
        self.held::<M>().filter(|held| held.ssl.is_some()).map(|held| &held.state)
    }

    /// Where it comes from, where a directive has asked for it.
    pub fn peer<M: Slots>(&self) -> Option<&'c Peer> {
        self.held::<M>()?.peer.as_ref()
    }

    /// The pool that lives as long as the connection; `None` for a stream's thread, which must not allocate there.
    pub fn pool(&self) -> Option<Pool<'c>> {
        // SAFETY: the connection's own pool, in whose only thread we are.
        let pool = unsafe { Pool::new(field!(self.pool)) };
        pool.filter(|_| !self.is_stream)
    }

    /// A number that differs between the threads that serve connections, as far as 16 stripes of counters need it: httpd
    /// counts its children's threads.
    pub fn stripe(&self) -> usize {
        field!(self.id) as usize
    }

    /// The TLS state, which none may touch but the connection's own thread: `None` for a stream's.
    ///
    /// # Errors
    /// That mod_ssl doesn't encrypt the connection.
    pub fn tls<M: Slots>(&self) -> Result<Option<Tls<'c>>, NotTls> {
        // mod_ssl frees the SSL when a connection turns out to speak plain HTTP, and then no longer calls it TLS.
        let ssl = self.held::<M>().and_then(|held| held.ssl).filter(|_| self.is_tls()).ok_or(NotTls)?;
        // SAFETY: mod_ssl still holds it, and this is the connection's own thread.
        Ok((!self.is_stream).then(|| unsafe { Tls::new(ssl) }))
    }

    /// Gives the connection a state, which is dropped with it.
    ///
    /// # Safety
    /// No other thread knows the connection yet, and `ssl` is what mod_ssl encrypts it with.
    pub(super) unsafe fn set_state<M: Slots>(&self, ssl: NonNull<ffi::SSL>, state: M::Connection) {
        let known =
            |peer: &Peer| Peer { spoken: peer.spoken.load(Ordering::Relaxed).into(), ..Peer::new(peer.address) };
        let peer = self.peer::<M>().map(known);
        // SAFETY: the caller vouches for it.
        unsafe { self.hold::<M>(Held { ssl: Some(ssl), peer, state }) }
    }

    /// Notes where the connection comes from, with a state that counts for nothing until [`Self::set_state`].
    ///
    /// # Safety
    /// No other thread knows the connection yet.
    pub(super) unsafe fn note_peer<M: Slots>(&self, state: M::Connection) {
        // SAFETY: null, or an address of the connection's pool.
        let address = unsafe { ip_address(field!(self.client_addr)) };
        let peer = address.map(Peer::new);
        // SAFETY: the caller vouches for it.
        unsafe { self.hold::<M>(Held { ssl: None, peer, state }) }
    }

    /// # Safety
    /// As [`Self::note_peer`].
    unsafe fn hold<M: Slots>(&self, held: Held<M>) {
        // SAFETY: the pool is the connection's own, in whose only thread we are.
        unsafe {
            let pool: Option<Pool<'c>> = Pool::new(field!(self.pool));
            let held = pool.map_or(null(), |pool| std::ptr::from_ref(pool.own(held)));
            slots::keep::<M, _>(field!(self.conn_config), held);
        }
    }
}
