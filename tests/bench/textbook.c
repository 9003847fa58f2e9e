/* textbook.c — bench-textbook: a relay written the way that libwebsockets' own examples teach: a
 * queue for each session, lws_callback_on_writable, one lws_write for each writable callback.
 * Default settings, on libuv like the engine. It says what is gained by another write path on the
 * same library. */
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "mini.h"

enum { RX_BYTES = 4096, MESSAGE_MAX = 1 << 16, CLIENTS_MAX = 20000 };

struct message {
    unsigned references;
    size_t length;
    unsigned char bytes[]; /* LWS_PRE of room, then the text */
};

struct item {
    struct item *next;
    struct message *message;
};

struct session {
    struct session *next;
    struct session *previous;
    struct lws *wsi;
    struct item *head;
    struct item *tail;
    bool subscribed;
    size_t length; /* of what has been received of the present message */
    char *received;
};

static struct session sessions = {.next = &sessions, .previous = &sessions};

static void release(struct message *message)
{
    if (--message->references == 0) {
        free(message);
    }
}

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static struct message *new_message(size_t room)
{
    struct message *message = allocate(sizeof *message + LWS_PRE + room);
    message->references = 1;
    message->length = 0;
    return message;
}

static void enqueue(struct session *session, struct message *message)
{
    struct item *item = allocate(sizeof *item);
    item->next = NULL;
    item->message = message;
    message->references++;
    if (session->tail == NULL) {
        session->head = item;
    } else {
        session->tail->next = item;
    }
    session->tail = item;
    lws_callback_on_writable(session->wsi);
}

static struct message *dequeue(struct session *session)
{
    struct item *item = session->head;
    if (item == NULL) {
        return NULL;
    }
    struct message *message = item->message;
    session->head = item->next;
    if (session->head == NULL) {
        session->tail = NULL;
    }
    free(item);
    return message;
}

static void publish(const struct session *from, const struct mini_command *command)
{
    struct message *message = new_message(command->message.length + MINI_OVERHEAD);
    message->length = mini_delivery((char *)message->bytes + LWS_PRE, command);
    for (struct session *to = sessions.next; to != &sessions; to = to->next) {
        if (to != from && to->subscribed) {
            enqueue(to, message);
        }
    }
    release(message);
}

static void handle(struct session *session, const char *text, size_t length)
{
    struct mini_command command;
    if (!mini_read(text, length, &command)) {
        return;
    }
    if (command.is_send) {
        publish(session, &command);
    } else {
        session->subscribed = true;
    }
    struct message *answer = new_message(MINI_OVERHEAD);
    answer->length = mini_answer((char *)answer->bytes + LWS_PRE, &command);
    enqueue(session, answer);
    release(answer);
}

/* A message may come in pieces. */
static int receive(struct session *session, const char *bytes, size_t length)
{
    bool whole =
        lws_is_final_fragment(session->wsi) != 0 && lws_remaining_packet_payload(session->wsi) == 0;
    if (whole && session->length == 0) {
        handle(session, bytes, length);
        return 0;
    }
    if (session->length + length > MESSAGE_MAX) {
        return -1;
    }
    if (session->received == NULL) {
        session->received = allocate(MESSAGE_MAX);
    }
    memcpy(session->received + session->length, bytes, length);
    session->length += length;
    if (whole) {
        handle(session, session->received, session->length);
        session->length = 0;
    }
    return 0;
}

static int write_one(struct session *session)
{
    struct message *message = dequeue(session);
    if (message == NULL) {
        return 0;
    }
    int written =
        lws_write(session->wsi, message->bytes + LWS_PRE, message->length, LWS_WRITE_TEXT);
    int result = written < (int)message->length ? -1 : 0;
    release(message);
    if (session->head != NULL) {
        lws_callback_on_writable(session->wsi);
    }
    return result;
}

static void opened(struct session *session, struct lws *wsi)
{
    session->wsi = wsi;
    session->next = sessions.next;
    session->previous = &sessions;
    sessions.next->previous = session;
    sessions.next = session;
}

static void closed(struct session *session)
{
    struct message *message;
    session->previous->next = session->next;
    session->next->previous = session->previous;
    while ((message = dequeue(session)) != NULL) {
        release(message);
    }
    free(session->received);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        opened(user, wsi);
        return 0;
    case LWS_CALLBACK_CLOSED:
        closed(user);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return receive(user, in, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_one(user);
    default:
        return 0;
    }
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {
        {.name = "relay",
         .callback = callback,
         .per_session_data_size = sizeof(struct session),
         .rx_buffer_size = RX_BYTES},
        {.name = NULL}};
    struct lws_context_creation_info info;
    struct rlimit limit = {CLIENTS_MAX, CLIENTS_MAX};
    uv_loop_t *loop = uv_default_loop();
    void *loops[] = {loop};
    if (argc != 2) {
        lwsl_err("usage: bench-textbook PORT\n");
        return 2;
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGPIPE, SIG_IGN);
    lws_set_log_level(LLL_ERR, NULL);
    memset(&info, 0, sizeof info);
    info.port = atoi(argv[1]);
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_LIBUV;
    info.foreign_loops = loops;
    struct lws_context *context = lws_create_context(&info);
    if (context == NULL) {
        return 1;
    }
    while (lws_service(context, 0) >= 0) {
        /* until a signal ends it */
    }
    lws_context_destroy(context);
    return 0;
}
