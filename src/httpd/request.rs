//! Requests: main ones, subrequests and internal redirects.

use crate::ffi;
use crate::httpd::hooks::{Module, config_slot, module_index, set_config_slot};
use crate::httpd::pool::PoolBytes;
use crate::httpd::{Connection, Pool, Server, Table, bytes};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::os::raw::c_char;
use std::ptr::NonNull;

/// What a request was at one moment: its path, file, path info, query, method and sections.
#[derive(Clone, Copy)]
pub struct Snapshot {
    texts: [PoolBytes; 5],
    sections: usize,
}

impl Snapshot {
    /// The decoded path.
    pub fn uri(&self) -> &[u8] {
        &self.texts[0]
    }

    /// The file, or `proxy:` and a URL.
    pub fn filename(&self) -> &[u8] {
        &self.texts[1]
    }

    /// What follows the file in the path.
    pub fn path_info(&self) -> &[u8] {
        &self.texts[2]
    }

    /// The query.
    pub fn args(&self) -> &[u8] {
        &self.texts[3]
    }

    /// The method's token.
    pub fn method(&self) -> &[u8] {
        &self.texts[4]
    }
}

/// A request that lives as long as `'r`.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    raw: NonNull<ffi::request_rec>,
    lifetime: PhantomData<&'r ()>,
}

impl<'r> Request<'r> {
    /// # Safety
    /// `raw` is a request that lives during `'r` and that only this thread uses.
    pub(super) unsafe fn new(raw: *mut ffi::request_rec) -> Self {
        Request { raw: NonNull::new(raw).expect("httpd passes a request"), lifetime: PhantomData }
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::request_rec {
        self.raw.as_ptr()
    }

    fn raw(&self) -> &'r ffi::request_rec {
        // SAFETY: `new`'s caller vouches for it; the borrow ends before anything writes to it.
        unsafe { self.raw.as_ref() }
    }

