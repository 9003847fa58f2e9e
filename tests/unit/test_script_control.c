/* test_script_control.c — commands of ctl in the scripts: their answers, their waits, their end. */
#include "script_node.h"

struct asker {
    struct script_control control;
    struct buf out, errors;
    size_t behind; /* what it has not read */
    int exit_code; /* -1: it was not told */
    unsigned ends;
    void (*reloaded)(void *context, uint64_t generation, const char *error);
    void *reload_context;
};

static struct asker asker;

static void on_write(void *context, bool is_error, struct text text)
{
    struct asker *to = context;
    buf_add(is_error ? &to->errors : &to->out, text.at, text.len);
}

static size_t on_waiting(void *context)
{
    return ((struct asker *)context)->behind;
}

static const char *on_follow(void *context, struct text channel, struct text nonce, bool is_json)
{
    (void)context, (void)is_json;
    assert_int_equal(channel.len, 6);
    assert_int_equal(nonce.len, 0);
    return "not here";
}

static void on_end(void *context, int exit_code)
{
    struct asker *to = context;
    to->exit_code = exit_code;
    to->ends++;
}

static int call_reload(void *context, void (*done)(void *, uint64_t, const char *),
                       void *done_context)
{
    struct asker *of = context;
    of->reloaded = done;
    of->reload_context = done_context;
    return 0;
}

static void call_status(void *context, struct script_status *status)
{
    (void)context;
    *status =
        (struct script_status){.started_ms = 400,
                               .connections = 7,
                               .policy_failures = 3,
                               .reloads = {.done = 5, .refused = 1, .refusal = "main.lua:6: no"}};
}

static const struct script_calls CALLS = {
    .context = &asker, .status = call_status, .reload = call_reload};

static int setup(void **state)
{
    asker = (struct asker){.exit_code = -1};
    return script_node_setup(state);
}

static int teardown(void **state)
{
    int result = script_node_teardown(state);
    buf_deinit(&asker.out);
    buf_deinit(&asker.errors);
    return result;
}

static void run(struct script_node *node, const char *lines)
{
    node->calls = &CALLS;
    script_node_run(node, lines);
}

static void ask(struct script_node *node, const char *request)
{
    asker.control = (struct script_control){.context = &asker,
                                            .write = on_write,
                                            .waiting = on_waiting,
                                            .follow = on_follow,
                                            .end = on_end};
    assert_int_equal(script_control(node->fixture.script, fake_text(request), &asker.control), 0);
}

static void eval(struct script_node *node, const char *code)
{
    char request[512];
    snprintf(request, sizeof request, "{\"arguments\":[\"eval\",\"%s\"]}", code);
    ask(node, request);
}

static const char *text_of_buf(struct buf *text)
{
    buf_add_byte(text, '\0');
    text->len--;
    return text->bytes;
}

#define assert_told(text) assert_string_equal(text_of_buf(&asker.out), text)
#define assert_error_begins(text)                                                                  \
    assert_memory_equal(text_of_buf(&asker.errors), text, sizeof(text) - 1)

static void test_command_answers_and_ends_once(void **state)
{
    run(*state, "");
    eval(*state, "1 + 1");
    assert_told("2\n");
    assert_int_equal(asker.exit_code, 0);
    assert_int_equal(asker.ends, 1);
    assert_null(asker.control.task);
}

static void test_command_that_raises_tells_its_asker_and_not_the_log(void **state)
{
    struct script_node *node = *state;
    run(node, "");
    eval(node, "relay.sleep(1) error 'broken'");
    script_node_advance(node, 1000);
    assert_error_begins("eval:1: broken\nstack traceback:");
    assert_int_equal(asker.exit_code, 1);
    assert_int_equal(script_handler_failures(node->fixture.script), 0);
}

static void test_command_that_is_cancelled_ends_where_it_waits(void **state)
{
    struct script_node *node = *state;
    run(node, "");
    eval(node, "relay.sleep(1) print 'too late'");
    script_control_cancel(&asker.control);
    script_control_cancel(&asker.control);
    script_node_advance(node, 2000);
    assert_int_equal(asker.ends, 0);
    assert_null(asker.out.bytes);
}

