//! The ports of a server.

use crate::ports::HeldPort;

/// The ports of one server.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) http: HeldPort,
    pub(super) https: HeldPort,
    pub(super) http_b: HeldPort,
    pub(super) https_b: HeldPort,
}

impl Ports {
    pub(super) fn take() -> Ports {
        let [http, https, http_b, https_b] = [(); 4].map(|()| HeldPort::take());
        Ports { http, https, http_b, https_b }
    }
}
