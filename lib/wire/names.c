/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of chunks, parameters and error causes, as they stand in texts. */
#include "wire/describe.h"

#include "base/compiler.h"

struct name {
    uint16_t number;
    const char *text;
};

static const struct name chunk_names[] = {
    {USCTP__CHUNK_DATA, "DATA"},
    {USCTP__CHUNK_INIT, "INIT"},
    {USCTP__CHUNK_INIT_ACK, "INIT-ACK"},
    {USCTP__CHUNK_SACK, "SACK"},
    {USCTP__CHUNK_HEARTBEAT, "HEARTBEAT"},
    {USCTP__CHUNK_HEARTBEAT_ACK, "HEARTBEAT-ACK"},
    {USCTP__CHUNK_ABORT, "ABORT"},
    {USCTP__CHUNK_SHUTDOWN, "SHUTDOWN"},
    {USCTP__CHUNK_SHUTDOWN_ACK, "SHUTDOWN-ACK"},
    {USCTP__CHUNK_ERROR, "ERROR"},
    {USCTP__CHUNK_COOKIE_ECHO, "COOKIE-ECHO"},
    {USCTP__CHUNK_COOKIE_ACK, "COOKIE-ACK"},
    {USCTP__CHUNK_ECNE, "ECNE"},
    {USCTP__CHUNK_CWR, "CWR"},
    {USCTP__CHUNK_SHUTDOWN_COMPLETE, "SHUTDOWN-COMPLETE"},
    {USCTP__CHUNK_AUTH, "AUTH"},
    {USCTP__CHUNK_I_DATA, "I-DATA"},
    {USCTP__CHUNK_ASCONF_ACK, "ASCONF-ACK"},
    {USCTP__CHUNK_RECONF, "RE-CONFIG"},
    {USCTP__CHUNK_PAD, "PAD"},
    {USCTP__CHUNK_FORWARD_TSN, "FORWARD-TSN"},
    {USCTP__CHUNK_ASCONF, "ASCONF"},
    {USCTP__CHUNK_I_FORWARD_TSN, "I-FORWARD-TSN"},
};

static const struct name param_names[] = {
    {USCTP__PARAM_HEARTBEAT_INFO, "heartbeat-info"},
    {USCTP__PARAM_IPV4_ADDRESS, "ipv4-address"},
    {USCTP__PARAM_IPV6_ADDRESS, "ipv6-address"},
    {USCTP__PARAM_STATE_COOKIE, "state-cookie"},
    {USCTP__PARAM_UNRECOGNIZED, "unrecognized-parameter"},
    {USCTP__PARAM_COOKIE_PRESERVATIVE, "cookie-preservative"},
    {USCTP__PARAM_HOST_NAME, "host-name"},
    {USCTP__PARAM_SUPPORTED_ADDRESS_TYPES, "supported-address-types"},
    {USCTP__PARAM_OUT_RESET_REQUEST, "outgoing-reset"},
    {USCTP__PARAM_IN_RESET_REQUEST, "incoming-reset"},
    {USCTP__PARAM_TSN_RESET_REQUEST, "tsn-reset"},
    {USCTP__PARAM_RECONF_RESPONSE, "response"},
    {USCTP__PARAM_ADD_OUT_STREAMS, "add-outgoing-streams"},
    {USCTP__PARAM_ADD_IN_STREAMS, "add-incoming-streams"},
    {USCTP__PARAM_ECN_CAPABLE, "ecn-capable"},
    {USCTP__PARAM_ZERO_CHECKSUM, "zero-checksum"},
    {USCTP__PARAM_RANDOM, "random"},
    {USCTP__PARAM_CHUNK_LIST, "chunk-list"},
    {USCTP__PARAM_HMAC_ALGO, "hmac-algo"},
    {USCTP__PARAM_PADDING, "padding"},
    {USCTP__PARAM_SUPPORTED_EXTENSIONS, "supported-extensions"},
    {USCTP__PARAM_FORWARD_TSN, "forward-tsn-supported"},
    {USCTP__PARAM_ADD_IP, "add-ip-address"},
    {USCTP__PARAM_DELETE_IP, "delete-ip-address"},
    {USCTP__PARAM_ERROR_INDICATION, "error-cause-indication"},
    {USCTP__PARAM_SET_PRIMARY, "set-primary-address"},
    {USCTP__PARAM_SUCCESS_INDICATION, "success-indication"},
    {USCTP__PARAM_ADAPTATION, "adaptation-indication"},
};

static const struct name cause_names[] = {
    {USCTP__CAUSE_INVALID_STREAM, "invalid-stream-identifier"},
    {USCTP__CAUSE_MISSING_PARAM, "missing-mandatory-parameter"},
    {USCTP__CAUSE_STALE_COOKIE, "stale-cookie"},
    {USCTP__CAUSE_OUT_OF_RESOURCE, "out-of-resource"},
    {USCTP__CAUSE_UNRESOLVABLE_ADDRESS, "unresolvable-address"},
    {USCTP__CAUSE_UNRECOGNIZED_CHUNK, "unrecognized-chunk-type"},
    {USCTP__CAUSE_INVALID_MANDATORY_PARAM, "invalid-mandatory-parameter"},
    {USCTP__CAUSE_UNRECOGNIZED_PARAMS, "unrecognized-parameters"},
    {USCTP__CAUSE_NO_USER_DATA, "no-user-data"},
    {USCTP__CAUSE_COOKIE_WHILE_SHUTTING_DOWN, "cookie-while-shutting-down"},
    {USCTP__CAUSE_RESTART_NEW_ADDRESSES, "restart-with-new-addresses"},
    {USCTP__CAUSE_USER_ABORT, "user-initiated-abort"},
    {USCTP__CAUSE_PROTOCOL_VIOLATION, "protocol-violation"},
    {USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT, "restart-with-new-encapsulation-port"},
    {USCTP__CAUSE_DELETE_LAST_ADDRESS, "delete-last-address"},
    {USCTP__CAUSE_RESOURCE_SHORTAGE, "resource-shortage"},
    {USCTP__CAUSE_DELETE_SOURCE_ADDRESS, "delete-source-address"},
    {USCTP__CAUSE_ILLEGAL_ASCONF_ACK, "illegal-asconf-ack"},
    {USCTP__CAUSE_NO_AUTHORIZATION, "no-authorization"},
    {USCTP__CAUSE_UNSUPPORTED_HMAC, "unsupported-hmac"},
};

static const char *find(const struct name *names, size_t cnt, uint16_t number)
{
    for (size_t i = 0; i < cnt; i++) {
        if (names[i].number == number) {
            return names[i].text;
        }
    }
    return NULL;
}

const char *usctp__chunk_name(uint8_t type)
{
    return find(chunk_names, USCTP__ARRAY_LEN(chunk_names), type);
}

const char *usctp__param_name(uint16_t type)
{
    return find(param_names, USCTP__ARRAY_LEN(param_names), type);
}

const char *usctp__cause_name(uint16_t code)
{
    return find(cause_names, USCTP__ARRAY_LEN(cause_names), code);
}
