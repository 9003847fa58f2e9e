/* cli_ctl.c — ctl: sends a command to the control socket of a node, and prints the answer as it
 * comes. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "protocol/json_read.h"
#include "protocol/json_write.h"

#define READ_SIZE 65536

struct ctl {
    const char *path; /* of the socket */
    char found[sizeof(((struct sockaddr_un *)0)->sun_path)];
    bool is_json;
    struct buf arguments; /* as JSON, with commas between */
    struct buf incoming;
    int exit_code; /* negative: not told yet */
};

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "wsrelay-engine: %s: %s\n", what, why);
    return CLI_FAILED;
}

/* --- What is asked --- */

static void add_argument(struct ctl *ctl, const char *argument)
{
    if (ctl->arguments.len)
        buf_add_byte(&ctl->arguments, ',');
    json_write_string(&ctl->arguments, argument, strlen(argument));
}

/* --control and --json may stand anywhere before a "--". */
static int read_arguments(struct ctl *ctl, int argc, char **argv)
{
    bool are_options = true;
    for (int i = 1; i < argc; i++) {
        bool is_control = are_options && strcmp(argv[i], "--control") == 0;
        if (is_control && i + 1 == argc)
            return cli_usage("--control needs a value");
        if (is_control)
            ctl->path = argv[++i];
        else if (are_options && strncmp(argv[i], "--control=", 10) == 0)
            ctl->path = argv[i] + 10;
        else if (are_options && strcmp(argv[i], "--json") == 0)
            ctl->is_json = true;
        else if (are_options && strcmp(argv[i], "--") == 0)
            are_options = false;
        else
            add_argument(ctl, argv[i]);
    }
    return ctl->arguments.len ? CLI_FINE : cli_usage("ctl: which command? ctl help lists them");
}

/* The only *.sock of the working directory. */
static int find_socket(struct ctl *ctl)
{
    glob_t found = {0};
    int code = CLI_FINE;
    if (glob("*.sock", 0, NULL, &found) != 0)
        code = failed("ctl", "no *.sock here; name the node's socket with --control or "
                             "WSRELAY_CONTROL");
    else if (found.gl_pathc > 1)
        code = failed("ctl", "more than one *.sock here; choose with --control or WSRELAY_CONTROL");
    else if (strlen(found.gl_pathv[0]) >= sizeof(ctl->found))
        code = failed(found.gl_pathv[0], "its name is longer than a socket's can be");
    else
        ctl->path = memcpy(ctl->found, found.gl_pathv[0], strlen(found.gl_pathv[0]) + 1);
    globfree(&found);
    return code;
}

static int choose_socket(struct ctl *ctl)
{
    const char *variable = getenv("WSRELAY_CONTROL");
    if (!ctl->path && variable && *variable)
        ctl->path = variable;
    return ctl->path ? CLI_FINE : find_socket(ctl);
}

/* --- The connection --- */

static int say_connect(const char *path, int why)
{
    if (why == ENOENT || why == ECONNREFUSED) {
        fprintf(stderr, "wsrelay-engine: no node listens at %s\n", path);
        return CLI_FAILED;
    }
    return failed(path, strerror(why));
}

static int open_socket(const struct ctl *ctl, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(ctl->path) >= sizeof(address.sun_path))
        return failed(ctl->path, "the path is longer than a socket's can be, 107 bytes");
    memcpy(address.sun_path, ctl->path, strlen(ctl->path) + 1);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && connect(*fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return CLI_FINE;
    return say_connect(ctl->path, errno);
}

static int send_all(const struct ctl *ctl, int fd, const struct buf *text)
{
    for (size_t sent = 0; sent < text->len;) {
        ssize_t len = send(fd, text->bytes + sent, text->len - sent, MSG_NOSIGNAL);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno == EPIPE ? CLI_FINE : failed(ctl->path, strerror(errno)); /* it says why */
        sent += (size_t)len;
    }
    return CLI_FINE;
}

