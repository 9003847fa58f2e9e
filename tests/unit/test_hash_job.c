/* test_hash_job.c — jobs joined, bounded, remembered, and safe against waiters that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "crypto/hash_job.h"

#define STARTED_MAX 8

struct fixture;

struct waiter {
    struct hash_waiter base;
    struct fixture *fixture;
    unsigned calls;
    int err;
    struct password_hash hash;
    struct waiter *cancels; /* in done */
    const char *asks_again; /* in done: another password */
    int asked;              /* what that request returned */
};

/* A worker that only notes what was started; the test runs and finishes. */
struct fixture {
    struct hash_jobs *jobs;
    struct hash_job *started[STARTED_MAX];
    size_t started_count;
    bool refuses;
};

static int note_start(void *context, struct hash_job *job)
{
    struct fixture *fixture = context;
    if (fixture->refuses)
        return -1;
    assert_true(fixture->started_count < STARTED_MAX);
    fixture->started[fixture->started_count++] = job;
    return 0;
}

static void set_up(struct fixture *fixture, unsigned parallel, size_t queue_max)
{
    *fixture = (struct fixture){0};
    struct hash_worker worker = {.start = note_start, .context = fixture};
    fixture->jobs = hash_jobs_new(worker, parallel, queue_max, &(struct hash_key){1, 2});
    assert_non_null(fixture->jobs);
}

/* Finishes the job that was started first; runs it only when a test needs its hash. */
static void finish_first(struct fixture *fixture)
{
    assert_true(fixture->started_count > 0);
    struct hash_job *job = fixture->started[0];
    fixture->started_count--;
    memmove(fixture->started, fixture->started + 1,
            fixture->started_count * sizeof(fixture->started[0]));
    hash_job_finish(job);
}

static void run_and_finish_first(struct fixture *fixture)
{
    hash_job_run(fixture->started[0]);
    finish_first(fixture);
}

static void tear_down(struct fixture *fixture)
{
    while (fixture->started_count > 0)
        finish_first(fixture);
    hash_jobs_free(fixture->jobs);
}

static int ask(struct fixture *fixture, struct waiter *waiter, const char *password,
               const char *channel);

static void note_done(struct hash_waiter *base, const struct password_hash *hash, int err)
{
    struct waiter *waiter = (struct waiter *)base; /* the first member */
    assert_null(base->job);
    waiter->calls++;
    waiter->err = err;
    if (hash)
        waiter->hash = *hash;
    else
        assert_int_not_equal(err, 0);
    if (waiter->cancels)
        hash_waiter_cancel(waiter->fixture->jobs, &waiter->cancels->base);
    if (waiter->asks_again) {
        const char *password = waiter->asks_again;
        waiter->asks_again = NULL;
        waiter->asked = ask(waiter->fixture, waiter, password, "c");
    }
}

static int ask(struct fixture *fixture, struct waiter *waiter, const char *password,
               const char *channel)
{
    struct password_hash hash;
    waiter->base.done = note_done;
    waiter->fixture = fixture;
    int result = hash_jobs_request(fixture->jobs, &waiter->base, password, strlen(password),
                                   channel, strlen(channel), &hash);
    if (result == 1)
        waiter->hash = hash;
    return result;
}

static void test_hash_job_gives_the_hash_of_password_and_channel(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter waiter = {0};
    struct password_hash want;
    assert_int_equal(password_hash_compute(&want, "secret", 6, "news", 4), 0);
    set_up(&fixture, 1, 1);
    assert_int_equal(ask(&fixture, &waiter, "secret", "news"), 0);
    assert_int_equal(hash_jobs_running(fixture.jobs), 1);
    run_and_finish_first(&fixture);
    assert_int_equal(waiter.calls, 1);
    assert_int_equal(waiter.err, 0);
    assert_true(password_hash_equals(&waiter.hash, &want));
    assert_int_equal(hash_jobs_running(fixture.jobs), 0);
    tear_down(&fixture);
}

static void test_hash_job_is_shared_by_requests_for_the_same_pair(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0}, c = {0};
    set_up(&fixture, 1, 0);
    assert_int_equal(ask(&fixture, &a, "p", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "p", "c"), 0);
    assert_int_equal(ask(&fixture, &c, "p", "c"), 0);
    assert_int_equal(fixture.started_count, 1);
    finish_first(&fixture);
    assert_int_equal(a.calls + b.calls + c.calls, 3);
    tear_down(&fixture);
}

static void test_hash_job_pairs_with_the_same_joined_bytes_differ(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0};
    set_up(&fixture, 2, 0);
    assert_int_equal(ask(&fixture, &a, "bc", "a"), 0);
    assert_int_equal(ask(&fixture, &b, "c", "ab"), 0);
    assert_int_equal(fixture.started_count, 2);
    assert_memory_not_equal(a.base.digest, b.base.digest, HASH_DIGEST_LEN);
    tear_down(&fixture);
}

