//! Cases that more than one test goes through: a real httpd, and `mtlsprotect explain`.

pub mod certificates;
pub mod names;
pub mod subjects;
