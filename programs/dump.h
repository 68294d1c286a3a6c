/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: what its parts share. A source is read to frames; a frame is taken apart to an SCTP
 * packet; that is printed. All bytes are strangers'. */
#ifndef USCTP_PROGRAMS_DUMP_H
#define USCTP_PROGRAMS_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <usctp/driver.h>

enum {
    DUMP_PORTS_MAX = 64,
    DUMP_FRAME_MAX = 1 << 20, /* longest frame that is read */
    DUMP_BLOCK_MAX = 1 << 24  /* longest block of a pcapng file that is skipped or read */
};

/* Link types, as in https://www.tcpdump.org/linktypes.html; LINK_SCTP is our own. */
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_SCTP = 248,
    LINK_UDP = 0x10000, /* our own: begins with a UDP header */
    LINK_LINUX_SLL2 = 276,
    LINK_UNKNOWN = -1
};

/* A frame as a source gives it. */
struct frame {
    const uint8_t *data; /* valid until the next one is read */
    size_t len;          /* bytes at data */
    size_t full_len;     /* bytes it had on the wire; more than len: cut */
    int link;            /* enum link_type, or another number */
    bool timed;          /* ts is known */
    uint64_t ts;         /* nanoseconds since 1970 */
};

/* An SCTP packet found in a frame. */
struct found {
    struct usctp_addr source, destination;  /* family USCTP_AF_NONE: not known */
    uint16_t source_port, destination_port; /* of UDP; 0: no UDP below */
    const uint8_t *data;
    size_t len;
    bool cut; /* the capture does not have all of it */
};

enum found_result {
    FOUND_SCTP,
    FOUND_OTHER,    /* something else: not our business */
    FOUND_FRAGMENT, /* an IP fragment other than the first: not reassembled */
    FOUND_BROKEN    /* headers that cannot be */
};

struct dump {
    uint16_t udp_ports[DUMP_PORTS_MAX]; /* UDP ports to look at; none: all */
    size_t udp_port_cnt;
    uint16_t sctp_ports[DUMP_PORTS_MAX]; /* SCTP ports to look at; none: all */
    size_t sctp_port_cnt;
    int hex_link; /* what hex dumps begin with: enum link_type */
    int time;     /* enum dump_time */
    bool summary; /* counts at the end */
    usctp_crc32c_fn crc32c;
    uint64_t first_ts; /* of the first frame with a time */
    bool has_first;
    uint64_t frame_cnt, packet_cnt, other_cnt, fragment_cnt, broken_cnt, checksum_cnt;
};

enum dump_time { DUMP_TIME_RELATIVE, DUMP_TIME_UTC, DUMP_TIME_NONE };

/* Takes a frame apart. */
int dump_find(const struct dump *dump, const struct frame *frame, struct found *found);

/* Counts and prints a frame. */
void dump_frame(struct dump *dump, const struct frame *frame);

/* True if the CRC32c of a packet is right. */
bool dump_checksum_good(const struct dump *dump, const uint8_t *packet, size_t len);

/* --- Sources ---------------------------------------------------------------------------------- */

/* A file or pipe being read. */
struct source {
    FILE *file;
    const char *name; /* for error lines */
    uint8_t *buf;     /* what the reader of its format keeps there */
    size_t cap;       /* its size */
};

/* Reads exactly len bytes: 1; 0: the file ended before the first; -1 after an error line: it ended
 * within them, or cannot be read. */
int source_read(struct source *source, void *buf, size_t len);
/* Skips len bytes; the same results. */
int source_skip(struct source *source, uint64_t len);
/* Makes buf at least so large; false after an error line. */
bool source_reserve(struct source *source, size_t len);

/* Read a whole source of a format; start has the bytes that were read to tell the format. Return
 * false after an error line; what came before has been printed. */
enum { SOURCE_START_LEN = 4 };
bool dump_pcap(struct dump *dump, struct source *source, const uint8_t *start);
bool dump_pcapng(struct dump *dump, struct source *source, const uint8_t *start);
/* Text has no start that must be whole: len bytes of it were read. */
bool dump_hex(struct dump *dump, struct source *source, const uint8_t *start, size_t len);

/* A number of a file, by its byte order. */
uint32_t dump_u32(const uint8_t *ptr, bool big);
uint16_t dump_u16(const uint8_t *ptr, bool big);

#endif
