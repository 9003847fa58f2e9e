/* test_inm_packet_write.c — a packet as our kind writes it, and that it reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/inm_packet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_text(const char *text, size_t len, const char *want)
{
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static void test_inm_packet_is_written_and_read_back(void **state)
{
    (void)state;
    struct buf buf = {0};
    struct inm_packet packet;
    struct inm_address address = {"node \"1\"", 8, "*", 1, "a\0\n", 3};
    inm_packet_write(&buf, &address, INM_RESPONSE, "{\"ok\":true}", 11);
    assert_false(buf.failed);
    assert_text(buf.bytes, buf.len,
                "{\"source\":\"node \\\"1\\\"\",\"destination\":\"*\",\"type\":\"response\","
                "\"nonce\":\"a\\u0000\\n\",\"data\":{\"ok\":true}}");
    assert_int_equal(inm_packet_parse(&packet, buf.bytes, buf.len), 0);
    assert_int_equal(packet.type, INM_RESPONSE);
    assert_text(packet.source, packet.source_len, "node \"1\"");
    assert_int_equal(packet.nonce_len, 3);
    assert_memory_equal(packet.nonce, "a\0\n", 3);
    assert_true(packet.ok);
    buf_deinit(&buf);
}

static void test_inm_packet_writes_each_type(void **state)
{
    (void)state;
    static const char *const types[] = {"message", "command", "response", "link"};
    struct inm_address address = {"a", 1, "b", 1, "n", 1};
    for (unsigned i = 0; i < COUNT(types); i++) {
        struct buf buf = {0};
        char want[200];
        snprintf(want, sizeof(want),
                 "{\"source\":\"a\",\"destination\":\"b\",\"type\":\"%s\",\"nonce\":\"n\","
                 "\"data\":[]}",
                 types[i]);
        inm_packet_begin(&buf, &address, (enum inm_type)i);
        buf_add_text(&buf, "[]");
        inm_packet_end(&buf);
        assert_text(buf.bytes, buf.len, want);
        buf_deinit(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inm_packet_is_written_and_read_back),
        cmocka_unit_test(test_inm_packet_writes_each_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
