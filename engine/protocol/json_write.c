/* json_write.c — runs of plain bytes are copied whole; the rest is RFC 8259 section 7's least. */
#include "protocol/json_write.h"

#include "protocol/json_scan.h"

static void write_escape(struct buf *buf, char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char short_forms[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    unsigned char value = (unsigned char)byte;
    char letter = value < 0x20 ? short_forms[value] : byte;
    if (letter) {
        buf_add(buf, (char[]){'\\', letter}, 2);
        return;
    }
    buf_add(buf, (char[]){'\\', 'u', '0', '0', digits[value >> 4], digits[value & 15]}, 6);
}

void json_write_string(struct buf *buf, const char *text, size_t len)
{
    const char *at = text;
    const char *end = len ? text + len : text;
    buf_add_byte(buf, '"');
    while (at < end) {
        const char *stop = json_skip_plain(at, end);
        buf_add(buf, at, (size_t)(stop - at));
        if (stop < end)
            write_escape(buf, *stop++);
        at = stop;
    }
    buf_add_byte(buf, '"');
}
