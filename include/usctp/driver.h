/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ready-made parts to hand to the core: system memory, clock, cryptography, UDP and raw IP sockets,
 * a poll loop, and a packet capture in pcapng. A program that brings its own needs none of this.
 */
#ifndef USCTP_DRIVER_H
#define USCTP_DRIVER_H

#include <stdint.h>

#include <usctp/lower.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- The system's parts ----------------------------------------------------------------------- */

/* malloc and free. */
USCTP_API const struct usctp_memory *usctp_memory_system(void);

/* Random bytes of the system and HMAC of libcrypto; NULL in a library built without it. */
USCTP_API const struct usctp_crypto *usctp_crypto_system(void);

/* Only the random bytes of the system, for programs that bring their own HMAC; 0 or negative. */
USCTP_API int usctp_random_system(void *ctx, void *buf, size_t len);

/* Monotonic time in nanoseconds; ctx is not used. Fits config.clock. */
USCTP_API uint64_t usctp_clock_system(void *ctx);

/* The fastest CRC32c that this processor can run. */
USCTP_API usctp_crc32c_fn usctp_crc32c_system(void);

/* Sets config up with all of the above (config.size too): usctp_config_system(&config). Errors:
 * USCTP_ECRYPTO (built without a crypto library: config->crypto is left NULL, the rest is set),
 * USCTP_ESIZE. */
USCTP_API int usctp_config_system_sized(struct usctp_config *config, size_t size);
#define usctp_config_system(config) usctp_config_system_sized((config), sizeof(*(config)))

/* --- Drivers: sockets as lower layers --------------------------------------------------------- */

/* A socket descriptor as the system has them (int, or SOCKET on Windows). */
typedef intptr_t usctp_fd;

typedef struct usctp_driver usctp_driver;

/* Decides on each datagram that a driver is about to hand on, in either direction: not 0 drops it.
 * For tests and demonstrations. */
typedef int (*usctp_filter_fn)(void *user, int outbound, const struct usctp_dgram *dgram);

/* Flags of struct usctp_driver_config: what a driver does without, though the system has it. What is
 * on the wire is the same with and without. */
enum usctp_driver_flag {
    USCTP_DRIVER_NO_SEGMENTATION = 1 << 0, /* Each packet goes down on its own, no trains of them
                                            * that the system or the card cuts (UDP_SEGMENT). */
    USCTP_DRIVER_NO_COALESCING = 1 << 1,   /* Each packet comes up on its own (UDP_GRO). */
    USCTP_DRIVER_NO_BATCHES = 1 << 2,      /* One system call a packet; includes the two above. */
    USCTP_DRIVER_NO_STEERING = 1 << 3      /* Of a shard: the system is not asked to steer packets;
                                            * all that reach a wrong one are handed over. */
};

/* Several stacks, the shards, each with a driver and a thread of its own, on one UDP port. The group
 * is made before the first driver and freed after the last; drivers are opened and closed one at a
 * time, in whichever thread, also while others run. */
typedef struct usctp_shards usctp_shards;

/* A group of up to 1 << prefix_len shards (1 to 8), by the high bits of their verification tags.
 * Errors: USCTP_EINVAL, USCTP_ENOMEM, USCTP_ECRYPTO, USCTP_EIO (descriptors: two a shard),
 * USCTP_EAFNOSUPPORT (not on this platform). */
USCTP_API int usctp_shards_new(uint8_t prefix_len, usctp_shards **shards);
USCTP_API void usctp_shards_free(usctp_shards *shards);

/* Makes a stack's configuration that of shard number `shard`, from 0 on: its prefix, the secret of the
 * cookies. It is valid as long as the group. Errors: USCTP_EINVAL, USCTP_ESIZE. */
USCTP_API int usctp_shards_config(const usctp_shards *shards, unsigned shard,
                                  struct usctp_config *config);

