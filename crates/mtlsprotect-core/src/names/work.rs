//! Counts the work of searching a text, in bytes looked at, where tests and fuzzing want to know that it grows no faster
//! than the text.

/// Notes that this many bytes were looked at.
#[cfg(any(test, fuzzing))]
pub(crate) fn done(bytes: usize) {
    DONE.with(|done| done.set(done.get() + bytes as u64));
}

/// Does nothing unless the work is counted.
#[cfg(not(any(test, fuzzing)))]
#[inline(always)]
pub(crate) fn done(_: usize) {}

#[cfg(any(test, fuzzing))]
thread_local! {
    static DONE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// The bytes looked at by this thread since the last call.
#[cfg(any(test, fuzzing))]
pub fn take() -> u64 {
    DONE.with(|done| done.replace(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_all_that_was_done_since_the_last_count() {
        take();
        done(3);
        done(4);
        assert_eq!((take(), take()), (7, 0));
    }
}
