//! Requests: main ones, subrequests and internal redirects.

use crate::ffi;
use crate::httpd::address::ip_address;
use crate::httpd::connection::Connection;
use crate::httpd::field::field;
use crate::httpd::pool::{Pool, PoolBytes};
use crate::httpd::server::Server;
use crate::httpd::slots::{self, Slots};
use crate::httpd::snapshot::{Moment, Snapshot};
use crate::httpd::table::Table;
use crate::httpd::text::{Text, is_equal, is_same};
use mtlsprotect_memory::bytes;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::os::raw::c_char;
use std::ptr::NonNull;

/// A request that lives as long as `'r`.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    raw: NonNull<ffi::request_rec>,
    lifetime: PhantomData<&'r ()>,
}

impl<'r> Request<'r> {
    /// `None` for null, which httpd never passes.
    ///
    /// # Safety
    /// `raw` is null or a request that lives during `'r` and that only this thread uses.
    pub(super) unsafe fn new(raw: *mut ffi::request_rec) -> Option<Self> {
        Some(Request { raw: NonNull::new(raw)?, lifetime: PhantomData })
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::request_rec {
        self.raw.as_ptr()
    }

    fn text(&self, text: *const c_char) -> &'r [u8] {
        // SAFETY: strings of a request live in its pool; httpd replaces them rather than changing them.
        unsafe { bytes(text) }.unwrap_or_default()
    }

