/* test_meant.c — names that were mistyped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "script/meant.h"

static void assert_hint(const char *word, const char *wanted)
{
    static const char *const NAMES[] = {"connect", "open", "join", "list", "next_hop"};
    struct meant meant;
    char hint[MEANT_HINT_MAX];
    meant_init(&meant, word);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        meant_offer(&meant, NAMES[i]);
    meant_hint(&meant, hint);
    assert_string_equal(hint, wanted);
}

static void test_meant_finds_what_was_meant(void **state)
{
    (void)state;
    assert_hint("conect", " (did you mean 'connect'?)");
    assert_hint("opne", " (did you mean 'open'?)");
    assert_hint("nexthop", " (did you mean 'next_hop'?)");
    assert_hint("List", " (did you mean 'list'?)");
}

static void test_meant_stays_silent_when_nothing_is_near(void **state)
{
    char long_word[2 * MEANT_NAME_MAX];
    (void)state;
    assert_hint("subscribe", "");
    assert_hint("", "");
    memset(long_word, 'x', sizeof long_word);
    long_word[sizeof long_word - 1] = '\0';
    assert_hint(long_word, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meant_finds_what_was_meant),
        cmocka_unit_test(test_meant_stays_silent_when_nothing_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
