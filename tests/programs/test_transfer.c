/* SPDX-License-Identifier: BSD-3-Clause */
/* What usctp-transfer does with names and messages of strangers. */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/report.h"
#include "transfer.h"

static char folder[64];
static int root = -1;

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/usctp-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    root = open(folder, O_RDONLY | O_DIRECTORY);
    return root >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    close(root);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

/* --- Names ------------------------------------------------------------------------------------ */

static bool name_good(const char *name)
{
    return name_fault(name, strlen(name)) == NULL;
}

static void test_names(void **state)
{
    char name[NAME_LEN_MAX + 2];

    (void)state;
    assert_true(name_good("a"));
    assert_true(name_good("a/b/c.d"));
    assert_true(name_good(".hidden/..and/...so"));
    assert_true(name_good("with blanks and \xc3\xa4"));
    assert_false(name_good(""));
    assert_false(name_good("/"));
    assert_false(name_good("/a"));
    assert_false(name_good("a/"));
    assert_false(name_good("a//b"));
    assert_false(name_good("."));
    assert_false(name_good(".."));
    assert_false(name_good("a/.."));
    assert_false(name_good("../a"));
    assert_false(name_good("a/./b"));
    assert_false(name_good("a\nb"));
    assert_false(name_good("a\x1b[2Jb"));
    assert_false(name_good("a\x7f"));
    assert_false(name_good("a/.usctp-part-7"));
    assert_non_null(name_fault("a\0b", 3));
    memset(name, 'a', sizeof(name));
    assert_non_null(name_fault(name, 256));
    for (size_t i = 250; i < sizeof(name); i += 250) {
        name[i] = '/';
    }
    assert_null(name_fault(name, NAME_LEN_MAX - 1));
    assert_non_null(name_fault(name, NAME_LEN_MAX + 1));
    for (size_t i = 0; i < sizeof(name); i++) {
        name[i] = i % 2 == 0 ? 'a' : '/';
    }
    assert_null(name_fault(name, 2 * (size_t)NAME_DEPTH_MAX - 1));
    assert_non_null(name_fault(name, 2 * (size_t)NAME_DEPTH_MAX + 1));
}

/* --- Files ------------------------------------------------------------------------------------ */

/* Writes a file as the receiver does; errno of the first failure, or 0. */
static int put_file(const char *name, uint16_t mode)
{
    int fd = store_create(root, name, 7);

    if (fd < 0) {
        return errno;
    }
    assert_int_equal(write(fd, "text", 4), 4);
    return store_commit(root, name, 7, mode, fd) ? 0 : errno;
}

