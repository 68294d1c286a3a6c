/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings that Linux has below net.sctp: a table with a row for each. */
#include "socket/settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "socket/host.h"
#include "socket/table.h"

/* What is no parameter of associations. */
struct usctp__settings {
    uint32_t max_autoclose_s; /* seconds */
};

enum {
    MAX_DUR_MS = 24 * 3600 * 1000,
    MAX_CNT = 65535,
    MAX_SHIFT = 10,
    MAX_UPDATE_SHIFT = 16,
    MAX_AUTOCLOSE_S = 24 * 3600 * 1000,
    MIN_BUFFER = 4096,
    MAX_BUFFER = 1 << 30
};

#define MIN_PROBE_DUR (5 * USCTP__SEC) /* as Linux has it; 0: none */

int usctp__settings_init(struct usctp_host *host)
{
    host->settings = calloc(1, sizeof(*host->settings));
    if (host->settings == NULL) {
        return -ENOMEM;
    }
    host->settings->max_autoclose_s = MAX_AUTOCLOSE_S;
    return 0;
}

void usctp__settings_destroy(struct usctp_host *host)
{
    free(host->settings);
}

uint64_t usctp__settings_max_autoclose(const struct usctp_host *host)
{
    return host->settings->max_autoclose_s;
}

/* --- The table -------------------------------------------------------------------------------- */

enum kind {
    MS,            /* a span among the parameters, told in milliseconds */
    CNT,           /* a number among the parameters */
    SHIFT,         /* a small number among them */
    SCOPE,         /* which addresses are told: enum usctp_listed, by Linux's numbers */
    FLAG,          /* a flag of the parameters */
    NO_FLAG,       /* one that switches something off */
    EXTENSION,     /* an extension that is offered; USCTP_EXT_INTERLEAVING: that may be asked for */
    BUFFER,        /* twice a number of payload bytes, as SO_RCVBUF and SO_SNDBUF have it */
    PF,            /* whether paths may be potentially failed (RFC 7829) */
    MAX_AUTOCLOSE, /* the rest stand elsewhere */
    UDP_PORT,
    ENCAPS_PORT
};

/* A setting. */
struct row {
    const char *name;
    enum kind kind;
    size_t at; /* MS, CNT, SHIFT, SCOPE: offset in struct usctp_params; FLAG, EXTENSION: the flag */
    long least, most; /* range */
};

#define PARAM(member) offsetof(struct usctp_params, member)

static const struct row rows[] = {
    {"addip_enable", EXTENSION, USCTP_EXT_ASCONF, 0, 1},
    {"addr_scope_policy", SCOPE, PARAM(listed_addrs), 0, 3},
    {"association_max_retrans", CNT, PARAM(assoc_max_retrans), 1, MAX_CNT},
    {"auth_enable", EXTENSION, USCTP_EXT_AUTH, 0, 1},
    {"cookie_preserve_enable", NO_FLAG, USCTP_PARAM_NO_PRESERVATIVE, 0, 1},
    {"default_auto_asconf", FLAG, USCTP_PARAM_FOLLOW_HOST, 0, 1},
    {"ecn_enable", EXTENSION, USCTP_EXT_ECN, 0, 1},
    {"encap_port", ENCAPS_PORT, 0, 1, 65535},
    {"hb_interval", MS, PARAM(hb_interval_dur), 1, MAX_DUR_MS},
    {"intl_enable", EXTENSION, USCTP_EXT_INTERLEAVING, 0, 1},
    {"max_autoclose", MAX_AUTOCLOSE, 0, 0, MAX_AUTOCLOSE_S},
    {"max_burst", CNT, PARAM(max_burst), 0, MAX_CNT},
    {"max_init_retransmits", CNT, PARAM(max_init_retrans), 1, MAX_CNT},
    {"path_max_retrans", CNT, PARAM(path_max_retrans), 1, MAX_CNT},
    {"pf_enable", PF, 0, 0, 1},
    {"pf_expose", FLAG, USCTP_PARAM_EXPOSE_PF, 0, 1},
    {"pf_retrans", CNT, PARAM(pf_max_retrans), 0, MAX_CNT},
    {"plpmtud_probe_interval", MS, PARAM(probe_interval_dur), 0, MAX_DUR_MS},
    {"prsctp_enable", EXTENSION, USCTP_EXT_PARTIAL_RELIABILITY, 0, 1},
    {"ps_retrans", CNT, PARAM(switchover_max_retrans), 0, MAX_CNT},
    {"reconf_enable", EXTENSION, USCTP_EXT_RECONFIG, 0, 1},
    {"rto_alpha_exp_divisor", CNT, PARAM(rto_alpha_shift), 1, MAX_SHIFT},
    {"rto_beta_exp_divisor", CNT, PARAM(rto_beta_shift), 1, MAX_SHIFT},
    {"rto_initial", MS, PARAM(rto_initial_dur), 1, MAX_DUR_MS},
    {"rto_max", MS, PARAM(rto_max_dur), 1, MAX_DUR_MS},
    {"rto_min", MS, PARAM(rto_min_dur), 1, MAX_DUR_MS},
    {"rwnd_update_shift", SHIFT, PARAM(window_update_shift), 1, MAX_UPDATE_SHIFT},
    {"sack_timeout", MS, PARAM(sack_delay_dur), 1, 500},
    {"sctp_rmem", BUFFER, PARAM(receive_window), MIN_BUFFER, MAX_BUFFER},
    {"sctp_wmem", BUFFER, PARAM(send_buffer), MIN_BUFFER, MAX_BUFFER},
    {"udp_port", UDP_PORT, 0, 0, 65535},
    {"valid_cookie_life", MS, PARAM(cookie_life_dur), 1, MAX_DUR_MS},
};

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* --- Reading and writing ---------------------------------------------------------------------- */

