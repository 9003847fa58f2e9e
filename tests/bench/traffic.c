/* traffic.c — closed loop: a channel always has `window` messages in flight. Open loop: messages
 * fall due at a rate, and latency counts from when a message was due, so a server that falls behind
 * shows it. */
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

#define SECOND 1000000000ULL

enum { STALL_SECONDS = 5, SETTLE_MS = 300, POLL_MS = 20 };

struct traffic {
    const struct options *options;
    struct fleet fleet;
    struct channel *channels;
    struct traffic_result *result;
    bool closing;        /* nothing more is published */
    uint64_t started;    /* the first message is due */
    uint64_t moved_at;   /* the last time that a delivery came */
    uint64_t moved_last; /* deliveries at that time */
};

static void on_event(struct fleet *fleet, struct conn *conn, const struct event *event)
{
    struct traffic *traffic = fleet->owner;
    struct tally *tally = &traffic->result->tally;
    if (event->kind == EVENT_REFUSED) {
        tally->refused++;
    } else if (event->kind == EVENT_OK) {
        tally->answers++;
    } else if (conn->role == PUBLISHER) {
        tally->stray++;
    } else {
        verify_delivery(tally, &traffic->channels[conn->channel], conn, event->data, event->length,
                        fleet->now);
    }
}

static void on_writable(struct fleet *fleet, struct conn *conn)
{
    struct traffic *traffic = fleet->owner;
    channel_flush(fleet, &traffic->channels[conn->channel]);
}

static bool set_up(struct traffic *traffic)
{
    const struct options *options = traffic->options;
    struct fleet *fleet = &traffic->fleet;
    if (!fleet_init(fleet, options, options->subscribers + options->channels)) {
        return false;
    }
    fleet->owner = traffic;
    fleet->on_event = on_event;
    fleet->on_writable = on_writable;
    traffic->channels = calloc(options->channels, sizeof *traffic->channels);
    for (unsigned i = 0; i < options->channels; i++) {
        if (traffic->channels == NULL || !channel_init(&traffic->channels[i], options, i)) {
            fleet_fail(fleet, "out of memory");
            return false;
        }
        struct conn *publisher = &fleet->conns[options->subscribers + i];
        publisher->role = PUBLISHER;
        publisher->channel = i;
        traffic->channels[i].publisher = publisher;
    }
    for (unsigned i = 0; i < options->subscribers; i++) {
        fleet->conns[i].channel = i % options->channels;
        traffic->channels[i % options->channels].subscribers++;
    }
    return fleet_connect(fleet, 0, fleet->count);
}

static uint64_t interval(const struct options *options)
{
    return (uint64_t)(1e9 * options->channels / options->rate);
}

/* The number of messages that a channel should have published by now. */
static uint64_t due(const struct traffic *traffic, const struct channel *channel, uint64_t now)
{
    const struct options *options = traffic->options;
    uint64_t target = options->rate > 0 ? 1 + (now - traffic->started) / interval(options)
                                        : channel->done + options->window;
    uint64_t room = channel->done + channel->slots;
    target = target < room ? target : room;
    if (options->messages > 0 && target > options->messages) {
        target = options->messages;
    }
    return target;
}

static void publish(struct traffic *traffic, uint64_t now)
{
    const struct options *options = traffic->options;
    for (unsigned i = 0; i < options->channels; i++) {
        struct channel *channel = &traffic->channels[i];
        uint64_t target = due(traffic, channel, now);
        if (target <= channel->published || channel->subscribers == 0) {
            continue;
        }
        while (channel->published < target) {
            uint64_t when =
                options->rate > 0 ? traffic->started + channel->published * interval(options) : now;
            channel_publish(channel, when);
        }
        channel_flush(&traffic->fleet, channel);
    }
}

static bool all_done(const struct traffic *traffic)
{
    uint64_t published = 0;
    for (unsigned i = 0; i < traffic->options->channels; i++) {
        const struct channel *channel = &traffic->channels[i];
        if (channel->done < channel->published) {
            return false;
        }
        published += channel->published;
    }
    const struct tally *tally = &traffic->result->tally;
    return !traffic->options->dialect->answers || tally->answers + tally->refused >= published;
}

