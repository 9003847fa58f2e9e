/* config.c — frees what script/config_lua.c copied, and compares. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

static void free_peers(struct config *config)
{
    for (size_t i = 0; i < config->peer_count; i++) {
        free(config->peers[i].name);
        free(config->peers[i].url);
        free(config->peers[i].token);
    }
    free(config->peers);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->listen_count; i++)
        free(config->listen[i].host);
    free(config->listen);
    free_peers(config);
    free(config->name);
    free(config->host);
    free(config->token);
    free(config->policies);
    free(config->control);
    free(config->admin.host);
    free(config->admin_token);
    free(config->tls_cert);
    free(config->tls_key);
    free(config->tls_ca);
    free(config);
}

static bool listens_alike(const struct config *a, const struct config *b)
{
    if (a->listen_count != b->listen_count)
        return false;
    for (size_t i = 0; i < a->listen_count; i++)
        if (strcmp(a->listen[i].host, b->listen[i].host) || a->listen[i].port != b->listen[i].port)
            return false;
    return true;
}

const char *config_restart_key(const struct config *now, const struct config *next)
{
    if (strcmp(now->name, next->name))
        return "name";
    if (!listens_alike(now, next))
        return "listen";
    if (!now->tls_cert != !next->tls_cert)
        return "tls, switched on or off";
    return NULL;
}
