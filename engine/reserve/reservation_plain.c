/* reservation_plain.c — plain peers, by the notes' reserve, unreserve and ask.
 *
 * A plain peer says that it opened a channel, not that it joined one; and it says that it left the
 * last of its clients, not who else is there. So a claim of this node stands for a peer beside it
 * that opened a name which nobody held, and for one that answered `channel still open` when the
 * last claim went. Reservations that a peer keeps for names that are free, or another's, are taken
 * back by asking it. */
#include <assert.h>
#include <string.h>

#include "reserve/reservation_state.h"

#define AUDIT_AT_ONCE 8
#define AUDIT_REST_MAX_MS 8000 /* so that what was missed is found within 10 s */
#define INTRODUCE_MAX 10000

static const struct claim_record *winner_of(const struct reservation *reservation, const char *name,
                                            size_t name_len)
{
    return claim_table_winner(&reservation->table, name, name_len);
}

static bool is_held_by_another(const struct claim_record *winner, const struct password_hash *hash)
{
    return winner && winner->claim.state == CLAIM_OPEN &&
           !password_hash_equals(&winner->claim.hash, hash);
}

static struct plain_claim *set(struct reservation *reservation, const char *peer, const char *name,
                               size_t name_len, const struct password_hash *hash,
                               enum plain_state state)
{
    return plain_claims_set(&reservation->plain, peer, name, name_len, hash, state,
                            now_of(reservation));
}

static void tell_unreserve(struct reservation *reservation, const char *peer, const char *name,
                           size_t name_len)
{
    const struct claim_command command = {
        .kind = CLAIM_UNRESERVE, .name = name, .name_len = name_len};
    reservation->calls.tell(reservation->calls.context, peer, &command);
}

static void tell_reserve(struct reservation *reservation, const char *peer, const char *name,
                         size_t name_len, const struct password_hash *hash)
{
    const struct claim_command command = {
        .kind = CLAIM_RESERVE, .name = name, .name_len = name_len, .hash = *hash};
    reservation->calls.tell(reservation->calls.context, peer, &command);
}

/* The name is another's: its hash takes the place of the one that is gone. */
static void mend_taken(struct reservation *reservation, const char *peer,
                       const struct claim *winner, const struct password_hash *hash, bool is_told)
{
    bool is_other = !password_hash_equals(&winner->hash, hash);
    if (is_other)
        tell_unreserve(reservation, peer, winner->name, winner->name_len);
    if (is_other || is_told)
        tell_reserve(reservation, peer, winner->name, winner->name_len, &winner->hash);
}

/* What a peer has that answers `channel still open` to what is asked now. An open that was refused
 * a moment ago does not stand for it where the name was open with another hash shortly before:
 * joining is silent, and most join what is open. */
static void remember_gone(struct reservation *reservation, const struct claim *gone)
{
    const struct plain_claim *known =
        plain_claims_find(&reservation->plain, PLAIN_ALL, gone->name, gone->name_len);
    bool is_open = gone->state == CLAIM_OPEN;
    if (is_open || !known || known->state == PLAIN_TRIED)
        (void)set(reservation, PLAIN_ALL, gone->name, gone->name_len, &gone->hash,
                  is_open ? PLAIN_ASKED : PLAIN_TRIED);
}

/* A name that went is asked for again here, though a plain peer may have heard of it: it gets
 * broadcasts by several links, and an older `reserve-channel` by a slower one. What is told here
 * comes behind all that this link forwarded. */
void plain_mend(struct reservation *reservation, const struct claim *gone, bool is_told)
{
    const struct claim_record *winner = winner_of(reservation, gone->name, gone->name_len);
    struct list *links = &reservation->links;
    if (reservation->electorate.alive_plain == 0)
        return;
    remember_gone(reservation, gone);
    for (struct list *at = links->next; at != links; at = at->next) {
        const struct reserve_link *link = list_entry(at, struct reserve_link, node);
        if (link->is_plain && !winner)
            tell_unreserve(reservation, link->peer, gone->name, gone->name_len);
        else if (link->is_plain && winner->claim.state == CLAIM_OPEN)
            mend_taken(reservation, link->peer, &winner->claim, &gone->hash, is_told);
    }
}

