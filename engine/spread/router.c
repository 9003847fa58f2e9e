/* router.c — see router.h. */
#include "spread/router.h"

#include <string.h>

#define PATIENCE_MIN_MS 500
#define PATIENCE_MAX_MS 2000

void router_init(struct router *router, const struct router_owner *owner, struct clock clock,
                 struct tree *tree, struct text name)
{
    *router = (struct router){.owner = *owner, .clock = clock, .tree = tree, .name = name};
}

void route_nonce(char out[ROUTE_NONCE_LEN + 1], enum route_attempt attempt,
                 const unsigned char random[ROUTE_RANDOM_LEN])
{
    static const char digits[] = "0123456789abcdef";
    out[0] = attempt == ROUTE_FLOOD ? 'f' : 'd';
    for (unsigned i = 0; i < ROUTE_RANDOM_LEN; i++) {
        out[1 + 2 * i] = digits[random[i] >> 4];
        out[2 + 2 * i] = digits[random[i] & 15];
    }
    out[ROUTE_NONCE_LEN] = '\0';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_flood(struct text nonce)
{
    if (nonce.len != ROUTE_NONCE_LEN || nonce.at[0] != 'f')
        return false;
    for (size_t i = 1; i < nonce.len; i++) {
        if (!is_hex(nonce.at[i]))
            return false;
    }
    return true;
}

static bool is_self(const struct router *router, struct text name)
{
    return name.len == router->name.len && memcmp(name.at, router->name.at, name.len) == 0;
}

static bool is_usable(const struct router *router, unsigned link, unsigned but)
{
    return link != but && tree_link_is_up(router->tree, link);
}

unsigned router_next(const struct router *router, struct text destination, unsigned but)
{
    unsigned link = router->owner.direct(router->owner.context, destination);
    if (is_usable(router, link, but))
        return link;
    if (router->owner.choose)
        link = router->owner.choose(router->owner.context, destination);
    if (is_usable(router, link, but))
        return link;
    link = tree_parent(router->tree, destination);
    if (is_usable(router, link, but))
        return link;
    return tree_nearest(router->tree, destination, but);
}

/* To all links but one; how many. */
static unsigned flood(struct router *router, unsigned but, struct packet *packet)
{
    unsigned count = 0;
    for (unsigned link = 0; link < tree_link_count(router->tree); link++) {
        if (!is_usable(router, link, but))
            continue;
        router->owner.forward(router->owner.context, link, packet);
        count++;
    }
    router->counters.flooded += count > 0;
    router->counters.stuck += count == 0;
    return count;
}

static unsigned route(struct router *router, unsigned from, struct packet *packet)
{
    unsigned link = is_flood(packet->head.nonce)
                        ? LINK_NONE
                        : router_next(router, packet->head.destination, from);
    if (link == LINK_NONE)
        return flood(router, from, packet);
    router->counters.routed++;
    router->owner.forward(router->owner.context, link, packet);
    return 1;
}

unsigned router_send(struct router *router, struct packet *packet, enum route_attempt attempt)
{
    if (attempt == ROUTE_BEST)
        return route(router, LINK_NONE, packet);
    return flood(router, LINK_NONE, packet);
}

enum route_verdict router_receive(struct router *router, unsigned link, struct packet *packet)
{
    if (is_self(router, packet->head.source) ||
        !seen_add(tree_seen(router->tree), &packet->head, clock_ms(&router->clock))) {
        router->counters.seen++;
        return ROUTE_SEEN;
    }
    if (is_self(router, packet->head.destination))
        return ROUTE_MINE;
    route(router, link, packet);
    return ROUTE_PASSED;
}

uint32_t router_patience_ms(const struct router *router, struct text destination)
{
    uint64_t dist_ms = tree_dist_ms(router->tree, destination);
    uint64_t patience_ms = 4 * dist_ms + 200;
    if (dist_ms == DIST_UNKNOWN || patience_ms > PATIENCE_MAX_MS)
        return PATIENCE_MAX_MS;
    return patience_ms < PATIENCE_MIN_MS ? PATIENCE_MIN_MS : (uint32_t)patience_ms;
}
