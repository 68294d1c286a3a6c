/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP on Linux (RFC 6951). */
#include "lower/socket_linux.h"

const struct usctp__driver_io usctp__udp_linux_io = {
    .raw = false,
    .adopts = true,
    .ecn = true,
    .probes = USCTP__POSIX_PROBES,
    .scratch_len = sizeof(struct usctp__linux_scratch),
    .open = usctp__linux_open,
    .close = usctp__posix_close,
    .port = usctp__posix_port,
    .receive = usctp__linux_receive,
    .sleep = usctp__linux_sleep,
    .nudge = usctp__linux_nudge,
    .send = usctp__linux_send,
    .read_errors = usctp__linux_read_errors,
    .route = usctp__posix_route,
    .error_text = usctp__posix_error_text,
};
