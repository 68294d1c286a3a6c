/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of a host on Windows, over a system that is played here: what Windows itself does is not tested. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The platform's own are in the library that this is linked with. */
#define usctp_addr_watch_new  windows_watch_new
#define usctp_addr_watch_free windows_watch_free
#define usctp_addr_watch_fd   windows_watch_fd
#define usctp_addr_watch_read windows_watch_read
#include "lower/addr_watch_windows.c"

/* --- A system that does as told --------------------------------------------------------------- */

enum { SELF = 7, FACES = 3, ADDRS = 8 };

static struct {
    bool no_winsock, no_self, no_data; /* what it refuses */
    int words_left;                    /* registrations that it takes */
    int started, open, registered;     /* what is not undone yet */
    bool readable;                     /* the socket of the watch */
    bool drained_late;                 /* after the system had been asked */
    PUNICAST_IPADDRESS_CHANGE_CALLBACK on_address;
    PIPINTERFACE_CHANGE_CALLBACK on_interface;
    PVOID context;
    int asked;     /* times */
    int overflows; /* answers that do not fit, still to come */
    ULONG needed;  /* bytes */
    const char *texts[FACES][ADDRS];
    IP_DAD_STATE states[FACES][ADDRS];
    IF_OPER_STATUS face_states[FACES];
} win;

int WSAStartup(uint16_t version, WSADATA *data)
{
    (void)data;
    assert_int_equal(version, 0x0202);
    win.started += !win.no_winsock;
    return win.no_winsock ? 10091 : 0;
}

int WSACleanup(void)
{
    win.started--;
    return 0;
}

int closesocket(SOCKET fd)
{
    assert_int_equal(fd, SELF);
    assert_int_equal(win.registered, 0); /* a callback may send until it is cancelled */
    win.open--;
    return 0;
}

SOCKET usctp__self_open(void)
{
    assert_int_equal(win.started, 1);
    win.open += !win.no_self;
    return win.no_self ? INVALID_SOCKET : SELF;
}

void usctp__self_wake(SOCKET self)
{
    assert_int_equal(self, SELF);
    assert_int_equal(win.open, 1);
    win.readable = true;
}

void usctp__self_drain(SOCKET self)
{
    assert_int_equal(self, SELF);
    win.readable = false;
    win.drained_late = win.asked > 0;
}

static ULONG give_word(PVOID context, BOOLEAN initial, HANDLE *handle)
{
    if (win.words_left == 0) {
        return 8; /* ERROR_NOT_ENOUGH_MEMORY */
    }
    assert_false(initial);
    win.words_left--;
    win.registered++;
    win.context = context;
    *handle = &win;
    return NO_ERROR;
}

ULONG NotifyUnicastIpAddressChange(int family, PUNICAST_IPADDRESS_CHANGE_CALLBACK callback,
                                   PVOID context, BOOLEAN initial, HANDLE *handle)
{
    assert_int_equal(family, AF_UNSPEC);
    win.on_address = callback;
    return give_word(context, initial, handle);
}

ULONG NotifyIpInterfaceChange(int family, PIPINTERFACE_CHANGE_CALLBACK callback, PVOID context,
                              BOOLEAN initial, HANDLE *handle)
{
    assert_int_equal(family, AF_UNSPEC);
    win.on_interface = callback;
    return give_word(context, initial, handle);
}

ULONG CancelMibChangeNotify2(HANDLE handle)
{
    assert_ptr_equal(handle, &win);
    win.registered--;
    return NO_ERROR;
}

/* What the system writes into the caller's memory, and points into. */
struct answer {
    IP_ADAPTER_ADDRESSES faces[FACES];
    IP_ADAPTER_UNICAST_ADDRESS addrs[FACES][ADDRS];
    struct sockaddr_in6 names[FACES][ADDRS];
};

