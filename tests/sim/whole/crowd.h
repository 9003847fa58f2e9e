/* crowd.h — people at whole nodes who come, go and talk, and the book of what they heard.
 *
 * Each sits at one node and in one life knows one channel and password. A message says who sent it
 * (seat, life), its number, its channel, password, phase and time, so whoever hears it can judge
 * it. Odd channels have passwords, even ones none. In a strict phase every message must reach each
 * one who was subscribed for a second when it was sent, and stays. */
#ifndef SIM_WHOLE_CROWD_H
#define SIM_WHOLE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/whole_net.h"

struct heard_of {
    unsigned life, number;
};

enum person_state { PERSON_AWAY, PERSON_ASKS, PERSON_IN, PERSON_LEAVES, PERSON_OUT };

struct person {
    struct crowd *crowd;
    struct whole_node *home;
    struct whole_client *client;
    enum person_state state;
    unsigned seat, life, number;
    unsigned channel, password;
    uint64_t in_ms; /* since when it is subscribed */
    uint64_t asked_ms;
    uint64_t expected, got;  /* of this phase */
    struct heard_of *others; /* by seat */
};

struct crowd {
    struct whole_net *net;
    struct chance chance;
    struct person *people;
    unsigned count, channels, passwords;
    unsigned phase;
    bool is_strict;
    uint64_t failures;
    uint64_t sent, heard, opened, refused, busy, lost;
};

void crowd_init(struct crowd *crowd, uint64_t seed, unsigned channels, unsigned passwords);
void crowd_seat(struct crowd *crowd, struct whole_net *net, unsigned for_each_node);
void crowd_deinit(struct crowd *crowd);
struct whole_watch crowd_watch(struct crowd *crowd);

/* A fault of what is simulated; the run goes on. */
void crowd_fail(struct crowd *crowd, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Begins a phase: counts begin anew. */
void crowd_phase(struct crowd *crowd, bool is_strict);
/* Somebody does something. */
void crowd_act(struct crowd *crowd);
/* Everybody who is in says something. */
void crowd_all_talk(struct crowd *crowd);
void crowd_all_leave(struct crowd *crowd);
/* At the end of a strict phase, when all has arrived. */
void crowd_check(struct crowd *crowd);

#endif
