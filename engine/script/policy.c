/* policy.c — finds, loads and checks the policies' files, and asks them. */
#include "script/policy.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <lauxlib.h>

#include "script/call.h"
#include "script/explain.h"
#include "script/json_lua.h"
#include "script/meant.h"
#include "script/policy_rules.h"
#include "script/sandbox.h"
#include "script/vm.h"

#define FILE_MAX (4 << 20) /* of a policy */

/* In the order of enum policy_question. */
static const struct {
    const char *file, *name;
    const char *instead; /* what happens when it fails, for the log */
    bool is_optional;    /* nobody answers when the user has no file */
} QUESTIONS[POLICY_QUESTIONS] = {
    {"client_auth", "connect", "denied", false},
    {"channel_auth", "open", "denied", false},
    {"channel_auth", "join", "denied", false},
    {"channel_auth", "list", "hidden", false},
    {"limits", "client", "the configured limits", false},
    {"message", "publish", "refused", true},
    {"health", "rules", "the last state", false},
    {"node_auth", "accept", "denied", false},
    {"routing", "scope", "the whole network", false},
    {"routing", "next_hop", "the fastest", false},
    {"peer_selection", "choose", "linked peers are kept", false},
    {"nearest", "choose", "a healthy node with few clients", false},
};

#define TIMED_EACH 16 /* one question of so many */

static const char HEADER_NAME[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* One question; a load may take its time. */
static const struct budget_limits ASK_LIMITS = {.instructions = 1000000,
                                                .wall_ms = 30,
                                                .cpu_ms = 20,
                                                .allocated_bytes = (size_t)16 * 1024 * 1024};
/* peer_selection sorts all nodes of the network, now and then. */
static const struct budget_limits CHOOSE_LIMITS = {.instructions = 10000000,
                                                   .wall_ms = 50,
                                                   .cpu_ms = 45,
                                                   .allocated_bytes = (size_t)24 * 1024 * 1024};
static const struct budget_limits LOAD_LIMITS = {
    .instructions = 50000000, .wall_ms = 1000, .cpu_ms = 1000};

struct load {
    struct policies *policies;
    const struct policies_source *source;
    bool is_user;        /* which of the two directories the loader looks into now */
    char path[PATH_MAX]; /* the file that it reads now */
    int settings;        /* reference: that file's */
};

static bool is_known(const char *file, const char *name)
{
    for (size_t i = 0; i < POLICY_QUESTIONS; i++)
        if (!strcmp(QUESTIONS[i].file, file) && !strcmp(QUESTIONS[i].name, name))
            return true;
    return !strcmp(name, "check") || (!strcmp(file, "client_auth") && !strcmp(name, "headers"));
}

/* The value of that name is at the top. */
static void refuse_name(lua_State *lua, const char *file, const char *path, const char *name)
{
    lua_Debug place = {.linedefined = 0};
    struct meant meant;
    char hint[MEANT_HINT_MAX];
    meant_init(&meant, name);
    for (size_t i = 0; i < POLICY_QUESTIONS; i++)
        if (!strcmp(QUESTIONS[i].file, file))
            meant_offer(&meant, QUESTIONS[i].name);
    meant_hint(&meant, hint);
    const char *advice = hint[0] ? hint : " (a helper's name begins with _)";
    if (lua_isfunction(lua, -1) && lua_getinfo(lua, ">S", &place) && place.linedefined > 0)
        luaL_error(lua, "%s:%d: unknown function '%s'%s", path, place.linedefined, name, advice);
    luaL_error(lua, "%s: unknown field '%s'%s", path, name, advice);
}

/* What the module at the top may hold, so that a misspelt name does not quietly leave a door open.
 * Names that begin with _ are the author's own, for specs. */
static void check_names(lua_State *lua, const char *file, const char *path)
{
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        const char *name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "?";
        if (name[0] != '_' && !is_known(file, name))
            refuse_name(lua, file, path, name);
    }
}

/* Compiles and runs a file in an environment of its own; pushes the table that it returns. */
static void run_file(lua_State *lua, const char *path)
{
    if (luaL_loadfilex(lua, path, "t") != LUA_OK)
        lua_error(lua);
    sandbox_push(lua);
    lua_setupvalue(lua, -2, 1); /* _ENV */
    lua_call(lua, 0, 1);
    if (!lua_istable(lua, -1))
        luaL_error(lua, "%s: returns a %s, not a table of functions", path, luaL_typename(lua, -1));
}

