/* test_metrics.c — the scripts' counters and gauges: their names, their values, their text, and
 * what relay.counter and relay.gauge refuse. */
#include <math.h>

#include "script/metrics.h"
#include "script_node.h"

static struct metrics metrics, older;

static int setup(void **state)
{
    (void)state;
    metrics = older = (struct metrics){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    metrics_deinit(&metrics);
    metrics_deinit(&older);
    return 0;
}

static int get(enum metric_kind kind, const char *name)
{
    struct metric *metric;
    return metrics_get(&metrics, kind, name, "", &metric);
}

static struct metric *of(struct metrics *all, enum metric_kind kind, const char *name)
{
    struct metric *metric = NULL;
    assert_int_equal(metrics_get(all, kind, name, name, &metric), 0);
    return metric;
}

static void assert_text(const char *expected)
{
    struct buf text = {0};
    metrics_write(&metrics, &text);
    buf_add_byte(&text, '\0');
    assert_string_equal(text.bytes, expected);
    buf_deinit(&text);
}

static void test_metrics_a_name_gives_one_metric(void **state)
{
    (void)state;
    struct metric *metric = of(&metrics, METRIC_COUNTER, "orders_total");
    assert_ptr_equal(of(&metrics, METRIC_COUNTER, "orders_total"), metric);
    assert_ptr_not_equal(of(&metrics, METRIC_COUNTER, "orders"), metric);
    assert_true(metric->value == 0);
}

static void test_metrics_names_are_those_of_prometheus(void **state)
{
    static const char *const GOOD[] = {"a",          "_",      "A9", "_9", "snake_case_total",
                                       "_wsrelay_a", "process"};
    static const char *const BAD[] = {"",    "9",   "a-b", "a b",       "a{",       "é",
                                      "a\n", "a:b", "a.",  "wsrelay_a", "process_a"};
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
        assert_int_equal(get(METRIC_GAUGE, GOOD[i]), 0);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(get(METRIC_GAUGE, BAD[i]), RELAY_EINVAL);
}

static void test_metrics_a_name_has_120_bytes_and_no_more(void **state)
{
    (void)state;
    char name[METRIC_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[METRIC_NAME_MAX + 1] = '\0';
    assert_int_equal(get(METRIC_GAUGE, name), RELAY_EINVAL);
    name[METRIC_NAME_MAX] = '\0';
    assert_int_equal(get(METRIC_GAUGE, name), 0);
}

static void test_metrics_a_help_has_500_bytes_and_no_more(void **state)
{
    (void)state;
    struct metric *metric;
    char help[METRIC_HELP_MAX + 2];
    memset(help, 'h', sizeof help);
    help[METRIC_HELP_MAX + 1] = '\0';
    assert_int_equal(metrics_get(&metrics, METRIC_GAUGE, "g", help, &metric), RELAY_EINVAL);
    help[METRIC_HELP_MAX] = '\0';
    assert_int_equal(metrics_get(&metrics, METRIC_GAUGE, "g", help, &metric), 0);
}

static void test_metrics_a_help_is_utf8(void **state)
{
    (void)state;
    struct metric *metric;
    assert_int_equal(metrics_get(&metrics, METRIC_GAUGE, "g", "\xff", &metric), RELAY_EINVAL);
    assert_int_equal(metrics_get(&metrics, METRIC_GAUGE, "g", "gr\xc3\xbc\xc3\x9f", &metric), 0);
}

static void test_metrics_a_name_has_one_kind(void **state)
{
    (void)state;
    of(&metrics, METRIC_COUNTER, "c");
    of(&metrics, METRIC_GAUGE, "g");
    assert_int_equal(get(METRIC_GAUGE, "c"), RELAY_ESYNTAX);
    assert_int_equal(get(METRIC_COUNTER, "g"), RELAY_ESYNTAX);
}

static void test_metrics_are_1000_and_no_more(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < METRICS_MAX; i++) {
        snprintf(name, sizeof name, "m%d", i);
        assert_int_equal(get(METRIC_COUNTER, name), 0);
    }
    assert_int_equal(get(METRIC_COUNTER, "one_more"), RELAY_EFULL);
    assert_int_equal(get(METRIC_COUNTER, "m999"), 0);
}

static void test_metrics_carry_adds_counters_and_sets_gauges(void **state)
{
    (void)state;
    of(&older, METRIC_COUNTER, "c")->value = 40;
    of(&older, METRIC_GAUGE, "g")->value = 7;
    of(&metrics, METRIC_COUNTER, "c")->value = 2;
    of(&metrics, METRIC_GAUGE, "g")->value = 1;
    metrics_carry(&metrics, &older);
    assert_true(of(&metrics, METRIC_COUNTER, "c")->value == 42);
    assert_true(of(&metrics, METRIC_GAUGE, "g")->value == 7);
    assert_true(of(&older, METRIC_COUNTER, "c")->value == 40);
}

static void test_metrics_carry_leaves_other_names_and_other_kinds(void **state)
{
    (void)state;
    of(&older, METRIC_COUNTER, "x")->value = 40;
    of(&older, METRIC_COUNTER, "gone")->value = 1;
    of(&metrics, METRIC_GAUGE, "x")->value = 3;
    of(&metrics, METRIC_COUNTER, "new")->value = 5;
    metrics_carry(&metrics, &older);
    assert_true(of(&metrics, METRIC_GAUGE, "x")->value == 3);
    assert_true(of(&metrics, METRIC_COUNTER, "new")->value == 5);
    assert_int_equal(HASH_COUNT(metrics.head), 2);
}

static void test_metrics_write_in_the_order_of_their_making(void **state)
{
    (void)state;
    assert_text("");
    of(&metrics, METRIC_GAUGE, "z")->value = -1.5;
    of(&metrics, METRIC_COUNTER, "a_total")->value = 3;
    assert_text("# HELP z z\n# TYPE z gauge\nz -1.5\n"
                "# HELP a_total a_total\n# TYPE a_total counter\na_total 3\n");
}

static void test_metrics_write_escapes_a_help(void **state)
{
    (void)state;
    struct metric *metric;
    assert_int_equal(metrics_get(&metrics, METRIC_GAUGE, "g", "a\\b\n\"c\"", &metric), 0);
    assert_text("# HELP g a\\\\b\\n\"c\"\n# TYPE g gauge\ng 0\n");
}

static void test_metrics_write_says_infinite_and_no_number(void **state)
{
    (void)state;
    of(&metrics, METRIC_GAUGE, "up")->value = INFINITY;
    of(&metrics, METRIC_GAUGE, "down")->value = -INFINITY;
    of(&metrics, METRIC_GAUGE, "none")->value = NAN;
    assert_text("# HELP up up\n# TYPE up gauge\nup +Inf\n"
                "# HELP down down\n# TYPE down gauge\ndown -Inf\n"
                "# HELP none none\n# TYPE none gauge\nnone NaN\n");
}

/* From here on: through Lua. */

static void assert_answers(struct script_node *node, const char *body, const char *response)
{
    char lines[1024];
    snprintf(lines, sizeof lines, "relay.command('x', function() %s end)", body);
    script_node_run(node, lines);
    script_node_command(node, "x", "{}");
    assert_response(response);
}

/* The body raises this. */
static void assert_raises(struct script_node *node, const char *body, const char *message)
{
    char lines[1024];
    snprintf(lines, sizeof lines,
             "relay.command('x', function()\n"
             "  local ok, reason = pcall(function() %s end)\n"
             "  relay.log.info(tostring(ok), reason) end)",
             body);
    script_node_run(node, lines);
    buf_clear(&node->fixture.lines);
    script_node_command(node, "x", "{}");
    if (!script_node_logged(node, "false") || !script_node_logged(node, message))
        fail_msg("%.*s", (int)node->fixture.lines.len, node->fixture.lines.bytes);
}

static void test_metrics_a_counter_counts(void **state)
{
    assert_answers(*state,
                   "local c = relay.counter('c_total', 'help') c:add() c:add(2.5) c:add(0) "
                   "return { n = relay.counter('c_total'):value() }",
                   "{\"ok\":true,\"n\":3.5}");
}

static void test_metrics_a_gauge_goes_up_and_down(void **state)
{
    assert_answers(*state,
                   "local g = relay.gauge 'g' g:set(-4) g:add(1.5) g:add() "
                   "return { n = relay.gauge('g'):value() }",
                   "{\"ok\":true,\"n\":-1.5}");
}

static void test_metrics_are_made_while_main_lua_loads(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "local c = relay.counter 'c' c:add(5)\n"
                          "relay.command('x', function() return { n = c:value() } end)");
    script_node_command(node, "x", "{}");
    assert_response("{\"ok\":true,\"n\":5}");
}

