/* fuzz_link_packet.c — any text as a link packet: what is read can be written, and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "spread/link_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct link_packet packet, again;
    struct buf buf = {0};
    if (link_packet_read(&packet, (const char *)data, size) != 0)
        return 0;
    link_packet_write(&buf, &packet);
    if (buf.failed || link_packet_read(&again, buf.bytes, buf.len) != 0 ||
        again.kind != packet.kind || again.count != packet.count)
        abort();
    for (uint32_t i = 0; i < packet.count; i++) {
        if (again.rows[i].seq != packet.rows[i].seq ||
            again.rows[i].dist_ms != packet.rows[i].dist_ms ||
            again.rows[i].source.len != packet.rows[i].source.len)
            abort();
    }
    buf_deinit(&buf);
    return 0;
}
