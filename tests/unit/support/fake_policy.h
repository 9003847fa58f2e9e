/* fake_policy.h — hooks that answer what the test says, and keep what they were asked. */
#ifndef TEST_FAKE_POLICY_H
#define TEST_FAKE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

enum fake_policy_question {
    ASK_OPEN = 1,
    ASK_JOIN = 2,
    ASK_LIST = 4,
    ASK_LIMITS = 8,
    ASK_PUBLISH = 16,
    ASK_HEALTH = 32,
    ASK_NODE = 64,
    ASK_SCOPE = 128,
    ASK_NEXT_HOP = 256,
};

/* What one question said, copied: the facts are borrowed for the call alone. */
struct fake_policy_asked {
    uint64_t client;
    size_t channels;
    char address[64], identity[128], channel[257], text[512];
    size_t text_len;
    bool is_protected, password_matches, is_json;
};

struct fake_policy {
    /* The answers. */
    struct verdict open, join, denial;
    const char *hidden; /* a channel that `list` does not show; NULL: all are shown */
    struct client_limits limits;
    enum publish_action publish;
    const char *replacement;
    struct health health;
    struct verdict node;
    enum scope_kind scope;
    const char *scope_node; /* of a LIST: the one node in it */
    int next_hop;
    const char *place; /* where it answers, for whoever wants to know; NULL: "" */

    /* How often, and what last. */
    unsigned opens, joins, lists, limits_asked, publishes, healths, nodes, scopes, next_hops;
    struct fake_policy_asked asked;
    struct health_facts health_facts;
    struct node_request node_request; /* its texts are borrowed for the call */
    struct health health_before;      /* what `health` held when the rules were asked */
};

/* Puts the hooks for `questions` (of enum fake_policy_question) in place, and removes all others.
 */
void fake_policy_install(struct fake_policy *policy, struct hooks *hooks, unsigned questions);

struct verdict verdict_yes(void);
struct verdict verdict_no(const char *reason);

#endif
