/* claim_digest.h — two tables made equal by asking for the sixteenth that differs.
 *
 * One node sends the sum over its whole table. Who receives a digest compares it with its own table
 * and answers with a digest in turn: the sums of the parts of what differs, and where few claims
 * are left, the claims. So it goes to and fro until there is nothing to answer: 28 bytes when the
 * tables are equal; one difference in 100,000 costs about 2 kB and three to four round trips (both
 * sides step down a level). An absent claim is old or new by its owner's version: who knows all up
 * to it says that it is gone.
 *
 * Pure: claim_digest_ask and claim_digest_answer read the table and change nothing in it but marks.
 * What a digest brings is taken over before it is answered, by claim_digest_apply or by an owner
 * who has more to do for each row. A digest that was composed borrows its strings from the table
 * and from what it answers, and lives until those change; a digest that was read owns them. The
 * surprising rule: the answer and the next question are one thing, made by one function on both
 * sides. */
#ifndef WSRELAY_RESERVE_CLAIM_DIGEST_H
#define WSRELAY_RESERVE_CLAIM_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "reserve/claim_table.h"

#define DIGEST_ROWS_MAX 2000
#define DIGEST_ROWS_BYTES (512 * 1024) /* of their JSON, about */
#define DIGEST_RANGES_MAX 256          /* split, wanted, and put off, each */
#define DIGEST_OWNERS_MAX 64
#define DIGEST_FEW 4 /* a range with at most so many claims is sent whole */

/* A claim with whose it is. */
struct claim_row {
    const char *owner;
    uint64_t boot, version;
    struct claim claim;
};

/* The owner's claim to a name was dropped: whoever says it knows all up to `known`. */
struct claim_gone {
    const char *owner;
    uint64_t boot, known;
    const char *name;
    size_t name_len;
};

/* Up to which version the sender knows an owner's list. */
struct claim_known {
    const char *owner;
    uint64_t boot, version;
};

/* A range that differs, and the sums of its parts. */
struct range_split {
    struct range_key key;
    uint64_t prints[RANGE_WAYS];
};

struct claim_digest {
    bool has_sum;
    uint64_t sum;      /* over the whole table: how it begins */
    struct buf splits; /* struct range_split */
    struct buf wanted; /* struct range_key: `rows` has all that the sender has there; it wants the
                          rest */
    struct buf later;  /* struct range_key: wanted, and too much for this answer */
    struct buf rows;   /* struct claim_row */
    struct buf gone;   /* struct claim_gone */
    struct buf behind; /* struct claim_known: lists of which the sender missed something */
    struct buf known;  /* struct claim_known: the answer to that */
    bool is_cut;       /* something had no room: what follows does not make the tables equal */
    char *strings;     /* of a digest that was read; NULL */
};

#define DIGEST_AT(buf, type, i) (&((const struct type *)(const void *)(buf).bytes)[i])
#define DIGEST_COUNT(buf, type) ((buf).len / sizeof(struct type))

/* {0} is empty. */
void claim_digest_deinit(struct claim_digest *digest);
/* Nothing in it: all is said. */
bool claim_digest_is_empty(const struct claim_digest *digest);

/* How it begins: the sum over all, and the lists that are behind. */
void claim_digest_ask(const struct claim_table *table, struct claim_digest *out);

/* What there is to say to `in`, whose rows were taken over where they can be. */
void claim_digest_answer(struct claim_table *table, const struct claim_digest *in,
                         struct claim_digest *out);

/* Whether a row tells something that is not known here. */
bool claim_row_is_news(const struct claim_table *table, const struct claim_row *row);
/* Whether the owner's whole list here is of an older boot: it has to go. */
bool claim_gone_is_newer(const struct claim_table *table, const struct claim_gone *gone);
/* The record of this boot that has to go because of what is gone; NULL when none has. */
struct claim_record *claim_gone_record(const struct claim_table *table,
                                       const struct claim_gone *gone);

/* Takes over all rows and drops what is gone. Whether anything changed; RELAY_ENOMEM, RELAY_EFULL
 * when something could not be taken. */
int claim_digest_apply(struct claim_table *table, const struct claim_digest *in,
                       bool *changed) RELAY_MUST_USE;

#endif
