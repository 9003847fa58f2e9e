/* hash_job.c — two tables by the pair's digest: jobs that wait or run, and hashes that were right.
 */
#include "crypto/hash_job.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

/* An insertion that finds no memory leaves hh.tbl NULL in place of ending the process. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (void)0
#include <uthash.h>

#include "crypto/random.h"

struct hash_job {
    struct hash_jobs *jobs;
    struct list node;    /* in jobs->queue until it starts */
    struct list waiters; /* struct hash_waiter.node */
    UT_hash_handle hh;
    unsigned char digest[HASH_DIGEST_LEN];
    bool is_queued;
    int err;
    struct password_hash hash;
    size_t password_len, channel_len;
    char bytes[]; /* the password, then the channel */
};

struct remembered {
    struct list node; /* in jobs->used, the one used longest ago first */
    UT_hash_handle hh;
    unsigned char digest[HASH_DIGEST_LEN];
    struct password_hash hash;
};

struct hash_jobs {
    struct hash_worker worker;
    struct hash_key key;
    EVP_MAC_CTX *mac; /* HMAC-SHA256 with its key, which is nowhere else */
    size_t parallel, queue_max;
    struct hash_job *by_digest; /* uthash: all jobs */
    struct list queue;          /* never filled while fewer than `parallel` run */
    size_t waiting, running;
    struct remembered *remembered; /* uthash */
    struct list used;
};

static EVP_MAC_CTX *new_keyed_mac(void)
{
    unsigned char key[HASH_DIGEST_LEN];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    bool keyed = mac && random_bytes(key, sizeof(key)) == 0 &&
                 EVP_MAC_init(mac, key, sizeof(key), params) == 1;
    OPENSSL_cleanse(key, sizeof(key));
    EVP_MAC_free(hmac);
    if (keyed)
        return mac;
    EVP_MAC_CTX_free(mac);
    return NULL;
}

struct hash_jobs *hash_jobs_new(struct hash_worker worker, unsigned parallel, size_t queue_max,
                                const struct hash_key *key)
{
    struct hash_jobs *jobs = calloc(1, sizeof(*jobs));
    if (!jobs)
        return NULL;
    jobs->worker = worker;
    jobs->key = *key;
    jobs->parallel = parallel;
    jobs->queue_max = queue_max;
    list_init(&jobs->queue);
    list_init(&jobs->used);
    jobs->mac = new_keyed_mac();
    if (!jobs->mac) {
        free(jobs);
        return NULL;
    }
    return jobs;
}

static void forget(struct hash_jobs *jobs, struct remembered *pair)
{
    HASH_DELETE(hh, jobs->remembered, pair);
    list_remove(&pair->node);
    OPENSSL_cleanse(pair, sizeof(*pair));
    free(pair);
}

static void job_free(struct hash_job *job)
{
    OPENSSL_cleanse(job, sizeof(*job) + job->password_len + job->channel_len);
    free(job);
}

/* Out of the table: the next request for its pair starts anew. */
static void unlist(struct hash_job *job)
{
    HASH_DELETE(hh, job->jobs->by_digest, job);
}

static void enqueue(struct hash_job *job)
{
    list_append(&job->jobs->queue, &job->node);
    job->is_queued = true;
    job->jobs->waiting++;
}

static void dequeue(struct hash_job *job)
{
    list_remove(&job->node);
    job->is_queued = false;
    job->jobs->waiting--;
}

static struct hash_waiter *shift_waiter(struct hash_job *job)
{
    struct list *node = list_shift(&job->waiters);
    if (!node)
        return NULL;
    struct hash_waiter *waiter = list_entry(node, struct hash_waiter, node);
    waiter->job = NULL;
    return waiter;
}

void hash_jobs_free(struct hash_jobs *jobs)
{
    if (!jobs)
        return;
    assert(jobs->running == 0);
    struct list *node;
    while ((node = list_shift(&jobs->queue))) {
        struct hash_job *job = list_entry(node, struct hash_job, node);
        while (shift_waiter(job))
            ;
        unlist(job);
        job_free(job);
    }
    while ((node = list_shift(&jobs->used)))
        forget(jobs, list_entry(node, struct remembered, node));
    EVP_MAC_CTX_free(jobs->mac);
    free(jobs);
}

