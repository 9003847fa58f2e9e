/* tree_have.c — the digests: what changed goes to the neighbours, what they have is weighed. */
#include "spread/tree_inner.h"

uint64_t tree_next_have_ms(struct tree *tree)
{
    uint32_t spread = 2 * HAVE_EVERY_MS * HAVE_JITTER_PERCENT / 100;
    uint32_t random = tree->owner.random(tree->owner.context);
    return tree_now(tree) + HAVE_EVERY_MS - spread / 2 + random % (spread + 1);
}

/* What we say of our distance: who has no parent is nowhere. */
static uint32_t dist_to_tell(const struct source *source)
{
    return source->parent == LINK_NONE ? DIST_UNKNOWN : source->dist_ms;
}

/* By more than chance: 3 ms and a tenth of `to_ms`. */
static bool is_clearly_less(uint64_t ms, uint64_t to_ms)
{
    uint64_t tenth_ms = to_ms * NEARER_PERCENT / 100;
    return ms + (tenth_ms > NEARER_MS ? tenth_ms : NEARER_MS) < to_ms;
}

/* How far the link's end is known to have got: it told us, it sent that, or we told it. */
static uint64_t known_seq(const struct source_link *row)
{
    uint64_t seq = row->told_seq > row->got_seq ? row->told_seq : row->got_seq;
    return row->has_adv && row->adv_seq > seq ? row->adv_seq : seq;
}

/* Something that the link's end does not know yet. Of what came from the parent there is no news
 * for the parent; but it hears of what came by a plain link, or it would starve below its own
 * children. */
static bool is_news(const struct source *source, unsigned link)
{
    const struct source_link *row = &source->links[link];
    uint32_t dist_ms = dist_to_tell(source);
    if (source->hi > known_seq(row) ||
        (source->beat > row->told_beat && source->beat > row->adv_beat))
        return true;
    return source->parent != link &&
           (!row->was_told || is_clearly_less(dist_ms, row->told_dist_ms) ||
            is_clearly_less(row->told_dist_ms, dist_ms));
}

/* How long ago something new was heard of it. */
static uint32_t age_ms(const struct tree *tree, const struct source *source)
{
    uint64_t past_ms = source == tree->self ? 0 : tree_now(tree) - source->heard_ms;
    return past_ms < UINT32_MAX ? (uint32_t)past_ms : UINT32_MAX - 1;
}

static void add_row(struct tree *tree, struct source *source, unsigned link)
{
    struct link_packet *told = &tree->told;
    struct source_link *row = &source->links[link];
    row->was_told = true;
    row->told_seq = source->hi;
    row->told_beat = source->beat;
    row->told_dist_ms = dist_to_tell(source);
    told->rows[told->count++] = (struct link_row){
        .source = {source->name, source->name_len},
        .boot = source->boot,
        .seq = source->hi,
        .dist_ms = dist_to_tell(source),
        .beat = source->beat,
        .age_ms = age_ms(tree, source),
        .has_ended = source->has_ended,
    };
}

/* Fills a packet with news from the link's cursor on; whether it went round the whole table. */
static bool gather(struct tree *tree, unsigned link, uint32_t *left)
{
    struct link_packet *told = &tree->told;
    uint32_t *cursor = &tree->links[link].cursor;
    told->kind = LINK_HAVE;
    told->count = 0;
    while (*left > 0 && told->count < LINK_ROWS_MAX) {
        if (*cursor >= tree->sources.count)
            *cursor = 0;
        struct source *source = tree->sources.items[(*cursor)++];
        --*left;
        if (is_news(source, link))
            add_row(tree, source, link);
    }
    return *left == 0;
}

void tree_tell_have(struct tree *tree, unsigned link, bool all)
{
    uint32_t left = tree->sources.count;
    bool is_round;
    do {
        is_round = gather(tree, link, &left);
        if (tree->told.count == 0)
            return;
        tree->counters.haves++;
        tree->counters.have_rows += tree->told.count;
        tree->owner.tell(tree->owner.context, link, &tree->told);
    } while (all && !is_round);
}

