/* mesh_links.c — handshakes, who stands, who falls.
 *
 * Source: protocol-notes "WS /node", docs/protocol.md. Two nodes that dial each other at one time
 * keep the link that the smaller name dialled: both find the same one. */
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"

#define LATENCY_UNKNOWN_MS 2 /* one way, until the first pong */
#define SLOTS_FIRST 16

struct link *mesh_link_to(const struct mesh *mesh, struct text node)
{
    for (unsigned slot = 0; slot < mesh->slot_count; slot++) {
        struct link *link = mesh_slot(mesh, slot);
        if (link && text_equals(link_name(link), node))
            return link;
    }
    return NULL;
}

void mesh_describe(const struct link *link, struct mesh_peer *peer)
{
    const struct dial *dial = dial_table_named(&link->mesh->dials, link->name, strlen(link->name));
    *peer = (struct mesh_peer){
        .name = link_name(link),
        .host = {link->host, link->host_len},
        .latency_ms = link->rtt_ms,
        .since_ms = link->up_ms,
        .queued_bytes = link->session.outbox.bytes,
        .is_plain = link->is_plain,
        .is_dialled = link->is_dialled,
        .is_configured = dial && dial->is_kept,
    };
}

/* --- Standing and falling --- */

static unsigned free_slot(struct mesh *mesh)
{
    for (unsigned slot = 0; slot < mesh->slot_count; slot++) {
        if (!mesh->slots[slot])
            return slot;
    }
    unsigned count = mesh->slot_count ? mesh->slot_count * 2 : SLOTS_FIRST;
    struct link **slots =
        count <= TREE_LINKS_MAX ? realloc(mesh->slots, count * sizeof(struct link *)) : NULL;
    if (!slots)
        return LINK_NONE;
    memset(slots + mesh->slot_count, 0, (count - mesh->slot_count) * sizeof(struct link *));
    unsigned slot = mesh->slot_count;
    mesh->slots = slots;
    mesh->slot_count = count;
    return slot;
}

static uint32_t latency_ms(const struct link *link)
{
    return link->rtt_ms < 0 ? LATENCY_UNKNOWN_MS : (uint32_t)(link->rtt_ms / 2 + 0.5);
}

/* Makes it known to the parts of the mesh; undone by leave_parts. */
static int join_parts(struct link *link)
{
    struct mesh *mesh = link->mesh;
    int err = tree_link_up(mesh->tree, link->slot, link->is_plain, latency_ms(link));
    if (err)
        return err;
    err = members_link_up(&mesh->members, link_name(link), link->is_plain, mesh_now(mesh));
    if (!err) {
        err = reservation_link_up(mesh->reservation, link->id, link->name, link->is_plain);
        if (err)
            members_link_down(&mesh->members, link_name(link), mesh_now(mesh));
    }
    if (err)
        tree_link_down(mesh->tree, link->slot);
    return err;
}

static void leave_parts(struct link *link)
{
    struct mesh *mesh = link->mesh;
    reservation_link_down(mesh->reservation, link->id);
    tree_link_down(mesh->tree, link->slot);
    members_link_down(&mesh->members, link_name(link), mesh_now(mesh));
}

static void tell(struct link *link, enum mesh_event event)
{
    struct mesh *mesh = link->mesh;
    struct mesh_peer peer;
    mesh_describe(link, &peer);
    mesh->relay->peers = mesh->peer_count;
    if (link->is_plain && link->is_dialled && event == MESH_PEER_UP)
        reservation_plain_introduce(mesh->reservation, link->name); /* it need not ask us */
    if (link->is_plain)
        mesh_roster_changed(mesh);
    else if (event == MESH_PEER_UP)
        mesh_tell_rosters(link);
    mesh_routes_changed(mesh);
    if (mesh->calls.event)
        mesh->calls.event(mesh->calls.context, event, &peer);
}

