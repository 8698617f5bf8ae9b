#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end: the real viewer on a real display server, fed by synthetic guests.

e2e.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh or wayland.sh)

Each case is a function below, named by the sentence it proves. Pictures are taken from the display
server and compared with what tests/e2e/reference.c computes on the processor.
"""
import os
import random
import signal
import struct
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

FORMATS = {"b6": ["bgra", "rgba", "rgba10", "rgba16f"],
           "b7": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"],
           "master": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"]}


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


# ---- cases -------------------------------------------------------------------------------------


def every_release_and_pixel_format_is_shown_exactly(memory):
    """One viewer sees one guest after another, as a user who tries releases would."""
    viewer = Viewer(memory)
    try:
        for release, formats in FORMATS.items():
            for fmt in formats:
                args = STILL + [f"--release={release}", f"--format={fmt}", "--cursor=none"]
                guest = Guest(memory, *args)
                wide = fmt in ("rgba10", "rgba16f")
                wait_for_picture(reference(args), 1 if wide else 0, f"{release} {fmt}")
                guest.stop()
        viewer.stop()
    finally:
        viewer.process.kill()


def hdr_frames_are_shown_as_sdr(memory):
    # PQ keeps grey within 1; a dark component beside a bright one loses up to 16 (demo/picture.h).
    for release, fmt, flag, tolerance in (("b7", "rgba10", "--pq", 16), ("b7", "rgba16f", "--hdr", 1),
                                          ("master", "rgba10", "--pq", 16),
                                          ("master", "rgba16f", "--hdr", 1)):
        show(memory, STILL + [f"--release={release}", f"--format={fmt}", flag, "--cursor=none"],
             tolerance=tolerance)


def rotations_of_guest_and_viewer_add_up(memory):
    for guest_turns in range(4):
        for turns in (0, 1, 3):
            upright = (guest_turns + turns) % 2 == 0
            show(memory, STILL + [f"--rotation={guest_turns * 90}", "--cursor=none"],
                 [f"win:rotate={turns * 90}"], size="640x360" if upright else "360x640", turns=turns)


def every_cursor_kind_is_composed_exactly(memory):
    for release in FORMATS:
        for kind in ("color", "mono", "masked", "hidden"):
            show(memory, STILL + [f"--release={release}", f"--cursor={kind}"])
    for turns in (1, 2, 3):
        show(memory, STILL + ["--cursor=masked"], [f"win:rotate={turns * 90}"],
             size="640x360" if turns == 2 else "360x640", turns=turns)
        show(memory, STILL + ["--cursor=masked", f"--rotation={turns * 90}"],
             size="640x360" if turns == 2 else "360x640")


def random_damage_never_leaves_a_stale_pixel(memory):
    """Many frames with random damage; after the last one the window equals the guest's picture."""
    seconds = 3 * SCALE
    for release in FORMATS:
        args = ["--size=640x360", f"--release={release}", "--damage=random"]
        guest = Guest(memory, *args, "--fps=120", "--cursor=mono", "--cursor-path=circle",
                      f"--at={seconds}:fps=0", f"--at={seconds + 0.2}:cursor=hidden")
        viewer = Viewer(memory)
        try:
            time.sleep(seconds + 2)
            still = args + ["--fps=0", "--cursor=none"]
            wait_for_picture(reference(still, last_frame()), 0, release)
            viewer.stop()
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


def a_missing_memory_is_waited_for(memory):
    viewer = Viewer(memory)
    try:
        viewer.wait_for_line(memory)
        time.sleep(0.5)
        args = STILL + ["--cursor=none"]
        guest = Guest(memory, *args)
        wait_for_picture(reference(args), what="after the guest appeared")
        viewer.stop()
        guest.stop()
    finally:
        viewer.process.kill()


