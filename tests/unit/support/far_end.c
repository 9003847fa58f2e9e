/* far_end.c — see far_end.h. */
#include "far_end.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_wake(void *connection, bool is_answer)
{
    (void)is_answer;
    assert_false(((struct far_end *)connection)->is_closed);
}

static void on_close(void *connection, unsigned code, const char *reason)
{
    struct far_end *end = connection;
    assert_false(end->is_closed);
    end->is_closed = true;
    end->code = code;
    snprintf(end->reason, sizeof(end->reason), "%s", reason);
}

static void on_pause(void *connection)
{
    (void)connection;
    fail();
}

static const struct transport transport = {
    .wake = on_wake,
    .close = on_close,
    .pause = on_pause,
    .resume = on_pause,
};

/* A test that fails leaves its far ends behind. */
static struct far_end *left_behind;

static struct far_end *far_end_new(struct whole_node *node)
{
    struct far_end *end = calloc(1, sizeof(*end));
    assert_non_null(end);
    end->node = node;
    end->older = left_behind;
    left_behind = end;
    return end;
}

struct far_end *far_end_accepted(struct whole_node *node, const char *token)
{
    struct far_end *end = far_end_new(node);
    end->session =
        mesh_accept(node->mesh, &transport, end, "192.0.2.9", (struct text){token, strlen(token)});
    assert_non_null(end->session);
    return end;
}

struct far_end *far_end_dialled(struct whole_node *node)
{
    struct far_end *end = far_end_new(node);
    end->session = mesh_dialled(node->mesh, node->last_dial, &transport, end, "192.0.2.8");
    return end;
}

void far_end_free_all(void)
{
    while (left_behind)
        far_end_free(left_behind);
}

void far_end_free(struct far_end *end)
{
    struct far_end **place = &left_behind;
    while (*place != end)
        place = &(*place)->older;
    *place = end->older;
    if (end->session)
        session_gone(end->session);
    free(end->text);
    free(end);
}

static void quote(char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            *text = '"';
}

void far_end_say(struct far_end *end, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    assert_true(len >= 0);
    assert_false(end->is_closed);
    quote(text);
    /* A copy of just this size: the sanitizer sees a step behind its end. */
    char *copy = malloc(len ? (size_t)len : 1);
    assert_non_null(copy);
    memcpy(copy, text, (size_t)len);
    free(text);
    session_receive(end->session, copy, (size_t)len);
    free(copy);
}

void far_end_greet(struct far_end *end, const char *name, uint64_t boot)
{
    if (boot)
        far_end_say(end,
                    "{'command':'handshake','data':{'name':'%s','boot':%" PRIu64
                    ",'features':['tree/1','claims/1']}}",
                    name, boot);
    else
        far_end_say(end, "{'command':'handshake','data':{'name':'%s'}}", name);
}

void far_end_packet(struct far_end *end, const char *source, const char *destination,
                    const char *type, const char *nonce, const char *data)
{
    far_end_say(end, "{'source':'%s','destination':'%s','type':'%s','nonce':'%s','data':%s}",
                source, destination, type, nonce, data);
}

const char *far_end_hear(struct far_end *end)
{
    struct frame *frame;
    assert_non_null(end->session);
    struct outbox *outbox = &end->session->outbox;
    free(end->text);
    end->text = NULL;
    while ((frame = outbox_first(outbox)) && (frame->bytes[0] & 15) == WS_PING) {
        end->pings++;
        outbox_shift(outbox);
    }
    if (!frame)
        return NOTHING_HEARD;
    unsigned first = frame->bytes[1];
    size_t skip = first < 126 ? 2 : first == 126 ? 4 : 10;
    end->text = strndup((const char *)frame->bytes + skip, frame->len - skip);
    outbox_shift(outbox);
    return end->text;
}

bool far_end_heard(struct far_end *end, const char *part)
{
    const char *text;
    bool is_heard = false;
    char *wanted = strdup(part);
    assert_non_null(wanted);
    quote(wanted);
    while (strcmp(text = far_end_hear(end), NOTHING_HEARD) != 0)
        is_heard |= strstr(text, wanted) != NULL;
    free(wanted);
    return is_heard;
}
