/* plain.c — a peer that knows the notes and nothing else, stubborn where they leave it open: its
 * client hears ok at once, a `channel already reserved` is ignored, and joining is silent. */
#include <string.h>

#include "world.h"

#define SETTLE_MS 2000

void plain_start(struct node *node)
{
    (void)node;
}

static void say(struct node *node, enum claim_command_kind kind, unsigned name, unsigned password)
{
    struct packet *packet = packet_empty();
    const struct claim_command command = {
        .kind = kind,
        .name = name_text(name),
        .name_len = strlen(name_text(name)),
        .hash = hash_of(name, password),
    };
    claim_command_write(&packet->text, &command);
    if (claim_command_read(&packet->read, node->name, packet->text.bytes, packet->text.len) != 0)
        world_fail(node->world, "a plain command cannot be read");
    world_broadcast(node->world, node->index, packet);
}

void plain_client_opens(struct node *node, unsigned name, unsigned password)
{
    struct local *local = &node->locals[name];
    if (local->is_open || local->is_reserved) {
        unsigned known = local->is_open ? local->password : local->reserved_password;
        if (known != password)
            return;
        local->subscribers++;
        local->is_open = true;
        local->password = password;
        return;
    }
    local->is_open = true;
    local->password = password;
    local->subscribers = 1;
    say(node, CLAIM_RESERVE, name, password);
}

void plain_client_leaves(struct node *node, unsigned name)
{
    struct local *local = &node->locals[name];
    if (!local->is_open || --local->subscribers > 0)
        return;
    local->is_open = false;
    local->is_reserved = !node->drops_first;
    local->reserved_password = local->password;
    local->is_leaving = true;
    say(node, CLAIM_UNRESERVE, name, 0);
    world_add(node->world, SETTLE_MS, EVENT_SETTLED, node->index, node->index)->name = name;
}

void plain_client_sends(struct node *node, unsigned name)
{
    struct world *world = node->world;
    const char *text = name_text(name);
    if (!node->locals[name].is_open)
        return;
    for (unsigned to = 0; to < world->node_count; to++) {
        bool passes = false;
        for (unsigned beside = 0; beside < world->node_count; beside++)
            passes |= world_is_linked(world, node->index, beside) &&
                      !world->nodes[beside].is_plain &&
                      reservation_takes_from(world->nodes[beside].reservation, node->name, text,
                                             strlen(text));
        if (to == node->index || !passes || world->group[to] != world->group[node->index])
            continue;
        /* behind what the peer said before it, as on a link */
        struct event *event =
            world_add(world, world_in_order(world, world->arrives_ms, node->index, to),
                      EVENT_MESSAGE, node->index, to);
        event->name = name;
        event->password = node->locals[name].password;
    }
}

static bool reserve(struct local *local, unsigned password)
{
    if (local->is_open)
        return local->password == password;
    if (local->is_reserved && !local->is_leaving)
        return local->reserved_password == password;
    local->is_reserved = true;
    local->is_leaving = false;
    local->reserved_password = password;
    return true;
}

static bool unreserve(struct local *local)
{
    if (local->is_open)
        return false;
    local->is_reserved = false;
    return true;
}

/* Whether this is the first copy of a packet. */
static bool is_new(const struct node *node, struct packet *packet)
{
    uint64_t bit = UINT64_C(1) << node->index;
    bool is_first = (packet->seen & bit) == 0;
    packet->seen |= bit;
    return is_first;
}

static void handle_command(struct node *node, const struct event *event)
{
    struct world *world = node->world;
    const struct claim_command *command = &event->packet->read.command;
    unsigned name = (unsigned)name_index(command->name, command->name_len);
    struct local *local = &node->locals[name];
    if (!is_new(node, event->packet))
        return;
    bool is_ok = command->kind == CLAIM_RESERVE
                     ? reserve(local, (unsigned)password_of(name, &command->hash))
                     : unreserve(local);
    struct event *reply =
        world_add(world, world_in_order(world, world->told_ms, node->index, event->from),
                  EVENT_REPLY, node->index, event->from);
    reply->command = command->kind;
    reply->name = name;
    reply->is_ok = is_ok;
}

/* `channel still open`: "should send a new reserve-channel as soon as possible". */
static void handle_reply(struct node *node, const struct event *event)
{
    struct local *local = &node->locals[event->name];
    if (event->command != CLAIM_UNRESERVE || event->is_ok || local->is_open || !local->is_leaving)
        return;
    local->is_leaving = false;
    if (local->is_reserved && node->drops_first)
        return;
    local->is_reserved = true;
    say(node, CLAIM_RESERVE, event->name, local->reserved_password);
}

/* Nobody said that it is still open. */
static void settle(struct local *local)
{
    if (!local->is_leaving)
        return;
    local->is_leaving = false;
    if (!local->is_open)
        local->is_reserved = false;
}

void plain_onboard(struct node *plain, struct node *ours)
{
    const struct claim_table *table = reservation_table(ours->reservation);
    for (unsigned name = 0; name < NAMES; name++) {
        const char *text = name_text(name);
        size_t len = strlen(text);
        struct local *local = &plain->locals[name];
        unsigned known = local->is_open ? local->password : local->reserved_password;
        struct password_hash hash = hash_of(name, known);
        if (local->is_open)
            (void)reservation_plain_reserve(ours->reservation, plain->name, text, len, &hash, true);
        else if (local->is_reserved)
            reservation_plain_listed(ours->reservation, plain->name, text, len, &hash, true);
        const struct claim_record *winner = claim_table_winner(table, text, len);
        if (!winner || local->is_open || local->is_reserved)
            continue;
        local->is_reserved = true;
        local->reserved_password = (unsigned)password_of(name, &winner->claim.hash);
    }
}

/* Its list-channels: one packet, so all of it arrives at one time. */
static void list_channels(struct node *node, const struct event *event)
{
    struct world *world = node->world;
    uint64_t delay_ms = world_in_order(world, world->told_ms, node->index, event->from);
    for (unsigned name = 0; name < NAMES; name++) {
        if (!node->locals[name].is_open)
            continue;
        struct event *found = world_add(world, delay_ms, EVENT_FOUND, node->index, event->from);
        found->name = name;
        found->password = node->locals[name].password;
    }
    world_add(world, delay_ms, EVENT_LOOKED, node->index, event->from);
}

static void handle_client(struct node *node, const struct event *event)
{
    unsigned name = event->name;
    if (event->round < 5) {
        plain_client_opens(node, name, event->password);
    } else if (event->round < 8) {
        for (unsigned i = 0; i < NAMES && !node->locals[name].is_open; i++)
            name = (name + 1) % NAMES;
        plain_client_leaves(node, name);
    } else {
        for (name = 0; name < NAMES; name++)
            plain_client_sends(node, name);
    }
}

void plain_handle(struct node *node, struct event *event)
{
    if (!node->is_running)
        return;
    switch (event->kind) {
    case EVENT_CLIENT:
        handle_client(node, event);
        break;
    case EVENT_BROADCAST:
    case EVENT_TELL:
        handle_command(node, event);
        break;
    case EVENT_REPLY:
        handle_reply(node, event);
        break;
    case EVENT_LOOK:
        list_channels(node, event);
        break;
    case EVENT_SETTLED:
        settle(&node->locals[event->name]);
        break;
    default:
        break;
    }
}
