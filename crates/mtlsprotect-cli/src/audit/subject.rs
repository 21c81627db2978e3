//! The device that a certificate for which no CA vouches claims to be, by its subject in the error log.

use mtlsprotect_core::Mac;

/// The device in the only Common Name of `O=Polycom Inc., CN=0004F2AABBCC` or, as mod_ssl writes it,
/// `CN=0004F2AABBCC,O=Polycom Inc.`
pub fn mac_of_subject(subject: &[u8]) -> Option<Mac> {
    let attributes = subject.split(|byte| matches!(byte, b',' | b'+')).map(<[u8]>::trim_ascii);
    let mut names = attributes.filter_map(|attribute| attribute.strip_prefix(b"CN="));
    let name = names.next()?;
    names.next().is_none().then(|| Mac::parse(name)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_found_in_both_notations() {
        let expected = Mac::parse(b"0004f2aabbcc");
        for subject in ["O=Polycom Inc., CN=0004F2AABBCC", "CN=0004F2AABBCC,O=Polycom Inc.", "CN=00:04:f2:aa:bb:cc"] {
            assert_eq!(mac_of_subject(subject.as_bytes()), expected, "{subject}");
        }
        for subject in ["", "-", "CN=0004F2AABBCC,CN=0004F2AABBCD", "CN=phone", "OU=0004F2AABBCC", "CN=0004F2AABBCC x"]
        {
            assert_eq!(mac_of_subject(subject.as_bytes()), None, "{subject}");
        }
    }
}