/* The same for what a plain peer had open. */
static void mend_open(struct reservation *reservation, const char *name, size_t name_len,
                      const struct password_hash *hash)
{
    const struct claim gone = {
        .name = name, .name_len = name_len, .hash = *hash, .state = CLAIM_OPEN};
    plain_mend(reservation, &gone, false);
}

void plain_lose(struct reservation *reservation, const char *name, size_t name_len)
{
    struct plain_claim *held;
    struct own_claim *own = own_find(reservation, name, name_len);
    while ((held = plain_claims_first(&reservation->plain, name, name_len, PLAIN_HELD)))
        (void)set(reservation, held->peer, name, name_len, &held->hash, PLAIN_LOST);
    own->holds = 0;
}

/* The claim of this node need not stand for this peer any more. */
static void unhold(struct reservation *reservation, const struct plain_claim *held)
{
    struct own_claim *own = own_find(reservation, held->name->bytes, held->name->len);
    assert(own && own->holds > 0);
    own->holds--;
    if (own->holds == 0 && !own->is_local)
        own_drop(reservation, own);
}

/* An open claim of this node with this hash; what stands there is tentative. */
static struct own_claim *claim_for_plain(struct reservation *reservation, const char *name,
                                         size_t name_len, const struct password_hash *hash)
{
    const struct claim_record *winner = winner_of(reservation, name, name_len);
    struct own_claim *own = NULL;
    struct claim claim = {
        .name = name,
        .name_len = name_len,
        .hash = *hash,
        .stamp = {reservation->calls.wall_ms(reservation->calls.context), reservation->self->name},
        .state = CLAIM_OPEN,
    };
    if (winner && winner->claim.state == CLAIM_OPEN)
        claim.stamp = winner->claim.stamp;
    return own_put(reservation, &claim, &own) == 0 ? own : NULL;
}

/* Makes a claim of this node stand for a peer, in the way of no open claim with another hash. An
 * open of our own clients that is still voted on has to go. */
static void hold(struct reservation *reservation, const char *peer, const struct name_copy *name,
                 const struct password_hash *hash)
{
    struct own_claim *own = own_find(reservation, name->bytes, name->len);
    bool is_refused = own && !password_hash_equals(&own->record->claim.hash, hash);
    bool was_local = own && own->is_local;
    if (is_refused) {
        assert(own->record->claim.state == CLAIM_TENTATIVE);
        own_drop(reservation, own);
        own = NULL;
    }
    if (!own)
        own = claim_for_plain(reservation, name->bytes, name->len, hash);
    if (own && set(reservation, peer, name->bytes, name->len, hash, PLAIN_HELD))
        own->holds++;
    else if (own && !own->is_local)
        own_drop(reservation, own);
    if (is_refused && was_local)
        reservation->calls.refused(reservation->calls.context, name->bytes, name->len,
                                   REASON_INVALID_PASSWORD);
    own = own_find(reservation, name->bytes, name->len);
    if (own && own->record->claim.state == CLAIM_TENTATIVE)
        own_promote(reservation, own, &own->record->claim.stamp, false);
}

bool reservation_plain_reserve(struct reservation *reservation, const char *peer, const char *name,
                               size_t name_len, const struct password_hash *hash, bool is_beside)
{
    struct name_copy copy = name_copy_of(name, name_len);
    const struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    bool has_left = said && said->state == PLAIN_LEFT;
    if (said && said->state == PLAIN_HELD) {
        if (password_hash_equals(&said->hash, hash))
            return true;
        unhold(reservation, said);
    }
    const struct claim_record *winner = winner_of(reservation, name, name_len);
    if (is_held_by_another(winner, hash)) {
        (void)set(reservation, peer, name, name_len, hash, is_beside ? PLAIN_LOST : PLAIN_HEARD);
        mend_open(reservation, name, name_len, hash); /* the others believed it */
        return false;
    }
    if (!is_beside || (winner && winner->claim.state == CLAIM_OPEN)) {
        (void)set(reservation, peer, name, name_len, hash, PLAIN_HEARD);
        return true;
    }
    hold(reservation, peer, &copy, hash);
    if (has_left) /* perhaps it only gave back what another had open a moment ago */
        tell_unreserve(reservation, peer, copy.bytes, copy.len);
    return true;
}

