/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usctp: the Stream Control Transmission Protocol (RFC 9260) as a library.
 *
 * The core is a machine: datagrams, time and calls go in; datagrams, the next deadline and events
 * come out. It has no threads, no clock, no sockets and no global state. Everything it needs is
 * handed in with struct usctp_config: memory, random bytes and HMAC, the log. Datagrams leave
 * through lower layers (<usctp/lower.h>); ready-made ones and a poll loop are in <usctp/driver.h>.
 *
 * Objects: a stack owns endpoints (a local SCTP port) and they own associations. An association has
 * paths, named by small numbers, and streams, named by their ids.
 *
 * Threads: one stack is used by one thread at a time. Two stacks share nothing.
 *
 * Time: 64-bit nanoseconds of any monotonic clock with any origin. Members ending in _ts are points
 * in time, members ending in _dur are spans; both in nanoseconds. USCTP_NEVER is "no point in time".
 *
 * Errors: functions that can fail return 0 or a negative enum usctp_error; a call that failed has
 * changed nothing, unless its comment says otherwise. What a peer does wrong is never an error of a
 * call: it becomes a counter, an event, or a chunk on the wire.
 *
 * Structures: those that begin with `size` are set up by their ..._INIT macro and only ever grow at
 * the end, so that programs and libraries of different age fit together. Members that a program
 * leaves at zero mean "the default". Structures that the library fills in take the `size` that the
 * caller set and never write past it.
 *
 * Callbacks: from on_event, accept and release callbacks every function of this header may be called
 * except usctp_stack_input, usctp_stack_input_icmp, usctp_stack_advance, usctp_stack_writable and
 * usctp_stack_free, which return USCTP_EBUSY there (the void one does nothing) and change nothing.
 * Chunks caused by calls made in a callback leave when the batch ends. Pointers in an event are lent:
 * they are valid until the callback returns.
 */
#ifndef USCTP_USCTP_H
#define USCTP_USCTP_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/version.h>

