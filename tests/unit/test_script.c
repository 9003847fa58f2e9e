/* test_script.c — loading a generation: what works, and what a person reads when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "script_fixture.h"

#define NODE(table) "local relay = require \"relay\"\n\nrelay.node " table "\n"

static int setup(void **state)
{
    struct script_fixture *fixture = malloc(sizeof *fixture);
    script_fixture_init(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    script_fixture_deinit(*state);
    free(*state);
    return 0;
}

static const struct config *load(struct script_fixture *fixture, const char *main)
{
    script_fixture_write(fixture, "main.lua", main);
    if (script_fixture_load(fixture, "main.lua", NULL, 0) != 0)
        fail_msg("did not load: %s", fixture->error.bytes);
    return script_config(fixture->script);
}

static void assert_refused(struct script_fixture *fixture, const char *main, const char *message)
{
    script_fixture_write(fixture, "main.lua", main);
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    assert_null(fixture->script);
    script_fixture_assert_error(fixture, message);
}

static void test_script_shipped_main_loads(void **state)
{
    struct script_fixture *fixture = *state;
    const struct script_source source = {.main_path = "scripts/main.lua",
                                         .scripts_path = "scripts",
                                         .policies_path = "policies",
                                         .log = &fixture->log};
    assert_int_equal(script_load(&fixture->script, &source, &fixture->error), 0);
    assert_int_equal(script_config(fixture->script)->listen[0].port, 8080);
}

/* It is the process's, so that no state may set it. */
static void test_script_has_no_way_to_the_locale(void **state)
{
    load(*state, NODE("{}") "assert(os.setlocale == nil and os.time)");
}

static void test_script_config_has_the_documented_defaults(void **state)
{
    const struct config *config = load(*state, NODE("{ name = 'node-a' }"));
    assert_string_equal(config->name, "node-a");
    assert_int_equal(config->listen_count, 1);
    assert_string_equal(config->listen[0].host, "0.0.0.0");
    assert_int_equal(config->limits.client.message_bytes, 65536);
    assert_int_equal(config->limits.client.channels_per_client, 100);
    assert_true(config->limits.client.messages_per_second == 1000);
    assert_true(config->limits.client.burst == 2000);
    assert_int_equal(config->limits.client.send_queue_bytes, 1048576);
    assert_int_equal(config->limits.connections, 100000);
    assert_int_equal(config->limits.connections_per_address, 1000);
    assert_int_equal(config->limits.hash_queue, 1024);
    assert_true(config->health_latency_ms == 10);
    assert_true(config->drain_seconds == 10 && config->keep_alive_seconds == 25);
    assert_int_equal(config->log_level, LOG_INFO);
    assert_int_equal(config->log_format, LOG_TEXT);
    assert_null(config->tls_cert);
    assert_int_equal(config->policies[0], '/');
}

static void test_script_config_alone_has_no_network(void **state)
{
    const struct config *config = load(*state, NODE("{ name = 'node-a' }"));
    assert_null(config->host);
    assert_null(config->token);
    assert_int_equal(config->peer_count, 0);
    assert_int_equal(config->pool, 8);
    assert_false(config->is_master || config->reserves_by_majority);
}

static void test_script_config_takes_the_network(void **state)
{
    const struct config *config =
        load(*state, NODE("{ name = 'a', host = 'wss://a/', token = 'secret', pool = 5,\n"
                          "master = true, reserve = 'majority', peers = {\n"
                          "{ name = 'b', url = 'wss://b/node', token = 'tb' },\n"
                          "{ name = 'c', url = 'ws://c/node', token = 'tc' } } }"));
    assert_string_equal(config->host, "wss://a/");
    assert_string_equal(config->token, "secret");
    assert_int_equal(config->pool, 5);
    assert_true(config->is_master && config->reserves_by_majority);
    assert_int_equal(config->peer_count, 2);
    assert_string_equal(config->peers[0].name, "b");
    assert_string_equal(config->peers[1].url, "ws://c/node");
    assert_string_equal(config->peers[1].token, "tc");
}

static void test_script_two_peers_of_one_name_are_refused(void **state)
{
    assert_refused(*state,
                   NODE("{\n  name = 'a',\n  peers = {\n"
                        "    { name = 'b', url = 'ws://b/node', token = 't' },\n"
                        "    { name = 'b', url = 'ws://c/node', token = 't' },\n  },\n}"),
                   "main.lua:7: 'peers[2].name' is \"b\", as peers[1] is already");
}

static void test_script_a_message_too_long_for_a_packet_is_refused(void **state)
{
    assert_refused(*state,
                   NODE("{\n  token = 't',\n  limits = {\n    message_bytes = 716801,\n  },\n}"),
                   "main.lua:6: 'limits.message_bytes' must be at most 716800 where other nodes "
                   "join (token, host or peers): a longer message fits in no packet");
}

