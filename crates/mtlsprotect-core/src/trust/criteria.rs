//! How certificates are judged by a list.

use crate::trust::identity::Identity;

/// OpenSSL's security level for every certificate of a chain where nobody sets another: at least
/// 112 bits, so no RSA below 2048 bits and no SHA-1 (SSL_CTX_set_security_level(3)).
pub const DEFAULT_SECURITY_LEVEL: u8 = 2;

/// `MTLSProtectVerifyDepth` where nobody sets it.
pub const DEFAULT_DEPTH: u32 = 5;

/// How certificates are judged by a list.
#[derive(Clone, Debug)]
pub struct Criteria {
    /// The largest number of CA certificates between a leaf and the end of its chain, including the root, as
    /// SSLVerifyDepth counts them.
    pub depth: u32,
    /// How a leaf says whose it is.
    pub identity: Identity,
    /// OpenSSL's security level, 0 to 5.
    pub security_level: u8,
    /// Whether expired certificates are accepted.
    pub allow_expired: bool,
}

impl Default for Criteria {
    fn default() -> Self {
        Criteria {
            depth: DEFAULT_DEPTH,
            identity: Identity::default(),
            security_level: DEFAULT_SECURITY_LEVEL,
            allow_expired: false,
        }
    }
}
