//! What the command does and prints, command by command, in one program.

mod audit;
mod audit_fleet;
mod audit_logs;
mod audit_real_logs;
mod audit_when_and_where;
mod ca_fetch;
mod ca_show;
mod check;
mod check_passwords;
mod command;
mod debian_control;
mod device;
mod documents;
mod documents_sandbox;
mod exit_codes;
mod explain;
mod explain_agrees;
mod install;
mod json;
mod learned;
mod names;
mod options;
mod pki_demo;
mod running;
mod status;
mod web;
