//! httpd's vectors, which have a place for each module.

use std::ffi::{c_int, c_void};

/// What stands at a module's place.
///
/// # Safety
/// `vector` points to a vector with a place for every module, of which `index` is one.
pub unsafe fn slot(vector: *const *mut c_void, index: c_int) -> *mut c_void {
    // SAFETY: the caller vouches for it.
    unsafe { vector.add(index as usize).read() }
}

/// What stands at a module's place, as what it is; `None` for null.
///
/// # Safety
/// As [`slot`]; there stands null or a `T` that lives and isn't changed during `'a`.
pub unsafe fn slot_holding<'a, T>(vector: *const *mut c_void, index: c_int) -> Option<&'a T> {
    // SAFETY: the caller vouches for it.
    unsafe { slot(vector, index).cast_const().cast::<T>().as_ref() }
}

/// Puts something at a module's place.
///
/// # Safety
/// As [`slot`]; nobody else uses that place meanwhile.
pub unsafe fn set_slot<T>(vector: *mut *mut c_void, index: c_int, value: *const T) {
    // SAFETY: the caller vouches for it.
    unsafe { vector.add(index as usize).write(value.cast_mut().cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null_mut;

    #[test]
    fn each_module_has_a_place_of_its_own() {
        let mut vector = [null_mut(); 3];
        let (one, two) = (1_u32, "two".to_owned());
        let places = vector.as_mut_ptr();
        // SAFETY: the vector has three places, and both values outlive it.
        unsafe {
            set_slot(places, 0, &raw const one);
            set_slot(places, 2, &raw const two);
            assert_eq!(slot_holding::<u32>(places, 0), Some(&1));
            assert_eq!(slot_holding::<u32>(places, 1), None);
            assert_eq!(slot_holding::<String>(places, 2), Some(&two));
            assert!(slot(places, 1).is_null());
        }
    }
}
