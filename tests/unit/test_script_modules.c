/* test_script_modules.c — what a policy may require: relay.jwt and relay.json, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hook_question.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define GOOD                                                                                       \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMCwibmJmIjoxMDAwfQ."     \
    "ReGD9IWWROTWr42NfVB65rJQLsSXgacPAKQsTd3cNtc"

/* Made with Python's hmac and json; asked about at 1500. */
static const struct {
    const char *what, *token, *reason;
} BAD[] = {
    {"alg none", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "wrong algorithm"},
    {"alg none with a signature",
     "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.o0RIQI0R4s4faJPv_f2ILgic5tdGTWXmQBdqFvkrRjk",
     "wrong algorithm"},
    {"alg nOnE", "eyJhbGciOiJuT25FIn0.eyJzdWIiOiJhIn0.murBtgiax2aHQVZgRm0qIu_rifhEZj_4mEluZmI7gm0",
     "wrong algorithm"},
    {"alg HS512",
     "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhIn0.NhCxos1BKR6aXVFsIog6gC5jg6O83fVOx214KNCrWBU",
     "wrong algorithm"},
    {"alg RS256",
     "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.FIgHp-mFLRnO_z7eZ1Kpgy5IwXp7RERmYroQcN0rIJI",
     "wrong algorithm"},
    {"alg hs256",
     "eyJhbGciOiJoczI1NiJ9.eyJzdWIiOiJhIn0.GoTDpPNmHI31gz-_JfZOT-vmKmQsqKt-XuADLWp7slo",
     "wrong algorithm"},
    {"no alg", "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhIn0.4qeehe9-GLkpg-ePNO6o5L1zv_UhYgZ0RbvmiwuHzeQ",
     "wrong algorithm"},
    {"alg with a NUL",
     "eyJhbGciOiJIUzI1Nlx1MDAwMCJ9.eyJzdWIiOiJhIn0.JAe0P9UBPoZ9iULnMxA5O_014Oe-3RGRzjvF-wbA2NM",
     "wrong algorithm"},
    {"alg a list",
     "eyJhbGciOlsiSFMyNTYiXX0.eyJzdWIiOiJhIn0.84nnD_OJycRULVDRl428msGYyYkm63VFd8GXAyVtNpM",
     "wrong algorithm"},
    {"alg null", "eyJhbGciOm51bGx9.eyJzdWIiOiJhIn0.TBAik1IaHqnT3xw9sXlZQ_tOn471d8HncmdrxJ4ijLE",
     "wrong algorithm"},
    {"crit",
     "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il19.eyJzdWIiOiJhIn0."
     "sq4YyO1EeCdIrU0ulwrPSOetHXLXHqmu773h-kdktO4",
     "wrong algorithm"},
    {"header a list", "WyJIUzI1NiJd.eyJzdWIiOiJhIn0.lJZUAeS6gnDxamYij8N1qBqR1wNnPE-8-rMT3C4UDTw",
     "malformed token"},
    {"header no JSON", "eyJhbGci.eyJzdWIiOiJhIn0.kDOjRwYnMn475kk9C-u1EcmFqDYp1zKNJjClldTPX8Y",
     "malformed token"},
    {"claims a list",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.WzFd.eUqK182P5IfBOE82cBqE-NjwumkR5AT4cckCf1VjXkg",
     "malformed token"},
    {"claims a text",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.Ingi.TXPOhsb9IlccX7lVhTWXzT07OdwMn9cASMOGlMxZnT0",
     "malformed token"},
    {"claims no JSON",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ew.-1txTFqV-fxSaFBjfnBfClfUUiNkjm-g9r5twJSK_EA",
     "malformed token"},
    {"claims with a tail",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e314.4snFHjRVdLHBnQj1PGNw835Nf0q_eiUEirCmzzr951Y",
     "malformed token"},
    {"claims empty",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..Nwe3c2mClQJU__iN55LYQfpGJbkJ_6VRo3qj9PigzNE",
     "malformed token"},
    {"claims too deep",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
     "eyJhIjp7ImEiOnsiYSI6eyJhIjp7ImEiOnsiYSI6eyJhIjp7ImEiOnsiYSI6eyJhIjp7ImEiOnsiYSI6eyJhIjp7ImEiO"
     "nsiYSI6eyJhIjp7ImEiOnsiYSI6eyJhIjp7ImEiOjF9fX19fX19fX19fX19fX19fX19fQ."
     "1itsPSziblMj3aVREYB2VxYJPO5X22ivGTGWozTptr4",
     "malformed token"},
    {"exp a text",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOiIzMDAwIn0.dzi4vR7LSw5bvayiW8SsnM_plzUT41VJ7ZP_"
     "McnvfUE",
     "malformed token"},
    {"nbf a text",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYmYiOnRydWV9."
     "SRHRARzx3kYEVtK6q2GLYpAj2SvA8zPPbGWFQYvDteQ",
     "malformed token"},
    {"exp now",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE1MDB9."
     "aRmuGEQGfX1EcS4FUNWBhikeoDcDmXi0O2hgYb26TzE",
     "expired token"},
    {"exp before",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjF9.rQO1_tutDbjyK6w--"
     "hqog6szyhQcb6ouPOlkjkdajJ4",
     "expired token"},
    {"nbf after",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYmYiOjE1MDF9.Gui_"
     "m1XiCmhIxPBo9Au86UePJCMgLO1hT7qkRgxbpZA",
     "token not valid yet"},
    {"other secret",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIn0.G_"
     "3c3aeHahYpf8oaySeDJfHTexvBHvSdo3fikT62AcQ",
     "wrong signature"},
    {"no signature", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIn0.", "wrong signature"},
    {"short signature",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMCwibmJmIjoxMDAwfQ."
     "ReGD9IWWROTWr42NfVB65rJQLsSXgacPAKQsTd3",
     "wrong signature"},
    {"padded signature",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMCwibmJmIjoxMDAwfQ."
     "ReGD9IWWROTWr42NfVB65rJQLsSXgacPAKQsTd3cNtc=",
     "wrong signature"},
    {"a fourth part",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMCwibmJmIjoxMDAwfQ."
     "ReGD9IWWROTWr42NfVB65rJQLsSXgacPAKQsTd3cNtc.x",
     "wrong signature"},
    {"claims changed",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJyb290In0."
     "ReGD9IWWROTWr42NfVB65rJQLsSXgacPAKQsTd3cNtc",
     "wrong signature"},
    {"empty", "", "malformed token"},
    {"a dot", ".", "malformed token"},
    {"dots", "..", "malformed token"},
    {"dots more", "...", "malformed token"},
    {"two parts",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMCwibmJmIjoxMDAwfQ",
     "malformed token"},
    {"a space",
     " eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMCwibmJmIjoxMDAwfQ."
     "ReGD9IWWROTWr42NfVB65rJQLsSXgacPAKQsTd3cNtc",
     "malformed token"},
};

static void test_module_jwt_verifies_what_another_implementation_signed(void **state)
{
    assert_connect_allowed(*state, "local jwt = require 'relay.jwt'\n"
                                   "local c = assert(jwt.verify('" GOOD "', '" SECRET "', 1500))\n"
                                   "assert(c.sub == 'alice' and c.exp == 2000)\n"
                                   "return true, { user = c.sub }");
}

static void test_module_jwt_refuses_everything_else_with_a_reason(void **state)
{
    char body[1024];
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct buf identity = {0};
        snprintf(body, sizeof body,
                 "local c, why = require('relay.jwt').verify('%s', '" SECRET "', 1500)\n"
                 "return c ~= nil, why",
                 BAD[i].token);
        struct verdict verdict = connect_with(*state, body, &identity);
        if (verdict.allowed || strcmp(verdict.reason, BAD[i].reason) != 0)
            fail_msg("%s: %s, not %s", BAD[i].what, verdict.reason, BAD[i].reason);
        assert_int_equal(script_policy_failures(((struct script_fixture *)*state)->script), 0);
    }
}

