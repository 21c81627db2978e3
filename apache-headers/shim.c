#include "wrapper.h"

conn_rec *shim_connection_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

apr_OFN_ssl_is_https_t *shim_ssl_is_https(void)
{
    return APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);
}

void shim_hook_init_server(ssl_HOOK_init_server_t *hook)
{
    APR_OPTIONAL_HOOK(ssl, init_server, hook, NULL, NULL, APR_HOOK_MIDDLE);
}

void shim_hook_pre_handshake(ssl_HOOK_pre_handshake_t *hook)
{
    APR_OPTIONAL_HOOK(ssl, pre_handshake, hook, NULL, NULL, APR_HOOK_MIDDLE);
}

void shim_hook_status(ap_HOOK_status_hook_t *hook)
{
    APR_OPTIONAL_HOOK(ap, status_hook, hook, NULL, NULL, APR_HOOK_MIDDLE);
}
