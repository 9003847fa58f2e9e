/* mesh_rosters.c — what goes from hop to hop about others: who is plain beside whom
 * (plain_rosters.h). */
#include <string.h>

#include "mesh/mesh_state.h"

static void listed(void *context, struct text peer, bool is_listed)
{
    struct mesh *mesh = context;
    if (!text_equals(peer, mesh_name(mesh)))
        members_vouch(&mesh->members, peer, is_listed);
}

void mesh_open_rosters(struct mesh *mesh)
{
    const struct buf none = {0};
    plain_rosters_init(&mesh->rosters, &mesh->key, listed, mesh);
    /* Empty, it takes the place of what others know from before this start. */
    if (plain_rosters_set(&mesh->rosters, mesh_name(mesh), mesh->boot, 0, &none) < 0)
        log_warn(mesh->log, "out of memory");
}

static void tell(struct link *link, const struct plain_roster *roster)
{
    struct buf data = {0};
    plain_roster_write(&data, roster);
    if (!data.failed)
        mesh_tell(link, (struct text){data.bytes, data.len});
    buf_deinit(&data);
}

/* To all neighbours of our kind but one. */
static void tell_all(struct mesh *mesh, struct text node, const struct link *but)
{
    const struct plain_roster *roster = plain_rosters_find(&mesh->rosters, node);
    for (unsigned slot = 0; roster && slot < mesh->slot_count; slot++) {
        struct link *link = mesh_slot(mesh, slot);
        if (link && link != but && !link->is_plain)
            tell(link, roster);
    }
}

void mesh_roster_changed(struct mesh *mesh)
{
    struct buf names = {0};
    unsigned count = 0;
    for (unsigned slot = 0; slot < mesh->slot_count && count < PLAIN_ROSTER_NAMES_MAX; slot++) {
        const struct link *link = mesh_slot(mesh, slot);
        if (!link || !link->is_plain)
            continue;
        buf_add(&names, link->name, strlen(link->name) + 1);
        count++;
    }
    if (!names.failed && plain_rosters_set(&mesh->rosters, mesh_name(mesh), mesh->boot,
                                           ++mesh->roster_version, &names) == 1)
        tell_all(mesh, mesh_name(mesh), NULL);
    buf_deinit(&names);
}

void mesh_tell_rosters(struct link *link)
{
    for (const struct plain_roster *roster = link->mesh->rosters.head; roster;
         roster = roster->hh.next)
        tell(link, roster);
}

/* Whether a node of our kind, other than this one, lives. Its tree may be known before it counts as
 * a member. */
static bool is_ours(const struct mesh *mesh, struct text node)
{
    const struct membership *member = members_find(&mesh->members, node);
    uint64_t heard_ms = tree_heard_ms(mesh->tree, node);
    if (text_equals(node, mesh_name(mesh)))
        return false;
    return member ? !member->is_plain : heard_ms > 0 && mesh_now(mesh) - heard_ms < MEMBER_DEAD_MS;
}

bool mesh_hear_roster(struct link *link, struct text data)
{
    struct mesh *mesh = link->mesh;
    struct plain_roster_packet packet = {.node_len = 0};
    bool is_roster = plain_roster_read(&packet, data.at, data.len) == 0;
    struct text node = {packet.node, packet.node_len};
    if (is_roster && is_ours(mesh, node) &&
        plain_rosters_set(&mesh->rosters, node, packet.boot, packet.version, &packet.names) == 1)
        tell_all(mesh, node, link);
    plain_roster_packet_deinit(&packet);
    return is_roster;
}
