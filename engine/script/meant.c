/* meant.c — Levenshtein, one row at a time. */
#include "script/meant.h"

#include <stdio.h>
#include <string.h>

#define LEAST_DISTANCE 2
#define LETTERS_PER_MISTAKE 3

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[MEANT_NAME_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least_of(replaced, least_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

void meant_init(struct meant *meant, const char *word)
{
    size_t near = strlen(word) / LETTERS_PER_MISTAKE;
    *meant = (struct meant){.word = word};
    meant->distance = (near > LEAST_DISTANCE ? near : LEAST_DISTANCE) + 1;
}

void meant_offer(struct meant *meant, const char *candidate)
{
    size_t word_len = strlen(meant->word), len = strlen(candidate);
    if (word_len > MEANT_NAME_MAX || len > MEANT_NAME_MAX)
        return;
    size_t distance = distance_of(meant->word, word_len, candidate, len);
    if (distance >= meant->distance || distance >= len)
        return;
    meant->best = candidate;
    meant->distance = distance;
}

void meant_hint(const struct meant *meant, char hint[MEANT_HINT_MAX])
{
    hint[0] = '\0';
    if (meant->best)
        snprintf(hint, MEANT_HINT_MAX, " (did you mean '%s'?)", meant->best);
}
