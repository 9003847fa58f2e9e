/* test_options.c — arguments and variables, and which of them is the stronger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

static const char *const variables[] = {
    "WSRELAY_NAME",  "WSRELAY_LISTEN",   "WSRELAY_HOST",      "WSRELAY_TOKEN",
    "WSRELAY_PEERS", "WSRELAY_POLICIES", "WSRELAY_LOG_LEVEL", "WSRELAY_LOG_FORMAT",
};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

/* Each test begins in an environment without ours. */
static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIABLES; i++)
        unsetenv(variables[i]);
    unsetenv("WSRELAY_WATCH");
    return 0;
}

#define parse(options, ...)                                                                        \
    parse_arguments((options), (char *[]){(char[]){"wsrelay-engine"}, __VA_ARGS__, NULL})
#define ARG(text) ((char[]){text})

static enum options_action parse_arguments(struct options *options, char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return options_parse(options, argc, argv);
}

static void check_value(const struct options *options, size_t place, const char *key,
                        const char *value, const char *source)
{
    assert_true(place < options->count);
    assert_string_equal(options->values[place].key, key);
    assert_string_equal(options->values[place].value, value);
    assert_string_equal(options->values[place].source, source);
}

static void test_options_main_lua_alone_is_enough(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
    assert_string_equal(options.main_path, "main.lua");
    assert_int_equal(options.count, 0);
    options_deinit(&options);
}

static void test_options_watch_takes_no_value_and_has_a_variable(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
    assert_false(options.watches);
    assert_int_equal(parse(&options, ARG("--watch"), ARG("main.lua")), OPTIONS_RUN);
    assert_true(options.watches);
    assert_string_equal(options.main_path, "main.lua");
    setenv("WSRELAY_WATCH", "1", 1);
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
    assert_true(options.watches);
    setenv("WSRELAY_WATCH", "0", 1);
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
    assert_false(options.watches);
    setenv("WSRELAY_WATCH", "often", 1);
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_USAGE);
    unsetenv("WSRELAY_WATCH");
    assert_int_equal(parse(&options, ARG("--watch=1"), ARG("main.lua")), OPTIONS_USAGE);
}

static void test_options_run_may_stand_in_front_of_main_lua_alone(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("run"), ARG("main.lua")), OPTIONS_RUN);
    assert_string_equal(options.main_path, "main.lua");
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("run")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "one main.lua only, and run is another");
    assert_int_equal(parse(&options, ARG("run"), ARG("run")), OPTIONS_RUN);
    assert_string_equal(options.main_path, "run");
}

static void test_options_without_main_lua_are_a_usage_error(void **state)
{
    (void)state;
    struct options options;
    char *none[] = {ARG("wsrelay-engine"), NULL};
    assert_int_equal(options_parse(&options, 1, none), OPTIONS_USAGE);
    assert_string_equal(options.problem, "which main.lua?");
    assert_int_equal(parse(&options, ARG("run")), OPTIONS_USAGE);
    assert_int_equal(parse(&options, ARG("--name"), ARG("n")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "which main.lua?");
}

static void test_options_second_main_lua_is_a_usage_error(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("a.lua"), ARG("b.lua")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "one main.lua only, and b.lua is another");
}

static void test_options_take_a_value_behind_a_space_or_an_equals_sign(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("--name"), ARG("n1"), ARG("main.lua"), ARG("--name=n2"),
                           ARG("--token=a=b")),
                     OPTIONS_RUN);
    assert_string_equal(options.main_path, "main.lua");
    assert_int_equal(options.count, 3);
    check_value(&options, 0, "name", "n1", "--name");
    check_value(&options, 1, "name", "n2", "--name");
    check_value(&options, 2, "token", "a=b", "--token");
    options_deinit(&options);
}

static void test_options_every_option_has_its_key(void **state)
{
    (void)state;
    static const char *const keys[] = {"name", "listen",   "host",      "token",
                                       "peer", "policies", "log-level", "log-format"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char option[32];
        struct options options;
        snprintf(option, sizeof(option), "--%s", keys[i]);
        assert_int_equal(parse(&options, ARG("main.lua"), option, ARG("value")), OPTIONS_RUN);
        assert_int_equal(options.count, 1);
        check_value(&options, 0, keys[i], "value", option);
        assert_non_null(strstr(options_help, option));
        options_deinit(&options);
    }
}

