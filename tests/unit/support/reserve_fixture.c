/* reserve_fixture.c — see the header. */
#include "reserve_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void say(struct reserve_fixture *fixture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct reserve_fixture *fixture, const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    assert_true(len > 0 && (size_t)len < sizeof(line));
    buf_add(&fixture->said, line, (size_t)len);
    buf_add_byte(&fixture->said, '\n');
}

struct password_hash test_hash(unsigned password)
{
    struct password_hash hash = {.is_set = password > 0};
    memset(hash.bytes, (int)password, hash.is_set ? PASSWORD_HASH_LEN : 0);
    return hash;
}

static unsigned password_of(const struct password_hash *hash)
{
    return hash->is_set ? hash->bytes[0] : 0;
}

struct claim test_claim(const char *name, unsigned password, enum claim_state state,
                        uint64_t stamp_ms, const char *stamp_node)
{
    return (struct claim){
        .name = name,
        .name_len = strlen(name),
        .hash = test_hash(password),
        .stamp = {stamp_ms, stamp_node},
        .state = state,
    };
}

static uint64_t read_ms(void *context)
{
    return ((struct reserve_fixture *)context)->now_ms;
}

static uint64_t wall_ms(void *context)
{
    return ((struct reserve_fixture *)context)->wall_ms;
}

static uint64_t random_number(void *context)
{
    (void)context;
    return 0; /* the last link is picked */
}

static void broadcast(void *context, const struct claim_command *command)
{
    struct reserve_fixture *fixture = context;
    int len = (int)command->name_len;
    unsigned long long version = command->version;
    assert_true(command->has_claim);
    assert_int_equal(command->boot, BOOT);
    if (command->kind == CLAIM_UNRESERVE)
        say(fixture, "unreserve %.*s v%llu", len, command->name, version);
    else if (command->is_released)
        say(fixture, "reserve %.*s %u released v%llu", len, command->name,
            password_of(&command->hash), version);
    else
        say(fixture, "reserve %.*s %u %s %llu/%s v%llu%s", len, command->name,
            password_of(&command->hash), command->claim.state == CLAIM_OPEN ? "open" : "tentative",
            (unsigned long long)command->claim.stamp.ms, command->claim.stamp.node, version,
            command->claim.is_unconfirmed ? " unconfirmed" : "");
}

static void tell(void *context, const char *peer, const struct claim_command *command)
{
    assert_false(command->has_claim);
    if (command->kind == CLAIM_UNRESERVE)
        say(context, "tell %s unreserve %.*s", peer, (int)command->name_len, command->name);
    else
        say(context, "tell %s reserve %.*s %u", peer, (int)command->name_len, command->name,
            password_of(&command->hash));
}

static void vote(void *context, const char *owner, const struct claim_vote *vote)
{
    say(context, "vote %s %.*s v%llu %s", owner, (int)vote->name_len, vote->name,
        (unsigned long long)vote->version, vote->is_ok ? "yes" : "no");
}

static void request(void *context, uint64_t link, uint64_t round, struct claim_digest *digest)
{
    struct reserve_fixture *fixture = context;
    struct buf text = {0};
    claim_digest_write(&text, digest);
    say(fixture, "request %llu %.*s", (unsigned long long)link, (int)text.len, text.bytes);
    buf_deinit(&text);
    fixture->round = round;
}

static size_t local_subscribers(void *context, const char *name, size_t name_len)
{
    (void)name, (void)name_len;
    return ((struct reserve_fixture *)context)->subscribers;
}

static void opened(void *context, const char *name, size_t name_len,
                   const struct password_hash *hash)
{
    struct reserve_fixture *fixture = context;
    say(fixture, "opened %.*s %u", (int)name_len, name, password_of(hash));
    if (fixture->releases)
        reserve_release(fixture, fixture->releases);
}

static void refused(void *context, const char *name, size_t name_len, enum client_reason reason)
{
    say(context, "refused %.*s %s", (int)name_len, name,
        reason == REASON_BUSY ? "busy" : "invalid password");
}

static void lost(void *context, const char *name, size_t name_len)
{
    say(context, "lost %.*s", (int)name_len, name);
}