#ifdef __cplusplus
extern "C" {
#define USCTP_SIZED(type)   \
    {                       \
        sizeof(struct type) \
    }
#else
/* The initialiser of every structure that begins with `size`. */
#define USCTP_SIZED(type)           \
    {                               \
        .size = sizeof(struct type) \
    }
#endif

#if defined(_WIN32) && defined(USCTP_DLL)
#ifdef USCTP_BUILD
#define USCTP_API __declspec(dllexport)
#else
#define USCTP_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define USCTP_API __attribute__((visibility("default")))
#else
#define USCTP_API
#endif

/* --- Names ------------------------------------------------------------------------------------ */

typedef struct usctp_stack usctp_stack;       /* Everything of one embedding. */
typedef struct usctp_endpoint usctp_endpoint; /* A local SCTP port (RFC 9260, 1.3). */
typedef struct usctp_assoc usctp_assoc;       /* An association. */
typedef struct usctp_message usctp_message;   /* A received message, lent or kept. */

/* A path of an association: a small number, never 0, never reused while the association lives. */
typedef uint32_t usctp_path_id;
#define USCTP_PATH_ANY 0u /* The path that the library chooses: the primary, or its stand-in. */

/* A lower layer attached to a stack: a small number, never 0 (see usctp_stack_attach). */
typedef uint32_t usctp_lower_id;

#define USCTP_NEVER  UINT64_MAX
#define USCTP_US(n)  ((uint64_t)(n)*1000u)
#define USCTP_MS(n)  ((uint64_t)(n)*1000000u)
#define USCTP_SEC(n) ((uint64_t)(n)*1000000000u)

/* Errors. The values are stable. usctp_strerror gives a sentence for each. */
enum usctp_error {
    USCTP_OK = 0,
    USCTP_EINVAL = -1,        /* An argument is out of its range. */
    USCTP_ENOMEM = -2,        /* The allocator, or a memory limit, refused. */
    USCTP_EWOULDBLOCK = -3,   /* The send buffer is full; USCTP_EVENT_WRITABLE will follow. */
    USCTP_ESTATE = -4,        /* Not possible in the present state of the object. */
    USCTP_EMSGSIZE = -5,      /* Larger than the largest message, reason or structure allowed. */
    USCTP_ENOENT = -6,        /* No such path, stream, lower layer, address or key. */
    USCTP_EADDRINUSE = -7,    /* The port is taken, or the association exists already. */
    USCTP_EADDRNOTAVAIL = -8, /* The address is no unicast address, or no local one. */
    USCTP_EBUSY = -9,         /* Not from within a callback; or it is under way already. */
    USCTP_ECRYPTO = -10,      /* Random bytes or HMAC were not to be had. */
    USCTP_ESIZE = -11,        /* A structure's size member is not one this library knows. */
    USCTP_EIO = -12,          /* The system refused; a driver's error_text tells why. */
    USCTP_EAFNOSUPPORT = -13, /* No lower layer carries this kind of address. */
    USCTP_ENOTSUP = -14,      /* The extension is not in force: the peer does not know it. */
    USCTP_EFORMAT = -15,      /* No association that was handed over, or a damaged one. */
    USCTP_EVERSION = -16      /* It was handed over by a later version of the library. */
};

/* A sentence for an error, for people; never NULL, static storage. Any value may be passed. */
USCTP_API const char *usctp_strerror(int error);

/* The version of the running library, as "0.1.0"; static storage. */
USCTP_API const char *usctp_version(void);

/* --- Plain types ------------------------------------------------------------------------------ */

enum usctp_family {
    USCTP_AF_NONE = 0, /* No address: the lower layer has none, or "any". */
    USCTP_AF_IPV4 = 4,
    USCTP_AF_IPV6 = 6
};

/* An IP address without ports. */
struct usctp_addr {
    uint8_t family;      /* enum usctp_family. */
    uint8_t reserved[3]; /* Zero. */
    uint32_t scope_id;   /* Interface of a link-local IPv6 address, else 0. */
    uint8_t bytes[16];   /* Network order; IPv4 in the first four, the rest zero. */
};

/* "192.0.2.1", "2001:db8::1" or "fe80::1%3" to an address. USCTP_EINVAL if it is none. */
USCTP_API int usctp_addr_parse(struct usctp_addr *addr, const char *text);

#define USCTP_ADDR_TEXT_MAX 64 /* Room enough for any address as text, with its final zero. */

/* The text of an address (RFC 5952), cut to len; returns text. */
USCTP_API const char *usctp_addr_text(const struct usctp_addr *addr, char *text, size_t len);

/* A piece of bytes to read. */
struct usctp_iov {
    const void *base;
    size_t len;
};

/* Memory, handed in. */
struct usctp_memory {
    size_t size;                           /* USCTP_SIZED(usctp_memory) */
    void *(*alloc)(void *ctx, size_t len); /* Aligned for any object; NULL if there is none. */
    void (*free)(void *ctx, void *ptr, size_t len); /* ptr is never NULL; len as allocated. */
    void *ctx;
};

/* HMAC algorithms, numbered as in RFC 4895, 3.3. */
enum usctp_hmac { USCTP_HMAC_SHA1 = 1, USCTP_HMAC_SHA256 = 3 };

/* Cryptography, handed in. */
struct usctp_crypto {
    size_t size; /* USCTP_SIZED(usctp_crypto) */
    /* Fills buf with len unpredictable bytes; 0, or negative where that is not possible. */
    int (*random)(void *ctx, void *buf, size_t len);
    /* A context for HMACs with this key; NULL where that is not possible. The key is copied. */
    void *(*hmac_new)(void *ctx, int algorithm, const void *key, size_t key_len);
    /* The HMAC of the pieces into out: 20 bytes (SHA-1) or 32 (SHA-256). 0 or negative. May be
     * called any number of times on one context. */
    int (*hmac)(void *ctx, void *hmac, const struct usctp_iov *iov, size_t iov_cnt, uint8_t *out);
    void (*hmac_free)(void *ctx, void *hmac); /* Wipes and frees a context. */
    void *ctx;
};

/* CRC32c of len bytes, continuing from crc: the reflected register, neither inverted at the start
 * nor at the end (RFC 9260, appendix A starts it with all ones). */
typedef uint32_t (*usctp_crc32c_fn)(uint32_t crc, const uint8_t *data, size_t len);

enum usctp_log_level { USCTP_LOG_ERROR, USCTP_LOG_WARN, USCTP_LOG_INFO, USCTP_LOG_DEBUG };

/* Takes one line of log, without line end. */
typedef void (*usctp_log_fn)(void *user, int level, const char *text);

struct usctp_lower;  /* <usctp/lower.h> */
struct usctp_dgram;  /* <usctp/lower.h> */
struct usctp_event;  /* Below. */
struct usctp_accept; /* Below. */
struct usctp_offer;  /* Below. */

/* Takes an event. `user` is that of the endpoint, or of the stack where the endpoint has no
 * callback of its own. */
typedef void (*usctp_event_fn)(void *user, const struct usctp_event *event);

/* Decides on an association that a peer wants and that has proved its address with a valid cookie:
 * 0 takes it, anything else refuses it with ABORT. On taking it, *assoc_user becomes the
 * association's user pointer. */
typedef int (*usctp_accept_fn)(void *user, const struct usctp_accept *accept, void **assoc_user);

/* Chooses the extensions that an INIT is answered with: returns a mask (enum usctp_extension); what is not
 * among offer->extensions is ignored, and so is USCTP_EXT_ASCONF without USCTP_EXT_AUTH. What is left out is
 * switched off for the association to be, as if its params.extensions had not had it; what the peer agrees
 * on, too, is in force. An INIT proves nothing, and comes again where its answer was lost: remember
 * nothing here. Called at most as often as INITs are answered, and for none that belongs to an association
 * that there is. RFC 9260, 5.1 B. */
typedef uint32_t (*usctp_offer_fn)(void *user, const struct usctp_offer *offer);

/* Gives adopted data back: the library reads it no more. Called exactly once for each adopted
 * message, before the association's USCTP_EVENT_CLOSED. */
typedef void (*usctp_release_fn)(void *context, const struct usctp_iov *iov, size_t iov_cnt);

/* --- Parameters of associations --------------------------------------------------------------- */

enum usctp_preset {
    USCTP_PRESET_PLAIN = 0, /* The values that RFC 9260, section 16 recommends. */
    USCTP_PRESET_NAT = 1,   /* The same, with heartbeats often enough to keep NAT mappings alive. */
    /* Much data, one way: CUBIC, paced; RTO.Min 200 ms; buffers begin at 1 MiB and tune themselves up
     * to 16 MiB. */
    USCTP_PRESET_BULK = 2,
    /* Small messages, soon: CUBIC, paced; RTO.Initial 500 ms, RTO.Min 100 ms, SACK.Delay 20 ms, SACKs
     * asked for at once when the queue is empty, and a send buffer of 64 KiB, so that what is sent
     * does not wait behind much else. */
    USCTP_PRESET_LOW_LATENCY = 3,
    /* Data channels over DTLS: CUBIC, paced; packets of 1,188 bytes and, if the path bears them, up to 1,420, 65,535 streams, no
     * address lists; RTO.Initial 500 ms, RTO.Min 200 ms, RTO.Max 10 s; SACK.Delay 50 ms; set-up and
     * association given up after 8 and 10 retransmissions. */
    USCTP_PRESET_WEBRTC = 4,
    /* Signalling, several paths: NewReno; RTO.Initial 200 ms, RTO.Min 100 ms, RTO.Max 1 s, also during
     * set-up; SACK.Delay 20 ms, SACKs asked for at once when the queue is empty; heartbeats each 5 s; a
     * path is given up after 3 retransmissions in a row (2 s at most), the association after 8. */
    USCTP_PRESET_TELECOM = 5
};

/* Algorithms for congestion control. All begin with the window of RFC 9260, 7.2.1. */
enum usctp_cc {
    USCTP_CC_NEWRENO = 0, /* RFC 9260, section 7. */
    USCTP_CC_CUBIC = 1,   /* RFC 9438, with HyStart++ (RFC 9406): long fat networks. */
    USCTP_CC_BBR = 2 /* draft-ietf-ccwg-bbr: by measured rate and delay, hardly by loss. Paced. */
};

/* Flags of struct usctp_params. */
enum usctp_param_flag {
    USCTP_PARAM_NAGLE = 1 << 0,            /* Hold back small packets while data is in flight. */
    USCTP_PARAM_NO_HEARTBEAT = 1 << 1,     /* No heartbeats on idle confirmed paths. */
    USCTP_PARAM_NO_ADDRESS_TYPES = 1 << 2, /* INIT without Supported Address Types. */
    USCTP_PARAM_NO_ADDRESS_LIST = 1 << 3,  /* INIT, INIT ACK without addresses, though several. */
    USCTP_PARAM_SACK_IMMEDIATELY = 1 << 4, /* The I bit on all that empties the send queue. */
    USCTP_PARAM_DRY_EVENTS = 1 << 6,       /* Raise USCTP_EVENT_DRY. */
    USCTP_PARAM_RETRY_PORT = 1 << 5,       /* INIT refused with cause 14: retry from a new port
                                             * (endpoints whose port the library chose; on by
                                             * default). */
    USCTP_PARAM_NO_RACK = 1 << 7,          /* Losses are found by missing reports and T3-rtx alone,
                                             * not by time and tail probes too (RFC 8985). */
    USCTP_PARAM_PACING = 1 << 8,    /* Packets leave spread over the round trip, in trains of a
                                             * millisecond, in place of Max.Burst. */
    USCTP_PARAM_EXPOSE_PF = 1 << 9, /* Tell of USCTP_PATH_POTENTIALLY_FAILED, in events too;
                                             * else such a path reads as active (RFC 7829, 7.3). */
    USCTP_PARAM_NO_PRESERVATIVE =
        1 << 10, /* No Cookie Preservative is granted (RFC 9260, 3.3.2.1.3). */
    USCTP_PARAM_NO_WILDCARDS =
        1 << 11, /* The peer may not add, delete or prefer addresses "from where
                                             * this comes" (RFC 5061): only by name. */
    USCTP_PARAM_ADAPTATION = 1 << 12, /* Tell the peer `adaptation`. */
    USCTP_PARAM_PREFER_FIRST =
        1 << 13, /* INIT and INIT ACK ask the peer to send to the first of the
                                             * addresses they list (RFC 5061, 4.2.4); with
                                             * USCTP_EXT_ASCONF alone. Nobody authenticates that. */
    USCTP_PARAM_ADD_ADDRESSES =
        1 << 14, /* With USCTP_PARAM_NO_ADDRESS_LIST and USCTP_EXT_ASCONF: once up,
                                             * ask the peer to add those further local addresses, by
                                             * wildcards (RFC 6951, 5.7); until it has, nothing else
                                             * leaves from there. Also after a restart of the peer. */
    USCTP_PARAM_FOLLOW_HOST =
        1 << 15 /* With USCTP_EXT_ASCONF, where the endpoint is not bound to addresses
                                             * of its own choice: the association follows those of the
                                             * host (usctp_stack_set_addresses). */
};

#define USCTP_RETRANS_OFF 65535u /* For pf_max_retrans and switchover_max_retrans: the default. */

/* Extensions, for struct usctp_params. */
enum usctp_extension {
    USCTP_EXT_PARTIAL_RELIABILITY = 1 << 0, /* Messages that may be given up (RFC 3758, 7496). */
    USCTP_EXT_INTERLEAVING = 1 << 1, /* Messages of several streams side by side (RFC 8260): a large
                                      * one does not hold up other streams. */
    USCTP_EXT_RECONFIG = 1 << 2,     /* Streams reset and added, numbers begun anew (RFC 6525). */
    USCTP_EXT_AUTH = 1 << 3,         /* Authenticated chunks (RFC 4895). Off unless set here. */
    USCTP_EXT_ASCONF = 1 << 4,       /* Addresses that change (RFC 5061). Off unless set here; needs
                                      * USCTP_EXT_AUTH. */
    USCTP_EXT_ZERO_CHECKSUM = 1 << 5, /* No CRC32c where DTLS checks already (RFC 9653): told to the
                                       * peer over lower layers with USCTP_LOWER_DTLS; in force: what
                                       * we send there has none. */
    USCTP_EXT_ECN = 1 << 6 /* Routers mark packets in place of dropping them (RFC 3168; RFC 4960,
                            * appendix A): over lower layers with USCTP_LOWER_ECN. */
};

/* What a peer may ask for by RE-CONFIG, for struct usctp_params; what it may not is denied. */
enum usctp_reconf_allow {
    USCTP_RECONF_ALLOW_RESETS = 1 << 0,      /* Reset its outgoing streams, or ours. */
    USCTP_RECONF_ALLOW_ASSOC_RESET = 1 << 1, /* Reset TSNs and all stream sequence numbers. */
    USCTP_RECONF_ALLOW_ADDS = 1 << 2 /* Add streams in either direction, as long as there are
                                              * no more than max_in_streams in it. */
};

/* Schedulers (RFC 8260, 3): which stream's message is sent next. Without interleaved messages the choice is made
 * message by message, with them chunk by chunk. The cost does not depend on how many streams there are; by
 * priority, fair and weighted it grows with the logarithm of those that have something to send. */
enum usctp_sched {
    USCTP_SCHED_DEFAULT = 0,     /* First come; round robin where messages are interleaved. */
    USCTP_SCHED_FIRST_COME = 1,  /* In the order in which messages were handed in (3.1). */
    USCTP_SCHED_ROUND_ROBIN = 2, /* The streams in turn (3.2). */
    USCTP_SCHED_ROUND_ROBIN_PACKET = 3, /* A packet of each stream in turn: a lost one hurts one
                                         * stream (3.3). */
    USCTP_SCHED_PRIORITY = 4, /* The stream with the lowest value first, equals in turn (3.4). */
    USCTP_SCHED_FAIR = 5,     /* Streams get equal shares of bytes (3.5). */
    USCTP_SCHED_WEIGHTED = 6  /* Shares by their values, at least 1 each (3.6). */
};

/* Which addresses of an endpoint that has several a peer is told, in INIT and INIT ACK, and which of its host later
 * (usctp_stack_set_addresses). In scope are those that reach as far as the peer's own: of loopback, link-local,
 * private and global ones. Others may mean nothing to it, or need translation (RFC 6951, 5.7). */
enum usctp_listed {
    USCTP_LISTED_IN_SCOPE = 0,   /* Those in scope. */
    USCTP_LISTED_PRIVATE = 1,    /* Private ones too. */
    USCTP_LISTED_LINK_LOCAL = 2, /* Link-local ones too. */
    USCTP_LISTED_ALL = 3         /* All. */
};

/* Parameters of an association: RFC 9260, section 16, and what belongs beside them. A stack has
 * them for its endpoints, an endpoint for its associations. usctp_params_init sets every member. */
struct usctp_params {
    size_t size;                     /* sizeof(struct usctp_params) */
    uint64_t rto_initial_dur;        /* RTO.Initial; 1 s. */
    uint64_t rto_min_dur;            /* RTO.Min; 1 s. */
    uint64_t rto_max_dur;            /* RTO.Max; 60 s. */
    uint64_t init_rto_max_dur;       /* Cap of the T1 timers; 60 s. */
    uint64_t cookie_life_dur;        /* Valid.Cookie.Life; 60 s. */
    uint64_t hb_interval_dur;        /* HB.interval; 30 s. */
    uint64_t sack_delay_dur;         /* SACK.Delay; 200 ms; at most 500 ms (RFC 9260, 6.2). */
    uint64_t shutdown_guard_dur;     /* T5-shutdown-guard; 0: five times rto_max_dur. */
    uint64_t autoclose_dur;          /* Shut down after this long without data; 0: never. */
    uint32_t rto_alpha_shift;        /* RTO.Alpha as a power of 1/2; 3. */
    uint32_t rto_beta_shift;         /* RTO.Beta as a power of 1/2; 2. */
    uint32_t assoc_max_retrans;      /* Association.Max.Retrans; 10. */
    uint32_t path_max_retrans;       /* Path.Max.Retrans; 5. */
    uint32_t max_init_retrans;       /* Max.Init.Retransmits; 8. */
    uint32_t hb_max_burst;           /* HB.Max.Burst; 1. */
    uint32_t max_burst;              /* Max.Burst, packets; 4. 0: no limit. */
    uint32_t sack_every;             /* A SACK for at least every n-th packet; 2. 1: each. */
    uint32_t max_packet;             /* Largest SCTP packet, bytes, headers of IP and UDP not
                                      * counted; 1,200. At least 512, a multiple of 4. Where the path
                                      * MTU is not searched for (probe_interval_dur) packets are never
                                      * larger than this. More than 1,200 there may be fragmented, or
                                      * vanish: to set it is the program's own decision. */
    uint32_t max_segment;            /* Largest DATA chunk with its header; 0: as fits. */
    uint32_t receive_window;         /* Payload bytes; 256 KiB. At least 1,500 (RFC 9260, 6). What
                                      * it begins with: see receive_window_max. */
    uint32_t receive_memory;         /* Real memory for received data; 0: four times the window.
                                      * At least twice the window, which grows up to half of it. */
    uint32_t send_buffer;            /* Payload bytes; sending blocks from here on; 256 KiB. What
                                      * it begins with: see send_buffer_max. */
    uint32_t max_message;            /* Largest message taken or delivered whole; 16 MiB. */
    uint32_t partial_delivery_point; /* Deliver an incomplete message once so many bytes of it
                                      * stand; 0: whole messages only, as far as the window goes.
                                      * Between its parts nothing else of its stream comes. */
    uint32_t flags;                  /* enum usctp_param_flag. */
    uint16_t out_streams;            /* Outbound streams asked for; 10. */
    uint16_t max_in_streams;         /* Inbound streams allowed; 65,535. */
    uint8_t dscp;                    /* Differentiated services code point of packets; 0. */
    uint8_t window_update_shift;     /* A SACK of its own says that the window has opened by
                                      * receive_window >> this, though not by less than a packet; 2: a
                                      * quarter. 1 to 16. One that was closed is told of at once. */
    uint8_t listed_addrs;            /* enum usctp_listed. */
    uint8_t reserved;                /* Zero. */
    uint32_t receive_window_max;     /* The window tunes itself up to so many payload bytes, as long
                                      * as the application takes what comes: to twice what it took
                                      * in a round trip. 0: 4 MiB where receive_window is at its
                                      * default, else it stays as it is. */
    uint32_t send_buffer_max;        /* The send buffer tunes itself up to so many payload bytes: to
                                      * four congestion windows. 0: 4 MiB where send_buffer is
                                      * at its default, else it stays as it is. */
    uint32_t congestion_control;     /* enum usctp_cc; USCTP_CC_NEWRENO. A change takes effect at
                                      * once, with the window there is. */
    uint32_t extensions;             /* Extensions to offer and to take: what both sides offer is in
                                      * force (usctp_assoc_extensions). A bit that is not set switches
                                      * an extension off: the peer sees nothing of it. An association that
                                      * a peer sets up has those of its endpoint. */
    uint32_t pf_max_retrans;         /* PotentiallyFailed.Max.Retrans (RFC 7829, 3): after more
                                      * errors in a row data takes another path, and this one is
                                      * probed each RTO. 0 is recommended; from path_max_retrans on it
                                      * changes nothing but what becomes of an association without a
                                      * path that works (4). USCTP_RETRANS_OFF: not at all. */
    uint32_t switchover_max_retrans; /* Primary.Switchover.Max.Retrans (RFC 7829, 5): after more
                                      * errors in a row the path that takes its place becomes the
                                      * primary for good. At least pf_max_retrans; where that is off,
                                      * path_max_retrans. USCTP_RETRANS_OFF: never. */
    uint32_t reconf_allow;           /* enum usctp_reconf_allow; 0: nothing (RFC 6525, 6.3.1, 7);
                                      * resets and adds in USCTP_PRESET_WEBRTC. */
    uint32_t max_cwnd;               /* Largest congestion window, bytes, though never less than a
                                      * packet; 0: no limit. A change takes effect with the next SACK. */
    uint64_t probe_interval_dur; /* Path MTU discovery (RFC 8899): the wait for a probe, at least
                                      * 1 s; 0: off. It needs a lower layer with
                                      * USCTP_LOWER_PROBES; packets begin with max_packet, and fall below
                                      * it only where they vanish. */
    uint32_t search_max_packet;  /* The largest packet that is searched for; as max_packet. 1,480:
                                      * all of an Ethernet without encapsulation; less where the lower
                                      * layer says so. */
    uint32_t adaptation;         /* With USCTP_PARAM_ADAPTATION: told to the peer in INIT and INIT
                                      * ACK, for what stands above SCTP (RFC 5061, 4.2.6). */
    uint32_t scheduler; /* enum usctp_sched. A change takes effect at once: what waits keeps its
                                      * order within a stream. */
};

#define USCTP_PARAMS_INIT USCTP_SIZED(usctp_params)

/* Sets every member, `size` too, to the values of a preset: usctp_params_init(&params, preset).
 * Errors: USCTP_EINVAL (no such preset), USCTP_ESIZE. */
USCTP_API int usctp_params_init_sized(struct usctp_params *params, size_t size,
                                      enum usctp_preset preset);
#define usctp_params_init(params, preset) \
    usctp_params_init_sized((params), sizeof(*(params)), (preset))

/* --- The stack -------------------------------------------------------------------------------- */

/* Flags of struct usctp_config. */
enum usctp_config_flag {
    USCTP_CONFIG_CLAIM_HOST = 1 << 0, /* Answer packets out of the blue on raw IP lower layers too:
                                       * no other SCTP lives on this host. */
    USCTP_CONFIG_QUIET = 1 << 1       /* Never answer packets out of the blue (RFC 9260, 8.4). */
};

/* What a stack is made of. */
struct usctp_config {
    size_t size;                        /* USCTP_CONFIG_INIT */
    const struct usctp_memory *memory;  /* Required; lives as long as the stack. */
    const struct usctp_crypto *crypto;  /* Required; lives as long as the stack. */
    usctp_crc32c_fn crc32c;             /* NULL: the portable one. */
    uint64_t (*clock)(void *clock_ctx); /* Time for calls other than input and advance; NULL: the
                                         * time last handed in (see usctp_stack_set_time). */
    void *clock_ctx;                    /* Handed to clock. */
    uint64_t now_ts;                    /* Where there is no clock: the time now. */
    usctp_event_fn on_event;            /* For endpoints without their own. May be NULL. */
    void *user;                         /* Handed to on_event. */
    usctp_log_fn log;                   /* May be NULL. */
    void *log_user;                     /* Handed to log. */
    int log_level;                      /* The most talkative level wanted. */
    uint32_t flags;                     /* enum usctp_config_flag. */
    const struct usctp_params *params;  /* Copied; NULL: USCTP_PRESET_PLAIN. */
    uint64_t memory_limit;              /* Bytes for everything; 0: none. */
    uint64_t cookie_key_dur;            /* The cookie key changes so often; 0: 1 hour. */
    uint32_t max_assocs;                /* Associations at once; 0: no limit. */
    uint32_t reply_rate;                /* Stateless replies (not INIT ACK) a second; 0: 1,000. */
    uint32_t init_ack_rate;             /* INIT ACKs a second; 0: 100,000. */
    uint32_t reserved;                  /* Zero. */
    uint64_t tune_memory;               /* Bytes in use from which on buffers that tune themselves
                                         * are no larger than they began; 0: half of memory_limit,
                                         * or none. */
    /* Several stacks as shards of one UDP port, each with its own thread. What they share: the
     * secret, cookie_key_dur and the clock; then each takes the cookies of all. */
    const uint8_t *cookie_secret; /* The keys of cookies are made of it; only read now. NULL: they
                                   * are drawn at random. */
    size_t cookie_secret_len;     /* Bytes of it, 16 to 64. */
    uint8_t tag_prefix_len;       /* High bits of each verification tag that tell the shard, up to
                                   * 8; 0: tags are random throughout. Packets out of the blue with
                                   * another prefix are never answered: they are another's. */
    uint8_t tag_prefix;           /* Those bits: below 1 << tag_prefix_len. */
    uint8_t reserved1[6];         /* Zero. */
};
#define USCTP_CONFIG_INIT USCTP_SIZED(usctp_config)

/* Makes a stack. Everything of it comes from config->memory. Errors: USCTP_EINVAL (a required
 * member is missing, a parameter is out of range), USCTP_ENOMEM, USCTP_ECRYPTO, USCTP_ESIZE. */
USCTP_API int usctp_stack_new(const struct usctp_config *config, usctp_stack **stack);

/* Frees a stack with all it owns. Living associations are aborted: ABORT is sent to their peers.
 * Release callbacks are called, events are not. Not from callbacks (does nothing there). */
USCTP_API void usctp_stack_free(usctp_stack *stack);

/* Attaches a lower layer; *id names it in datagrams and calls. `ctx` is handed to its functions.
 * The table is copied. Errors: USCTP_EINVAL, USCTP_ENOMEM, USCTP_ESIZE. */
USCTP_API int usctp_stack_attach(usctp_stack *stack, const struct usctp_lower *lower, void *ctx,
                                 usctp_lower_id *id);

/* Detaches a lower layer; its functions are not called any more. Associations that have a path
 * there keep it, and what they send on it is as if lost. USCTP_ENOENT: no such lower layer. */
USCTP_API int usctp_stack_detach(usctp_stack *stack, usctp_lower_id id);

/* Takes in n datagrams received at now_ts; each is `stride` bytes after the one before (pass
 * sizeof(struct usctp_dgram)). When it returns, events have been delivered and what the packets
 * provoked has been handed to the lower layers. Never fails for what a peer sent. Errors:
 * USCTP_EBUSY, USCTP_EINVAL (stride too small; now_ts before the time last handed in is taken as
 * that time), USCTP_ENOENT (a datagram names no attached lower layer; those before it are in). */
USCTP_API int usctp_stack_input(usctp_stack *stack, const struct usctp_dgram *dgrams, size_t n,
                                size_t stride, uint64_t now_ts);

/* What an ICMP message said, with the packet it quoted. RFC 9260, section 10; RFC 6951, 5.5. */
enum usctp_icmp_kind {
    USCTP_ICMP_HINT = 0,        /* The system told of an error, quoting nothing. */
    USCTP_ICMP_TOO_BIG = 1,     /* Packet too big; mtu is set where it was told. */
    USCTP_ICMP_UNREACHABLE = 2, /* Network or host unreachable, or any like it. */
    USCTP_ICMP_NO_PROTOCOL =
        3, /* Nobody there speaks SCTP: protocol unreachable, ICMPv6 next header
                                 * unrecognised; in UDP port unreachable too (RFC 6951, 5.5). */
    USCTP_ICMP_OTHER = 4
};
struct usctp_icmp {
    size_t size;              /* USCTP_ICMP_INIT */
    int kind;                 /* enum usctp_icmp_kind */
    uint32_t mtu;             /* TOO_BIG: largest SCTP packet, IP and UDP headers taken off; 0:
                               * not told. */
    struct usctp_addr local;  /* Source of the quoted packet. */
    struct usctp_addr remote; /* Destination of the quoted packet. */
    uint16_t local_udp_port;  /* 0: raw IP. */
    uint16_t remote_udp_port; /* 0: raw IP. */
    usctp_lower_id lower;     /* Where it came in. */
    const uint8_t *quote;     /* The quoted packet from its SCTP common header on; may be NULL. */
    size_t quote_len;
};
#define USCTP_ICMP_INIT USCTP_SIZED(usctp_icmp)

/* Takes in an ICMP message. It is believed only if the quoted verification tag is the right one;
 * without a quote it is a hint that at most starts a heartbeat. Errors: USCTP_EBUSY, USCTP_ESIZE. */
USCTP_API int usctp_stack_input_icmp(usctp_stack *stack, const struct usctp_icmp *icmp,
                                     uint64_t now_ts);

/* When usctp_stack_advance wants to be called next; USCTP_NEVER: not before something else
 * happens. May lie in the past. Changes with every call on the stack. */
USCTP_API uint64_t usctp_stack_next_deadline(const usctp_stack *stack);

/* Runs what is due at now_ts. Calling it early or late is harmless. Error: USCTP_EBUSY. */
USCTP_API int usctp_stack_advance(usctp_stack *stack, uint64_t now_ts);

/* Tells the time before other calls, where config.clock is not set. Never goes back. */
USCTP_API void usctp_stack_set_time(usctp_stack *stack, uint64_t now_ts);

/* A lower layer that had taken only part of what it was given can take more. Errors: USCTP_EBUSY,
 * USCTP_ENOENT. */
USCTP_API int usctp_stack_writable(usctp_stack *stack, usctp_lower_id id, uint64_t now_ts);

/* Sees each packet: len bytes of SCTP packet as they were received, before any check, or as they
 * are handed to the lower layer. dgram has its addresses and ports. Makes no calls. */
typedef void (*usctp_observer_fn)(void *user, int outbound, const struct usctp_dgram *dgram,
                                  const uint8_t *packet, size_t len, uint64_t now_ts);

/* Sets the packet observer, or none with NULL. */
USCTP_API void usctp_stack_set_observer(usctp_stack *stack, usctp_observer_fn fn, void *user);

/* --- Endpoints -------------------------------------------------------------------------------- */

enum usctp_endpoint_flag {
    USCTP_ENDPOINT_LISTEN = 1 << 0 /* Take associations from peers. */
};

struct usctp_endpoint_config {
    size_t size;                    /* USCTP_ENDPOINT_CONFIG_INIT */
    uint16_t port;                  /* Local SCTP port; 0: one drawn at random, 49152 and up. */
    uint16_t reserved[3];           /* Zero. */
    const struct usctp_addr *addrs; /* Local addresses, copied. None: any. They are listed in
                                        * INIT and INIT ACK when there are several. */
    size_t addr_cnt;
    uint32_t flags;                    /* enum usctp_endpoint_flag. */
    const struct usctp_params *params; /* Copied; NULL: the stack's. */
    usctp_event_fn on_event;           /* NULL: the stack's, with the stack's user pointer. */
    usctp_accept_fn accept;            /* NULL: every association is taken. */
    void *user;                        /* Handed to all of them. */
    usctp_offer_fn offer; /* NULL: all of params->extensions is offered to every peer. */
};
#define USCTP_ENDPOINT_CONFIG_INIT USCTP_SIZED(usctp_endpoint_config)

/* Makes an endpoint. Errors: USCTP_EINVAL, USCTP_EADDRINUSE (another endpoint of the stack has the
 * port and one of the addresses), USCTP_EADDRNOTAVAIL (multicast, broadcast), USCTP_ENOMEM,
 * USCTP_ESIZE. */
USCTP_API int usctp_endpoint_new(usctp_stack *stack, const struct usctp_endpoint_config *config,
                                 usctp_endpoint **endpoint);

/* Frees an endpoint; its associations are freed as by usctp_assoc_free. Legal in callbacks. */
USCTP_API void usctp_endpoint_free(usctp_endpoint *endpoint);

/* Starts (on != 0) or stops to take associations from peers. */
USCTP_API void usctp_endpoint_listen(usctp_endpoint *endpoint, int on);

/* The local SCTP port. */
USCTP_API uint16_t usctp_endpoint_port(const usctp_endpoint *endpoint);

/* Its stack, and its user pointer. */
USCTP_API usctp_stack *usctp_endpoint_stack(const usctp_endpoint *endpoint);
USCTP_API void *usctp_endpoint_user(const usctp_endpoint *endpoint);

/* The parameters that its next associations get. set: USCTP_EINVAL, USCTP_ESIZE. */
USCTP_API void usctp_endpoint_params(const usctp_endpoint *endpoint, struct usctp_params *params);
USCTP_API int usctp_endpoint_set_params(usctp_endpoint *endpoint,
                                        const struct usctp_params *params);

/* Other local addresses, copied, for its next associations; those that there are keep theirs, see
 * usctp_assoc_change_addresses. None: any. Errors: as usctp_endpoint_new. */
USCTP_API int usctp_endpoint_set_addrs(usctp_endpoint *endpoint, const struct usctp_addr *addrs,
                                       size_t cnt);

/* An address of the peer. */
struct usctp_peer_addr {
    struct usctp_addr addr; /* USCTP_AF_NONE on lower layers without addresses. */
    uint16_t udp_port;      /* Remote UDP port; 0: raw IP. Without addresses: 0. */
    uint16_t reserved;      /* Zero. */
};

struct usctp_connect {
    size_t size;                         /* USCTP_CONNECT_INIT */
    const struct usctp_peer_addr *addrs; /* One or several addresses of the peer; the first is the
                                          * primary. None on a lower layer without addresses. */
    size_t addr_cnt;
    uint16_t port;                     /* The peer's SCTP port; not 0. */
    uint16_t reserved[3];              /* Zero. */
    usctp_lower_id lower;              /* 0: the first attached that carries such addresses. */
    const struct usctp_params *params; /* Copied; NULL: the endpoint's. */
    void *user;                        /* The association's user pointer. */
};
#define USCTP_CONNECT_INIT USCTP_SIZED(usctp_connect)

/* Sets an association up (ASSOCIATE, RFC 9260, 11.1.2). Returns at once; USCTP_EVENT_UP, or
 * USCTP_EVENT_LOST and USCTP_EVENT_CLOSED follow. Data may be sent at once: it rides on COOKIE ECHO.
 * Errors: USCTP_EINVAL, USCTP_EADDRINUSE (an association with this peer exists),
 * USCTP_EADDRNOTAVAIL, USCTP_EAFNOSUPPORT, USCTP_ENOENT (lower), USCTP_ENOMEM, USCTP_ECRYPTO,
 * USCTP_ESIZE. */
USCTP_API int usctp_endpoint_connect(usctp_endpoint *endpoint, const struct usctp_connect *connect,
                                     usctp_assoc **assoc);

/* The association of an endpoint with the peer that has this address and SCTP port; NULL: none. On
 * lower layers without addresses `remote` is one of USCTP_AF_NONE and the first attached layer is
 * meant. */
USCTP_API usctp_assoc *usctp_endpoint_find(const usctp_endpoint *endpoint,
                                           const struct usctp_addr *remote, uint16_t port);

/* What an offer callback sees. */
struct usctp_offer {
    size_t size;
    usctp_endpoint *endpoint;
    struct usctp_addr local;  /* Where the INIT was sent to. */
    struct usctp_addr remote; /* Where it says that it came from. */
    uint16_t remote_udp_port;
    uint16_t remote_port; /* The peer's SCTP port. */
    usctp_lower_id lower;
    uint32_t extensions; /* Those of the endpoint that the lower layer allows. */
};

/* What an accept callback sees. */
struct usctp_accept {
    size_t size;
    usctp_endpoint *endpoint;
    struct usctp_addr local;  /* Where the COOKIE ECHO was sent to. */
    struct usctp_addr remote; /* Where it came from. */
    uint16_t remote_udp_port;
    uint16_t remote_port; /* The peer's SCTP port. */
    uint16_t out_streams; /* As agreed. */
    uint16_t in_streams;
    usctp_lower_id lower;
};

/* --- Associations ----------------------------------------------------------------------------- */

/* States: RFC 9260, section 4. */
enum usctp_assoc_state {
    USCTP_STATE_CLOSED = 0,
    USCTP_STATE_COOKIE_WAIT,
    USCTP_STATE_COOKIE_ECHOED,
    USCTP_STATE_ESTABLISHED,
    USCTP_STATE_SHUTDOWN_PENDING,
    USCTP_STATE_SHUTDOWN_SENT,
    USCTP_STATE_SHUTDOWN_RECEIVED,
    USCTP_STATE_SHUTDOWN_ACK_SENT
};

USCTP_API enum usctp_assoc_state usctp_assoc_state(const usctp_assoc *assoc);

/* A number for the association, not 0, unique in its stack among the living. */
USCTP_API uint32_t usctp_assoc_id(const usctp_assoc *assoc);
USCTP_API usctp_endpoint *usctp_assoc_endpoint(const usctp_assoc *assoc);
USCTP_API void *usctp_assoc_user(const usctp_assoc *assoc);
USCTP_API void usctp_assoc_set_user(usctp_assoc *assoc, void *user);

/* Flags of a message to send. */
enum usctp_send_flag {
    USCTP_SEND_UNORDERED = 1 << 0,        /* Outside the order of its stream (the U bit). */
    USCTP_SEND_SACK_IMMEDIATELY = 1 << 1, /* Ask for a SACK at once (the I bit, RFC 9260, 3.3.1). */
    USCTP_SEND_NO_BUNDLE = 1 << 2,        /* Start a packet of its own where that is possible. */
    USCTP_SEND_MORE = 1 << 3,          /* The message goes on: the next call has its next piece. */
    USCTP_SEND_NO_RESET_WAIT = 1 << 4, /* USCTP_EBUSY while the stream is being reset; without it
                                        * the message waits until that is over. */
    USCTP_SEND_KEY = 1 << 5 /* Under the shared key `key`, where the peer wants DATA authenticated
                             * (RFC 6458, 5.3.8); else under the key that is active now. */
};

/* When a message may be given up although it was sent (RFC 3758, RFC 7496): it costs the peer a message
 * and nothing else. Needs USCTP_EXT_PARTIAL_RELIABILITY in force; without it what was sent once is
 * reliable. What is given up comes back by USCTP_EVENT_SEND_FAILED, whether it arrived or not. */
enum usctp_pr_policy {
    USCTP_PR_NONE = 0,        /* Never: it is sent until it has arrived. */
    USCTP_PR_TIMED = 1,       /* When lifetime_dur has passed, it is not sent again. */
    USCTP_PR_RETRANSMITS = 2, /* When a chunk of it would be sent again more than pr_value times. */
    USCTP_PR_PRIORITY = 3     /* When the send buffer is full, for a message of higher priority: one
                               * with a lower pr_value or without this policy. */
};

/* How to send a message (SEND, RFC 9260, 11.1.5). */
struct usctp_send_info {
    size_t size;              /* USCTP_SEND_INFO_INIT */
    uint16_t stream;          /* Below the number of outbound streams. */
    uint16_t flags;           /* enum usctp_send_flag. */
    uint32_t ppid;            /* Payload protocol identifier, host order. */
    usctp_path_id path;       /* USCTP_PATH_ANY, or the path to prefer. */
    uint32_t reserved;        /* Zero. */
    uint64_t lifetime_dur;    /* Give up unless first sent within this time; 0: never.
                               * USCTP_EVENT_SEND_FAILED comes then, or a millisecond later. */
    usctp_release_fn release; /* NULL: the data is copied. Else it is adopted: the library reads it
                               * in place until it calls release. */
    void *context;            /* Comes back with release and USCTP_EVENT_SEND_FAILED. */
    uint16_t pr_policy;       /* enum usctp_pr_policy. */
    uint16_t key;             /* With USCTP_SEND_KEY: id of a shared key, not retired; else zero. */
    uint32_t pr_value;        /* What it says depends on pr_policy; else zero. */
};
#define USCTP_SEND_INFO_INIT USCTP_SIZED(usctp_send_info)

/* Sends a message made of the pieces. `info` may be NULL: stream 0, ordered. It is taken whole or
 * not at all; it is taken while fewer than params.send_buffer bytes are buffered. When it returns
 * USCTP_EWOULDBLOCK, exactly one USCTP_EVENT_WRITABLE will follow. On an error nothing is adopted.
 *
 * A message may be handed in piece by piece, each with USCTP_SEND_MORE but the last: so it can be
 * larger than the send buffer and params.max_message. Pieces need an association that is up, have no
 * lifetime, and agree in stream, ppid and USCTP_SEND_UNORDERED; until the last one is in, nothing
 * else can be sent, and usctp_assoc_close is refused. A restart forgets what was begun.
 *
 * Errors: USCTP_EINVAL (empty message; unknown flag), USCTP_ENOENT (no such stream, path or key),
 * USCTP_EMSGSIZE (above params.max_message), USCTP_EWOULDBLOCK, USCTP_ESTATE (shutting down or
 * closed; the key is retired; or the peer restarted, until USCTP_EVENT_RESTARTED has come: what is sent from then on is
 * for its new life), USCTP_EBUSY (USCTP_SEND_NO_RESET_WAIT), USCTP_ENOMEM, USCTP_ESIZE. RFC 9260,
 * 6.1. */
USCTP_API int usctp_assoc_send(usctp_assoc *assoc, const struct usctp_send_info *info,
                               const struct usctp_iov *iov, size_t iov_cnt);

/* Holds output back until the matching uncork, so that what several calls send can share packets.
 * Calls nest. Acknowledgements are not held back. */
USCTP_API void usctp_assoc_cork(usctp_assoc *assoc);
USCTP_API void usctp_assoc_uncork(usctp_assoc *assoc);

/* Messages given up under a policy (enum usctp_pr_policy; USCTP_PR_NONE: under any), of the association
 * or of one outbound stream: before a part of them was sent, and after. Errors: USCTP_EINVAL,
 * USCTP_ENOENT (no such stream). RFC 7496, 4.3, 4.4. */
USCTP_API int usctp_assoc_abandoned(const usctp_assoc *assoc, int policy, uint64_t *unsent_cnt,
                                    uint64_t *sent_cnt);
USCTP_API int usctp_stream_abandoned(const usctp_assoc *assoc, uint16_t stream, int policy,
                                     uint64_t *unsent_cnt, uint64_t *sent_cnt);

/* Payload bytes accepted and not yet acknowledged, of the association or of one outbound stream. */
USCTP_API size_t usctp_assoc_buffered(const usctp_assoc *assoc);
USCTP_API size_t usctp_stream_buffered(const usctp_assoc *assoc, uint16_t stream);

/* Low-water marks: USCTP_EVENT_BUFFERED_LOW comes each time the buffered bytes fall from above the
 * mark to it or below; with a mark of 0, each time nothing is left. Nothing is told until a mark is
 * set. Errors: USCTP_ENOENT (no such stream), USCTP_ENOMEM. */
USCTP_API int usctp_assoc_set_low_water(usctp_assoc *assoc, size_t len);
USCTP_API int usctp_stream_set_low_water(usctp_assoc *assoc, uint16_t stream, size_t len);

/* A stream's value for schedulers: priority (the lowest goes first) or weight; 0 where none was set. It is kept
 * whatever the scheduler. RFC 8260, 4.3.3. Errors of set: USCTP_EINVAL, USCTP_ENOENT (no such stream),
 * USCTP_ENOMEM. */
USCTP_API int usctp_stream_set_value(usctp_assoc *assoc, uint16_t stream, uint16_t value);
USCTP_API uint16_t usctp_stream_value(const usctp_assoc *assoc, uint16_t stream);

enum usctp_scheduler_flag {
    USCTP_SCHEDULER_BY_PACKET = 1 << 0 /* Chunks of one stream alone share a packet. */
};

/* A scheduler of your own. Its functions call nothing of the library. Streams are told by their ids; messages of
 * a stream leave in their order. Members that may be NULL say so. */
struct usctp_scheduler {
    size_t size;       /* USCTP_SCHEDULER_INIT */
    uint32_t flags;    /* enum usctp_scheduler_flag */
    uint32_t reserved; /* Zero. */
    /* Begins for an association, and returns what the others get as `state`; NULL: no memory. May be
     * NULL: then `state` is ctx. */
    void *(*begin)(void *ctx);
    void (*end)(void *state); /* Ends; the association is scheduled no more. May be NULL. */
    /* A message of this stream is about to be taken: gets what push will need, which may come later: what waits for
     * a reset of its stream is pushed when that is over, and neither pushed nor popped if it is given up before.
     * 0, or anything else to refuse the message with USCTP_ENOMEM. May be NULL. */
    int (*reserve)(void *state, uint16_t stream);
    void (*push)(void *state, uint16_t stream, size_t len); /* A message of len bytes waits. */
    void (*pop)(void *state,
                uint16_t stream); /* One waits no more: sent to its end, or given up. */
    void (*sent)(void *state, uint16_t stream,
                 size_t len); /* A chunk with len bytes left; pop follows
                                                             * if it was the last. May be NULL. */
    /* The stream whose first message is next: asked before each chunk, or, without interleaving, before
     * each message, once or several times. Where it names none with a message the library takes any: a
     * scheduler cannot hold back. */
    int32_t (*pick)(void *state);
    void (*packet)(void *state); /* BY_PACKET: another packet begins. May be NULL. */
    void (*value)(void *state, uint16_t stream,
                  uint16_t value); /* usctp_stream_set_value. May be NULL. */
};
#define USCTP_SCHEDULER_INIT USCTP_SIZED(usctp_scheduler)

/* Schedules an association by a scheduler of your own, in place of params.scheduler; the table is copied. What
 * waits is pushed anew, stream by stream. NULL: params.scheduler is in force again. Errors: USCTP_EINVAL
 * (a function that must be there is missing), USCTP_ESTATE (it has ended), USCTP_ENOMEM, USCTP_ESIZE. */
USCTP_API int usctp_assoc_set_scheduler(usctp_assoc *assoc, const struct usctp_scheduler *scheduler,
                                        void *ctx);

/* Shuts down gracefully (SHUTDOWN, RFC 9260, 9.2): what was accepted for sending is delivered
 * first, also where the association is not up yet. USCTP_EVENT_CLOSED follows. Error: USCTP_ESTATE (already closed; a message was begun with
 * USCTP_SEND_MORE and not ended). Again: no effect. */
USCTP_API int usctp_assoc_close(usctp_assoc *assoc);

/* Aborts (ABORT, RFC 9260, 9.1): the reason travels in a User-Initiated Abort cause; queued data is
 * given back by USCTP_EVENT_SEND_FAILED; USCTP_EVENT_CLOSED follows. reason may be NULL if
 * reason_len is 0. Errors: USCTP_EMSGSIZE (does not fit a packet), USCTP_ESTATE. */
USCTP_API int usctp_assoc_abort(usctp_assoc *assoc, const void *reason, size_t reason_len);

/* Aborts, if it lives, and lets go of the handle: no event of this association comes any more;
 * release callbacks are called. For a program that is done with it. */
USCTP_API void usctp_assoc_free(usctp_assoc *assoc);

/* The extensions in force: those that both sides offered; 0 before the peer has told. */
USCTP_API uint32_t usctp_assoc_extensions(const usctp_assoc *assoc);

/* The parameters in force. set changes what can be changed while it lives: all but streams, extensions,
 * cookie life and the address flags. Paths take over what it changes; else they keep what was set for them by
 * usctp_path_set_params. Errors: USCTP_EINVAL, USCTP_ESIZE. */
USCTP_API void usctp_assoc_params(const usctp_assoc *assoc, struct usctp_params *params);
USCTP_API int usctp_assoc_set_params(usctp_assoc *assoc, const struct usctp_params *params);

/* --- Stream reconfiguration (RFC 6525) --------------------------------------------------------- */

/* Needs USCTP_EXT_RECONFIG in force. One request of ours is under way at a time: until its events have
 * come (one for each direction that it names), the next one gets USCTP_EBUSY. The peer may deny it, or
 * be busy with a request of its own. A request that the association does not outlive, or a restart of the
 * peer, has failed. What comes in is reset, or added, by a request of the peer's, which params.reconf_allow must
 * allow; where it agrees and does not send one within the longest timeout (params.rto_max_dur), ours has failed.
 *
 * Errors of all three: USCTP_EINVAL, USCTP_ESTATE (not established; a message was begun with
 * USCTP_SEND_MORE; the peer restarted and USCTP_EVENT_RESTARTED has not come yet), USCTP_ENOTSUP,
 * USCTP_EBUSY, USCTP_ENOMEM. */

/* Directions, for resets and their events. */
enum usctp_reset_flag {
    USCTP_RESET_OUT = 1 << 0, /* Streams that we send on. */
    USCTP_RESET_IN = 1 << 1,  /* Streams that the peer sends on: it is asked to reset them. */
    /* Nothing is to be waited for: USCTP_EWOULDBLOCK where messages of the outgoing streams have not been
     * sent to their end. */
    USCTP_RESET_NO_WAIT = 1 << 2
};

/* How a request ended. */
enum usctp_reconf_result {
    USCTP_RECONF_DONE = 0, /* Both sides have done it. */
    USCTP_RECONF_NOTHING,  /* The peer had nothing to do: no incoming stream was reset, or added. */
    USCTP_RECONF_DENIED,   /* The peer does not want it. */
    USCTP_RECONF_BUSY,     /* The peer has a request of its own under way: try again. */
    USCTP_RECONF_FAILED /* The peer found an error, or agreed and did not do it, or the association ended or
                            * restarted. */
};

/* Resets streams: the next message on them has sequence number 0 again. `flags`: enum
 * usctp_reset_flag; cnt 0: all streams. What was accepted on a stream before is sent and acknowledged as
 * before it, what is sent from now on belongs after it and waits (see USCTP_SEND_NO_RESET_WAIT). With each
 * direction comes USCTP_EVENT_STREAMS_RESET, when both sides have reset it: only then is a stream ready for
 * another use. Incoming streams can be reset by the peer unasked.
 * More errors: USCTP_ENOENT (no such stream), USCTP_EMSGSIZE (more streams than fit a packet). */
USCTP_API int usctp_assoc_reset_streams(usctp_assoc *assoc, unsigned flags, const uint16_t *streams,
                                        size_t cnt);

/* Resets the sequence numbers of all streams in both directions, and the TSNs. What was accepted before is
 * delivered first, what is sent from now on waits; so does the peer, if it is this library. Another peer may
 * take what it has outstanding for delivered (RFC 6525, 5.2.4, G3). USCTP_EVENT_ASSOC_RESET follows.
 * Once in 30 seconds (5.1.4), else USCTP_EBUSY. */
USCTP_API int usctp_assoc_reset(usctp_assoc *assoc);

/* Adds streams. USCTP_EVENT_STREAMS_ADDED follows, for each direction; new ones count on from those there
 * are. More error: USCTP_EMSGSIZE (more than 65,535, or inbound more than params.max_in_streams). */
USCTP_API int usctp_assoc_add_streams(usctp_assoc *assoc, uint16_t out_cnt, uint16_t in_cnt);

/* --- Received messages ------------------------------------------------------------------------ */

/* Keeps a lent message: copies it once into the library's memory and returns a reference that
 * stays valid until usctp_message_drop, also after the association is gone. It goes on closing the
 * receive window until dropped. NULL: no memory. Keeping a kept one adds a reference. */
USCTP_API usctp_message *usctp_message_keep(usctp_message *message);

/* In the callback that lent a message, in place of keeping it: the application copies the bytes to a place of its own
 * and answers for them. They close the receive window, and `memory` bytes count as its real memory, until
 * usctp_assoc_consumed. Errors: USCTP_EINVAL, USCTP_ESTATE (not lent now, or kept, or deferred). */
USCTP_API int usctp_message_take(usctp_message *message, size_t memory);

/* So much of what was taken is done with; it need not be told message by message. Error: USCTP_EINVAL (more than
 * was taken). */
USCTP_API int usctp_assoc_consumed(usctp_assoc *assoc, size_t len, size_t memory);

/* Drops a reference. */
USCTP_API void usctp_message_drop(usctp_message *message);

/* The bytes of a message as one run; `*len` gets their number. NULL: it stood in pieces and there
 * was no memory to join them. Lent with the event, or as long as the reference is held. */
USCTP_API const uint8_t *usctp_message_data(usctp_message *message, size_t *len);

/* The bytes of a message as it holds them, in pieces; `*iov` gets the array, the number of pieces is
 * returned. Lent with the event, or as long as the reference is held and usctp_message_data is not
 * called. */
USCTP_API size_t usctp_message_iov(usctp_message *message, const struct usctp_iov **iov);

/* Only in the callback that lent the message: takes it back into the association, to be delivered
 * again, first, after usctp_assoc_resume; until then no message is delivered and the window closes.
 * Like all that waits it is stored; where there is no memory for that the association is aborted
 * (USCTP_LOST_RESOURCE), since the peer will not send it again. Error: USCTP_ESTATE (not lent now). */
USCTP_API int usctp_message_defer(usctp_message *message);

/* Stops the delivery of messages, and starts it again. */
USCTP_API void usctp_assoc_pause(usctp_assoc *assoc);
USCTP_API void usctp_assoc_resume(usctp_assoc *assoc);

/* --- Paths ------------------------------------------------------------------------------------ */

enum usctp_path_state {
    USCTP_PATH_UNCONFIRMED = 0, /* The address has not answered yet (RFC 9260, 5.4). */
    USCTP_PATH_ACTIVE = 1,
    USCTP_PATH_INACTIVE = 2,
    /* It may have failed: data goes elsewhere if it can (RFC 7829). Only with USCTP_PARAM_EXPOSE_PF. */
    USCTP_PATH_POTENTIALLY_FAILED = 3
};

struct usctp_path_info {
    size_t size; /* USCTP_PATH_INFO_INIT */
    usctp_path_id id;
    int state;               /* enum usctp_path_state */
    int primary;             /* It is the primary path. */
    struct usctp_addr local; /* USCTP_AF_NONE: the system chooses. */
    struct usctp_addr remote;
    uint16_t remote_udp_port; /* 0: raw IP. */
    usctp_lower_id lower;
    uint32_t max_packet; /* Largest SCTP packet, bytes. */
    uint64_t rto_dur;
    uint64_t srtt_dur; /* 0: not measured yet. */
    uint64_t rttvar_dur;
    uint32_t cwnd;     /* Bytes. */
    uint32_t ssthresh; /* Bytes. */
    uint32_t flight;   /* Bytes of DATA chunks outstanding. */
    uint32_t partial_bytes_acked;
    uint32_t error_cnt;                      /* Consecutive, as compared with Path.Max.Retrans. */
    uint64_t sent_packet_cnt, sent_byte_cnt; /* Handed to the lower layer. */
    uint64_t received_packet_cnt, received_byte_cnt; /* Taken by the association. */
    uint64_t retransmit_cnt;                         /* Chunks sent again, or to replace a loss. */
    uint64_t t3_cnt, fast_retransmit_cnt;            /* Expiries; packets of fast retransmit. */
    uint64_t oversize_cnt;                           /* Packets above max_packet (one old chunk). */
};
#define USCTP_PATH_INFO_INIT USCTP_SIZED(usctp_path_info)

/* The ids of the paths, up to `max` of them; returns how many there are. */
USCTP_API size_t usctp_assoc_paths(const usctp_assoc *assoc, usctp_path_id *ids, size_t max);

/* What is known of a path (STATUS, RFC 9260, 11.1.8). id may be USCTP_PATH_ANY: the primary.
 * Errors: USCTP_ENOENT, USCTP_ESIZE. */
USCTP_API int usctp_path_info(const usctp_assoc *assoc, usctp_path_id id,
                              struct usctp_path_info *info);

/* Makes a path the primary (RFC 9260, 11.1.6). Errors: USCTP_ENOENT, USCTP_ESTATE (it is not
 * confirmed). */
USCTP_API int usctp_path_set_primary(usctp_assoc *assoc, usctp_path_id id);

/* Sends a HEARTBEAT now (RFC 9260, 11.1.10). Errors: USCTP_ENOENT, USCTP_ESTATE, USCTP_EBUSY (one is
 * already on its way), USCTP_ENOMEM. */
USCTP_API int usctp_path_heartbeat(usctp_assoc *assoc, usctp_path_id id);

/* What can be set for one path. usctp_path_params fills in what is in force. */
struct usctp_path_params {
    size_t size;              /* USCTP_PATH_PARAMS_INIT */
    uint64_t hb_interval_dur; /* RFC 9260, 11.1.9. */
    uint64_t rto_initial_dur;
    uint64_t rto_min_dur;
    uint64_t rto_max_dur;
    uint32_t path_max_retrans; /* RFC 9260, 11.1.12 (failure threshold). */
    uint32_t max_packet;       /* Largest SCTP packet, bytes. */
    int heartbeat;             /* 0: off. */
    uint8_t dscp;
    uint8_t reserved[3];
    uint16_t remote_udp_port; /* RFC 6951, 6.1. Encapsulation itself (0: raw IP) stays as it is. */
    uint16_t reserved2[3];    /* Zero. */
    uint32_t pf_max_retrans;  /* As in struct usctp_params, all. */
    uint32_t switchover_max_retrans;
    uint64_t probe_interval_dur;
    uint32_t search_max_packet;
    uint32_t reserved3; /* Zero. */
};
#define USCTP_PATH_PARAMS_INIT USCTP_SIZED(usctp_path_params)
USCTP_API int usctp_path_params(const usctp_assoc *assoc, usctp_path_id id,
                                struct usctp_path_params *params);
USCTP_API int usctp_path_set_params(usctp_assoc *assoc, usctp_path_id id,
                                    const struct usctp_path_params *params);

/* The network below a path is another one now (an ICE restart, another connection, another route):
 * congestion state, RTO and path MTU start afresh, error counters are cleared. Error: USCTP_ENOENT. */
USCTP_API int usctp_path_changed(usctp_assoc *assoc, usctp_path_id id);

/* --- Addresses that change -------------------------------------------------------------------- */

enum usctp_address_op {
    USCTP_ADDRESS_ADD = 1,
    USCTP_ADDRESS_DELETE = 2,
    USCTP_ADDRESS_PRIMARY = 3 /* The peer is to send there first. */
};

/* A change of the addresses of this side. */
struct usctp_address_change {
    int what;     /* enum usctp_address_op */
    int wildcard; /* Not by name, but "where this comes from": the request leaves from `addr`,
                             * and a NAT box may show the peer another one. To delete then means all
                             * others (RFC 5061, 4.2.1, 4.2.2, 4.2.4). */
    struct usctp_addr addr; /* A local address. */
};

/* The local addresses of an association, at most `max` of them; returns how many there are. 0: any. */
USCTP_API size_t usctp_assoc_locals(const usctp_assoc *assoc, struct usctp_addr *addrs, size_t max);

#define USCTP_HOST_ADDRS_MAX 64 /* Addresses of its host that a stack is told, at most. */

/* The addresses that the host has now, up to USCTP_HOST_ADDRS_MAX. Associations with USCTP_PARAM_FOLLOW_HOST ask their peers to add
 * what the peer does not know, once they are up and whenever something appears, and to delete what has gone; each
 * with a request of its own, of which USCTP_EVENT_ADDRESS tells. Loopback and link-local addresses are told to peers
 * that have such ones too, private ones to peers that have private ones, unless params.listed_addrs says more.
 * Where USCTP_PARAM_NO_ADDRESS_LIST is set, or the association leaves from an address that means nothing to its peer,
 * no address is named: all is done by wildcards (RFC 6951, 5.7). None: what was told last counts on. Errors: USCTP_EINVAL (too many, no unicast
 * addresses of IP), USCTP_ENOMEM. usctp_addr_watch (driver.h) finds out what the host has. RFC 6458, 8.1.23. */
USCTP_API int usctp_stack_set_addresses(usctp_stack *stack, const struct usctp_addr *addrs,
                                        size_t cnt);

/* Asks the peer for up to 16 changes at once, in this order; USCTP_EVENT_ADDRESS says what became of
 * each. One such request is on its way at a time, 16 more wait. What is deleted is no source of packets
 * from now on, what is added none before the peer has agreed; a path from there is made then, and carries
 * data once it is confirmed. The only address can be changed by an ADD followed by a DELETE: the request
 * then leaves from the new one (5.3.2). To add or prefer by wildcard fails with 0xffff where the way from there
 * is dead, and what it is to delete by, ends the association then. Needs USCTP_EXT_ASCONF in force.
 *
 * Errors: USCTP_EINVAL (nothing would be left, 5.3, F5; the address is there already; wildcards of two
 * addresses), USCTP_ENOENT (no address of the association), USCTP_EADDRNOTAVAIL (no unicast address),
 * USCTP_ESTATE (not in force, or not established; or the peer has said that it does not understand ADD or
 * DELETE, or PRIMARY and there is one, 5.3, F3), USCTP_EMSGSIZE (does not fit a packet on every path, 5.1.1, C5),
 * USCTP_EWOULDBLOCK (too many wait; no event follows that), USCTP_ENOMEM. */
USCTP_API int usctp_assoc_change_addresses(usctp_assoc *assoc,
                                           const struct usctp_address_change *changes, size_t cnt);

/* --- Handover --------------------------------------------------------------------------------- */

/* An association that is quiet can be taken out of its stack as a string of bytes, and put into another
 * one, in another process or on another machine of the same address: the peer notices nothing. See
 * doc/guide.md, 16, for what to do about the UDP port, and doc/handover.md for the format.
 *
 * The string holds keys: verification tags, all that AUTH chunks are made of (RFC 4895), and the shared
 * keys. Who has it can read and forge what belongs to the association; keep it as you keep keys, and
 * wipe it when it was taken. It is for one import: two stacks with one association ruin it. */

/* Why an association cannot be handed over now. All but the first, fifth and tenth pass by themselves, as soon as the
 * peer has answered and both have said nothing for SACK.Delay. */
enum usctp_handover_reason {
    USCTP_HANDOVER_STATE = 1 << 0,   /* Not established: being set up, shutting down, or over. */
    USCTP_HANDOVER_UNSENT = 1 << 1,  /* Messages wait to be sent, or one was begun with
                                          * USCTP_SEND_MORE. */
    USCTP_HANDOVER_UNACKED = 1 << 2, /* What was sent, or given up, is not acknowledged yet. */
    USCTP_HANDOVER_UNDELIVERED = 1 << 3, /* Messages or other events wait to be delivered. */
    USCTP_HANDOVER_KEPT = 1 << 4,        /* The program has messages, lent now or kept. */
    USCTP_HANDOVER_INCOMPLETE =
        1 << 5,                        /* Received data is not whole: TSNs or fragments are missing,
                                          * or a message was delivered in part. */
    USCTP_HANDOVER_SACK = 1 << 6,      /* A SACK is owed. */
    USCTP_HANDOVER_CONTROL = 1 << 7,   /* Other chunks wait to be sent, or packets for the lower
                                          * layer to take them. */
    USCTP_HANDOVER_RECONFIG = 1 << 8,  /* Streams are being reset or added (RFC 6525). */
    USCTP_HANDOVER_ADDRESSES = 1 << 9, /* Our addresses are being changed (RFC 5061). */
    USCTP_HANDOVER_REBINDING = 1 << 10 /* The peer's UDP port has moved, and is being verified. */
};

/* The reasons that stand now: enum usctp_handover_reason; 0: it can be handed over. */
USCTP_API unsigned usctp_assoc_export_ready(const usctp_assoc *assoc);

/* Takes the association out of its stack: writes it to `buf`, which has `cap` bytes, and sets *len to the
 * length of the string. From then on this stack sends nothing for it, not even ABORT: what still comes
 * for it is dropped (usctp_stack_stats.dropped_moved) until nothing has come for 15 minutes. The only
 * event is USCTP_EVENT_CLOSED. Legal in callbacks.
 *
 * What goes along: ports, tags, numbers of TSNs and streams, extensions in force with their state, windows,
 * paths with their names, addresses, UDP ports and what was measured of them, parameters, keys, low-water
 * marks, values of streams, counters. What does not: the user pointer, usctp_assoc_pause, corking, a
 * scheduler of your own, heartbeats and probes on their way (their answers will be ignored), and what
 * congestion control knows beyond its window and threshold.
 *
 * Errors: USCTP_EINVAL; USCTP_ESTATE (not now: see usctp_assoc_export_ready); USCTP_EMSGSIZE (cap is too
 * small; *len is what it takes; buf may be NULL with cap 0); USCTP_ENOMEM. */
USCTP_API int usctp_assoc_export(usctp_assoc *assoc, void *buf, size_t cap, size_t *len);

/* Puts an association that was handed over into this stack, as one of this endpoint, which must have its SCTP
 * port and, if it lists addresses, one of the association's. It is established, with the parameters
 * that it had; no USCTP_EVENT_UP comes. `lower`: the lower layer of all its paths; 0: for each the first
 * attached that carries its address. `user` becomes its user pointer. Where the peer has to learn of
 * another UDP port of ours, usctp_path_heartbeat tells it at once.
 *
 * Errors: USCTP_EFORMAT (not such a string, or damaged), USCTP_EVERSION (of a later version),
 * USCTP_EINVAL, USCTP_EADDRNOTAVAIL (the endpoint's port or addresses are others, or its tag is that of
 * another shard), USCTP_EADDRINUSE (it is here already, or one with the same peer),
 * USCTP_EAFNOSUPPORT, USCTP_ENOENT (lower), USCTP_ENOMEM, USCTP_ECRYPTO. */
USCTP_API int usctp_endpoint_import(usctp_endpoint *endpoint, const void *bytes, size_t len,
                                    usctp_lower_id lower, void *user, usctp_assoc **assoc);

/* Says which lower layer a path of an imported association uses: from `local` to `remote`, whose UDP port is udp_port (0:
 * raw IP); 0: the first attached that carries its address. Called once for each path. */
typedef usctp_lower_id (*usctp_import_lower_fn)(void *ctx, const struct usctp_addr *local,
                                                const struct usctp_addr *remote, uint16_t udp_port);

/* The same with a lower layer for each path; `lower` NULL: as 0 there. */
USCTP_API int usctp_endpoint_import_over(usctp_endpoint *endpoint, const void *bytes, size_t len,
                                         usctp_import_lower_fn lower, void *ctx, void *user,
                                         usctp_assoc **assoc);

/* --- Events ----------------------------------------------------------------------------------- */

enum usctp_event_type {
    USCTP_EVENT_UP = 1,    /* COMMUNICATION UP (RFC 9260, 11.2.4). */
    USCTP_EVENT_RESTARTED, /* RESTART (11.2.7): the peer began afresh; unsent data is given back. */
    USCTP_EVENT_LOST,      /* COMMUNICATION LOST (11.2.5), or it never came up. CLOSED follows. */
    USCTP_EVENT_CLOSED,    /* The last event of an association; the handle ends with it. */
    USCTP_EVENT_MESSAGE,   /* DATA ARRIVE (11.2.1), lent. */
    USCTP_EVENT_WRITABLE,  /* Once after each USCTP_EWOULDBLOCK: there is room again. */
    USCTP_EVENT_SEND_FAILED,     /* SEND FAILURE (11.2.2), with the data; needs no memory. */
    USCTP_EVENT_PATH,            /* NETWORK STATUS CHANGE (11.2.3). */
    USCTP_EVENT_REMOTE_ERROR,    /* COMMUNICATION ERROR (11.2.6): the peer sent an ERROR chunk. */
    USCTP_EVENT_PEER_SHUTDOWN,   /* The peer shuts down: it takes no more data. */
    USCTP_EVENT_DRY,             /* Everything sent was acknowledged (USCTP_PARAM_DRY_EVENTS). */
    USCTP_EVENT_BUFFERED_LOW,    /* A low-water mark was reached. */
    USCTP_EVENT_PARTIAL_ABORTED, /* Of a message that was delivered in part the rest will not come:
                                  * the peer has given it up. */
    USCTP_EVENT_STREAMS_RESET, /* Streams were reset, by us or by the peer; or were not. In order with
                                  * messages: later ones on these streams are of after the reset. */
    USCTP_EVENT_ASSOC_RESET,   /* TSNs and all streams were reset, or were not. In order, too. */
    USCTP_EVENT_STREAMS_ADDED, /* There are more streams, or a request for them failed. */
    USCTP_EVENT_AUTH,          /* Something about authentication (RFC 6458, 6.1.8). */
    USCTP_EVENT_ADDRESS,       /* What became of a change of our addresses (RFC 5061). */
    USCTP_EVENT_ADAPTATION /* What the peer told what stands above SCTP; soon after UP or RESTARTED. */
};

enum usctp_auth_change {
    USCTP_AUTH_NEW_KEY = 1,  /* The peer has used this key for the first time. */
    USCTP_AUTH_FREE_KEY = 2, /* A key that was retired is no longer used for sending. */
    USCTP_AUTH_NONE = 3 /* The peer does not authenticate; comes after UP, or RESTARTED. Keys of the
                              * association are gone. */
};

enum usctp_lost_reason {
    USCTP_LOST_TIMEOUT = 1, /* Too many retransmissions, T5, or no answer to INIT. */
    USCTP_LOST_PEER_ABORT,  /* The peer sent ABORT; its causes are in the event. */
    USCTP_LOST_LOCAL_ABORT, /* usctp_assoc_abort. */
    USCTP_LOST_PROTOCOL,    /* The peer broke the protocol and was sent ABORT. */
    USCTP_LOST_UNREACHABLE, /* A verified ICMP message said so. */
    USCTP_LOST_RESOURCE     /* Out of memory, or of streams. */
};

enum usctp_path_change {
    USCTP_PATH_CHANGE_ADDED = 1, /* A new path. */
    USCTP_PATH_CHANGE_CONFIRMED, /* The address answered; it may carry data now. */
    USCTP_PATH_CHANGE_DOWN,      /* Too many errors: inactive. */
    USCTP_PATH_CHANGE_UP,        /* Active again. */
    USCTP_PATH_CHANGE_PRIMARY,   /* It has become the primary. */
    USCTP_PATH_CHANGE_REBOUND,   /* The peer's UDP port changed (a NAT rebinding). */
    USCTP_PATH_CHANGE_REMOVED,
    USCTP_PATH_CHANGE_POTENTIALLY_FAILED /* Some errors (RFC 7829); UP or DOWN follows. Only with
                                          * USCTP_PARAM_EXPOSE_PF. */
};

enum usctp_message_flag {
    USCTP_MESSAGE_UNORDERED = 1 << 0,
    USCTP_MESSAGE_FIRST = 1 << 1, /* Holds the first byte of the message. */
    USCTP_MESSAGE_LAST = 1 << 2   /* Holds the last one; without it, the rest of the message is
                                   * what comes next of its stream. */
};

struct usctp_event {
    size_t size; /* Of the structure as the library knows it. */
    int type;    /* enum usctp_event_type */
    usctp_stack *stack;
    usctp_endpoint *endpoint;
    usctp_assoc *assoc;
    void *assoc_user; /* The association's user pointer. */
    union {
        struct {
            uint16_t out_streams; /* Outbound streams, as agreed. */
            uint16_t in_streams;
        } up; /* UP, RESTARTED */
        struct {
            int reason;     /* enum usctp_lost_reason */
            int was_up;     /* USCTP_EVENT_UP had come before. */
            uint16_t cause; /* First error cause in the ABORT received or sent; 0: none. */
            uint16_t reserved;
            const uint8_t *causes; /* All of them, as they stand on the wire. */
            size_t causes_len;
        } lost;
        struct {
            usctp_message *message;
            const struct usctp_iov *iov; /* The bytes. */
            size_t iov_cnt;
            size_t len; /* Their sum. */
            uint16_t stream;
            uint16_t flags;     /* enum usctp_message_flag */
            uint32_t ppid;      /* Host order. */
            uint32_t ssn;       /* Stream sequence number, or message identifier where messages
                                 * are interleaved; 0 if unordered. */
            uint32_t tsn;       /* Of the first fragment. */
            usctp_path_id path; /* On which the last fragment came. */
        } message;
        struct {
            struct usctp_send_info info; /* As given, path excepted. */
            const struct usctp_iov *iov; /* The whole message. */
            size_t iov_cnt;
            size_t len;
            int sent;       /* A part of it was sent at least once. */
            uint16_t cause; /* Error cause that ended it, 0: none. */
        } send_failed;
        struct {
            usctp_path_id id;
            int change; /* enum usctp_path_change */
            struct usctp_addr remote;
            uint16_t remote_udp_port;
        } path;
        struct {
            uint16_t cause; /* First error cause. */
            uint16_t reserved;
            const uint8_t *causes;
            size_t causes_len;
        } remote_error;
        struct {
            int whole_assoc; /* The association's mark; else the stream's. */
            uint16_t stream;
            size_t buffered;
        } buffered_low;
        struct {
            uint16_t stream;
            uint16_t flags; /* USCTP_MESSAGE_UNORDERED or 0. */
            uint32_t ssn;   /* Stream sequence number; 0 if unordered. */
        } partial_aborted;
        struct {
            unsigned flags;          /* enum usctp_reset_flag */
            int result;              /* enum usctp_reconf_result */
            const uint16_t *streams; /* Which ones. */
            size_t stream_cnt;       /* 0: all. */
        } streams_reset;
        struct {
            int result;          /* enum usctp_reconf_result; what follows only when done: */
            uint32_t local_tsn;  /* The TSN that we send next. */
            uint32_t remote_tsn; /* The TSN that the peer sends next. */
        } assoc_reset;
        struct {
            int result;           /* enum usctp_reconf_result */
            uint16_t out_streams; /* As many as there are now. */
            uint16_t in_streams;
            uint16_t added_out; /* Of these, new ones. */
            uint16_t added_in;
        } streams_added;
        struct {
            int change;   /* enum usctp_auth_change */
            uint16_t key; /* Id of the shared key; AUTH_NONE: 0. */
        } auth;
        struct {
            struct usctp_address_change change; /* As it was asked for. */
            uint16_t cause;                     /* 0: done; else the peer's error cause, or
                                                 * 0xffff: not done, since another one was
                                                 * refused. */
        } address;
        struct {
            uint32_t indication; /* The peer's struct usctp_params.adaptation. */
        } adaptation;
        uint64_t reserved[16];
    } u;
};

/* --- Authentication --------------------------------------------------------------------------- */

/* RFC 4895: with USCTP_EXT_AUTH each side says which chunk types it takes only if they are
 * authenticated, and the other authenticates those it sends, under keys that are made of what both
 * said in the handshake and of a shared key. Shared keys have ids; key 0, which is empty, is there
 * from the beginning, and active. With an empty key whoever saw the handshake can authenticate too:
 * a program that relies on a key of its own makes it active, then retires and removes key 0.
 *
 * What is said of an endpoint is for its next associations: each begins with a copy of all of it. A
 * peer that does not authenticate is refused where any chunk type is demanded. */

/* Chunks of this type must come authenticated. USCTP_EINVAL: INIT, INIT ACK, SHUTDOWN COMPLETE, AUTH
 * cannot be; USCTP_ENOMEM. Messages come in DATA (0), or in I-DATA (64) where USCTP_EXT_INTERLEAVING is
 * agreed on: who may get either names both. With COOKIE ECHO (10) only peers that have the key get in, and a peer that
 * has forgotten everything cannot restart (RFC 4895, 6.3); with ABORT (6) the end of a peer may be
 * noticed later. */
USCTP_API int usctp_endpoint_demand_auth(usctp_endpoint *endpoint, uint8_t chunk_type);

/* HMACs to ask the peer for (enum usctp_hmac), the preferred one first; SHA-256, SHA-1 unless set.
 * USCTP_EINVAL: unknown or twice, or without SHA-1, which RFC 4895, 6.1 requires; USCTP_ESTATE: others than are
 * set, after a peer was told of those with INIT or INIT ACK (6.1); USCTP_ENOMEM. */
USCTP_API int usctp_endpoint_set_hmacs(usctp_endpoint *endpoint, const uint16_t *ids, size_t cnt);

/* What is set: up to `max` of them; the number of all is returned. */
USCTP_API size_t usctp_endpoint_auth_chunks(const usctp_endpoint *endpoint, uint8_t *types,
                                            size_t max);
USCTP_API size_t usctp_endpoint_hmacs(const usctp_endpoint *endpoint, uint16_t *ids, size_t max);

/* A shared key of len bytes (0 to 65,535), which is copied; one with this id is replaced. Errors:
 * USCTP_EINVAL, USCTP_ENOMEM; of an association also USCTP_ESTATE: it offers no authentication, or the peer has
 * answered without. */
USCTP_API int usctp_endpoint_add_key(usctp_endpoint *endpoint, uint16_t id, const void *secret,
                                     size_t len);
USCTP_API int usctp_assoc_add_key(usctp_assoc *assoc, uint16_t id, const void *secret, size_t len);

/* Sends under this key from now on: control chunks at once, messages that are given from now on.
 * Errors: USCTP_ENOENT (no such key), USCTP_ESTATE (it is retired; or as above), USCTP_ENOMEM. */
USCTP_API int usctp_endpoint_use_key(usctp_endpoint *endpoint, uint16_t id);
USCTP_API int usctp_assoc_use_key(usctp_assoc *assoc, uint16_t id);

/* The id of the key that is active. */
USCTP_API uint16_t usctp_endpoint_active_key(const usctp_endpoint *endpoint);
USCTP_API uint16_t usctp_assoc_active_key(const usctp_assoc *assoc);

/* No more messages go under this key; it still serves to receive. When the last one has been
 * acknowledged or given up, USCTP_EVENT_AUTH says so. Errors: USCTP_ENOENT, USCTP_ESTATE (it is
 * active; or as above), USCTP_ENOMEM. RFC 6458, 8.3.4. */
USCTP_API int usctp_endpoint_retire_key(usctp_endpoint *endpoint, uint16_t id);
USCTP_API int usctp_assoc_retire_key(usctp_assoc *assoc, uint16_t id);

/* Wipes a key: it is retired, and no message goes under it any more. From now on what the peer
 * authenticates with it is discarded. Errors: USCTP_ENOENT, USCTP_ESTATE. RFC 6458, 8.3.5. */
USCTP_API int usctp_endpoint_remove_key(usctp_endpoint *endpoint, uint16_t id);
USCTP_API int usctp_assoc_remove_key(usctp_assoc *assoc, uint16_t id);

/* The chunk types that we (peer == 0), or the peer, take only if they are authenticated: up to `max`
 * of them; the number of all is returned. 0 where nothing was agreed on, or not yet. */
USCTP_API size_t usctp_assoc_auth_chunks(const usctp_assoc *assoc, int peer, uint8_t *types,
                                         size_t max);

/* --- Statistics ------------------------------------------------------------------------------- */

/* The counters of the system's SCTP statistics have its names; see sctp(7). */
struct usctp_stack_stats {
    size_t size;                 /* USCTP_STACK_STATS_INIT */
    uint64_t curr_estab;         /* SctpCurrEstab: ESTABLISHED, SHUTDOWN-RECEIVED, -PENDING now. */
    uint64_t active_estabs;      /* SctpActiveEstabs: COOKIE-ECHOED to ESTABLISHED. */
    uint64_t passive_estabs;     /* SctpPassiveEstabs: CLOSED to ESTABLISHED. */
    uint64_t aborteds;           /* SctpAborteds: ended by ABORT, sent or received. */
    uint64_t shutdowns;          /* SctpShutdowns: ended gracefully. */
    uint64_t out_of_blues;       /* SctpOutOfBlues */
    uint64_t checksum_errors;    /* SctpChecksumErrors */
    uint64_t out_ctrl_chunks;    /* SctpOutCtrlChunks: all but DATA, without retransmissions. */
    uint64_t out_order_chunks;   /* SctpOutOrderChunks: ordered DATA, without retransmissions. */
    uint64_t out_unorder_chunks; /* SctpOutUnorderChunks: unordered DATA, likewise. */
    uint64_t in_ctrl_chunks;     /* SctpInCtrlChunks: each; nothing tells a duplicate. */
    uint64_t in_order_chunks;    /* SctpInOrderChunks: without duplicates and what was dropped. */
    uint64_t in_unorder_chunks;  /* SctpInUnorderChunks: likewise. */
    uint64_t frag_usr_msgs;      /* SctpFragUsrMsgs: messages that were fragmented. */
    uint64_t reasm_usr_msgs;     /* SctpReasmUsrMsgs: messages reassembled. */
    uint64_t out_sctp_packs;     /* SctpOutSCTPPacks */
    uint64_t in_sctp_packs;      /* SctpInSCTPPacks: also those with errors. */
    /* Our own. */
    uint64_t curr_assocs; /* Associations in any state, now. */
    uint64_t in_bytes, out_bytes;
    uint64_t dropped_short;      /* Shorter than the common header, or not a multiple of it. */
    uint64_t dropped_tag;        /* Wrong verification tag. */
    uint64_t dropped_source;     /* Right tag, but from no address of the association. */
    uint64_t dropped_bundle;     /* INIT, INIT ACK or SHUTDOWN COMPLETE bundled. */
    uint64_t dropped_malformed;  /* Chunk or parameter lengths that cannot be. */
    uint64_t dropped_memory;     /* As if lost: no memory. */
    uint64_t dropped_address;    /* Multicast, broadcast or unspecified source or destination. */
    uint64_t dropped_rate;       /* Replies not sent: above the rate. */
    uint64_t dropped_unexpected; /* Chunks that their state does not allow. */
    uint64_t bad_cookies;        /* Cookies whose MAC did not match, or that could not be read. */
    uint64_t stale_cookies;
    uint64_t icmp_ignored; /* ICMP messages that were not believed. */
    uint64_t icmp_taken;
    uint64_t send_blocked; /* The lower layer took less than it was given. */
    uint64_t memory_bytes; /* In use now. */
    uint64_t memory_peak_bytes;
    uint64_t allocations;     /* Calls of the allocator so far. */
    uint64_t dropped_blocked; /* Replies not sent: too many while the lower layer was blocked. */
    uint64_t in_zero_checksums,
        out_zero_checksums;           /* Packets without CRC32c (RFC 9653), taken; sent. */
    uint64_t dropped_unauthenticated; /* Chunks that must be authenticated and were not. */
    uint64_t auth_failures;           /* AUTH with a wrong MAC, an unknown key or HMAC: what stood
                                       * behind it was discarded. */
    uint64_t dropped_moved;           /* For associations that were handed over: not answered. */
    uint64_t ignored_skips; /* Streams in FORWARD TSN that skip more than can be missing. */
};
#define USCTP_STACK_STATS_INIT USCTP_SIZED(usctp_stack_stats)
USCTP_API int usctp_stack_stats(const usctp_stack *stack, struct usctp_stack_stats *stats);

struct usctp_assoc_stats {
    size_t size; /* USCTP_ASSOC_STATS_INIT */
    int state;   /* enum usctp_assoc_state */
    uint16_t local_port, remote_port;
    uint16_t out_streams, in_streams;
    uint32_t local_tag, remote_tag;
    uint32_t peer_rwnd;       /* As far as we know, less what is outstanding. */
    uint32_t advertised_rwnd; /* In the last SACK sent. */
    uint32_t flight;          /* Payload bytes outstanding on all paths. */
    uint32_t buffered;        /* Payload bytes accepted, not acknowledged. */
    uint32_t held_bytes;      /* Payload received, not consumed: out of order, incomplete, kept. */
    uint32_t outstanding_chunks, unsent_messages;
    uint32_t error_cnt; /* Compared with Association.Max.Retrans. */
    usctp_path_id primary;
    uint64_t sent_messages, received_messages;
    uint64_t sent_bytes, received_bytes; /* Payload, each byte once. */
    uint64_t sent_packets, received_packets;
    uint64_t retransmitted_chunks, retransmitted_bytes;
    uint64_t fast_retransmits, t3_expiries;
    uint64_t sent_sacks, received_sacks;
    uint64_t duplicate_tsns;      /* Received twice or more. */
    uint64_t peer_duplicate_tsns; /* That the peer reported. */
    uint64_t gap_acks_received;
    uint64_t reneged_tsns; /* Taken back by the peer. */
    uint64_t dropped_data; /* DATA not taken: window or memory. */
    uint64_t failovers;    /* Data moved to another path since its own went down. */
    uint64_t rebindings;   /* Times a peer's UDP port moved. */
    uint64_t heartbeats_sent, heartbeat_acks_received;
    uint64_t ignored_heartbeat_acks; /* Nonce or address did not match. */
    uint64_t tail_probes;            /* Sent since an answer was overdue (RFC 8985, 7). */
    uint64_t spurious_losses; /* Times that nothing was lost: the congestion window was restored. */
    uint64_t sent_ctrl_chunks, received_ctrl_chunks;             /* All but those with data. */
    uint64_t sent_ordered_chunks, sent_unordered_chunks;         /* With data, each once. */
    uint64_t received_ordered_chunks, received_unordered_chunks; /* Each TSN once. */
    uint64_t out_of_order_tsns;  /* Received while one before was missing. */
    uint64_t potential_failures; /* Times that a path became potentially failed (RFC 7829). */
    uint64_t switchovers;        /* Times that another path became the primary for errors. */
    uint64_t mtu_probes;         /* Sent to find the path MTU (RFC 8899). */
    uint64_t black_holes;        /* Times that large packets vanished: a path's limit fell. */
    uint64_t marked_packets;     /* Received with the mark of a congested router (RFC 3168). */
    uint64_t ecn_reductions;     /* Times that a congestion window was reduced for such marks. */
    /* How often timers have expired, besides T3 above: T1 after INIT and after COOKIE ECHO, T2 after SHUTDOWN
     * and after SHUTDOWN ACK, that of delayed SACKs; and heartbeats that nobody answered. */
    uint64_t t1_init_expiries, t1_cookie_expiries;
    uint64_t t2_shutdown_expiries, t2_shutdown_ack_expiries;
    uint64_t sack_expiries;
    uint64_t lost_heartbeats;
};
#define USCTP_ASSOC_STATS_INIT USCTP_SIZED(usctp_assoc_stats)
USCTP_API int usctp_assoc_stats(const usctp_assoc *assoc, struct usctp_assoc_stats *stats);

/* Visits the associations of a stack, in no particular order; fn must not free any. */
USCTP_API void usctp_stack_each_assoc(usctp_stack *stack, void (*fn)(void *ctx, usctp_assoc *assoc),
                                      void *ctx);

/* One line of text for each chunk of an SCTP packet, for logs and tools: fn is called with each
 * line, without line end. Reads any bytes safely. RFC 9260, section 3. */
USCTP_API void usctp_packet_text(const uint8_t *packet, size_t len,
                                 void (*fn)(void *ctx, const char *line), void *ctx);

#ifdef __cplusplus
}
#endif

#endif