void tree_tell_mended(struct tree *tree, struct source *source)
{
    for (unsigned link = 0; link < tree->link_count; link++) {
        const struct source_link *row = &source->links[link];
        if (!tree_link_is_ours(tree, link) || !row->is_off || source->hi <= known_seq(row))
            continue;
        tree->told.kind = LINK_HAVE;
        tree->told.count = 0;
        add_row(tree, source, link);
        tree->counters.haves++;
        tree->counters.have_rows++;
        tree->owner.tell(tree->owner.context, link, &tree->told);
    }
}

/* The network remembers a later boot of ours, because the wall clock went back, or more than we
 * sent, or that we ended, because somebody forged it: nobody would take our packets, or count us.
 * Go past it with a new boot. */
void tree_hear_of_self(struct tree *tree, const struct link_row *row)
{
    const struct source *self = tree->self;
    bool is_wrong = row->boot == self->boot && (row->seq > self->hi || row->has_ended);
    if ((row->boot <= self->boot && !is_wrong) || row->boot == INM_BOOT_MAX || self->has_ended)
        return;
    struct number newest = {row->boot + 1, 0};
    cache_forget(&tree->cache, &tree->self->cached);
    source_restart(tree->self, newest);
    tree->self->parent = LINK_SELF;
    tree->self->dist_ms = 0;
    tree->self->beat = 1;
}

static void note(struct tree *tree, struct source *source, unsigned link,
                 const struct link_row *row)
{
    struct source_link *end = &source->links[link];
    bool is_alive = row->beat > source->beat;
    end->has_adv = true;
    end->adv_seq = row->seq;
    end->adv_dist_ms = row->dist_ms;
    end->adv_beat = row->beat;
    if (is_alive) {
        source->beat = row->beat;
        source->has_ended = false;
    }
    if (is_alive || row->seq > source->hi)
        tree_heard(tree, source, row->age_ms);
    if (row->has_ended && row->beat == source->beat)
        tree_end(tree, source, link, row->beat);
}

/* Heard of here first: what came before is not ours to ask for. But of a source that was known and
 * started anew all is ours: its first packets may be under way still. Until a packet comes by a
 * faster link, the one that told it is the parent, so that the distance is known also of who never
 * sends. */
static void meet(struct tree *tree, unsigned link, const struct link_row *row)
{
    struct number newest = {row->boot, row->seq};
    struct source *source = source_table_find(&tree->sources, row->source.at, row->source.len);
    if (source)
        tree_restart_source(tree, source, row->boot);
    else
        source = tree_add_source(tree, row->source, newest);
    if (!source) {
        tree->counters.refused++;
        return;
    }
    tree_heard(tree, source, row->age_ms);
    note(tree, source, link, row);
    tree_graft(tree, source, link);
    if (row->dist_ms != DIST_UNKNOWN)
        tree_take(tree, source, link);
    tree_want(tree, source, row->seq);
}

static bool is_clearly_nearer(const struct tree *tree, const struct source *source, unsigned link)
{
    uint64_t adv_ms = source->links[link].adv_dist_ms;
    return adv_ms != DIST_UNKNOWN && source->dist_ms != DIST_UNKNOWN &&
           is_clearly_less(adv_ms + tree->links[link].latency_ms, source->dist_ms);
}

static void follow_parent(struct tree *tree, struct source *source, unsigned link)
{
    const struct source_link *row = &source->links[link];
    uint32_t latency_ms = tree->links[link].latency_ms;
    if (row->adv_dist_ms < DIST_UNKNOWN - latency_ms)
        source->dist_ms = row->adv_dist_ms + latency_ms;
}

void tree_hear_have(struct tree *tree, unsigned link, const struct link_row *row)
{
    struct source *source = source_table_find(&tree->sources, row->source.at, row->source.len);
    if (source == tree->self) {
        tree_hear_of_self(tree, row);
        return;
    }
    if (!source || source->boot < row->boot) {
        meet(tree, link, row);
        return;
    }
    if (source->boot > row->boot)
        return;
    note(tree, source, link, row);
    if (source->parent == link)
        follow_parent(tree, source, link);
    else if (row->seq >= source->hi && is_clearly_nearer(tree, source, link))
        tree_graft(tree, source, link);
    if (row->seq > source->hi)
        tree_want(tree, source, row->seq);
}
