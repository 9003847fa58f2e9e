/* tree_fixture.c — see tree_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree_fixture.h"

#include "spread/source.h"

__attribute__((format(printf, 2, 3))) static void say(struct tree_fixture *fixture,
                                                      const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    buf_add_text(&fixture->said, line);
    buf_add_text(&fixture->said, ";");
}

static void forward(void *context, unsigned link, struct packet *packet)
{
    say(context, "forward %u %.*s %" PRIu64, link, (int)packet->head.source.len,
        packet->head.source.at, packet->number.seq);
}

static void say_have(struct tree_fixture *fixture, unsigned link, const struct link_row *row)
{
    char dist[16] = "?";
    if (row->source.len == 4 && memcmp(row->source.at, "self", 4) == 0)
        return;
    if (row->dist_ms != DIST_UNKNOWN)
        snprintf(dist, sizeof(dist), "%" PRIu32, row->dist_ms);
    say(fixture, "have %u %.*s %" PRIu64 " %s", link, (int)row->source.len, row->source.at,
        row->seq, dist);
    fixture->said_row = *row;
}

static void tell(void *context, unsigned link, const struct link_packet *packet)
{
    static const char *const names[] = {"prune", "graft", "gone", "leave"};
    for (uint32_t i = 0; i < packet->count; i++) {
        const struct link_row *row = &packet->rows[i];
        if (packet->kind == LINK_HAVE)
            say_have(context, link, row);
        else if (packet->kind == LINK_PRUNE)
            say(context, "prune %u %.*s", link, (int)row->source.len, row->source.at);
        else
            say(context, "%s %u %.*s %" PRIu64, names[packet->kind], link, (int)row->source.len,
                row->source.at, row->seq);
    }
}

static void deliver(void *context, struct packet *packet)
{
    struct tree_fixture *fixture = context;
    say(fixture, "deliver %.*s %" PRIu64, (int)packet->head.source.len, packet->head.source.at,
        packet->number.seq);
    for (; fixture->answers > 0; fixture->answers--)
        publish(fixture);
}

static size_t queued_bytes(void *context, unsigned link)
{
    return ((struct tree_fixture *)context)->queued[link];
}

static void left(void *context, unsigned link, struct text source)
{
    say(context, "left %u %.*s", link, (int)source.len, source.at);
}

static uint32_t draw(void *context)
{
    return ((struct tree_fixture *)context)->random;
}

static uint64_t read_ms(void *context)
{
    return ((struct tree_fixture *)context)->now_ms;
}

void tree_fixture_init(struct tree_fixture *fixture)
{
    *fixture = (struct tree_fixture){.now_ms = 3600000, .random = 50};
    struct tree_owner owner = {
        .clock = {read_ms, fixture},
        .context = fixture,
        .forward = forward,
        .tell = tell,
        .deliver = deliver,
        .queued_bytes = queued_bytes,
        .left = left,
        .random = draw,
    };
    fixture->tree = tree_new(&owner, &(struct hash_key){1, 2}, TEXT("self"), BOOT);
    assert_non_null(fixture->tree);
}

void tree_fixture_deinit(struct tree_fixture *fixture)
{
    tree_free(fixture->tree);
    buf_deinit(&fixture->said);
}

void links_up(struct tree_fixture *fixture, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(tree_link_up(fixture->tree, first + i, false, LATENCY_MS), 0);
    forget_said(fixture);
}

void plain_up(struct tree_fixture *fixture, unsigned link)
{
    assert_int_equal(tree_link_up(fixture->tree, link, true, LATENCY_MS), 0);
}

struct packet *packet_of(const char *source, const char *nonce, enum inm_type type, size_t len)
{
    struct packet_head head = {type, {source, strlen(source)}, TEXT("*"), {nonce, strlen(nonce)}};
    char *bytes = calloc(1, len + 1);
    assert_non_null(bytes);
    struct packet *packet = packet_new(&head, bytes, len);
    assert_non_null(packet);
    free(bytes);
    return packet;
}

void arrive_as(struct tree_fixture *fixture, unsigned link, const char *source, const char *nonce,
               enum inm_type type, size_t len)
{
    struct packet *packet = packet_of(source, nonce, type, len);
    tree_receive(fixture->tree, link, packet);
    packet_unref(packet);
}

void arrive(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
            uint64_t seq)
{
    char nonce[INM_NONCE_OURS_MAX + 1];
    nonce[inm_nonce_write(nonce, boot, seq)] = '\0';
    arrive_as(fixture, link, source, nonce, INM_MESSAGE, 100);
}

void publish(struct tree_fixture *fixture)
{
    char nonce[INM_NONCE_OURS_MAX + 1];
    nonce[tree_nonce(fixture->tree, nonce)] = '\0';
    struct packet *packet = packet_of("self", nonce, INM_MESSAGE, 100);
    tree_publish(fixture->tree, packet);
    packet_unref(packet);
}

static void hear(struct tree_fixture *fixture, unsigned link, enum link_kind kind,
                 struct link_row row)
{
    static struct link_packet packet; /* too large for a test's stack under a sanitizer */
    packet.kind = kind;
    packet.count = 1;
    packet.rows[0] = row;
    tree_hear(fixture->tree, link, &packet);
}

static struct text text_of(const char *text)
{
    return (struct text){text, strlen(text)};
}

void hear_prune(struct tree_fixture *fixture, unsigned link, const char *source)
{
    hear(fixture, link, LINK_PRUNE, (struct link_row){.source = text_of(source)});
}

void hear_graft(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
                uint64_t from)
{
    hear(fixture, link, LINK_GRAFT,
         (struct link_row){.source = text_of(source), .boot = boot, .seq = from});
}

void hear_gone(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
               uint64_t upto)
{
    hear(fixture, link, LINK_GONE,
         (struct link_row){.source = text_of(source), .boot = boot, .seq = upto});
}

void hear_leave(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
                uint32_t beat)
{
    hear(fixture, link, LINK_LEAVE,
         (struct link_row){.source = text_of(source), .boot = boot, .seq = beat});
}

void hear_have(struct tree_fixture *fixture, unsigned link, const char *source, uint64_t boot,
               uint64_t seq, uint32_t dist_ms, uint32_t beat)
{
    hear(
        fixture, link, LINK_HAVE,
        (struct link_row){
            .source = text_of(source), .boot = boot, .seq = seq, .dist_ms = dist_ms, .beat = beat});
}

void hear_row(struct tree_fixture *fixture, unsigned link, const struct link_row *row)
{
    hear(fixture, link, LINK_HAVE, *row);
}

void pass_ms(struct tree_fixture *fixture, uint64_t ms)
{
    uint64_t until_ms = fixture->now_ms + ms;
    uint64_t due_ms;
    while ((due_ms = tree_due_ms(fixture->tree)) <= until_ms) {
        fixture->now_ms = due_ms > fixture->now_ms ? due_ms : fixture->now_ms;
        tree_tick(fixture->tree);
    }
    fixture->now_ms = until_ms;
}

void forget_said(struct tree_fixture *fixture)
{
    buf_clear(&fixture->said);
}

void tree_assert_said(struct tree_fixture *fixture, const char *text, const char *file, int line)
{
    buf_add_byte(&fixture->said, '\0');
    if (strcmp(fixture->said.bytes, text) != 0) {
        print_error("said:   %s\nwanted: %s\n", fixture->said.bytes, text);
        _fail(file, line);
    }
    buf_clear(&fixture->said);
}
