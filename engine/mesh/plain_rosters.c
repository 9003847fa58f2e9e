/* plain_rosters.c — see plain_rosters.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "mesh/plain_rosters.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/inm_nonce.h"
#include "protocol/inm_packet.h"
#include "protocol/json_items.h"
#include "protocol/json_write.h"
#include "reserve/claim_packet.h"

void plain_rosters_init(struct plain_rosters *rosters, const struct hash_key *key,
                        void (*changed)(void *context, struct text peer, bool is_listed),
                        void *context)
{
    *rosters = (struct plain_rosters){.key = *key, .changed = changed, .context = context};
}

static void roster_free(struct plain_rosters *rosters, struct plain_roster *roster)
{
    HASH_DEL(rosters->head, roster);
    buf_deinit(&roster->names);
    free(roster);
}

void plain_rosters_deinit(struct plain_rosters *rosters)
{
    struct plain_roster *roster, *next;
    HASH_ITER(hh, rosters->head, roster, next)
    {
        roster_free(rosters, roster);
    }
}

static struct plain_roster *find(const struct plain_rosters *rosters, struct text node)
{
    struct plain_roster *found;
    unsigned hash = hash_bytes(&rosters->key, node.at, node.len);
    HASH_FIND_BYHASHVALUE(hh, rosters->head, node.at, node.len, hash, found);
    return found;
}

const struct plain_roster *plain_rosters_find(const struct plain_rosters *rosters, struct text node)
{
    return find(rosters, node);
}

static struct plain_roster *add(struct plain_rosters *rosters, struct text node)
{
    struct plain_roster *roster = calloc(1, sizeof(*roster) + node.len + 1);
    if (!roster)
        return NULL;
    memcpy(roster->node, node.at, node.len);
    unsigned hash = hash_bytes(&rosters->key, node.at, node.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, rosters->head, roster->node, node.len, hash, roster);
    if (roster->hh.tbl)
        return roster;
    free(roster);
    return NULL;
}

/* Steps over a list of names; false at its end. */
static bool next_name(const struct buf *names, size_t *at, struct text *name)
{
    if (*at >= names->len)
        return false;
    *name = (struct text){names->bytes + *at, strlen(names->bytes + *at)};
    *at += name->len + 1;
    return true;
}

static bool lists(const struct buf *names, struct text peer)
{
    struct text name;
    for (size_t at = 0; next_name(names, &at, &name);) {
        if (name.len == peer.len && memcmp(name.at, peer.at, peer.len) == 0)
            return true;
    }
    return false;
}

static bool is_listed_elsewhere(const struct plain_rosters *rosters, const struct plain_roster *but,
                                struct text peer)
{
    for (const struct plain_roster *roster = rosters->head; roster; roster = roster->hh.next) {
        if (roster != but && lists(&roster->names, peer))
            return true;
    }
    return false;
}

/* Tells of each name in `names` that is neither in `others` nor on another roster. */
static void tell(const struct plain_rosters *rosters, const struct plain_roster *roster,
                 const struct buf *names, const struct buf *others, bool is_listed)
{
    struct text name;
    for (size_t at = 0; next_name(names, &at, &name);) {
        if (!lists(others, name) && !is_listed_elsewhere(rosters, roster, name))
            rosters->changed(rosters->context, name, is_listed);
    }
}

static bool is_news(const struct plain_roster *roster, uint64_t boot, uint64_t version)
{
    return boot > roster->boot || (boot == roster->boot && version > roster->version);
}

int plain_rosters_set(struct plain_rosters *rosters, struct text node, uint64_t boot,
                      uint64_t version, const struct buf *names)
{
    struct plain_roster *roster = find(rosters, node);
    struct buf copied = {0};
    if (roster && !is_news(roster, boot, version))
        return 0;
    if (!roster && HASH_COUNT(rosters->head) >= PLAIN_ROSTERS_MAX)
        return RELAY_EFULL;
    buf_add(&copied, names->bytes, names->len);
    if (!copied.failed && !roster)
        roster = add(rosters, node);
    if (copied.failed || !roster) {
        buf_deinit(&copied);
        return RELAY_ENOMEM;
    }
    struct buf before = roster->names;
    roster->boot = boot;
    roster->version = version;
    roster->names = copied;
    tell(rosters, roster, &copied, &before, true);
    tell(rosters, roster, &before, &copied, false);
    buf_deinit(&before);
    return 1;
}

