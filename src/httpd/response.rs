//! Answers that the module writes itself.

use crate::ffi;
use crate::httpd::pool::PoolStr;
use crate::httpd::request::Request;
use crate::httpd::table::Table;
use std::ffi::CStr;
use std::io::{self, Write};
use std::os::raw::{c_char, c_int};

/// The body of the answer to a request. It is sent on in pieces while it is written.
pub struct Body<'a, 'r>(&'a Request<'r>);

impl<'r> Request<'r> {
    /// Sets a field of the answer's head.
    pub fn set_answer_header(&self, name: &'static CStr, value: PoolStr) {
        let raw = self.as_ptr();
        // SAFETY: the table lives as long as the request, in whose thread we are.
        if let Some(mut headers) = unsafe { Table::new((&raw const (*raw).headers_out).read()) } {
            headers.set(name, value);
        }
    }

    /// Sets a field of the head of whatever answers, an error or what the request is redirected to. It comes beside one of
    /// the same name that the answer has by itself.
    pub fn set_header_of_any_answer(&self, name: &'static CStr, value: PoolStr) {
        // SAFETY: as above.
        if let Some(mut headers) = unsafe { Table::new((&raw const (*self.as_ptr()).err_headers_out).read()) } {
            headers.set(name, value);
        }
    }

    /// Sets the answer's media type.
    pub fn set_content_type(&self, media: &str) {
        let media = self.pool().string(media.as_bytes());
        // SAFETY: the text lives as long as the request.
        unsafe { ffi::ap_set_content_type(self.as_ptr(), media.as_ptr()) };
    }

    /// Says in a 405 that GET and HEAD are what the URL allows.
    pub fn allow_reading_only(&self) {
        // SAFETY: replaces what was allowed (1) by the methods that follow, up to null; HEAD comes with GET.
        unsafe { ffi::ap_allow_methods(self.as_ptr(), 1, c"GET".as_ptr(), std::ptr::null::<c_char>()) };
    }

    /// The body of its answer.
    pub fn body(&self) -> Body<'_, 'r> {
        Body(self)
    }

    /// Whether the client's address is this machine's own, as `Require local` sees it.
    pub fn is_local(&self) -> bool {
        let client = self.client_address();
        client.is_loopback() || self.connection().local_address().is_some_and(|own| own == client)
    }

    /// Whether mod_remoteip, or whoever else, has found another address of the client than the connection's.
    pub fn is_address_resolved(&self) -> bool {
        self.connection().client_address() != Some(self.client_address())
    }
}

impl Write for Body<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
        // SAFETY: so many bytes are there, of which httpd keeps copies.
        let written = unsafe { ffi::ap_rwrite(bytes.as_ptr().cast(), length, self.0.as_ptr()) };
        usize::try_from(written).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }

    /// httpd does so at the end of a request.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
