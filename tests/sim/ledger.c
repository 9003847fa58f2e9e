/* ledger.c — see ledger.h. */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

void ledger_init(struct ledger *ledger, const struct sim *sim, unsigned node_count)
{
    *ledger = (struct ledger){.sim = sim, .node_count = node_count};
    ledger->of_sender = must(calloc(node_count, sizeof(size_t *)));
    ledger->sent = must(calloc(node_count, sizeof(unsigned)));
    ledger->last = must(calloc((size_t)node_count * node_count, sizeof(unsigned)));
    ledger->since_us = must(calloc(node_count, sizeof(uint64_t)));
}

void ledger_deinit(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        free(ledger->messages[i].arrived);
    for (unsigned i = 0; i < ledger->node_count; i++)
        free(ledger->of_sender[i]);
    free(ledger->messages);
    free(ledger->of_sender);
    free(ledger->sent);
    free(ledger->last);
    free(ledger->since_us);
}

static void grow(struct ledger *ledger)
{
    ledger->capacity = ledger->capacity ? ledger->capacity * 2 : 1024;
    ledger->messages = must(realloc(ledger->messages, ledger->capacity * sizeof(struct message)));
}

void ledger_send(struct ledger *ledger, unsigned sender, char text[9])
{
    if (ledger->count == ledger->capacity)
        grow(ledger);
    unsigned number = ++ledger->sent[sender];
    size_t **places = &ledger->of_sender[sender];
    *places = must(realloc(*places, (number + 1) * sizeof(size_t)));
    (*places)[number] = ledger->count;
    ledger->messages[ledger->count++] = (struct message){
        .sender = sender,
        .number = number,
        .sent_us = sim_now_us(ledger->sim),
        .arrived = must(calloc(ledger->node_count / 64 + 1, sizeof(uint64_t))),
    };
    snprintf(text, 9, "%08u", number % 100000000);
}

static void fault(struct ledger *ledger, const char *what, unsigned receiver, unsigned sender,
                  unsigned number)
{
    if (ledger->faults++ < 5)
        printf("  fault: message %u of node-%u %s on node-%u at %.3f s\n", number, sender, what,
               receiver, (double)sim_now_us(ledger->sim) / 1e6);
}

static void measure(struct ledger *ledger, uint64_t took_us)
{
    uint64_t ms = took_us / 1000;
    ledger->latencies[ms < LEDGER_LATENCY_MAX_MS ? ms : LEDGER_LATENCY_MAX_MS]++;
    ledger->measured++;
    if (took_us > ledger->latency_max_us)
        ledger->latency_max_us = took_us;
    if (ledger->slow_us && took_us > ledger->slow_us)
        ledger->last_slow_us = sim_now_us(ledger->sim);
}

void ledger_deliver(struct ledger *ledger, unsigned receiver, unsigned sender, const char *text)
{
    unsigned number = (unsigned)strtoul(text, NULL, 10);
    if (number == 0 || number > ledger->sent[sender] || receiver == sender) {
        fault(ledger, "arrived and was never sent", receiver, sender, number);
        return;
    }
    struct message *message = &ledger->messages[ledger->of_sender[sender][number]];
    uint64_t bit = UINT64_C(1) << (receiver % 64);
    unsigned *last = &ledger->last[(size_t)receiver * ledger->node_count + sender];
    bool is_ordered = !sim_is_plain(ledger->sim, receiver) && !sim_is_plain(ledger->sim, sender);
    if (message->arrived[receiver / 64] & bit)
        fault(ledger, "arrived twice", receiver, sender, number);
    else if (is_ordered && number <= *last)
        fault(ledger, "came out of order", receiver, sender, number);
    message->arrived[receiver / 64] |= bit;
    *last = number;
    ledger->deliveries++;
    if (message->sent_us >= ledger->from_us)
        measure(ledger, sim_now_us(ledger->sim) - message->sent_us);
}

void ledger_restarted(struct ledger *ledger, unsigned node)
{
    ledger->since_us[node] = sim_now_us(ledger->sim);
    for (unsigned sender = 0; sender < ledger->node_count; sender++)
        ledger->last[(size_t)node * ledger->node_count + sender] = 0;
    for (size_t i = 0; i < ledger->count; i++)
        ledger->messages[i].arrived[node / 64] &= ~(UINT64_C(1) << (node % 64));
}

bool ledger_is_settled(const struct ledger *ledger, unsigned node, uint64_t ms)
{
    uint64_t since_us = ledger->since_us[node];
    return since_us == 0 || since_us + ms * 1000 <= sim_now_us(ledger->sim);
}

void ledger_measure(struct ledger *ledger, uint64_t from_ms, uint64_t slow_us)
{
    ledger->from_us = from_ms * 1000;
    memset(ledger->latencies, 0, sizeof(ledger->latencies));
    ledger->measured = ledger->latency_max_us = 0;
    ledger->slow_us = slow_us;
    ledger->last_slow_us = 0;
}

unsigned ledger_percentile(const struct ledger *ledger, double share)
{
    uint64_t left = (uint64_t)((double)ledger->measured * share);
    for (unsigned ms = 0; ms < LEDGER_LATENCY_MAX_MS; ms++) {
        if (ledger->latencies[ms] >= left)
            return ms;
        left -= ledger->latencies[ms];
    }
    return LEDGER_LATENCY_MAX_MS;
}

static bool was_there(const struct ledger *ledger, const struct message *message, unsigned receiver,
                      uint64_t grace_ms)
{
    return receiver != message->sender && sim_is_alive(ledger->sim, receiver) &&
           (ledger->since_us[receiver] == 0 ||
            ledger->since_us[receiver] + grace_ms * 1000 <= message->sent_us);
}

uint64_t ledger_lost(const struct ledger *ledger, uint64_t grace_ms,
                     bool (*entitled)(void *context, const struct message *message,
                                      unsigned receiver),
                     void *context)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct message *message = &ledger->messages[i];
        if (!sim_is_alive(ledger->sim, message->sender) ||
            (ledger->since_us[message->sender] &&
             ledger->since_us[message->sender] >= message->sent_us))
            continue;
        for (unsigned node = 0; node < ledger->node_count; node++) {
            bool has = message->arrived[node / 64] >> (node % 64) & 1;
            if (!has && was_there(ledger, message, node, grace_ms) &&
                entitled(context, message, node))
                lost++;
        }
    }
    return lost;
}
