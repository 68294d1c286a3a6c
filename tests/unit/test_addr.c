/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses: kinds and scopes, one form for comparison, text both ways. */
#include "unit/unit.h"

#include "base/addr.h"
#include "base/compiler.h"

static struct usctp_addr parse(const char *text)
{
    struct usctp_addr addr;

    memset(&addr, 0xee, sizeof(addr));
    if (!usctp__addr_from_text(&addr, text, strlen(text))) {
        print_error("not an address: %s\n", text);
        fail();
    }
    return addr;
}

struct kind {
    const char *text;
    enum usctp__addr_scope scope;
    char
        test; /* the one test that holds: Unspecified, Multicast, Broadcast, loOpback, Link, Private */
};

static void check_kind(const struct usctp_addr *addr, const struct kind *kind)
{
    assert_int_equal(usctp__addr_scope(addr), kind->scope);
    assert_int_equal(usctp__addr_is_unspecified(addr), kind->test == 'U');
    assert_int_equal(usctp__addr_is_multicast(addr), kind->test == 'M');
    assert_int_equal(usctp__addr_is_broadcast(addr), kind->test == 'B');
    assert_int_equal(usctp__addr_is_loopback(addr), kind->test == 'O');
    assert_int_equal(usctp__addr_is_link_local(addr), kind->test == 'L');
    assert_int_equal(usctp__addr_is_private(addr), kind->test == 'P');
    assert_int_equal(usctp__addr_is_unicast(addr), kind->scope != USCTP__SCOPE_NONE);
    assert_true(usctp__addr_is_ip(addr));
}

static void kinds(void **state)
{
    static const struct kind kinds[] = {
        {"0.0.0.0", USCTP__SCOPE_NONE, 'U'},
        {"0.0.0.1", USCTP__SCOPE_GLOBAL, '-'},
        {"223.255.255.255", USCTP__SCOPE_GLOBAL, '-'},
        {"224.0.0.0", USCTP__SCOPE_NONE, 'M'},
        {"239.255.255.255", USCTP__SCOPE_NONE, 'M'},
        {"240.0.0.0", USCTP__SCOPE_GLOBAL, '-'},
        {"255.255.255.255", USCTP__SCOPE_NONE, 'B'},
        {"126.255.255.255", USCTP__SCOPE_GLOBAL, '-'},
        {"127.0.0.1", USCTP__SCOPE_LOOPBACK, 'O'},
        {"127.255.255.255", USCTP__SCOPE_LOOPBACK, 'O'},
        {"169.253.255.255", USCTP__SCOPE_GLOBAL, '-'},
        {"169.254.1.1", USCTP__SCOPE_LINK, 'L'},
        {"10.1.2.3", USCTP__SCOPE_PRIVATE, 'P'},
        {"11.0.0.0", USCTP__SCOPE_GLOBAL, '-'},
        {"172.15.255.255", USCTP__SCOPE_GLOBAL, '-'},
        {"172.16.0.0", USCTP__SCOPE_PRIVATE, 'P'},
        {"172.31.255.255", USCTP__SCOPE_PRIVATE, 'P'},
        {"172.32.0.0", USCTP__SCOPE_GLOBAL, '-'},
        {"192.168.255.1", USCTP__SCOPE_PRIVATE, 'P'},
        {"192.169.0.0", USCTP__SCOPE_GLOBAL, '-'},
        {"100.63.255.255", USCTP__SCOPE_GLOBAL, '-'},
        {"100.64.0.0", USCTP__SCOPE_PRIVATE, 'P'},
        {"100.127.255.255", USCTP__SCOPE_PRIVATE, 'P'},
        {"100.128.0.0", USCTP__SCOPE_GLOBAL, '-'},
        {"::", USCTP__SCOPE_NONE, 'U'},
        {"::1", USCTP__SCOPE_LOOPBACK, 'O'},
        {"::2", USCTP__SCOPE_GLOBAL, '-'},
        {"100::1", USCTP__SCOPE_GLOBAL, '-'},
        {"ff02::1", USCTP__SCOPE_NONE, 'M'},
        {"fe7f::1", USCTP__SCOPE_GLOBAL, '-'},
        {"fe80::1", USCTP__SCOPE_LINK, 'L'},
        {"febf::1", USCTP__SCOPE_LINK, 'L'},
        {"fec0::1", USCTP__SCOPE_PRIVATE, 'P'},
        {"feff::1", USCTP__SCOPE_PRIVATE, 'P'},
        {"fbff::1", USCTP__SCOPE_GLOBAL, '-'},
        {"fc00::1", USCTP__SCOPE_PRIVATE, 'P'},
        {"fdff::1", USCTP__SCOPE_PRIVATE, 'P'},
        {"fe00::1", USCTP__SCOPE_GLOBAL, '-'},
        {"2001:db8::1", USCTP__SCOPE_GLOBAL, '-'},
    };

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(kinds); i++) {
        struct usctp_addr addr = parse(kinds[i].text);
        struct usctp_addr mapped = usctp__addr_map(&addr);

        check_kind(&addr, &kinds[i]);
        /* The IPv4-mapped form is seen through. */
        check_kind(&mapped, &kinds[i]);
    }
}