def killing_and_restarting_the_guest_at_random_ends_in_a_correct_picture(memory):
    rng = random.Random(1)
    viewer = Viewer(memory)
    releases = list(FORMATS)
    try:
        end = time.time() + 20 * SCALE
        while time.time() < end:
            guest = Guest(memory, f"--release={rng.choice(releases)}", "--size=640x360", "--fps=60",
                          f"--damage={rng.choice(['full', 'moving', 'random'])}",
                          f"--cursor={rng.choice(['color', 'mono', 'masked'])}")
            time.sleep(rng.uniform(0.05, 2.0))
            guest.kill()
            if rng.random() < 0.3:
                os.unlink(memory)
            elif rng.random() < 0.3:
                os.truncate(memory, rng.choice([0, 4096, 65536]))
            check(viewer.alive(), f"the viewer ended:\n{viewer.lines()}")
        args = STILL + ["--release=b7", "--cursor=mono"]
        guest = Guest(memory, *args)
        wait_for_picture(reference(args), what="after the last restart")
        viewer.stop()
        guest.stop()
    finally:
        viewer.process.kill()


def a_hostile_guest_does_not_take_the_viewer_down(memory):
    viewer = Viewer(memory)
    try:
        for release in FORMATS:
            for mode in ("header", "lock", "heartbeat", "outside", "written", "session", "ring",
                         "damage", "huge", "cursor", "late", "all"):
                guest = Guest(memory, f"--release={release}", "--size=320x200", "--fps=120",
                              f"--hostile={mode}", "--damage=random")
                time.sleep(0.7 * SCALE)
                guest.kill()
                check(viewer.alive(), f"{release} {mode} took the viewer down:\n{viewer.lines()}")
        args = STILL + ["--release=master", "--cursor=color"]
        guest = Guest(memory, *args)
        wait_for_picture(reference(args), what="an honest guest afterwards")
        viewer.stop()
        guest.stop()
    finally:
        viewer.process.kill()


def size_changes_while_running_are_followed(memory):
    guest = Guest(memory, "--size=640x360", "--fps=60", "--cursor=none", "--at=0.7:size=320x200",
                  "--at=1.4:size=801x601", "--at=2.1:format=rgba16f", "--at=2.8:format=bgra",
                  "--at=3.2:size=640x360", "--at=4.5:fps=0")
    viewer = Viewer(memory)
    try:
        time.sleep(6)
        wait_for_picture(reference(["--size=640x360", "--cursor=none", "--fps=0"], last_frame()),
                         what="back at the first size")
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def an_idle_guest_causes_no_drawing(memory):
    guest = Guest(memory, *STILL)
    try:
        viewer = Viewer(memory, "app:exitAfter=6")
        out, _ = viewer.process.communicate(timeout=6 + PATIENCE)
        draws = [line for line in out.splitlines() if line.startswith("pictures drawn")]
        check(draws, f"no summary:\n{out}")
        count = int("".join(c for c in draws[0].split(":", 1)[1].split()[0] if c.isdigit()))
        check(count <= 12, f"{count} pictures were drawn in 6 idle seconds; the first few are due "
              f"to the window and the first frame:\n{out}")
    finally:
        guest.stop()


def a_moving_pointer_alone_redraws_only_when_asked(memory):
    """The picture stands still, the pointer goes round for some seconds."""
    drawn = {}
    for redraw in ("yes", "no"):
        args = ["--size=640x360", "--fps=0", "--cursor=color"]
        guest = Guest(memory, *args, "--cursor-path=circle", "--at=5:cursor=hidden")
        out = ""
        viewer = Viewer(memory, f"input:mouseRedraw={redraw}", "app:exitAfter=8")
        try:
            out, _ = viewer.process.communicate(timeout=PATIENCE)
        finally:
            viewer.process.kill()
            guest.stop()
        check("pictures drawn: " in out, f"no summary:\n{out}\n{viewer.lines()}")
        drawn[redraw] = int(out.split("pictures drawn: ")[1].split()[0])
    check(drawn["yes"] > 40, f"a moving pointer was drawn {drawn['yes']} times")
    check(drawn["no"] < 15, f"a pointer that should wait was drawn {drawn['no']} times")


