//! Directives.

use crate::ffi;
use crate::httpd::boundary::guard;
use crate::httpd::hooks::{Module, config_slot, module_index, reading, register_last_fixups};
use crate::httpd::{Expression, Pool, bytes, server_path};
use std::cell::RefMut;
use std::ffi::{CStr, c_void};
use std::os::raw::{c_char, c_int};

/// Where a directive may stand. Never in .htaccess, whatever AllowOverrideList says, and never in
/// `<Limit>`, where it would count for some methods only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Server config and virtual host.
    Server,
    /// These, and `<Directory>`, `<Location>`, `<Files>` and `<If>`.
    Directory,
}

/// What a directive's handler gets to know and to change.
pub struct Command<'a, M: Module> {
    /// The configuration pool.
    pub pool: Pool<'static>,
    /// The virtual host's configuration.
    pub server: &'a mut M::Server,
    /// The section's configuration.
    pub dir: &'a mut M::Dir,
    /// The directive's words.
    pub words: &'a [&'a str],
    parameters: *mut ffi::cmd_parms,
}

impl<M: Module> Command<'_, M> {
    /// See [`server_path`].
    pub fn path(&self, path: &str) -> std::path::PathBuf {
        server_path(self.pool, path)
    }

    /// The directive's name.
    pub fn name(&self) -> &'static str {
        // SAFETY: `handle` has put valid parameters here, whose command is an entry of the module's own table.
        unsafe { bytes((*(*self.parameters).cmd).name) }
            .and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or_default()
    }

    /// Parses an expression that makes a text of a request.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn expression(&self, text: &str) -> Result<Expression, String> {
        // SAFETY: `handle` has put the parameters here together with their pool.
        unsafe { Expression::parse(self.parameters, self.pool, text) }
    }

    /// What directives keep while this configuration is read.
    pub fn reading(&self) -> RefMut<'static, M::Reading> {
        reading::<M>(self.pool).borrow_mut()
    }

    /// Has [`Module::last_fixups`] called for the requests of this configuration.
    pub fn ask_for_last_fixups(&self) {
        register_last_fixups::<M>(self.pool);
    }
}

/// One directive of the module.
pub trait Directive<M: Module> {
    /// Where it may stand.
    const SCOPE: Scope;
    /// The numbers of words that it takes.
    const WORDS: std::ops::RangeInclusive<usize>;
    /// What stands after the name, as in the reference.
    const SYNTAX: &'static str;

    /// Takes the words into the configuration.
    ///
    /// # Errors
    /// A sentence for the operator; httpd puts the file and line before it.
    fn set(command: &mut Command<'_, M>) -> Result<(), String>;
}

/// The table's entry for a directive. `name` and `help` are what `httpd -L` prints.
pub const fn directive<M: Module, D: Directive<M>>(name: &'static CStr, help: &'static CStr) -> Entry {
    let override_ = match D::SCOPE {
        Scope::Server => ffi::RSRC_CONF,
        Scope::Directory => ffi::RSRC_CONF | ffi::ACCESS_CONF,
    };
    ffi::command_rec {
        name: name.as_ptr(),
        func: ffi::cmd_func { take_argv: Some(handle::<M, D>) },
        cmd_data: std::ptr::null_mut(),
        req_override: override_ as c_int,
        args_how: ffi::cmd_how_TAKE_ARGV,
        errmsg: help.as_ptr(),
    }
}

/// The entry that ends the table.
pub const fn end() -> Entry {
    ffi::command_rec {
        name: std::ptr::null(),
        func: ffi::cmd_func { no_args: None },
        cmd_data: std::ptr::null_mut(),
        req_override: 0,
        args_how: ffi::cmd_how_RAW_ARGS,
        errmsg: std::ptr::null(),
    }
}

/// An entry of the table of directives.
pub type Entry = ffi::command_rec;

unsafe extern "C" fn handle<M: Module, D: Directive<M>>(
    parameters: *mut ffi::cmd_parms,
    dir: *mut c_void,
    argc: c_int,
    argv: *const *mut c_char,
) -> *const c_char {
    // SAFETY: httpd passes valid parameters, whose pool is the configuration's.
    let pool: Pool<'static> = unsafe { Pool::new((*parameters).pool) };
    let error = guard(
        "directive",
        || {
            // SAFETY: answers from the parameters, with a static string or one of their pool.
            let misplaced = unsafe { ffi::ap_check_cmd_context(parameters, ffi::NOT_IN_HTACCESS | ffi::NOT_IN_LIMIT) };
            if !misplaced.is_null() {
                return misplaced;
            }
            // SAFETY: argv has argc strings; both configurations are ours, and nothing else refers
            // to them while the configuration is read.
            let result = unsafe {
                let words: Option<Vec<&str>> = (0..usize::try_from(argc).unwrap_or(0))
                    .map(|index| bytes(*argv.add(index)).and_then(|word| std::str::from_utf8(word).ok()))
                    .collect();
                let vector = (*(*parameters).server).module_config;
                let server = &mut *config_slot(vector, module_index()).cast::<M::Server>();
                match words {
                    None => Err("its arguments are not UTF-8".to_owned()),
                    Some(words) if !D::WORDS.contains(&words.len()) => Err(format!("expected: {}", D::SYNTAX)),
                    Some(words) => {
                        let dir = &mut *dir.cast::<M::Dir>();
                        D::set(&mut Command { pool, server, dir, words: &words, parameters })
                    }
                }
            };
            match result {
                Ok(()) => std::ptr::null(),
                Err(sentence) => pool.c_string(sentence.as_bytes()).cast_const(),
            }
        },
        |panic| pool.c_string(format!("mod_mtlsprotect failed: {panic}").as_bytes()).cast_const(),
    );
    if error.is_null() {
        return error;
    }
    // SAFETY: the directive's name and the error are valid strings.
    let (name, error) = unsafe {
        let name = bytes((*(*parameters).cmd).name).unwrap_or_default();
        (name, bytes(error).unwrap_or_default())
    };
    pool.c_string(&[name, b": ", error].concat())
}
