/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of authentication (RFC 6458, 8.1.17, 8.1.18, 8.2.3, 8.2.4, 8.3.2 to 8.3.5), the key of a
 * message (5.3.8), notifications (6.1.8), and what all of it does on the wire. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

#include <stdlib.h>

static int add_key(int fd, sctp_assoc_t id, uint16_t number, const char *secret)
{
    union {
        struct sctp_authkey key;
        uint8_t bytes[100];
    } u;
    size_t len = strlen(secret);

    memset(&u, 0, sizeof(u));
    u.key.sca_assoc_id = id;
    u.key.sca_keynumber = number;
    u.key.sca_keylength = (uint16_t)len;
    memcpy(u.bytes + offsetof(struct sctp_authkey, sca_key), secret, len);
    return try_set(fd, SCTP_AUTH_KEY, &u, offsetof(struct sctp_authkey, sca_key) + len);
}

static int set_id(int fd, int name, sctp_assoc_t id, uint16_t number)
{
    struct sctp_authkeyid key;

    memset(&key, 0, sizeof(key));
    key.scact_assoc_id = id;
    key.scact_keynumber = number;
    return try_set(fd, name, &key, sizeof(key));
}

static uint16_t active(int fd, sctp_assoc_t id)
{
    struct sctp_authkeyid key;

    memset(&key, 0, sizeof(key));
    key.scact_assoc_id = id;
    GET(fd, SCTP_AUTH_ACTIVE_KEY, &key, sizeof(key));
    return key.scact_keynumber;
}

static size_t chunks(int fd, int name, sctp_assoc_t id, uint8_t *types)
{
    union {
        struct sctp_authchunks chunks;
        uint8_t bytes[300];
    } u;
    socklen_t len = sizeof(u);

    memset(&u, 0, sizeof(u));
    u.chunks.gauth_assoc_id = id;
    assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, name, &u, &len), 0);
    assert_int_equal(len, offsetof(struct sctp_authchunks, gauth_chunks) +
                              u.chunks.gauth_number_of_chunks);
    memcpy(types, u.bytes + offsetof(struct sctp_authchunks, gauth_chunks),
           u.chunks.gauth_number_of_chunks);
    return u.chunks.gauth_number_of_chunks;
}

static void subscribe(int fd)
{
    struct sctp_event event = {SCTP_FUTURE_ASSOC, SCTP_AUTHENTICATION_EVENT, 1};

    SET(fd, SCTP_EVENT, &event, sizeof(event));
}

/* The next thing to read is a notification of this kind. */
static void notified(int fd, uint32_t indication, uint16_t key)
{
    union sctp_notification note;

    assert_int_equal(usctp_recv(fd, &note, sizeof(note), MSG_DONTWAIT),
                     sizeof(struct sctp_authkey_event));
    assert_int_equal(note.sn_header.sn_type, SCTP_AUTHENTICATION_EVENT);
    assert_int_equal(note.sn_authkey_event.auth_length, sizeof(struct sctp_authkey_event));
    assert_int_equal(note.sn_authkey_event.auth_indication, indication);
    assert_int_equal(note.sn_authkey_event.auth_keynumber, key);
}

