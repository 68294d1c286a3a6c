/* SPDX-License-Identifier: BSD-3-Clause */
/* A network of the test's own, for what the loopback interface of the machine does not show. */
#ifndef USCTP_TEST_NETWORK_H
#define USCTP_TEST_NETWORK_H

enum { TEST_NETWORK_MTU = 1500 };

/* Moves this process into an empty network whose loopback interface has an MTU of TEST_NETWORK_MTU.
 * 1: done; 0: the system has none, or lets nobody have one. */
int test_network_enter(void);

#endif