static void test_script_config_takes_what_main_gives(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "cert.pem", "");
    script_fixture_write(fixture, "key.pem", "");
    const struct config *config =
        load(fixture, NODE("{ listen = { '127.0.0.1:0', '[::1]:81' }, drain_seconds = 0.5,\n"
                           "tls = { cert = 'cert.pem', key = 'key.pem' },\n"
                           "limits = { burst = 7 }, log = { format = 'json' } }"));
    assert_int_equal(config->listen_count, 2);
    assert_string_equal(config->listen[1].host, "::1");
    assert_int_equal(config->listen[1].port, 81);
    assert_true(config->drain_seconds == 0.5 && config->limits.client.burst == 7);
    assert_int_equal(config->limits.client.message_bytes, 65536);
    assert_int_equal(config->log_format, LOG_JSON);
    assert_int_equal(config->tls_key[0], '/');
    assert_null(config->tls_ca);
}

static void test_script_option_beats_main(void **state)
{
    struct script_fixture *fixture = *state;
    const struct script_option options[] = {
        {"name", "from-environment", "WSRELAY_NAME"},
        {"listen", "127.0.0.1:1 127.0.0.1:2,127.0.0.1:3", "WSRELAY_LISTEN"},
        {"name", "from-option", "--name"},
        {"listen", "127.0.0.1:4", "--listen"},
        {"listen", "127.0.0.1:5", "--listen"},
        {"log-level", "debug", "--log-level"},
    };
    script_fixture_write(fixture, "main.lua", NODE("{ name = 'from-main', listen = '[::]:9' }"));
    assert_int_equal(script_fixture_load(fixture, "main.lua", options, 6), 0);
    const struct config *config = script_config(fixture->script);
    assert_string_equal(config->name, "from-option");
    assert_int_equal(config->listen_count, 2);
    assert_int_equal(config->listen[0].port, 4);
    assert_int_equal(config->log_level, LOG_DEBUG);
}

static void test_script_bad_option_names_who_gave_it(void **state)
{
    struct script_fixture *fixture = *state;
    const struct script_option option = {"log-level", "debg", "WSRELAY_LOG_LEVEL"};
    script_fixture_write(fixture, "main.lua", NODE("{}"));
    assert_int_equal(script_fixture_load(fixture, "main.lua", &option, 1), RELAY_ESCRIPT);
    assert_string_equal(fixture->error.bytes,
                        "WSRELAY_LOG_LEVEL: must be one of debug, info, warn, error, and is "
                        "\"debg\" (did you mean 'debug'?)");
}

static void test_script_unknown_key_names_line_and_nearest(void **state)
{
    assert_refused(*state, NODE("{\n  name = 'a',\n  lisen = 1,\n}"),
                   "main.lua:5: unknown key 'lisen' (did you mean 'listen'?)");
}

static void test_script_unknown_nested_key_names_its_own_line(void **state)
{
    assert_refused(*state, NODE("{\n  limits = {\n    burst = 1,\n    mesage_bytes = 1,\n  },\n}"),
                   "main.lua:6: unknown key 'limits.mesage_bytes' (did you mean "
                   "'message_bytes'?)");
}

static void test_script_wrong_type_is_refused(void **state)
{
    assert_refused(*state, NODE("{ drain_seconds = 'ten' }"),
                   "main.lua:3: 'drain_seconds' must be a number from 0 to 86400, and is \"ten\"");
}

static void test_script_missing_certificate_is_refused(void **state)
{
    struct script_fixture *fixture = *state;
    char message[256];
    snprintf(message, sizeof message, "main.lua:4: 'tls.cert': there is no file '%s/no.pem'",
             fixture->directory);
    assert_refused(fixture, NODE("{\n  tls = { cert = 'no.pem', key = 'no.pem' } }"), message);
}

static void test_script_node_not_called_is_refused(void **state)
{
    assert_refused(*state, "local x = 1\nreturn x\n", "main.lua: relay.node was not called");
}

static void test_script_node_called_twice_is_refused(void **state)
{
    struct script_fixture *fixture = *state;
    char message[256];
    snprintf(message, sizeof message, "main.lua:4: relay.node was called already, at %s/main.lua:3",
             fixture->directory);
    assert_refused(fixture, NODE("{}") "relay.node {}", message);
}

static void test_script_syntax_error_has_its_line(void **state)
{
    assert_refused(*state, "\n\nlocal = 3\n", "main.lua:3: <name> expected near '='");
}

static void test_script_undefined_global_has_its_line(void **state)
{
    assert_refused(*state, "\nlocal x = relai\nreturn x", "main.lua:2: undefined global 'relai'");
    assert_refused(*state, "\nx = 3",
                   "main.lua:2: assignment to the undefined global 'x' (write "
                   "'local')");
}

static void test_script_missing_main_is_named(void **state)
{
    struct script_fixture *fixture = *state;
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error(fixture, "main.lua: cannot open: No such file or directory");
}

static void test_script_endless_loop_is_ended_with_its_line(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "main.lua", "\nwhile true do end");
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error_begins(fixture, "main.lua:2: ran over its budget of ");
}

static void test_script_long_path_is_shown_in_full(void **state)
{
    struct script_fixture *fixture = *state;
    const char *name = "a-directory-with-a-very-long-name-that-lua-would-shorten/main.lua";
    char message[128];
    script_fixture_write(fixture, name, "error('no')");
    assert_int_equal(script_fixture_load(fixture, name, NULL, 0), RELAY_ESCRIPT);
    snprintf(message, sizeof message, "%s:1: no", name);
    script_fixture_assert_error(fixture, message);
}

