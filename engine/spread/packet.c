/* packet.c — see packet.h. */
#include "spread/packet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/inm_nonce.h"

/* Copies a text to `*room` and steps over it. */
static struct text keep(char **room, struct text text)
{
    struct text kept = {*room, text.len};
    if (text.len)
        memcpy(*room, text.at, text.len);
    *room += text.len;
    return kept;
}

static struct number number_of(const struct packet_head *head)
{
    struct number number = {0};
    if (packet_is_broadcast(head) && head->type != INM_RESPONSE)
        (void)inm_nonce_parse(head->nonce.at, head->nonce.len, &number.boot, &number.seq);
    return number;
}

struct packet *packet_new(const struct packet_head *head, const char *bytes, size_t len)
{
    if (len > UINT32_MAX)
        return NULL;
    size_t names = head->source.len + head->destination.len + head->nonce.len;
    struct frame *frame = frame_new(WS_TEXT, bytes, len);
    struct packet *packet = frame ? malloc(sizeof(*packet) + names) : NULL;
    if (!packet) {
        frame_unref(frame);
        return NULL;
    }
    char *room = (char *)(packet + 1);
    packet->references = 1;
    packet->len = (uint32_t)len;
    packet->head.type = head->type;
    packet->head.source = keep(&room, head->source);
    packet->head.destination = keep(&room, head->destination);
    packet->head.nonce = keep(&room, head->nonce);
    packet->frame = frame;
    packet->bytes = (const char *)frame->bytes + (frame->len - len);
    packet->number = number_of(&packet->head);
    return packet;
}

void packet_unref(struct packet *packet)
{
    if (!packet)
        return;
    assert(packet->references > 0);
    if (--packet->references > 0)
        return;
    frame_unref(packet->frame);
    free(packet);
}
