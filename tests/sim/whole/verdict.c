/* verdict.c — see verdict.h. */
#include "verdict.h"

#include <string.h>

#include "mesh/mesh_state.h"

static const struct hash_key same = {1, 2};

/* A number for a whole table, the same for the same claims in any order. */
static uint64_t fingerprint(const struct claim_table *table)
{
    uint64_t sum = 0;
    for (const struct claim_owner *owner = table->owners; owner; owner = owner->hh.next) {
        for (const struct list *at = owner->records.next; at != &owner->records; at = at->next) {
            const struct claim_record *record = list_entry(at, struct claim_record, by_owner);
            const struct claim *claim = &record->claim;
            uint64_t parts[] = {
                hash_bytes64(&same, owner->name, strlen(owner->name)),
                hash_bytes64(&same, claim->name, claim->name_len),
                hash_bytes64(&same, claim->hash.bytes, PASSWORD_HASH_LEN) * claim->hash.is_set,
                claim->stamp.ms,
                claim->state,
            };
            sum += hash_bytes64(&same, parts, sizeof(parts));
        }
    }
    return sum;
}

static void check_names(struct crowd *crowd, const struct whole_node *node)
{
    const struct claim_table *table = mesh_claims(node->mesh);
    for (const struct claim_name *name = table->names; name; name = name->hh.next) {
        for (const struct list *at = name->records.next; at != &name->records; at = at->next) {
            const struct claim_record *record = list_entry(at, struct claim_record, by_name);
            if (!claim_lives_with(&record->claim, &name->winner->claim))
                crowd_fail(crowd, "R3: two passwords of %.*s at %s", (int)name->len, name->bytes,
                           node->config.name);
        }
    }
}

static void check_own(struct crowd *crowd, const struct whole_node *node)
{
    const struct claim_table *table = mesh_claims(node->mesh);
    const struct claim_owner *self = claim_table_owner(table, node->config.name);
    size_t open = channel_table_count(&node->relay.channels), claimed = self ? self->count : 0;
    if (open != claimed)
        crowd_fail(crowd, "R3: %s claims %zu names and %zu are open there", node->config.name,
                   claimed, open);
    for (const struct channel *channel = node->relay.channels.head; channel;
         channel = channel->hh.next) {
        const struct claim_record *record =
            self ? claim_table_find(table, self, channel->name, channel->name_len) : NULL;
        if (!record || !password_hash_equals(&record->claim.hash, &channel->password))
            crowd_fail(crowd, "R3: %s does not claim its %.*s", node->config.name,
                       (int)channel->name_len, channel->name);
    }
}

static void check_still(struct crowd *crowd, const struct whole_node *node)
{
    const struct mesh *mesh = node->mesh;
    size_t levels = mesh->requests.count, queued = 0;
    for (const struct list *at = mesh->links.next; at != &mesh->links; at = at->next)
        queued += list_entry(at, struct link, node)->session.outbox.count;
    if (levels > 2 * mesh->peer_count || queued > 0 || tree_held(mesh->tree) > 0 ||
        reservation_waiting(mesh->reservation) > 0 || node->relay.openings.head)
        crowd_fail(crowd, "%s is not still: requests %zu queued %zu held %zu waiting %zu",
                   node->config.name, levels, queued, tree_held(mesh->tree),
                   reservation_waiting(mesh->reservation));
    if (mesh->tokens.count > 0 || mesh->dials.count != mesh->dials.kept ||
        tree_source_count(mesh->tree) > crowd->net->node_count || !list_is_empty(&mesh->fallen))
        crowd_fail(crowd, "%s keeps too much", node->config.name);
}

static void check_members(struct crowd *crowd, const struct whole_node *node)
{
    size_t known = members_count(&node->mesh->members);
    if (known != crowd->net->node_count - 1)
        crowd_fail(crowd, "%s knows %zu nodes", node->config.name, known);
    for (const struct membership *member = node->mesh->members.head; member;
         member = member->hh.next) {
        if (member->is_plain)
            crowd_fail(crowd, "%s takes %s for a plain one", node->config.name, member->name);
    }
}

void verdict_quiet(struct crowd *crowd)
{
    const struct whole_net *net = crowd->net;
    uint64_t first = fingerprint(mesh_claims(net->nodes[0]->mesh));
    for (unsigned i = 0; i < net->node_count; i++) {
        const struct whole_node *node = net->nodes[i];
        if (fingerprint(mesh_claims(node->mesh)) != first)
            crowd_fail(crowd, "R3: the claims at %s differ from those at %s", node->config.name,
                       net->nodes[0]->config.name);
        check_members(crowd, node);
        check_names(crowd, node);
        check_own(crowd, node);
        check_still(crowd, node);
    }
}

void verdict_empty(struct crowd *crowd)
{
    const struct whole_net *net = crowd->net;
    for (unsigned i = 0; i < net->node_count; i++) {
        const struct whole_node *node = net->nodes[i];
        if (mesh_claims(node->mesh)->count > 0 || channel_table_count(&node->relay.channels) > 0)
            crowd_fail(crowd, "R4: %zu claims and %u channels are left at %s",
                       mesh_claims(node->mesh)->count,
                       (unsigned)channel_table_count(&node->relay.channels), node->config.name);
    }
}
