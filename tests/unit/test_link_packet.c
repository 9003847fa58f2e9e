/* test_link_packet.c — link packets as JSON, written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spread/link_packet.h"
#include "spread/source.h"

#define BOOT UINT64_C(1795389987000)
#define TEXT(s) ((struct text){(s), sizeof(s) - 1})

static struct link_packet packet; /* too large for the stack under a sanitizer */

static void assert_written(enum link_kind kind, uint32_t count, const char *want)
{
    struct buf buf = {0};
    packet.kind = kind;
    packet.count = count;
    link_packet_write(&buf, &packet);
    buf_add_byte(&buf, '\0');
    assert_false(buf.failed);
    assert_string_equal(buf.bytes, want);
    buf_deinit(&buf);
}

/* From a copy that ends where the text ends. */
static int read_text(const char *text)
{
    static char *copy;
    size_t len = strlen(text);
    free(copy);
    copy = malloc(len + 1);
    memcpy(copy, text, len + 1);
    memset(&packet, 0xa5, sizeof(packet));
    return link_packet_read(&packet, copy, len);
}

static void assert_row(uint32_t index, const char *source, uint64_t boot, uint64_t seq)
{
    const struct link_row *row = &packet.rows[index];
    assert_int_equal(row->source.len, strlen(source));
    assert_memory_equal(row->source.at, source, row->source.len);
    assert_int_equal(row->boot, boot);
    assert_int_equal(row->seq, seq);
}

static void test_link_packet_writes_each_kind(void **state)
{
    (void)state;
    packet.rows[0] = (struct link_row){TEXT("rome"), BOOT, 7, 12, 3, .age_ms = 250};
    packet.rows[1] = (struct link_row){TEXT("a\"b"), BOOT, 9, DIST_UNKNOWN, .has_ended = true};
    assert_written(LINK_PRUNE, 2, "{\"prune\":[\"rome\",\"a\\\"b\"]}");
    assert_written(LINK_GRAFT, 1, "{\"graft\":[\"rome\",1795389987000,7]}");
    assert_written(LINK_GONE, 1, "{\"gone\":[\"rome\",1795389987000,7]}");
    assert_written(LINK_HAVE, 2,
                   "{\"have\":[[\"rome\",1795389987000,7,12,3,250],"
                   "[\"a\\\"b\",1795389987000,9,null,0,null]]}");
    assert_written(LINK_LEAVE, 1, "{\"leave\":[\"rome\",1795389987000,7]}");
}

static void test_link_packet_reads_each_kind(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"prune\":[\"rome\", \"milan\"]}"), 0);
    assert_int_equal(packet.kind, LINK_PRUNE);
    assert_int_equal(packet.count, 2);
    assert_row(1, "milan", 0, 0);
    assert_int_equal(read_text("{\"graft\":[\"rome\",1795389987000,7]}"), 0);
    assert_int_equal(packet.kind, LINK_GRAFT);
    assert_row(0, "rome", BOOT, 7);
    assert_int_equal(read_text("{\"gone\":[\"rome\",1795389987000,7]}"), 0);
    assert_int_equal(packet.kind, LINK_GONE);
    assert_row(0, "rome", BOOT, 7);
    assert_int_equal(read_text("{\"have\":[[\"rome\",1795389987000,7,12,3]]}"), 0);
    assert_int_equal(packet.kind, LINK_HAVE);
    assert_row(0, "rome", BOOT, 7);
    assert_int_equal(packet.rows[0].dist_ms, 12);
    assert_int_equal(packet.rows[0].beat, 3);
    assert_int_equal(packet.rows[0].age_ms, 0);
    assert_false(packet.rows[0].has_ended);
    assert_int_equal(read_text("{\"leave\":[\"rome\",1795389987000,7]}"), 0);
    assert_int_equal(packet.kind, LINK_LEAVE);
    assert_row(0, "rome", BOOT, 7);
}

static void test_link_packet_the_age_of_one_that_ended_is_null(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"have\":[[\"rome\",1795389987000,7,12,3,250],"
                               "[\"milan\",1795389987000,7,12,3,null]]}"),
                     0);
    assert_int_equal(packet.rows[0].age_ms, 250);
    assert_false(packet.rows[0].has_ended);
    assert_true(packet.rows[1].has_ended);
}

static void test_link_packet_unknown_distance_is_null_and_a_beat_may_be_missing(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"have\":[[\"rome\",1795389987000,0,null]]}"), 0);
    assert_int_equal(packet.rows[0].dist_ms, DIST_UNKNOWN);
    assert_int_equal(packet.rows[0].beat, 0);
}

