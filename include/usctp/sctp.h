/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The types and constants of the SCTP sockets API: RFC 6458 and the sockets chapters of RFC 6525,
 * 6951, 7053, 7496, 7829, 8260 and 9653, with the names, layouts and values of Linux. The functions
 * are in <usctp/socket.h>.
 *
 * This header goes together with the system's own ones in any order. On Linux, <netinet/sctp.h> or
 * else <linux/sctp.h> is included where there is one, and what it lacks is added. Elsewhere, or with
 * USCTP_NO_SYSTEM_SCTP defined, all is defined here, and a system's header that is included later
 * adds nothing. A header of another system, whose layouts differ, must not come first.
 *
 * What a system's header lacks is told by macros: a structure that came later is tied to the option
 * or event that came with it. A macro over an enumerator of the same value does no harm.
 *
 * Units: spans are milliseconds unless told otherwise, sizes are bytes of user data. An association
 * id is not looked at on a one-to-one style socket; on a one-to-many style socket one of SCTP_FUTURE_ASSOC,
 * SCTP_CURRENT_ASSOC and SCTP_ALL_ASSOC may stand in its place where the option allows that. Where a
 * structure names an address of the peer, an address of zeros means all of them. Payload protocol
 * identifiers are handed through as they are, in whatever byte order.
 */
#ifndef USCTP_SCTP_H
#define USCTP_SCTP_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/socket.h>

/* Where <netinet/sctp.h> came before it, it has made a number of the name. */
#undef IPPROTO_SCTP
#include <netinet/in.h>

#if defined(__linux__) && !defined(USCTP_NO_SYSTEM_SCTP)
#ifdef __has_include
#if __has_include(<netinet/sctp.h>)
#include <netinet/sctp.h>
#elif __has_include(<linux/sctp.h>)
#include <linux/sctp.h>
#endif
#endif
#endif

/* 1 where the system's header gave the names that Linux has always had. */
#ifndef SCTP_RTOINFO
#define USCTP_SCTP_FROM_SYSTEM 0
#elif defined(__linux_sctp_h__) || defined(_SCTP_H) || defined(_UAPI_SCTP_H)
#define USCTP_SCTP_FROM_SYSTEM 1
#else
#error "another SCTP header, with other layouts, came before <usctp/sctp.h>"
#endif

/* What includes of system headers after this one are to find: Linux's, Android's, FreeBSD's and
 * illumos'. (Where <linux/sctp.h> came alone, it has been completed by what <netinet/sctp.h> has.) */
#ifndef __linux_sctp_h__
#define __linux_sctp_h__
#endif
#if !USCTP_SCTP_FROM_SYSTEM
#define _SCTP_H
#define _UAPI_SCTP_H
#define _NETINET_SCTP_H_
#define _NETINET_SCTP_UIO_H_
#define _NETINET_SCTP_H
#endif

/* Arrays without a length at the end of a structure are an extension in C++. */
#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

/* As in Linux: no padding inside, and a multiple of 4 bytes in all. */
#define USCTP_SCTP_PACKED __attribute__((packed, aligned(4)))

#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP 132
#endif
#ifndef SOL_SCTP
#define SOL_SCTP 132
#endif

/* --- Association ids: RFC 6458, 7.2 ------------------------------------------------------------- */

#if !USCTP_SCTP_FROM_SYSTEM
typedef int32_t sctp_assoc_t;
#endif

#ifndef SCTP_FUTURE_ASSOC
#define SCTP_FUTURE_ASSOC  0 /* The socket's defaults, for associations to come. */
#define SCTP_CURRENT_ASSOC 1 /* Every association that there is. */
#define SCTP_ALL_ASSOC     2 /* Both. */
#endif

/* --- Our own numbers: all names that Linux has none for ------------------------------------------ */

/* Options, from 0x1000 on; the argument, and RFC 6458 unless told otherwise. */
#ifndef SCTP_EXPLICIT_EOR
#define SCTP_EXPLICIT_EOR 0x1000 /* int: 8.1.26 */
#endif
#ifndef SCTP_USE_EXT_RCVINFO
#define SCTP_USE_EXT_RCVINFO 0x1001 /* int: 8.1.22 */
#endif
#ifndef SCTP_ACCEPT_ZERO_CHECKSUM
#define SCTP_ACCEPT_ZERO_CHECKSUM 0x1002 /* sctp_assoc_value, one of SCTP_EDMID_...: RFC 9653 */
#endif
#ifndef SCTP_NRSACK_SUPPORTED
#define SCTP_NRSACK_SUPPORTED 0x1003 /* sctp_assoc_value; FreeBSD's */
#endif
#ifndef SCTP_PKTDROP_SUPPORTED
#define SCTP_PKTDROP_SUPPORTED 0x1004 /* sctp_assoc_value; FreeBSD's */
#endif
#ifndef SCTP_MAX_CWND
#define SCTP_MAX_CWND 0x1005 /* sctp_assoc_value, bytes; FreeBSD's */
#endif
#ifndef SCTP_TIMEOUTS
#define SCTP_TIMEOUTS 0x1006 /* sctp_timeouts, read only; FreeBSD's */

/* How often each timer of an association has expired. */
struct sctp_timeouts {
    sctp_assoc_t stimo_assoc_id;
    uint32_t stimo_init;        /* T1-init */
    uint32_t stimo_data;        /* T3-rtx */
    uint32_t stimo_sack;        /* Delayed SACK */
    uint32_t stimo_shutdown;    /* T2-shutdown, after SHUTDOWN */
    uint32_t stimo_heartbeat;   /* Heartbeats that nobody answered */
    uint32_t stimo_cookie;      /* T1-cookie */
    uint32_t stimo_shutdownack; /* T2-shutdown, after SHUTDOWN ACK */
};
#endif

/* Ancillary data: 5.3.3. */
#ifndef SCTP_EXTRCV
#define SCTP_EXTRCV 0x1000

/* Of a received message, and of the next one (deprecated). */
struct sctp_extrcvinfo {
    uint16_t sinfo_stream;
    uint16_t sinfo_ssn;
    uint16_t sinfo_flags; /* SCTP_UNORDERED */
    uint32_t sinfo_ppid;
    uint32_t sinfo_context;       /* SCTP_CONTEXT's value */
    uint32_t sinfo_pr_value;      /* Not used on receipt: 0 */
    uint32_t sinfo_tsn;           /* Of one of its DATA chunks */
    uint32_t sinfo_cumtsn;        /* The cumulative TSN when it was received */
    uint16_t serinfo_next_flags;  /* SCTP_NEXT_MSG_... */
    uint16_t serinfo_next_stream; /* This and what follows: of the next message, if AVAIL is set */
    uint32_t serinfo_next_aid;    /* Its association id */
    uint32_t serinfo_next_length; /* Bytes of it that are here */
    uint32_t serinfo_next_ppid;
    sctp_assoc_t sinfo_assoc_id;
};

#define SCTP_NEXT_MSG_AVAIL           0x0001
#define SCTP_NEXT_MSG_ISCOMPLETE      0x0002
#define SCTP_NEXT_MSG_IS_UNORDERED    0x0004
#define SCTP_NEXT_MSG_IS_NOTIFICATION 0x0008
#endif

/* Flags: of a send with explicit end of record (5.3.2, 5.3.4), and in nxt_flags (5.3.6). */
#ifndef SCTP_EOR
#define SCTP_EOR 0x4000 /* The message ends here. */
#endif
#ifndef SCTP_COMPLETE
#define SCTP_COMPLETE 0x1000 /* All of the next message is here. */
#endif

