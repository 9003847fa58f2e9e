/* whole_node.c — see whole_node.h. */
#include "sim/whole_node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/whole_net.h"

#define URL_PREFIX "sim://"
#define URL_SUFFIX "/node"

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* --- Time, chance, log --- */

static uint64_t now_us(void *context)
{
    const struct whole_node *node = context;
    return node->net->events.now_us + UINT64_C(3600000000) * (1 + node->number % 7);
}

static uint64_t read_ms(void *context)
{
    return now_us(context) / 1000;
}

uint64_t whole_node_wall_ms(const struct whole_node *node)
{
    uint64_t skew_ms = (uint64_t)node->config.wall_skew_ms;
    return WHOLE_WALL_MS + whole_net_ms(node->net) + skew_ms;
}

static uint64_t wall_ms(void *context)
{
    return whole_node_wall_ms(context);
}

static void random_bytes(void *context, void *bytes, size_t len)
{
    struct whole_node *node = context;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)chance_next(&node->chance);
}

static void on_line(void *context, const char *line, size_t len)
{
    struct whole_node *node = context;
    node->warnings += len > 5 && memcmp(line, "warn ", 5) == 0;
    if (node->net->is_loud)
        fprintf(stderr, "%10.3f %s %.*s", (double)node->net->events.now_us / 1e6, node->config.name,
                (int)len, line);
}

/* --- Hashes: a worker that needs its while for each --- */

static void run_job(struct whole_node *node)
{
    struct hash_job *job = node->jobs[0];
    node->job_count--;
    memmove(node->jobs, node->jobs + 1, node->job_count * sizeof(struct hash_job *));
    hash_job_run(job);
    hash_job_finish(job);
}

static void fire_job(void *context, void *payload)
{
    struct whole_node *node = context;
    (void)payload;
    if (node->is_frozen)
        event_queue_add(&node->net->events, node->net->events.now_us + WHOLE_HASH_MS * 1000,
                        fire_job, node, NULL);
    else if (node->job_count > 0)
        run_job(node);
}

static int start_job(void *context, struct hash_job *job)
{
    struct whole_node *node = context;
    struct event_queue *events = &node->net->events;
    if (node->job_count == node->job_capacity) {
        node->job_capacity = node->job_capacity ? node->job_capacity * 2 : 8;
        node->jobs = must(realloc(node->jobs, node->job_capacity * sizeof(struct hash_job *)));
    }
    node->jobs[node->job_count++] = job;
    event_queue_add(events, events->now_us + WHOLE_HASH_MS * 1000, fire_job, node, NULL);
    return 0;
}

/* --- Commands, as the shipped Lua answers them --- */

static bool is_command(const struct mesh_command *command, const char *name)
{
    return command->command.len == strlen(name) &&
           memcmp(command->command.at, name, command->command.len) == 0;
}

static void list_nodes(struct whole_node *node, struct buf *data)
{
    struct mesh_peer peer;
    size_t cursor = 0;
    buf_add_text(data, "{\"ok\":true,\"nodes\":[");
    for (bool is_first = true; mesh_next_peer(node->mesh, &cursor, &peer); is_first = false) {
        buf_add_text(data, is_first ? "\"" : ",\"");
        buf_add(data, peer.name.at, peer.name.len);
        buf_add_byte(data, '"');
    }
    buf_add_text(data, "]}");
}

static void answer(struct whole_node *node, const struct mesh_command *command)
{
    struct buf data = {0};
    bool has_answer = true;
    if (is_command(command, "reserve-channel"))
        has_answer = mesh_handle_reserve(node->mesh, command, &data);
    else if (is_command(command, "unreserve-channel"))
        has_answer = mesh_handle_unreserve(node->mesh, command, &data);
    else if (is_command(command, "list-nodes"))
        list_nodes(node, &data);
    else if (!is_command(command, "list-reserved-channels"))
        buf_add_text(&data, "{\"ok\":false,\"reason\":\"unknown command\"}");
    else if (!mesh_handle_level(node->mesh, command, &data))
        buf_add_text(&data, "{\"ok\":true,\"channels\":[]}");
    if (has_answer)
        mesh_respond(node->mesh, command->source, command->nonce,
                     (struct text){data.bytes, data.len});
    buf_deinit(&data);
}

