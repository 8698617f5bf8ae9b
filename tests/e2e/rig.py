# SPDX-License-Identifier: GPL-2.0-or-later
"""What the end-to-end cases without a machine share: guests, viewers, pictures of the screen.

Pictures are taken from the display server and compared with what reference.c computes.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

BUILD, CASE = sys.argv[1], sys.argv[2]
BIN = os.path.join(BUILD, "bin")
REFERENCE = os.path.join(BUILD, "tests", "reference")
WAYLAND = "WAYLAND_DISPLAY" in os.environ
SCALE = float(os.environ.get("ORL_STRESS_SCALE", "1"))
PATIENCE = 20  # seconds; sanitizers and a busy machine make things slow, never wrong

# Drivers and desktop libraries are unloaded before the leak report and cannot be told from us by
# then; leaks of our own are looked for in the tests of the parts.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

processes = []  # everything started, so that nothing outlives a case


class Failed(Exception):
    pass


def check(truth, sentence):
    if not truth:
        raise Failed(sentence)


# ---- processes ---------------------------------------------------------------------------------


class Guest:
    def __init__(self, memory, *args):
        self.args = list(args)
        self.process = subprocess.Popen([os.path.join(BIN, "oriel-guest"), memory] + self.args)
        processes.append(self.process)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)


class Viewer:
    def __init__(self, memory, *args, size="640x360"):
        place = [] if WAYLAND else ["win:position=0x0", "win:borderless=yes"]
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "oriel"), "-C", "/dev/null", f"app:shmFile={memory}",
             f"win:size={size}", "win:alerts=no", "spice:enable=no"] + place + list(args),
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        processes.append(self.process)

    def alive(self):
        return self.process.poll() is None

    def lines(self):
        self.log.seek(0)
        return self.log.read()

    def wait_for_line(self, text):
        end = time.time() + PATIENCE
        while time.time() < end:
            if text in self.lines():
                return
            check(self.alive(), f"the viewer ended while the line '{text}' was awaited:\n{self.lines()}")
            time.sleep(0.05)
        raise Failed(f"no line '{text}' within {PATIENCE} s; the log says:\n{self.lines()}")

    def stop(self):
        """Ends it as a session manager would; it must leave cleanly."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=PATIENCE)
        check(self.process.returncode == 0,
              f"the viewer left with {self.process.returncode}:\n{self.lines()}")
        return out


# ---- pictures ----------------------------------------------------------------------------------


def read_ppm(data):
    """(width, height, bytes) of a binary PPM."""
    fields, at = [], 2
    check(data[:2] == b"P6", "no picture came from the display server")
    while len(fields) < 3:
        while data[at:at + 1].isspace():
            at += 1
        if data[at:at + 1] == b"#":
            at = data.index(b"\n", at)
            continue
        end = at
        while not data[end:end + 1].isspace():
            end += 1
        fields.append(int(data[at:end]))
        at = end
    width, height, _ = fields
    return width, height, data[at + 1:]


def screen(width, height):
    """The top left part of the screen."""
    if WAYLAND:
        cmd = ["grim", "-t", "ppm", "-g", f"0,0 {width}x{height}", "-"]
    else:
        cmd = ["import", "-silent", "-window", "root", "-crop", f"{width}x{height}+0+0", "-depth",
               "8", "ppm:-"]
    return read_ppm(subprocess.run(cmd, stdout=subprocess.PIPE, check=True).stdout)


def reference(guest_args, frame=0, turns=0):
    with tempfile.NamedTemporaryFile(suffix=".ppm") as f:
        subprocess.run([REFERENCE, f.name, str(frame), str(turns)] + list(guest_args), check=True)
        return read_ppm(open(f.name, "rb").read())


def worst(a, b):
    """Largest difference of a component, and where."""
    if a == b:
        return 0, None
    top, where = 0, None
    for i, (x, y) in enumerate(zip(a, b)):
        if abs(x - y) > top:
            top, where = abs(x - y), i
    return top, where


def wait_for_picture(want, tolerance=0, what=""):
    width, height, pixels = want
    end = time.time() + PATIENCE
    top = where = None
    while time.time() < end:
        got = screen(width, height)
        if got[:2] == (width, height):
            top, where = worst(got[2], pixels)
            if top <= tolerance:
                return
        time.sleep(0.1)
    keep = os.environ.get("ORL_E2E_KEEP")
    if keep:
        for name, p in (("got", got), ("want", want)):
            with open(os.path.join(keep, f"{CASE}-{name}.ppm"), "wb") as f:
                f.write(b"P6\n%d %d\n255\n" % p[:2] + p[2])
    place = f" at {where // 3 % width},{where // 3 // width}" if where is not None else ""
    raise Failed(f"{what}: the picture differs from the reference by {top}{place}, "
                 f"allowed is {tolerance}; sizes {got[:2]} and {width, height}")


STILL = ["--size=640x360", "--fps=0", "--cursor-path=fixed"]


def show(memory, guest_args, viewer_args=(), size="640x360", frame=0, turns=0, tolerance=0):
    """One guest, one viewer, one comparison."""
    guest = Guest(memory, *guest_args)
    viewer = Viewer(memory, *viewer_args, size=size)
    try:
        wait_for_picture(reference(guest_args, frame, turns), tolerance, " ".join(guest_args))
        return viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def last_frame():
    """Number of the frame that is shown, from the barcode at the top left of the screen."""
    _, _, pixels = screen(256, 8)
    code = 0
    for bit in range(32):
        code = code << 1 | (pixels[(4 * 256 + bit * 8 + 4) * 3 + 1] >= 128)
    return code


# ---- a case ------------------------------------------------------------------------------------


def run(cases):
    """The function of `cases` that the command line names, with a place for a guest's memory."""
    if WAYLAND:
        # A tiling compositor would choose the window's size.
        for what in ("floating enable", "border none", "move absolute position 0 0"):
            subprocess.run(["swaymsg", f'for_window [app_id=".*"] {what}'], check=True,
                           stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as tmp:
        try:
            cases[CASE](os.path.join(tmp, "memory"))
        except Failed as e:
            print(f"{CASE}: {e}", file=sys.stderr)
            sys.exit(1)
        finally:
            for process in processes:
                process.kill()
