/* check.c — R1 to R5 of mesh.md, and that a node's books agree with each other. */
#include <stdio.h>
#include <string.h>

#include "world.h"

/* Without faults no two passwords of a name are served at one time, anywhere. A plain peer's word
 * comes late, so beside one R1 holds once things are quiet. */
void check_served(struct world *world, unsigned name)
{
    unsigned passwords = 0;
    for (unsigned i = 0; i < PASSWORDS; i++)
        passwords += world->served[name][i] > 0;
    if (passwords > 1 && world->mode == CALM && world->plain_count == 0)
        world_fail(world, "R1: %u passwords of %s are served", passwords, name_text(name));
}

void check_books(struct node *node)
{
    const struct claim_table *table = reservation_table(node->reservation);
    const struct claim_owner *self = claim_table_owner(table, node->name);
    for (unsigned name = 0; name < NAMES; name++) {
        const struct local *local = &node->locals[name];
        const struct claim_record *own =
            claim_table_find(table, self, name_text(name), strlen(name_text(name)));
        bool is_open = own && own->claim.state == CLAIM_OPEN;
        if (local->is_open && !is_open)
            world_fail(node->world, "%s has %s open without a claim", node->name, name_text(name));
        else if (local->is_open && password_of(name, &own->claim.hash) != (int)local->password)
            world_fail(node->world, "%s has %s open with another password than its claim",
                       node->name, name_text(name));
        else if (local->waiting > 0 && (!own || is_open))
            world_fail(node->world, "%s has clients that wait for %s for nothing", node->name,
                       name_text(name));
        else if (own && !claim_lives_with(&own->claim, &own->name->winner->claim))
            world_fail(node->world, "%s claims %s beside a winner", node->name, name_text(name));
        else if (own && !is_open && local->waiting == 0)
            world_fail(node->world, "%s votes on %s for nobody", node->name, name_text(name));
    }
}

/* Whatever an owner has at a version that is known here stands here too. */
static void check_owner(struct node *node, const struct claim_owner *replica,
                        const struct node *owner)
{
    const struct claim_table *own = reservation_table(owner->reservation);
    const struct claim_owner *self = claim_table_owner(own, owner->name);
    for (struct list *at = self->records.next; at != &self->records; at = at->next) {
        const struct claim_record *record = list_entry(at, struct claim_record, by_owner);
        bool has = claim_table_find(reservation_table(node->reservation), replica,
                                    record->claim.name, record->claim.name_len) != NULL;
        if (record->version <= replica->known && !has)
            world_fail(node->world,
                       "%s knows %s up to version %llu without its claim to %s of %llu", node->name,
                       owner->name, (unsigned long long)replica->known, record->name->bytes,
                       (unsigned long long)record->version);
    }
}

void check_known(struct node *node)
{
    const struct claim_table *table = reservation_table(node->reservation);
    for (const struct claim_owner *replica = table->owners; replica; replica = replica->hh.next) {
        const struct node *owner = &node->world->nodes[world_index(node->world, replica->name)];
        if (!owner->is_running || owner->is_plain)
            continue;
        const struct claim_table *own = reservation_table(owner->reservation);
        if (claim_table_owner(own, owner->name)->boot == replica->boot)
            check_owner(node, replica, owner);
    }
}

static void print_table(const struct node *node)
{
    const struct claim_table *table = reservation_table(node->reservation);
    for (const struct claim_owner *owner = table->owners; owner; owner = owner->hh.next)
        printf("  %s: %s, boot %llu, known up to %llu%s\n", node->name, owner->name,
               (unsigned long long)owner->boot, (unsigned long long)owner->known,
               owner->is_behind ? " (behind)" : "");
    for (const struct claim_name *name = table->names; name; name = name->hh.next) {
        for (const struct list *at = name->records.next; at != &name->records; at = at->next) {
            const struct claim_record *record = list_entry(at, struct claim_record, by_name);
            printf("  %s: %s of %s, password %d, %s, stamp %llu %s, version %llu\n", node->name,
                   name->bytes, record->owner->name,
                   password_of((unsigned)name_index(name->bytes, name->len), &record->claim.hash),
                   record->claim.state == CLAIM_OPEN ? "open" : "tentative",
                   (unsigned long long)record->claim.stamp.ms, record->claim.stamp.node,
                   (unsigned long long)record->version);
        }
    }
}

static void print_down(const struct world *world)
{
    for (unsigned i = 0; i < world->node_count; i++) {
        if (!world->nodes[i].is_running)
            printf("  %s is down\n", world->nodes[i].name);
    }
}

static void check_one_password(struct node *node)
{
    const struct claim_table *table = reservation_table(node->reservation);
    for (const struct claim_name *name = table->names; name; name = name->hh.next) {
        for (const struct list *at = name->records.next; at != &name->records; at = at->next) {
            const struct claim_record *record = list_entry(at, struct claim_record, by_name);
            if (!claim_lives_with(&record->claim, &name->winner->claim))
                world_fail(node->world, "R3: %s has two passwords at %s", name->bytes, node->name);
        }
    }
}

void check_replicas(struct world *world)
{
    const struct node *first = NULL;
    for (unsigned i = 0; i < world->node_count; i++) {
        struct node *node = &world->nodes[i];
        if (node->is_plain || !node->is_running)
            continue;
        first = first ? first : node;
        const struct claim_ranges *a = &reservation_table(first->reservation)->ranges;
        const struct claim_ranges *b = &reservation_table(node->reservation)->ranges;
        if (a->sum.count != b->sum.count || a->sum.print != b->sum.print) {
            world_fail(world, "R3: the tables of %s and %s differ", first->name, node->name);
            print_down(world);
            print_table(first);
            print_table(node);
            return;
        }
        check_one_password(node);
        if (reservation_waiting(node->reservation) > 0)
            world_fail(world, "R3: %s still waits for votes", node->name);
    }
    for (unsigned name = 0; name < NAMES; name++) {
        unsigned passwords = 0;
        for (unsigned i = 0; i < PASSWORDS; i++)
            passwords += world->served[name][i] > 0;
        if (passwords > 1)
            world_fail(world, "R3: %u passwords of %s are served", passwords, name_text(name));
    }
}

void check_nothing_left(struct world *world)
{
    for (unsigned i = 0; i < world->node_count; i++) {
        const struct node *node = &world->nodes[i];
        if (node->is_plain || !node->is_running || reservation_table(node->reservation)->count == 0)
            continue;
        world_fail(world, "R4: %s has claims left", node->name);
        print_table(node);
        return;
    }
}

/* What a plain peer says about a name is only as good as its last word: it is held to R5 without
 * faults. */
void check_delivery(struct node *to, const struct event *event)
{
    struct world *world = to->world;
    const struct node *from = &world->nodes[event->from];
    const struct local *local = &to->locals[event->name];
    struct password_hash hash = hash_of(event->name, event->password);
    const char *name = name_text(event->name);
    char tag[CLAIM_TAG_LEN + 1] = "";
    if (!local->is_open)
        return;
    if (!from->is_plain)
        claim_tag(&hash, tag);
    if (!reservation_delivers(to->reservation, from->name, from->is_plain, name, strlen(name), tag,
                              strlen(tag))) {
        world->count.withheld++;
        return;
    }
    world->count.delivered++;
    if (local->password != event->password && (!from->is_plain || world->mode == CALM))
        world_fail(world, "R5: %s delivers a message to %s from %s with another password", to->name,
                   name, from->name);
}