/* Notifications, from 0x80f0 on: 6.1.10. It is a bare sn_header. */
#ifndef SCTP_NOTIFICATIONS_STOPPED_EVENT
#define SCTP_NOTIFICATIONS_STOPPED_EVENT 0x80f0
#endif

/* Features in sac_info, one byte each: 6.1.1; RFC 6525, 6.2; RFC 8260, 4.2. FreeBSD's values, for programs that
 * name them: as on Linux, SCTP_COMM_UP comes without the list. */
#ifndef SCTP_ASSOC_SUPPORTS_PR
#define SCTP_ASSOC_SUPPORTS_PR           1
#define SCTP_ASSOC_SUPPORTS_AUTH         2
#define SCTP_ASSOC_SUPPORTS_ASCONF       3
#define SCTP_ASSOC_SUPPORTS_MULTIBUF     4
#define SCTP_ASSOC_SUPPORTS_RE_CONFIG    5
#define SCTP_ASSOC_SUPPORTS_INTERLEAVING 6
#define SCTP_ASSOC_SUPPORTS_MAX          6
#endif

/* A stream scheduler: RFC 8260, 3.3. */
#ifndef SCTP_SS_RR_PKT
#define SCTP_SS_RR_PKT 0x1000 /* Round-robin, a stream a packet */
#endif

/* Alternate error detection methods: RFC 9653, 6. */
#ifndef SCTP_EDMID_NONE
#define SCTP_EDMID_NONE             0
#define SCTP_EDMID_LOWER_LAYER_DTLS 1
#endif

/* --- Option numbers: RFC 6458, 8 ------------------------------------------------------------------ */

/* The argument stands behind each; int options are switches unless a unit is told. */
#if !USCTP_SCTP_FROM_SYSTEM
#define SCTP_RTOINFO                0  /* sctp_rtoinfo: 8.1.1 */
#define SCTP_ASSOCINFO              1  /* sctp_assocparams: 8.1.2 */
#define SCTP_INITMSG                2  /* sctp_initmsg: 8.1.3 */
#define SCTP_NODELAY                3  /* int: 8.1.5 */
#define SCTP_AUTOCLOSE              4  /* int, seconds: 8.1.8 */
#define SCTP_SET_PEER_PRIMARY_ADDR  5  /* sctp_setpeerprim, set only: 8.3.1 */
#define SCTP_PRIMARY_ADDR           6  /* sctp_prim: 8.1.9 */
#define SCTP_ADAPTATION_LAYER       7  /* sctp_setadaptation: 8.1.10 */
#define SCTP_DISABLE_FRAGMENTS      8  /* int: 8.1.11 */
#define SCTP_PEER_ADDR_PARAMS       9  /* sctp_paddrparams: 8.1.12 */
#define SCTP_DEFAULT_SEND_PARAM     10 /* sctp_sndrcvinfo: 8.1.13 (deprecated) */
#define SCTP_EVENTS                 11 /* sctp_event_subscribe: 8.1.14 (deprecated) */
#define SCTP_I_WANT_MAPPED_V4_ADDR  12 /* int: 8.1.15 */
#define SCTP_MAXSEG                 13 /* sctp_assoc_value or int, bytes: 8.1.16 */
#define SCTP_STATUS                 14 /* sctp_status, read only: 8.2.1 */
#define SCTP_GET_PEER_ADDR_INFO     15 /* sctp_paddrinfo, read only: 8.2.2 */
#define SCTP_DELAYED_ACK_TIME       16 /* sctp_sack_info or sctp_assoc_value: 8.1.19 */
#define SCTP_DELAYED_ACK            SCTP_DELAYED_ACK_TIME
#define SCTP_DELAYED_SACK           SCTP_DELAYED_ACK_TIME
#define SCTP_CONTEXT                17 /* sctp_assoc_value: 8.1.25 */
#define SCTP_FRAGMENT_INTERLEAVE    18 /* int, a level 0 to 2: 8.1.20 */
#define SCTP_PARTIAL_DELIVERY_POINT 19 /* int, bytes: 8.1.21 */
#define SCTP_MAX_BURST              20 /* sctp_assoc_value or int, packets: 8.1.24 */
#define SCTP_AUTH_CHUNK             21 /* sctp_authchunk, set only: 8.3.2 */
#define SCTP_HMAC_IDENT             22 /* sctp_hmacalgo: 8.1.17 */
#define SCTP_AUTH_KEY               23 /* sctp_authkey, set only: 8.3.3 */
#define SCTP_AUTH_ACTIVE_KEY        24 /* sctp_authkeyid: 8.1.18 */
#define SCTP_AUTH_DELETE_KEY        25 /* sctp_authkeyid, set only: 8.3.5 */
#define SCTP_PEER_AUTH_CHUNKS       26 /* sctp_authchunks, read only: 8.2.3 */
#define SCTP_LOCAL_AUTH_CHUNKS      27 /* sctp_authchunks, read only: 8.2.4 */
#define SCTP_GET_ASSOC_NUMBER       28 /* uint32_t, read only: 8.2.5 */
#define SCTP_GET_ASSOC_ID_LIST      29 /* sctp_assoc_ids, read only: 8.2.6 */
#endif

#ifndef SCTP_AUTO_ASCONF
#define SCTP_AUTO_ASCONF 30 /* int: 8.1.23 */
#endif
#ifndef SCTP_RECVRCVINFO
#define SCTP_RECVRCVINFO 32 /* int: 8.1.29 */
#endif
#ifndef SCTP_RECVNXTINFO
#define SCTP_RECVNXTINFO 33 /* int: 8.1.30 */
#endif
#ifndef SCTP_DEFAULT_SNDINFO
#define SCTP_DEFAULT_SNDINFO 34 /* sctp_sndinfo: 8.1.31 */
#endif
#ifndef SCTP_AUTH_DEACTIVATE_KEY
#define SCTP_AUTH_DEACTIVATE_KEY 35 /* sctp_authkeyid, set only: 8.3.4 */
#endif
#ifndef SCTP_REUSE_PORT
#define SCTP_REUSE_PORT 36 /* int: 8.1.27 */
#endif

/* Whether the socket offers an extension: sctp_assoc_value each. RFC 7496, 4.5; RFC 8260, 4.3.1; the
 * others are common practice. */
#ifndef SCTP_PR_SUPPORTED
#define SCTP_PR_SUPPORTED 113
#endif
#ifndef SCTP_RECONFIG_SUPPORTED
#define SCTP_RECONFIG_SUPPORTED 117
#endif
#ifndef SCTP_INTERLEAVING_SUPPORTED
#define SCTP_INTERLEAVING_SUPPORTED 125
#endif
#ifndef SCTP_ASCONF_SUPPORTED
#define SCTP_ASCONF_SUPPORTED 128
#endif
#ifndef SCTP_AUTH_SUPPORTED
#define SCTP_AUTH_SUPPORTED 129
#endif
#ifndef SCTP_ECN_SUPPORTED
#define SCTP_ECN_SUPPORTED 130
#endif

/* Linux's own: a number that its security modules know a call by, and no option. */
#ifndef SCTP_SENDMSG_CONNECT
#define SCTP_SENDMSG_CONNECT 126
#endif

/* --- Options behind the functions of RFC 6458, 9: private to Linux --------------------------------- */