static bool is_open_here(const struct reservation *reservation, const char *name, size_t name_len)
{
    const struct own_claim *own = own_find(reservation, name, name_len);
    return own && own->record->claim.state == CLAIM_OPEN;
}

bool reservation_plain_freed(struct reservation *reservation, const char *name, size_t name_len)
{
    plain_freed(reservation, name, name_len);
    return !is_open_here(reservation, name, name_len);
}

bool reservation_plain_unreserve(struct reservation *reservation, const char *peer,
                                 const char *name, size_t name_len)
{
    const struct password_hash none = {0};
    const struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    if (said && said->state == PLAIN_HELD)
        unhold(reservation, said);
    (void)set(reservation, peer, name, name_len, &none, PLAIN_LEFT);
    plain_freed(reservation, name, name_len);
    const struct claim_record *winner = winner_of(reservation, name, name_len);
    if (winner) /* the others believed it */
        plain_mend(reservation, &winner->claim, true);
    return !is_open_here(reservation, name, name_len);
}

void reservation_plain_listed(struct reservation *reservation, const char *peer, const char *name,
                              size_t name_len, const struct password_hash *hash, bool is_certain)
{
    const struct claim_record *winner = winner_of(reservation, name, name_len);
    if (winner && !is_held_by_another(winner, hash))
        return;
    if (!winner && !is_certain) {
        struct name_copy copy = name_copy_of(name, name_len);
        hold(reservation, peer, &copy, hash);
        struct plain_claim *said =
            plain_claims_find(&reservation->plain, peer, copy.bytes, copy.len);
        if (said && said->state == PLAIN_HELD)
            said->is_listed = true;
        return;
    }
    (void)set(reservation, PLAIN_ALL, name, name_len, hash, PLAIN_ASKED);
    tell_unreserve(reservation, peer, name, name_len);
    if (winner)
        tell_reserve(reservation, peer, name, name_len, &winner->claim.hash);
}

void plain_freed(struct reservation *reservation, const char *name, size_t name_len)
{
    struct name_copy copy = name_copy_of(name, name_len);
    struct plain_claim *held =
        plain_claims_first(&reservation->plain, copy.bytes, copy.len, PLAIN_HELD);
    if (!held || !held->is_listed)
        return;
    unhold(reservation, held);
    plain_claims_remove(&reservation->plain, held);
}

void plain_tell_open(struct reservation *reservation, const struct claim *claim)
{
    struct list *links = &reservation->links;
    for (struct list *at = links->next; at != links; at = at->next) {
        const struct reserve_link *link = list_entry(at, struct reserve_link, node);
        if (link->is_plain)
            tell_reserve(reservation, link->peer, claim->name, claim->name_len, &claim->hash);
    }
}

void reservation_plain_introduce(struct reservation *reservation, const char *peer)
{
    const struct claim_name *name = reservation->table.names;
    for (size_t told = 0; name && told < INTRODUCE_MAX; name = name->hh.next, told++) {
        if (name->winner && name->winner->claim.state == CLAIM_OPEN)
            tell_reserve(reservation, peer, name->bytes, name->len, &name->winner->claim.hash);
    }
}

void reservation_plain_found(struct reservation *reservation, const char *peer, const char *name,
                             size_t name_len, const struct password_hash *hash)
{
    struct name_copy copy = name_copy_of(name, name_len);
    const struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    if (said && said->state == PLAIN_HELD) {
        if (password_hash_equals(&said->hash, hash))
            return;
        unhold(reservation, said);
    }
    const struct claim_record *winner = winner_of(reservation, copy.bytes, copy.len);
    if (is_held_by_another(winner, hash)) {
        struct plain_claim *lost = set(reservation, peer, copy.bytes, copy.len, hash, PLAIN_LOST);
        if (lost)
            lost->is_found = true;
    } else if (winner && winner->claim.state == CLAIM_OPEN)
        (void)set(reservation, peer, copy.bytes, copy.len, hash, PLAIN_HEARD);
    else
        hold(reservation, peer, &copy, hash);
}

