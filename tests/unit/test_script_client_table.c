/* test_script_client_table.c — a client's table is kept between questions, and no policy can leave
 * anything in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hook_question.h"

/* A message policy with this body, which may use `m`, `turn` (1, 2, …) and `check`, and keeps what
 * it wants in `kept`. */
static void load(struct script_fixture *fixture, const char *body)
{
    char text[4096];
    snprintf(text, sizeof text,
             "local kept, turn = {}, 0\n"
             "local function check(c)\n"
             "  local count = 0 for _ in pairs(c) do count = count + 1 end\n"
             "  assert(count == 5 and getmetatable(c) == nil)\n"
             "  assert(c.id == 42 and c.address == '192.0.2.7' and c.channels == 3)\n"
             "  assert(c.user == 'alice' and c.identity.user == 'alice' and c.identity.n == 7)\n"
             "  assert(getmetatable(c.identity) == nil and getmetatable(c.identity.roles) == nil)\n"
             "  assert(#c.identity.roles == 2 and table.concat(c.identity.roles) == 'ab')\n"
             "  count = 0 for _ in pairs(c.identity) do count = count + 1 end\n"
             "  assert(count == 3)\n"
             "end\n"
             "return { publish = function(m) turn = turn + 1 %s return true end }",
             body);
    script_fixture_policy(fixture, "message", text);
}

static void ask_as(struct script_fixture *fixture, const struct client_facts *client)
{
    struct verdict denial;
    struct buf replacement = {0};
    const struct publish_request request = {
        .client = *client, .channel = TEXT("c"), .text = TEXT("hello")};
    const struct hooks *hooks = &fixture->hooks;
    buf_clear(&fixture->lines);
    if (hooks->message_publish(hooks->context, &request, &denial, &replacement) != PUBLISH_PASS) {
        buf_add_byte(&fixture->lines, '\0');
        fail_msg("%s", fixture->lines.bytes);
    }
    buf_deinit(&replacement);
}

static void test_client_table_is_clean_whatever_was_done_to_it(void **state)
{
    static const char *const deeds[] = {
        "m.client.extra = 1",
        "m.client.user = nil",
        "m.client.id = 43",
        "m.client.id = 42.5",
        "m.client.channels = 4",
        "m.client.address, m.client.identity = m.client.identity, m.client.address",
        "m.client.identity = nil",
        "m.client.identity = {}",
        "m.client.identity.extra = 1",
        "m.client.identity.roles[3] = 'c'",
        "m.client.identity.roles[1] = 'z'",
        "m.client.identity.roles = 'ab'",
        "m.client.identity.roles = m.client",
        "m.client.identity.identity = m.client",
        "setmetatable(m.client, { __index = error })",
        "setmetatable(m.client.identity, { __newindex = error })",
        "setmetatable(m.client.identity.roles, { __len = error })",
        "for k in pairs(m.client) do m.client[k] = nil end",
    };
    char body[512];
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        snprintf(body, sizeof body, "check(m.client) %s", deeds[i]);
        load(*state, body);
        for (int turn = 0; turn < 3; turn++)
            ask_as(*state, &CLIENT);
    }
}

/* What it kept of one client, it changes when another one is asked about. */
static void test_client_table_is_clean_when_it_was_changed_later(void **state)
{
    struct client_facts other = CLIENT;
    other.id = 7;
    other.identity = (struct text)TEXT("{\"user\":\"bob\",\"roles\":[\"a\",\"b\"]}");
    load(*state, "local c = m.client "
                 "if c.id == 42 then check(c) kept.c = c "
                 "  if kept.roles then c.identity.roles = kept.roles end "
                 "else assert(c.user == 'bob' and table.concat(c.identity.roles) == 'ab') "
                 "  kept.c.identity.roles[1] = 'z' kept.c.user = 'mallory' "
                 "  kept.roles = c.identity.roles end");
    for (int turn = 0; turn < 4; turn++) {
        ask_as(*state, &CLIENT);
        ask_as(*state, &other);
    }
}

static void test_client_table_follows_the_client(void **state)
{
    struct client_facts client = CLIENT;
    load(*state, "assert(m.client.channels == turn + 2)");
    for (; client.channels < 6; client.channels++)
        ask_as(*state, &client);
}

/* Many share a place; and what has the same id need not be the same client, after a reload. */
static void test_client_table_is_of_the_one_that_is_asked_about(void **state)
{
    static const struct text identities[] = {TEXT("{\"user\":1}"), TEXT("{\"user\":2}"), TEXT(""),
                                             TEXT("{\"user\":1}")};
    struct client_facts client = {.address = TEXT("192.0.2.7")};
    load(*state, "kept[#kept + 1] = ('%d=%s'):format(m.client.id, m.client.user) "
                 "if turn == 12 then assert(table.concat(kept, ' ') == "
                 "'5=1 261=1 517=1 5=2 261=2 517=2 5=nil 261=nil 517=nil 5=1 261=1 517=1') end");
    for (size_t i = 0; i < 4; i++) {
        client.identity = identities[i];
        for (client.id = 5; client.id < 700; client.id += 256)
            ask_as(*state, &client);
    }
}

static void test_client_table_of_a_large_identity_is_as_good(void **state)
{
    char json[1024] = "{\"user\":\"alice\",\"long\":\"";
    struct client_facts client = CLIENT;
    memset(json + strlen(json), 'x', 800);
    strcat(json, "\"}");
    client.identity = (struct text){json, strlen(json)};
    load(*state, "assert(#m.client.identity.long == 800 and m.client.user == 'alice') "
                 "m.client.identity.long = ''");
    for (int turn = 0; turn < 3; turn++)
        ask_as(*state, &client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_client_table_is_clean_whatever_was_done_to_it),
        TEST(test_client_table_is_clean_when_it_was_changed_later),
        TEST(test_client_table_follows_the_client),
        TEST(test_client_table_is_of_the_one_that_is_asked_about),
        TEST(test_client_table_of_a_large_identity_is_as_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
