/* test_script_web.c — HTTP requests in the scripts: their answers, their waits, their end. */
#include "script_node.h"

struct asker {
    struct web_request asked;
    unsigned status; /* 0: no answer yet */
    char type[64], headers[128], body[256];
    unsigned ends;
    size_t viewers;
    char shown[64];
};

static struct asker asker;

static void keep(char *to, size_t size, struct text text)
{
    assert_true(text.len < size);
    memcpy(to, text.at, text.len);
    to[text.len] = '\0';
}

static void on_end(void *context, const struct web_answer *answer)
{
    struct asker *to = context;
    to->status = answer->status;
    to->ends++;
    keep(to->type, sizeof to->type, answer->type);
    keep(to->headers, sizeof to->headers, answer->headers);
    keep(to->body, sizeof to->body, answer->body);
}

static size_t call_show(void *context, struct text text)
{
    struct asker *of = context;
    if (text.len)
        keep(of->shown, sizeof of->shown, text);
    return of->viewers;
}

static const struct script_calls CALLS = {.context = &asker, .show = call_show};

static int setup(void **state)
{
    asker = (struct asker){0};
    return script_node_setup(state);
}

/* `http.route("/", { open = true }, function(request) BODY end)` */
static void run(struct script_node *node, const char *body)
{
    char lines[512];
    node->calls = &CALLS;
    snprintf(
        lines, sizeof lines,
        "local http = require 'relay.http'\n"
        "http.route('/', { open = true }, function(request) %s end)\n"
        "http.route('/closed', { public = false }, function() return { body = 'secret' } end)\n"
        "http.route('/public', { public = true }, function() return {} end)\n",
        body);
    script_node_run(node, lines);
}

static int ask(struct script_node *node, const char *path)
{
    char request[256];
    asker.asked = (struct web_request){.context = &asker, .end = on_end};
    snprintf(request, sizeof request,
             "{\"method\":\"GET\",\"path\":\"%s\",\"query\":\"a=1\",\"headers\":{},"
             "\"address\":\"192.0.2.1\",\"is_authorized\":false}",
             path);
    return script_web(node->fixture.script, fake_text(request), &asker.asked);
}

#define assert_answered(wanted_status, wanted_body)                                                \
    do {                                                                                           \
        assert_int_equal(asker.status, wanted_status);                                             \
        assert_string_equal(asker.body, wanted_body);                                              \
        assert_int_equal(asker.ends, 1);                                                           \
        assert_null(asker.asked.task);                                                             \
    } while (0)

static void test_request_is_answered(void **state)
{
    run(*state, "return { status = 201, type = 'text/html', headers = { a = 'b' }, "
                "body = request.address .. request.query.a }");
    assert_int_equal(ask(*state, "/"), 0);
    assert_answered(201, "192.0.2.11");
    assert_string_equal(asker.type, "text/html");
    assert_memory_equal(asker.headers, "a: b\r\n", 6);
}

static void test_request_without_the_token_is_refused(void **state)
{
    run(*state, "return {}");
    assert_int_equal(ask(*state, "/closed"), 0);
    assert_answered(401, "the admin token is missing or wrong\n");
}

static void test_request_waits_for_its_answer(void **state)
{
    struct script_node *node = *state;
    run(node, "relay.sleep(1) return { body = 'late' }");
    assert_int_equal(ask(node, "/"), 0);
    assert_int_equal(asker.status, 0);
    script_node_advance(node, 1000);
    assert_answered(200, "late");
}

static void test_request_whose_handler_fails_is_answered_with_500(void **state)
{
    struct script_node *node = *state;
    run(node, "relay.sleep(1) error 'broken'");
    assert_int_equal(ask(node, "/"), 0);
    script_node_advance(node, 1000);
    assert_answered(500, "internal error\n");
    assert_int_equal(script_handler_failures(node->fixture.script), 1);
}

static void test_request_of_a_status_that_is_none_is_answered_with_500(void **state)
{
    static const char *const bodies[] = {"return { status = 99 }", "return { status = 600 }",
                                         "return { status = 'x' }", "return { status = 200.5 }"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char body[256];
        struct script_node *node = *state;
        if (i > 0) {
            script_node_teardown(state);
            setup(state);
            node = *state;
        }
        snprintf(body, sizeof body, "%s", bodies[i]);
        run(node, body);
        assert_int_equal(ask(node, "/"), 0);
        assert_answered(500, "internal error\n");
    }
}

static void test_request_that_is_cancelled_ends_where_it_waits(void **state)
{
    struct script_node *node = *state;
    run(node, "local _ <close> = setmetatable({}, { __close = function() "
              "require('relay.engine').live 'closed' end }) relay.sleep(1) return {}");
    assert_int_equal(ask(node, "/"), 0);
    script_web_cancel(&asker.asked);
    script_web_cancel(&asker.asked);
    assert_string_equal(asker.shown, "closed");
    script_node_advance(node, 2000);
    assert_int_equal(asker.ends, 0);
}

static void test_request_whose_scripts_end_hears_it(void **state)
{
    struct script_node *node = *state;
    run(node, "relay.sleep(1)");
    assert_int_equal(ask(node, "/"), 0);
    script_free(node->fixture.script);
    node->fixture.script = NULL;
    assert_answered(503, "the scripts that were asked ended before they answered\n");
}

static void test_request_of_scripts_that_end_is_refused(void **state)
{
    struct script_node *node = *state;
    run(node, "return {}");
    script_end(node->fixture.script);
    assert_int_equal(ask(node, "/"), RELAY_EFULL);
    assert_int_equal(asker.ends, 0);
}

static void test_retired_scripts_answer_what_they_were_asked(void **state)
{
    struct script_node *node = *state;
    run(node, "relay.sleep(1) return { body = 'old' }");
    assert_int_equal(ask(node, "/"), 0);
    script_retire(node->fixture.script);
    script_node_advance(node, 1000);
    assert_answered(200, "old");
}

static void test_only_public_paths_are_public(void **state)
{
    struct script_node *node = *state;
    run(node, "return {}");
    assert_true(script_web_is_public(node->fixture.script, fake_text("/public")));
    assert_false(script_web_is_public(node->fixture.script, fake_text("/")));
    assert_false(script_web_is_public(node->fixture.script, fake_text("/public/")));
    assert_false(script_web_is_public(node->fixture.script, fake_text("")));
}

static void test_those_who_watch_are_counted_and_shown(void **state)
{
    struct script_node *node = *state;
    asker.viewers = 3;
    run(node, "local engine = require 'relay.engine' "
              "return { body = engine.viewers() .. ' ' .. engine.live(engine.json { a = 1 }) }");
    assert_int_equal(ask(node, "/"), 0);
    assert_answered(200, "3 3");
    assert_string_equal(asker.shown, "{\"a\":1}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, script_node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request_is_answered),
        TEST(test_request_without_the_token_is_refused),
        TEST(test_request_waits_for_its_answer),
        TEST(test_request_whose_handler_fails_is_answered_with_500),
        TEST(test_request_of_a_status_that_is_none_is_answered_with_500),
        TEST(test_request_that_is_cancelled_ends_where_it_waits),
        TEST(test_request_whose_scripts_end_hears_it),
        TEST(test_request_of_scripts_that_end_is_refused),
        TEST(test_retired_scripts_answer_what_they_were_asked),
        TEST(test_only_public_paths_are_public),
        TEST(test_those_who_watch_are_counted_and_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
