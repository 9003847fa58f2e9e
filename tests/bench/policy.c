/* policy.c — what asking a policy costs: nanoseconds a question, on this thread's clock.
 *
 * Each row is a policy's file in a directory of its own, loaded as a node loads it, and asked
 * through the same function pointer as a node asks it. The fastest of several rounds: other
 * programs make some slower, none faster. Run it in the source's root. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "script/script.h"

#define ROUNDS 15
#define CALLS 100000

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

#define NONE ""
#define USER "{\"user\":\"alice\"}"
#define ROLES "{\"user\":\"alice\",\"roles\":[\"editor\",\"admin\"],\"n\":7}"

static struct publish_request message = {
    .client = {.id = 42, .address = TEXT("192.0.2.7"), .channels = 3},
    .channel = TEXT("news"),
    .text = TEXT("Hello World, this is a message of an ordinary length"),
};

static const struct policy {
    const char *body, *identity;
} policies[] = {
    {"return true", NONE},
    {"return true", USER},
    {"return true", ROLES},
    {"return message.client.user == 'alice'", USER},
    {"return message.client.identity.roles[1] == 'editor'", ROLES},
    {"return message.text:find('spam', 1, true) == nil", USER},
    {"return message.text:upper()", USER},
};
#define POLICY_COUNT (sizeof policies / sizeof policies[0])

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void drop_line(void *context, const char *line, size_t len)
{
    (void)context, (void)len;
    fputs(line, stderr);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static struct script *load(const struct policy *policy, struct log *log)
{
    char text[512];
    struct script *script = NULL;
    struct buf error = {0};
    snprintf(text, sizeof text, "return { publish = function(message) %s end }\n", policy->body);
    write_file("policies/message.lua", text);
    if (script_load(&script,
                    &(struct script_source){.main_path = "main.lua",
                                            .scripts_path = getenv("BENCH_SCRIPTS"),
                                            .policies_path = getenv("BENCH_POLICIES"),
                                            .log = log,
                                            .generation = 1},
                    &error) != 0) {
        fprintf(stderr, "%.*s\n", (int)error.len, error.bytes);
        exit(1);
    }
    return script;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double best_ns(const struct hooks *hooks)
{
    static double rounds[ROUNDS];
    struct buf replacement = {0};
    struct verdict denial;
    for (size_t i = 0; i < ROUNDS; i++) {
        double start = now_ns();
        for (size_t k = 0; k < CALLS; k++) {
            hooks->message_publish(hooks->context, &message, &denial, &replacement);
            buf_clear(&replacement);
        }
        rounds[i] = (now_ns() - start) / CALLS;
    }
    buf_deinit(&replacement);
    qsort(rounds, ROUNDS, sizeof rounds[0], compare);
    return rounds[0];
}

static void measure(const struct policy *policy, struct log *log)
{
    struct hooks hooks = {0};
    struct script *script = load(policy, log);
    script_hooks(script, &hooks);
    message.client.identity = (struct text){policy->identity, strlen(policy->identity)};
    printf("| `%s` | %s%s%s | %.0f |\n", policy->body, *policy->identity ? "`" : "",
           policy->identity, *policy->identity ? "`" : "", best_ns(&hooks));
    fflush(stdout);
    script_free(script);
}

int main(void)
{
    char directory[] = "/tmp/wsrelay-bench-XXXXXX", here[4096], path[4200];
    struct log log = {.sink.write = drop_line, .level = LOG_WARN};
    if (!getcwd(here, sizeof here) || !mkdtemp(directory) || chdir(directory) != 0 ||
        mkdir("policies", 0700) != 0)
        return 1;
    snprintf(path, sizeof path, "%s/scripts", here);
    setenv("BENCH_SCRIPTS", path, 1);
    snprintf(path, sizeof path, "%s/policies", here);
    setenv("BENCH_POLICIES", path, 1);
    write_file("main.lua", "require('relay').node { name = 'bench' }\n");
    puts("| publish(message) | identity | ns a message |\n|---|---|---|");
    for (size_t i = 0; i < POLICY_COUNT; i++)
        measure(&policies[i], &log);
    unlink("policies/message.lua");
    unlink("main.lua");
    rmdir("policies");
    return chdir("/") != 0 || rmdir(directory) != 0;
}