    /// The same where it is empty more often than not.
    #[inline]
    fn text_or_nothing(&self, text: *const c_char) -> &'r [u8] {
        // SAFETY: null, or a string, which ends with a NUL at least.
        match unsafe { text.as_ref() } {
            None | Some(0) => &[],
            Some(_) => self.text(text),
        }
    }

    /// The method's token.
    pub fn method(&self) -> &'r [u8] {
        self.text(field!(self.method))
    }

    /// The request-target as sent; for a subrequest, what it was asked for.
    pub fn unparsed_uri(&self) -> &'r [u8] {
        self.text(field!(self.unparsed_uri))
    }

    /// The handler, as far as it is known by now.
    pub fn handler(&self) -> &'r [u8] {
        self.text(field!(self.handler))
    }

    /// The first byte of the handler's name, which is enough to tell most apart; 0 if it is not known.
    pub fn handler_initial(&self) -> u8 {
        // SAFETY: null, or a string of the request's, which ends with a NUL at least.
        unsafe { field!(self.handler).cast::<u8>().as_ref() }.copied().unwrap_or(0)
    }

    /// What follows the file in the path.
    pub fn path_info(&self) -> &'r [u8] {
        self.text(field!(self.path_info))
    }

    /// The Host header, or the host of the request-target, with the port where the client named one: httpd keeps that
    /// apart, but applications see it.
    #[inline]
    pub fn host(&self) -> Text<'r> {
        // SAFETY: as for `text`.
        let name = unsafe { Text::new(field!(self.hostname)) };
        if field!(self.parsed_uri.port) == 0 { name } else { self.host_and_port(name) }
    }

    /// The Host header, and before it httpd's own name of the host where a module has changed one of them.
    #[cold]
    fn host_and_port(&self, name: Text<'r>) -> Text<'r> {
        let [header] = self.headers([c"Host"]);
        let (own, sent) = (name.bytes(), header.bytes());
        if sent.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own)) {
            return header;
        }
        let both = self.pool().string(&[own, b" ", sent].concat());
        // SAFETY: a string of the request's pool.
        unsafe { Text::new(both.as_ptr()) }
    }

    /// A header of the client's.
    pub fn header(&self, name: &CStr) -> &'r [u8] {
        // SAFETY: the table lives as long as the request.
        unsafe { Table::new(field!(self.headers_in)) }.and_then(|headers| headers.get(name)).unwrap_or_default()
    }

    /// Some headers of the client's.
    #[inline]
    pub fn headers<const COUNT: usize>(&self, names: [&CStr; COUNT]) -> [Text<'r>; COUNT] {
        // SAFETY: the table lives as long as the request.
        let table = unsafe { Table::new(field!(self.headers_in)) };
        table.map_or([Text::absent(); COUNT], |headers| headers.get_each(names))
    }

    /// Calls `visit` with name and value of each header of the client's, as they stand.
    pub fn each_header(&self, mut visit: impl FnMut(&'r CStr, &'r [u8])) {
        // SAFETY: the table lives as long as the request.
        if let Some(headers) = unsafe { Table::new(field!(self.headers_in)) } {
            headers.entries().for_each(|entry| visit(entry.key(), entry.value().unwrap_or_default()));
        }
    }

    /// Removes all headers of this name, compared without case.
    pub fn remove_header(&self, name: &CStr) {
        // SAFETY: the table lives as long as the request.
        if let Some(mut headers) = unsafe { Table::new(field!(self.headers_in)) } {
            headers.unset(name);
        }
    }

    /// Has httpd close the connection behind the answer to this request, which is not a stream of HTTP/2.
    pub fn is_the_last(&self) {
        let connection = field!(self.connection);
        // SAFETY: the request's own connection, which this thread alone uses, as it does the request.
        unsafe { (&raw mut (*connection).keepalive).write(ffi::ap_conn_keepalive_e_AP_CONN_CLOSE) };
    }

    /// The client's address, as mod_remoteip may have corrected it; 0.0.0.0 where httpd knows none.
    pub fn client_address(&self) -> IpAddr {
        // SAFETY: null, or an address of the connection's or the request's pool.
        unsafe { ip_address(field!(self.useragent_addr)) }.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    /// What `SetHandler` in its sections makes of it.
    pub fn set_handler(&self) -> &'r [u8] {
        // SAFETY: core fills its own slot of every section; the expression lives as long as that, and what it makes of the
        // request as long as the request.
        unsafe {
            let index = (&raw const ffi::core_module.module_index).read();
            let core = slots::any(field!(self.per_dir_config), index).cast::<ffi::core_dir_config>();
            let expression = (&raw const (*core).expr_handler).read();
            if expression.is_null() {
                return &[];
            }
            let mut error = std::ptr::null();
            bytes(ffi::ap_expr_str_exec(self.as_ptr(), expression, &raw mut error)).unwrap_or_default()
        }
    }

    /// Whether it asks for the head of an answer only.
    pub fn is_head(&self) -> bool {
        field!(self.header_only) != 0
    }

    /// The decoded path.
    pub fn uri(&self) -> &'r [u8] {
        self.text(field!(self.uri))
    }

    /// The query.
    pub fn args(&self) -> &'r [u8] {
        self.text(field!(self.args))
    }

    /// When the request came, in Unix time.
    pub fn time(&self) -> i64 {
        field!(self.request_time) / 1_000_000
    }

    /// The status of the answer so far.
    pub fn status(&self) -> i32 {
        field!(self.status)
    }

    /// The request that this subrequest belongs to.
    pub fn main(&self) -> Option<Request<'r>> {
        NonNull::new(field!(self.main)).map(|raw| Request { raw, lifetime: PhantomData })
    }

    /// The request that was internally redirected to this one.
    pub fn previous(&self) -> Option<Request<'r>> {
        NonNull::new(field!(self.prev)).map(|raw| Request { raw, lifetime: PhantomData })
    }

    /// The request that this one was internally redirected to.
    pub fn next(&self) -> Option<Request<'r>> {
        NonNull::new(field!(self.next)).map(|raw| Request { raw, lifetime: PhantomData })
    }

    /// The file that it was mapped to, or `proxy:` and a URL.
    pub fn filename(&self) -> &'r [u8] {
        self.text(field!(self.filename))
    }

    /// Whether that is a file that existed when the request was mapped to it.
    pub fn has_file(&self) -> bool {
        // SAFETY: a field of a request that lives, which only this thread uses.
        unsafe { (&raw const (*self.as_ptr()).finfo.filetype).read() == ffi::apr_filetype_e_APR_REG }
    }

    /// The request that the client sent.
    pub fn origin(&self) -> Request<'r> {
        let mut origin = *self;
        while let Some(before) = origin.main().or_else(|| origin.previous()) {
            origin = before;
        }
        origin
    }

    /// The virtual host that answers.
    pub fn server(&self) -> Server<'r> {
        // SAFETY: a server of the configuration that serves.
        unsafe { Server::new(field!(self.server)) }.expect("a request has a server")
    }

    /// The TLS connection that it came on.
    pub fn connection(&self) -> Connection<'r> {
        // SAFETY: the connection and its master outlive the request.
        unsafe { Connection::new(field!(self.connection)) }.expect("a request has a connection")
    }

    /// The request's pool.
    pub fn pool(&self) -> Pool<'r> {
        // SAFETY: it lives as long as the request, in whose thread we are.
        unsafe { Pool::new(field!(self.pool)) }.expect("a request has a pool")
    }

    /// The notes, which modules and CustomLog read.
    pub fn notes(&self) -> Option<Table<'r>> {
        // SAFETY: the table lives as long as the request.
        unsafe { Table::new(field!(self.notes)) }
    }

    /// The environment of scripts.
    pub fn environment(&self) -> Option<Table<'r>> {
        // SAFETY: the table lives as long as the request.
        unsafe { Table::new(field!(self.subprocess_env)) }
    }

    /// This module's merged per-directory configuration for the request.
    pub fn dir_config<M: Slots>(&self) -> &'r M::Dir<'r> {
        // SAFETY: only create_dir_config and merge_dir_config fill the slot, and no directive changes what requests are
        // served with; it is made shorter at once, by safe code that takes any lifetime.
        let own = unsafe { slots::kept::<M, M::Dir<'static>>(field!(self.per_dir_config)) };
        M::shorter_dir(own.unwrap_or(M::SILENT_DIR))
    }

    /// This module's state of the request.
    pub fn state<M: Slots>(&self) -> Option<&'r M::Request> {
        // SAFETY: only `set_state` fills the slot, with a value of the request's pool.
        unsafe { slots::kept::<M, M::Request>(field!(self.request_config)) }
    }

    /// Gives the request a new state.
    pub fn set_state<M: Slots>(&self, state: M::Request) -> &'r M::Request {
        self.put_state::<M>(|| state)
    }

    /// The same with one that is made where it stays.
    #[inline(always)]
    pub fn put_state<M: Slots>(&self, make: impl FnOnce() -> M::Request) -> &'r M::Request {
        let state: &'r M::Request = self.pool().place_made(make);
        // SAFETY: the vector is the request's own, and the state lives as long.
        unsafe { slots::keep::<M, _>(field!(self.request_config), state) };
        state
    }

    /// What the request is now, of all that may change between two hooks.
    #[inline(always)]
    pub fn snapshot(&self) -> Snapshot {
        let [uri, filename, path_info, args] = self.changing_texts();
        let texts = [self.text(uri), self.text(filename), self.text_or_nothing(path_info), self.text_or_nothing(args)];
        let sections = field!(self.per_dir_config).addr();
        // SAFETY: null, or a string that is static or in the pool of this request or of one that this continues, which
        // lives longer; it is const in httpd's record.
        let method = unsafe { PoolBytes::of(token(field!(self.method))) };
        let [uri, filename, path_info, args] = texts;
        if !filename.ends_with(uri) {
            return Snapshot(self.pool().place_with(texts, |texts| Moment { texts, method, sections }));
        }
        // Most often it ends so: then its copy is that of the path, too.
        Snapshot(self.pool().place_with([filename, path_info, args], |[filename, path_info, args]| Moment {
            texts: [filename.last(uri.len()), filename, path_info, args],
            method,
            sections,
        }))
    }

    /// Whether the request is still as it was, its texts compared byte by byte, unless they are the very same that nobody
    /// writes to.
    pub fn is_still(&self, snapshot: &Snapshot) -> bool {
        self.is_still_now(snapshot)
    }

    /// The same without a call.
    #[inline(always)]
    pub fn is_still_now(&self, snapshot: &Snapshot) -> bool {
        let Moment { texts: [uri, filename, path_info, args], method, sections } = snapshot.moment();
        // One after the other, as nearly all of them are as they were, and those first that are empty more often than not.
        field!(self.per_dir_config).addr() == *sections
            && (std::ptr::eq(field!(self.method), method.as_ptr().cast()) || is_still(field!(self.method), method))
            && is_still(field!(self.path_info), path_info)
            && is_still(field!(self.args), args)
            && is_path_still(field!(self.uri), uri)
            && is_path_still(field!(self.filename), filename)
    }

    /// The path, if the request-target as sent is that very one.
    #[inline]
    pub fn sent_as<'s>(&self, snapshot: &'s Snapshot) -> Option<&'s [u8]> {
        is_path_still(field!(self.unparsed_uri), &snapshot.moment().texts[0]).then(|| snapshot.uri())
    }

    fn changing_texts(&self) -> [*const c_char; 4] {
        [
            field!(self.uri).cast_const(),
            field!(self.filename).cast_const(),
            field!(self.path_info).cast_const(),
            field!(self.args).cast_const(),
        ]
    }

    /// Makes mod_cache drop even what it holds of the answer already, and httpd add an Expires header
    /// to an answer whose head is not sent yet.
    pub fn set_no_cache(&self) {
        // SAFETY: an integer that only this request's thread writes.
        unsafe { (&raw mut (*self.as_ptr()).no_cache).write(1) }
    }

    /// Forgets the file and path info, of a request that nothing will be served for.
    pub fn forget_file(&self) {
        let nothing = self.pool().c_string(b"");
        // SAFETY: only this request's thread writes to it, and the string lives in its pool.
        unsafe {
            (&raw mut (*self.as_ptr()).filename).write(nothing);
            (&raw mut (*self.as_ptr()).path_info).write(nothing);
        }
    }
}