void hash_jobs_set_queue_max(struct hash_jobs *jobs, size_t queue_max)
{
    jobs->queue_max = queue_max;
}

size_t hash_jobs_waiting(const struct hash_jobs *jobs)
{
    return jobs->waiting;
}

size_t hash_jobs_running(const struct hash_jobs *jobs)
{
    return jobs->running;
}

/* The keyed digest of a pair. The length in front keeps ("ab", "c") and ("a", "bc") apart. */
static int digest_pair(struct hash_jobs *jobs, unsigned char digest[HASH_DIGEST_LEN],
                       const char *password, size_t password_len, const char *channel,
                       size_t channel_len)
{
    uint64_t prefix = channel_len;
    size_t len = 0;
    bool done = EVP_MAC_init(jobs->mac, NULL, 0, NULL) == 1 &&
                EVP_MAC_update(jobs->mac, (const unsigned char *)&prefix, sizeof(prefix)) == 1 &&
                EVP_MAC_update(jobs->mac, (const unsigned char *)channel, channel_len) == 1 &&
                EVP_MAC_update(jobs->mac, (const unsigned char *)password, password_len) == 1 &&
                EVP_MAC_final(jobs->mac, digest, &len, HASH_DIGEST_LEN) == 1 &&
                len == HASH_DIGEST_LEN;
    return done ? 0 : RELAY_ESYSTEM;
}

static struct remembered *find_remembered(struct hash_jobs *jobs, const unsigned char *digest)
{
    struct remembered *pair = NULL;
    HASH_FIND_BYHASHVALUE(hh, jobs->remembered, digest, HASH_DIGEST_LEN,
                          hash_bytes(&jobs->key, digest, HASH_DIGEST_LEN), pair);
    return pair;
}

static struct hash_job *find_job(struct hash_jobs *jobs, const unsigned char *digest)
{
    struct hash_job *job = NULL;
    HASH_FIND_BYHASHVALUE(hh, jobs->by_digest, digest, HASH_DIGEST_LEN,
                          hash_bytes(&jobs->key, digest, HASH_DIGEST_LEN), job);
    return job;
}

static void touch(struct hash_jobs *jobs, struct remembered *pair)
{
    list_remove(&pair->node);
    list_append(&jobs->used, &pair->node);
}

/* Makes a job and puts it into the table, not yet into the queue. NULL for want of memory. */
static struct hash_job *job_new(struct hash_jobs *jobs, const unsigned char *digest,
                                const char *password, size_t password_len, const char *channel,
                                size_t channel_len)
{
    struct hash_job *job = calloc(1, sizeof(*job) + password_len + channel_len);
    if (!job)
        return NULL;
    job->jobs = jobs;
    list_init(&job->node);
    list_init(&job->waiters);
    memcpy(job->digest, digest, HASH_DIGEST_LEN);
    job->password_len = password_len;
    job->channel_len = channel_len;
    if (password_len)
        memcpy(job->bytes, password, password_len);
    if (channel_len)
        memcpy(job->bytes + password_len, channel, channel_len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, jobs->by_digest, job->digest, HASH_DIGEST_LEN,
                                hash_bytes(&jobs->key, digest, HASH_DIGEST_LEN), job);
    if (job->hh.tbl)
        return job;
    job_free(job);
    return NULL;
}

static int start(struct hash_job *job)
{
    struct hash_jobs *jobs = job->jobs;
    if (jobs->worker.start(jobs->worker.context, job) != 0)
        return RELAY_ESYSTEM;
    jobs->running++;
    return 0;
}

static void add_waiter(struct hash_job *job, struct hash_waiter *waiter)
{
    waiter->job = job;
    list_init(&waiter->node);
    list_append(&job->waiters, &waiter->node);
}

/* Starts a new job, or puts it into the queue. */
static int start_or_enqueue(struct hash_job *job)
{
    struct hash_jobs *jobs = job->jobs;
    if (jobs->running < jobs->parallel)
        return start(job);
    if (jobs->waiting >= jobs->queue_max)
        return RELAY_EFULL;
    enqueue(job);
    return 0;
}

