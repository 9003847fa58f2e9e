/* node.c — a node of our kind: a reservation, and channels with clients as relay/ would keep them.
 */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define TICK_MS 100
#define KNOWN_EVERY 64 /* events between two looks at the versions that a node knows */

static uint64_t read_ms(void *context)
{
    const struct node *node = context;
    return node->world->now_ms;
}

static uint64_t read_wall_ms(void *context)
{
    const struct node *node = context;
    return node->world->now_ms + (uint64_t)node->skew_ms;
}

static uint64_t random_number(void *context)
{
    struct node *node = context;
    return dice_roll(node->world, UINT32_MAX);
}

/* Writes a command and reads it as its receivers will. */
static struct packet *pack(const struct node *node, const struct claim_command *command)
{
    struct packet *packet = packet_empty();
    claim_command_write(&packet->text, command);
    if (packet->text.failed ||
        claim_command_read(&packet->read, node->name, packet->text.bytes, packet->text.len) != 0)
        world_fail(node->world, "a command cannot be read: %.*s", (int)packet->text.len,
                   packet->text.bytes);
    return packet;
}

static void broadcast(void *context, const struct claim_command *command)
{
    struct node *node = context;
    world_broadcast(node->world, node->index, pack(node, command));
}

static void tell(void *context, const char *peer, const struct claim_command *command)
{
    struct node *node = context;
    struct world *world = node->world;
    int to = world_index(world, peer);
    if (world->group[to] != world->group[node->index])
        return;
    struct event *event =
        world_add(world, world_in_order(world, world->told_ms, node->index, (unsigned)to),
                  EVENT_TELL, node->index, (unsigned)to);
    event->packet = pack(node, command);
}

static void look(void *context, const char *peer)
{
    struct node *node = context;
    struct world *world = node->world;
    int to = world_index(world, peer);
    if (world->group[to] == world->group[node->index])
        world_add(world, world_in_order(world, world->told_ms, node->index, (unsigned)to),
                  EVENT_LOOK, node->index, (unsigned)to);
}

static void send_vote(struct node *node, unsigned to, const struct claim_vote *vote)
{
    struct world *world = node->world;
    struct packet *packet = packet_empty();
    claim_vote_write(&packet->text, vote);
    if (claim_vote_read(&packet->read, packet->text.bytes, packet->text.len) != 0)
        world_fail(world, "a vote cannot be read");
    bool is_lost = world->breaks && dice_chance(world, 3);
    if (is_lost || world->group[to] != world->group[node->index]) {
        packet_drop(packet);
        return;
    }
    world_add(world, world_latency(world, node->index, to), EVENT_VOTE, node->index, to)->packet =
        packet;
}

static void vote(void *context, const char *owner, const struct claim_vote *vote)
{
    struct node *node = context;
    send_vote(node, (unsigned)world_index(node->world, owner), vote);
}

static void send_digest(struct node *node, unsigned to, enum event_kind kind, uint64_t round,
                        struct claim_digest *digest)
{
    struct world *world = node->world;
    struct packet *packet = packet_empty();
    claim_digest_write(&packet->text, digest);
    world->count.digest_bytes += packet->text.len;
    struct event *event =
        world_add(world, world_latency(world, node->index, to), kind, node->index, to);
    event->packet = packet;
    event->round = round;
}

/* The number of a link is that of the node at its other end. */
static void request(void *context, uint64_t link, uint64_t round, struct claim_digest *digest)
{
    send_digest(context, (unsigned)link, EVENT_REQUEST, round, digest);
}

static struct local *local_of(struct node *node, const char *name, size_t name_len)
{
    return &node->locals[name_index(name, name_len)];
}

static size_t local_subscribers(void *context, const char *name, size_t name_len)
{
    const struct local *local = local_of(context, name, name_len);
    return local->subscribers + local->waiting;
}

static void set_open(struct node *node, unsigned name, bool is_open, unsigned password)
{
    struct local *local = &node->locals[name];
    struct world *world = node->world;
    if (local->is_open)
        world->served[name][local->password]--;
    local->is_open = is_open;
    local->password = password;
    if (is_open)
        world->served[name][password]++;
    check_served(world, name);
}

static void opened(void *context, const char *name, size_t name_len,
                   const struct password_hash *hash)
{
    struct node *node = context;
    unsigned index = (unsigned)name_index(name, name_len);
    struct local *local = &node->locals[index];
    if (password_of(index, hash) != (int)local->password)
        world_fail(node->world, "%s opened %s with another password than its clients", node->name,
                   name_text(index));
    const struct claim_record *winner =
        claim_table_winner(reservation_table(node->reservation), name, name_len);
    if (node->world->mode == CALM && winner->claim.is_unconfirmed)
        world_fail(node->world, "%s opened %s without all votes, and without a fault", node->name,
                   name_text(index));
    node->world->count.granted += local->waiting;
    local->subscribers = local->waiting;
    local->waiting = 0;
    if (local->subscribers > 0)
        set_open(node, index, true, local->password);
}

