/* mesh_dials.c — attempts to reach a node, from the first to the link that stands. See
 * dial_table.h.
 */
#include <string.h>

#include "mesh/mesh_state.h"

void mesh_dial_succeeded(struct link *link)
{
    struct dial *dial = link->dial ? dial_table_find(&link->mesh->dials, link->dial) : NULL;
    if (!dial)
        return;
    dial->failures = 0;
    dial->state = DIAL_LINKED;
    void (*done)(void *, const char *) = dial->done;
    void *context = dial->context;
    dial->done = NULL;
    if (!dial->is_kept)
        dial_table_remove(&link->mesh->dials, dial);
    if (done)
        done(context, NULL);
}

/* A dial's attempt is over without a link that stands, or its link is gone. No failure for its
 * asker when the other end dialled us meanwhile. */
void mesh_dial_ended(struct mesh *mesh, struct dial *dial, const char *error)
{
    bool has_failed = dial->state != DIAL_LINKED;
    bool is_linked = mesh_link_to(mesh, text_of(dial->name)) != NULL;
    if (has_failed) {
        mesh->counters.dials_failed++;
        log_event_gated(mesh->log, &mesh->gates.dials, mesh_now(mesh), LOG_WARN, "dial failed",
                        LOG_FIELDS(LOG_STR("peer", dial->name), LOG_STR("url", dial->url),
                                   LOG_STR("reason", error)));
    }
    if (dial->is_kept) {
        uint32_t random;
        mesh->calls.random(mesh->calls.context, &random, sizeof(random));
        dial_rest(dial, has_failed, mesh_now(mesh), random);
        return;
    }
    void (*done)(void *, const char *) = dial->done;
    void *context = dial->context;
    dial_table_remove(&mesh->dials, dial);
    if (done)
        done(context, is_linked ? NULL : error);
}

void mesh_dial_given_up(const struct link *link)
{
    struct dial *dial = link->dial ? dial_table_find(&link->mesh->dials, link->dial) : NULL;
    if (dial)
        dial->state = DIAL_LINKED;
}

struct session *mesh_dialled(struct mesh *mesh, uint64_t number, const struct transport *transport,
                             void *connection, const char *address)
{
    struct dial *dial = dial_table_find(&mesh->dials, number);
    if (!dial)
        return NULL;
    struct link *link = NULL;
    if (!mesh->is_closing && !mesh_link_to(mesh, text_of(dial->name)))
        link = link_new(mesh, transport, connection, address);
    if (!link) {
        dial->state = DIAL_LINKED; /* by the other end, meanwhile: no failure */
        mesh_dial_ended(mesh, dial, "linked already");
        return NULL;
    }
    link->is_dialled = true;
    link->dial = number;
    link->until_ms = mesh_now(mesh) + LINK_ANSWER_MS;
    memcpy(link->name, dial->name, strlen(dial->name) + 1);
    mesh_send_handshake(link);
    return &link->session;
}

void mesh_dial_failed(struct mesh *mesh, uint64_t number, const char *reason)
{
    struct dial *dial = dial_table_find(&mesh->dials, number);
    if (dial)
        mesh_dial_ended(mesh, dial, reason);
}

void mesh_dial_due(struct mesh *mesh)
{
    struct dial *dial;
    uint64_t now_ms = mesh_now(mesh);
    while ((dial = dial_table_next_due(&mesh->dials, now_ms))) {
        if (mesh_link_to(mesh, text_of(dial->name))) { /* it dialled us */
            dial->state = DIAL_LINKED;
            mesh_dial_ended(mesh, dial, NULL);
            continue;
        }
        mesh->counters.dials++;
        mesh->calls.dial(mesh->calls.context, dial->number, dial->url, dial->token);
    }
}

int mesh_dial(struct mesh *mesh, const char *name, const char *url, const char *token,
              void (*done)(void *context, const char *error), void *context)
{
    struct text node = text_of(name);
    struct dial *dial;
    if (!node_name_is_valid(node.at, node.len) || text_equals(node, mesh_name(mesh)) ||
        mesh_link_to(mesh, node) || dial_table_named(&mesh->dials, name, node.len))
        return RELAY_EINVAL;
    if (mesh->peer_count >= mesh->pool)
        return RELAY_EFULL;
    int err = dial_table_add(&mesh->dials, name, url, token, false, mesh_now(mesh), &dial);
    if (err)
        return err;
    dial->done = done;
    dial->context = context;
    return 0;
}

static bool is_configured(const struct mesh_config *config, const struct dial *dial)
{
    for (size_t i = 0; i < config->peer_count; i++) {
        const struct mesh_peer_config *peer = &config->peers[i];
        if (strcmp(peer->name, dial->name) == 0 && strcmp(peer->url, dial->url) == 0 &&
            strcmp(peer->token, dial->token) == 0)
            return true;
    }
    return false;
}

/* Those that are gone, or changed. Their links stand. */
static void forget_peers(struct mesh *mesh, const struct mesh_config *config)
{
    struct list *at = mesh->dials.dials.next;
    while (at != &mesh->dials.dials) {
        struct dial *dial = list_entry(at, struct dial, node);
        at = at->next;
        if (!dial->is_kept || is_configured(config, dial))
            continue;
        if (dial->state == DIAL_TRIES)
            mesh->calls.dial_cancel(mesh->calls.context, dial->number);
        dial_table_remove(&mesh->dials, dial);
    }
}

int mesh_set_peers(struct mesh *mesh, const struct mesh_config *config)
{
    struct dial *dial;
    int err = 0;
    forget_peers(mesh, config);
    for (size_t i = 0; i < config->peer_count && !err; i++) {
        const struct mesh_peer_config *peer = &config->peers[i];
        struct text name = text_of(peer->name);
        if (text_equals(name, mesh_name(mesh)))
            continue;
        dial = dial_table_named(&mesh->dials, peer->name, name.len);
        if (!dial)
            err = dial_table_add(&mesh->dials, peer->name, peer->url, peer->token, true,
                                 mesh_now(mesh), &dial);
        else if (!dial->is_kept) /* a script dials it just now */
            err = dial_table_keep(&mesh->dials, dial, peer->url, peer->token);
    }
    mesh->relay->peers_configured = config->peer_count;
    return err;
}

void mesh_cancel_dials(struct mesh *mesh)
{
    while (!list_is_empty(&mesh->dials.dials)) {
        struct dial *dial = list_entry(mesh->dials.dials.next, struct dial, node);
        void (*done)(void *, const char *) = dial->done;
        void *context = dial->context;
        dial_table_remove(&mesh->dials, dial);
        if (done)
            done(context, "cancelled");
    }
}
