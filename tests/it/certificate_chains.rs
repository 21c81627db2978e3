//! The CAs above a phone: which chains hold, whoever sends them.

use crate::judged::{self, LET_IN, MAC, UNTRUSTED, judged, judged_each_way, judged_on, server};
use mtlsprotect_testkit::pki::{ORGANIZATION, SERVER_AUTH, StringType};
use mtlsprotect_testkit::{Authority, Certificate, Digest, Httpd, Identity, Key, Mpm, Poly, Subject};

fn phone() -> Identity {
    Poly::shared().phone(MAC)
}

fn pem(authorities: &[&Authority]) -> Vec<u8> {
    authorities.iter().flat_map(|authority| authority.pem()).collect()
}

/// A root and this many CAs below it, the last of which issues.
fn ladder(below_root: usize) -> Vec<Authority> {
    let mut cas = vec![Authority::root("Ladder Root")];
    for step in 1..=below_root {
        cas.push(cas[step - 1].issue_ca(&format!("Ladder CA {step}")));
    }
    cas
}

fn climber(ladder: &[Authority]) -> Identity {
    ladder.last().expect("a ladder has steps").leaf(Subject::poly(MAC)).issue()
}

fn all(ladder: &[Authority]) -> Vec<u8> {
    pem(&ladder.iter().collect::<Vec<_>>())
}

fn expect(httpd: &Httpd, identity: &Identity, expected: &str, case: &str) {
    assert_eq!(judged_each_way(httpd, &httpd.phone(identity)), [expected; 4], "{case}");
}

#[test]
fn a_phone_is_let_in_with_or_without_its_intermediates() {
    for mpm in Mpm::ALL {
        let httpd = server(Poly::shared().bundle_pem()).mpm(mpm).start();
        expect(&httpd, &phone(), LET_IN, "intermediates sent");
        expect(&httpd, &phone().without_chain(), LET_IN, "the leaf alone");
        let second = Poly::shared().issuing2.leaf(Subject::poly(MAC)).issue();
        expect(&httpd, &second, LET_IN, "the second issuing CA");
        let mut reversed = phone();
        reversed.chain.reverse();
        expect(&httpd, &reversed, LET_IN, "intermediates in the wrong order");
        let mut crowd = phone();
        crowd.chain.insert(0, Authority::root("Somebody Else's Root").cert);
        crowd.chain.push(Poly::shared().root.cert.clone());
        expect(&httpd, &crowd, LET_IN, "with the root and a stranger's");
    }
}

#[test]
fn a_list_of_roots_lets_in_who_sends_its_intermediates_and_nobody_else() {
    for mpm in Mpm::ALL {
        let httpd = server(Poly::shared().root_pem()).mpm(mpm).start();
        // another phone than the next, which the server remembers
        expect(&httpd, &phone().without_chain(), UNTRUSTED, "the leaf alone");
        let mut half = phone();
        half.chain.truncate(1);
        expect(&httpd, &half, UNTRUSTED, "one of two intermediates");
        expect(&httpd, &phone(), LET_IN, "all intermediates");
    }
}

#[test]
fn a_missing_intermediate_is_warned_of_once_by_its_name() {
    let poly = Poly::shared();
    let httpd = server(poly.root_pem()).mpm(Mpm::Prefork).children(3).start();
    let mut open = Vec::new();
    for number in 0..6 {
        let phone = poly.leaf(Subject::poly(MAC)).issue();
        let mut connection = httpd.phone(&phone).connect().unwrap();
        assert_eq!(judged_on(&httpd, &mut connection), LET_IN, "phone {number}");
        // held, so that other children answer the next
        open.push(connection);
        if open.len() == 3 {
            open.remove(0);
        }
    }
    for name in ["TEST Polycom Equipment Issuing CA 1", "TEST Polycom Equipment Policy CA"] {
        let line = httpd.wait_for_log(&format!("lacks the intermediate 'CN={name}'"));
        assert!(line.contains("mtlsprotect:warn"), "{line}");
        let log = httpd.own_log();
        assert_eq!(log.matches(&format!("lacks the intermediate 'CN={name}'")).count(), 1, "{log}");
    }
}