static void refused(void *context, const char *name, size_t name_len, enum client_reason reason)
{
    struct node *node = context;
    struct local *local = local_of(node, name, name_len);
    if (reason == REASON_BUSY)
        node->world->count.busy += local->waiting;
    else
        node->world->count.refused += local->waiting;
    local->waiting = 0;
}

static void lost(void *context, const char *name, size_t name_len)
{
    struct node *node = context;
    unsigned index = (unsigned)name_index(name, name_len);
    node->world->count.lost++;
    if (!node->locals[index].is_open)
        world_fail(node->world, "%s lost %s, which was not open", node->name, name_text(index));
    if (node->world->mode == CALM && node->world->plain_count == 0)
        world_fail(node->world, "%s lost %s without a fault", node->name, name_text(index));
    node->locals[index].subscribers = 0;
    set_open(node, index, false, 0);
}

/* Links end with the node that had them, also where it is back before a scan saw it gone: without
 * this the others took the links of its last life for its own, and it never asked by any. */
static void end_links(struct node *node)
{
    struct world *world = node->world;
    for (unsigned i = 0; i < world->node_count; i++) {
        if (!world->is_up[node->index][i])
            continue;
        world->is_up[node->index][i] = world->is_up[i][node->index] = false;
        node_link(&world->nodes[i], node->index, false);
    }
}

void node_start(struct node *node)
{
    struct world *world = node->world;
    end_links(node);
    node->is_running = true;
    node->life++;
    memset(node->locals, 0, sizeof(node->locals));
    for (unsigned i = 0; i < world->node_count; i++) {
        world->is_alive[node->index][i] = false;
        world->heard_ms[node->index][i] = 0;
        world->arrives_ms[node->index][i] = world->told_ms[node->index][i] = 0;
    }
    if (node->is_plain) {
        plain_start(node);
        return;
    }
    const struct reservation_config config = {
        .node = node->name,
        .boot = world->now_ms,
        .mode = world->mode == MAJORITY ? RESERVE_MAJORITY : RESERVE_AVAILABLE,
        .claims_max = RESERVE_CLAIMS_MAX,
        .key = {world->seed, node->index},
        .clock = {read_ms, node},
    };
    const struct reservation_calls calls = {
        .wall_ms = read_wall_ms,
        .random = random_number,
        .broadcast = broadcast,
        .tell = tell,
        .look = look,
        .vote = vote,
        .request = request,
        .local_subscribers = local_subscribers,
        .opened = opened,
        .refused = refused,
        .lost = lost,
        .context = node,
    };
    node->reservation = reservation_new(&config, &calls);
    if (!node->reservation)
        abort();
    world_add(world, 1 + dice_roll(world, TICK_MS), EVENT_TICK, node->index, node->index);
}

void node_stop(struct node *node)
{
    if (!node->is_running)
        return;
    for (unsigned i = 0; i < NAMES; i++) {
        if (!node->is_plain && node->locals[i].is_open)
            node->world->served[i][node->locals[i].password]--;
    }
    memset(node->locals, 0, sizeof(node->locals));
    node->is_running = false;
    reservation_free(node->reservation);
    node->reservation = NULL;
}

void node_link(struct node *node, unsigned other, bool is_up)
{
    const struct node *peer = &node->world->nodes[other];
    if (node->is_plain || !node->is_running)
        return;
    if (!is_up)
        reservation_link_down(node->reservation, other);
    else if (reservation_link_up(node->reservation, other, peer->name, peer->is_plain))
        abort();
}

void node_client_opens(struct node *node, unsigned name, unsigned password)
{
    struct local *local = &node->locals[name];
    struct world *world = node->world;
    struct password_hash hash = hash_of(name, password);
    world->count.opens++;
    if (local->is_open) {
        if (local->password != password && local->password != 0) {
            world->count.refused++;
            return;
        }
        local->subscribers++;
        world->count.granted++;
        return;
    }
    switch (reservation_open(node->reservation, name_text(name), strlen(name_text(name)), &hash)) {
    case RESERVE_GRANTED:
        world->count.granted++;
        local->subscribers = 1 + local->waiting;
        local->waiting = 0;
        set_open(node, name, true, (unsigned)password_of(name, &hash));
        break;
    case RESERVE_WAITS:
        local->password = password;
        local->waiting++;
        break;
    case RESERVE_REFUSED:
        world->count.refused++;
        break;
    case RESERVE_BUSY:
        world_fail(world, "%s is busy", node->name);
        break;
    }
}

static bool has_clients(const struct node *node, unsigned name)
{
    return node->locals[name].subscribers + node->locals[name].waiting > 0;
}

void node_client_leaves(struct node *node, unsigned name)
{
    struct local *local = &node->locals[name];
    if (!has_clients(node, name))
        return;
    if (local->waiting > 0 && --local->waiting > 0)
        return;
    if (local->is_open && --local->subscribers > 0)
        return;
    if (local->is_open)
        set_open(node, name, false, 0);
    reservation_release(node->reservation, name_text(name), strlen(name_text(name)));
}

