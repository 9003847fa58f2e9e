/* mesh_claims.c — the reservation's words as packets, and its answers to the relay.
 *
 * Source: protocol-notes "reserve-channel", "unreserve-channel", "list-reserved-channels"; mesh.md
 * "Reservation". */
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"
#include "protocol/inm_packet.h"
#include "protocol/json_write.h"
#include "reserve/claim_digest_packet.h"

#define PLAIN_ANSWER_MS 5000
#define NEWS_WAITING_MAX 1000

/* --- What the reservation says --- */

/* A command whose plain answers are waited for. */
struct claim_question {
    struct mesh *mesh;
    enum claim_command_kind kind;
    size_t name_len;
    char name[];
};

static struct claim_question *question_new(struct mesh *mesh, const struct claim_command *command)
{
    struct claim_question *question = malloc(sizeof(*question) + command->name_len);
    if (!question)
        return NULL;
    question->mesh = mesh;
    question->kind = command->kind;
    question->name_len = command->name_len;
    memcpy(question->name, command->name, command->name_len);
    return question;
}

/* The member `ok` of a response's data; true where it is missing, as the notes write some. */
static bool is_ok(struct text data)
{
    struct json_reader json;
    struct json_span key, value;
    bool ok = true;
    json_read_init(&json, data.at, data.len);
    if (json_enter_object(&json) != 0)
        return false;
    while (json_next_member(&json, &key) > 0 && json_read_value(&json, &value) == 0) {
        if (json_string_equals(&key, "ok"))
            ok = value.kind == JSON_BOOL && value.at[0] == 't';
    }
    return ok;
}

static void take_answer(const struct claim_question *question, const struct mesh_response *response)
{
    struct mesh *mesh = question->mesh;
    char source[NODE_NAME_MAX + 1];
    const struct membership *member = members_find(&mesh->members, response->source);
    if (!member || !member->is_plain)
        return;
    memcpy(source, response->source.at, response->source.len);
    source[response->source.len] = '\0';
    reservation_plain_answer(mesh->reservation, source, question->kind, question->name,
                             question->name_len, is_ok(response->data));
}

/* Of a broadcast: one call a response, and one at the end. */
static void broadcast_done(void *context, const struct mesh_response *response, const char *error)
{
    struct claim_question *question = context;
    (void)error;
    if (response)
        take_answer(question, response);
    else
        free(question);
}

static void told_done(void *context, const struct mesh_response *response, const char *error)
{
    struct claim_question *question = context;
    (void)error;
    if (response)
        take_answer(question, response);
    free(question);
}

/* Plain peers answer without naming the claim: the nonce tells what they mean. */
static void broadcast(void *context, const struct claim_command *command)
{
    struct mesh *mesh = context;
    struct buf data = {0};
    char bytes[INM_NONCE_OURS_MAX];
    struct text nonce = {bytes, tree_nonce(mesh->tree, bytes)};
    struct claim_question *question =
        mesh->members.plain_count > 0 ? question_new(mesh, command) : NULL;
    if (question && !requests_add_broadcast(&mesh->requests, nonce, mesh_now(mesh), PLAIN_ANSWER_MS,
                                            broadcast_done, question))
        free(question);
    claim_command_write(&data, command);
    if (data.failed ||
        mesh_publish_command(mesh, (struct text){data.bytes, data.len}, bytes, &nonce.len) != 0)
        log_warn(mesh->log, "a claim could not be told");
    buf_deinit(&data);
}

/* What is told as news need not be answered, and much of it at once is not waited for. */
static void tell(void *context, const char *peer, const struct claim_command *command)
{
    struct mesh *mesh = context;
    struct buf data = {0};
    claim_command_write(&data, command);
    if (command->kind == CLAIM_RESERVE && mesh->requests.count > NEWS_WAITING_MAX) {
        mesh_send_command(mesh, text_of(peer), (struct text){data.bytes, data.len});
        buf_deinit(&data);
        return;
    }
    struct claim_question *question = question_new(mesh, command);
    if (!question || data.failed ||
        !requests_add(&mesh->requests, text_of(peer), (struct text){data.bytes, data.len}, true,
                      mesh_now(mesh), PLAIN_ANSWER_MS, told_done, question))
        free(question);
    buf_deinit(&data);
}

static void vote(void *context, const char *owner, const struct claim_vote *vote)
{
    struct mesh *mesh = context;
    struct buf data = {0};
    char nonce[ROUTE_NONCE_LEN + 1];
    mesh_nonce(mesh, nonce);
    claim_vote_write(&data, vote);
    if (!data.failed)
        mesh_respond(mesh, text_of(owner), (struct text){nonce, ROUTE_NONCE_LEN},
                     (struct text){data.bytes, data.len});
    buf_deinit(&data);
}

/* --- Digests: list-reserved-channels of our own kind --- */

struct level_question {
    struct mesh *mesh;
    uint64_t link, round;
};