static void test_metrics_a_counter_takes_what_grows_alone(void **state)
{
    assert_raises(*state, "relay.counter('c'):add(-1)", "must not be negative");
    assert_raises(*state, "relay.counter('c'):add(0/0)", "must be a finite number");
    assert_raises(*state, "relay.counter('c'):add(1/0)", "must be a finite number");
    assert_raises(*state, "relay.counter('c'):add('many')", "number expected, got string");
    assert_raises(*state, "relay.counter('c'):set(1)", "attempt to call a nil value");
}

static void test_metrics_a_gauge_takes_finite_numbers_alone(void **state)
{
    assert_raises(*state, "relay.gauge('g'):set(1/0)", "must be a finite number");
    assert_raises(*state, "relay.gauge('g'):set(0/0)", "must be a finite number");
    assert_raises(*state, "relay.gauge('g'):set()", "number expected, got no value");
    assert_raises(*state, "relay.gauge('g'):add(-1/0)", "must be a finite number");
}

static void test_metrics_methods_know_their_object(void **state)
{
    assert_raises(*state, "relay.counter('c').add(1)", "relay.counter expected, got number");
    assert_raises(*state, "relay.counter('c').add()", "relay.counter expected, got no value");
    assert_raises(*state, "relay.gauge('g').set(relay.counter('c'), 1)",
                  "relay.gauge expected, got relay.counter");
    assert_raises(*state, "relay.counter('c').add(io.stdout)", "relay.counter expected");
    assert_raises(*state, "relay.counter('c').add({}, 1)", "relay.counter expected, got table");
}

