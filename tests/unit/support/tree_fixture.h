/* tree_fixture.h — one node's tree, its clock turned by hand, and what it says written down.
 *
 * The node is `self`, of boot BOOT. What it did since the last assert_said, in order, each with a
 * `;` behind it:
 *
 *     forward 2 rome 5;        copies to a link: source and seq (0: a plain nonce)
 *     deliver rome 5;          to this node
 *     prune 1 rome;  graft 1 rome 6;  gone 1 rome 4;  leave 1 rome 3;
 *     left 1 rome;             told its owner, and by which link it was heard
 *     have 1 rome 5 12;        a row: link, source, seq, dist_ms (? where it is unknown)
 *
 * Rows about the node itself are left out. */
#ifndef TEST_TREE_FIXTURE_H
#define TEST_TREE_FIXTURE_H

#include "base/buf.h"
#include "spread/tree.h"

#define BOOT UINT64_C(1795389987000)
#define LATENCY_MS 10 /* of every link, unless a test says otherwise */
#define UNKNOWN DIST_UNKNOWN
#define TEXT(s) ((struct text){(s), sizeof(s) - 1})

struct tree_fixture {
    struct tree *tree;
    uint64_t now_ms;
    uint32_t random;
    size_t queued[64]; /* by link */
    struct buf said;
    struct link_row said_row; /* the last one about another source */
    unsigned answers;         /* deliver publishes so many broadcasts of its own */
};

void tree_fixture_init(struct tree_fixture *fixture);
void tree_fixture_deinit(struct tree_fixture *fixture);

/* Links of our own kind, or plain; their first have is not written down. */
void links_up(struct tree_fixture *fixture, unsigned first, unsigned count);
void plain_up(struct tree_fixture *fixture, unsigned link);

/* A broadcast of our kind arrives. */
void arrive(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
            uint64_t seq);
/* One with any nonce and type, of `len` bytes. */
void arrive_as(struct tree_fixture *fixture, unsigned link, const char *source, const char *nonce,
               enum inm_type type, size_t len);
/* This node broadcasts. */
void publish(struct tree_fixture *fixture);

void hear_prune(struct tree_fixture *fixture, unsigned link, const char *source);
void hear_graft(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
                uint64_t from);
void hear_gone(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
               uint64_t upto);
void hear_leave(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
                uint32_t beat);
/* Of a source whose life is news now. */
void hear_have(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
               uint64_t seq, uint32_t dist_ms, uint32_t beat);

void hear_row(struct tree_fixture *fixture, unsigned link, const struct link_row *row);

/* Time passes, and the tree gets every tick that it asked for. */
void pass_ms(struct tree_fixture *fixture, uint64_t ms);
void forget_said(struct tree_fixture *fixture);

struct packet *packet_of(const char *source, const char *nonce, enum inm_type type, size_t len);

#define assert_said(fixture, text) tree_assert_said((fixture), (text), __FILE__, __LINE__)
void tree_assert_said(struct tree_fixture *fixture, const char *text, const char *file, int line);

#endif
