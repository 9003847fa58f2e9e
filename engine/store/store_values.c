/* store_values.c — see store_values.h. */
#include "store/store_values.h"

int store_values_bind(sqlite3_stmt *statement, int at, const struct store_item *item)
{
    if (item->kind == STORE_INTEGER)
        return sqlite3_bind_int64(statement, at, item->integer);
    if (item->kind == STORE_REAL)
        return sqlite3_bind_double(statement, at, item->real);
    if (item->kind == STORE_TEXT)
        return sqlite3_bind_text64(statement, at, item->text, item->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    return sqlite3_bind_null(statement, at);
}

struct store_item store_values_column(sqlite3_stmt *statement, int at)
{
    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_NULL:
        return (struct store_item){.kind = STORE_NIL};
    case SQLITE_INTEGER:
        return (struct store_item){.kind = STORE_INTEGER,
                                   .integer = sqlite3_column_int64(statement, at)};
    case SQLITE_FLOAT:
        return (struct store_item){.kind = STORE_REAL,
                                   .real = sqlite3_column_double(statement, at)};
    default:
        return (struct store_item){.kind = STORE_TEXT,
                                   .text = sqlite3_column_blob(statement, at),
                                   .len = (size_t)sqlite3_column_bytes(statement, at)};
    }
}
