/* hook_question.c — see hook_question.h. */
#include "hook_question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct header HEADERS[] = {
    {{"cookie", 6}, {"a=1", 3}},
    {{"x-tag", 5}, {"one", 3}},
    {{"x-tag", 5}, {"two", 3}},
};
const struct connect_request CONNECT = {
    .address = {"192.0.2.7", 9},
    .path = {"/connect", 8},
    .query = {"token=1", 7},
    .headers = HEADERS,
    .header_count = 3,
};
const struct client_facts CLIENT = {
    .id = 42,
    .address = {"192.0.2.7", 9},
    .identity = {"{\"user\":\"alice\",\"roles\":[\"a\",\"b\"],\"n\":7}", 40},
    .channels = 3,
};
const struct client_limits LIMITS = {65536, 100, 1000, 2000, 1048576};

int hook_question_setup(void **state)
{
    struct script_fixture *fixture = malloc(sizeof *fixture);
    script_fixture_init(fixture);
    *state = fixture;
    return 0;
}

int hook_question_teardown(void **state)
{
    script_fixture_deinit(*state);
    free(*state);
    return 0;
}

struct verdict connect_with(struct script_fixture *fixture, const char *body, struct buf *identity)
{
    char text[2048];
    snprintf(text, sizeof text, "return { connect = function(r) %s end }", body);
    script_fixture_policy(fixture, "client_auth", text);
    return fixture->hooks.client_connect(fixture->hooks.context, &CONNECT, identity);
}

bool is_listed(const struct hooks *hooks, const struct channel_request *request)
{
    struct listed_channel channel = {.name = request->channel,
                                     .is_protected = request->is_protected};
    hooks->channel_list(hooks->context, &request->client, &channel, 1);
    return channel.is_shown;
}

void assert_connect_allowed(struct script_fixture *fixture, const char *body)
{
    struct buf identity = {0};
    struct verdict verdict = connect_with(fixture, body, &identity);
    buf_add_byte(&fixture->lines, '\0');
    if (!verdict.allowed)
        fail_msg("denied: %s\n%s", verdict.reason, fixture->lines.bytes);
    assert_int_equal(script_policy_failures(fixture->script), 0);
    buf_deinit(&identity);
}

void assert_connect_fails(struct script_fixture *fixture, const char *body, const char *logged)
{
    struct buf identity = {0};
    struct verdict verdict = connect_with(fixture, body, &identity);
    buf_add_byte(&fixture->lines, '\0');
    assert_false(verdict.allowed);
    assert_string_equal(verdict.reason, "");
    assert_int_equal(verdict.status, 0);
    assert_int_equal(identity.len, 0);
    assert_int_equal(script_policy_failures(fixture->script), 1);
    if (!strstr(fixture->lines.bytes, logged))
        fail_msg("logged: %s", fixture->lines.bytes);
    assert_ptr_equal(strchr(fixture->lines.bytes, '\n') + 1, strchr(fixture->lines.bytes, '\0'));
    buf_deinit(&identity);
}
