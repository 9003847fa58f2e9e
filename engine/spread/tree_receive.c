/* tree_receive.c — the way of a broadcast that arrived: known or not, window, forward, deliver. */
#include <assert.h>
#include <string.h>

#include "spread/tree_inner.h"

static void deliver(struct tree *tree, struct packet *packet)
{
    tree->counters.delivered++;
    tree->owner.deliver(tree->owner.context, packet);
}

/* Steps over the next number, and delivers its packet when there is one. */
static bool step(struct tree *tree, struct source *source)
{
    size_t held_before = source->held_bytes;
    struct packet *packet = source_step(source);
    tree->held_bytes -= held_before - source->held_bytes;
    if (!packet)
        return false;
    deliver(tree, packet);
    packet_unref(packet);
    return true;
}

void tree_drain(struct tree *tree, struct source *source)
{
    while (source_holds_next(source))
        step(tree, source);
}

void tree_skip(struct tree *tree, struct source *source, uint64_t seq)
{
    while (source->hi < seq && source->held_count > 0) {
        if (!step(tree, source))
            tree->counters.skipped++;
    }
    if (source->hi < seq) {
        tree->counters.skipped += seq - source->hi;
        source->hi = seq;
    }
    tree_drain(tree, source);
}

/* To all links but the one it came by and those of our own kind that are off; all are wanted where
 * there is no source. */
static void forward(struct tree *tree, const struct source *source, unsigned from,
                    struct packet *packet)
{
    assert(!source || source->parent >= tree->link_count || source->links[source->parent].is_off);
    for (unsigned link = 0; link < tree->link_count; link++) {
        struct tree_link *end = &tree->links[link];
        if (link != from && end->is_up && (end->is_plain || !source || !source->links[link].is_off))
            tree_forward(tree, link, packet);
    }
}

/* A nonce without a number: flooded, as the notes say. */
static void receive_plain(struct tree *tree, unsigned link, struct packet *packet)
{
    if (!seen_add(&tree->seen, &packet->head, tree_now(tree))) {
        tree->counters.duplicates++;
        return;
    }
    forward(tree, NULL, link, packet);
    deliver(tree, packet);
}

/* Somebody sends us our own: we are the root. From a boot of ours that ended it is no matter. */
static void receive_own(struct tree *tree, unsigned link, const struct packet *packet)
{
    struct source *self = tree->self;
    struct source_link *row = &self->links[link];
    tree->counters.echoes++;
    if (tree->links[link].is_plain || packet->number.boot != self->boot)
        return;
    tree_prune(tree, self, link, !row->is_off);
    row->is_off = true;
}

/* The source of a packet, made or begun anew where that is due; NULL when the packet is refused. */
static struct source *source_of(struct tree *tree, const struct packet *packet)
{
    struct text name = packet->head.source;
    struct number before = {packet->number.boot, packet->number.seq - 1};
    struct source *source = source_table_find(&tree->sources, name.at, name.len);
    if (!source && name.len > 0 && name.len <= SOURCE_NAME_MAX)
        source = tree_add_source(tree, name, before);
    else if (source && source->boot < before.boot)
        tree_restart_source(tree, source, before.boot);
    if (!source)
        tree->counters.refused++;
    return source;
}

/* Puts a packet that is not the next into the window. What is further away than the window reaches
 * moves it, and gives up what falls out. */
static bool hold(struct tree *tree, struct source *source, struct packet *packet)
{
    uint64_t seq = packet->number.seq;
    if (seq - source->hi > SOURCE_WINDOW)
        tree_skip(tree, source, seq - SOURCE_WINDOW);
    if (source_hold(source, packet) != 0) {
        tree->counters.refused++;
        return false;
    }
    tree->held_bytes += packet->len;
    return true;
}

/* The links' part in a fresh packet from a link of our own kind. */
static void settle_fresh(struct tree *tree, struct source *source, unsigned link)
{
    if (link == source->parent)
        return;
    if (source->parent == LINK_NONE || !source->links[link].is_cut)
        tree_take(tree, source, link);
    else /* a straggler from a cut link never becomes the parent */
        tree_prune(tree, source, link, false);
}

/* The same for one that had arrived. */
static void settle_duplicate(struct tree *tree, struct source *source, unsigned link)
{
    struct source_link *row = &source->links[link];
    tree->counters.duplicates++;
    if (tree->links[link].is_plain)
        return;
    if (source->parent == LINK_NONE)
        tree_take(tree, source, link);
    else if (link != source->parent)
        tree_prune(tree, source, link, !row->is_off);
    row->is_off = true;
}

/* The window gives up its first gap when it holds too much. */
static void bound_held(struct tree *tree, struct source *source)
{
    if (source->held_bytes > HELD_BYTES_MAX || tree->held_bytes > HELD_BYTES_MAX_ALL)
        tree_skip(tree, source, source_first_held(source));
}

static void receive_fresh(struct tree *tree, struct source *source, unsigned link,
                          struct packet *packet)
{
    bool is_next = packet->number.seq == source->hi + 1;
    if (is_next)
        source->hi++;
    else if (!hold(tree, source, packet))
        return;
    cache_add(&tree->cache, &source->cached, packet, tree_now(tree));
    if (!tree->links[link].is_plain)
        settle_fresh(tree, source, link);
    forward(tree, source, link, packet);
    source->links[link].is_off = true;
    tree_want(tree, source, packet->number.seq);
    if (is_next)
        deliver(tree, packet);
    tree_drain(tree, source);
    if (!list_is_empty(&source->in_repair) && source->repair_tries > 0)
        tree_tell_mended(tree, source);
    bound_held(tree, source);
}

static void receive_numbered(struct tree *tree, unsigned link, struct packet *packet)
{
    struct source *source = source_of(tree, packet);
    if (!source)
        return;
    if (packet->number.boot < source->boot) {
        tree->counters.stale++;
        return;
    }
    struct source_link *row = &source->links[link];
    tree_heard(tree, source, 0);
    row->got_seq = packet->number.seq > row->got_seq ? packet->number.seq : row->got_seq;
    if (source_has(source, packet->number.seq))
        settle_duplicate(tree, source, link);
    else
        receive_fresh(tree, source, link, packet);
}

static bool is_self(const struct tree *tree, struct text name)
{
    return name.len == tree->self->name_len && memcmp(name.at, tree->self->name, name.len) == 0;
}

void tree_receive(struct tree *tree, unsigned link, struct packet *packet)
{
    if (!tree_link_is_up(tree, link))
        return;
    tree->counters.received++;
    if (is_self(tree, packet->head.source))
        receive_own(tree, link, packet);
    else if (packet->number.seq == 0)
        receive_plain(tree, link, packet);
    else
        receive_numbered(tree, link, packet);
}
