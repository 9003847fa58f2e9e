/* test_client_reason.c — the words of docs/protocol.md, letter by letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/client_reason.h"

static void test_client_reason_has_the_exact_words_of_the_protocol(void **state)
{
    (void)state;
    assert_string_equal(client_reason_text(REASON_MALFORMED_JSON), "malformed json");
    assert_string_equal(client_reason_text(REASON_INVALID_COMMAND), "invalid command");
    assert_string_equal(client_reason_text(REASON_MISSING_DATA), "missing data");
    assert_string_equal(client_reason_text(REASON_MISSING_TOPIC), "missing topic");
    assert_string_equal(client_reason_text(REASON_MISSING_CHANNEL), "missing channel");
    assert_string_equal(client_reason_text(REASON_MISSING_MESSAGE), "missing message");
    assert_string_equal(client_reason_text(REASON_INVALID_TOPIC), "invalid topic");
    assert_string_equal(client_reason_text(REASON_INVALID_CHANNEL), "invalid channel");
    assert_string_equal(client_reason_text(REASON_INVALID_NONCE), "invalid nonce");
    assert_string_equal(client_reason_text(REASON_INVALID_PASSWORD), "invalid password");
    assert_string_equal(client_reason_text(REASON_NOT_SUBSCRIBED), "not subscribed");
    assert_string_equal(client_reason_text(REASON_NOT_ALLOWED), "not allowed");
    assert_string_equal(client_reason_text(REASON_CHANNEL_ALREADY_RESERVED),
                        "channel already reserved");
    assert_string_equal(client_reason_text(REASON_TOO_MANY_CHANNELS), "too many channels");
    assert_string_equal(client_reason_text(REASON_RATE_LIMITED), "rate limited");
    assert_string_equal(client_reason_text(REASON_BUSY), "busy");
}

static void test_client_reason_none_is_empty_and_no_other_is(void **state)
{
    (void)state;
    assert_string_equal(client_reason_text(REASON_NONE), "");
    for (int reason = 1; reason < REASON_COUNT; reason++)
        assert_true(strlen(client_reason_text((enum client_reason)reason)) > 0);
    assert_string_equal(client_reason_text(REASON_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_reason_has_the_exact_words_of_the_protocol),
        cmocka_unit_test(test_client_reason_none_is_empty_and_no_other_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
