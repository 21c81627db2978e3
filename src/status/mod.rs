//! What the server knows of its fleet, shown: the status page in all its forms, and the section in mod_status.
//!
//! `page` answers, `section` tells mod_status; both have from `gather` what is true now, and the page from `devices` the
//! devices. `device_list` and `learned` are what is asked about the operator's files, `records` about the table;
//! `ahead` goes through all of these at once.

mod ahead;
mod device_list;
mod devices;
mod gather;
mod learned;
pub mod page;
mod records;
pub mod section;