int hash_jobs_request(struct hash_jobs *jobs, struct hash_waiter *waiter, const char *password,
                      size_t password_len, const char *channel, size_t channel_len,
                      struct password_hash *hash)
{
    assert(!waiter->job);
    if (digest_pair(jobs, waiter->digest, password, password_len, channel, channel_len) != 0)
        return RELAY_ESYSTEM;
    struct remembered *pair = find_remembered(jobs, waiter->digest);
    if (pair) {
        touch(jobs, pair);
        *hash = pair->hash;
        return 1;
    }
    struct hash_job *job = find_job(jobs, waiter->digest);
    if (!job) {
        job = job_new(jobs, waiter->digest, password, password_len, channel, channel_len);
        if (!job)
            return RELAY_ENOMEM;
        int err = start_or_enqueue(job);
        if (err) {
            unlist(job);
            job_free(job);
            return err;
        }
    }
    add_waiter(job, waiter);
    return 0;
}

void hash_waiter_cancel(struct hash_jobs *jobs, struct hash_waiter *waiter)
{
    struct hash_job *job = waiter->job;
    if (!job)
        return;
    assert(job->jobs == jobs);
    (void)jobs;
    list_remove(&waiter->node);
    waiter->job = NULL;
    if (!job->is_queued || !list_is_empty(&job->waiters))
        return;
    dequeue(job);
    unlist(job);
    job_free(job);
}

/* The only allocation here that may fail in silence: it costs a later request its short cut. */
void hash_jobs_remember(struct hash_jobs *jobs, const struct hash_waiter *waiter,
                        const struct password_hash *hash)
{
    struct remembered *pair = find_remembered(jobs, waiter->digest);
    if (pair) {
        pair->hash = *hash;
        touch(jobs, pair);
        return;
    }
    pair = calloc(1, sizeof(*pair));
    if (!pair)
        return;
    memcpy(pair->digest, waiter->digest, HASH_DIGEST_LEN);
    pair->hash = *hash;
    list_init(&pair->node);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, jobs->remembered, pair->digest, HASH_DIGEST_LEN,
                                hash_bytes(&jobs->key, pair->digest, HASH_DIGEST_LEN), pair);
    if (!pair->hh.tbl) {
        free(pair);
        return;
    }
    list_append(&jobs->used, &pair->node);
    if (HASH_COUNT(jobs->remembered) > HASH_REMEMBERED_MAX)
        forget(jobs, list_entry(jobs->used.next, struct remembered, node));
}

void hash_job_run(struct hash_job *job)
{
    job->err = password_hash_compute(&job->hash, job->bytes, job->password_len,
                                     job->bytes + job->password_len, job->channel_len);
}

/* Tells the waiters of a job that is in no table and no queue any more, and frees it. They are
 * taken off one by one, and the job stands until the last was told: a `done` may cancel those
 * behind it. */
static void tell_waiters(struct hash_job *job)
{
    struct hash_waiter *waiter;
    while ((waiter = shift_waiter(job)))
        waiter->done(waiter, job->err ? NULL : &job->hash, job->err);
    job_free(job);
}

/* Starts jobs while there is room. Those that do not start are told only when the queue is in
 * order again: a `done` may ask for more. One that did start is its worker's. */
static void start_next(struct hash_jobs *jobs)
{
    struct list failed, *node;
    list_init(&failed);
    while (jobs->running < jobs->parallel && !list_is_empty(&jobs->queue)) {
        struct hash_job *job = list_entry(jobs->queue.next, struct hash_job, node);
        dequeue(job);
        int err = start(job);
        if (err == 0)
            continue;
        job->err = err;
        unlist(job);
        list_append(&failed, &job->node);
    }
    while ((node = list_shift(&failed)))
        tell_waiters(list_entry(node, struct hash_job, node));
}

/* The job's place is given up only behind its waiters: a client whose `done` asks again does not
 * get past those who wait. */
void hash_job_finish(struct hash_job *job)
{
    struct hash_jobs *jobs = job->jobs;
    unlist(job);
    tell_waiters(job);
    jobs->running--;
    start_next(jobs);
}
