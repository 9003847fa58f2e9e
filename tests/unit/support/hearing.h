/* hearing.h — a main.lua that hears what happens on a whole relay (node.h), with a fake mesh and a
 * loop that a test turns by hand.
 *
 * In main.lua `say(...)` remembers words for assert_said. */
#ifndef TEST_HEARING_H
#define TEST_HEARING_H

#include "fake_mesh.h"
#include "node.h"
#include "script_fixture.h"

static struct hearing {
    struct script_fixture fixture;
    struct node *node;
    const struct script_calls *calls; /* NULL: there is no ctl */
    uint64_t wake_ms;
} hearing;

static inline void hearing_wake_at(void *context, uint64_t ms)
{
    ((struct hearing *)context)->wake_ms = ms;
}

static int hearing_setup(void **state)
{
    (void)state;
    memset(&FAKE, 0, sizeof FAKE);
    hearing = (struct hearing){.node = node_new(), .wake_ms = UINT64_MAX};
    script_fixture_init(&hearing.fixture);
    return 0;
}

static int hearing_teardown(void **state)
{
    (void)state;
    script_fixture_deinit(&hearing.fixture);
    node_free(hearing.node);
    return 0;
}

/* Loads a main.lua with these lines, and starts it. */
static inline void hearing_run(const char *lines)
{
    char text[4096];
    struct relay *relay = &hearing.node->relay;
    snprintf(text, sizeof text,
             "local relay = require 'relay' relay.node { name = 'node-a' } local said = {}\n"
             "local function say(...) for i = 1, select('#', ...) do\n"
             "  said[#said + 1] = tostring((select(i, ...))) end end\n"
             "relay.command('said', function()\n"
             "  local all = table.concat(said, ' ') said = {} return { ok = all } end)\n%s\n",
             lines);
    script_fixture_write(&hearing.fixture, "main.lua", text);
    if (script_fixture_load(&hearing.fixture, "main.lua", NULL, 0) != 0)
        fail_msg("did not load: %s", hearing.fixture.error.bytes);
    const struct script_world world = {.relay = relay,
                                       .mesh = &FAKE.mesh,
                                       .clock = relay->clock,
                                       .context = &hearing,
                                       .wake_at = hearing_wake_at,
                                       .calls = hearing.calls};
    assert_int_equal(script_start(hearing.fixture.script, &world), 0);
}

/* One turn of the loop. */
static inline void hearing_turn(void)
{
    script_tick(hearing.fixture.script);
}

static inline void hearing_turn_all(void)
{
    for (int i = 0; i < 100 && hearing.wake_ms <= hearing.node->now_ms; i++)
        hearing_turn();
}

static inline bool hearing_logged(const char *text)
{
    struct buf *lines = &hearing.fixture.lines;
    buf_add_byte(lines, '\0');
    bool holds = strstr(lines->bytes, text) != NULL;
    lines->len--;
    return holds;
}

/* What was said since the last time, in order, with spaces. A ' stands for a ". */
static inline void hearing_assert_said(const char *words, const char *file, int line)
{
    char expected[2048];
    const struct mesh_command command = {.source = fake_text("node-b"),
                                         .nonce = fake_text("nonce-1"),
                                         .command = fake_text("said"),
                                         .data = fake_text("{}")};
    FAKE.response_count = 0;
    script_command(hearing.fixture.script, &command);
    _assert_int_equal(FAKE.response_count, 1, file, line);
    snprintf(expected, sizeof expected, "{\"ok\":\"%s\"}", words);
    _assert_string_equal(FAKE.responses[0], expected, file, line);
}

#define assert_said(words) hearing_assert_said((words), __FILE__, __LINE__)

/* Turns the loop, and then: what was said. */
#define assert_says(words)                                                                         \
    do {                                                                                           \
        hearing_turn_all();                                                                        \
        assert_said(words);                                                                        \
    } while (0)

#define HEARING_TEST(name) cmocka_unit_test_setup_teardown(name, hearing_setup, hearing_teardown)

#endif
