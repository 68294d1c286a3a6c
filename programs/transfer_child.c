/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer demo: the two children. */
#include "transfer_demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/target.h"

#define FLOW_DUR USCTP_MS(100)

/* A path that can be cut: all packets from or to its address are dropped by the driver. */
struct knife {
    struct usctp_addr addr;
    bool cut;        /* packets are dropped now */
    bool watch_cut;  /* receiver: no message has come on another path since the cut */
    bool watch_heal; /* receiver: none has come on this one since it was healed */
};

struct side {
    const struct demo_child *child;
    struct node *node;
    struct knife knife;
    struct sender *sender;     /* NULL: this is the receiver */
    struct receiver *receiver; /* NULL: this is the sender */
    struct usctp_addr flow;    /* receiver: where the last message came from */
    struct usctp_addr told;    /* receiver: the flow that was told last */
};

/* What report_redirect needs; set once in each child. */
static int text_notes = -1;

static void write_note(int fd, struct note *note)
{
    if (note->ts == 0) {
        note->ts = usctp_clock_system(NULL);
    }
    while (write(fd, note, sizeof(*note)) < 0 && errno == EINTR) {
    }
}

static void write_text(const char *line)
{
    struct note note;

    memset(&note, 0, sizeof(note));
    note.type = NOTE_TEXT;
    snprintf(note.text, sizeof(note.text), "%s", line);
    write_note(text_notes, &note);
}

void demo_params(struct usctp_params *params)
{
    usctp_params_init(params, USCTP_PRESET_PLAIN);
    params->rto_min_dur = USCTP_MS(100);
    params->rto_max_dur = USCTP_SEC(1);
    params->rto_initial_dur = USCTP_MS(500);
    params->hb_interval_dur = USCTP_MS(500);
    params->path_max_retrans = 1;
    params->sack_delay_dur = USCTP_MS(20);
    params->flags |= USCTP_PARAM_SACK_IMMEDIATELY;
    params->out_streams = 65;
}

/* --- Orders ----------------------------------------------------------------------------------- */

static int on_filter(void *user, int outbound, const struct usctp_dgram *dgram)
{
    const struct knife *knife = user;

    (void)outbound;
    return target_same(&dgram->local, &knife->addr) || target_same(&dgram->remote, &knife->addr);
}

static void obey(struct side *side, const struct order *order)
{
    usctp_driver *driver = usctp_loop_driver(side->node->loop);
    bool cut = order->type == ORDER_CUT;

    usctp_driver_set_filter(driver, cut ? on_filter : NULL, &side->knife);
    side->knife.cut = cut;
    side->knife.watch_cut = cut;
    side->knife.watch_heal = !cut;
}

static void on_orders(void *user, usctp_fd fd, int ready)
{
    struct side *side = user;
    struct order order;
    ssize_t got = read((int)fd, &order, sizeof(order));

    (void)ready;
    if (got == (ssize_t)sizeof(order)) {
        obey(side, &order);
    } else if (got >= 0 || (errno != EINTR && errno != EAGAIN)) {
        usctp_loop_stop(side->node->loop); /* The parent is gone. */
    }
}

static void start_side(struct side *side, const struct demo_child *child)
{
    side->child = child;
    side->knife.addr = child->addrs[0];
    text_notes = child->notes;
    report_redirect(write_text);
    usctp_loop_watch(side->node->loop, child->orders, USCTP_WATCH_READ, on_orders, side);
}

/* --- The sender ------------------------------------------------------------------------------- */

static void note_counters(struct note *note, const struct sender *sender)
{
    note->n[0] = sender_acked(sender);
    note->n[1] = sender->stats.retransmitted_chunks;
    note->n[2] = sender->stats.failovers;
}

static void on_progress(void *user)
{
    struct side *side = user;
    struct note note;

    memset(&note, 0, sizeof(note));
    note.type = NOTE_PROGRESS;
    if (side->sender->up && side->sender->assoc != NULL) {
        note_counters(&note, side->sender);
        write_note(side->child->notes, &note);
    }
    usctp_loop_at(side->node->loop, usctp_clock_system(NULL) + FLOW_DUR, on_progress, side);
}

static void on_sender_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;
    struct note note;

    memset(&note, 0, sizeof(note));
    if (event->type == USCTP_EVENT_UP) {
        note.type = NOTE_UP;
        note.n[0] = usctp_driver_port(usctp_loop_driver(side->node->loop));
        note.n[1] = event->u.up.out_streams;
        write_note(side->child->notes, &note);
    } else if (event->type == USCTP_EVENT_PATH && event->u.path.change == USCTP_PATH_CHANGE_DOWN) {
        note.type = NOTE_DOWN;
        note.addr = event->u.path.remote;
        write_note(side->child->notes, &note);
    }
}

