/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP on any POSIX system (RFC 6951). */
#include "lower/socket_posix.h"

const struct usctp__driver_io usctp__udp_posix_io = {
    .raw = false,
    .adopts = true,
    .ecn = true,
    .probes = USCTP__POSIX_PROBES,
    .open = usctp__posix_open,
    .close = usctp__posix_close,
    .port = usctp__posix_port,
    .receive = usctp__posix_receive,
    .send = usctp__posix_send,
    .route = usctp__posix_route,
    .error_text = usctp__posix_error_text,
};
