/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usctp-transfer: what its parts share.
 *
 * The conversation: on stream 0 the sender tells what it has (HELLO, one ENTRY for each file and
 * folder, in ascending order of their names); the receiver looks at all of it and says GO, or aborts
 * with a reason. Each file then goes over one of the other streams: BEGIN, its bytes, END; several
 * files go at once, each on its own stream. When all have ended, the receiver says RESULT, and the
 * sender shuts the association down. Numbers are big-endian.
 */
#ifndef USCTP_PROGRAMS_TRANSFER_H
#define USCTP_PROGRAMS_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/node.h"
#include "common/report.h"

enum {
    TRANSFER_PORT = 5002, /* SCTP port by default */
    TRANSFER_VERSION = 1,
    NAME_LEN_MAX = 1000,        /* of a path below the folder, bytes */
    NAME_DEPTH_MAX = 64,        /* folders in it */
    ENTRY_CNT_MAX = 1000000,    /* files and folders of a transfer */
    ENTRY_NAMES_MAX = 64 << 20, /* bytes of all their names */
    CONTENT_LEN = 16384,        /* bytes of a file in one message, at most */
    HASH_LEN = 32,              /* SHA-256 */
    REASON_MAX = 200            /* of an ABORT, bytes */
};

/* Payload protocol identifiers. */
enum { TRANSFER_PPID_CONTROL = 0x75740001, TRANSFER_PPID_CONTENT = 0x75740002 };

/* --- SHA-256 ---------------------------------------------------------------------------------- */

struct hash; /* A hash in the making. */

