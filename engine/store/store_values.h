/* store_values.h — a store's items as SQLite's values, and back. */
#ifndef WSRELAY_STORE_STORE_VALUES_H
#define WSRELAY_STORE_STORE_VALUES_H

#include <sqlite3.h>

#include "store/store_items.h"

/* The parameter `at`, from 1. A text is borrowed until the statement is reset or bound anew.
 * SQLite's code. */
int store_values_bind(sqlite3_stmt *statement, int at, const struct store_item *item);

/* The column `at`, from 0, of the row where the statement stands; a blob is a text, too. Borrowed
 * until its next step. */
struct store_item store_values_column(sqlite3_stmt *statement, int at);

#endif