static void set_net(struct node_options *net, const struct demo_child *child)
{
    node_options_init(net);
    demo_params(&net->params);
    memcpy(net->locals, child->addrs, child->addr_cnt * sizeof(child->addrs[0]));
    net->local_cnt = child->addr_cnt;
    net->udp_port_given = true;
}

int demo_sender(const struct demo_child *child)
{
    static struct side side;
    struct sender *sender = child->sender;
    struct note note;

    text_notes = child->notes;
    report_redirect(write_text);
    set_net(&sender->net, child);
    sender->net.capture = child->options->capture;
    sender->net.port = child->port;
    sender->net.peer_cnt = child->addr_cnt;
    for (size_t i = 0; i < child->addr_cnt; i++) {
        sender->net.peers[i].addr = child->addrs[i];
        sender->net.peers[i].udp_port = child->udp_port;
    }
    sender->tap = on_sender_event;
    sender->tap_user = &side;
    sender->quiet = true;
    sender->rate = sender->manifest.total_len * 1000 / (child->options->duration_dur / 1000000) + 1;
    side.node = &sender->node;
    side.sender = sender;
    if (!sender_open(sender)) {
        return sender_close(sender);
    }
    start_side(&side, child);
    on_progress(&side);
    node_run(&sender->node);
    memset(&note, 0, sizeof(note));
    note.type = NOTE_SENT;
    note_counters(&note, sender);
    note.n[0] = sender->sent_len;
    note.n[3] = sender->end_ts - sender->begin_ts;
    note.n[4] = sender->node.capture != NULL ? usctp_pcapng_count(sender->node.capture) : 0;
    note.n[5] = sender->stats.t3_expiries;
    int status = sender_close(sender);
    if (status == 0) {
        write_note(child->notes, &note);
    }
    return status;
}

/* --- The receiver ----------------------------------------------------------------------------- */

/* The cut and the healed path, as the messages tell that come. */
static void watch_message(struct side *side, const struct usctp_path_info *path)
{
    bool on_knife = target_same(&path->local, &side->knife.addr) ||
                    target_same(&path->remote, &side->knife.addr);
    struct note note;

    memset(&note, 0, sizeof(note));
    note.addr = path->remote;
    if (side->knife.watch_cut && !on_knife) {
        side->knife.watch_cut = false;
        note.type = NOTE_RESUMED;
        write_note(side->child->notes, &note);
    }
    if (side->knife.watch_heal && on_knife) {
        side->knife.watch_heal = false;
        note.type = NOTE_RETURNED;
        write_note(side->child->notes, &note);
    }
    side->flow = path->remote;
}

static void on_receiver_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;
    struct usctp_path_info path = USCTP_PATH_INFO_INIT;

    if (event->type == USCTP_EVENT_MESSAGE && event->u.message.ppid == TRANSFER_PPID_CONTENT &&
        usctp_path_info(event->assoc, event->u.message.path, &path) == 0) {
        watch_message(side, &path);
    }
}

static void on_flow(void *user)
{
    struct side *side = user;
    struct note note;

    if (!target_same(&side->flow, &side->told)) {
        memset(&note, 0, sizeof(note));
        note.type = NOTE_FLOW;
        note.addr = side->flow;
        side->told = side->flow;
        write_note(side->child->notes, &note);
    }
    usctp_loop_at(side->node->loop, usctp_clock_system(NULL) + FLOW_DUR, on_flow, side);
}

static void note_listening(const struct receiver *receiver, int fd)
{
    struct note note;

    memset(&note, 0, sizeof(note));
    note.type = NOTE_LISTENING;
    note.n[0] = usctp_endpoint_port(receiver->node.endpoint);
    note.n[1] = usctp_driver_port(usctp_loop_driver(receiver->node.loop));
    write_note(fd, &note);
}

int demo_receiver(const struct demo_child *child)
{
    static struct receiver receiver;
    static struct side side;
    struct note note;

    text_notes = child->notes;
    report_redirect(write_text);
    set_net(&receiver.net, child);
    receiver.root = -1;
    receiver.folder = child->options->target;
    receiver.size_max = UINT64_MAX;
    receiver.overwrite = true;
    receiver.quiet = true;
    receiver.tap = on_receiver_event;
    receiver.tap_user = &side;
    side.node = &receiver.node;
    side.receiver = &receiver;
    if (!receiver_open(&receiver)) {
        return receiver_close(&receiver);
    }
    start_side(&side, child);
    on_flow(&side);
    note_listening(&receiver, child->notes);
    node_run(&receiver.node);
    memset(&note, 0, sizeof(note));
    note.type = NOTE_RECEIVED;
    note.n[0] = receiver.good_cnt;
    note.n[1] = receiver.manifest.file_cnt;
    note.n[2] = receiver_reread(&receiver);
    note.n[3] = receiver.got_len;
    int status = receiver_close(&receiver);
    if (status == 0) {
        write_note(child->notes, &note);
    }
    return status;
}