static void none(void **state)
{
    struct usctp_addr addr = usctp__addr_none();

    (void)state;
    assert_int_equal(addr.family, USCTP_AF_NONE);
    assert_false(usctp__addr_is_ip(&addr));
    assert_false(usctp__addr_is_unicast(&addr));
    assert_false(usctp__addr_is_unspecified(&addr));
    addr.family = 77;
    assert_false(usctp__addr_is_ip(&addr));
    assert_int_equal(usctp__addr_scope(&addr), USCTP__SCOPE_NONE);
}

static bool may_list_with(const char *local, const char *peer, unsigned listed)
{
    struct usctp_addr a = parse(local);
    struct usctp_addr b = parse(peer);

    return usctp__addr_may_list(&a, &b, listed);
}

static bool may_list(const char *local, const char *peer)
{
    return may_list_with(local, peer, USCTP_LISTED_IN_SCOPE);
}

static void listing(void **state)
{
    /* One of each scope, rising. */
    static const char *const texts[] = {"127.0.0.1", "169.254.1.1", "10.0.0.1", "192.0.2.1"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(may_list(texts[i], texts[k]), i >= k);
        }
        assert_false(may_list("0.0.0.0", texts[i]));
        assert_false(may_list("ff02::1", texts[i]));
    }
    assert_true(may_list("fe80::1%2", "fe80::2%2"));
    assert_true(may_list("fe80::1%2", "fe80::2"));
    assert_false(may_list("fe80::1%2", "fe80::2%3"));
    assert_false(may_list("::1", "2001:db8::1"));
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(may_list_with(texts[i], texts[k], USCTP_LISTED_LINK_LOCAL),
                             i >= k || i == 1);
            assert_int_equal(may_list_with(texts[i], texts[k], USCTP_LISTED_PRIVATE),
                             i >= k || i == 2);
            assert_true(may_list_with(texts[i], texts[k], USCTP_LISTED_ALL));
        }
        assert_false(may_list_with("0.0.0.0", texts[i], USCTP_LISTED_ALL));
    }
}