static void test_module_jwt_verifies_what_it_signed(void **state)
{
    assert_connect_allowed(
        *state, "local jwt, s = require 'relay.jwt', ('s'):rep(32)\n"
                "local t = jwt.sign({ sub = '\\u{e4}', exp = 20.5, roles = { 'a', 'b' } }, s)\n"
                "assert(t:sub(1, 36) == 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9')\n"
                "local c = assert(jwt.verify(t, s, 20.4))\n"
                "assert(c.sub == '\\u{e4}' and c.exp == 20.5 and c.roles[2] == 'b')\n"
                "assert(jwt.verify(t, s, 20.5) == nil)\n"
                "for i = 1, #t do\n"
                "  local other = t:sub(i, i) == 'A' and 'B' or 'A'\n"
                "  assert(jwt.verify(t:sub(1, i - 1) .. other .. t:sub(i + 1), s, 1) == nil)\n"
                "end\n"
                "return true");
}

static void test_module_jwt_null_is_no_claim(void **state)
{
    assert_connect_allowed(
        *state,
        "local token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwiYWRtaW4iOm51bGwsImV4cCI6bnVsbH0.'\n"
        ".. 'Mf3c154PxT9zz9y-xxecnXVLhAT-zxmxN17s9ItxmgU'\n"
        "local c = assert(require('relay.jwt').verify(token, '" SECRET "', 1500))\n"
        "assert(c.sub == 'a' and c.admin == nil and c.exp == nil)\n"
        "return true");
}

static void test_module_jwt_takes_a_token_up_to_its_bound(void **state)
{
    assert_connect_allowed(*state,
                           "local jwt, s = require 'relay.jwt', ('s'):rep(32)\n"
                           "assert(jwt.verify(jwt.sign({ a = ('x'):rep(5900) }, s), s, 1))\n"
                           "assert(not pcall(jwt.sign, { a = ('x'):rep(6000) }, s))\n"
                           "local _, why = jwt.verify(('x'):rep(8193), s, 1)\n"
                           "assert(why == 'malformed token')\n"
                           "return true");
}

