//! Which devices a request names: what is searched, and what is a name in it.

mod budget;
pub(crate) mod bytes;
pub(crate) mod decode;
pub(crate) mod finder;
mod fold;
mod hidden;
pub(crate) mod named;
pub(crate) mod naming;
mod path;
pub(crate) mod pattern;
mod request;
mod search;
mod served;
mod target;
pub(crate) mod texts;
pub mod work;
mod written;

pub use budget::{LONG, Left};
pub use bytes::place_of;
pub use decode::{is_decoded_once, percent_decode_fully, percent_decode_once};
pub use finder::{Finder, Hidden, Syntax};
pub use named::{Mention, Named, Names, Source};
pub use naming::{DEFAULT_NAME_PARAMETERS, Naming};
pub use path::path_of_url;
pub use pattern::{FilePattern, IdentityPattern, Ignore};
pub use request::{Outside, Searched};
pub use served::{is_at_path, path_of_served, served};
pub use target::RequestTarget;
pub use texts::{Earlier, Headers, Texts};
