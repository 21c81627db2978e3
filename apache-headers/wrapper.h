/* What the module uses of httpd, APR and, through mod_ssl's own header, OpenSSL. */
#ifndef WRAPPER_H
#define WRAPPER_H

#include <httpd.h>
#include <ap_expr.h>
#include <ap_listen.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>
#include <apr_dso.h>
#include <apr_network_io.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <mod_ssl.h>
#include <mod_ssl_openssl.h>
#include <mod_status.h>

/* shim.c: macros, whose types only a C compiler checks. */

/* SSL_get_app_data, where mod_ssl keeps the connection of an SSL. */
conn_rec *shim_connection_of(const SSL *ssl);

/* APR_RETRIEVE_OPTIONAL_FN; null where no module that encrypts is loaded. */
apr_OFN_ssl_is_https_t *shim_ssl_is_https(void);

/* APR_OPTIONAL_HOOK, for the hooks that mod_ssl runs. */
void shim_hook_init_server(ssl_HOOK_init_server_t *hook);
void shim_hook_pre_handshake(ssl_HOOK_pre_handshake_t *hook);

/* APR_OPTIONAL_HOOK, for the hook that mod_status runs. */
void shim_hook_status(ap_HOOK_status_hook_t *hook);

#endif
