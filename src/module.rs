//! The type that stands for this module, by which httpd's wrappers know whose configuration and state is meant.

/// mod_mtlsprotect. What httpd may call of it is in `lib.rs`, which nothing else imports.
pub struct Mtlsprotect;
