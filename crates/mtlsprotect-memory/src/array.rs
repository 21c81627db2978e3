//! Arrays of C.

/// Pointers to the elements of an array.
///
/// No reference to the array is held: what is done to it meanwhile, by the same thread, harms nobody who reads its
/// elements one by one.
///
/// # Safety
/// `first` points to `length` elements, or `length` is 0; the memory stays while the pointers are used.
pub unsafe fn elements<T>(first: *const T, length: usize) -> impl Iterator<Item = *const T> {
    // SAFETY: the caller vouches for so many elements.
    (0..length).map(move |index| unsafe { first.add(index) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_may_change_while_its_elements_are_read() {
        let mut array = [1, 2, 3];
        let first = array.as_mut_ptr();
        let mut seen = Vec::new();
        // SAFETY: the array has three elements and stays; all access is by one pointer to it.
        unsafe {
            for element in elements(first.cast_const(), 3) {
                first.add(2).write(30);
                seen.push(element.read());
            }
        }
        assert_eq!(seen, [1, 2, 30]);
    }

    #[test]
    fn an_empty_array_may_be_null() {
        // SAFETY: its length is 0.
        assert_eq!(unsafe { elements(std::ptr::null::<u8>(), 0) }.count(), 0);
    }
}
