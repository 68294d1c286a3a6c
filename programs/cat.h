/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-cat: what its parts share. */
#ifndef USCTP_PROGRAMS_CAT_H
#define USCTP_PROGRAMS_CAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/node.h"

/* Standard input on its way into messages. */
struct cat_input {
    uint8_t *buf;        /* what was read and not sent */
    size_t len;          /* bytes in it */
    size_t cap;          /* its size: the largest message */
    bool eof;            /* nothing more will come */
    bool watching;       /* the loop watches standard input */
    bool blocked;        /* a WRITABLE event will come */
    uint16_t stream;     /* of the next message, where they are spread */
    uint64_t sent_cnt;   /* messages */
    uint64_t sent_bytes; /* their bytes */
};

/* Messages on their way to standard output. */
struct cat_output {
    usctp_message *pending;  /* kept, since standard output takes no more now; NULL: none */
    size_t off;              /* bytes of it that are written */
    uint64_t received_cnt;   /* messages, or pieces of partly delivered ones */
    uint64_t received_bytes; /* their bytes */
};

struct cat {
    struct node_options net;
    bool listen;         /* else connect */
    bool keep;           /* listen again after an association ended */
    bool at_end_given;   /* by --at-end */
    bool shut_at_end;    /* shut down at the end of input; else stay */
    bool lines;          /* a line a message; else a block a message */
    bool unordered;      /* send so */
    bool spread;         /* each message on the next stream */
    uint16_t stream;     /* to send on, where they are not spread */
    uint16_t stream_cnt; /* outbound streams of the association */
    uint32_t ppid;       /* of messages sent */
    uint64_t size;       /* largest message sent, bytes */

    struct node node;
    usctp_assoc *assoc; /* the present one; NULL: none */
    bool taken;         /* an association is there or about to be */
    bool up;            /* it came up */
    bool peer_shut;     /* the peer shut down, and no message has failed */
    bool closing;       /* it is being shut down by us */
    bool gave_up;       /* it was ended here, and the reason was told */
    int status;         /* exit status so far */
    struct cat_input in;
    struct cat_output out;
};

/* Room for input. False after an error line. */
bool cat_input_start(struct cat *cat);
void cat_input_end(struct cat *cat);

/* Starts or stops to watch standard input, as the state of things wants it. */
void cat_input_update(struct cat *cat);

/* The association is writable again. */
void cat_input_writable(struct cat *cat);

/* The association is gone: what was read for it and not sent is dropped. */
void cat_input_drop(struct cat *cat);

/* Writes a message that was lent now; where standard output takes no more, the association is paused
 * until it does. */
void cat_output_take(struct cat *cat, const struct usctp_event *event);

/* Frees what is pending. */
void cat_output_end(struct cat *cat);

/* Standard output or input failed (an error line was printed): ends everything. */
void cat_fail(struct cat *cat);

/* Ends the loop if nothing is left to do. */
void cat_check_done(struct cat *cat);

#endif
