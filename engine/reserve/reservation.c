/* reservation.c — the claims of this node: opened, joined, voted on, lost, released. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "reserve/reservation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reserve/reservation_state.h"

struct reservation *reservation_new(const struct reservation_config *config,
                                    const struct reservation_calls *calls)
{
    struct reservation *reservation = calloc(1, sizeof(*reservation));
    if (!reservation)
        return NULL;
    reservation->calls = *calls;
    reservation->clock = config->clock;
    reservation->mode = config->mode;
    list_init(&reservation->waiting);
    list_init(&reservation->links);
    claim_table_init(&reservation->table, &config->key, config->claims_max);
    electorate_init(&reservation->electorate, &config->key);
    plain_claims_init(&reservation->plain, &config->key);
    reservation->digest_ms = now_of(reservation);
    reservation->self = claim_table_add_owner(&reservation->table, config->node);
    if (!reservation->self) {
        reservation_free(reservation);
        return NULL;
    }
    reservation->self->boot = config->boot;
    return reservation;
}

static void stop_waiting(struct reservation *reservation, struct own_claim *own)
{
    if (list_is_empty(&own->waiting))
        return;
    list_remove(&own->waiting);
    reservation->waiting_count--;
    ballot_deinit(&own->ballot);
}

static void own_free(struct reservation *reservation, struct own_claim *own)
{
    stop_waiting(reservation, own);
    HASH_DELETE(hh, reservation->own, own);
    free(own);
}

void reservation_free(struct reservation *reservation)
{
    struct own_claim *own, *next;
    if (!reservation)
        return;
    HASH_ITER(hh, reservation->own, own, next) own_free(reservation, own);
    level_free_links(reservation);
    plain_claims_deinit(&reservation->plain);
    electorate_deinit(&reservation->electorate);
    claim_table_deinit(&reservation->table);
    free(reservation);
}

void reservation_set_mode(struct reservation *reservation, enum reserve_mode mode)
{
    reservation->mode = mode;
}

const struct claim_table *reservation_table(const struct reservation *reservation)
{
    return &reservation->table;
}

size_t reservation_waiting(const struct reservation *reservation)
{
    return reservation->waiting_count;
}

struct name_copy name_copy_of(const char *name, size_t name_len)
{
    struct name_copy copy = {.len = name_len};
    assert(name_len <= sizeof(copy.bytes));
    memcpy(copy.bytes, name, name_len);
    return copy;
}

struct own_claim *own_find(const struct reservation *reservation, const char *name, size_t name_len)
{
    struct own_claim *found;
    unsigned hash = hash_bytes(&reservation->table.key, name, name_len);
    HASH_FIND_BYHASHVALUE(hh, reservation->own, name, name_len, hash, found);
    return found;
}

static void broadcast_claim(struct reservation *reservation, const struct claim_record *record)
{
    const struct claim_command command = {
        .kind = CLAIM_RESERVE,
        .name = record->claim.name,
        .name_len = record->claim.name_len,
        .hash = record->claim.hash,
        .has_claim = true,
        .claim = record->claim,
        .boot = reservation->self->boot,
        .version = record->version,
    };
    reservation->calls.broadcast(reservation->calls.context, &command);
}

/* The book entry of a record of this node that has none; NULL for want of memory. */
static struct own_claim *own_new(struct reservation *reservation, struct claim_record *record)
{
    struct own_claim *own = calloc(1, sizeof(*own));
    if (!own)
        return NULL;
    list_init(&own->waiting);
    /* the key is the table's copy of the name, which stays as long as one claim to it */
    unsigned hash = hash_bytes(&reservation->table.key, record->claim.name, record->claim.name_len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, reservation->own, record->claim.name, record->claim.name_len,
                                hash, own);
    if (own->hh.tbl)
        return own;
    free(own);
    return NULL;
}

int own_put(struct reservation *reservation, const struct claim *claim, struct own_claim **own)
{
    struct claim_record *record;
    struct own_claim *found = own_find(reservation, claim->name, claim->name_len);
    int err = claim_table_put(&reservation->table, reservation->self, claim,
                              reservation->self->known + 1, &record);
    if (err)
        return err;
    if (!found) {
        found = own_new(reservation, record);
        if (!found) {
            claim_table_remove(&reservation->table, record);
            return RELAY_ENOMEM;
        }
    }
    found->record = record;
    reservation->self->known++;
    *own = found;
    broadcast_claim(reservation, record);
    return 0;
}

/* When others still hold the name, plain peers shall keep it reserved: see claim_packet.h. */
static void broadcast_drop(struct reservation *reservation, const struct name_copy *name,
                           const struct claim_record *winner)
{
    struct claim_command command = {
        .kind = winner ? CLAIM_RESERVE : CLAIM_UNRESERVE,
        .name = name->bytes,
        .name_len = name->len,
        .has_claim = true,
        .is_released = winner != NULL,
        .boot = reservation->self->boot,
        .version = reservation->self->known,
    };
    if (winner)
        command.hash = winner->claim.hash;
    reservation->calls.broadcast(reservation->calls.context, &command);
}

