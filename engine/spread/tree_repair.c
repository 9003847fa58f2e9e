/* tree_repair.c — gaps: asked for by one holder after the other, and in the end given up. */
#include "spread/tree_inner.h"

static void end_repair(struct source *source)
{
    list_remove(&source->in_repair);
}

static void begin_repair(struct tree *tree, struct source *source)
{
    source->repair_tries = 0;
    source->repair_hi = source->hi;
    source->repair_due_ms = tree_now(tree) + REPAIR_AFTER_MS;
    for (unsigned link = 0; link < tree->link_count; link++)
        source->links[link].was_asked = link == source->parent; /* others first */
    list_remove(&source->in_repair);
    list_append(&tree->repairs, &source->in_repair);
}

void tree_want(struct tree *tree, struct source *source, uint64_t seq)
{
    if (seq > source->wanted)
        source->wanted = seq;
    if (source->wanted > source->hi && list_is_empty(&source->in_repair))
        begin_repair(tree, source);
}

/* Whether a link's end may have what comes next. */
static bool is_holder(const struct tree *tree, const struct source *source, unsigned link)
{
    const struct source_link *row = &source->links[link];
    return tree_link_is_ours(tree, link) && row->has_adv && row->adv_seq > source->hi &&
           row->lacks <= source->hi;
}

/* The nearest holder; those asked already come last. */
static unsigned best_holder(const struct tree *tree, const struct source *source)
{
    unsigned best = LINK_NONE;
    uint64_t best_rank = UINT64_MAX;
    for (unsigned link = 0; link < tree->link_count; link++) {
        const struct source_link *row = &source->links[link];
        uint64_t rank = (uint64_t)row->adv_dist_ms + tree->links[link].latency_ms;
        if (row->was_asked)
            rank += UINT64_C(1) << 40;
        if (!is_holder(tree, source, link) || rank >= best_rank)
            continue;
        best = link;
        best_rank = rank;
    }
    return best;
}

static void clear_asked(struct tree *tree, struct source *source)
{
    for (unsigned link = 0; link < tree->link_count; link++)
        source->links[link].was_asked = false;
}

/* Asks the next holder; when all were asked, the round begins again. */
static void ask(struct tree *tree, struct source *source)
{
    source->repair_tries++;
    source->repair_due_ms = tree_now(tree) + REPAIR_EVERY_MS;
    unsigned holder = best_holder(tree, source);
    if (holder == LINK_NONE)
        return;
    if (source->links[holder].was_asked)
        clear_asked(tree, source);
    source->links[holder].was_asked = true;
    tree_graft(tree, source, holder);
}

/* Up to the first packet that is held, or to what somebody was said to have. */
static void give_up(struct tree *tree, struct source *source)
{
    uint64_t first = source_first_held(source);
    tree_skip(tree, source, first ? first : source->wanted);
}

static void repair(struct tree *tree, struct source *source)
{
    if (source->hi == source->repair_hi && source->repair_tries < REPAIR_TRIES) {
        ask(tree, source);
        return;
    }
    if (source->hi == source->repair_hi)
        give_up(tree, source);
    if (source->hi >= source->wanted)
        end_repair(source);
    else
        begin_repair(tree, source);
}

/* Those below go without it too. */
static void pass_on_gone(struct tree *tree, const struct source *source, uint64_t upto)
{
    for (unsigned link = 0; link < tree->link_count; link++) {
        if (!tree_link_is_ours(tree, link) || source->links[link].is_off)
            continue;
        tree->counters.gones++;
        tree_tell(tree, link, LINK_GONE, source, upto);
    }
}

/* From the parent, or from a holder that was asked, when nobody else is known to have it: it will
 * not come. */
void tree_hear_gone(struct tree *tree, unsigned link, const struct link_row *row)
{
    struct source *source = source_table_find(&tree->sources, row->source.at, row->source.len);
    if (!source || source == tree->self || source->boot != row->boot || row->seq <= source->hi)
        return;
    bool was_asked = !list_is_empty(&source->in_repair) && source->links[link].was_asked;
    source->links[link].lacks = row->seq;
    if (best_holder(tree, source) != LINK_NONE || (link != source->parent && !was_asked)) {
        tree_want(tree, source, row->seq);
        source->repair_due_ms = was_asked ? tree_now(tree) : source->repair_due_ms;
        return;
    }
    pass_on_gone(tree, source, row->seq);
    tree_skip(tree, source, row->seq);
}

/* A repair may end or begin anew while it runs, at the end of the list: one round over those that
 * stand there now. */
void tree_repair_due(struct tree *tree)
{
    struct list now, *node;
    list_init(&now);
    while ((node = list_shift(&tree->repairs)))
        list_append(&now, node);
    while ((node = list_shift(&now))) {
        struct source *source = list_entry(node, struct source, in_repair);
        list_append(&tree->repairs, &source->in_repair);
        if (source->hi >= source->wanted)
            end_repair(source);
        else if (tree_now(tree) >= source->repair_due_ms)
            repair(tree, source);
    }
}

uint64_t tree_repair_due_ms(const struct tree *tree)
{
    uint64_t due_ms = UINT64_MAX;
    for (struct list *node = tree->repairs.next; node != &tree->repairs; node = node->next) {
        const struct source *source = list_entry(node, struct source, in_repair);
        due_ms = source->repair_due_ms < due_ms ? source->repair_due_ms : due_ms;
    }
    return due_ms;
}
