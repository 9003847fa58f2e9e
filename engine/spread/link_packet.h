/* link_packet.h — what two ends of a link of our own kind say to each other about trees.
 *
 * Never forwarded. It is the `data` of a packet of type `link` (protocol/inm_packet.h):
 *
 *     {"prune":["S",…]}                              send me S no more
 *     {"graft":["S",boot,from]}                      send me S, from this seq on
 *     {"gone":["S",boot,upto]}                       what you miss up to there is lost
 *     {"have":[["S",boot,seq,dist_ms,beat,age_ms],…]} this is what I have
 *     {"leave":["S",boot,beat]}                      S ends, and that was its last beat
 *
 * `dist_ms` is null where it is unknown, never 0 in place of it; `age_ms` says how long ago
 * something new was heard of the source, and is null of one that ended. What is not understood,
 * further keys and further items of a row are ignored; `beat` and `age_ms` may be missing. Names in
 * a packet that was read point into the text, or into the packet. */
#ifndef WSRELAY_SPREAD_LINK_PACKET_H
#define WSRELAY_SPREAD_LINK_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "hooks.h"

#define LINK_ROWS_MAX 256
#define LINK_NAMES_MAX 1024 /* bytes of names that were written with escapes */

enum link_kind { LINK_PRUNE, LINK_GRAFT, LINK_GONE, LINK_LEAVE, LINK_HAVE };

struct link_row {
    struct text source;
    uint64_t boot;
    uint64_t seq;     /* graft: from; gone: up to; leave: the last beat */
    uint32_t dist_ms; /* or DIST_UNKNOWN (source.h) */
    uint32_t beat;
    uint32_t age_ms;
    bool has_ended;
};

struct link_packet {
    enum link_kind kind;
    uint32_t count;
    struct link_row rows[LINK_ROWS_MAX];
    size_t names_len;
    char names[LINK_NAMES_MAX];
};

/* Adds the JSON; the buffer says whether it failed. */
void link_packet_write(struct buf *buf, const struct link_packet *packet);

/* RELAY_ESYNTAX: no JSON object. RELAY_EINVAL: none of the five, or a row that does not fit.
 * RELAY_EFULL: more rows than LINK_ROWS_MAX. */
int link_packet_read(struct link_packet *packet, const char *text, size_t len) RELAY_MUST_USE;

#endif