/* A fresh table of the settings; its reference. */
static int new_settings(lua_State *lua, struct text settings)
{
    if (settings.len == 0)
        lua_newtable(lua);
    else if (!json_lua_push(lua, settings, SETTINGS_DEPTH_MAX))
        luaL_error(lua, "the settings cannot be read");
    return luaL_ref(lua, LUA_REGISTRYINDEX);
}

/* Lets the module at the top say what is wrong with its settings: its `check` raises that. */
static void check_settings(lua_State *lua, const struct load *load)
{
    int type = lua_getfield(lua, -1, "check");
    if (type != LUA_TNIL && type != LUA_TFUNCTION)
        luaL_error(lua, "%s: check must be a function, and is a %s", load->path,
                   lua_typename(lua, type));
    lua_rawgeti(lua, LUA_REGISTRYINDEX, load->settings);
    if (type == LUA_TFUNCTION)
        lua_call(lua, 1, 0);
    else
        lua_pop(lua, 2);
}

/* Who has no directory of his own is given the installed one in its place. */
static bool is_users(const struct load *load)
{
    return load->is_user && strcmp(load->source->user_path, load->source->installed_path) != 0;
}

/* Whether there is such a file. Reading a pipe or a device could last for ever, and the parser runs
 * where no hook counts. */
static bool is_there(lua_State *lua, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno != ENOENT && errno != ENOTDIR; /* opening it says why not */
    if (!S_ISREG(status.st_mode))
        luaL_error(lua, "%s: is no file", path);
    if (status.st_size > FILE_MAX)
        luaL_error(lua, "%s: is larger than %d MiB", path, FILE_MAX >> 20);
    return true;
}

/* Pushes the module of `file`, or nil where this directory has none. */
static void push_module(lua_State *lua, struct load *load, const char *file)
{
    const char *directory = load->is_user ? load->source->user_path : load->source->installed_path;
    snprintf(load->path, sizeof load->path, "%s/%s.lua", directory, file);
    if (!is_there(lua, load->path)) {
        lua_pushnil(lua);
    } else {
        load->settings = new_settings(lua, load->source->settings);
        run_file(lua, load->path);
        check_names(lua, file, load->path);
        check_settings(lua, load);
    }
}

/* Takes the rules at the top. */
static void read_rules(lua_State *lua, const struct load *load)
{
    struct policies *policies = load->policies;
    policy_rules_read(lua, load->path, policies);
    policies->functions[POLICY_HEALTH] = LUA_REFNIL; /* answered, by the rules */
    policies->settings[POLICY_HEALTH] = load->settings;
    policies->figures[POLICY_HEALTH].is_users = is_users(load);
}

/* Copies the header name at the top, in lower case. */
static void read_header_name(lua_State *lua, const struct load *load, lua_Integer number)
{
    struct policies *policies = load->policies;
    char *to = policies->client_headers[number - 1];
    size_t len = 0;
    const char *name = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &len) : "";
    if (len == 0 || len > CLIENT_HEADER_NAME_MAX || strspn(name, HEADER_NAME) != len)
        luaL_error(lua, "%s: headers[%d] must be a header's name", load->path, (int)number);
    for (size_t i = 0; i <= len; i++)
        to[i] = (char)tolower((unsigned char)name[i]);
    policies->client_header_list[number - 1] = to;
}

