/* SPDX-License-Identifier: BSD-3-Clause */
/* SCTP directly in IP, protocol 132, on raw sockets. The system makes the IP headers; those that
 * raw IPv4 sockets deliver are taken off by usctp__driver_finish. */
#if defined(__linux__)
#include "lower/socket_linux.h"

static const struct usctp__driver_io raw_io = {
    .raw = true,
    .ecn = true,
    .probes = USCTP__POSIX_PROBES,
    .scratch_len = sizeof(struct usctp__linux_scratch),
    .open = usctp__linux_open,
    .close = usctp__posix_close,
    .port = usctp__posix_port,
    .receive = usctp__linux_receive,
    .send = usctp__linux_send,
    .read_errors = usctp__linux_read_errors,
    .route = usctp__posix_route,
    .error_text = usctp__posix_error_text,
};
#else
#include "lower/socket_posix.h"

static const struct usctp__driver_io raw_io = {
    .raw = true,
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
#endif

int usctp_raw_open(usctp_stack *stack, const struct usctp_driver_config *config,
                   usctp_driver **driver)
{
    return usctp__driver_open(stack, config, &raw_io, driver);
}