struct usctp_driver_config {
    size_t size;                    /* USCTP_DRIVER_CONFIG_INIT */
    const struct usctp_addr *addrs; /* Local addresses to bind, one socket each; none: all of the
                                     * host, IPv4 and IPv6. */
    size_t addr_cnt;
    uint16_t port;           /* Local UDP port, the same for all; 0: the system draws one. Not
                                     * used by raw drivers. */
    uint16_t reserved0[3];   /* Zero. */
    uint32_t receive_buffer; /* Socket buffers, bytes; 0: 1 MiB, or what the system grants. */
    uint32_t send_buffer;
    usctp_filter_fn filter; /* May be NULL. */
    void *filter_user;
    char *error_text; /* Gets a sentence when opening fails; may be NULL. */
    size_t error_text_len;
    uint32_t flags;       /* enum usctp_driver_flag. */
    uint32_t shard;       /* Its number in the group, where there is one. */
    usctp_shards *shards; /* NULL: the port is its own. Else the port of the group is taken, if
                           * one of them is open already and `port` is 0. UDP only. */
    /* UDP sockets to take over in place of opening any: those of a driver that had the port, here or in
     * another process (SCM_RIGHTS), with the same addresses, in any order. They are duplicated: yours
     * stay yours. The port is theirs where `port` is 0. NULL: none. Not on Windows, nor with shards.
     * Only one of those who have a socket may read from it: see the guide, section 16. */
    const usctp_fd *fds;
    size_t fd_cnt;
};
#define USCTP_DRIVER_CONFIG_INIT USCTP_SIZED(usctp_driver_config)

/* Opens UDP sockets and attaches them to the stack as one lower layer. The best driver of the
 * platform is taken. Errors: USCTP_EADDRINUSE (the UDP port is taken), USCTP_EADDRNOTAVAIL,
 * USCTP_EIO, USCTP_ENOMEM, USCTP_EINVAL, USCTP_ESIZE; error_text says more. */
USCTP_API int usctp_udp_open(usctp_stack *stack, const struct usctp_driver_config *config,
                             usctp_driver **driver);

/* The same on raw IP sockets, protocol 132 (needs privileges: USCTP_EIO). Only where the platform
 * has them; elsewhere USCTP_EAFNOSUPPORT. */
USCTP_API int usctp_raw_open(usctp_stack *stack, const struct usctp_driver_config *config,
                             usctp_driver **driver);

/* Detaches from the stack, closes the sockets, frees. */
USCTP_API void usctp_driver_close(usctp_driver *driver);

/* Its name in datagrams, and its UDP port (0: raw). */
USCTP_API usctp_lower_id usctp_driver_lower(const usctp_driver *driver);
USCTP_API uint16_t usctp_driver_port(const usctp_driver *driver);

/* Its descriptors, up to max of them; returns how many there are. Wait for them to become readable,
 * and writable where usctp_driver_wants_write says so, then call usctp_driver_process. */
USCTP_API size_t usctp_driver_fds(const usctp_driver *driver, usctp_fd *fds, size_t max);
USCTP_API int usctp_driver_wants_write(const usctp_driver *driver);

/* Receives what is there, about 1,024 packets at most, hands it to the stack, and sends what had been
 * held back. Never blocks. Returns the number of packets taken in, or a negative error. */
USCTP_API int usctp_driver_process(usctp_driver *driver, uint64_t now_ts);

/* Sets the filter, or none with NULL. */
USCTP_API void usctp_driver_set_filter(usctp_driver *driver, usctp_filter_fn filter, void *user);

/* --- The addresses of the host ---------------------------------------------------------------- */

/* Looks at the addresses that this host has, for usctp_stack_set_addresses. */
typedef struct usctp_addr_watch usctp_addr_watch;

/* Errors: USCTP_EINVAL, USCTP_ENOMEM, USCTP_EIO (Windows: no Winsock). */
USCTP_API int usctp_addr_watch_new(usctp_addr_watch **watch);
USCTP_API void usctp_addr_watch_free(usctp_addr_watch *watch);

/* Readable once they may have changed: then usctp_addr_watch_read is to be called. -1: the system does not say, look
 * at them now and then. Linux says it by netlink, BSD and macOS by the routing socket, Windows by its IP helper (to a
 * socket of ours). Only Linux is run in tests; of Windows it is a system that a test plays. */
USCTP_API usctp_fd usctp_addr_watch_fd(const usctp_addr_watch *watch);

/* Those of interfaces that are up, each once, up to `max` of them (a stack takes USCTP_HOST_ADDRS_MAX); loopback and
 * link-local ones are left out. Returns how many there are. */
USCTP_API size_t usctp_addr_watch_read(usctp_addr_watch *watch, struct usctp_addr *addrs,
                                       size_t max);

/* --- A small poll loop ------------------------------------------------------------------------ */

typedef struct usctp_loop usctp_loop;

/* Flags of struct usctp_loop_config. */
enum usctp_loop_flag {
    USCTP_LOOP_BUSY_POLL = 1 << 0,  /* Never sleeps: reads the sockets again and again. A round trip
                                   * costs less, and a whole processor. usctp_loop_once may
                                   * return before there was anything to do. */
    USCTP_LOOP_FOLLOW_HOST = 1 << 1 /* The stack is told the addresses of the host, and what becomes
                                     * of them (usctp_stack_set_addresses): at once where the system
                                     * tells (see usctp_addr_watch_fd), else each look_ms. Not
                                     * with addresses of your own choice. */
};

