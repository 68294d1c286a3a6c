# SPDX-License-Identifier: BSD-3-Clause
"""The page of plots of the bench: one SVG, drawn without help. `python3 page.py FOLDER` draws it anew from the
bench.json there, and from bench-network.json where that is there too."""
import json
import math
import os
import sys

WIDTH = 1260
MARGIN = 40
NAME_END = 388        # names of rows end here
PLOT_FROM, PLOT_TO = 408, 824
TEXT_FROM = 848       # figures begin here
ROW = 27
INK, SOFT, FAINT, RULE = "#1a202c", "#4a5568", "#8a94a6", "#e2e8f0"
BETTER, WORSE, PEER, GOAL = "#2f6fb7", "#c05621", "#cbd5e0", "#b7791f"
LEAST, MOST = 0.25, 64.0
TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def figure(value):
    """Three digits, with thousands set apart."""
    if value >= 1000:
        return "{:,.0f}".format(value)
    return "%.3g" % value if abs(value) >= 0.001 else "0"


class Page:
    def __init__(self):
        self.parts, self.y = [], 0

    def text(self, x, y, words, size=12, colour=INK, anchor="start", weight="normal"):
        self.parts.append('<text x="%.1f" y="%.1f" font-size="%g" fill="%s" text-anchor="%s" font-weight="%s">%s</text>'
                          % (x, y, size, colour, anchor, weight, escape(words)))

    def name(self, y, words):
        """The name of a row; long ones are set smaller."""
        self.text(NAME_END, y, words, 12.5 if len(words) < 52 else 10.5, INK, "end")

    def rect(self, x, y, width, height, colour, radius=2, opacity=1):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%g" fill="%s" fill-opacity="%g"/>'
                          % (x, y, max(width, 0.5), height, radius, colour, opacity))

    def line(self, x1, y1, x2, y2, colour, width=1, dash=""):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%g"%s/>' % (
            x1, y1, x2, y2, colour, width, ' stroke-dasharray="%s"' % dash if dash else ""))

    def dot(self, x, y, radius, colour, opacity=1):
        self.parts.append('<circle cx="%.1f" cy="%.1f" r="%g" fill="%s" fill-opacity="%g"/>' % (
            x, y, radius, colour, opacity))

    def goal(self, x, y):
        """A mark that a bar has to reach."""
        self.parts.append('<path d="M%.1f %.1f v17" stroke="%s" stroke-width="2"/>'
                          '<path d="M%.1f %.1f l-4 -5 h8 z" fill="%s"/>' % (x, y - 9, GOAL, x, y - 8, GOAL))

    def section(self, title, words):
        self.y += 46
        self.text(MARGIN, self.y, title, 17, INK, weight="bold")
        self.y += 19
        self.text(MARGIN, self.y, words, 12, SOFT)
        self.y += 14

    def end(self):
        height = self.y + 40
        return "\n".join(
            ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
             'font-family="Helvetica, Arial, DejaVu Sans, sans-serif">' % (WIDTH, height, WIDTH, height),
             '<rect width="100%" height="100%" fill="#ffffff"/>'] + self.parts + ["</svg>", ""])


def log_x(ratio):
    ratio = min(max(ratio, LEAST), MOST)
    return PLOT_FROM + (PLOT_TO - PLOT_FROM) * math.log(ratio / LEAST) / math.log(MOST / LEAST)


def axis(page, rows):
    """Lines for the times, from here over so many rows."""
    bottom = page.y + 26 + ROW * rows
    page.y += 14
    for tick in TICKS:
        x = log_x(tick)
        page.text(x, page.y, "%gx" % tick, 10.5, FAINT, "middle")
        page.line(x, page.y + 6, x, bottom, FAINT if tick == 1 else RULE, 1.4 if tick == 1 else 1)
    page.text(TEXT_FROM, page.y, "times better", 10.5, FAINT)
    page.text(TEXT_FROM + 184, page.y, "usctp", 10.5, FAINT, "end")
    page.text(TEXT_FROM + 256, page.y, "peer", 10.5, FAINT, "end")
    page.text(TEXT_FROM + 268, page.y, "unit", 10.5, FAINT)
    page.y += 8