void own_drop(struct reservation *reservation, struct own_claim *own)
{
    struct claim_record *record = own->record;
    struct name_copy name = name_copy_of(record->claim.name, record->claim.name_len);
    struct claim gone = record->claim;
    gone.name = name.bytes;
    own_free(reservation, own);
    claim_table_remove(&reservation->table, record);
    reservation->self->known++;
    const struct claim_record *winner =
        claim_table_winner(&reservation->table, name.bytes, name.len);
    broadcast_drop(reservation, &name, winner);
    plain_mend(reservation, &gone, winner == NULL);
}

void own_refuse(struct reservation *reservation, struct own_claim *own, enum client_reason reason)
{
    struct name_copy name = name_copy_of(own->record->claim.name, own->record->claim.name_len);
    bool is_local = own->is_local;
    own_drop(reservation, own);
    if (is_local)
        reservation->calls.refused(reservation->calls.context, name.bytes, name.len, reason);
}

/* Those who waited hear of it; perhaps nobody does any more. */
static void tell_opened(struct reservation *reservation, const struct claim *claim)
{
    const struct reservation_calls *calls = &reservation->calls;
    struct name_copy name = name_copy_of(claim->name, claim->name_len);
    struct password_hash hash = claim->hash;
    calls->opened(calls->context, name.bytes, name.len, &hash);
    if (calls->local_subscribers(calls->context, name.bytes, name.len) == 0)
        reservation_release(reservation, name.bytes, name.len);
}

/* R1 and R3 as far as one node can see: what it claims is what holds the name. */
static bool is_in_order(const struct own_claim *own)
{
    return claim_lives_with(&own->record->claim, &own->record->name->winner->claim);
}

void own_promote(struct reservation *reservation, struct own_claim *own,
                 const struct claim_stamp *stamp, bool is_unconfirmed)
{
    struct claim claim = own->record->claim;
    claim.state = CLAIM_OPEN;
    claim.stamp = *stamp;
    claim.is_unconfirmed = is_unconfirmed;
    assert(is_in_order(own));
    stop_waiting(reservation, own);
    if (own_put(reservation, &claim, &own) != 0)
        own_refuse(reservation, own, REASON_BUSY);
    else if (own->is_local)
        tell_opened(reservation, &own->record->claim);
}

static void lose(struct reservation *reservation, struct own_claim *own)
{
    struct name_copy name = name_copy_of(own->record->claim.name, own->record->claim.name_len);
    bool was_open = own->record->claim.state == CLAIM_OPEN;
    bool is_local = own->is_local;
    if (own->holds > 0)
        plain_lose(reservation, name.bytes, name.len);
    own_drop(reservation, own);
    if (is_local && was_open)
        reservation->calls.lost(reservation->calls.context, name.bytes, name.len);
    else if (is_local)
        reservation->calls.refused(reservation->calls.context, name.bytes, name.len,
                                   REASON_INVALID_PASSWORD);
}

void own_weigh(struct reservation *reservation, const char *name, size_t name_len)
{
    struct own_claim *own = own_find(reservation, name, name_len);
    if (!own)
        return;
    const struct claim_record *winner = own->record->name->winner;
    if (!is_in_order(own))
        lose(reservation, own);
    else if (own->record->claim.state == CLAIM_TENTATIVE && winner->claim.state == CLAIM_OPEN)
        own_promote(reservation, own, &winner->claim.stamp, winner->claim.is_unconfirmed);
}

void own_count_votes(struct reservation *reservation, struct own_claim *own)
{
    if (list_is_empty(&own->waiting))
        return;
    if (ballot_is_unanimous(&own->ballot)) {
        own_promote(reservation, own, &own->record->claim.stamp, false);
    } else if (ballot_waits_for_opposed(&own->ballot) && !own->is_asked) {
        own->is_asked = true;
        plain_ask_opposed(reservation, own);
    }
}

static int start_ballot(struct reservation *reservation, struct own_claim *own)
{
    int err = ballot_init(&own->ballot, &reservation->electorate);
    if (err)
        return err;
    own->until_ms = now_of(reservation) + RESERVE_VOTE_MS;
    list_append(&reservation->waiting, &own->waiting);
    reservation->waiting_count++;
    return 0;
}

/* Whether another password holds the name, or would win it. What is open is never beaten by what is
 * new, whatever the clocks say. */
static bool is_taken(const struct claim_record *winner, const struct claim *claim)
{
    if (!winner || claim_lives_with(&winner->claim, claim))
        return false;
    return winner->claim.state == CLAIM_OPEN || claim_beats(&winner->claim, claim);
}

/* A claim of this node is there: its password holds. */
static enum reserve_outcome join_own(struct own_claim *own, struct password_hash *hash)
{
    const struct claim *claim = &own->record->claim;
    bool is_open = claim->state == CLAIM_OPEN;
    bool fits = password_hash_equals(&claim->hash, hash) || (is_open && !claim->hash.is_set);
    if (!fits)
        return RESERVE_REFUSED;
    own->is_local = true;
    *hash = claim->hash;
    return is_open ? RESERVE_GRANTED : RESERVE_WAITS;
}