static void test_store(void **state)
{
    struct stat info;

    (void)state;
    assert_int_equal(put_file("a/b/file", 0640), 0);
    assert_int_equal(fstatat(root, "a/b/file", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    assert_int_equal(info.st_size, 4);
    assert_true(store_exists(root, "a/b/file", ENTRY_FILE));
    assert_true(store_exists(root, "a/b/file", ENTRY_FOLDER));
    assert_true(store_exists(root, "a/b", ENTRY_FILE));
    assert_false(store_exists(root, "a/b", ENTRY_FOLDER));
    assert_false(store_exists(root, "a/c/d", ENTRY_FILE));
    assert_true(store_exists(root, "a/b/file/below", ENTRY_FILE));
    assert_int_equal(store_make_folder(root, "x/y/z"), 0);
    assert_int_equal(store_make_folder(root, "x/y/z"), 0);
    assert_int_equal(store_make_folder(root, "a/b/file"), -1);
    assert_true(store_set_folder_mode(root, "x/y/z", 0500));
    assert_int_equal(put_file("a/b/file/below", 0600), ENOTDIR);
    assert_int_equal(put_file("a/b", 0600), EISDIR);
    assert_int_equal(faccessat(root, "a/.usctp-part-7", F_OK, 0), -1);
    int fd = store_create(root, "a/dropped", 8);
    assert_true(fd >= 0);
    store_discard(root, "a/dropped", 8, fd);
    assert_int_equal(faccessat(root, "a/.usctp-part-8", F_OK, 0), -1);
}

/* A link in the way is never followed, and what it points to stays as it is. */
static void test_links(void **state)
{
    struct stat info;

    (void)state;
    assert_int_equal(mkdirat(root, "outside", 0755), 0);
    assert_int_equal(mkdirat(root, "in", 0755), 0);
    assert_int_equal(put_file("outside/witness", 0600), 0);
    assert_int_equal(symlinkat("../outside", root, "in/folder"), 0);
    assert_int_equal(symlinkat("../outside/witness", root, "in/file"), 0);
    assert_int_equal(symlinkat("nowhere", root, "in/dangling"), 0);
    assert_true(put_file("in/folder/evil", 0600) != 0);
    assert_int_equal(store_make_folder(root, "in/folder/evil"), -1);
    assert_int_equal(store_make_folder(root, "in/folder"), -1);
    assert_int_equal(store_make_folder(root, "in/dangling"), -1);
    assert_false(store_set_folder_mode(root, "in/folder", 0700));
    assert_int_equal(store_open(root, "in/file"), -1);
    assert_int_equal(store_open(root, "in/folder/witness"), -1);
    assert_true(store_exists(root, "in/file", ENTRY_FILE));
    assert_true(store_exists(root, "in/dangling", ENTRY_FILE));
    assert_true(store_exists(root, "in/folder/new", ENTRY_FILE));
    /* A file replaces the link itself. */
    assert_int_equal(put_file("in/file", 0644), 0);
    assert_int_equal(fstatat(root, "in/file", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_int_equal(fstatat(root, "outside/witness", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(faccessat(root, "outside/evil", F_OK, 0), -1);
    /* The name of the part may be a link that was laid out there. */
    assert_int_equal(symlinkat("../outside/witness", root, "in/.usctp-part-7"), 0);
    assert_int_equal(put_file("in/late", 0600), 0);
    assert_int_equal(fstatat(root, "in/late", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(info.st_mode));
}

/* --- Scanning --------------------------------------------------------------------------------- */

static void test_scan(void **state)
{
    static const char *const names[] = {"a", "a/b", "a/b/two", "a/one", "a-file", "empty"};
    static const uint8_t hash_of_text[4] = {0x98, 0x2d, 0x9e, 0x3e};
    struct manifest manifest;

    (void)state;
    memset(&manifest, 0, sizeof(manifest));
    assert_int_equal(put_file("a/b/two", 0600), 0);
    assert_int_equal(put_file("a/one", 0755), 0);
    assert_int_equal(put_file("a-file", 0644), 0);
    assert_int_equal(store_make_folder(root, "empty"), 0);
    assert_int_equal(symlinkat("a/one", root, "link"), 0);
    assert_int_equal(mkfifoat(root, "pipe", 0600), 0);
    assert_true(manifest_scan(&manifest, root, false));
    assert_int_equal(manifest.cnt, 6);
    assert_int_equal(manifest.file_cnt, 3);
    assert_int_equal(manifest.total_len, 12);
    for (size_t i = 0; i < manifest.cnt; i++) {
        /* By bytes: '-' comes before '/'. */
        static const size_t order[] = {0, 4, 1, 2, 3, 5};

        assert_string_equal(manifest.entries[i].name, names[order[i]]);
    }
    assert_int_equal(manifest.entries[4].mode, 0755);
    assert_memory_equal(manifest.entries[4].hash, hash_of_text, sizeof(hash_of_text));
    assert_int_equal(manifest.entries[5].kind, ENTRY_FOLDER);
    manifest_free(&manifest);
}

/* --- Messages --------------------------------------------------------------------------------- */

static void expect_round(struct wire *wire)
{
    uint8_t buf[WIRE_MAX];
    size_t len = wire_put(wire, buf);
    struct wire got;

    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut + 1);

        assert_non_null(copy);
        memcpy(copy, buf, cut);
        /* Without its end an entry has a shorter name; the rest is nothing. */
        assert_true(!wire_get(&got, copy, cut) ||
                    (wire->type == WIRE_ENTRY && got.name_len < wire->name_len));
        free(copy);
    }
    assert_true(wire_get(&got, buf, len));
    assert_int_equal(got.type, wire->type);
    assert_int_equal(got.id, wire->id);
    assert_int_equal(got.version, wire->version);
    assert_int_equal(got.kind, wire->kind);
    assert_int_equal(got.mode, wire->mode);
    assert_true(got.size == wire->size);
    assert_int_equal(got.good_cnt, wire->good_cnt);
    assert_int_equal(got.bad_cnt, wire->bad_cnt);
    assert_int_equal(got.name_len, wire->name_len);
    assert_memory_equal(got.hash, wire->hash, HASH_LEN);
    if (wire->name_len > 0) {
        assert_memory_equal(got.name, wire->name, wire->name_len);
    }
}

static void test_wire(void **state)
{
    struct wire hello = {
        .type = WIRE_HELLO, .version = 1, .id = 0x01020304, .size = UINT64_C(0x0102030405060708)};
    struct wire entry = {.type = WIRE_ENTRY,
                         .id = 9,
                         .kind = ENTRY_FILE,
                         .mode = 0755,
                         .size = UINT64_MAX,
                         .name = "a/name",
                         .name_len = 6};
    struct wire go = {.type = WIRE_GO}, end = {.type = WIRE_END};
    struct wire begin = {.type = WIRE_BEGIN, .id = UINT32_MAX};
    struct wire result = {.type = WIRE_RESULT, .good_cnt = 3, .bad_cnt = 0x80000001};

    (void)state;
    memset(entry.hash, 0xa5, sizeof(entry.hash));
    expect_round(&hello);
    expect_round(&entry);
    expect_round(&go);
    expect_round(&begin);
    expect_round(&end);
    expect_round(&result);
}

static void test_wire_random(void **state)
{
    uint64_t seed = 3;
    struct wire wire;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = (size_t)prng_below(&seed, 80);
        uint8_t *buf = malloc(len + 1);

        assert_non_null(buf);
        prng_fill(&seed, buf, len);
        if (len > 0 && round % 2 == 0) {
            buf[0] = (uint8_t)(1 + prng_below(&seed, 6));
        }
        if (wire_get(&wire, buf, len) && wire.name_len > 0) {
            name_fault(wire.name, wire.name_len);
        }
        free(buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan, setup, teardown),
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_wire_random),
    };

    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
