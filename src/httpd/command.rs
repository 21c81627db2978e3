//! Directives.

use crate::ffi;
use crate::httpd::boundary::guard;
use crate::httpd::expression::Expression;
use crate::httpd::hooks::{register_arrivals, register_last_fixups};
use crate::httpd::module::Module;
use crate::httpd::pool::Pool;
use crate::httpd::server::server_path;
use crate::httpd::slots;
use crate::httpd::while_reading::WhileReading;
use mtlsprotect_memory::{bytes, words};
use std::cell::RefMut;
use std::ffi::{CStr, c_void};
use std::ops::{Deref, DerefMut};
use std::os::raw::{c_char, c_int, c_uint};

/// Where a directive may stand. Never in .htaccess, whatever AllowOverrideList says, and never in
/// `<Limit>`, where it would count for some methods only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Server config alone.
    Main,
    /// Server config and virtual host.
    Server,
    /// These, and `<Directory>`, `<Location>`, `<Files>` and `<If>`.
    Directory,
}

/// What a directive's handler can read and change.
pub struct Command<'a, 'c, M: Module> {
    /// The configuration pool.
    pub pool: Pool<'c>,
    /// The virtual host's configuration.
    pub server: Changed<'c, M::Server<'c>>,
    /// The section's configuration.
    pub dir: &'a mut M::Dir<'c>,
    /// The directive's words.
    pub words: &'a [&'a str],
    parameters: *mut ffi::cmd_parms,
}

/// What may be held elsewhere (by [`Server::config`](crate::httpd::server::Server::config)), and so is never changed itself: a
/// copy is, and takes its place.
pub struct Changed<'c, T> {
    before: &'c T,
    after: Option<T>,
}

impl<T> Deref for Changed<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.after.as_ref().unwrap_or(self.before)
    }
}

impl<T: Copy> DerefMut for Changed<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.after.get_or_insert(*self.before)
    }
}

impl<'c, M: Module> Command<'_, 'c, M> {
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

    /// Whether it stands in a section, and not in the server config or a virtual host itself.
    pub fn is_in_section(&self) -> bool {
        // SAFETY: `handle` has put valid parameters here.
        !unsafe { (*self.parameters).path }.is_null()
    }

    /// Parses an expression that makes a text of a request.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn expression(&self, text: &str) -> Result<Expression<'c>, String> {
        // SAFETY: `handle` has put the parameters here together with their pool.
        unsafe { Expression::parse::<M>(self.parameters, self.pool, text) }
    }

    /// What directives keep while this configuration is read.
    pub fn reading(&self) -> RefMut<'c, M::WhileReading<'c>> {
        self.while_reading().directives.borrow_mut()
    }

    fn while_reading(&self) -> &'c WhileReading<'c, M> {
        // SAFETY: `take` has put the configuration's pool here; a command's `'c` can't be made shorter, as it lends the
        // section's configuration to be changed.
        unsafe { WhileReading::of(self.pool) }
    }

    /// Has [`Module::last_fixups`] called for the requests of this configuration.
    pub fn ask_for_last_fixups(&self) {
        register_last_fixups(self.while_reading());
    }

    /// Has [`Module::arrived`] called for the requests of this configuration.
    pub fn ask_for_arrivals(&self) {
        register_arrivals(self.while_reading());
    }

    /// Whether it stands in a `<VirtualHost>`.
    pub fn is_in_virtual_host(&self) -> bool {
        // SAFETY: `handle` has put valid parameters here, whose server is one of the configuration.
        unsafe { (&raw const (*(*self.parameters).server).is_virtual).read() != 0 }
    }
}

/// One directive of the module.
pub trait Handles<M: Module> {
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
    fn set(command: &mut Command<'_, '_, M>) -> Result<(), String>;
}

/// The table's entry for a directive. `name` and `help` are what `httpd -L` prints.
pub const fn directive<M: Module, D: Handles<M>>(name: &'static CStr, help: &'static CStr) -> Entry {
    let override_ = match D::SCOPE {
        Scope::Main | Scope::Server => ffi::RSRC_CONF,
        Scope::Directory => ffi::RSRC_CONF | ffi::ACCESS_CONF,
    };
    ffi::command_rec {
        name: name.as_ptr(),
        func: ffi::cmd_func { take_argv: Some(handle::<M, D>) },
        cmd_data: std::ptr::null_mut(),
        req_override: override_,
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

unsafe extern "C" fn handle<M: Module, D: Handles<M>>(
    parameters: *mut ffi::cmd_parms,
    dir: *mut c_void,
    argc: c_int,
    argv: *const *mut c_char,
) -> *const c_char {
    // SAFETY: httpd passes valid parameters, whose pool is the configuration's.
    let Some(pool) = (unsafe { Pool::new((*parameters).pool) }) else {
        return c"a directive without a pool".as_ptr();
    };
    let error = guard(
        "directive",
        || {
            // SAFETY: answers from the parameters, with a static string or one of their pool.
            let misplaced = unsafe { ffi::ap_check_cmd_context(parameters, never_in(D::SCOPE)) };
            if !misplaced.is_null() {
                return misplaced;
            }
            // SAFETY: httpd passes what `take` asks for.
            match unsafe { take::<M, D>(parameters, pool, dir.cast(), words(argv, argc)) } {
                Ok(()) => std::ptr::null(),
                Err(sentence) => pool.c_string(sentence.as_bytes()).cast_const(),
            }
        },
        |panic| {
            let name = M::NAME.to_string_lossy();
            pool.c_string(format!("{name} failed: {panic}").as_bytes()).cast_const()
        },
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

/// Where a directive must not stand, besides what its entry in the table says.
fn never_in(scope: Scope) -> c_uint {
    let hosts = if scope == Scope::Main { ffi::NOT_IN_VIRTUALHOST } else { 0 };
    (ffi::NOT_IN_HTACCESS | ffi::NOT_IN_LIMIT | hosts) as c_uint
}

/// Has a directive take its words.
///
/// # Safety
/// `parameters` are what httpd passes to a directive that doesn't stand in a .htaccess file, `pool` is theirs and `'c` its
/// whole life, and `dir` the section's configuration, which nobody else knows before requests are served.
unsafe fn take<'c, M: Module, D: Handles<M>>(
    parameters: *mut ffi::cmd_parms,
    pool: Pool<'c>,
    dir: *mut M::Dir<'c>,
    words: Option<Vec<&str>>,
) -> Result<(), String> {
    let words = words.ok_or("its arguments are not UTF-8")?;
    if !D::WORDS.contains(&words.len()) {
        if let Some(comment) = words.iter().position(|word| word.starts_with('#')) {
            return Err(format!(
                "expected: {}, found \"{}\"; httpd has no comments behind a directive: write it into a line of its own",
                D::SYNTAX,
                words[comment..].join(" ")
            ));
        }
        return Err(format!("expected: {}", D::SYNTAX));
    }
    // SAFETY: the caller vouches for it; both configurations were made by the module's callbacks.
    unsafe {
        let vector = (*(*parameters).server).module_config;
        let server = Changed { before: slots::config::<M, M::Server<'c>>(vector), after: None };
        let mut command = Command { pool, server, dir: &mut *dir, words: &words, parameters };
        let result = D::set(&mut command);
        if let Some(server) = command.server.after {
            slots::keep::<M, M::Server<'c>>(vector, pool.place(server));
        }
        result
    }
}