/* NULL: no memory. */
struct hash *hash_new(void);
void hash_free(struct hash *hash); /* NULL is fine */
void hash_reset(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
void hash_end(struct hash *hash, uint8_t out[HASH_LEN]);

/* The hash and the length of what can be read from fd. False: errno tells why. */
bool hash_file(struct hash *hash, int fd, uint8_t out[HASH_LEN], uint64_t *len);

/* --- The manifest: what is transferred ---------------------------------------------------------- */

enum entry_kind { ENTRY_FILE = 1, ENTRY_FOLDER = 2 };

struct entry {
    char *name;    /* path below the folder, with slashes */
    uint64_t size; /* bytes; 0 of folders */
    uint16_t mode; /* permission bits, at most 0777 */
    uint8_t kind;  /* enum entry_kind */
    bool begun;    /* the receiver got its BEGIN */
    bool good;     /* the receiver has it whole, with the right hash */
    uint8_t hash[HASH_LEN];
};

struct manifest {
    struct entry *entries; /* ascending by name */
    size_t cnt, cap;
    size_t file_cnt;    /* those that are files */
    uint64_t total_len; /* bytes of all files */
    uint64_t names_len; /* bytes of all names */
};

/* Appends an entry; its name, of name_len bytes, is copied. NULL: no memory. */
struct entry *manifest_add(struct manifest *manifest, const char *name, size_t name_len);
void manifest_free(struct manifest *manifest);

/* Lists and hashes what is below the folder fd, in order. Links and special files are left out, with
 * a note where `verbose`. False after an error line. */
bool manifest_scan(struct manifest *manifest, int fd, bool verbose);

/* NULL: the name may be used; else what is wrong with it. No absolute paths, no empty, `.` or `..`
 * parts, nothing that is not printable, no name that the receiver uses itself. */
const char *name_fault(const char *name, size_t len);

/* --- Messages --------------------------------------------------------------------------------- */

enum wire_type { WIRE_HELLO = 1, WIRE_ENTRY, WIRE_GO, WIRE_BEGIN, WIRE_END, WIRE_RESULT };

enum { WIRE_MAX = 64 + NAME_LEN_MAX };

/* A control message as read. */
struct wire {
    int type;          /* enum wire_type */
    uint8_t version;   /* HELLO */
    uint8_t kind;      /* ENTRY */
    uint16_t mode;     /* ENTRY */
    uint32_t id;       /* ENTRY, BEGIN: number of the entry. HELLO: how many there are */
    uint32_t good_cnt; /* RESULT */
    uint32_t bad_cnt;  /* RESULT */
    uint64_t size;     /* ENTRY; HELLO: of all */
    uint8_t hash[HASH_LEN];
    const char *name; /* ENTRY: not ended by zero */
    size_t name_len;
};

/* Writes a message to buf, which has WIRE_MAX bytes; returns its length. */
size_t wire_put(const struct wire *wire, uint8_t *buf);

/* Reads one; false: it is none. The name points into data. */
bool wire_get(struct wire *wire, const uint8_t *data, size_t len);

/* Sends one on a stream; the result of usctp_assoc_send. */
int wire_send(usctp_assoc *assoc, uint16_t stream, const struct wire *wire);

/* --- Files of the receiver ---------------------------------------------------------------------- */

/* Every path is walked from the folder on without following a link. Functions that fail return -1
 * and leave errno, or false. */

/* True if something stands in the way of an entry: anything, but a folder where one is wanted. */
bool store_exists(int root, const char *name, int kind);
int store_make_folder(int root, const char *name);
/* A new file to write, under a name of its own beside the right one. Folders are made. */
int store_create(int root, const char *name, uint32_t id);
/* Gives it mode and name; it replaces what has the name. Closes fd in any case. */
bool store_commit(int root, const char *name, uint32_t id, uint16_t mode, int fd);
void store_discard(int root, const char *name, uint32_t id, int fd);
bool store_set_folder_mode(int root, const char *name, uint16_t mode);
/* Opens a file to read. */
int store_open(int root, const char *name);

/* --- The two sides ----------------------------------------------------------------------------- */

enum { SEND_SLOTS = 8 }; /* files sent at once, at most */

struct send_slot {
    int fd;            /* of the file; -1: none */
    uint32_t id;       /* of its entry */
    uint16_t stream;   /* it goes over this one */
    uint32_t round;    /* files this slot has sent */
    bool begun;        /* BEGIN was sent */
    bool ended;        /* all content was sent: END is next */
    size_t len;        /* bytes in buf, not sent yet */
    uint64_t sent_len; /* bytes of the file sent */
    uint8_t *buf;      /* CONTENT_LEN bytes */
};

enum send_phase { SEND_CONNECT, SEND_MANIFEST, SEND_WAIT, SEND_FILES, SEND_RESULT, SEND_CLOSING };

struct sender {
    struct node_options net;
    const char *folder;
    uint64_t rate;      /* bytes a second; 0: no limit */
    usctp_event_fn tap; /* sees each event; may be NULL */
    void *tap_user;     /* handed to tap */
    bool quiet;         /* no progress, no summary */

    struct node node;
    struct manifest manifest;
    int root;           /* the folder's descriptor */
    usctp_assoc *assoc; /* NULL: none */
    enum send_phase phase;
    bool up;           /* it came up */
    bool told;         /* an error line said why it failed */
    size_t next;       /* the entry to send next: of the manifest, then of the files */
    unsigned slot_cnt; /* slots in use */
    unsigned turn;     /* the slot that is next */
    uint32_t per_slot; /* streams of each slot */
    struct send_slot slots[SEND_SLOTS];
    size_t piece_len;           /* bytes of a file in one message, at most CONTENT_LEN */
    uint64_t allowed_ts;        /* where the rate is limited: when the next message may leave */
    uint64_t sent_len;          /* bytes of content handed over */
    uint64_t begin_ts;          /* it came up */
    uint64_t end_ts;            /* RESULT came */
    uint32_t good_cnt, bad_cnt; /* what RESULT said */
    int status;
    struct usctp_assoc_stats stats; /* as last seen */
};

/* Lists and hashes the folder. False after an error line. */
bool sender_scan(struct sender *sender);
/* Opens the node and connects. False after an error line. */
bool sender_open(struct sender *sender);
/* After node_run: closes all; returns the exit status. */
int sender_close(struct sender *sender);
/* Bytes of content that the peer has acknowledged, about. */
uint64_t sender_acked(const struct sender *sender);

/* Sends what can be sent now of the files, and asks to be called again where the rate is limited. */
void send_files(struct sender *sender);
/* Makes the slots ready. False after an error line. */
bool send_files_start(struct sender *sender);
void send_files_end(struct sender *sender);

struct receive_stream {
    int fd;            /* of the file being written; -1: none */
    uint32_t id;       /* of its entry */
    uint64_t len;      /* bytes so far */
    struct hash *hash; /* of them */
};

struct receiver {
    struct node_options net;
    const char *folder;
    uint64_t size_max;  /* bytes that a transfer may have */
    bool overwrite;     /* replace files that exist */
    bool keep;          /* wait for the next sender when one has gone */
    bool reread;        /* at the end read all files from the disk again and compare */
    usctp_event_fn tap; /* sees each event; may be NULL */
    void *tap_user;     /* handed to tap */
    bool quiet;         /* no progress, no summary */

    struct node node;
    int root;           /* the folder's descriptor */
    usctp_assoc *assoc; /* NULL: none */
    bool taken;         /* an association is there or about to be */
    bool welcome;       /* HELLO came */
    bool going;         /* GO was sent */
    bool reported;      /* RESULT was sent, or waits to be */
    bool peer_shut;     /* the sender shut down: it has the result */
    bool result_due;    /* RESULT waits for room */
    bool told;          /* an error line said why it failed */
    uint32_t entry_cnt; /* as HELLO told */
    uint64_t total_len; /* as HELLO told */
    struct manifest manifest;
    struct receive_stream *streams; /* by number */
    size_t stream_cnt;
    unsigned open_cnt; /* files being written */
    uint32_t good_cnt, bad_cnt;
    uint64_t got_len; /* bytes of content */
    uint64_t begin_ts, end_ts;
    int status;
};

/* Opens folder and node, and listens. False after an error line. */
bool receiver_open(struct receiver *receiver);
/* After node_run: closes all; returns the exit status. */
int receiver_close(struct receiver *receiver);
/* Reads all files again and compares their hashes; returns how many are right. */
size_t receiver_reread(struct receiver *receiver);

/* A file of the present transfer. False: the association was aborted. */
bool receive_begin(struct receiver *receiver, uint16_t stream, uint32_t id);
bool receive_content(struct receiver *receiver, const struct usctp_event *event);
bool receive_end(struct receiver *receiver, uint16_t stream);
/* Drops all files that are not whole. */
void receive_drop(struct receiver *receiver);
/* Aborts the association and says why, here and to the peer; returns false. */
bool receiver_refuse(struct receiver *receiver, const char *format, ...) REPORT_PRINTF(2, 3);

/* --- The demonstration: transfer_demo.h --------------------------------------------------------- */

struct demo_options {
    const char *folder;    /* to send */
    const char *target;    /* to receive into; NULL: a new one */
    const char *capture;   /* packets of the sender; NULL: in a new folder */
    uint64_t duration_dur; /* how long it is to take */
};

/* Runs it; returns the exit status. */
int demo_run(const struct demo_options *options);

#endif