static void test_hash_job_digests_differ_from_table_to_table(void **state)
{
    (void)state;
    struct fixture first, second;
    struct waiter a = {0}, b = {0};
    set_up(&first, 1, 0);
    set_up(&second, 1, 0);
    assert_int_equal(ask(&first, &a, "p", "c"), 0);
    assert_int_equal(ask(&second, &b, "p", "c"), 0);
    assert_memory_not_equal(a.base.digest, b.base.digest, HASH_DIGEST_LEN);
    tear_down(&first);
    tear_down(&second);
}

static void test_hash_job_runs_at_most_parallel_and_queues_the_rest_in_order(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter waiters[4] = {0};
    set_up(&fixture, 2, 2);
    for (int i = 0; i < 4; i++) {
        char password[2] = {(char)('a' + i), '\0'};
        assert_int_equal(ask(&fixture, &waiters[i], password, "c"), 0);
    }
    assert_int_equal(hash_jobs_running(fixture.jobs), 2);
    assert_int_equal(hash_jobs_waiting(fixture.jobs), 2);
    for (int i = 0; i < 4; i++) {
        finish_first(&fixture);
        assert_int_equal(waiters[i].calls, 1);
        assert_true(hash_jobs_running(fixture.jobs) <= 2);
    }
    assert_int_equal(hash_jobs_waiting(fixture.jobs), 0);
    tear_down(&fixture);
}

static void test_hash_job_queue_takes_its_maximum_and_refuses_one_more(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0}, c = {0}, d = {0};
    set_up(&fixture, 1, 1);
    assert_int_equal(ask(&fixture, &a, "a", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "b", "c"), 0);
    assert_int_equal(ask(&fixture, &c, "x", "c"), RELAY_EFULL);
    assert_null(c.base.job);
    assert_int_equal(ask(&fixture, &d, "b", "c"), 0); /* joining takes no place */
    hash_jobs_set_queue_max(fixture.jobs, 2);
    assert_int_equal(ask(&fixture, &c, "x", "c"), 0);
    tear_down(&fixture);
    assert_int_equal(a.calls + b.calls + c.calls + d.calls, 4);
}

static void test_hash_job_remembers_only_what_its_owner_found_right(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter right = {0}, wrong = {0};
    set_up(&fixture, 2, 0);
    assert_int_equal(ask(&fixture, &right, "right", "c"), 0);
    assert_int_equal(ask(&fixture, &wrong, "wrong", "c"), 0);
    run_and_finish_first(&fixture);
    finish_first(&fixture);
    hash_jobs_remember(fixture.jobs, &right.base, &right.hash);
    struct password_hash want = right.hash;
    memset(&right.hash, 0, sizeof(right.hash));
    assert_int_equal(ask(&fixture, &right, "right", "c"), 1);
    assert_true(password_hash_equals(&right.hash, &want));
    assert_int_equal(right.calls, 1);
    assert_int_equal(ask(&fixture, &wrong, "wrong", "c"), 0);
    tear_down(&fixture);
}

static void test_hash_job_remembering_again_replaces_the_hash(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter waiter = {0};
    struct password_hash first = {.is_set = true, .bytes = {1}};
    struct password_hash second = {.is_set = true, .bytes = {2}};
    set_up(&fixture, 1, 0);
    assert_int_equal(ask(&fixture, &waiter, "p", "c"), 0);
    finish_first(&fixture);
    hash_jobs_remember(fixture.jobs, &waiter.base, &first);
    hash_jobs_remember(fixture.jobs, &waiter.base, &second);
    assert_int_equal(ask(&fixture, &waiter, "p", "c"), 1);
    assert_true(password_hash_equals(&waiter.hash, &second));
    tear_down(&fixture);
}

static int ask_numbered(struct fixture *fixture, struct waiter *waiter, unsigned number)
{
    char channel[16];
    snprintf(channel, sizeof(channel), "%u", number);
    int result = ask(fixture, waiter, "p", channel);
    if (result == 0)
        finish_first(fixture);
    return result;
}

