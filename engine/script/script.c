/* script.c — loads a generation: the scripts' state, the configuration, the policies' state. */
#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "script/bind.h"
#include "script/call.h"
#include "script/config_lua.h"
#include "script/describe.h"
#include "script/explain.h"
#include "script/files.h"
#include "script/hooks_lua.h"
#include "script/json_lua.h"
#include "script/policy.h"
#include "script/policy_check.h"
#include "script/policy_modules.h"
#include "script/runtime.h"
#include "script/sandbox.h"
#include "script/simulation.h"
#include "script/snapshot.h"
#include "script/vm.h"

#define STATE_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of relay.state, when it is carried over */
#define LEFT_OUT_BYTES_MAX 1000
#define SCRIPTS_MEMORY_MAX ((size_t)512 * 1024 * 1024)

/* Scripts are trusted; this ends an endless loop. */
static const struct budget_limits LOAD_LIMITS = {
    .instructions = 400000000, .wall_ms = 3000, .cpu_ms = 2000};

struct script {
    struct vm *vm;
    struct policies *policies;
    struct config *config;
    struct runtime runtime;
    uint64_t generation;
    char *policies_path; /* as errors show it */
    char *installed_path;
};

struct load {
    const struct script_source *source;
    struct config *config;
    char *policies_path; /* as errors shall show it; the script's, once it is loaded */
    struct buf settings; /* JSON; the owner frees it */
};

/* Pushes main.lua's directory, as it was given. */
static void push_directory(lua_State *lua, const char *main_path)
{
    const char *slash = strrchr(main_path, '/');
    if (!slash)
        lua_pushliteral(lua, ".");
    else
        lua_pushlstring(lua, main_path, slash == main_path ? 1 : (size_t)(slash - main_path));
}

/* Modules beside main.lua, then the installed ones, then the system's; never the working
 * directory's. Expects the directory at the top. */
static void set_package_path(lua_State *lua, const char *scripts_path)
{
    const char *directory = lua_tostring(lua, -1);
    lua_getglobal(lua, "package");
    lua_getfield(lua, -1, "path");
    const char *system = luaL_gsub(lua, lua_tostring(lua, -1), ";./?.lua", "");
    system = luaL_gsub(lua, system, ";./?/init.lua", "");
    lua_pushfstring(lua, "%s/?.lua;%s/?/init.lua;%s/?.lua;%s/?/init.lua;%s", directory, directory,
                    scripts_path, scripts_path, system);
    lua_setfield(lua, -5, "path");
    lua_pop(lua, 3);
    lua_getfield(lua, -1, "cpath");
    luaL_gsub(lua, lua_tostring(lua, -1), ";./?.so", "");
    lua_setfield(lua, -3, "cpath");
    lua_pop(lua, 2);
}

static int open_engine(lua_State *lua)
{
    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(1));
    return 1;
}

/* require "relay.engine" gives the natives. */
static void preload_engine(lua_State *lua, const struct script_source *source)
{
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_newtable(lua);
    bind_log(lua, source->log);
    bind_node(lua, source);
    bind_json(lua);
    bind_handler(lua);
    bind_request(lua);
    bind_mesh(lua);
    bind_channel(lua);
    bind_metric(lua);
    bind_stats(lua);
    bind_figures(lua);
    bind_inm(lua);
    bind_policy(lua);
    bind_client(lua);
    bind_store(lua);
    bind_control(lua);
    bind_status(lua);
    bind_web(lua);
    lua_pushcclosure(lua, open_engine, 1);
    lua_setfield(lua, -2, "relay.engine");
    lua_pop(lua, 1);
}

/* require("relay.strict").install(_G, main, directories). Expects main.lua's directory at the top.
 */