struct usctp_loop_config {
    size_t size;                      /* USCTP_LOOP_CONFIG_INIT */
    const struct usctp_config *stack; /* NULL: usctp_config_system with the two members below. */
    usctp_event_fn on_event;          /* Where `stack` is NULL. */
    void *user;
    const struct usctp_addr *addrs; /* Local addresses of the UDP driver; see above. */
    size_t addr_cnt;
    uint16_t udp_port;    /* Local UDP port; 0: the system draws one. */
    uint16_t reserved[3]; /* Zero. */
    char *error_text;     /* As in usctp_driver_config. */
    size_t error_text_len;
    uint32_t driver_flags; /* enum usctp_driver_flag. */
    uint32_t flags;        /* enum usctp_loop_flag. */
    usctp_shards *shards;  /* As in usctp_driver_config; `stack` is needed then. */
    uint32_t shard;
    uint32_t look_ms; /* USCTP_LOOP_FOLLOW_HOST: the system is asked so often, milliseconds, and not
                       * waited for; 0: it tells where it can, else it is asked once a second. */
    const usctp_fd *fds; /* As in usctp_driver_config. */
    size_t fd_cnt;
};
#define USCTP_LOOP_CONFIG_INIT USCTP_SIZED(usctp_loop_config)

/* Makes a stack with a UDP driver and a loop that serves both. Errors: those of usctp_stack_new and
 * usctp_udp_open. */
USCTP_API int usctp_loop_new(const struct usctp_loop_config *config, usctp_loop **loop);

/* Closes the drivers, frees the stack and the loop. Not from callbacks. */
USCTP_API void usctp_loop_free(usctp_loop *loop);

USCTP_API usctp_stack *usctp_loop_stack(usctp_loop *loop);
USCTP_API usctp_driver *usctp_loop_driver(usctp_loop *loop);

/* Serves a further driver of the same stack; the loop closes it when it is freed. */
USCTP_API int usctp_loop_add(usctp_loop *loop, usctp_driver *driver);

/* Waits at most max_wait_dur (USCTP_NEVER: as long as it takes) for something to do and does it. On Linux a loop
 * with one socket (one address), no watch and nothing to do soon sleeps in the read itself, which is
 * quickest; the socket is a blocking one from then on. 0 or a negative error. */
USCTP_API int usctp_loop_once(usctp_loop *loop, uint64_t max_wait_dur);

/* Runs until usctp_loop_stop. 0 or a negative error. */
USCTP_API int usctp_loop_run(usctp_loop *loop);

/* Ends usctp_loop_run after the present round; from callbacks, or a signal handler. */
USCTP_API void usctp_loop_stop(usctp_loop *loop);

enum usctp_watch_flag { USCTP_WATCH_READ = 1, USCTP_WATCH_WRITE = 2 };
typedef void (*usctp_watch_fn)(void *user, usctp_fd fd, int ready);

/* Watches another descriptor; flags 0 ends it. Errors: USCTP_EINVAL, USCTP_ENOMEM. */
USCTP_API int usctp_loop_watch(usctp_loop *loop, usctp_fd fd, int flags, usctp_watch_fn fn,
                               void *user);

/* Calls fn once at the time `ts` of usctp_clock_system, or soon after. A second call with the same
 * fn and user moves it; USCTP_NEVER ends it. Errors: USCTP_ENOMEM. */
USCTP_API int usctp_loop_at(usctp_loop *loop, uint64_t ts, void (*fn)(void *user), void *user);

/* --- Packet capture --------------------------------------------------------------------------- */

typedef struct usctp_pcapng usctp_pcapng;

/* Opens a capture file; packets are written with IP and UDP headers made up for them, so that
 * Wireshark reads them. Errors: USCTP_EIO (errno tells why), USCTP_ENOMEM. */
USCTP_API int usctp_pcapng_open(const char *path, usctp_pcapng **capture);

/* An observer for usctp_stack_set_observer; user is the capture. now_ts is added to the time of the
 * system at the first packet. */
USCTP_API void usctp_pcapng_observe(void *user, int outbound, const struct usctp_dgram *dgram,
                                    const uint8_t *packet, size_t len, uint64_t now_ts);

/* How many packets it holds so far. */
USCTP_API uint64_t usctp_pcapng_count(const usctp_pcapng *capture);

/* Closes the file. USCTP_EIO: not everything could be written. */
USCTP_API int usctp_pcapng_close(usctp_pcapng *capture);

#ifdef __cplusplus
}
#endif

#endif
