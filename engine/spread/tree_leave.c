/* tree_leave.c — who ends says so: a silent end is found by its silence, which takes longer.
 *
 * A source ends with a beat, its last. What is older says nothing any more, whoever tells it and
 * however late; a later beat, or a later boot, is of one that lives. */
#include "spread/tree_inner.h"

static void tell_all(struct tree *tree, const struct source *source, unsigned but)
{
    for (unsigned link = 0; link < tree->link_count; link++) {
        if (link != but && tree_link_is_ours(tree, link))
            tree_tell(tree, link, LINK_LEAVE, source, source->beat);
    }
}

void tree_leave(struct tree *tree)
{
    tree->self->has_ended = true;
    tell_all(tree, tree->self, LINK_NONE);
}

void tree_end(struct tree *tree, struct source *source, unsigned link, uint32_t beat)
{
    bool is_news = !source->has_ended;
    source->beat = beat;
    source->has_ended = true;
    if (is_news)
        tell_all(tree, source, link);
    tree->owner.left(tree->owner.context, link, (struct text){source->name, source->name_len});
}

void tree_hear_leave(struct tree *tree, unsigned link, const struct link_row *row)
{
    uint32_t beat = (uint32_t)row->seq; /* link_packet.c looked */
    struct source *source = source_table_find(&tree->sources, row->source.at, row->source.len);
    if (source == tree->self) {
        tree_hear_of_self(tree, &(struct link_row){.boot = row->boot, .has_ended = true});
        return;
    }
    if (!source || row->boot < source->boot || (row->boot == source->boot && beat < source->beat))
        return;
    if (source->boot < row->boot)
        tree_restart_source(tree, source, row->boot);
    tree_heard(tree, source, 0);
    tree_end(tree, source, link, beat);
}