static void put_name(struct sockaddr_in6 *name, const char *text)
{
    struct sockaddr_in v4;

    memset(name, 0, sizeof(*name));
    memset(&v4, 0, sizeof(v4));
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        memcpy(name, &v4, sizeof(v4));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &name->sin6_addr), 1);
        name->sin6_family = AF_INET6;
    }
}

static void put_face(struct answer *answer, unsigned i)
{
    IP_ADAPTER_UNICAST_ADDRESS **end = &answer->faces[i].FirstUnicastAddress;

    answer->faces[i].OperStatus = win.face_states[i];
    answer->faces[i].Next = i + 1 < FACES ? &answer->faces[i + 1] : NULL;
    for (unsigned k = 0; k < ADDRS && win.texts[i][k] != NULL; k++) {
        put_name(&answer->names[i][k], win.texts[i][k]);
        answer->addrs[i][k].Address.lpSockaddr = (struct sockaddr *)&answer->names[i][k];
        answer->addrs[i][k].DadState = win.states[i][k];
        *end = &answer->addrs[i][k];
        end = &answer->addrs[i][k].Next;
    }
}

ULONG GetAdaptersAddresses(ULONG family, ULONG flags, PVOID reserved, IP_ADAPTER_ADDRESSES *all,
                           ULONG *len)
{
    assert_int_equal(family, AF_UNSPEC);
    assert_int_equal(flags & 1, 0); /* GAA_FLAG_SKIP_UNICAST */
    assert_null(reserved);
    assert_true(*len >= sizeof(struct answer));
    win.asked++;
    memset(all, 0xee, *len); /* all of it is the system's */
    if (win.no_data) {
        return ERROR_NO_DATA;
    }
    if (win.overflows > 0 || *len < win.needed) {
        win.overflows -= win.overflows > 0;
        *len = win.needed > *len ? win.needed : *len + 1;
        return ERROR_BUFFER_OVERFLOW;
    }
    memset(all, 0, sizeof(struct answer));
    for (unsigned i = 0; i < FACES; i++) {
        put_face((struct answer *)(void *)all, i);
    }
    return NO_ERROR;
}

