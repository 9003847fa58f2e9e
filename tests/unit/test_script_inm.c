/* test_script_inm.c — the ten commands of the notes, as scripts/inm answers them, and the
 * onboarding of a plain peer. */
#include "relay/channel.h"
#include "script_node.h"

/* A node with the peers "plain", which said no host, and "node-b". */
static struct script_node *start(void **state, const char *lines)
{
    FAKE.peers[0] = (struct mesh_peer){
        .name = fake_text("plain"), .latency_ms = -1, .is_plain = true, .is_configured = true};
    FAKE.peers[1] = (struct mesh_peer){.name = fake_text("node-b"),
                                       .host = fake_text("wss://b.example.com/"),
                                       .latency_ms = 0.45123};
    FAKE.peer_count = 2;
    script_node_run(*state, lines);
    return *state;
}

static void assert_answer(void **state, const char *command, const char *data, const char *response)
{
    size_t before = FAKE.response_count;
    script_node_command(*state, command, data);
    assert_int_equal(FAKE.response_count, before + 1);
    assert_response(response);
}

static void assert_answer_has(const char *text)
{
    if (!strstr(FAKE.responses[FAKE.response_count - 1], text))
        fail_msg("%s", FAKE.responses[FAKE.response_count - 1]);
}

static void test_list_nodes_names_the_peers(void **state)
{
    start(state, "");
    assert_answer(state, "list-nodes", "{}", "{\"ok\":true,\"nodes\":[\"plain\",\"node-b\"]}");
    FAKE.peer_count = 0;
    assert_answer(state, "list-nodes", "{}", "{\"ok\":true,\"nodes\":[]}");
}

static void test_get_latency_is_rounded_milliseconds(void **state)
{
    start(state, "");
    assert_answer(state, "get-latency", "{\"node\":\"node-b\"}", "{\"ok\":true,\"latency\":0.45}");
    assert_answer(state, "get-latency", "{\"node\":\"node-x\"}",
                  "{\"ok\":false,\"reason\":\"target not connected\"}");
    assert_answer(state, "get-latency", "{}", "{\"ok\":false,\"reason\":\"invalid data\"}");
}

static void test_get_connection_token_is_for_a_valid_name(void **state)
{
    struct script_node *node = start(state, "");
    script_node_command(node, "get-connection-token", "{\"node\":\"node-c\"}");
    assert_answer_has("{\"ok\":true,\"token\":\"xxxxxxxxxxxxxxxxxxxx");
    assert_answer(state, "get-connection-token", "{\"node\":\"a b\"}",
                  "{\"ok\":false,\"reason\":\"invalid data\"}");
    assert_answer(state, "get-connection-token", "{\"node\":5}",
                  "{\"ok\":false,\"reason\":\"invalid data\"}");
    assert_false(script_node_logged(node, "xxxx"));
}

static void test_get_node_connection_asks_the_peer_for_a_token(void **state)
{
    struct script_node *node = start(state, "");
    script_node_command(node, "get-node-connection", "{\"node\":\"node-b\"}");
    assert_int_equal(FAKE.response_count, 0);
    assert_string_equal(FAKE.requests[0].node, "node-b");
    assert_non_null(strstr(FAKE.requests[0].data, "\"command\":\"get-connection-token\""));
    assert_non_null(strstr(FAKE.requests[0].data, "\"node\":\"node-b\"")); /* who asked */
    script_node_answer("{\"token\":\"token123\"}", NULL);
    assert_answer_has("\"token\":\"token123\"");
    assert_answer_has("\"host\":\"wss://b.example.com/\"");
}

static void test_get_node_connection_knows_a_plain_peer_by_its_configured_url(void **state)
{
    struct script_node *node = start(state, "");
    script_node_command(node, "get-node-connection", "{\"node\":\"plain\"}");
    script_node_answer("{\"token\":\"t\"}", NULL);
    assert_answer_has("\"host\":\"ws://plain.example.com/\"");
}

static void test_get_node_connection_says_what_went_wrong(void **state)
{
    struct script_node *node = start(state, "");
    assert_answer(state, "get-node-connection", "{\"node\":\"node-x\"}",
                  "{\"ok\":false,\"reason\":\"target not connected\"}");
    assert_answer(state, "get-node-connection", "{\"node\":{}}",
                  "{\"ok\":false,\"reason\":\"invalid data\"}");
    script_node_command(node, "get-node-connection", "{\"node\":\"node-b\"}");
    script_node_answer(NULL, "timed out");
    assert_response("{\"ok\":false,\"reason\":\"timed out\"}");
}

