//! What a client has presented on a connection, and whether it has proven that it owns the key.

/// A handshake shows a certificate before the client has signed with its key. Until it has, the
/// certificate is pending and says nothing of who sends; certificates are not secret.
#[derive(Debug)]
pub struct Presented<C> {
    proven: Option<C>,
    pending: Option<C>,
}

impl<C> Default for Presented<C> {
    fn default() -> Self {
        Presented { proven: None, pending: None }
    }
}

impl<C> Presented<C> {
    /// A handshake that has not finished shows a certificate. What an earlier one has proven stays.
    pub fn show(&mut self, certificate: C) {
        self.pending = Some(certificate);
    }

    /// Whether something waits for its handshake to end.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// A handshake has succeeded: what it showed counts from now on, if it is what `is_of_session` knows; anything else
    /// is dropped.
    pub fn settle(&mut self, is_of_session: impl FnOnce(&C) -> bool) {
        if let Some(certificate) = self.pending.take().filter(is_of_session) {
            self.proven = Some(certificate);
        }
    }

    /// Replaces everything else by what a resumed session proves.
    pub fn replace(&mut self, proven: Option<C>) {
        *self = Presented { proven, pending: None };
    }

    /// The certificate whose key the client owns.
    pub fn proven(&self) -> Option<&C> {
        self.proven.as_ref()
    }

    /// The same, to remember answers with it.
    pub fn proven_mut(&mut self) -> Option<&mut C> {
        self.proven.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_counts_for_nobody_before_its_key_is_proven() {
        let mut presented = Presented::default();
        presented.show("the victim's");
        assert!(presented.is_pending());
        assert_eq!(presented.proven(), None);
        assert_eq!(presented.proven_mut(), None);
        presented.settle(|shown| *shown == "the victim's");
        assert_eq!(presented.proven(), Some(&"the victim's"));
        assert!(!presented.is_pending());
    }

    #[test]
    fn who_shows_another_certificate_stays_who_he_was_until_he_has_proven_that_one() {
        let mut presented = Presented::default();
        presented.replace(Some("own"));
        presented.show("the victim's");
        assert_eq!(presented.proven(), Some(&"own"));
        presented.show("the neighbour's");
        assert_eq!(presented.proven(), Some(&"own"));
        // the session still has the first
        presented.settle(|shown| *shown == "own");
        assert_eq!(presented.proven(), Some(&"own"));
        assert!(!presented.is_pending(), "what ended otherwise is gone");
        presented.settle(|_| true);
        assert_eq!(presented.proven(), Some(&"own"));
    }

    #[test]
    fn what_a_handshake_has_proven_can_be_written_on() {
        let mut presented = Presented::default();
        presented.show("own".to_owned());
        presented.settle(|_| true);
        presented.proven_mut().unwrap().push_str(", judged");
        assert_eq!(presented.proven().unwrap(), "own, judged");
    }

    #[test]
    fn a_session_without_a_certificate_proves_nothing() {
        let mut presented = Presented::default();
        presented.show("the victim's");
        presented.replace(None);
        presented.settle(|_| true);
        assert_eq!(presented.proven(), None);
    }
}
