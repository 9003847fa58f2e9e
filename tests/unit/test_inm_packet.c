/* test_inm_packet.c — what is a packet between nodes, and what of it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/inm_packet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* From a copy without a NUL behind it, that lives as long as the test's process: spans point into
 * it. */
static int parse(struct inm_packet *packet, const char *text)
{
    static char copy[8192];
    size_t len = strlen(text);
    assert_true(len <= sizeof(copy));
    char *at = copy + sizeof(copy) - len; /* a read past the end leaves the array */
    memcpy(at, text, len);
    memset(packet, 0xa5, sizeof(*packet)); /* no result may come from what was there before */
    packet->is_for_all = packet->is_json = packet->ok = true;
    return inm_packet_parse(packet, at, len);
}

static void assert_packet(struct inm_packet *packet, const char *text)
{
    if (parse(packet, text) != 0)
        fail_msg("%s: refused", text);
}

static void assert_malformed(const char *text)
{
    struct inm_packet packet;
    if (parse(&packet, text) != RELAY_ESYNTAX)
        fail_msg("%s: taken", text);
}

static void assert_text(const char *text, size_t len, const char *want)
{
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static void assert_span(const struct json_span *span, const char *want)
{
    assert_int_not_equal(span->kind, JSON_ABSENT);
    assert_text(span->at, span->len, want);
}

/* A packet of the notes' keys around these. */
static const char *packet_of(const char *type, const char *data)
{
    static char text[4096];
    int len = snprintf(text, sizeof(text),
                       "{\"source\":\"node-1\",\"destination\":\"*\",\"type\":\"%s\","
                       "\"nonce\":\"n\",\"data\":%s}",
                       type, data);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    return text;
}

static void test_inm_packet_message_of_the_notes(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet, "{\n  \"source\": \"node-1\",\n  \"destination\": \"*\",\n"
                           "  \"type\": \"message\",\n"
                           "  \"nonce\": \"some randomly generated data\",\n  \"data\": {\n"
                           "    \"message\": \"SGVsbG8=\",\n"
                           "    \"channel\": \"channel name here\"\n  }\n}");
    assert_int_equal(packet.type, INM_MESSAGE);
    assert_text(packet.source, packet.source_len, "node-1");
    assert_text(packet.destination, packet.destination_len, "*");
    assert_true(packet.is_for_all);
    assert_text(packet.nonce, packet.nonce_len, "some randomly generated data");
    assert_text(packet.channel, packet.channel_len, "channel name here");
    assert_span(&packet.message, "\"SGVsbG8=\"");
    assert_false(packet.is_json);
    assert_int_equal(packet.client_nonce.kind, JSON_ABSENT);
    assert_int_equal(packet.claim.kind, JSON_ABSENT);
    assert_int_equal(packet.command_len, 0);
    assert_false(packet.ok);
}

static void test_inm_packet_message_with_all_that_ours_carry(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet, packet_of("message", "{\"claim\":\"0123abcd\",\"nonce\":-1.50,"
                                                "\"encoding\":\"json\",\"channel\":\"a\","
                                                "\"message\":\"e30=\"}"));
    assert_true(packet.is_json);
    assert_span(&packet.client_nonce, "-1.50");
    assert_span(&packet.claim, "\"0123abcd\"");
}

static void test_inm_packet_command(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet,
                  "{\"source\":\"a\",\"destination\":\"b c\",\"type\":\"command\","
                  "\"nonce\":\"1\",\"data\":{\"command\":\"get-latency\",\"node\":\"x\"}}");
    assert_int_equal(packet.type, INM_COMMAND);
    assert_false(packet.is_for_all);
    assert_text(packet.destination, packet.destination_len, "b c");
    assert_text(packet.command, packet.command_len, "get-latency");
    assert_span(&packet.data, "{\"command\":\"get-latency\",\"node\":\"x\"}");
    assert_int_equal(packet.channel_len, 0);
}

