/* requests.c — see requests.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "mesh/requests.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3

/* One that a response can name. */
struct request_nonce {
    UT_hash_handle hh;
    struct request *request; /* NULL: free */
    size_t len;
    char bytes[INM_NONCE_MAX];
};

/* Who has answered a command to all. */
struct responder {
    UT_hash_handle hh;
    char name[];
};

struct request {
    UT_hash_handle hh;
    struct list node;
    uint64_t number;
    uint64_t until_ms, again_ms;
    unsigned attempts;
    bool is_broadcast, is_once;
    bool is_stuck; /* there was no link to send it by */
    struct request_nonce nonces[ATTEMPTS];
    struct responder *responders; /* uthash */
    request_done *done;
    void *context;
    struct text destination, data; /* into `bytes` */
    char bytes[];
};

void requests_init(struct requests *requests, const struct hash_key *key)
{
    *requests = (struct requests){.key = *key};
    list_init(&requests->all);
}

static void request_free(struct requests *requests, struct request *request)
{
    struct responder *responder, *next;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        assert(!request->nonces[i].request || requests->nonces);
        if (request->nonces[i].request)
            HASH_DEL(requests->nonces, &request->nonces[i]);
    }
    HASH_ITER(hh, request->responders, responder, next)
    {
        HASH_DEL(request->responders, responder);
        free(responder);
    }
    HASH_DEL(requests->by_number, request);
    list_remove(&request->node);
    requests->count--;
    free(request);
}

/* It is over: it is gone before its owner hears of it. */
static void end(struct requests *requests, struct request *request,
                const struct mesh_response *response, const char *error)
{
    request_done *done = request->done;
    void *context = request->context;
    request_free(requests, request);
    done(context, response, error);
}

void requests_deinit(struct requests *requests)
{
    while (!list_is_empty(&requests->all))
        end(requests, list_entry(requests->all.next, struct request, node), NULL, "cancelled");
}

static struct request *request_new(struct requests *requests, struct text node, struct text data)
{
    if (requests->count >= REQUESTS_MAX)
        return NULL;
    struct request *request = calloc(1, sizeof(*request) + node.len + data.len);
    if (!request)
        return NULL;
    memcpy(request->bytes, node.at, node.len);
    memcpy(request->bytes + node.len, data.at, data.len);
    request->destination = (struct text){request->bytes, node.len};
    request->data = (struct text){request->bytes + node.len, data.len};
    request->number = ++requests->last_number;
    HASH_ADD(hh, requests->by_number, number, sizeof(request->number), request);
    if (!request->hh.tbl) {
        free(request);
        return NULL;
    }
    list_append(&requests->all, &request->node);
    requests->count++;
    return request;
}

/* A response with this nonce is for it. */
static int listen(struct requests *requests, struct request *request, struct text nonce)
{
    struct request_nonce *entry = &request->nonces[request->attempts];
    assert(request->attempts < ATTEMPTS && nonce.len <= sizeof(entry->bytes));
    entry->len = nonce.len;
    memcpy(entry->bytes, nonce.at, nonce.len);
    unsigned hash = hash_bytes(&requests->key, nonce.at, nonce.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, requests->nonces, entry->bytes, entry->len, hash, entry);
    if (!entry->hh.tbl)
        return RELAY_ENOMEM;
    entry->request = request;
    return 0;
}

/* Sends it once more, wider than before. False: it cannot be sent at all. */
static bool attempt(struct requests *requests, struct request *request, uint64_t now_ms)
{
    unsigned char random[ROUTE_RANDOM_LEN];
    char bytes[ROUTE_NONCE_LEN + 1];
    struct text nonce = {bytes, ROUTE_NONCE_LEN};
    enum route_attempt how = (enum route_attempt)request->attempts;
    requests->random(requests->context, random, sizeof(random));
    route_nonce(bytes, how, random);
    if (listen(requests, request, nonce) != 0)
        return false;
    request->attempts++;
    request->again_ms = now_ms + requests->patience_ms(requests->context, request->destination);
    return requests->send(requests->context, request->destination, request->data, nonce, how) > 0 ||
           request->attempts > 1;
}