#if !USCTP_SCTP_FROM_SYSTEM
#define SCTP_SOCKOPT_BINDX_ADD 100 /* Addresses, one behind the other, set only. */
#define SCTP_SOCKOPT_BINDX_REM 101
#define SCTP_SOCKOPT_PEELOFF   102 /* sctp_peeloff_arg_t, by getsockopt. */
#endif
#ifndef SCTP_SOCKOPT_CONNECTX_OLD
#define SCTP_SOCKOPT_CONNECTX_OLD 107 /* Addresses, set only. */
#endif
#ifndef SCTP_GET_PEER_ADDRS
#define SCTP_GET_PEER_ADDRS  108 /* sctp_getaddrs, read only. */
#define SCTP_GET_LOCAL_ADDRS 109
#endif
#ifndef SCTP_SOCKOPT_CONNECTX
#define SCTP_SOCKOPT_CONNECTX 110 /* Addresses; setsockopt gives the association id. */
#endif
#ifndef SCTP_SOCKOPT_CONNECTX3
#define SCTP_SOCKOPT_CONNECTX3 111 /* sctp_getaddrs_old, by getsockopt. */
#endif

#if !USCTP_SCTP_FROM_SYSTEM
/* SCTP_SOCKOPT_PEELOFF. */
typedef struct {
    sctp_assoc_t associd; /* In: the association. */
    int sd;               /* Out: the new descriptor. */
} sctp_peeloff_arg_t;

/* SCTP_SOCKOPT_CONNECTX3. */
struct sctp_getaddrs_old {
    sctp_assoc_t assoc_id;  /* Out. */
    int addr_num;           /* Bytes at addrs. */
    struct sockaddr *addrs; /* The caller's. */
};

/* SCTP_GET_PEER_ADDRS and SCTP_GET_LOCAL_ADDRS. */
struct sctp_getaddrs {
    sctp_assoc_t assoc_id; /* In. */
    uint32_t addr_num;     /* Out: how many. */
    uint8_t addrs[];       /* Out: the addresses, one behind the other. */
};
#endif

#ifndef SCTP_SOCKOPT_PEELOFF_FLAGS
#define SCTP_SOCKOPT_PEELOFF_FLAGS 122

/* SCTP_SOCKOPT_PEELOFF_FLAGS, by getsockopt. */
typedef struct {
    sctp_peeloff_arg_t p_arg;
    unsigned flags; /* SOCK_NONBLOCK, SOCK_CLOEXEC */
} sctp_peeloff_flags_arg_t;
#endif

/* --- Messages and ancillary data: RFC 6458, 5 ------------------------------------------------------ */

/* In msg_flags: 5.1. */
#ifndef MSG_NOTIFICATION
#define MSG_NOTIFICATION 0x8000
#endif

#if !USCTP_SCTP_FROM_SYSTEM
/* Types of ancillary data at level IPPROTO_SCTP. */
typedef enum sctp_cmsg_type {
    SCTP_INIT,   /* sctp_initmsg, sent: 5.3.1 */
    SCTP_SNDRCV, /* sctp_sndrcvinfo, both ways: 5.3.2 (deprecated) */
#define SCTP_INIT   SCTP_INIT
#define SCTP_SNDRCV SCTP_SNDRCV
} sctp_cmsg_t;

/* SCTP_INIT and SCTP_INITMSG: 5.3.1, 8.1.3. A member of 0 leaves the value as it is. */
struct sctp_initmsg {
    uint16_t sinit_num_ostreams;   /* Outbound streams to ask for. */
    uint16_t sinit_max_instreams;  /* Inbound streams to allow. */
    uint16_t sinit_max_attempts;   /* How often INIT is sent at most. */
    uint16_t sinit_max_init_timeo; /* The longest timeout of INIT, ms. */
};

/* SCTP_SNDRCV, SCTP_DEFAULT_SEND_PARAM, SCTP_SEND_FAILED: 5.3.2 (deprecated). */
struct sctp_sndrcvinfo {
    uint16_t sinfo_stream;
    uint16_t sinfo_ssn;   /* Received: the stream sequence number. */
    uint16_t sinfo_flags; /* enum sctp_sinfo_flags */
    uint32_t sinfo_ppid;
    uint32_t sinfo_context;    /* Sent: comes back in SCTP_SEND_FAILED; received: SCTP_CONTEXT's. */
    uint32_t sinfo_timetolive; /* Sent: lifetime, ms; 0: as long as it takes. */
    uint32_t sinfo_tsn;        /* Received: of one of its DATA chunks. */
    uint32_t sinfo_cumtsn;     /* Received: the cumulative TSN, of unordered messages. */
    sctp_assoc_t sinfo_assoc_id;
};

/* The least and the most that Linux has in one item. */
typedef union {
    uint8_t raw;
    struct sctp_initmsg init;
    struct sctp_sndrcvinfo sndrcv;
} sctp_cmsg_data_t;

/* In sinfo_flags and snd_flags: 5.3.2, 5.3.4. The bits of 0x0030 are a SCTP_PR_SCTP_... policy. */
enum sctp_sinfo_flags {
    SCTP_UNORDERED = 0x0001,
    SCTP_ADDR_OVER = 0x0002, /* To the address given, not to the primary one. */
    SCTP_ABORT = 0x0004,     /* Abort the association; the message is the reason. */
    SCTP_EOF = 0x0200        /* Shut down gracefully. */
};
#endif

#ifndef SCTP_SACK_IMMEDIATELY
#define SCTP_SACK_IMMEDIATELY 0x0008 /* Ask for a SACK at once: RFC 7053, 7. */
#endif
#ifndef SCTP_SENDALL
#define SCTP_SENDALL 0x0040 /* One copy to each association. */
#endif
#ifndef SCTP_NOTIFICATION
#define SCTP_NOTIFICATION MSG_NOTIFICATION /* In nxt_flags: 5.3.6. */
#endif

#ifndef SCTP_SNDINFO
#define SCTP_SNDINFO 2 /* Sent: 5.3.4. */
#define SCTP_RCVINFO 3 /* Received: 5.3.5. */

/* SCTP_SNDINFO, SCTP_DEFAULT_SNDINFO, SCTP_SEND_FAILED_EVENT. */
struct sctp_sndinfo {
    uint16_t snd_sid;   /* Stream. */
    uint16_t snd_flags; /* enum sctp_sinfo_flags */
    uint32_t snd_ppid;
    uint32_t snd_context; /* Comes back in SCTP_SEND_FAILED_EVENT. */
    sctp_assoc_t snd_assoc_id;
};

/* SCTP_RCVINFO. */
struct sctp_rcvinfo {
    uint16_t rcv_sid;   /* Stream. */
    uint16_t rcv_ssn;   /* Stream sequence number. */
    uint16_t rcv_flags; /* SCTP_UNORDERED */
    uint32_t rcv_ppid;
    uint32_t rcv_tsn;     /* Of one of its DATA chunks. */
    uint32_t rcv_cumtsn;  /* The cumulative TSN, of unordered messages. */
    uint32_t rcv_context; /* SCTP_CONTEXT's value. */
    sctp_assoc_t rcv_assoc_id;
};
#endif

#ifndef SCTP_NXTINFO
#define SCTP_NXTINFO 4 /* Received: 5.3.6. */

/* SCTP_NXTINFO: of the message behind the one received. */
struct sctp_nxtinfo {
    uint16_t nxt_sid;   /* Stream. */
    uint16_t nxt_flags; /* SCTP_UNORDERED, SCTP_COMPLETE, SCTP_NOTIFICATION */
    uint32_t nxt_ppid;
    uint32_t nxt_length; /* Bytes of it that are here. */
    sctp_assoc_t nxt_assoc_id;
};
#endif