static void test_module_jwt_misuse_raises(void **state)
{
    assert_connect_fails(*state, "return require('relay.jwt').verify('x', nil, 1)",
                         "bad argument #2 to 'verify'");
    buf_clear(&((struct script_fixture *)*state)->lines);
    assert_connect_fails(*state, "return require('relay.jwt').verify('x', 'short', 1)",
                         "32 bytes at least");
    buf_clear(&((struct script_fixture *)*state)->lines);
    assert_connect_fails(*state, "return require('relay.jwt').verify('x', ('s'):rep(32), 0 / 0)",
                         "must be Unix seconds");
    buf_clear(&((struct script_fixture *)*state)->lines);
    assert_connect_fails(*state, "return require('relay.jwt').verify('x', ('s'):rep(32))",
                         "bad argument #3 to 'verify'");
}

static void test_module_json_goes_both_ways(void **state)
{
    assert_connect_allowed(
        *state,
        "local json = require 'relay.json'\n"
        "local text = '{\"a\":[1,2.5,\"x\",true,{},[]]}'\n"
        "assert(json.encode(json.decode(text)) == text)\n"
        "assert(json.encode(json.array()) == '[]' and json.encode({}) == '{}')\n"
        "assert(json.encode(json.array { 1 }) == '[1]' and json.encode(nil) == 'null')\n"
        "local v, why = json.decode('{') assert(v == nil and why == 'malformed json')\n"
        "v, why = json.decode(('['):rep(40) .. (']'):rep(40)) assert(why)\n"
        "v, why = json.decode('\"' .. ('x'):rep(262144) .. '\"') assert(why == 'too long')\n"
        "assert(not pcall(json.encode, { f = json.encode }))\n"
        "assert(not pcall(json.encode, ('x'):rep(262144)))\n"
        "return true");
}

static void test_module_functions_cost_their_budget(void **state)
{
    assert_connect_fails(*state,
                         "local json, text = require 'relay.json', ('[1],'):rep(40000)\n"
                         "text = '[' .. text .. '1]'\n"
                         "while true do pcall(json.decode, text) end",
                         "ran over its budget");
    buf_clear(&((struct script_fixture *)*state)->lines);
    assert_connect_fails(*state,
                         "local jwt, s = require 'relay.jwt', ('s'):rep(32)\n"
                         "while true do pcall(jwt.verify, ('x'):rep(8000), s, 1) end",
                         "client_auth.lua");
}

static void test_module_require_gives_nothing_else(void **state)
{
    struct script_fixture *fixture = *state;
    assert_connect_fails(fixture, "return require 'relay'",
                         "no module 'relay' for a policy: relay.json and relay.jwt are all");
    buf_clear(&fixture->lines);
    assert_connect_fails(fixture, "return require 'relay.jtw'", "(did you mean 'relay.jwt'?)");
    buf_clear(&fixture->lines);
    assert_connect_fails(fixture, "return require 'os'", "no module 'os'");
}

static void test_module_of_one_file_is_not_the_other_s(void **state)
{
    struct script_fixture *fixture = *state;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    script_fixture_write(fixture, "policies/client_auth.lua",
                         "require('relay.json').decode = nil return {}");
    script_fixture_policy(fixture, "channel_auth",
                          "local json = require 'relay.json'\n"
                          "return { open = function() return json.decode('true') and\n"
                          "require 'relay.json' == json end }");
    assert_true(fixture->hooks.channel_open(fixture->hooks.context, &request).allowed);
}

static void test_module_is_there_for_scripts_too(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "main.lua",
                         "local jwt, json = require 'relay.jwt', require 'relay.json'\n"
                         "local s = ('s'):rep(32)\n"
                         "assert(jwt.verify(jwt.sign({ a = 1 }, s), s, 1).a == 1)\n"
                         "assert(json.decode('{\"a\":null}').a == nil)\n"
                         "require('relay').node { name = 'node-a' }");
    if (script_fixture_load(fixture, "main.lua", NULL, 0) != 0)
        fail_msg("%s", fixture->error.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_module_jwt_verifies_what_another_implementation_signed),
        TEST(test_module_jwt_refuses_everything_else_with_a_reason),
        TEST(test_module_jwt_verifies_what_it_signed),
        TEST(test_module_jwt_null_is_no_claim),
        TEST(test_module_jwt_takes_a_token_up_to_its_bound),
        TEST(test_module_jwt_misuse_raises),
        TEST(test_module_json_goes_both_ways),
        TEST(test_module_functions_cost_their_budget),
        TEST(test_module_require_gives_nothing_else),
        TEST(test_module_of_one_file_is_not_the_other_s),
        TEST(test_module_is_there_for_scripts_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
