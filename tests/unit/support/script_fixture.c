/* script_fixture.c — see the header. */
#include "script_fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void write_line(void *context, const char *line, size_t len)
{
    buf_add(context, line, len);
}

void script_fixture_init(struct script_fixture *fixture)
{
    *fixture = (struct script_fixture){.log.level = LOG_DEBUG};
    fixture->log.sink = (struct log_sink){.write = write_line, .context = &fixture->lines};
    strcpy(fixture->directory, "/tmp/wsrelay-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void script_fixture_deinit(struct script_fixture *fixture)
{
    script_free(fixture->script);
    buf_deinit(&fixture->lines);
    buf_deinit(&fixture->error);
    nftw(fixture->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void script_fixture_write(struct script_fixture *fixture, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

int script_fixture_load(struct script_fixture *fixture, const char *main,
                        const struct script_option *options, size_t option_count)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->directory, main);
    const struct script_source source = {
        .main_path = path,
        .scripts_path = "scripts",
        .policies_path = "policies",
        .options = options,
        .option_count = option_count,
        .log = &fixture->log,
        .simulation = fixture->simulation,
        .generation = fixture->generation ? fixture->generation : 1,
    };
    script_free(fixture->script);
    fixture->script = NULL;
    buf_clear(&fixture->error);
    int err = script_load(&fixture->script, &source, &fixture->error);
    buf_add_byte(&fixture->error, '\0');
    if (!err)
        script_hooks(fixture->script, &fixture->hooks);
    return err;
}

void script_fixture_policy(struct script_fixture *fixture, const char *file, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "policies/%s.lua", file);
    script_fixture_write(fixture, "main.lua", "require('relay').node { name = 'node-a' }");
    script_fixture_write(fixture, name, text);
    if (script_fixture_load(fixture, "main.lua", NULL, 0) != 0)
        fail_msg("did not load: %s", fixture->error.bytes);
}

void script_fixture_assert_error(const struct script_fixture *fixture, const char *message)
{
    size_t len = strlen(fixture->directory);
    assert_memory_equal(fixture->error.bytes, fixture->directory, len);
    assert_string_equal(fixture->error.bytes + len + 1, message);
}

void script_fixture_assert_error_begins(const struct script_fixture *fixture, const char *begin)
{
    size_t len = strlen(fixture->directory);
    assert_memory_equal(fixture->error.bytes + len + 1, begin, strlen(begin));
}