    fn text(&self, text: *const c_char) -> &'r [u8] {
        // SAFETY: strings of a request live in its pool; httpd replaces them rather than changing them.
        unsafe { bytes(text) }.unwrap_or_default()
    }

    /// The method's token.
    pub fn method(&self) -> &'r [u8] {
        self.text(self.raw().method)
    }

    /// The request-target as sent; of a subrequest what it was asked for.
    pub fn unparsed_uri(&self) -> &'r [u8] {
        self.text(self.raw().unparsed_uri)
    }

    /// What answers, as far as it is known by now.
    pub fn handler(&self) -> &'r [u8] {
        self.text(self.raw().handler)
    }

    /// The first byte of what answers, which says enough of most; 0 where nothing is known.
    pub fn handler_initial(&self) -> u8 {
        // SAFETY: null, or a string of the request's, which ends with a NUL at least.
        unsafe { self.raw().handler.cast::<u8>().as_ref() }.copied().unwrap_or(0)
    }

    /// What follows the file in the path.
    pub fn path_info(&self) -> &'r [u8] {
        self.text(self.raw().path_info)
    }

    /// The Host header, or the host of the request-target.
    pub fn host_name(&self) -> &'r [u8] {
        self.text(self.raw().hostname)
    }

    /// A header of the client's.
    pub fn header(&self, name: &CStr) -> &'r [u8] {
        // SAFETY: the table lives as long as the request.
        unsafe { Table::new(self.raw().headers_in) }.and_then(|headers| headers.get(name)).unwrap_or_default()
    }

    /// The client's address, as mod_remoteip may have corrected it; 0.0.0.0 where httpd knows none.
    pub fn client_address(&self) -> IpAddr {
        // SAFETY: null, or an address of the connection's or the request's pool, whose ipaddr_ptr
        // points to ipaddr_len bytes within it.
        let bytes = unsafe {
            self.raw().useragent_addr.as_ref().map_or(&[][..], |address| {
                std::slice::from_raw_parts(address.ipaddr_ptr.cast::<u8>(), address.ipaddr_len as usize)
            })
        };
        match bytes.len() {
            4 => <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok(),
            16 => <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok(),
            _ => None,
        }
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    /// When the request came, in Unix time.
    pub fn time(&self) -> i64 {
        self.raw().request_time / 1_000_000
    }

    /// The status of the answer so far.
    pub fn status(&self) -> i32 {
        self.raw().status
    }

    /// The request that this subrequest belongs to.
    pub fn main(&self) -> Option<Request<'r>> {
        NonNull::new(self.raw().main).map(|raw| Request { raw, lifetime: PhantomData })
    }

    /// The request that was internally redirected to this one.
    pub fn previous(&self) -> Option<Request<'r>> {
        NonNull::new(self.raw().prev).map(|raw| Request { raw, lifetime: PhantomData })
    }

    /// The virtual host that answers.
    pub fn server(&self) -> Server {
        // SAFETY: every request has one.
        unsafe { Server::new(self.raw().server) }
    }

    /// The TLS connection that it came on.
    pub fn connection(&self) -> Connection<'r> {
        // SAFETY: the connection and its master outlive the request.
        unsafe { Connection::new(self.raw().connection) }
    }

    /// The request's pool.
    pub fn pool(&self) -> Pool<'r> {
        // SAFETY: it lives as long as the request, in whose thread we are.
        unsafe { Pool::new(self.raw().pool) }
    }

    /// The notes, which modules and CustomLog read.
    pub fn notes(&self) -> Option<Table<'r>> {
        // SAFETY: the table lives as long as the request.
        unsafe { Table::new(self.raw().notes) }
    }

    /// The environment of scripts.
    pub fn environment(&self) -> Option<Table<'r>> {
        // SAFETY: the table lives as long as the request.
        unsafe { Table::new(self.raw().subprocess_env) }
    }

    /// This module's merged per-directory configuration for the request.
    pub fn dir_config<M: Module>(&self) -> &'r M::Dir {
        // SAFETY: create_dir_config and merge_dir_config are the only ones to fill the slot.
        unsafe { &*config_slot(self.raw().per_dir_config, module_index()).cast::<M::Dir>().cast_const() }
    }

    /// This module's state of the request.
    pub fn state<M: Module>(&self) -> Option<&'r M::Request> {
        // SAFETY: only `set_state` fills the slot, with a value of the request's pool.
        unsafe { config_slot(self.raw().request_config, module_index()).cast::<M::Request>().cast_const().as_ref() }
    }

    /// Gives the request a new state.
    pub fn set_state<M: Module>(&self, state: M::Request) -> &'r M::Request {
        let state = self.pool().place(state);
        // SAFETY: the vector is the request's own, and the state lives as long.
        unsafe {
            set_config_slot(self.raw().request_config, module_index(), std::ptr::from_ref(state).cast_mut().cast());
        }
        state
    }

    /// A copy of everything of the request that httpd may change between two hooks.
    pub fn snapshot(&self) -> Snapshot {
        let texts = self.changing_texts().map(|text| self.text(text));
        Snapshot { texts: self.pool().copies(texts), sections: self.raw().per_dir_config.addr() }
    }

    /// Whether the request is still as it was, its texts compared byte by byte.
    pub fn is_still(&self, snapshot: &Snapshot) -> bool {
        self.raw().per_dir_config.addr() == snapshot.sections
            && self.changing_texts().iter().zip(&snapshot.texts).all(|(&text, kept)| {
                // SAFETY: both end with a NUL.
                unsafe {
                    let is_empty = text.is_null() || *text == 0;
                    if kept.is_empty() || is_empty {
                        kept.is_empty() && is_empty
                    } else {
                        libc::strcmp(text, kept.as_ptr().cast()) == 0
                    }
                }
            })
    }

    fn changing_texts(&self) -> [*const c_char; 5] {
        let raw = self.raw();
        [raw.uri.cast_const(), raw.filename.cast_const(), raw.path_info.cast_const(), raw.args.cast_const(), raw.method]
    }

    /// Makes mod_cache drop even what it holds of the answer already, and httpd add an Expires header
    /// to an answer whose head is not sent yet.
    pub fn set_no_cache(&self) {
        // SAFETY: an integer that only this request's thread writes; no borrow of it is held.
        unsafe { (&raw mut (*self.as_ptr()).no_cache).write(1) }
    }

    /// Forgets the file and path info, of a request that nothing will be served for.
    pub fn forget_file(&self) {
        let nothing = self.pool().c_string(b"");
        // SAFETY: only this request's thread writes to it, no borrow of it is held, and the string
        // lives in its pool.
        unsafe {
            (&raw mut (*self.as_ptr()).filename).write(nothing);
            (&raw mut (*self.as_ptr()).path_info).write(nothing);
        }
    }
}
