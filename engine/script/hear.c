/* hear.c — see hear.h. */
#include "script/hear.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "protocol/json_write.h"
#include "relay/client.h"
#include "script/json_lua.h"

static void end_handlers_of(struct runtime *runtime, uint64_t client)
{
    struct list *bucket = &runtime->by_client[client % RUNTIME_CLIENT_BUCKETS];
    for (struct list *node = bucket->next; node != bucket; node = node->next) {
        struct task *task = list_entry(node, struct task, client_node);
        if (task->client == client)
            task_end(task);
    }
    runtime_schedule(runtime);
}

static bool is_heard(const struct runtime *runtime, enum runtime_event event)
{
    return runtime->heard_events & (1U << event);
}

void hear_dropped(struct runtime *runtime, enum runtime_event event)
{
    static const char *const NAMES[] = {
#define EVENT_NAME(name) #name,
        RUNTIME_EVENTS(EVENT_NAME)
#undef EVENT_NAME
    };
    runtime->dropped++;
    log_event_gated(
        runtime->log, &runtime->drop_gate, clock_ms(&runtime->world.clock), LOG_WARN,
        "event dropped",
        LOG_FIELDS(LOG_STR("event", NAMES[event]), LOG_STR("reason", "too many handlers wait")));
}

static void hear_event(struct runtime *runtime, enum runtime_event event,
                       const struct buf *arguments, uint64_t client)
{
    struct text text = {arguments->bytes, arguments->len};
    for (struct list *node = runtime->listeners.next; node != &runtime->listeners;
         node = node->next) {
        struct listener *listener = list_entry(node, struct listener, node);
        if (listener->event != event)
            continue;
        bool has_room = !arguments->failed && runtime->task_count < RUNTIME_TASKS_MAX &&
                        runtime->task_bytes + text.len <= RUNTIME_TASK_BYTES_MAX;
        struct task *task =
            has_room ? task_new_heard(runtime, text, listener->function, client) : NULL;
        if (task)
            list_append(&runtime->ready, &task->ready_node);
        else
            hear_dropped(runtime, event);
    }
    runtime_schedule(runtime);
}

static void add_number(struct buf *text, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, number);
    buf_add(text, digits, (size_t)len);
}

static struct buf *begin(struct runtime *runtime)
{
    buf_clear(&runtime->heard);
    buf_add_byte(&runtime->heard, '[');
    return &runtime->heard;
}

/* What was written since begin is what the handlers get. */
static void end(struct runtime *runtime, enum runtime_event event, uint64_t client)
{
    buf_add_byte(&runtime->heard, ']');
    hear_event(runtime, event, &runtime->heard, client);
}

/* As facts_push_client has it. */
static void add_client(struct buf *text, const struct client *client)
{
    struct client_facts facts = client_facts(client);
    buf_add_text(text, "{\"id\":");
    add_number(text, facts.id);
    buf_add_text(text, ",\"address\":");
    json_write_string(text, facts.address.at, facts.address.len);
    buf_add_text(text, ",\"channels\":");
    add_number(text, facts.channels);
    buf_add_text(text, ",\"identity\":");
    if (facts.identity.len)
        buf_add(text, facts.identity.at, facts.identity.len);
    else
        buf_add_text(text, "{}");
    buf_add_byte(text, '}');
}

static void add_channel(struct buf *text, const struct channel *channel)
{
    buf_add_text(text, "{\"name\":");
    buf_add(text, channel->json, channel->json_len);
    buf_add_text(text, channel->password.is_set ? ",\"protected\":true}" : ",\"protected\":false}");
}

static void client_opened(void *context, const struct client *client)
{
    add_client(begin(context), client);
    end(context, RUNTIME_EVENT_client_open, client_id(client));
}

static void client_closed(void *context, const struct client *client)
{
    struct runtime *runtime = context;
    end_handlers_of(runtime, client_id(client));
    if (!is_heard(runtime, RUNTIME_EVENT_client_close))
        return;
    add_client(begin(runtime), client);
    end(runtime, RUNTIME_EVENT_client_close, 0);
}

static void channel_event(struct runtime *runtime, enum runtime_event event,
                          const struct channel *channel)
{
    add_channel(begin(runtime), channel);
    end(runtime, event, 0);
}

static void channel_opened(void *context, const struct channel *channel)
{
    channel_event(context, RUNTIME_EVENT_channel_open, channel);
}

static void channel_closed(void *context, const struct channel *channel)
{
    channel_event(context, RUNTIME_EVENT_channel_close, channel);
}