static void test_command_whose_scripts_end_hears_it(void **state)
{
    struct script_node *node = *state;
    run(node, "");
    eval(node, "relay.sleep(1)");
    script_free(node->fixture.script);
    node->fixture.script = NULL;
    assert_error_begins("the scripts that ran this command ended before it\n");
    assert_int_equal(asker.exit_code, 1);
    assert_int_equal(asker.ends, 1);
}

static void test_writer_waits_for_a_reader_that_is_behind(void **state)
{
    run(*state, "");
    asker.behind = 1 << 20;
    eval(*state, "print 'a' print 'b'");
    assert_told("a\n");
    script_control_drained(&asker.control);
    assert_told("a\nb\n");
    asker.behind = 0;
    script_control_drained(&asker.control);
    assert_int_equal(asker.exit_code, 0);
}

static void test_drained_does_not_end_another_wait(void **state)
{
    run(*state, "");
    eval(*state, "relay.sleep(1) print 'a'");
    script_control_drained(&asker.control);
    assert_int_equal(asker.ends, 0);
    script_node_advance(*state, 1000);
    assert_told("a\n");
}

static void test_reload_tells_the_generation(void **state)
{
    run(*state, "");
    ask(*state, "{\"arguments\":[\"reload\"]}");
    asker.reloaded(asker.reload_context, 7, NULL);
    assert_told("generation 7\n");
    assert_int_equal(asker.exit_code, 0);
}

static void test_reload_that_is_refused_tells_why(void **state)
{
    run(*state, "");
    ask(*state, "{\"arguments\":[\"reload\"]}");
    asker.reloaded(asker.reload_context, 1, "main.lua:3: no");
    assert_error_begins("main.lua:3: no\n");
    assert_int_equal(asker.exit_code, 1);
}

static void test_reload_whose_asker_left_is_told_nobody(void **state)
{
    run(*state, "");
    ask(*state, "{\"arguments\":[\"reload\"]}");
    script_control_cancel(&asker.control);
    asker.reloaded(asker.reload_context, 7, NULL);
    assert_null(asker.out.bytes);
}

static void test_status_adds_what_gone_generations_counted(void **state)
{
    run(*state, "");
    ask(*state, "{\"arguments\":[\"status\"]}");
    assert_non_null(strstr(text_of_buf(&asker.out), "connections       7\n"));
    assert_non_null(strstr(asker.out.bytes, "failures          3 of policies, 0 of handlers\n"));
    assert_non_null(strstr(asker.out.bytes, "up                0s\n"));
    assert_non_null(strstr(asker.out.bytes, "reloads           5 done, 1 refused; the last one "));
    assert_non_null(strstr(asker.out.bytes, " ago: main.lua:6: no\n"));
}

static void test_trace_that_is_refused_is_exit_1(void **state)
{
    run(*state, "");
    ask(*state, "{\"arguments\":[\"trace\",\"on\",\"--channel\",\"verona\"]}");
    assert_error_begins("not here\n");
    assert_int_equal(asker.exit_code, 1);
}

static void test_print_of_a_command_is_no_use_to_others(void **state)
{
    struct script_node *node = *state;
    run(node, "");
    eval(node, "relay.after(0, function() print 'x' end)");
    script_node_advance(node, 10);
    assert_null(asker.out.bytes);
    assert_true(script_node_logged(node, "no command of ctl runs"));
}

static void test_command_before_the_node_runs_is_refused(void **state)
{
    struct script_node *node = *state;
    script_fixture_write(&node->fixture, "main.lua", "require('relay').node {}");
    assert_int_equal(script_fixture_load(&node->fixture, "main.lua", NULL, 0), 0);
    assert_int_equal(script_control(node->fixture.script, fake_text("{}"), &asker.control),
                     RELAY_EFULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_command_answers_and_ends_once),
        TEST(test_command_that_raises_tells_its_asker_and_not_the_log),
        TEST(test_command_that_is_cancelled_ends_where_it_waits),
        TEST(test_command_whose_scripts_end_hears_it),
        TEST(test_writer_waits_for_a_reader_that_is_behind),
        TEST(test_drained_does_not_end_another_wait),
        TEST(test_reload_tells_the_generation),
        TEST(test_reload_that_is_refused_tells_why),
        TEST(test_reload_whose_asker_left_is_told_nobody),
        TEST(test_status_adds_what_gone_generations_counted),
        TEST(test_trace_that_is_refused_is_exit_1),
        TEST(test_print_of_a_command_is_no_use_to_others),
        TEST(test_command_before_the_node_runs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
