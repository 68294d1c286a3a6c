/* SPDX-License-Identifier: BSD-3-Clause */
/* How the chunks, parameters and causes that scripts name look on the wire; the writer of packets.
 * Reader (match.c) and writer (build.c) share the tables. */
#ifndef USCTP_SCRIPT_LAYOUT_H
#define USCTP_SCRIPT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value.h"

/* Lets compilers check the arguments of a function that formats. */
#if defined(__GNUC__)
#define SCRIPT_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define SCRIPT_PRINTF(format_at, args_at)
#endif

/* What stands behind the fixed fields. */
enum tail_kind {
    TAIL_NONE,
    TAIL_DATA,   /* user data: text=, data=, len= */
    TAIL_PARAMS, /* params=[...], cookie= */
    TAIL_SACK,   /* gaps=[...], dups=[...] */
    TAIL_INFO,   /* info=: a Heartbeat Info parameter */
    TAIL_CAUSES, /* causes=[...] */
    TAIL_COOKIE, /* cookie= */
    TAIL_AUTH,   /* a MAC: secret=, mac= */
    TAIL_BYTES   /* bytes= */
};

enum { LAYOUT_FIXED_MAX = 5 };

struct fixed_field {
    const char *key;
    uint8_t at;      /* offset from the chunk header on */
    uint8_t width;   /* bytes */
    const char *var; /* injecting: the variable that has the default; NULL: `other` */
    uint32_t other;  /* default without such a variable */
};

struct chunk_layout {
    const char *name;
    uint8_t type;
    uint8_t fixed_len; /* header and fixed fields */
    enum tail_kind tail;
    bool flags_matter; /* flags are compared even where the script names none */
    struct fixed_field fixed[LAYOUT_FIXED_MAX];
};

/* By name, or NULL. CHUNK has its type in `type=`. */
const struct chunk_layout *layout_chunk(const char *name);

struct entry_layout {
    const char *name;
    uint16_t code;
    enum {
        ENTRY_PLAIN,     /* nothing behind the header, or any bytes */
        ENTRY_ADDR,      /* an address */
        ENTRY_BYTES,     /* bytes */
        ENTRY_U16,       /* numbers of 16 bits */
        ENTRY_U16_00,    /* a number of 16 bits and two zero bytes */
        ENTRY_U32,       /* numbers of 32 bits */
        ENTRY_COUNTED,   /* a count of 32 bits, numbers of 16 bits */
        ENTRY_OUT_RESET, /* three numbers of 32 bits, numbers of 16 bits */
        ENTRY_IN_RESET,  /* a number of 32 bits, numbers of 16 bits */
        ENTRY_ADD,       /* a number of 32 bits, one of 16 bits and two zero bytes */
        ENTRY_LIST       /* parameters */
    } kind;
};

/* Parameters and causes by name, or NULL: `param` and `cause` take any number. */
const struct entry_layout *layout_param(const char *name);
const struct entry_layout *layout_cause(const char *name);

/* A growing buffer. */
struct bytes {
    uint8_t data[70000];
    size_t len;
};

void bytes_put(struct bytes *bytes, const void *data, size_t len);
void bytes_number(struct bytes *bytes, uint64_t value, unsigned width);
void bytes_pad(struct bytes *bytes);

/* The flags of a chunk item: `flags=`, or its bare letters (T; B E U I together). False: it names
 * none; *flags is what an injected chunk gets then. */
bool layout_flags(struct values *values, struct item *item, const struct chunk_layout *chunk,
                  uint64_t *flags);

/* The bytes of user data that an item asks for; false: it does not say. */
bool layout_user_data(struct values *values, struct item *item, struct value *data);

/* `len` bytes of a pattern. */
const uint8_t *layout_pattern(struct values *values, size_t len);

/* Appends a parameter or a cause without padding. */
void build_entry(struct values *values, struct bytes *out, struct item *item, bool cause);

/* Appends a chunk with its padding. */
void build_chunk(struct values *values, struct bytes *out, struct item *item);

/* Appends the chunks of a packet behind a common header whose ports and tag are given; no checksum. */
void build_packet(struct values *values, struct bytes *out, struct item *chunks, uint16_t src_port,
                  uint16_t dst_port, uint32_t tag);

/* auth.c: the secret that an AUTH item means; sets the MAC of an AUTH chunk, or tells whether it is
 * right. The len bytes are the chunk and all behind it in the packet. */
const struct value *auth_secret(struct values *values, struct item *item);
void auth_sign(struct values *values, const struct value *secret, uint8_t *chunk, size_t len);
bool auth_good(struct values *values, const struct value *secret, const uint8_t *chunk, size_t len);

/* --- match.c ---------------------------------------------------------------------------------- */

struct text {
    char buf[1024];
    size_t len;
};

/* True if the chunks of the packet are those of the items. Else `why` says what is not. */
bool match_chunks(struct values *values, struct item *items, const uint8_t *packet, size_t len,
                  struct text *why);

void text_add(struct text *text, const char *format, ...) SCRIPT_PRINTF(2, 3);

#endif