static void test_options_that_may_be_repeated_keep_their_order(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("--listen"), ARG("127.0.0.1:1"),
                           ARG("--peer"), ARG("n2=ws://a,t"), ARG("--listen"), ARG("[::1]:2")),
                     OPTIONS_RUN);
    check_value(&options, 0, "listen", "127.0.0.1:1", "--listen");
    check_value(&options, 1, "peer", "n2=ws://a,t", "--peer");
    check_value(&options, 2, "listen", "[::1]:2", "--listen");
    options_deinit(&options);
}

static void test_options_unknown_one_is_a_usage_error_with_its_name(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("--names"), ARG("x")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "unknown option --names");
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("-x")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "unknown option -x");
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("--nam=x")), OPTIONS_USAGE);
}

static void test_options_very_long_unknown_one_is_cut(void **state)
{
    (void)state;
    struct options options;
    char long_one[1000] = "--";
    memset(long_one + 2, 'x', sizeof(long_one) - 3);
    long_one[sizeof(long_one) - 1] = '\0';
    assert_int_equal(parse(&options, ARG("main.lua"), long_one), OPTIONS_USAGE);
    assert_int_equal(strlen(options.problem), strlen("unknown option ") + 80);
}

static void test_options_without_its_value_is_a_usage_error(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("--name")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "--name needs a value");
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("--host=")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "--host needs a value");
    assert_int_equal(parse(&options, ARG("--token"), ARG(""), ARG("main.lua")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "--token needs a value");
}

static void test_options_help_and_version_win_wherever_they_stand(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, ARG("--help")), OPTIONS_HELP);
    assert_int_equal(parse(&options, ARG("run"), ARG("main.lua"), ARG("-h")), OPTIONS_HELP);
    assert_int_equal(parse(&options, ARG("--version")), OPTIONS_VERSION);
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("-V")), OPTIONS_VERSION);
    assert_int_equal(parse(&options, ARG("--name=x"), ARG("--help"), ARG("--nonsense")),
                     OPTIONS_HELP);
}

static void test_options_every_variable_has_its_key_and_names_itself(void **state)
{
    (void)state;
    static const char *const keys[VARIABLES] = {"name", "listen",   "host",      "token",
                                                "peer", "policies", "log-level", "log-format"};
    for (size_t i = 0; i < VARIABLES; i++) {
        struct options options;
        setenv(variables[i], "value", 1);
        assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
        assert_int_equal(options.count, 1);
        check_value(&options, 0, keys[i], "value", variables[i]);
        options_deinit(&options);
        unsetenv(variables[i]);
    }
}

static void test_options_variables_come_before_arguments_which_are_the_stronger(void **state)
{
    (void)state;
    struct options options;
    setenv("WSRELAY_LOG_FORMAT", "json", 1);
    setenv("WSRELAY_NAME", "from the environment", 1);
    assert_int_equal(parse(&options, ARG("--name=from the arguments"), ARG("main.lua")),
                     OPTIONS_RUN);
    assert_int_equal(options.count, 3);
    check_value(&options, 0, "name", "from the environment", "WSRELAY_NAME");
    check_value(&options, 1, "log-format", "json", "WSRELAY_LOG_FORMAT");
    check_value(&options, 2, "name", "from the arguments", "--name");
    options_deinit(&options);
}

static void test_options_empty_variable_is_no_variable(void **state)
{
    (void)state;
    struct options options;
    setenv("WSRELAY_NAME", "", 1);
    setenv("WSRELAY_PEERS", "", 1);
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
    assert_int_equal(options.count, 0);
    options_deinit(&options);
}