static void normal_form(void **state)
{
    struct usctp_addr addr = parse("::ffff:192.0.2.7%4");
    struct usctp_addr plain = parse("192.0.2.7");
    struct usctp_addr mapped;

    (void)state;
    assert_true(usctp__addr_is_v4mapped(&addr));
    assert_false(usctp__addr_is_v4mapped(&plain));
    addr.reserved[1] = 9;
    usctp__addr_normalize(&addr);
    assert_memory_equal(&addr, &plain, sizeof(addr));
    mapped = usctp__addr_map(&plain);
    assert_true(usctp__addr_is_v4mapped(&mapped));
    usctp__addr_normalize(&mapped);
    assert_true(usctp__addr_equal(&mapped, &plain));
    /* Bytes without a meaning. */
    addr.bytes[4] = 1;
    addr.scope_id = 5;
    assert_false(usctp__addr_equal(&addr, &plain));
    usctp__addr_normalize(&addr);
    assert_true(usctp__addr_equal(&addr, &plain));
    /* A scope id stays only where it says something. */
    addr = parse("2001:db8::1%3");
    usctp__addr_normalize(&addr);
    assert_int_equal(addr.scope_id, 0);
    addr = parse("fe80::1%3");
    usctp__addr_normalize(&addr);
    assert_int_equal(addr.scope_id, 3);
    addr = parse("ff02::1%3");
    usctp__addr_normalize(&addr);
    assert_int_equal(addr.scope_id, 3);
    addr = parse("ff05::1%3");
    usctp__addr_normalize(&addr);
    assert_int_equal(addr.scope_id, 0);
    addr.family = 77;
    usctp__addr_normalize(&addr);
    plain = usctp__addr_none();
    assert_memory_equal(&addr, &plain, sizeof(addr));
}

static void comparison(void **state)
{
    /* In rising order. */
    static const char *const texts[] = {
        "1.2.3.4", "1.2.3.5", "9.0.0.0", "::", "::1", "fe80::1%2", "fe80::1%3", "fe80::2%1"};

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < 8; k++) {
            struct usctp_addr a = parse(texts[i]);
            struct usctp_addr b = parse(texts[k]);
            uint8_t fa[USCTP__ADDR_FEED_LEN];
            uint8_t fb[USCTP__ADDR_FEED_LEN];
            int order = usctp__addr_compare(&a, &b);

            assert_int_equal(usctp__addr_equal(&a, &b), i == k);
            assert_int_equal(order < 0, i < k);
            assert_int_equal(order > 0, i > k);
            usctp__addr_feed(&a, fa);
            usctp__addr_feed(&b, fb);
            assert_int_equal(memcmp(fa, fb, sizeof(fa)) == 0, i == k);
        }
    }
}

static void matching(void **state)
{
    struct usctp_addr a = parse("fe80::1%2");
    struct usctp_addr b = parse("fe80::1");
    struct usctp_addr c = parse("fe80::1%3");

    (void)state;
    assert_true(usctp__addr_match(&a, &a));
    assert_true(usctp__addr_match(&a, &b));
    assert_true(usctp__addr_match(&b, &c));
    assert_false(usctp__addr_match(&a, &c));
    b.bytes[15] = 2;
    assert_false(usctp__addr_match(&a, &b));
}

static void to_text_and_back(void **state)
{
    /* Text, and what it becomes (RFC 5952, 4 and 5). */
    static const char *const texts[][2] = {
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"192.0.2.1", "192.0.2.1"},
        {"::", "::"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:0DB8::0001", "2001:db8::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
        {"::FFFF:102:304", "::ffff:1.2.3.4"},
        {"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"fe80::abcd%1", "fe80::abcd%1"},
        {"fe80::1%4294967295", "fe80::1%4294967295"},
        {"fe80::1%0", "fe80::1"},
    };

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(texts); i++) {
        struct usctp_addr addr = parse(texts[i][0]);
        struct usctp_addr again;
        char text[USCTP__ADDR_TEXT_LEN];
        size_t len = usctp__addr_to_text(&addr, text, sizeof(text));

        assert_string_equal(text, texts[i][1]);
        assert_int_equal(len, strlen(text));
        again = parse(text);
        assert_memory_equal(&again, &addr, sizeof(addr));
        /* One byte too little room, and just enough. */
        assert_int_equal(usctp__addr_to_text(&addr, text, len), 0);
        assert_int_equal(usctp__addr_to_text(&addr, text, len + 1), len);
    }
}

