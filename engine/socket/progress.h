/* progress.h — whether a peer takes what we send. In a file of its own: <linux/tcp.h>, which alone
 * knows tcpi_bytes_acked, and <netinet/tcp.h>, which <uv.h> includes, exclude each other. */
#ifndef WSRELAY_SOCKET_PROGRESS_H
#define WSRELAY_SOCKET_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the peer of a TCP socket has neither hung up nor reset it: also known while nothing is
 * read. */
bool progress_is_open(int fd);

/* How many bytes the peer of a TCP socket acknowledged in all; 0 when the kernel does not say. */
uint64_t progress_acknowledged(int fd);

#endif
