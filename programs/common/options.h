/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of a command line from a table, which the help is printed from too. Options and operands
 * may be mixed; `--` ends the options. */
#ifndef USCTP_PROGRAMS_OPTIONS_H
#define USCTP_PROGRAMS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct option_row {
    int id;           /* what options_next returns; where it is a letter, that is its short name */
    const char *name; /* long name without dashes; NULL ends the table */
    const char *arg;  /* what its argument is called in the help; NULL: it takes none */
    const char *help; /* one line, or several parted by \n */
};

enum {
    OPTION_LONG_ONLY = 256, /* ids from here on have no short name */
    OPTION_HELP = 'h',
    OPTION_VERSION = 'V',
    OPTION_END = 0,      /* no arguments are left */
    OPTION_OPERAND = -1, /* options->value is an operand */
    OPTION_WRONG = -2    /* an error line was printed */
};

/* The two rows of every program. */
#define OPTION_ROWS_COMMON                                            \
    {OPTION_HELP, "help", NULL, "print this text and exit"},          \
    {                                                                 \
        OPTION_VERSION, "version", NULL, "print the version and exit" \
    }

struct options {
    const struct option_row *rows; /* the table */
    char **argv;                   /* of main */
    int argc;                      /* of main */
    int at;                        /* the argument to read next */
    const char *cluster;           /* further letters of an argument like -ab; NULL: none */
    const char *value;             /* argument of the option just returned, or the operand */
    bool operands_only;            /* `--` was read */
};

/* Starts to read after argv[0]. */
void options_start(struct options *options, const struct option_row *rows, int argc, char **argv);

/* The id of the next option, or one of the values above. */
int options_next(struct options *options);

/* A program as its command line sees it. */
struct command {
    const char *usage; /* the usage line, or several */
    const char *about; /* what the program does */
    const struct option_row *rows;
    /* Takes an option that is neither help nor version: 0, or an EXIT_ code after an error line. */
    int (*take)(void *user, int id, const char *value);
    void *user;
};

/* Reads the whole command line; *cnt gets the number of operands, at most `most`. False: the program
 * ends with *status, since help or version was wanted, or after an error line. */
bool command_read(const struct command *command, int argc, char **argv, const char **operands,
                  size_t most, size_t *cnt, int *status);

#endif
