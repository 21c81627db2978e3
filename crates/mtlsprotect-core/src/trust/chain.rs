//! Chains of certificates and the names in them, as OpenSSL verifies and compares them.

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509NameRef, X509Ref, X509StoreContext, X509VerifyResult};

/// Whether two names are one, however they are encoded (RFC 5280, section 7.1).
pub(crate) fn is_same(name: &X509NameRef, other: &X509NameRef) -> Result<bool, ErrorStack> {
    Ok(name.try_cmp(other)?.is_eq())
}

/// A store whose verifier sets the security level explicitly and leaves validity times to us: we judge at a given
/// moment, and an expired chain is not the same as a forged one.
pub(crate) fn store_builder(flags: X509VerifyFlags, security_level: u8) -> Result<X509StoreBuilder, ErrorStack> {
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_auth_level(i32::from(security_level));
    parameters.set_flags(flags | X509VerifyFlags::NO_CHECK_TIME)?;
    let mut builder = X509StoreBuilder::new()?;
    builder.set_param(&parameters)?;
    Ok(builder)
}

/// The verified chain, leaf first.
pub(crate) fn verify(
    store: &X509Store,
    leaf: &X509Ref,
    untrusted: &Stack<X509>,
) -> Result<Result<Vec<X509>, X509VerifyResult>, ErrorStack> {
    let verified = X509StoreContext::new()?.init(store, leaf, untrusted, |context| {
        if !context.verify_cert()? {
            // What a failed verification leaves in the thread's error queue would be taken for an
            // error of the TLS connection that comes next.
            drop(ErrorStack::get());
            return Ok(Err(context.error()));
        }
        Ok(Ok(context.chain().map(|chain| chain.iter().map(X509Ref::to_owned).collect()).unwrap_or_default()))
    })?;
    #[cfg(test)]
    VERIFIED.set(VERIFIED.get() + verified.as_ref().map_or(1, |chain: &Vec<X509>| 1.max(chain.len() - 1)));
    Ok(verified)
}

#[cfg(test)]
thread_local! {
    /// Signatures verified by this thread, those of a chain that fails counted as one, for tests of what a client can make the server do.
    pub(crate) static VERIFIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
