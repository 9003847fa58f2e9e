/* crowd.c — see crowd.h. */
#include "crowd.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLED_MS 1000
#define ANSWER_MS 2000 /* a subscribe takes no longer while all is well */

void crowd_fail(struct crowd *crowd, const char *format, ...)
{
    va_list arguments;
    if (++crowd->failures > 10)
        return;
    printf("  %8.3f s: ", (double)whole_net_ms(crowd->net) / 1000);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void crowd_init(struct crowd *crowd, uint64_t seed, unsigned channels, unsigned passwords)
{
    *crowd = (struct crowd){.chance = {seed}, .channels = channels, .passwords = passwords};
}

void crowd_seat(struct crowd *crowd, struct whole_net *net, unsigned for_each_node)
{
    crowd->net = net;
    crowd->count = net->node_count * for_each_node;
    crowd->people = calloc(crowd->count, sizeof(struct person));
    for (unsigned i = 0; crowd->people && i < crowd->count; i++) {
        struct person *person = &crowd->people[i];
        person->crowd = crowd;
        person->home = net->nodes[i % net->node_count];
        person->seat = i;
        person->others = calloc(crowd->count, sizeof(struct heard_of));
        if (!person->others)
            abort();
    }
}

void crowd_deinit(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->count; i++)
        free(crowd->people[i].others);
    free(crowd->people);
}

static bool is_settled(const struct person *person, uint64_t at_ms)
{
    return person->state == PERSON_IN && person->in_ms + SETTLED_MS <= at_ms;
}

static bool is_with(const struct person *a, const struct person *b)
{
    return a != b && a->channel == b->channel && a->password == b->password;
}

static void come(struct person *person)
{
    struct crowd *crowd = person->crowd;
    char channel[16], password[16];
    person->life++;
    person->number = 0;
    person->expected = person->got = 0;
    memset(person->others, 0, crowd->count * sizeof(struct heard_of));
    person->channel = chance_below(&crowd->chance, crowd->channels);
    person->password = person->channel % 2 ? 1 + chance_below(&crowd->chance, crowd->passwords) : 0;
    person->state = PERSON_ASKS;
    person->asked_ms = whole_net_ms(crowd->net);
    person->client = whole_client_open(person->home, person);
    snprintf(channel, sizeof(channel), "c%u", person->channel);
    snprintf(password, sizeof(password), "p%u", person->password);
    whole_client_subscribe(person->client, channel, person->password ? password : NULL, 1);
}

static void leave(struct person *person)
{
    char channel[16];
    if (person->state == PERSON_IN && chance_below(&person->crowd->chance, 2)) {
        snprintf(channel, sizeof(channel), "c%u", person->channel);
        whole_client_unsubscribe(person->client, channel, 2);
        person->state = PERSON_LEAVES;
        return;
    }
    if (person->client)
        whole_client_leave(person->client);
}

static void talk(struct person *person)
{
    struct crowd *crowd = person->crowd;
    uint64_t now_ms = whole_net_ms(crowd->net);
    char channel[16], text[128];
    snprintf(channel, sizeof(channel), "c%u", person->channel);
    snprintf(text, sizeof(text), "'%u %u %u %u %u %u %" PRIu64 "'", person->seat, person->life,
             ++person->number, person->channel, person->password, crowd->phase, now_ms);
    whole_client_send(person->client, channel, text, 3);
    crowd->sent++;
    for (unsigned i = 0; crowd->is_strict && i < crowd->count; i++) {
        struct person *other = &crowd->people[i];
        other->expected += is_with(person, other) && is_settled(other, now_ms);
    }
}

/* --- What they hear --- */

static void hear_message(struct person *person, const char *text)
{
    struct crowd *crowd = person->crowd;
    unsigned seat, life, number, channel, password, phase;
    uint64_t sent_ms;
    if (sscanf(text, "%u %u %u %u %u %u %" SCNu64, &seat, &life, &number, &channel, &password,
               &phase, &sent_ms) != 7 ||
        seat >= crowd->count) {
        crowd_fail(crowd, "what is %s?", text);
        return;
    }
    struct heard_of *last = &person->others[seat];
    crowd->heard++;
    if (channel != person->channel || password != person->password)
        crowd_fail(crowd, "R5: %u in c%u p%u at %s heard %u of c%u p%u", person->seat,
                   person->channel, person->password, person->home->config.name, seat, channel,
                   password);
    if (person->state != PERSON_IN && person->state != PERSON_LEAVES)
        crowd_fail(crowd, "M1: %u heard %u.%u.%u and is not subscribed (%d)", person->seat, seat,
                   life, number, (int)person->state);
    if (life < last->life || (life == last->life && number <= last->number))
        crowd_fail(crowd, "M1: %u at %s heard %u.%u.%u of %s after %u.%u", person->seat,
                   person->home->config.name, seat, life, number,
                   crowd->people[seat].home->config.name, last->life, last->number);
    *last = (struct heard_of){life, number};
    if (crowd->is_strict && phase == crowd->phase && is_settled(person, sent_ms))
        person->got++;
}

