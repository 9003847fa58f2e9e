/* report.c — all figures are printed with their units in their names; JSON is one line. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static double microseconds(const struct histogram *latency, double percent)
{
    return (double)histogram_percentile(latency, percent) / 1e3;
}

static double per_second(const struct traffic_result *r)
{
    return r->seconds > 0 ? (double)r->deliveries / r->seconds : 0;
}

static double share(uint64_t cpu, const struct traffic_result *r)
{
    return r->seconds > 0 ? (double)cpu / 1e9 / r->seconds : 0;
}

/* What ran beside the two, as a share of one core; only known with --server-pid. */
static double others(const struct traffic_result *r)
{
    uint64_t ours = r->server_cpu + r->load_cpu;
    return r->server_cpu > 0 && r->machine_cpu > ours ? share(r->machine_cpu - ours, r) : 0;
}

static double cpu_us(const struct traffic_result *r)
{
    return r->deliveries > 0 ? (double)r->server_cpu / 1e3 / (double)r->deliveries : 0;
}

static bool trusted(const struct traffic_result *r)
{
    const struct tally *t = &r->tally;
    return r->error[0] == '\0' && !r->stalled && r->deliveries > 0 && t->lost == 0 &&
           t->duplicate == 0 && t->reordered == 0 && t->corrupt == 0 && t->stray == 0 &&
           t->refused == 0 && r->answers_missing == 0;
}

static void traffic_json(const struct options *o, const struct traffic_result *r)
{
    const struct tally *t = &r->tally;
    printf("{\"dialect\":\"%s\",\"subscribers\":%u,\"channels\":%u,\"window\":%u,\"rate\":%g,"
           "\"size\":%u,\"seconds\":%.6f,",
           o->dialect->name, o->subscribers, o->channels, o->window, o->rate, o->size, r->seconds);
    printf("\"deliveries\":%" PRIu64 ",\"deliveries_per_second\":%.0f,\"published\":%" PRIu64 ",",
           r->deliveries, per_second(r), r->published);
    printf("\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,\"max\":%.1f},",
           microseconds(&t->latency, 50), microseconds(&t->latency, 90),
           microseconds(&t->latency, 99), microseconds(&t->latency, 99.9),
           (double)t->latency.max / 1e3);
    printf("\"server_cpu_seconds\":%.6f,\"server_cpu_us_per_delivery\":%.4f,"
           "\"server_cpu_share\":%.3f,\"server_resident_bytes\":%" PRIu64 ","
           "\"load_cpu_share\":%.3f,\"others_cpu_share\":%.3f,",
           (double)r->server_cpu / 1e9, cpu_us(r), share(r->server_cpu, r), r->server_resident,
           share(r->load_cpu, r), others(r));
    printf("\"lost\":%" PRIu64 ",\"duplicate\":%" PRIu64 ",\"reordered\":%" PRIu64
           ",\"corrupt\":%" PRIu64 ",\"stray\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"answers_missing\":%" PRIu64 ",",
           t->lost, t->duplicate, t->reordered, t->corrupt, t->stray, t->refused,
           r->answers_missing);
}

static void traffic_text(const struct options *o, const struct traffic_result *r)
{
    const struct tally *t = &r->tally;
    printf("%s, %u subscribers, ", o->dialect->name, o->subscribers);
    if (o->rate > 0) {
        printf("%g messages/s: ", o->rate);
    } else {
        printf("window %u: ", o->window);
    }
    printf("%.0f deliveries/s; latency us p50 %.0f p90 %.0f p99 %.0f p99.9 %.0f max %.0f; ",
           per_second(r), microseconds(&t->latency, 50), microseconds(&t->latency, 90),
           microseconds(&t->latency, 99), microseconds(&t->latency, 99.9),
           (double)t->latency.max / 1e3);
    printf("server %.3f us/delivery, %.0f %% of a core, %.1f MiB; load %.0f %%, others %.0f %%; ",
           cpu_us(r), 100 * share(r->server_cpu, r), (double)r->server_resident / 1048576,
           100 * share(r->load_cpu, r), 100 * others(r));
    printf("lost %" PRIu64 " duplicate %" PRIu64 " reordered %" PRIu64 " corrupt %" PRIu64
           " stray %" PRIu64 " refused %" PRIu64 " unanswered %" PRIu64 "%s%s%s\n",
           t->lost, t->duplicate, t->reordered, t->corrupt, t->stray, t->refused,
           r->answers_missing, r->stalled ? "; STALLED" : "", r->error[0] != '\0' ? "; " : "",
           r->error);
}

/* Error texts hold what a server said: keep them from breaking the JSON. */
static void end_json(const char *error, bool stalled, bool fine)
{
    printf("\"stalled\":%s,\"ok\":%s,\"error\":\"", stalled ? "true" : "false",
           fine ? "true" : "false");
    for (const char *at = error; *at != '\0'; at++) {
        bool plain = *at >= ' ' && *at <= '~' && *at != '"' && *at != '\\';
        putchar(plain ? *at : ' ');
    }
    printf("\"}\n");
}

bool report_traffic(const struct options *options, const struct traffic_result *result)
{
    if (options->json) {
        traffic_json(options, result);
        end_json(result->error, result->stalled, trusted(result));
    } else {
        traffic_text(options, result);
    }
    return trusted(result);
}

static void idle_text(const struct options *options, const struct idle_result *result)
{
    for (unsigned i = 0; i < result->done; i++) {
        const struct idle_step *step = &result->steps[i];
        printf("%s %u idle subscribers: server %.1f us/connect (last %u), %.0f bytes each, "
               "step took %.2f s\n",
               options->dialect->name, step->connections, step->connect_us, step->sample,
               step->resident, step->seconds);
    }
    if (result->error[0] != '\0') {
        printf("%s\n", result->error);
    }
}

bool report_idle(const struct options *options, const struct idle_result *result)
{
    bool fine = result->error[0] == '\0' && result->done == options->step_count;
    if (!options->json) {
        idle_text(options, result);
        return fine;
    }
    printf("{\"dialect\":\"%s\",\"steps\":[", options->dialect->name);
    for (unsigned i = 0; i < result->done; i++) {
        const struct idle_step *step = &result->steps[i];
        printf("%s{\"connections\":%u,\"connect_us\":%.2f,\"sample\":%u,\"resident_bytes\":%.0f,"
               "\"seconds\":%.3f}",
               i > 0 ? "," : "", step->connections, step->connect_us, step->sample, step->resident,
               step->seconds);
    }
    printf("],");
    end_json(result->error, false, fine);
    return fine;
}
