/* dialect.h — how to speak with each server: the path to connect to, what a client says first, what
 * a published message looks like, and how the server's answers and deliveries are told apart. */
#ifndef BENCH_DIALECT_H
#define BENCH_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role { SUBSCRIBER, PUBLISHER };

enum event_kind {
    EVENT_NOTHING,  /* the server said something that does not matter */
    EVENT_DELIVERY, /* a message for a subscriber */
    EVENT_OK,       /* yes, to what was asked last */
    EVENT_REFUSED,  /* no */
    EVENT_PING      /* the dialect's own ping; `data` is the answer, framed */
};

struct event {
    enum event_kind kind;
    const char *data;
    size_t length;
};

/* A published message as a whole client frame, and where its changing parts are. */
struct message_shape {
    size_t length;
    size_t payload_at;
    size_t nonce_at; /* 8 hex digits to fill in; 0: none */
};

enum { SHAPE_OVERHEAD = 256 };

struct dialect {
    const char *name;
    uint8_t opcode; /* of the frames that a client sends */
    bool answers;   /* every published message is answered on its own connection */
    bool stream;    /* frames are pieces of one stream of bytes, cut anywhere */
    /* The path of the upgrade request. */
    size_t (*path)(char *out, size_t size, enum role role, unsigned channel);
    /* What is said after the upgrade, unframed, answered by EVENT_OK; 0: nothing, ready at once. */
    size_t (*hello)(char *out, size_t size, enum role role, unsigned channel);
    /* Makes a publishing frame; `out` holds size + SHAPE_OVERHEAD bytes. */
    void (*shape)(char *out, unsigned channel, const char *payload, size_t size,
                  struct message_shape *shape);
    /* Reads one event. Returns the bytes it took; 0: not whole (only where `stream` is true). */
    size_t (*parse)(enum role role, const char *bytes, size_t n, struct event *event);
};

extern const struct dialect dialect_wsrelay;
extern const struct dialect dialect_nats;
extern const struct dialect dialect_nchan;

/* The dialect of that name, or NULL. */
const struct dialect *dialect_find(const char *name);

/* What every channel's name begins with; false, with a word why, when it is too long. */
bool dialect_name_channels(const char *prefix);
const char *dialect_prefix(void);

/* Frames `body` with `payload` somewhere inside, for the shape() functions. */
void dialect_frame(char *out, uint8_t opcode, const char *body, size_t length, size_t payload_at,
                   struct message_shape *shape);

#endif