static void test_hash_job_forgets_the_pair_used_longest_ago(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter waiter = {0};
    struct password_hash hash = {.is_set = true};
    set_up(&fixture, 1, 0);
    for (unsigned i = 0; i < HASH_REMEMBERED_MAX; i++) {
        assert_int_equal(ask_numbered(&fixture, &waiter, i), 0);
        hash_jobs_remember(fixture.jobs, &waiter.base, &hash);
    }
    assert_int_equal(ask_numbered(&fixture, &waiter, 0), 1); /* used: 1 is the oldest now */
    assert_int_equal(ask_numbered(&fixture, &waiter, HASH_REMEMBERED_MAX), 0);
    hash_jobs_remember(fixture.jobs, &waiter.base, &hash);
    assert_int_equal(ask_numbered(&fixture, &waiter, 0), 1);
    assert_int_equal(ask_numbered(&fixture, &waiter, 2), 1);
    assert_int_equal(ask_numbered(&fixture, &waiter, HASH_REMEMBERED_MAX), 1);
    assert_int_equal(ask_numbered(&fixture, &waiter, 1), 0);
    tear_down(&fixture);
}

static void test_hash_job_cancelled_waiter_is_not_called(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0};
    set_up(&fixture, 1, 0);
    assert_int_equal(ask(&fixture, &a, "p", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "p", "c"), 0);
    hash_waiter_cancel(fixture.jobs, &a.base);
    hash_waiter_cancel(fixture.jobs, &a.base); /* waits for nothing: no effect */
    finish_first(&fixture);
    assert_int_equal(a.calls, 0);
    assert_int_equal(b.calls, 1);
    tear_down(&fixture);
}

static void test_hash_job_that_nobody_waits_for_is_dropped_from_the_queue(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0}, c = {0};
    set_up(&fixture, 1, 1);
    assert_int_equal(ask(&fixture, &a, "a", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "b", "c"), 0);
    assert_int_equal(ask(&fixture, &c, "b", "c"), 0);
    hash_waiter_cancel(fixture.jobs, &b.base);
    assert_int_equal(hash_jobs_waiting(fixture.jobs), 1);
    hash_waiter_cancel(fixture.jobs, &c.base);
    assert_int_equal(hash_jobs_waiting(fixture.jobs), 0);
    finish_first(&fixture);
    assert_int_equal(fixture.started_count, 0);
    tear_down(&fixture);
}

static void test_hash_job_that_runs_outlives_its_waiters_and_can_be_joined(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0};
    set_up(&fixture, 1, 0);
    assert_int_equal(ask(&fixture, &a, "p", "c"), 0);
    hash_waiter_cancel(fixture.jobs, &a.base);
    assert_int_equal(hash_jobs_running(fixture.jobs), 1);
    assert_int_equal(ask(&fixture, &b, "p", "c"), 0);
    assert_int_equal(fixture.started_count, 1);
    finish_first(&fixture);
    assert_int_equal(b.calls, 1);
    tear_down(&fixture);
}

static void test_hash_job_done_may_cancel_those_behind_it(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0}, c = {0};
    set_up(&fixture, 1, 1);
    a.cancels = &b;
    assert_int_equal(ask(&fixture, &a, "p", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "p", "c"), 0);
    assert_int_equal(ask(&fixture, &c, "p", "c"), 0);
    finish_first(&fixture);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 0);
    assert_int_equal(c.calls, 1);
    tear_down(&fixture);
}

static void test_hash_job_done_may_drop_the_job_that_would_start_next(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0};
    set_up(&fixture, 1, 1);
    a.cancels = &b;
    assert_int_equal(ask(&fixture, &a, "a", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "b", "c"), 0);
    finish_first(&fixture);
    assert_int_equal(fixture.started_count, 0);
    assert_int_equal(hash_jobs_waiting(fixture.jobs), 0);
    assert_int_equal(b.calls, 0);
    tear_down(&fixture);
}

static void test_hash_job_done_may_ask_again_for_the_same_pair(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {.asks_again = "p"}, b = {0};
    set_up(&fixture, 1, 1);
    assert_int_equal(ask(&fixture, &a, "p", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "p", "c"), 0);
    finish_first(&fixture);
    assert_int_equal(a.asked, 0);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 1);
    assert_int_equal(fixture.started_count, 1);
    finish_first(&fixture);
    assert_int_equal(a.calls, 2);
    assert_int_equal(b.calls, 1);
    tear_down(&fixture);
}

static void test_hash_job_asked_for_in_done_does_not_pass_those_who_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter greedy = {.asks_again = "x"}, patient = {0};
    set_up(&fixture, 1, 2);
    assert_int_equal(ask(&fixture, &greedy, "a", "c"), 0);
    assert_int_equal(ask(&fixture, &patient, "b", "c"), 0);
    finish_first(&fixture);
    assert_int_equal(fixture.started_count, 1);
    finish_first(&fixture);
    assert_int_equal(patient.calls, 1);
    assert_int_equal(greedy.calls, 1);
    finish_first(&fixture);
    assert_int_equal(greedy.calls, 2);
    tear_down(&fixture);
}

