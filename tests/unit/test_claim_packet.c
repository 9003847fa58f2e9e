/* test_claim_packet.c — the notes' commands with a claim beside their keys, and votes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reserve/claim_packet.h"
#include "reserve_fixture.h"

#define HASH1 "0101010101010101010101010101010101010101010101010101010101010101"
#define TENTATIVE                                                                                  \
    "{\"command\":\"reserve-channel\",\"channel\":\"garden\",\"password\":\"" HASH1 "\","          \
    "\"claim\":{\"state\":\"tentative\",\"stamp\":1000,\"stamp_node\":\"node-a\","                 \
    "\"boot\":500,\"version\":7}}"

static struct claim_command command_of(enum claim_command_kind kind)
{
    return (struct claim_command){
        .kind = kind,
        .name = "garden",
        .name_len = 6,
        .hash = test_hash(1),
        .has_claim = true,
        .claim = test_claim("garden", 1, CLAIM_TENTATIVE, 1000, "node-a"),
        .boot = 500,
        .version = 7,
    };
}

static void assert_written(const struct claim_command *command, const char *text)
{
    struct buf buf = {0};
    claim_command_write(&buf, command);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.bytes, text);
    buf_deinit(&buf);
}

static int read_command(struct claim_packet *packet, const char *text)
{
    return claim_command_read(packet, "node-s", text, strlen(text));
}

static void test_claim_command_writes_the_notes_keys_first(void **state)
{
    (void)state;
    struct claim_command command = command_of(CLAIM_RESERVE);
    assert_written(&command, TENTATIVE);
    command.has_claim = false;
    command.hash = test_hash(0);
    assert_written(&command,
                   "{\"command\":\"reserve-channel\",\"channel\":\"garden\",\"password\":null}");
    command.kind = CLAIM_UNRESERVE;
    assert_written(&command, "{\"command\":\"unreserve-channel\",\"channel\":\"garden\"}");
}

static void test_claim_command_reads_what_it_wrote(void **state)
{
    (void)state;
    struct claim_packet packet;
    assert_int_equal(read_command(&packet, TENTATIVE), 0);
    const struct claim_command *command = &packet.command;
    assert_int_equal(command->kind, CLAIM_RESERVE);
    assert_true(command->has_claim);
    assert_int_equal(command->name_len, 6);
    assert_memory_equal(command->claim.name, "garden", 6);
    assert_int_equal(command->claim.state, CLAIM_TENTATIVE);
    assert_int_equal(command->claim.stamp.ms, 1000);
    assert_string_equal(command->claim.stamp.node, "node-a");
    assert_int_equal(command->boot, 500);
    assert_int_equal(command->version, 7);
    struct password_hash hash = test_hash(1);
    assert_true(password_hash_equals(&command->hash, &hash));
    assert_true(password_hash_equals(&command->claim.hash, &hash));
    assert_written(command, TENTATIVE);
}

static void test_claim_command_reads_open_released_and_unconfirmed(void **state)
{
    (void)state;
    struct claim_packet packet;
    struct claim_command command = command_of(CLAIM_RESERVE);
    struct buf buf = {0};
    command.claim.state = CLAIM_OPEN;
    command.claim.is_unconfirmed = true;
    claim_command_write(&buf, &command);
    assert_int_equal(claim_command_read(&packet, "node-s", buf.bytes, buf.len), 0);
    assert_int_equal(packet.command.claim.state, CLAIM_OPEN);
    assert_true(packet.command.claim.is_unconfirmed);
    assert_false(packet.command.is_released);
    buf_clear(&buf);
    command.is_released = true;
    claim_command_write(&buf, &command);
    assert_int_equal(claim_command_read(&packet, "node-s", buf.bytes, buf.len), 0);
    assert_true(packet.command.is_released);
    buf_clear(&buf);
    command.kind = CLAIM_UNRESERVE;
    claim_command_write(&buf, &command);
    assert_int_equal(claim_command_read(&packet, "node-s", buf.bytes, buf.len), 0);
    assert_int_equal(packet.command.kind, CLAIM_UNRESERVE);
    assert_true(packet.command.has_claim);
    assert_int_equal(packet.command.version, 7);
    buf_deinit(&buf);
}

static void test_claim_command_of_a_plain_peer_has_no_claim(void **state)
{
    (void)state;
    struct claim_packet packet;
    assert_int_equal(read_command(&packet, "{\"channel\":\"\\u0067arden\",\"password\":\"\","
                                           "\"command\":\"reserve-channel\"}"),
                     0);
    assert_false(packet.command.has_claim);
    assert_false(packet.command.hash.is_set);
    assert_memory_equal(packet.command.name, "garden", 6);
    assert_int_equal(
        read_command(&packet, "{\"command\":\"unreserve-channel\",\"channel\":\"garden\"}"), 0);
    assert_int_equal(packet.command.kind, CLAIM_UNRESERVE);
}

static void test_claim_command_stamp_without_a_node_is_the_senders(void **state)
{
    (void)state;
    struct claim_packet packet;
    assert_int_equal(read_command(&packet,
                                  "{\"command\":\"reserve-channel\",\"channel\":\"g\",\"claim\":{"
                                  "\"state\":\"open\",\"stamp\":1,\"boot\":2,\"version\":3}}"),
                     0);
    assert_true(packet.command.has_claim);
    assert_string_equal(packet.command.claim.stamp.node, "node-s");
}

static void test_claim_command_refuses_missing_and_wrong_fields(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "{\"command\":\"reserve-channel\"}",
        "{\"command\":\"send\",\"channel\":\"garden\"}",
        "{\"command\":7,\"channel\":\"garden\"}",
        "{\"command\":\"reserve-channel\",\"channel\":7}",
        "{\"command\":\"reserve-channel\",\"channel\":\"\"}",
        "{\"command\":\"reserve-channel\",\"channel\":\"a\\u0000\"}",
        "{\"command\":\"reserve-channel\",\"channel\":\"garden\",\"password\":7}",
        "{\"command\":\"reserve-channel\",\"channel\":\"garden\",\"password\":\"abc\"}",
        "{\"command\":\"reserve-channel\",\"channel\":\"garden\"",
    };
    struct claim_packet packet;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(read_command(&packet, texts[i]), RELAY_EINVAL);
}

static void test_claim_command_with_a_claim_that_cannot_be_read_has_none(void **state)
{
    (void)state;
    static const char *const claims[] = {
        "7",
        "{}",
        "{\"state\":\"open\",\"stamp\":1,\"boot\":2}",
        "{\"state\":\"closed\",\"stamp\":1,\"boot\":2,\"version\":3}",
        "{\"state\":\"open\",\"stamp\":-1,\"boot\":2,\"version\":3}",
        "{\"state\":\"open\",\"stamp\":1,\"stamp_node\":7,\"boot\":2,\"version\":3}",
        "{\"state\":\"open\",\"stamp\":1,\"boot\":9007199254740992,\"version\":3}",
    };
    struct claim_packet packet;
    struct buf buf = {0};
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        buf_clear(&buf);
        buf_add_text(&buf, "{\"command\":\"reserve-channel\",\"channel\":\"garden\",\"claim\":");
        buf_add_text(&buf, claims[i]);
        buf_add_byte(&buf, '}');
        assert_int_equal(claim_command_read(&packet, "node-s", buf.bytes, buf.len), 0);
        assert_false(packet.command.has_claim);
    }
    buf_deinit(&buf);
}

static void test_claim_vote_is_a_response_of_the_notes(void **state)
{
    (void)state;
    struct claim_packet packet;
    struct claim_vote vote = {"garden", 6, 500, 7, false};
    struct buf buf = {0};
    claim_vote_write(&buf, &vote);
    assert_int_equal(claim_vote_read(&packet, buf.bytes, buf.len), 0);
    assert_false(packet.vote.is_ok);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.bytes,
                        "{\"ok\":false,\"reason\":\"channel already reserved\","
                        "\"channel\":\"garden\",\"claim\":{\"boot\":500,\"version\":7}}");
    buf_clear(&buf);
    vote.is_ok = true;
    claim_vote_write(&buf, &vote);
    assert_int_equal(claim_vote_read(&packet, buf.bytes, buf.len), 0);
    assert_true(packet.vote.is_ok);
    assert_int_equal(packet.vote.boot, 500);
    assert_int_equal(packet.vote.version, 7);
    assert_memory_equal(packet.vote.name, "garden", 6);
    buf_deinit(&buf);
    assert_int_equal(claim_vote_read(&packet, "{\"ok\":true}", 11), RELAY_EINVAL);
}

static void test_claim_number_holds_what_a_json_number_can(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"0", 0},
        {"9007199254740991", 0},
        {"9007199254740992", RELAY_EINVAL},
        {"1e3", RELAY_EINVAL},
        {"99999999999999999", RELAY_EINVAL},
        {"-1", RELAY_EINVAL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t number = 0;
        struct json_span span = {cases[i].text, strlen(cases[i].text), JSON_NUMBER};
        assert_int_equal(claim_number_read(&number, &span), cases[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_command_writes_the_notes_keys_first),
        cmocka_unit_test(test_claim_command_reads_what_it_wrote),
        cmocka_unit_test(test_claim_command_reads_open_released_and_unconfirmed),
        cmocka_unit_test(test_claim_command_of_a_plain_peer_has_no_claim),
        cmocka_unit_test(test_claim_command_stamp_without_a_node_is_the_senders),
        cmocka_unit_test(test_claim_command_refuses_missing_and_wrong_fields),
        cmocka_unit_test(test_claim_command_with_a_claim_that_cannot_be_read_has_none),
        cmocka_unit_test(test_claim_vote_is_a_response_of_the_notes),
        cmocka_unit_test(test_claim_number_holds_what_a_json_number_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
