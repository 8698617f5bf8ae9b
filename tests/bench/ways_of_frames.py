# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of bench/bench_import as a table, and what they say about the ways a frame can take.

"Ours" is processor time outside of the calls in which software GL moves pixels: what is left where
a GPU does GL's work.
"""
import json

COLUMNS = (("frame thread", "frame"), ("render thread without GL", "render"), ("GL", "GL"),
           ("frame thread, looks included", "looks"), ("process", "process"),
           ("written to ready, p50", "ready50"), ("written to ready, p99", "ready99"),
           ("slot held, p50", "held50"), ("slot held, p99", "held99"))
ENTRIES = "scatter-gather entries of a buffer"


def plain(out):
    """All of them, as they go into the JSON file."""
    return [{**json.loads(line), "aim": None, "rival": None, "yardstick": None, "ratio": None}
            for line in out.splitlines()]


def pixels(size):
    w, h = size.split("x")
    return int(w) * int(h)


def rows_of(out):
    """{way: {size: {what: value}}}"""
    rows = {}
    for f in plain(out):
        who, what = f["name"].split(": ", 1)
        way, size = who.rsplit(" ", 1)
        rows.setdefault(way, {}).setdefault(size, {})[what] = f["value"]
    return rows


def table(out):
    """Prints the times, one row for each way and size. Gives rows_of()."""
    rows = rows_of(out)
    print(f"{'median of a frame in us:':<50}{'processor time':<45}{'time'}")
    print(f"{'':<50}" + "".join(f"{short:>9}" for _, short in COLUMNS))
    for way, sizes in sorted(rows.items()):
        for size, row in sizes.items():
            if COLUMNS[0][0] in row:
                print(f"{way + ' ' + size:<50}" + "".join(
                    f"{row[what]:>9.0f}" if what in row else f"{'-':>9}" for what, _ in COLUMNS))
    return rows


def ours(row):
    return row["frame thread"] + row["render thread without GL"]


def line(sizes):
    """Slope of the straight line with the least squares through the sizes, us a million pixels."""
    points = [(pixels(size) / 1e6, ours(row)) for size, row in sizes.items()]
    mx, my = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    return sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)


def beside(copy, imported, label, figure):
    small, big = (f(imported, key=pixels) for f in (min, max))
    figure(f"{label}, {big}: copied, ours", ours(copy[big]), "us")
    figure(f"{label}, {big}: imported, ours", ours(imported[big]), "us")
    figure(f"{label}, {big}: imported over copied, ours", ours(imported[big]) / ours(copy[big]), "ratio")
    figure(f"{label}, {big}: the same with software GL", imported[big]["process"] / copy[big]["process"],
           "ratio")
    figure(f"{label}: imported, ours, {big} over {small}", ours(imported[big]) / ours(imported[small]),
           "ratio", "1")
    figure(f"{label}: line of imported, ours (copied beside it)", line(imported), "us/Mpixel", "0",
           yardstick=line(copy))
    figure(f"{label}, {big}: imported, slot held, p99", imported[big]["slot held, p99"] / 1e3, "ms", "< 250")


def summary(rows, figure):
    beside(rows["staged"], rows["imported"], "import", figure)
    for size, row in rows["imported"].items():
        figure(f"import, {size}: pages of a buffer that we touched",
               row["pages of a buffer that we touched"], f"of {-(-pixels(size) * 4 // 4096)}")


def summary_vm(rows, figure):
    beside(rows["VM kvmfr staged"], rows["VM kvmfr imported"], "import in VM", figure)
    for by in ("kvmfr", "udmabuf"):
        for size, row in rows[f"VM {by} imported"].items():
            figure(f"import in VM, {size}: entries of a {by} buffer", row[ENTRIES],
                   f"for {-(-pixels(size) * 4 // 4096)} pages")