/* Whom it is for answers `invalid data`; the others forward it. */
static void test_inm_packet_command_without_a_name_that_can_be_is_a_packet(void **state)
{
    (void)state;
    static const char *const data[] = {
        "{}",
        "null",
        "[]",
        "\"list-nodes\"",
        "{\"command\":5}",
        "{\"command\":null}",
        "{\"command\":\"\"}",
        "{\"command\":\"\\ud800\"}",
        "{\"command\":\"a\",\"command\":[]}",
    };
    for (size_t i = 0; i < COUNT(data); i++) {
        struct inm_packet packet;
        assert_packet(&packet, packet_of("command", data[i]));
        assert_int_equal(packet.command_len, 0);
        assert_span(&packet.data, data[i]);
    }
}

static void test_inm_packet_command_of_128_bytes_has_a_name_of_129_has_none(void **state)
{
    (void)state;
    char data[200];
    struct inm_packet packet;
    snprintf(data, sizeof(data), "{\"command\":\"%0128d\"}", 0);
    assert_packet(&packet, packet_of("command", data));
    assert_int_equal(packet.command_len, INM_COMMAND_MAX);
    snprintf(data, sizeof(data), "{\"command\":\"%0129d\"}", 0);
    assert_packet(&packet, packet_of("command", data));
    assert_int_equal(packet.command_len, 0);
}

static void test_inm_packet_response_is_ok_unless_it_says_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        bool ok;
    } cases[] = {
        {"{\"ok\":true}", true},
        {"{\"channels\":[]}", true},
        {"{}", true},
        {"{\"ok\":false,\"ok\":true}", true},
        {"{\"ok\":false,\"reason\":\"channel still open\"}", false},
        {"{\"ok\":null}", false},
        {"{\"ok\":1}", false},
        {"{\"ok\":\"true\"}", false},
        {"{\"ok\":true,\"ok\":false}", false},
        {"null", false},
        {"[{\"ok\":true}]", false},
        {"\"ok\"", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct inm_packet packet;
        assert_packet(&packet, packet_of("response", cases[i].data));
        assert_int_equal(packet.type, INM_RESPONSE);
        assert_int_equal(packet.ok, cases[i].ok);
        assert_span(&packet.data, cases[i].data);
    }
}

static void test_inm_packet_link_takes_any_data(void **state)
{
    (void)state;
    static const char *const data[] = {"{\"prune\":[\"a\"]}", "[ 1 ]", "null", "5", "\"x\"", "{ }"};
    for (size_t i = 0; i < COUNT(data); i++) {
        struct inm_packet packet;
        assert_packet(&packet, packet_of("link", data[i]));
        assert_int_equal(packet.type, INM_LINK);
        assert_span(&packet.data, data[i]);
    }
}

static void test_inm_packet_keys_come_in_any_order(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet, "{\"data\": {\"channel\":\"a\",\"message\":\"\"} ,\"nonce\":\"n\","
                           "\"type\":\"message\",\"destination\":\"b\",\"source\":\"c\"}");
    assert_text(packet.channel, packet.channel_len, "a");
    assert_span(&packet.message, "\"\"");
    assert_span(&packet.data, "{\"channel\":\"a\",\"message\":\"\"}");
}

static void test_inm_packet_ignores_keys_that_it_does_not_know(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet, "{\"hops\":[{\"source\":1}],\"source\":\"a\",\"destination\":\"b\","
                           "\"type\":\"message\",\"nonce\":\"n\",\"command\":\"handshake\","
                           "\"data\":{\"x\":{\"channel\":5},\"message\":\"\",\"channel\":\"c\","
                           "\"password\":7,\"ok\":8},\"z\":null}");
    assert_text(packet.channel, packet.channel_len, "c");
}

