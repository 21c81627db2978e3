//! What operators, their programs and attackers see of a status.

mod browser;
mod dashboard;
mod findings;
mod forms;
mod hostile;
mod pages;
mod prometheus;
mod servers;
