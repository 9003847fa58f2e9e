/* whole_client.c — see whole_client.h. */
#include "sim/whole_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/utf8.h"
#include "sim/whole_net.h"

#define FROZEN_AGAIN_US 20000

struct said {
    struct list node;
    size_t len;
    char text[];
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void forget_commands(struct whole_client *client)
{
    struct list *node;
    while ((node = list_shift(&client->commands)))
        free(list_entry(node, struct said, node));
}

/* What waits in its outbox is heard. */
static void hear(struct whole_client *client)
{
    const struct whole_watch *watch = &client->home->net->watch;
    struct frame *frame;
    while (client->client && (frame = outbox_first(client_outbox(client->client)))) {
        unsigned len = frame->bytes[1];
        size_t skip = len < 126 ? 2 : len == 126 ? 4 : 10;
        frame_ref(frame);
        outbox_shift(client_outbox(client->client));
        if (watch->heard)
            watch->heard(watch->context, client, (const char *)frame->bytes + skip,
                         frame->len - skip);
        frame_unref(frame);
    }
}

static void gone(struct whole_client *client)
{
    const struct whole_watch *watch = &client->home->net->watch;
    struct client *end = client->client;
    if (!end)
        return;
    client->client = NULL;
    forget_commands(client);
    list_remove(&client->node);
    client_gone(end);
    if (watch->closed)
        watch->closed(watch->context, client, client->close_code);
}

/* What a socket would refuse does not come as far as the relay. */
static void take(struct client *client, const struct said *said)
{
    if (said->len > client_message_max(client))
        client_close(client, CLOSE_TOO_BIG, "message too big");
    else if (!utf8_is_valid(said->text, said->len))
        client_close(client, CLOSE_NOT_UTF8, "invalid utf-8");
    else
        client_receive(client, said->text, said->len);
}

static void take_commands(struct whole_client *client)
{
    while (client->client && !client->is_paused && !client->is_closing) {
        struct list *node = list_shift(&client->commands);
        if (!node)
            return;
        struct said *said = list_entry(node, struct said, node);
        take(client->client, said);
        free(said);
    }
}

static void turn(struct whole_client *client, uint64_t at_us);

/* A turn of the loop, as far as it concerns this client. */
static void fire_turn(void *context, void *payload)
{
    struct whole_client *client = context;
    (void)payload;
    client->is_turning = false;
    if (!client->client)
        return;
    if (client->home->is_frozen) {
        turn(client, client->home->net->events.now_us + FROZEN_AGAIN_US);
        return;
    }
    take_commands(client);
    hear(client);
    if (client->is_closing)
        gone(client);
}

static void turn(struct whole_client *client, uint64_t at_us)
{
    if (client->is_turning)
        return;
    client->is_turning = true;
    event_queue_add(&client->home->net->events, at_us, fire_turn, client, NULL);
}

static void on_wake(void *connection, bool is_answer)
{
    (void)is_answer;
    turn(connection, 0);
}

static void on_close(void *connection, unsigned code, const char *reason)
{
    struct whole_client *client = connection;
    client->is_closing = true;
    client->close_code = code;
    snprintf(client->close_reason, sizeof(client->close_reason), "%s", reason ? reason : "");
    turn(client, 0);
}

static void on_pause(void *connection)
{
    ((struct whole_client *)connection)->is_paused = true;
}

static void on_resume(void *connection)
{
    ((struct whole_client *)connection)->is_paused = false;
    turn(connection, 0);
}

static const struct transport transport = {
    .wake = on_wake,
    .close = on_close,
    .pause = on_pause,
    .resume = on_resume,
};

struct whole_client *whole_client_open(struct whole_node *home, void *user)
{
    return whole_client_open_as(home, user, "192.0.2.3", &(struct buf){0});
}

struct whole_client *whole_client_open_as(struct whole_node *home, void *user, const char *address,
                                          const struct buf *identity)
{
    struct whole_client *client = must(calloc(1, sizeof(*client)));
    client->home = home;
    client->user = user;
    list_init(&client->commands);
    list_append(&home->clients, &client->node);
    list_append(&home->net->clients, &client->all);
    snprintf(client->address, sizeof(client->address), "%s", address);
    client->client = must(client_open(&home->relay, &transport, client, client->address, identity));
    return client;
}

void whole_client_leave(struct whole_client *client)
{
    client->is_closing = true;
    gone(client);
}

void whole_client_free(struct whole_client *client)
{
    forget_commands(client);
    free(client);
}

void whole_client_say(struct whole_client *client, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    if (!client->client)
        return;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (len < 0)
        abort();
    for (int i = 0; i < len; i++)
        text[i] = text[i] == '\'' ? '"' : text[i];
    whole_client_say_text(client, text, (size_t)len);
    free(text);
}

void whole_client_say_text(struct whole_client *client, const char *text, size_t len)
{
    if (!client->client)
        return;
    struct said *said = must(malloc(sizeof(*said) + len));
    said->len = len;
    memcpy(said->text, text, len);
    list_append(&client->commands, &said->node);
    turn(client, 0);
}

void whole_client_subscribe(struct whole_client *client, const char *channel, const char *password,
                            unsigned nonce)
{
    if (password)
        whole_client_say(client,
                         "{'command':'subscribe','data':{'topic':'%s','password':'%s'},'nonce':%u}",
                         channel, password, nonce);
    else
        whole_client_say(client, "{'command':'subscribe','data':{'topic':'%s'},'nonce':%u}",
                         channel, nonce);
}

void whole_client_unsubscribe(struct whole_client *client, const char *channel, unsigned nonce)
{
    whole_client_say(client, "{'command':'unsubscribe','data':{'topic':'%s'},'nonce':%u}", channel,
                     nonce);
}

void whole_client_send(struct whole_client *client, const char *channel, const char *message,
                       unsigned nonce)
{
    whole_client_say(client, "{'command':'send','data':{'channel':'%s','message':%s},'nonce':%u}",
                     channel, message, nonce);
}