/* A socket that has no endpoint yet: all is kept, and checked as an endpoint would. */
static void test_unbound(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    uint8_t types[256], forbidden[] = {1, 2, 14, 15}, type = 193;
    union {
        struct sctp_hmacalgo hmacs;
        uint16_t words[8];
    } u;

    (void)state;
    GET(fd, SCTP_AUTH_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    for (size_t i = 0; i < sizeof(forbidden); i++) {
        FAILS(try_set(fd, SCTP_AUTH_CHUNK, &forbidden[i], 1), EINVAL);
    }
    assert_int_equal(chunks(fd, SCTP_LOCAL_AUTH_CHUNKS, SCTP_FUTURE_ASSOC, types), 0);
    SET(fd, SCTP_AUTH_CHUNK, &type, 1);
    type = 0;
    SET(fd, SCTP_AUTH_CHUNK, &type, 1);
    assert_int_equal(chunks(fd, SCTP_LOCAL_AUTH_CHUNKS, SCTP_FUTURE_ASSOC, types), 2);
    /* No room for both: Linux's errno, not RFC 6458's ENOBUFS. */
    uint8_t room[sizeof(struct sctp_authchunks) + 1] = {0};
    FAILS(try_get(fd, SCTP_LOCAL_AUTH_CHUNKS, room, sizeof(room)), EINVAL);
    assert_memory_equal(types, "\x00\xc1", 2);
    GET(fd, SCTP_AUTH_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1); /* RFC 6458, 8.3.2 */

    memset(&u, 0, sizeof(u));
    GET(fd, SCTP_HMAC_IDENT, &u, sizeof(uint32_t) + 4);
    assert_int_equal(u.hmacs.shmac_number_of_idents, 2);
    assert_int_equal(u.words[2], SCTP_AUTH_HMAC_ID_SHA256);
    assert_int_equal(u.words[3], SCTP_AUTH_HMAC_ID_SHA1);
    u.hmacs.shmac_number_of_idents = 1;
    FAILS(try_set(fd, SCTP_HMAC_IDENT, &u, 6), EINVAL); /* without SHA-1 */
    u.words[2] = SCTP_AUTH_HMAC_ID_SHA1;
    SET(fd, SCTP_HMAC_IDENT, &u, 6);
    FAILS(try_set(fd, SCTP_HMAC_IDENT, &u, 5), EINVAL);
    u.hmacs.shmac_number_of_idents = UINT32_MAX;
    FAILS(try_set(fd, SCTP_HMAC_IDENT, &u, sizeof(u)), EINVAL);
    GET(fd, SCTP_HMAC_IDENT, &u, sizeof(uint32_t) + 2);

    assert_int_equal(active(fd, SCTP_FUTURE_ASSOC), 0);
    FAILS(set_id(fd, SCTP_AUTH_ACTIVE_KEY, SCTP_FUTURE_ASSOC, 3), EINVAL);
    assert_int_equal(add_key(fd, SCTP_FUTURE_ASSOC, 3, "three"), 0);
    assert_int_equal(set_id(fd, SCTP_AUTH_ACTIVE_KEY, SCTP_FUTURE_ASSOC, 3), 0);
    assert_int_equal(active(fd, SCTP_FUTURE_ASSOC), 3);
    FAILS(set_id(fd, SCTP_AUTH_DEACTIVATE_KEY, SCTP_FUTURE_ASSOC, 3), EINVAL);
    FAILS(set_id(fd, SCTP_AUTH_DELETE_KEY, SCTP_FUTURE_ASSOC, 0), EINVAL);
    assert_int_equal(set_id(fd, SCTP_AUTH_DEACTIVATE_KEY, SCTP_FUTURE_ASSOC, 0), 0);
    assert_int_equal(set_id(fd, SCTP_AUTH_DELETE_KEY, SCTP_FUTURE_ASSOC, 0), 0);
    FAILS(set_id(fd, SCTP_AUTH_DELETE_KEY, SCTP_FUTURE_ASSOC, 0), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

/* Keys from the handshake on, a change in flight, and the notifications that come with it. */
/* Wants SHA-1 alone. */
static int want_sha1(int fd)
{
    union {
        struct sctp_hmacalgo hmacs;
        uint16_t words[4];
    } u;

    memset(&u, 0, sizeof(u));
    u.hmacs.shmac_number_of_idents = 1;
    u.words[2] = SCTP_AUTH_HMAC_ID_SHA1;
    return try_set(fd, SCTP_HMAC_IDENT, &u, 6);
}

static void test_keys_on_the_wire(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM), server;
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_assoc_value value = {0, 1};
    uint8_t data = 0, types[256];
    char text[16];
    struct sctp_sendv_spa spa;
    struct iovec iov = {(void *)(uintptr_t) "new", 3};

    (void)state;
    SET(listener, SCTP_AUTH_CHUNK, &data, 1);
    SET(client, SCTP_AUTH_SUPPORTED, &value, sizeof(value));
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? listener : client;

        subscribe(fd);
        assert_int_equal(add_key(fd, 0, 1, "one"), 0);
        assert_int_equal(set_id(fd, SCTP_AUTH_ACTIVE_KEY, 0, 1), 0);
    }
    assert_int_equal(usctp_bind(listener, world_sa(&name), sizeof(name)), 0);
    assert_int_equal(add_key(listener, 0, 2, "two"), 0); /* the endpoint is there by now */
    assert_int_equal(usctp_listen(listener, 5), 0);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    server = usctp_accept(listener, NULL, NULL);
    assert_true(server >= 0);
    FAILS(want_sha1(client), EISCONN); /* RFC 4895, 6.1 */
    FAILS(want_sha1(listener), EISCONN);
    GET(client, SCTP_AUTH_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    assert_int_equal(chunks(client, SCTP_PEER_AUTH_CHUNKS, 0, types), 1);
    assert_int_equal(types[0], 0);
    assert_int_equal(chunks(client, SCTP_LOCAL_AUTH_CHUNKS, 0, types), 0);
    assert_int_equal(chunks(server, SCTP_LOCAL_AUTH_CHUNKS, 0, types), 1);
    assert_int_equal(active(client, 0), 1);
    assert_int_equal(usctp_send(client, "old", 3, 0), 3);
    world_settle(world);
    assert_int_equal(usctp_recv(server, text, sizeof(text), MSG_DONTWAIT), 3);
    assert_memory_equal(text, "old", 3);

    memset(&spa, 0, sizeof(spa));
    spa.sendv_flags = SCTP_SEND_AUTHINFO_VALID;
    spa.sendv_authinfo.auth_keynumber = 2;
    FAILS(usctp_sctp_sendv(client, &iov, 1, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0), EINVAL);
    assert_int_equal(add_key(client, 0, 2, "two"), 0);
    assert_int_equal(
        usctp_sctp_sendv(client, &iov, 1, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0), 3);
    world_settle(world);
    notified(server, SCTP_AUTH_NEW_KEY, 2);
    assert_int_equal(usctp_recv(server, text, sizeof(text), MSG_DONTWAIT), 3);
    assert_memory_equal(text, "new", 3);
    assert_int_equal(set_id(client, SCTP_AUTH_ACTIVE_KEY, 0, 2), 0);
    FAILS(set_id(client, SCTP_AUTH_DELETE_KEY, 0, 1), EINVAL);
    assert_int_equal(set_id(client, SCTP_AUTH_DEACTIVATE_KEY, 0, 1), 0);
    notified(client, SCTP_AUTH_FREE_KEY, 1);
    assert_int_equal(set_id(client, SCTP_AUTH_DELETE_KEY, 0, 1), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

/* A message with the key of its own that stands in ancillary data. */
static ssize_t send_with_key(int fd, const char *text, uint16_t key)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct sctp_authinfo))];
    } control;
    struct sctp_authinfo info = {key};
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr msg;

    memset(&msg, 0, sizeof(msg));
    memset(&control, 0, sizeof(control));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    control.header.cmsg_level = IPPROTO_SCTP;
    control.header.cmsg_type = SCTP_AUTHINFO;
    control.header.cmsg_len = CMSG_LEN(sizeof(info));
    memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
    return usctp_sendmsg(fd, &msg, 0);
}

