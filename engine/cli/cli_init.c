/* cli_init.c — init: a main.lua, policies and specs to start from, copied from scripts/init. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/installed.h"
#include "protocol/json_write.h"

#define READ_BYTES 4096

/* Folders before what stands in them. */
static const char *const FOLDERS[] = {"policies", "spec", "spec/policies"};
static const char *const FILES[] = {
    "main.lua",
    "policies/client_auth.lua",
    "policies/channel_auth.lua",
    "policies/health.lua",
    "policies/limits.lua",
    "spec/policies/channel_auth_spec.lua",
    "spec/network_spec.lua",
    ".busted",
    ".luacheckrc",
    ".luarc.json",
};
#define FOLDER_COUNT (sizeof FOLDERS / sizeof FOLDERS[0])
#define FILE_COUNT (sizeof FILES / sizeof FILES[0])

/* Stands in a template for the place of the installed files. */
static const char ROOT[] = "@ROOT@";

static int fail(const char *path, const char *why)
{
    fprintf(stderr, "wsrelay-engine: %s: %s\n", path, why);
    return CLI_FAILED;
}

/* Nothing is written unless all of it can be new. */
static int check_none_exists(const char *directory)
{
    char path[PATH_MAX];
    struct stat status;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        int len = snprintf(path, sizeof path, "%s/%s", directory, FILES[i]);
        if (len < 0 || (size_t)len >= sizeof path)
            return fail(directory, strerror(ENAMETOOLONG));
        if (lstat(path, &status) == 0)
            return fail(path, "exists already, and nothing was written");
    }
    return CLI_FINE;
}

static int make_directory(const char *path)
{
    struct stat status;
    if (mkdir(path, 0777) == 0)
        return CLI_FINE;
    int reason = errno;
    if (reason == EEXIST && stat(path, &status) == 0)
        reason = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
    return reason ? fail(path, strerror(reason)) : CLI_FINE;
}

/* With those above it. */
static int make_directories(const char *directory)
{
    char path[PATH_MAX];
    int code = CLI_FINE;
    snprintf(path, sizeof path, "%s", directory);
    for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL && code == CLI_FINE;) {
        *slash = '\0';
        code = make_directory(path);
        *slash = '/';
    }
    if (code == CLI_FINE)
        code = make_directory(path);
    for (size_t i = 0; i < FOLDER_COUNT && code == CLI_FINE; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, FOLDERS[i]);
        code = make_directory(path);
    }
    return code;
}

static int read_file(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return fail(path, strerror(errno));
    size_t len = 1;
    while (len > 0 && !text->failed) {
        char *room = buf_reserve(text, READ_BYTES);
        len = room ? fread(room, 1, READ_BYTES, file) : 0;
        text->len += len;
    }
    bool failed = ferror(file) || text->failed;
    fclose(file);
    return failed ? fail(path, "cannot be read") : CLI_FINE;
}

/* Puts the place of the installed files, as in a JSON text, where ROOT stands. */
static void fill_in(const struct buf *text, const struct installed *installed, struct buf *filled)
{
    struct buf root = {0};
    json_write_string(&root, installed->scripts, strlen(installed->scripts) - strlen("/scripts"));
    const char *at = text->bytes, *end = text->bytes + text->len, *mark;
    while (at && (mark = memmem(at, (size_t)(end - at), ROOT, sizeof ROOT - 1)) != NULL) {
        buf_add(filled, at, (size_t)(mark - at));
        if (root.len > 2)
            buf_add(filled, root.bytes + 1, root.len - 2);
        at = mark + sizeof ROOT - 1;
    }
    if (at)
        buf_add(filled, at, (size_t)(end - at));
    buf_deinit(&root);
}

static int write_file(const char *path, const struct buf *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail(path, strerror(errno));
    ssize_t written = write(fd, text->bytes, text->len);
    bool is_whole = written >= 0 && (size_t)written == text->len;
    if (close(fd) != 0 || !is_whole)
        return fail(path, "cannot be written");
    return CLI_FINE;
}

static int copy(const struct installed *installed, const char *directory, const char *name)
{
    char from[PATH_MAX + 64], to[PATH_MAX];
    struct buf text = {0}, filled = {0};
    snprintf(from, sizeof from, "%s/init/%s", installed->scripts, name);
    snprintf(to, sizeof to, "%s/%s", directory, name);
    int code = read_file(from, &text);
    if (code == CLI_FINE) {
        fill_in(&text, installed, &filled);
        code = filled.failed ? fail(to, "out of memory") : write_file(to, &filled);
    }
    buf_deinit(&text);
    buf_deinit(&filled);
    return code;
}

static void tell(const char *directory)
{
    printf("wrote %s: main.lua, policies/, spec/\n\n"
           "  cd %s\n"
           "  wsrelay-engine check main.lua    what it runs with\n"
           "  wsrelay-engine main.lua          run it; --watch reloads when a file changes\n"
           "  busted                           the specs of the policies\n"
           "  wsrelay-engine test              all specs, those of the network too\n",
           directory, directory);
}

int cli_init(int argc, char **argv)
{
    struct installed installed;
    if (argc != 2 || argv[1][0] == '-' || argv[1][0] == '\0')
        return cli_usage("init takes one directory");
    int code = installed_find(&installed) ? check_none_exists(argv[1]) : CLI_FAILED;
    if (code == CLI_FINE)
        code = make_directories(argv[1]);
    for (size_t i = 0; i < FILE_COUNT && code == CLI_FINE; i++)
        code = copy(&installed, argv[1], FILES[i]);
    if (code == CLI_FINE)
        tell(argv[1]);
    return code;
}
