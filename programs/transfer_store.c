/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: files of the receiver. Names come from the peer; they were checked by name_fault,
 * and here no link is followed: a transfer stays below its folder. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_NAME_MAX = 32 };

static int open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens the folder that holds the name, making it where `make`; *leaf is the last part. */
static int walk(int root, const char *name, bool make, const char **leaf)
{
    int folder = open_folder(root, ".");
    const char *slash;

    while (folder >= 0 && (slash = strchr(name, '/')) != NULL) {
        char part[256];
        size_t len = (size_t)(slash - name);

        if (len >= sizeof(part)) {
            errno = ENAMETOOLONG;
            break;
        }
        memcpy(part, name, len);
        part[len] = '\0';
        if (make && mkdirat(folder, part, 0777) != 0 && errno != EEXIST) {
            break;
        }
        int next = open_folder(folder, part);
        if (next < 0) {
            break;
        }
        close(folder);
        folder = next;
        name = slash + 1;
    }
    if (folder >= 0 && strchr(name, '/') != NULL) {
        int error = errno;

        close(folder);
        errno = error;
        return -1;
    }
    *leaf = name;
    return folder;
}

/* Closes a folder and keeps errno. */
static void leave(int folder)
{
    int error = errno;

    if (folder >= 0) {
        close(folder);
    }
    errno = error;
}

bool store_exists(int root, const char *name, int kind)
{
    struct stat info;
    const char *leaf;
    int folder = walk(root, name, false, &leaf);

    if (folder < 0) {
        return errno != ENOENT; /* A link or a file stands where a folder should. */
    }
    bool exists, folder_there = false;
    if (fstatat(folder, leaf, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        exists = true;
        folder_there = S_ISDIR(info.st_mode);
    } else {
        exists = errno != ENOENT;
    }
    leave(folder);
    return exists && !(kind == ENTRY_FOLDER && folder_there);
}

int store_make_folder(int root, const char *name)
{
    const char *leaf;
    int folder = walk(root, name, true, &leaf), result = -1;

    if (folder >= 0 && (mkdirat(folder, leaf, 0777) == 0 || errno == EEXIST)) {
        int made = open_folder(folder, leaf);

        result = made >= 0 ? 0 : -1;
        leave(made);
    }
    leave(folder);
    return result;
}

static void part_name(char *buf, uint32_t id)
{
    snprintf(buf, PART_NAME_MAX, ".usctp-part-%lu", (unsigned long)id);
}

int store_create(int root, const char *name, uint32_t id)
{
    char part[PART_NAME_MAX];
    const char *leaf;
    int folder = walk(root, name, true, &leaf), fd = -1;

    if (folder >= 0) {
        part_name(part, id);
        unlinkat(folder, part, 0); /* of a transfer that was interrupted */
        fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    leave(folder);
    return fd;
}

bool store_commit(int root, const char *name, uint32_t id, uint16_t mode, int fd)
{
    char part[PART_NAME_MAX];
    const char *leaf;
    int folder = walk(root, name, false, &leaf);
    bool good = folder >= 0 && fchmod(fd, mode) == 0;

    good = close(fd) == 0 && good;
    if (folder >= 0) {
        part_name(part, id);
        good = good && renameat(folder, part, folder, leaf) == 0;
        if (!good) {
            int error = errno;

            unlinkat(folder, part, 0);
            errno = error;
        }
    }
    leave(folder);
    return good;
}

void store_discard(int root, const char *name, uint32_t id, int fd)
{
    char part[PART_NAME_MAX];
    const char *leaf;
    int folder = walk(root, name, false, &leaf);

    close(fd);
    if (folder >= 0) {
        part_name(part, id);
        unlinkat(folder, part, 0);
    }
    leave(folder);
}

bool store_set_folder_mode(int root, const char *name, uint16_t mode)
{
    const char *leaf;
    int folder = walk(root, name, false, &leaf);
    int fd = folder >= 0 ? open_folder(folder, leaf) : -1;
    bool good = fd >= 0 && fchmod(fd, mode) == 0;

    leave(fd);
    leave(folder);
    return good;
}

int store_open(int root, const char *name)
{
    const char *leaf;
    int folder = walk(root, name, false, &leaf);
    int fd = folder >= 0 ? openat(folder, leaf, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;

    leave(folder);
    return fd;
}
