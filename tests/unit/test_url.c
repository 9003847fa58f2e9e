/* url.c: where a node is dialled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "socket/url.h"

static void check(const char *text, bool is_tls, const char *host, unsigned port,
                  const char *authority, const char *path)
{
    struct url url;
    assert_int_equal(url_parse(&url, text), 0);
    assert_int_equal(url.is_tls, is_tls);
    assert_string_equal(url.host, host);
    assert_int_equal(url.port, port);
    assert_string_equal(url.authority, authority);
    assert_string_equal(url.path, path);
}

static void test_url_knows_the_two_schemes_and_their_ports(void **state)
{
    (void)state;
    check("ws://a.example", false, "a.example", 80, "a.example", "/node");
    check("wss://a.example", true, "a.example", 443, "a.example", "/node");
    check("WSS://a.example:80/", true, "a.example", 80, "a.example:80", "/node");
    check("ws://a.example:443", false, "a.example", 443, "a.example:443", "/node");
    check("ws://a.example:80", false, "a.example", 80, "a.example", "/node");
    check("ws://a-b_c.example:65535", false, "a-b_c.example", 65535, "a-b_c.example:65535",
          "/node");
}

static void test_url_path_always_ends_with_node(void **state)
{
    (void)state;
    check("ws://a/", false, "a", 80, "a", "/node");
    check("ws://a/node", false, "a", 80, "a", "/node");
    check("ws://a/relay", false, "a", 80, "a", "/relay/node");
    check("ws://a/relay/", false, "a", 80, "a", "/relay/node");
    check("ws://a/relay/node", false, "a", 80, "a", "/relay/node");
    check("ws://a/anode", false, "a", 80, "a", "/anode/node");
    check("ws://a/node/", false, "a", 80, "a", "/node/node");
}

static void test_url_tells_addresses_from_names(void **state)
{
    (void)state;
    struct url url;
    check("ws://[::1]:8080/", false, "::1", 8080, "[::1]:8080", "/node");
    check("wss://[2001:db8::1]", true, "2001:db8::1", 443, "[2001:db8::1]", "/node");
    check("ws://127.0.0.1:1", false, "127.0.0.1", 1, "127.0.0.1:1", "/node");
    assert_int_equal(url_parse(&url, "ws://[::1]"), 0);
    assert_true(url.is_numeric);
    assert_int_equal(url_parse(&url, "ws://127.0.0.1"), 0);
    assert_true(url.is_numeric);
    assert_int_equal(url_parse(&url, "ws://localhost"), 0);
    assert_false(url.is_numeric);
    assert_int_equal(url_parse(&url, "ws://1.2.3.4.example"), 0);
    assert_false(url.is_numeric);
}

static void test_url_refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "a.example",
        "http://a",
        "ws:/a",
        "ws://",
        "ws:///node",
        "wss://:80",
        "ws://a:",
        "ws://a:0",
        "ws://a:65536",
        "ws://a:000080",
        "ws://a:99999999999999999999",
        "ws://a:80x",
        "ws://a:-1",
        "ws://user@a",
        "ws://user:word@a",
        "ws://a b",
        "ws://a/x y",
        "ws://a?x=1",
        "ws://a/?x=1",
        "ws://a/#x",
        "ws://a/\r\nX: y",
        "ws://a\r\n",
        "ws://a/\x7f",
        "ws://a/\xc3\xa9",
        "ws://\xc3\xa9",
        "ws://[::1",
        "ws://[]",
        "ws://[::1]x",
        "ws://[127.0.0.1]",
        "ws://[fe80::1%eth0]",
        "ws://::1",
        " ws://a",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct url url;
        if (url_parse(&url, bad[i]) != RELAY_EINVAL)
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void test_url_bounds_host_and_path(void **state)
{
    (void)state;
    struct url url;
    char text[1024];
    snprintf(text, sizeof(text), "ws://%0*d.example:65535", URL_HOST_MAX - 8, 1);
    assert_int_equal(url_parse(&url, text), 0);
    assert_int_equal(strlen(url.authority), URL_HOST_MAX + 6);
    snprintf(text, sizeof(text), "ws://%0*d.example", URL_HOST_MAX - 7, 1);
    assert_int_equal(url_parse(&url, text), RELAY_EINVAL);
    snprintf(text, sizeof(text), "ws://a/%0*d", URL_PATH_MAX - 1, 1);
    assert_int_equal(url_parse(&url, text), 0);
    assert_int_equal(strlen(url.path), URL_PATH_MAX + 5);
    snprintf(text, sizeof(text), "ws://a/%0*d", URL_PATH_MAX, 1);
    assert_int_equal(url_parse(&url, text), RELAY_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_knows_the_two_schemes_and_their_ports),
        cmocka_unit_test(test_url_path_always_ends_with_node),
        cmocka_unit_test(test_url_tells_addresses_from_names),
        cmocka_unit_test(test_url_refuses_what_is_none),
        cmocka_unit_test(test_url_bounds_host_and_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