/* The handshake is done. The link's name, kind and host are known. */
static void stand(struct link *link)
{
    struct mesh *mesh = link->mesh;
    uint64_t now_ms = mesh_now(mesh);
    unsigned slot = free_slot(mesh);
    if (slot == LINK_NONE) {
        link_close(link, CLOSE_TRY_LATER, "no room");
        return;
    }
    mesh->slots[slot] = link; /* the parts talk at once */
    link->slot = slot;
    link->state = LINK_STANDS;
    if (join_parts(link) != 0) {
        mesh->slots[slot] = NULL;
        link->slot = LINK_NONE;
        link->state = LINK_GREETS; /* nobody saw it stand */
        link_close(link, CLOSE_TRY_LATER, "no room");
        return;
    }
    link->up_ms = now_ms;
    link->ping_due_ms = now_ms;
    mesh->peer_count++;
    mesh->counters.links_opened++;
    log_info(mesh->log, "peer up", LOG_STR("peer", link->name), LOG_STR("address", link->address),
             LOG_STR("kind", link->is_plain ? "plain" : "ours"),
             LOG_STR("by", link->is_dialled ? "us" : "it"));
    relay_join(mesh->relay, &mesh->uplink); /* it may have been alone */
    mesh_dial_succeeded(link);
    tell(link, MESH_PEER_UP);
    link_tick(link, now_ms);
}

static void fall(struct link *link)
{
    struct mesh *mesh = link->mesh;
    list_remove(&link->fallen);
    mesh->slots[link->slot] = NULL;
    mesh->peer_count--;
    mesh->counters.links_closed++;
    log_info(mesh->log, "peer down", LOG_STR("peer", link->name));
    leave_parts(link);
    link->slot = LINK_NONE;
    tell(link, MESH_PEER_DOWN);
}

void mesh_settle(struct mesh *mesh)
{
    while (!list_is_empty(&mesh->fallen))
        fall(list_entry(mesh->fallen.next, struct link, fallen));
}

void mesh_link_gone(struct link *link)
{
    struct mesh *mesh = link->mesh;
    if (link->state == LINK_STANDS) {
        link->state = LINK_CLOSES;
        list_append(&mesh->fallen, &link->fallen);
    }
    if (!list_is_empty(&link->fallen))
        fall(link);
    struct dial *dial = link->dial ? dial_table_find(&mesh->dials, link->dial) : NULL;
    if (dial)
        mesh_dial_ended(mesh, dial, "the node closed the connection");
    list_remove(&link->node);
    mesh->relay->counters.frames_dropped_gone += link->session.outbox.count;
    outbox_deinit(&link->session.outbox);
    if (link->token)
        explicit_bzero(link->token, strlen(link->token));
    free(link->token);
    free(link);
    mesh_settle(mesh);
}

/* --- Handshakes --- */

/* Forgets what an accepted one came with. A single-use token is wiped, whatever comes of it; true
 * when it stood and is for that name. */
static bool use_token(struct link *link, struct text name)
{
    struct mesh *mesh = link->mesh;
    struct text token = text_of(link->token);
    bool is_for_it = token_table_use(&mesh->tokens, token, name, mesh_now(mesh));
    explicit_bzero(link->token, token.len);
    free(link->token);
    link->token = NULL;
    return is_for_it;
}

static void forbid(struct link *link, const char *why)
{
    struct mesh *mesh = link->mesh;
    if (link->token)
        (void)use_token(link, link_name(link));
    mesh->counters.links_refused++;
    log_event_gated(mesh->log, &mesh->gates.refused, mesh_now(mesh), LOG_WARN, "peer refused",
                    LOG_FIELDS(LOG_STR("peer", link->name), LOG_STR("address", link->address),
                               LOG_STR("reason", why)));
    link_close(link, CLOSE_FORBIDDEN, "forbidden");
}

