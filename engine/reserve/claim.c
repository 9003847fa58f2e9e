/* claim.c — see claim.h. */
#include "reserve/claim.h"

#include <string.h>

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_hashes(const struct password_hash *a, const struct password_hash *b)
{
    if (!a->is_set || !b->is_set)
        return (int)a->is_set - (int)b->is_set;
    return memcmp(a->bytes, b->bytes, PASSWORD_HASH_LEN);
}

static int compare_stamps(const struct claim_stamp *a, const struct claim_stamp *b)
{
    int order = compare_u64(a->ms, b->ms);
    return order ? order : strcmp(a->node, b->node);
}

int claim_compare(const struct claim *a, const struct claim *b)
{
    if (a->state != b->state)
        return a->state == CLAIM_OPEN ? -1 : 1;
    int order = compare_stamps(&a->stamp, &b->stamp);
    return order ? order : compare_hashes(&a->hash, &b->hash);
}

void claim_tag(const struct password_hash *hash, char tag[CLAIM_TAG_LEN + 1])
{
    char digits[PASSWORD_HASH_HEX_LEN + 1] = "";
    if (hash->is_set)
        password_hash_to_hex(hash, digits);
    memcpy(tag, digits, CLAIM_TAG_LEN);
    tag[hash->is_set ? CLAIM_TAG_LEN : 0] = '\0';
}

bool claim_tag_matches(const struct password_hash *hash, const char *tag, size_t len)
{
    char own[CLAIM_TAG_LEN + 1];
    claim_tag(hash, own);
    return strlen(own) == len && (len == 0 || memcmp(own, tag, len) == 0);
}