#ifndef SCTP_PRINFO
#define SCTP_PRINFO 5 /* Sent: 5.3.7. */

/* SCTP_PRINFO. */
struct sctp_prinfo {
    uint16_t pr_policy; /* SCTP_PR_SCTP_... */
    uint32_t pr_value;  /* By policy: lifetime, ms; retransmissions; priority. */
};
#endif

#ifndef SCTP_AUTHINFO
#define SCTP_AUTHINFO 6 /* Sent: 5.3.8. */

/* SCTP_AUTHINFO. */
struct sctp_authinfo {
    uint16_t auth_keynumber; /* The key that authenticates the message. */
};
#endif

/* Sent: a further address of the peer, for a send that sets an association up: 5.3.9, 5.3.10. */
#ifndef SCTP_DSTADDRV4
#define SCTP_DSTADDRV4 7 /* struct in_addr */
#define SCTP_DSTADDRV6 8 /* struct in6_addr */
#endif

/* --- Partial reliability: RFC 7496 ------------------------------------------------------------------ */

#ifndef SCTP_DEFAULT_PRINFO
#define SCTP_DEFAULT_PRINFO 114 /* RFC 6458, 8.1.32 */

/* SCTP_DEFAULT_PRINFO. */
struct sctp_default_prinfo {
    sctp_assoc_t pr_assoc_id;
    uint32_t pr_value; /* As in sctp_prinfo. */
    uint16_t pr_policy;
};
#endif

#ifndef SCTP_PR_SCTP_NONE
#define SCTP_PR_SCTP_NONE                 0x0000 /* Reliable. */
#define SCTP_PR_SCTP_TTL                  0x0010 /* Until a time has passed. */
#define SCTP_PR_SCTP_RTX                  0x0020 /* Until it was sent again so often. */
#define SCTP_PR_SCTP_PRIO                 0x0030 /* Until room is needed for one of higher priority. */
#define SCTP_PR_SCTP_MAX                  SCTP_PR_SCTP_PRIO
#define SCTP_PR_SCTP_MASK                 0x0030

/* The policy among the flags, read and set. */
#define SCTP_PR_POLICY(flags)             ((flags)&SCTP_PR_SCTP_MASK)
#define SCTP_PR_SET_POLICY(flags, policy) ((flags) = ((flags) & ~SCTP_PR_SCTP_MASK) | (policy))
#define SCTP_PR_TTL_ENABLED(flags)        (SCTP_PR_POLICY(flags) == SCTP_PR_SCTP_TTL)
#define SCTP_PR_RTX_ENABLED(flags)        (SCTP_PR_POLICY(flags) == SCTP_PR_SCTP_RTX)
#define SCTP_PR_PRIO_ENABLED(flags)       (SCTP_PR_POLICY(flags) == SCTP_PR_SCTP_PRIO)
#endif
#ifndef SCTP_PR_SCTP_ALL
#define SCTP_PR_SCTP_ALL 0x0080 /* In sprstat_policy: of all policies together. */
#endif

#ifndef SCTP_PR_ASSOC_STATUS
#define SCTP_PR_ASSOC_STATUS 115 /* Read only: 4.4. */

/* SCTP_PR_ASSOC_STATUS and SCTP_PR_STREAM_STATUS. */
struct sctp_prstatus {
    sctp_assoc_t sprstat_assoc_id;
    uint16_t sprstat_sid;                        /* In: the stream. */
    uint16_t sprstat_policy;                     /* In: the policy counted. */
    unsigned long long sprstat_abandoned_unsent; /* Messages given up before they were sent. */
    unsigned long long sprstat_abandoned_sent;   /* Messages given up after that. */
};
#endif
#ifndef SCTP_PR_STREAM_STATUS
#define SCTP_PR_STREAM_STATUS 116 /* Read only: 4.3. */
#endif

/* --- Notifications: RFC 6458, 6.1 -------------------------------------------------------------------- */

/* All begin with type, flags and length; the length is that of the whole notification in bytes. What
 * has a length of its own at the end is as long as that says. */

#if !USCTP_SCTP_FROM_SYSTEM
/* Types. Bare numbers where a program may want to ask for them with #ifdef. */
enum sctp_sn_type { SCTP_SN_TYPE_BASE = 0x8000 };
#define SCTP_SN_TYPE_MAX               SCTP_SEND_FAILED_EVENT
#define SCTP_ASSOC_CHANGE              0x8001 /* 6.1.1 */
#define SCTP_PEER_ADDR_CHANGE          0x8002 /* 6.1.2 */
#define SCTP_SEND_FAILED               0x8003 /* 6.1.4 (deprecated) */
#define SCTP_REMOTE_ERROR              0x8004 /* 6.1.3 */
#define SCTP_SHUTDOWN_EVENT            0x8005 /* 6.1.5 */
#define SCTP_PARTIAL_DELIVERY_EVENT    0x8006 /* 6.1.7 */
#define SCTP_ADAPTATION_INDICATION     0x8007 /* 6.1.6 */
#define SCTP_AUTHENTICATION_INDICATION 0x8008 /* 6.1.8 */

/* SCTP_ASSOC_CHANGE: 6.1.1. */
struct sctp_assoc_change {
    uint16_t sac_type;
    uint16_t sac_flags; /* 0 */
    uint32_t sac_length;
    uint16_t sac_state; /* enum sctp_sac_state */
    uint16_t sac_error; /* Error cause code of the ABORT, or 0. */
    uint16_t sac_outbound_streams;
    uint16_t sac_inbound_streams;
    sctp_assoc_t sac_assoc_id;
    uint8_t sac_info[]; /* Lost: causes of the ABORT; else empty. */
};

enum sctp_sac_state {
    SCTP_COMM_UP,
    SCTP_COMM_LOST,
    SCTP_RESTART,
    SCTP_SHUTDOWN_COMP,
    SCTP_CANT_STR_ASSOC
};

/* SCTP_PEER_ADDR_CHANGE: 6.1.2. */
struct sctp_paddr_change {
    uint16_t spc_type;
    uint16_t spc_flags; /* 0 */
    uint32_t spc_length;
    struct sockaddr_storage spc_aaddr; /* The address of the peer. */
    int spc_state;                     /* enum sctp_spc_state */
    int spc_error;                     /* enum sctp_sn_error */
    sctp_assoc_t spc_assoc_id;
} USCTP_SCTP_PACKED;

enum sctp_spc_state {
    SCTP_ADDR_AVAILABLE,
    SCTP_ADDR_UNREACHABLE,
    SCTP_ADDR_REMOVED,
    SCTP_ADDR_ADDED,
    SCTP_ADDR_MADE_PRIM,
    SCTP_ADDR_CONFIRMED
};

/* SCTP_REMOTE_ERROR: 6.1.3. */
struct sctp_remote_error {
    uint16_t sre_type;
    uint16_t sre_flags; /* 0 */
    uint32_t sre_length;
    uint16_t sre_error; /* Error cause code, in network byte order. */
    sctp_assoc_t sre_assoc_id;
    uint8_t sre_data[]; /* The ERROR chunk. */
};

