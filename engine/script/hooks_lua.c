/* hooks_lua.c — asks the policies: facts in, a verdict out, the safe default when that fails.
 *
 * Each question is a struct with what goes in and what comes out, a body that runs protected, and
 * the function that hooks.h points at. A body writes its answer when all of it was read, or the
 * function undoes it: a policy that fails half way has said nothing. */
#include "script/hooks_lua.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "protocol/json_read.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"
#include "script/facts.h"
#include "script/hooks_network.h"
#include "script/identity.h"
#include "script/policy.h"
#include "script/vm.h"

#define STATUS_MIN 400
#define STATUS_MAX 599
#define LIST_FAILURES_MAX 3
#define LIST_OVERRUNS_MAX 2

static const struct verdict DENIED = {.allowed = false};

/* Copies a reason, cut between two characters where it is too long. */
static void copy_reason(char *out, const char *reason, size_t len)
{
    if (len > VERDICT_REASON_MAX) {
        len = VERDICT_REASON_MAX;
        while (len > 0 && ((unsigned char)reason[len] & 0xC0) == 0x80)
            len--;
    }
    memcpy(out, reason, len);
    out[len] = '\0';
}

/* Reads `false, reason[, status]`, from `index` on, into the verdict. */
static void read_denial(lua_State *lua, const struct policies *policies,
                        enum policy_question question, int index, struct verdict *verdict)
{
    size_t len = 0;
    *verdict = DENIED;
    if (!lua_isnil(lua, index + 1)) {
        const char *reason =
            lua_type(lua, index + 1) == LUA_TSTRING ? lua_tolstring(lua, index + 1, &len) : NULL;
        if (!reason || strlen(reason) != len || !utf8_is_valid(reason, len))
            policy_nonsense(lua, policies, question, "gave a reason that is no text");
        copy_reason(verdict->reason, reason, len);
    }
    if (!lua_isnil(lua, index + 2)) {
        lua_Integer status = lua_isinteger(lua, index + 2) ? lua_tointeger(lua, index + 2) : 0;
        if (status < STATUS_MIN || status > STATUS_MAX)
            policy_nonsense(lua, policies, question, "gave a status that is not 400 to 599");
        verdict->status = (unsigned)status;
    }
}

void hooks_lua_read_verdict(lua_State *lua, const struct policies *policies,
                            enum policy_question question, int index, struct verdict *verdict)
{
    if (!lua_isboolean(lua, index))
        policy_nonsense(lua, policies, question, "returned neither true nor false");
    if (lua_toboolean(lua, index))
        *verdict = (struct verdict){.allowed = true};
    else
        read_denial(lua, policies, question, index, verdict);
}

/* Takes back what a body wrote before it failed. */
static void undo(struct buf *buf, size_t len)
{
    buf->len = len;
    buf->failed = false;
}

struct connect_question {
    struct policies *policies;
    const struct connect_request *request;
    struct buf *identity;
    struct verdict verdict;
};

static int connect_body(lua_State *lua)
{
    struct connect_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_CLIENT_CONNECT);
    facts_push_connect(lua, ask->request, policies_time(ask->policies));
    policy_push_settings(lua, ask->policies, POLICY_CLIENT_CONNECT);
    lua_call(lua, 2, 3);
    hooks_lua_read_verdict(lua, ask->policies, POLICY_CLIENT_CONNECT, 2, &ask->verdict);
    if (!ask->verdict.allowed || lua_isnil(lua, 3))
        return 0;
    if (!lua_istable(lua, 3))
        policy_nonsense(lua, ask->policies, POLICY_CLIENT_CONNECT,
                        "returned an identity that is no table");
    identity_write(lua, 3, ask->identity);
    return 0;
}

static struct verdict client_connect(void *context, const struct connect_request *request,
                                     struct buf *identity)
{
    struct connect_question ask = {context, request, identity, DENIED};
    size_t before = identity->len;
    if (policies_ask(ask.policies, POLICY_CLIENT_CONNECT, connect_body, &ask) == 0)
        return ask.verdict;
    undo(identity, before);
    return DENIED;
}

struct channel_question {
    struct policies *policies;
    const struct channel_request *request;
    enum policy_question question;
    struct verdict verdict;
};

static int channel_body(lua_State *lua)
{
    struct channel_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, ask->question);
    facts_push_channel(lua, ask->request, ask->question == POLICY_CHANNEL_JOIN,
                       policies_time(ask->policies));
    policy_push_settings(lua, ask->policies, ask->question);
    lua_call(lua, 2, 3);
    hooks_lua_read_verdict(lua, ask->policies, ask->question, 2, &ask->verdict);
    return 0;
}