static void test_inm_packet_extra_values_that_mean_nothing_are_as_if_absent(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "true", "[1]", "{}", "\"base64\"", "\"JSON\""};
    for (size_t i = 0; i < COUNT(values); i++) {
        char data[200];
        struct inm_packet packet;
        snprintf(data, sizeof(data), "{\"message\":\"\",\"channel\":\"c\",\"encoding\":%s}",
                 values[i]);
        assert_packet(&packet, packet_of("message", data));
        assert_false(packet.is_json);
        snprintf(data, sizeof(data), "{\"message\":\"\",\"channel\":\"c\",\"nonce\":%s}",
                 i < 4 ? values[i] : "[\"a\"]");
        assert_packet(&packet, packet_of("message", data));
        assert_int_equal(packet.client_nonce.kind, JSON_ABSENT);
    }
}

static void test_inm_packet_client_nonce_of_128_bytes_is_one_of_129_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        int len;
        bool is_one;
    } cases[] = {{"\"%0*d\"", 128, true},
                 {"\"%0*d\"", 129, false},
                 {"1%0*d", 127, true},
                 {"1%0*d", 128, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char nonce[200], data[400];
        struct inm_packet packet;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(nonce, sizeof(nonce), cases[i].form, cases[i].len, 0);
#pragma GCC diagnostic pop
        snprintf(data, sizeof(data), "{\"message\":\"\",\"channel\":\"c\",\"nonce\":%s}", nonce);
        assert_packet(&packet, packet_of("message", data));
        if (cases[i].is_one)
            assert_span(&packet.client_nonce, nonce);
        else
            assert_int_equal(packet.client_nonce.kind, JSON_ABSENT);
    }
}

/* A claim that is no text must not read as "no claim", which a plain peer's message may have. */
static void test_inm_packet_gives_any_claim(void **state)
{
    (void)state;
    static const char *const claims[] = {"null", "5", "\"\"", "\"0123abcdef\"", "[]"};
    for (size_t i = 0; i < COUNT(claims); i++) {
        char data[200];
        struct inm_packet packet;
        snprintf(data, sizeof(data), "{\"message\":\"\",\"channel\":\"c\",\"claim\":%s}",
                 claims[i]);
        assert_packet(&packet, packet_of("message", data));
        assert_span(&packet.claim, claims[i]);
    }
}

static void test_inm_packet_last_of_duplicate_keys_wins(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet, "{\"source\":5,\"source\":\"a\",\"destination\":\"*\","
                           "\"destination\":\"b\",\"type\":\"link\",\"type\":\"message\","
                           "\"nonce\":\"\",\"nonce\":\"n\",\"data\":null,"
                           "\"data\":{\"channel\":\"c\",\"channel\":\"d\",\"message\":1,"
                           "\"message\":\"e\"}}");
    assert_int_equal(packet.type, INM_MESSAGE);
    assert_text(packet.source, packet.source_len, "a");
    assert_false(packet.is_for_all);
    assert_text(packet.channel, packet.channel_len, "d");
    assert_span(&packet.message, "\"e\"");
}

static void test_inm_packet_later_data_replaces_all_of_an_earlier_one(void **state)
{
    (void)state;
    assert_malformed("{\"source\":\"a\",\"destination\":\"b\",\"type\":\"message\",\"nonce\":\"n\","
                     "\"data\":{\"channel\":\"c\",\"message\":\"\"},\"data\":{\"channel\":\"c\"}}");
    assert_malformed("{\"source\":\"a\",\"destination\":\"b\",\"type\":\"message\",\"nonce\":\"n\","
                     "\"data\":{\"channel\":\"c\",\"message\":\"\"},\"data\":[]}");
}

static void test_inm_packet_escaped_names_are_the_same_names(void **state)
{
    (void)state;
    struct inm_packet packet;
    assert_packet(&packet,
                  "{\"s\\u006furce\":\"n\\u00f6de\\/1\",\"destination\":\"\\u002a\","
                  "\"type\":\"mess\\u0061ge\",\"nonce\":\"a\\u0000\\n\","
                  "\"d\\u0061ta\":{\"channel\":\"\\ud83d\\ude00\",\"m\\u0065ssage\":\"\"}}");
    assert_text(packet.source, packet.source_len,
                "n\xc3\xb6"
                "de/1");
    assert_true(packet.is_for_all);
    assert_int_equal(packet.nonce_len, 3);
    assert_memory_equal(packet.nonce, "a\0\n", 3);
    assert_text(packet.channel, packet.channel_len, "\xf0\x9f\x98\x80");
}

