/* test_hash_worker.c — hashes on the thread pool: computed elsewhere, handed back here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "hash_worker.h"

#define WAITERS 6

struct asker {
    struct hash_waiter waiter;
    struct password_hash hash;
    unsigned calls;
    int err;
    pthread_t thread;
};

static void on_done(struct hash_waiter *waiter, const struct password_hash *hash, int err)
{
    struct asker *asker = list_entry(waiter, struct asker, waiter);
    asker->calls++;
    asker->err = err;
    asker->thread = pthread_self();
    if (hash)
        asker->hash = *hash;
}

static void ask(struct hash_jobs *jobs, struct asker *asker, const char *password)
{
    struct password_hash hash;
    asker->waiter.done = on_done;
    assert_int_equal(
        hash_jobs_request(jobs, &asker->waiter, password, strlen(password), "vault", 5, &hash), 0);
}

static struct hash_jobs *jobs_on(uv_loop_t *loop, unsigned parallel)
{
    static const struct hash_key key = {5, 6};
    assert_int_equal(uv_loop_init(loop), 0);
    struct hash_jobs *jobs = hash_jobs_new(hash_worker_on(loop), parallel, 16, &key);
    assert_non_null(jobs);
    return jobs;
}

static void end(uv_loop_t *loop, struct hash_jobs *jobs)
{
    assert_int_equal(hash_jobs_running(jobs), 0);
    hash_jobs_free(jobs);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void test_hash_worker_hands_the_hash_back_on_the_loops_thread(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hash_jobs *jobs = jobs_on(&loop, 1);
    struct asker asker = {0};
    struct password_hash expected;
    assert_int_equal(password_hash_compute(&expected, "secret", 6, "vault", 5), 0);
    ask(jobs, &asker, "secret");
    assert_int_equal(asker.calls, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(asker.calls, 1);
    assert_int_equal(asker.err, 0);
    assert_true(pthread_equal(asker.thread, pthread_self()));
    assert_true(asker.hash.is_set);
    assert_memory_equal(asker.hash.bytes, expected.bytes, PASSWORD_HASH_LEN);
    end(&loop, jobs);
}

static double own_cpu_ms(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6;
}

/* The time of this thread's own processor, so a busy machine changes nothing. */
static void test_hash_worker_leaves_the_loops_thread_its_processor(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hash_jobs *jobs = jobs_on(&loop, 1);
    static struct asker askers[WAITERS];
    struct password_hash hash;
    double begin = own_cpu_ms();
    assert_int_equal(password_hash_compute(&hash, "0", 1, "vault", 5), 0);
    double alone = own_cpu_ms() - begin;
    begin = own_cpu_ms();
    for (int i = 0; i < WAITERS; i++)
        ask(jobs, &askers[i], (char[]){(char)('1' + i), '\0'});
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(own_cpu_ms() - begin < alone * WAITERS / 3);
    end(&loop, jobs);
}

static void test_hash_worker_does_not_lower_the_loops_own_priority(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hash_jobs *jobs = jobs_on(&loop, 1);
    struct asker asker = {0};
    int before = getpriority(PRIO_PROCESS, 0);
    ask(jobs, &asker, "secret");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
    end(&loop, jobs);
}

struct look {
    uv_work_t work;
    int niceness;
};

static void look(uv_work_t *work)
{
    ((struct look *)work->data)->niceness = getpriority(PRIO_PROCESS, 0);
}

/* The pool has one thread (see main), so the hash was computed where the look is taken. */
static void test_hash_worker_thread_stands_behind_everything_else(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hash_jobs *jobs = jobs_on(&loop, 1);
    struct asker asker = {0};
    struct look taken = {.work = {.data = &taken}};
    ask(jobs, &asker, "secret");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_queue_work(&loop, &taken.work, look, NULL), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(taken.niceness >= HASH_WORKER_NICENESS);
    end(&loop, jobs);
}

static void test_hash_worker_runs_all_that_are_asked_for(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hash_jobs *jobs = jobs_on(&loop, 2);
    static struct asker askers[WAITERS];
    for (int i = 0; i < WAITERS; i++)
        ask(jobs, &askers[i], (char[]){(char)('a' + i), '\0'});
    assert_int_equal(hash_jobs_running(jobs), 2);
    assert_int_equal(hash_jobs_waiting(jobs), WAITERS - 2);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < WAITERS; i++) {
        struct password_hash expected;
        assert_int_equal(password_hash_compute(&expected, (char[]){(char)('a' + i)}, 1, "vault", 5),
                         0);
        assert_int_equal(askers[i].calls, 1);
        assert_true(password_hash_equals(&askers[i].hash, &expected));
    }
    end(&loop, jobs);
}

static void test_hash_worker_job_without_a_waiter_left_still_ends(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hash_jobs *jobs = jobs_on(&loop, 1);
    struct asker asker = {0};
    ask(jobs, &asker, "secret");
    hash_waiter_cancel(jobs, &asker.waiter);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(asker.calls, 0);
    end(&loop, jobs);
}

static void test_hash_worker_leaves_one_processor_to_the_loop(void **state)
{
    (void)state;
    unsigned processors = uv_available_parallelism();
    assert_int_equal(hash_worker_parallel(), processors > 1 ? processors - 1 : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_worker_hands_the_hash_back_on_the_loops_thread),
        cmocka_unit_test(test_hash_worker_leaves_the_loops_thread_its_processor),
        cmocka_unit_test(test_hash_worker_does_not_lower_the_loops_own_priority),
        cmocka_unit_test(test_hash_worker_thread_stands_behind_everything_else),
        cmocka_unit_test(test_hash_worker_runs_all_that_are_asked_for),
        cmocka_unit_test(test_hash_worker_job_without_a_waiter_left_still_ends),
        cmocka_unit_test(test_hash_worker_leaves_one_processor_to_the_loop),
    };
    setenv("UV_THREADPOOL_SIZE", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
