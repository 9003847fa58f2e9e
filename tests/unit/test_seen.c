/* test_seen.c — what was here before, for as long as it matters and no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "spread/seen.h"

static bool add_at(struct seen *seen, const char *source, enum inm_type type, const char *nonce,
                   uint64_t now_ms)
{
    struct packet_head head = {
        .type = type, .source = {source, strlen(source)}, .nonce = {nonce, strlen(nonce)}};
    return seen_add(seen, &head, now_ms);
}

static bool add(struct seen *seen, const char *source, enum inm_type type, const char *nonce)
{
    return add_at(seen, source, type, nonce, 1000);
}

static bool add_number(struct seen *seen, unsigned number)
{
    char nonce[16];
    snprintf(nonce, sizeof(nonce), "%u", number);
    return add(seen, "rome", INM_MESSAGE, nonce);
}

static void set_up(struct seen *seen)
{
    seen_init(seen, &(struct hash_key){1, 2}, 1000);
}

static void test_seen_packet_is_new_once(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    assert_true(add(&seen, "rome", INM_MESSAGE, "a"));
    assert_false(add(&seen, "rome", INM_MESSAGE, "a"));
    seen_deinit(&seen);
}

static void test_seen_tells_sources_types_and_nonces_apart(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    assert_true(add(&seen, "rome", INM_COMMAND, "ab"));
    assert_true(add(&seen, "rome", INM_RESPONSE, "ab")); /* a plain peer's answer */
    assert_true(add(&seen, "milan", INM_COMMAND, "ab"));
    assert_true(add(&seen, "rome", INM_COMMAND, "a"));
    assert_true(add(&seen, "romea", INM_COMMAND, "b"));
    assert_true(add(&seen, "", INM_COMMAND, ""));
    assert_false(add(&seen, "", INM_COMMAND, ""));
    seen_deinit(&seen);
}

static void test_seen_remembers_65536_behind_the_one_at_hand(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    for (unsigned i = 0; i < 2 * SEEN_GENERATION_MAX; i++)
        assert_true(add_number(&seen, i));
    assert_false(add_number(&seen, 0)); /* both generations are full, and known */
    assert_false(add_number(&seen, 2 * SEEN_GENERATION_MAX - 1));
    seen_deinit(&seen);
}

static void test_seen_forgets_the_older_generation_when_the_younger_is_full(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    for (unsigned i = 0; i <= 2 * SEEN_GENERATION_MAX; i++)
        assert_true(add_number(&seen, i));
    assert_false(add_number(&seen, SEEN_GENERATION_MAX));
    assert_true(add_number(&seen, SEEN_GENERATION_MAX - 1));
    seen_deinit(&seen);
}

static void test_seen_memory_is_bounded(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    for (unsigned i = 0; i < 5 * SEEN_GENERATION_MAX; i++)
        add_number(&seen, i);
    assert_true(seen.young.capacity <= 2 * SEEN_GENERATION_MAX);
    assert_true(seen.old.capacity <= 2 * SEEN_GENERATION_MAX);
    seen_deinit(&seen);
}

static void test_seen_forgets_after_two_turns_of_ten_minutes(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    assert_true(add_at(&seen, "rome", INM_MESSAGE, "a", 1000));
    assert_true(add_at(&seen, "rome", INM_MESSAGE, "b", 1000 + SEEN_AGE_MS));
    assert_false(add_at(&seen, "rome", INM_MESSAGE, "a", 999 + 2 * SEEN_AGE_MS));
    assert_true(add_at(&seen, "rome", INM_MESSAGE, "c", 1000 + 2 * SEEN_AGE_MS));
    assert_true(add_at(&seen, "rome", INM_MESSAGE, "a", 1000 + 2 * SEEN_AGE_MS));
    seen_deinit(&seen);
}

static void test_seen_empty_one_owns_no_memory(void **state)
{
    (void)state;
    struct seen seen;
    set_up(&seen);
    assert_null(seen.young.places);
    assert_null(seen.old.places);
    seen_deinit(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen_packet_is_new_once),
        cmocka_unit_test(test_seen_tells_sources_types_and_nonces_apart),
        cmocka_unit_test(test_seen_remembers_65536_behind_the_one_at_hand),
        cmocka_unit_test(test_seen_forgets_the_older_generation_when_the_younger_is_full),
        cmocka_unit_test(test_seen_memory_is_bounded),
        cmocka_unit_test(test_seen_forgets_after_two_turns_of_ten_minutes),
        cmocka_unit_test(test_seen_empty_one_owns_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
