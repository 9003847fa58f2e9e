/* policy_jwt.c — require "relay.jwt": JSON web tokens that were signed with a shared secret, HS256.
 *
 * Source: RFC 7519 (claims), RFC 7515 (compact form), RFC 7518 section 3.2 (HS256, and that the
 * secret has 32 bytes at least). The algorithm is ours to say, never the token's: one that says
 * anything but HS256 is refused, and what it says decides nothing. */
#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "crypto/hmac.h"
#include "protocol/base64.h"
#include "script/json_lua.h"
#include "script/policy_modules.h"

#define TOKEN_BYTES_MAX 8192
#define CLAIMS_BYTES_MAX 6000 /* a token has a third more, and the rest */
#define CLAIMS_DEPTH_MAX 16
#define SECRET_BYTES_MIN 32

static const char HEADER[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

struct token {
    struct text header, claims, signature;
    struct text body; /* what was signed: header and claims, with the dot between them */
};

static int fail(lua_State *lua, const char *reason)
{
    lua_pushnil(lua);
    lua_pushstring(lua, reason);
    return 2;
}

static struct text check_secret(lua_State *lua, int argument)
{
    struct text secret;
    secret.at = luaL_checklstring(lua, argument, &secret.len);
    luaL_argcheck(lua, secret.len >= SECRET_BYTES_MIN, argument,
                  "a secret has 32 bytes at least (RFC 7518)");
    return secret;
}

/* The part from `start` to the next dot, or to the end. */
static struct text read_part(const char *start, const char *end)
{
    const char *dot = memchr(start, '.', (size_t)(end - start));
    return (struct text){start, (size_t)((dot ? dot : end) - start)};
}

/* Whether it has three parts; what they hold is seen later. */
static bool split(struct text text, struct token *token)
{
    const char *end = text.at + text.len;
    token->header = read_part(text.at, end);
    const char *at = token->header.at + token->header.len;
    if (text.len > TOKEN_BYTES_MAX || at == end)
        return false;
    token->claims = read_part(at + 1, end);
    at = token->claims.at + token->claims.len;
    if (at == end)
        return false;
    token->body = (struct text){text.at, (size_t)(at - text.at)};
    token->signature = (struct text){at + 1, (size_t)(end - at - 1)};
    return true;
}

/* Of a text that is JSON: whether it is an object. */
static bool is_object(const char *text, size_t len)
{
    while (len > 0 && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
        text++;
        len--;
    }
    return len > 0 && *text == '{';
}

/* Pushes the JSON object of a part. */
static bool push_part(lua_State *lua, struct text part)
{
    struct buf *json = &policy_modules_work(lua)->json;
    if (base64_decode_url(json, part.at, part.len) != 0 || json->len == 0)
        return false;
    return is_object(json->bytes, json->len) &&
           json_lua_push_plain(lua, (struct text){json->bytes, json->len}, CLAIMS_DEPTH_MAX);
}

/* The header at the top. `crit` names what must be understood (RFC 7515, 4.1.11): nothing is. */
static bool is_hs256(lua_State *lua)
{
    bool is_it = lua_getfield(lua, -1, "alg") == LUA_TSTRING &&
                 strcmp(lua_tostring(lua, -1), "HS256") == 0 && lua_rawlen(lua, -1) == 5;
    is_it = lua_getfield(lua, -2, "crit") == LUA_TNIL && is_it;
    lua_pop(lua, 3);
    return is_it;
}

static bool is_signed(lua_State *lua, const struct token *token, struct text secret)
{
    unsigned char hmac[HMAC_LEN];
    struct buf *given = &policy_modules_work(lua)->text;
    if (base64_decode_url(given, token->signature.at, token->signature.len) != 0)
        return false;
    if (hmac_compute(hmac, secret.at, secret.len, token->body.at, token->body.len) != 0)
        return false;
    return given->len > 0 && hmac_equals(hmac, given->bytes, given->len);
}

/* What is wrong with the claims at the top at this time; NULL: nothing. */
static const char *check_times(lua_State *lua, double time)
{
    const char *wrong = NULL;
    int exp = lua_getfield(lua, -1, "exp");
    int nbf = lua_getfield(lua, -2, "nbf");
    if ((exp != LUA_TNIL && exp != LUA_TNUMBER) || (nbf != LUA_TNIL && nbf != LUA_TNUMBER))
        wrong = "malformed token";
    else if (exp == LUA_TNUMBER && !(time < lua_tonumber(lua, -2)))
        wrong = "expired token";
    else if (nbf == LUA_TNUMBER && !(time >= lua_tonumber(lua, -1)))
        wrong = "token not valid yet";
    lua_pop(lua, 2);
    return wrong;
}

/* verify(token, secret, time) → claims, or nil and a reason. */
static int jwt_verify(lua_State *lua)
{
    struct text text;
    struct token token;
    text.at = luaL_checklstring(lua, 1, &text.len);
    struct text secret = check_secret(lua, 2);
    double time = luaL_checknumber(lua, 3);
    luaL_argcheck(lua, isfinite(time), 3, "must be Unix seconds");
    policy_modules_charge(lua, secret.len + 2 * text.len);
    if (!split(text, &token) || !push_part(lua, token.header))
        return fail(lua, "malformed token");
    if (!is_hs256(lua))
        return fail(lua, "wrong algorithm");
    if (!is_signed(lua, &token, secret))
        return fail(lua, "wrong signature");
    if (!push_part(lua, token.claims))
        return fail(lua, "malformed token");
    const char *wrong = check_times(lua, time);
    return wrong ? fail(lua, wrong) : 1;
}

/* sign(claims, secret) → token */
static int jwt_sign(lua_State *lua)
{
    static const struct json_lua_limits LIMITS = {
        .what = "the claims", .bytes_max = CLAIMS_BYTES_MAX, .depth_max = CLAIMS_DEPTH_MAX};
    unsigned char hmac[HMAC_LEN];
    struct policy_work *work = policy_modules_work(lua);
    struct buf *token = &work->text, *json = &work->json;
    luaL_checktype(lua, 1, LUA_TTABLE);
    struct text secret = check_secret(lua, 2);
    json_lua_write_object(lua, 1, &LIMITS, json);
    policy_modules_charge(lua, secret.len + 2 * json->len);
    base64_encode_url(token, HEADER, sizeof HEADER - 1);
    buf_add_byte(token, '.');
    base64_encode_url(token, json->bytes, json->len);
    if (token->failed || hmac_compute(hmac, secret.at, secret.len, token->bytes, token->len) != 0)
        return luaL_error(lua, "the token cannot be signed");
    buf_add_byte(token, '.');
    base64_encode_url(token, hmac, sizeof hmac);
    if (token->failed)
        return luaL_error(lua, "not enough memory");
    lua_pushlstring(lua, token->bytes, token->len);
    return 1;
}

const luaL_Reg policy_jwt_functions[] = {
    {"verify", jwt_verify},
    {"sign", jwt_sign},
    {NULL, NULL},
};
