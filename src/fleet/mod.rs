//! What all children know together of the fleet, in shared memory: the block itself, and under which numbers hosts, vendors
//! and roots are found in it. `configuration` gives the numbers out, `request` and `certificate` count, `status` shows.

pub mod block;
pub mod numbers;