/// A method's token. Its length is that of `GET` most often, which need not be looked for.
///
/// # Safety
/// `method` is null or a string that lives and is not changed during `'a`.
#[inline(always)]
unsafe fn token<'a>(method: *const c_char) -> &'a CStr {
    const GET: &CStr = c"GET";
    if method.is_null() {
        return c"";
    }
    let get = GET.to_bytes_with_nul();
    // SAFETY: a string, of which no byte is read behind one that differs; where none does, it has that length.
    unsafe {
        match get.iter().enumerate().all(|(place, &byte)| *method.add(place).cast::<u8>() == byte) {
            true => CStr::from_bytes_with_nul_unchecked(std::slice::from_raw_parts(method.cast(), get.len())),
            false => CStr::from_ptr(method),
        }
    }
}

/// As [`is_still`], for a text that is seldom empty.
#[inline(always)]
fn is_path_still(text: *const c_char, kept: &PoolBytes) -> bool {
    // SAFETY: both end with a NUL, or the text is null.
    unsafe { is_same(text, kept.as_ptr().cast()) }
}

/// Whether a text of a request is what was kept of it.
#[inline(always)]
fn is_still(text: *const c_char, kept: &PoolBytes) -> bool {
    // SAFETY: both end with a NUL, or the text is null.
    unsafe { is_equal(text, kept.as_ptr().cast()) }
}