def a_waiting_pointer_comes_with_the_next_frame(memory):
    args = ["--size=640x360", "--damage=moving", "--cursor=mono", "--cursor-path=line"]
    guest = Guest(memory, *args, "--fps=30", "--at=3:fps=0", "--at=4:cursor=hidden")
    viewer = Viewer(memory, "input:mouseRedraw=no")
    try:
        time.sleep(5)  # a hidden pointer leaves no trace
        wait_for_picture(reference(args + ["--fps=0", "--cursor=none"], last_frame()))
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def a_viewer_without_spice_is_for_looking_and_says_so_when_asked(memory):
    args = STILL + ["--cursor=none"]
    want = reference(args)
    guest = Guest(memory, *args)
    viewer = Viewer(memory, "win:alerts=yes")
    try:
        wait_for_picture(want, what="a clean picture, without any word")
        focus_the_window()
        subprocess.run(["xdotool", "key", "Scroll_Lock"], check=True)
        end = time.time() + PATIENCE
        while screen(640, 360) == want:
            check(time.time() < end, "nothing is said when there is nothing to capture for")
            time.sleep(0.05)
        wait_for_picture(want, what="after the alert")
        subprocess.run(["xdotool", "key", "a", "click", "1"], check=True)
        wait_for_picture(want, what="after a key and a click")
        viewer.stop()
        said = [line for line in viewer.lines().splitlines() if not line.startswith("oriel: info: ")
                or "SPICE" in line or "input" in line]
        check(not said, f"words in the log: {said}")
    finally:
        viewer.process.kill()
        guest.stop()


def every_surface_and_the_single_thread_show_the_same(memory):
    """EGL swaps instead of shared memory, drawing on the main thread, partial redraw switched off."""
    args = ["--size=640x360", "--damage=random", "--cursor=masked"]
    for options in (["render:softPresent=no"], ["render:thread=no"],
                    ["render:softPresent=no", "render:thread=no"],
                    ["egl:noBufferAge=yes", "egl:noSwapDamage=yes"]):
        guest = Guest(memory, *args, "--fps=60", "--cursor-path=circle", "--at=1.5:fps=0",
                      "--at=1.7:cursor=hidden")
        viewer = Viewer(memory, *options)
        try:
            time.sleep(3)
            still = args + ["--fps=0", "--cursor=none"]
            wait_for_picture(reference(still, last_frame()), 0, " ".join(options))
            viewer.stop()
        finally:
            viewer.process.kill()
            guest.stop()


def a_slow_guest_is_read_while_it_writes(memory):
    show(memory, STILL + ["--release=b6", "--cursor=none", "--slow-write=300"])
    show(memory, STILL + ["--release=master", "--cursor=none", "--slow-write=300"])


def two_viewers_share_one_guest(memory):
    args = STILL + ["--release=master", "--cursor=color"]
    guest = Guest(memory, *args)
    below = Viewer(memory, "win:position=0x400")
    above = Viewer(memory)
    try:
        want = reference(args)
        wait_for_picture(want, what="the first window")
        below.stop()
        wait_for_picture(want, what="after the other viewer left")
        above.stop()
    finally:
        guest.stop()


def what_is_wrong_with_the_memory_is_said(memory):
    viewer = Viewer(memory)
    guest = Guest(memory, "--size=1920x1080", "--memory=8", "--fps=30")
    viewer.wait_for_line("the memory has 8 MiB, this mode needs 32 MiB")
    guest.kill()
    with open(memory, "r+b") as f:
        f.write(struct.pack("<II", 0x504D474C, 8))  # an LGMP of the time between B7 and master
    viewer.wait_for_line("the guest software speaks LGMP 8")
    with open(memory, "r+b") as f:
        f.write(bytes(64))
    viewer.stop()


def the_window_takes_the_pictures_size_when_asked(memory):
    args = STILL + ["--cursor=color"]
    show(memory, args, ["win:autoResize=yes"], size="320x240")