void reserve_fixture_init(struct reserve_fixture *fixture, enum reserve_mode mode)
{
    *fixture = (struct reserve_fixture){.wall_ms = 1000, .subscribers = 1};
    const struct reservation_config config = {
        .node = "node-a",
        .boot = BOOT,
        .mode = mode,
        .claims_max = 1000,
        .key = {1, 2},
        .clock = {read_ms, fixture},
    };
    const struct reservation_calls calls = {
        .wall_ms = wall_ms,
        .random = random_number,
        .broadcast = broadcast,
        .tell = tell,
        .vote = vote,
        .request = request,
        .local_subscribers = local_subscribers,
        .opened = opened,
        .refused = refused,
        .lost = lost,
        .context = fixture,
    };
    fixture->reservation = reservation_new(&config, &calls);
    assert_non_null(fixture->reservation);
}

void reserve_fixture_deinit(struct reserve_fixture *fixture)
{
    reservation_free(fixture->reservation);
    buf_deinit(&fixture->said);
}

void reserve_pass_ms(struct reserve_fixture *fixture, uint64_t ms)
{
    fixture->now_ms += ms;
    fixture->wall_ms += ms;
    reservation_tick(fixture->reservation);
}

void reserve_up(struct reserve_fixture *fixture, const char *node)
{
    assert_int_equal(reservation_node_up(fixture->reservation, node, false), 0);
}

void reserve_plain_up(struct reserve_fixture *fixture, const char *peer)
{
    assert_int_equal(reservation_node_up(fixture->reservation, peer, true), 0);
}

enum reserve_outcome reserve_open(struct reserve_fixture *fixture, const char *name,
                                  unsigned password)
{
    struct password_hash hash = test_hash(password);
    return reservation_open(fixture->reservation, name, strlen(name), &hash);
}

void reserve_release(struct reserve_fixture *fixture, const char *name)
{
    reservation_release(fixture->reservation, name, strlen(name));
}

enum claim_verdict reserve_hears(struct reserve_fixture *fixture, const char *node,
                                 const char *name, unsigned password, enum claim_state state,
                                 uint64_t stamp_ms, uint64_t version)
{
    const struct claim_command command = {
        .kind = CLAIM_RESERVE,
        .name = name,
        .name_len = strlen(name),
        .hash = test_hash(password),
        .has_claim = true,
        .claim = test_claim(name, password, state, stamp_ms, node),
        .boot = 1,
        .version = version,
    };
    return reservation_command(fixture->reservation, node, &command);
}

void reserve_hears_unreserve(struct reserve_fixture *fixture, const char *node, const char *name,
                             uint64_t version)
{
    const struct claim_command command = {
        .kind = CLAIM_UNRESERVE,
        .name = name,
        .name_len = strlen(name),
        .has_claim = true,
        .boot = 1,
        .version = version,
    };
    assert_int_equal(reservation_command(fixture->reservation, node, &command), CLAIM_NO_VOTE);
}

void reserve_gets_vote(struct reserve_fixture *fixture, const char *node, const char *name,
                       uint64_t version, bool is_ok)
{
    const struct claim_vote vote = {name, strlen(name), BOOT, version, is_ok};
    reservation_vote(fixture->reservation, node, &vote);
}

static void read_digest(struct claim_digest *digest, const char *text)
{
    assert_int_equal(claim_digest_read(digest, text, strlen(text)), 0);
}

const char *reserve_asked(struct reserve_fixture *fixture, uint64_t link, const char *text)
{
    static char answer[4096];
    struct claim_digest in = {0}, out = {0};
    struct buf written = {0};
    read_digest(&in, text);
    reservation_asked(fixture->reservation, link, &in, &out);
    claim_digest_write(&written, &out);
    assert_true(written.len < sizeof(answer));
    memcpy(answer, written.bytes, written.len);
    answer[written.len] = '\0';
    buf_deinit(&written);
    claim_digest_deinit(&out);
    claim_digest_deinit(&in);
    return answer;
}

void reserve_answered(struct reserve_fixture *fixture, uint64_t link, const char *text)
{
    struct claim_digest in = {0};
    read_digest(&in, text);
    reservation_answered(fixture->reservation, link, fixture->round, &in);
    claim_digest_deinit(&in);
}

void reserve_assert_said(struct reserve_fixture *fixture, const char *text, const char *file,
                         int line)
{
    buf_add_byte(&fixture->said, '\0');
    _assert_string_equal(fixture->said.bytes, text, file, line);
    buf_clear(&fixture->said);
}
