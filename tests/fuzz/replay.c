/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plain main for the fuzz targets: runs the target once on each file named, so that a corpus can
 * be replayed under any compiler, debugger or checker. libFuzzer brings its own main instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target: runs once on the len bytes at data; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Reads a whole file into memory that the caller frees; NULL if that fails. */
static uint8_t *read_file(const char *name, size_t *len)
{
    FILE *file = fopen(name, "rb");
    uint8_t *data = NULL;
    size_t room = 0;

    if (file == NULL)
        return NULL;
    *len = 0;
    do {
        uint8_t *more;

        room = room == 0 ? 4096 : room * 2;
        more = realloc(data, room);
        if (more == NULL)
            break;
        data = more;
        *len += fread(data + *len, 1, room - *len, file);
    } while (*len == room);
    if (ferror(file) || *len == room) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t len;
        uint8_t *data = read_file(argv[i], &len);
        uint8_t *exact;

        if (data == NULL) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 2;
        }
        /* A block of just this size, so that checkers see a read behind its end. */
        exact = realloc(data, len == 0 ? 1 : len);
        if (exact == NULL)
            exact = data;
        fprintf(stderr, "%s\n", argv[i]);
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
    }
    return 0;
}
