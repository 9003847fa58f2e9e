/* nearest.c — Levenshtein, one row at a time. */
#include "script/nearest.h"

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
    size_t row[NEAREST_NAME_MAX + 1];
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

void nearest_init(struct nearest *nearest, const char *word)
{
    size_t near = strlen(word) / LETTERS_PER_MISTAKE;
    *nearest = (struct nearest){.word = word};
    nearest->distance = (near > LEAST_DISTANCE ? near : LEAST_DISTANCE) + 1;
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t word_len = strlen(nearest->word), len = strlen(candidate);
    if (word_len > NEAREST_NAME_MAX || len > NEAREST_NAME_MAX)
        return;
    size_t distance = distance_of(nearest->word, word_len, candidate, len);
    if (distance >= nearest->distance || distance >= len)
        return;
    nearest->best = candidate;
    nearest->distance = distance;
}

void nearest_hint(const struct nearest *nearest, char hint[NEAREST_HINT_MAX])
{
    hint[0] = '\0';
    if (nearest->best)
        snprintf(hint, NEAREST_HINT_MAX, " (did you mean '%s'?)", nearest->best);
}
