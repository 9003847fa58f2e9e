/* dialect.c — the list of dialects, and what they share. */
#include "dialect.h"

#include <string.h>

#include "ws.h"

const struct dialect *dialect_find(const char *name)
{
    static const struct dialect *const all[] = {&dialect_wsrelay, &dialect_nats, &dialect_nchan};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

void dialect_frame(char *out, uint8_t opcode, const char *body, size_t length, size_t payload_at,
                   struct message_shape *shape)
{
    size_t header = ws_client_header(out, opcode, length);
    memcpy(out + header, body, length);
    shape->length = header + length;
    shape->payload_at = header + payload_at;
    shape->nonce_at = 0;
}
