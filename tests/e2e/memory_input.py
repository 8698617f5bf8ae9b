#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end: the viewer's real window and a guest that is led through its memory, without a machine.

memory_input.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh or wayland.sh)

The synthetic guest logs what its input endpoint was told; where its pointer is stands in the picture
that the window shows. tests/fake is the SPICE server.
"""
import ctypes
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..", "support")]
from talk import Failed, Program, check, run_case  # noqa: E402
from window import BIN, BUILD, SCALE, wait_until, xdo  # noqa: E402
import window  # noqa: E402

WAYLAND = "WAYLAND_DISPLAY" in os.environ
if WAYLAND:
    from wayland_hands import Hands
    import window_wayland

A, B, C, X, SHIFT = 4, 5, 6, 27, 225  # usages of keys
SCAN = {B: ["30", "b0"], C: ["2e", "ae"]}  # the keyboard controller's codes of two of them
RING = 29  # side of the cursor that is looked for, guest pixels
OUTPUT_SCALE = int(os.environ.get("ORL_OUTPUT_SCALE", "1"))  # pixels for a unit of the desktop, on Wayland
FREE = "debug: inject: the guest takes keyboard and mouse"  # what is typed goes there from now on
BACKGROUND = bytes((0x33, 0x66, 0x99))


# ---- the guest ---------------------------------------------------------------------------------


class Guest(Program):
    """A synthetic guest with a plain picture and a ring around the pointer's pixel."""

    def __init__(self, memory, *options, release="master", size=(640, 360)):
        self.size = size
        super().__init__([os.path.join(BIN, "oriel-guest"), memory, f"--release={release}", "--pattern=solid",
                          "--damage=none", "--fps=10", "--cursor=masked", "--cursor-path=fixed",
                          f"--size={size[0]}x{size[1]}", "--print-input", *options])

    def told(self, word, mark=0):
        """[[word...]] of the lines that begin with this word."""
        return [line.split()[1:] for line in self.lines.since(mark) if line.startswith(word + " ")]

    def keys(self, mark=0):
        return [(int(usage), way == "down") for usage, way in self.told("key", mark)]

    def held(self, mark=0):
        """Keys, and the mask of buttons if it is not 0."""
        down = set()
        for usage, is_down in self.keys(mark):
            (down.add if is_down else down.discard)(usage)
        buttons = self.told("buttons", mark)
        return down | ({f"buttons {buttons[-1][0]}"} if buttons and buttons[-1][0] != "0" else set())

    def motion(self, mark=0):
        moves = self.told("rel", mark)
        return sum(int(x) for x, _ in moves), sum(int(y) for _, y in moves)


class Memory:
    """A file for the guest's memory; what starts with it ends with it."""

    def __init__(self):
        folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.folder = tempfile.TemporaryDirectory(dir=folder)
        self.path = os.path.join(self.folder.name, "memory")
        self.parts = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for part in reversed(self.parts):
            if isinstance(part, window.Viewer):
                if kind or part.alive():
                    part.__exit__(kind)
            elif part.alive():
                part.kill()
        self.folder.cleanup()

    def guest(self, *options, **more):
        self.parts.append(Guest(self.path, *options, **more))
        return self.parts[-1]

    def spice(self):
        """The fake server, and the options that lead to it."""
        socket = self.path + ".spice"
        fake = Program([os.path.join(BUILD, "tests", "orl_fake_spice"), "--unix", socket])
        self.parts.append(fake)
        fake.expect("^ready")
        return fake, [f"spice:host={socket}", "spice:port=0", "spice:enable=yes"]

    def shown(self, *options, **more):
        """A viewer that sends input to this memory, with the guest's picture and the focus."""
        viewer = self.viewer(*options, **more)
        viewer.expect("input goes through the guest's memory")
        viewer.expect("picture: from the guest's memory")
        viewer.place()
        return viewer

    def viewer(self, *options, **more):
        """A viewer of this memory, alone with it unless the options say otherwise."""
        options = ("spice:enable=no", "win:alerts=no", "win:forceAspect=no", "egl:scale=1",
                   "--log=info,inject=debug,input=debug", f"app:shmFile={self.path}", *options)
        self.parts.append(ViewerAt(*options, **more))
        return self.parts[-1]


