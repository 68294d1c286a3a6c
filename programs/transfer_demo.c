/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer demo: the parent. It makes the children, cuts the path and heals it, tells what
 * happens, and judges. */
#include "transfer_demo.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/target.h"

#define POLL_MS  50
#define KILL_DUR USCTP_SEC(3) /* children that were asked to end have so long */

/* Set by the handler of signals. */
static volatile sig_atomic_t demo_signal;

static void on_signal(int number)
{
    demo_signal = number;
}

/* --- Preparations ----------------------------------------------------------------------------- */

/* True if this host has the address. */
static bool has_addr(const struct usctp_addr *addr)
{
    bool v6 = addr->family == USCTP_AF_IPV6, good;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);

    if (fd < 0) {
        return false;
    }
    memset(&in, 0, sizeof(in));
    memset(&in6, 0, sizeof(in6));
    in.sin_family = AF_INET;
    memcpy(&in.sin_addr, addr->bytes, 4);
    in6.sin6_family = AF_INET6;
    memcpy(&in6.sin6_addr, addr->bytes, 16);
    good = bind(fd, v6 ? (void *)&in6 : (void *)&in, v6 ? sizeof(in6) : sizeof(in)) == 0;
    close(fd);
    return good;
}

static bool find_addrs(struct demo *demo)
{
    static const char *const candidates[DEMO_PATH_MAX] = {"127.0.0.1", "127.0.0.2", "::1"};
    struct demo_child *child = &demo->child;

    for (size_t i = 0; i < DEMO_PATH_MAX; i++) {
        struct usctp_addr addr;

        memset(&addr, 0, sizeof(addr));
        if (usctp_addr_parse(&addr, candidates[i]) == 0 && has_addr(&addr)) {
            child->addrs[child->addr_cnt++] = addr;
        }
    }
    if (child->addr_cnt < 2) {
        demo_blame(demo, "this host has fewer than two of the addresses 127.0.0.1, 127.0.0.2, ::1");
        return false;
    }
    return true;
}

/* Where files and packets go, where the command line does not say. */
static bool find_folder(struct demo *demo)
{
    const char *tmp = getenv("TMPDIR");

    if (demo->options.target != NULL && demo->options.capture != NULL) {
        return true;
    }
    snprintf(demo->folder, sizeof(demo->folder), "%s/usctp-demo-XXXXXX",
             tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (mkdtemp(demo->folder) == NULL) {
        demo_blame(demo, "cannot make %s: %s", demo->folder, strerror(errno));
        return false;
    }
    snprintf(demo->target, sizeof(demo->target), "%s/received", demo->folder);
    snprintf(demo->capture, sizeof(demo->capture), "%s/capture.pcapng", demo->folder);
    if (demo->options.target == NULL) {
        demo->options.target = demo->target;
    }
    if (demo->options.capture == NULL) {
        demo->options.capture = demo->capture;
    }
    return true;
}

/* --- Children --------------------------------------------------------------------------------- */

/* Signals that are ignored, as by nohup, stay so. */
static void catch_signals(void (*handler)(int))
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action, before;

    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(numbers[i], &action, NULL);
        }
    }
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/* Does not return in the child. */
static bool start_child(struct demo *demo, int which, int note_fd)
{
    int pipe_fds[2];

    if (pipe(pipe_fds) != 0) {
        demo_blame(demo, "cannot make a pipe: %s", strerror(errno));
        return false;
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        catch_signals(SIG_DFL);
        close(pipe_fds[1]);
        close(demo->notes);
        if (which == SENDER) {
            close(demo->orders[RECEIVER]);
        }
        demo->child.options = &demo->options;
        demo->child.notes = note_fd;
        demo->child.orders = pipe_fds[0];
        int status = which == SENDER ? demo_sender(&demo->child) : demo_receiver(&demo->child);
        _exit(status);
    }
    close(pipe_fds[0]);
    if (pid < 0) {
        demo_blame(demo, "cannot make a process: %s", strerror(errno));
        close(pipe_fds[1]);
        return false;
    }
    demo->pids[which] = pid;
    demo->orders[which] = pipe_fds[1];
    return true;
}

/* Takes leave of children that have ended. */
static void reap(struct demo *demo)
{
    static const char *const names[CHILD_CNT] = {"receiver", "sender"};

    for (int i = 0; i < CHILD_CNT; i++) {
        int status;

        if (demo->pids[i] == 0 || waitpid(demo->pids[i], &status, WNOHANG) != demo->pids[i]) {
            continue;
        }
        demo->pids[i] = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            demo_blame(demo, "the %s failed", names[i]);
        }
    }
}