#[test]
fn strangers_make_no_warnings_of_missing_intermediates() {
    let httpd = server(Poly::shared().root_pem()).start();
    expect(&httpd, &judged::from_a_wrong_ca(), UNTRUSTED, "a wrong CA");
    assert!(!httpd.own_log().contains("lacks the intermediate"), "{}", httpd.error_log());
}

#[test]
fn a_phone_that_sends_an_expired_ca_along_is_let_in() {
    let poly = Poly::shared();
    let expired_policy =
        poly.root.ca("TEST Polycom Equipment Policy CA").existing_key(&poly.policy.key).expired().issue_authority();
    let expired_issuing = poly
        .policy
        .ca("TEST Polycom Equipment Issuing CA 1")
        .existing_key(&poly.issuing1.key)
        .expired()
        .issue_authority();
    let stranger = Certificate::ca("Old Root").expired().issue_authority();
    for old in [&expired_policy, &expired_issuing, &stranger] {
        let mut phone = phone();
        phone.chain.insert(0, old.cert.clone());
        for list in [poly.bundle_pem(), poly.root_pem()] {
            expect(&server(list).start(), &phone, LET_IN, &format!("{:?}", old.cert.subject_name()));
        }
    }
}

#[test]
fn a_phone_below_an_expired_ca_is_refused_as_expired_and_a_forgery_there_as_untrusted() {
    let root = Authority::root("Root");
    let expired = root.ca("Expired CA").expired().issue_authority();
    let httpd = server(pem(&[&root, &expired])).start();
    let phone = expired.leaf(Subject::poly(MAC)).issue();
    expect(&httpd, &phone, "403 expired-certificate", "its own leaf");
    let forger = Certificate::ca("Expired CA").without_key_identifiers().issue_authority();
    let forged = forger.leaf(Subject::poly(MAC)).without_key_identifiers().issue().without_chain();
    expect(&httpd, &forged, UNTRUSTED, "a forgery in its name");
}

#[test]
fn a_phone_below_a_ca_with_a_weak_key_or_digest_is_refused() {
    let root = Authority::root("Root");
    let small = root.ca("Small Key").key(Key::Rsa(1024)).issue_authority();
    let sha1 = root.ca("SHA-1").digest(Digest::Sha1).issue_authority();
    let small_root = Certificate::ca("Small Root").key(Key::Rsa(1024)).issue_authority();
    for list in [pem(&[&root, &small, &sha1, &small_root]), pem(&[&root, &small_root])] {
        let httpd = server(list).start();
        for ca in [&small, &sha1, &small_root] {
            let phone = ca.leaf(Subject::poly(MAC)).issue();
            expect(&httpd, &phone, UNTRUSTED, &format!("{:?}", ca.cert.subject_name()));
        }
    }
}

#[test]
fn a_chain_deeper_than_mod_ssls_default_is_let_in() {
    // mod_ssl's SSLVerifyDepth is 1 unless set; ours is 5
    let cas = ladder(4);
    for list in [all(&cas), cas[0].pem()] {
        expect(&server(list).start(), &climber(&cas), LET_IN, "five CAs");
    }
}

#[test]
fn a_chain_deeper_than_the_verify_depth_is_refused() {
    let (five, six) = (ladder(4), ladder(5));
    for list in [all(&six), six[0].pem()] {
        expect(&server(&list).start(), &climber(&six), UNTRUSTED, "six CAs, five allowed");
        expect(&server(&list).config("MTLSProtectVerifyDepth 6").start(), &climber(&six), LET_IN, "six of six");
    }
    for list in [all(&five), five[0].pem()] {
        let httpd = server(list).vhost("MTLSProtectVerifyDepth 4").start();
        expect(&httpd, &climber(&five), UNTRUSTED, "five CAs, four allowed");
        expect(&httpd, &climber(&five[..4]), LET_IN, "four of four");
    }
}