# ---- the desktop -------------------------------------------------------------------------------


class OnX11(window.Viewer):
    def __init__(self, *options, at=(0, 0), size=(640, 360), title="Oriel", **environment):
        super().__init__(*options, f"win:position={at[0]}x{at[1]}", f"win:title={title}",
                         size=f"{size[0]}x{size[1]}", **environment)
        self.at, self.size, self.title = at, size, title

    def window(self):
        search = ["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)]
        found = []

        def appeared():
            found[:] = subprocess.run(search, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                      check=False).stdout.split()
            return found

        wait_until(appeared, "the viewer has no window")
        return found[-1]

    def place(self):
        self.focus()


class ByXdotool:
    """A keyboard and a mouse on X11; the calls of tests/support/wayland_hands.py."""

    buttons = {0x110: 1, 0x112: 2, 0x111: 3, 0x113: 8, 0x114: 9}
    names = {"Shift": "Shift_L"}

    def point(self, x, y):
        window.point(int(x), int(y))

    def move(self, dx, dy, times=1):
        xdo(*["mousemove_relative", "--", dx, dy] * times)

    def press(self, *keys):
        for key in keys:
            xdo("keydown", self.names.get(key, key))

    def release(self, *keys):
        for key in keys:
            xdo("keyup", self.names.get(key, key))

    def tap(self, *keys):
        for key in keys:
            self.press(key)
            self.release(key)

    def button(self, button, down):
        xdo("mousedown" if down else "mouseup", self.buttons[button])

    def wheel(self, notches):
        xdo("click", "--repeat", abs(notches), 5 if notches > 0 else 4)


def hands():
    if not WAYLAND:
        return ByXdotool()
    for what in ("floating enable", "border none", "move absolute position 0 0"):
        window_wayland.sway(f'for_window [app_id=".*"] {what}')
    return Hands()


ViewerAt = window_wayland.Viewer if WAYLAND else OnX11


class Menu:
    """A program on X11 that holds the pointer."""

    def __enter__(self):
        x = self.x = ctypes.CDLL("libX11.so.6")
        x.XOpenDisplay.restype = ctypes.c_void_p
        x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(x.XOpenDisplay(None))
        root = ctypes.c_ulong(x.XDefaultRootWindow(self.display))
        held = x.XGrabPointer(self.display, root, 1, 0, 1, 1, ctypes.c_ulong(0), ctypes.c_ulong(0),
                              ctypes.c_ulong(0))
        check(held == 0, f"the X server refuses the pointer: {held}")
        return self

    def __exit__(self, *_):
        self.x.XCloseDisplay(self.display)


class WithoutGlobals(threading.Thread):
    """A Wayland socket that leads to the desktop, and hides something of it. Its name is the value."""

    def __init__(self, *hidden):
        super().__init__(daemon=True)
        self.hidden = hidden
        runtime = os.environ["XDG_RUNTIME_DIR"]
        self.real = os.path.join(runtime, os.environ["WAYLAND_DISPLAY"])
        self.path = os.path.join(runtime, "wayland-less")
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen(4)

    def __enter__(self):
        self.start()
        return self.path

    def __exit__(self, *_):
        os.unlink(self.path)

    def run(self):
        while True:
            client = self.server.accept()[0]
            desktop = socket.socket(socket.AF_UNIX)
            desktop.connect(self.real)
            registries = set()
            for pair in ((client, desktop, self.note, registries), (desktop, client, self.hide, registries)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    @staticmethod
    def carry(source, target, change, registries):
        rest = b""
        while True:
            try:
                data, files, _, _ = socket.recv_fds(source, 65536, 32)
                rest += data
                out = b""
                while len(rest) >= 8:
                    sender, word = struct.unpack_from("=II", rest)
                    if len(rest) < word >> 16:
                        break
                    message, rest = rest[:word >> 16], rest[word >> 16:]
                    out += change(sender, word & 0xFFFF, message, registries)
                if data and (out or files):
                    socket.send_fds(target, [out], files)
            except OSError:
                data = b""
            if not data:
                for end in (source, target):
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
                return
            for file in files:
                os.close(file)

    @staticmethod
    def note(sender, opcode, message, registries):
        if (sender, opcode) == (1, 1):  # wl_display.get_registry
            registries.add(struct.unpack_from("=I", message, 8)[0])
        return message

    def hide(self, sender, opcode, message, registries):
        name = message[16:].split(b"\0")[0]
        return b"" if sender in registries and opcode == 0 and name in self.hidden else message


def pixels(x, y, width, height):
    """RGB rows of a part of the screen."""
    if WAYLAND:
        place = [number // OUTPUT_SCALE for number in (x, y, width, height)]
        ppm = subprocess.run(["grim", "-t", "ppm", "-g", "{},{} {}x{}".format(*place), "-"],
                             stdout=subprocess.PIPE, check=True).stdout
        return ppm[len(ppm) - width * height * 3:]
    return subprocess.run(["import", "-silent", "-window", "root", "-crop", f"{width}x{height}+{x}+{y}",
                           "-depth", "8", "rgb:-"], stdout=subprocess.PIPE, check=True).stdout


def ring_at(x, y, scale):
    """Middle of the ring near a place of the screen, or None when there is no whole ring."""
    scale = max(scale, 1)  # a pointer is not made smaller with the picture
    reach = int(RING * scale) + 8
    left, top = max(x - reach, 0) // 2 * 2, max(y - reach, 0) // 2 * 2
    width, height = (x + reach - left) // 2 * 2, (y + reach - top) // 2 * 2
    rows = pixels(left, top, width, height)

    def differs(at):
        return any(abs(a - b) > 40 for a, b in zip(rows[at:at + 3], BACKGROUND))

    # Bars beside the picture are black and not the ring, which is orange.
    hits = [(i % width, i // width) for i in range(width * height)
            if rows[i * 3:i * 3 + 3] != BACKGROUND and differs(i * 3) and rows[i * 3] > 90]
    if not hits:
        return None
    xs, ys = [h[0] for h in hits], [h[1] for h in hits]
    if max(max(xs) - min(xs), max(ys) - min(ys)) < 0.8 * RING * scale:
        return None
    return left + (min(xs) + max(xs) + 1) / 2, top + (min(ys) + max(ys) + 1) / 2


def expect_ring(x, y, scale, what):
    """The guest's pointer comes to where the host's is, pixel x, y: to a pixel, and to half a pixel of
    the guest's, which is `scale` wide, where those are larger."""
    seen = []

    def there():
        seen[:] = [ring_at(x, y, scale)]
        off = seen[0] and max(abs(seen[0][0] - x - 0.5), abs(seen[0][1] - y - 0.5))
        return off is not None and off <= 0.5 + max(scale, 1) / 2

    wait_until(there, lambda: f"{what}: host's pointer at {x + 0.5}, {y + 0.5}, guest's at {seen[0]}", 10)


# ---- one to one --------------------------------------------------------------------------------

# What is shown, in which window, turned how, and the picture's place in the window.
LOOKS = [
    ("pixel by pixel", (640, 360), (640, 360), 0, (0, 0, 640, 360)),
    ("half as large", (1280, 720), (640, 360), 0, (0, 0, 640, 360)),
    ("1.7 times as large", (640, 360), (1088, 612), 0, (0, 0, 1088, 612)),
    ("turned", (640, 360), (360, 640), 90, (0, 0, 360, 640)),
    ("with bars", (640, 360), (800, 600), 0, (0, 75, 800, 450)),
    ("turned, smaller, with bars", (640, 360), (480, 480), 90, (105, 0, 270, 480)),
]


def follow_around(desk, look, viewer, dice):
    name, guest_size, _, turn, (px, py, width, height) = look
    scale = width / (guest_size[1] if turn % 180 else guest_size[0])
    inset = int(RING * max(scale, 1)) // 2 + 4
    left, top = viewer.at[0] + px, viewer.at[1] + py
    for _ in range(4):
        x = left + dice.randint(inset, width - inset)
        y = top + dice.randint(inset, height - inset)
        desk.point(x, y)
        expect_ring(x, y, scale, name)
    for _ in range(40):  # a hand moves in small steps
        x = min(max(x + dice.randint(-7, 9), left + inset), left + width - inset)
        y = min(max(y + dice.randint(-7, 9), top + inset), top + height - inset)
        desk.point(x, y)
    expect_ring(x, y, scale, f"{name}, after many steps")
    for edge in ((left, top + height // 2), (left + width // 2, top), (left + width - 1, top + height - 1)):
        desk.point(*edge)
    x, y = left + width // 2, top + height // 2
    desk.point(x, y)
    expect_ring(x, y, scale, f"{name}, after its edges")
    # Out at one side and in at another.
    desk.point(viewer.at[0] + viewer.size[0] + 40, viewer.at[1] + viewer.size[1] + 40)
    time.sleep(0.3)
    x, y = left + inset, top + inset
    desk.point(x, y)
    expect_ring(x, y, scale, f"{name}, entered again")


def the_guests_pointer_is_where_the_hosts_is():
    desk, dice = hands(), random.Random(5)
    looks = [LOOKS[at] for at in (1, 5)] if WAYLAND else LOOKS
    for look in looks:
        with Memory() as memory:
            memory.guest(size=look[1])
            viewer = memory.shown(f"win:rotate={look[3]}", size=look[2])
            follow_around(desk, look, viewer, dice)


def an_output_with_large_units_counts_physical_pixels():
    """Wayland alone: two pixels a unit, and SDL tells places in whole units."""
    window_wayland.sway(f"output HEADLESS-1 scale {OUTPUT_SCALE}")
    width, height = map(int, os.environ["ORL_SCREEN"].split("x"))
    hands()
    desk, dice = Hands(width // 2, height // 2), random.Random(10)
    with Memory() as memory:
        memory.guest(size=(640, 360))
        viewer = memory.shown(size=(320, 180))
        for _ in range(6):
            x, y = dice.randint(20, 300), dice.randint(20, 160)
            desk.point(x, y)
            expect_ring(2 * x, 2 * y, 1, "two pixels a unit")


def positions_lead_the_pointer_as_well():
    desk, dice = hands(), random.Random(6)
    with Memory() as memory:
        guest = memory.guest(size=LOOKS[1][1])
        viewer = memory.shown("input:absolute=yes", size=LOOKS[1][2])
        follow_around(desk, LOOKS[1], viewer, dice)
        check(guest.told("abs") and not guest.told("rel"), "motion instead of positions")


def a_pointer_that_rests_in_the_window_leads_too():
    """Guest, picture and focus come to a pointer that does not move."""
    desk = hands()
    with Memory() as memory:
        desk.point(30, 300)
        viewer = memory.viewer()
        viewer.place()
        for x, y, size in ((200, 100, (640, 360)), (500, 250, (640, 360)), (300, 50, (1280, 720))):
            desk.point(x, y)
            mark = viewer.mark()
            guest = memory.guest(size=size)
            expect_ring(x, y, 640 / size[0], "the guest came")
            if not WAYLAND:  # where the focus follows the pointer
                viewer.unfocus()
                desk.point(x + 50, y + 60)
                viewer.focus()
                expect_ring(x + 50, y + 60, 640 / size[0], "the focus came")
            guest.kill()
            viewer.expect("input goes nowhere", since=mark)


# ---- keys, buttons, wheel ----------------------------------------------------------------------


def keys_buttons_and_wheel_arrive_in_the_guests_memory():
    desk = hands()
    with Memory() as memory:
        guest = memory.guest()
        viewer = memory.shown()
        desk.point(100, 100)
        mark = guest.mark()
        desk.press("Shift", "a")
        desk.release("a", "Shift")
        desk.tap("x", "F5", "Left")
        guest.expect("key 80 up", since=mark)
        want = [(SHIFT, True), (A, True), (A, False), (SHIFT, False)]
        want += [(usage, down) for usage in (X, 62, 80) for down in (True, False)]
        check(guest.keys(mark) == want, f"keys came as {guest.keys(mark)}")
        for button in (0x110, 0x112, 0x111, 0x113, 0x114):
            desk.button(button, True)
            desk.button(button, False)
        desk.wheel(-3)
        desk.wheel(2)
        wait_until(lambda: sum(int(n) for n, in guest.told("wheel", mark)) == 1,
                   lambda: f"the wheel turned {guest.told('wheel', mark)}")
        buttons = [int(mask) for mask, in guest.told("buttons", mark)]
        check(buttons == [1, 0, 4, 0, 2, 0, 8, 0, 16, 0], f"buttons came as {buttons}")
        # With the button held the pointer is dragged over the edge and keeps hold.
        desk.button(0x110, True)
        desk.point(viewer.size[0] + 100, 100)
        desk.button(0x110, False)
        wait_until(lambda: not guest.held(mark), lambda: f"still held: {guest.held(mark)}")


def captured_motion_arrives_in_the_guests_memory():
    desk, dice = hands(), random.Random(7)
    with Memory() as memory:
        guest = memory.guest()
        viewer = memory.shown("input:rawMouse=yes")
        desk.point(100, 100)
        expect_ring(100, 100, 1, "before the capture")
        desk.tap("Scroll_Lock")
        wait_until(viewer.captured, "Scroll Lock does not capture")
        mark, x, y = guest.mark(), 0, 0
        for _ in range(200):
            dx, dy = dice.randint(-20, 20), dice.randint(-20, 20)
            x, y = x + dx, y + dy
            desk.move(dx, dy)
        desk.move(3, -1, times=80)  # those of a fast mouse are alike, and several of a millisecond
        x, y = x + 240, y - 80
        wait_until(lambda: guest.motion(mark) == (x, y),
                   lambda: f"the guest moved by {guest.motion(mark)} instead of {(x, y)}")


def expect_no_capture(desk, viewer, guest, why):
    """The user asks for it, hears why not, and goes on without."""
    mark, moved = viewer.mark(), guest.mark()
    desk.tap("Scroll_Lock")
    for _ in range(30):
        desk.move(40, 0)
    viewer.expect(why, since=mark)
    wait_until(lambda: not viewer.captured(), "captured without the pointer")
    desk.point(300, 200)
    expect_ring(300, 200, 1, "after the capture that was none")
    desk.tap("b")
    guest.expect(f"key {B} up", since=moved)
    check(not guest.held(moved), f"still held: {guest.held(moved)}")
    desk.tap("Scroll_Lock")  # a second time it is shown, and not logged
    for _ in range(30):
        desk.move(40, 0)
    wait_until(lambda: not viewer.captured(), "captured without the pointer")
    check(sum(bool(re.search(why, line)) for line in viewer.lines.since(mark)) == 1, "said more than once")
    check(viewer.alive(), "the viewer ended")


def a_desktop_that_locks_no_pointer_is_noticed():
    """Wayland alone, with ORL_NO_POINTER_LOCK: it agrees to lock the pointer and does not."""
    desk = hands()
    with Memory() as memory:
        guest = memory.guest()
        viewer = memory.shown()
        desk.point(600, 200)
        expect_ring(600, 200, 1, "before")
        expect_no_capture(desk, viewer, guest, "warn: input: The capture has ended: the desktop let")


def a_desktop_without_pointer_locks_is_noticed():
    """Wayland alone: a desktop that has never heard of them."""
    desk = hands()
    with Memory() as memory, WithoutGlobals(b"zwp_pointer_constraints_v1") as display:
        guest = memory.guest()
        viewer = memory.viewer(WAYLAND_DISPLAY=display)
        viewer.owner = os.getpid()
        viewer.expect("input goes through the guest's memory")
        viewer.place()
        desk.point(600, 200)
        expect_ring(600, 200, 1, "before")
        expect_no_capture(desk, viewer, guest, "warn: input: Not captured: this desktop has no way")


def a_pointer_that_another_program_holds_is_not_captured():
    """X11 alone: as while a menu is open."""
    desk = hands()
    with Memory() as memory:
        guest = memory.guest()
        viewer = memory.shown()
        desk.point(100, 100)
        expect_ring(100, 100, 1, "before")
        with Menu():
            mark = viewer.mark()
            desk.tap("Scroll_Lock")
            viewer.expect("warn: input: Not captured: another program holds the pointer", 4, mark)
            check(not viewer.captured(), "captured without the pointer")
            desk.tap("a")  # the keyboard is as before
            guest.expect(f"key {A} up")
        desk.tap("Scroll_Lock")
        wait_until(viewer.captured, "Scroll Lock does not capture once the menu is closed")
        mark = guest.mark()
        for _ in range(40):
            desk.move(50, 10)
        wait_until(lambda: guest.motion(mark)[0] > 1000, lambda: f"the guest moved by {guest.motion(mark)}")
        check(viewer.captured(), "the capture has ended")


def keyboard_and_mouse_are_plugged_and_unplugged():
    """Wayland alone, with ORL_NO_KEYBOARD: they come and go with the hands."""
    hands().socket.close()
    with Memory() as memory:
        guest = memory.guest()
        viewer = memory.shown()
        for key, usage in (("b", B), ("c", C)):
            mark, desk = guest.mark(), Hands()
            desk.point(100, 100)
            viewer.focus()
            desk.tap("Scroll_Lock")
            wait_until(viewer.captured, "Scroll Lock does not capture")
            desk.press(key)
            guest.expect(f"key {usage} down", since=mark)
            desk.socket.close()
            wait_until(lambda since=mark: not guest.held(since), "a key of an unplugged keyboard stays down")
            wait_until(lambda: not viewer.captured(), "captured without a keyboard")
            check(viewer.alive(), "the viewer ended")


# ---- who has the input -------------------------------------------------------------------------


def a_killed_guest_comes_back_with_nothing_held():
    desk, dice = hands(), random.Random(8)
    with Memory() as memory:
        guest = memory.guest()
        viewer = memory.shown()
        for turn in range(max(2, int(2 * SCALE))):
            desk.point(100, 100)
            mark = guest.mark()
            desk.press("a", "Shift")
            desk.button(0x110, True)
            guest.expect("buttons 1", since=mark)
            check({A, SHIFT} < guest.held(mark), f"held: {guest.held(mark)}")
            mark = viewer.mark()
            guest.kill()
            time.sleep(dice.random() * (1.5 if turn else 0))  # at once, or after the viewer has noticed
            if turn % 2:
                desk.release("a")
            guest = memory.guest()
            viewer.expect("session ", since=mark)
            viewer.expect("input goes through the guest's memory", since=mark)
            desk.point(120, 120)
            time.sleep(0.5)
            desk.release(*(["Shift"] if turn % 2 else ["a", "Shift"]))
            desk.button(0x110, False)
            desk.tap("b")
            guest.expect(f"key {B} up")
            check(guest.keys() == [(B, True), (B, False)], f"a new guest got keys of before: {guest.keys()}")
            check(not guest.held(), f"still held: {guest.held()}")
            desk.point(300, 200)
            expect_ring(300, 200, 1, "after the restart")


def the_second_viewer_says_who_has_the_input_and_takes_its_turn():
    desk = hands()
    with Memory() as memory:
        guest = memory.guest()
        first = memory.shown()
        second = memory.shown(at=(640, 400))
        first.focus()
        desk.point(100, 100)
        mark, heard = guest.mark(), second.mark()
        desk.press("a")
        guest.expect(f"key {A} down", since=mark)
        second.expect("info: input: another viewer has keyboard and mouse", since=heard)
        second.focus()
        desk.release("a")
        desk.point(740, 500)
        second.expect(FREE, since=heard)
        desk.tap("b")
        guest.expect(f"key {B} up", since=mark)
        check(not guest.held(mark), f"still held: {guest.held(mark)}")
        claims = {number for number, in guest.told("claim")}
        check(len(claims) == 2, f"claimed by {claims}")
        # Each finds the pointer where the other one left it, and brings it back.
        expect_ring(740, 500, 1, "in the second window")
        first.focus()
        desk.point(100, 100)
        expect_ring(100, 100, 1, "in the first window")
        second.focus()
        desk.point(800, 600)
        expect_ring(800, 600, 1, "in the second window again")
        # One works here and there, with pauses: that is said once.
        first.focus()
        desk.point(100, 100)  # the guest is asked to put its pointer there: nobody's input
        begin = second.mark()
        for x in range(101, 106):
            mark = second.mark()
            desk.point(x, 100)
            second.expect(FREE, since=mark)
        turns = sum("debug: inject: another viewer has" in line for line in second.lines.since(begin))
        check(turns >= 3, f"the other one had the input {turns} times")
        lines = [line for line in second.lines.since(heard) if "info: " in line or "warn: " in line]
        said = [line for line in lines if "input goes" in line or "another viewer" in line]
        check(len(said) == 1, f"the second viewer says {said}")


def spice_takes_over_while_the_memory_is_away():
    desk = hands()
    with Memory() as memory:
        guest = memory.guest()
        fake, options = memory.spice()
        viewer = memory.shown(*options)
        viewer.expect("Connected to SPICE")
        desk.point(100, 100)
        time.sleep(0.3)
        mark, silence = guest.mark(), fake.mark()
        desk.press("a")
        guest.expect(f"key {A} down", since=mark)
        heard = viewer.mark()
        guest.kill()
        viewer.expect("input goes through SPICE", since=heard)
        desk.release("a")
        time.sleep(0.2)
        desk.tap("b")
        fake.expect("scan " + SCAN[B][1], since=silence)
        scans = [line.split()[1] for line in fake.lines.since(silence) if line.startswith("scan ")]
        check([s for s in scans if s != "9e"] == SCAN[B], f"SPICE got {scans}")
        # What SPICE holds goes up there when the memory returns.
        desk.press("c")
        fake.expect("scan " + SCAN[C][0], since=silence)
        heard, silence = viewer.mark(), fake.mark()
        guest = memory.guest()
        viewer.expect("input goes through the guest's memory", since=heard)
        fake.expect("scan " + SCAN[C][1], since=silence)
        desk.release("c")
        silence = fake.mark()
        desk.tap("x")
        guest.expect(f"key {X} up")
        check(guest.keys() == [(X, True), (X, False)], f"the guest got {guest.keys()}")
        scans = [line for line in fake.lines.since(silence) if line.startswith("scan ")]
        check(not scans, f"SPICE got {scans} as well")


def motion_for_a_b7_guest_is_the_way_between_the_targets():
    """The ring says where the guest's pointer is, SPICE moves it."""
    desk, dice = hands(), random.Random(9)
    for guest_size, size in (((1280, 720), (640, 360)), ((640, 360), (1088, 612))):
        with Memory() as memory:
            fake, options = memory.spice()
            memory.guest(release="b7", size=guest_size)
            viewer = memory.viewer(*options, size=size)
            viewer.expect("input goes through SPICE")
            viewer.expect("picture: from the guest's memory")
            viewer.place()
            scale = size[0] / guest_size[0]
            desk.point(size[0] + 50, size[1] + 50)
            time.sleep(0.3)
            desk.point(200, 100)
            expect_ring(200, 100, scale, "entered")  # the guest put its pointer there itself,
            time.sleep(3)  # and the viewer has compared that with what it asked for
            mark, x, y = fake.mark(), 200, 100
            for _ in range(60):
                x = min(max(x + dice.randint(-15, 15), 40), size[0] - 40)
                y = min(max(y + dice.randint(-15, 15), 40), size[1] - 40)
                desk.point(x, y)
            want = [int((to + 0.5) / scale) - int((at + 0.5) / scale) for to, at in ((x, 200), (y, 100))]

            def moved():
                sent = [re.split(" +", line) for line in fake.lines.since(mark) if line.startswith("motion ")]
                return [sum(int(m[axis]) for m in sent) for axis in (1, 2)]

            wait_until(lambda: moved() == want, lambda: f"SPICE moved by {moved()} instead of {want}", 10)


if __name__ == "__main__":
    try:
        sys.exit(run_case(globals()[sys.argv[2]]))
    except Failed as e:
        sys.exit(str(e))
