//! The configuration as httpd has read it, with Include, IfModule and Define expanded.

use crate::ffi;
use crate::httpd::field::field;
use crate::httpd::pool::Pool;
use mtlsprotect_memory::bytes;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// One directive or section of the configuration, while that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node<'c> {
    raw: NonNull<ffi::ap_directive_t>,
    lifetime: PhantomData<&'c ()>,
}

/// The outermost directives, for as long as the pool that httpd has for the check, which goes before the configuration.
pub fn tree<'c>(_: Pool<'c>) -> impl Iterator<Item = Node<'c>> + use<'c> {
    // SAFETY: httpd sets it before it checks a configuration.
    siblings(unsafe { (&raw const ffi::ap_conftree).read() })
}

fn siblings<'c>(first: *mut ffi::ap_directive_t) -> impl Iterator<Item = Node<'c>> + use<'c> {
    let mut next = first;
    std::iter::from_fn(move || {
        let node = Node { raw: NonNull::new(next)?, lifetime: PhantomData };
        next = field!(node.next);
        Some(node)
    })
}

impl<'c> Node<'c> {
    /// Whether it is this directive; httpd compares without case. A section's name has a `<`.
    pub fn is(self, name: &str) -> bool {
        // SAFETY: a string of the same pool.
        unsafe { bytes(field!(self.directive)) }.is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Visits every directive and section of the configuration.
    pub fn each(checked: Pool<'c>, visit: &mut impl FnMut(Node<'c>)) {
        fn walk<'c>(nodes: impl Iterator<Item = Node<'c>>, visit: &mut dyn FnMut(Node<'c>)) {
            for node in nodes {
                visit(node);
                // Boxed, since otherwise the type of the iterator would contain itself.
                let children: Box<dyn Iterator<Item = Node<'c>>> = Box::new(node.children());
                walk(children, visit);
            }
        }
        walk(tree(checked), visit);
    }

    /// Whether its arguments contain a text, compared without case.
    pub fn mentions(self, text: &[u8]) -> bool {
        // SAFETY: a string of the same pool.
        let arguments = unsafe { bytes(field!(self.args)) }.unwrap_or_default();
        arguments.len() >= text.len() && arguments.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
    }

    /// What it is called where it stands.
    pub fn name(self) -> String {
        // SAFETY: a string of the same pool.
        String::from_utf8_lossy(unsafe { bytes(field!(self.directive)) }.unwrap_or_default()).into_owned()
    }

    /// Whether it is a section, `<Directory>` say.
    pub fn is_section(self) -> bool {
        // SAFETY: a string of the same pool.
        unsafe { bytes(field!(self.directive)) }.is_some_and(|own| own.starts_with(b"<"))
    }

    /// What stands behind its name, as it is written.
    pub fn argument(self) -> String {
        // SAFETY: a string of the same pool.
        String::from_utf8_lossy(unsafe { bytes(field!(self.args)) }.unwrap_or_default()).into_owned()
    }

    /// Whether it has one word, which is this one without quotes, compared without case.
    pub fn argument_is(self, word: &str) -> bool {
        // SAFETY: a string of the same pool.
        unsafe { bytes(field!(self.args)) }.is_some_and(|own| own.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Its words, unquoted. Of a section the closing `>` is left out.
    pub fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        let mut rest = field!(self.args);
        Pool::scratch(|pool| {
            // SAFETY: ap_getword_conf moves `rest` through the arguments up to their final NUL and
            // returns strings of the pool.
            unsafe {
                while !rest.is_null() && *rest != 0 {
                    let word = bytes(ffi::ap_getword_conf(pool.as_ptr(), &raw mut rest)).unwrap_or_default();
                    words.push(String::from_utf8_lossy(word).into_owned());
                }
            }
        });
        if self.is_section() {
            if let Some(last) = words.last_mut() {
                let kept = last.trim_end_matches('>').len();
                last.truncate(kept);
            }
            words.retain(|word| !word.is_empty());
        }
        words
    }

    /// What stands inside a section.
    pub fn children(self) -> impl Iterator<Item = Node<'c>> + use<'c> {
        siblings(field!(self.first_child))
    }

    /// File and line.
    pub fn place(self) -> (&'c [u8], u32) {
        // SAFETY: a string of the same pool.
        let file = unsafe { bytes(field!(self.filename)) }.unwrap_or_default();
        (file, u32::try_from(field!(self.line_num)).unwrap_or(0))
    }

    /// `file:line`, for messages.
    pub fn place_text(self) -> String {
        let (file, line) = self.place();
        format!("{}:{line}", String::from_utf8_lossy(file))
    }
}
