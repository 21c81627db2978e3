//! What the status page, the metrics and the log tell of phones behind a balancer.

use super::proven::{learning, status};
use super::{other_file, own_file, self_signed, with, written};
use crate::asking::{ask, phone};
use crate::fleet_counts::all_counted;
use mtlsprotect_testkit::tools;

#[test]
fn an_operator_sees_what_came_through_the_balancer() {
    let httpd = learning().module("remoteip").plain_vhost("RemoteIPHeader X-Real-IP").start();
    let client = httpd.plain_client();
    let own = written(&phone()).leaf;
    let counted = |number| tools::wait_for(|| Some(status(&httpd)).filter(|seen| all_counted(seen) == number));
    assert_eq!(with(&client, &own_file(), &own), "200 allow own-file");
    counted(1).expect("a proof");
    assert_eq!(with(&client, &own_file(), &written(&self_signed()).leaf), "403 deny untrusted-certificate");
    // the ring has them in the order in which they were counted
    counted(2).expect("a refusal");
    let resolved = [("Client-Cert", own.as_str()), ("X-Real-IP", "192.0.2.99")];
    assert_eq!(ask(&client, "GET", other_file(), &resolved, b""), "403 deny mac-mismatch");
    counted(3).expect("another");
    assert_eq!(ask(&httpd.client(), "GET", own_file(), &[], b""), "403 deny no-certificate");
    let seen = counted(4).expect("four requests");
    assert_eq!((&seen["by_balancer"], &seen["by_balancer_refused"]), (&3.into(), &2.into()));
    let came: Vec<_> =
        (0..3).map(|number| &seen["refusals"][number]).map(|one| (&one["address"], &one["via"])).collect();
    let (here, nowhere) = ("127.0.0.1".into(), serde_json::Value::Null);
    assert_eq!(came, [(&here, &nowhere), (&"192.0.2.99".into(), &here), (&here, &here)]);
    let shown = |form: &str| httpd.client().get(&format!("/mtlsprotect-status{form}")).unwrap().text();
    let page = shown("");
    for words in
        ["<code>192.0.2.99</code> <small>through <code>127.0.0.1</code>", "<td>unknown <small>through <code>127.0.0.1"]
    {
        assert!(page.contains(words), "no {words} in {page}");
    }
    let metrics = shown("?format=prometheus");
    for line in ["mtlsprotect_balancer_requests_total{refused=\"false\"} 1\n", "{refused=\"true\"} 2\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
}
