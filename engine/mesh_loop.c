/* mesh_loop.c — see mesh_loop.h. */
#include "mesh_loop.h"

#include <stdlib.h>
#include <time.h>

#include "crypto/random.h"
#include "host/host_linux.h"
#include "relay/rescope.h"
#include "socket/dialer.h"

#define RESCOPED_A_TURN 200

static uint64_t now_us(void *context)
{
    (void)context;
    return uv_hrtime() / 1000;
}

static uint64_t wall_ms(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Without random numbers nothing here is safe: OpenSSL's generator fails only when the system's
 * does. */
static void random_fill(void *context, void *bytes, size_t len)
{
    (void)context;
    if (random_bytes(bytes, len) != 0)
        abort();
}

static void dial(void *context, uint64_t number, const char *url, const char *token)
{
    struct mesh_loop *mesh_loop = context;
    dialer_dial(mesh_loop->sockets, number, url, token);
}

static void dial_cancel(void *context, uint64_t number)
{
    struct mesh_loop *mesh_loop = context;
    dialer_cancel(mesh_loop->sockets, number);
}

static void command(void *context, const struct mesh_command *command)
{
    struct mesh_loop *mesh_loop = context;
    if (mesh_loop->script)
        script_command(mesh_loop->script, command);
}

static void event(void *context, enum mesh_event event, const struct mesh_peer *peer)
{
    struct mesh_loop *mesh_loop = context;
    if (mesh_loop->script)
        script_event(mesh_loop->script, event, peer);
}

/* --- Time --- */

static void on_timer(uv_timer_t *timer)
{
    struct mesh_loop *mesh_loop = timer->data;
    mesh_tick(mesh_loop->mesh);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct mesh_loop *mesh_loop = prepare->data;
    uint64_t due_ms = mesh_due_ms(mesh_loop->mesh);
    uint64_t now_ms = uv_now(mesh_loop->loop);
    if (!mesh_loop->sockets || due_ms == UINT64_MAX)
        uv_timer_stop(&mesh_loop->timer);
    else if (!uv_is_active((uv_handle_t *)&mesh_loop->timer))
        uv_timer_start(&mesh_loop->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void on_host_timer(uv_timer_t *timer)
{
    struct mesh_loop *mesh_loop = timer->data;
    struct host_counters counters;
    if (host_linux_read_counters(&counters, mesh_loop->relay->log) == 0)
        host_network_sample(&mesh_loop->network, &counters, uv_now(mesh_loop->loop));
    relay_sweep(mesh_loop->relay);
}

static void on_rescope_timer(uv_timer_t *timer)
{
    struct mesh_loop *mesh_loop = timer->data;
    if (!rescope_some(mesh_loop->relay, RESCOPED_A_TURN))
        uv_timer_stop(timer);
}

/* --- Life --- */

/* Calls with the mesh's view of a configuration. `peers` is scratch for all of them. */
static struct mesh_config view(const struct config *config, struct mesh_peer_config *peers)
{
    for (size_t i = 0; i < config->peer_count; i++)
        peers[i] = (struct mesh_peer_config){config->peers[i].name, config->peers[i].url,
                                             config->peers[i].token};
    return (struct mesh_config){
        .name = config->name,
        .boot = wall_ms(NULL),
        .host = config->host,
        .token = config->token,
        .peers = peers,
        .peer_count = config->peer_count,
        .pool = config->pool,
        .reserve = config->reserves_by_majority ? RESERVE_MAJORITY : RESERVE_AVAILABLE,
    };
}

static struct mesh_peer_config *peers_new(const struct config *config)
{
    return calloc(config->peer_count + 1, sizeof(struct mesh_peer_config));
}

static void open_timer(struct mesh_loop *mesh_loop, uv_timer_t *timer)
{
    uv_timer_init(mesh_loop->loop, timer);
    timer->data = mesh_loop;
}

int mesh_loop_open(struct mesh_loop *mesh_loop, uv_loop_t *loop, struct relay *relay,
                   const struct config *config, const struct hash_key *key)
{
    const struct mesh_calls calls = {
        .context = mesh_loop,
        .now_us = now_us,
        .wall_ms = wall_ms,
        .random = random_fill,
        .dial = dial,
        .dial_cancel = dial_cancel,
        .command = command,
        .event = event,
    };
    struct mesh_peer_config *peers = peers_new(config);
    if (!peers)
        return RELAY_ENOMEM;
    struct mesh_config viewed = view(config, peers);
    mesh_loop->relay = relay;
    mesh_loop->mesh = mesh_new(&viewed, &calls, relay, key);
    free(peers);
    if (!mesh_loop->mesh)
        return RELAY_ENOMEM;
    mesh_loop->loop = loop;
    uv_prepare_init(loop, &mesh_loop->prepare);
    mesh_loop->prepare.data = mesh_loop;
    open_timer(mesh_loop, &mesh_loop->timer);
    open_timer(mesh_loop, &mesh_loop->host_timer);
    open_timer(mesh_loop, &mesh_loop->rescope_timer);
    uv_timer_start(&mesh_loop->host_timer, on_host_timer, 0, HOST_NETWORK_SAMPLE_MS);
    return 0;
}

void mesh_loop_connect(struct mesh_loop *mesh_loop, struct sockets *sockets)
{
    mesh_loop->sockets = sockets;
    sockets_set_mesh(sockets, mesh_loop->mesh);
    uv_prepare_start(&mesh_loop->prepare, on_prepare);
}

int mesh_loop_configure(struct mesh_loop *mesh_loop, const struct config *config)
{
    struct mesh_peer_config *peers = peers_new(config);
    if (!peers)
        return RELAY_ENOMEM;
    struct mesh_config viewed = view(config, peers);
    int err = mesh_configure(mesh_loop->mesh, &viewed);
    free(peers);
    return err;
}

void mesh_loop_serve(struct mesh_loop *mesh_loop, struct script *script)
{
    mesh_loop->script = script;
    rescope_begin(mesh_loop->relay);
    uv_timer_start(&mesh_loop->rescope_timer, on_rescope_timer, 0, 1);
}

struct script_world mesh_loop_world(const struct mesh_loop *mesh_loop)
{
    return (struct script_world){
        .relay = mesh_loop->relay,
        .mesh = mesh_loop->mesh,
        .network = &mesh_loop->network,
        .clock = mesh_loop->relay->clock,
        .calls = mesh_loop->calls,
    };
}

void mesh_loop_close(struct mesh_loop *mesh_loop)
{
    if (!mesh_loop->loop)
        return;
    mesh_close(mesh_loop->mesh);
    uv_close((uv_handle_t *)&mesh_loop->prepare, NULL);
    uv_close((uv_handle_t *)&mesh_loop->timer, NULL);
    uv_close((uv_handle_t *)&mesh_loop->host_timer, NULL);
    uv_close((uv_handle_t *)&mesh_loop->rescope_timer, NULL);
}

void mesh_loop_deinit(struct mesh_loop *mesh_loop)
{
    mesh_free(mesh_loop->mesh);
}