static void on_command(void *context, const struct mesh_command *command)
{
    struct whole_node *node = context;
    const struct whole_mind *mind = node->config.mind;
    if (!mind)
        answer(node, command);
    else if (node->is_alive)
        mind->command(mind->context, command);
}

static void on_dial(void *context, uint64_t dial, const char *url, const char *token)
{
    struct whole_node *node = context;
    const struct whole_mind *mind = node->config.mind;
    size_t len = strlen(url), ends = strlen(URL_PREFIX) + strlen(URL_SUFFIX);
    node->dials++;
    if (mind) {
        whole_net_dial(node, dial, mind->find(mind->context, url), token);
        return;
    }
    if (strncmp(url, URL_PREFIX, strlen(URL_PREFIX)) == 0 && len > ends) {
        const char *name = url + strlen(URL_PREFIX);
        whole_net_dial(node, dial, whole_net_find(node->net, name, len - ends), token);
        return;
    }
    node->last_dial = dial;
    snprintf(node->last_url, sizeof(node->last_url), "%s", url);
}

/* A dial whose number is forgotten finds nothing. */
static void on_dial_cancel(void *context, uint64_t dial)
{
    (void)dial;
    ((struct whole_node *)context)->dials_cancelled++;
}

static void on_event(void *context, enum mesh_event event, const struct mesh_peer *peer)
{
    struct whole_node *node = context;
    const struct whole_mind *mind = node->config.mind;
    node->peers_up += event == MESH_PEER_UP;
    node->peers_down += event == MESH_PEER_DOWN;
    if (mind && node->is_alive)
        mind->event(mind->context, event, peer);
}

/* --- Life --- */

struct whole_node *whole_node_new(struct whole_net *net, const struct whole_config *config,
                                  unsigned number)
{
    struct whole_node *node = must(calloc(1, sizeof(*node)));
    node->net = net;
    node->config = *config;
    node->number = number;
    list_init(&node->clients);
    return node;
}

void whole_node_free(struct whole_node *node)
{
    free(node->jobs);
    free(node);
}

static void start_relay(struct whole_node *node, const struct hash_key *key)
{
    struct relay *relay = &node->relay;
    *relay = (struct relay){
        .clock = {.read_ms = read_ms, .context = node},
        .log = node->config.mind ? node->config.mind->log : &node->log,
        .hooks = node->config.hooks,
        .limits = {.message_bytes = 1 << 20,
                   .channels_per_client = 1000,
                   .send_queue_bytes = 1 << 22},
        .limits_version = 1,
        .health_latency_ms = 1000,
    };
    relay->hash_jobs = must(
        hash_jobs_new((struct hash_worker){.start = start_job, .context = node}, 2, 1000, key));
    if (relay_init(relay, key) != 0)
        abort();
}

/* The configuration of the mesh; `room` holds its urls. */
struct mesh_room {
    struct mesh_config config;
    struct mesh_peer_config peers[WHOLE_PEERS_MAX];
    char urls[WHOLE_PEERS_MAX][WHOLE_URL_MAX];
    char host[WHOLE_URL_MAX];
};

static void fill_config(const struct whole_node *node, struct mesh_room *room)
{
    const struct whole_config *config = &node->config;
    for (size_t i = 0; i < config->peer_count; i++) {
        snprintf(room->urls[i], WHOLE_URL_MAX, URL_PREFIX "%s" URL_SUFFIX, config->peers[i]);
        room->peers[i] = (struct mesh_peer_config){config->peers[i], room->urls[i], WHOLE_TOKEN};
    }
    snprintf(room->host, sizeof(room->host), URL_PREFIX "%s" URL_SUFFIX, config->name);
    room->config = (struct mesh_config){
        .name = config->name,
        .boot = node->boot,
        .host = config->host ? config->host : room->host,
        .token = config->token,
        .peers = room->peers,
        .peer_count = config->peer_count,
        .pool = config->pool,
        .reserve = config->reserve,
    };
    if (config->mind)
        config->mind->configure(config->mind->context, &room->config);
}

