/* node.c — see node.h. */
#include "node.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_wake(void *connection, bool is_answer)
{
    (void)is_answer;
    struct wire *wire = connection;
    assert_false(wire->is_closed);
    wire->wakes++;
}

static void on_close(void *connection, unsigned code, const char *reason)
{
    struct wire *wire = connection;
    struct node *node = wire->node;
    wire->closes++;
    wire->is_closed = true;
    wire->close_code = code;
    snprintf(wire->close_reason, sizeof(wire->close_reason), "%s", reason);
    assert_true(node->closed_count < NODE_WIRES_MAX);
    node->closed[node->closed_count++] = wire;
}

static void on_pause(void *connection)
{
    struct wire *wire = connection;
    assert_false(wire->is_paused);
    wire->is_paused = true;
    wire->pauses++;
}

static void on_resume(void *connection)
{
    struct wire *wire = connection;
    assert_true(wire->is_paused);
    wire->is_paused = false;
    wire->resumes++;
}

static const struct transport transport = {
    .wake = on_wake,
    .close = on_close,
    .pause = on_pause,
    .resume = on_resume,
};

static uint64_t read_ms(void *context)
{
    return ((struct node *)context)->now_ms;
}

static void on_line(void *context, const char *line, size_t len)
{
    struct node *node = context;
    assert_int_equal(line[len - 1], '\n');
    if (len > 5 && memcmp(line, "warn ", 5) == 0)
        node->warnings++;
}

static int on_job(void *context, struct hash_job *job)
{
    struct node *node = context;
    if (node->worker_refuses)
        return RELAY_ESYSTEM;
    assert_true(node->held_count < NODE_JOBS_MAX);
    node->held[node->held_count++] = job;
    return 0;
}

struct node *node_new_with(unsigned parallel, size_t queue_max)
{
    static const struct hash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    struct node *node = calloc(1, sizeof(*node));
    assert_non_null(node);
    node->now_ms = 3600 * 1000;
    node->log = (struct log){.sink = {.write = on_line, .context = node}, .level = LOG_DEBUG};
    node->policy.open = node->policy.join = verdict_yes();
    struct relay *relay = &node->relay;
    relay->clock = (struct clock){.read_ms = read_ms, .context = node};
    relay->log = &node->log;
    relay->limits = (struct client_limits){
        .message_bytes = 65536,
        .channels_per_client = 100,
        .send_queue_bytes = 1 << 20,
    };
    relay->limits_version = 1;
    relay->health_latency_ms = 10;
    struct hash_worker worker = {.start = on_job, .context = node};
    relay->hash_jobs = hash_jobs_new(worker, parallel, queue_max, &key);
    assert_non_null(relay->hash_jobs);
    assert_int_equal(relay_init(relay, &key), 0);
    return node;
}

struct node *node_new(void)
{
    return node_new_with(1, 8);
}

void node_free(struct node *node)
{
    for (size_t i = 0; i < node->wire_count; i++)
        if (node->wires[i].client)
            wire_gone(&node->wires[i]);
    node_hash_all(node);
    assert_int_equal(node->relay.client_count, 0);
    assert_int_equal(channel_table_count(&node->relay.channels), 0);
    assert_int_equal(node->relay.counters.channels_opened, node->relay.counters.channels_closed);
    assert_int_equal(node->relay.counters.clients_opened, node->relay.counters.clients_closed);
    hash_jobs_free(node->relay.hash_jobs);
    relay_deinit(&node->relay);
    free(node);
}

void node_pass_ms(struct node *node, uint64_t ms)
{
    node->now_ms += ms;
}

void node_hash(struct node *node)
{
    assert_true(node->held_count > 0);
    struct hash_job *job = node->held[0];
    node->held_count--;
    memmove(node->held, node->held + 1, node->held_count * sizeof(node->held[0]));
    hash_job_run(job);
    hash_job_finish(job);
}

void node_hash_all(struct node *node)
{
    while (node->held_count > 0)
        node_hash(node);
}

struct channel *node_channel(struct node *node, const char *name)
{
    return channel_table_find(&node->relay.channels, name, strlen(name));
}