static void test_metrics_refused_names_say_why(void **state)
{
    assert_raises(*state, "relay.counter('a-b')", "a name is 1 to 120 of A-Z");
    assert_raises(*state, "relay.counter('a\\0b')", "must not hold a zero byte");
    assert_raises(*state, "relay.counter('a', 'b\\0')", "must not hold a zero byte");
    assert_raises(*state, "relay.counter('a', '\\255')", "500 bytes of UTF-8");
    assert_raises(*state, "relay.counter()", "string expected, got no value");
    assert_raises(*state, "relay.counter('x') relay.gauge('x')", "'x' is a counter already");
    assert_raises(*state, "relay.gauge('y') relay.counter('y')", "'y' is a gauge already");
    assert_raises(*state, "for i = 1, 1001 do relay.gauge('n' .. i) end",
                  "more than 1000 counters and gauges");
}

#define METRICS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        METRICS_TEST(test_metrics_a_name_gives_one_metric),
        METRICS_TEST(test_metrics_names_are_those_of_prometheus),
        METRICS_TEST(test_metrics_a_name_has_120_bytes_and_no_more),
        METRICS_TEST(test_metrics_a_help_has_500_bytes_and_no_more),
        METRICS_TEST(test_metrics_a_help_is_utf8),
        METRICS_TEST(test_metrics_a_name_has_one_kind),
        METRICS_TEST(test_metrics_are_1000_and_no_more),
        METRICS_TEST(test_metrics_carry_adds_counters_and_sets_gauges),
        METRICS_TEST(test_metrics_carry_leaves_other_names_and_other_kinds),
        METRICS_TEST(test_metrics_write_in_the_order_of_their_making),
        METRICS_TEST(test_metrics_write_escapes_a_help),
        METRICS_TEST(test_metrics_write_says_infinite_and_no_number),
        SCRIPT_TEST(test_metrics_a_counter_counts),
        SCRIPT_TEST(test_metrics_a_gauge_goes_up_and_down),
        SCRIPT_TEST(test_metrics_are_made_while_main_lua_loads),
        SCRIPT_TEST(test_metrics_a_counter_takes_what_grows_alone),
        SCRIPT_TEST(test_metrics_a_gauge_takes_finite_numbers_alone),
        SCRIPT_TEST(test_metrics_methods_know_their_object),
        SCRIPT_TEST(test_metrics_refused_names_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
