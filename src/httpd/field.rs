//! Fields of httpd's records.

/// One field of the record behind a wrapper: `field!(self.method)`.
///
/// Never a reference to the whole record: other threads may write to other fields of it meanwhile (mod_http2's to those
/// of a connection).
macro_rules! field {
    ($wrapper:ident.$($field:ident).+) => {{
        // It may stand in an unsafe block.
        #[allow(unused_unsafe)]
        // SAFETY: a wrapper's `new` asks for a record that lives as long as the wrapper, and what is read here is
        // written by no other thread.
        let value = unsafe { (&raw const (*$wrapper.raw.as_ptr()).$($field).+).read() };
        value
    }};
}

pub(super) use field;
