/* publisher.c — the payload is p<publisher>s<sequence>t<time>. in hexadecimal and then letters up
 * to its size. */
#include "publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    NUMBER_DIGITS = 4,
    SEQUENCE_DIGITS = 16,
    TIME_DIGITS = 16,
    NONCE_DIGITS = 8,
    SEQUENCE_AT = 1 + NUMBER_DIGITS + 1,
    TIME_AT = SEQUENCE_AT + SEQUENCE_DIGITS + 1,
    TEXT_AT = TIME_AT + TIME_DIGITS + 1,
    OPEN_LOOP_SLOTS = 16384
};

static void put_hex(char *out, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        out[i - 1] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

static bool get_hex(const char *text, unsigned digits, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        const char *digit = memchr("0123456789abcdef", text[i], 16);
        if (digit == NULL) {
            return false;
        }
        *value = *value << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    return true;
}

bool payload_read(const char *payload, size_t length, unsigned *number, uint64_t *sequence)
{
    uint64_t value;
    if (length < TEXT_AT || payload[0] != 'p' || payload[SEQUENCE_AT - 1] != 's' ||
        payload[TIME_AT - 1] != 't' || !get_hex(payload + 1, NUMBER_DIGITS, &value)) {
        return false;
    }
    *number = (unsigned)value;
    return get_hex(payload + SEQUENCE_AT, SEQUENCE_DIGITS, sequence);
}

static void make_payload(char *payload, unsigned size, unsigned number)
{
    for (unsigned i = 0; i < size; i++) {
        payload[i] = (char)('a' + i % 26);
    }
    payload[0] = 'p';
    put_hex(payload + 1, number, NUMBER_DIGITS);
    payload[SEQUENCE_AT - 1] = 's';
    payload[TIME_AT - 1] = 't';
    payload[TEXT_AT - 1] = '.';
}

static uint64_t slots_for(const struct options *options)
{
    uint64_t wanted = options->rate > 0 ? OPEN_LOOP_SLOTS : options->window;
    uint64_t slots = 1;
    while (slots < wanted) {
        slots *= 2;
    }
    return slots;
}

bool channel_init(struct channel *channel, const struct options *options, unsigned number)
{
    char *frame = malloc(options->size + SHAPE_OVERHEAD);
    char *payload = malloc(options->size);
    *channel = (struct channel){.number = number, .size = options->size};
    channel->slots = slots_for(options);
    channel->sent_at = calloc(channel->slots, sizeof *channel->sent_at);
    channel->missing = calloc(channel->slots, sizeof *channel->missing);
    if (frame != NULL && payload != NULL) {
        make_payload(payload, options->size, number);
        options->dialect->shape(frame, number, payload, options->size, &channel->shape);
        channel->frames = malloc(channel->slots * channel->shape.length);
    }
    for (uint64_t i = 0; channel->frames != NULL && i < channel->slots; i++) {
        memcpy(channel->frames + i * channel->shape.length, frame, channel->shape.length);
    }
    free(frame);
    free(payload);
    return channel->frames != NULL && channel->sent_at != NULL && channel->missing != NULL;
}

void channel_free(struct channel *channel)
{
    free(channel->frames);
    free(channel->sent_at);
    free(channel->missing);
}

void channel_publish(struct channel *channel, uint64_t when)
{
    uint64_t slot = channel_slot(channel, channel->published);
    char *frame = channel->frames + slot * channel->shape.length;
    char *payload = frame + channel->shape.payload_at;
    put_hex(payload + SEQUENCE_AT, channel->published, SEQUENCE_DIGITS);
    put_hex(payload + TIME_AT, when, TIME_DIGITS);
    if (channel->shape.nonce_at != 0) {
        put_hex(frame + channel->shape.nonce_at, channel->published, NONCE_DIGITS);
    }
    channel->sent_at[slot] = when;
    channel->missing[slot] = channel->subscribers;
    channel->published++;
}

void channel_flush(struct fleet *fleet, struct channel *channel)
{
    struct conn *conn = channel->publisher;
    uint64_t ring = channel->slots * channel->shape.length;
    uint64_t end = channel->published * channel->shape.length;
    while (channel->sent < end) {
        uint64_t at = channel->sent % ring;
        uint64_t chunk = end - channel->sent < ring - at ? end - channel->sent : ring - at;
        ssize_t sent = send(conn->fd, channel->frames + at, chunk, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) {
                fleet_fail(fleet, "publishing: %s", strerror(errno));
            }
            break;
        }
        channel->sent += (uint64_t)sent;
    }
    conn->mid_frame = channel->sent % channel->shape.length != 0;
    conn_flush(fleet, conn);
    conn_want_write(fleet, conn, channel->sent < end || conn->out.length > 0);
}
