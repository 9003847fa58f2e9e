/* test_pattern.c — the matcher by itself: what it spends, and where it stops. Its results:
 * test_sandbox_pattern.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "script/pattern.h"

struct meter {
    jmp_buf out;
    unsigned long spent, most;
    const char *message;
};

static void spend(void *context, uint32_t steps)
{
    struct meter *meter = context;
    meter->spent += steps;
    if (meter->spent > meter->most)
        longjmp(meter->out, 1);
}

static void refuse(void *context, const char *message)
{
    struct meter *meter = context;
    meter->message = message;
    longjmp(meter->out, 2);
}

/* How many characters match from the subject's beginning; -1: none, -2: ran over, -3: no pattern.
 */
static long match(struct meter *meter, const char *subject, const char *pattern)
{
    struct pattern state = {
        .subject = subject,
        .subject_end = subject + strlen(subject),
        .end = pattern + strlen(pattern),
        .spend = spend,
        .fail = refuse,
        .context = meter,
    };
    int left = setjmp(meter->out);
    if (left)
        return left == 1 ? -2 : -3;
    const char *end = pattern_match(&state, subject, pattern);
    return end ? end - subject : -1;
}

static void test_pattern_plain_is_told_from_special(void **state)
{
    (void)state;
    assert_true(pattern_is_plain("room/1", 6));
    assert_true(pattern_is_plain("a\0b", 3));
    assert_false(pattern_is_plain("room-1", 6));
    assert_false(pattern_is_plain("a\0.", 3));
}

static void test_pattern_match_spends_little_where_little_is_tried(void **state)
{
    (void)state;
    struct meter meter = {.most = 0};
    assert_int_equal(match(&meter, "key = value", "%w+%s*=%s*%w+"), 11);
    assert_int_equal(meter.spent, 0);
}

static void test_pattern_bomb_is_stopped_where_its_owner_says(void **state)
{
    (void)state;
    struct meter meter = {.most = 100000};
    assert_int_equal(match(&meter, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                           "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?"
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                     -2);
    assert_in_range(meter.spent, 100001, 100000 + PATTERN_STEPS);
}

static void test_pattern_nesting_of_200_passes_and_of_201_is_refused(void **state)
{
    (void)state;
    char pattern[2 * 200 + 1], subject[201];
    struct meter meter = {.most = 100000};
    memset(subject, 'a', 200);
    subject[200] = '\0';
    for (int i = 0; i < 200; i++)
        memcpy(pattern + 2 * (size_t)i, "a?", 2);
    pattern[2 * 199] = '\0'; /* 199 behind the first */
    assert_int_equal(match(&meter, subject, pattern), 199);
    memcpy(pattern + (size_t)2 * 199, "a?", 3);
    assert_int_equal(match(&meter, subject, pattern), -3);
    assert_string_equal(meter.message, "pattern too complex");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern_plain_is_told_from_special),
        cmocka_unit_test(test_pattern_match_spends_little_where_little_is_tried),
        cmocka_unit_test(test_pattern_bomb_is_stopped_where_its_owner_says),
        cmocka_unit_test(test_pattern_nesting_of_200_passes_and_of_201_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
