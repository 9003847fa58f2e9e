/* test_packet.c — a packet is one copy, shared; and which packets have a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "spread/packet.h"

#define TEXT(s) ((struct text){(s), sizeof(s) - 1})

static struct packet *make(enum inm_type type, const char *destination, const char *nonce)
{
    struct packet_head head = {
        type, TEXT("rome"), {destination, strlen(destination)}, {nonce, strlen(nonce)}};
    struct packet *packet = packet_new(&head, "{...}", 5);
    assert_non_null(packet);
    return packet;
}

static void assert_number(enum inm_type type, const char *destination, const char *nonce,
                          uint64_t seq)
{
    struct packet *packet = make(type, destination, nonce);
    assert_int_equal(packet->number.seq, seq);
    packet_unref(packet);
}

static void test_packet_copies_all_it_is_given(void **state)
{
    (void)state;
    char source[] = "rome", bytes[] = "{\"a\":1}";
    struct packet_head head = {INM_COMMAND, {source, 4}, TEXT("milan"), TEXT("n1")};
    struct packet *packet = packet_new(&head, bytes, 7);
    memset(source, 'x', 4);
    memset(bytes, 'x', 7);
    assert_int_equal(packet->head.type, INM_COMMAND);
    assert_memory_equal(packet->head.source.at, "rome", 4);
    assert_memory_equal(packet->head.destination.at, "milan", 5);
    assert_memory_equal(packet->head.nonce.at, "n1", 2);
    assert_int_equal(packet->len, 7);
    assert_memory_equal(packet->bytes, "{\"a\":1}", 7);
    packet_unref(packet);
}

static void test_packet_lives_until_its_last_reference_goes(void **state)
{
    (void)state;
    struct packet *packet = make(INM_MESSAGE, "*", "n");
    assert_ptr_equal(packet_ref(packet), packet);
    packet_unref(packet);
    assert_int_equal(packet->references, 1);
    packet_unref(packet);
    packet_unref(NULL);
}

static void test_packet_broadcast_of_our_kind_has_a_number(void **state)
{
    (void)state;
    assert_number(INM_MESSAGE, "*", "1a2059518b8.1f", 31);
    assert_number(INM_COMMAND, "*", "1a2059518b8.1f", 31);
}

static void test_packet_response_or_plain_nonce_or_one_destination_has_none(void **state)
{
    (void)state;
    assert_number(INM_RESPONSE, "*", "1a2059518b8.1f", 0);
    assert_number(INM_COMMAND, "milan", "1a2059518b8.1f", 0);
    assert_number(INM_MESSAGE, "**", "1a2059518b8.1f", 0);
    assert_number(INM_MESSAGE, "*", "c0ffee", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packet_copies_all_it_is_given),
        cmocka_unit_test(test_packet_lives_until_its_last_reference_goes),
        cmocka_unit_test(test_packet_broadcast_of_our_kind_has_a_number),
        cmocka_unit_test(test_packet_response_or_plain_nonce_or_one_destination_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
