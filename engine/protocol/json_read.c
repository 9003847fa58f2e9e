/* json_read.c — RFC 8259 read forward, once; nesting is a word of bits and no recursion. */
#include "protocol/json_read.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "protocol/json_scan.h"

/* Off the common way: kept out of the functions that call it, so that those stay small. */
#define RARE __attribute__((noinline, cold))

_Static_assert(JSON_DEPTH_MAX <= 64, "the open brackets of a value are the bits of a uint64_t");

RARE static int fail(struct json_reader *json)
{
    json->failed = true;
    json->at = json->end;
    return RELAY_ESYNTAX;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_space(char c)
{
    /* one comparison for nearly every byte that is none */
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

static inline void skip_space(struct json_reader *json)
{
    while (json->at < json->end && is_space(*json->at))
        json->at++;
}

/* The next byte that is no white space, unread; 0 at the end, which no token begins with. */
static inline char next_token(struct json_reader *json)
{
    skip_space(json);
    return json->at < json->end ? *json->at : '\0';
}

void json_read_init(struct json_reader *json, const char *text, size_t len)
{
    *json = (struct json_reader){.at = text, .end = len ? text + len : text};
}

static enum json_kind kind_of(char first)
{
    switch (first) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return first == '-' || is_digit(first) ? JSON_NUMBER : JSON_ABSENT;
    }
}

enum json_kind json_peek(struct json_reader *json)
{
    return kind_of(next_token(json));
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* `at` is a backslash. The byte behind its escape; NULL when it is none. */
RARE static const char *skip_escape(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    if (at[1] != 'u')
        return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) ? at + 2 : NULL;
    if (end - at < 6)
        return NULL;
    for (int i = 2; i < 6; i++) {
        if (hex_value(at[i]) < 0)
            return NULL;
    }
    return at + 6;
}

/* `at` is the opening quote. The byte behind the closing one; NULL when the string is none. */
static const char *skip_string(const char *at, const char *end)
{
    at++;
    for (;;) {
        at = json_skip_plain(at, end);
        if (at == end)
            return NULL;
        if (*at == '"')
            return at + 1;
        if (*at != '\\')
            return NULL;
        at = skip_escape(at, end);
        if (!at)
            return NULL;
    }
}

/* One digit or more; NULL when there is none. */
static const char *skip_digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && is_digit(*at))
        at++;
    return at > start ? at : NULL;
}