/* The claim that would be made: that of the winner when its password was given, else a new one. */
static struct claim make_claim(const struct reservation *reservation,
                               const struct claim_record *winner, const char *name, size_t name_len,
                               const struct password_hash *hash)
{
    struct claim claim = {
        .name = name,
        .name_len = name_len,
        .hash = *hash,
        .stamp = {reservation->calls.wall_ms(reservation->calls.context), reservation->self->name},
        .state = reservation->electorate.alive == 0 ? CLAIM_OPEN : CLAIM_TENTATIVE,
    };
    if (!winner || winner->claim.state != CLAIM_OPEN)
        return claim;
    if (!winner->claim.hash.is_set || password_hash_equals(&winner->claim.hash, hash)) {
        claim = winner->claim;
        claim.name = name;
        claim.name_len = name_len;
    }
    return claim;
}

enum reserve_outcome reservation_open(struct reservation *reservation, const char *name,
                                      size_t name_len, struct password_hash *hash)
{
    struct own_claim *own = own_find(reservation, name, name_len);
    if (own)
        return join_own(own, hash);
    const struct claim_record *winner = claim_table_winner(&reservation->table, name, name_len);
    struct claim claim = make_claim(reservation, winner, name, name_len, hash);
    if (is_taken(winner, &claim))
        return RESERVE_REFUSED;
    if (own_put(reservation, &claim, &own) != 0)
        return RESERVE_BUSY;
    assert(is_in_order(own));
    own->is_local = true;
    *hash = own->record->claim.hash;
    if (own->record->claim.state == CLAIM_OPEN)
        return RESERVE_GRANTED;
    if (start_ballot(reservation, own) == 0)
        return RESERVE_WAITS;
    own_drop(reservation, own);
    return RESERVE_BUSY;
}

void reservation_release(struct reservation *reservation, const char *name, size_t name_len)
{
    struct own_claim *own = own_find(reservation, name, name_len);
    if (!own)
        return;
    own->is_local = false;
    if (own->holds == 0)
        own_drop(reservation, own);
}

void reservation_vote(struct reservation *reservation, const char *from,
                      const struct claim_vote *vote)
{
    struct own_claim *own = own_find(reservation, vote->name, vote->name_len);
    const struct member *member = electorate_find(&reservation->electorate, from);
    if (!own || list_is_empty(&own->waiting) || !member)
        return;
    bool is_this = vote->boot == 0 ||
                   (vote->boot == reservation->self->boot && vote->version == own->record->version);
    if (!is_this)
        return;
    if (!vote->is_ok && !member->is_plain) {
        own_refuse(reservation, own, REASON_INVALID_PASSWORD);
        return;
    }
    bool counts =
        vote->is_ok ? ballot_settle(&own->ballot, member) : ballot_oppose(&own->ballot, member);
    if (counts)
        own_count_votes(reservation, own);
}

int reservation_node_up(struct reservation *reservation, const char *node, bool is_plain)
{
    const struct member *known = electorate_find(&reservation->electorate, node);
    if (strcmp(node, reservation->self->name) == 0)
        return 0;
    if (known && known->is_plain && !is_plain) /* it was replaced by one of our kind */
        plain_forget(reservation, node);
    return electorate_up(&reservation->electorate, node, is_plain);
}

/* One whose votes suffice, or whose plain peers are to be asked; NULL when none. */
static struct own_claim *find_countable(const struct reservation *reservation)
{
    const struct list *waiting = &reservation->waiting;
    for (struct list *at = waiting->next; at != waiting; at = at->next) {
        struct own_claim *own = list_entry(at, struct own_claim, waiting);
        if (ballot_is_unanimous(&own->ballot) ||
            (ballot_waits_for_opposed(&own->ballot) && !own->is_asked))
            return own;
    }
    return NULL;
}

void reservation_node_down(struct reservation *reservation, const char *node)
{
    const struct member *member =
        electorate_down(&reservation->electorate, node, now_of(reservation));
    if (!member)
        return;
    struct list *waiting = &reservation->waiting;
    for (struct list *at = waiting->next; at != waiting; at = at->next)
        ballot_settle(&list_entry(at, struct own_claim, waiting)->ballot, member);
    struct own_claim *own;
    while ((own = find_countable(reservation)))
        own_count_votes(reservation, own);
}

/* The votes that were due are counted as they are. */
static void end_ballots(struct reservation *reservation)
{
    uint64_t now_ms = now_of(reservation);
    while (!list_is_empty(&reservation->waiting)) {
        struct own_claim *own = list_entry(reservation->waiting.next, struct own_claim, waiting);
        if (own->until_ms > now_ms)
            break;
        if (reservation->mode == RESERVE_AVAILABLE || ballot_has_majority(&own->ballot))
            own_promote(reservation, own, &own->record->claim.stamp, true);
        else
            own_refuse(reservation, own, REASON_BUSY);
    }
}

void reservation_tick(struct reservation *reservation)
{
    end_ballots(reservation);
    replica_forget_dead(reservation);
    level_tick(reservation);
    plain_claims_expire(&reservation->plain, now_of(reservation));
}
