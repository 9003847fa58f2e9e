/* channel.c — see channel.h. */
#include "relay/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json_write.h"
#include "relay/client.h"

struct channel *channel_new(const char *name, size_t name_len, const struct password_hash *password)
{
    struct buf json;
    buf_init(&json, 0);
    json_write_string(&json, name, name_len);
    struct channel *channel = NULL;
    if (!json.failed)
        channel = calloc(1, sizeof(*channel) + name_len + 1 + json.len);
    if (channel) {
        channel->password = *password;
        channel->name_len = name_len;
        memcpy(channel->name, name, name_len);
        channel->json_len = json.len;
        channel->json = memcpy(channel->name + name_len + 1, json.bytes, json.len);
    }
    buf_deinit(&json);
    return channel;
}

void channel_free(struct channel *channel)
{
    assert(channel->count == 0);
    explicit_bzero(&channel->password, sizeof(channel->password));
    traffic_deinit(&channel->traffic);
    buf_deinit(&channel->scope.nodes);
    free(channel->subscribers);
    free(channel);
}

int64_t subscriptions_find(const struct subscriptions *subscriptions, const struct channel *channel)
{
    for (uint32_t i = 0; i < subscriptions->count; i++)
        if (subscriptions->items[i].channel == channel)
            return i;
    return -1;
}

/* The shorter of the two arrays is searched. */
bool channel_has(const struct channel *channel, const struct client *client,
                 const struct subscriptions *subscriptions)
{
    if (subscriptions->count <= channel->count)
        return subscriptions_find(subscriptions, channel) >= 0;
    for (uint32_t i = 0; i < channel->count; i++)
        if (channel->subscribers[i].client == client)
            return true;
    return false;
}

/* Room for one more item of `size` bytes. */
static int reserve(void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return 0;
    uint32_t wanted = *capacity ? *capacity * 2 : 1;
    void *grown = realloc(*items, wanted * size);
    if (!grown)
        return RELAY_ENOMEM;
    *items = grown;
    *capacity = wanted;
    return 0;
}

/* Gives memory back once three quarters of it lie idle. A failure to shrink changes nothing. */
static void release(void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (*capacity < 4 || count > *capacity / 4)
        return;
    uint32_t wanted = *capacity / 2;
    void *shrunk = realloc(*items, wanted * size);
    if (shrunk) {
        *items = shrunk;
        *capacity = wanted;
    }
}

int channel_add(struct channel *channel, struct client *client, struct subscriptions *subscriptions)
{
    void *subscribers = channel->subscribers, *items = subscriptions->items;
    int err = reserve(&subscribers, channel->count, &channel->capacity, sizeof(struct subscriber));
    channel->subscribers = subscribers;
    if (!err)
        err = reserve(&items, subscriptions->count, &subscriptions->capacity,
                      sizeof(struct subscription));
    subscriptions->items = items;
    if (err)
        return err;
    channel->subscribers[channel->count] =
        (struct subscriber){.client = client, .place = subscriptions->count};
    subscriptions->items[subscriptions->count] =
        (struct subscription){.channel = channel, .place = channel->count};
    channel->count++;
    subscriptions->count++;
    return 0;
}

/* The last subscriber moves to the free place. */
static void remove_subscriber(struct channel *channel, uint32_t place)
{
    assert(place < channel->count);
    struct subscriber *moved = &channel->subscribers[channel->count - 1];
    client_subscriptions(moved->client)->items[moved->place].place = place;
    channel->subscribers[place] = *moved;
    channel->count--;
    void *subscribers = channel->subscribers;
    release(&subscribers, channel->count, &channel->capacity, sizeof(struct subscriber));
    channel->subscribers = subscribers;
}

void channel_remove_at(struct subscriptions *subscriptions, uint32_t place)
{
    assert(place < subscriptions->count);
    struct subscription gone = subscriptions->items[place];
    remove_subscriber(gone.channel, gone.place);
    struct subscription *moved = &subscriptions->items[subscriptions->count - 1];
    if (moved != &subscriptions->items[place]) {
        moved->channel->subscribers[moved->place].place = place;
        subscriptions->items[place] = *moved;
    }
    subscriptions->count--;
    void *items = subscriptions->items;
    release(&items, subscriptions->count, &subscriptions->capacity, sizeof(struct subscription));
    subscriptions->items = items;
}