static void install_strict(lua_State *lua, const struct script_source *source)
{
    lua_getglobal(lua, "require");
    lua_pushliteral(lua, "relay.strict");
    lua_call(lua, 1, 1);
    lua_getfield(lua, -1, "install");
    lua_pushglobaltable(lua);
    lua_pushstring(lua, source->main_path);
    lua_createtable(lua, 2, 0);
    lua_pushvalue(lua, -6);
    lua_rawseti(lua, -2, 1);
    lua_pushstring(lua, source->scripts_path);
    lua_rawseti(lua, -2, 2);
    lua_call(lua, 3, 0);
    lua_pop(lua, 1);
}

/* The shipped commands and flows come first, so that main.lua can replace them. */
static void require_built_in(lua_State *lua)
{
    lua_getglobal(lua, "require");
    lua_pushliteral(lua, "relay.built_in");
    lua_call(lua, 1, 0);
}

/* The settings of the configuration at the top, for the policies' state. */
static void read_settings(lua_State *lua, struct load *load)
{
    static const struct json_lua_limits LIMITS = {.what = "settings of relay.node",
                                                  .bytes_max = SETTINGS_BYTES_MAX,
                                                  .depth_max = SETTINGS_DEPTH_MAX};
    if (lua_getfield(lua, -1, "settings") == LUA_TTABLE)
        json_lua_write_object(lua, -1, &LIMITS, &load->settings);
    lua_pop(lua, 1);
}

static void read_configuration(lua_State *lua, struct load *load)
{
    bind_node_push_configuration(lua);
    if (lua_isnil(lua, -1))
        luaL_error(lua, "%s: relay.node was not called", load->source->main_path);
    lua_getfield(lua, -1, "policies_shown");
    load->policies_path = strdup(luaL_checkstring(lua, -1));
    if (!load->policies_path)
        luaL_error(lua, "not enough memory");
    lua_pop(lua, 1);
    read_settings(lua, load);
    config_lua_read(lua, load->config);
}

static int refuse_exit(lua_State *lua)
{
    return luaL_error(lua, "os.exit would end the node without a word to its clients (error ends a "
                           "load or a handler, 'ctl drain' and SIGTERM the node)");
}

/* What is the process's, and no script's. With a comma for a point in the locale no number of ours
 * would be JSON any more, and the loop reads it while a script loads on another thread. */
static void guard_process(lua_State *lua)
{
    lua_getglobal(lua, "os");
    lua_pushnil(lua);
    lua_setfield(lua, -2, "setlocale");
    lua_pushcfunction(lua, refuse_exit);
    lua_setfield(lua, -2, "exit");
    lua_getglobal(lua, "debug");
    lua_pushnil(lua);
    lua_setfield(lua, -2, "sethook"); /* the budget's */
    lua_pop(lua, 2);
}

static int load_body(lua_State *lua)
{
    struct load *load = lua_touserdata(lua, 1);
    luaL_openlibs(lua);
    sandbox_bound(lua);
    guard_process(lua);
    json_lua_open(lua);
    push_directory(lua, load->source->main_path);
    set_package_path(lua, load->source->scripts_path);
    files_open(lua);
    simulation_open(lua, load->source->simulation);
    preload_engine(lua, load->source);
    policy_modules_open(lua);
    install_strict(lua, load->source);
    require_built_in(lua);
    if (luaL_loadfilex(lua, load->source->main_path, "t") != LUA_OK)
        lua_error(lua);
    lua_call(lua, 0, 0);
    read_configuration(lua, load);
    return 0;
}

static void add_path(struct buf *files, const char *path, const char *tail)
{
    buf_add_text(files, path);
    buf_add_text(files, tail);
    buf_add_byte(files, '\0');
}

/* Where policies would be found, if the directory were there. */
static void add_default_policies(struct buf *files, const char *main_path)
{
    const char *slash = strrchr(main_path, '/');
    if (slash)
        buf_add(files, main_path, (size_t)(slash - main_path) + 1);
    add_path(files, "policies", "/");
}

