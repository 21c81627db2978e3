//! A TLS 1.3 ticket is no larger than small clients can take, and one that means nothing any more shuts nobody out.

use crate::judged::{self, LET_IN, MAC, OWN, SECRET, copy_of, first_and_resumed, judged, judged_on, server, unique};
use mtlsprotect_testkit::{Httpd, Identity, Key, Poly, Subject, openssl_s_client};

/// What a small client takes.
const LARGEST: usize = 1450;

/// Phones with certificates of several sizes, the largest last.
fn phones() -> Vec<(Key, Poly, Identity)> {
    let phone = |key: Key, poly: Poly| {
        let identity = poly.leaf(Subject::poly(MAC)).key(key).issue();
        (key, poly, identity)
    };
    let rsa = Key::Rsa(2048);
    vec![phone(Key::default(), Poly::new()), phone(rsa, Poly::with_key(rsa)), phone(Key::Rsa(4096), Poly::new())]
}

/// The lengths of the NewSessionTicket messages that a server sends a phone.
fn tickets(httpd: &Httpd, identity: &Identity) -> Vec<usize> {
    let (tickets, answer) = tickets_and_answer(httpd, identity, OWN, &[]);
    assert!(answer.contains(SECRET), "{answer}");
    tickets
}

/// The same for another file and with more options, and what else the client shows.
fn tickets_and_answer(httpd: &Httpd, identity: &Identity, file: &str, options: &[&str]) -> (Vec<usize>, String) {
    let files = identity.write(&httpd.root().join("writable"), "phone");
    let [chain, key] = [&files.chain, &files.key].map(|path| path.display().to_string());
    let address = format!("127.0.0.1:{}", httpd.https());
    let mut arguments =
        vec!["-connect", &address, "-tls1_3", "-msg", "-ign_eof", "-cert", &chain, "-cert_chain", &chain, "-key", &key];
    arguments.extend(options);
    let request = format!("GET {file} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let output = openssl_s_client(&arguments, request.as_bytes());
    let messages = output.text.lines().filter(|line| line.starts_with("<<<") && line.contains("NewSessionTicket"));
    let lengths = messages.map(|line| {
        let length = line.split_once("[length ").and_then(|(_, rest)| rest.split(']').next());
        usize::from_str_radix(length.expect("the length of a message"), 16).unwrap()
    });
    (lengths.collect(), output.text)
}

#[test]
fn a_phone_gets_one_ticket_or_as_many_as_the_operator_says() {
    let poly = Poly::shared();
    let phone = poly.phone(MAC);
    let stock = Httpd::builder().vhost("SSLVerifyClient optional_no_ca\nSSLVerifyDepth 5").page(OWN, SECRET).start();
    assert_eq!(tickets(&stock, &phone).len(), 2);
    assert_eq!(tickets(&server(poly.bundle_pem()).start(), &phone).len(), 1);
    for number in [0, 2, 3] {
        let line = format!("SSLOpenSSLConfCmd numtickets {number}");
        for builder in [server(poly.bundle_pem()).vhost(&line), server(poly.bundle_pem()).config(&line)] {
            assert_eq!(tickets(&builder.start(), &phone).len(), number);
        }
    }
}

#[test]
fn a_phone_gets_as_many_tickets_as_the_host_says_that_it_names() {
    let poly = Poly::shared();
    let host = |name: &str, lines: &str| {
        format!("<VirtualHost 127.0.0.1:{{https}}>\nServerName {name}\nSSLEngine on\n{lines}\n</VirtualHost>\n")
    };
    let phones = "SSLVerifyClient optional_no_ca\nMTLSProtectCAFile {device_ca}\nDocumentRoot {docroot}";
    let httpd = Httpd::builder()
        .with_module()
        .without_vhosts()
        .file("device-ca.pem", poly.bundle_pem())
        .config(&host("first.example", "SSLVerifyClient optional_no_ca\nDocumentRoot {root}/logs"))
        .config(&host("phones.example", phones))
        .config(&host("more.example", &format!("{phones}\nSSLOpenSSLConfCmd NumTickets 4")))
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .page(OWN, SECRET)
        .start();
    for (name, number) in [("phones.example", 1), ("more.example", 4)] {
        let (tickets, _) = tickets_and_answer(&httpd, &poly.phone(MAC), OWN, &["-servername", name]);
        assert_eq!(tickets.len(), number, "{name}");
    }
}

#[test]
fn a_section_that_asks_gives_a_stranger_no_ticket_with_its_certificate() {
    let httpd = Httpd::builder()
        .with_module()
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile {device_ca}\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("<Location />\nSSLVerifyClient optional_no_ca\n</Location>")
        .page(OWN, SECRET)
        .start();
    // One comes with the first handshake, in which nobody asks for a certificate.
    for (identity, number) in [(Poly::shared().phone(MAC), 2), (judged::self_signed(), 1)] {
        let (tickets, answer) = tickets_and_answer(&httpd, &identity, OWN, &["-enable_pha"]);
        assert_eq!((tickets.len(), answer.contains(SECRET)), (number, number == 2), "{answer}");
    }
}

#[test]
fn a_ticket_is_small_or_as_large_as_without_the_module_also_where_the_list_has_roots_only() {
    for (key, poly, phone) in phones() {
        let stock =
            Httpd::builder().vhost("SSLVerifyClient optional_no_ca\nSSLVerifyDepth 5").page(OWN, SECRET).start();
        let stock = *tickets(&stock, &phone).iter().max().expect("a stock server gives tickets");
        let listed = tickets(&server(poly.bundle_pem()).start(), &phone);
        // Times and random numbers of another length make one block of the cipher more or less.
        let is_like_stock = |&length: &usize| stock.abs_diff(length) <= 16;
        assert!(!listed.is_empty() && listed.iter().all(is_like_stock), "{key:?}: {stock}, {listed:?}");
        let roots = tickets(&server(poly.root_pem()).start(), &phone);
        assert!(roots.iter().all(|&length| length <= LARGEST.max(stock + 16)), "{key:?}: {stock}, {roots:?}");
        // where there is room for it, there is one
        assert_eq!(roots.is_empty(), stock + 100 > LARGEST, "{key:?}: {stock}, {roots:?}");
    }
}

#[test]
fn a_phone_that_is_given_no_ticket_is_let_in_each_time_and_its_missing_intermediates_are_named() {
    let (_, poly, phone) = phones().pop().unwrap();
    let httpd = server(poly.root_pem()).start();
    let client = httpd.phone(&phone).tls13();
    for _ in 0..3 {
        assert_eq!(judged(&httpd, &client), LET_IN);
    }
    httpd.wait_for_log("lacks the intermediate");
    // without tickets the server keeps the session, which may be large
    let httpd = server(poly.root_pem()).vhost("SSLSessionTickets off").start();
    assert_eq!(first_and_resumed(&httpd, &httpd.phone(&phone).tls13()), [LET_IN; 2]);
    assert_eq!(first_and_resumed(&httpd, &httpd.phone(&phone).tls12().no_tickets()), [LET_IN; 2]);
}

#[test]
fn a_ticket_from_before_a_restart_is_let_in_by_a_full_handshake() {
    let poly = Poly::shared();
    let mut httpd = server(poly.root_pem())
        // the same for both generations, as where several servers share their tickets
        .file("ticket.key", [7; 48])
        .config("SSLSessionTicketKeyFile {root}/ticket.key")
        .start();
    let client = httpd.phone(&poly.phone(MAC)).tls13();
    let mut first = client.connect().unwrap();
    assert_eq!(judged_on(&httpd, &mut first), LET_IN);
    let session = copy_of(&first.session());
    let mut again = client.clone().resume(&session).connect().unwrap();
    assert_eq!(judged_on(&httpd, &mut again), LET_IN);
    assert!(again.resumed());
    drop((first, again));
    httpd.graceful();
    let mut after = client.clone().resume(&session).connect().unwrap();
    assert_eq!(judged_on(&httpd, &mut after), LET_IN);
    assert!(!after.resumed(), "nobody knows any more what the ticket stands for");
    let mut again = client.clone().resume(&copy_of(&after.session())).connect().unwrap();
    assert_eq!(judged_on(&httpd, &mut again), LET_IN);
    assert!(again.resumed());
}

#[test]
fn a_host_that_is_found_by_its_name_takes_up_its_own_tickets() {
    let poly = Poly::shared();
    // OpenSSL opens tickets with the context of the address's first host, which has no list
    let host = |name: &str, lines: &str| {
        format!(
            "<VirtualHost 127.0.0.1:{{https}}>\nServerName {name}\nSSLEngine on\nSSLVerifyClient optional_no_ca\n{lines}\n</VirtualHost>\n"
        )
    };
    let httpd = Httpd::builder()
        .with_module()
        .without_vhosts()
        .file("device-ca.pem", poly.root_pem())
        .config(&host("first.example", "DocumentRoot {root}/logs"))
        .config(&host("phones.example", "MTLSProtectCAFile {device_ca}\nDocumentRoot {docroot}"))
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .page(OWN, SECRET)
        .start();
    let client = httpd.phone(&poly.phone(MAC)).tls13().sni("phones.example");
    assert_eq!(first_and_resumed(&httpd, &client), [LET_IN; 2]);
    let path = unique(OWN);
    assert_eq!(judged::judged_at(&httpd, &mut client.connect().unwrap(), &path, &[]), LET_IN);
}
