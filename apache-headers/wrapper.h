/* What the module uses of httpd, APR and, through mod_ssl's own header, OpenSSL. */
#include <httpd.h>
#include <ap_expr.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_dso.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <mod_ssl.h>
#include <mod_ssl_openssl.h>