/* The digest in a command's or a response's data. RELAY_EINVAL: there is none. */
static int read_digest(struct claim_digest *digest, struct text data)
{
    struct json_reader json;
    struct json_span key, value, found = {.kind = JSON_ABSENT};
    json_read_init(&json, data.at, data.len);
    if (json_enter_object(&json) != 0)
        return RELAY_EINVAL;
    while (json_next_member(&json, &key) > 0 && json_read_value(&json, &value) == 0) {
        if (json_string_equals(&key, "digest"))
            found = value;
    }
    if (found.kind != JSON_OBJECT)
        return RELAY_EINVAL;
    return claim_digest_read(digest, found.at, found.len);
}

static void level_done(void *context, const struct mesh_response *response, const char *error)
{
    struct level_question *question = context;
    struct claim_digest digest = {0};
    (void)error;
    if (response && read_digest(&digest, response->data) == 0)
        reservation_answered(question->mesh->reservation, question->link, question->round, &digest);
    claim_digest_deinit(&digest);
    free(question);
}

static const struct link *link_by_id(const struct mesh *mesh, uint64_t id)
{
    for (unsigned slot = 0; slot < mesh->slot_count; slot++) {
        const struct link *link = mesh_slot(mesh, slot);
        if (link && link->id == id)
            return link;
    }
    return NULL;
}

static void request(void *context, uint64_t id, uint64_t round, struct claim_digest *digest)
{
    struct mesh *mesh = context;
    struct buf data = {0};
    const struct link *link = link_by_id(mesh, id);
    struct level_question *question = link ? malloc(sizeof(*question)) : NULL;
    if (!question)
        return;
    *question = (struct level_question){mesh, id, round};
    buf_add_text(&data, "{\"command\":\"list-reserved-channels\",\"digest\":");
    claim_digest_write(&data, digest);
    buf_add_byte(&data, '}');
    if (data.failed ||
        !requests_add(&mesh->requests, link_name(link), (struct text){data.bytes, data.len}, true,
                      mesh_now(mesh), RESERVE_ANSWER_MS, level_done, question))
        free(question);
    buf_deinit(&data);
}

bool mesh_handle_level(struct mesh *mesh, const struct mesh_command *command, struct buf *data)
{
    struct claim_digest in = {0}, out = {0};
    const struct link *link = mesh_link_to(mesh, command->source);
    bool is_level = link && !link->is_plain && read_digest(&in, command->data) == 0;
    if (is_level) {
        reservation_asked(mesh->reservation, link->id, &in, &out);
        buf_add_text(data, "{\"ok\":true,\"channels\":[],\"digest\":");
        claim_digest_write(data, &out);
        buf_add_byte(data, '}');
    }
    claim_digest_deinit(&out);
    claim_digest_deinit(&in);
    return is_level;
}

/* --- Commands --- */

static void write_ok(struct buf *data, bool ok, const char *reason)
{
    buf_add_text(data, ok ? "{\"ok\":true}" : "{\"ok\":false,\"reason\":");
    if (ok)
        return;
    json_write_string(data, reason, strlen(reason));
    buf_add_byte(data, '}');
}

static void copy_source(const struct mesh_command *command, char source[NODE_NAME_MAX + 1])
{
    memcpy(source, command->source.at, command->source.len);
    source[command->source.len] = '\0';
}

/* A plain peer's command: the notes and nothing else. */
static void handle_plain(struct mesh *mesh, const struct mesh_command *from,
                         const struct claim_command *command, struct buf *data)
{
    char source[NODE_NAME_MAX + 1];
    copy_source(from, source);
    if (command->kind == CLAIM_RESERVE)
        write_ok(data,
                 reservation_plain_reserve(mesh->reservation, source, command->name,
                                           command->name_len, &command->hash, from->is_peer),
                 "channel already reserved");
    else
        write_ok(data,
                 reservation_plain_unreserve(mesh->reservation, source, command->name,
                                             command->name_len),
                 "channel still open");
}

/* A node of our kind that names no claim says nothing of its own, its claims tell that: it takes us
 * for a plain peer, or it is a master that compared what everybody has. */
static void handle_found(struct mesh *mesh, const struct claim_command *command, struct buf *data)
{
    const struct text channel = {command->name, command->name_len};
    if (command->kind == CLAIM_RESERVE)
        mesh_plain_doubt(mesh, channel);
    write_ok(data, command->kind == CLAIM_RESERVE || mesh_plain_freed(mesh, channel),
             "channel still open");
}

/* A node of our kind tells of its claim; true when it wants a vote. */
static bool handle_claim(struct mesh *mesh, const struct mesh_command *from,
                         const struct claim_command *command, struct buf *data)
{
    char source[NODE_NAME_MAX + 1];
    copy_source(from, source);
    mesh_heard_of(mesh, from->source);
    enum claim_verdict verdict = reservation_command(mesh->reservation, source, command);
    if (verdict == CLAIM_NO_VOTE)
        return false;
    const struct claim_vote vote = {
        .name = command->name,
        .name_len = command->name_len,
        .boot = command->boot,
        .version = command->version,
        .is_ok = verdict == CLAIM_VOTES_YES,
    };
    claim_vote_write(data, &vote);
    return true;
}

