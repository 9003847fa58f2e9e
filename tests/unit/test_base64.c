/* test_base64.c — RFC 4648 both ways, and everything that is not it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dice.h"
#include "protocol/base64.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *bytes, *standard, *url;
} pairs[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbe", "+/++", "-_--"},
    {"Hello World", "SGVsbG8gV29ybGQ=", "SGVsbG8gV29ybGQ"},
};

static void assert_text(const struct buf *buf, const char *want)
{
    assert_false(buf->failed);
    assert_int_equal(buf->len, strlen(want));
    if (buf->len > 0)
        assert_memory_equal(buf->bytes, want, buf->len);
}

static void test_base64_encodes_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct buf buf = {0};
        base64_encode(&buf, pairs[i].bytes, strlen(pairs[i].bytes));
        assert_text(&buf, pairs[i].standard);
        buf_clear(&buf);
        base64_encode_url(&buf, pairs[i].bytes, strlen(pairs[i].bytes));
        assert_text(&buf, pairs[i].url);
        buf_deinit(&buf);
    }
}

static void test_base64_decodes_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct buf buf = {0};
        assert_int_equal(base64_decode(&buf, pairs[i].standard, strlen(pairs[i].standard)), 0);
        assert_text(&buf, pairs[i].bytes);
        buf_clear(&buf);
        assert_int_equal(base64_decode_url(&buf, pairs[i].url, strlen(pairs[i].url)), 0);
        assert_text(&buf, pairs[i].bytes);
        buf_deinit(&buf);
    }
}

static void test_base64_adds_to_what_the_buffer_holds(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add_text(&buf, "a ");
    base64_encode(&buf, "foo", 3);
    buf_add_text(&buf, " ");
    assert_int_equal(base64_decode(&buf, "Zg==", 4), 0);
    assert_text(&buf, "a Zm9v f");
    buf_deinit(&buf);
}

static void test_base64_refuses_what_is_not_the_one_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",          "Zg",   "Zg=",   "Zg===", "=",        "==",         "===",      "====",
        "=g==",       "Z===", "Zm8==", "Zm9v=", "Zm9v====", "Zm9=v",      "Zg==Zg==", "Zm8=Zm8=",
        "Zh==",       "Zn==", "Zm9=",  "Zm+=",  "Zm9v\n",   " Zm9v",      "Zm9 ",     "Zm9v Zg==",
        "Zm\n9vYg==", "Zm9-", "Zm9_",  "Zm9.",  "Zm9*",     "Zm\xc3\xa9", "Zm9,",     "Zm9:",
        "Zm9@",       "Zm9[", "Zm9`",  "Zm9{",  "\x7fm9v",  "Z=g=",       "Z=9v",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf buf = {0};
        buf_add_text(&buf, "kept");
        if (base64_decode(&buf, texts[i], strlen(texts[i])) != RELAY_ESYNTAX)
            fail_msg("\"%s\" was taken", texts[i]);
        assert_text(&buf, "kept");
        buf_deinit(&buf);
    }
}

static void test_base64_url_refuses_what_is_not_the_one_form(void **state)
{
    (void)state;
    static const char *const texts[] = {"Z",     "Zg==", "Zg=",  "Zm8=",   "=",
                                        "Zm9vY", "Zh",   "Zm9",  "Zm+v",   "Zm/v",
                                        "Zm9 ",  "Zm9.", "Zg\n", "Zm-_Zh", "\x7fm9v"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf buf = {0};
        if (base64_decode_url(&buf, texts[i], strlen(texts[i])) != RELAY_ESYNTAX)
            fail_msg("\"%s\" was taken", texts[i]);
        buf_deinit(&buf);
    }
}

static void test_base64_refuses_a_nul(void **state)
{
    (void)state;
    struct buf buf = {0};
    assert_int_equal(base64_decode(&buf, "Zm\0v", 4), RELAY_ESYNTAX);
    assert_int_equal(base64_decode(&buf, "Zg=\0", 4), RELAY_ESYNTAX);
    buf_deinit(&buf);
}

static void test_base64_takes_64_bytes_as_digits_and_no_other(void **state)
{
    (void)state;
    unsigned taken = 0;
    for (int byte = 0; byte < 256; byte++) {
        struct buf buf = {0};
        taken += base64_decode(&buf, (char[]){'A', (char)byte, 'A', 'A'}, 4) == 0;
        buf_deinit(&buf);
    }
    assert_int_equal(taken, 64);
}

static void test_base64_any_bytes_come_back(void **state)
{
    (void)state;
    struct dice dice = {7};
    for (size_t len = 0; len < 600; len++) {
        unsigned char bytes[600];
        struct buf text = {0}, back = {0};
        for (size_t i = 0; i < len; i++)
            bytes[i] = (unsigned char)dice_roll(&dice, 256);
        base64_encode(&text, bytes, len);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_int_equal(base64_decode(&back, text.bytes, text.len), 0);
        buf_clear(&text);
        base64_encode_url(&text, bytes, len);
        assert_int_equal(base64_decode_url(&back, text.bytes, text.len), 0);
        assert_int_equal(back.len, 2 * len);
        if (len > 0) {
            assert_memory_equal(back.bytes, bytes, len);
            assert_memory_equal(back.bytes + len, bytes, len);
        }
        buf_deinit(&text);
        buf_deinit(&back);
    }
}

static void test_base64_keeps_to_the_bound_of_the_buffer(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    base64_encode(&buf, "foobar", 6);
    assert_text(&buf, "Zm9vYmFy");
    base64_encode(&buf, "f", 1);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 8);
    buf_clear(&buf);
    assert_int_equal(base64_decode(&buf, "Zm9vYmFyZm9v", 12), RELAY_ENOMEM);
    assert_int_equal(buf.len, 0);
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_encodes_the_examples_of_the_rfc),
        cmocka_unit_test(test_base64_decodes_the_examples_of_the_rfc),
        cmocka_unit_test(test_base64_adds_to_what_the_buffer_holds),
        cmocka_unit_test(test_base64_refuses_what_is_not_the_one_form),
        cmocka_unit_test(test_base64_url_refuses_what_is_not_the_one_form),
        cmocka_unit_test(test_base64_refuses_a_nul),
        cmocka_unit_test(test_base64_takes_64_bytes_as_digits_and_no_other),
        cmocka_unit_test(test_base64_any_bytes_come_back),
        cmocka_unit_test(test_base64_keeps_to_the_bound_of_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