void reservation_plain_looked(struct reservation *reservation, const char *peer)
{
    struct list *lasting = &reservation->plain.lasting;
    struct list *at = lasting->next;
    while (at != lasting) {
        struct plain_claim *said = list_entry(at, struct plain_claim, node);
        at = at->next;
        if (said->state != PLAIN_LOST || strcmp(said->peer, peer) != 0)
            continue;
        if (said->is_found)
            said->is_found = false;
        else
            plain_claims_remove(&reservation->plain, said);
    }
}

static void look(struct reservation *reservation, const char *peer)
{
    if (reservation->calls.look)
        reservation->calls.look(reservation->calls.context, peer);
}

/* It has clients there, with the hash that it said or that the name had. Joining is silent, so
 * where it said none, or lost the name, this is a guess: what is open, or was. What was only voted
 * on it may have refused itself. The peer is asked for its list in any case. */
static void still_open(struct reservation *reservation, const char *peer, const char *name,
                       size_t name_len)
{
    struct name_copy copy = name_copy_of(name, name_len);
    const struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    if (said && said->state == PLAIN_HELD)
        return;
    if (!said || said->state != PLAIN_HEARD)
        look(reservation, peer);
    if (!said || said->state == PLAIN_LEFT)
        said = plain_claims_find(&reservation->plain, PLAIN_ALL, name, name_len);
    if (!said)
        return;
    const struct claim_record *winner = winner_of(reservation, name, name_len);
    bool is_open = winner && winner->claim.state == CLAIM_OPEN;
    if (!is_open && said->state == PLAIN_TRIED && reservation->calls.look)
        return;
    struct password_hash hash =
        is_open && said->state == PLAIN_TRIED ? winner->claim.hash : said->hash;
    if (is_held_by_another(winner, &hash))
        (void)set(reservation, peer, name, name_len, &hash, PLAIN_LOST);
    else if (is_open)
        (void)set(reservation, peer, name, name_len, &hash, PLAIN_HEARD);
    else
        hold(reservation, peer, &copy, &hash);
}

static void not_open(struct reservation *reservation, const char *peer, const char *name,
                     size_t name_len)
{
    struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    if (!said || said->state == PLAIN_LEFT)
        return;
    struct password_hash hash = said->hash;
    bool was_held = said->state == PLAIN_HELD;
    if (was_held)
        unhold(reservation, said);
    plain_claims_remove(&reservation->plain, said);
    const struct claim_record *winner = winner_of(reservation, name, name_len);
    if (!winner && !was_held) /* the others believed it */
        mend_open(reservation, name, name_len, &hash);
    else if (winner && winner->claim.state == CLAIM_OPEN) /* which it has just forgotten */
        tell_reserve(reservation, peer, name, name_len, &winner->claim.hash);
}

/* Whether to ask a peer for what it said. What was only heard has a claim somewhere, or else was
 * never meant. */
static bool is_doubtful(const struct reservation *reservation, const struct plain_claim *said)
{
    if (said->is_listed || !electorate_has_alive(&reservation->electorate, said->peer))
        return false;
    if (now_of(reservation) - said->audited_ms < said->rest_ms)
        return false;
    return said->state != PLAIN_HEARD ||
           !winner_of(reservation, said->name->bytes, said->name->len);
}

