//! What operators, their programs and attackers see of a status.

mod findings;
mod forms;
mod hostile;
mod pages;
mod servers;
