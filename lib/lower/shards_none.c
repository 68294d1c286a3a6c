/* SPDX-License-Identifier: BSD-3-Clause */
/* Systems on which several sockets cannot share a UDP port. */
#include "lower/driver.h"

#include "base/compiler.h"

int usctp_shards_new(uint8_t prefix_len, usctp_shards **shards)
{
    USCTP__UNUSED(prefix_len);
    if (shards != NULL) {
        *shards = NULL;
    }
    return USCTP_EAFNOSUPPORT;
}

void usctp_shards_free(usctp_shards *shards)
{
    USCTP__UNUSED(shards);
}

int usctp_shards_config(const usctp_shards *shards, unsigned shard, struct usctp_config *config)
{
    USCTP__UNUSED(shards);
    USCTP__UNUSED(shard);
    USCTP__UNUSED(config);
    return USCTP_EINVAL;
}

int usctp__shard_join(struct usctp_driver *driver, usctp_shards *group, unsigned number,
                      uint32_t flags)
{
    USCTP__UNUSED(driver);
    USCTP__UNUSED(group);
    USCTP__UNUSED(number);
    USCTP__UNUSED(flags);
    return USCTP_EAFNOSUPPORT;
}

void usctp__shard_leave(struct usctp_driver *driver)
{
    USCTP__UNUSED(driver);
}

uint16_t usctp__shard_port(const usctp_shards *group)
{
    USCTP__UNUSED(group);
    return 0;
}

int usctp__shard_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more)
{
    USCTP__UNUSED(driver);
    USCTP__UNUSED(sock);
    USCTP__UNUSED(max);
    *more = false;
    return 0;
}

bool usctp__shard_hand_over(struct usctp_driver *driver, const struct usctp_dgram *dgram,
                            bool *mixed)
{
    USCTP__UNUSED(driver);
    USCTP__UNUSED(dgram);
    *mixed = false;
    return false;
}