def ratio_row(page, row):
    """A bar from 1 to the ratio of medians, each pair of runs as a dot, the goal as a mark."""
    y = page.y + ROW / 2.0
    ratio = row["ratio"]
    colour = BETTER if (row["goal_met"] if "goal" in row else ratio >= 1) else WORSE
    left, right = sorted((log_x(1), log_x(ratio)))
    page.name(y + 4, row["name"])
    page.rect(left, y - 6, right - left, 12, colour)
    page.line(log_x(row["min"]), y, log_x(row["max"]), y, INK, 1)
    for mine, theirs in zip(row["ours_all"], row["peer_all"]):
        page.dot(log_x(theirs / mine), y, 2, INK, 0.75)
    if row.get("goal"):
        page.goal(log_x(row["goal"]), y)
    if ratio > MOST:
        page.text(PLOT_TO - 14, y + 4, ">>", 11, "#ffffff", "end", "bold")  # further than the page is wide
    page.text(TEXT_FROM, y + 4, "%.2f" % ratio if ratio < 100 else figure(ratio), 13, colour, weight="bold")
    if row.get("goal"):
        met = row["goal_met"]
        page.text(TEXT_FROM + 44, y + 4, ("goal %.3g" if met else "goal %.3g missed") % row["goal"], 11, FAINT if met else WORSE)
    page.text(TEXT_FROM + 184, y + 4, figure(row["ours"]), 12, INK, "end")
    page.text(TEXT_FROM + 256, y + 4, figure(row["peer"]), 12, SOFT, "end")
    page.text(TEXT_FROM + 268, y + 4, row["unit"], 11, FAINT)
    page.y += ROW


def bullet_row(page, name, value, unit, goal, less, scale):
    """A bar to a scale of its own, with a mark where it should end, or begin."""
    y = page.y + ROW / 2.0
    length = PLOT_TO - PLOT_FROM
    met = None if not goal else (value <= goal if less else value >= goal)
    page.name(y + 4, name)
    page.rect(PLOT_FROM, y - 6, length, 12, "#f1f5f9")
    page.rect(PLOT_FROM, y - 6, length * min(value / scale, 1), 12, WORSE if met is False else BETTER)
    if goal:
        page.goal(PLOT_FROM + length * min(goal / scale, 1), y)
    page.text(TEXT_FROM, y + 4, figure(value), 13, WORSE if met is False else BETTER, weight="bold")
    page.text(TEXT_FROM + 62, y + 4, unit, 12, SOFT)
    if goal:
        page.text(TEXT_FROM + 184, y + 4, "%s %s" % ("at most" if less else "at least", figure(goal)), 11,
                  FAINT if met else WORSE)
    page.y += ROW


GROUPS = (
    ("In memory, against usrsctp", "Both ends in one thread, packets of 1,200 bytes through one queue, checksums on unless "
     "the name says otherwise. To the right of 1x usctp is better.",
     lambda row: row["with"].startswith("usrsctp") and not row["name"].startswith("UDP")),
    ("Over UDP, against usrsctp", "Two processes over the loopback interface; CPU of both.",
     lambda row: row["with"].startswith("usrsctp") and row["name"].startswith("UDP")),
    ("Over UDP, against bare UDP", "Datagrams that nobody sends again are the limit: 1x is as fast as the system itself.",
     lambda row: row["with"].startswith("bare UDP")),
    ("usctp against itself", "What many streams cost beside one, and what the sockets add to the core: 1x is nothing.",
     lambda row: row["with"] in ("one stream", "the core")),
)


def head(page, report, note):
    page.y = 52
    page.text(MARGIN, page.y, "usctp: how fast it is", 26, INK, weight="bold")
    page.y += 24
    page.text(MARGIN, page.y, note, 12.5, SOFT)
    page.y += 22
    x = MARGIN
    for colour, words in ((BETTER, "median: usctp is better, or has reached its goal"),
                          (WORSE, "the peer is better, or a goal is missed")):
        page.rect(x, page.y - 10, 22, 11, colour)
        page.text(x + 29, page.y, words, 11.5, SOFT)
        x += 50 + 5.6 * len(words)
    page.dot(x + 4, page.y - 4, 2, INK)
    page.text(x + 13, page.y, "a run", 11.5, SOFT)
    page.goal(x + 66, page.y - 4)
    page.text(x + 77, page.y, "goal", 11.5, SOFT)


