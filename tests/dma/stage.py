# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests, servers and viewers, and what the viewers show: for the machine itself and inside QEMU.

The picture comes from the desktop (grim, below tests/support/wayland.sh) or, without any, from the
viewer itself when it leaves; it is compared with what tests/e2e/reference.c computes.
"""
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "vm"))
from talk import Failed, Skipped, check  # noqa: E402,F401 (others take them from here)

PATIENCE = float(os.environ.get("ORL_PATIENCE", "30"))  # seconds; slow is never wrong
FORMATS = {"b6": ["bgra", "rgba", "rgba10", "rgba16f"],
           "b7": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"],
           "master": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"]}
# Numbers of more than 8 bits are brought down to 8 by the GPU and, for the reference, in C.
WIDE = ("rgba10", "rgba16f")
MEMORY = 16  # MiB, unless a test needs more

# The ways a frame takes, in the viewer's words.
BY_MEMORY, BY_KVMFR, BY_UDMABUF = "shared memory, imported", "DMA-BUF (kvmfr)", "DMA-BUF (udmabuf)"
BY_OPTION = "read in place (app:allowDMA=no)"
BY_OLD_DRIVER = "read in place (the graphics driver does not import it)"
BY_PLAIN_FILE = "read in place (this memory cannot be exported)"

BUILD = os.environ.get("ORL_BUILD", "")
processes = []  # everything started, so that nothing outlives a case


def program(name):
    return os.path.join(BUILD, "bin", name)


def start(argv, **how):
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--"] + argv, **how)
    processes.append(process)
    return process


def wait_for(true, sentence, patience=None):
    """Until true() is, which it returns; `sentence` (text or function) says what did not happen."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(sentence() if callable(sentence) else sentence)
        time.sleep(0.05)


# ---- processes ---------------------------------------------------------------------------------