static void *member(struct usctp_params *params, const struct row *row)
{
    return (uint8_t *)params + row->at;
}

/* addr_scope_policy, the numbers of Linux. */
static const uint8_t policies[] = {USCTP_LISTED_ALL, USCTP_LISTED_IN_SCOPE, USCTP_LISTED_PRIVATE,
                                   USCTP_LISTED_LINK_LOCAL};

static long policy_of(uint8_t listed)
{
    long policy = 0;

    while (policies[policy] != listed) {
        policy++;
    }
    return policy;
}

static long read_row(struct usctp_host *host, const struct row *row)
{
    switch (row->kind) {
    case MS:
        return (long)usctp__time_to_ms_up(*(const uint64_t *)member(&host->params, row));
    case CNT:
        return (long)*(const uint32_t *)member(&host->params, row);
    case SHIFT:
        return *(const uint8_t *)member(&host->params, row);
    case SCOPE:
        return policy_of(*(const uint8_t *)member(&host->params, row));
    case FLAG:
        return (host->params.flags & (uint32_t)row->at) != 0;
    case NO_FLAG:
        return (host->params.flags & (uint32_t)row->at) == 0;
    case EXTENSION:
        return (host->params.extensions & (uint32_t)row->at) != 0;
    case BUFFER:
        return 2 * (long)*(const uint32_t *)member(&host->params, row);
    case PF:
        return host->params.pf_max_retrans != USCTP_RETRANS_OFF;
    case MAX_AUTOCLOSE:
        return (long)host->settings->max_autoclose_s;
    case UDP_PORT:
        return host->config.udp_port;
    default:
        return host->config.remote_udp_port;
    }
}

/* Minimum, initial and maximum keep their order (RFC 9260, 6.3.1), and so do thresholds (RFC 7829, 5). Addresses
 * are not changed without authentication (RFC 5061, 4.1.1). */
static int take_params(struct usctp_host *host, const struct usctp_params *params)
{
    uint32_t threshold = params->pf_max_retrans != USCTP_RETRANS_OFF ? params->pf_max_retrans
                                                                     : params->path_max_retrans;

    if ((params->probe_interval_dur != 0 && params->probe_interval_dur < MIN_PROBE_DUR) ||
        params->switchover_max_retrans < threshold ||
        params->rto_min_dur > params->rto_initial_dur ||
        params->rto_initial_dur > params->rto_max_dur ||
        ((params->extensions & USCTP_EXT_ASCONF) != 0 &&
         (params->extensions & USCTP_EXT_AUTH) == 0)) {
        return -EINVAL;
    }
    host->params = *params;
    if (host->params.init_rto_max_dur < host->params.rto_initial_dur) {
        host->params.init_rto_max_dur = host->params.rto_initial_dur;
    }
    return 0;
}

static int write_row(struct usctp_host *host, const struct row *row, long value)
{
    struct usctp_params params = host->params;

    if (value < row->least || value > row->most) {
        return -EINVAL;
    }
    switch (row->kind) {
    case MS:
        *(uint64_t *)member(&params, row) = (uint64_t)value * USCTP__MS;
        return take_params(host, &params);
    case CNT:
        *(uint32_t *)member(&params, row) = (uint32_t)value;
        return take_params(host, &params);
    case SHIFT:
        *(uint8_t *)member(&params, row) = (uint8_t)value;
        return take_params(host, &params);
    case SCOPE:
        *(uint8_t *)member(&params, row) = policies[value];
        return take_params(host, &params);
    case FLAG:
    case NO_FLAG:
        params.flags &= ~(uint32_t)row->at;
        params.flags |= (value != 0) == (row->kind == FLAG) ? (uint32_t)row->at : 0;
        return take_params(host, &params);
    case EXTENSION:
        params.extensions &= ~(uint32_t)row->at;
        params.extensions |= value != 0 ? (uint32_t)row->at : 0;
        return take_params(host, &params);
    case BUFFER:
        *(uint32_t *)member(&params, row) = (uint32_t)(value / 2);
        return take_params(host, &params);
    case PF:
        params.pf_max_retrans = value != 0 ? 0 : USCTP_RETRANS_OFF;
        return (value != 0) == (host->params.pf_max_retrans != USCTP_RETRANS_OFF)
                   ? 0
                   : take_params(host, &params);
    case MAX_AUTOCLOSE:
        host->settings->max_autoclose_s = (uint32_t)value;
        return 0;
    case UDP_PORT:
        host->config.udp_port = (uint16_t)value;
        return 0;
    default:
        host->config.remote_udp_port = (uint16_t)value;
        return 0;
    }
}

/* --- The calls -------------------------------------------------------------------------------- */

int usctp_host_set(usctp_host *host, const char *name, long value)
{
    int err = usctp__enter_host(host);

    if (err == 0) {
        const struct row *row = name != NULL ? find(name) : NULL;

        err = row != NULL ? write_row(host, row, value) : -ENOENT;
        usctp__leave_host(host);
    }
    return (int)usctp__result(err);
}

int usctp_host_get(usctp_host *host, const char *name, long *value)
{
    int err = usctp__enter_host(host);

    if (err == 0) {
        const struct row *row = name != NULL ? find(name) : NULL;

        if (row == NULL) {
            err = -ENOENT;
        } else if (value == NULL) {
            err = -EINVAL;
        } else {
            *value = read_row(host, row);
        }
        usctp__leave_host(host);
    }
    return (int)usctp__result(err);
}