void mesh_send_handshake(struct link *link)
{
    struct mesh *mesh = link->mesh;
    struct inm_handshake handshake = {.is_our_kind = true, .boot = tree_boot(mesh->tree)};
    memcpy(handshake.name, mesh->name, mesh->name_len);
    handshake.name_len = mesh->name_len;
    if (mesh->host) {
        handshake.host_len = strnlen(mesh->host, INM_HOST_MAX);
        memcpy(handshake.host, mesh->host, handshake.host_len);
    }
    buf_clear(&mesh->text);
    inm_handshake_write(&mesh->text, &handshake);
    if (mesh->text.failed)
        link_close(link, CLOSE_TRY_LATER, "out of memory");
    else
        link_send_text(link, mesh->text.bytes, mesh->text.len);
    buf_clear(&mesh->text);
}

static void take_handshake(struct link *link, const struct inm_handshake *handshake)
{
    memcpy(link->name, handshake->name, handshake->name_len);
    link->name[handshake->name_len] = '\0';
    memcpy(link->host, handshake->host, handshake->host_len);
    link->host_len = handshake->host_len;
    link->is_plain = !handshake->is_our_kind;
    link->boot = handshake->boot;
}

/* The link that greets which this node dialled to that one; NULL when there is none. */
static struct link *dialled_to(const struct mesh *mesh, struct text node)
{
    for (struct list *at = mesh->links.next; at != &mesh->links; at = at->next) {
        struct link *link = list_entry(at, struct link, node);
        if (link->is_dialled && link->state == LINK_GREETS && text_equals(link_name(link), node))
            return link;
    }
    return NULL;
}

/* Whether the token belongs to the name. */
static bool token_matches(struct link *link, struct text name, bool *is_single_use)
{
    const struct mesh *mesh = link->mesh;
    bool is_configured = mesh->token && token_equals(text_of(mesh->token), text_of(link->token));
    *is_single_use = !is_configured;
    return use_token(link, name) || is_configured;
}

/* The policy's word, and the token's, which it cannot overrule. */
static bool is_accepted(struct link *link, struct text name)
{
    const struct mesh *mesh = link->mesh;
    const struct hooks *hooks = &mesh->relay->hooks;
    struct node_request request = {
        .name = name,
        .address = text_of(link->address),
        .peers = mesh->peer_count,
    };
    request.token_matches = token_matches(link, name, &request.is_single_use);
    struct verdict verdict = {.allowed = request.token_matches};
    if (hooks->node_accept)
        verdict = hooks->node_accept(hooks->context, &request);
    return verdict.allowed && request.token_matches;
}

/* Makes room for a new link of a node that has one already. False: the new one has to go. */
static bool gives_way(struct link *link, const struct inm_handshake *handshake)
{
    struct mesh *mesh = link->mesh;
    struct text name = {handshake->name, handshake->name_len};
    struct link *standing = mesh_link_to(mesh, name);
    struct link *dialled = dialled_to(mesh, name);
    if (standing) {
        bool came_back = handshake->boot > standing->boot || link_is_stale(standing);
        if (!came_back)
            return false;
        mesh->counters.links_replaced++;
        link_close(standing, CLOSE_NORMAL, "replaced");
        mesh_settle(mesh);
    }
    if (!dialled)
        return true;
    bool is_ours_kept = handshake->is_our_kind && strcmp(mesh->name, dialled->name) < 0;
    if (!is_ours_kept) {
        mesh_dial_given_up(dialled);
        link_close(dialled, CLOSE_NORMAL, "dialled each other");
    }
    return !is_ours_kept;
}

/* Whether the pool has room for a node that asks to join: one over it for who has no other. */
static bool has_room(const struct mesh *mesh, struct text name)
{
    const struct dial *dial = dial_table_named(&mesh->dials, name.at, name.len);
    return mesh->peer_count <= mesh->pool || (dial && dial->is_kept);
}

