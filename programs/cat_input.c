/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-cat: from standard input to messages. */
#include "cat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/report.h"

static void on_readable(void *user, usctp_fd fd, int ready);

bool cat_input_start(struct cat *cat)
{
    cat->in.cap = (size_t)cat->size;
    cat->in.buf = malloc(cat->in.cap);
    if (cat->in.buf == NULL) {
        report_error("%s", usctp_strerror(USCTP_ENOMEM));
    }
    return cat->in.buf != NULL;
}

void cat_input_end(struct cat *cat)
{
    free(cat->in.buf);
    cat->in.buf = NULL;
}

/* True if input can be read and sent now. How many streams there are is known once the association
 * is up. */
static bool wanted(const struct cat *cat)
{
    return (cat->up || !cat->spread) && cat->assoc != NULL && !cat->in.eof && !cat->in.blocked &&
           !cat->closing;
}

/* Everything is sent, and nothing more will come. */
static void finish(struct cat *cat)
{
    if (cat->in.eof && cat->in.len == 0 && cat->up && cat->shut_at_end && !cat->closing) {
        cat->closing = true;
        usctp_assoc_close(cat->assoc);
    }
}

void cat_input_update(struct cat *cat)
{
    bool want = wanted(cat);

    if (want != cat->in.watching) {
        usctp_loop_watch(cat->node.loop, STDIN_FILENO, want ? USCTP_WATCH_READ : 0, on_readable,
                         cat);
        cat->in.watching = want;
    }
    if (cat->assoc != NULL) {
        finish(cat);
    }
}

void cat_input_drop(struct cat *cat)
{
    if (cat->in.len > 0 && !cat->gave_up) {
        report_error("%llu bytes of input were read but not sent", (unsigned long long)cat->in.len);
        cat->status = cat->listen && cat->keep ? cat->status : EXIT_FAILED;
    }
    cat->in.len = 0;
    cat->in.blocked = false;
}

/* Length of the next message in the buffer; 0: it is not whole yet. */
static size_t next_len(const struct cat *cat)
{
    const struct cat_input *in = &cat->in;
    const uint8_t *end;

    if (!cat->lines || in->len == 0) {
        return in->len;
    }
    end = memchr(in->buf, '\n', in->len);
    if (end != NULL) {
        return (size_t)(end - in->buf) + 1;
    }
    return in->eof || in->len == in->cap ? in->len : 0;
}

static int send_one(struct cat *cat, size_t len)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {cat->in.buf, len};

    info.stream = cat->spread ? cat->in.stream % cat->stream_cnt : cat->stream;
    info.flags = cat->unordered ? USCTP_SEND_UNORDERED : 0;
    info.ppid = cat->ppid;
    int err = usctp_assoc_send(cat->assoc, &info, &iov, 1);
    if (err == 0) {
        cat->in.stream++;
        cat->in.sent_cnt++;
        cat->in.sent_bytes += len;
        memmove(cat->in.buf, cat->in.buf + len, cat->in.len - len);
        cat->in.len -= len;
    }
    return err;
}

/* Sends what stands in the buffer, as far as it goes. */
static void send_all(struct cat *cat)
{
    size_t len;

    usctp_assoc_cork(cat->assoc);
    while (cat->assoc != NULL && (len = next_len(cat)) > 0) {
        int err = send_one(cat, len);

        if (err == USCTP_EWOULDBLOCK) {
            cat->in.blocked = true;
            break;
        }
        if (err == USCTP_ESTATE) {
            cat->in.eof = true; /* The peer shuts down and takes no more; its end is told later. */
            break;
        }
        if (err != 0) {
            report_error("cannot send: %s", usctp_strerror(err));
            cat_fail(cat);
            return;
        }
    }
    if (cat->assoc != NULL) {
        usctp_assoc_uncork(cat->assoc);
    }
}

void cat_input_writable(struct cat *cat)
{
    cat->in.blocked = false;
    if (cat->assoc != NULL && !cat->closing) {
        send_all(cat);
        cat_input_update(cat);
    }
}

static void on_readable(void *user, usctp_fd fd, int ready)
{
    struct cat *cat = user;
    ssize_t got = read((int)fd, cat->in.buf + cat->in.len, cat->in.cap - cat->in.len);

    (void)ready;
    if (got < 0) {
        if (errno == EINTR || errno == EAGAIN) {
            return;
        }
        report_error("cannot read standard input: %s", strerror(errno));
        cat_fail(cat);
        return;
    }
    if (got == 0) {
        cat->in.eof = true;
    }
    cat->in.len += (size_t)got;
    send_all(cat);
    cat_input_update(cat);
}
