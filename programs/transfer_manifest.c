/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: what is below a folder. */
#include "transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Names ------------------------------------------------------------------------------------ */

#define PART_PREFIX ".usctp-part-" /* as store_create names files */

static const char *part_fault(const char *part, size_t len)
{
    if (len == 0) {
        return "an empty part";
    }
    if (len > 255) {
        return "a part that is too long";
    }
    if ((len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.')) {
        return "a part that is . or ..";
    }
    if (len >= sizeof(PART_PREFIX) - 1 && memcmp(part, PART_PREFIX, sizeof(PART_PREFIX) - 1) == 0) {
        return "a part that the receiver uses itself";
    }
    return NULL;
}

const char *name_fault(const char *name, size_t len)
{
    size_t start = 0, depth = 0;

    if (len == 0 || len > NAME_LEN_MAX) {
        return "a length that cannot be";
    }
    for (size_t i = 0; i <= len; i++) {
        if (i < len && name[i] != '/') {
            if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
                return "a character that is not allowed";
            }
            continue;
        }
        const char *fault = part_fault(name + start, i - start);
        if (fault != NULL) {
            return fault;
        }
        start = i + 1;
        if (++depth > NAME_DEPTH_MAX) {
            return "too many parts";
        }
    }
    return NULL;
}

/* --- The list --------------------------------------------------------------------------------- */

struct entry *manifest_add(struct manifest *manifest, const char *name, size_t name_len)
{
    char *copy = malloc(name_len + 1);

    if (copy != NULL && manifest->cnt == manifest->cap) {
        size_t cap = manifest->cap * 2 + 64;
        struct entry *entries = realloc(manifest->entries, cap * sizeof(*entries));

        if (entries != NULL) {
            manifest->entries = entries;
            manifest->cap = cap;
        }
    }
    if (copy == NULL || manifest->cnt == manifest->cap) {
        free(copy);
        return NULL;
    }
    memcpy(copy, name, name_len);
    copy[name_len] = '\0';
    struct entry *entry = &manifest->entries[manifest->cnt++];
    memset(entry, 0, sizeof(*entry));
    entry->name = copy;
    manifest->names_len += name_len;
    return entry;
}

void manifest_free(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->cnt; i++) {
        free(manifest->entries[i].name);
    }
    free(manifest->entries);
    memset(manifest, 0, sizeof(*manifest));
}

static int by_name(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

/* --- Scanning --------------------------------------------------------------------------------- */

struct scan {
    struct manifest *manifest;
    int root;
    bool verbose;
    struct hash *hash;
};

static bool read_file(struct scan *scan, struct entry *entry)
{
    int fd = openat(scan->root, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool good = fd >= 0 && hash_file(scan->hash, fd, entry->hash, &entry->size);

    if (!good) {
        report_error("cannot read %s: %s", entry->name, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

/* Lists one thing that was found. */
static bool take(struct scan *scan, const char *name, const struct stat *info)
{
    const char *fault = name_fault(name, strlen(name));

    if (!S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode)) {
        if (scan->verbose) {
            report_note("left out, neither a file nor a folder: %s", name);
        }
        return true;
    }
    if (fault != NULL) {
        report_error("cannot send %s: its name has %s", name, fault);
        return false;
    }
    if (scan->manifest->cnt >= ENTRY_CNT_MAX || scan->manifest->names_len > ENTRY_NAMES_MAX) {
        report_error("too many files");
        return false;
    }
    struct entry *entry = manifest_add(scan->manifest, name, strlen(name));
    if (entry == NULL) {
        report_error("%s", usctp_strerror(USCTP_ENOMEM));
        return false;
    }
    entry->mode = (uint16_t)(info->st_mode & 0777);
    entry->kind = S_ISDIR(info->st_mode) ? ENTRY_FOLDER : ENTRY_FILE;
    return true;
}

/* Lists what is in one folder; "" is the root. */
static bool list_folder(struct scan *scan, const char *folder)
{
    char name[NAME_LEN_MAX + 300];
    const struct dirent *item;
    struct stat info;
    bool good = true;
    int fd = openat(scan->root, folder[0] != '\0' ? folder : ".",
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (dir == NULL) {
        report_error("cannot read the folder %s: %s", folder[0] != '\0' ? folder : "to send",
                     strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    while (good && (item = readdir(dir)) != NULL) {
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) {
            continue;
        }
        snprintf(name, sizeof(name), "%s%s%s", folder, folder[0] != '\0' ? "/" : "", item->d_name);
        if (fstatat(scan->root, name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            good = take(scan, name, &info);
        } else if (errno != ENOENT) {
            report_error("cannot look at %s: %s", name, strerror(errno));
            good = false;
        }
    }
    closedir(dir);
    return good;
}

bool manifest_scan(struct manifest *manifest, int fd, bool verbose)
{
    struct scan scan = {manifest, fd, verbose, hash_new()};
    bool good = scan.hash != NULL && list_folder(&scan, "");

    /* What a folder holds is appended, and looked at in its turn. */
    for (size_t i = 0; good && i < manifest->cnt; i++) {
        if (manifest->entries[i].kind == ENTRY_FOLDER) {
            char name[NAME_LEN_MAX + 1];

            snprintf(name, sizeof(name), "%s", manifest->entries[i].name);
            good = list_folder(&scan, name);
        }
    }
    for (size_t i = 0; good && i < manifest->cnt; i++) {
        if (manifest->entries[i].kind == ENTRY_FILE) {
            report_progress("reading file %llu", (unsigned long long)manifest->file_cnt + 1);
            good = read_file(&scan, &manifest->entries[i]);
            manifest->file_cnt++;
            manifest->total_len += manifest->entries[i].size;
        }
    }
    report_progress_end();
    if (good && manifest->cnt > 0) {
        qsort(manifest->entries, manifest->cnt, sizeof(*manifest->entries), by_name);
    }
    hash_free(scan.hash);
    return good;
}
