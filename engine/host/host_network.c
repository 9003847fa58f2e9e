/* host_network.c — an entry is what 15 seconds added; the windows are sums of entries. */
#include "host/host_network.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/proc_text.h"

/* The columns of /proc/net/dev: eight in, eight out. */
enum column { BYTES_IN = 0, PACKETS_IN = 1, BYTES_OUT = 8, PACKETS_OUT = 9, COLUMNS = 10 };
#define HEAD_LINES 2

/* A timer that fires a little early is on time. */
#define EARLY_MS 1000

/* Adds the counters of a line `  eth0: BYTES PACKETS …`. */
static int add_interface(struct host_counters *sums, const char *line)
{
    uint64_t columns[COLUMNS];
    const char *name_end = line + strcspn(line, ":\n");
    if (*name_end != ':')
        return RELAY_ESYNTAX;
    const char *at = name_end + 1;
    if (!proc_read_numbers(&at, columns, COLUMNS))
        return RELAY_ESYNTAX;
    sums->bytes_in += columns[BYTES_IN];
    sums->packets_in += columns[PACKETS_IN];
    sums->bytes_out += columns[BYTES_OUT];
    sums->packets_out += columns[PACKETS_OUT];
    return 0;
}

static bool is_loopback(const char *line)
{
    return strncmp(line + strspn(line, " "), "lo:", 3) == 0;
}

int host_counters_parse(struct host_counters *counters, const char *text)
{
    struct host_counters sums = {0};
    const char *line = text;
    for (int i = 0; i < HEAD_LINES; i++) {
        line = strchr(line, '\n');
        if (!line)
            return RELAY_ESYNTAX;
        line++;
    }
    for (; *line; line = proc_next_line(line))
        if (!is_loopback(line) && add_interface(&sums, line) != 0)
            return RELAY_ESYNTAX;
    *counters = sums;
    return 0;
}

static uint64_t grown(uint64_t before, uint64_t after)
{
    return after > before ? after - before : 0;
}

/* What one of `steps` equal parts of the time between two samples added. */
static struct host_counters entry_between(const struct host_counters *before,
                                          const struct host_counters *after, uint64_t steps)
{
    return (struct host_counters){
        .bytes_in = grown(before->bytes_in, after->bytes_in) / steps,
        .bytes_out = grown(before->bytes_out, after->bytes_out) / steps,
        .packets_in = grown(before->packets_in, after->packets_in) / steps,
        .packets_out = grown(before->packets_out, after->packets_out) / steps,
    };
}

static void push_entry(struct host_network *network, const struct host_counters *entry)
{
    memmove(network->entries + 1, network->entries,
            (HOST_NETWORK_ENTRIES - 1) * sizeof(network->entries[0]));
    network->entries[0] = *entry;
}

static void add_entries(struct host_network *network, const struct host_counters *counters,
                        uint64_t passed_ms)
{
    uint64_t steps = (passed_ms + HOST_NETWORK_SAMPLE_MS / 2) / HOST_NETWORK_SAMPLE_MS;
    struct host_counters entry = entry_between(&network->last, counters, steps);
    for (uint64_t i = 0; i < steps && i < HOST_NETWORK_ENTRIES; i++)
        push_entry(network, &entry);
}

void host_network_sample(struct host_network *network, const struct host_counters *counters,
                         uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - network->sampled_at_ms;
    if (network->has_sample && passed_ms < HOST_NETWORK_SAMPLE_MS - EARLY_MS)
        return;
    if (network->has_sample)
        add_entries(network, counters, passed_ms);
    network->has_sample = true;
    network->sampled_at_ms = now_ms;
    network->last = *counters;
}

/* Adds `"15s_in":…,"15s_out":…` and so on, from the counters at two offsets of an entry. */
static void add_windows(struct buf *buf, const struct host_network *network, size_t in_at,
                        size_t out_at)
{
    uint64_t in = 0, out = 0;
    for (int i = 0; i < HOST_NETWORK_ENTRIES; i++) {
        const char *entry = (const char *)&network->entries[i];
        char text[96];
        in += *(const uint64_t *)(entry + in_at);
        out += *(const uint64_t *)(entry + out_at);
        int len = snprintf(text, sizeof(text), "%s\"%ds_in\":%" PRIu64 ",\"%ds_out\":%" PRIu64,
                           i ? "," : "", (i + 1) * 15, in, (i + 1) * 15, out);
        buf_add(buf, text, (size_t)len);
    }
}

void host_network_write(struct buf *buf, const struct host_network *network)
{
    buf_add_text(buf, "{\"bytes\":{");
    add_windows(buf, network, offsetof(struct host_counters, bytes_in),
                offsetof(struct host_counters, bytes_out));
    buf_add_text(buf, "},\"packets\":{");
    add_windows(buf, network, offsetof(struct host_counters, packets_in),
                offsetof(struct host_counters, packets_out));
    buf_add_text(buf, "}}");
}