static void received(int fd, const char *text)
{
    char buf[16];

    assert_int_equal(usctp_recv(fd, buf, sizeof(buf), MSG_DONTWAIT), strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

/* RFC 6458, 5.3.8, 9.12: SCTP_AUTHINFO in ancillary data, and by itself in sctp_sendv. The receiver hears of each
 * key when the first message under it comes. */
static void test_key_of_one_message(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM), server;
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_assoc_value on = {0, 1};
    struct sctp_authinfo info = {3};
    struct iovec iov = {(void *)(uintptr_t) "three", 5};
    uint8_t data = 0;

    (void)state;
    SET(listener, SCTP_AUTH_CHUNK, &data, 1);
    SET(client, SCTP_AUTH_SUPPORTED, &on, sizeof(on));
    subscribe(listener);
    assert_int_equal(usctp_bind(listener, world_sa(&name), sizeof(name)), 0);
    assert_int_equal(add_key(listener, 0, 2, "two"), 0);
    assert_int_equal(add_key(listener, 0, 3, "three"), 0);
    assert_int_equal(usctp_listen(listener, 5), 0);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    server = usctp_accept(listener, NULL, NULL);
    assert_true(server >= 0);

    FAILS(send_with_key(client, "two", 2), EINVAL); /* there is no such key yet */
    FAILS(usctp_sctp_sendv(client, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_AUTHINFO, 0),
          EINVAL);
    assert_int_equal(add_key(client, 0, 2, "two"), 0);
    assert_int_equal(add_key(client, 0, 3, "three"), 0);
    assert_int_equal(send_with_key(client, "two", 2), 3);
    world_settle(world);
    notified(server, SCTP_AUTH_NEW_KEY, 2);
    received(server, "two");
    FAILS(
        usctp_sctp_sendv(client, &iov, 1, NULL, 0, &info, sizeof(info) - 1, SCTP_SENDV_AUTHINFO, 0),
        EINVAL);
    assert_int_equal(
        usctp_sctp_sendv(client, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_AUTHINFO, 0), 5);
    world_settle(world);
    notified(server, SCTP_AUTH_NEW_KEY, 3);
    received(server, "three");
    assert_int_equal(active(client, 0), 0); /* that of all others stays */
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

/* A peer that does not authenticate: told, and refused where anything is demanded. */
static void test_no_auth(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    struct sockaddr_in name = world_name(1, 7);
    uint8_t data = 0;

    (void)state;
    subscribe(client);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    notified(client, SCTP_AUTH_NO_AUTH, 0);
    FAILS(add_key(client, 0, 1, "one"), EACCES);
    assert_int_equal(usctp_close(client), 0);
    world_settle(world);
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    SET(client, SCTP_AUTH_CHUNK, &data, 1);
    FAILS(usctp_connect(client, world_sa(&name), sizeof(name)), ECONNABORTED);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbound),
        cmocka_unit_test(test_keys_on_the_wire),
        cmocka_unit_test(test_key_of_one_message),
        cmocka_unit_test(test_no_auth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
