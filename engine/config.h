/* config.h — the effective configuration of a node, as C reads it.
 *
 * scripts/relay/config.lua checks and merges it; script/config_lua.c copies it into this. Owns its
 * strings: free it with config_free. Every value is valid already: C checks nothing again. */
#ifndef WSRELAY_CONFIG_H
#define WSRELAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "hooks.h"

struct config_listen {
    char *host;    /* numeric address without brackets */
    uint16_t port; /* 0: any */
};

struct config_limits {
    struct client_limits client;
    size_t connections;
    size_t connections_per_address; /* 0: no limit */
    size_t hash_queue;
};

struct config_peer {
    char *name, *url, *token;
};

struct config {
    char *name;
    char *host;  /* what other nodes are told to dial; NULL: nothing */
    char *token; /* NULL: nobody may join */
    struct config_peer *peers;
    size_t peer_count;
    size_t pool;
    bool is_master;
    bool reserves_by_majority; /* reserve = "majority" */
    struct config_listen *listen;
    size_t listen_count;
    char *policies;                    /* absolute path of the user's policies */
    char *control;                     /* absolute path of ctl's socket; NULL: there is none */
    struct config_listen admin;        /* host NULL: there is none */
    char *admin_token;                 /* NULL: none is needed */
    char *tls_cert, *tls_key, *tls_ca; /* absolute paths; tls_cert NULL: plain */
    struct config_limits limits;
    double health_latency_ms;
    double drain_seconds;
    double keep_alive_seconds;
    enum log_level log_level;
    enum log_format log_format;
};

/* NULL is allowed. */
void config_free(struct config *config);

/* What differs and cannot change while the node runs; NULL: nothing. */
const char *config_restart_key(const struct config *now, const struct config *next);

#endif