uint64_t requests_add(struct requests *requests, struct text node, struct text data, bool is_once,
                      uint64_t now_ms, uint64_t timeout_ms, request_done *done, void *context)
{
    struct request *request = request_new(requests, node, data);
    if (!request)
        return 0;
    request->done = done;
    request->context = context;
    request->is_once = is_once;
    request->until_ms = now_ms + timeout_ms;
    uint64_t number = request->number;
    if (!attempt(requests, request, now_ms)) {
        request->is_stuck = true;
        request->until_ms = now_ms; /* the next tick says so */
    }
    return number;
}

uint64_t requests_add_broadcast(struct requests *requests, struct text nonce, uint64_t now_ms,
                                uint64_t timeout_ms, request_done *done, void *context)
{
    struct request *request = request_new(requests, (struct text){"", 0}, (struct text){"", 0});
    if (!request)
        return 0;
    request->done = done;
    request->context = context;
    request->is_broadcast = true;
    request->until_ms = now_ms + timeout_ms;
    if (listen(requests, request, nonce) == 0)
        return request->number;
    request_free(requests, request);
    return 0;
}

static struct request *find(const struct requests *requests, uint64_t number)
{
    struct request *found;
    HASH_FIND(hh, requests->by_number, &number, sizeof(number), found);
    return found;
}

void requests_cancel(struct requests *requests, uint64_t number)
{
    struct request *request = find(requests, number);
    if (request)
        request_free(requests, request);
}

/* Whether the node answers this one for the first time. */
static bool note_responder(struct requests *requests, struct request *request, struct text name)
{
    struct responder *known;
    unsigned hash = hash_bytes(&requests->key, name.at, name.len);
    HASH_FIND_BYHASHVALUE(hh, request->responders, name.at, name.len, hash, known);
    if (known)
        return false;
    struct responder *responder = malloc(sizeof(*responder) + name.len);
    if (!responder)
        return false;
    memcpy(responder->name, name.at, name.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, request->responders, responder->name, name.len, hash,
                                responder);
    if (responder->hh.tbl)
        return true;
    free(responder);
    return false;
}

bool requests_respond(struct requests *requests, struct text nonce,
                      const struct mesh_response *response, size_t alive)
{
    struct request_nonce *entry;
    unsigned hash = hash_bytes(&requests->key, nonce.at, nonce.len);
    HASH_FIND_BYHASHVALUE(hh, requests->nonces, nonce.at, nonce.len, hash, entry);
    if (!entry)
        return false;
    struct request *request = entry->request;
    if (!request->is_broadcast) {
        bool is_from_it =
            response->source.len == request->destination.len &&
            memcmp(response->source.at, request->destination.at, response->source.len) == 0;
        if (is_from_it)
            end(requests, request, response, NULL);
        return is_from_it;
    }
    if (!note_responder(requests, request, response->source))
        return true;
    uint64_t number = request->number;
    bool is_last = HASH_COUNT(request->responders) >= alive;
    request->done(request->context, response, NULL);
    request = find(requests, number); /* its owner may have cancelled it */
    if (request && is_last)
        end(requests, request, NULL, NULL);
    return true;
}

static const char *why(const struct request *request)
{
    if (request->is_broadcast)
        return NULL;
    return request->is_stuck ? "no route" : "timed out";
}

void requests_tick(struct requests *requests, uint64_t now_ms)
{
    uint64_t last = requests->last_number; /* those that begin meanwhile have time */
    struct list *at = requests->all.next;
    while (at != &requests->all) {
        struct request *request = list_entry(at, struct request, node);
        uint64_t number = request->number;
        if (number > last)
            break;
        if (request->until_ms <= now_ms) {
            requests->timed_out += !request->is_broadcast;
            end(requests, request, NULL, why(request));
            at = requests->all.next; /* `done` may have ended the next one, too */
            continue;
        }
        bool is_due = !request->is_broadcast && !request->is_once && request->attempts < ATTEMPTS &&
                      request->again_ms <= now_ms;
        if (is_due) {
            requests->again++;
            (void)attempt(requests, request, now_ms);
        }
        at = at->next;
    }
}