/* SCTP_SEND_FAILED: 6.1.4 (deprecated). */
struct sctp_send_failed {
    uint16_t ssf_type;
    uint16_t ssf_flags; /* enum sctp_ssf_flags */
    uint32_t ssf_length;
    uint32_t ssf_error;              /* Error cause code, or 0. */
    struct sctp_sndrcvinfo ssf_info; /* As it was sent. */
    sctp_assoc_t ssf_assoc_id;
    uint8_t ssf_data[]; /* The message, or the part that failed. */
};

enum sctp_ssf_flags {
    SCTP_DATA_UNSENT, /* It was never on the wire. */
    SCTP_DATA_SENT    /* It was, and may have arrived. */
};

/* SCTP_SHUTDOWN_EVENT: 6.1.5. */
struct sctp_shutdown_event {
    uint16_t sse_type;
    uint16_t sse_flags; /* 0 */
    uint32_t sse_length;
    sctp_assoc_t sse_assoc_id;
};

/* SCTP_ADAPTATION_INDICATION: 6.1.6. */
struct sctp_adaptation_event {
    uint16_t sai_type;
    uint16_t sai_flags; /* 0 */
    uint32_t sai_length;
    uint32_t sai_adaptation_ind; /* What the peer told. */
    sctp_assoc_t sai_assoc_id;
};

/* SCTP_PARTIAL_DELIVERY_EVENT: 6.1.7. */
struct sctp_pdapi_event {
    uint16_t pdapi_type;
    uint16_t pdapi_flags; /* 0 */
    uint32_t pdapi_length;
    uint32_t pdapi_indication; /* SCTP_PARTIAL_DELIVERY_ABORTED */
    sctp_assoc_t pdapi_assoc_id;
    uint32_t pdapi_stream; /* Of the message that stays unfinished. */
    uint32_t pdapi_seq;    /* Its stream sequence number. */
};

enum { SCTP_PARTIAL_DELIVERY_ABORTED = 0 };

/* SCTP_AUTHENTICATION_EVENT: 6.1.8. */
struct sctp_authkey_event {
    uint16_t auth_type;
    uint16_t auth_flags; /* 0 */
    uint32_t auth_length;
    uint16_t auth_keynumber;
    uint16_t auth_altkeynumber; /* Not used: 0. */
    uint32_t auth_indication;   /* SCTP_AUTH_... */
    sctp_assoc_t auth_assoc_id;
};
#endif

#ifndef SCTP_DATA_IO_EVENT
#define SCTP_DATA_IO_EVENT 0x8000 /* No notification: asks for SCTP_SNDRCV (deprecated). */
#endif
#ifndef SCTP_AUTHENTICATION_EVENT
#define SCTP_AUTHENTICATION_EVENT 0x8008
#endif

/* In auth_indication: 6.1.8. */
#ifndef SCTP_AUTH_NEW_KEY
#define SCTP_AUTH_NEW_KEY 0 /* A key became active. */
#endif
#if !USCTP_SCTP_FROM_SYSTEM
#define SCTP_AUTH_NEWKEY SCTP_AUTH_NEW_KEY
#endif
#ifndef SCTP_AUTH_FREE_KEY
#define SCTP_AUTH_FREE_KEY 1 /* A key is not used any more. */
#endif
#ifndef SCTP_AUTH_NO_AUTH
#define SCTP_AUTH_NO_AUTH 2 /* The peer does not know of authentication. */
#endif

/* In spc_state: RFC 7829, 7.1. */
#ifndef SCTP_ADDR_PF
#define SCTP_ADDR_POTENTIALLY_FAILED 6
#define SCTP_ADDR_PF                 SCTP_ADDR_POTENTIALLY_FAILED
#endif

#ifndef SCTP_SENDER_DRY_EVENT
#define SCTP_SENDER_DRY_EVENT 0x8009 /* 6.1.9 */

/* SCTP_SENDER_DRY_EVENT: nothing to send, nothing to wait for. */
struct sctp_sender_dry_event {
    uint16_t sender_dry_type;
    uint16_t sender_dry_flags; /* 0 */
    uint32_t sender_dry_length;
    sctp_assoc_t sender_dry_assoc_id;
};
#endif

#ifndef SCTP_SEND_FAILED_EVENT
#define SCTP_SEND_FAILED_EVENT 0x800d /* 6.1.11 */

/* SCTP_SEND_FAILED_EVENT. */
struct sctp_send_failed_event {
    uint16_t ssf_type;
    uint16_t ssf_flags; /* enum sctp_ssf_flags */
    uint32_t ssf_length;
    uint32_t ssf_error;            /* Error cause code, or 0. */
    struct sctp_sndinfo ssfe_info; /* As it was sent. */
    sctp_assoc_t ssf_assoc_id;
    uint8_t ssf_data[]; /* The message, or the part that failed. */
};
#endif

#if !USCTP_SCTP_FROM_SYSTEM
/* Linux's: in spc_error, why the state of an address changed. */
typedef enum sctp_sn_error {
    SCTP_FAILED_THRESHOLD,
    SCTP_RECEIVED_SACK,
    SCTP_HEARTBEAT_SUCCESS,
    SCTP_RESPONSE_TO_USER_REQ,
    SCTP_INTERNAL_ERROR,
    SCTP_SHUTDOWN_GUARD_EXPIRES,
    SCTP_PEER_FAULTY
} sctp_sn_error_t;
#endif

/* --- Stream reconfiguration: RFC 6525, 6 -------------------------------------------------------------- */

#ifndef SCTP_STREAM_RESET_EVENT
#define SCTP_STREAM_RESET_EVENT        0x800a /* 6.1.1 */
#define SCTP_STREAM_RESET_INCOMING_SSN 0x0001 /* In strreset_flags. */
#define SCTP_STREAM_RESET_OUTGOING_SSN 0x0002
#define SCTP_STREAM_RESET_DENIED       0x0004
#define SCTP_STREAM_RESET_FAILED       0x0008

/* SCTP_STREAM_RESET_EVENT. */
struct sctp_stream_reset_event {
    uint16_t strreset_type;
    uint16_t strreset_flags; /* SCTP_STREAM_RESET_... */
    uint32_t strreset_length;
    sctp_assoc_t strreset_assoc_id;
    uint16_t strreset_stream_list[]; /* None: all streams. */
};
#endif

#ifndef SCTP_ASSOC_RESET_EVENT
#define SCTP_ASSOC_RESET_EVENT  0x800b /* 6.1.2 */
#define SCTP_ASSOC_RESET_DENIED 0x0004 /* In assocreset_flags. */
#define SCTP_ASSOC_RESET_FAILED 0x0008

/* SCTP_ASSOC_RESET_EVENT. */
struct sctp_assoc_reset_event {
    uint16_t assocreset_type;
    uint16_t assocreset_flags; /* SCTP_ASSOC_RESET_... */
    uint32_t assocreset_length;
    sctp_assoc_t assocreset_assoc_id;
    uint32_t assocreset_local_tsn;  /* The next TSN to be sent. */
    uint32_t assocreset_remote_tsn; /* The next TSN to come. */
};
#endif

#ifndef SCTP_STREAM_CHANGE_EVENT
#define SCTP_STREAM_CHANGE_EVENT  0x800c /* 6.1.3 */
#define SCTP_ASSOC_CHANGE_DENIED  0x0004 /* Linux's names for the next two. */
#define SCTP_ASSOC_CHANGE_FAILED  0x0008
#define SCTP_STREAM_CHANGE_DENIED SCTP_ASSOC_CHANGE_DENIED /* In strchange_flags. */
#define SCTP_STREAM_CHANGE_FAILED SCTP_ASSOC_CHANGE_FAILED