static struct verdict ask_channel(void *context, const struct channel_request *request,
                                  enum policy_question question)
{
    struct channel_question ask = {context, request, question, DENIED};
    if (policies_ask_traced(ask.policies, question, channel_body, &ask, request->decision) != 0)
        return DENIED;
    return ask.verdict;
}

static struct verdict channel_open(void *context, const struct channel_request *request)
{
    return ask_channel(context, request, POLICY_CHANNEL_OPEN);
}

static struct verdict channel_join(void *context, const struct channel_request *request)
{
    return ask_channel(context, request, POLICY_CHANNEL_JOIN);
}

struct list_question {
    struct policies *policies;
    const struct client_facts *client;
    struct listed_channel *channels;
    size_t count;
    size_t next; /* the channel that is asked about */
};

static int list_body(lua_State *lua)
{
    struct list_question *ask = lua_touserdata(lua, 1);
    facts_push_client(lua, ask->client);
    for (; ask->next < ask->count; ask->next++) {
        struct verdict verdict;
        policy_push(lua, ask->policies, POLICY_CHANNEL_LIST);
        facts_push_listed(lua, 2, &ask->channels[ask->next]);
        policy_push_settings(lua, ask->policies, POLICY_CHANNEL_LIST);
        lua_call(lua, 2, 3);
        hooks_lua_read_verdict(lua, ask->policies, POLICY_CHANNEL_LIST, 3, &verdict);
        ask->channels[ask->next].is_shown = verdict.allowed;
        lua_settop(lua, 2);
    }
    return 0;
}

/* A channel for which the policy fails is hidden, and the rest asked again; after LIST_FAILURES_MAX
 * of them, or LIST_OVERRUNS_MAX that took their whole time, all that are left are hidden, so that a
 * broken policy costs no more than that. */
static void channel_list(void *context, const struct client_facts *client,
                         struct listed_channel *channels, size_t count)
{
    struct list_question ask = {context, client, channels, count, 0};
    int failures = 0, overruns = 0;
    while (ask.next < count && failures < LIST_FAILURES_MAX && overruns < LIST_OVERRUNS_MAX) {
        if (policies_ask(ask.policies, POLICY_CHANNEL_LIST, list_body, &ask) == 0)
            break;
        failures++;
        overruns += ask.policies->vm->was_overrun;
        if (ask.next < count)
            channels[ask.next++].is_shown = false;
    }
    while (ask.next < count)
        channels[ask.next++].is_shown = false;
}

struct limits_question {
    struct policies *policies;
    const struct client_facts *client;
    struct client_limits limits;
};

static double read_limit(lua_State *lua, const struct policies *policies, double least)
{
    double value = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : NAN;
    if (!(value >= least && value <= 1e12))
        policy_nonsense(lua, policies, POLICY_CLIENT_LIMITS,
                        "returned a limit that is no number in its range");
    return value;
}

/* The value at the top, for the key below it. */
static void replace_limit(lua_State *lua, struct limits_question *ask)
{
    const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    struct client_limits *limits = &ask->limits;
    if (!strcmp(key, "message_bytes"))
        limits->message_bytes = (size_t)read_limit(lua, ask->policies, 1);
    else if (!strcmp(key, "channels_per_client"))
        limits->channels_per_client = (size_t)read_limit(lua, ask->policies, 1);
    else if (!strcmp(key, "messages_per_second"))
        limits->messages_per_second = read_limit(lua, ask->policies, 0);
    else if (!strcmp(key, "burst"))
        limits->burst = read_limit(lua, ask->policies, 1);
    else if (!strcmp(key, "send_queue_bytes"))
        limits->send_queue_bytes = (size_t)read_limit(lua, ask->policies, 1);
    else
        policy_nonsense(lua, ask->policies, POLICY_CLIENT_LIMITS,
                        lua_pushfstring(lua, "returned an unknown limit '%s'", key));
}

static int limits_body(lua_State *lua)
{
    struct limits_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_CLIENT_LIMITS);
    facts_push_limits(lua, ask->client, &ask->limits);
    policy_push_settings(lua, ask->policies, POLICY_CLIENT_LIMITS);
    lua_call(lua, 2, 1);
    if (lua_isnil(lua, -1) || (lua_isboolean(lua, -1) && lua_toboolean(lua, -1)))
        return 0;
    if (!lua_istable(lua, -1))
        policy_nonsense(lua, ask->policies, POLICY_CLIENT_LIMITS, "returned no table");
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
        replace_limit(lua, ask);
    return 0;
}

static void client_limits(void *context, const struct client_facts *client,
                          struct client_limits *limits)
{
    struct limits_question ask = {context, client, *limits};
    if (policies_ask(ask.policies, POLICY_CLIENT_LIMITS, limits_body, &ask) == 0)
        *limits = ask.limits;
}

