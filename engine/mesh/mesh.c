/* mesh.c — life, time and lists. See mesh.h. */
#include "mesh/mesh.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"

#define TICK_MS 50 /* of trees, requests and links */
#define RESERVE_TICK_MS 100
#define MEMBERS_TICK_MS 500

static char *copy(const char *string)
{
    return string ? strdup(string) : NULL;
}

/* Whether this node is in a network at all, or may get into one. */
static bool is_alone(const struct mesh_config *config)
{
    return config->peer_count == 0 && !config->token;
}

int mesh_configure(struct mesh *mesh, const struct mesh_config *config)
{
    char *host = copy(config->host), *token = copy(config->token);
    bool is_short = (config->host && !host) || (config->token && !token);
    if (is_short || mesh_set_peers(mesh, config) != 0) {
        free(host);
        free(token);
        return RELAY_ENOMEM;
    }
    free(mesh->host);
    if (mesh->token)
        explicit_bzero(mesh->token, strlen(mesh->token));
    free(mesh->token);
    mesh->host = host;
    mesh->token = token;
    mesh->pool = config->pool;
    reservation_set_mode(mesh->reservation, config->reserve);
    if (!is_alone(config))
        relay_join(mesh->relay, &mesh->uplink);
    mesh_routes_changed(mesh);
    return 0;
}

/* Who is believed alive changed. */
static void member_changed(void *context, const char *node, bool is_plain, bool is_alive)
{
    struct mesh *mesh = context;
    log_info(mesh->log, is_alive ? "node up" : "node down", LOG_STR("node", node));
    if (is_alive && reservation_node_up(mesh->reservation, node, is_plain) != 0)
        log_warn(mesh->log, "a node has no vote: too many", LOG_STR("node", node));
    if (!is_alive)
        reservation_node_down(mesh->reservation, node);
    if (!is_alive && !is_plain)
        plain_rosters_forget(&mesh->rosters, text_of(node));
}

static int open_parts(struct mesh *mesh, const struct mesh_config *config)
{
    struct tree_owner tree_owner;
    struct router_owner router_owner;
    struct reservation_calls calls;
    mesh_fill_tree_owner(mesh, &tree_owner);
    mesh_fill_router_owner(mesh, &router_owner);
    mesh_fill_reservation_calls(mesh, &calls);
    mesh->tree = tree_new(&tree_owner, &mesh->key, mesh_name(mesh), config->boot);
    if (!mesh->tree)
        return RELAY_ENOMEM;
    router_init(&mesh->router, &router_owner, mesh->clock, mesh->tree, mesh_name(mesh));
    mesh->reservation = reservation_new(
        &(struct reservation_config){
            .node = mesh->name,
            .boot = config->boot,
            .mode = config->reserve,
            .claims_max = RESERVE_CLAIMS_MAX,
            .key = mesh->key,
            .clock = mesh->clock,
        },
        &calls);
    return mesh->reservation ? 0 : RELAY_ENOMEM;
}

struct mesh *mesh_new(const struct mesh_config *config, const struct mesh_calls *calls,
                      struct relay *relay, const struct hash_key *key)
{
    struct mesh *mesh = calloc(1, sizeof(*mesh));
    if (!mesh)
        return NULL;
    assert(strlen(config->name) <= NODE_NAME_MAX);
    mesh->calls = *calls;
    mesh->relay = relay;
    mesh->log = relay->log;
    mesh->clock = relay->clock;
    mesh->key = *key;
    mesh->boot = config->boot;
    mesh->name_len = strlen(config->name);
    memcpy(mesh->name, config->name, mesh->name_len);
    list_init(&mesh->links);
    list_init(&mesh->fallen);
    list_init(&mesh->looks);
    dial_table_init(&mesh->dials);
    token_table_init(&mesh->tokens);
    members_init(&mesh->members, key, member_changed, mesh);
    mesh_open_rosters(mesh);
    mesh_open_requests(mesh);
    mesh_fill_uplink(mesh);
    if (open_parts(mesh, config) == 0 && mesh_configure(mesh, config) == 0)
        return mesh;
    mesh_free(mesh);
    return NULL;
}

void mesh_close(struct mesh *mesh)
{
    mesh->is_closing = true;
    tree_leave(mesh->tree);
    for (struct list *at = mesh->dials.dials.next; at != &mesh->dials.dials; at = at->next) {
        struct dial *dial = list_entry(at, struct dial, node);
        if (dial->state == DIAL_TRIES)
            mesh->calls.dial_cancel(mesh->calls.context, dial->number);
    }
    for (struct list *at = mesh->links.next; at != &mesh->links; at = at->next)
        link_close(list_entry(at, struct link, node), CLOSE_GOING_AWAY, "going away");
    mesh_settle(mesh);
}

void mesh_free(struct mesh *mesh)
{
    if (!mesh)
        return;
    assert(list_is_empty(&mesh->links) && mesh->queued_bytes == 0);
    mesh->relay->uplink = NULL;
    requests_deinit(&mesh->requests);
    mesh_cancel_dials(mesh);
    reservation_free(mesh->reservation);
    tree_free(mesh->tree);
    members_deinit(&mesh->members);
    plain_rosters_deinit(&mesh->rosters);
    dial_table_deinit(&mesh->dials);
    token_table_deinit(&mesh->tokens);
    mesh_routes_deinit(mesh);
    mesh_holds_deinit(mesh);
    buf_deinit(&mesh->text);
    free(mesh->slots);
    free(mesh->host);
    if (mesh->token)
        explicit_bzero(mesh->token, strlen(mesh->token));
    free(mesh->token);
    free(mesh);
}

