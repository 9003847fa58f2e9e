/* dialect.c — the list of dialects, and what they share. */
#include "dialect.h"

#include <stdio.h>
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

enum { PREFIX_MAX = 32 };

static const char *prefix = "bench";

bool dialect_name_channels(const char *text)
{
    bool fine = text[0] != '\0' && strlen(text) <= PREFIX_MAX && strpbrk(text, "\"\\ \r\n") == NULL;
    if (!fine) {
        fprintf(stderr, "bench-load: --name: 1 to %d plain characters\n", PREFIX_MAX);
    }
    prefix = text;
    return fine;
}

const char *dialect_prefix(void)
{
    return prefix;
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
