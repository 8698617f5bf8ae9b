#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the measurements behind `./dev bench`, prints a table and writes JSON.

bench.py BUILD_DIR OUT.json [--quick] [--long] [--only=parts,import,dma-vm,picture,keys,motion,sound]

The parts that need no display come from bench/bench_parts. The picture's figures run the real program
against a synthetic guest in its own process on the display given (./dev bench starts a private Xvfb),
read the X server's pixels (bench/watch_x11) and the kernel's own accounts of CPU time and context
switches. Keys, motion and sound have a yardstick measured in the same run: a bare loop of the library
that Oriel uses (bench/bench_input, bench_motion, bench_audio). --long: ten minutes of uneven packets.
The ways of a frame to the texture are measured by bench/bench_import, on this machine with sealed memory
and (dma-vm) in a machine of QEMU with real DMA-BUFs; each is skipped with a line where it cannot run.
"""
import atexit
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import ways_of_frames  # noqa: E402

BUILD, OUT = sys.argv[1], sys.argv[2]
QUICK = "--quick" in sys.argv
LONG = "--long" in sys.argv
ONLY = [word for a in sys.argv if a.startswith("--only=") for word in a[7:].split(",")]
HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(BUILD, "bin")
BENCH = os.path.join(BUILD, "bench")
SPAN = 4 if QUICK else 10
figures = []
sessions = []


def end_all():
    """What a measurement that failed has left running."""
    for session in sessions:
        for process in (session.guest, session.viewer):
            if process and process.poll() is None:
                process.kill()
                process.wait()


atexit.register(end_all)


def figure(name, value, unit, aim=None, rival=None, yardstick=None):
    ratio = value / yardstick if yardstick else None
    figures.append({"name": name, "value": value, "unit": unit, "aim": aim, "rival": rival,
                    "yardstick": yardstick, "ratio": ratio})
    notes = [f"aim {aim}" if aim else "", f"rival {rival}" if rival else "",
             f"bare {yardstick:.4g}, ratio {ratio:.2f}" if ratio is not None else ""]
    print(f"{name:<62} {value:>10.4g} {unit:<14} {notes[0]:<14} {notes[1]}{notes[2]}".rstrip(), flush=True)


PART_AIMS = {
    "post to found at 60 Hz, p50": ("< 100", "572"),
    "post to found at 60 Hz, p99": ("< 400", "1136"),
    "post to found at 60 Hz, CPU incl. copy of damage": ("< 3", "2.9"),
    "copy 1920x1080 of 1920x1080": (None, "1900"),
}


def parts():
    out = subprocess.run([os.path.join(BENCH, "bench_parts")], stdout=subprocess.PIPE, text=True,
                         check=True).stdout
    for line in out.splitlines():
        f = json.loads(line)
        aim, rival = PART_AIMS.get(f["name"], (None, None))
        if f["unit"] == "ratio":
            aim = "<= 1.15"
        if f["unit"] == "k/s":
            aim, rival = "> 250", "17 (spin 2)"
        figure(f["name"], f["value"], f["unit"], aim, rival)


def account(pid):
    """(CPU ns, context switches given up by itself) over all threads of a process."""
    cpu = wakes = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            cpu += int(f.read().split()[0])
        with open(f"/proc/{pid}/task/{task}/status") as f:
            for line in f:
                if line.startswith("voluntary_ctxt_switches"):
                    wakes += int(line.split()[1])
    return cpu, wakes


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))] if values else float("nan")


class Session:
    """A guest and a viewer on one memory file."""

    def __init__(self, guest_args, oriel_args, tmp):
        self.memory = os.path.join(tmp, "memory")
        self.posts = os.path.join(tmp, "posts")
        for path in (self.memory, self.posts):
            if os.path.exists(path):
                os.unlink(path)
        self.guest = subprocess.Popen(
            [os.path.join(BIN, "oriel-guest"), self.memory, f"--log-posts={self.posts}"] + guest_args,
            stdout=subprocess.DEVNULL)
        self.viewer = None
        sessions.append(self)
        while not os.path.exists(self.memory) or os.path.getsize(self.memory) == 0:
            time.sleep(0.01)
        time.sleep(0.3)
        self.started_ns = time.monotonic_ns()
        self.viewer = subprocess.Popen(
            [os.path.join(BIN, "oriel"), "-C", "/dev/null", f"app:shmFile={self.memory}",
             "win:position=0x0", "win:borderless=yes", "app:exitAfter=86400", "--log=warn",
             "spice:enable=no", "spice:audio=no"] + oriel_args,
            stdout=subprocess.PIPE, text=True)

    def check(self):
        """A figure of a viewer that is not there would be a very good one."""
        if self.viewer.poll() is not None or self.guest.poll() is not None:
            sys.exit("bench: viewer or guest ended on its own")

    def stop(self):
        self.check()
        self.viewer.send_signal(signal.SIGTERM)
        out, _ = self.viewer.communicate(timeout=10)
        self.guest.send_signal(signal.SIGTERM)
        self.guest.wait(timeout=10)
        sessions.remove(self)
        return out


def shown(label, guest_args, oriel_args, divisor, tmp, aims, rivals):
    s = Session(guest_args, oriel_args, tmp)
    time.sleep(1.5)
    before = account(s.viewer.pid)
    t0 = time.monotonic_ns()
    watched = subprocess.run([os.path.join(BENCH, "watch_x11"), str(SPAN), "0", "0", str(divisor)],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    span = (time.monotonic_ns() - t0) / 1e9
    after = account(s.viewer.pid)
    rss = resident_kib(s.viewer.pid)
    summary = s.stop()
    posts = {}
    with open(s.posts) as f:
        for line in f:
            _, t, frame = line.split()
            posts.setdefault(int(frame), int(t))
    seen = [tuple(map(int, line.split())) for line in watched.splitlines()][1:]
    late = [(t - posts[frame]) / 1e6 for frame, t in seen if frame in posts]
    cpu = (after[0] - before[0]) / 1e9 / span * 100
    swap = re.search(r"found to shown: p50 ([0-9.]+) ms, p99 ([0-9.]+) ms", summary)
    figure(f"{label}: found to swapped, p50", float(swap[1]), "ms")
    figure(f"{label}: found to swapped, p99", float(swap[2]), "ms")
    figure(f"{label}: pictures shown", len(seen) / span, "fps", aims[0], rivals[0])
    figure(f"{label}: post to visible, p50", percentile(late, 50), "ms", aims[1], rivals[1])
    figure(f"{label}: post to visible, p99", percentile(late, 99), "ms", aims[2], rivals[2])
    figure(f"{label}: CPU", cpu, "% of a core", aims[3], rivals[3])
    return rss


def idle(tmp):
    s = Session(["--size=1920x1080", "--fps=0", "--cursor-path=fixed"], ["win:size=1920x1080"], tmp)
    time.sleep(3)
    before = account(s.viewer.pid)
    time.sleep(SPAN)
    after = account(s.viewer.pid)
    s.stop()
    figure("idle 1080p 1:1: CPU", (after[0] - before[0]) / 1e9 / SPAN * 100, "% of a core", "< 1",
           "59")
    figure("idle 1080p 1:1: wake-ups", (after[1] - before[1]) / SPAN, "/s", "< 300", "2980")


def first_frame(tmp):
    """Start of the program to the guest's picture on the X server."""
    times = []
    for _ in range(3 if QUICK else 7):
        s = Session(["--size=1920x1080", "--fps=60"], ["win:size=1920x1080"], tmp)
        out = subprocess.run([os.path.join(BENCH, "watch_x11"), "1.5", "0", "0", "1"],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
        s.stop()
        seen = [tuple(map(int, line.split())) for line in out.splitlines()]
        seen = [t for frame, t in seen if 0 < frame < 100000]
        if seen:
            times.append((seen[0] - s.started_ns) / 1e6)
    figure("start to first frame, median", percentile(times, 50), "ms", "< 150", "432")


def growth(tmp, seconds):
    s = Session(["--size=1280x720", "--fps=60", "--damage=full"], ["win:size=1280x720"], tmp)
    time.sleep(10)
    early = resident_kib(s.viewer.pid)
    time.sleep(seconds)
    late = resident_kib(s.viewer.pid)
    s.stop()
    figure(f"memory growth in {seconds} s", (late - early) / 1024, "MiB", "0")


INPUT_AIMS = {"queue beyond bare loop, p99": "< 150", "window beyond bare X and loop, p99": "< 150"}


def lines(out, aims):
    for line in out:
        f = json.loads(line)
        aim = next((aims[end] for end in aims if f["name"].endswith(end)), None)
        figure(f["name"], f["value"], f["unit"], aim, yardstick=f.get("yardstick"))


def keys(tmp):
    """Without a window, then with one whose picture stands, then with one that moves all of it."""
    rounds = "1" if QUICK else "7"
    for label, fps in (("", None), (", window", 0), (", window at 60 fps", 60)):
        where = os.path.join(tmp, f"keys{fps}")
        os.mkdir(where)
        bench = subprocess.Popen([os.path.join(BENCH, "bench_input"), where, rounds, label] +
                                 (["window"] if fps is not None else []), stdout=subprocess.PIPE, text=True)
        viewer = None
        if fps is not None:
            if bench.stdout.readline() != "ready\n":
                sys.exit("bench: bench_input does not start")
            viewer = Session(["--size=1280x720", f"--fps={fps}", "--damage=full", "--cursor-path=fixed"],
                             ["win:size=1280x720", "spice:enable=yes", f"spice:host={where}/window",
                              "spice:port=0"], tmp)
        lines(bench.stdout, INPUT_AIMS)
        if bench.wait():
            sys.exit("bench: keys could not be measured")
        if viewer:
            viewer.stop()


def motion(tmp):
    where = os.path.join(tmp, "motion")
    os.mkdir(where)
    out = subprocess.run([os.path.join(BENCH, "bench_motion"), where, "5"], stdout=subprocess.PIPE,
                         text=True, check=True).stdout
    lines(out.splitlines(), {"8 kHz, queue: taken": "8000"})


SOUND_AIMS = {"ours, packets +-5 ms: underruns": "0",
              "ours, packets +-5 ms: underruns that no late machine explains": "0",
              "ours, packets +-5 ms: push to captured, p50": "< 25"}


def real_time():
    """What desktops give PipeWire; the sender gets it too, as it stands for another machine."""
    chrt = ["chrt", "-r", "10"]
    works = shutil.which("chrt") and subprocess.run(chrt + ["true"], stderr=subprocess.DEVNULL).returncode == 0
    if not works:
        print("sound: without real-time priority; other work on this machine is heard")
    return chrt if works else []


def sound():
    spans = ["15", "20"] if QUICK else ["60", "600" if LONG else "60"]
    done = subprocess.run(real_time() + [os.path.join(HERE, "../support/pipewire.sh"),
                                         os.path.join(BENCH, "bench_audio")] + spans,
                          stdout=subprocess.PIPE, text=True)
    if done.returncode == 77:
        print("sound: skipped")
        return
    if done.returncode:
        sys.exit("bench: sound could not be measured")
    lines(done.stdout.splitlines(), SOUND_AIMS)


def ways(command, summary):
    """Runs bench_import or what runs it; 77 is a skip, which has said why."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode == 77:
        print("skipped:", command[1] if command[0] == sys.executable else command[2])
    elif done.returncode:
        sys.exit("bench: the ways of a frame could not be measured")
    else:
        figures.extend(ways_of_frames.plain(done.stdout))
        summary(ways_of_frames.table(done.stdout), figure)


def imports():
    ways([os.path.join(HERE, "../support/mesa.sh"), os.path.join(HERE, "../../build/cache/mesa"),
          os.path.join(BENCH, "bench_import"), "-", "20" if QUICK else "60", "20"],
         ways_of_frames.summary)


def imports_in_vm():
    ways([sys.executable, os.path.join(HERE, "bench_vm.py"), BUILD] + (["--quick"] if QUICK else []),
         ways_of_frames.summary_vm)


def busy():
    """Jiffies that others took: the host of a virtual machine (steal), and all work."""
    with open("/proc/stat") as f:
        v = [int(n) for n in f.readline().split()[1:]]
    return v[7], sum(v)


def machine():
    model = ""
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "memory_GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)}


def picture(tmp):
    idle(tmp)
    rss = shown("1080p 1:1", ["--size=1920x1080", "--fps=60", "--damage=full"],
                ["win:size=1920x1080"], 1, tmp, ("60", "20", "30", "< 80"),
                ("54", "45", "66", "132"))
    figure("resident, 1080p", rss / 1024, "MiB", "< 100", "144")
    shown("1080p in 640x360", ["--size=1920x1080", "--fps=60", "--damage=full"],
          ["win:size=640x360"], 3, tmp, ("60", "8", "15", "< 50"), ("61", "16", "28", "118"))
    shown("64x64 damage", ["--size=1920x1080", "--fps=60", "--damage=tile"],
          ["win:size=1920x1080"], 1, tmp, ("60", "3", "6", "< 8"), (None, "12", "24", "97"))
    shown("4K 1:1", ["--size=3840x2160", "--fps=60", "--damage=full"],
          ["win:size=3840x2160"], 1, tmp, ("25", "60", "90", None), ("11", "163", "186", None))
    first_frame(tmp)
    growth(tmp, 20 if QUICK else 600)


def main():
    print("machine:", json.dumps(machine()))
    steal, all_time = busy()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as tmp:
        for name, measure in (("parts", parts), ("import", imports), ("dma-vm", imports_in_vm),
                              ("keys", lambda: keys(tmp)), ("motion", lambda: motion(tmp)),
                              ("sound", sound), ("picture", lambda: picture(tmp))):
            if not ONLY or name in ONLY:
                measure()
    steal, all_time = busy()[0] - steal, busy()[1] - all_time
    others = {"load_before": load, "steal_percent": round(100 * steal / max(all_time, 1), 2)}
    print("others on this machine:", json.dumps(others))
    with open(OUT, "w") as f:
        json.dump({"machine": machine(), "others": others, "figures": figures}, f, indent=1)
    print("written:", OUT)


main()