void plain_audit(struct reservation *reservation)
{
    struct list *lasting = &reservation->plain.lasting;
    const struct list *last = lasting->prev;
    for (unsigned i = 0; i < AUDIT_AT_ONCE && !list_is_empty(lasting); i++) {
        struct list *first = list_shift(lasting);
        struct plain_claim *said = list_entry(first, struct plain_claim, node);
        list_append(lasting, first);
        if (is_doubtful(reservation, said)) {
            said->audited_ms = now_of(reservation);
            tell_unreserve(reservation, said->peer, said->name->bytes, said->name->len);
        }
        if (first == last)
            break;
    }
}

/* A peer that says again and again that a name stands is asked ever more rarely. */
static void rest(struct reservation *reservation, const char *peer, const struct name_copy *name)
{
    struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name->bytes, name->len);
    if (!said)
        return;
    uint64_t rest_ms = said->rest_ms ? 2 * said->rest_ms : 2 * (uint64_t)RESERVE_DIGEST_MS;
    said->rest_ms = rest_ms < AUDIT_REST_MAX_MS ? rest_ms : AUDIT_REST_MAX_MS;
}

/* An open of ours that this peer opposes, and that waits for its word. */
static struct own_claim *opposed_open(const struct reservation *reservation,
                                      const struct member *member, const char *name,
                                      size_t name_len)
{
    struct own_claim *own = own_find(reservation, name, name_len);
    bool is_opposed = own && member && !list_is_empty(&own->waiting) && own->is_asked &&
                      ballot_is_opposed_by(&own->ballot, member);
    return is_opposed ? own : NULL;
}

static void unreserve_answered(struct reservation *reservation, const char *peer, const char *name,
                               size_t name_len, bool is_ok)
{
    const struct member *member = electorate_find(&reservation->electorate, peer);
    struct own_claim *own = opposed_open(reservation, member, name, name_len);
    if (own && is_ok) {
        tell_reserve(reservation, peer, name, name_len, &own->record->claim.hash);
        ballot_settle(&own->ballot, member);
        own_count_votes(reservation, own);
    } else if (own) {
        own_refuse(reservation, own, REASON_INVALID_PASSWORD);
    } else if (is_ok) {
        not_open(reservation, peer, name, name_len);
    } else {
        still_open(reservation, peer, name, name_len);
    }
}

/* It takes the name for another's, so it has given up what it lost; who is there now joined. */
static void forgive(struct reservation *reservation, const char *peer, const struct name_copy *name)
{
    struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name->bytes, name->len);
    if (said && said->state == PLAIN_LOST)
        plain_claims_remove(&reservation->plain, said);
}

void reservation_plain_answer(struct reservation *reservation, const char *peer,
                              enum claim_command_kind kind, const char *name, size_t name_len,
                              bool is_ok)
{
    struct name_copy copy = name_copy_of(name, name_len);
    const struct claim_vote vote = {.name = copy.bytes, .name_len = copy.len, .is_ok = is_ok};
    if (kind == CLAIM_RESERVE && is_ok)
        forgive(reservation, peer, &copy);
    if (kind == CLAIM_RESERVE)
        reservation_vote(reservation, peer, &vote);
    else
        unreserve_answered(reservation, peer, copy.bytes, copy.len, is_ok);
    if (kind == CLAIM_UNRESERVE && !is_ok)
        rest(reservation, peer, &copy);
}

void plain_forget(struct reservation *reservation, const char *peer)
{
    struct list *lasting = &reservation->plain.lasting;
    struct list *at = lasting->next;
    while (at != lasting) {
        struct plain_claim *said = list_entry(at, struct plain_claim, node);
        at = at->next;
        if (strcmp(said->peer, peer) != 0)
            continue;
        if (said->state == PLAIN_HELD)
            unhold(reservation, said);
        plain_claims_remove(&reservation->plain, said);
    }
}

void plain_ask_opposed(struct reservation *reservation, const struct own_claim *own)
{
    const struct electorate *electorate = &reservation->electorate;
    const struct claim *claim = &own->record->claim;
    for (unsigned slot = 0; slot < electorate->slot_count; slot++) {
        const struct member *member = electorate->slots[slot];
        if (member && ballot_is_opposed_by(&own->ballot, member))
            tell_unreserve(reservation, member->name, claim->name, claim->name_len);
    }
}