static void test_inm_packet_wants_the_five_keys(void **state)
{
    (void)state;
    static const char *const members[] = {"\"source\":\"a\"", "\"destination\":\"b\"",
                                          "\"nonce\":\"n\"", "\"type\":\"link\"", "\"data\":1"};
    for (size_t missing = 0; missing <= COUNT(members); missing++) {
        char text[200] = "{\"x\":0";
        struct inm_packet packet;
        for (size_t i = 0; i < COUNT(members); i++)
            if (i != missing)
                strcat(strcat(text, ","), members[i]);
        strcat(text, "}");
        assert_int_equal(parse(&packet, text), missing == COUNT(members) ? 0 : RELAY_ESYNTAX);
    }
}

static void test_inm_packet_refuses_what_is_no_packet(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "nul",
        "null",
        "5",
        "[]",
        "\"packet\"",
        "{}",
        "{",
        "{\"source\":\"a\"",
        "{\"command\":\"handshake\",\"data\":{\"name\":\"node3\"}}"};
    static const char *const data[] = {"",  "01", "{\"a\"}", "{\"a\":}", "{\"ok\":t}",
                                       "{", "1}", "1}x",     "{}}"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_malformed(texts[i]);
    for (size_t i = 0; i < COUNT(data); i++)
        assert_malformed(packet_of("link", data[i]));
}

static void test_inm_packet_refuses_other_types(void **state)
{
    (void)state;
    static const char *const types[] = {"", "Message", "messages", "handshake", "message\\u0000"};
    for (size_t i = 0; i < COUNT(types); i++)
        assert_malformed(packet_of(types[i], "{\"channel\":\"a\",\"message\":\"\"}"));
    assert_malformed(
        "{\"source\":\"a\",\"destination\":\"b\",\"type\":5,\"nonce\":\"n\",\"data\":1}");
}

static void test_inm_packet_refuses_messages_without_their_fields(void **state)
{
    (void)state;
    static const char *const data[] = {
        "null",
        "[]",
        "\"SGVsbG8=\"",
        "{}",
        "{\"message\":\"\"}",
        "{\"channel\":\"a\"}",
        "{\"channel\":\"a\",\"message\":null}",
        "{\"channel\":\"a\",\"message\":5}",
        "{\"channel\":\"a\",\"message\":{}}",
        "{\"channel\":5,\"message\":\"\"}",
        "{\"channel\":null,\"message\":\"\"}",
        "{\"channel\":\"\",\"message\":\"\"}",
        "{\"channel\":\"a\\n\",\"message\":\"\"}",
        "{\"channel\":\"\\ud800\",\"message\":\"\"}",
    };
    for (size_t i = 0; i < COUNT(data); i++)
        assert_malformed(packet_of("message", data[i]));
}

static void assert_names(const char *name, bool as_source, bool as_destination)
{
    char text[1000];
    struct inm_packet packet;
    static const char rest[] = "\"type\":\"link\",\"nonce\":\"n\",\"data\":1}";
    snprintf(text, sizeof(text), "{\"source\":%s,\"destination\":\"b\",%s", name, rest);
    assert_int_equal(parse(&packet, text), as_source ? 0 : RELAY_ESYNTAX);
    snprintf(text, sizeof(text), "{\"source\":\"a\",\"destination\":%s,%s", name, rest);
    assert_int_equal(parse(&packet, text), as_destination ? 0 : RELAY_ESYNTAX);
}

