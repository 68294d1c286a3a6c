/* SPDX-License-Identifier: BSD-3-Clause */
/* Structures that begin with `size`, handed across the public border. Programs and library may be of
 * different age: what one side does not know is left alone. */
#ifndef USCTP_STACK_SIZED_H
#define USCTP_STACK_SIZED_H

#include <stddef.h>

#include <usctp/usctp.h>

/* Copies a structure of the caller over `mine` (my_len bytes, holding defaults), as much as both
 * know, and sets the size of `mine` to my_len. USCTP_EINVAL: theirs is NULL; USCTP_ESIZE: it is
 * shorter than min_len, that of the first version. Nothing is copied then. */
int usctp__sized_in(void *mine, size_t my_len, const void *theirs, size_t min_len);

/* Copies `mine` over a structure of the caller, as much as both know; its size stays as it was.
 * Errors as above. */
int usctp__sized_out(void *theirs, const void *mine, size_t my_len, size_t min_len);

#endif
