/* kit_node.c — see kit_node.h. */
#include "testkit/kit_node.h"

#include <stdlib.h>
#include <string.h>

#include "testkit/kit_net.h"

#define SOON_US 100 /* what is due at once: a script that never rests must not stop the clock */

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static char *copy(const char *text)
{
    return text ? must(strdup(text)) : NULL;
}

/* For errors: who said it. */
static const char *source_of(const char *key)
{
    static const char *const sources[][2] = {
        {"name", "testkit: name"},      {"host", "testkit: host"},
        {"token", "testkit: token"},    {"peer", "testkit: links"},
        {"no-peers", "testkit: links"}, {"policies", "testkit: policies"},
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (strcmp(sources[i][0], key) == 0)
            return sources[i][1];
    return "testkit";
}

/* --- Log and time --- */

static void on_line(void *context, const char *line, size_t len)
{
    struct kit_node *node = context;
    if (node->line_count == KIT_LINES_MAX) {
        free(node->lines[0]);
        node->line_count--;
        memmove(node->lines, node->lines + 1, node->line_count * sizeof(char *));
    }
    if (!node->lines)
        node->lines = must(calloc(KIT_LINES_MAX, sizeof(char *)));
    node->lines[node->line_count++] = must(strndup(line, len - 1));
}

static void reset_log(struct kit_node *node)
{
    node->log = (struct log){.sink = {.write = on_line, .context = node}, .level = LOG_INFO};
}

static uint64_t wall_ms(void *context)
{
    const struct kit_node *node = context;
    return WHOLE_WALL_MS + whole_net_ms(node->net->whole);
}

static void fire_wake(void *context, void *payload)
{
    struct kit_node *node = context;
    uint64_t wake = *(uint64_t *)payload;
    free(payload);
    if (wake == node->wakes && node->script)
        script_tick(node->script);
}

static void wake_at(void *context, uint64_t ms)
{
    struct kit_node *node = context;
    struct event_queue *events = &node->net->whole->events;
    uint64_t now_ms = clock_ms(&node->whole->relay.clock);
    node->wakes++;
    if (ms == UINT64_MAX)
        return;
    uint64_t *wake = must(malloc(sizeof(*wake)));
    *wake = node->wakes;
    uint64_t after_us = ms > now_ms ? (ms - now_ms) * 1000 : SOON_US;
    event_queue_add(events, events->now_us + after_us, fire_wake, node, wake);
}

/* --- The scripts --- */

/* The node's own options, and the policies behind them. */
static struct script_option *with_policies(const struct kit_node *node, const char *policies,
                                           size_t *count)
{
    struct script_option *options =
        must(calloc(node->option_count + 1, sizeof(struct script_option)));
    if (node->option_count > 0)
        memcpy(options, node->options, node->option_count * sizeof(struct script_option));
    *count = node->option_count + (policies != NULL);
    options[node->option_count] =
        (struct script_option){"policies", policies, source_of("policies")};
    return options;
}

static int load(struct kit_node *node, const char *main_path, const char *policies,
                struct script **script, struct buf *error)
{
    size_t count;
    struct script_option *options = with_policies(node, policies, &count);
    const struct script_source source = {
        .main_path = main_path,
        .scripts_path = node->net->paths->scripts,
        .policies_path = node->net->paths->policies,
        .options = options,
        .option_count = count,
        .log = &node->log,
        .generation = node->generation + 1,
        .simulation = &node->simulation,
    };
    int err = script_load(script, &source, error);
    if (err && !error->len)
        buf_add_text(error, relay_err_text(err));
    free(options);
    return err;
}

/* From now on `script` decides: what engine.c does with one. */
static void take(struct kit_node *node, struct script *script)
{
    const struct config *config = script_config(script);
    struct relay *relay = &node->whole->relay;
    node->script = script;
    node->generation++;
    node->log.level = config->log_level;
    node->log.format = config->log_format;
    node->log.generation = node->generation;
    relay->limits = config->limits.client;
    relay->limits_version = node->generation;
    relay->health_latency_ms = config->health_latency_ms;
    relay->hooks = (struct hooks){0};
    script_hooks(script, &relay->hooks);
    hash_jobs_set_queue_max(relay->hash_jobs, config->limits.hash_queue);
    free(node->host);
    node->host = copy(config->host);
}

static int serve(struct kit_node *node)
{
    const struct script_world world = {
        .relay = &node->whole->relay,
        .mesh = node->whole->mesh,
        .network = &node->network,
        .clock = node->whole->relay.clock,
        .context = node,
        .wake_at = wake_at,
    };
    node->wakes++;
    return script_start(node->script, &world);
}

/* --- The mind of the whole node --- */

static void on_configure(void *context, struct mesh_config *mesh)
{
    struct kit_node *node = context;
    const struct config *config = script_config(node->script);
    free(node->peers);
    node->peers = must(calloc(config->peer_count + 1, sizeof(struct mesh_peer_config)));
    for (size_t i = 0; i < config->peer_count; i++)
        node->peers[i] = (struct mesh_peer_config){config->peers[i].name, config->peers[i].url,
                                                   config->peers[i].token};
    mesh->name = config->name;
    mesh->host = config->host;
    mesh->token = config->token;
    mesh->peers = node->peers;
    mesh->peer_count = config->peer_count;
    mesh->pool = config->pool;
    mesh->reserve = config->reserves_by_majority ? RESERVE_MAJORITY : RESERVE_AVAILABLE;
}

static void on_start(void *context, struct whole_node *whole)
{
    struct kit_node *node = context;
    node->whole = whole;
    take(node, node->script);
    if (serve(node) != 0)
        abort();
    log_info(&node->log, "started", LOG_STR("name", whole->config.name));
}

static void on_stop(void *context)
{
    struct kit_node *node = context;
    node->wakes++;
    script_free(node->script);
    node->script = NULL;
    node->whole->relay.hooks = (struct hooks){0};
}

static void on_command(void *context, const struct mesh_command *command)
{
    script_command(((struct kit_node *)context)->script, command);
}

static void on_event(void *context, enum mesh_event event, const struct mesh_peer *peer)
{
    script_event(((struct kit_node *)context)->script, event, peer);
}

static struct whole_node *on_find(void *context, const char *url)
{
    const struct kit_node *node = context;
    struct kit_node *found = kit_net_find_host(node->net, url);
    return found ? found->whole : NULL;
}

/* --- Life --- */

struct kit_node *kit_node_new(struct kit_net *net, const char *name, const char *main_path,
                              const char *policies)
{
    struct kit_node *node = must(calloc(1, sizeof(*node)));
    node->net = net;
    node->number = net->node_count;
    node->name = copy(name);
    kit_node_set(node, "name", name);
    node->main_path = copy(main_path);
    node->policies = copy(policies);
    node->simulation = (struct script_simulation){
        .context = node, .wall_ms = wall_ms, .seed = chance_next(&net->whole->chance)};
    node->mind = (struct whole_mind){
        .context = node,
        .log = &node->log,
        .configure = on_configure,
        .start = on_start,
        .stop = on_stop,
        .command = on_command,
        .event = on_event,
        .find = on_find,
    };
    return node;
}

void kit_node_free(struct kit_node *node)
{
    script_free(node->script);
    for (size_t i = 0; i < node->option_count; i++)
        free((char *)node->options[i].value);
    for (size_t i = 0; i < 2 * node->variable_count; i++)
        free(node->variables[i]);
    for (size_t i = 0; i < node->line_count; i++)
        free(node->lines[i]);
    free(node->options);
    free(node->variables);
    free(node->lines);
    free(node->peers);
    free(node->host);
    free(node->name);
    free(node->main_path);
    free(node->policies);
    free(node);
}

void kit_node_set(struct kit_node *node, const char *key, const char *value)
{
    size_t size = (node->option_count + 1) * sizeof(struct script_option);
    node->options = must(realloc(node->options, size));
    node->options[node->option_count++] = (struct script_option){key, copy(value), source_of(key)};
}

void kit_node_set_variable(struct kit_node *node, const char *name, const char *value)
{
    size_t last = 2 * node->variable_count++;
    node->variables = must(realloc(node->variables, (last + 3) * sizeof(char *)));
    node->variables[last] = copy(name);
    node->variables[last + 1] = copy(value);
    node->variables[last + 2] = NULL;
    node->simulation.variables = (const char *const *)node->variables;
}

int kit_node_start(struct kit_node *node, struct buf *error)
{
    node->generation = 0;
    reset_log(node);
    int err = load(node, node->main_path, node->policies, &node->script, error);
    if (err)
        return err;
    const struct whole_config config = {
        .name = node->name,
        .mind = &node->mind,
    };
    if (node->whole)
        whole_node_start(node->whole);
    else
        (void)whole_net_add(node->net->whole, &config);
    return 0;
}

void kit_node_crash(struct kit_node *node)
{
    whole_node_crash(node->whole, false);
}

void kit_node_stop(struct kit_node *node)
{
    whole_node_close(node->whole);
}

/* The mesh reads its configuration from node->script: it is the new one before that, and the old
 * one again when the mesh refused. What a reload carries over goes from `old` to `script` here. */
static int swap(struct kit_node *node, struct script *script, struct buf *error)
{
    struct script *old = node->script;
    node->script = script;
    int err = whole_node_configure(node->whole);
    if (err) {
        node->script = old;
        buf_add_text(error, relay_err_text(err));
        return err;
    }
    take(node, script);
    if (serve(node) != 0)
        abort();
    script_free(old);
    log_info(&node->log, "reloaded");
    return 0;
}

int kit_node_reload(struct kit_node *node, const char *main_path, const char *policies,
                    struct buf *error)
{
    struct script *script = NULL;
    main_path = main_path ? main_path : node->main_path;
    policies = policies ? policies : node->policies;
    int err = load(node, main_path, policies, &script, error);
    if (!err)
        err = script_carry_state(script, node->script, error);
    if (!err)
        err = swap(node, script, error);
    if (err) {
        if (script)
            script_free(script);
        log_error(&node->log, "reload refused", LOG_STRN("error", error->bytes, error->len));
        return err;
    }
    char *old_main = node->main_path, *old_policies = node->policies;
    node->main_path = copy(main_path);
    node->policies = copy(policies);
    free(old_main);
    free(old_policies);
    return 0;
}
