/* SPDX-License-Identifier: BSD-3-Clause */
/* The version of these headers. usctp_version() tells the version of the library that runs. */
#ifndef USCTP_VERSION_H
#define USCTP_VERSION_H

#define USCTP_VERSION_MAJOR 0
#define USCTP_VERSION_MINOR 1
#define USCTP_VERSION_PATCH 0
#define USCTP_VERSION       "0.1.0"

#endif
