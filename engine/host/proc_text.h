/* proc_text.h — lines and numbers in the texts that Linux writes below /proc.
 *
 * The texts end with a NUL. Nothing here reads past a line's end, so a short line is seen as one.
 */
#ifndef WSRELAY_HOST_PROC_TEXT_H
#define WSRELAY_HOST_PROC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Where the next line begins; the text's end when there is none. */
const char *proc_next_line(const char *at);

/* Reads a number behind blanks, and steps over it. False when none comes on this line; one too
 * large is UINT64_MAX. */
bool proc_read_number(const char **at, uint64_t *number);

/* The same for `count` of them. */
bool proc_read_numbers(const char **at, uint64_t *numbers, unsigned count);

#endif