static void hear_answer(struct person *person, const char *text, unsigned nonce)
{
    struct crowd *crowd = person->crowd;
    bool is_ok = strstr(text, "\"ok\":true") != NULL;
    if (nonce == 1 && is_ok) {
        person->state = PERSON_IN;
        person->in_ms = whole_net_ms(crowd->net);
        crowd->opened++;
    } else if (nonce == 1) {
        person->state = PERSON_OUT;
        crowd->refused += strstr(text, "invalid password") != NULL;
        crowd->busy += strstr(text, "busy") != NULL;
        if (!strstr(text, "invalid password") && !strstr(text, "busy"))
            crowd_fail(crowd, "subscribe: %s", text);
    } else if (nonce == 2) {
        person->state = PERSON_OUT;
    } else if (!is_ok && crowd->is_strict) {
        crowd_fail(crowd, "%u at %s hears %s", person->seat, person->home->config.name, text);
    }
    if (nonce == 1 && person->asked_ms + ANSWER_MS < whole_net_ms(crowd->net) && crowd->is_strict)
        crowd_fail(crowd, "an answer after %" PRIu64 " ms",
                   whole_net_ms(crowd->net) - person->asked_ms);
}

static void on_heard(void *context, struct whole_client *client, const char *bytes, size_t len)
{
    struct crowd *crowd = context;
    struct person *person = client->user;
    char *text = strndup(bytes, len);
    if (!text)
        abort();
    const char *message = strstr(text, "\"message\":\"");
    const char *nonce = strstr(text, "\"nonce\":");
    if (message) {
        hear_message(person, message + strlen("\"message\":\""));
    } else if (strstr(text, "\"type\":\"response\"") && nonce) {
        hear_answer(person, text, (unsigned)atoi(nonce + strlen("\"nonce\":")));
    } else {
        crowd->lost++;
        person->state = PERSON_OUT;
        if (crowd->is_strict)
            crowd_fail(crowd, "%u at %s hears %s", person->seat, person->home->config.name, text);
    }
    free(text);
}

static void on_closed(void *context, struct whole_client *client, unsigned code)
{
    struct person *person = client->user;
    (void)context;
    (void)code;
    person->state = PERSON_AWAY;
    person->client = NULL;
}

struct whole_watch crowd_watch(struct crowd *crowd)
{
    return (struct whole_watch){.context = crowd, .heard = on_heard, .closed = on_closed};
}

/* --- What they do --- */

void crowd_phase(struct crowd *crowd, bool is_strict)
{
    crowd->phase++;
    crowd->is_strict = is_strict;
    for (unsigned i = 0; i < crowd->count; i++)
        crowd->people[i].expected = crowd->people[i].got = 0;
}

void crowd_act(struct crowd *crowd)
{
    struct person *person = &crowd->people[chance_below(&crowd->chance, crowd->count)];
    unsigned dice = chance_below(&crowd->chance, 10);
    if (!person->home->is_alive || person->home->is_frozen)
        return;
    if (person->state == PERSON_AWAY)
        come(person);
    else if (person->state == PERSON_IN && dice > 0)
        talk(person);
    else if (person->state != PERSON_ASKS || dice == 0)
        leave(person);
}

void crowd_all_talk(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->count; i++) {
        if (crowd->people[i].state == PERSON_IN)
            talk(&crowd->people[i]);
    }
}

void crowd_all_leave(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->count; i++) {
        if (crowd->people[i].client)
            whole_client_leave(crowd->people[i].client);
    }
}

void crowd_check(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->count; i++) {
        const struct person *person = &crowd->people[i];
        if (person->state == PERSON_IN && person->got != person->expected)
            crowd_fail(crowd, "M1: %u at %s in c%u heard %" PRIu64 " of %" PRIu64, person->seat,
                       person->home->config.name, person->channel, person->got, person->expected);
        if (person->state == PERSON_ASKS && person->asked_ms + ANSWER_MS < whole_net_ms(crowd->net))
            crowd_fail(crowd, "%u at %s has no answer for c%u", person->seat,
                       person->home->config.name, person->channel);
    }
}