static int ask(struct ctl *ctl, int fd)
{
    struct buf request = {0};
    buf_add_text(&request, "{\"json\":");
    buf_add_text(&request, ctl->is_json ? "true" : "false");
    buf_add_text(&request, ",\"arguments\":[");
    buf_add(&request, ctl->arguments.bytes, ctl->arguments.len);
    buf_add_text(&request, "]}\n");
    int code = request.failed || ctl->arguments.failed ? failed("ctl", "out of memory")
                                                       : send_all(ctl, fd, &request);
    buf_deinit(&request);
    return code;
}

/* --- The answer --- */

/* Whether it could be written: who reads us may have left. */
static bool print(FILE *stream, const struct json_span *value)
{
    char *text = malloc(value->len + 1);
    size_t len = 0;
    bool is_written = text && value->kind == JSON_STRING &&
                      json_string_decode(value, text, value->len + 1, &len) == 0 &&
                      fwrite(text, 1, len, stream) == len && fflush(stream) == 0;
    free(text);
    return is_written;
}

static bool take_member(struct ctl *ctl, const struct json_span *key, const struct json_span *value)
{
    if (json_string_equals(key, "out"))
        return print(stdout, value);
    if (json_string_equals(key, "error"))
        return print(stderr, value);
    if (json_string_equals(key, "exit"))
        ctl->exit_code =
            value->kind == JSON_NUMBER ? (int)(strtol(value->at, NULL, 10) & 0xFF) : CLI_FAILED;
    return true;
}

static bool take_line(struct ctl *ctl, const char *line, size_t len)
{
    struct json_reader json;
    struct json_span key, value;
    json_read_init(&json, line, len);
    if (json_enter_object(&json) != 0)
        return false;
    while (json_next_member(&json, &key) > 0) {
        if (json_read_value(&json, &value) != 0 || !take_member(ctl, &key, &value))
            return false;
    }
    return true;
}

/* Takes the whole lines that came, and keeps what is left. */
static bool take_lines(struct ctl *ctl)
{
    struct buf *incoming = &ctl->incoming;
    size_t at = 0;
    const char *end;
    bool goes_on = true;
    while (goes_on && at < incoming->len &&
           (end = memchr(incoming->bytes + at, '\n', incoming->len - at)) != NULL) {
        size_t len = (size_t)(end - incoming->bytes) - at;
        goes_on = take_line(ctl, incoming->bytes + at, len);
        at += len + 1;
    }
    memmove(incoming->bytes, incoming->bytes + at, incoming->len - at);
    incoming->len -= at;
    return goes_on;
}

static int hear(struct ctl *ctl, int fd)
{
    while (ctl->exit_code < 0) {
        char *room = buf_reserve(&ctl->incoming, READ_SIZE);
        ssize_t len = room ? read(fd, room, READ_SIZE) : -1;
        if (len < 0 && room && errno == EINTR)
            continue;
        if (len < 0)
            return failed("ctl", room ? strerror(errno) : "out of memory");
        if (len == 0)
            return failed(ctl->path, "the node has hung up");
        ctl->incoming.len += (size_t)len;
        if (!take_lines(ctl))
            return CLI_FAILED;
    }
    return ctl->exit_code;
}

int cli_ctl(int argc, char **argv)
{
    struct ctl ctl = {.exit_code = -1};
    int fd = -1;
    int code = read_arguments(&ctl, argc, argv);
    if (code == CLI_FINE)
        code = choose_socket(&ctl);
    if (code == CLI_FINE)
        code = open_socket(&ctl, &fd);
    if (code == CLI_FINE)
        code = ask(&ctl, fd);
    if (code == CLI_FINE)
        code = hear(&ctl, fd);
    if (fd >= 0)
        close(fd);
    buf_deinit(&ctl.arguments);
    buf_deinit(&ctl.incoming);
    return code;
}
