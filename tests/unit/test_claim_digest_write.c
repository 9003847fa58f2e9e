/* test_claim_digest_write.c — the very text of a digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reserve/claim_digest_packet.h"
#include "reserve_fixture.h"

static void assert_written(struct claim_digest *digest, const char *text)
{
    struct buf buf = {0};
    claim_digest_write(&buf, digest);
    assert_false(buf.failed);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.bytes, text);
    buf_deinit(&buf);
    claim_digest_deinit(digest);
}

static void test_claim_digest_write_nothing_is_an_empty_object(void **state)
{
    (void)state;
    struct claim_digest digest = {0};
    assert_written(&digest, "{}");
}

static void test_claim_digest_write_begins_with_the_sum_and_the_lists_behind(void **state)
{
    (void)state;
    struct claim_digest digest = {.has_sum = true, .sum = 0x12ab};
    struct claim_known behind = {"node-c", 3, 0};
    buf_add(&digest.behind, &behind, sizeof(behind));
    assert_written(&digest, "{\"sum\":\"00000000000012ab\",\"behind\":{\"node-c\":3}}");
}

static void test_claim_digest_write_groups_claims_by_owner(void **state)
{
    (void)state;
    struct claim_digest digest = {0};
    struct claim_row rows[] = {
        {"node-b", 2, 9, test_claim("garden", 0, CLAIM_OPEN, 1000, "node-b")},
        {"node-a", 1, 8, test_claim("a\"b", 0, CLAIM_TENTATIVE, 1001, "node-a")},
        {"node-b", 2, 7, test_claim("lobby", 0, CLAIM_OPEN, 1002, "node-a")},
    };
    rows[2].claim.is_unconfirmed = true;
    buf_add(&digest.rows, rows, sizeof(rows));
    assert_written(&digest, "{\"claims\":{\"node-a\":{\"boot\":1,\"names\":{"
                            "\"a\\\"b\":{\"password\":null,\"state\":\"tentative\",\"stamp\":1001,"
                            "\"stamp_node\":\"node-a\",\"version\":8}}},"
                            "\"node-b\":{\"boot\":2,\"names\":{"
                            "\"garden\":{\"password\":null,\"state\":\"open\",\"stamp\":1000,"
                            "\"stamp_node\":\"node-b\",\"version\":9},"
                            "\"lobby\":{\"password\":null,\"state\":\"open\",\"stamp\":1002,"
                            "\"stamp_node\":\"node-a\",\"version\":7,\"unconfirmed\":true}}}}}");
}

static void test_claim_digest_write_ranges_gone_known_and_more(void **state)
{
    (void)state;
    struct claim_digest digest = {.is_cut = true};
    struct range_key keys[] = {{0, 0}, {UINT64_C(0x3f) << 56, 2}};
    struct claim_gone gone[] = {{"node-b", 2, 9, "garden", 6}, {"node-b", 2, 9, "lobby", 5}};
    struct claim_known known = {"node-c", 3, 57};
    buf_add(&digest.wanted, &keys[0], sizeof(keys[0]));
    buf_add(&digest.later, keys, sizeof(keys));
    buf_add(&digest.gone, gone, sizeof(gone));
    buf_add(&digest.known, &known, sizeof(known));
    assert_written(&digest, "{\"wanted\":{\"\":0},\"later\":{\"\":0,\"3f\":0},"
                            "\"gone\":{\"node-b\":{\"boot\":2,\"known\":9,\"names\":{"
                            "\"garden\":0,\"lobby\":0}}},"
                            "\"known\":{\"node-c\":{\"boot\":3,\"version\":57}},\"more\":true}");
}

static void test_claim_digest_write_split_has_sixteen_sums(void **state)
{
    (void)state;
    struct claim_digest digest = {0};
    struct range_split split = {.key = {UINT64_C(0xa) << 60, 1}};
    char text[400] = "{\"split\":{\"a\":\"";
    for (unsigned i = 0; i < RANGE_WAYS; i++) {
        split.prints[i] = i;
        strcat(text, "000000000000000");
        strncat(text, &"0123456789abcdef"[i], 1);
    }
    strcat(text, "\"}}");
    buf_add(&digest.splits, &split, sizeof(split));
    assert_written(&digest, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_digest_write_nothing_is_an_empty_object),
        cmocka_unit_test(test_claim_digest_write_begins_with_the_sum_and_the_lists_behind),
        cmocka_unit_test(test_claim_digest_write_groups_claims_by_owner),
        cmocka_unit_test(test_claim_digest_write_ranges_gone_known_and_more),
        cmocka_unit_test(test_claim_digest_write_split_has_sixteen_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
