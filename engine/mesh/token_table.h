/* token_table.h — single-use tokens: each lets one node of one name in, once, for a minute.
 *
 * protocol-notes "get-connection-token", "Remote Connection": a token is wiped when it is used and
 * when a handshake with it fails. The owner's storage: token_table_init, token_table_deinit. Tokens
 * are compared in constant time and never logged. The surprising rule: at most TOKENS_MAX; the
 * oldest gives way, so whoever asks for too many only loses its own. */
#ifndef WSRELAY_MESH_TOKEN_TABLE_H
#define WSRELAY_MESH_TOKEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "hooks.h"
#include "protocol/inm_packet.h"

#define TOKEN_BYTES 32
#define TOKEN_LEN 43 /* as base64url without padding */
#define TOKEN_VALID_MS 60000
#define TOKENS_MAX 1024

struct token_table {
    struct list tokens; /* the oldest first */
    size_t count;
};

void token_table_init(struct token_table *table);
void token_table_deinit(struct token_table *table);

/* Makes a token for a node of that name out of random bytes, and writes it with a NUL.
 * RELAY_EINVAL: no node can have that name; RELAY_ENOMEM. */
int token_table_add(struct token_table *table, struct text node,
                    const unsigned char random[TOKEN_BYTES], uint64_t now_ms,
                    char out[TOKEN_LEN + 1]) RELAY_MUST_USE;

/* Whether this is a token that still stands. */
bool token_table_has(struct token_table *table, struct text token, uint64_t now_ms);

/* Wipes a token; true when it stood and is for this node. */
bool token_table_use(struct token_table *table, struct text token, struct text node,
                     uint64_t now_ms);

/* In constant time for texts of one length. */
bool token_equals(struct text a, struct text b);

#endif