void node_limits_changed(struct node *node)
{
    node->relay.limits_version++;
}

struct wire *node_connect_as(struct node *node, const char *identity)
{
    assert_true(node->wire_count < NODE_WIRES_MAX);
    struct wire *wire = &node->wires[node->wire_count++];
    struct buf json;
    wire->node = node;
    snprintf(wire->address, sizeof(wire->address), "192.0.2.%u", (unsigned)node->wire_count);
    buf_init(&json, 0);
    buf_add_text(&json, identity);
    wire->client = client_open(&node->relay, &transport, wire, wire->address, &json);
    buf_deinit(&json);
    assert_non_null(wire->client);
    return wire;
}

struct wire *node_connect(struct node *node)
{
    return node_connect_as(node, "");
}

void wire_gone(struct wire *wire)
{
    client_gone(wire->client);
    wire->client = NULL;
}

void wire_say_bytes(struct wire *wire, const char *text, size_t len)
{
    assert_non_null(wire->client);
    assert_false(wire->is_closed);
    assert_false(wire->is_paused);
    /* A copy of just this size: the sanitizer sees a step behind its end. */
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    client_receive(wire->client, copy, len);
    free(copy);
}

static void quote(char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            *text = '"';
}

void wire_say(struct wire *wire, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    assert_true(len >= 0);
    quote(text);
    wire_say_bytes(wire, text, (size_t)len);
    free(text);
}

void wire_subscribe(struct wire *wire, const char *channel, const char *password)
{
    if (password)
        wire_say(wire, "{'command':'subscribe','data':{'topic':'%s','password':'%s'}}", channel,
                 password);
    else
        wire_say(wire, "{'command':'subscribe','data':{'topic':'%s'}}", channel);
}

void wire_unsubscribe(struct wire *wire, const char *channel)
{
    wire_say(wire, "{'command':'unsubscribe','data':{'topic':'%s'}}", channel);
}

void wire_send(struct wire *wire, const char *channel, const char *message)
{
    wire_say(wire, "{'command':'send','data':{'channel':'%s','message':%s}}", channel, message);
}

void wire_join(struct wire *wire, const char *channel)
{
    wire_subscribe(wire, channel, NULL);
    assert_hears(wire, OK);
}

/* The payload of one whole text frame (RFC 6455 section 5.2). */
static const unsigned char *payload_of(const struct frame *frame, size_t *len)
{
    const unsigned char *bytes = frame->bytes;
    size_t header = 2;
    assert_int_equal(bytes[0], 0x81);
    *len = bytes[1];
    if (*len == 126) {
        *len = (size_t)bytes[2] << 8 | bytes[3];
        header = 4;
    } else if (*len == 127) {
        *len = 0;
        for (unsigned i = 0; i < 8; i++)
            *len = *len << 8 | bytes[2 + i];
        header = 10;
    }
    assert_int_equal(frame->len, header + *len);
    return bytes + header;
}

const char *wire_hear(struct wire *wire)
{
    assert_non_null(wire->client);
    struct outbox *outbox = client_outbox(wire->client);
    const struct frame *frame = outbox_first(outbox);
    if (!frame)
        return NOTHING;
    size_t len;
    const unsigned char *payload = payload_of(frame, &len);
    assert_true(len <= NODE_TEXT_MAX);
    memcpy(wire->node->text, payload, len);
    wire->node->text[len] = '\0';
    outbox_shift(outbox);
    return wire->node->text;
}

size_t wire_hear_all(struct wire *wire)
{
    size_t count = 0;
    while (strcmp(wire_hear(wire), NOTHING) != 0)
        count++;
    return count;
}

void wire_assert_hears(struct wire *wire, const char *text, const char *file, int line)
{
    char *expected = strdup(text);
    assert_non_null(expected);
    quote(expected);
    _assert_string_equal(wire_hear(wire), expected, file, line);
    free(expected);
}

void wire_assert_closed(const struct wire *wire, unsigned code, const char *reason,
                        const char *file, int line)
{
    _assert_int_equal(wire->closes, 1, file, line);
    _assert_int_equal(wire->close_code, code, file, line);
    _assert_string_equal(wire->close_reason, reason, file, line);
}
