/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration made of the system's parts. */
#include <usctp/driver.h>

int usctp_config_system(struct usctp_config *config)
{
    struct usctp_config plain = USCTP_CONFIG_INIT;

    plain.memory = usctp_memory_system();
    plain.crypto = usctp_crypto_system();
    plain.crc32c = usctp_crc32c_system();
    plain.clock = usctp_clock_system;
    *config = plain;
    return plain.crypto != NULL ? 0 : USCTP_ECRYPTO;
}