struct publish_question {
    struct policies *policies;
    const struct publish_request *request;
    struct verdict *denial;
    struct buf *replacement;
    enum publish_action action;
};

static bool is_json(const char *text, size_t len)
{
    struct json_reader json;
    struct json_span value;
    json_read_init(&json, text, len);
    return json_read_value(&json, &value) == 0 && json_finish(&json) == 0;
}

/* The text at the top: JSON for JSON, a string for a string. */
static void read_replacement(lua_State *lua, struct publish_question *ask)
{
    size_t len;
    const char *text = lua_tolstring(lua, -1, &len);
    if (!utf8_is_valid(text, len))
        policy_nonsense(lua, ask->policies, POLICY_MESSAGE_PUBLISH,
                        "returned a text that is not UTF-8");
    if (ask->request->is_json && !is_json(text, len))
        policy_nonsense(lua, ask->policies, POLICY_MESSAGE_PUBLISH,
                        "returned a text that is no JSON for a message that is");
    if (ask->request->is_json)
        buf_add(ask->replacement, text, len);
    else
        json_write_string(ask->replacement, text, len);
    if (ask->replacement->failed)
        policy_nonsense(lua, ask->policies, POLICY_MESSAGE_PUBLISH, "returned too long a text");
    ask->action = PUBLISH_REPLACE;
}

static int publish_body(lua_State *lua)
{
    struct publish_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_MESSAGE_PUBLISH);
    facts_push_publish(lua, ask->request, policies_time(ask->policies));
    policy_push_settings(lua, ask->policies, POLICY_MESSAGE_PUBLISH);
    lua_call(lua, 2, 2);
    if (lua_type(lua, 2) == LUA_TSTRING) {
        lua_settop(lua, 2);
        read_replacement(lua, ask);
        return 0;
    }
    lua_pushnil(lua); /* no status */
    hooks_lua_read_verdict(lua, ask->policies, POLICY_MESSAGE_PUBLISH, 2, ask->denial);
    ask->action = ask->denial->allowed ? PUBLISH_PASS : PUBLISH_REFUSE;
    return 0;
}

static enum publish_action message_publish(void *context, const struct publish_request *request,
                                           struct verdict *denial, struct buf *replacement)
{
    struct publish_question ask = {context, request, denial, replacement, PUBLISH_REFUSE};
    size_t before = replacement->len;
    if (policies_ask_traced(ask.policies, POLICY_MESSAGE_PUBLISH, publish_body, &ask,
                            request->decision) == 0)
        return ask.action;
    undo(replacement, before);
    *denial = DENIED;
    return PUBLISH_REFUSE;
}

struct health_question {
    struct policies *policies;
    const struct health_facts *facts;
    const struct health_rule *worst; /* NULL: no rule holds */
};

static bool holds(lua_State *lua, const struct health_question *ask, const struct health_rule *rule)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, rule->when);
    facts_push_health(lua, ask->facts);
    policy_push_settings(lua, ask->policies, POLICY_HEALTH);
    lua_call(lua, 2, 1);
    if (!lua_isboolean(lua, -1))
        policy_nonsense(
            lua, ask->policies, POLICY_HEALTH,
            lua_pushfstring(lua, "the rule \"%s\" answered neither true nor false", rule->reason));
    bool answer = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return answer;
}

/* The worst state wins; of one state the first rule. */
static int health_body(lua_State *lua)
{
    struct health_question *ask = lua_touserdata(lua, 1);
    for (size_t i = 0; i < ask->policies->health_rule_count; i++) {
        const struct health_rule *rule = &ask->policies->health_rules[i];
        if ((!ask->worst || rule->state > ask->worst->state) && holds(lua, ask, rule))
            ask->worst = rule;
    }
    return 0;
}

static void health(void *context, const struct health_facts *facts, struct health *answer)
{
    static const struct health_rule HEALTHY = {.state = HEALTH_GOOD, .reason = "healthy"};
    struct health_question ask = {context, facts, NULL};
    if (policies_ask(ask.policies, POLICY_HEALTH, health_body, &ask) != 0)
        return;
    const struct health_rule *rule = ask.worst ? ask.worst : &HEALTHY;
    answer->state = rule->state;
    memcpy(answer->reason, rule->reason, sizeof answer->reason);
}

void hooks_lua_fill(struct policies *policies, struct hooks *hooks)
{
    *hooks = (struct hooks){
        .context = policies,
        .client_connect = client_connect,
        .client_headers = policies->client_header_list,
        .channel_open = channel_open,
        .channel_join = channel_join,
        .channel_list = channel_list,
        .client_limits = client_limits,
        .health = health,
    };
    hooks_network_fill(policies, hooks);
    if (policies->functions[POLICY_MESSAGE_PUBLISH] != LUA_NOREF)
        hooks->message_publish = message_publish;
}
