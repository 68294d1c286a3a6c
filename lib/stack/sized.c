/* SPDX-License-Identifier: BSD-3-Clause */
/* Structures that begin with `size`, handed across the public border. */
#include "stack/sized.h"

#include <string.h>

#include "base/compiler.h"

static size_t size_of(const void *sized)
{
    size_t size;

    memcpy(&size, sized, sizeof(size));
    return size;
}

int usctp__sized_in(void *mine, size_t my_len, const void *theirs, size_t min_len)
{
    if (theirs == NULL) {
        return USCTP_EINVAL;
    }
    size_t size = size_of(theirs);
    if (size < min_len) {
        return USCTP_ESIZE;
    }
    memcpy(mine, theirs, USCTP__MIN(size, my_len));
    memcpy(mine, &my_len, sizeof(my_len));
    return USCTP_OK;
}

int usctp__sized_out(void *theirs, const void *mine, size_t my_len, size_t min_len)
{
    if (theirs == NULL) {
        return USCTP_EINVAL;
    }
    size_t size = size_of(theirs);
    if (size < min_len) {
        return USCTP_ESIZE;
    }
    memcpy(theirs, mine, USCTP__MIN(size, my_len));
    memcpy(theirs, &size, sizeof(size));
    return USCTP_OK;
}
