//! Addresses of clients.

use crate::ffi;
use std::net::IpAddr;

/// An address; none for null, and where it is of another kind than IPv4 and IPv6.
///
/// # Safety
/// It is null or valid, and then its ipaddr_ptr points to ipaddr_len bytes within it.
pub(super) unsafe fn address(address: *const ffi::apr_sockaddr_t) -> Option<IpAddr> {
    // SAFETY: the caller vouches for it.
    let bytes = unsafe {
        if address.is_null() {
            return None;
        }
        let first = (&raw const (*address).ipaddr_ptr).read();
        let length = (&raw const (*address).ipaddr_len).read();
        std::slice::from_raw_parts(first.cast::<u8>(), length as usize)
    };
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok(),
        16 => <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok(),
        _ => None,
    }
}