/* Ends the children that still live, at last by force. */
static void end_children(struct demo *demo)
{
    uint64_t limit_ts = usctp_clock_system(NULL) + KILL_DUR;
    int number = SIGTERM;

    for (int i = 0; i < CHILD_CNT; i++) {
        if (demo->pids[i] != 0) {
            kill(demo->pids[i], number);
        }
    }
    for (;;) {
        reap(demo);
        if (demo->pids[RECEIVER] == 0 && demo->pids[SENDER] == 0) {
            return;
        }
        if (usctp_clock_system(NULL) > limit_ts) {
            for (int i = 0; i < CHILD_CNT; i++) {
                if (demo->pids[i] != 0) {
                    kill(demo->pids[i], SIGKILL);
                }
            }
        }
        poll(NULL, 0, POLL_MS);
    }
}

static void give_order(struct demo *demo, int type)
{
    struct order order = {type, 0, usctp_clock_system(NULL)};

    for (int i = CHILD_CNT; i > 0; i--) {
        if (write(demo->orders[i - 1], &order, sizeof(order)) != (ssize_t)sizeof(order)) {
            demo_blame(demo, "a child is gone");
        }
    }
    *(type == ORDER_CUT ? &demo->cut_ts : &demo->heal_ts) = order.ts;
}

/* --- The course of it ------------------------------------------------------------------------- */

/* Half way the primary path is cut; after a fifth of the whole time it comes back. */
static void lead(struct demo *demo)
{
    uint64_t now_ts = usctp_clock_system(NULL), half = demo->child.sender->manifest.total_len / 2;
    char text[USCTP_ADDR_TEXT_MAX], size[NUMBER_TEXT_MAX];

    usctp_addr_text(&demo->child.addrs[0], text, sizeof(text));
    if (demo->cut_ts == 0 && demo->begin_ts != 0 && demo->progress.n[0] >= half) {
        give_order(demo, ORDER_CUT);
        demo_tell("half way, at %s: the primary path %s is CUT",
                  number_bytes(size, demo->progress.n[0]), text);
    } else if (demo->cut_ts != 0 && demo->heal_ts == 0 &&
               now_ts - demo->cut_ts >= demo->options.duration_dur / 5) {
        give_order(demo, ORDER_HEAL);
        demo_tell("the primary path %s is WHOLE again", text);
    }
}

/* Reads notes until `done`, or something fails. */
static void follow(struct demo *demo, bool (*done)(const struct demo *demo), uint64_t limit_dur)
{
    uint64_t limit_ts = usctp_clock_system(NULL) + limit_dur;

    while (demo->fault[0] == '\0' && !done(demo)) {
        struct pollfd fd = {demo->notes, POLLIN, 0};
        struct note note;
        int ready = poll(&fd, 1, POLL_MS);

        if (demo_signal != 0) {
            demo_blame(demo, "interrupted");
        } else if (usctp_clock_system(NULL) > limit_ts) {
            demo_blame(demo, "it takes too long");
        } else if (ready > 0 && read(demo->notes, &note, sizeof(note)) == (ssize_t)sizeof(note)) {
            demo_on_note(demo, &note);
            continue; /* Notes first: they may say why a child ended. */
        }
        lead(demo);
        demo_show_progress(demo);
        reap(demo);
    }
}

static bool is_listening(const struct demo *demo)
{
    return demo->child.port != 0;
}

static bool is_over(const struct demo *demo)
{
    return demo->pids[RECEIVER] == 0 && demo->pids[SENDER] == 0 && demo->sent.type != 0 &&
           demo->received.type != 0;
}

static void play(struct demo *demo)
{
    int fds[2];

    if (pipe(fds) != 0) {
        demo_blame(demo, "cannot make a pipe: %s", strerror(errno));
        return;
    }
    demo->notes = fds[0];
    catch_signals(on_signal);
    if (start_child(demo, RECEIVER, fds[1])) {
        follow(demo, is_listening, USCTP_SEC(20));
        if (demo->fault[0] == '\0' && start_child(demo, SENDER, fds[1])) {
            follow(demo, is_over, 3 * demo->options.duration_dur + USCTP_SEC(20));
        }
    }
    end_children(demo);
    report_progress_end();
    close(fds[0]);
    close(fds[1]);
}

int demo_run(const struct demo_options *options)
{
    static struct demo demo;
    static struct sender sender;

    demo.options = *options;
    demo.child.sender = &sender;
    demo.orders[RECEIVER] = demo.orders[SENDER] = -1;
    sender.folder = options->folder;
    if (!sender_scan(&sender)) {
        demo_blame(&demo, "the folder to send cannot be read");
    } else if (sender.manifest.total_len == 0) {
        demo_blame(&demo, "there is nothing to send in %s", options->folder);
    } else if (find_addrs(&demo) && find_folder(&demo)) {
        demo_tell_plan(&demo, &sender);
        play(&demo);
        demo_tell_results(&demo);
        demo_judge(&demo);
    }
    int status = demo_verdict(&demo, demo_signal);
    manifest_free(&sender.manifest);
    return status;
}
