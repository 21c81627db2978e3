//! What a request was at one of its gates.

use crate::httpd::pool::PoolBytes;
use std::ptr::NonNull;

/// A request as it was at one moment: its path, file, path info, query, method and sections, in its pool, for a state in
/// that same pool. For the lifetime see [`PoolStr`](crate::httpd::PoolStr).
#[derive(Clone, Copy)]
pub struct Snapshot(pub(super) NonNull<Moment>);

/// What it was.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// Copies of what modules may write to.
    pub(super) texts: [PoolBytes; 4],
    /// As it is: httpd has no pointer to it by which anybody writes, and another method is another string.
    pub(super) method: PoolBytes,
    /// Where they are.
    pub(super) sections: usize,
}

impl Snapshot {
    pub(super) fn moment(&self) -> &Moment {
        // SAFETY: the pool that holds it also holds whoever holds `self`, and nobody writes to it.
        unsafe { self.0.as_ref() }
    }

    /// The decoded path.
    pub fn uri(&self) -> &[u8] {
        &self.moment().texts[0]
    }

    /// The file, or `proxy:` and a URL.
    pub fn filename(&self) -> &[u8] {
        &self.moment().texts[1]
    }

    /// What stands before the path in the file, if the file was seen to end with it.
    #[inline]
    pub fn before_path(&self) -> Option<&[u8]> {
        let (uri, filename) = (self.uri(), self.filename());
        let (before, end) = filename.split_at_checked(filename.len().wrapping_sub(uri.len()))?;
        std::ptr::eq(end.as_ptr(), uri.as_ptr()).then_some(before)
    }

    /// What follows the file in the path.
    pub fn path_info(&self) -> &[u8] {
        &self.moment().texts[2]
    }

    /// The query.
    pub fn args(&self) -> &[u8] {
        &self.moment().texts[3]
    }

    /// The method's token.
    pub fn method(&self) -> &[u8] {
        &self.moment().method
    }
}
