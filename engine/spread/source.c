/* source.c — see source.h. */
#include "spread/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void clear_links(struct source_link *links, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        links[i] = (struct source_link){.adv_dist_ms = DIST_UNKNOWN};
}

int source_grow_links(struct source *source, unsigned count)
{
    if (count <= source->link_count)
        return 0;
    struct source_link *links = realloc(source->links, count * sizeof(*links));
    if (!links)
        return RELAY_ENOMEM;
    clear_links(links + source->link_count, count - source->link_count);
    source->links = links;
    source->link_count = count;
    return 0;
}

struct source *source_new(const char *name, size_t name_len, struct number newest,
                          unsigned link_count)
{
    struct source *source = calloc(1, sizeof(*source) + name_len + 1);
    if (!source)
        return NULL;
    list_init(&source->by_heard);
    list_init(&source->in_repair);
    list_init(&source->cached);
    memcpy(source->name, name, name_len);
    source->name_len = (uint32_t)name_len;
    source_restart(source, newest);
    if (source_grow_links(source, link_count) == 0)
        return source;
    free(source);
    return NULL;
}

static void drop_held(struct source *source)
{
    for (unsigned i = 0; source->held && i < SOURCE_WINDOW; i++)
        packet_unref(source->held[i]);
    free(source->held);
    source->held = NULL;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    drop_held(source);
    free(source->links);
    free(source);
}

void source_restart(struct source *source, struct number newest)
{
    assert(source->held_count == 0);
    source->boot = newest.boot;
    source->hi = source->floor = source->wanted = newest.seq;
    source->heard_ms = 0;
    source->beat = 0;
    source->has_ended = false;
    source->parent = LINK_NONE;
    source->dist_ms = DIST_UNKNOWN;
    clear_links(source->links, source->link_count);
}

bool source_has(const struct source *source, uint64_t seq)
{
    if (seq <= source->hi)
        return true;
    return source->held && seq - source->hi <= SOURCE_WINDOW &&
           source->held[seq % SOURCE_WINDOW] != NULL;
}

int source_hold(struct source *source, struct packet *packet)
{
    uint64_t seq = packet->number.seq;
    assert(!source_has(source, seq) && seq - source->hi <= SOURCE_WINDOW);
    if (!source->held)
        source->held = calloc(SOURCE_WINDOW, sizeof(struct packet *));
    if (!source->held)
        return RELAY_ENOMEM;
    source->held[seq % SOURCE_WINDOW] = packet_ref(packet);
    source->held_count++;
    source->held_bytes += packet->len;
    return 0;
}

struct packet *source_step(struct source *source)
{
    source->hi++;
    struct packet **place = source->held ? &source->held[source->hi % SOURCE_WINDOW] : NULL;
    if (!place || !*place)
        return NULL;
    struct packet *packet = *place;
    assert(packet->number.seq == source->hi);
    *place = NULL;
    source->held_bytes -= packet->len;
    if (--source->held_count == 0) {
        free(source->held);
        source->held = NULL;
    }
    return packet;
}

uint64_t source_first_held(const struct source *source)
{
    for (uint64_t seq = source->hi + 1; source->held && seq <= source->hi + SOURCE_WINDOW; seq++) {
        if (source->held[seq % SOURCE_WINDOW])
            return seq;
    }
    return 0;
}
