/* test_script_client.c — relay.clients and relay.close_client. */
#include "script_node.h"

#include "relay/client.h"

static struct {
    unsigned code;
    char reason[128];
} closed;

static void on_wake(void *connection, bool is_answer)
{
    (void)connection, (void)is_answer;
}

static void on_close(void *connection, unsigned code, const char *reason)
{
    (void)connection;
    closed.code = code;
    snprintf(closed.reason, sizeof closed.reason, "%s", reason);
}

static void on_pause(void *connection)
{
    (void)connection;
}

static const struct transport TRANSPORT = {on_wake, on_close, on_pause, on_pause};
static struct client *clients[3];

static int setup(void **state)
{
    memset(&closed, 0, sizeof closed);
    script_node_setup(state);
    struct script_node *node = *state;
    node->relay.limits =
        (struct client_limits){.channels_per_client = 10, .send_queue_bytes = 10000};
    for (int i = 0; i < 3; i++) {
        struct buf identity = {0};
        if (i == 1)
            buf_add_text(&identity, "{\"user\":\"juliet\",\"role\":1}");
        clients[i] = client_open(&node->relay, &TRANSPORT, NULL, "192.0.2.1", &identity);
        buf_deinit(&identity);
        node->now_ms += 1500;
    }
    return 0;
}

static int teardown(void **state)
{
    for (int i = 0; i < 3; i++)
        client_gone(clients[i]);
    return script_node_teardown(state);
}

/* What a handler answers that runs this. */
static void assert_answers(struct script_node *node, const char *code, const char *response)
{
    char lines[1024];
    snprintf(lines, sizeof lines, "relay.command('x', function() %s end)", code);
    script_node_run(node, lines);
    script_node_command(node, "x", "{}");
    assert_response(response);
}

static void test_clients_are_told_with_what_is_known_of_them(void **state)
{
    static const char SUBSCRIBE[] = "{\"command\":\"subscribe\",\"data\":{\"channel\":\"verona\"}}";
    client_receive(clients[1], SUBSCRIBE, sizeof SUBSCRIBE - 1);
    assert_answers(
        *state,
        "local c = relay.clients()[2] return { ok = { #relay.clients(), c.queued_bytes > 0, "
        "c.id, c.address, c.user, c.identity.role, c.connected_seconds, c.channels } }",
        "{\"ok\":[3,true,2,\"192.0.2.1\",\"juliet\",1,3,[\"verona\"]]}");
}

static void test_clients_come_some_at_a_time(void **state)
{
    assert_answers(*state,
                   "return { ok = { #relay.clients(0, 2), relay.clients(2, 2)[1].id, "
                   "#relay.clients(3), #relay.clients(-5) } }",
                   "{\"ok\":[2,3,0,3]}");
}

static void test_close_client_ends_it_with_code_and_reason(void **state)
{
    assert_answers(*state,
                   "return { ok = { relay.close_client(2, 4000, 'go'), relay.close_client(2), "
                   "relay.close_client(99), #relay.clients() } }",
                   "{\"ok\":[true,false,false,2]}");
    assert_int_equal(closed.code, 4000);
    assert_string_equal(closed.reason, "go");
}

static void test_close_client_alone_is_a_normal_close(void **state)
{
    assert_answers(*state, "return { ok = relay.close_client(1) }", "{\"ok\":true}");
    assert_int_equal(closed.code, 1000);
    assert_string_equal(closed.reason, "");
}

static void test_close_client_takes_the_codes_of_the_rfc_alone(void **state)
{
    assert_answers(
        *state,
        "local n = 0 for code = 0, 5100 do local ok, why = pcall(relay.close_client, 99, "
        "code) n = n + (ok and 1 or 0) assert(ok or why:find 'RFC 6455') end return { ok "
        "= n }",
        "{\"ok\":2012}"); /* 4 + 8 + 2000 */
}

static void test_close_client_bounds_the_reason(void **state)
{
    assert_answers(
        *state,
        "local function try(reason) return (pcall(relay.close_client, 99, 1000, reason)) "
        "end return { ok = { try(('x'):rep(123)), try(('x'):rep(124)), try '\\255', try "
        "'a\\0b' } }",
        "{\"ok\":[true,false,false,false]}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_clients_are_told_with_what_is_known_of_them),
        TEST(test_clients_come_some_at_a_time),
        TEST(test_close_client_ends_it_with_code_and_reason),
        TEST(test_close_client_alone_is_a_normal_close),
        TEST(test_close_client_takes_the_codes_of_the_rfc_alone),
        TEST(test_close_client_bounds_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
