/* tree.c — see tree.h; the insides are in tree_inner.h. */
#include "spread/tree.h"

#include <assert.h>
#include <stdlib.h>

#include "spread/tree_inner.h"

/* Our own source: the root of its tree, from which nothing is missing. */
static int add_self(struct tree *tree, struct text name, uint64_t boot)
{
    struct number newest = {boot, 0};
    tree->self = source_new(name.at, name.len, newest, 0);
    if (!tree->self)
        return RELAY_ENOMEM;
    tree->self->parent = LINK_SELF;
    tree->self->dist_ms = 0;
    tree->self->beat = 1;
    int err = source_table_add(&tree->sources, tree->self);
    if (err) {
        source_free(tree->self);
        tree->self = NULL;
    }
    return err;
}

struct tree *tree_new(const struct tree_owner *owner, const struct hash_key *key, struct text name,
                      uint64_t boot)
{
    if (name.len == 0 || name.len > SOURCE_NAME_MAX || !inm_boot_is_valid(boot))
        return NULL;
    struct tree *tree = calloc(1, sizeof(*tree));
    if (!tree)
        return NULL;
    tree->owner = *owner;
    source_table_init(&tree->sources, key);
    seen_init(&tree->seen, key, tree_now(tree));
    cache_init(&tree->cache);
    list_init(&tree->repairs);
    tree->have_due_ms = tree_next_have_ms(tree);
    tree->beat_due_ms = tree_now(tree) + BEAT_EVERY_MS;
    if (add_self(tree, name, boot) == 0)
        return tree;
    tree_free(tree);
    return NULL;
}

void tree_free(struct tree *tree)
{
    if (!tree)
        return;
    while (tree->sources.count > 0)
        tree_forget_source(tree, tree->sources.items[0]);
    source_table_deinit(&tree->sources);
    cache_deinit(&tree->cache);
    seen_deinit(&tree->seen);
    free(tree->links);
    free(tree);
}

void tree_forget_source(struct tree *tree, struct source *source)
{
    tree->held_bytes -= source->held_bytes;
    list_remove(&source->in_repair);
    cache_forget(&tree->cache, &source->cached);
    source_table_remove(&tree->sources, source);
    source_free(source);
}

static void make_place(struct tree *tree)
{
    struct source *silent = source_table_silent_longest(&tree->sources);
    if (tree->sources.count < SOURCE_TABLE_MAX || !silent)
        return;
    tree_skip(tree, silent, silent->wanted);
    tree_forget_source(tree, silent);
    tree->counters.forgotten++;
}

struct source *tree_add_source(struct tree *tree, struct text name, struct number newest)
{
    make_place(tree);
    struct source *source = source_new(name.at, name.len, newest, tree->link_count);
    if (!source)
        return NULL;
    if (source_table_add(&tree->sources, source) != 0) {
        source_free(source);
        return NULL;
    }
    return source;
}

void tree_restart_source(struct tree *tree, struct source *source, uint64_t boot)
{
    struct number newest = {boot, 0};
    tree_skip(tree, source, source->wanted);
    list_remove(&source->in_repair);
    cache_forget(&tree->cache, &source->cached);
    source_restart(source, newest);
}

void tree_heard(struct tree *tree, struct source *source, uint32_t age_ms)
{
    uint64_t now_ms = tree_now(tree);
    uint64_t heard_ms = age_ms < now_ms ? now_ms - age_ms : 0;
    if (source != tree->self && heard_ms >= source->heard_ms)
        source_table_heard(&tree->sources, source, heard_ms);
}

void tree_forward(struct tree *tree, unsigned link, struct packet *packet)
{
    if (tree->owner.queued_bytes(tree->owner.context, link) > TREE_QUEUE_BYTES_MAX) {
        tree->counters.dropped++;
        return;
    }
    tree->counters.forwarded++;
    tree->owner.forward(tree->owner.context, link, packet);
}

/* Room for a link in our array and in every source's. A failure half way leaves some rows longer
 * than needed, which harms nothing. */
static int grow_links(struct tree *tree, unsigned count)
{
    struct tree_link *links = realloc(tree->links, count * sizeof(*links));
    if (!links)
        return RELAY_ENOMEM;
    tree->links = links;
    for (uint32_t i = 0; i < tree->sources.count; i++) {
        if (source_grow_links(tree->sources.items[i], count) != 0)
            return RELAY_ENOMEM;
    }
    for (unsigned i = tree->link_count; i < count; i++)
        links[i] = (struct tree_link){0};
    tree->link_count = count;
    return 0;
}

/* A new link: nobody said anything, and nobody behind it wants what it may get elsewhere. */
static void reset_rows(struct tree *tree, unsigned link)
{
    for (uint32_t i = 0; i < tree->sources.count; i++)
        tree->sources.items[i]->links[link] =
            (struct source_link){.adv_dist_ms = DIST_UNKNOWN, .is_off = true};
}

int tree_link_up(struct tree *tree, unsigned link, bool is_plain, uint32_t latency_ms)
{
    if (link >= TREE_LINKS_MAX || tree_link_is_up(tree, link))
        return RELAY_EINVAL;
    if (link >= tree->link_count && grow_links(tree, link + 1) != 0)
        return RELAY_ENOMEM;
    tree->links[link] = (struct tree_link){.is_up = true, .is_plain = is_plain};
    tree_link_latency(tree, link, latency_ms);
    reset_rows(tree, link);
    if (!is_plain)
        tree_tell_have(tree, link, true);
    return 0;
}

/* Never 0, so that the distance grows with every step away from the source. */
void tree_link_latency(struct tree *tree, unsigned link, uint32_t latency_ms)
{
    if (tree_link_is_up(tree, link))
        tree->links[link].latency_ms = latency_ms ? latency_ms : 1;
}

