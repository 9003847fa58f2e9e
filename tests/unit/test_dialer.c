/* dialer.c and what it stands on: a node that dials itself over real sockets, between a mesh that
 * only writes down what it hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash_worker.h"
#include "mesh/mesh.h"
#include "socket/dialer.h"
#include "socket/sockets.h"

#define GUARD_MS 20000
#define PACKET_MAX (1 << 20)

static size_t queued_bytes;

/* Both ends of a link are sessions of this test. */
struct end {
    struct session session;
    struct world *world;
    size_t heard; /* bytes of texts */
    unsigned pongs;
    unsigned close_code;
};

struct world {
    uv_loop_t loop;
    uv_timer_t guard;
    struct log log;
    struct relay relay;
    struct sockets *sockets;
    unsigned port;
    struct end *accepted, *dialled;
    char token[64];
    char failure[DIAL_REASON_MAX];
    uint64_t ended_dial;
};

static struct world *world; /* the mesh's functions know it by this */

static size_t message_max(const struct session *session)
{
    (void)session;
    return PACKET_MAX;
}

static struct end *end_of(struct session *session)
{
    return list_entry(session, struct end, session);
}

static void on_receive(struct session *session, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(text[i], 'a' + (int)(i % 26));
    end_of(session)->heard += len;
}

static void on_pong(struct session *session)
{
    end_of(session)->pongs++;
}

static void on_close(struct session *session, unsigned code, const char *reason)
{
    end_of(session)->close_code = code;
    session->transport->close(session->connection, code, reason);
}

static void on_gone(struct session *session)
{
    struct end *end = end_of(session);
    if (world->accepted == end)
        world->accepted = NULL;
    if (world->dialled == end)
        world->dialled = NULL;
    outbox_deinit(&session->outbox);
    free(end);
}

static const struct session_kind kind = {
    .message_max = message_max,
    .receive = on_receive,
    .pong = on_pong,
    .close = on_close,
    .gone = on_gone,
};

static struct end *end_new(const struct transport *transport, void *connection)
{
    struct end *end = calloc(1, sizeof(*end));
    assert_non_null(end);
    end->session =
        (struct session){.kind = &kind, .transport = transport, .connection = connection};
    outbox_init(&end->session.outbox, &queued_bytes);
    return end;
}

/* The mesh, by the linker's --wrap: its own functions stay unused. */

bool __wrap_mesh_admits(struct mesh *mesh, struct text token);
struct session *__wrap_mesh_accept(struct mesh *mesh, const struct transport *transport,
                                   void *connection, const char *address, struct text token);
struct session *__wrap_mesh_dialled(struct mesh *mesh, uint64_t dial,
                                    const struct transport *transport, void *connection,
                                    const char *address);
void __wrap_mesh_dial_failed(struct mesh *mesh, uint64_t dial, const char *reason);

bool __wrap_mesh_admits(struct mesh *mesh, struct text token)
{
    (void)mesh;
    return token.len == 4 && memcmp(token.at, "good", 4) == 0;
}

struct session *__wrap_mesh_accept(struct mesh *mesh, const struct transport *transport,
                                   void *connection, const char *address, struct text token)
{
    (void)mesh;
    assert_string_equal(address, "127.0.0.1");
    snprintf(world->token, sizeof(world->token), "%.*s", (int)token.len, token.at);
    world->accepted = end_new(transport, connection);
    return &world->accepted->session;
}

struct session *__wrap_mesh_dialled(struct mesh *mesh, uint64_t dial,
                                    const struct transport *transport, void *connection,
                                    const char *address)
{
    (void)mesh;
    assert_string_equal(address, "127.0.0.1");
    world->ended_dial = dial;
    world->dialled = end_new(transport, connection);
    return &world->dialled->session;
}

void __wrap_mesh_dial_failed(struct mesh *mesh, uint64_t dial, const char *reason)
{
    (void)mesh;
    world->ended_dial = dial;
    snprintf(world->failure, sizeof(world->failure), "%s", reason);
}

/* The world. */

static uint64_t read_ms(void *context)
{
    return uv_now(context);
}

static void on_line(void *context, const char *line, size_t len)
{
    const char *port = strstr(line, "port=");
    (void)context, (void)len;
    if (strstr(line, "listening") && port)
        world->port = (unsigned)strtoul(port + strlen("port="), NULL, 10);
}

static void on_guard(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing happened");
}

static int setup(void **state)
{
    static const struct hash_key key = {1, 2};
    char host[] = "127.0.0.1";
    struct config_listen listen = {host, 0};
    struct config config = {
        .listen = &listen,
        .listen_count = 1,
        .keep_alive_seconds = 25,
        .limits = {.connections = 16},
    };
    struct buf error = {0};
    *state = world = calloc(1, sizeof(*world));
    assert_non_null(world);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->guard);
    uv_timer_start(&world->guard, on_guard, GUARD_MS, 0);
    world->log = (struct log){.sink = {.write = on_line}, .level = LOG_INFO};
    world->relay.clock = (struct clock){.read_ms = read_ms, .context = &world->loop};
    world->relay.log = &world->log;
    world->relay.hash_jobs = hash_jobs_new(hash_worker_on(&world->loop), 1, 1, &key);
    assert_non_null(world->relay.hash_jobs);
    assert_int_equal(relay_init(&world->relay, &key), 0);
    assert_int_equal(
        sockets_open(&world->sockets, &world->loop, &world->relay, &config, &key, &error), 0);
    sockets_set_mesh(world->sockets, (struct mesh *)world);
    return 0;
}

