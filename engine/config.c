/* config.c — frees what script/config_lua.c copied. */
#include "config.h"

#include <stdlib.h>

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
