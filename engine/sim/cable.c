/* cable.c — see cable.h. */
#include "sim/cable.h"

#include <assert.h>
#include <stdlib.h>

enum flight_kind { FLIGHT_FRAME, FLIGHT_PONG, FLIGHT_CLOSE, FLIGHT_RESET };

struct flight {
    struct list node;
    enum flight_kind kind;
    struct frame *frame; /* of FLIGHT_FRAME */
};

void cables_init(struct cables *cables, struct event_queue *events, struct chance *chance)
{
    *cables = (struct cables){.events = events, .chance = chance};
    list_init(&cables->all);
}

static void flight_free(struct flight *flight)
{
    frame_unref(flight->frame);
    free(flight);
}

static void drop_flights(struct cable_end *end)
{
    struct list *node;
    while ((node = list_shift(&end->flights)))
        flight_free(list_entry(node, struct flight, node));
}

void cables_deinit(struct cables *cables)
{
    struct list *node;
    while ((node = list_shift(&cables->all))) {
        struct cable *cable = list_entry(node, struct cable, node);
        drop_flights(&cable->ends[0]);
        drop_flights(&cable->ends[1]);
        free(cable);
    }
}

struct cable *cable_new(struct cables *cables, uint32_t delay_us, void *owner, void *other)
{
    struct cable *cable = calloc(1, sizeof(*cable));
    if (!cable)
        abort();
    cable->cables = cables;
    cable->delay_us = delay_us;
    for (unsigned i = 0; i < 2; i++) {
        cable->ends[i].cable = cable;
        cable->ends[i].owner = i ? other : owner;
        list_init(&cable->ends[i].flights);
    }
    list_append(&cables->all, &cable->node);
    return cable;
}

static void end_session(struct cable_end *end)
{
    struct session *session = end->session;
    end->session = NULL;
    end->is_gone = true;
    drop_flights(end);
    if (session)
        session_gone(session);
}

static void fire_end(void *context, void *payload)
{
    (void)payload;
    end_session(context);
}

static void wake(void *connection, bool is_answer);

/* The length of a frame's header is told by its second byte (RFC 6455 section 5.2). */
static size_t header_len(const struct frame *frame)
{
    unsigned len = frame->bytes[1];
    return len < 126 ? 2 : len == 126 ? 4 : 10;
}

static void receive(struct cable_end *end, const struct frame *frame)
{
    size_t skip = header_len(frame), len = frame->len - skip;
    if (len > session_message_max(end->session))
        session_close(end->session, CLOSE_TOO_BIG, "message too big");
    else
        session_receive(end->session, (const char *)frame->bytes + skip, len);
}

static void send_flight(struct cable_end *to, enum flight_kind kind, struct frame *frame);

static void arrive(struct cable_end *end, const struct flight *flight)
{
    bool is_deaf = end->is_closing || !end->session;
    assert((flight->kind == FLIGHT_FRAME) == (flight->frame != NULL));
    if (flight->kind == FLIGHT_PONG && !is_deaf)
        session_pong(end->session);
    else if (flight->kind == FLIGHT_CLOSE && !end->is_closing)
        send_flight(cable_other(end), FLIGHT_CLOSE, NULL);
    else if (flight->kind == FLIGHT_FRAME && (flight->frame->bytes[0] & 15) == WS_PING && !is_deaf)
        send_flight(cable_other(end), FLIGHT_PONG, NULL);
    else if (flight->kind == FLIGHT_FRAME && !is_deaf)
        receive(end, flight->frame);
    if (flight->kind == FLIGHT_CLOSE || flight->kind == FLIGHT_RESET)
        end_session(end);
}

static void fire_arrival(void *context, void *payload)
{
    struct cable_end *end = context;
    (void)payload;
    if (end->is_stopped || end->cable->is_stopped) {
        end->waiting++;
        return;
    }
    struct list *node = end->cable->is_cut ? NULL : list_shift(&end->flights);
    if (!node)
        return;
    struct flight *flight = list_entry(node, struct flight, node);
    struct cable_end *other = cable_other(end);
    end->flying_bytes -= flight->frame ? flight->frame->len : 0;
    if (other->session && outbox_first(&other->session->outbox))
        wake(other, false);
    arrive(end, flight);
    flight_free(flight);
}