/* Nothing may be left in the loop: libwebsockets forgets handles of connects that fail. */
static int teardown(void **state)
{
    (void)state;
    uv_close((uv_handle_t *)&world->guard, NULL);
    sockets_close(world->sockets);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    sockets_free(world->sockets);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    assert_null(world->accepted);
    assert_null(world->dialled);
    relay_deinit(&world->relay);
    hash_jobs_free(world->relay.hash_jobs);
    free(world);
    return 0;
}

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    uv_run(&world->loop, UV_RUN_ONCE)

static void dial(uint64_t number, const char *format, unsigned port, const char *token)
{
    char url[128];
    snprintf(url, sizeof(url), format, port);
    world->ended_dial = 0;
    dialer_dial(world->sockets, number, url, token);
    assert_int_equal(world->ended_dial, 0);
}

static void assert_fails(const char *format, unsigned port, const char *token, const char *reason)
{
    dial(7, format, port, token);
    run_until(world->ended_dial);
    assert_int_equal(world->ended_dial, 7);
    assert_string_equal(world->failure, reason);
}

static void link_up(void)
{
    dial(3, "ws://localhost:%u/", world->port, "good");
    run_until(world->dialled && world->accepted);
    assert_int_equal(world->ended_dial, 3);
}

static void queue(struct end *end, enum ws_opcode opcode, size_t len)
{
    char *text = malloc(len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 26);
    struct frame *frame = frame_new(opcode, text, len);
    assert_non_null(frame);
    assert_int_equal(outbox_push(&end->session.outbox, frame), 0);
    frame_unref(frame);
    free(text);
    end->session.transport->wake(end->session.connection, true);
}

static void test_dialer_reaches_a_node_with_its_token(void **state)
{
    (void)state;
    link_up();
    assert_string_equal(world->token, "good");
}

static void test_dialer_link_carries_packets_both_ways(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 125, 126, 65535, 65536, PACKET_MAX};
    size_t sum = 0;
    link_up();
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        queue(world->dialled, WS_TEXT, lens[i]);
        queue(world->accepted, WS_TEXT, lens[i]);
        sum += lens[i];
    }
    run_until(world->accepted->heard == sum && world->dialled->heard == sum);
}

static void test_dialer_link_answers_a_ping_at_both_ends(void **state)
{
    (void)state;
    link_up();
    queue(world->dialled, WS_PING, 4);
    queue(world->accepted, WS_PING, 4);
    run_until(world->accepted->pongs == 1 && world->dialled->pongs == 1);
}

static void test_dialer_link_closes_a_packet_that_is_too_big(void **state)
{
    (void)state;
    link_up();
    queue(world->accepted, WS_TEXT, PACKET_MAX + 1);
    run_until(!world->dialled || world->dialled->close_code);
    assert_non_null(world->dialled);
    assert_int_equal(world->dialled->close_code, CLOSE_TOO_BIG);
    run_until(!world->dialled && !world->accepted);
}

static void test_dialer_link_closes_from_either_end(void **state)
{
    (void)state;
    link_up();
    session_close(&world->dialled->session, CLOSE_GOING_AWAY, "bye");
    run_until(!world->dialled && !world->accepted);
    link_up();
    session_close(&world->accepted->session, CLOSE_GOING_AWAY, "bye");
    run_until(!world->dialled && !world->accepted);
}

static void test_dialer_tells_why_it_failed(void **state)
{
    (void)state;
    assert_fails("ws://127.0.0.1:%u", world->port, "bad", "HTTP 403");
    assert_fails("ws://127.0.0.1:%u", 1, "good", "connection refused");
    assert_fails("wss://127.0.0.1:%u", world->port, "good", "TLS handshake failed");
    assert_fails("http://127.0.0.1:%u", world->port, "good", "invalid URL");
    assert_fails("ws://127.0.0.1:%u", world->port, "go\r\nod", "invalid token");
}

static void test_dialer_hears_draining_as_503(void **state)
{
    (void)state;
    world->relay.draining = true;
    assert_fails("ws://127.0.0.1:%u", world->port, "good", "HTTP 503");
}

static void test_dialer_without_a_mesh_nobody_is_let_in(void **state)
{
    (void)state;
    dial(7, "ws://127.0.0.1:%u", world->port, "good");
    sockets_set_mesh(world->sockets, NULL);
    run_until(world->relay.counters.handshakes_refused == 1);
    sockets_set_mesh(world->sockets, (struct mesh *)world);
    run_until(world->ended_dial == 7);
    assert_string_equal(world->failure, "HTTP 403");
}

static void test_dialer_says_nothing_of_what_was_cancelled(void **state)
{
    (void)state;
    dial(5, "ws://127.0.0.1:%u", world->port, "good");
    dialer_cancel(world->sockets, 5);
    dialer_cancel(world->sockets, 99);
    assert_fails("ws://127.0.0.1:%u", 1, "good", "connection refused");
    assert_null(world->accepted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_dialer_reaches_a_node_with_its_token),
        TEST(test_dialer_link_carries_packets_both_ways),
        TEST(test_dialer_link_answers_a_ping_at_both_ends),
        TEST(test_dialer_link_closes_a_packet_that_is_too_big),
        TEST(test_dialer_link_closes_from_either_end),
        TEST(test_dialer_tells_why_it_failed),
        TEST(test_dialer_hears_draining_as_503),
        TEST(test_dialer_without_a_mesh_nobody_is_let_in),
        TEST(test_dialer_says_nothing_of_what_was_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
