/* run.c — see run.h. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "topology.h"

#define ASK_MS 20000
#define SOON_MS 2500

/* Whose answer this is. */
static struct ask *find_ask(struct run *run, unsigned node, const struct inm_packet *packet)
{
    for (unsigned i = 0; i < run->ask_count; i++) {
        struct ask *ask = &run->asks[i];
        for (unsigned attempt = 0; ask->node == node && attempt <= ROUTE_FLOOD; attempt++) {
            if (packet->nonce_len == ROUTE_NONCE_LEN &&
                memcmp(ask->nonces[attempt], packet->nonce, ROUTE_NONCE_LEN) == 0)
                return ask;
        }
    }
    return NULL;
}

static void note_answer(struct run *run, unsigned node, const struct inm_packet *packet)
{
    struct ask *ask = find_ask(run, node, packet);
    if (!ask || ask->is_answered)
        return;
    ask->is_answered = true;
    run->answered++;
    run->answered_first += ask->attempt == ROUTE_BEST;
    run->answered_soon += sim_now_ms(run->sim) <= run->trouble_ms + SOON_MS;
}

/* `node-<number>`, which has no NUL behind it. */
static unsigned number_of(const struct inm_packet *packet)
{
    unsigned number = 0;
    for (size_t i = strlen("node-"); i < packet->source_len; i++)
        number = number * 10 + (unsigned)(packet->source[i] - '0');
    return number;
}

static void delivered(void *context, unsigned node, const struct inm_packet *packet)
{
    struct run *run = context;
    char text[9] = {0};
    if (packet->type == INM_RESPONSE) {
        note_answer(run, node, packet);
        return;
    }
    memcpy(text, packet->message.at + 1, 8);
    ledger_deliver(&run->ledger, node, number_of(packet), text);
}

void run_init(struct run *run, const struct scenario_options *options)
{
    *run = (struct run){.options = *options};
    run->sim = sim_new(options->seed, (struct sim_observer){run, delivered});
    ledger_init(&run->ledger, run->sim, options->nodes);
}

void run_deinit(struct run *run)
{
    ledger_deinit(&run->ledger);
    sim_free(run->sim);
    free(run->asks);
    free(run->cut_part);
}

void run_until(struct run *run, uint64_t ms)
{
    sim_run_until(run->sim, ms);
}

static void publish(void *context, unsigned node)
{
    struct run *run = context;
    char text[9];
    unsigned period_ms = run->options.period_ms;
    if (run->is_over)
        return;
    if (sim_is_alive(run->sim, node)) {
        ledger_send(&run->ledger, node, text);
        sim_publish(run->sim, node, text);
    }
    sim_at(run->sim,
           sim_now_ms(run->sim) + period_ms / 2 + chance_below(sim_chance(run->sim), period_ms),
           publish, run, node);
}

void run_start_traffic(struct run *run)
{
    unsigned senders = run->options.senders ? run->options.senders : run->options.nodes;
    for (unsigned node = 0; node < senders; node++) {
        uint64_t wait_ms = chance_below(sim_chance(run->sim), run->options.period_ms);
        sim_at(run->sim, sim_now_ms(run->sim) + wait_ms, publish, run, node);
    }
}

/* One attempt, and the next one planned. */
static void ask(void *context, unsigned number)
{
    struct run *run = context;
    struct ask *asked = &run->asks[number];
    if (asked->is_answered || sim_now_ms(run->sim) > run->trouble_ms + ASK_MS)
        return;
    if (asked->nonces[ROUTE_BEST][0] && asked->attempt < ROUTE_FLOOD)
        asked->attempt++;
    sim_ask(run->sim, asked->node, asked->destination, asked->attempt,
            asked->nonces[asked->attempt]);
    sim_at(run->sim,
           sim_now_ms(run->sim) + sim_patience_ms(run->sim, asked->node, asked->destination), ask,
           run, number);
}

/* Another node of the same part, or the node itself where chance finds none. */
static unsigned any_other(struct run *run, const unsigned *part, unsigned node)
{
    for (unsigned try = 0; try < 1000; try++) {
        unsigned other = chance_below(sim_chance(run->sim), run->options.nodes);
        if (other != node && part[other] == part[node])
            return other;
    }
    return node;
}

static void plan_ask(struct run *run, const unsigned *part, unsigned node)
{
    unsigned other = any_other(run, part, node);
    if (other == node)
        return;
    run->asks[run->ask_count] = (struct ask){.node = node, .destination = other};
    sim_at(run->sim, run->trouble_ms, ask, run, run->ask_count);
    run->ask_count++;
}

void run_ask_all(struct run *run)
{
    run->asks = calloc(run->options.nodes, sizeof(struct ask));
    unsigned *part = calloc(run->options.nodes, sizeof(*part));
    if (!run->asks || !part)
        abort();
    topology_parts(run->sim, topology_whole, part);
    for (unsigned node = 0; node < run->options.nodes; node++) {
        if (sim_is_alive(run->sim, node) && !sim_is_plain(run->sim, node))
            plan_ask(run, part, node);
    }
    free(part);
    run_until(run, run->trouble_ms + ASK_MS);
}
