/* members.h — the nodes believed alive: those linked, and those of our kind that were heard of.
 *
 * A node of our kind says now and then that it lives (mesh.md: its own `have` row, every max(5 s,
 * n/50 s)); dead after three of these and 15 s. A plain one lives while a link with it stands. The
 * owner's storage: members_init, members_deinit. What changes is told at once, through `changed`,
 * which may call members_vouch. */
#ifndef WSRELAY_MESH_MEMBERS_H
#define WSRELAY_MESH_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "base/hash.h"
#include "hooks.h"

#define MEMBERS_MAX 4096
#define MEMBER_DEAD_MS 15000 /* the least */

struct tree;

struct membership {
    UT_hash_handle hh;
    bool is_plain;
    unsigned links;
    bool is_vouched; /* a plain one's: it stands on a roster (plain_rosters.h) */
    uint64_t heard_ms;
    char name[];
};

struct members {
    struct hash_key key;
    struct membership *head; /* uthash's */
    size_t plain_count;
    void (*changed)(void *context, const char *node, bool is_plain, bool is_alive);
    void *context;
};

void members_init(struct members *members, const struct hash_key *key,
                  void (*changed)(void *context, const char *node, bool is_plain, bool is_alive),
                  void *context);
/* Tells nothing. */
void members_deinit(struct members *members);

/* A link with it stands. RELAY_EFULL, RELAY_ENOMEM: it is not known. */
int members_link_up(struct members *members, struct text node, bool is_plain,
                    uint64_t now_ms) RELAY_MUST_USE;
void members_link_down(struct members *members, struct text node, uint64_t now_ms);

/* A plain peer stands on a roster from now on, or on none any more. */
void members_vouch(struct members *members, struct text peer, bool is_vouched);

/* A node of our kind said that it ends: it is dead at once. Its links are the owner's to close. */
void members_leave(struct members *members, struct text node);

/* A node of our kind was heard of at that time, which may be past. */
void members_heard(struct members *members, struct text node, uint64_t heard_ms, uint64_t now_ms);

/* Looks who was not heard of for too long. */
void members_expire(struct members *members, uint64_t now_ms);

/* NULL when it is not believed alive. */
const struct membership *members_find(const struct members *members, struct text node);

static inline size_t members_count(const struct members *members)
{
    return HASH_COUNT(members->head);
}

#endif
