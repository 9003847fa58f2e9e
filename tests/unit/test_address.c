/* test_address.c — connections counted by address, an IPv6 one by its /64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "socket/address.h"

static struct sockaddr_storage peer_of(const char *text, uint16_t port)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&peer;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
    }
    return peer;
}

static struct address *take(struct address_table *table, const char *text)
{
    static uint16_t port;
    struct sockaddr_storage peer = peer_of(text, ++port);
    struct address *address = address_take(table, &peer);
    assert_non_null(address);
    return address;
}

static void check_same(const char *a, const char *b, bool is_same)
{
    struct address_table table = {.key = {1, 2}};
    struct address *first = take(&table, a), *second = take(&table, b);
    assert_int_equal(first == second, is_same);
    assert_int_equal(HASH_COUNT(table.head), is_same ? 1 : 2);
    assert_int_equal(second->connections, is_same ? 2 : 1);
    address_give(&table, first);
    assert_int_equal(HASH_COUNT(table.head), 1);
    address_give(&table, second);
    assert_null(table.head);
}

static void test_address_counts_an_ipv4_address_whatever_its_port(void **state)
{
    (void)state;
    check_same("192.0.2.1", "192.0.2.1", true);
}

static void test_address_tells_ipv4_addresses_apart(void **state)
{
    (void)state;
    check_same("192.0.2.1", "192.0.2.2", false);
    check_same("192.0.2.1", "193.0.2.1", false);
}

static void test_address_counts_an_ipv6_network_of_64_bits_as_one(void **state)
{
    (void)state;
    check_same("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true);
    check_same("2001:db8:0:1::1", "2001:db8:0:2::1", false);
    check_same("2001:db8::1", "2001:db9::1", false);
}

static void test_address_never_takes_an_ipv4_one_for_an_ipv6_one(void **state)
{
    (void)state;
    check_same("0.0.0.0", "::", false);
    check_same("32.1.13.184", "2001:db8::", false); /* the same first four bytes */
}

static void test_address_counts_up_and_down_and_the_last_frees_it(void **state)
{
    (void)state;
    struct address_table table = {.key = {1, 2}};
    struct address *address = NULL;
    for (unsigned i = 1; i <= 50; i++) {
        address = take(&table, "192.0.2.1");
        assert_int_equal(address->connections, i);
    }
    for (unsigned i = 49; i > 0; i--) {
        address_give(&table, address);
        assert_int_equal(address->connections, i);
    }
    address_give(&table, address);
    assert_null(table.head);
    address = take(&table, "192.0.2.1");
    assert_int_equal(address->connections, 1);
    address_give(&table, address);
}

static void test_address_none_may_be_given_back(void **state)
{
    (void)state;
    struct address_table table = {.key = {1, 2}};
    address_give(&table, NULL);
    assert_null(table.head);
}

static void test_address_keeps_a_thousand_apart(void **state)
{
    (void)state;
    struct address_table table = {.key = {3, 4}};
    struct address *taken[1000];
    char text[32];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "10.0.%u.%u", i / 256, i % 256);
        taken[i] = take(&table, text);
        assert_int_equal(taken[i]->connections, 1);
    }
    assert_int_equal(HASH_COUNT(table.head), 1000);
    for (unsigned i = 0; i < 1000; i++)
        address_give(&table, taken[i]);
    assert_null(table.head);
}

static void check_text(const char *text)
{
    char out[INET6_ADDRSTRLEN];
    struct sockaddr_storage peer = peer_of(text, 4711);
    memset(out, 'x', sizeof(out));
    address_text(&peer, out);
    assert_string_equal(out, text);
}

static void test_address_text_is_numeric_without_the_port(void **state)
{
    (void)state;
    check_text("192.0.2.1");
    check_text("255.255.255.255");
    check_text("2001:db8::1");
    check_text("::1");
    check_text("fd00:1111:2222:3333:4444:5555:6666:7777");
}

static void test_address_text_of_another_family_is_unknown(void **state)
{
    (void)state;
    char out[INET6_ADDRSTRLEN];
    struct sockaddr_storage peer = {.ss_family = AF_UNIX};
    address_text(&peer, out);
    assert_string_equal(out, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_counts_an_ipv4_address_whatever_its_port),
        cmocka_unit_test(test_address_tells_ipv4_addresses_apart),
        cmocka_unit_test(test_address_counts_an_ipv6_network_of_64_bits_as_one),
        cmocka_unit_test(test_address_never_takes_an_ipv4_one_for_an_ipv6_one),
        cmocka_unit_test(test_address_counts_up_and_down_and_the_last_frees_it),
        cmocka_unit_test(test_address_none_may_be_given_back),
        cmocka_unit_test(test_address_keeps_a_thousand_apart),
        cmocka_unit_test(test_address_text_is_numeric_without_the_port),
        cmocka_unit_test(test_address_text_of_another_family_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
