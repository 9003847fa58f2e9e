/* test_claim_digest_read.c — a digest read as it was written, and everything else refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "reserve/claim_digest_packet.h"

static const char whole[] =
    "{\"sum\":\"00000000000012ab\","
    "\"wanted\":{\"\":0,\"3f\":0},\"later\":{\"abc\":0},"
    "\"claims\":{\"node-a\":{\"boot\":1,\"names\":{"
    "\"a\\\"b\":{\"password\":null,\"state\":\"tentative\",\"stamp\":1001,"
    "\"stamp_node\":\"node-z\",\"version\":8},"
    "\"garden\":{\"password\":"
    "\"0101010101010101010101010101010101010101010101010101010101010101\","
    "\"state\":\"open\",\"stamp\":1002,\"stamp_node\":\"node-a\",\"version\":9,"
    "\"unconfirmed\":true}}}},"
    "\"gone\":{\"node-b\":{\"boot\":2,\"known\":9,\"names\":{\"garden\":0}}},"
    "\"behind\":{\"node-c\":3},"
    "\"known\":{\"node-d\":{\"boot\":4,\"version\":57}},\"more\":true}";

static int read_text(struct claim_digest *digest, const char *text)
{
    *digest = (struct claim_digest){0};
    return claim_digest_read(digest, text, strlen(text));
}

static void test_claim_digest_read_gives_what_was_written(void **state)
{
    (void)state;
    struct claim_digest digest;
    struct buf again = {0};
    assert_int_equal(read_text(&digest, whole), 0);
    assert_int_equal(digest.sum, 0x12ab);
    assert_true(DIGEST_AT(digest.wanted, range_key, 1)->prefix == UINT64_C(0x3f) << 56);
    const struct claim_row *row = DIGEST_AT(digest.rows, claim_row, 0);
    assert_string_equal(row->owner, "node-a");
    assert_string_equal(row->claim.name, "a\"b");
    assert_int_equal(row->claim.name_len, 3);
    assert_string_equal(row->claim.stamp.node, "node-z");
    assert_int_equal(row->claim.state, CLAIM_TENTATIVE);
    assert_false(row->claim.hash.is_set);
    assert_int_equal(DIGEST_AT(digest.gone, claim_gone, 0)->known, 9);
    assert_int_equal(DIGEST_AT(digest.known, claim_known, 0)->version, 57);
    assert_true(digest.is_cut);
    claim_digest_write(&again, &digest);
    buf_add_byte(&again, '\0');
    assert_string_equal(again.bytes, whole);
    buf_deinit(&again);
    claim_digest_deinit(&digest);
}

static void test_claim_digest_read_skips_keys_that_it_does_not_know(void **state)
{
    (void)state;
    struct claim_digest digest;
    assert_int_equal(read_text(&digest, "{\"new\":[{}],\"ok\":true}"), 0);
    assert_true(claim_digest_is_empty(&digest));
    assert_false(digest.is_cut);
    claim_digest_deinit(&digest);
}

static void test_claim_digest_read_refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "{\"sum\":1}",
        "{\"sum\":\"12ab\"}",
        "{\"sum\":\"00000000000012aX\"}",
        "{\"split\":{\"a\":\"00\"}}",
        "{\"wanted\":{\"00000000000000000\":0}}",
        "{\"wanted\":{\"x\":0}}",
        "{\"wanted\":7}",
        "{\"claims\":{\"\":{\"boot\":1,\"names\":{}}}}",
        "{\"claims\":{\"a\\u0000b\":{\"boot\":1,\"names\":{}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":-1,\"names\":{}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":99999999999999999,\"names\":{}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":1,\"names\":{\"\":{}}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":1,\"names\":{\"g\\u0001\":{}}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":1,\"names\":{\"g\":{\"password\":\"00\"}}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":1,\"names\":{\"g\":{\"stamp\":1.5}}}}}",
        "{\"claims\":{\"node-a\":{\"boot\":1,\"names\":[]}}}",
        "{\"known\":{\"node-a\":7}}",
        "{} {}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct claim_digest digest;
        assert_int_equal(read_text(&digest, texts[i]), RELAY_EINVAL);
        claim_digest_deinit(&digest);
    }
}

static void test_claim_digest_read_refuses_more_than_anybody_writes(void **state)
{
    (void)state;
    struct claim_digest digest;
    struct buf text = {0};
    for (unsigned extra = 0; extra < 2; extra++) {
        buf_clear(&text);
        buf_add_text(&text, "{\"wanted\":{\"0\":0");
        for (unsigned i = 1; i < DIGEST_RANGES_MAX + extra; i++)
            buf_add_text(&text, ",\"0\":0");
        buf_add_text(&text, "}}");
        buf_add_byte(&text, '\0');
        assert_int_equal(read_text(&digest, text.bytes), extra ? RELAY_EINVAL : 0);
        claim_digest_deinit(&digest);
    }
    buf_deinit(&text);
}

static void test_claim_digest_read_survives_every_cut_and_many_changes(void **state)
{
    (void)state;
    struct claim_digest digest = {0};
    struct dice dice = {3};
    size_t len = sizeof(whole) - 1;
    for (unsigned i = 0; i < 20000; i++) {
        size_t kept = i < len ? i : len;
        char *text = malloc(kept + 1); /* exactly: ASan sees a byte too many */
        assert_non_null(text);
        memcpy(text, whole, kept);
        for (unsigned change = 0; i >= len && change < 3; change++)
            text[dice_roll(&dice, (unsigned)kept)] = "\"{}:,0a\\u"[dice_roll(&dice, 9)];
        (void)!claim_digest_read(&digest, text, kept);
        claim_digest_deinit(&digest);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_digest_read_gives_what_was_written),
        cmocka_unit_test(test_claim_digest_read_skips_keys_that_it_does_not_know),
        cmocka_unit_test(test_claim_digest_read_refuses_what_is_none),
        cmocka_unit_test(test_claim_digest_read_refuses_more_than_anybody_writes),
        cmocka_unit_test(test_claim_digest_read_survives_every_cut_and_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
