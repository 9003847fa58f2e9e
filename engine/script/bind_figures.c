/* bind_figures.c — all that a node counts and measures, for scripts/relay/metrics.lua.
 *
 * figures() gives one flat table of numbers, the counters under the names that counters.h and
 * mesh_counters.h have; three lists, `policies`, `peers`, and `turns` of the loop; and `version`.
 * Times are seconds. What is not known is left out. */
#include <math.h>

#include <lauxlib.h>

#include "host/host_linux.h"
#include "mesh/mesh_figures.h"
#include "relay/busiest.h"
#include "script/bind.h"
#include "script/runtime.h"

#define BUSIEST_MAX 10000

static void set_count(lua_State *lua, const char *key, uint64_t count)
{
    lua_pushinteger(lua, (lua_Integer)count);
    lua_setfield(lua, -2, key);
}

static void set_number(lua_State *lua, const char *key, double number)
{
    lua_pushnumber(lua, number);
    lua_setfield(lua, -2, key);
}

static void set_text(lua_State *lua, const char *key, struct text text)
{
    lua_pushlstring(lua, text.at, text.len);
    lua_setfield(lua, -2, key);
}

/* --- Clients and channels --- */

static void set_relay(lua_State *lua, const struct relay *relay)
{
    const struct counters *counters = &relay->counters;
#define COUNTER_FIELD(name) set_count(lua, #name, counters->name);
    COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
    set_count(lua, "clients", relay->client_count);
    set_count(lua, "client_queued_bytes", relay->queued_bytes);
    set_count(lua, "channels", channel_table_count(&relay->channels));
    set_count(lua, "hashes_waiting", hash_jobs_waiting(relay->hash_jobs));
    set_count(lua, "hashes_running", hash_jobs_running(relay->hash_jobs));
    set_count(lua, "draining", relay->draining);
}

/* Which state the health is in: 1 of it, 0 of the others. */
static void set_health(lua_State *lua, struct relay *relay, size_t connections)
{
    enum health_state state = relay_health(relay, connections)->state;
    set_count(lua, "health_good", state == HEALTH_GOOD);
    set_count(lua, "health_degraded", state == HEALTH_DEGRADED);
    set_count(lua, "health_bad", state == HEALTH_BAD);
}

/* --- The network --- */

static void set_tree(lua_State *lua, const struct tree_counters *tree)
{
    set_count(lua, "tree_received", tree->received);
    set_count(lua, "tree_delivered", tree->delivered);
    set_count(lua, "tree_forwarded", tree->forwarded);
    set_count(lua, "tree_duplicates", tree->duplicates);
    set_count(lua, "tree_stale", tree->stale);
    set_count(lua, "tree_echoes", tree->echoes);
    set_count(lua, "tree_skipped", tree->skipped);
    set_count(lua, "tree_dropped", tree->dropped);
    set_count(lua, "tree_refused", tree->refused);
    set_count(lua, "tree_prunes", tree->prunes);
    set_count(lua, "tree_grafts", tree->grafts);
    set_count(lua, "tree_gones", tree->gones);
    set_count(lua, "tree_haves", tree->haves);
    set_count(lua, "tree_have_rows", tree->have_rows);
    set_count(lua, "tree_resent", tree->resent);
    set_count(lua, "tree_forgotten", tree->forgotten);
}

static void set_router(lua_State *lua, const struct router_counters *router)
{
    set_count(lua, "router_routed", router->routed);
    set_count(lua, "router_flooded", router->flooded);
    set_count(lua, "router_seen", router->seen);
    set_count(lua, "router_stuck", router->stuck);
}

static void set_mesh(lua_State *lua, const struct mesh_figures *mesh)
{
    const struct mesh_counters *counters = &mesh->counters;
#define MESH_COUNTER_FIELD(name) set_count(lua, #name, counters->name);
    MESH_COUNTERS(MESH_COUNTER_FIELD)
#undef MESH_COUNTER_FIELD
    set_tree(lua, &mesh->tree);
    set_router(lua, &mesh->router);
    set_count(lua, "nodes", mesh->nodes);
    set_count(lua, "peer_queued_bytes", mesh->queued_bytes);
    set_count(lua, "requests_waiting", mesh->requests_waiting);
    set_count(lua, "tree_sources", mesh->tree_sources);
    set_count(lua, "tree_held", mesh->tree_held);
    set_count(lua, "claims_held", mesh->claims_held);
    set_count(lua, "claims_tentative", mesh->claims_tentative);
    set_count(lua, "claims_replicated", mesh->claims_replicated);
}

static void push_peer(lua_State *lua, const struct mesh_peer *peer)
{
    lua_createtable(lua, 0, 4);
    set_text(lua, "name", peer->name);
    set_count(lua, "is_up", 1);
    set_count(lua, "queued_bytes", peer->queued_bytes);
    if (peer->latency_ms >= 0)
        set_number(lua, "latency_seconds", peer->latency_ms / 1000);
}

/* The links that stand. */
static void set_peers(lua_State *lua, const struct mesh *mesh)
{
    struct mesh_peer peer;
    size_t cursor = 0;
    lua_Integer count = 0;
    lua_newtable(lua);
    while (mesh && mesh_next_peer(mesh, &cursor, &peer)) {
        push_peer(lua, &peer);
        lua_rawseti(lua, -2, ++count);
    }
    lua_setfield(lua, -2, "peers");
}

/* --- Scripts and policies --- */

