//! mod_mtlsprotect for Apache httpd: a phone gets its own provisioning file, and no other.
//!
//! This file is the module's table: the record that LoadModule looks for, its directives and its
//! hooks. `request` judges requests, `certificate` certificates, `configuration` configurations; the
//! rules themselves are in the crate `mtlsprotect-core`.

#![deny(unsafe_code)]

mod certificate;
mod configuration;
mod devices;
mod ffi;
mod fleet;
mod httpd;
mod learned;
mod message;
mod module;
mod request;
mod status;

use certificate::connection::ConnectionState;
use certificate::{connection, handshake, session_data};
use configuration::config::{DirConfig, ServerConfig};
use configuration::read_once::ReadOnce;
use configuration::{directives, startup};
use devices::watch;
use httpd::{Answer, Checked, Connection, Handshake, Judges, Module, ModuleRecord, Pool, Request, Server, Slots};
use module::Mtlsprotect;
use request::state::{Gate, RequestState};
use request::{arrival, count, gate, note_readers};
use status::{page, section};
use std::borrow::Cow;
use std::ffi::CStr;

/// The module's record, under the name that `LoadModule mtlsprotect_module` gives.
#[allow(non_upper_case_globals, unsafe_code)]
#[unsafe(no_mangle)]
pub static mtlsprotect_module: ModuleRecord = httpd::record::<Mtlsprotect>(c"mod_mtlsprotect.c", directives::TABLE);

impl Slots for Mtlsprotect {
    const NAME: &'static CStr = c"mod_mtlsprotect";
    const FAILURE: &'static str = "MTLSP0901: mtlsprotect: ";

    type Dir<'c> = DirConfig<'c>;
    type Server<'c> = ServerConfig<'c>;
    type Connection = ConnectionState;
    type Request = RequestState;
    type WhileReading<'c> = ReadOnce<'c>;

    fn shorter_dir<'c: 's, 's>(dir: &'s DirConfig<'c>) -> &'s DirConfig<'s> {
        dir
    }

    fn shorter_server<'c: 's, 's>(server: &'s ServerConfig<'c>) -> &'s ServerConfig<'s> {
        server
    }

    const SILENT_DIR: &'static DirConfig<'static> = &DirConfig::SILENT;

    fn is_silent(dir: &DirConfig<'_>) -> bool {
        dir.is_silent()
    }

    fn record() -> &'static ModuleRecord {
        &mtlsprotect_module
    }
}

impl Module for Mtlsprotect {
    fn merge_dir<'c: 'd, 'd>(outer: &'d DirConfig<'c>, inner: &'d DirConfig<'c>) -> Cow<'d, DirConfig<'c>> {
        DirConfig::merge(outer, inner)
    }

    fn failed_dir<'c>() -> DirConfig<'c> {
        DirConfig::failed()
    }

    fn merge_server<'c>(base: &Self::Server<'c>, own: &Self::Server<'c>) -> Self::Server<'c> {
        ServerConfig::merge(base, own)
    }

    fn check_config<'c: 't, 't>(checked: Checked<'c>, temporary: Pool<'t>) -> Result<(), ()> {
        configuration::check_config(checked, temporary)?;
        note_readers::look_for_readers(temporary);
        Ok(())
    }

    fn test_config() {
        startup::test_config();
    }

    fn monitor() {
        watch::look();
        learned::look();
    }

    fn post_config(checked: Checked<'_>) -> Result<(), ()> {
        startup::post_config(checked)
    }

    fn init_server(server: Server<'_>) -> Result<Judges, ()> {
        startup::init_server(server)
    }

    fn new_connection() -> ConnectionState {
        ConnectionState::default()
    }

    fn connection_ready(connection: &Connection<'_>) {
        connection::ready(connection);
    }

    fn connection_failed(connection: &Connection<'_>) {
        connection::failed(connection);
    }

    fn handshake(server: &ServerConfig<'_>, handshake: &Handshake<'_>) -> bool {
        handshake::is_trusted(server, handshake)
    }

    fn resumes(session_data: &[u8]) -> bool {
        session_data::is_usable(session_data)
    }

    fn arrived(request: &Request<'_>) {
        arrival::note(request);
    }

    fn access(request: &Request<'_>) -> Answer {
        gate::judge(request, Gate::Access)
    }

    fn fixups(request: &Request<'_>) -> Answer {
        gate::judge(request, Gate::Fixups)
    }

    fn last_fixups(request: &Request<'_>) -> Answer {
        match request.dir_config::<Mtlsprotect>().directives.named_by {
            Some(_) => gate::judge(request, Gate::LastFixups),
            None => Answer::Declined,
        }
    }

    fn handler(request: &Request<'_>) -> Answer {
        if page::is_asked_for(request) {
            return page::answer(request);
        }
        gate::judge(request, Gate::Handler)
    }

    fn mod_status(request: &Request<'_>, is_for_programs: bool) {
        section::write(request, is_for_programs);
    }

    fn logged(request: &Request<'_>) {
        count::logged(request);
    }

    fn request_failed(request: &Request<'_>, message: &str) -> Answer {
        match gate::failed(request, message) {
            // Nobody else has anything to say in its place.
            Answer::Declined if page::is_asked_for(request) => Answer::Status(500),
            answer => answer,
        }
    }
}