static void add_files(struct script *script, const struct load *load)
{
    struct buf *files = load->source->files;
    if (!files || !script->vm)
        return;
    add_path(files, load->source->main_path, "");
    files_add(script->vm, files);
    if (!load->policies_path)
        return;
    if (strcmp(load->policies_path, load->source->policies_path) == 0)
        add_default_policies(files, load->source->main_path);
    add_path(files, load->policies_path, "/");
}

static int load_scripts(struct script *script, struct load *load, struct buf *error)
{
    struct buf raw = {0};
    const char *main_path = load->source->main_path;
    int err = vm_new(&script->vm, SCRIPTS_MEMORY_MAX, true);
    if (!err) {
        runtime_init(&script->runtime, script->vm, load->source->log);
        script->runtime.generation = load->source->generation;
        err = script_call(script->vm, &LOAD_LIMITS, load_body, load, &raw);
    }
    if (err == RELAY_ESCRIPT) {
        buf_add_byte(&raw, '\0');
        if (!raw.failed && !explain_in_file(raw.bytes, main_path, error))
            explain_elsewhere(raw.bytes, main_path, error);
    }
    buf_deinit(&raw);
    return err;
}

static int load_policies(struct script *script, const struct load *load, struct buf *error)
{
    const struct policies_source source = {
        .user_path = load->policies_path,
        .installed_path = load->source->policies_path,
        .memory_max = POLICY_MEMORY_MAX,
        .log = load->source->log,
        .settings = {load->settings.bytes, load->settings.len},
        .clock = simulation_clock(load->source->simulation),
    };
    return policies_new(&script->policies, &source, error);
}

int script_load(struct script **out, const struct script_source *source, struct buf *error)
{
    struct load load = {.source = source};
    struct script *script = calloc(1, sizeof *script);
    if (!script)
        return RELAY_ENOMEM;
    int err = RELAY_ENOMEM;
    load.config = script->config = calloc(1, sizeof *script->config);
    if (!script->config)
        goto out;
    script->generation = source->generation;
    err = load_scripts(script, &load, error);
    add_files(script, &load);
    if (!err)
        err = load_policies(script, &load, error);
    script->runtime.policies = script->policies;
    script->installed_path = strdup(source->policies_path);
    if (!err && !script->installed_path)
        err = RELAY_ENOMEM;
out:
    script->policies_path = load.policies_path;
    buf_deinit(&load.settings);
    if (err)
        script_free(script);
    else
        *out = script;
    return err;
}

const struct config *script_config(const struct script *script)
{
    return script->config;
}

uint64_t script_generation(const struct script *script)
{
    return script->generation;
}

int script_describe(struct script *script, struct buf *text)
{
    return describe_text(script->vm, script->policies, script->policies_path,
                         script->installed_path, text);
}

void script_place(struct script *script, const char *key, struct buf *text)
{
    if (describe_place(script->vm, key, text) != 0)
        buf_add_text(text, "relay.node");
}

size_t script_check_policies(const struct script_source *source, const char *directory,
                             struct buf *problems, struct buf *notes)
{
    const struct policies_source policies = {
        .user_path = directory,
        .installed_path = source->policies_path,
        .memory_max = POLICY_MEMORY_MAX,
        .log = source->log,
    };
    policy_check_names(directory, notes);
    return policy_check_files(&policies, problems);
}

void script_hooks(struct script *script, struct hooks *hooks)
{
    hooks_lua_fill(script->policies, hooks);
}

int script_start(struct script *script, const struct script_world *world)
{
    return runtime_start(&script->runtime, world, script->generation > 1);
}

struct carried {
    struct buf bytes, left_out;
};

/* Pushes relay.state, whatever main.lua put there; false: it is no table. */
static bool push_state(lua_State *lua)
{
    lua_settop(lua, 1);
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushliteral(lua, "relay");
    if (lua_rawget(lua, -2) != LUA_TTABLE)
        return false;
    lua_pushliteral(lua, "state");
    return lua_rawget(lua, -2) == LUA_TTABLE;
}