static void set_scripts(lua_State *lua, const struct runtime *runtime,
                        const struct script_status *status)
{
    set_count(lua, "generation", runtime->generation);
    set_count(lua, "handler_failures", status->handler_failures + runtime->failures);
    set_count(lua, "handlers_waiting", runtime->task_count - (runtime->current != NULL));
    set_count(lua, "events_dropped", runtime->dropped);
    set_count(lua, "scripts_bytes", runtime->vm->memory_used);
    set_count(lua, "policies_bytes", runtime->policies->vm->memory_used);
}

static void push_question(lua_State *lua, const struct policies *policies,
                          enum policy_question question)
{
    struct policy_figures total = policies_total(policies, question);
    lua_createtable(lua, 0, 6);
    lua_pushstring(lua, policy_file(question));
    lua_setfield(lua, -2, "policy");
    lua_pushstring(lua, policy_name(question));
    lua_setfield(lua, -2, "question");
    set_count(lua, "asked", total.asked);
    set_count(lua, "failed", total.failed);
    set_count(lua, "timed", total.timed);
    set_number(lua, "seconds", (double)total.timed_ns / 1e9);
}

/* Every question of the policies, since the node started. */
static void set_policies(lua_State *lua, const struct policies *policies)
{
    lua_createtable(lua, POLICY_QUESTIONS, 0);
    for (int question = 0; question < POLICY_QUESTIONS; question++) {
        push_question(lua, policies, (enum policy_question)question);
        lua_rawseti(lua, -2, question + 1);
    }
    lua_setfield(lua, -2, "policies");
}

/* --- The process --- */

static void push_turn(lua_State *lua, unsigned class, uint64_t count)
{
    double up_to = class == LAG_LONGER ? (double)INFINITY : (double)lag_bound_ms(class) / 1000;
    lua_createtable(lua, 0, 2);
    set_number(lua, "up_to", up_to);
    set_count(lua, "count", count);
}

/* By length, each with the shorter ones, as Prometheus counts. */
static void set_turns(lua_State *lua, const struct lag *lag)
{
    uint64_t count = 0;
    lua_createtable(lua, LAG_CLASSES, 0);
    for (unsigned class = 0; class < LAG_CLASSES; class ++) {
        count += lag->turns[class];
        push_turn(lua, class, count);
        lua_rawseti(lua, -2, (int)class + 1);
    }
    lua_setfield(lua, -2, "turns");
    set_count(lua, "turn_count", count);
    set_number(lua, "turn_seconds", (double)lag->sum_ms / 1000);
}

static void set_known(lua_State *lua, const char *key, uint64_t count)
{
    if (count > 0)
        set_count(lua, key, count);
}

static void set_process(lua_State *lua, const struct log *log)
{
    struct host_process process;
    host_linux_read_process(&process, log);
    set_number(lua, "cpu_seconds", process.cpu_seconds);
    set_number(lua, "loop_cpu_seconds", process.thread_seconds);
    set_known(lua, "resident_bytes", process.resident_bytes);
    set_known(lua, "virtual_bytes", process.virtual_bytes);
    set_known(lua, "descriptors", process.descriptors);
    set_number(lua, "descriptors_max",
               process.descriptors_max == UINT64_MAX ? (double)INFINITY
                                                     : (double)process.descriptors_max);
}

static void set_node(lua_State *lua, const struct script_status *status)
{
    set_number(lua, "started_at", status->started_at);
    set_count(lua, "connections", status->connections);
    set_count(lua, "connections_max", status->connections_max);
    set_count(lua, "traces", status->traces);
    set_count(lua, "reloads_done", status->reloads.done);
    set_count(lua, "reloads_refused", status->reloads.refused);
    set_turns(lua, &status->lag);
}

static int engine_figures(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "figures");
    const struct runtime *runtime = runtime_of(lua);
    struct script_status status = {0};
    struct mesh_figures mesh = {0};
    if (world->calls)
        world->calls->status(world->calls->context, &status);
    if (world->mesh)
        mesh = mesh_figures(world->mesh);
    lua_createtable(lua, 0, 128);
    lua_pushliteral(lua, WSRELAY_VERSION);
    lua_setfield(lua, -2, "version");
    set_relay(lua, world->relay);
    set_health(lua, world->relay, status.connections);
    set_mesh(lua, &mesh);
    set_count(lua, "peer_count", world->relay->peers);
    set_count(lua, "peers_configured", world->relay->peers_configured);
    set_peers(lua, world->mesh);
    set_scripts(lua, runtime, &status);
    set_policies(lua, runtime->policies);
    set_node(lua, &status);
    set_process(lua, runtime->log);
    return 1;
}

/* --- Channels, one by one --- */

static void push_channel(lua_State *lua, const struct channel *channel)
{
    lua_createtable(lua, 0, 4);
    set_text(lua, "name", (struct text){channel->name, channel->name_len});
    set_count(lua, "subscribers", channel->count);
    set_count(lua, "messages", channel->messages);
    set_count(lua, "message_bytes", channel->message_bytes);
}

/* busiest_channels(most): those with the most messages in the last 60 s, the busiest first. */
static int engine_busiest_channels(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "busiest_channels");
    const struct channel_table *table = &world->relay->channels;
    lua_Integer most = luaL_checkinteger(lua, 1);
    luaL_argcheck(lua, most >= 0 && most <= BUSIEST_MAX, 1, "must be from 0 to 10000");
    size_t all = channel_table_count(table);
    size_t wanted = all < (size_t)most ? all : (size_t)most;
    struct busy_channel *busy = lua_newuserdatauv(lua, (wanted + 1) * sizeof(*busy), 0);
    size_t count = busiest_find(table, clock_ms(&world->clock), busy, wanted);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_channel(lua, busy[i].channel);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

void bind_figures(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"figures", engine_figures},
        {"busiest_channels", engine_busiest_channels},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}
