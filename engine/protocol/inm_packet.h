/* inm_packet.h — a packet between nodes: the envelope read in one pass, and written.
 *
 * Source: protocol-notes "Intra-Node Message Definitions", docs/protocol.md "WS /node". Names are
 * decoded into the packet, so a peer that escapes them otherwise is the same peer; spans point into
 * the text that was parsed and live as long as it does. What is forwarded is that text, never one
 * written anew. The surprising rule: what only the node that a packet is for can judge (a command's
 * name, the base64 of a message) does not make it malformed, for it may have to be forwarded. */
#ifndef WSRELAY_PROTOCOL_INM_PACKET_H
#define WSRELAY_PROTOCOL_INM_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "protocol/client_command.h"
#include "protocol/json_read.h"

#define INM_PACKET_MAX (1024 * 1024) /* bytes of a text frame; the socket keeps it */
#define NODE_NAME_MAX 128
#define INM_NONCE_MAX 128
#define INM_COMMAND_MAX 128

enum inm_type { INM_MESSAGE, INM_COMMAND, INM_RESPONSE, INM_LINK };

struct inm_packet {
    enum inm_type type;
    char source[NODE_NAME_MAX];
    size_t source_len;
    char destination[NODE_NAME_MAX];
    size_t destination_len;
    bool is_for_all;           /* the destination is `*` */
    char nonce[INM_NONCE_MAX]; /* any bytes of UTF-8, a NUL too */
    size_t nonce_len;
    struct json_span data; /* any value */

    /* message */
    char channel[CHANNEL_NAME_MAX];
    size_t channel_len;
    struct json_span message;      /* a string, of base64 as far as anybody looked */
    bool is_json;                  /* "encoding":"json" */
    struct json_span client_nonce; /* JSON_ABSENT when none was given or it is no client's */
    struct json_span claim;        /* any value; JSON_ABSENT when none was given */

    /* command */
    char command[INM_COMMAND_MAX]; /* no NUL behind it */
    size_t command_len;            /* 0: none was given, or none that a command can have */

    /* response */
    bool ok; /* true also where `data` is an object without it, as the notes write some */
};

/* Parses one text frame, which is valid UTF-8. RELAY_ESYNTAX when it is no packet: no JSON object,
 * one of the five keys missing, a name, nonce or type that cannot be, a message without `message`
 * and `channel`. */
int inm_packet_parse(struct inm_packet *packet, const char *text, size_t len) RELAY_MUST_USE;

/* Whether a node's name may be this: 1 to 128 bytes of UTF-8 without control characters, not `*`.
 */
bool node_name_is_valid(const char *name, size_t len);

/* Whence, whither and which, unescaped. */
struct inm_address {
    const char *source;
    size_t source_len;
    const char *destination; /* "*": every node */
    size_t destination_len;
    const char *nonce;
    size_t nonce_len;
};

/* Adds a packet around `data`, which is JSON. */
void inm_packet_write(struct buf *buf, const struct inm_address *address, enum inm_type type,
                      const char *data, size_t data_len);

/* The same in three steps: begin, the data, end. */
void inm_packet_begin(struct buf *buf, const struct inm_address *address, enum inm_type type);
void inm_packet_end(struct buf *buf);

#endif
