//! Raw bindings to httpd, APR and OpenSSL.
#![allow(
    unsafe_code,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    dead_code,
    missing_docs,
    clippy::all,
    clippy::undocumented_unsafe_blocks
)]
#![allow(unknown_lints, unnecessary_transmutes)]

// What openssl-sys has comes from there.
pub use openssl_sys::{
    OPENSSL_VERSION, OpenSSL_version, SSL, SSL_CTX, SSL_CTX_get_num_tickets, SSL_CTX_set_num_tickets, SSL_OP_NO_TICKET,
    SSL_SESSION, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, SSL_get_SSL_CTX, SSL_get_ex_data_X509_STORE_CTX_idx,
    SSL_get_peer_cert_chain, SSL_get_session, SSL_get_verify_mode, SSL_is_init_finished, SSL_session_reused,
    SSL_set_num_tickets, SSL_version, TLS1_3_VERSION, X509, X509_STORE_CTX, X509_STORE_CTX_get_ex_data,
    X509_STORE_CTX_set_error, X509_V_ERR_CERT_UNTRUSTED, X509_V_OK, X509_verify_cert, i2d_SSL_SESSION, stack_st_X509,
};

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
