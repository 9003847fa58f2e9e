/* fake_policy.c — see fake_policy.h. */
#include "fake_policy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void keep(char *out, size_t size, struct text text)
{
    assert_non_null(text.at);
    assert_true(text.len < size);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
}

static void keep_client(struct fake_policy *policy, const struct client_facts *client)
{
    struct fake_policy_asked *asked = &policy->asked;
    memset(asked, 0, sizeof(*asked));
    asked->client = client->id;
    asked->channels = client->channels;
    keep(asked->address, sizeof(asked->address), client->address);
    keep(asked->identity, sizeof(asked->identity), client->identity);
}

static void keep_request(struct fake_policy *policy, const struct channel_request *request)
{
    keep_client(policy, &request->client);
    keep(policy->asked.channel, sizeof(policy->asked.channel), request->channel);
    policy->asked.is_protected = request->is_protected;
    policy->asked.password_matches = request->password_matches;
}

static void tell_place(const struct fake_policy *policy, struct decision *decision)
{
    if (decision)
        snprintf(decision->place, sizeof(decision->place), "%s",
                 policy->place ? policy->place : "");
}

static struct verdict on_open(void *context, const struct channel_request *request)
{
    struct fake_policy *policy = context;
    keep_request(policy, request);
    policy->opens++;
    tell_place(policy, request->decision);
    return policy->open;
}

static struct verdict on_join(void *context, const struct channel_request *request)
{
    struct fake_policy *policy = context;
    keep_request(policy, request);
    policy->joins++;
    tell_place(policy, request->decision);
    return policy->join;
}

static void on_list(void *context, const struct client_facts *client,
                    struct listed_channel *channels, size_t count)
{
    struct fake_policy *policy = context;
    keep_client(policy, client);
    for (size_t i = 0; i < count; i++) {
        const struct text *name = &channels[i].name;
        keep(policy->asked.channel, sizeof(policy->asked.channel), *name);
        policy->lists++;
        policy->asked.is_protected = channels[i].is_protected;
        channels[i].is_shown = !policy->hidden || strlen(policy->hidden) != name->len ||
                               memcmp(policy->hidden, name->at, name->len) != 0;
    }
}

static void on_limits(void *context, const struct client_facts *client,
                      struct client_limits *limits)
{
    struct fake_policy *policy = context;
    keep_client(policy, client);
    policy->limits_asked++;
    *limits = policy->limits;
}

static enum publish_action on_publish(void *context, const struct publish_request *request,
                                      struct verdict *denial, struct buf *replacement)
{
    struct fake_policy *policy = context;
    keep_client(policy, &request->client);
    keep(policy->asked.channel, sizeof(policy->asked.channel), request->channel);
    keep(policy->asked.text, sizeof(policy->asked.text), request->text);
    policy->asked.text_len = request->text.len;
    policy->asked.is_json = request->is_json;
    policy->publishes++;
    tell_place(policy, request->decision);
    *denial = policy->denial;
    if (policy->replacement)
        buf_add_text(replacement, policy->replacement);
    return policy->publish;
}

static void on_health(void *context, const struct health_facts *facts, struct health *health)
{
    struct fake_policy *policy = context;
    policy->healths++;
    policy->health_facts = *facts;
    policy->health_before = *health;
    *health = policy->health;
}

static struct verdict on_node(void *context, const struct node_request *request)
{
    struct fake_policy *policy = context;
    policy->nodes++;
    policy->node_request = *request;
    return policy->node;
}

static void on_scope(void *context, struct text channel, struct channel_scope *scope)
{
    struct fake_policy *policy = context;
    policy->scopes++;
    keep(policy->asked.channel, sizeof(policy->asked.channel), channel);
    scope->kind = policy->scope;
    if (policy->scope == SCOPE_LIST && policy->scope_node)
        buf_add(&scope->nodes, policy->scope_node, strlen(policy->scope_node) + 1);
}

static int on_next_hop(void *context, struct text destination, const struct route *routes,
                       size_t count)
{
    struct fake_policy *policy = context;
    (void)destination, (void)routes, (void)count;
    policy->next_hops++;
    return policy->next_hop;
}

void fake_policy_install(struct fake_policy *policy, struct hooks *hooks, unsigned questions)
{
    *hooks = (struct hooks){
        .context = policy,
        .channel_open = questions & ASK_OPEN ? on_open : NULL,
        .channel_join = questions & ASK_JOIN ? on_join : NULL,
        .channel_list = questions & ASK_LIST ? on_list : NULL,
        .client_limits = questions & ASK_LIMITS ? on_limits : NULL,
        .message_publish = questions & ASK_PUBLISH ? on_publish : NULL,
        .health = questions & ASK_HEALTH ? on_health : NULL,
        .node_accept = questions & ASK_NODE ? on_node : NULL,
        .routing_scope = questions & ASK_SCOPE ? on_scope : NULL,
        .routing_next_hop = questions & ASK_NEXT_HOP ? on_next_hop : NULL,
    };
}

struct verdict verdict_yes(void)
{
    return (struct verdict){.allowed = true};
}

struct verdict verdict_no(const char *reason)
{
    struct verdict verdict = {.allowed = false};
    snprintf(verdict.reason, sizeof(verdict.reason), "%s", reason);
    return verdict;
}