def draw_ratios(page, report):
    for title, words, belongs in GROUPS:
        rows = [row for row in report if row["ratio"] is not None and belongs(row)]
        if rows:
            page.section(title, words)
            axis(page, len(rows))
            for row in rows:
                ratio_row(page, row)


def draw_alone(page, report):
    rows = [row for row in report if row["ratio"] is None or "figure_goal" in row]
    if rows:
        page.section("By itself", "Medians, each to its own scale.")
        for row in rows:
            goal = row.get("figure_goal")
            bullet_row(page, row["name"], row["ours"], row["unit"], goal, row.get("less_is_better", True),
                       1.3 * max(row["ours"], goal or 0))


def draw_network(page, network):
    single = [row for row in network if not row["name"].startswith("share of") and row.get("goal")]
    if single:
        page.section("On a network, simulated", "Virtual time, exact and repeatable; payload, and how late a message is whose "
                     "last packet was lost.")
        for row in single:
            less = row["unit"] == "ms"
            bullet_row(page, row["name"], row["ours"], row["unit"], row["goal"], less,
                       1.3 * max(row["ours"], row["goal"]))
    draw_shares(page, [row for row in network if row["name"].startswith("share of")])


def shade(percent):
    """White at an even share, darker the further from it."""
    off = min(abs(percent - 50) / 50, 1)
    end = (0x2f, 0x6f, 0xb7) if percent > 50 else (0xc0, 0x56, 0x21)
    return "#%02x%02x%02x" % tuple(int(255 + (part - 255) * off) for part in end)


def draw_shares(page, rows):
    if not rows:
        return
    page.section("Two flows on one bottleneck", "Share of the first, in percent, over round trips and queues in "
                 "bandwidth-delay products; 40 Mbit/s. White is even.")
    pairs, places = [], []
    cells = {}
    for row in rows:
        pair, rest = row["name"][len("share of "):].split(", 40 Mbit/s, ")
        place = rest.replace("queue of ", "").replace(" BDP", "")
        pairs += [pair] if pair not in pairs else []
        places += [place] if place not in places else []
        cells[pair, place] = row["ours"]
    width = (WIDTH - MARGIN - PLOT_FROM) / float(len(places))
    page.y += 16
    for number, place in enumerate(places):
        page.text(PLOT_FROM + width * (number + 0.5), page.y, place, 10.5, FAINT, "middle")
    page.y += 8
    for pair in pairs:
        page.name(page.y + 18, pair)
        for number, place in enumerate(places):
            value = cells.get((pair, place))
            if value is not None:
                x = PLOT_FROM + width * number
                page.rect(x + 1, page.y + 1, width - 2, ROW - 2, shade(value), 3)
                page.text(x + width / 2, page.y + 18, "%.0f" % value, 12,
                          "#ffffff" if abs(value - 50) > 30 else INK, "middle")
        page.y += ROW


def draw(report, network, note):
    page = Page()
    head(page, report, note)
    draw_ratios(page, report)
    draw_alone(page, report)
    draw_network(page, network)
    return page.end()


def processor():
    """What the system calls the processor; nothing where it does not say."""
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return ""


def read(path):
    if not os.path.exists(path):
        return []
    with open(path) as source:
        return json.load(source)


def write(folder):
    report = read(os.path.join(folder, "bench.json"))
    runs = min([row["runs"] for row in report] or [0])
    note = "Medians of %d interleaved run%s%s." % (runs, "" if runs == 1 else "s",
                                                  " on " + processor() if processor() else "")
    path = os.path.join(folder, "bench.svg")
    with open(path, "w") as out:
        out.write(draw(report, read(os.path.join(folder, "bench-network.json")), note))
    return path


if __name__ == "__main__":
    print(write(sys.argv[1] if len(sys.argv) > 1 else "."))
