/* test_json_read_depth.c — brackets within brackets: how deep, and each closed by its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "json_text.h"

/* `depth` brackets, one in the other; the caller frees. */
static char *nested(size_t depth, const char *open, const char *close, size_t *len)
{
    size_t open_len = strlen(open), close_len = strlen(close);
    *len = depth * (open_len + close_len) + 1;
    char *text = malloc(*len);
    for (size_t i = 0; i < depth; i++) {
        memcpy(text + i * open_len, open, open_len);
        memcpy(text + *len - (i + 1) * close_len, close, close_len);
    }
    text[depth * open_len] = '0';
    return text;
}

static int read_nested(size_t depth, const char *open, const char *close)
{
    size_t len;
    char *text = nested(depth, open, close, &len);
    struct json_span value;
    int err = read_whole(text, len, &value);
    assert_int_equal(walk_whole(text, len), err);
    free(text);
    return err;
}

static void test_json_read_takes_depth_32(void **state)
{
    (void)state;
    assert_int_equal(read_nested(32, "[", "]"), 0);
    assert_int_equal(read_nested(32, "{\"a\":", "}"), 0);
    assert_int_equal(read_nested(16, "[{\"a\":", "}]"), 0);
    assert_int_equal(read_nested(16, "{\"a\":[", "]}"), 0);
}

static void test_json_read_refuses_depth_33(void **state)
{
    (void)state;
    assert_int_equal(read_nested(33, "[", "]"), RELAY_ESYNTAX);
    assert_int_equal(read_nested(33, "{\"a\":", "}"), RELAY_ESYNTAX);
    assert_int_equal(read_nested(17, "[{\"a\":", "}]"), RELAY_ESYNTAX);
    assert_int_equal(read_nested(100000, "[", "]"), RELAY_ESYNTAX);
}

static void test_json_read_depth_counts_brackets_not_values(void **state)
{
    (void)state;
    static const char text[] = "[[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],"
                               "[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],"
                               "[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]]]";
    struct json_span value;
    assert_int_equal(read_whole(text, sizeof(text) - 1, &value), 0);
}

/* An object entered, and in its member brackets. */
static int enter_then_read(size_t depth)
{
    char text[100] = "{\"a\":";
    memset(text + 5, '[', depth);
    memset(text + 5 + depth, ']', depth);
    text[5 + 2 * depth] = '}';
    struct json_reader json;
    struct json_span span;
    json_read_init(&json, text, 6 + 2 * depth);
    assert_int_equal(json_enter_object(&json), 0);
    assert_int_equal(json_next_member(&json, &span), 1);
    int err = json_read_value(&json, &span);
    if (err == 0)
        assert_int_equal(json_next_member(&json, &span), 0);
    assert_int_equal(json_finish(&json), err);
    return err;
}

static void test_json_read_depth_includes_objects_entered(void **state)
{
    (void)state;
    assert_int_equal(enter_then_read(31), 0);
    assert_int_equal(enter_then_read(32), RELAY_ESYNTAX);
}

static void test_json_read_brackets_of_the_two_kinds_do_not_mix(void **state)
{
    (void)state;
    struct json_span value;
    assert_int_equal(read_whole("[{\"a\":[1,{}]},[]]", 17, &value), 0);
    assert_int_not_equal(read_whole("[{\"a\":[1,{}}],[]]", 17, &value), 0);
    assert_int_not_equal(read_whole("[{\"a\":1},2:3]", 13, &value), 0);
    assert_int_not_equal(read_whole("{\"a\":[1],2}", 11, &value), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_read_takes_depth_32),
        cmocka_unit_test(test_json_read_refuses_depth_33),
        cmocka_unit_test(test_json_read_depth_counts_brackets_not_values),
        cmocka_unit_test(test_json_read_depth_includes_objects_entered),
        cmocka_unit_test(test_json_read_brackets_of_the_two_kinds_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