static bool stalled(struct traffic *traffic, uint64_t now)
{
    uint64_t moved = traffic->result->tally.delivered + traffic->result->tally.answers;
    if (moved != traffic->moved_last || all_done(traffic)) {
        traffic->moved_last = moved;
        traffic->moved_at = now;
    }
    return now - traffic->moved_at > STALL_SECONDS * SECOND;
}

/* How long nothing can fall due. */
static uint64_t patience(const struct traffic *traffic, uint64_t now)
{
    uint64_t longest = POLL_MS * 1000000ULL;
    if (traffic->options->rate <= 0 || traffic->closing) {
        return longest;
    }
    uint64_t step = interval(traffic->options);
    uint64_t left = step - (now - traffic->started) % step;
    return left < longest ? left : longest;
}

/* Runs until `until`, or until all is done when everything that there is was published. */
static bool run_until(struct traffic *traffic, uint64_t until)
{
    bool finite = traffic->closing || traffic->options->messages > 0;
    uint64_t now = clock_now();
    while (now < until) {
        if (!traffic->closing) {
            publish(traffic, now);
        }
        if (!fleet_poll(&traffic->fleet, patience(traffic, now))) {
            return false;
        }
        now = clock_now();
        if (stalled(traffic, now)) {
            traffic->result->stalled = true;
            return false;
        }
        if (finite && all_done(traffic) &&
            (traffic->closing || traffic->channels[0].published >= traffic->options->messages)) {
            return true;
        }
    }
    return true;
}

static bool measure(struct traffic *traffic)
{
    const struct options *options = traffic->options;
    struct traffic_result *result = traffic->result;
    struct process_tree tree;
    process_tree_find(&tree, options->servers, options->server_count);
    traffic->moved_at = traffic->started = clock_now();
    if (options->messages == 0 &&
        !run_until(traffic, traffic->started + (uint64_t)(options->warmup * 1e9))) {
        return false;
    }
    double seconds = options->messages > 0 ? 3600 : options->seconds;
    histogram_reset(&result->tally.latency);
    result->server_cpu = process_tree_cpu(&tree);
    result->load_cpu = process_own_cpu();
    result->machine_cpu = machine_cpu();
    result->deliveries = result->tally.delivered;
    uint64_t began = clock_now();
    bool fine = run_until(traffic, began + (uint64_t)(seconds * 1e9));
    result->seconds = (double)(clock_now() - began) / 1e9;
    result->deliveries = result->tally.delivered - result->deliveries;
    result->server_cpu = process_tree_cpu(&tree) - result->server_cpu;
    result->load_cpu = process_own_cpu() - result->load_cpu;
    result->machine_cpu = machine_cpu() - result->machine_cpu;
    result->server_resident = process_tree_resident(&tree);
    return fine;
}

static void close_books(struct traffic *traffic)
{
    const struct options *options = traffic->options;
    struct traffic_result *result = traffic->result;
    for (unsigned i = 0; i < options->subscribers; i++) {
        struct conn *conn = &traffic->fleet.conns[i];
        verify_end(&result->tally, &traffic->channels[conn->channel], conn);
    }
    for (unsigned i = 0; i < options->channels; i++) {
        result->published += traffic->channels[i].published;
    }
    if (options->dialect->answers) {
        result->answers_missing = result->published - result->tally.answers - result->tally.refused;
    }
}

void traffic_run(const struct options *options, struct traffic_result *result)
{
    struct traffic traffic = {.options = options, .result = result};
    memset(result, 0, sizeof *result);
    if (set_up(&traffic)) {
        traffic.closing = true;
        uint64_t settled = clock_now() + SETTLE_MS * 1000000ULL;
        bool fine = true;
        while (fine && clock_now() < settled) {
            fine = fleet_poll(&traffic.fleet, POLL_MS * 1000000ULL);
        }
        traffic.closing = false;
        struct histogram *latency = malloc(sizeof *latency);
        if (fine && latency != NULL && measure(&traffic)) {
            *latency = result->tally.latency;
            traffic.closing = true;
            run_until(&traffic, clock_now() + 60 * SECOND);
            result->tally.latency = *latency;
        }
        free(latency);
        close_books(&traffic);
    }
    snprintf(result->error, sizeof result->error, "%s", traffic.fleet.error);
    for (unsigned i = 0; traffic.channels != NULL && i < options->channels; i++) {
        channel_free(&traffic.channels[i]);
    }
    free(traffic.channels);
    free(result->tally.gaps);
    fleet_free(&traffic.fleet);
}
