/* world.h — nodes, clients and plain peers in one process on simulated time, for sim_reserve.
 *
 * Discrete events from one seed: the same seed gives the same run. What crosses from node to node
 * is written as JSON and read again, so the codecs run too. Broadcasts reach all that are
 * connected, each in its sender's order, as the tree of mesh.md promises; everything else may be
 * late, and with faults lost. */
#ifndef WSRELAY_TESTS_SIM_RESERVE_WORLD_H
#define WSRELAY_TESTS_SIM_RESERVE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "reserve/claim_digest_packet.h"
#include "reserve/reservation.h"

#define NODES_MAX 60
#define NAMES 6
#define PASSWORDS 5 /* 0: none */

enum event_kind {
    EVENT_SCAN,      /* of the links, and who is believed alive */
    EVENT_TICK,      /* of a node */
    EVENT_CLIENT,    /* a client does something */
    EVENT_FAULT,     /* something breaks or mends */
    EVENT_BROADCAST, /* a command arrives */
    EVENT_VOTE,
    EVENT_REQUEST, /* a digest by a link */
    EVENT_ANSWER,
    EVENT_TELL,    /* a command from our kind to one plain peer */
    EVENT_REPLY,   /* a plain peer's answer, or an answer to it */
    EVENT_LOOK,    /* a plain peer is asked for its open channels */
    EVENT_FOUND,   /* it has one */
    EVENT_LOOKED,  /* that was all */
    EVENT_MESSAGE, /* of a client */
    EVENT_SETTLED  /* a plain peer has waited long enough for answers */
};

/* Bytes that travel, shared by all who get them. */
struct packet {
    unsigned references;
    uint64_t seen; /* a bit a plain peer: it comes to them from several nodes */
    struct claim_packet read;
    struct buf text;
};

struct event {
    uint64_t at_ms, order;
    enum event_kind kind;
    unsigned from, to;
    unsigned life; /* of `to` when it was sent */
    uint64_t round;
    struct packet *packet;
    enum claim_command_kind command;
    unsigned name, password;
    bool is_ok;
};

/* A channel as a node's clients have it. */
struct local {
    size_t subscribers, waiting;
    unsigned password; /* of the channel, or of those who wait */
    bool is_open;
    bool is_reserved;           /* a plain peer's: reserved by somebody */
    unsigned reserved_password; /* and with what */
    bool is_leaving;            /* a plain peer asks whether somebody has it open */
};

struct node {
    struct world *world;
    unsigned index;
    char name[16];
    bool is_plain, is_running;
    unsigned life; /* how often it was started */
    int64_t skew_ms;
    struct reservation *reservation;
    struct local locals[NAMES];
    bool drops_first; /* a plain peer that forgets a name before it asks */
};

enum fault_mode { CALM, AVAILABLE, MAJORITY };

struct world {
    uint64_t seed, dice;
    uint64_t now_ms, last_order;
    enum fault_mode mode;
    bool breaks; /* faults happen just now: what is under way can be lost */
    unsigned node_count, plain_count;
    struct node nodes[NODES_MAX];
    bool has_link[NODES_MAX][NODES_MAX];
    bool is_cut[NODES_MAX][NODES_MAX];
    bool is_up[NODES_MAX][NODES_MAX];        /* as the ends know it */
    bool is_alive[NODES_MAX][NODES_MAX];     /* [a][b]: a believes that b is */
    uint64_t heard_ms[NODES_MAX][NODES_MAX]; /* [a][b]: when a was last connected with b */
    uint32_t latency_ms[NODES_MAX][NODES_MAX];
    uint64_t arrives_ms[NODES_MAX][NODES_MAX]; /* the last broadcast from a to b: none overtakes */
    uint64_t told_ms[NODES_MAX][NODES_MAX];    /* the same for what is told to one */
    unsigned group[NODES_MAX];                 /* equal: connected */
    struct event *heap;
    size_t event_count, event_capacity;
    unsigned served[NAMES][PASSWORDS]; /* on how many of our nodes */
    bool has_failed;
    struct {
        uint64_t events, opens, granted, refused, busy, lost, delivered, withheld, broadcasts;
        uint64_t digest_bytes;
    } count;
};

/* world.c */
void world_init(struct world *world, uint64_t seed, enum fault_mode mode, unsigned nodes,
                unsigned plain);
void world_deinit(struct world *world);
/* Runs on for so long, or until something failed. */
void world_run(struct world *world, uint64_t for_ms);
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

uint64_t dice_roll(struct world *world, uint64_t sides); /* 0 … sides - 1 */
bool dice_chance(struct world *world, unsigned permille);

struct event *world_add(struct world *world, uint64_t delay_ms, enum event_kind kind, unsigned from,
                        unsigned to);
/* How long something takes from a to b, a little different each time. */
uint64_t world_latency(struct world *world, unsigned from, unsigned to);
/* The delay with which the next thing from a to b arrives in order; `last` is its column. */
uint64_t world_in_order(struct world *world, uint64_t (*last)[NODES_MAX], unsigned from,
                        unsigned to);
bool world_is_linked(const struct world *world, unsigned a, unsigned b);
/* Sends to all who are connected; the reference is the world's then. */
void world_broadcast(struct world *world, unsigned from, struct packet *packet);
/* What came from `from` goes on to the plain peers beside a node. */
void world_forward(struct world *world, unsigned from, unsigned beside, struct packet *packet);
void world_connect(struct world *world); /* computes `group` */
int world_index(const struct world *world, const char *node);

struct packet *packet_empty(void);
void packet_drop(struct packet *packet);

const char *name_text(unsigned name);
int name_index(const char *name, size_t len);
struct password_hash hash_of(unsigned name, unsigned password);
int password_of(unsigned name, const struct password_hash *hash);

/* node.c: our kind */
void node_start(struct node *node);
void node_stop(struct node *node);
void node_handle(struct node *node, struct event *event);
void node_client_opens(struct node *node, unsigned name, unsigned password);
void node_client_leaves(struct node *node, unsigned name);
void node_client_sends(struct node *node, unsigned name);
void node_all_leave(struct node *node);
void node_link(struct node *node, unsigned other, bool is_up);

/* plain.c: peers that know the notes alone */
void plain_start(struct node *node);
void plain_handle(struct node *node, struct event *event);
void plain_client_opens(struct node *node, unsigned name, unsigned password);
void plain_client_leaves(struct node *node, unsigned name);
void plain_client_sends(struct node *node, unsigned name);
/* The two ends of a new link tell each other their channels. */
void plain_onboard(struct node *plain, struct node *ours);

/* check.c */
void check_served(struct world *world, unsigned name);           /* R1 */
void check_replicas(struct world *world);                        /* R3 */
void check_nothing_left(struct world *world);                    /* R4 */
void check_delivery(struct node *to, const struct event *event); /* R5 */
/* Own claims and open channels are the same. */
void check_books(struct node *node);
/* What is known is not missing. */
void check_known(struct node *node);

#endif
