/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of a command line from a table. */
#include "common/options.h"

#include <stdio.h>
#include <string.h>

#include <usctp/usctp.h>

#include "common/report.h"

enum { HELP_COLUMN = 28 };

void options_start(struct options *options, const struct option_row *rows, int argc, char **argv)
{
    memset(options, 0, sizeof(*options));
    options->rows = rows;
    options->argc = argc;
    options->argv = argv;
    options->at = 1;
}

static const struct option_row *find_letter(const struct option_row *rows, char letter)
{
    for (; rows->name != NULL; rows++) {
        if (rows->id < OPTION_LONG_ONLY && rows->id == (unsigned char)letter) {
            return rows;
        }
    }
    return NULL;
}

static const struct option_row *find_name(const struct option_row *rows, const char *name,
                                          size_t len)
{
    for (; rows->name != NULL; rows++) {
        if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0) {
            return rows;
        }
    }
    return NULL;
}

/* The argument of an option that has not one attached. */
static int take_next(struct options *options, const struct option_row *row)
{
    if (options->at >= options->argc) {
        report_error("--%s needs an argument: %s; see --help", row->name, row->arg);
        return OPTION_WRONG;
    }
    options->value = options->argv[options->at++];
    return row->id;
}

static int next_letter(struct options *options)
{
    char letter = *options->cluster++;
    const struct option_row *row = find_letter(options->rows, letter);
    const char *rest = *options->cluster != '\0' ? options->cluster : NULL;

    options->cluster = rest;
    if (row == NULL) {
        report_error("unknown option -%c; see --help", letter);
        return OPTION_WRONG;
    }
    if (row->arg == NULL) {
        return row->id;
    }
    options->cluster = NULL;
    if (rest != NULL) {
        options->value = rest;
        return row->id;
    }
    return take_next(options, row);
}

static int next_name(struct options *options, const char *name)
{
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = find_name(options->rows, name, len);

    if (row == NULL) {
        report_error("unknown option --%.*s; see --help", (int)len, name);
        return OPTION_WRONG;
    }
    if (row->arg == NULL) {
        if (equals != NULL) {
            report_error("--%s takes no argument", row->name);
            return OPTION_WRONG;
        }
        return row->id;
    }
    if (equals != NULL) {
        options->value = equals + 1;
        return row->id;
    }
    return take_next(options, row);
}

int options_next(struct options *options)
{
    options->value = NULL;
    if (options->cluster != NULL) {
        return next_letter(options);
    }
    if (options->at >= options->argc) {
        return OPTION_END;
    }
    const char *arg = options->argv[options->at++];
    if (options->operands_only || arg[0] != '-' || arg[1] == '\0') {
        options->value = arg;
        return OPTION_OPERAND;
    }
    if (arg[1] != '-') {
        options->cluster = arg + 1;
        return next_letter(options);
    }
    if (arg[2] == '\0') {
        options->operands_only = true;
        return options_next(options);
    }
    return next_name(options, arg + 2);
}

static void print_row(const struct option_row *row)
{
    char left[80];
    const char *help = row->help;

    snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", row->id < OPTION_LONG_ONLY ? '-' : ' ',
             row->id < OPTION_LONG_ONLY ? row->id : ' ', row->id < OPTION_LONG_ONLY ? ',' : ' ',
             row->name, row->arg != NULL ? " " : "", row->arg != NULL ? row->arg : "");
    printf("%-*s ", HELP_COLUMN, left);
    for (;;) {
        size_t len = strcspn(help, "\n");

        printf("%.*s\n", (int)len, help);
        if (help[len] == '\0') {
            return;
        }
        help += len + 1;
        printf("%-*s ", HELP_COLUMN, "");
    }
}

static void print_help(const struct command *command)
{
    printf("%s\n\n%s\n\nOptions:\n", command->usage, command->about);
    for (const struct option_row *row = command->rows; row->name != NULL; row++) {
        print_row(row);
    }
    printf("\nThe manual page %s(1) says more.\n", report_name());
}

/* EXIT_OK to go on, else the exit status; *done: there is no more to do. */
static int take(const struct command *command, int id, const char *value, bool *done)
{
    switch (id) {
    case OPTION_HELP:
        print_help(command);
        break;
    case OPTION_VERSION:
        printf("%s %s\n", report_name(), usctp_version());
        break;
    case OPTION_WRONG:
        return EXIT_USAGE;
    default:
        return command->take(command->user, id, value);
    }
    *done = true;
    return report_flush_output() ? EXIT_OK : EXIT_FAILED;
}

bool command_read(const struct command *command, int argc, char **argv, const char **operands,
                  size_t most, size_t *cnt, int *status)
{
    struct options options;
    bool done = false;
    int id;

    *cnt = 0;
    options_start(&options, command->rows, argc, argv);
    while ((id = options_next(&options)) != OPTION_END) {
        if (id != OPTION_OPERAND) {
            *status = take(command, id, options.value, &done);
            if (*status != EXIT_OK || done) {
                return false;
            }
        } else if (*cnt < most) {
            operands[(*cnt)++] = options.value;
        } else {
            report_error("too many words from \"%s\" on; see --help", options.value);
            *status = EXIT_USAGE;
            return false;
        }
    }
    return true;
}
