#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Makes ./configure from a fresh clone. Safe to repeat: only what is out of date is made again.
set -eu
cd "$(dirname "$0")"
for tool in autoconf automake libtoolize; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "autogen.sh: $tool is missing; install autoconf, automake and libtool" >&2
        exit 1
    }
done
autoreconf --install "$@"
