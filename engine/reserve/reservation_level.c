/* reservation_level.c — rounds of digests with the links, one a link at a time. */
#include <stdlib.h>
#include <string.h>

#include "reserve/reservation_state.h"

static struct reserve_link *find_link(const struct reservation *reservation, uint64_t id)
{
    const struct list *links = &reservation->links;
    for (struct list *at = links->next; at != links; at = at->next) {
        struct reserve_link *link = list_entry(at, struct reserve_link, node);
        if (link->id == id)
            return link;
    }
    return NULL;
}

static void free_link(struct reserve_link *link)
{
    list_remove(&link->node);
    free(link);
}

int reservation_link_up(struct reservation *reservation, uint64_t id, const char *node,
                        bool is_plain)
{
    size_t len = strlen(node);
    struct reserve_link *link = calloc(1, sizeof(*link) + len + 1);
    if (!link)
        return RELAY_ENOMEM;
    reservation_link_down(reservation, id);
    memcpy(link->peer, node, len + 1);
    link->id = id;
    link->is_plain = is_plain;
    link->wants = !is_plain;
    list_append(&reservation->links, &link->node);
    return 0;
}

void reservation_link_down(struct reservation *reservation, uint64_t id)
{
    struct reserve_link *link = find_link(reservation, id);
    if (link)
        free_link(link);
}

void level_free_links(struct reservation *reservation)
{
    while (!list_is_empty(&reservation->links))
        free_link(list_entry(reservation->links.next, struct reserve_link, node));
}

void level_with_any(struct reservation *reservation)
{
    struct list *links = &reservation->links;
    struct reserve_link *picked = NULL;
    uint64_t count = 0;
    for (struct list *at = links->next; at != links; at = at->next) {
        struct reserve_link *link = list_entry(at, struct reserve_link, node);
        if (link->is_plain)
            continue;
        count++; /* each is picked with the same chance, without counting them first */
        if (reservation->calls.random(reservation->calls.context) % count == 0)
            picked = link;
    }
    if (picked)
        picked->wants = true;
}

/* Something changed by a digest: the other links shall hear of it at once. */
static void level_with_others(struct reservation *reservation, uint64_t id)
{
    struct list *links = &reservation->links;
    for (struct list *at = links->next; at != links; at = at->next) {
        struct reserve_link *link = list_entry(at, struct reserve_link, node);
        link->wants |= !link->is_plain && link->id != id;
    }
}

static void send(struct reservation *reservation, struct reserve_link *link,
                 struct claim_digest *digest)
{
    link->asked_ms = now_of(reservation);
    reservation->calls.request(reservation->calls.context, link->id, link->round, digest);
}

static void start(struct reservation *reservation, struct reserve_link *link)
{
    struct claim_digest digest = {0};
    link->wants = false;
    link->is_asked = true;
    link->is_whole = true;
    link->known_count = 0;
    link->count_before = reservation->table.count;
    link->round = ++reservation->last_round;
    claim_digest_ask(&reservation->table, &digest);
    send(reservation, link, &digest);
    claim_digest_deinit(&digest);
}

void level_tick(struct reservation *reservation)
{
    uint64_t now_ms = now_of(reservation);
    struct list *links = &reservation->links;
    if (now_ms - reservation->digest_ms >= RESERVE_DIGEST_MS) {
        reservation->digest_ms = now_ms;
        level_with_any(reservation);
        plain_audit(reservation);
    }
    for (struct list *at = links->next; at != links; at = at->next) {
        struct reserve_link *link = list_entry(at, struct reserve_link, node);
        if (link->is_asked && now_ms - link->asked_ms >= RESERVE_ANSWER_MS)
            link->is_asked = false;
        if (link->wants && !link->is_asked)
            start(reservation, link);
    }
}

/* What the round would say about an owner does not count. */
static void distrust(struct reserve_link *link, const struct claim_owner *owner)
{
    for (size_t i = 0; link && i < link->known_count; i++) {
        if (link->known[i].owner == owner)
            link->known[i].owner = NULL;
    }
}

void level_forget(struct reservation *reservation, const struct claim_owner *owner)
{
    struct list *links = &reservation->links;
    for (struct list *at = links->next; at != links; at = at->next)
        distrust(list_entry(at, struct reserve_link, node), owner);
}

static void vote(struct reservation *reservation, const struct claim_row *row)
{
    const struct claim_vote vote = {
        .name = row->claim.name,
        .name_len = row->claim.name_len,
        .boot = row->boot,
        .version = row->version,
        .is_ok = replica_is_fine(reservation, &row->claim),
    };
    reservation->calls.vote(reservation->calls.context, row->owner, &vote);
}

