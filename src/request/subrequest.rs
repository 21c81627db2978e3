//! Subrequests that only look whether something is there.

use crate::httpd::Request;
use crate::module::Mtlsprotect;
use mtlsprotect_core::names::is_decoded_once;

/// Whether a subrequest asks about an entry of a directory that is being listed.
pub fn is_listed_entry(request: &Request<'_>) -> bool {
    request.main().is_some_and(|main| {
        main.handler() == b"httpd/unix-directory"
            && main.state::<Mtlsprotect>().is_some_and(|state| state.reached_handler.get())
    })
}

/// Whether a subrequest asks where its main request's path info leads. Scripts are told the file
/// (PATH_TRANSLATED) even where the subrequest is refused.
pub fn is_translated_path_info(request: &Request<'_>) -> bool {
    request.main().is_some_and(|main| {
        let path_info = main.path_info();
        // Most often nothing has rewritten it.
        let leads_there = || request.uri() == path_info || is_decoded_once(request.unparsed_uri(), path_info);
        !path_info.is_empty() && leads_there()
    })
}
