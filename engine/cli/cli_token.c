/* cli_token.c — token: 32 random bytes as base64url, for `token` of relay.node. */
#include <stdio.h>

#include "cli/cli.h"
#include "crypto/random.h"
#include "protocol/base64.h"

#define TOKEN_RANDOM_BYTES 32

int cli_token(int argc, char **argv)
{
    unsigned char bytes[TOKEN_RANDOM_BYTES];
    struct buf text = {0};
    if (argc > 1)
        return cli_usage("token takes no arguments, and %.80s is one", argv[1]);
    int err = random_bytes(bytes, sizeof(bytes));
    if (!err)
        base64_encode_url(&text, bytes, sizeof(bytes));
    if (err || text.failed)
        fprintf(stderr, "wsrelay-engine: %s\n", relay_err_text(err ? err : RELAY_ENOMEM));
    else
        printf("%.*s\n", (int)text.len, text.bytes);
    buf_deinit(&text);
    return err || text.failed ? CLI_FAILED : CLI_FINE;
}
