//! Envoy in front of the server, by its lines of docs/balancers.md. scripts/fetch-envoy brings it.

use crate::needs_balancers::{Kind, chain_passed_on, no_header_of_a_clients, own_files_and_no_other, told_apart};
use mtlsprotect_core::forwarded::Format;

const ENVOY: Kind = Kind {
    heading: "Envoy",
    format: Format::Envoy,
    to_expired: Some("403 deny expired-certificate"),
    passes_chain: true,
};

#[test]
#[ignore = "needs Envoy: make test runs it where it can be fetched"]
fn phones_behind_envoy_get_their_own_files_and_no_other() {
    own_files_and_no_other(&ENVOY);
}

#[test]
#[ignore = "needs Envoy: make test runs it where it can be fetched"]
fn phones_that_share_envoys_connections_are_told_apart() {
    told_apart(&ENVOY);
}

#[test]
#[ignore = "needs Envoy: make test runs it where it can be fetched"]
fn a_client_who_sends_the_header_through_envoy() {
    no_header_of_a_clients(&ENVOY);
}

#[test]
#[ignore = "needs Envoy: make test runs it where it can be fetched"]
fn a_chain_that_envoy_passes_on() {
    chain_passed_on(&ENVOY);
}
