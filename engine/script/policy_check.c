/* policy_check.c — see policy_check.h. */
#include "script/policy_check.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static bool is_first_of_its_file(int question)
{
    for (int i = 0; i < question; i++)
        if (strcmp(policy_file((enum policy_question)i),
                   policy_file((enum policy_question)question)) == 0)
            return false;
    return true;
}

static bool is_wrong(const struct policies_source *source, const char *file, struct buf *problems)
{
    struct policies *policies = NULL;
    struct policies_source one = *source;
    one.only = file;
    int err = policies_new(&policies, &one, problems);
    if (err == 0)
        policies_free(policies);
    else if (err != RELAY_ESCRIPT)
        buf_add_text(problems, relay_err_text(err));
    if (err)
        buf_add_byte(problems, '\n');
    return err != 0;
}

size_t policy_check_files(const struct policies_source *source, struct buf *problems)
{
    size_t count = 0;
    for (int i = 0; i < POLICY_QUESTIONS; i++)
        if (is_first_of_its_file(i) &&
            is_wrong(source, policy_file((enum policy_question)i), problems))
            count++;
    return count;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_policy(const char *name)
{
    for (int i = 0; i < POLICY_QUESTIONS; i++) {
        const char *file = policy_file((enum policy_question)i);
        size_t len = strlen(file);
        if (strncmp(name, file, len) == 0 && strcmp(name + len, ".lua") == 0)
            return true;
    }
    return false;
}

static int is_stranger(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_with(entry->d_name, ".lua") &&
           !ends_with(entry->d_name, "_spec.lua") && !is_policy(entry->d_name);
}

void policy_check_names(const char *directory, struct buf *notes)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_stranger, alphasort);
    for (int i = 0; i < count; i++) {
        buf_add_text(notes, directory);
        buf_add_byte(notes, '/');
        buf_add_text(notes, entries[i]->d_name);
        buf_add_text(notes, ": no policy has that name, so nobody asks it\n");
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