static void test_script_module_beside_main_is_found(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "names.lua", "return { own = 'node-m' }");
    const struct config *config = load(fixture, NODE("{ name = require('names').own }"));
    assert_string_equal(config->name, "node-m");
}

static void test_script_cjson_is_found(void **state)
{
    const struct config *config =
        load(*state, NODE("(require('cjson').decode('{\"name\":\"node-j\"}'))"));
    assert_string_equal(config->name, "node-j");
}

static void test_script_log_reaches_the_log(void **state)
{
    struct script_fixture *fixture = *state;
    load(fixture, NODE("{}") "relay.log.warn('three', 3, nil)");
    buf_add_byte(&fixture->lines, '\0');
    assert_non_null(strstr(fixture->lines.bytes, "three 3 nil"));
    assert_non_null(strstr(fixture->lines.bytes, "main.lua:4"));
}

static void assert_policy_refused(struct script_fixture *fixture, const char *name,
                                  const char *text, const char *message)
{
    script_fixture_write(fixture, name, text);
    assert_refused(fixture, NODE("{}"), message);
}

static void test_script_policy_error_has_file_and_line(void **state)
{
    assert_policy_refused(*state, "policies/client_auth.lua", "\nlocal = 3",
                          "policies/client_auth.lua:2: <name> expected near '='");
}

static void test_script_policy_misspelt_file_is_refused(void **state)
{
    assert_policy_refused(*state, "policies/client_aut.lua", "return {}",
                          "policies/client_aut.lua: no policy has this name (did you mean "
                          "'client_auth'?)");
}

static void test_script_policy_other_files_are_left_alone(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "policies/health_spec.lua", "error('not loaded')");
    script_fixture_write(fixture, "policies/README.md", "");
    script_fixture_policy(fixture, "notes", "error('not loaded')");
}

static void test_script_misspelt_relay_function_is_named(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "main.lua",
                         "local relay = require 'relay'\nrelay.comand('x', print)");
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error(fixture,
                                "main.lua:2: relay has no 'comand' (did you mean 'command'?)");
}

static void test_script_policy_misspelt_function_is_refused(void **state)
{
    assert_policy_refused(*state, "policies/channel_auth.lua", "return { opn = function() end }",
                          "policies/channel_auth.lua:1: unknown function 'opn' (did you mean "
                          "'open'?)");
}

static void test_script_policy_without_table_is_refused(void **state)
{
    assert_policy_refused(*state, "policies/limits.lua", "",
                          "policies/limits.lua: returns a nil, not a table of functions");
}

static void test_script_policy_endless_loop_is_ended(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "policies/limits.lua", "while true do end");
    script_fixture_write(fixture, "main.lua", NODE("{}"));
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error_begins(fixture, "policies/limits.lua:1: ran over its budget of ");
}

static void test_script_health_rule_of_unknown_state_is_refused(void **state)
{
    assert_policy_refused(*state, "policies/health.lua",
                          "return { rules = { { state = 'fine' } } }",
                          "policies/health.lua: rules[1].state must be \"good\", \"degraded\" or "
                          "\"bad\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_script_shipped_main_loads),
        TEST(test_script_has_no_way_to_the_locale),
        TEST(test_script_config_has_the_documented_defaults),
        TEST(test_script_config_alone_has_no_network),
        TEST(test_script_config_takes_the_network),
        TEST(test_script_two_peers_of_one_name_are_refused),
        TEST(test_script_a_message_too_long_for_a_packet_is_refused),
        TEST(test_script_config_takes_what_main_gives),
        TEST(test_script_option_beats_main),
        TEST(test_script_bad_option_names_who_gave_it),
        TEST(test_script_unknown_key_names_line_and_nearest),
        TEST(test_script_unknown_nested_key_names_its_own_line),
        TEST(test_script_wrong_type_is_refused),
        TEST(test_script_missing_certificate_is_refused),
        TEST(test_script_node_not_called_is_refused),
        TEST(test_script_node_called_twice_is_refused),
        TEST(test_script_syntax_error_has_its_line),
        TEST(test_script_undefined_global_has_its_line),
        TEST(test_script_missing_main_is_named),
        TEST(test_script_endless_loop_is_ended_with_its_line),
        TEST(test_script_long_path_is_shown_in_full),
        TEST(test_script_module_beside_main_is_found),
        TEST(test_script_cjson_is_found),
        TEST(test_script_log_reaches_the_log),
        TEST(test_script_policy_error_has_file_and_line),
        TEST(test_script_misspelt_relay_function_is_named),
        TEST(test_script_policy_misspelt_file_is_refused),
        TEST(test_script_policy_other_files_are_left_alone),
        TEST(test_script_policy_misspelt_function_is_refused),
        TEST(test_script_policy_without_table_is_refused),
        TEST(test_script_policy_endless_loop_is_ended),
        TEST(test_script_health_rule_of_unknown_state_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
