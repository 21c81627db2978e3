use super::{fewer, shorter};

#[test]
fn what_is_not_needed_is_left_out_of_a_target() {
    let needs = |text: &str| text.contains('|') && text.starts_with("/pd");
    assert_eq!(shorter("/pd/hall/x.cfg?a=b&c=%20|d", needs), "/pd|");
    assert_eq!(shorter("/pd|", needs), "/pd|");
}

#[test]
fn requests_that_are_not_needed_are_left_out() {
    let requests: Vec<u32> = (0..100).collect();
    let mut tried = 0;
    let kept = fewer(&requests, 200, |some| {
        tried += 1;
        some.contains(&17) && some.ends_with(&[99])
    });
    assert_eq!(kept, [17, 99]);
    assert!(tried <= 200, "{tried}");
}

#[test]
fn nothing_is_left_out_that_is_needed() {
    let requests = [1, 2, 3];
    assert_eq!(fewer(&requests, 40, |some| some == requests), requests);
}