class Running:
    """A program whose lines are kept."""

    def __init__(self, argv, **how):
        self.log = tempfile.TemporaryFile(mode="w+", errors="replace")
        self.name = os.path.basename(argv[0])
        self.process = start(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **how)

    def alive(self):
        return self.process.poll() is None

    def said(self):
        return os.pread(self.log.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def wait_said(self, pattern, count=1):
        def found():
            matches = list(re.finditer(pattern, self.said(), re.MULTILINE))
            if len(matches) >= count:
                return matches
            check(self.alive(), f"{self.name} ended with {self.process.returncode} while "
                                f"'{pattern}' was awaited:\n{self.said()}")
            return None
        return wait_for(found, lambda: f"{self.name} did not say '{pattern}':\n{self.said()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, code=0):
        """Ends it as a session manager would; it must leave cleanly. Gives what it has said."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            got = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end:\n{self.said()}") from None
        check(got == code, f"{self.name} left with {got}:\n{self.said()}")
        return self.said()


class Guest(Running):
    """The synthetic guest; `memory`: file, device or ivshmem:SOCKET."""

    def __init__(self, memory, *args):
        self.args = list(args)
        size = [] if any(a.startswith("--memory=") for a in args) else [f"--memory={MEMORY}"]
        if memory.startswith(("/dev/kvmfr", "ivshmem:")):
            size = []  # it is as large as it is
        super().__init__([program("oriel-guest"), memory] + size + self.args)


class Server(Running):
    """Sealed memory for everyone who connects to the socket, as QEMU's devices would."""

    def __init__(self, socket, size=MEMORY):
        super().__init__([program("oriel-ivshmem-server"), f"--socket={socket}", f"--size={size}M"])
        self.socket, self.memory = socket, f"ivshmem:{socket}"
        wait_for(lambda: os.path.exists(socket) or not self.alive(), "the server made no socket")
        check(self.alive(), f"the server ended:\n{self.said()}")


class Viewer(Running):
    def __init__(self, memory, *args, size="256x192", wrapper=(), **how):
        # The time makes it print its summary whenever it leaves.
        options = ["-C", "/dev/null", f"app:shmFile={memory}", f"win:size={size}", "win:alerts=no",
                   "spice:enable=no", "app:exitAfter=3600"]
        if "DISPLAY" in os.environ:
            options += ["win:position=0x0", "win:borderless=yes"]
        super().__init__(list(wrapper) + [program("oriel")] + options + list(args), **how)
        self.name = "the viewer"

    def wait_way(self, way):
        """Until it has said that the frames reach GL so; `way` is the text, exactly. It says so once for
        each session and when the way changes."""
        return self.wait_said(rf"info: frame: frames: {re.escape(way)}$")

    def ways(self):
        """The ways by which frames went, as said so far, without repetitions."""
        return list(dict.fromkeys(re.findall(r"info: frame: frames: (.*)$", self.said(), re.MULTILINE)))

    def oriel(self):
        """The viewer's own process id, whatever stands before it."""
        pid = self.process.pid
        while os.path.basename(os.readlink(f"/proc/{pid}/exe")) != "oriel":
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                pid = int(f.read().split()[0])
        return pid

    def dma_bufs(self):
        """Names of the exporters of the DMA-BUFs that it has open, by the kernel."""
        names, folder = [], f"/proc/{self.oriel()}/fdinfo"
        for number in os.listdir(folder):
            try:
                with open(os.path.join(folder, number), encoding="utf-8") as f:
                    names += re.findall(r"^exp_name:\s*(.*)$", f.read(), re.MULTILINE)
            except FileNotFoundError:
                pass  # closed meanwhile
        return names


seeds = itertools.count(1)


def still(*args, size="256x192"):
    """Words for a guest with one frame, which no other guest shows."""
    return [f"--size={size}", "--fps=0", "--cursor=none", "--pattern=photo", f"--seed={next(seeds)}", *args]


# ---- pictures ----------------------------------------------------------------------------------


def read_ppm(data):
    """(width, height, bytes) of a binary PPM."""
    head = re.match(rb"P6\s(?:#[^\n]*\n)?\s*(\d+)\s+(\d+)\s+255\s", data)
    check(head, "this is no picture")
    return int(head[1]), int(head[2]), data[head.end():]


def reference(guest_args, frame=0, turns=0):
    with tempfile.NamedTemporaryFile(suffix=".ppm") as f:
        subprocess.run([os.path.join(BUILD, "tests", "reference"), f.name, str(frame), str(turns)]
                       + list(guest_args), check=True)
        return read_ppm(f.read())


def screen(width, height):
    """The top left part of the desktop."""
    if "WAYLAND_DISPLAY" in os.environ:
        cmd = ["grim", "-t", "ppm", "-g", f"0,0 {width}x{height}", "-"]
    else:
        cmd = ["import", "-silent", "-window", "root", "-crop", f"{width}x{height}+0+0", "-depth", "8",
               "ppm:-"]
    return read_ppm(subprocess.run(cmd, stdout=subprocess.PIPE, check=True).stdout)


def difference(got, want):
    """(largest difference of a component, where as text); 0 when they are the same."""
    if got[:2] != want[:2]:
        return 256, f"; sizes are {got[:2]} and {want[:2]}"
    if got[2] == want[2]:
        return 0, ""
    check(len(got[2]) == len(want[2]), "a picture is cut short")
    top, at = max((abs(a - b), -i) for i, (a, b) in enumerate(zip(got[2], want[2])))
    return top, f" at {-at // 3 % want[0]},{-at // 3 // want[0]}"


def keep(name, picture):
    folder = os.environ.get("ORL_E2E_KEEP")
    if folder:
        with open(os.path.join(folder, f"{name}.ppm"), "wb") as f:
            f.write(b"P6\n%d %d\n255\n" % picture[:2] + picture[2])


def wait_for_picture(want, tolerance=0, what="", see=screen):
    """Until the desktop shows exactly this."""
    seen = {}

    def same():
        seen["got"] = see(*want[:2])
        # Looking for the largest difference takes seconds under emulation; most often there is none.
        return seen["got"] == want or (tolerance and difference(seen["got"], want)[0] <= tolerance)

    def differs():
        keep("got", seen["got"])
        keep("want", want)
        top, where = difference(seen["got"], want)
        return f"{what}: the picture differs from the reference by {top}{where}; allowed is {tolerance}"
    wait_for(same, differs)


def last_frame(see=screen):
    """Number of the frame that is shown, from the barcode at the top left."""
    _, _, pixels = see(256, 8)
    code = 0
    for bit in range(32):
        code = code << 1 | (pixels[(4 * 256 + bit * 8 + 4) * 3 + 1] >= 128)
    return code


def wait_for_last_picture(args, what, tolerance=0):
    """The guest has stopped making frames: until what is shown is, as a whole, one of its frames."""
    seen = {}

    def same():
        seen["n"] = last_frame()
        if seen["n"] > 1 << 20:
            return False  # no frame yet
        want = reference(args, seen["n"])
        got = screen(*want[:2])
        return got == want or (tolerance and difference(got, want)[0] <= tolerance)

    def differs():
        want = reference(args, seen["n"] if seen["n"] <= 1 << 20 else 0)
        got = screen(*want[:2])
        keep("got", got)
        keep("want", want)
        top, where = difference(got, want)
        return f"{what}: frame {seen['n']} differs from the reference by {top}{where}"
    wait_for(same, differs)


def snapshot(memory, *args, size="256x192", want=None, tolerance=0, what="", wrapper=(),
             environment=None):
    """A viewer without a desktop: what it composed when it left is `want`. Gives what it has said.
    How long it takes to the first picture is not known, so it gets more time until it is enough."""
    seconds, top, where, said = max(2, int(PATIENCE / 15)), 256, "", ""
    variables = {**os.environ, "SDL_VIDEODRIVER": "offscreen", **(environment or {})}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "picture.png")
        while True:
            viewer = Viewer(memory, f"app:exitAfter={seconds}", f"app:screenshot={path}", *args, size=size,
                            wrapper=wrapper, env=variables)
            viewer.process.wait(timeout=seconds + PATIENCE)
            said = viewer.said()
            if viewer.process.returncode == 0:
                png = subprocess.run(["convert", path, "-depth", "8", "ppm:-"], stdout=subprocess.PIPE,
                                     check=True).stdout
                got = read_ppm(png)
                top, where = difference(got, want)
                if top <= tolerance:
                    return said
                keep("got", got)
                keep("want", want)
            check(seconds < PATIENCE, f"{what}: the picture without a desktop differs from the reference by "
                                      f"{top}{where}; allowed is {tolerance}. The viewer said:\n{said}")
            seconds = min(seconds * 3, int(PATIENCE))


def place_windows():
    """A tiling compositor would choose the window's size and place."""
    if "SWAYSOCK" in os.environ:
        for what in ("floating enable", "border none", "move absolute position 0 0"):
            subprocess.run(["swaymsg", f'for_window [app_id=".*"] {what}'], check=True,
                           stdout=subprocess.DEVNULL)


def finish():
    for process in processes:
        process.kill()
        process.wait()
    processes.clear()
