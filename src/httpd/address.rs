//! Network addresses.

use crate::ffi;
use std::net::IpAddr;
use std::ptr::NonNull;

/// An address without its port, IPv4 where it can be written so; `None` for null and for what is not IP.
///
/// # Safety
/// `address` is null, or one of APR's, whose ipaddr_ptr points to ipaddr_len bytes within it.
pub(super) unsafe fn ip_address(address: *const ffi::apr_sockaddr_t) -> Option<IpAddr> {
    let address = NonNull::new(address.cast_mut())?;
    // SAFETY: the caller vouches for it.
    let bytes = unsafe {
        let first = (&raw const (*address.as_ptr()).ipaddr_ptr).read();
        let length = (&raw const (*address.as_ptr()).ipaddr_len).read();
        std::slice::from_raw_parts(first.cast::<u8>(), usize::try_from(length).ok()?)
    };
    let address = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    };
    address.map(|address| address.to_canonical())
}
