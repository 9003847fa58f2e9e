/* cli_check.c — check: loads everything as run would, and says what it would run with.
 *
 * Problems go to standard error as `file:line: what`, with nothing before the file, so that an
 * editor can jump there; the effective configuration goes to standard output. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/installed.h"
#include "cli/options.h"
#include "socket/tls.h"
#include "socket/tls_client.h"

/* What one check found. */
struct check {
    struct script_source source;
    struct buf files;    /* that the load read */
    struct buf problems; /* a line each */
    struct buf notes;    /* the same, and nothing is wrong */
    struct buf text;
};

/* What main.lua says at load time about its own trouble is worth to be seen; the rest is not. */
static void write_stderr(void *context, const char *line, size_t len)
{
    (void)context;
    fwrite(line, 1, len, stderr);
}

/* The last of the files: where the policies are. When main.lua did not come so far: where they are
 * most of the time. Into `path`. */
static void find_policies(const struct check *check, char *path, size_t size)
{
    const struct buf *files = &check->files;
    const char *main_path = check->source.main_path, *last = "";
    for (size_t at = 0; at < files->len; at += strlen(last) + 1)
        last = files->bytes + at;
    size_t len = strlen(last);
    const char *slash = strrchr(main_path, '/');
    if (len > 1 && last[len - 1] == '/')
        snprintf(path, size, "%.*s", (int)len - 1, last);
    else
        snprintf(path, size, "%.*spolicies", slash ? (int)(slash - main_path) + 1 : 0, main_path);
}

/* A load ends at its first mistake, so every policy is looked at by itself, too. When the mistake
 * was one of theirs, it is found again. `first` is that mistake, or NULL. */
static void look_at_policies(struct check *check, const char *first)
{
    char directory[PATH_MAX];
    find_policies(check, directory, sizeof directory);
    struct buf others = {0};
    script_check_policies(&check->source, directory, &others, &check->notes);
    buf_add_byte(&others, '\0');
    if (first && (others.failed || !strstr(others.bytes, first))) {
        buf_add_text(&check->problems, first);
        buf_add_byte(&check->problems, '\n');
    }
    if (!others.failed)
        buf_add(&check->problems, others.bytes, others.len - 1);
    buf_deinit(&others);
}

static void add_tls_problem(struct check *check, struct script *script, const struct buf *error)
{
    script_place(script, "tls", &check->problems);
    buf_add_text(&check->problems, ": ");
    buf_add(&check->problems, error->bytes, error->len);
    buf_add_byte(&check->problems, '\n');
}

/* The files are read as run would read them. */
static void check_tls(struct check *check, struct script *script)
{
    struct buf error = {0};
    struct ssl_ctx_st *pair;
    if (tls_read(&pair, script_config(script), &error) != 0)
        add_tls_problem(check, script, &error);
    tls_pair_free(pair);
    buf_clear(&error);
    struct x509_store_st *trust = tls_client_trust(script_config(script), &error);
    if (!trust)
        add_tls_problem(check, script, &error);
    tls_client_trust_free(trust);
    buf_deinit(&error);
}

static void look(struct check *check)
{
    struct script *script = NULL;
    struct buf error = {0};
    int err = script_load(&script, &check->source, &error);
    if (err && error.len == 0)
        buf_add_text(&error, relay_err_text(err));
    buf_add_byte(&error, '\0');
    look_at_policies(check, err ? error.failed ? "out of memory" : error.bytes : NULL);
    if (!err)
        check_tls(check, script);
    if (!err && script_describe(script, &check->text) != 0)
        buf_add(&check->problems, check->text.bytes, check->text.len);
    buf_deinit(&error);
    script_free(script);
}

static int tell(const struct check *check)
{
    fwrite(check->notes.bytes ? check->notes.bytes : "", 1, check->notes.len, stderr);
    fwrite(check->problems.bytes ? check->problems.bytes : "", 1, check->problems.len, stderr);
    if (check->problems.len)
        return CLI_FAILED;
    fwrite(check->text.bytes, 1, check->text.len, stdout);
    return CLI_FINE;
}

static int check_main(const struct options *options)
{
    struct installed installed;
    struct log log = {.sink.write = write_stderr, .level = LOG_WARN};
    struct check check = {0};
    if (!installed_find(&installed))
        return CLI_FAILED;
    check.source = (struct script_source){
        .main_path = options->main_path,
        .scripts_path = installed.scripts,
        .policies_path = installed.policies,
        .options = options->values,
        .option_count = options->count,
        .log = &log,
        .generation = 1,
        .files = &check.files,
    };
    look(&check);
    int code = tell(&check);
    buf_deinit(&check.files);
    buf_deinit(&check.problems);
    buf_deinit(&check.notes);
    buf_deinit(&check.text);
    return code;
}

int cli_check(int argc, char **argv)
{
    struct options options;
    int code = CLI_FINE;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_RUN:
        code = check_main(&options);
        break;
    case OPTIONS_HELP:
        fputs(options_help, stdout);
        break;
    case OPTIONS_VERSION:
        code = cli_usage("check has no version of its own");
        break;
    case OPTIONS_USAGE:
        code = cli_usage("%s", options.problem);
        break;
    }
    options_deinit(&options);
    return code;
}