static void test_link_packet_ignores_what_it_does_not_know(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("{\"x\":[],\"have\":[[\"rome\",1795389987000,7,12,3,4,{}]],\"y\":1}"), 0);
    assert_row(0, "rome", BOOT, 7);
    assert_int_equal(read_text("{\"have\":[]}"), 0);
    assert_int_equal(packet.count, 0);
}

static void test_link_packet_names_with_escapes_are_decoded(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"prune\":[\"r\\u006fme\",\"\\u006dilan\",\"oslo\"]}"), 0);
    assert_row(0, "rome", 0, 0);
    assert_row(1, "milan", 0, 0);
    assert_row(2, "oslo", 0, 0);
}

static void test_link_packet_refuses_what_does_not_fit(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"sum\":\"0123\"}",
        "{\"have\":1}",
        "{\"prune\":[1]}",
        "{\"prune\":[\"\"]}",
        "{\"graft\":[]}",
        "{\"graft\":[\"rome\"]}",
        "{\"graft\":[\"rome\",1795389987000]}",
        "{\"graft\":[\"rome\",1795389987000,-1]}",
        "{\"graft\":[\"rome\",1795389987000,1.5]}",
        "{\"graft\":[\"rome\",1795389987000,1e3]}",
        "{\"graft\":[\"rome\",\"1795389987000\",1]}",
        "{\"graft\":[\"rome\",17,1]}",
        "{\"graft\":[\"rome\",1795389987000,9007199254740992]}",
        "{\"have\":[[\"rome\",1795389987000,7]]}",
        "{\"have\":[[\"rome\",1795389987000,7,\"12\"]]}",
        "{\"have\":[[\"rome\",1795389987000,7,4294967295]]}",
        "{\"have\":[[\"rome\",1795389987000,7,12,true]]}",
        "{\"have\":[[\"rome\",1795389987000,7,12,3,-1]]}",
        "{\"leave\":[\"rome\",1795389987000,4294967295]}",
        "{\"leave\":\"rome\"}",
        "{\"have\":[\"rome\"]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (read_text(wrong[i]) != RELAY_EINVAL)
            fail_msg("%s was taken", wrong[i]);
    }
    assert_int_equal(read_text("{\"have\":[[}"), RELAY_ESYNTAX);
    assert_int_equal(read_text("[]"), RELAY_ESYNTAX);
    assert_int_equal(read_text(""), RELAY_ESYNTAX);
}

static void test_link_packet_largest_numbers_pass(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("{\"have\":[[\"rome\",17592186044415,9007199254740991,4294967294,4294967294]]}"),
        0);
    assert_int_equal(packet.rows[0].seq, INT64_C(9007199254740991));
}

static void test_link_packet_name_of_128_bytes_passes_and_129_does_not(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof(text), "{\"prune\":[\"%0128d\"]}", 0);
    assert_int_equal(read_text(text), 0);
    snprintf(text, sizeof(text), "{\"prune\":[\"%0129d\"]}", 0);
    assert_int_equal(read_text(text), RELAY_EINVAL);
}

static int read_rows(unsigned count)
{
    struct buf buf = {0};
    buf_add_text(&buf, "{\"prune\":[\"rome\"");
    for (unsigned i = 1; i < count; i++)
        buf_add_text(&buf, ",\"rome\"");
    buf_add_text(&buf, "]}");
    buf_add_byte(&buf, '\0');
    int err = read_text(buf.bytes);
    buf_deinit(&buf);
    return err;
}

static void test_link_packet_of_256_rows_passes_and_257_does_not(void **state)
{
    (void)state;
    assert_int_equal(read_rows(LINK_ROWS_MAX), 0);
    assert_int_equal(packet.count, LINK_ROWS_MAX);
    assert_int_equal(read_rows(LINK_ROWS_MAX + 1), RELAY_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_packet_writes_each_kind),
        cmocka_unit_test(test_link_packet_reads_each_kind),
        cmocka_unit_test(test_link_packet_the_age_of_one_that_ended_is_null),
        cmocka_unit_test(test_link_packet_unknown_distance_is_null_and_a_beat_may_be_missing),
        cmocka_unit_test(test_link_packet_ignores_what_it_does_not_know),
        cmocka_unit_test(test_link_packet_names_with_escapes_are_decoded),
        cmocka_unit_test(test_link_packet_refuses_what_does_not_fit),
        cmocka_unit_test(test_link_packet_largest_numbers_pass),
        cmocka_unit_test(test_link_packet_name_of_128_bytes_passes_and_129_does_not),
        cmocka_unit_test(test_link_packet_of_256_rows_passes_and_257_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
