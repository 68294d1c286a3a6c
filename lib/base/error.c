/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors in words, and the version. */
#include <usctp/usctp.h>

const char *usctp_strerror(int error)
{
    switch (error) {
    case USCTP_OK:
        return "no error";
    case USCTP_EINVAL:
        return "an argument is out of its range";
    case USCTP_ENOMEM:
        return "out of memory, or a memory limit was reached";
    case USCTP_EWOULDBLOCK:
        return "the send buffer is full";
    case USCTP_ESTATE:
        return "not possible in the present state";
    case USCTP_EMSGSIZE:
        return "the message is too large";
    case USCTP_ENOENT:
        return "no such path, stream, lower layer, address or key";
    case USCTP_EADDRINUSE:
        return "the port or address is already in use";
    case USCTP_EADDRNOTAVAIL:
        return "the address cannot be used";
    case USCTP_EBUSY:
        return "not possible from within a callback, or under way already";
    case USCTP_ECRYPTO:
        return "no random bytes or no HMAC to be had";
    case USCTP_ESIZE:
        return "a structure has a size that this version does not know";
    case USCTP_EIO:
        return "the system refused";
    case USCTP_EAFNOSUPPORT:
        return "no lower layer carries this kind of address";
    case USCTP_ENOTSUP:
        return "the extension is not in force";
    case USCTP_EFORMAT:
        return "no association that was handed over, or a damaged one";
    case USCTP_EVERSION:
        return "handed over by a later version";
    default:
        return error > 0 ? "no error" : "unknown error";
    }
}

const char *usctp_version(void)
{
    return USCTP_VERSION;
}
