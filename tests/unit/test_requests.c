/* test_requests.c — commands that wait: attempts, nonces, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh/requests.h"

static struct requests requests;
static enum route_attempt attempts[8];
static char sent[8][ROUTE_NONCE_LEN + 1];
static unsigned sent_count, links, random_number;
static unsigned responses, ends;
static const char *last_error;
static uint64_t to_cancel;

static struct text text(const char *string)
{
    return (struct text){string, strlen(string)};
}

static unsigned on_send(void *context, struct text node, struct text data, struct text nonce,
                        enum route_attempt attempt)
{
    (void)context;
    assert_memory_equal(node.at, "n", node.len);
    assert_memory_equal(data.at, "{}", data.len);
    assert_true(sent_count < 8);
    attempts[sent_count] = attempt;
    memcpy(sent[sent_count], nonce.at, nonce.len);
    sent[sent_count++][nonce.len] = '\0';
    return links;
}

static uint32_t patience_ms(void *context, struct text node)
{
    (void)context;
    (void)node;
    return 500;
}

static void on_random(void *context, void *bytes, size_t len)
{
    assert_ptr_equal(context, &requests);
    memset(bytes, (int)++random_number, len);
}

static void done(void *context, const struct mesh_response *response, const char *error)
{
    (void)context;
    responses += response != NULL;
    ends += response == NULL;
    last_error = error;
    if (to_cancel)
        requests_cancel(&requests, to_cancel);
}

static int setup(void **state)
{
    static const struct hash_key key = {1, 2};
    (void)state;
    requests_init(&requests, &key);
    requests.send = on_send;
    requests.patience_ms = patience_ms;
    requests.random = on_random;
    requests.context = &requests;
    sent_count = random_number = responses = ends = 0;
    links = 1;
    to_cancel = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    requests_deinit(&requests);
    return 0;
}

static uint64_t add(bool is_once)
{
    return requests_add(&requests, text("n"), text("{}"), is_once, 0, 5000, done, NULL);
}

static bool respond(const char *nonce, const char *source, size_t alive)
{
    const struct mesh_response response = {.source = text(source), .data = text("{}")};
    return requests_respond(&requests, text(nonce), &response, alive);
}

static void test_requests_three_attempts_each_with_its_nonce(void **state)
{
    (void)state;
    assert_int_not_equal(add(false), 0);
    for (uint64_t ms = 0; ms < 5000; ms += 50)
        requests_tick(&requests, ms);
    assert_int_equal(sent_count, 3);
    assert_int_equal(attempts[0], ROUTE_BEST);
    assert_int_equal(attempts[1], ROUTE_ALL);
    assert_int_equal(attempts[2], ROUTE_FLOOD);
    assert_string_not_equal(sent[0], sent[1]);
    assert_string_not_equal(sent[1], sent[2]);
    assert_int_equal(requests.again, 2);
    requests_tick(&requests, 5000);
    assert_int_equal(ends, 1);
    assert_string_equal(last_error, "timed out");
    assert_int_equal(requests.count, 0);
}

static void test_requests_any_attempts_response_ends_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        sent_count = 0;
        assert_int_not_equal(add(false), 0);
        requests_tick(&requests, 500);
        requests_tick(&requests, 1000);
        assert_true(respond(sent[i], "n", 1));
        assert_int_equal(responses, i + 1);
        assert_false(respond(sent[0], "n", 1));
    }
}

static void test_requests_one_that_is_sent_once_is_not_sent_again(void **state)
{
    (void)state;
    assert_int_not_equal(add(true), 0);
    requests_tick(&requests, 4000);
    assert_int_equal(sent_count, 1);
}

static void test_requests_without_a_link_end_at_the_next_tick(void **state)
{
    (void)state;
    links = 0;
    assert_int_not_equal(add(false), 0);
    assert_int_equal(ends, 0);
    requests_tick(&requests, 0);
    assert_int_equal(ends, 1);
    assert_string_equal(last_error, "no route");
}

static void test_requests_a_broadcast_hears_each_node_once(void **state)
{
    (void)state;
    assert_int_not_equal(requests_add_broadcast(&requests, text("b.1"), 0, 5000, done, NULL), 0);
    assert_true(respond("b.1", "n", 3));
    assert_true(respond("b.1", "n", 3));
    assert_true(respond("b.1", "o", 3));
    assert_int_equal(responses, 2);
    assert_int_equal(ends, 0);
    assert_true(respond("b.1", "p", 3));
    assert_int_equal(responses, 3);
    assert_int_equal(ends, 1);
    assert_null(last_error);
}

static void test_requests_may_be_cancelled_from_their_end(void **state)
{
    (void)state;
    assert_int_not_equal(add(false), 0);
    to_cancel = add(false);
    requests_tick(&requests, 5000); /* the first one's end cancels the second */
    assert_int_equal(ends, 1);
    assert_int_equal(requests.count, 0);
    to_cancel = requests_add_broadcast(&requests, text("b.1"), 0, 5000, done, NULL);
    assert_true(respond("b.1", "n", 1)); /* its own response cancels it: no end */
    assert_int_equal(responses, 1);
    assert_int_equal(ends, 1);
    assert_int_equal(requests.count, 0);
}

static void test_requests_are_so_many_and_no_more(void **state)
{
    (void)state;
    char nonce[] = "....";
    for (unsigned i = 0; i < REQUESTS_MAX; i++) {
        nonce[0] = (char)('A' + i % 32);
        nonce[1] = (char)('A' + i / 32 % 32);
        nonce[2] = (char)('A' + i / 1024);
        assert_int_not_equal(requests_add_broadcast(&requests, text(nonce), 0, 1, done, NULL), 0);
    }
    assert_int_equal(requests_add_broadcast(&requests, text("more"), 0, 1, done, NULL), 0);
    assert_int_equal(add(false), 0);
    requests_tick(&requests, 1);
    assert_int_equal(ends, REQUESTS_MAX);
}

static void test_requests_that_are_left_are_cancelled(void **state)
{
    (void)state;
    static const struct hash_key key = {1, 2};
    assert_int_not_equal(add(false), 0);
    requests_deinit(&requests);
    assert_int_equal(ends, 1);
    assert_string_equal(last_error, "cancelled");
    requests_init(&requests, &key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_requests_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(three_attempts_each_with_its_nonce),
        TEST(any_attempts_response_ends_it),
        TEST(one_that_is_sent_once_is_not_sent_again),
        TEST(without_a_link_end_at_the_next_tick),
        TEST(a_broadcast_hears_each_node_once),
        TEST(may_be_cancelled_from_their_end),
        TEST(are_so_many_and_no_more),
        TEST(that_are_left_are_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