static void test_inm_packet_names_of_nodes(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"\"",        "5",           "null",
                                      "[\"a\"]",     "\"a\\n\"",    "\"\\u0000\"",
                                      "\"\\u007f\"", "\"\\u0085\"", "\"\\ud800\""};
    static const char *const good[] = {"\"a\"",  "\"Node A\"",    "\"**\"",
                                       "\"* \"", "\"n\xc3\xb6\"", "\"\\\"\""};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_names(bad[i], false, false);
    for (size_t i = 0; i < COUNT(good); i++)
        assert_names(good[i], true, true);
    assert_names("\"*\"", false, true);
}

static void test_inm_packet_name_of_128_bytes_passes_129_fails(void **state)
{
    (void)state;
    char name[200];
    snprintf(name, sizeof(name), "\"%0128d\"", 0);
    assert_names(name, true, true);
    snprintf(name, sizeof(name), "\"%0129d\"", 0);
    assert_names(name, false, false);
}

static void assert_nonce(const char *nonce, int want)
{
    char text[1000];
    struct inm_packet packet;
    snprintf(text, sizeof(text),
             "{\"source\":\"a\",\"destination\":\"b\",\"type\":\"link\",\"nonce\":%s,\"data\":1}",
             nonce);
    assert_int_equal(parse(&packet, text), want);
}

static void test_inm_packet_nonce_of_1_to_128_bytes(void **state)
{
    (void)state;
    char nonce[1000] = "\"";
    assert_nonce("\"\"", RELAY_ESYNTAX);
    assert_nonce("\"x\"", 0);
    snprintf(nonce, sizeof(nonce), "\"%0128d\"", 0);
    assert_nonce(nonce, 0);
    snprintf(nonce, sizeof(nonce), "\"%0129d\"", 0);
    assert_nonce(nonce, RELAY_ESYNTAX);
    for (size_t i = 0; i < 128; i++) /* 768 bytes as written */
        memcpy(nonce + 1 + 6 * i, "\\u0061", 6);
    memcpy(nonce + 1 + 768, "\"", 2);
    assert_nonce(nonce, 0);
    static const char *const bad[] = {"5", "null", "{}", "\"\\udc00\""};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_nonce(bad[i], RELAY_ESYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inm_packet_message_of_the_notes),
        cmocka_unit_test(test_inm_packet_message_with_all_that_ours_carry),
        cmocka_unit_test(test_inm_packet_command),
        cmocka_unit_test(test_inm_packet_command_without_a_name_that_can_be_is_a_packet),
        cmocka_unit_test(test_inm_packet_command_of_128_bytes_has_a_name_of_129_has_none),
        cmocka_unit_test(test_inm_packet_response_is_ok_unless_it_says_otherwise),
        cmocka_unit_test(test_inm_packet_link_takes_any_data),
        cmocka_unit_test(test_inm_packet_keys_come_in_any_order),
        cmocka_unit_test(test_inm_packet_ignores_keys_that_it_does_not_know),
        cmocka_unit_test(test_inm_packet_extra_values_that_mean_nothing_are_as_if_absent),
        cmocka_unit_test(test_inm_packet_client_nonce_of_128_bytes_is_one_of_129_is_none),
        cmocka_unit_test(test_inm_packet_gives_any_claim),
        cmocka_unit_test(test_inm_packet_last_of_duplicate_keys_wins),
        cmocka_unit_test(test_inm_packet_later_data_replaces_all_of_an_earlier_one),
        cmocka_unit_test(test_inm_packet_escaped_names_are_the_same_names),
        cmocka_unit_test(test_inm_packet_wants_the_five_keys),
        cmocka_unit_test(test_inm_packet_refuses_what_is_no_packet),
        cmocka_unit_test(test_inm_packet_refuses_other_types),
        cmocka_unit_test(test_inm_packet_refuses_messages_without_their_fields),
        cmocka_unit_test(test_inm_packet_names_of_nodes),
        cmocka_unit_test(test_inm_packet_name_of_128_bytes_passes_129_fails),
        cmocka_unit_test(test_inm_packet_nonce_of_1_to_128_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
