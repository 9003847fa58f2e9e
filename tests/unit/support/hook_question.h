/* hook_question.h — sample facts to ask policies about, and client_auth.lua asked. */
#ifndef TEST_HOOK_QUESTION_H
#define TEST_HOOK_QUESTION_H

#include "script_fixture.h"

#define TEXT(s) ((struct text){(s), sizeof(s) - 1})

extern const struct connect_request CONNECT;
extern const struct client_facts CLIENT;
extern const struct client_limits LIMITS;

/* A test whose state is a script_fixture. */
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, hook_question_setup, hook_question_teardown)

int hook_question_setup(void **state);
int hook_question_teardown(void **state);

/* client_auth.lua with this body of connect(r), asked once. */
struct verdict connect_with(struct script_fixture *fixture, const char *body, struct buf *identity);

/* Whether a list of this channel alone shows it. */
bool is_listed(const struct hooks *hooks, const struct channel_request *request);

void assert_connect_allowed(struct script_fixture *fixture, const char *body);

/* The policy failed: denied, counted once, one line that holds `logged`. */
void assert_connect_fails(struct script_fixture *fixture, const char *body, const char *logged);

#endif
