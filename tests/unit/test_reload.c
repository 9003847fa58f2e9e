/* test_reload.c — a generation is loaded beside the loop, and handed over on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reload.h"
#include "script_fixture.h"

static const char MAIN[] = "require('relay').node { name = 'node-a' }";

static struct place {
    struct script_fixture fixture;
    char path[512];
    uv_loop_t loop;
    struct reload reload;
    unsigned begun, over, taken, told;
    int take_answers;
    bool asks_again_in_take, asks_again_in_done;
    bool read_files, is_refused; /* told last by `over` */
    uint64_t generation;         /* told last */
    char error[256];             /* told last; "": it went well */
} place;

static void on_told(void *context, uint64_t generation, const char *error)
{
    (void)context;
    place.told++;
    place.generation = generation;
    snprintf(place.error, sizeof place.error, "%s", error ? error : "");
    if (place.asks_again_in_done) {
        place.asks_again_in_done = false;
        assert_int_equal(reload_begin(&place.reload, on_told, NULL), 0);
    }
}

static void on_begins(void *context)
{
    (void)context;
    assert_int_equal(place.begun, place.over); /* one after the other */
    place.begun++;
}

static int on_take(void *context, struct script *script, struct sockets_change *change,
                   struct buf *error)
{
    (void)context;
    place.taken++;
    if (place.asks_again_in_take) {
        place.asks_again_in_take = false;
        assert_int_equal(reload_begin(&place.reload, on_told, NULL), 0);
    }
    if (place.take_answers) {
        buf_add_text(error, "not now");
        return place.take_answers;
    }
    script_free(script);
    sockets_change_deinit(change);
    return 0;
}

static void on_over(void *context, const struct buf *files, bool is_refused)
{
    (void)context;
    place.over++;
    assert_int_equal(place.begun, place.over);
    place.read_files = files->len > 0;
    place.is_refused = is_refused;
}

static int setup(void **state)
{
    (void)state;
    memset(&place, 0, sizeof place);
    script_fixture_init(&place.fixture);
    script_fixture_write(&place.fixture, "main.lua", MAIN);
    snprintf(place.path, sizeof place.path, "%s/main.lua", place.fixture.directory);
    assert_int_equal(uv_loop_init(&place.loop), 0);
    const struct script_source source = {.main_path = place.path,
                                         .scripts_path = "scripts",
                                         .policies_path = "policies",
                                         .log = &place.fixture.log,
                                         .generation = 1};
    const struct reload_calls calls = {.begins = on_begins, .take = on_take, .over = on_over};
    assert_int_equal(reload_open(&place.reload, &place.loop, &source, &calls), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reload_close(&place.reload);
    uv_run(&place.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&place.loop), 0);
    script_fixture_deinit(&place.fixture);
    return 0;
}

static void ask(void)
{
    assert_int_equal(reload_begin(&place.reload, on_told, NULL), 0);
}

static void turn_until_told(unsigned told)
{
    while (place.told < told)
        uv_run(&place.loop, UV_RUN_ONCE);
}

static void test_reload_hands_a_generation_over_and_tells(void **state)
{
    (void)state;
    ask();
    assert_int_equal(place.taken, 0);
    turn_until_told(1);
    assert_int_equal(place.taken, 1);
    assert_string_equal(place.error, "");
    assert_int_equal(place.generation, 2);
}

static void test_reload_that_does_not_load_says_where_and_takes_nothing(void **state)
{
    (void)state;
    script_fixture_write(&place.fixture, "main.lua", "require('relay').node { nam = 'a' }");
    ask();
    turn_until_told(1);
    assert_int_equal(place.taken, 0);
    assert_non_null(strstr(place.error, "main.lua:1:"));
    assert_true(place.is_refused && place.read_files);
    assert_int_equal(place.generation, 1);
    script_fixture_write(&place.fixture, "main.lua", MAIN);
    ask();
    turn_until_told(2);
    assert_string_equal(place.error, "");
    assert_int_equal(place.generation, 2);
}

