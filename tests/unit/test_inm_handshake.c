/* test_inm_handshake.c — who is at the other end of a link, and what it speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/inm_handshake.h"
#include "protocol/inm_nonce.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int parse(struct inm_handshake *handshake, const char *text)
{
    memset(handshake, 0xa5, sizeof(*handshake));
    return inm_handshake_parse(handshake, text, strlen(text));
}

/* A handshake with this name and these members behind it. */
static int parse_members(struct inm_handshake *handshake, const char *name, const char *members)
{
    char text[2000];
    snprintf(text, sizeof(text), "{\"command\":\"handshake\",\"data\":{\"name\":%s%s}}", name,
             members);
    return parse(handshake, text);
}

static void test_inm_handshake_of_the_notes(void **state)
{
    (void)state;
    struct inm_handshake handshake;
    assert_int_equal(parse(&handshake, "{\n  \"command\": \"handshake\",\n  \"data\": {\n"
                                       "    \"name\": \"node3\"\n  }\n}"),
                     0);
    assert_int_equal(handshake.name_len, 5);
    assert_memory_equal(handshake.name, "node3", 5);
    assert_int_equal(handshake.host_len, 0);
    assert_false(handshake.has_features);
    assert_false(handshake.is_our_kind);
    assert_int_equal(handshake.boot, 0);
}

static void test_inm_handshake_of_our_kind(void **state)
{
    (void)state;
    static const char host[] = "wss://node3.example.com/";
    struct inm_handshake handshake;
    assert_int_equal(parse(&handshake, "{\"command\":\"handshake\",\"data\":{\"name\":\"node3\","
                                       "\"host\":\"wss://node3.example.com/\","
                                       "\"boot\":1795389987000,"
                                       "\"features\":[\"tree/1\",\"claims/1\"]}}"),
                     0);
    assert_int_equal(handshake.host_len, strlen(host));
    assert_memory_equal(handshake.host, host, handshake.host_len);
    assert_true(handshake.has_features);
    assert_true(handshake.is_our_kind);
    assert_int_equal(handshake.boot, UINT64_C(1795389987000));
}

static void test_inm_handshake_is_our_kind_with_both_features_and_a_boot(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        bool has_features, is_our_kind;
    } cases[] = {
        {",\"features\":[\"claims/1\",\"x\",5,\"tree\\/1\"],\"boot\":1795389987000", true, true},
        {",\"features\":[\"tree/1\",\"claims/1\"]", true, false},
        {",\"features\":[\"tree/1\",\"claims/1\"],\"boot\":0", true, false},
        {",\"features\":[\"tree/1\"],\"boot\":1795389987000", true, false},
        {",\"features\":[\"claims/1\"],\"boot\":1795389987000", true, false},
        {",\"features\":[\"tree/2\",\"claims/1\"],\"boot\":1795389987000", true, false},
        {",\"features\":[],\"boot\":1795389987000", true, false},
        {",\"features\":[[\"tree/1\",\"claims/1\"]],\"boot\":1795389987000", true, false},
        {",\"features\":{\"tree/1\":1,\"claims/1\":1},\"boot\":1795389987000", false, false},
        {",\"features\":\"tree/1\",\"boot\":1795389987000", false, false},
        {",\"features\":null,\"boot\":1795389987000", false, false},
        {",\"boot\":1795389987000", false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct inm_handshake handshake;
        assert_int_equal(parse_members(&handshake, "\"a\"", cases[i].members), 0);
        assert_int_equal(handshake.has_features, cases[i].has_features);
        assert_int_equal(handshake.is_our_kind, cases[i].is_our_kind);
    }
}

static void test_inm_handshake_reads_a_boot_in_its_bounds_and_no_other(void **state)
{
    (void)state;
    static const struct {
        const char *boot;
        uint64_t want;
    } cases[] = {
        {"1099511627776", INM_BOOT_MIN},
        {"1099511627775", 0},
        {"17592186044415", INM_BOOT_MAX},
        {"17592186044416", 0},
        {"18446744073709551617795389987000", 0},
        {"-1795389987000", 0},
        {"1795389987000.0", 0},
        {"1.795389987e12", 0},
        {"\"1795389987000\"", 0},
        {"null", 0},
        {"[1795389987000]", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct inm_handshake handshake;
        char members[100];
        snprintf(members, sizeof(members), ",\"boot\":%s", cases[i].boot);
        assert_int_equal(parse_members(&handshake, "\"a\"", members), 0);
        assert_int_equal(handshake.boot, cases[i].want);
    }
}

static void test_inm_handshake_ignores_a_host_that_cannot_be(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "null",          "5",           "\"\"",   "\"a b\"", "\"a\\r\\nX: y\"", "\"\\u007f\"",
        "\"n\xc3\xb6\"", "\"\\ud800\"", "[\"a\"]"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct inm_handshake handshake;
        char members[100];
        snprintf(members, sizeof(members), ",\"host\":%s", hosts[i]);
        assert_int_equal(parse_members(&handshake, "\"a\"", members), 0);
        assert_int_equal(handshake.host_len, 0);
    }
}

static void test_inm_handshake_takes_a_host_of_512_bytes_and_ignores_one_of_513(void **state)
{
    (void)state;
    struct inm_handshake handshake;
    char members[600];
    snprintf(members, sizeof(members), ",\"host\":\"%0512d\"", 0);
    assert_int_equal(parse_members(&handshake, "\"a\"", members), 0);
    assert_int_equal(handshake.host_len, INM_HOST_MAX);
    snprintf(members, sizeof(members), ",\"host\":\"%0513d\"", 0);
    assert_int_equal(parse_members(&handshake, "\"a\"", members), 0);
    assert_int_equal(handshake.host_len, 0);
}