/* SCTP_STREAM_CHANGE_EVENT. */
struct sctp_stream_change_event {
    uint16_t strchange_type;
    uint16_t strchange_flags; /* SCTP_STREAM_CHANGE_... */
    uint32_t strchange_length;
    sctp_assoc_t strchange_assoc_id;
    uint16_t strchange_instrms;  /* Inbound streams there are now. */
    uint16_t strchange_outstrms; /* Outbound streams there are now. */
};
#endif

#ifndef SCTP_ENABLE_STREAM_RESET
#define SCTP_ENABLE_STREAM_RESET     118  /* sctp_assoc_value of the following bits: 6.3.1 */
#define SCTP_ENABLE_RESET_STREAM_REQ 0x01 /* The peer may reset streams, */
#define SCTP_ENABLE_RESET_ASSOC_REQ  0x02 /* the association, */
#define SCTP_ENABLE_CHANGE_ASSOC_REQ 0x04 /* add streams. */
#define SCTP_ENABLE_STRRESET_MASK    0x07
#endif

#ifndef SCTP_RESET_STREAMS
#define SCTP_RESET_STREAMS         119 /* Set only: 6.3.2. */
#define SCTP_STREAM_RESET_INCOMING 0x01
#define SCTP_STREAM_RESET_OUTGOING 0x02

/* SCTP_RESET_STREAMS. */
struct sctp_reset_streams {
    sctp_assoc_t srs_assoc_id;
    uint16_t srs_flags;          /* SCTP_STREAM_RESET_INCOMING, _OUTGOING */
    uint16_t srs_number_streams; /* 0: all. */
    uint16_t srs_stream_list[];  /* So many stream ids. */
};
#endif

#ifndef SCTP_RESET_ASSOC
#define SCTP_RESET_ASSOC 120 /* sctp_assoc_t, set only: 6.3.3 */
#endif

#ifndef SCTP_ADD_STREAMS
#define SCTP_ADD_STREAMS 121 /* Set only: 6.3.4. */

/* SCTP_ADD_STREAMS. */
struct sctp_add_streams {
    sctp_assoc_t sas_assoc_id;
    uint16_t sas_instrms;  /* Inbound streams to ask the peer for. */
    uint16_t sas_outstrms; /* Outbound streams to add. */
};
#endif

/* --- Subscriptions: RFC 6458, 6.2 ---------------------------------------------------------------------- */

#ifndef SCTP_EVENT
#define SCTP_EVENT 127 /* 6.2.2 */

/* SCTP_EVENT. */
struct sctp_event {
    sctp_assoc_t se_assoc_id;
    uint16_t se_type; /* The type of notification. */
    uint8_t se_on;    /* 1: yes, 0: no. */
};
#endif

#if !USCTP_SCTP_FROM_SYSTEM
/* SCTP_EVENTS: 6.2.1 (deprecated). One switch a notification, in the order of their numbers. */
struct sctp_event_subscribe {
    uint8_t sctp_data_io_event; /* SCTP_SNDRCV with each message. */
    uint8_t sctp_association_event;
    uint8_t sctp_address_event;
    uint8_t sctp_send_failure_event;
    uint8_t sctp_peer_error_event;
    uint8_t sctp_shutdown_event;
    uint8_t sctp_partial_delivery_event;
    uint8_t sctp_adaptation_layer_event;
    uint8_t sctp_authentication_event;
    uint8_t sctp_sender_dry_event;
    uint8_t sctp_stream_reset_event;
    uint8_t sctp_assoc_reset_event;
    uint8_t sctp_stream_change_event;
    uint8_t sctp_send_failure_event_event; /* SCTP_SEND_FAILED_EVENT */
};

/* Any notification: 6.1. */
union sctp_notification {
    struct {
        uint16_t sn_type; /* Which of the others it is. */
        uint16_t sn_flags;
        uint32_t sn_length; /* Of the whole, bytes. */
    } sn_header;
    struct sctp_assoc_change sn_assoc_change;
    struct sctp_paddr_change sn_paddr_change;
    struct sctp_remote_error sn_remote_error;
    struct sctp_send_failed sn_send_failed;
    struct sctp_shutdown_event sn_shutdown_event;
    struct sctp_adaptation_event sn_adaptation_event;
    struct sctp_pdapi_event sn_pdapi_event;
    struct sctp_authkey_event sn_authkey_event;
    struct sctp_sender_dry_event sn_sender_dry_event;
    struct sctp_stream_reset_event sn_strreset_event;
    struct sctp_assoc_reset_event sn_assocreset_event;
    struct sctp_stream_change_event sn_strchange_event;
    struct sctp_send_failed_event sn_send_failed_event;
};
#endif

/* --- Options of sockets and associations: RFC 6458, 8.1 ------------------------------------------------- */

#if !USCTP_SCTP_FROM_SYSTEM
/* Any option that is one number for an association. */
struct sctp_assoc_value {
    sctp_assoc_t assoc_id;
    uint32_t assoc_value; /* In the option's unit. */
};

/* SCTP_RTOINFO: 8.1.1. A member of 0 leaves the value as it is. */
struct sctp_rtoinfo {
    sctp_assoc_t srto_assoc_id;
    uint32_t srto_initial; /* ms */
    uint32_t srto_max;     /* ms */
    uint32_t srto_min;     /* ms */
};

/* SCTP_ASSOCINFO: 8.1.2. A member of 0 leaves the value as it is. */
struct sctp_assocparams {
    sctp_assoc_t sasoc_assoc_id;
    uint16_t sasoc_asocmaxrxt;               /* Association.Max.Retrans */
    uint16_t sasoc_number_peer_destinations; /* Addresses of the peer; read only. */
    uint32_t sasoc_peer_rwnd;                /* Bytes the peer can take now; read only. */
    uint32_t sasoc_local_rwnd;               /* Bytes we told we can take; read only. */
    uint32_t sasoc_cookie_life;              /* ms */
};

/* SCTP_PRIMARY_ADDR: 8.1.9. */
struct sctp_prim {
    sctp_assoc_t ssp_assoc_id;
    struct sockaddr_storage ssp_addr; /* Of the peer. */
} USCTP_SCTP_PACKED;
#define sctp_setprim sctp_prim /* RFC 6458's name. */

/* SCTP_SET_PEER_PRIMARY_ADDR: 8.3.1. */
struct sctp_setpeerprim {
    sctp_assoc_t sspp_assoc_id;
    struct sockaddr_storage sspp_addr; /* Ours. */
} USCTP_SCTP_PACKED;

/* SCTP_ADAPTATION_LAYER: 8.1.10. */
struct sctp_setadaptation {
    uint32_t ssb_adaptation_ind; /* Told in INIT and INIT ACK. */
};

/* SCTP_PEER_ADDR_PARAMS: 8.1.12. A member of 0 leaves the value as it is, or needs a flag. */
struct sctp_paddrparams {
    sctp_assoc_t spp_assoc_id;
    struct sockaddr_storage spp_address;
    uint32_t spp_hbinterval;     /* HB.interval, ms */
    uint16_t spp_pathmaxrxt;     /* Path.Max.Retrans */
    uint32_t spp_pathmtu;        /* Bytes; fixes it with SPP_PMTUD_DISABLE. */
    uint32_t spp_sackdelay;      /* ms */
    uint32_t spp_flags;          /* enum sctp_spp_flags */
    uint32_t spp_ipv6_flowlabel; /* The low 20 bits, with SPP_IPV6_FLOWLABEL. */
    uint8_t spp_dscp;            /* The high 6 bits, with SPP_DSCP. */
} USCTP_SCTP_PACKED;