def whole_number_enlargement_repeats_pixels(memory):
    args = ["--size=320x180", "--fps=0", "--cursor=masked", "--cursor-path=fixed"]
    guest = Guest(memory, *args)
    viewer = Viewer(memory, "win:intUpscale=yes", size="640x360")
    width, height, pixels = reference(args)
    big = bytearray()
    for y in range(height):
        row = b"".join(pixels[(y * width + x) * 3:(y * width + x) * 3 + 3] * 2 for x in range(width))
        big += row * 2
    try:
        wait_for_picture((width * 2, height * 2, bytes(big)), what="twice the size")
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def press(*keys):
    """A chord on the escape key, as a person types it."""
    subprocess.run(["xdotool", "keydown", "Scroll_Lock"], check=True)
    for key in keys:
        subprocess.run(["xdotool", "key", key], check=True)
    subprocess.run(["xdotool", "keyup", "Scroll_Lock"], check=True)


def focus_the_window():
    end = time.time() + PATIENCE
    while time.time() < end:
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", ".*"],
                               stdout=subprocess.PIPE, text=True, check=False).stdout.split()
        if found:
            subprocess.run(["xdotool", "windowfocus", found[-1]], check=True)
            time.sleep(0.3)
            return found[-1]
        time.sleep(0.1)
    raise Failed("no window appeared")


def keys_rotate_switch_video_and_quit(memory):
    args = STILL + ["--cursor=none"]
    guest = Guest(memory, *args)
    viewer = Viewer(memory)
    try:
        want = reference(args)
        wait_for_picture(want, what="before any key")
        focus_the_window()
        press("r", "r")
        wait_for_picture(reference(args, turns=2), what="after R twice")
        press("r", "r")
        wait_for_picture(want, what="after R four times")
        press("v")
        time.sleep(1)
        press("v")
        wait_for_picture(want, what="after the video was off and on")
        press("q")
        viewer.process.wait(timeout=PATIENCE)
        check(viewer.process.returncode == 0, f"Q left with {viewer.process.returncode}")
    finally:
        viewer.process.kill()
        guest.stop()


def seen_at_night(picture, gain):
    """The formula of shaders/picture.glsl."""
    width, height, pixels = picture
    seen = {}
    out = bytearray(len(pixels))
    for i in range(0, len(pixels), 3):
        rgb = pixels[i:i + 3]
        if rgb not in seen:
            luma = max((0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) / 255, 1 / 255)
            seen[rgb] = bytes(min(round(c * luma ** (-gain / (1 + gain))), 255) for c in rgb)
        out[i:i + 3] = seen[rgb]
    return width, height, bytes(out)


def the_key_of_the_night_vision_goes_through_its_steps(memory):
    args = STILL + ["--cursor=none"]
    guest = Guest(memory, *args)
    viewer = Viewer(memory, "egl:nvGainMax=2", "egl:nvGain=1")
    try:
        want = reference(args)
        wait_for_picture(seen_at_night(want, 1), 2, "at the start")
        focus_the_window()
        press("n")
        wait_for_picture(seen_at_night(want, 2), 2, "after N")
        press("n")
        wait_for_picture(want, what="after N twice")
        press("n")
        wait_for_picture(seen_at_night(want, 1), 2, "after N three times")
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def changed_part(want):
    """What differs on the screen from `want`: left, top, right, bottom; None when nothing does."""
    width, height, pixels = want
    _, _, got = screen(width, height)
    rows = [y for y in range(height)
            if got[y * width * 3:(y + 1) * width * 3] != pixels[y * width * 3:(y + 1) * width * 3]]
    if not rows:
        return None
    columns = [x for x in range(width) if any(
        got[(y * width + x) * 3:][:3] != pixels[(y * width + x) * 3:][:3] for y in rows)]
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def timing_graphs_come_and_go_by_a_key_and_touch_nothing_else(memory):
    args = ["--size=640x360", "--damage=random"]
    guest = Guest(memory, *args, "--fps=60", "--cursor=none", f"--at={6 * SCALE}:fps=0")
    viewer = Viewer(memory)
    try:
        viewer.wait_for_line("from the guest's memory")
        focus_the_window()
        press("t")
        before, part, later = None, None, None
        end = time.time() + 6 * SCALE + 2 * PATIENCE
        while last_frame() != before or not part:  # until the guest rests, and for a second more
            check(time.time() < end, f"no graphs are shown, or no rest:\n{viewer.lines()}")
            before = last_frame()
            want = reference(args + ["--fps=0", "--cursor=none"], before)
            time.sleep(1)
            part = changed_part(want)
            time.sleep(1)
            later = changed_part(want)
        left, top, right, bottom = part
        check(0 < left < 30 and top > 30 and bottom < 360 and right < 640,
              f"graphs stand at {part}")
        check(right - left > 250 and bottom - top > 120, f"graphs are small: {part}")
        check(later == part, f"the graphs of an idle guest move, from {part} to {later}")
        press("t")
        wait_for_picture(want, what="without the graphs")
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def timing_graphs_of_an_idle_guest_cause_no_drawing(memory):
    guest = Guest(memory, *STILL, "--cursor=none")
    viewer = Viewer(memory, "app:exitAfter=15")
    try:
        want = reference(STILL + ["--cursor=none"])
        wait_for_picture(want)
        focus_the_window()
        press("t")
        end = time.time() + PATIENCE
        while not changed_part(want):
            check(time.time() < end, "no graphs are shown")
        out, _ = viewer.process.communicate(timeout=15 + PATIENCE)
        check("pictures drawn: " in out, f"no summary:\n{out}\n{viewer.lines()}")
        count = int(out.split("pictures drawn: ")[1].split()[0])
        check(count <= 20, f"{count} pictures were drawn for a guest that rests:\n{out}")
    finally:
        viewer.process.kill()
        guest.stop()


