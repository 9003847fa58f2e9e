/* policy.h — the policies' state: every question's function, from the user's file or the default's.
 *
 * Owned by the script (policies_new, policies_free). A question is asked with policies_ask, whose
 * body runs protected and within the budget of one call. The surprising rule: health has no
 * function but a list of rules. */
#ifndef WSRELAY_SCRIPT_POLICY_H
#define WSRELAY_SCRIPT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buf.h"
#include "base/log.h"
#include "hooks.h"
#include "script/unix_clock.h"

#define POLICY_MEMORY_MAX ((size_t)32 * 1024 * 1024)
#define HEALTH_RULES_MAX 64
#define CLIENT_HEADERS_MAX 16
#define CLIENT_HEADER_NAME_MAX 64
#define SETTINGS_BYTES_MAX (64 * 1024) /* of JSON; scripts/relay/schema.lua has the same two */
#define SETTINGS_DEPTH_MAX 8

enum policy_question {
    POLICY_CLIENT_CONNECT,
    POLICY_CHANNEL_OPEN,
    POLICY_CHANNEL_JOIN,
    POLICY_CHANNEL_LIST,
    POLICY_CLIENT_LIMITS,
    POLICY_MESSAGE_PUBLISH,
    POLICY_HEALTH,
    POLICY_NODE_ACCEPT,
    POLICY_ROUTING_SCOPE,
    POLICY_ROUTING_NEXT_HOP,
    POLICY_PEER_SELECTION,
    POLICY_NEAREST,
    POLICY_QUESTIONS
};

struct health_rule {
    enum health_state state;
    char reason[HEALTH_REASON_MAX + 1];
    int when; /* reference to the function */
};

/* What `ctl hooks` tells of a question. */
struct policy_figures {
    uint64_t asked, failed;
    uint64_t timed, timed_ns; /* of some of them, how long they took */
    bool is_users;            /* it is answered from the user's directory */
};

struct policies {
    struct vm *vm;
    const struct log *log;
    struct log_gate gates[POLICY_QUESTIONS];
    int functions[POLICY_QUESTIONS]; /* references; LUA_NOREF: nobody answers */
    int settings[POLICY_QUESTIONS];  /* references: every file has a table of its own */
    struct unix_clock clock;
    char client_headers[CLIENT_HEADERS_MAX][CLIENT_HEADER_NAME_MAX + 1];
    const char
        *client_header_list[CLIENT_HEADERS_MAX + 1]; /* into client_headers; ends with NULL */
    struct health_rule health_rules[HEALTH_RULES_MAX];
    size_t health_rule_count;
    uint64_t failures;
    struct policy_figures figures[POLICY_QUESTIONS]; /* since they were loaded, */
    struct policy_figures earlier[POLICY_QUESTIONS]; /* and of the generations before */
};

struct policies_source {
    const char *user_path;      /* as errors shall show it; openable from here; may not exist */
    const char *installed_path; /* the defaults */
    size_t memory_max;
    const struct log *log;
    const char *only;     /* NULL, or the one file whose questions are loaded: "client_auth" */
    struct text settings; /* relay.node's, as a JSON object; empty: none */
    struct unix_clock clock;
};

/* "client_auth", "connect". */
const char *policy_file(enum policy_question question);
const char *policy_name(enum policy_question question);

/* RELAY_ESCRIPT: `error` holds the message, beginning with the file. */
int policies_new(struct policies **policies, const struct policies_source *source,
                 struct buf *error) RELAY_MUST_USE;

/* NULL is allowed. */
void policies_free(struct policies *policies);

/* Takes over what an older generation counted, as what was earlier. */
void policies_carry(struct policies *policies, const struct policies *from);
/* What a question was asked since the node started. */
struct policy_figures policies_total(const struct policies *policies,
                                     enum policy_question question);

/* Runs `body` (as script_call does). RELAY_ESCRIPT: the policy failed; that is logged and counted,
 * and the caller answers the question's safe default. */
int policies_ask(struct policies *policies, enum policy_question question, lua_CFunction body,
                 void *context) RELAY_MUST_USE;

/* The same, and where in the policy the answer was made, when `decision` is not NULL. */
int policies_ask_traced(struct policies *policies, enum policy_question question,
                        lua_CFunction body, void *context,
                        struct decision *decision) RELAY_MUST_USE;

/* Pushes the function that answers. For bodies. */
void policy_push(lua_State *lua, const struct policies *policies, enum policy_question question);

/* Pushes the settings, which are every question's last argument. What a policy does to them, its
 * own file alone sees. For bodies. */
void policy_push_settings(lua_State *lua, const struct policies *policies,
                          enum policy_question question);

/* The time that is a fact: Unix seconds. */
double policies_time(const struct policies *policies);

/* Raises "file:line: function …" for an answer of the wrong kind. For bodies. */
_Noreturn void policy_nonsense(lua_State *lua, const struct policies *policies,
                               enum policy_question question, const char *what);

#endif
