/* test_plain_rosters.c — who is plain beside whom, as neighbours tell it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mesh/plain_rosters.h"

#define TEXT(s) ((struct text){(s), sizeof(s) - 1})

/* What was told, in order: "+p1 -p2 ". */
struct ear {
    struct plain_rosters rosters;
    char heard[256];
};

static void changed(void *context, struct text peer, bool is_listed)
{
    struct ear *ear = context;
    size_t len = strlen(ear->heard);
    snprintf(ear->heard + len, sizeof(ear->heard) - len, "%c%.*s ", is_listed ? '+' : '-',
             (int)peer.len, peer.at);
}

static int set_up(void **state)
{
    static struct ear ear;
    memset(&ear, 0, sizeof(ear));
    plain_rosters_init(&ear.rosters, &(struct hash_key){1, 2}, changed, &ear);
    *state = &ear;
    return 0;
}

static int tear_down(void **state)
{
    struct ear *ear = *state;
    plain_rosters_deinit(&ear->rosters);
    return 0;
}

/* The names are written with a space behind each. */
static int set(struct ear *ear, struct text node, uint64_t boot, uint64_t version,
               const char *written)
{
    struct buf names = {0};
    ear->heard[0] = '\0';
    for (; *written; written++)
        buf_add_byte(&names, *written == ' ' ? '\0' : *written);
    int result = plain_rosters_set(&ear->rosters, node, boot, version, &names);
    buf_deinit(&names);
    return result;
}

static void test_plain_rosters_tell_what_is_new_and_what_is_gone(void **state)
{
    struct ear *ear = *state;
    assert_int_equal(set(ear, TEXT("b"), 10, 1, "p1 p2 "), 1);
    assert_string_equal(ear->heard, "+p1 +p2 ");
    assert_int_equal(set(ear, TEXT("b"), 10, 2, "p2 p3 "), 1);
    assert_string_equal(ear->heard, "+p3 -p1 ");
    assert_int_equal(set(ear, TEXT("b"), 10, 3, ""), 1);
    assert_string_equal(ear->heard, "-p2 -p3 ");
}

static void test_plain_rosters_a_peer_on_two_rosters_is_listed_until_both_leave_it_out(void **state)
{
    struct ear *ear = *state;
    assert_int_equal(set(ear, TEXT("a"), 10, 1, "p "), 1);
    assert_string_equal(ear->heard, "+p ");
    assert_int_equal(set(ear, TEXT("b"), 10, 1, "p "), 1);
    assert_string_equal(ear->heard, "");
    assert_int_equal(set(ear, TEXT("a"), 10, 2, ""), 1);
    assert_string_equal(ear->heard, "");
    ear->heard[0] = '\0';
    plain_rosters_forget(&ear->rosters, TEXT("b"));
    assert_string_equal(ear->heard, "-p ");
}

static void test_plain_rosters_an_older_one_is_no_news(void **state)
{
    struct ear *ear = *state;
    assert_int_equal(set(ear, TEXT("b"), 10, 5, "p "), 1);
    assert_int_equal(set(ear, TEXT("b"), 10, 5, ""), 0);
    assert_int_equal(set(ear, TEXT("b"), 10, 4, ""), 0);
    assert_int_equal(set(ear, TEXT("b"), 9, 6, ""), 0);
    assert_string_equal(ear->heard, "");
    assert_int_equal(set(ear, TEXT("b"), 11, 0, ""), 1); /* it started anew */
    assert_string_equal(ear->heard, "-p ");
}

static void test_plain_rosters_of_a_dead_node_are_forgotten(void **state)
{
    struct ear *ear = *state;
    assert_int_equal(set(ear, TEXT("b"), 10, 5, "p "), 1);
    plain_rosters_forget(&ear->rosters, TEXT("b"));
    assert_string_equal(ear->heard, "+p -p ");
    assert_null(plain_rosters_find(&ear->rosters, TEXT("b")));
    plain_rosters_forget(&ear->rosters, TEXT("nobody"));
}

static void test_plain_roster_reads_what_it_writes(void **state)
{
    struct ear *ear = *state;
    struct buf text = {0};
    struct plain_roster_packet packet = {.node_len = 0};
    assert_int_equal(set(ear, TEXT("b\"1"), 1795389987000, 7, "p1 p-2 "), 1);
    plain_roster_write(&text, plain_rosters_find(&ear->rosters, TEXT("b\"1")));
    buf_add_byte(&text, '\0');
    assert_string_equal(text.bytes, "{\"plain\":[\"b\\\"1\",1795389987000,7,[\"p1\",\"p-2\"]]}");
    assert_int_equal(plain_roster_read(&packet, text.bytes, text.len - 1), 0);
    assert_memory_equal(packet.node, "b\"1", 3);
    assert_int_equal(packet.node_len, 3);
    assert_int_equal(packet.boot, 1795389987000);
    assert_int_equal(packet.version, 7);
    assert_int_equal(packet.names.len, 7);
    assert_memory_equal(packet.names.bytes, "p1\0p-2", 7);
    plain_roster_packet_deinit(&packet);
    buf_deinit(&text);
}

static void test_plain_roster_refuses_what_is_none(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "7",
        "{\"have\":[]}",
        "{\"plain\":[]}",
        "{\"plain\":[\"b\",1,2]}",
        "{\"plain\":[\"b\",1,2,3]}",
        "{\"plain\":[\"\",1,2,[]]}",
        "{\"plain\":[\"*\",1,2,[]]}",
        "{\"plain\":[\"b\",9007199254740991,2,[]]}",
        "{\"plain\":[\"b\",-1,2,[]]}",
        "{\"plain\":[\"b\",1,2.5,[]]}",
        "{\"plain\":[\"b\",1,2,[7]]}",
        "{\"plain\":[\"b\",1,2,[\"\"]]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct plain_roster_packet packet = {.node_len = 0};
        assert_true(plain_roster_read(&packet, texts[i], strlen(texts[i])) < 0);
        plain_roster_packet_deinit(&packet);
    }
}

static void test_plain_roster_takes_64_names_and_no_65th(void **state)
{
    (void)state;
    for (unsigned count = PLAIN_ROSTER_NAMES_MAX; count <= PLAIN_ROSTER_NAMES_MAX + 1; count++) {
        struct buf text = {0};
        struct plain_roster_packet packet = {.node_len = 0};
        buf_add_text(&text, "{\"plain\":[\"b\",1,2,[\"p\"");
        for (unsigned i = 1; i < count; i++)
            buf_add_text(&text, ",\"p\"");
        buf_add_text(&text, "]]}");
        assert_int_equal(plain_roster_read(&packet, text.bytes, text.len) == 0,
                         count == PLAIN_ROSTER_NAMES_MAX);
        plain_roster_packet_deinit(&packet);
        buf_deinit(&text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plain_rosters_tell_what_is_new_and_what_is_gone),
        TEST(test_plain_rosters_a_peer_on_two_rosters_is_listed_until_both_leave_it_out),
        TEST(test_plain_rosters_an_older_one_is_no_news),
        TEST(test_plain_rosters_of_a_dead_node_are_forgotten),
        TEST(test_plain_roster_reads_what_it_writes),
        TEST(test_plain_roster_refuses_what_is_none),
        TEST(test_plain_roster_takes_64_names_and_no_65th),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
