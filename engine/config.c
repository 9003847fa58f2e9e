/* config.c — frees what script/config_lua.c copied. */
#include "config.h"

#include <stdlib.h>

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->listen_count; i++)
        free(config->listen[i].host);
    free(config->listen);
    free(config->name);
    free(config->policies);
    free(config->tls_cert);
    free(config->tls_key);
    free(config->tls_ca);
    free(config);
}
