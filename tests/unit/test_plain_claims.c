/* test_plain_claims.c — what plain peers said, by name, bounded and passing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "reserve/plain_claims.h"
#include "reserve_fixture.h"

static struct plain_claim *set(struct plain_claims *claims, const char *peer, const char *name,
                               unsigned password, enum plain_state state, uint64_t now_ms)
{
    struct password_hash hash = test_hash(password);
    return plain_claims_set(claims, peer, name, strlen(name), &hash, state, now_ms);
}

static void test_plain_claims_one_entry_for_a_peer_and_a_name(void **state)
{
    (void)state;
    struct plain_claims claims;
    plain_claims_init(&claims, &(struct hash_key){1, 2});
    struct plain_claim *said = set(&claims, "p", "garden", 1, PLAIN_HEARD, 0);
    assert_ptr_equal(set(&claims, "p", "garden", 2, PLAIN_HELD, 0), said);
    assert_int_equal(said->state, PLAIN_HELD);
    assert_int_equal(said->hash.bytes[0], 2);
    set(&claims, "q", "garden", 2, PLAIN_LOST, 0);
    assert_int_equal(claims.count, 2);
    assert_string_equal(plain_claims_first(&claims, "garden", 6, PLAIN_LOST)->peer, "q");
    assert_null(plain_claims_first(&claims, "garden", 6, PLAIN_HEARD));
    assert_null(plain_claims_find(&claims, "p", "lobby", 5));
    plain_claims_remove(&claims, said);
    assert_null(plain_claims_find(&claims, "p", "garden", 6));
    plain_claims_deinit(&claims);
    assert_int_equal(claims.count, 0);
}

static void test_plain_claims_what_was_left_or_asked_passes_and_the_rest_stays(void **state)
{
    (void)state;
    struct plain_claims claims;
    plain_claims_init(&claims, &(struct hash_key){1, 2});
    set(&claims, "p", "a", 1, PLAIN_HELD, 0);
    set(&claims, "p", "b", 1, PLAIN_LEFT, 0);
    set(&claims, PLAIN_ALL, "b", 1, PLAIN_ASKED, 5);
    set(&claims, "p", "c", 1, PLAIN_LEFT, 0);
    set(&claims, "p", "c", 1, PLAIN_HEARD, 1); /* came back */
    plain_claims_expire(&claims, PLAIN_PASSES_MS - 1);
    assert_int_equal(claims.count, 4);
    plain_claims_expire(&claims, PLAIN_PASSES_MS);
    assert_null(plain_claims_find(&claims, "p", "b", 1));
    assert_non_null(plain_claims_find(&claims, PLAIN_ALL, "b", 1));
    plain_claims_expire(&claims, PLAIN_PASSES_MS + 5);
    assert_int_equal(claims.count, 2);
    plain_claims_deinit(&claims);
}

static void test_plain_claims_are_bounded(void **state)
{
    (void)state;
    struct plain_claims claims;
    char name[16];
    plain_claims_init(&claims, &(struct hash_key){1, 2});
    for (unsigned i = 0; i < PLAIN_CLAIMS_MAX; i++) {
        snprintf(name, sizeof(name), "%u", i);
        assert_non_null(set(&claims, "p", name, 1, PLAIN_HEARD, 0));
    }
    assert_null(set(&claims, "p", "one more", 1, PLAIN_HEARD, 0));
    assert_non_null(set(&claims, "p", "7", 1, PLAIN_LOST, 0));
    plain_claims_deinit(&claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_claims_one_entry_for_a_peer_and_a_name),
        cmocka_unit_test(test_plain_claims_what_was_left_or_asked_passes_and_the_rest_stays),
        cmocka_unit_test(test_plain_claims_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
