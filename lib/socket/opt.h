/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options: one table with a row for each, and the rules that hold for all of them (RFC 6458, 8).
 * The rows stand in the files of their families (opt_*.c). */
#ifndef USCTP_SOCKET_OPT_H
#define USCTP_SOCKET_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <usctp/socket.h>

#include "socket/peer.h"
#include "socket/sock.h"

/* To whom an option belongs, and what is special about it. */
enum usctp__opt_scope {
    USCTP__OPT_SOCK = 1 << 0,  /* the socket: its defaults for associations to come, or itself */
    USCTP__OPT_ASSOC = 1 << 1, /* one association */
    USCTP__OPT_ALL = 1 << 2,  /* SCTP_CURRENT_ASSOC and SCTP_ALL_ASSOC may be said when it is set */
    USCTP__OPT_PATH = 1 << 3, /* the structure names an address, which may tell the association */
    USCTP__OPT_MANY = 1 << 4, /* one-to-many style alone: else EOPNOTSUPP */
    USCTP__OPT_ONE = 1 << 5,  /* one-to-one style alone: else EINVAL */
    USCTP__OPT_INT = 1 << 6,  /* instead of struct sctp_assoc_value a mere int will do */
    USCTP__OPT_RAW = 1 << 7,  /* of any length: read and written in the program's memory */
    USCTP__OPT_SWITCH = 1 << 8 /* an int, kept as a bool of struct usctp__sock_opts */
};

enum { USCTP__OPT_NO_ID = 0xffff };

/* The largest argument of fixed size, and the few members that all rows of a kind share. */
union usctp__opt_value {
    int number;
    uint32_t count;
    sctp_assoc_t id;
    struct sctp_assoc_value value;
    struct sctp_stream_value stream_value;
    struct sctp_rtoinfo rtoinfo;
    struct sctp_assocparams assocparams;
    struct sctp_initmsg initmsg;
    struct sctp_prim prim;
    struct sctp_setpeerprim setpeerprim;
    struct sctp_setadaptation adaptation;
    struct sctp_paddrparams paddrparams;
    struct sctp_sndrcvinfo sndrcvinfo;
    struct sctp_sndinfo sndinfo;
    struct sctp_event_subscribe subscribe;
    struct sctp_event event;
    struct sctp_sack_info sack;
    struct sctp_status status;
    struct sctp_default_prinfo default_prinfo;
    struct sctp_prstatus prstatus;
    struct sctp_add_streams add_streams;
    struct sctp_paddrinfo paddrinfo;
    struct sctp_paddrthlds_v2 thresholds;
    struct sctp_udpencaps udpencaps;
    struct sctp_probeinterval probe_interval;
    struct sctp_assoc_stats stats;
    struct sctp_timeouts timeouts;
    struct sctp_getaddrs_old connectx;
    struct linger linger;
    struct timeval time;
    uint8_t bytes[256];
};

/* One getsockopt or setsockopt, as its row sees it. */
struct usctp__opt_call {
    struct usctp__sock *sock;
    const struct usctp__opt *row;
    struct usctp__peer *peer; /* the association meant; NULL: the socket */
    union usctp__opt_value
        *value;      /* set: what was given, rest zero. get: what was given, and where the
                                    * result goes */
    size_t len;      /* of it, as given, at most the row's. get: of the result */
    uint8_t *user;   /* RAW: the program's memory */
    size_t user_len; /* RAW: bytes there */
};

/* A row. */
struct usctp__opt {
    int level, name;
    uint16_t scope; /* enum usctp__opt_scope */
    uint16_t id_at; /* where the association id stands, or USCTP__OPT_NO_ID; of a SWITCH its bool */
    uint16_t min_len; /* what is shorter is an error */
    uint16_t len;     /* what is longer is not looked at */
    /* NULL: cannot be got, or set (ENOPROTOOPT). 0, a negative errno, or the result of the call. */
    int (*get)(struct usctp__opt_call *call);
    int (*set)(struct usctp__opt_call *call);
};

