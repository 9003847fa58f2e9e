/* test_utf8.c — RFC 3629 section 4 in pairs: the last that passes, the first that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/utf8.h"

#define VALID(text) assert_true(utf8_is_valid(text, sizeof(text) - 1))
#define INVALID(text) assert_false(utf8_is_valid(text, sizeof(text) - 1))

static void test_utf8_takes_the_empty_text(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid(NULL, 0));
}

static void test_utf8_takes_all_of_ascii_with_nul(void **state)
{
    (void)state;
    char ascii[128];
    for (int i = 0; i < 128; i++)
        ascii[i] = (char)i;
    assert_true(utf8_is_valid(ascii, 128));
}

static void test_utf8_takes_the_first_and_last_of_each_length(void **state)
{
    (void)state;
    VALID("\x7f");
    VALID("\xc2\x80");
    VALID("\xdf\xbf");
    VALID("\xe0\xa0\x80");
    VALID("\xef\xbf\xbf");
    VALID("\xf0\x90\x80\x80");
    VALID("\xf4\x8f\xbf\xbf");
}

static void test_utf8_refuses_overlong_two_byte_form(void **state)
{
    (void)state;
    INVALID("\xc0\x80");
    INVALID("\xc1\xbf");
}

static void test_utf8_refuses_overlong_three_byte_form(void **state)
{
    (void)state;
    INVALID("\xe0\x80\x80");
    INVALID("\xe0\x9f\xbf");
}

static void test_utf8_refuses_overlong_four_byte_form(void **state)
{
    (void)state;
    INVALID("\xf0\x80\x80\x80");
    INVALID("\xf0\x8f\xbf\xbf");
}

static void test_utf8_refuses_surrogates_and_takes_their_neighbours(void **state)
{
    (void)state;
    VALID("\xed\x9f\xbf");
    INVALID("\xed\xa0\x80");
    INVALID("\xed\xbf\xbf");
    VALID("\xee\x80\x80");
}

static void test_utf8_refuses_what_is_over_10ffff(void **state)
{
    (void)state;
    INVALID("\xf4\x90\x80\x80");
    INVALID("\xf5\x80\x80\x80");
    INVALID("\xf8\x88\x80\x80\x80");
    INVALID("\xfe");
    INVALID("\xff");
}

static void test_utf8_refuses_a_lone_continuation_byte(void **state)
{
    (void)state;
    INVALID("\x80");
    INVALID("\xbf");
    INVALID("abcdefghijklmnop\x80");
}

static void test_utf8_refuses_a_truncated_end(void **state)
{
    (void)state;
    INVALID("\xc3");
    INVALID("\xe2\x82");
    INVALID("\xf0\x9f\x98");
    INVALID("12345678\xf0");
}

static void test_utf8_refuses_a_character_broken_off_by_another(void **state)
{
    (void)state;
    INVALID("\xc3"
            "a");
    INVALID("\xe2\x82"
            "aaaaaaaaaa");
    INVALID("\xe2\xc3\xbc");
}

static const char mixed[] = "abcdefgh\xc3\xbc\xe2\x82\xac ijklmnop\xf0\x9f\x98\x80!";

static void test_utf8_takes_a_text_split_anywhere(void **state)
{
    (void)state;
    size_t len = sizeof(mixed) - 1;
    for (size_t first = 0; first <= len; first++) {
        for (size_t second = first; second <= len; second++) {
            struct utf8 utf8 = {0};
            assert_true(utf8_feed(&utf8, mixed, first));
            assert_true(utf8_feed(&utf8, mixed + first, second - first));
            assert_true(utf8_feed(&utf8, mixed + second, len - second));
            assert_true(utf8_is_complete(&utf8));
        }
    }
}

static void test_utf8_refuses_at_the_first_wrong_byte_of_a_piece(void **state)
{
    (void)state;
    struct utf8 utf8 = {0};
    assert_true(utf8_feed(&utf8, "\xe0", 1));
    assert_false(utf8_feed(&utf8, "\x9f", 1)); /* no need to wait for the third byte */
    utf8 = (struct utf8){0};
    assert_true(utf8_feed(&utf8, "\xf4", 1));
    assert_false(utf8_feed(&utf8, "\x90", 1));
}

static void test_utf8_is_incomplete_inside_of_a_character(void **state)
{
    (void)state;
    struct utf8 utf8 = {0};
    assert_true(utf8_feed(&utf8, "ab\xf0\x9f\x98", 5));
    assert_false(utf8_is_complete(&utf8));
    assert_true(utf8_feed(&utf8, NULL, 0));
    assert_false(utf8_is_complete(&utf8));
    assert_true(utf8_feed(&utf8, "\x80", 1));
    assert_true(utf8_is_complete(&utf8));
}

static void test_utf8_finds_a_wrong_byte_at_each_place_of_a_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < 24; i++) {
        char text[24];
        memset(text, 'a', sizeof(text));
        text[i] = (char)0xff;
        assert_false(utf8_is_valid(text, sizeof(text)));
    }
}

/* Decodes as the RFC says in words, to compare. */
static bool is_scalar(const unsigned char *b)
{
    if ((b[0] & 0xf0) != 0xe0 || (b[1] & 0xc0) != 0x80 || (b[2] & 0xc0) != 0x80)
        return false;
    unsigned code = (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    return code >= 0x800 && (code < 0xd800 || code > 0xdfff);
}

static void test_utf8_agrees_with_the_definition_on_all_three_byte_forms(void **state)
{
    (void)state;
    for (unsigned lead = 0xe0; lead <= 0xef; lead++) {
        for (unsigned rest = 0; rest < 0x10000; rest++) {
            unsigned char b[3] = {(unsigned char)lead, (unsigned char)(rest >> 8),
                                  (unsigned char)rest};
            assert_int_equal(utf8_is_valid(b, 3), is_scalar(b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_takes_the_empty_text),
        cmocka_unit_test(test_utf8_takes_all_of_ascii_with_nul),
        cmocka_unit_test(test_utf8_takes_the_first_and_last_of_each_length),
        cmocka_unit_test(test_utf8_refuses_overlong_two_byte_form),
        cmocka_unit_test(test_utf8_refuses_overlong_three_byte_form),
        cmocka_unit_test(test_utf8_refuses_overlong_four_byte_form),
        cmocka_unit_test(test_utf8_refuses_surrogates_and_takes_their_neighbours),
        cmocka_unit_test(test_utf8_refuses_what_is_over_10ffff),
        cmocka_unit_test(test_utf8_refuses_a_lone_continuation_byte),
        cmocka_unit_test(test_utf8_refuses_a_truncated_end),
        cmocka_unit_test(test_utf8_refuses_a_character_broken_off_by_another),
        cmocka_unit_test(test_utf8_takes_a_text_split_anywhere),
        cmocka_unit_test(test_utf8_refuses_at_the_first_wrong_byte_of_a_piece),
        cmocka_unit_test(test_utf8_is_incomplete_inside_of_a_character),
        cmocka_unit_test(test_utf8_finds_a_wrong_byte_at_each_place_of_a_word),
        cmocka_unit_test(test_utf8_agrees_with_the_definition_on_all_three_byte_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
