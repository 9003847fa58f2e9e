/* reserve_fixture.h — one node's reservation, and what it says written down line by line.
 *
 * The node is node-a, its wall clock shows 1000 at first. A password is a number: 0 is none. What
 * the reservation says since the last assert_said:
 *
 *     reserve garden 1 tentative 1000/node-a v1     broadcasts: password, state, stamp, version
 *     reserve garden 2 released v2
 *     unreserve garden v3
 *     tell plain-p unreserve garden                 to one plain peer
 *     vote node-b garden v4 yes
 *     request 7 {"sum":"…"}                         by link 7
 *     opened garden 1 / refused garden invalid password / lost garden
 */
#ifndef TEST_RESERVE_FIXTURE_H
#define TEST_RESERVE_FIXTURE_H

#include "base/buf.h"
#include "reserve/claim_digest_packet.h"
#include "reserve/reservation.h"

#define BOOT 500 /* of node-a */

struct reserve_fixture {
    struct reservation *reservation;
    uint64_t now_ms, wall_ms, round;
    size_t subscribers;   /* what local_subscribers answers */
    const char *releases; /* a name that is released as soon as it was opened */
    struct buf said;
};

struct password_hash test_hash(unsigned password);
struct claim test_claim(const char *name, unsigned password, enum claim_state state,
                        uint64_t stamp_ms, const char *stamp_node);

/* Nobody else is there. */
void reserve_fixture_init(struct reserve_fixture *fixture, enum reserve_mode mode);
void reserve_fixture_deinit(struct reserve_fixture *fixture);
void reserve_pass_ms(struct reserve_fixture *fixture, uint64_t ms); /* and ticks at the end */

void reserve_up(struct reserve_fixture *fixture, const char *node);
void reserve_plain_up(struct reserve_fixture *fixture, const char *peer);
enum reserve_outcome reserve_open(struct reserve_fixture *fixture, const char *name,
                                  unsigned password);
void reserve_release(struct reserve_fixture *fixture, const char *name);

/* A claim of a node comes by its broadcast, stamped by itself. Boot 1. */
enum claim_verdict reserve_hears(struct reserve_fixture *fixture, const char *node,
                                 const char *name, unsigned password, enum claim_state state,
                                 uint64_t stamp_ms, uint64_t version);
void reserve_hears_unreserve(struct reserve_fixture *fixture, const char *node, const char *name,
                             uint64_t version);
void reserve_gets_vote(struct reserve_fixture *fixture, const char *node, const char *name,
                       uint64_t version, bool is_ok);
/* A digest by a link, as text; the answer as text, valid until the next call. */
const char *reserve_asked(struct reserve_fixture *fixture, uint64_t link, const char *text);
void reserve_answered(struct reserve_fixture *fixture, uint64_t link, const char *text);

/* Asserts what was said since the last time; it ends with a newline unless it is empty. */
#define assert_said(fixture, text) reserve_assert_said((fixture), (text), __FILE__, __LINE__)
void reserve_assert_said(struct reserve_fixture *fixture, const char *text, const char *file,
                         int line);

#endif