/* The rows of a family. */
struct usctp__opt_family {
    const struct usctp__opt *rows;
    size_t cnt;
};
extern const struct usctp__opt_family usctp__opts_assoc;     /* opt_assoc.c */
extern const struct usctp__opt_family usctp__opts_path;      /* opt_path.c */
extern const struct usctp__opt_family usctp__opts_pr;        /* opt_pr.c */
extern const struct usctp__opt_family usctp__opts_send;      /* opt_send.c */
extern const struct usctp__opt_family usctp__opts_event;     /* opt_event.c */
extern const struct usctp__opt_family usctp__opts_receive;   /* opt_receive.c */
extern const struct usctp__opt_family usctp__opts_info;      /* opt_info.c */
extern const struct usctp__opt_family usctp__opts_system;    /* opt_system.c */
extern const struct usctp__opt_family usctp__opts_below;     /* opt_below.c */
extern const struct usctp__opt_family usctp__opts_libsctp;   /* opt_libsctp.c */
extern const struct usctp__opt_family usctp__opts_threshold; /* opt_threshold.c */
extern const struct usctp__opt_family usctp__opts_ext;       /* opt_ext.c */
extern const struct usctp__opt_family usctp__opts_reconf;    /* opt_reconf.c */
extern const struct usctp__opt_family usctp__opts_stream;    /* opt_stream.c */
extern const struct usctp__opt_family usctp__opts_auth;      /* opt_auth.c */
extern const struct usctp__opt_family usctp__opts_asconf;    /* opt_asconf.c */

/* The row of an option; NULL: there is none. */
const struct usctp__opt *usctp__opt_find(int level, int name);

/* getsockopt and setsockopt on an entered socket. 0, or a positive result, or a negative errno. */
int usctp__opt_get(struct usctp__sock *sock, int level, int name, void *value, socklen_t *len);
int usctp__opt_set(struct usctp__sock *sock, int level, int name, const void *value, socklen_t len);

/* --- What rows share -------------------------------------------------------------------------- */

/* An option that is a switch, given as an int. */
static inline bool usctp__opt_on(const struct usctp__opt_call *call)
{
    return call->value->number != 0;
}

/* Of the row of a switch what comes behind level and name: the member of struct usctp__sock_opts, and what sets it. */
#define USCTP__OPT_SWITCH_ROW(scope, member, set)                                                  \
    (scope) | USCTP__OPT_SWITCH, (uint16_t)offsetof(struct usctp__sock_opts, member), sizeof(int), \
        sizeof(int), usctp__opt_get_switch, set

/* What a switch is set to. 0. */
int usctp__opt_get_switch(struct usctp__opt_call *call);

/* Sets a switch. 0. */
int usctp__opt_set_switch(struct usctp__opt_call *call);

/* Sets a switch that binds along with the socket: before that alone. 0 or -EINVAL. */
int usctp__opt_set_switch_unbound(struct usctp__opt_call *call);

/* The parameters of the association meant, or of those to come. */
struct usctp_params usctp__opt_params(const struct usctp__opt_call *call);

/* Sets them. 0 or a negative errno. */
int usctp__opt_set_params(const struct usctp__opt_call *call, const struct usctp_params *params);

/* SCTP_..._SUPPORTED: whether an extension was negotiated, or is offered by associations to come. 0. */
int usctp__opt_get_extension(struct usctp__opt_call *call, uint32_t extension);

/* Whether it is offered, and `also` with it. 0 or a negative errno: EINVAL of an association, where it is
 * settled. */
int usctp__opt_set_extension(const struct usctp__opt_call *call, bool on, uint32_t extension,
                             uint32_t also);

/* The options of the association meant, or those that associations to come begin with. */
struct usctp__peer_opts *usctp__opt_peer_opts(const struct usctp__opt_call *call);

/* For options of the whole socket that its associations feel at once: calls fn for the socket, with
 * call->peer NULL, and for each association. The first error, if any. */
int usctp__opt_everywhere(struct usctp__opt_call *call, int (*fn)(struct usctp__opt_call *call));

/* Finds what the address that stands `at` bytes into an option means (structures are packed: members have
 * no addresses of their own); call->peer is the association that it was found in. False: nothing. *any: it
 * is unspecified, or absent: all paths of call->peer are meant. */
bool usctp__opt_address(struct usctp__opt_call *call, size_t at, struct usctp_addr *addr,
                        bool *any);

/* Writes an address of call->peer there. */
void usctp__opt_put_address(struct usctp__opt_call *call, size_t at, const struct usctp_addr *addr);

enum { USCTP__OPT_PATH_MAX = 64 /* paths of an association */ };

/* The paths of an association to an address, the primary first; NULL: all of them. Returns how many. */
size_t usctp__opt_paths(const struct usctp__peer *peer, const struct usctp_addr *addr,
                        usctp_path_id ids[USCTP__OPT_PATH_MAX]);

/* Calls set for each of these paths of call->peer, where there is one. 0, or its first error. */
int usctp__opt_each_path(struct usctp__opt_call *call, const struct usctp_addr *addr,
                         int (*set)(struct usctp__opt_call *call, usctp_path_id id));

/* Bytes of user data that one chunk of the association holds at most. */
uint32_t usctp__frag_point(const struct usctp__peer *peer);

/* The same of an association to come with these parameters, as far as that can be known. */
uint32_t usctp__frag_point_to_come(const struct usctp_params *params);

#endif
