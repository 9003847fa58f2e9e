/* claim_digest_packet.h — a digest as JSON, between two nodes of our own kind.
 *
 *     {"sum":"0123456789abcdef"}                              how it begins
 *     {"split":{"3f":"16 times 16 digits"},                   a range by its digits: its parts'
 * sums "wanted":{"3f0":0},"later":{"3f1":0}, "claims":{"node-a":{"boot":1795389980000,"names":{
 *        "garden":{"password":null,"state":"open","stamp":1795389987000,"stamp_node":"node-a",
 *                  "version":7}}}},
 *      "gone":{"node-b":{"boot":1795389980001,"known":9,"names":{"lobby":0}}},
 *      "behind":{"node-c":1795389980002},
 *      "known":{"node-c":{"boot":1795389980002,"version":57}},
 *      "more":true}
 *
 * Only what is there is written; nothing at all is `{}`. */
#ifndef WSRELAY_RESERVE_CLAIM_DIGEST_PACKET_H
#define WSRELAY_RESERVE_CLAIM_DIGEST_PACKET_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "reserve/claim_digest.h"

/* Adds it. The rows are sorted by owner. */
void claim_digest_write(struct buf *buf, struct claim_digest *digest);

/* Reads one into an empty digest, which owns its strings; deinit it, also on failure.
 * RELAY_EINVAL: it is none, or larger than any that we write. RELAY_ENOMEM. */
int claim_digest_read(struct claim_digest *digest, const char *data, size_t len) RELAY_MUST_USE;

#endif