/* Takes one row over. Whether something changed. */
static bool take_row(struct reservation *reservation, const struct claim_row *row,
                     struct reserve_link *link)
{
    struct claim_owner *owner = claim_table_owner(&reservation->table, row->owner);
    if (owner == reservation->self || !claim_row_is_news(&reservation->table, row))
        return false;
    /* Else the dead would live on in those who have not forgotten them yet. */
    if (!electorate_has_alive(&reservation->electorate, row->owner)) {
        distrust(link, owner);
        return false;
    }
    owner = claim_table_add_owner(&reservation->table, row->owner);
    if (!owner)
        return false;
    if (owner->boot < row->boot) {
        replica_restart(reservation, owner, row->boot);
        owner->is_behind = true;
    }
    const struct claim_record *winner =
        claim_table_winner(&reservation->table, row->claim.name, row->claim.name_len);
    bool is_known = winner && winner->claim.state == CLAIM_OPEN;
    if (replica_learn(reservation, owner, &row->claim, row->version) != 0) {
        distrust(link, owner);
        return false;
    }
    if (row->claim.state == CLAIM_OPEN && !is_known)
        plain_tell_open(reservation, &row->claim);
    if (row->claim.state == CLAIM_TENTATIVE)
        vote(reservation, row);
    return true;
}

/* The drop was missed. Until the owner's list is levelled whole, another neighbour who missed it
 * too could bring the claim back: so the list is behind. */
static bool take_gone(struct reservation *reservation, const struct claim_gone *gone,
                      struct reserve_link *link)
{
    struct claim_owner *owner = claim_table_owner(&reservation->table, gone->owner);
    if (!owner || owner == reservation->self)
        return false;
    bool is_newer = claim_gone_is_newer(&reservation->table, gone);
    struct claim_record *record = claim_gone_record(&reservation->table, gone);
    if (!is_newer && !record)
        return false;
    if (is_newer)
        replica_restart(reservation, owner, gone->boot);
    owner->is_behind |= owner->known < gone->known;
    if (link)
        link->wants |= owner->is_behind;
    if (record)
        replica_drop(reservation, record, false);
    return true;
}

static void take(struct reservation *reservation, uint64_t id, const struct claim_digest *in)
{
    bool changed = false;
    for (size_t i = 0; i < DIGEST_COUNT(in->rows, claim_row); i++)
        changed |=
            take_row(reservation, DIGEST_AT(in->rows, claim_row, i), find_link(reservation, id));
    for (size_t i = 0; i < DIGEST_COUNT(in->gone, claim_gone); i++)
        changed |=
            take_gone(reservation, DIGEST_AT(in->gone, claim_gone, i), find_link(reservation, id));
    if (changed)
        level_with_others(reservation, id);
}

void reservation_asked(struct reservation *reservation, uint64_t link,
                       const struct claim_digest *in, struct claim_digest *out)
{
    take(reservation, link, in);
    claim_digest_answer(&reservation->table, in, out);
}

static void note_known(struct reservation *reservation, struct reserve_link *link,
                       const struct claim_digest *in)
{
    for (size_t i = 0; i < DIGEST_COUNT(in->known, claim_known); i++) {
        const struct claim_known *known = DIGEST_AT(in->known, claim_known, i);
        struct claim_owner *owner = claim_table_owner(&reservation->table, known->owner);
        if (owner && owner != reservation->self && link->known_count < DIGEST_OWNERS_MAX)
            link->known[link->known_count++] =
                (struct level_known){owner, known->boot, known->version};
    }
}

/* All was compared: what the neighbour knew when the round began is known here too. */
static void finish(struct reservation *reservation, struct reserve_link *link)
{
    bool is_whole = link->is_whole;
    link->is_asked = false;
    for (size_t i = 0; i < link->known_count && is_whole; i++) {
        const struct level_known *known = &link->known[i];
        if (known->owner && known->owner->boot == known->boot &&
            electorate_has_alive(&reservation->electorate, known->owner->name))
            claim_owner_levelled(known->owner, known->version);
    }
    link->known_count = 0;
    link->wants |= !is_whole;
    /* The rest follows at once, else a large table would take a tick a part; but not where nothing
     * more can be taken. */
    if (!is_whole && reservation->table.count != link->count_before)
        start(reservation, link);
}

void reservation_answered(struct reservation *reservation, uint64_t id, uint64_t round,
                          const struct claim_digest *in)
{
    struct reserve_link *link = find_link(reservation, id);
    struct claim_digest out = {0};
    if (!link || !link->is_asked || link->round != round)
        return;
    note_known(reservation, link, in);
    take(reservation, id, in);
    link = find_link(reservation, id);
    if (!link)
        return;
    claim_digest_answer(&reservation->table, in, &out);
    link->is_whole &= !in->is_cut && !out.is_cut;
    if (claim_digest_is_empty(&out))
        finish(reservation, link);
    else
        send(reservation, link, &out);
    claim_digest_deinit(&out);
}
