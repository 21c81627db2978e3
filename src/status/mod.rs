//! What the server knows of its fleet, shown: the status page in all its forms, and the section in mod_status.
//!
//! `page` answers, `section` tells mod_status; both have from `gather` what is true now, and from `devices` the devices.
//! `device_list` and `learned` are what these two ask about the operator's files.

mod device_list;
mod devices;
mod gather;
mod learned;
pub mod page;
pub mod section;