static void send_flight(struct cable_end *to, enum flight_kind kind, struct frame *frame)
{
    struct cables *cables = to->cable->cables;
    if (to->is_gone || to->cable->is_cut)
        return;
    struct flight *flight = calloc(1, sizeof(*flight));
    if (!flight)
        abort();
    flight->kind = kind;
    flight->frame = frame ? frame_ref(frame) : NULL;
    to->flying_bytes += frame ? frame->len : 0;
    list_append(&to->flights, &flight->node);
    uint32_t delay_us = to->cable->delay_us;
    uint64_t at_us =
        cables->events->now_us + delay_us + chance_below(cables->chance, delay_us / 10 + 1);
    to->last_us = at_us > to->last_us ? at_us : to->last_us;
    event_queue_add(cables->events, to->last_us, fire_arrival, to, NULL);
}

/* Whether the way to the other end takes more. What a cut swallowed is never acknowledged. */
static bool has_window(struct cable_end *end)
{
    return cable_other(end)->flying_bytes < CABLE_WINDOW;
}

static void flush(struct cable_end *end)
{
    struct outbox *outbox = &end->session->outbox;
    struct cable_end *other = cable_other(end);
    struct frame *frame;
    while ((frame = outbox_first(outbox)) && has_window(end)) {
        if (end->cable->is_cut)
            other->flying_bytes += frame->len;
        send_flight(other, FLIGHT_FRAME, frame);
        outbox_shift(outbox);
    }
}

static void fire_flush(void *context, void *payload)
{
    struct cable_end *end = context;
    (void)payload;
    end->is_flushing = false;
    if (end->session && !end->is_closing)
        flush(end);
}

static void wake(void *connection, bool is_answer)
{
    struct cable_end *end = connection;
    (void)is_answer;
    if (end->is_flushing || end->is_closing)
        return;
    end->is_flushing = true;
    event_queue_add(end->cable->cables->events, 0, fire_flush, end, NULL);
}

/* What waits, then the Close frame; a session's last words are short. */
static void fire_close(void *context, void *payload)
{
    struct cable_end *end = context;
    struct event_queue *events = end->cable->cables->events;
    (void)payload;
    if (!end->session)
        return;
    flush(end);
    send_flight(cable_other(end), FLIGHT_CLOSE, NULL);
    event_queue_add(events, events->now_us + CABLE_CLOSE_MS * 1000, fire_end, end, NULL);
}

static void on_close(void *connection, unsigned code, const char *reason)
{
    struct cable_end *end = connection;
    (void)code;
    (void)reason;
    if (end->is_closing || end->is_gone)
        return;
    end->is_closing = true;
    event_queue_add(end->cable->cables->events, 0, fire_close, end, NULL);
}

/* Links are never paused. */
static void on_pause(void *connection)
{
    (void)connection;
}

const struct transport cable_transport = {
    .wake = wake,
    .close = on_close,
    .pause = on_pause,
    .resume = on_pause,
};

void cable_cut(struct cable *cable)
{
    cable->is_cut = true;
    drop_flights(&cable->ends[0]);
    drop_flights(&cable->ends[1]);
}

static void catch_up(struct cable_end *end)
{
    struct event_queue *events = end->cable->cables->events;
    if (end->is_stopped || end->cable->is_stopped)
        return;
    for (; end->waiting > 0; end->waiting--)
        event_queue_add(events, 0, fire_arrival, end, NULL);
}

void cable_stop(struct cable *cable, bool is_stopped)
{
    cable->is_stopped = is_stopped;
    catch_up(&cable->ends[0]);
    catch_up(&cable->ends[1]);
}

void cable_stop_end(struct cable_end *end, bool is_stopped)
{
    end->is_stopped = is_stopped;
    catch_up(end);
}

void cable_drop_end(struct cable_end *end)
{
    end->is_closing = true;
    send_flight(cable_other(end), FLIGHT_RESET, NULL);
    end_session(end);
}