static int set_up(void **state)
{
    (void)state;
    memset(&win, 0, sizeof(win));
    win.words_left = 2;
    for (unsigned i = 0; i < FACES; i++) {
        win.face_states[i] = IfOperStatusUp;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(win.started, 0);
    assert_int_equal(win.open, 0);
    assert_int_equal(win.registered, 0);
    return 0;
}

/* An address of interface `i`. */
static void has(unsigned i, unsigned k, const char *text, IP_DAD_STATE state)
{
    win.texts[i][k] = text;
    win.states[i][k] = state;
}

static void check_addr(const struct usctp_addr *addr, const char *text)
{
    char got[USCTP_ADDR_TEXT_MAX];

    usctp_addr_text(addr, got, sizeof(got));
    assert_string_equal(got, text);
}

/* --- Word of changes -------------------------------------------------------------------------- */

static void test_word(void **state)
{
    struct usctp_addr addrs[4];
    usctp_addr_watch *watch;

    (void)state;
    assert_int_equal(usctp_addr_watch_new(&watch), USCTP_OK);
    assert_int_equal(usctp_addr_watch_fd(watch), SELF);
    assert_int_equal(win.registered, 2);
    assert_false(win.readable);
    win.on_address(win.context, NULL, MibAddInstance);
    assert_true(win.readable);
    has(0, 0, "192.0.2.1", IpDadStatePreferred);
    assert_int_equal(usctp_addr_watch_read(watch, addrs, 4), 1);
    assert_false(win.readable);
    assert_false(win.drained_late); /* else a change in between would be lost */
    win.on_interface(win.context, NULL, MibParameterNotification);
    assert_true(win.readable);
    usctp_addr_watch_free(watch);
}

/* Without word of both the watch does without a descriptor, and is asked in time. */
static void test_no_word(void **state)
{
    struct usctp_addr addrs[4];
    usctp_addr_watch *watch;

    (void)state;
    has(0, 0, "192.0.2.1", IpDadStatePreferred);
    for (int words = -1; words < 2; words++) {
        win.no_self = words < 0;
        win.words_left = words < 0 ? 2 : words;
        assert_int_equal(usctp_addr_watch_new(&watch), USCTP_OK);
        assert_int_equal(usctp_addr_watch_fd(watch), -1);
        assert_int_equal(win.registered, 0);
        assert_int_equal(win.open, 0);
        assert_int_equal(usctp_addr_watch_read(watch, addrs, 4), 1);
        usctp_addr_watch_free(watch);
    }
}

static void test_errors(void **state)
{
    usctp_addr_watch *watch;
    struct usctp_addr addr;

    (void)state;
    assert_int_equal(usctp_addr_watch_new(NULL), USCTP_EINVAL);
    assert_int_equal(usctp_addr_watch_fd(NULL), -1);
    assert_int_equal(usctp_addr_watch_read(NULL, &addr, 1), 0);
    usctp_addr_watch_free(NULL);
    win.no_winsock = true;
    assert_int_equal(usctp_addr_watch_new(&watch), USCTP_EIO);
    assert_null(watch);
}

/* --- Looking ---------------------------------------------------------------------------------- */

static void test_usable_ones(void **state)
{
    struct usctp_addr addrs[8];
    usctp_addr_watch *watch;

    (void)state;
    has(0, 0, "192.0.2.1", IpDadStatePreferred);
    has(0, 1, "192.0.2.2", IpDadStateTentative);
    has(0, 2, "192.0.2.3", IpDadStateDuplicate);
    has(0, 3, "2001:db8::1", IpDadStateDeprecated);
    has(0, 4, "fe80::1", IpDadStatePreferred);
    has(0, 5, "2001:db8::2", IpDadStateInvalid);
    has(1, 0, "198.51.100.1", IpDadStatePreferred);
    win.face_states[1] = IfOperStatusDown;
    has(2, 0, "127.0.0.1", IpDadStatePreferred);
    has(2, 1, "::1", IpDadStatePreferred);
    has(2, 2, "192.0.2.1", IpDadStatePreferred); /* a second time */
    has(2, 3, "10.0.0.1", IpDadStatePreferred);
    assert_int_equal(usctp_addr_watch_new(&watch), USCTP_OK);
    assert_int_equal(usctp_addr_watch_read(watch, addrs, 8), 3);
    check_addr(&addrs[0], "192.0.2.1");
    check_addr(&addrs[1], "2001:db8::1");
    check_addr(&addrs[2], "10.0.0.1");
    assert_int_equal(usctp_addr_watch_read(watch, addrs, 2), 2);
    usctp_addr_watch_free(watch);
}

static void test_room_for_the_answer(void **state)
{
    struct usctp_addr addrs[4];
    usctp_addr_watch *watch;

    (void)state;
    has(0, 0, "192.0.2.1", IpDadStatePreferred);
    assert_int_equal(usctp_addr_watch_new(&watch), USCTP_OK);
    win.needed = 50000;
    win.overflows = 2; /* more interfaces came between two questions */
    assert_int_equal(usctp_addr_watch_read(watch, addrs, 4), 1);
    assert_int_equal(win.asked, 3);
    win.asked = 0;
    win.overflows = 100;
    assert_int_equal(usctp_addr_watch_read(watch, addrs, 4), 0);
    assert_true(win.asked < 10); /* it is not asked for ever */
    win.overflows = 0;
    win.no_data = true;
    assert_int_equal(usctp_addr_watch_read(watch, addrs, 4), 0);
    usctp_addr_watch_free(watch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_word),
        TEST(test_no_word),
        TEST(test_errors),
        TEST(test_usable_ones),
        TEST(test_room_for_the_answer),
    };

    return cmocka_run_group_tests_name("addr_watch_windows", tests, NULL, NULL);
}
