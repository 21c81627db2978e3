//! Cases that more than one test goes through: a real httpd, and `mtlsprotect explain`.
#![allow(dead_code, unused_imports, reason = "no test file needs all of it")]

pub mod certificates;
pub mod names;
pub mod subjects;
