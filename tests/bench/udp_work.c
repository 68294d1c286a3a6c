/* SPDX-License-Identifier: BSD-3-Clause */
/* The work over UDP: `bench-udp WORK [plain] [busy] [apart|together]` starts a server process, does the
 * work once and prints one line: the figure, CPU and wall seconds of both processes together. A packet
 * takes another while to wake a process on the same processor than on another one: `apart` gives each
 * process one of its own, `together` both the same; else the system places them as it likes. */
#define _GNU_SOURCE 1

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "udp.h"

static pid_t server;

static double seconds(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* CPU seconds of both processes so far. */
static double cpu_seconds(void)
{
    clockid_t clock;

    if (clock_getcpuclockid(server, &clock) != 0) {
        fprintf(stderr, "bench: the server is gone\n");
        exit(1);
    }
    return seconds(CLOCK_PROCESS_CPUTIME_ID) + seconds(clock);
}

/* A UDP port that nobody uses now. */
static uint16_t free_port(void)
{
    struct sockaddr_in name;
    socklen_t len = sizeof(name);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &len) != 0) {
        perror("bench: port");
        exit(1);
    }
    close(fd);
    return ntohs(name.sin_port);
}

/* Keeps this process on the n-th of the processors that it may run on, or on the last if there are not
 * so many. */
static void stay_on(int n)
{
    cpu_set_t all, one;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof(all), &all) != 0) {
        perror("bench: processors");
        exit(1);
    }
    for (int i = 0; i < CPU_SETSIZE && n >= 0; i++) {
        if (CPU_ISSET(i, &all)) {
            CPU_ZERO(&one);
            CPU_SET(i, &one);
            n--;
        }
    }
    if (sched_setaffinity(0, sizeof(one), &one) != 0) {
        perror("bench: processors");
        exit(1);
    }
}

/* Starts the server and waits until its port is open. */
static void start_server(const struct udp_options *options, uint16_t port)
{
    int fds[2];
    char byte;

    if (pipe(fds) != 0 || (server = fork()) < 0) {
        perror("bench: server");
        exit(1);
    }
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (options->places == UDP_APART) {
            stay_on(1);
        }
        udp_server_open(options, port);
        if (write(fds[1], "", 1) != 1) {
            _exit(1);
        }
        udp_server_run();
        _exit(1);
    }
    if (options->places == UDP_APART) {
        stay_on(0);
    }
    close(fds[1]);
    if (read(fds[0], &byte, 1) != 1) {
        fprintf(stderr, "bench: the server did not start\n");
        exit(1);
    }
}

/* Does the work cnt times, after a tenth of it to the steady state; prints the line. `unit` is what
 * the figure is divided by: CPU seconds a GiB for bulk, wall nanoseconds a round trip else. */
static void measure(const char *work, uint64_t cnt)
{
    int bulk = strncmp(work, "bulk", 4) == 0;
    size_t len = 65536;
    double cpu, wall, value;

    for (int round = 0; round < 2; round++) {
        uint64_t n = round == 0 ? cnt / 10 : cnt;

        cpu = cpu_seconds();
        wall = seconds(CLOCK_MONOTONIC);
        if (bulk) {
            udp_client_bulk(len, n);
        } else {
            udp_client_ping(n);
        }
        cpu = cpu_seconds() - cpu;
        wall = seconds(CLOCK_MONOTONIC) - wall;
    }
    value = bulk ? cpu / ((double)cnt * (double)len / (1 << 30)) : wall / (double)cnt * 1e9;
    printf("%s %s %.3f cpu %.3f wall %.3f cpu-each %.1f\n", udp_name, work, value, cpu, wall,
           cpu / (double)cnt * 1e9);
}

int main(int argc, char **argv)
{
    struct udp_options options = {1, 0, UDP_ANYWHERE};
    const char *scale = getenv("BENCH_DIVIDE");
    uint64_t divide = scale != NULL && atoi(scale) > 0 ? (uint64_t)atoi(scale) : 1;
    uint16_t port;

    for (int i = 2; i < argc; i++) {
        options.offload = options.offload && strcmp(argv[i], "plain") != 0;
        options.busy = options.busy || strcmp(argv[i], "busy") == 0;
        options.places = strcmp(argv[i], "apart") == 0      ? UDP_APART
                         : strcmp(argv[i], "together") == 0 ? UDP_TOGETHER
                                                            : options.places;
    }
    if (argc < 2 || (strcmp(argv[1], "bulk-65536") != 0 && strcmp(argv[1], "ping-pong-64") != 0)) {
        fprintf(stderr, "usage: %s bulk-65536|ping-pong-64 [plain] [busy] [apart|together]\n",
                argv[0]);
        return 2;
    }
    if (options.places == UDP_TOGETHER) {
        stay_on(0);
    }
    port = free_port();
    start_server(&options, port);
    udp_client_open(&options, free_port(), port);
    measure(argv[1], (argv[1][0] == 'b' ? 4096 : 20000) / divide);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    fflush(stdout);
    _exit(0); /* threads of the stack, if it has any, are not waited for */
}
