//! The configuration as httpd has read it, with Include, IfModule and Define expanded.

use crate::ffi;
use crate::httpd::pool::Pool;
use mtlsprotect_memory::bytes;
use std::ptr::NonNull;

/// One directive or section of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node(NonNull<ffi::ap_directive_t>);

/// The outermost directives. Valid while the configuration is read and checked.
pub fn tree() -> impl Iterator<Item = Node> {
    // SAFETY: httpd sets it before check_config.
    siblings(unsafe { (&raw const ffi::ap_conftree).read() })
}

fn siblings(first: *mut ffi::ap_directive_t) -> impl Iterator<Item = Node> {
    let mut next = first;
    std::iter::from_fn(move || {
        let node = Node(NonNull::new(next)?);
        next = node.raw().next;
        Some(node)
    })
}

impl Node {
    fn raw(&self) -> &ffi::ap_directive_t {
        // SAFETY: nodes live in a pool that outlasts the checks.
        unsafe { self.0.as_ref() }
    }

    /// Whether it is this directive; httpd compares without case. A section's name has a `<`.
    pub fn is(self, name: &str) -> bool {
        // SAFETY: a string of the same pool.
        unsafe { bytes(self.raw().directive) }.is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Visits every directive and section of the configuration.
    pub fn each(visit: &mut impl FnMut(Node)) {
        fn walk(nodes: impl Iterator<Item = Node>, visit: &mut dyn FnMut(Node)) {
            for node in nodes {
                visit(node);
                // Boxed, or the type of the iterator would contain itself.
                let children: Box<dyn Iterator<Item = Node>> = Box::new(node.children());
                walk(children, visit);
            }
        }
        walk(tree(), visit);
    }

    /// Whether its arguments contain a text, compared without case.
    pub fn mentions(self, text: &[u8]) -> bool {
        // SAFETY: a string of the same pool.
        let arguments = unsafe { bytes(self.raw().args) }.unwrap_or_default();
        arguments.len() >= text.len() && arguments.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
    }

    /// What it is called where it stands.
    pub fn name(self) -> String {
        // SAFETY: a string of the same pool.
        String::from_utf8_lossy(unsafe { bytes(self.raw().directive) }.unwrap_or_default()).into_owned()
    }

    /// Whether it is a section, `<Directory>` say.
    pub fn is_section(self) -> bool {
        // SAFETY: a string of the same pool.
        unsafe { bytes(self.raw().directive) }.is_some_and(|own| own.starts_with(b"<"))
    }

    /// What stands behind its name, as it is written.
    pub fn argument(self) -> String {
        // SAFETY: a string of the same pool.
        String::from_utf8_lossy(unsafe { bytes(self.raw().args) }.unwrap_or_default()).into_owned()
    }

    /// Whether it has one word, which is this one without quotes, compared without case.
    pub fn argument_is(self, word: &str) -> bool {
        // SAFETY: a string of the same pool.
        unsafe { bytes(self.raw().args) }.is_some_and(|own| own.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Its words, unquoted. Of a section the closing `>` is left out.
    pub fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        let mut rest = self.raw().args;
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
    pub fn children(self) -> impl Iterator<Item = Node> {
        siblings(self.raw().first_child)
    }

    /// File and line.
    pub fn place(self) -> (&'static [u8], u32) {
        // SAFETY: a string of the same pool.
        let file = unsafe { bytes(self.raw().filename) }.unwrap_or_default();
        (file, u32::try_from(self.raw().line_num).unwrap_or(0))
    }

    /// `file:line`, for messages.
    pub fn place_text(self) -> String {
        let (file, line) = self.place();
        format!("{}:{line}", String::from_utf8_lossy(file))
    }
}