static void open_channel(struct script_node *node, const char *name, bool has_password)
{
    struct password_hash hash = {.is_set = has_password};
    assert_non_null(channel_table_open(&node->relay.channels, name, strlen(name), &hash));
}

static void close_channels(struct script_node *node)
{
    while (node->relay.channels.head)
        channel_table_close(&node->relay.channels, node->relay.channels.head);
}

static void test_list_channels_has_names_and_hashes(void **state)
{
    struct script_node *node = start(state, "");
    assert_answer(state, "list-channels", "{}", "{\"ok\":true,\"channels\":[]}");
    open_channel(node, "open", false);
    open_channel(node, "locked", true);
    script_node_command(node, "list-channels", "{}");
    assert_answer_has("\"password\":null");
    assert_answer_has("\"password\":\"000000000000000000000000000000000000000000000000000000000000"
                      "0000\"");
    assert_answer_has("\"name\":\"locked\"");
    close_channels(node);
}

static void test_list_reserved_channels_leaves_out_what_is_open_here(void **state)
{
    struct script_node *node = start(state, "");
    struct claim_owner *owner = claim_table_add_owner(&FAKE.claims, "node-b");
    struct claim claim = {
        .name = "far", .name_len = 3, .stamp = {1, "node-b"}, .state = CLAIM_OPEN};
    struct claim_record *put;
    claim_owner_restart(owner, 1);
    assert_int_equal(claim_table_put(&FAKE.claims, owner, &claim, 1, &put), 0);
    claim.name = "own";
    assert_int_equal(claim_table_put(&FAKE.claims, owner, &claim, 2, &put), 0);
    open_channel(node, "own", false);
    script_node_command(node, "list-reserved-channels", "{}");
    assert_answer_has("\"name\":\"far\"");
    assert_null(strstr(FAKE.responses[0], "\"own\""));
    FAKE.raw = "{\"ok\":true,\"digest\":[1]}";
    assert_answer(state, "list-reserved-channels", "{}", FAKE.raw);
    close_channels(node);
}

static void test_reserve_channel_answers_what_the_mesh_says(void **state)
{
    struct script_node *node = start(state, "");
    FAKE.raw = "{\"ok\":false,\"reason\":\"channel already reserved\"}";
    assert_answer(state, "reserve-channel", "{\"channel\":\"c\"}", FAKE.raw);
    assert_answer(state, "unreserve-channel", "{\"channel\":\"c\"}", FAKE.raw);
    FAKE.raw = NULL;
    FAKE.response_count = 0;
    script_node_command(node, "reserve-channel", "{\"channel\":\"c\"}");
    assert_int_equal(FAKE.response_count, 0);
}

static void test_node_stats_has_the_keys_of_the_notes(void **state)
{
    struct script_node *node = start(state, "");
    script_node_command(node, "node-stats", "{}");
    assert_answer_has("\"channels\":[]");
    assert_answer_has("\"channel_connections\":{}");
    assert_answer_has("\"channels\":{}");
    open_channel(node, "c", false);
    script_node_command(node, "node-stats", "{}");
    assert_answer_has("\"channels\":[\"c\"]");
    assert_answer_has("\"channel_connections\":{\"c\":0}");
    assert_answer_has("\"clients\":0");
    assert_answer_has("\"network\":{");
    assert_answer_has("\"15s\":0");
    close_channels(node);
}

static void test_host_stats_has_the_keys_of_the_notes(void **state)
{
    script_node_command(start(state, ""), "host-stats", "{}");
    assert_answer_has("\"cpu\":{");
    assert_answer_has("\"mem\":{");
    assert_answer_has("\"disk\":[");
    assert_answer_has("\"60s_out\":0");
}

static void test_node_info_tells_what_the_notes_do_not(void **state)
{
    script_node_command(start(state, ""), "node-info", "{}");
    assert_answer_has("\"name\":\"node-a\"");
    assert_answer_has("\"started_at\":1795389987.5");
    assert_answer_has("\"host\":\"wss://a.example.com/\"");
    assert_answer_has("\"health\":\"good\"");
    assert_answer_has("{\"name\":\"plain\"}");
    assert_answer_has("\"latency_ms\":0.45");
    assert_answer_has("\"master\":false");
    assert_null(strstr(FAKE.responses[0], "token"));
}

