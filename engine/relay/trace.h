/* trace.h — what somebody who looks sees of the way of a message: one event for each step.
 *
 * A relay has a struct trace while somebody looks, else NULL: then a step costs one branch. The
 * owner's function gets events, whose strings are borrowed for the call, and may do nothing but
 * keep them; trace_matches chooses and trace_write makes a line of one. Passwords, hashes, tokens
 * and the data of commands between nodes are in no event; of a message stands its beginning alone.
 */
#ifndef WSRELAY_RELAY_TRACE_H
#define WSRELAY_RELAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "hooks.h"
#include "protocol/client_command.h"
#include "protocol/json_read.h"

struct channel;
struct client;
struct relay;

#define TRACE_TEXT_MAX 80 /* bytes of a message */

/* The names are the ones that operators see. */
#define TRACE_STEPS(X)                                                                             \
    X(command)   /* a client's, as it came */                                                      \
    X(policy)    /* what one said, and where in it */                                              \
    X(refused)   /* the answer to a client's command */                                            \
    X(fanout)    /* to the subscribers here */                                                     \
    X(published) /* the message is a packet from here on */                                        \
    X(sent)      /* a packet of this node, to a link */                                            \
    X(forwarded) /* of another one */                                                              \
    X(arrived)   /* by a link */                                                                   \
    X(duplicate) /* it had arrived before */                                                       \
    X(withheld)  /* another password, or a name that its peer lost */                              \
    X(unheard)   /* nobody here is in the channel */

enum trace_step {
#define TRACE_STEP(name) TRACE_##name,
    TRACE_STEPS(TRACE_STEP)
#undef TRACE_STEP
};

/* What is not known, or does not belong to the step, is empty and not told. */
struct trace_event {
    enum trace_step step;
    const char *what; /* the client's command, the policy's question, a packet's type */
    uint64_t client;  /* 0: none */
    struct text channel;
    struct json_span nonce; /* the client's, as written */
    struct json_span message;
    const char *answer; /* a policy's, or the reason of a refusal */
    const char *place;  /* file:line */
    bool has_counts;
    size_t subscribers, bytes;                /* of the fan-out */
    struct text packet;                       /* a packet's nonce */
    struct text peer;                         /* whose link */
    struct text source, destination, command; /* of a packet */
};

struct trace {
    void *context;
    void (*event)(void *context, const struct trace_event *event);
    /* What the command is about that is being answered: a refusal knows its client alone. */
    uint64_t client;
    size_t channel_len;
    char channel[CHANNEL_NAME_MAX];
};

/* Whether the event concerns this channel and this nonce, a client's (unquoted) or a packet's. A
 * text of length 0 asks for all. */
bool trace_matches(const struct trace_event *event, struct text channel, struct text nonce);

/* Adds the event as one line with its newline: JSON, or text for people. `time` stands first. */
void trace_write(struct buf *line, const struct trace_event *event, const char *time, bool is_json);

/* The steps of a relay. Only while relay->trace is set. */
void trace_command(const struct client *client, const struct client_command *command);
void trace_policy(const struct client *client, const char *question, struct text channel,
                  const struct json_span *nonce, const char *answer,
                  const struct decision *decision);
void trace_refused(const struct client *client, const char *reason, const struct json_span *nonce);
void trace_fanout(const struct relay *relay, const struct channel *channel,
                  const struct json_span *message, const struct json_span *nonce,
                  size_t subscribers, size_t bytes);
/* The refusals that follow are about this. */
void trace_about(const struct client *client, struct text channel);

#endif