static void test_inm_handshake_with_a_name_that_cannot_be(void **state)
{
    (void)state;
    static const char *const names[] = {"\"\"",     "\"*\"",       "5", "null",
                                        "\"a\\n\"", "\"\\ud800\"", "[]"};
    struct inm_handshake handshake;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(parse_members(&handshake, names[i], ""), RELAY_EINVAL);
    static const char *const texts[] = {
        "{\"command\":\"handshake\"}",
        "{\"command\":\"handshake\",\"data\":null}",
        "{\"command\":\"handshake\",\"data\":[\"name\"]}",
        "{\"command\":\"handshake\",\"data\":{}}",
        "{\"command\":\"handshake\",\"data\":{\"name\":\"a\"},\"data\":{\"nam\":\"a\"}}",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(parse(&handshake, texts[i]), RELAY_EINVAL);
}

static void test_inm_handshake_name_of_128_bytes_passes_129_fails(void **state)
{
    (void)state;
    struct inm_handshake handshake;
    char name[200];
    snprintf(name, sizeof(name), "\"%0128d\"", 0);
    assert_int_equal(parse_members(&handshake, name, ""), 0);
    assert_int_equal(handshake.name_len, NODE_NAME_MAX);
    snprintf(name, sizeof(name), "\"%0129d\"", 0);
    assert_int_equal(parse_members(&handshake, name, ""), RELAY_EINVAL);
}

static void test_inm_handshake_is_not_what_says_something_else(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "\"handshake\"",
        "{",
        "{}",
        "{\"data\":{\"name\":\"a\"}}",
        "{\"command\":\"Handshake\",\"data\":{\"name\":\"a\"}}",
        "{\"command\":5,\"data\":{\"name\":\"a\"}}",
        "{\"command\":\"handshake\",\"data\":{\"name\":\"a\"}",
        "{\"command\":\"handshake\",\"data\":{\"name\":\"a\"}} x",
        "{\"command\":\"handshake\",\"data\":{\"name\":\"a\",}}",
        "{\"command\":\"handshake\",\"data\":}",
        "{\"source\":\"a\",\"destination\":\"b\",\"data\":{\"command\":\"list-nodes\"}}",
    };
    struct inm_handshake handshake;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(parse(&handshake, texts[i]), RELAY_ESYNTAX);
}

static void test_inm_handshake_last_of_duplicate_keys_wins(void **state)
{
    (void)state;
    struct inm_handshake handshake;
    assert_int_equal(parse(&handshake,
                           "{\"command\":5,\"data\":5,\"command\":\"h\\u0061ndshake\","
                           "\"data\":{\"name\":\"a\",\"x\":[],\"name\":\"b\"},\"y\":1}"),
                     0);
    assert_int_equal(handshake.name_len, 1);
    assert_memory_equal(handshake.name, "b", 1);
}

static void assert_written(const struct inm_handshake *handshake, const char *want)
{
    struct buf buf = {0};
    struct inm_handshake back;
    inm_handshake_write(&buf, handshake);
    assert_false(buf.failed);
    assert_int_equal(buf.len, strlen(want));
    assert_memory_equal(buf.bytes, want, buf.len);
    assert_int_equal(inm_handshake_parse(&back, buf.bytes, buf.len), 0);
    assert_int_equal(back.name_len, handshake->name_len);
    assert_memory_equal(back.name, handshake->name, back.name_len);
    assert_int_equal(back.host_len, handshake->host_len);
    assert_int_equal(back.is_our_kind, handshake->is_our_kind);
    assert_int_equal(back.boot, handshake->is_our_kind ? handshake->boot : 0);
    buf_deinit(&buf);
}

static void test_inm_handshake_is_written_and_read_back(void **state)
{
    (void)state;
    struct inm_handshake handshake = {.name = "node 3", .name_len = 6};
    assert_written(&handshake, "{\"command\":\"handshake\",\"data\":{\"name\":\"node 3\"}}");
    memcpy(handshake.host, "ws://a", 6);
    handshake.host_len = 6;
    assert_written(&handshake, "{\"command\":\"handshake\",\"data\":{\"name\":\"node 3\","
                               "\"host\":\"ws://a\"}}");
    handshake.is_our_kind = true;
    handshake.boot = UINT64_C(1795389987000);
    assert_written(&handshake, "{\"command\":\"handshake\",\"data\":{\"name\":\"node 3\","
                               "\"host\":\"ws://a\",\"boot\":1795389987000,"
                               "\"features\":[\"tree/1\",\"claims/1\"]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inm_handshake_of_the_notes),
        cmocka_unit_test(test_inm_handshake_of_our_kind),
        cmocka_unit_test(test_inm_handshake_is_our_kind_with_both_features_and_a_boot),
        cmocka_unit_test(test_inm_handshake_reads_a_boot_in_its_bounds_and_no_other),
        cmocka_unit_test(test_inm_handshake_ignores_a_host_that_cannot_be),
        cmocka_unit_test(test_inm_handshake_takes_a_host_of_512_bytes_and_ignores_one_of_513),
        cmocka_unit_test(test_inm_handshake_with_a_name_that_cannot_be),
        cmocka_unit_test(test_inm_handshake_name_of_128_bytes_passes_129_fails),
        cmocka_unit_test(test_inm_handshake_is_not_what_says_something_else),
        cmocka_unit_test(test_inm_handshake_last_of_duplicate_keys_wins),
        cmocka_unit_test(test_inm_handshake_is_written_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