void tree_link_down(struct tree *tree, unsigned link)
{
    if (!tree_link_is_up(tree, link))
        return;
    tree->links[link].is_up = false;
    reset_rows(tree, link);
    for (uint32_t i = 0; i < tree->sources.count; i++) {
        struct source *source = tree->sources.items[i];
        if (source->parent != link)
            continue;
        source->parent = LINK_NONE;
        tree_adopt(tree, source);
    }
}

size_t tree_nonce(const struct tree *tree, char out[INM_NONCE_OURS_MAX])
{
    return inm_nonce_write(out, tree->self->boot, tree->self->hi + 1);
}

void tree_publish(struct tree *tree, struct packet *packet)
{
    struct source *self = tree->self;
    assert(packet->number.boot == self->boot && packet->number.seq == self->hi + 1);
    self->hi = self->wanted = packet->number.seq;
    cache_add(&tree->cache, &self->cached, packet, tree_now(tree));
    for (unsigned link = 0; link < tree->link_count; link++) {
        struct tree_link *end = &tree->links[link];
        if (end->is_up && (end->is_plain || !self->links[link].is_off))
            tree_forward(tree, link, packet);
    }
}

void tree_hear(struct tree *tree, unsigned link, const struct link_packet *packet)
{
    static void (*const hear[])(struct tree *, unsigned, const struct link_row *) = {
        [LINK_PRUNE] = tree_hear_prune, [LINK_GRAFT] = tree_hear_graft,
        [LINK_GONE] = tree_hear_gone,   [LINK_LEAVE] = tree_hear_leave,
        [LINK_HAVE] = tree_hear_have,
    };
    if (!tree_link_is_ours(tree, link))
        return;
    for (uint32_t i = 0; i < packet->count; i++)
        hear[packet->kind](tree, link, &packet->rows[i]);
}

/* A sign of life goes out as a have row, and from hop to hop: the more nodes, the fewer. */
static void beat(struct tree *tree)
{
    uint64_t every_ms = (uint64_t)tree->sources.count * 1000 / 50;
    tree->self->beat++;
    tree->beat_due_ms = tree_now(tree) + (every_ms > BEAT_EVERY_MS ? every_ms : BEAT_EVERY_MS);
}

static void forget_silent(struct tree *tree)
{
    struct source *silent;
    while ((silent = source_table_silent_longest(&tree->sources)) &&
           tree_now(tree) - silent->heard_ms > SOURCE_SILENT_MS) {
        tree_skip(tree, silent, silent->wanted);
        tree_forget_source(tree, silent);
        tree->counters.forgotten++;
    }
}

uint64_t tree_due_ms(const struct tree *tree)
{
    uint64_t repair_ms = tree_repair_due_ms(tree);
    return repair_ms < tree->have_due_ms ? repair_ms : tree->have_due_ms;
}

void tree_tick(struct tree *tree)
{
    tree_repair_due(tree);
    if (tree_now(tree) < tree->have_due_ms)
        return;
    tree->have_due_ms = tree_next_have_ms(tree);
    if (tree_now(tree) >= tree->beat_due_ms)
        beat(tree);
    cache_expire(&tree->cache, tree_now(tree));
    forget_silent(tree);
    for (unsigned link = 0; link < tree->link_count; link++) {
        if (tree_link_is_ours(tree, link))
            tree_tell_have(tree, link, false);
    }
}

static struct source *find(const struct tree *tree, struct text name)
{
    return source_table_find(&tree->sources, name.at, name.len);
}

unsigned tree_parent(const struct tree *tree, struct text source)
{
    const struct source *found = find(tree, source);
    return found && found->parent < tree->link_count ? found->parent : LINK_NONE;
}

unsigned tree_nearest(const struct tree *tree, struct text source, unsigned but)
{
    const struct source *found = find(tree, source);
    uint64_t best_ms = UINT64_MAX;
    unsigned best = LINK_NONE;
    for (unsigned link = 0; found && link < tree->link_count; link++) {
        const struct source_link *row = &found->links[link];
        uint64_t dist_ms = (uint64_t)row->adv_dist_ms + tree->links[link].latency_ms;
        if (link == but || !tree_link_is_ours(tree, link) || row->adv_dist_ms == DIST_UNKNOWN ||
            dist_ms >= best_ms)
            continue;
        best = link;
        best_ms = dist_ms;
    }
    return best;
}

uint32_t tree_dist_ms(const struct tree *tree, struct text source)
{
    const struct source *found = find(tree, source);
    return found ? found->dist_ms : DIST_UNKNOWN;
}

uint64_t tree_heard_ms(const struct tree *tree, struct text source)
{
    const struct source *found = find(tree, source);
    return found && !found->has_ended ? found->heard_ms : 0;
}

struct seen *tree_seen(struct tree *tree)
{
    return &tree->seen;
}

const struct tree_counters *tree_counters(const struct tree *tree)
{
    return &tree->counters;
}

uint64_t tree_boot(const struct tree *tree)
{
    return tree->self->boot;
}

size_t tree_source_count(const struct tree *tree)
{
    return tree->sources.count;
}

struct text tree_source_name(const struct tree *tree, size_t place)
{
    const struct source *source = tree->sources.items[place];
    return (struct text){source->name, source->name_len};
}

size_t tree_held(const struct tree *tree)
{
    size_t held = 0;
    for (uint32_t i = 0; i < tree->sources.count; i++)
        held += tree->sources.items[i]->held_count;
    return held;
}

bool tree_link_is_up(const struct tree *tree, unsigned link)
{
    return link < tree->link_count && tree->links[link].is_up;
}

unsigned tree_link_count(const struct tree *tree)
{
    return tree->link_count;
}
