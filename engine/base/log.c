/* log.c — a line is composed in one array on the stack, whose last bytes are kept for its end. */
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define END_ROOM 48    /* `,"generation":18446744073709551615}` and the newline */
#define VALUE_ROOM 24  /* `":`, and the longest number or two quotes */
#define ESCAPED_MAX 16 /* the longest that one character becomes */

struct line {
    char bytes[LOG_LINE_MAX];
    size_t len;
    bool is_json;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static size_t text_len(const struct log_field *field)
{
    if (!field->text)
        return 0;
    return field->len == SIZE_MAX ? strlen(field->text) : field->len;
}

/* The room that fields may still take. */
static size_t room(const struct line *line)
{
    return LOG_LINE_MAX - END_ROOM - line->len;
}

static void put(struct line *line, const char *bytes, size_t len)
{
    memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static bool is_between(unsigned char byte, unsigned low, unsigned high)
{
    return byte >= low && byte <= high;
}

/* The length of the UTF-8 character at `at`; 0 when none is there (RFC 3629 section 4). base/ must
 * not reach for protocol/utf8.h. */
static size_t character_len(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (is_between(lead, 0x80, 0xc1) || lead > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (!is_between(at[i], 0x80, 0xbf))
            return 0;
    }
    bool overlong = (lead == 0xe0 && at[1] < 0xa0) || (lead == 0xf0 && at[1] < 0x90);
    bool outside = (lead == 0xed && at[1] > 0x9f) || (lead == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : len;
}

/* C0, DEL and C1: what a terminal may take for a command. */
static bool is_control(const unsigned char *at, size_t len)
{
    return len == 1 ? at[0] < 0x20 || at[0] == 0x7f : at[0] == 0xc2 && at[1] < 0xa0;
}

/* The letter of \n and its like; 0 when the character has none. */
static char short_escape(unsigned char byte)
{
    switch (byte) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '"':
    case '\\':
        return (char)byte;
    default:
        return '\0';
    }
}

/* Escapes the character of `len` bytes at `at`, or the one wrong byte when it is 0. JSON has no
 * escape for a wrong byte: U+FFFD stands for it. */
static void escape(char out[ESCAPED_MAX], const unsigned char *at, size_t len, bool is_json)
{
    char letter = len == 1 ? short_escape(at[0]) : '\0';
    if (letter)
        snprintf(out, ESCAPED_MAX, "\\%c", letter);
    else if (is_json && len == 0)
        snprintf(out, ESCAPED_MAX, "\\ufffd");
    else if (is_json)
        snprintf(out, ESCAPED_MAX, "\\u%04x", len == 1 ? at[0] : at[1]); /* C2 nn is U+00nn */
    else if (len == 2)
        snprintf(out, ESCAPED_MAX, "\\x%02x\\x%02x", at[0], at[1]);
    else
        snprintf(out, ESCAPED_MAX, "\\x%02x", at[0]);
}

/* Adds what of a text fits before the last `keep` bytes, whole characters only. False: it was cut.
 */
static bool put_escaped(struct line *line, const char *text, size_t len, size_t keep)
{
    const unsigned char *at = (const unsigned char *)text;
    for (size_t left = len; left > 0;) {
        char escaped[ESCAPED_MAX];
        const char *out = (const char *)at;
        size_t taken = character_len(at, left);
        size_t out_len = taken;
        if (taken == 0 || is_control(at, taken) || (taken == 1 && short_escape(at[0]))) {
            escape(escaped, at, taken, line->is_json);
            out = escaped;
            out_len = strlen(escaped);
        }
        if (room(line) < out_len + keep)
            return false;
        put(line, out, out_len);
        taken = taken ? taken : 1;
        at += taken;
        left -= taken;
    }
    return true;
}

/* Adds ` key=` or `,"key":`. False when not even the shortest value would fit behind it. */
static bool put_key(struct line *line, const char *key)
{
    size_t before = line->len;
    bool fits = room(line) >= VALUE_ROOM + 2;
    if (fits) {
        put_text(line, line->is_json ? ",\"" : " ");
        fits = put_escaped(line, key, strlen(key), VALUE_ROOM);
    }
    if (fits)
        put_text(line, line->is_json ? "\":" : "=");
    else
        line->len = before;
    return fits;
}

/* False when the value was cut: nothing more fits. */
static bool put_field(struct line *line, const struct log_field *field)
{
    if (!put_key(line, field->key))
        return false;
    if (field->is_number) {
        char digits[24];
        snprintf(digits, sizeof(digits), "%" PRId64, field->number);
        put_text(line, digits); /* put_key kept the room */
        return true;
    }
    put_text(line, "\"");
    bool whole = put_escaped(line, field->text, text_len(field), 1);
    put_text(line, "\"");
    return whole;
}

/* Adds the stamp: RFC 3339 in UTC with milliseconds. */
static void put_time(struct line *line, uint64_t wall_ms)
{
    char day[48], stamp[64];
    struct tm tm;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (!gmtime_r(&seconds, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return;
    snprintf(stamp, sizeof(stamp), line->is_json ? "\"time\":\"%s.%03uZ\"," : "%s.%03uZ ", day,
             (unsigned)(wall_ms % 1000));
    put_text(line, stamp);
}

static void put_head(struct line *line, const struct log *log, enum log_level level,
                     const char *event)
{
    char head[48];
    if (line->is_json)
        put_text(line, "{");
    if (log->sink.wall_ms)
        put_time(line, log->sink.wall_ms(log->sink.context));
    snprintf(head, sizeof(head), line->is_json ? "\"level\":\"%s\",\"event\":\"" : "%-5s ",
             level_names[level]);
    put_text(line, head);
    put_escaped(line, event, strlen(event), 1);
    if (line->is_json)
        put_text(line, "\"");
}

/* Uses END_ROOM. */
static void put_end(struct line *line, uint64_t generation)
{
    char end[END_ROOM];
    if (generation != 0) {
        snprintf(end, sizeof(end),
                 line->is_json ? ",\"generation\":%" PRIu64 : " generation=%" PRIu64, generation);
        put_text(line, end);
    }
    put_text(line, line->is_json ? "}\n" : "\n");
}

static void write_line(const struct log *log, enum log_level level, const char *event,
                       const struct log_field *fields, uint64_t left_out)
{
    struct line line;
    line.len = 0;
    line.is_json = log->format == LOG_JSON;
    put_head(&line, log, level, event);
    bool fits = left_out == 0 || put_field(&line, &LOG_INT("left_out", left_out));
    for (const struct log_field *field = fields; fits && field->key; field++)
        fits = put_field(&line, field);
    put_end(&line, log->generation);
    log->sink.write(log->sink.context, line.bytes, line.len);
}

void log_event(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields)
{
    if (level >= log->level)
        write_line(log, level, event, fields, 0);
}

void log_event_gated(const struct log *log, struct log_gate *gate, uint64_t now_ms,
                     enum log_level level, const char *event, const struct log_field *fields)
{
    if (level < log->level)
        return;
    if (gate->second != now_ms / 1000) {
        gate->second = now_ms / 1000;
        gate->lines = 0;
    }
    if (gate->lines == LOG_GATE_LINES) {
        gate->left_out++;
        return;
    }
    gate->lines++;
    write_line(log, level, event, fields, gate->left_out);
    gate->left_out = 0;
}

/* The index of a name; -1 when it is not there. */
static int find_name(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

int log_level_parse(const char *name)
{
    return find_name(level_names, LOG_ERROR + 1, name);
}

int log_format_parse(const char *name)
{
    static const char *const formats[] = {[LOG_TEXT] = "text", [LOG_JSON] = "json"};
    return find_name(formats, LOG_JSON + 1, name);
}