enum sctp_spp_flags {
    SPP_HB_ENABLE = 0x0001,
    SPP_HB_DISABLE = 0x0002,
    SPP_HB = SPP_HB_ENABLE | SPP_HB_DISABLE,
    SPP_HB_DEMAND = 0x0004, /* One heartbeat now. */
    SPP_PMTUD_ENABLE = 0x0008,
    SPP_PMTUD_DISABLE = 0x0010,
    SPP_PMTUD = SPP_PMTUD_ENABLE | SPP_PMTUD_DISABLE,
    SPP_SACKDELAY_ENABLE = 0x0020,
    SPP_SACKDELAY_DISABLE = 0x0040,
    SPP_SACKDELAY = SPP_SACKDELAY_ENABLE | SPP_SACKDELAY_DISABLE,
    SPP_HB_TIME_IS_ZERO = 0x0080 /* An interval of 0 is meant. */
};

/* SCTP_DELAYED_SACK: 8.1.19. A member of 0 leaves the value as it is. */
struct sctp_sack_info {
    sctp_assoc_t sack_assoc_id;
    uint32_t sack_delay; /* ms, at most 500 */
    uint32_t sack_freq;  /* Packets; 1: never delayed. */
};
#endif

#ifndef SPP_IPV6_FLOWLABEL
#define SPP_IPV6_FLOWLABEL 0x0100
#endif
#ifndef SPP_DSCP
#define SPP_DSCP 0x0200
#endif

/* --- Authentication: RFC 6458, 8.1.17, 8.1.18, 8.2.3, 8.3.2 to 8.3.5 -------------------------------------- */

#if !USCTP_SCTP_FROM_SYSTEM
/* SCTP_AUTH_CHUNK. */
struct sctp_authchunk {
    uint8_t sauth_chunk; /* A chunk type that must come authenticated. */
};

/* SCTP_HMAC_IDENT. EISCONN: a peer was told of others (RFC 4895, 6.1). */
struct sctp_hmacalgo {
    uint32_t shmac_num_idents;
    uint16_t shmac_idents[]; /* SCTP_AUTH_HMAC_ID_..., best first. */
};
#define shmac_number_of_idents shmac_num_idents /* RFC 6458's name. */

enum { SCTP_AUTH_HMAC_ID_SHA1 = 1, SCTP_AUTH_HMAC_ID_SHA256 = 3 };

/* SCTP_AUTH_KEY. */
struct sctp_authkey {
    sctp_assoc_t sca_assoc_id;
    uint16_t sca_keynumber;
    uint16_t sca_keylength; /* Bytes; 0: the null key. */
    uint8_t sca_key[];      /* So many bytes. */
};

/* SCTP_AUTH_ACTIVE_KEY, SCTP_AUTH_DEACTIVATE_KEY, SCTP_AUTH_DELETE_KEY. */
struct sctp_authkeyid {
    sctp_assoc_t scact_assoc_id;
    uint16_t scact_keynumber;
};

/* SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS. */
struct sctp_authchunks {
    sctp_assoc_t gauth_assoc_id;
    uint32_t gauth_number_of_chunks; /* In: room, out: how many. */
    uint8_t gauth_chunks[];          /* Chunk types. */
};
#define guth_number_of_chunks gauth_number_of_chunks /* The spelling of old programs. */
#endif

/* --- What can be asked: RFC 6458, 8.2 ----------------------------------------------------------------------- */

#if !USCTP_SCTP_FROM_SYSTEM
/* SCTP_GET_PEER_ADDR_INFO: 8.2.2. */
struct sctp_paddrinfo {
    sctp_assoc_t spinfo_assoc_id;
    struct sockaddr_storage spinfo_address; /* In: of the peer. */
    int32_t spinfo_state;                   /* enum sctp_spinfo_state */
    uint32_t spinfo_cwnd;                   /* Bytes. */
    uint32_t spinfo_srtt;                   /* ms */
    uint32_t spinfo_rto;                    /* ms */
    uint32_t spinfo_mtu;                    /* Bytes. */
} USCTP_SCTP_PACKED;

enum sctp_spinfo_state {
    SCTP_INACTIVE,
    SCTP_PF, /* RFC 7829 */
    SCTP_ACTIVE,
    SCTP_UNCONFIRMED,
    SCTP_UNKNOWN = 0xffff
};

/* SCTP_STATUS: 8.2.1. */
struct sctp_status {
    sctp_assoc_t sstat_assoc_id;
    int32_t sstat_state;                 /* enum sctp_sstat_state */
    uint32_t sstat_rwnd;                 /* Bytes the peer can take. */
    uint16_t sstat_unackdata;            /* Chunks sent and not acknowledged. */
    uint16_t sstat_penddata;             /* Chunks received and not read. */
    uint16_t sstat_instrms;              /* Inbound streams. */
    uint16_t sstat_outstrms;             /* Outbound streams. */
    uint32_t sstat_fragmentation_point;  /* Bytes of the largest chunk. */
    struct sctp_paddrinfo sstat_primary; /* Of the primary address. */
};

enum sctp_sstat_state {
    SCTP_EMPTY,
    SCTP_CLOSED,
    SCTP_COOKIE_WAIT,
    SCTP_COOKIE_ECHOED,
    SCTP_ESTABLISHED,
    SCTP_SHUTDOWN_PENDING,
    SCTP_SHUTDOWN_SENT,
    SCTP_SHUTDOWN_RECEIVED,
    SCTP_SHUTDOWN_ACK_SENT
};

/* SCTP_GET_ASSOC_ID_LIST: 8.2.6. */
struct sctp_assoc_ids {
    uint32_t gaids_number_of_ids;
    sctp_assoc_t gaids_assoc_id[]; /* So many ids. */
};
#endif

#ifndef SCTP_POTENTIALLY_FAILED
#define SCTP_POTENTIALLY_FAILED SCTP_PF
#endif

#ifndef SCTP_GET_ASSOC_STATS
#define SCTP_GET_ASSOC_STATS 112 /* Read only; Linux's. */

/* SCTP_GET_ASSOC_STATS: counters since the association began. */
struct sctp_assoc_stats {
    sctp_assoc_t sas_assoc_id;
    struct sockaddr_storage sas_obs_rto_ipaddr; /* Where the largest RTO was seen. */
    unsigned long long sas_maxrto;       /* That RTO since the last call, ms; 0: no change. */
    unsigned long long sas_isacks;       /* SACKs received. */
    unsigned long long sas_osacks;       /* SACKs sent. */
    unsigned long long sas_opackets;     /* Packets sent. */
    unsigned long long sas_ipackets;     /* Packets received. */
    unsigned long long sas_rtxchunks;    /* Chunks sent again. */
    unsigned long long sas_outofseqtsns; /* TSNs received beyond the one expected. */
    unsigned long long sas_idupchunks;   /* DATA chunks received twice. */
    unsigned long long sas_gapcnt;       /* Gap blocks received. */
    unsigned long long sas_ouodchunks;   /* Unordered DATA chunks sent. */
    unsigned long long sas_iuodchunks;   /* Unordered DATA chunks received. */
    unsigned long long sas_oodchunks;    /* Ordered DATA chunks sent. */
    unsigned long long sas_iodchunks;    /* Ordered DATA chunks received. */
    unsigned long long sas_octrlchunks;  /* Control chunks sent. */
    unsigned long long sas_ictrlchunks;  /* Control chunks received. */
};
#endif

