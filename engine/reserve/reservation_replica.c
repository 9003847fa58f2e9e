/* reservation_replica.c — what other nodes own: told by them in order, weighed, voted on,
 * forgotten; and what that means for a message. */
#include <assert.h>
#include <string.h>

#include "reserve/reservation_state.h"

bool replica_is_fine(const struct reservation *reservation, const struct claim *claim)
{
    const struct claim_record *winner =
        claim_table_winner(&reservation->table, claim->name, claim->name_len);
    return !winner || !claim_beats(&winner->claim, claim);
}

int replica_learn(struct reservation *reservation, struct claim_owner *owner,
                  const struct claim *claim, uint64_t version)
{
    struct claim_record *record;
    int err = claim_table_put(&reservation->table, owner, claim, version, &record);
    if (err)
        claim_owner_missed(owner, version);
    else
        own_weigh(reservation, claim->name, claim->name_len);
    return err;
}

void replica_drop(struct reservation *reservation, struct claim_record *record, bool is_told)
{
    struct name_copy name = name_copy_of(record->claim.name, record->claim.name_len);
    struct claim gone = record->claim;
    gone.name = name.bytes;
    claim_table_remove(&reservation->table, record);
    plain_mend(reservation, &gone, is_told);
    own_weigh(reservation, name.bytes, name.len);
}

static void drop_all(struct reservation *reservation, struct claim_owner *owner)
{
    assert(owner != reservation->self);
    while (!list_is_empty(&owner->records))
        replica_drop(reservation, list_entry(owner->records.next, struct claim_record, by_owner),
                     false);
}

void replica_restart(struct reservation *reservation, struct claim_owner *owner, uint64_t boot)
{
    drop_all(reservation, owner);
    claim_owner_restart(owner, boot);
}

static void forget(struct reservation *reservation, struct member *member)
{
    struct claim_owner *owner = claim_table_owner(&reservation->table, member->name);
    if (owner) {
        drop_all(reservation, owner);
        level_forget(reservation, owner);
        claim_table_forget_owner(&reservation->table, owner);
    }
    plain_forget(reservation, member->name); /* it may have been taken for a plain one */
    electorate_forget(&reservation->electorate, member);
}

static struct member *find_dead(const struct reservation *reservation, uint64_t now_ms)
{
    for (struct member *member = reservation->electorate.members; member;
         member = member->hh.next) {
        if (!member->is_alive && now_ms - member->down_ms >= RESERVE_GRACE_MS)
            return member;
    }
    return NULL;
}

void replica_forget_dead(struct reservation *reservation)
{
    uint64_t now_ms = now_of(reservation);
    struct member *member;
    while ((member = find_dead(reservation, now_ms)))
        forget(reservation, member);
}

/* Takes over what a command says. False when it was known already. */
static bool take_command(struct reservation *reservation, struct claim_owner *owner,
                         const struct claim_command *command)
{
    struct claim_record *record =
        claim_table_find(&reservation->table, owner, command->name, command->name_len);
    bool is_drop = command->kind == CLAIM_UNRESERVE || command->is_released;
    if ((record && record->version >= command->version) || (is_drop && !record))
        return false;
    if (!is_drop)
        (void)!replica_learn(reservation, owner, &command->claim, command->version);
    else
        replica_drop(reservation, record, command->kind == CLAIM_UNRESERVE);
    return true;
}

/* A digest had outrun the command, but the plain peers beside this node hear it only now. */
static void mend_late(struct reservation *reservation, const struct claim_command *command)
{
    const struct claim_record *winner =
        claim_table_winner(&reservation->table, command->name, command->name_len);
    struct claim gone = {.name = command->name,
                         .name_len = command->name_len,
                         .hash = command->hash,
                         .state = command->is_released ? CLAIM_OPEN : command->claim.state};
    if (command->kind == CLAIM_RESERVE)
        plain_mend(reservation, &gone, false);
    else if (winner)
        plain_mend(reservation, &winner->claim, true);
}

/* The vote is cast also when a digest brought the claim before: its owner waits for it. */
enum claim_verdict reservation_command(struct reservation *reservation, const char *from,
                                       const struct claim_command *command)
{
    if (!command->has_claim || !electorate_has_alive(&reservation->electorate, from))
        return CLAIM_NO_VOTE;
    struct claim_owner *owner = claim_table_add_owner(&reservation->table, from);
    if (!owner || owner == reservation->self || owner->boot > command->boot)
        return CLAIM_NO_VOTE;
    if (owner->boot < command->boot)
        replica_restart(reservation, owner, command->boot);
    bool is_news = command->version > owner->known;
    if (claim_owner_saw(owner, command->version))
        level_with_any(reservation);
    if (!is_news || !take_command(reservation, owner, command))
        mend_late(reservation, command);
    if (command->kind == CLAIM_UNRESERVE || command->is_released)
        plain_freed(reservation, command->name, command->name_len);
    bool is_asked = command->kind == CLAIM_RESERVE && !command->is_released &&
                    command->claim.state == CLAIM_TENTATIVE;
    if (!is_asked)
        return CLAIM_NO_VOTE;
    return replica_is_fine(reservation, &command->claim) ? CLAIM_VOTES_YES : CLAIM_VOTES_NO;
}

bool reservation_delivers(const struct reservation *reservation, const char *source, bool is_plain,
                          const char *name, size_t name_len, const char *tag, size_t tag_len)
{
    const struct own_claim *own = own_find(reservation, name, name_len);
    if (!own || own->record->claim.state != CLAIM_OPEN)
        return false;
    const struct password_hash *hash = &own->record->claim.hash;
    if (!is_plain || tag_len > 0)
        return claim_tag_matches(hash, tag, tag_len);
    const struct plain_claim *said = plain_claims_find(&reservation->plain, source, name, name_len);
    return !said || said->state == PLAIN_LEFT || password_hash_equals(&said->hash, hash);
}

bool reservation_takes_from(const struct reservation *reservation, const char *peer,
                            const char *name, size_t name_len)
{
    const struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    return !said || said->state != PLAIN_LOST;
}

/* What the channel's hash is where a plain source sends: what it said, or else what is open, for
 * joining is silent. NULL: nobody knows. */
static const struct password_hash *hash_at(const struct reservation *reservation,
                                           const char *source, const char *name, size_t name_len)
{
    const struct plain_claim *said = plain_claims_find(&reservation->plain, source, name, name_len);
    if (said && said->state != PLAIN_LEFT)
        return &said->hash;
    const struct claim_record *winner = claim_table_winner(&reservation->table, name, name_len);
    return winner && winner->claim.state == CLAIM_OPEN ? &winner->claim.hash : NULL;
}

bool reservation_gives_to(const struct reservation *reservation, const char *peer,
                          const char *source, bool is_plain, const char *name, size_t name_len,
                          const char *tag, size_t tag_len)
{
    const struct plain_claim *said = plain_claims_find(&reservation->plain, peer, name, name_len);
    if (!said || said->state == PLAIN_LEFT)
        return true;
    if (!is_plain || tag_len > 0)
        return claim_tag_matches(&said->hash, tag, tag_len);
    const struct password_hash *hash = hash_at(reservation, source, name, name_len);
    return !hash || password_hash_equals(hash, &said->hash);
}