static void random_texts(void **state)
{
    uint64_t seed = 71;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct usctp_addr addr = usctp__addr_none();
        struct usctp_addr again;
        char text[USCTP__ADDR_TEXT_LEN];
        size_t len;

        addr.family = i % 4 == 0 ? USCTP_AF_IPV4 : USCTP_AF_IPV6;
        for (size_t k = 0; k < (i % 4 == 0 ? 4 : 16); k++) {
            /* Many zeros, so that there is something to shorten. */
            addr.bytes[k] = prng_below(&seed, 3) == 0 ? (uint8_t)prng_next(&seed) : 0;
        }
        len = usctp__addr_to_text(&addr, text, sizeof(text));
        assert_true(usctp__addr_from_text(&again, text, len));
        assert_memory_equal(&again, &addr, sizeof(addr));
    }
}

static void not_addresses(void **state)
{
    static const char *const texts[] = {"",
                                        ".",
                                        ":",
                                        ":::",
                                        "1",
                                        "1.2.3",
                                        "1.2.3.",
                                        ".1.2.3.4",
                                        "1.2.3.4.",
                                        "1.2.3.4.5",
                                        "1.2.3.256",
                                        "1.2.3.04",
                                        "1.2.3.4%1",
                                        "1.2.3.0x4",
                                        "1..2.3",
                                        " 1.2.3.4",
                                        "1.2.3.4 ",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7:8::",
                                        "::1:2:3:4:5:6:7:8",
                                        "1:2:3:4::5:6:7:8",
                                        "1::2::3",
                                        "1:::2",
                                        ":1:2:3:4:5:6:7:8",
                                        "1:2:3:4:5:6:7:",
                                        "1:",
                                        ":1",
                                        "::1:",
                                        "12345::",
                                        "::g",
                                        "::1.2.3",
                                        "::1.2.3.4.5",
                                        "::1.2.3.4:5",
                                        "1.2.3.4::",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "fe80::1%",
                                        "fe80::1%eth0",
                                        "fe80::1%01",
                                        "fe80::1%4294967296",
                                        "fe80::1%1%1",
                                        "%1",
                                        "-"};
    struct usctp_addr addr;
    struct usctp_addr before;

    (void)state;
    memset(&addr, 0x5a, sizeof(addr));
    before = addr;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(texts); i++) {
        if (usctp__addr_from_text(&addr, texts[i], strlen(texts[i]))) {
            print_error("taken for an address: %s\n", texts[i]);
            fail();
        }
        assert_memory_equal(&addr, &before, sizeof(addr));
    }
}

static void public_forms(void **state)
{
    struct usctp_addr addr;
    char text[USCTP_ADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(usctp_addr_parse(&addr, "fe80::1%3"), 0);
    assert_int_equal(addr.scope_id, 3);
    assert_ptr_equal(usctp_addr_text(&addr, text, sizeof(text)), text);
    assert_string_equal(text, "fe80::1%3");
    assert_string_equal(usctp_addr_text(&addr, text, 5), "fe80");
    assert_int_equal(usctp_addr_parse(&addr, "fe80::1%"), USCTP_EINVAL);
    assert_int_equal(usctp_addr_parse(&addr, NULL), USCTP_EINVAL);
    assert_int_equal(addr.scope_id, 3);
    addr = usctp__addr_none();
    assert_string_equal(usctp_addr_text(&addr, text, sizeof(text)), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),         cmocka_unit_test(none),
        cmocka_unit_test(listing),       cmocka_unit_test(normal_form),
        cmocka_unit_test(comparison),    cmocka_unit_test(matching),
        cmocka_unit_test(random_texts),  cmocka_unit_test(to_text_and_back),
        cmocka_unit_test(not_addresses), cmocka_unit_test(public_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