/* --- Thresholds: RFC 7829, 7 ---------------------------------------------------------------------------------- */

#ifndef SCTP_PEER_ADDR_THLDS
#define SCTP_PEER_ADDR_THLDS 31 /* 7.2, as Linux had it first. */

/* SCTP_PEER_ADDR_THLDS. */
struct sctp_paddrthlds {
    sctp_assoc_t spt_assoc_id;
    struct sockaddr_storage spt_address;
    uint16_t spt_pathmaxrxt; /* Losses in a row until the path is inactive. */
    uint16_t spt_pathpfthld; /* Until it is potentially failed. */
};
#endif

#ifndef SCTP_PEER_ADDR_THLDS_V2
#define SCTP_PEER_ADDR_THLDS_V2 37 /* 7.2, whole. */

/* SCTP_PEER_ADDR_THLDS_V2. */
struct sctp_paddrthlds_v2 {
    sctp_assoc_t spt_assoc_id;
    struct sockaddr_storage spt_address;
    uint16_t spt_pathmaxrxt; /* Losses in a row until the path is inactive. */
    uint16_t spt_pathpfthld; /* Until it is potentially failed. */
    uint16_t spt_pathcpthld; /* Until another one becomes the primary. */
};
#endif

#ifndef SCTP_EXPOSE_POTENTIALLY_FAILED_STATE
#define SCTP_EXPOSE_POTENTIALLY_FAILED_STATE 131 /* sctp_assoc_value: 7.3 */
#define SCTP_EXPOSE_PF_STATE                 SCTP_EXPOSE_POTENTIALLY_FAILED_STATE
#endif

/* --- Schedulers: RFC 8260, 4.3 --------------------------------------------------------------------------------- */

#ifndef SCTP_STREAM_SCHEDULER
#define SCTP_STREAM_SCHEDULER 123 /* sctp_assoc_value, enum sctp_sched_type: 4.3.2 */

enum sctp_sched_type {
    SCTP_SS_FCFS,                   /* First come, first served. */
    SCTP_SS_DEFAULT = SCTP_SS_FCFS, /* What a socket begins with. */
    SCTP_SS_PRIO,                   /* By priority: the lowest value goes first. */
    SCTP_SS_RR                      /* Round-robin. */
};
#endif
#ifndef SCTP_SS_FC
#define SCTP_SS_FC 3 /* Fair shares of capacity. */
#endif
#ifndef SCTP_SS_WFQ
#define SCTP_SS_WFQ 4 /* Shares by weight. */
#endif
/* The other names of RFC 8260. */
#ifndef SCTP_SS_FB
#define SCTP_SS_FB SCTP_SS_FC
#endif
#ifndef SCTP_PLUGGABLE_SS
#define SCTP_PLUGGABLE_SS SCTP_STREAM_SCHEDULER
#endif

#ifndef SCTP_STREAM_SCHEDULER_VALUE
#define SCTP_STREAM_SCHEDULER_VALUE 124 /* 4.3.3 */

/* SCTP_STREAM_SCHEDULER_VALUE. */
struct sctp_stream_value {
    sctp_assoc_t assoc_id;
    uint16_t stream_id;
    uint16_t stream_value; /* Priority or weight. */
};
#endif
#ifndef SCTP_SS_VALUE
#define SCTP_SS_VALUE SCTP_STREAM_SCHEDULER_VALUE
#endif

/* --- Encapsulation and path MTU: RFC 6951, 6.1; RFC 8899 --------------------------------------------------------- */

#ifndef SCTP_REMOTE_UDP_ENCAPS_PORT
#define SCTP_REMOTE_UDP_ENCAPS_PORT 132

/* SCTP_REMOTE_UDP_ENCAPS_PORT. */
struct sctp_udpencaps {
    sctp_assoc_t sue_assoc_id;
    struct sockaddr_storage sue_address;
    uint16_t sue_port; /* The peer's UDP port, in network byte order; 0: not encapsulated. */
};
#endif

#ifndef SCTP_PLPMTUD_PROBE_INTERVAL
#define SCTP_PLPMTUD_PROBE_INTERVAL 133 /* Linux's. */

/* SCTP_PLPMTUD_PROBE_INTERVAL. */
struct sctp_probeinterval {
    sctp_assoc_t spi_assoc_id;
    struct sockaddr_storage spi_address;
    uint32_t spi_interval; /* ms; 0: no probes. */
};
#endif

/* --- For the functions: RFC 6458, 9 -------------------------------------------------------------------------------- */

/* sctp_bindx: 9.1. */
#if !USCTP_SCTP_FROM_SYSTEM
#define SCTP_BINDX_ADD_ADDR 0x01
#define SCTP_BINDX_REM_ADDR 0x02
#endif

/* sctp_sendv and sctp_recvv: 9.12, 9.13. */
#ifndef HAVE_SCTP_SENDV
#define HAVE_SCTP_SENDV 1

/* In infotype: what info points to. */
enum {
    SCTP_SENDV_NOINFO,
    SCTP_SENDV_SNDINFO,  /* struct sctp_sndinfo */
    SCTP_SENDV_PRINFO,   /* struct sctp_prinfo */
    SCTP_SENDV_AUTHINFO, /* struct sctp_authinfo */
    SCTP_SENDV_SPA       /* struct sctp_sendv_spa */
};

/* In sendv_flags: which of the members count. */
#define SCTP_SEND_SNDINFO_VALID  0x1
#define SCTP_SEND_PRINFO_VALID   0x2
#define SCTP_SEND_AUTHINFO_VALID 0x4

/* All that can be told about a message to send. (Headers made for kernels before 4.17 have half of
 * it under this name.) */
#if USCTP_SCTP_FROM_SYSTEM
#define sctp_sendv_spa usctp_sendv_spa
#endif
struct sctp_sendv_spa {
    uint32_t sendv_flags; /* SCTP_SEND_..._VALID */
    struct sctp_sndinfo sendv_sndinfo;
    struct sctp_prinfo sendv_prinfo;
    struct sctp_authinfo sendv_authinfo;
};

/* In infotype: what was filled in. */
enum {
    SCTP_RECVV_NOINFO,
    SCTP_RECVV_RCVINFO, /* struct sctp_rcvinfo */
    SCTP_RECVV_NXTINFO, /* struct sctp_nxtinfo */
    SCTP_RECVV_RN       /* struct sctp_recvv_rn */
};

/* About the message received and the next one. */
struct sctp_recvv_rn {
    struct sctp_rcvinfo recvv_rcvinfo;
    struct sctp_nxtinfo recvv_nxtinfo;
};
#endif

/* What programs ask for with #ifdef: that there is SCTP, and members and functions that came late. */
#ifndef HAVE_SCTP
#define HAVE_SCTP 1
#endif
#if !USCTP_SCTP_FROM_SYSTEM
#define HAVE_SCTP_STREAM_RESET_EVENT       1
#define HAVE_SCTP_STREAM_RECONFIG          1
#define HAVE_SCTP_PEELOFF_FLAGS            1
#define HAVE_SCTP_PDAPI_EVENT_PDAPI_STREAM 1
#define HAVE_SCTP_PDAPI_EVENT_PDAPI_SEQ    1
#define HAVE_SCTP_AUTH_NO_AUTH             1
#define HAVE_SCTP_SPP_IPV6_FLOWLABEL       1
#define HAVE_SCTP_SPP_DSCP                 1
#endif

#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif

#endif