static void test_a_command_of_main_lua_replaces_the_shipped_one(void **state)
{
    start(state, "relay.command('list-nodes', function() return { mine = true } end)");
    assert_answer(state, "list-nodes", "{}", "{\"ok\":true,\"mine\":true}");
}

static void test_a_master_sees_claims_and_says_what_it_found(void **state)
{
    static const char lines[] = "local engine = require \"relay.engine\"\n"
                                "relay.command(\"look\", function(request)\n"
                                "  local state, hash, owner = engine.claim(request.data.channel)\n"
                                "  engine.plain_doubt(request.data.channel)\n"
                                "  return { state = state, hash = hash, owner = owner,\n"
                                "           is_free = engine.plain_freed(request.data.channel) }\n"
                                "end)\n";
    struct script_node *node = start(state, lines);
    struct claim_owner *owner = claim_table_add_owner(&FAKE.claims, "node-b");
    struct claim claim = {.name = "held",
                          .name_len = 4,
                          .stamp = {1, "node-b"},
                          .hash = {.is_set = true},
                          .state = CLAIM_TENTATIVE};
    struct claim_record *put;
    claim_owner_restart(owner, 1);
    assert_int_equal(claim_table_put(&FAKE.claims, owner, &claim, 1, &put), 0);
    script_node_command(node, "look", "{\"channel\":\"held\"}");
    assert_answer_has("\"state\":\"tentative\"");
    assert_answer_has("\"hash\":\"0000000000");
    assert_answer_has("\"owner\":\"node-b\"");
    assert_answer_has("\"is_free\":false");
    assert_answer(state, "look", "{\"channel\":\"free\"}", "{\"ok\":true,\"is_free\":true}");
    assert_string_equal(FAKE.told, "doubt any held 0;freed any held 0;doubt any free 0;freed any "
                                   "free 0;");
    script_node_command(node, "look", "{\"channel\":\"\"}");
    assert_answer_has("internal error");
}

static void test_onboarding_asks_a_plain_peer_and_ignores_garbage(void **state)
{
    struct script_node *node = start(state, "");
    script_event(node->fixture.script, MESH_PEER_UP, &FAKE.peers[0]);
    assert_string_equal(FAKE.requests[0].data, "{\"command\":\"list-channels\"}");
    script_node_answer("{\"channels\":[{\"name\":\"a\",\"password\":null},{\"name\":\"b\"},5,"
                       "{\"name\":\"c\",\"password\":\"short\"},{\"name\":\"\"},{}]}",
                       NULL);
    assert_string_equal(FAKE.told, "open plain a 0;open plain b 0;");
    assert_true(script_node_logged(node, "4 entries of plain's list-channels make no sense"));
    assert_string_equal(FAKE.requests[1].data, "{\"command\":\"list-nodes\"}");
    script_node_answer("{\"nodes\":[\"a-stranger\"]}", NULL);
    assert_string_equal(FAKE.requests[2].data, "{\"command\":\"list-reserved-channels\"}");
    FAKE.told[0] = '\0';
    script_node_answer("{\"channels\":[{\"name\":\"d\",\"password\":\"0123456789012345678901234567"
                       "890123456789012345678901234567890123\"}]}",
                       NULL);
    assert_string_equal(FAKE.told, "perhaps reserved plain d 1;");
}

static void test_onboarding_leaves_our_own_kind_alone(void **state)
{
    struct script_node *node = start(state, "");
    script_event(node->fixture.script, MESH_PEER_UP, &FAKE.peers[1]);
    assert_int_equal(FAKE.request_count, 0);
}

