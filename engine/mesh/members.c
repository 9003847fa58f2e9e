/* members.c — see members.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "mesh/members.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BEAT_MIN_MS 5000
#define BEAT_MS_A_NODE 20 /* n / 50 s */
#define BEATS_MISSED 3

void members_init(struct members *members, const struct hash_key *key,
                  void (*changed)(void *context, const char *node, bool is_plain, bool is_alive),
                  void *context)
{
    *members = (struct members){.key = *key, .changed = changed, .context = context};
}

void members_deinit(struct members *members)
{
    struct membership *member, *next;
    HASH_ITER(hh, members->head, member, next)
    {
        HASH_DEL(members->head, member);
        free(member);
    }
}

static struct membership *find(const struct members *members, struct text node)
{
    struct membership *found;
    unsigned hash = hash_bytes(&members->key, node.at, node.len);
    HASH_FIND_BYHASHVALUE(hh, members->head, node.at, node.len, hash, found);
    return found;
}

const struct membership *members_find(const struct members *members, struct text node)
{
    return find(members, node);
}

static struct membership *add(struct members *members, struct text node, bool is_plain)
{
    if (members_count(members) >= MEMBERS_MAX)
        return NULL;
    struct membership *member = calloc(1, sizeof(*member) + node.len + 1);
    if (!member)
        return NULL;
    member->is_plain = is_plain;
    memcpy(member->name, node.at, node.len);
    unsigned hash = hash_bytes(&members->key, node.at, node.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, members->head, member->name, node.len, hash, member);
    if (!member->hh.tbl) {
        free(member);
        return NULL;
    }
    members->plain_count += is_plain;
    members->changed(members->context, member->name, is_plain, true);
    return member;
}

static void drop(struct members *members, struct membership *member)
{
    HASH_DEL(members->head, member);
    members->plain_count -= member->is_plain;
    members->changed(members->context, member->name, member->is_plain, false);
    free(member);
}

int members_link_up(struct members *members, struct text node, bool is_plain, uint64_t now_ms)
{
    struct membership *member = find(members, node);
    if (member && member->is_plain != is_plain) {
        struct membership before = *member;
        drop(members, member);
        member = add(members, node, is_plain);
        if (member) {
            member->links = before.links;
            member->is_vouched = before.is_vouched;
        }
    } else if (!member) {
        member = add(members, node, is_plain);
    }
    if (!member)
        return members_count(members) >= MEMBERS_MAX ? RELAY_EFULL : RELAY_ENOMEM;
    member->links++;
    member->heard_ms = now_ms;
    return 0;
}

void members_link_down(struct members *members, struct text node, uint64_t now_ms)
{
    struct membership *member = find(members, node);
    if (!member || member->links == 0)
        return;
    member->links--;
    member->heard_ms = now_ms;
    if (member->links == 0 && member->is_plain && !member->is_vouched)
        drop(members, member);
}

void members_vouch(struct members *members, struct text peer, bool is_vouched)
{
    struct membership *member = find(members, peer);
    if (!member && is_vouched)
        member = add(members, peer, true);
    if (!member)
        return;
    member->is_vouched = is_vouched;
    if (member->is_plain && member->links == 0 && !is_vouched)
        drop(members, member);
}

void members_leave(struct members *members, struct text node)
{
    struct membership *member = find(members, node);
    if (member && !member->is_plain)
        drop(members, member);
}

/* After so long a silence a node is dead. */
static uint64_t dead_ms(const struct members *members)
{
    uint64_t beat_ms = (uint64_t)members_count(members) * BEAT_MS_A_NODE;
    uint64_t silence_ms = BEATS_MISSED * (beat_ms > BEAT_MIN_MS ? beat_ms : BEAT_MIN_MS);
    return silence_ms > MEMBER_DEAD_MS ? silence_ms : MEMBER_DEAD_MS;
}

void members_heard(struct members *members, struct text node, uint64_t heard_ms, uint64_t now_ms)
{
    struct membership *member = find(members, node);
    if (!member && now_ms - heard_ms < dead_ms(members))
        member = add(members, node, false);
    if (member && member->heard_ms < heard_ms)
        member->heard_ms = heard_ms;
}

static bool is_silent(const struct membership *member, uint64_t silence_ms, uint64_t now_ms)
{
    return member->links == 0 && !member->is_plain && now_ms - member->heard_ms >= silence_ms;
}

/* From the start again after each, for others may have gone with it. */
void members_expire(struct members *members, uint64_t now_ms)
{
    uint64_t silence_ms = dead_ms(members);
    struct membership *member = members->head;
    while (member) {
        bool is_dead = is_silent(member, silence_ms, now_ms);
        if (is_dead)
            drop(members, member);
        member = is_dead ? members->head : member->hh.next;
    }
}