/* A node that dialled us says who it is. */
static void accept(struct link *link, const struct inm_handshake *handshake)
{
    struct mesh *mesh = link->mesh;
    struct text name = {handshake->name, handshake->name_len};
    take_handshake(link, handshake);
    if (!is_accepted(link, name)) {
        forbid(link, "name and token");
    } else if (text_equals(name, mesh_name(mesh))) {
        forbid(link, "this node's own name");
    } else if (!gives_way(link, handshake)) {
        forbid(link, "linked already");
    } else if (!has_room(mesh, name)) {
        mesh->counters.links_refused++;
        link_close(link, CLOSE_TRY_LATER, "pool exhausted");
    } else {
        if (handshake->has_features)
            mesh_send_handshake(link);
        if (link->state == LINK_GREETS)
            stand(link);
    }
}

/* The answer of a node that we dialled; NULL: it gave none, so it is a plain one. */
static void answered(struct link *link, const struct inm_handshake *handshake)
{
    struct mesh *mesh = link->mesh;
    link->is_plain = true;
    if (handshake) {
        struct text name = {handshake->name, handshake->name_len};
        if (!text_equals(name, link_name(link))) {
            log_warn(mesh->log, "peer has another name", LOG_STR("peer", link->name),
                     LOG_STRN("name", name.at, name.len));
            link_close(link, CLOSE_FORBIDDEN, "forbidden");
            return;
        }
        take_handshake(link, handshake);
    }
    if (mesh_link_to(mesh, link_name(link)))
        link_close(link, CLOSE_NORMAL, "linked already");
    else
        stand(link);
}

void mesh_greeted(struct link *link, const char *text, size_t len)
{
    struct inm_handshake handshake;
    int err = inm_handshake_parse(&handshake, text, len);
    if (err == 0 && link->is_dialled)
        answered(link, &handshake);
    else if (err == 0)
        accept(link, &handshake);
    else if (err == RELAY_EINVAL || !link->is_dialled)
        forbid(link, "no handshake");
    else
        answered(link, NULL);
    if (err == RELAY_ESYNTAX && link->state == LINK_STANDS)
        mesh_arrived(link, text, len);
}

void mesh_greeting_over(struct link *link)
{
    if (link->is_dialled)
        answered(link, NULL);
    else
        forbid(link, "no handshake in time");
}

void mesh_late_handshake(struct link *link, const struct inm_handshake *handshake)
{
    struct mesh *mesh = link->mesh;
    struct text name = {handshake->name, handshake->name_len};
    if (!link->is_dialled || !link->is_plain || !handshake->is_our_kind ||
        !text_equals(name, link_name(link)))
        return;
    leave_parts(link);
    take_handshake(link, handshake);
    if (join_parts(link) != 0) {
        link_close(link, CLOSE_TRY_LATER, "no room");
        return;
    }
    mesh_roster_changed(mesh);
    mesh_tell_rosters(link);
}

/* --- Connections --- */

bool mesh_admits(struct mesh *mesh, struct text token)
{
    bool is_known = mesh->token && token_equals(text_of(mesh->token), token);
    is_known |= token_table_has(&mesh->tokens, token, mesh_now(mesh));
    is_known &= !mesh->is_closing;
    mesh->counters.upgrades_refused += !is_known;
    return is_known;
}

struct session *mesh_accept(struct mesh *mesh, const struct transport *transport, void *connection,
                            const char *address, struct text token)
{
    struct link *link = link_new(mesh, transport, connection, address);
    if (!link)
        return NULL;
    link->until_ms = mesh_now(mesh) + LINK_GREETING_MS;
    link->token = strndup(token.at, token.len);
    if (link->token)
        return &link->session;
    mesh_link_gone(link);
    return NULL;
}

bool mesh_drop_peer(struct mesh *mesh, struct text name)
{
    struct link *link = mesh_link_to(mesh, name);
    if (link)
        link_close(link, CLOSE_NORMAL, "dropped");
    return link != NULL;
}
