/* mesh_holds.c — names that this node holds without a subscriber, because a script reserved them.
 */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"
#include "relay/uplink.h"

#define HOLDS_MAX 10000

struct hold {
    UT_hash_handle hh;
    bool stands;                                     /* the network agreed */
    void (*done)(void *context, const char *reason); /* NULL: nobody waits any more */
    void *context;
    size_t name_len;
    char name[];
};

static struct hold *find(const struct mesh *mesh, struct text name)
{
    struct hold *found;
    unsigned hash = hash_bytes(&mesh->key, name.at, name.len);
    HASH_FIND_BYHASHVALUE(hh, mesh->holds, name.at, name.len, hash, found);
    return found;
}

static struct hold *add(struct mesh *mesh, struct text name)
{
    if (HASH_COUNT(mesh->holds) >= HOLDS_MAX)
        return NULL;
    struct hold *hold = calloc(1, sizeof(*hold) + name.len);
    if (!hold)
        return NULL;
    hold->name_len = name.len;
    memcpy(hold->name, name.at, name.len);
    unsigned hash = hash_bytes(&mesh->key, name.at, name.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, mesh->holds, hold->name, name.len, hash, hold);
    if (hold->hh.tbl)
        return hold;
    free(hold);
    return NULL;
}

static void forget(struct mesh *mesh, struct hold *hold)
{
    HASH_DEL(mesh->holds, hold);
    free(hold);
}

/* Nobody needs the name any more, unless clients do. */
static void release(struct mesh *mesh, struct text name)
{
    if (relay_subscribers(mesh->relay, name) == 0)
        reservation_release(mesh->reservation, name.at, name.len);
}

/* What was asked for is not what the name is open with. A claim that was made for it goes. */
static void give_up(struct mesh *mesh, struct hold *hold)
{
    char bytes[CHANNEL_NAME_MAX];
    struct text name = {bytes, hold->name_len};
    memcpy(bytes, hold->name, hold->name_len);
    forget(mesh, hold);
    release(mesh, name);
}

static int open_hold(struct mesh *mesh, struct hold *hold, const struct password_hash *hash)
{
    struct password_hash held = *hash;
    switch (reservation_open(mesh->reservation, hold->name, hold->name_len, &held)) {
    case RESERVE_GRANTED: /* one without a password takes any */
        return password_hash_equals(&held, hash) ? 1 : RELAY_EINVAL;
    case RESERVE_WAITS:
        return 0;
    case RESERVE_REFUSED:
        return RELAY_EINVAL;
    case RESERVE_BUSY:
        break;
    }
    return RELAY_EFULL;
}

int mesh_reserve(struct mesh *mesh, struct text name, const struct password_hash *hash,
                 void (*done)(void *context, const char *reason), void *context)
{
    struct hold *hold = find(mesh, name);
    bool is_new = !hold;
    if (hold && !hold->stands)
        return RELAY_EFULL;
    relay_join(mesh->relay, &mesh->uplink);
    if (is_new && !(hold = add(mesh, name)))
        return RELAY_EFULL;
    int err = open_hold(mesh, hold, hash);
    if (err == 0) {
        hold->done = done;
        hold->context = context;
    }
    if (err < 0 && is_new)
        give_up(mesh, hold);
    else
        hold->stands = err != 0;
    return err;
}

void mesh_reserve_cancel(struct mesh *mesh, void *context)
{
    for (struct hold *hold = mesh->holds; hold; hold = hold->hh.next)
        if (hold->context == context)
            hold->done = NULL;
}

bool mesh_unreserve(struct mesh *mesh, struct text name)
{
    struct hold *hold = find(mesh, name);
    if (!hold || !hold->stands)
        return false;
    forget(mesh, hold);
    release(mesh, name);
    return true;
}

bool mesh_holds(const struct mesh *mesh, struct text name)
{
    return find(mesh, name) != NULL;
}

static void settle(struct hold *hold, const char *reason)
{
    void (*done)(void *, const char *) = hold->done;
    hold->done = NULL;
    if (done)
        done(hold->context, reason);
}

void mesh_hold_granted(struct mesh *mesh, struct text name)
{
    struct hold *hold = find(mesh, name);
    if (!hold || hold->stands)
        return;
    hold->stands = true;
    settle(hold, NULL);
}

void mesh_hold_lost(struct mesh *mesh, struct text name, const char *reason)
{
    struct hold *hold = find(mesh, name);
    if (!hold)
        return;
    HASH_DEL(mesh->holds, hold);
    if (hold->stands)
        log_warn(mesh->log, "reservation lost", LOG_STRN("channel", hold->name, hold->name_len));
    settle(hold, reason);
    free(hold);
}

void mesh_holds_deinit(struct mesh *mesh)
{
    struct hold *hold, *next;
    HASH_ITER(hh, mesh->holds, hold, next)
    {
        settle(hold, "cancelled");
        forget(mesh, hold);
    }
}
