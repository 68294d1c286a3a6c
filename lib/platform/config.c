/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration made of the system's parts. */
#include <string.h>

#include <usctp/driver.h>

int usctp_config_system_sized(struct usctp_config *config, size_t size)
{
    struct usctp_config plain = USCTP_CONFIG_INIT;

    if (size < sizeof(plain)) {
        return USCTP_ESIZE;
    }
    plain.size = size;
    plain.memory = usctp_memory_system();
    plain.crypto = usctp_crypto_system();
    plain.crc32c = usctp_crc32c_system();
    plain.clock = usctp_clock_system;
    memset(config, 0, size);
    memcpy(config, &plain, sizeof(plain));
    return plain.crypto != NULL ? 0 : USCTP_ECRYPTO;
}