/* client_auth.headers: what it wants to see beside the usual ones. The module is at the top. */
static void read_headers(lua_State *lua, const struct load *load)
{
    int type = lua_getfield(lua, -1, "headers");
    lua_Integer count = type == LUA_TTABLE ? (lua_Integer)lua_rawlen(lua, -1) : 0;
    if ((type != LUA_TTABLE && type != LUA_TNIL) || count > CLIENT_HEADERS_MAX)
        luaL_error(lua, "%s: headers must be a list of at most %d names", load->path,
                   CLIENT_HEADERS_MAX);
    for (lua_Integer number = 1; number <= count; number++) {
        lua_geti(lua, -1, number);
        read_header_name(lua, load, number);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

/* Takes the answer to a question from the module at the top, when it has one. */
static void read_answer(lua_State *lua, const struct load *load, size_t question)
{
    lua_getfield(lua, -1, QUESTIONS[question].name);
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
    } else if (question == POLICY_HEALTH) {
        read_rules(lua, load);
        lua_pop(lua, 1);
    } else if (lua_isfunction(lua, -1)) {
        load->policies->functions[question] = luaL_ref(lua, LUA_REGISTRYINDEX);
        load->policies->settings[question] = load->settings;
        load->policies->figures[question].is_users = is_users(load);
        if (question == POLICY_CLIENT_CONNECT)
            read_headers(lua, load);
    } else {
        luaL_error(lua, "%s: %s must be a function, and is a %s", load->path,
                   QUESTIONS[question].name, luaL_typename(lua, -1));
    }
}

static bool is_open_question(const struct load *load, size_t question)
{
    const char *only = load->source->only;
    if (only && strcmp(only, QUESTIONS[question].file) != 0)
        return false;
    return load->policies->functions[question] == LUA_NOREF &&
           (load->is_user || !QUESTIONS[question].is_optional);
}

/* Loads the file of every question that nobody answers yet, each file once. */
static void load_directory(lua_State *lua, struct load *load)
{
    const char *loaded = "";
    for (size_t i = 0; i < POLICY_QUESTIONS; i++) {
        if (!is_open_question(load, i))
            continue;
        if (strcmp(loaded, QUESTIONS[i].file) != 0) {
            loaded = QUESTIONS[i].file;
            lua_settop(lua, 1);
            push_module(lua, load, loaded);
        }
        if (lua_istable(lua, -1))
            read_answer(lua, load, i);
    }
}

/* Whether nobody reads the file `name` and it nearly has the name of one that is read. */
static bool is_misspelt(const char *name, size_t len, char hint[MEANT_HINT_MAX])
{
    char word[MEANT_NAME_MAX + 1];
    struct meant meant;
    if (len <= 4 || len - 4 > MEANT_NAME_MAX || strcmp(name + len - 4, ".lua") != 0)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)(len - 4), name);
    meant_init(&meant, word);
    for (size_t i = 0; i < POLICY_QUESTIONS; i++)
        meant_offer(&meant, QUESTIONS[i].file);
    meant_hint(&meant, hint);
    return meant.best && meant.distance > 0;
}

/* A file with a name that is a little wrong would leave a door open and say nothing. */
static void check_file_names(lua_State *lua, struct load *load)
{
    char hint[MEANT_HINT_MAX], wrong[NAME_MAX + 1] = "";
    struct dirent *entry;
    DIR *files = opendir(load->source->user_path);
    while (files && !wrong[0] && (entry = readdir(files)) != NULL)
        if (entry->d_name[0] != '.' && /* an editor's own */
            is_misspelt(entry->d_name, strlen(entry->d_name), hint))
            snprintf(wrong, sizeof wrong, "%s", entry->d_name);
    if (files)
        closedir(files);
    if (!wrong[0])
        return;
    snprintf(load->path, sizeof load->path, "%s/%s", load->source->user_path, wrong);
    luaL_error(lua, "%s: no policy has this name%s", load->path, hint);
}

static int load_body(lua_State *lua)
{
    struct load *load = lua_touserdata(lua, 1);
    sandbox_open(lua);
    if (!load->source->only) /* policy_check.c looks at the names itself */
        check_file_names(lua, load);
    load->is_user = true;
    load_directory(lua, load);
    load->is_user = false;
    load_directory(lua, load);
    for (size_t i = 0; i < POLICY_QUESTIONS; i++)
        if (is_open_question(load, i))
            luaL_error(lua, "%s/%s.lua: no function '%s', and no default is installed",
                       load->source->user_path, QUESTIONS[i].file, QUESTIONS[i].name);
    return 0;
}

/* Says which file is meant, with its path in full. */
static void explain_load(const struct load *load, const char *raw, struct buf *error)
{
    char path[PATH_MAX];
    const char *directories[] = {load->source->user_path, load->source->installed_path};
    if (load->path[0] && explain_in_file(raw, load->path, error))
        return;
    for (size_t i = 0; i < 2 * POLICY_QUESTIONS; i++) {
        snprintf(path, sizeof path, "%s/%s.lua", directories[i % 2], QUESTIONS[i / 2].file);
        if (explain_in_file(raw, path, error))
            return;
    }
    explain_elsewhere(raw, load->source->user_path, error);
}

static int load_files(struct load *load, struct buf *error)
{
    struct buf raw = {0};
    int err = script_call(load->policies->vm, &LOAD_LIMITS, load_body, load, &raw);
    buf_add_byte(&raw, '\0');
    if (!err)
        lua_gc(load->policies->vm->lua, LUA_GCCOLLECT); /* no question pays for what it left */
    if (err && !raw.failed)
        explain_load(load, raw.bytes, error);
    buf_deinit(&raw);
    return err;
}