static void test_reload_that_is_not_taken_says_why_and_leaves_nothing(void **state)
{
    (void)state;
    place.take_answers = RELAY_EINVAL;
    ask();
    turn_until_told(1);
    assert_string_equal(place.error, "not now");
    assert_int_equal(place.generation, 1);
}

static void test_reload_all_who_ask_while_one_loads_get_one_more(void **state)
{
    (void)state;
    ask();
    for (int i = 0; i < 5; i++)
        ask();
    turn_until_told(6);
    assert_int_equal(place.taken, 2);
    assert_int_equal(place.generation, 3);
}

static void test_reload_who_is_told_may_ask_again_and_the_others_are_told_of_theirs(void **state)
{
    (void)state;
    place.take_answers = RELAY_EINVAL;
    ask();
    ask();
    ask();
    turn_until_told(1);
    place.asks_again_in_done = true; /* the first of the two that are told at once */
    turn_until_told(3);
    assert_string_equal(place.error, "not now");
    assert_int_equal(place.taken, 2);
    turn_until_told(4);
    assert_int_equal(place.taken, 3);
    assert_string_equal(place.error, "not now");
}

static void test_reload_that_is_asked_for_while_one_is_taken_is_another(void **state)
{
    (void)state;
    place.asks_again_in_take = true;
    ask();
    turn_until_told(2);
    assert_int_equal(place.taken, 2);
    assert_string_equal(place.error, "");
    assert_int_equal(place.generation, 3);
}

static void test_reload_that_loads_while_the_node_ends_is_told_so(void **state)
{
    (void)state;
    ask();
    ask();
    reload_close(&place.reload);
    assert_int_equal(reload_begin(&place.reload, on_told, NULL), RELAY_EINVAL);
    uv_run(&place.loop, UV_RUN_DEFAULT);
    assert_int_equal(place.taken, 0);
    assert_int_equal(place.told, 2);
    assert_string_equal(place.error, "the node ends");
}

static void refuse(const char *main)
{
    script_fixture_write(&place.fixture, "main.lua", main);
    unsigned told = place.told;
    ask();
    turn_until_told(told + 1);
}

static void test_reload_counts_and_keeps_why_the_last_was_refused(void **state)
{
    (void)state;
    const struct script_reloads *tally = &place.reload.tally;
    char main[600] = "error('";
    ask();
    turn_until_told(1);
    assert_int_equal(tally->done, 1);
    assert_string_equal(tally->refusal, "");
    refuse("error('one\\ntwo', 0)");
    assert_true(tally->refused_at > 1e9);
    assert_non_null(strstr(tally->refusal, "one"));
    assert_null(strchr(tally->refusal, '\n'));
    memset(main + 7, 'x', 500);
    strcpy(main + 507, "', 0)");
    refuse(main);
    assert_int_equal(strlen(tally->refusal), SCRIPT_REFUSAL_MAX - 1);
    refuse("error('a\\xff', 0)");
    assert_int_equal(tally->refusal[strlen(tally->refusal) - 1], 'a');
    assert_int_equal(tally->done, 1);
    assert_int_equal(tally->refused, 3);
}

#define RELOAD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RELOAD_TEST(test_reload_hands_a_generation_over_and_tells),
        RELOAD_TEST(test_reload_that_does_not_load_says_where_and_takes_nothing),
        RELOAD_TEST(test_reload_that_is_not_taken_says_why_and_leaves_nothing),
        RELOAD_TEST(test_reload_all_who_ask_while_one_loads_get_one_more),
        RELOAD_TEST(test_reload_who_is_told_may_ask_again_and_the_others_are_told_of_theirs),
        RELOAD_TEST(test_reload_that_is_asked_for_while_one_is_taken_is_another),
        RELOAD_TEST(test_reload_counts_and_keeps_why_the_last_was_refused),
        RELOAD_TEST(test_reload_that_loads_while_the_node_ends_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
