/* bind_stats.c — relay.stats and relay.host_stats: the notes' dictionaries, written as JSON and
 * handed over as tables. */
#include <inttypes.h>
#include <stdio.h>

#include <lauxlib.h>

#include "host/host_linux.h"
#include "host/host_stats.h"
#include "script/bind.h"
#include "script/json_lua.h"
#include "script/runtime.h"

#define CHANNEL_MAX 220 /* bytes of a channel's figures; its name stands three times beside */

static void add_number(struct buf *text, size_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%zu", number);
    buf_add(text, digits, (size_t)len);
}

/* How many channels, oldest first, fit into so many bytes. */
static size_t count_fitting(const struct channel_table *table, size_t bytes_max)
{
    size_t count = 0, bytes = 0;
    for (const struct channel *channel = table->head; channel; channel = channel->hh.next) {
        bytes += 3 * channel->json_len + CHANNEL_MAX;
        if (bytes > bytes_max)
            break;
        count++;
    }
    return count;
}

static void add_name(struct buf *text, const struct channel *channel, size_t place)
{
    if (place > 0)
        buf_add_byte(text, ',');
    buf_add(text, channel->json, channel->json_len);
}

static void add_overview(struct buf *text, const struct relay *relay, size_t count)
{
    const struct channel *channel = relay->channels.head;
    buf_add_text(text, "{\"relay\":{\"channels\":[");
    for (size_t i = 0; i < count; i++, channel = channel->hh.next)
        add_name(text, channel, i);
    buf_add_text(text, "],\"clients\":");
    add_number(text, relay->client_count);
    buf_add_text(text, ",\"channel_connections\":{");
    channel = relay->channels.head;
    for (size_t i = 0; i < count; i++, channel = channel->hh.next) {
        add_name(text, channel, i);
        buf_add_byte(text, ':');
        add_number(text, channel->count);
    }
    buf_add_text(text, "}}");
}

static void add_traffic(struct buf *text, const struct relay *relay, size_t count, uint64_t now_ms)
{
    const struct channel *channel = relay->channels.head;
    buf_add_text(text, ",\"network\":");
    traffic_write(text, &relay->traffic, now_ms);
    buf_add_text(text, ",\"channels\":{");
    for (size_t i = 0; i < count; i++, channel = channel->hh.next) {
        add_name(text, channel, i);
        buf_add_byte(text, ':');
        traffic_write(text, &channel->traffic, now_ms);
    }
    buf_add_text(text, "}}");
}

static int push_text(lua_State *lua, const struct buf *text)
{
    if (text->failed || !json_lua_push(lua, (struct text){text->bytes, text->len}, 8))
        return luaL_error(lua, "not enough memory");
    return 1;
}

/* stats(bytes): the dictionary, with as many channels as its JSON has room for; how many were left
 * out. */
static int engine_stats(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "relay.stats");
    lua_Number bytes_max = luaL_optnumber(lua, 1, (lua_Number)RUNTIME_SCRATCH_MAX / 2);
    luaL_argcheck(lua, bytes_max >= 0 && bytes_max <= (lua_Number)RUNTIME_SCRATCH_MAX / 2, 1,
                  "must be a number of bytes");
    struct buf *text = runtime_scratch(lua);
    size_t count = count_fitting(&world->relay->channels, (size_t)bytes_max);
    add_overview(text, world->relay, count);
    add_traffic(text, world->relay, count, clock_ms(&world->clock));
    push_text(lua, text);
    lua_pushinteger(lua, (lua_Integer)(channel_table_count(&world->relay->channels) - count));
    return 2;
}

/* host_stats(): the dictionary; or nil and why. */
static int engine_host_stats(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "relay.host_stats");
    struct buf *text = runtime_scratch(lua);
    struct host_stats stats = {0};
    int err = host_linux_read(&stats, runtime_of(lua)->log);
    if (!err)
        host_stats_write(text, &stats, world->network);
    host_stats_deinit(&stats);
    return err ? bind_failure(lua, relay_err_text(err)) : push_text(lua, text);
}

void bind_stats(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"stats", engine_stats},
        {"host_stats", engine_host_stats},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}
