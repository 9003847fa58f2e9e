/* test_cache.c — the packets of ten seconds, 8 MiB of them at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "spread/cache.h"

static struct packet *make(size_t len)
{
    struct packet_head head = {.type = INM_MESSAGE};
    char *bytes = calloc(1, len + 1);
    struct packet *packet = packet_new(&head, bytes, len);
    assert_non_null(packet);
    free(bytes);
    return packet;
}

static void add(struct cache *cache, struct list *source, size_t len, uint64_t now_ms)
{
    struct packet *packet = make(len);
    cache_add(cache, source, packet, now_ms);
    packet_unref(packet);
}

static unsigned count(const struct list *source)
{
    unsigned n = 0;
    for (struct list *node = source->next; node != source; node = node->next)
        n++;
    return n;
}

static void test_cache_keeps_a_packet_for_ten_seconds(void **state)
{
    (void)state;
    struct cache cache;
    struct list source;
    cache_init(&cache);
    list_init(&source);
    add(&cache, &source, 10, 1000);
    cache_expire(&cache, 1000 + CACHE_AGE_MS);
    assert_int_equal(count(&source), 1);
    cache_expire(&cache, 1001 + CACHE_AGE_MS);
    assert_int_equal(count(&source), 0);
    assert_int_equal(cache.bytes, 0);
    cache_deinit(&cache);
}

static void test_cache_drops_the_oldest_over_8_mebibytes(void **state)
{
    (void)state;
    struct cache cache;
    struct list rome, milan;
    cache_init(&cache);
    list_init(&rome);
    list_init(&milan);
    add(&cache, &rome, 1 << 20, 1000);
    for (unsigned i = 0; i < 6; i++)
        add(&cache, &milan, 1 << 20, 1000);
    add(&cache, &milan, 1 << 19, 1000);
    assert_int_equal(count(&rome), 1);
    add(&cache, &milan, 1 << 19, 1000); /* their own bytes are more than 8 MiB now, with heads */
    assert_int_equal(count(&rome), 0);
    assert_int_equal(count(&milan), 8);
    assert_true(cache.bytes <= CACHE_BYTES_MAX);
    cache_deinit(&cache);
    assert_true(list_is_empty(&milan));
}

static void test_cache_forgets_one_source_alone(void **state)
{
    (void)state;
    struct cache cache;
    struct list rome, milan;
    cache_init(&cache);
    list_init(&rome);
    list_init(&milan);
    add(&cache, &rome, 10, 1000);
    add(&cache, &milan, 10, 1000);
    add(&cache, &rome, 10, 1000);
    cache_forget(&cache, &rome);
    assert_true(list_is_empty(&rome));
    assert_int_equal(count(&milan), 1);
    cache_deinit(&cache);
}

static void test_cache_holds_one_reference(void **state)
{
    (void)state;
    struct cache cache;
    struct list source;
    struct packet *packet = make(10);
    cache_init(&cache);
    list_init(&source);
    cache_add(&cache, &source, packet, 1000);
    assert_int_equal(packet->references, 2);
    cache_deinit(&cache);
    assert_int_equal(packet->references, 1);
    packet_unref(packet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_keeps_a_packet_for_ten_seconds),
        cmocka_unit_test(test_cache_drops_the_oldest_over_8_mebibytes),
        cmocka_unit_test(test_cache_forgets_one_source_alone),
        cmocka_unit_test(test_cache_holds_one_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