static void subscribed(void *context, const struct client *client, const struct channel *channel)
{
    struct buf *text = begin(context);
    add_client(text, client);
    buf_add_byte(text, ',');
    buf_add(text, channel->json, channel->json_len);
    end(context, RUNTIME_EVENT_subscribe, client_id(client));
}

static void unsubscribed(void *context, const struct client *client, const struct channel *channel)
{
    struct buf *text = begin(context);
    add_client(text, client);
    buf_add_byte(text, ',');
    buf_add(text, channel->json, channel->json_len);
    end(context, RUNTIME_EVENT_unsubscribe, 0);
}

/* Whether it is a string that Lua can have: half of a surrogate pair is none. */
static bool is_text(const struct json_span *value)
{
    size_t len;
    char *room = value->kind == JSON_STRING ? malloc(value->len + 1) : NULL;
    bool is_it = room && json_string_decode(value, room, value->len, &len) == 0;
    free(room);
    return is_it;
}

/* A string as its text, any other value as its JSON text: as a message policy sees them. A string
 * that is no Unicode is told as its JSON, too, so that nobody can hide a message. */
static void message(void *context, const struct client *sender, const struct channel *channel,
                    const struct json_span *value, const struct json_span *nonce)
{
    struct buf *text = begin(context);
    bool is_json = !is_text(value);
    buf_add_text(text, "{\"channel\":");
    buf_add(text, channel->json, channel->json_len);
    buf_add_text(text, ",\"text\":");
    if (is_json)
        json_write_string(text, value->at, value->len);
    else
        buf_add(text, value->at, value->len);
    buf_add_text(text, is_json ? ",\"json\":true" : ",\"json\":false");
    if (sender) {
        buf_add_text(text, ",\"client\":");
        add_number(text, client_id(sender));
    }
    if (is_text(nonce)) {
        buf_add_text(text, ",\"nonce\":");
        buf_add(text, nonce->at, nonce->len);
    }
    buf_add_byte(text, '}');
    end(context, RUNTIME_EVENT_message, 0);
}

/* Whether a handler that is about a client may be waiting, now or later. */
static bool is_about_clients(const struct runtime *runtime)
{
    return is_heard(runtime, RUNTIME_EVENT_client_open) ||
           is_heard(runtime, RUNTIME_EVENT_client_close) ||
           is_heard(runtime, RUNTIME_EVENT_subscribe);
}

void hear_listen(struct runtime *runtime)
{
    if (!runtime->has_world || !runtime->world.relay)
        return;
    struct relay_events *events = &runtime->world.relay->events;
    *events = (struct relay_events){.context = runtime};
#define HEAR(event, member, function)                                                              \
    if (is_heard(runtime, RUNTIME_EVENT_##event))                                                  \
    events->member = function
    HEAR(client_open, client_opened, client_opened);
    HEAR(channel_open, channel_opened, channel_opened);
    HEAR(channel_close, channel_closed, channel_closed);
    HEAR(subscribe, subscribed, subscribed);
    HEAR(unsubscribe, unsubscribed, unsubscribed);
    HEAR(message, message, message);
#undef HEAR
    if (is_about_clients(runtime))
        events->client_closed = client_closed;
}

void hear_nothing(struct runtime *runtime)
{
    if (!runtime->has_world || !runtime->world.relay)
        return;
    struct relay_events *events = &runtime->world.relay->events;
    if (events->context == runtime)
        *events = (struct relay_events){0};
}

int hear_add(struct runtime *runtime, enum runtime_event event, int function)
{
    if (runtime->listener_count >= RUNTIME_LISTENERS_MAX)
        return RELAY_EFULL;
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return RELAY_ENOMEM;
    runtime->listener_count++;
    listener->event = event;
    listener->function = function;
    list_append(&runtime->listeners, &listener->node);
    runtime->heard_events |= 1U << event;
    hear_listen(runtime);
    return 0;
}

/* `user` of a client's table is its identity's, as policies have it. The table is at the top. */
static void set_user(lua_State *lua)
{
    if (!lua_istable(lua, -1))
        return;
    if (lua_getfield(lua, -1, "identity") == LUA_TTABLE) {
        lua_getfield(lua, -1, "user");
        lua_setfield(lua, -3, "user");
    }
    lua_pop(lua, 1);
}

int hear_push(lua_State *lua, const struct task *task)
{
    if (!json_lua_push(lua, task->arguments, RUNTIME_DEPTH_MAX))
        return luaL_error(lua, "the event cannot be read: it holds a text that is no Unicode");
    int list = lua_gettop(lua);
    int count = (int)lua_rawlen(lua, list);
    luaL_checkstack(lua, count + 4, "too many arguments");
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(lua, list, i);
        if (i == 1)
            set_user(lua);
    }
    lua_remove(lua, list);
    return count;
}