static bool handle(struct mesh *mesh, const struct mesh_command *from, enum claim_command_kind kind,
                   struct buf *data)
{
    struct claim_packet packet;
    char source[NODE_NAME_MAX + 1];
    copy_source(from, source);
    int err = claim_command_read(&packet, source, from->data.at, from->data.len);
    if (err || packet.command.kind != kind) {
        write_ok(data, false, "invalid data");
        return true;
    }
    if (packet.command.has_claim && !from->is_plain)
        return handle_claim(mesh, from, &packet.command, data);
    if (from->is_plain)
        handle_plain(mesh, from, &packet.command, data);
    else
        handle_found(mesh, &packet.command, data);
    return true;
}

bool mesh_handle_reserve(struct mesh *mesh, const struct mesh_command *command, struct buf *data)
{
    return handle(mesh, command, CLAIM_RESERVE, data);
}

bool mesh_handle_unreserve(struct mesh *mesh, const struct mesh_command *command, struct buf *data)
{
    return handle(mesh, command, CLAIM_UNRESERVE, data);
}

/* --- What the relay hears --- */

static uint64_t wall_ms(void *context)
{
    const struct mesh *mesh = context;
    return mesh->calls.wall_ms(mesh->calls.context);
}

static uint64_t random_number(void *context)
{
    struct mesh *mesh = context;
    uint64_t number;
    mesh->calls.random(mesh->calls.context, &number, sizeof(number));
    return number;
}

static size_t local_subscribers(void *context, const char *name, size_t name_len)
{
    const struct mesh *mesh = context;
    struct text channel = {name, name_len};
    return relay_subscribers(mesh->relay, channel) + (mesh_holds(mesh, channel) ? 1 : 0);
}

static void opened(void *context, const char *name, size_t name_len,
                   const struct password_hash *hash)
{
    struct mesh *mesh = context;
    mesh_hold_granted(mesh, (struct text){name, name_len});
    relay_opened(mesh->relay, (struct text){name, name_len}, hash);
}

static void refused(void *context, const char *name, size_t name_len, enum client_reason reason)
{
    struct mesh *mesh = context;
    mesh_hold_lost(mesh, (struct text){name, name_len},
                   reason == REASON_BUSY ? "busy" : "channel already reserved");
    relay_refused(mesh->relay, (struct text){name, name_len}, reason);
}

static void lost(void *context, const char *name, size_t name_len)
{
    struct mesh *mesh = context;
    mesh_hold_lost(mesh, (struct text){name, name_len}, "channel already reserved");
    relay_lost(mesh->relay, (struct text){name, name_len});
}

void mesh_fill_reservation_calls(struct mesh *mesh, struct reservation_calls *calls)
{
    *calls = (struct reservation_calls){
        .wall_ms = wall_ms,
        .random = random_number,
        .broadcast = broadcast,
        .tell = tell,
        .look = mesh_look,
        .vote = vote,
        .request = request,
        .local_subscribers = local_subscribers,
        .opened = opened,
        .refused = refused,
        .lost = lost,
        .context = mesh,
    };
}

/* --- What the relay asks --- */

static bool is_reserved(void *context, const char *name, size_t name_len,
                        struct password_hash *hash)
{
    const struct mesh *mesh = context;
    const struct claim_record *winner =
        claim_table_winner(reservation_table(mesh->reservation), name, name_len);
    if (!winner || winner->claim.state != CLAIM_OPEN)
        return false;
    *hash = winner->claim.hash;
    return true;
}

static enum uplink_answer open_channel(void *context, const char *name, size_t name_len,
                                       struct password_hash *hash)
{
    struct mesh *mesh = context;
    enum uplink_answer answer = UPLINK_BUSY;
    switch (reservation_open(mesh->reservation, name, name_len, hash)) {
    case RESERVE_GRANTED:
        answer = UPLINK_OPENS;
        break;
    case RESERVE_WAITS:
        answer = UPLINK_WAITS;
        break;
    case RESERVE_REFUSED:
        answer = UPLINK_REFUSES;
        break;
    case RESERVE_BUSY:
        break;
    }
    return answer;
}

static void release(void *context, const char *name, size_t name_len)
{
    struct mesh *mesh = context;
    if (!mesh_holds(mesh, (struct text){name, name_len}))
        reservation_release(mesh->reservation, name, name_len);
}

void mesh_fill_uplink(struct mesh *mesh)
{
    mesh->uplink = (struct uplink){
        .context = mesh,
        .is_reserved = is_reserved,
        .open = open_channel,
        .release = release,
        .publish = mesh_publish_message,
    };
}
