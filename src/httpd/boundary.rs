//! No panic leaves a callback: unwinding into C ends the child.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`; if it panics, returns what `refuse` makes of the message.
///
/// What `body` may have left half done stays with its request or connection: `refuse` must return something by which
/// nothing is trusted. A panic in `refuse` itself ends the process, as in any `extern "C"` function: it must not do
/// much.
#[inline]
pub fn guard<T>(callback: &'static str, body: impl FnOnce() -> T, refuse: impl FnOnce(&str) -> T) -> T {
    let body = || {
        #[cfg(feature = "provoke-panics")]
        super::provoke::panic_if_asked(callback);
        body()
    };
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| refused(callback, panic, refuse))
}

/// Out of line, since callbacks save registers for what stands in them.
#[cold]
#[inline(never)]
fn refused<T>(callback: &str, panic: Box<dyn Any + Send>, refuse: impl FnOnce(&str) -> T) -> T {
    let message = format!("panic in {callback}: {}", message(&*panic));
    // Dropping what was thrown may panic as well.
    std::mem::forget(panic);
    refuse(&message)
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "unknown",
    }
}
