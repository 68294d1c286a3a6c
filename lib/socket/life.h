/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening, accepting, shutting down, peeling off. */
#ifndef USCTP_SOCKET_LIFE_H
#define USCTP_SOCKET_LIFE_H

#include <usctp/socket.h>

struct usctp__sock;

/* On entered sockets; 0 or a negative errno. */
int usctp__listen(struct usctp__sock *sock, int backlog);
int usctp__shutdown(struct usctp__sock *sock, int how);

/* Waits for an association in the queue and takes it off. The socket has its pair, made with these flags, but
 * is not in the table yet. NULL with *err: -EAGAIN and the like. */
struct usctp__sock *usctp__accept_next(struct usctp__sock *sock, int flags, int *err);

/* Moves an association with all that waits of it to a new socket, like that; NULL with *err. */
struct usctp__sock *usctp__peel_off(struct usctp__sock *sock, sctp_assoc_t id, int flags, int *err);

/* SO_LINGER at close: ends the associations and waits for that as long as it says. No descriptor names the
 * socket any more; it is closed afterwards. */
void usctp__linger(struct usctp__sock *sock);

/* The socket's options changed: its port offers them to the associations that peers set up. */
void usctp__offer_params(struct usctp__sock *sock);

#endif
