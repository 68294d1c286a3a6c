/* SPDX-License-Identifier: BSD-3-Clause */
/* Raw IP where the system has no sockets that receive protocol 132. */
#include <stdio.h>

#include <usctp/driver.h>

int usctp_raw_open(usctp_stack *stack, const struct usctp_driver_config *config,
                   usctp_driver **driver)
{
    if (stack == NULL || config == NULL || driver == NULL) {
        return USCTP_EINVAL;
    }
    *driver = NULL;
    if (config->size < sizeof(*config)) {
        return USCTP_ESIZE;
    }
    if (config->error_text != NULL && config->error_text_len > 0) {
        snprintf(config->error_text, config->error_text_len,
                 "this system has no raw IP sockets for protocol 132; use UDP");
    }
    return USCTP_EAFNOSUPPORT;
}