#[test]
fn a_ca_may_not_have_more_cas_below_it_than_its_path_length() {
    let root = Authority::root("Root");
    let short = root.ca("Short").path_length(0).issue_authority();
    let too_deep = short.issue_ca("Too Deep");
    for list in [pem(&[&root, &short, &too_deep]), pem(&[&root, &short]), root.pem()] {
        let httpd = server(list).start();
        expect(&httpd, &short.leaf(Subject::poly(MAC)).issue(), LET_IN, "right below");
        expect(&httpd, &too_deep.leaf(Subject::poly(MAC)).issue(), UNTRUSTED, "one CA too deep");
    }
    let strict = Certificate::ca("Strict Root").path_length(1).issue_authority();
    let first = strict.issue_ca("First");
    let second = first.issue_ca("Second");
    for list in [pem(&[&strict, &first, &second]), strict.pem()] {
        let httpd = server(list).start();
        expect(&httpd, &first.leaf(Subject::poly(MAC)).issue(), LET_IN, "below the first");
        expect(&httpd, &second.leaf(Subject::poly(MAC)).issue(), UNTRUSTED, "below the second, of the root's one");
    }
}

#[test]
fn a_ca_limits_the_names_below_it() {
    let polycom = Subject::empty().and(ORGANIZATION, StringType::Printable, "Polycom Inc.");
    let root = Authority::root("Root");
    let limited = root.ca("Limited").permitted_subtree(polycom.clone()).issue_authority();
    let issuing = limited.ca(polycom.clone().and_cn("Issuing")).issue_authority();
    let limited_root = Certificate::ca("Limited Root").permitted_subtree(polycom).issue_authority();
    for list in [pem(&[&root, &limited, &issuing, &limited_root]), pem(&[&root, &limited_root])] {
        let httpd = server(list).start();
        for ca in [&limited, &issuing, &limited_root] {
            let name = format!("{:?}", ca.cert.subject_name());
            expect(&httpd, &ca.leaf(Subject::poly(MAC)).issue(), LET_IN, &name);
            expect(&httpd, &ca.leaf(MAC).issue(), UNTRUSTED, &name);
        }
    }
}

#[test]
fn phones_of_a_renewed_ca_and_of_the_old_one_are_let_in() {
    for bare in [false, true] {
        let adjust = |ca: Certificate| if bare { ca.without_key_identifiers() } else { ca };
        let root = adjust(Certificate::ca("Root")).issue_authority();
        let old = adjust(root.ca("Issuing")).issue_authority();
        let renewed = adjust(root.ca("Issuing")).issue_authority();
        // the same key, once more certified
        let extended = adjust(root.ca("Issuing")).existing_key(&old.key).days(-1, 7300).issue_authority();
        let list = pem(&[&root, &old, &renewed, &extended]);
        let roots_only = root.pem();
        for list in [list, roots_only] {
            let httpd = server(list).start();
            for (name, ca) in [("old", &old), ("renewed", &renewed), ("extended", &extended)] {
                let phone = adjust(ca.leaf(Subject::poly(MAC))).issue();
                expect(&httpd, &phone, LET_IN, &format!("{name}, without key identifiers: {bare}"));
            }
        }
    }
}

#[test]
fn phones_below_a_renewed_root_and_below_the_old_one_are_let_in() {
    for bare in [false, true] {
        let adjust = |ca: Certificate| if bare { ca.without_key_identifiers() } else { ca };
        let old = adjust(Certificate::ca("Root")).issue_authority();
        let renewed = adjust(Certificate::ca("Root")).issue_authority();
        let [old_issuing, new_issuing] =
            [(&old, "Issuing 1"), (&renewed, "Issuing 2")].map(|(root, name)| adjust(root.ca(name)).issue_authority());
        for list in [pem(&[&old, &renewed, &old_issuing, &new_issuing]), pem(&[&renewed, &old])] {
            let httpd = server(list).start();
            for (name, ca) in [("old", &old), ("renewed", &renewed), ("old CA", &old_issuing), ("new CA", &new_issuing)]
            {
                let phone = adjust(ca.leaf(Subject::poly(MAC))).issue();
                expect(&httpd, &phone, LET_IN, &format!("{name}, without key identifiers: {bare}"));
            }
        }
    }
}

