/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a script, by what they do. */
#ifndef USCTP_SCRIPT_LINES_H
#define USCTP_SCRIPT_LINES_H

#include "world.h"

/* inject.c: `<`, `<<` (batch) and `icmp`. */
void run_inject(struct world *world, const char *text, bool batch);
void run_icmp(struct world *world, const char *text);

/* The list in brackets at the start of a packet line, which *text then stands behind; or NULL. */
struct item *packet_options(struct world *world, const char **text);

/* The lower layer with this number has no addresses. */
bool no_addresses(const struct world *world, uint64_t lower);

/* An address among the options, else the variable `var`; and its UDP port, else that of `var`. */
const struct value *address_option(struct world *world, struct item *options, const char *key,
                                   const char *var);
uint16_t port_option(const struct world *world, const struct value *value, const char *var);

/* expect.c: `>`, `>any` and `event`. */
void run_expect(struct world *world, const char *text, bool any);
void run_event(struct world *world, const char *text);

/* step.c: any line but `include` and `repeat`. */
void run_line(struct world *world, const char *line);

/* What stands behind the word or sign that the line begins with; NULL: it begins with another. */
const char *after(const char *line, const char *word);

#endif
