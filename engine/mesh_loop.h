/* mesh_loop.h — runs a mesh on the engine's loop: its time, its dials, the scripts that answer its
 * commands, and the host's figures.
 *
 * A part of engine.c, its storage: mesh_loop_open, mesh_loop_close, and when the loop has run out
 * mesh_loop_deinit. */
#ifndef WSRELAY_MESH_LOOP_H
#define WSRELAY_MESH_LOOP_H

#include <uv.h>

#include "host/host_network.h"
#include "mesh/mesh.h"
#include "script/script.h"
#include "socket/sockets.h"

struct mesh_loop {
    uv_loop_t *loop;
    uv_prepare_t prepare; /* before every wait of the loop: when is the mesh due next */
    uv_timer_t timer;
    uv_timer_t host_timer;
    uv_timer_t rescope_timer; /* runs after a reload, until every channel was asked about */
    struct relay *relay;
    struct mesh *mesh;
    struct sockets *sockets; /* NULL until they are open */
    struct script *script;   /* the generation that serves */
    struct host_network network;
    const struct script_calls *calls; /* for the scripts; NULL: there are none */
};

/* Makes the mesh of a configuration. The relay is ready. RELAY_ENOMEM. */
int mesh_loop_open(struct mesh_loop *mesh_loop, uv_loop_t *loop, struct relay *relay,
                   const struct config *config, const struct hash_key *key) RELAY_MUST_USE;
/* From now on the mesh can dial, and nodes may connect. */
void mesh_loop_connect(struct mesh_loop *mesh_loop, struct sockets *sockets);
/* Takes a new generation's configuration. RELAY_ENOMEM: the old one stands. */
int mesh_loop_configure(struct mesh_loop *mesh_loop, const struct config *config) RELAY_MUST_USE;
/* From now on `script` answers; NULL: nobody. */
void mesh_loop_serve(struct mesh_loop *mesh_loop, struct script *script);
/* What scripts act upon, as far as it is here. */
struct script_world mesh_loop_world(const struct mesh_loop *mesh_loop);
/* Its handles close. */
void mesh_loop_close(struct mesh_loop *mesh_loop);
/* Connections and scripts are gone. */
void mesh_loop_deinit(struct mesh_loop *mesh_loop);

#endif