static void test_options_peers_are_words_of_their_variable(void **state)
{
    (void)state;
    struct options options;
    setenv("WSRELAY_PEERS", "  n2=ws://a,t\tn3=ws://b,u \n n4=ws://c,v ", 1);
    assert_int_equal(parse(&options, ARG("main.lua"), ARG("--peer=n5=ws://d,w")), OPTIONS_RUN);
    assert_int_equal(options.count, 4);
    check_value(&options, 0, "peer", "n2=ws://a,t", "WSRELAY_PEERS");
    check_value(&options, 1, "peer", "n3=ws://b,u", "WSRELAY_PEERS");
    check_value(&options, 2, "peer", "n4=ws://c,v", "WSRELAY_PEERS");
    check_value(&options, 3, "peer", "n5=ws://d,w", "--peer");
    assert_string_equal(getenv("WSRELAY_PEERS"), "  n2=ws://a,t\tn3=ws://b,u \n n4=ws://c,v ");
    options_deinit(&options);
}

static enum options_action parse_listens(struct options *options, size_t count)
{
    static char name[] = "wsrelay-engine", main_lua[] = "main.lua", any[] = "--listen=[::1]:0";
    static char *argv[OPTIONS_MAX + 4];
    size_t argc = 0;
    argv[argc++] = name;
    argv[argc++] = main_lua;
    for (size_t i = 0; i < count; i++)
        argv[argc++] = any;
    argv[argc] = NULL;
    return options_parse(options, (int)argc, argv);
}

static void test_options_64_values_pass_and_65_fail(void **state)
{
    (void)state;
    static struct options options;
    assert_int_equal(OPTIONS_MAX, 64);
    assert_int_equal(parse_listens(&options, 64), OPTIONS_RUN);
    assert_int_equal(options.count, 64);
    assert_int_equal(parse_listens(&options, 65), OPTIONS_USAGE);
    assert_string_equal(options.problem, "more than 64 options");
}

static void test_options_64_peers_in_the_environment_pass_and_65_fail(void **state)
{
    (void)state;
    static struct options options;
    char peers[2 * 65 + 1] = {0};
    for (size_t i = 0; i < 64; i++)
        strcat(peers, "p ");
    setenv("WSRELAY_PEERS", peers, 1);
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_RUN);
    assert_int_equal(options.count, 64);
    options_deinit(&options);
    setenv("WSRELAY_PEERS", strcat(peers, "p"), 1);
    assert_int_equal(parse(&options, ARG("main.lua")), OPTIONS_USAGE);
    assert_string_equal(options.problem, "too many values in the environment");
    options_deinit(&options);
}

int main(void)
{
#define OPTIONS_TEST(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, clear_environment, clear_environment)
    const struct CMUnitTest tests[] = {
        OPTIONS_TEST(test_options_watch_takes_no_value_and_has_a_variable),
        OPTIONS_TEST(test_options_main_lua_alone_is_enough),
        OPTIONS_TEST(test_options_run_may_stand_in_front_of_main_lua_alone),
        OPTIONS_TEST(test_options_without_main_lua_are_a_usage_error),
        OPTIONS_TEST(test_options_second_main_lua_is_a_usage_error),
        OPTIONS_TEST(test_options_take_a_value_behind_a_space_or_an_equals_sign),
        OPTIONS_TEST(test_options_every_option_has_its_key),
        OPTIONS_TEST(test_options_that_may_be_repeated_keep_their_order),
        OPTIONS_TEST(test_options_unknown_one_is_a_usage_error_with_its_name),
        OPTIONS_TEST(test_options_very_long_unknown_one_is_cut),
        OPTIONS_TEST(test_options_without_its_value_is_a_usage_error),
        OPTIONS_TEST(test_options_help_and_version_win_wherever_they_stand),
        OPTIONS_TEST(test_options_every_variable_has_its_key_and_names_itself),
        OPTIONS_TEST(test_options_variables_come_before_arguments_which_are_the_stronger),
        OPTIONS_TEST(test_options_empty_variable_is_no_variable),
        OPTIONS_TEST(test_options_peers_are_words_of_their_variable),
        OPTIONS_TEST(test_options_64_values_pass_and_65_fail),
        OPTIONS_TEST(test_options_64_peers_in_the_environment_pass_and_65_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