static int write_state_body(lua_State *lua)
{
    struct carried *carried = lua_touserdata(lua, 1);
    if (push_state(lua))
        snapshot_write(lua, -1, "relay.state", &carried->bytes, &carried->left_out);
    else
        buf_add_text(&carried->left_out, "relay.state (it is no table any more)");
    return 0;
}

static int read_state_body(lua_State *lua)
{
    const struct carried *carried = lua_touserdata(lua, 1);
    if (push_state(lua) && carried->bytes.len > 0)
        snapshot_read(lua, -1, &carried->bytes);
    return 0;
}

int script_carry_state(struct script *next, const struct script *running, struct buf *error)
{
    struct carried carried = {.bytes = {.max = STATE_BYTES_MAX},
                              .left_out = {.max = LEFT_OUT_BYTES_MAX}};
    buf_add_text(error, "relay.state: ");
    int err = script_call(running->vm, &LOAD_LIMITS, write_state_body, &carried, error);
    if (!err)
        err = script_call(next->vm, &LOAD_LIMITS, read_state_body, &carried, error);
    if (!err) {
        metrics_carry(&next->runtime.metrics, &running->runtime.metrics);
        policies_carry(next->policies, running->policies);
        next->runtime.dropped = running->runtime.dropped;
        buf_clear(error);
    }
    if (!err && carried.left_out.len > 0)
        log_warn(next->runtime.log, "not carried over",
                 LOG_STRN("values", carried.left_out.bytes, carried.left_out.len));
    buf_deinit(&carried.bytes);
    buf_deinit(&carried.left_out);
    return err;
}

void script_retire(struct script *script)
{
    runtime_retire(&script->runtime);
}

void script_end(struct script *script)
{
    runtime_end(&script->runtime);
}

bool script_is_idle(const struct script *script)
{
    return list_is_empty(&script->runtime.tasks);
}

void script_tick(struct script *script)
{
    runtime_tick(&script->runtime);
}

void script_command(struct script *script, const struct mesh_command *command)
{
    runtime_command(&script->runtime, command);
}

int script_control(struct script *script, struct text request, struct script_control *control)
{
    return runtime_control(&script->runtime, request, control);
}

void script_control_drained(struct script_control *control)
{
    if (control->task && control->task->wait == WAIT_READER)
        task_answer(control->task, ANSWER_NOTHING, (struct text){"", 0});
}

void script_control_cancel(struct script_control *control)
{
    struct task *task = control->task;
    control->task = NULL;
    if (!task)
        return;
    task->control = NULL;
    task_free(task);
}

bool script_web_is_public(const struct script *script, struct text path)
{
    return bind_web_is_public(&script->runtime, path);
}

int script_web(struct script *script, struct text request, struct web_request *web)
{
    return runtime_web(&script->runtime, request, web);
}

void script_web_cancel(struct web_request *web)
{
    struct task *task = web->task;
    web->task = NULL;
    if (!task)
        return;
    task->web = NULL;
    task_end(task);
    runtime_run(task->runtime);
}

void script_event(struct script *script, enum mesh_event event, const struct mesh_peer *peer)
{
    runtime_event(&script->runtime,
                  event == MESH_PEER_UP ? RUNTIME_EVENT_peer_up : RUNTIME_EVENT_peer_down, peer);
}

uint64_t script_handler_failures(const struct script *script)
{
    return script->runtime.failures;
}

uint64_t script_policy_failures(const struct script *script)
{
    return script->policies->failures;
}

void script_free(struct script *script)
{
    if (!script)
        return;
    runtime_deinit(&script->runtime);
    policies_free(script->policies);
    vm_free(script->vm);
    metrics_deinit(&script->runtime.metrics);
    config_free(script->config);
    free(script->policies_path);
    free(script->installed_path);
    free(script);
}