int whole_node_configure(struct whole_node *node)
{
    struct mesh_room room;
    fill_config(node, &room);
    return mesh_configure(node->mesh, &room.config);
}

static void start_mesh(struct whole_node *node, const struct hash_key *key)
{
    struct mesh_room room;
    const struct mesh_calls calls = {
        .context = node,
        .now_us = now_us,
        .wall_ms = wall_ms,
        .random = random_bytes,
        .dial = on_dial,
        .dial_cancel = on_dial_cancel,
        .command = on_command,
        .event = on_event,
    };
    fill_config(node, &room);
    node->mesh = must(mesh_new(&room.config, &calls, &node->relay, key));
}

void whole_node_start(struct whole_node *node)
{
    if (node->is_alive)
        return;
    struct hash_key key = {chance_next(&node->net->chance), chance_next(&node->net->chance)};
    uint64_t wall = whole_node_wall_ms(node);
    node->chance.state = chance_next(&node->net->chance);
    node->log = (struct log){.sink = {.write = on_line, .context = node},
                             .level = node->net->is_loud ? LOG_DEBUG : LOG_WARN};
    node->boot = wall > node->boot ? wall : node->boot + 1;
    node->starts++;
    node->is_alive = true;
    start_relay(node, &key);
    start_mesh(node, &key);
    if (node->config.mind)
        node->config.mind->start(node->config.mind->context, node);
}

static void lose_power(struct cable_end *end)
{
    cable_cut(end->cable);
    cable_drop_end(end);
}

static void reset(struct cable_end *end)
{
    cable_drop_end(end);
}

/* Nothing that the ends of sessions below cause may leave any more. */
static void silence(struct cable_end *end)
{
    end->is_closing = true;
}

void whole_node_crash(struct whole_node *node, bool is_silent)
{
    if (!node->is_alive)
        return;
    node->is_alive = node->is_frozen = false;
    whole_net_ends(node->net, node, silence);
    while (!list_is_empty(&node->clients))
        whole_client_leave(list_entry(node->clients.next, struct whole_client, node));
    whole_net_ends(node->net, node, is_silent ? lose_power : reset);
    if (node->config.mind)
        node->config.mind->stop(node->config.mind->context);
    while (node->job_count > 0)
        run_job(node);
    mesh_free(node->mesh);
    node->mesh = NULL;
    hash_jobs_free(node->relay.hash_jobs);
    relay_deinit(&node->relay);
}

static void fire_closed(void *context, void *payload)
{
    struct whole_node *node = context;
    unsigned starts = *(unsigned *)payload;
    free(payload);
    if (node->starts == starts)
        whole_node_crash(node, false);
}

void whole_node_close(struct whole_node *node)
{
    unsigned *starts = must(malloc(sizeof(*starts)));
    *starts = node->starts;
    mesh_close(node->mesh);
    (void)relay_drain(&node->relay, SIZE_MAX);
    event_queue_add(&node->net->events, node->net->events.now_us + WHOLE_CLOSE_MS * 1000,
                    fire_closed, node, starts);
}

static void stop(struct cable_end *end)
{
    cable_stop_end(end, true);
}

static void go_on(struct cable_end *end)
{
    cable_stop_end(end, false);
}

void whole_node_freeze(struct whole_node *node, bool is_frozen)
{
    if (!node->is_alive || node->is_frozen == is_frozen)
        return;
    node->is_frozen = is_frozen;
    whole_net_ends(node->net, node, is_frozen ? stop : go_on);
}

void whole_node_tick(struct whole_node *node)
{
    if (node->is_alive && !node->is_frozen && mesh_due_ms(node->mesh) <= read_ms(node))
        mesh_tick(node->mesh);
}
