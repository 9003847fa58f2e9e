/* mesh_plain.c — what plain peers list: as they come (onboarding), and when the reservation doubts.
 *
 * Source: protocol-notes "list-channels", "list-reserved-channels", flow "Node Onboarding". */
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"
#include "protocol/json_items.h"
#include "reserve/claim_packet.h"

#define LIST_MS 5000
#define LIST_COMMAND "{\"command\":\"list-channels\"}"

void mesh_plain_open(struct mesh *mesh, struct text peer, struct text channel,
                     const struct password_hash *hash)
{
    const struct link *link = mesh_link_to(mesh, peer);
    if (link && link->is_plain)
        (void)reservation_plain_reserve(mesh->reservation, link->name, channel.at, channel.len,
                                        hash, true);
}

void mesh_plain_reserved(struct mesh *mesh, struct text peer, struct text channel,
                         const struct password_hash *hash, bool is_certain)
{
    const struct link *link = mesh_link_to(mesh, peer);
    if (link && link->is_plain)
        reservation_plain_listed(mesh->reservation, link->name, channel.at, channel.len, hash,
                                 is_certain);
}

bool mesh_plain_freed(struct mesh *mesh, struct text channel)
{
    return reservation_plain_freed(mesh->reservation, channel.at, channel.len);
}

void mesh_plain_doubt(struct mesh *mesh, struct text channel)
{
    if (claim_table_winner(reservation_table(mesh->reservation), channel.at, channel.len))
        return;
    for (unsigned slot = 0; slot < mesh->slot_count; slot++) {
        const struct link *link = mesh_slot(mesh, slot);
        if (link && link->is_plain)
            mesh_look(mesh, link->name);
    }
}

/* --- Looking again --- */

/* One peer that is asked. Further doubts meanwhile ask it once more, not many times. */
struct look {
    struct list node; /* mesh->looks */
    struct mesh *mesh;
    bool again;
    char peer[];
};

/* One entry {"name":…,"password":…} of the list. What makes no sense is passed over. */
static void take_entry(const struct look *look, const struct json_span *entry)
{
    struct json_reader json;
    struct json_span key, value, name = {.kind = JSON_ABSENT}, password = {.kind = JSON_ABSENT};
    struct password_hash hash;
    char bytes[CHANNEL_NAME_MAX];
    size_t len;
    json_read_init(&json, entry->at, entry->len);
    if (json_enter_object(&json) != 0)
        return;
    while (json_next_member(&json, &key) > 0 && json_read_value(&json, &value) == 0) {
        if (json_string_equals(&key, "name"))
            name = value;
        else if (json_string_equals(&key, "password"))
            password = value;
    }
    if (name.kind == JSON_STRING && json_string_decode(&name, bytes, sizeof(bytes), &len) == 0 &&
        channel_name_is_valid(bytes, len) && claim_hash_read(&hash, &password) == 0)
        reservation_plain_found(look->mesh->reservation, look->peer, bytes, len, &hash);
}

static void take_list(const struct look *look, struct text data)
{
    struct json_reader json;
    struct json_items items;
    struct json_span key, value, list = {.kind = JSON_ABSENT}, entry;
    json_read_init(&json, data.at, data.len);
    if (json_enter_object(&json) != 0)
        return;
    while (json_next_member(&json, &key) > 0 && json_read_value(&json, &value) == 0) {
        if (json_string_equals(&key, "channels"))
            list = value;
    }
    json_items_init(&items, &list);
    while (json_items_next(&items, &entry))
        take_entry(look, &entry);
    if (list.kind == JSON_ARRAY)
        reservation_plain_looked(look->mesh->reservation, look->peer);
}

static void look_free(struct look *look)
{
    list_remove(&look->node);
    free(look);
}

static void start(struct look *look);

static void done(void *context, const struct mesh_response *response, const char *error)
{
    struct look *look = context;
    bool again = look->again && !error;
    if (response)
        take_list(look, response->data);
    if (again)
        start(look);
    else
        look_free(look);
}

static void start(struct look *look)
{
    struct mesh *mesh = look->mesh;
    const struct text command = {LIST_COMMAND, sizeof(LIST_COMMAND) - 1};
    look->again = false;
    if (!requests_add(&mesh->requests, text_of(look->peer), command, false, mesh_now(mesh), LIST_MS,
                      done, look))
        look_free(look);
}

void mesh_look(void *context, const char *peer)
{
    struct mesh *mesh = context;
    size_t len = strlen(peer);
    for (struct list *at = mesh->looks.next; at != &mesh->looks; at = at->next) {
        struct look *look = list_entry(at, struct look, node);
        if (strcmp(look->peer, peer) == 0) {
            look->again = true;
            return;
        }
    }
    struct look *look = calloc(1, sizeof(*look) + len + 1);
    if (!look)
        return;
    memcpy(look->peer, peer, len + 1);
    look->mesh = mesh;
    list_append(&mesh->looks, &look->node);
    start(look);
}
