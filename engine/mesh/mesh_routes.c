/* mesh_routes.c — policies/routing.lua next_hop, asked once for a destination and remembered until
 * the routes change. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"

#define ROUTES_MAX 64 /* that the policy is told of */
#define REMEMBERED_MAX 4096

static struct chosen_route *find(const struct mesh *mesh, struct text destination)
{
    struct chosen_route *found;
    unsigned hash = hash_bytes(&mesh->key, destination.at, destination.len);
    HASH_FIND_BYHASHVALUE(hh, mesh->routes, destination.at, destination.len, hash, found);
    return found;
}

void mesh_routes_deinit(struct mesh *mesh)
{
    struct chosen_route *route, *next;
    HASH_ITER(hh, mesh->routes, route, next)
    {
        HASH_DEL(mesh->routes, route);
        free(route);
    }
}

void mesh_routes_changed(struct mesh *mesh)
{
    mesh->routes_version++;
    if (HASH_COUNT(mesh->routes) >= REMEMBERED_MAX)
        mesh_routes_deinit(mesh);
}

static struct chosen_route *add(struct mesh *mesh, struct text destination)
{
    if (HASH_COUNT(mesh->routes) >= REMEMBERED_MAX)
        return NULL;
    struct chosen_route *route = calloc(1, sizeof(*route) + destination.len);
    if (!route)
        return NULL;
    memcpy(route->name, destination.at, destination.len);
    unsigned hash = hash_bytes(&mesh->key, destination.at, destination.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, mesh->routes, route->name, destination.len, hash, route);
    if (route->hh.tbl)
        return route;
    free(route);
    return NULL;
}

/* The slot that the policy picks among the links. */
static unsigned ask(struct mesh *mesh, struct text destination)
{
    struct route routes[ROUTES_MAX];
    unsigned slots[ROUTES_MAX];
    size_t count = 0;
    unsigned fastest = tree_parent(mesh->tree, destination);
    for (unsigned slot = 0; slot < mesh->slot_count && count < ROUTES_MAX; slot++) {
        const struct link *link = mesh_slot(mesh, slot);
        if (!link)
            continue;
        slots[count] = slot;
        routes[count++] = (struct route){
            .peer = link_name(link),
            .latency_ms = link->rtt_ms,
            .hops = text_equals(link_name(link), destination) ? 1 : 0,
            .is_fastest = slot == fastest,
        };
    }
    const struct hooks *hooks = &mesh->relay->hooks;
    int chosen = hooks->routing_next_hop(hooks->context, destination, routes, count);
    return chosen >= 0 && (size_t)chosen < count ? slots[chosen] : LINK_NONE;
}

unsigned mesh_choose_route(void *context, struct text destination)
{
    struct mesh *mesh = context;
    if (!mesh->relay->hooks.routing_next_hop)
        return LINK_NONE;
    struct chosen_route *route = find(mesh, destination);
    if (route && route->version == mesh->routes_version)
        return route->slot;
    unsigned slot = ask(mesh, destination);
    if (!route)
        route = add(mesh, destination);
    if (route) {
        route->version = mesh->routes_version;
        route->slot = slot;
    }
    return slot;
}