static void test_hash_job_that_does_not_start_fails_its_request(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter waiter = {0};
    set_up(&fixture, 1, 1);
    fixture.refuses = true;
    assert_int_equal(ask(&fixture, &waiter, "p", "c"), RELAY_ESYSTEM);
    assert_null(waiter.base.job);
    assert_int_equal(waiter.calls, 0);
    assert_int_equal(hash_jobs_running(fixture.jobs), 0);
    fixture.refuses = false;
    assert_int_equal(ask(&fixture, &waiter, "p", "c"), 0);
    tear_down(&fixture);
}

static void test_hash_job_that_does_not_start_from_the_queue_fails_its_waiters(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0}, c = {0}, d = {0};
    set_up(&fixture, 1, 2);
    b.cancels = &c;
    assert_int_equal(ask(&fixture, &a, "a", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "b", "c"), 0);
    assert_int_equal(ask(&fixture, &c, "c", "c"), 0);
    assert_int_equal(ask(&fixture, &d, "c", "c"), 0);
    fixture.refuses = true;
    finish_first(&fixture);
    assert_int_equal(a.err, 0);
    assert_int_equal(b.calls, 1);
    assert_int_equal(b.err, RELAY_ESYSTEM);
    assert_int_equal(c.calls, 0);
    assert_int_equal(d.calls, 1);
    assert_int_equal(d.err, RELAY_ESYSTEM);
    assert_int_equal(hash_jobs_waiting(fixture.jobs), 0);
    assert_int_equal(hash_jobs_running(fixture.jobs), 0);
    fixture.refuses = false;
    assert_int_equal(ask(&fixture, &b, "b", "c"), 0); /* the table is in order */
    b.cancels = NULL;
    tear_down(&fixture);
}

static void test_hash_job_failed_hash_is_told_without_one(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {.asks_again = "z"}, b = {0};
    set_up(&fixture, 1, 2);
    assert_int_equal(ask(&fixture, &b, "b", "c"), 0);
    assert_int_equal(ask(&fixture, &a, "a", "c"), 0);
    fixture.refuses = true;
    finish_first(&fixture);
    assert_int_equal(a.err, RELAY_ESYSTEM);
    assert_int_equal(a.asked, RELAY_ESYSTEM); /* asked in done, where the worker still refuses */
    tear_down(&fixture);
}

static void test_hash_job_free_forgets_waiters_without_a_call(void **state)
{
    (void)state;
    struct fixture fixture;
    struct waiter a = {0}, b = {0};
    set_up(&fixture, 0, 2); /* nothing starts */
    assert_int_equal(ask(&fixture, &a, "a", "c"), 0);
    assert_int_equal(ask(&fixture, &b, "a", "c"), 0);
    tear_down(&fixture);
    assert_int_equal(a.calls + b.calls, 0);
    assert_null(a.base.job);
    assert_null(b.base.job);
    hash_jobs_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_job_gives_the_hash_of_password_and_channel),
        cmocka_unit_test(test_hash_job_is_shared_by_requests_for_the_same_pair),
        cmocka_unit_test(test_hash_job_pairs_with_the_same_joined_bytes_differ),
        cmocka_unit_test(test_hash_job_digests_differ_from_table_to_table),
        cmocka_unit_test(test_hash_job_runs_at_most_parallel_and_queues_the_rest_in_order),
        cmocka_unit_test(test_hash_job_queue_takes_its_maximum_and_refuses_one_more),
        cmocka_unit_test(test_hash_job_remembers_only_what_its_owner_found_right),
        cmocka_unit_test(test_hash_job_remembering_again_replaces_the_hash),
        cmocka_unit_test(test_hash_job_forgets_the_pair_used_longest_ago),
        cmocka_unit_test(test_hash_job_cancelled_waiter_is_not_called),
        cmocka_unit_test(test_hash_job_that_nobody_waits_for_is_dropped_from_the_queue),
        cmocka_unit_test(test_hash_job_that_runs_outlives_its_waiters_and_can_be_joined),
        cmocka_unit_test(test_hash_job_done_may_cancel_those_behind_it),
        cmocka_unit_test(test_hash_job_done_may_drop_the_job_that_would_start_next),
        cmocka_unit_test(test_hash_job_done_may_ask_again_for_the_same_pair),
        cmocka_unit_test(test_hash_job_asked_for_in_done_does_not_pass_those_who_wait),
        cmocka_unit_test(test_hash_job_that_does_not_start_fails_its_request),
        cmocka_unit_test(test_hash_job_that_does_not_start_from_the_queue_fails_its_waiters),
        cmocka_unit_test(test_hash_job_failed_hash_is_told_without_one),
        cmocka_unit_test(test_hash_job_free_forgets_waiters_without_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