static void test_remote_connection_dials_what_a_peer_lists(void **state)
{
    struct script_node *node = start(state, "");
    FAKE.peer_count = 1;
    FAKE.peers[0] = FAKE.peers[1];
    script_event(node->fixture.script, MESH_PEER_UP, &FAKE.peers[0]);
    script_node_advance(node, 1100);
    assert_string_equal(FAKE.requests[0].data, "{\"command\":\"list-nodes\"}");
    script_node_answer("{\"ok\":true,\"nodes\":[\"node-a\",\"node-c\"]}", NULL);
    assert_string_equal(FAKE.requests[1].node, "node-b");
    assert_non_null(strstr(FAKE.requests[1].data, "\"command\":\"get-node-connection\""));
    assert_non_null(strstr(FAKE.requests[1].data, "\"node\":\"node-c\""));
    script_node_answer("{\"ok\":true,\"host\":\"wss://c.example.com/\",\"token\":\"token123\"}",
                       NULL);
    assert_string_equal(FAKE.dialled, "node-c wss://c.example.com/node token123");
    FAKE.dial_done(FAKE.dial_context, NULL);
    assert_int_equal(script_handler_failures(node->fixture.script), 0);
    assert_int_equal(script_policy_failures(node->fixture.script), 0);
    assert_false(script_node_logged(node, "token123"));
}

static void test_remote_connection_keeps_what_it_has_when_the_policy_fails(void **state)
{
    struct script_node *node = *state;
    script_fixture_write(&node->fixture, "policies/peer_selection.lua",
                         "return { choose = function() return { 5 } end }");
    start(state, "");
    FAKE.peer_count = 1;
    FAKE.peers[0] = FAKE.peers[1];
    script_event(node->fixture.script, MESH_PEER_UP, &FAKE.peers[0]);
    script_node_advance(node, 1100);
    script_node_answer("{\"ok\":true,\"nodes\":[\"node-a\",\"node-c\"]}", NULL);
    assert_int_equal(FAKE.request_count, 1);
    assert_int_equal(script_policy_failures(node->fixture.script), 1);
    assert_true(script_node_logged(node, "choose returned a list that holds no name"));
}

static void test_remote_connection_policy_can_choose_among_a_thousand(void **state)
{
    struct script_node *node = *state;
    static char answer[64 * 1024];
    size_t len = (size_t)snprintf(answer, sizeof answer, "{\"nodes\":[\"node-c\"");
    for (int i = 0; i < 999; i++)
        len += (size_t)snprintf(answer + len, sizeof answer - len, ",\"a-node-of-many-%d\"", i);
    snprintf(answer + len, sizeof answer - len, "]}");
    start(state, "");
    FAKE.peer_count = 1;
    FAKE.peers[0] = FAKE.peers[1];
    script_event(node->fixture.script, MESH_PEER_UP, &FAKE.peers[0]);
    script_node_advance(node, 1100);
    script_node_answer(answer, NULL);
    assert_int_equal(FAKE.request_count, 2);
    assert_int_equal(script_policy_failures(node->fixture.script), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(test_list_nodes_names_the_peers),
        SCRIPT_TEST(test_get_latency_is_rounded_milliseconds),
        SCRIPT_TEST(test_get_connection_token_is_for_a_valid_name),
        SCRIPT_TEST(test_get_node_connection_asks_the_peer_for_a_token),
        SCRIPT_TEST(test_get_node_connection_knows_a_plain_peer_by_its_configured_url),
        SCRIPT_TEST(test_get_node_connection_says_what_went_wrong),
        SCRIPT_TEST(test_list_channels_has_names_and_hashes),
        SCRIPT_TEST(test_list_reserved_channels_leaves_out_what_is_open_here),
        SCRIPT_TEST(test_reserve_channel_answers_what_the_mesh_says),
        SCRIPT_TEST(test_node_stats_has_the_keys_of_the_notes),
        SCRIPT_TEST(test_host_stats_has_the_keys_of_the_notes),
        SCRIPT_TEST(test_node_info_tells_what_the_notes_do_not),
        SCRIPT_TEST(test_a_command_of_main_lua_replaces_the_shipped_one),
        SCRIPT_TEST(test_a_master_sees_claims_and_says_what_it_found),
        SCRIPT_TEST(test_onboarding_asks_a_plain_peer_and_ignores_garbage),
        SCRIPT_TEST(test_onboarding_leaves_our_own_kind_alone),
        SCRIPT_TEST(test_remote_connection_dials_what_a_peer_lists),
        SCRIPT_TEST(test_remote_connection_keeps_what_it_has_when_the_policy_fails),
        SCRIPT_TEST(test_remote_connection_policy_can_choose_among_a_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
