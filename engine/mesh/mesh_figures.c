/* mesh_figures.c — see mesh_figures.h. */
#include "mesh/mesh_figures.h"

#include "mesh/mesh_state.h"

struct mesh_figures mesh_figures(struct mesh *mesh)
{
    const struct claim_table *claims = mesh_claims(mesh);
    const struct claim_owner *self = claim_table_owner(claims, mesh->name);
    size_t own = self ? self->count : 0;
    size_t tentative = reservation_waiting(mesh->reservation);
    return (struct mesh_figures){
        .counters = *mesh_counters(mesh),
        .tree = *tree_counters(mesh->tree),
        .router = mesh->router.counters,
        .nodes = members_count(&mesh->members),
        .queued_bytes = mesh->queued_bytes,
        .requests_waiting = mesh->requests.count,
        .tree_sources = tree_source_count(mesh->tree),
        .tree_held = tree_held(mesh->tree),
        .claims_held = own - tentative,
        .claims_tentative = tentative,
        .claims_replicated = claims->count - own,
    };
}