static const char *skip_exponent(const char *at, const char *end)
{
    if (at == end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    return skip_digits(at, end);
}

/* RFC 8259 section 6: no leading zero, a digit on both sides of the point. */
static const char *skip_number(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    if (at < end && *at == '0')
        at++;
    else
        at = skip_digits(at, end);
    if (at && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    return at ? skip_exponent(at, end) : NULL;
}

static const char *skip_word(const char *at, const char *end, const char *word, size_t len)
{
    return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 ? at + len : NULL;
}

/* Reads a value that is no array and no object, of the kind that was peeked. */
static int read_scalar(struct json_reader *json, enum json_kind kind)
{
    const char *behind = NULL;
    switch (kind) {
    case JSON_STRING:
        behind = skip_string(json->at, json->end);
        break;
    case JSON_NUMBER:
        behind = skip_number(json->at, json->end);
        break;
    case JSON_NULL:
        behind = skip_word(json->at, json->end, "null", 4);
        break;
    case JSON_BOOL:
        behind = *json->at == 't' ? skip_word(json->at, json->end, "true", 4)
                                  : skip_word(json->at, json->end, "false", 5);
        break;
    default:
        break;
    }
    if (!behind)
        return fail(json);
    json->at = behind;
    return 0;
}

/* Reads `"key" :`. */
static int read_key(struct json_reader *json, struct json_span *key)
{
    if (next_token(json) != '"')
        return fail(json);
    const char *start = json->at;
    const char *behind = skip_string(start, json->end);
    if (!behind)
        return fail(json);
    *key = (struct json_span){start, (size_t)(behind - start), JSON_STRING};
    json->at = behind;
    if (next_token(json) != ':')
        return fail(json);
    json->at++;
    return 0;
}

/* Steps over the bracket that comes next, one deeper. */
static int open_bracket(struct json_reader *json)
{
    if (json->depth == JSON_DEPTH_MAX)
        return fail(json);
    json->at++;
    json->depth++;
    return 0;
}

int json_enter_object(struct json_reader *json)
{
    if (next_token(json) != '{')
        return fail(json);
    json->first = true;
    return open_bracket(json);
}

int json_next_member(struct json_reader *json, struct json_span *key)
{
    assert(json->depth > 0 || json->failed);
    bool first = json->first;
    json->first = false; /* also for the object around this one: it has at least this one */
    char token = next_token(json);
    if (token == '}') {
        json->at++;
        json->depth--;
        return 0;
    }
    if (!first && token != ',')
        return fail(json);
    if (!first)
        json->at++;
    return read_key(json, key) == 0 ? 1 : RELAY_ESYNTAX;
}

/* The arrays and objects that are open inside of one json_read_value. */
struct nesting {
    uint64_t objects; /* bit n: the bracket at depth n + 1 is a brace */
    unsigned base;    /* the depth at which the value itself stands */
};

static bool is_in_object(const struct json_reader *json, const struct nesting *nesting)
{
    return nesting->objects >> (json->depth - 1) & 1;
}

static char closing_bracket(const struct json_reader *json, const struct nesting *nesting)
{
    return is_in_object(json, nesting) ? '}' : ']';
}

static int open_nested(struct json_reader *json, struct nesting *nesting)
{
    uint64_t is_object = *json->at == '{';
    if (open_bracket(json) != 0)
        return RELAY_ESYNTAX;
    unsigned bit = json->depth - 1;
    nesting->objects = (nesting->objects & ~(UINT64_C(1) << bit)) | is_object << bit;
    return 0;
}

/* Opens brackets, one in the other, until a scalar was read or an empty pair is about to close. */
static int read_inward(struct json_reader *json, struct nesting *nesting)
{
    struct json_span key;
    for (;;) {
        char token = next_token(json);
        if (token != '{' && token != '[')
            return read_scalar(json, kind_of(token));
        if (open_nested(json, nesting) != 0)
            return RELAY_ESYNTAX;
        if (next_token(json) == closing_bracket(json, nesting))
            return 0;
        if (token == '{' && read_key(json, &key) != 0)
            return RELAY_ESYNTAX;
    }
}

/* Behind a value: closes brackets until a comma asks for one more value, 1, or all are closed, 0.
 */
static int read_outward(struct json_reader *json, const struct nesting *nesting)
{
    struct json_span key;
    while (json->depth > nesting->base) {
        char token = next_token(json);
        bool is_comma = token == ',';
        if (!is_comma && token != closing_bracket(json, nesting))
            return fail(json);
        json->at++;
        if (is_comma)
            return !is_in_object(json, nesting) || read_key(json, &key) == 0 ? 1 : RELAY_ESYNTAX;
        json->depth--;
    }
    return 0;
}

static int read_nested(struct json_reader *json)
{
    struct nesting nesting = {.base = json->depth};
    int more;
    do {
        if (read_inward(json, &nesting) != 0)
            return RELAY_ESYNTAX;
        more = read_outward(json, &nesting);
    } while (more > 0);
    return more;
}

int json_read_value(struct json_reader *json, struct json_span *value)
{
    enum json_kind kind = json_peek(json);
    const char *start = json->at;
    bool is_nested = kind == JSON_ARRAY || kind == JSON_OBJECT;
    int err = is_nested ? read_nested(json) : read_scalar(json, kind);
    if (err == 0)
        *value = (struct json_span){start, (size_t)(json->at - start), kind};
    return err;
}

int json_finish(struct json_reader *json)
{
    if (json->failed || json->depth > 0)
        return RELAY_ESYNTAX;
    skip_space(json);
    return json->at == json->end ? 0 : fail(json);
}

/* The inside of a string span, between its quotes. */
static const char *string_begin(const struct json_span *string)
{
    assert(string->kind == JSON_STRING && string->len >= 2);
    return string->at + 1;
}

static const char *string_end(const struct json_span *string)
{
    return string->at + string->len - 1;
}

static unsigned four_hex(const char *at)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (unsigned)hex_value(at[i]);
    return value;
}

static bool is_surrogate(unsigned unit)
{
    return unit >= 0xd800 && unit <= 0xdfff;
}

/* Reads \uXXXX, or two that are a surrogate pair. RELAY_EINVAL when half of a pair stands alone. */
static int read_unicode(const char **at, const char *end, unsigned *code)
{
    unsigned unit = four_hex(*at + 2);
    *at += 6;
    *code = unit;
    if (!is_surrogate(unit))
        return 0;
    if (unit >= 0xdc00 || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return RELAY_EINVAL;
    unsigned low = four_hex(*at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return RELAY_EINVAL;
    *at += 6;
    *code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    return 0;
}

static size_t encode_utf8(unsigned code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[len] | code);
    return len;
}

/* Reads the escape at `*at` and gives its bytes. The reader checked its form. */
static int read_escape(const char **at, const char *end, char out[4], size_t *len)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    if ((*at)[1] == 'u') {
        unsigned code = 0;
        int err = read_unicode(at, end, &code);
        *len = err ? 0 : encode_utf8(code, out);
        return err;
    }
    out[0] = bytes[strchr(letters, (*at)[1]) - letters];
    *len = 1;
    *at += 2;
    return 0;
}

static const char *find_escape(const char *at, const char *end)
{
    const char *escape = at < end ? memchr(at, '\\', (size_t)(end - at)) : NULL;
    return escape ? escape : end;
}

int json_string_decode(const struct json_span *string, char *out, size_t size, size_t *len)
{
    const char *at = string_begin(string);
    const char *end = string_end(string);
    size_t written = 0;
    while (at < end) {
        char unescaped[4];
        const char *piece = at;
        const char *stop = find_escape(at, end);
        size_t piece_len = (size_t)(stop - at);
        if (stop > at) {
            at = stop;
        } else {
            piece = unescaped;
            int err = read_escape(&at, end, unescaped, &piece_len);
            if (err)
                return err;
        }
        if (piece_len > size - written)
            return RELAY_EFULL;
        memcpy(out + written, piece, piece_len);
        written += piece_len;
    }
    *len = written;
    return 0;
}

/* The comparison from the first escape on. */
RARE static bool escaped_equals(const char *at, const char *end, const char *text)
{
    size_t left = strlen(text);
    while (at < end) {
        char unescaped[4] = {*at};
        size_t piece_len = 1;
        if (*at != '\\')
            at++;
        else if (read_escape(&at, end, unescaped, &piece_len) != 0)
            return false;
        if (piece_len > left || memcmp(unescaped, text, piece_len) != 0)
            return false;
        text += piece_len;
        left -= piece_len;
    }
    return left == 0;
}

/* Byte by byte: keys are short, most differ in their first byte, and a call of strlen or memcmp
 * would cost more than all of it. */
bool json_string_equals(const struct json_span *string, const char *text)
{
    const char *at = string_begin(string);
    const char *end = string_end(string);
    for (; at < end; at++, text++) {
        if (*at == '\\')
            return escaped_equals(at, end, text);
        if (*at != *text) /* also at the end of `text`: no NUL stands in a string */
            return false;
    }
    return *text == '\0';
}