/* --- Time --- */

/* A node that has no links, dials nobody, and knows of nobody's claims has nothing to do. */
static bool is_idle(const struct mesh *mesh)
{
    bool is_quiet = mesh->requests.count == 0 && reservation_waiting(mesh->reservation) == 0;
    bool is_lonely =
        list_is_empty(&mesh->links) && mesh->dials.count == 0 && members_count(&mesh->members) == 0;
    return is_quiet && is_lonely && HASH_COUNT(mesh_claims(mesh)->owners) <= 1;
}

uint64_t mesh_due_ms(const struct mesh *mesh)
{
    return is_idle(mesh) || mesh->is_closing ? UINT64_MAX : mesh->tick_ms + TICK_MS;
}

void mesh_heard_of(struct mesh *mesh, struct text node)
{
    uint64_t heard_ms = tree_heard_ms(mesh->tree, node);
    if (heard_ms > 0)
        members_heard(&mesh->members, node, heard_ms, mesh_now(mesh));
}

static void look_for_nodes(struct mesh *mesh, uint64_t now_ms)
{
    for (size_t i = 0; i < tree_source_count(mesh->tree); i++)
        mesh_heard_of(mesh, tree_source_name(mesh->tree, i));
    members_expire(&mesh->members, now_ms);
}

static void look_at_latency(struct mesh *mesh)
{
    double slowest_ms = 0;
    for (unsigned slot = 0; slot < mesh->slot_count; slot++) {
        const struct link *link = mesh_slot(mesh, slot);
        if (link && link->rtt_ms > slowest_ms)
            slowest_ms = link->rtt_ms;
    }
    mesh->relay->peers_latency_ms = slowest_ms;
}

static void tick_links(struct mesh *mesh, uint64_t now_ms)
{
    struct list *at = mesh->links.next;
    while (at != &mesh->links) {
        struct link *link = list_entry(at, struct link, node);
        at = at->next; /* link_tick frees nothing */
        link_tick(link, now_ms);
    }
}

void mesh_tick(struct mesh *mesh)
{
    uint64_t now_ms = mesh_now(mesh);
    mesh->tick_ms = now_ms;
    if (mesh->is_closing)
        return;
    tick_links(mesh, now_ms);
    if (tree_due_ms(mesh->tree) <= now_ms)
        tree_tick(mesh->tree);
    if (now_ms - mesh->members_ms >= MEMBERS_TICK_MS) {
        mesh->members_ms = now_ms;
        look_for_nodes(mesh, now_ms);
        look_at_latency(mesh);
    }
    if (now_ms - mesh->reserve_ms >= RESERVE_TICK_MS) {
        mesh->reserve_ms = now_ms;
        reservation_tick(mesh->reservation);
    }
    requests_tick(&mesh->requests, now_ms);
    mesh_dial_due(mesh);
    mesh_settle(mesh);
}

/* --- Lists --- */

int mesh_new_token(struct mesh *mesh, struct text node, char token[MESH_TOKEN_LEN + 1])
{
    unsigned char random[TOKEN_BYTES];
    mesh->calls.random(mesh->calls.context, random, sizeof(random));
    int err = token_table_add(&mesh->tokens, node, random, mesh_now(mesh), token);
    explicit_bzero(random, sizeof(random));
    return err;
}

size_t mesh_peer_count(const struct mesh *mesh)
{
    return mesh->peer_count;
}

bool mesh_next_peer(const struct mesh *mesh, size_t *cursor, struct mesh_peer *peer)
{
    while (*cursor < mesh->slot_count) {
        const struct link *link = mesh_slot(mesh, (unsigned)(*cursor)++);
        if (!link)
            continue;
        mesh_describe(link, peer);
        return true;
    }
    return false;
}

bool mesh_find_peer(const struct mesh *mesh, struct text name, struct mesh_peer *peer)
{
    const struct link *link = mesh_link_to(mesh, name);
    if (link)
        mesh_describe(link, peer);
    return link != NULL;
}

bool mesh_next_node(const struct mesh *mesh, size_t *cursor, struct mesh_node_facts *node)
{
    const struct membership *member = mesh->members.head;
    for (size_t i = 0; member && i < *cursor; i++)
        member = member->hh.next;
    if (!member)
        return false;
    (*cursor)++;
    struct text name = text_of(member->name);
    uint32_t dist_ms = tree_dist_ms(mesh->tree, name);
    *node = (struct mesh_node_facts){
        .name = name,
        .distance_ms = dist_ms == DIST_UNKNOWN ? -1 : (double)dist_ms,
        .is_peer = member->links > 0,
        .is_plain = member->is_plain,
    };
    return true;
}

const struct claim_table *mesh_claims(const struct mesh *mesh)
{
    return reservation_table(mesh->reservation);
}

struct text mesh_name(const struct mesh *mesh)
{
    return (struct text){mesh->name, mesh->name_len};
}

uint64_t mesh_boot(const struct mesh *mesh)
{
    return mesh->boot;
}

struct text mesh_host(const struct mesh *mesh)
{
    return text_of(mesh->host ? mesh->host : "");
}

size_t mesh_pool(const struct mesh *mesh)
{
    return mesh->pool;
}

const struct mesh_counters *mesh_counters(struct mesh *mesh)
{
    mesh->counters.requests_again = mesh->requests.again;
    mesh->counters.requests_timed_out = mesh->requests.timed_out;
    return &mesh->counters;
}

const struct tree *mesh_tree(const struct mesh *mesh)
{
    return mesh->tree;
}

const struct reservation *mesh_reservation(const struct mesh *mesh)
{
    return mesh->reservation;
}