int policies_new(struct policies **out, const struct policies_source *source, struct buf *error)
{
    struct load load = {.source = source};
    struct policies *policies = calloc(1, sizeof *policies);
    if (!policies)
        return RELAY_ENOMEM;
    policies->log = source->log;
    policies->clock = source->clock;
    for (size_t i = 0; i < POLICY_QUESTIONS; i++)
        policies->functions[i] = LUA_NOREF;
    load.policies = policies;
    int err = vm_new(&policies->vm, source->memory_max, false);
    if (!err)
        err = load_files(&load, error);
    if (err)
        policies_free(policies);
    else
        *out = policies;
    return err;
}

void policies_free(struct policies *policies)
{
    if (!policies)
        return;
    vm_free(policies->vm);
    free(policies);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void report(struct policies *policies, enum policy_question question,
                   const struct buf *error)
{
    policies->failures++;
    policies->figures[question].failed++;
    log_event_gated(policies->log, &policies->gates[question], now_ms(), LOG_ERROR, "policy failed",
                    LOG_FIELDS(LOG_STR("file", QUESTIONS[question].file),
                               LOG_STR("function", QUESTIONS[question].name),
                               LOG_STR("instead", QUESTIONS[question].instead),
                               LOG_STRN("error", error->bytes ? error->bytes : "", error->len)));
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int ask(struct policies *policies, enum policy_question question, lua_CFunction body,
               void *context)
{
    struct buf error;
    buf_init(&error, LOG_LINE_MAX);
    int err =
        script_call(policies->vm, question == POLICY_PEER_SELECTION ? &CHOOSE_LIMITS : &ASK_LIMITS,
                    body, context, &error);
    if (err)
        report(policies, question, &error);
    buf_deinit(&error);
    return err;
}

/* Two looks at a clock would cost a message policy a tenth of its own. */
int policies_ask(struct policies *policies, enum policy_question question, lua_CFunction body,
                 void *context)
{
    struct policy_figures *figures = &policies->figures[question];
    if (figures->asked++ % TIMED_EACH)
        return ask(policies, question, body, context);
    uint64_t began_ns = now_ns();
    int err = ask(policies, question, body, context);
    figures->timed++;
    figures->timed_ns += now_ns() - began_ns;
    return err;
}

int policies_ask_traced(struct policies *policies, enum policy_question question,
                        lua_CFunction body, void *context, struct decision *decision)
{
    policies->vm->decision = decision;
    int err = policies_ask(policies, question, body, context);
    policies->vm->decision = NULL;
    if (err && decision)
        decision->place[0] = '\0';
    return err;
}

struct policy_figures policies_total(const struct policies *policies, enum policy_question question)
{
    const struct policy_figures *earlier = &policies->earlier[question];
    struct policy_figures total = policies->figures[question];
    total.asked += earlier->asked;
    total.failed += earlier->failed;
    total.timed += earlier->timed;
    total.timed_ns += earlier->timed_ns;
    return total;
}

void policies_carry(struct policies *policies, const struct policies *from)
{
    for (int question = 0; question < POLICY_QUESTIONS; question++)
        policies->earlier[question] = policies_total(from, (enum policy_question)question);
}

const char *policy_file(enum policy_question question)
{
    return QUESTIONS[question].file;
}

const char *policy_name(enum policy_question question)
{
    return QUESTIONS[question].name;
}

void policy_push(lua_State *lua, const struct policies *policies, enum policy_question question)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, policies->functions[question]);
}

void policy_push_settings(lua_State *lua, const struct policies *policies,
                          enum policy_question question)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, policies->settings[question]);
}

double policies_time(const struct policies *policies)
{
    return unix_clock_read(&policies->clock);
}

_Noreturn void policy_nonsense(lua_State *lua, const struct policies *policies,
                               enum policy_question question, const char *what)
{
    lua_Debug place;
    policy_push(lua, policies, question);
    if (!lua_isfunction(lua, -1)) /* the health rules */
        lua_pushfstring(lua, "%s.lua: %s", QUESTIONS[question].file, what);
    else if (lua_getinfo(lua, ">S", &place))
        lua_pushfstring(lua, "%s:%d: %s %s", place.short_src, place.linedefined,
                        QUESTIONS[question].name, what);
    lua_error(lua);
    abort(); /* not reached */
}