#[test]
fn a_phone_of_a_ca_renewed_with_its_key_is_let_in_beside_the_expired_certificate() {
    let root = Authority::root("Root");
    let expired = root.ca("Issuing").expired().issue_authority();
    let renewed = root.ca("Issuing").existing_key(&expired.key).issue_authority();
    let phone = renewed.leaf(Subject::poly(MAC)).issue();
    for list in [pem(&[&root, &expired, &renewed]), pem(&[&root, &renewed, &expired])] {
        let httpd = server(list).start();
        expect(&httpd, &phone, LET_IN, "both in the list");
        expect(&httpd, &phone.without_chain(), LET_IN, "the leaf alone");
    }
    let old_root = Certificate::ca("Twice").expired().issue_authority();
    let new_root = Certificate::ca("Twice").existing_key(&old_root.key).issue_authority();
    let below = new_root.issue_ca("Below");
    let httpd = server(pem(&[&old_root, &new_root, &below])).start();
    expect(&httpd, &below.leaf(Subject::poly(MAC)).issue(), LET_IN, "below a root of two certificates");
    expect(&httpd, &new_root.leaf(Subject::poly(MAC)).issue(), LET_IN, "right below it");
}

#[test]
fn a_leaf_in_the_list_of_cas_vouches_for_nobody_not_even_itself() {
    let device = judged::self_signed();
    let httpd = server([Poly::shared().bundle_pem(), device.cert_pem()].concat()).start();
    assert_eq!(judged(&httpd, &httpd.phone(&device)), UNTRUSTED);
    let below = Authority::from(&device).leaf(Subject::poly(MAC)).issue();
    assert_eq!(judged(&httpd, &httpd.phone(&below)), UNTRUSTED);
    httpd.wait_for_log("is not a CA");
}

#[test]
fn an_intermediate_without_its_root_in_the_list_is_no_trust_anchor() {
    let other = Poly::new();
    let list = [Poly::shared().root_pem(), other.issuing1.pem()].concat();
    let httpd = server(list).start();
    expect(&httpd, &other.phone(MAC), UNTRUSTED, "its chain ends in no root of the list");
    expect(&httpd, &phone(), LET_IN, "the root in the list");
}

#[test]
fn a_ca_made_for_servers_vouches_for_no_phone_listed_sent_or_remembered() {
    let root = Authority::root("Root");
    let policy = root.ca("Policy CA").extended_key_usage(&[SERVER_AUTH]).issue_authority();
    let issuing = policy.issue_ca("Issuing CA");
    let phone = issuing.leaf(Subject::poly(MAC)).issue();
    for list in [pem(&[&root, &policy, &issuing]), pem(&[&root, &issuing]), pem(&[&root])] {
        let httpd = server(list).start();
        expect(&httpd, &phone, UNTRUSTED, "a CA for servers");
        expect(&httpd, &phone.clone().without_chain(), UNTRUSTED, "a CA for servers, the leaf alone");
        assert!(!httpd.error_log().contains("lacks the intermediate"), "{}", httpd.error_log());
    }
    let httpd = server(pem(&[&root, &policy])).start();
    let line = httpd.wait_for_log("extended key usage that does not allow TLS client authentication");
    assert!(line.contains("mtlsprotect:warn") && line.contains("Policy CA"), "{line}");
}

#[test]
fn a_phone_without_key_identifiers_is_let_in_below_a_renewed_ca_beside_the_old_one() {
    let root = Authority::root("Root");
    let make = || root.ca("Issuing CA").without_key_identifiers().issue_authority();
    let (old, renewed) = (make(), make());
    let phone = renewed.leaf(Subject::poly(MAC)).without_key_identifiers().issue();
    let lists =
        [pem(&[&root, &old]), pem(&[&old, &root]), pem(&[&root, &old, &renewed]), pem(&[&renewed, &root, &old])];
    for (number, list) in lists.into_iter().enumerate() {
        expect(&server(list).start(), &phone, LET_IN, &format!("list {number}"));
    }
    let mut both = phone.clone();
    both.chain.insert(0, old.cert.clone());
    expect(&server(pem(&[&root])).start(), &both, LET_IN, "both sent, the old one first");
}
