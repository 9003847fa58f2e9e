/* token_table.c — see token_table.h. */
#include "mesh/token_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "protocol/base64.h"

struct token {
    struct list node;
    uint64_t made_ms;
    char text[TOKEN_LEN + 1];
    size_t name_len;
    char name[NODE_NAME_MAX];
};

bool token_equals(struct text a, struct text b)
{
    unsigned difference = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++)
        difference |= (unsigned char)a.at[i] ^ (unsigned char)b.at[i];
    return difference == 0;
}

static void wipe(struct token_table *table, struct token *token)
{
    list_remove(&token->node);
    table->count--;
    explicit_bzero(token, sizeof(*token));
    free(token);
}

static struct token *oldest(const struct token_table *table)
{
    return list_entry(table->tokens.next, struct token, node);
}

void token_table_init(struct token_table *table)
{
    table->count = 0;
    list_init(&table->tokens);
}

void token_table_deinit(struct token_table *table)
{
    while (table->count > 0)
        wipe(table, oldest(table));
}

static void expire(struct token_table *table, uint64_t now_ms)
{
    while (table->count > 0 && now_ms - oldest(table)->made_ms >= TOKEN_VALID_MS)
        wipe(table, oldest(table));
}

int token_table_add(struct token_table *table, struct text node,
                    const unsigned char random[TOKEN_BYTES], uint64_t now_ms,
                    char out[TOKEN_LEN + 1])
{
    struct buf text = {0};
    struct token *token;
    expire(table, now_ms);
    if (!node_name_is_valid(node.at, node.len))
        return RELAY_EINVAL;
    base64_encode_url(&text, random, TOKEN_BYTES);
    token = text.failed ? NULL : calloc(1, sizeof(*token));
    if (!token) {
        buf_deinit(&text);
        return RELAY_ENOMEM;
    }
    if (table->count >= TOKENS_MAX)
        wipe(table, oldest(table));
    memcpy(token->text, text.bytes, TOKEN_LEN);
    memcpy(out, token->text, TOKEN_LEN + 1);
    explicit_bzero(text.bytes, text.len);
    buf_deinit(&text);
    token->made_ms = now_ms;
    token->name_len = node.len;
    memcpy(token->name, node.at, node.len);
    list_append(&table->tokens, &token->node);
    table->count++;
    return 0;
}

static struct token *find(struct token_table *table, struct text text, uint64_t now_ms)
{
    struct token *found = NULL;
    expire(table, now_ms);
    for (struct list *at = table->tokens.next; at != &table->tokens; at = at->next) {
        struct token *token = list_entry(at, struct token, node);
        if (token_equals((struct text){token->text, TOKEN_LEN}, text))
            found = token;
    }
    return found;
}

bool token_table_has(struct token_table *table, struct text token, uint64_t now_ms)
{
    return find(table, token, now_ms) != NULL;
}

bool token_table_use(struct token_table *table, struct text text, struct text node, uint64_t now_ms)
{
    struct token *token = find(table, text, now_ms);
    if (!token)
        return false;
    bool is_for_it = token->name_len == node.len && memcmp(token->name, node.at, node.len) == 0;
    wipe(table, token);
    return is_for_it;
}
