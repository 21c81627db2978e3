use super::*;

#[test]
fn learning_from_one_vendors_phones_concerns_no_others() {
    let (poly, yealink) = (Authority::root("P"), Authority::root("Y"));
    let files = files(&[("p", &poly), ("y", &yealink)]);
    let vendors = files.vendors(&["poly ca=p", "yealink ca=y mode=Learn"]);
    assert!(vendors.learn() && vendors.members()[1].learns() && !vendors.members()[1].is_watched());
    assert!(vendors.only_learns(&names("/001565aaaaaa.cfg"), None) && vendors.only_learns(&names("/sip.ld"), Some(1)));
    for (path, sender) in [
        ("/0004f2aaaaaa.cfg", Some(1)),
        ("/aabbccaaaaaa.cfg", Some(1)),
        ("/001565aaaaaa/805ec0bbbbbb.cfg", Some(1)),
        ("/sip.ld", None),
        ("/sip.ld", Some(0)),
        ("/sip.ld", Some(2)),
    ] {
        assert!(!vendors.only_learns(&names(path), sender), "{path} {sender:?}");
    }
    let all_learn = |macs: &[&str]| {
        let macs: Vec<Mac> = macs.iter().map(|mac| mac.parse().unwrap()).collect();
        vendors.all_are(&macs, Member::learns)
    };
    assert!(all_learn(&[]) && all_learn(&["001565aaaaaa", "805ec0bbbbbb"]));
    assert!(!all_learn(&["001565aaaaaa", "0004f2aaaaaa"]) && !all_learn(&["aabbccaaaaaa"]));
    assert!(!vendors.only_watches(Reason::NoCertificate, b"GET", &names("/001565aaaaaa.cfg"), || true, None));
    let error = files.vendor("yealink ca=y mode=off").unwrap_err().to_string();
    assert_eq!(error, "mode= takes on, learn or report, found \"off\"");
}

#[test]
fn a_root_vouches_for_the_phones_of_the_list_that_has_it() {
    let (poly, yealink, other) = (Authority::root("P"), Authority::root("Y"), Authority::root("O"));
    let files = files(&[("p", &poly), ("y", &yealink)]);
    let vendors = files.vendors(&["poly ca=p", "yealink ca=y strict=yes"]);
    let mac = |digits: &str| digits.parse::<Mac>().unwrap();
    let [poly_root, yealink_root, other_root] =
        [&poly, &yealink, &other].map(|ca| crate::trust::certificate::fingerprint(&ca.cert).unwrap());
    for (root, device, vouches) in [
        (poly_root, "0004f2aaaaaa", true),
        (poly_root, "001565aaaaaa", false),
        (poly_root, "aabbccaaaaaa", true),
        (yealink_root, "001565aaaaaa", true),
        (yealink_root, "aabbccaaaaaa", false),
        (other_root, "0004f2aaaaaa", false),
    ] {
        assert_eq!(vendors.may_vouch(&root, mac(device)), vouches, "{device}");
    }
    let roots: Vec<_> = vendors.roots().iter().map(|root| (root.member, root.fingerprint)).collect();
    assert_eq!(roots, [(0, poly_root), (1, yealink_root)]);
    let phone = yealink.device("001565aaaaaa");
    let vouched = vendors.judge(&phone.cert, &phone.chain, now()).unwrap();
    assert_eq!((vouched.trusted.root, vouched.root), (yealink_root, 1));
}
