/* far_end.h — the other end of a link, made by hand: a test says its frames and hears what comes.
 *
 * Its node is a whole one of a simulated network (sim/whole_net.h). Pings are not answered unless
 * the test does. In every text given here a ' stands for a ". Free it before the network. */
#ifndef TEST_FAR_END_H
#define TEST_FAR_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/whole_net.h"

#define NOTHING_HEARD "(nothing)"

struct far_end {
    struct whole_node *node;
    struct session *session; /* NULL: gone */
    bool is_closed;
    unsigned code;
    char reason[WS_REASON_MAX + 1];
    unsigned pings; /* heard */
    char *text;     /* heard last */
    struct far_end *older;
};

/* It dialled the node with this token, which the node need not admit. */
struct far_end *far_end_accepted(struct whole_node *node, const char *token);
/* The node dialled it: the last dial to what is no sim:// has succeeded. */
struct far_end *far_end_dialled(struct whole_node *node);
void far_end_free(struct far_end *end);
void far_end_free_all(void);

void far_end_say(struct far_end *end, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A handshake; of our kind with a boot, else a plain one. */
void far_end_greet(struct far_end *end, const char *name, uint64_t boot);
/* A packet: type is one of the four; `data` is JSON. */
void far_end_packet(struct far_end *end, const char *source, const char *destination,
                    const char *type, const char *nonce, const char *data);
/* The next text that waits, but pings, or NOTHING_HEARD. Valid until the next call. */
const char *far_end_hear(struct far_end *end);
/* Hears all that waits; whether `part` was in one of the texts. */
bool far_end_heard(struct far_end *end, const char *part);

#endif