void plain_rosters_forget(struct plain_rosters *rosters, struct text node)
{
    struct plain_roster *roster = find(rosters, node);
    const struct buf none = {0};
    if (!roster)
        return;
    struct buf before = roster->names;
    roster->names = none;
    roster_free(rosters, roster);
    tell(rosters, NULL, &before, &none, false);
    buf_deinit(&before);
}

void plain_roster_write(struct buf *buf, const struct plain_roster *roster)
{
    struct text name;
    buf_add_text(buf, "{\"plain\":[");
    json_write_string(buf, roster->node, strlen(roster->node));
    buf_add_byte(buf, ',');
    claim_number_write(buf, roster->boot);
    buf_add_byte(buf, ',');
    claim_number_write(buf, roster->version);
    buf_add_text(buf, ",[");
    for (size_t at = 0; next_name(&roster->names, &at, &name);) {
        if (name.at != roster->names.bytes)
            buf_add_byte(buf, ',');
        json_write_string(buf, name.at, name.len);
    }
    buf_add_text(buf, "]]}");
}

/* A node's name. RELAY_EINVAL. */
static int read_name(const struct json_span *value, char out[NODE_NAME_MAX], size_t *len)
{
    if (value->kind != JSON_STRING || json_string_decode(value, out, NODE_NAME_MAX, len) != 0 ||
        !node_name_is_valid(out, *len))
        return RELAY_EINVAL;
    return 0;
}

static int read_names(const struct json_span *array, struct buf *names)
{
    struct json_items items;
    struct json_span item;
    char name[NODE_NAME_MAX];
    size_t len;
    json_items_init(&items, array);
    for (unsigned count = 0; json_items_next(&items, &item); count++) {
        if (count >= PLAIN_ROSTER_NAMES_MAX || read_name(&item, name, &len) != 0)
            return RELAY_EINVAL;
        buf_add(names, name, len);
        buf_add_byte(names, '\0');
    }
    return names->failed ? RELAY_ENOMEM : 0;
}

/* The member `plain` of an object. */
static int find_row(const char *data, size_t len, struct json_span *row)
{
    struct json_reader json;
    struct json_span key, value;
    row->kind = JSON_ABSENT;
    json_read_init(&json, data, len);
    if (json_enter_object(&json) != 0)
        return RELAY_EINVAL;
    while (json_next_member(&json, &key) > 0 && json_read_value(&json, &value) == 0) {
        if (json_string_equals(&key, "plain"))
            *row = value;
    }
    return row->kind == JSON_ARRAY ? 0 : RELAY_EINVAL;
}

int plain_roster_read(struct plain_roster_packet *packet, const char *data, size_t len)
{
    struct json_span row, item[4];
    struct json_items items;
    if (find_row(data, len, &row) != 0)
        return RELAY_EINVAL;
    json_items_init(&items, &row);
    for (unsigned i = 0; i < 4; i++) {
        if (!json_items_next(&items, &item[i]))
            return RELAY_EINVAL;
    }
    if (read_name(&item[0], packet->node, &packet->node_len) != 0 ||
        claim_number_read(&packet->boot, &item[1]) != 0 ||
        claim_number_read(&packet->version, &item[2]) != 0 || packet->boot > INM_BOOT_MAX ||
        item[3].kind != JSON_ARRAY)
        return RELAY_EINVAL;
    return read_names(&item[3], &packet->names);
}

void plain_roster_packet_deinit(struct plain_roster_packet *packet)
{
    buf_deinit(&packet->names);
}