def full_screen_fills_the_output(memory):
    args = ["--size=1920x1200", "--fps=0", "--cursor=none"]
    guest = Guest(memory, *args)
    viewer = Viewer(memory, "-F")
    try:
        wait_for_picture(reference(args), what="full screen")
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def run_oriel(*args, env=None):
    return subprocess.run([os.path.join(BIN, "oriel")] + list(args), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False,
                          env=env or os.environ)


def errors_are_one_sentence_and_an_exit_code(memory):
    r = run_oriel("win:fulscreen")
    check(r.returncode == 2, f"an unknown option left with {r.returncode}")
    check("win:fullScreen" in r.stderr, f"no 'did you mean': {r.stderr}")
    r = run_oriel("win:size=huge")
    check(r.returncode == 2 and "win:size" in r.stderr, f"a bad value: {r.returncode} {r.stderr}")
    r = run_oriel("--inspect", os.path.join(os.path.dirname(memory), "nothing-here"))
    check(r.returncode == 4 and r.stderr.count("\n") == 1, f"inspect: {r.returncode} {r.stderr}")
    with open(memory, "wb") as f:
        f.truncate(1 << 20)
    r = run_oriel("--inspect", memory)
    check(r.returncode == 5, f"inspect of an empty memory: {r.returncode} {r.stderr} {r.stdout}")
    r = run_oriel("win:noScreensaver=yes", "win:autoScreensaver=yes")
    check(r.returncode == 2, f"conflicting options: {r.returncode} {r.stderr}")
    with open(memory + ".ini", "w", encoding="utf-8") as f:
        f.write("[keys]\nEscape+Q = quti\nNoKey = quit\n")
    for flag in ("app:exitAfter=1", "--print-config"):
        r = run_oriel("-C", memory + ".ini", flag)
        lines = r.stderr.splitlines()
        check(r.returncode == 2 and len(lines) == 2, f"bad bindings: {r.returncode} {r.stderr}")
        check(f"{memory}.ini:2: " in lines[0] and f"{memory}.ini:3: " in lines[1], f"no place: {r.stderr}")
    r = run_oriel("input:escapeKey=Nothing")
    check(r.returncode == 2 and r.stderr.count("\n") == 1, f"no such key: {r.returncode} {r.stderr}")
    env = {k: v for k, v in os.environ.items()
           if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
    r = run_oriel(f"app:shmFile={memory}", env=env)
    check(r.returncode == 3, f"no display: {r.returncode} {r.stderr}")
    r = run_oriel("--version")
    check(r.returncode == 0 and r.stdout.startswith("Oriel "), f"--version: {r.stdout}")


def the_demo_shows_itself_and_leaves_a_picture(memory):
    shot = memory + ".png"
    for release in FORMATS:
        r = run_oriel("-C", "/dev/null", f"--demo={release}", "app:exitAfter=3",
                      f"app:screenshot={shot}")
        check(r.returncode == 0, f"the demo left with {r.returncode}:\n{r.stderr}")
        with open(shot, "rb") as f:
            check(f.read(8) == b"\x89PNG\r\n\x1a\n", "no PNG was written")
        os.unlink(shot)
        check("fps" in r.stdout and "ups" in r.stdout, f"no summary:\n{r.stdout}")


def requests(memory):
    """What the guest's recovery region has seen: tickets given out, lines in use, the last one answered."""
    with open(memory, "rb") as f:
        f.seek(-65536, os.SEEK_END)
        region = f.read(1280)
    number = lambda at: struct.unpack_from("<I", region, at)[0]  # noqa: E731
    return number(128) // 2, [number(192 + 64 * i) for i in range(16) if number(192 + 64 * i)], number(1216) // 2


STANDS_STILL = "cannot be asked: its heartbeat stands still"


def ask_for_the_other_display(viewer, sentence):
    """A guest that the busy computer did not let run for 750 ms counts as dead; then it is asked again."""
    for _ in range(10):
        before = viewer.lines().count(STANDS_STILL)
        focus_the_window()
        press("shift+r")
        end = time.time() + 2 * PATIENCE
        while viewer.lines().count(STANDS_STILL) == before or sentence == STANDS_STILL:
            if sentence in viewer.lines():
                return
            check(viewer.alive() and time.time() < end, f"no '{sentence}':\n{viewer.lines()}")
            time.sleep(0.05)
    raise Failed(f"this guest never runs:\n{viewer.lines()}")


def the_fallback_display_is_asked_for_by_a_key(memory):
    args = STILL + ["--cursor=none", "--release=master", "--recovery=yes"]
    guest = Guest(memory, *args)
    viewer = Viewer(memory)
    try:
        want = reference(args)
        wait_for_picture(want, what="before any key")
        ask_for_the_other_display(viewer, "The guest shows its fallback display")
        check("comes by SPICE, which is off here" in viewer.lines(), f"no hint:\n{viewer.lines()}")
        check(requests(memory) == (1, [], 1), f"the region says {requests(memory)}")
        ask_for_the_other_display(viewer, "The guest shows its normal display again")
        check(requests(memory) == (2, [], 2), f"the region says {requests(memory)}")
        wait_for_picture(want, what="after the way back")
        viewer.stop()
    finally:
        viewer.process.kill()
        guest.stop()


def why_there_is_no_fallback_display_is_said(memory):
    said = {"helper": "does not switch to its fallback display: the driver's helper", "display": "<video>",
            "no": "offers no fallback display", "absent": "only Looking Glass's display driver (IDD)",
            "dead": STANDS_STILL}
    for mode, sentence in said.items():
        args = STILL + ["--cursor=none", "--release=master", f"--recovery={mode}"]
        guest = Guest(memory, *args)
        viewer = Viewer(memory)
        try:
            wait_for_picture(reference(args), what=mode)
            ask_for_the_other_display(viewer, sentence)
            if mode not in ("helper", "display", "absent"):
                check(requests(memory) == (0, [], 0), f"{mode}: the region says {requests(memory)}")
            viewer.stop()
        finally:
            viewer.process.kill()
            guest.stop()
        os.unlink(memory)


def main():
    if WAYLAND:
        # A tiling compositor would choose the window's size.
        for what in ("floating enable", "border none", "move absolute position 0 0"):
            subprocess.run(["swaymsg", f'for_window [app_id=".*"] {what}'], check=True,
                           stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as tmp:
        try:
            globals()[CASE](os.path.join(tmp, "memory"))
        except Failed as e:
            print(f"{CASE}: {e}", file=sys.stderr)
            sys.exit(1)
        finally:
            for process in processes:
                process.kill()


main()
