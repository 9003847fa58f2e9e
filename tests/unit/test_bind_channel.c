/* test_bind_channel.c — relay.reserve, relay.unreserve and relay.send, as scripts call them. */
#include "hearing.h"

/* Runs a command's body, and asserts what it said. */
static void run(const char *body)
{
    char lines[1024];
    const struct mesh_command command = {.command = fake_text("x"), .data = fake_text("{}")};
    snprintf(lines, sizeof lines, "relay.command('x', function() %s end)", body);
    hearing_run(lines);
    script_command(hearing.fixture.script, &command);
}

static void assert_raises(const char *call, const char *message)
{
    char body[512];
    snprintf(body, sizeof body,
             "local ok, why = pcall(function() return %s end) assert(not ok) relay.log.info(why)",
             call);
    hearing.fixture.lines.len = 0;
    run(body);
    if (!hearing_logged(message))
        fail_msg("%.*s", (int)hearing.fixture.lines.len, hearing.fixture.lines.bytes);
}

static const char RESERVES[] = "say(relay.reserve('verona', ('ab'):rep(32)))";

static void test_reserve_that_is_granted_at_once_is_true(void **state)
{
    (void)state;
    FAKE.reserve_answer = 1;
    run(RESERVES);
    assert_said("true");
    assert_string_equal(FAKE.reserved, "verona");
    assert_true(FAKE.has_password);
}

static void test_reserve_without_a_hash_has_no_password(void **state)
{
    (void)state;
    FAKE.reserve_answer = 1;
    run("say(relay.reserve('verona'))");
    assert_said("true");
    assert_false(FAKE.has_password);
}

static void test_reserve_waits_for_the_network(void **state)
{
    (void)state;
    run(RESERVES);
    assert_said("");
    FAKE.reserve_done(FAKE.reserve_context, NULL);
    assert_said("true");
    run("say(relay.reserve('verona'))");
    FAKE.reserve_done(FAKE.reserve_context, "channel already reserved");
    assert_said("nil channel already reserved");
}

static void test_reserve_that_is_refused_at_once_says_why(void **state)
{
    (void)state;
    FAKE.reserve_answer = RELAY_EINVAL;
    run(RESERVES);
    assert_said("nil channel already reserved");
    FAKE.reserve_answer = RELAY_EFULL;
    run(RESERVES);
    assert_said("nil busy");
}

static void test_reserve_checks_its_arguments(void **state)
{
    (void)state;
    FAKE.reserve_answer = 1;
    assert_raises("relay.reserve('')", "must be a channel's name");
    assert_raises("relay.reserve('a\\n')", "must be a channel's name");
    assert_raises("relay.reserve(('x'):rep(257))", "must be a channel's name");
    assert_raises("relay.reserve('\\255')", "must be a channel's name");
    assert_raises("relay.reserve('a', 'b')", "must be a hash of 64 hexadecimal digits");
    assert_raises("relay.reserve('a', ('x'):rep(64))", "must be a hash of 64 hexadecimal digits");
    assert_raises("relay.reserve('a', ('a'):rep(65))", "must be a hash of 64 hexadecimal digits");
    assert_raises("relay.reserve()", "string expected, got no value");
    assert_string_equal(FAKE.reserved, "");
}

static void test_reserve_in_a_coroutine_of_its_own_says_why_not(void **state)
{
    (void)state;
    assert_raises("coroutine.wrap(relay.reserve)('a')", "relay.reserve waits");
}

static void test_unreserve_says_whether_it_was_reserved(void **state)
{
    (void)state;
    FAKE.reserve_answer = 1;
    run("relay.reserve('verona') say(relay.unreserve('mantua'))\n"
        "say(relay.unreserve('verona'))");
    assert_said("nil not reserved true");
    assert_raises("relay.unreserve('')", "must be a channel's name");
}

static void test_send_reaches_one_subscriber_alone(void **state)
{
    (void)state;
    struct wire *romeo = node_connect(hearing.node), *juliet = node_connect(hearing.node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    run("say(relay.send(2, 'verona', 'a \"b\"'))");
    assert_said("true");
    assert_hears(juliet, MESSAGE("'a \\'b\\''", "verona"));
    assert_silent(romeo);
}

static void test_send_to_who_is_not_subscribed_says_so(void **state)
{
    (void)state;
    wire_join(node_connect(hearing.node), "verona");
    node_connect(hearing.node);
    run("for _, id in ipairs { 0, 2, 3, -1, math.mininteger } do\n"
        "  say((select(2, relay.send(id, 'verona', 'a')))) end\n"
        "say((select(2, relay.send(1, 'mantua', 'a'))))");
    assert_said("not subscribed not subscribed not subscribed not subscribed not subscribed "
                "not subscribed");
}

static void test_send_checks_its_arguments(void **state)
{
    (void)state;
    assert_raises("relay.send('me', 'verona', 'a')", "number expected, got string");
    assert_raises("relay.send(1.5, 'verona', 'a')", "number has no integer representation");
    assert_raises("relay.send(1, '', 'a')", "must be a channel's name");
    assert_raises("relay.send(1, 'verona', '\\255')", "must be UTF-8");
    assert_raises("relay.send(1, 'verona', {})", "string expected, got table");
}

static void test_publish_to_a_channel_that_is_open_nowhere_says_so(void **state)
{
    (void)state;
    run("say(relay.publish('verona', 'a')) say(relay.publish(('x'):rep(1000), 'a'))\n"
        "say(relay.publish('', 'a'))");
    assert_said("nil channel not open nil channel not open nil channel not open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEARING_TEST(test_reserve_that_is_granted_at_once_is_true),
        HEARING_TEST(test_reserve_without_a_hash_has_no_password),
        HEARING_TEST(test_reserve_waits_for_the_network),
        HEARING_TEST(test_reserve_that_is_refused_at_once_says_why),
        HEARING_TEST(test_reserve_checks_its_arguments),
        HEARING_TEST(test_reserve_in_a_coroutine_of_its_own_says_why_not),
        HEARING_TEST(test_unreserve_says_whether_it_was_reserved),
        HEARING_TEST(test_send_reaches_one_subscriber_alone),
        HEARING_TEST(test_send_to_who_is_not_subscribed_says_so),
        HEARING_TEST(test_send_checks_its_arguments),
        HEARING_TEST(test_publish_to_a_channel_that_is_open_nowhere_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
