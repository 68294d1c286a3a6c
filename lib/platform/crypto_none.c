/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for crypto_openssl.c where the library is built without libcrypto. */
#include <usctp/driver.h>

const struct usctp_crypto *usctp_crypto_system(void)
{
    return NULL;
}
