/* cli_test.c — test: busted with the engine's test kit. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/installed.h"
#include "testkit/testkit.h"

/* Takes `--main FILE` and `--main=FILE` out of the arguments. 0: it has no value. */
static int take_main(int *argc, char **argv, const char **main_path)
{
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strncmp(argv[i], "--main=", 7) == 0) {
            *main_path = argv[i] + 7;
        } else if (strcmp(argv[i], "--main") == 0) {
            *main_path = i + 1 < *argc ? argv[++i] : "";
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    return (*main_path)[0] != '\0';
}

int cli_test(int argc, char **argv)
{
    const char *main_path = "main.lua";
    struct installed installed;
    if (!take_main(&argc, argv, &main_path))
        return cli_usage("--main needs a file");
    if (!installed_find(&installed))
        return CLI_FAILED;
    return (int)testkit_run(&(struct testkit_run){
        .main_path = main_path,
        .paths = {installed.scripts, installed.policies},
        .arguments = argv + 1,
        .argument_count = argc - 1,
    });
}
