/* load.c — bench-load: WebSocket traffic for a relay, and its measure. One thread, one epoll. */
#include <signal.h>
#include <stdlib.h>

#include "idle.h"
#include "options.h"
#include "report.h"
#include "traffic.h"

int main(int argc, char **argv)
{
    static struct traffic_result traffic;
    static struct idle_result idle;
    struct options options;
    bool fine;
    if (!options_read(&options, argc, argv)) {
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (options.step_count > 0) {
        idle_run(&options, &idle);
        fine = report_idle(&options, &idle);
    } else {
        traffic_run(&options, &traffic);
        fine = report_traffic(&options, &traffic);
    }
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
