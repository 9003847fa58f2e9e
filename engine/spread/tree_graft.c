/* tree_graft.c — who is whose parent in a source's tree, and how that changes. */
#include <assert.h>

#include "spread/tree_inner.h"

void tree_tell(struct tree *tree, unsigned link, enum link_kind kind, const struct source *source,
               uint64_t seq)
{
    struct link_packet *told = &tree->told;
    told->kind = kind;
    told->count = 1;
    told->rows[0] = (struct link_row){
        .source = {source->name, source->name_len},
        .boot = source->boot,
        .seq = seq,
        .dist_ms = DIST_UNKNOWN,
    };
    tree->owner.tell(tree->owner.context, link, told);
}

/* How far the source is by way of a link. Unknown stays unknown: taken for 0 it would look like the
 * source itself, and everybody would turn to it. */
static uint32_t dist_by(const struct tree *tree, const struct source *source, unsigned link)
{
    uint32_t adv_ms = source->links[link].adv_dist_ms;
    uint32_t latency_ms = tree->links[link].latency_ms;
    return adv_ms >= DIST_UNKNOWN - latency_ms ? DIST_UNKNOWN : adv_ms + latency_ms;
}

void tree_take(struct tree *tree, struct source *source, unsigned link)
{
    struct source_link *row = &source->links[link];
    if (source->parent < tree->link_count)
        source->links[source->parent].is_off = true;
    source->parent = link;
    source->dist_ms = dist_by(tree, source, link);
    row->is_off = true; /* a parent gets nothing back */
    row->is_cut = false;
}

void tree_prune(struct tree *tree, struct source *source, unsigned link, bool crossing)
{
    struct source_link *row = &source->links[link];
    if (crossing) /* the other end got our copy, and knows as much */
        return;
    if (row->is_cut && tree_now(tree) - row->cut_ms < CUT_AGAIN_MS)
        return;
    row->is_cut = true;
    row->cut_ms = tree_now(tree);
    tree->counters.prunes++;
    tree_tell(tree, link, LINK_PRUNE, source, 0);
}

void tree_graft(struct tree *tree, struct source *source, unsigned link)
{
    source->links[link].is_cut = false; /* what comes from there now was asked for */
    tree->counters.grafts++;
    tree_tell(tree, link, LINK_GRAFT, source, source->hi + 1);
}

/* The link whose end is nearer to the source than we are; of these the nearest. Who is not nearer
 * may hang from us. */
static unsigned nearer_link(const struct tree *tree, const struct source *source)
{
    unsigned best = LINK_NONE;
    uint32_t best_ms = DIST_UNKNOWN;
    for (unsigned link = 0; link < tree->link_count; link++) {
        if (!tree_link_is_ours(tree, link) || source->links[link].adv_dist_ms >= source->dist_ms)
            continue;
        uint32_t dist_ms = dist_by(tree, source, link);
        if (dist_ms >= best_ms)
            continue;
        best = link;
        best_ms = dist_ms;
    }
    return best;
}

void tree_adopt(struct tree *tree, struct source *source)
{
    unsigned nearer = nearer_link(tree, source);
    if (nearer != LINK_NONE) {
        tree_graft(tree, source, nearer);
        return;
    }
    for (unsigned link = 0; link < tree->link_count; link++) {
        source->links[link].is_cut = false;
        if (tree_link_is_ours(tree, link) && source->links[link].is_off)
            tree_graft(tree, source, link);
    }
}

void tree_hear_prune(struct tree *tree, unsigned link, const struct link_row *row)
{
    struct source *source = source_table_find(&tree->sources, row->source.at, row->source.len);
    if (source)
        source->links[link].is_off = true;
}

/* Sends what is cached from `from` on. What is in no cache any more, and was here once, the other
 * end need not wait for. */
static void resend(struct tree *tree, struct source *source, unsigned link, uint64_t from)
{
    uint64_t first = source->hi + 1;
    struct list *node;
    for (node = source->cached.next; node != &source->cached; node = node->next) {
        uint64_t seq = list_entry(node, struct cached, by_source)->packet->number.seq;
        first = seq < first ? seq : first;
    }
    if (from < first && from > source->floor) {
        tree->counters.gones++;
        tree_tell(tree, link, LINK_GONE, source, first - 1);
    }
    for (node = source->cached.next; node != &source->cached; node = node->next) {
        struct packet *packet = list_entry(node, struct cached, by_source)->packet;
        if (packet->number.seq < from)
            continue;
        tree->counters.resent++;
        tree_forward(tree, link, packet);
    }
}

/* Whoever grafts lacks the source: what it said to have, and how near, counts no more. Without
 * that, two orphans would graft from each other for ever. */
void tree_hear_graft(struct tree *tree, unsigned link, const struct link_row *row)
{
    struct source *source = source_table_find(&tree->sources, row->source.at, row->source.len);
    if (!source)
        return;
    struct source_link *end = &source->links[link];
    end->is_off = false;
    end->has_adv = false;
    end->adv_dist_ms = DIST_UNKNOWN;
    if (source->parent == link) {
        source->parent = LINK_NONE;
        tree_adopt(tree, source);
    }
    if (row->boot <= source->boot)
        resend(tree, source, link, row->boot == source->boot ? row->seq : 1);
}
