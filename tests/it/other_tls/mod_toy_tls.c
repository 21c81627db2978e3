/* A TLS module other than mod_ssl, as far as a third module can tell: it says that it encrypts the connections of hosts
 * with GnuTLSEnable on (mod_gnutls) or on the port of TLSEngine (mod_tls), and does not; like mod_tls it can't answer
 * for a server without a connection. */
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_ssl.h>
#include <stdlib.h>

module AP_MODULE_DECLARE_DATA toy_tls_module;

static int engine_port;

static void *create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    return apr_pcalloc(pool, sizeof(int));
}

static const char *set_enable(cmd_parms *cmd, void *dir, int on)
{
    (void)dir;
    *(int *)ap_get_module_config(cmd->server->module_config, &toy_tls_module) = on;
    return NULL;
}

static const char *set_engine(cmd_parms *cmd, void *dir, const char *address)
{
    const char *colon = strrchr(address, ':');
    (void)cmd;
    (void)dir;
    engine_port = atoi(colon ? colon + 1 : address);
    return NULL;
}

static int is_ssl(conn_rec *c)
{
    int *on = ap_get_module_config(c->base_server->module_config, &toy_tls_module);
    return *on || c->local_addr->port == engine_port ? OK : DECLINED;
}

static const char *lookup(apr_pool_t *pool, server_rec *server, conn_rec *c, request_rec *r, const char *name)
{
    (void)pool;
    (void)server;
    (void)r;
    (void)name;
    if (!c) abort();
    return NULL;
}

static void hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_ssl_conn_is_ssl(is_ssl, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_ssl_var_lookup(lookup, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

static const command_rec commands[] = {
    AP_INIT_FLAG("GnuTLSEnable", set_enable, NULL, RSRC_CONF, "on or off"),
    AP_INIT_TAKE1("TLSEngine", set_engine, NULL, RSRC_CONF, "[address:]port"),
    { NULL }
};

AP_DECLARE_MODULE(toy_tls) = { STANDARD20_MODULE_STUFF, NULL, NULL, create, NULL, commands, hooks };