void node_all_leave(struct node *node)
{
    for (unsigned name = 0; name < NAMES; name++) {
        struct local *local = &node->locals[name];
        while (local->subscribers + local->waiting > 0 && !node->is_plain)
            node_client_leaves(node, name);
        while (local->is_open && node->is_plain)
            plain_client_leaves(node, name);
    }
}

void node_client_sends(struct node *node, unsigned name)
{
    struct world *world = node->world;
    struct local *local = &node->locals[name];
    if (!local->is_open)
        return;
    for (unsigned to = 0; to < world->node_count; to++) {
        if (to == node->index || world->group[to] != world->group[node->index])
            continue;
        struct event *event =
            world_add(world, world_latency(world, node->index, to), EVENT_MESSAGE, node->index, to);
        event->name = name;
        event->password = local->password;
    }
}

static void answer_plain(struct node *node, const struct event *event)
{
    struct world *world = node->world;
    const struct claim_command *command = &event->packet->read.command;
    const char *peer = world->nodes[event->from].name;
    bool is_ok =
        command->kind == CLAIM_RESERVE
            ? reservation_plain_reserve(node->reservation, peer, command->name, command->name_len,
                                        &command->hash, world->is_up[node->index][event->from])
            : reservation_plain_unreserve(node->reservation, peer, command->name,
                                          command->name_len);
    struct event *reply = world_add(world, world_latency(world, node->index, event->from),
                                    EVENT_REPLY, node->index, event->from);
    reply->command = command->kind;
    reply->name = (unsigned)name_index(command->name, command->name_len);
    reply->is_ok = is_ok;
}

static void handle_broadcast(struct node *node, const struct event *event)
{
    const struct claim_command *command = &event->packet->read.command;
    const struct node *from = &node->world->nodes[event->from];
    world_forward(node->world, event->from, node->index, event->packet);
    if (from->is_plain) {
        answer_plain(node, event);
        return;
    }
    enum claim_verdict verdict = reservation_command(node->reservation, from->name, command);
    const struct claim_vote vote = {
        .name = command->name,
        .name_len = command->name_len,
        .boot = command->boot,
        .version = command->version,
        .is_ok = verdict == CLAIM_VOTES_YES,
    };
    if (verdict != CLAIM_NO_VOTE)
        send_vote(node, event->from, &vote);
}

static void handle_digest(struct node *node, const struct event *event)
{
    struct claim_digest in = {0}, out = {0};
    const struct buf *text = &event->packet->text;
    if (claim_digest_read(&in, text->bytes, text->len) != 0)
        world_fail(node->world, "a digest cannot be read: %.*s", (int)text->len, text->bytes);
    if (event->kind == EVENT_ANSWER) {
        reservation_answered(node->reservation, event->from, event->round, &in);
    } else {
        reservation_asked(node->reservation, event->from, &in, &out);
        send_digest(node, event->from, EVENT_ANSWER, event->round, &out);
    }
    claim_digest_deinit(&out);
    claim_digest_deinit(&in);
}

/* A client of this node opens or joins, one leaves, or one of each channel sends. */
static void handle_client(struct node *node, const struct event *event)
{
    unsigned name = event->name;
    if (!node->is_running)
        return;
    if (event->round < 5) {
        node_client_opens(node, name, event->password);
    } else if (event->round < 8) {
        for (unsigned i = 0; i < NAMES && !has_clients(node, name); i++)
            name = (name + 1) % NAMES;
        node_client_leaves(node, name);
    } else {
        for (name = 0; name < NAMES; name++)
            node_client_sends(node, name);
    }
}

void node_handle(struct node *node, struct event *event)
{
    struct world *world = node->world;
    const struct node *from = &world->nodes[event->from];
    switch (event->kind) {
    case EVENT_TICK:
        reservation_tick(node->reservation);
        world_add(world, TICK_MS, EVENT_TICK, node->index, node->index);
        break;
    case EVENT_CLIENT:
        handle_client(node, event);
        break;
    case EVENT_BROADCAST:
        handle_broadcast(node, event);
        break;
    case EVENT_VOTE:
        reservation_vote(node->reservation, from->name, &event->packet->read.vote);
        break;
    case EVENT_REPLY:
        reservation_plain_answer(node->reservation, from->name, event->command,
                                 name_text(event->name), strlen(name_text(event->name)),
                                 event->is_ok);
        break;
    case EVENT_FOUND: {
        struct password_hash hash = hash_of(event->name, event->password);
        reservation_plain_found(node->reservation, from->name, name_text(event->name),
                                strlen(name_text(event->name)), &hash);
        break;
    }
    case EVENT_LOOKED:
        reservation_plain_looked(node->reservation, from->name);
        break;
    case EVENT_REQUEST:
    case EVENT_ANSWER:
        handle_digest(node, event);
        break;
    case EVENT_MESSAGE:
        check_delivery(node, event);
        break;
    default:
        break;
    }
    if (!node->is_running)
        return;
    check_books(node);
    if (world->count.events % KNOWN_EVERY == 0)
        check_known(node);
}
