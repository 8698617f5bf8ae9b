#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end on Wayland: the viewer's real window on sway, and a real machine in QEMU behind SPICE.

window_wayland.py BUILD_DIR CASE     (ctest runs it inside tests/support/wayland.sh)

tests/support/wayland_hands.py is the user's hands, the guest of tests/vm reports what it received.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..", "support")]
import drop  # noqa: E402
import window  # noqa: E402
from machine import Machine  # noqa: E402
from talk import PATIENCE, check, run_case  # noqa: E402
from wayland_dragger import Dragger  # noqa: E402
from wayland_hands import CODES, EXTRA, LEFT, LOCKS, MIDDLE, RIGHT, SIDE, Hands  # noqa: E402
from window import BIN, wait_until  # noqa: E402

SIZE = (720, 400)
BESIDE = (1000, 100)  # where the other window is


# ---- the desktop -------------------------------------------------------------------------------


def sway(*words):
    done = subprocess.run(["swaymsg", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    check(done.returncode == 0, f"sway refuses {words}: {done.stdout}")
    return done.stdout


def windows():
    """What sway knows of each window, by process."""
    found, rest = {}, [json.loads(sway("-t", "get_tree", "-r"))]
    while rest:
        node = rest.pop()
        rest += node.get("nodes", []) + node.get("floating_nodes", [])
        if node.get("pid"):
            found[node["pid"]] = node
    return found


class Viewer(window.Viewer):
    """Oriel at a place of the desktop; what it logs are its lines."""

    def __init__(self, *options, at=(0, 0), size=SIZE, **environment):
        super().__init__(*options, size=f"{size[0]}x{size[1]}", **environment)
        self.at, self.size = at, size
        self.owner = self.process.pid  # of the window, as the desktop sees it

    def node(self):
        return windows().get(self.owner)

    def place(self):
        """Once it is there: where it belongs, and with the focus."""
        wait_until(self.node, "the viewer has no window")
        sway(f"[pid={self.owner}] move absolute position {self.at[0]} {self.at[1]}")
        self.focus()
        wait_until(lambda: (self.node()["rect"]["x"], self.node()["rect"]["y"]) == self.at,
                   lambda: f"the window does not go to {self.at}: {self.node()['rect']}")

    def focus(self):
        sway(f"[pid={self.owner}] focus")
        wait_until(lambda: self.node()["focused"], "the viewer does not get the focus")
        time.sleep(0.2)

    def captured(self):
        return "captured" in (self.node()["name"] or "")


class Desk:
    """Hands, and a second window: Oriel with its own synthetic guest."""

    def __init__(self):
        for what in ("floating enable", "border none", "move absolute position 0 0"):
            sway(f'for_window [app_id=".*"] {what}')
        self.hands = Hands()
        self.hands.point(900, 900)
        self.viewers = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for viewer in reversed(self.viewers):
            if viewer.alive() or kind:
                viewer.__exit__(kind)

    def open(self, *options, **more):
        viewer = Viewer(*options, **more)
        self.viewers.append(viewer)
        return viewer

    def other(self):
        other = self.open("--demo", "spice:enable=no", "win:title=Other", at=BESIDE, size=(320, 240))
        other.place()
        return other

    def connect(self, vm, *options, **more):
        """A viewer of that machine alone, connected, with the focus and the pointer in its window."""
        viewer = self.open("app:transport=spice", *vm.oriel_options(), *options, **more)
        viewer.expect("input goes through SPICE")
        viewer.place()
        self.hands.point(200, 150)
        time.sleep(0.3)
        return viewer

    def capture(self, viewer):
        self.hands.tap("Scroll_Lock")
        wait_until(viewer.captured, "Scroll Lock does not capture")


# ---- keyboard ----------------------------------------------------------------------------------


def keys_typed_into_the_window_reach_the_guest():
    codes = [code for code in CODES.values() if code != CODES["Scroll_Lock"] and code not in LOCKS]
    with Machine(sound=False, agent=False) as vm, Desk() as desk:
        desk.connect(vm)
        mark = vm.mark()
        for code in codes:
            one = vm.mark()
            desk.hands.tap(code)
            vm.expect(rf"key {code} 0", since=one)  # QEMU drops what the guest is too slow for
        vm.settle()
        want = [(code, down) for code in codes for down in (1, 0)]
        got = vm.keys(mark)
        wrong = [(a, b) for a, b in zip(got, want) if a != b][:3]
        check(got == want, f"{len(got)} events instead of {len(want)}; (received, typed): {wrong}")
        desk.hands.tap("Caps_Lock")
        wait_until(lambda: vm.leds() & 4, "Caps Lock does not shine in the guest")
        desk.hands.tap("Caps_Lock")
        wait_until(lambda: not vm.leds() & 4, "Caps Lock goes on shining in the guest")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")


def what_is_held_goes_up_when_the_focus_goes_elsewhere():
    with Machine(mouse="virtio", sound=False, agent=False) as vm, Desk() as desk:
        hands, other = desk.hands, desk.other()
        viewer = desk.connect(vm)
        mark = vm.mark()
        hands.press("Ctrl", "w")
        hands.button(LEFT, True)
        vm.expect(r"btn 272 1", since=mark)
        check(vm.held(mark) == {29, 17, 272}, f"held: {vm.held(mark)}")
        other.focus()
        wait_until(lambda: not vm.held(mark), lambda: f"still held: {vm.held(mark)}")
        mark = vm.mark()
        hands.tap("x")
        hands.release("w", "Ctrl")
        hands.button(LEFT, False)
        vm.settle()
        check(not vm.keys(mark), f"keys for another window came: {vm.keys(mark)}")
        # Held as the focus comes back: not typed, and the next press is.
        hands.press("e")
        viewer.focus()
        hands.release("e")
        hands.tap("r")
        vm.expect(r"key 19 0", since=mark)
        check((18, 1) not in vm.keys(mark) or (18, 0) in vm.keys(mark), f"keys: {vm.keys(mark)}")
        hands.press("Shift")
        vm.expect(r"key 42 1", since=mark)
        viewer.stop()
        wait_until(lambda: not vm.held(mark), lambda: f"the viewer ended and left {vm.held(mark)}")
        hands.release("Shift")


def keys_stay_down_without_the_focus_when_asked():
    with Machine(sound=False, agent=False) as vm, Desk() as desk:
        hands, other = desk.hands, desk.other()
        viewer = desk.connect(vm, "input:releaseKeysOnFocusLoss=no")
        mark = vm.mark()
        hands.press("Ctrl", "w")
        vm.expect(r"key 17 1", since=mark)
        other.focus()
        vm.settle()
        check(vm.held(mark) == {29, 17}, f"held without the focus: {vm.held(mark)}")
        hands.release("w", "Ctrl")
        viewer.focus()
        wait_until(lambda: not vm.held(mark), lambda: f"held when the focus is back: {vm.held(mark)}")


# ---- mouse -------------------------------------------------------------------------------------


def clicks_and_wheel_reach_the_guest_in_order():
    with Machine(mouse="virtio", sound=False, agent=False) as vm, Desk() as desk:
        hands = desk.hands
        desk.connect(vm)
        mark = vm.mark()
        for button in (LEFT, MIDDLE, RIGHT, SIDE, EXTRA):
            hands.click(button)
        for _ in range(3):
            hands.wheel(-1)
        hands.wheel(2)
        wait_until(lambda: sum(b for _, b in vm.only("wheel", mark)) == 1,
                   lambda: f"the wheel turned {vm.only('wheel', mark)}")
        buttons = vm.only("btn", mark)
        want = [(code, down) for code in (272, 274, 273, 275, 276) for down in (1, 0)]
        check(buttons == want, f"buttons came as {buttons}")
        mark = vm.mark()
        for _ in range(10):
            hands.wheel(0.3)  # as a touch pad does
        wait_until(lambda: sum(b for _, b in vm.only("wheel", mark)) == -3,
                   lambda: f"three notches in tenths: {vm.only('wheel', mark)}")


def a_tablet_follows_the_pointer_absolutely():
    with Machine(mouse="tablet", sound=False, agent=False) as vm, Desk() as desk:
        desk.connect(vm, "input:absolute=yes")
        width, height, _ = vm.screendump()
        check((width, height) == SIZE, f"the guest's screen is {width}x{height}")
        turn = [0]

        def positions_come():  # the server changes its mind some time after it was asked
            turn[0] += 1
            desk.hands.point(300 + turn[0] % 2, 200)
            return vm.only("abs")

        wait_until(positions_come, "no position came")
        vm.settle()
        for x, y in ((10, 10), (width // 2, height // 2), (width - 1, height - 1), (0, 0)):
            mark = vm.mark()
            desk.hands.point(x + 0.5, y + 0.5)
            want = x * 32767 // width, y * 32767 // height  # as QEMU scales a position
            wait_until(lambda: vm.only("abs", mark)[-1:] == [want],
                       lambda: f"at {x}, {y}: {vm.only('abs', mark)} instead of {want}")


# ---- capture -----------------------------------------------------------------------------------


def binding(key):
    """A file that appears when sway obeys its own shortcut."""
    file = os.path.join(tempfile.mkdtemp(prefix="orl-bound."), "fired")
    os.chmod(os.path.dirname(file), 0o777)
    sway(f"bindsym {key} exec touch {file}")
    return file


def fires(file, act, patience=1.5):
    """Whether the desktop obeys its shortcut when act() types it."""
    if os.path.exists(file):
        os.unlink(file)
    act()
    end = time.monotonic() + patience
    while time.monotonic() < end and not os.path.exists(file):
        time.sleep(0.05)
    return os.path.exists(file)


def works(file, act):
    """The same where it should; a busy desktop takes its time."""
    return fires(file, act, PATIENCE)


def captured_motion_is_whole_and_shortcuts_are_the_guests():
    with Machine(mouse="virtio", sound=False, agent=False) as vm, Desk() as desk:
        hands, file = desk.hands, binding("Mod4+t")
        desk.other()
        viewer = desk.connect(vm, "input:rawMouse=yes")

        def shortcut():
            hands.chord("Super", "t")

        check(works(file, shortcut), "sway's shortcut does not work without capture")
        desk.capture(viewer)
        mark, dice = vm.mark(), random.Random(3)
        check(not fires(file, shortcut), "sway took its shortcut while the keyboard was grabbed")
        vm.expect(r"key 20 0", since=mark)
        vm.settle()
        check((20, 1) in vm.keys(mark) and not vm.held(mark), f"the guest got {vm.keys(mark)}")
        x = y = 0
        for i in range(400):
            dx, dy = dice.randint(-20, 60), dice.randint(-20, 20)  # far over the window's edge
            x, y = x + dx, y + dy
            hands.move(dx, dy)
            if i % 50 == 49:
                hands.click()
            if i % 10 == 9:  # QEMU drops what the guest is too slow for
                wait_until(lambda at=(x, y): vm.motion(mark) == at,
                           lambda at=(x, y): f"the guest moved by {vm.motion(mark)} instead of {at}")
        for _ in range(16):
            hands.move(0.5, -0.25)
        x, y = x + 8, y - 4
        wait_until(lambda: vm.motion(mark) == (x, y),
                   lambda: f"the guest moved by {vm.motion(mark)} instead of {(x, y)}")
        vm.settle()
        check(vm.only("btn", mark) == [(272, 1), (272, 0)] * 8, f"clicks: {vm.only('btn', mark)}")
        check(viewer.node()["focused"], "a click went to another window")
        hands.tap("Scroll_Lock")
        wait_until(lambda: not viewer.captured(), "Scroll Lock does not let go")
        check(works(file, shortcut), "sway's shortcut does not work after the capture")


def a_capture_ends_when_the_desktop_takes_the_focus_or_the_viewer_dies():
    with Machine(mouse="virtio", sound=False, agent=False) as vm, Desk() as desk:
        hands, file, other = desk.hands, binding("F10"), desk.other()
        viewer = desk.connect(vm, "input:rawMouse=yes")
        desk.capture(viewer)
        mark = vm.mark()
        hands.press("a")
        vm.expect(r"key 30 1", since=mark)
        other.focus()
        wait_until(lambda: not viewer.captured(), "the capture outlives the focus")
        wait_until(lambda: not vm.held(mark), lambda: f"still held: {vm.held(mark)}")
        hands.release("a")
        check(works(file, lambda: hands.tap("F10")), "the keyboard is still grabbed")
        mark = vm.mark()
        hands.move(300, 300)
        vm.settle()
        check(not vm.only("rel", mark), f"motion still goes to the guest: {vm.motion(mark)}")
        viewer.focus()
        hands.point(200, 150)
        desk.capture(viewer)
        check(not fires(file, lambda: hands.tap("F10")), "a second capture does not grab")
        viewer.process.kill()
        viewer.process.wait()
        wait_until(lambda: not vm.held(), lambda: f"still held: {vm.held()}")
        check(works(file, lambda: hands.tap("F10")), "a killed viewer keeps the keyboard")
        sway("[title=Other] focus")
        third = desk.open("--demo", "spice:enable=no", at=(0, 500), size=(320, 240))
        third.place()
        hands.point(BESIDE[0] + 50, BESIDE[1] + 50)
        hands.click()
        wait_until(lambda: other.node()["focused"], "the pointer is still locked")


# ---- clipboard ---------------------------------------------------------------------------------


def text_is_pasted_both_ways():
    with Machine(sound=False) as vm, Desk() as desk:
        viewer = desk.connect(vm)
        text = "zw\u00f6lf Boxk\u00e4mpfer\njagen"
        subprocess.run(["wl-copy", text], check=True, stdin=subprocess.DEVNULL, timeout=20)
        desk.hands.tap("Shift")
        got = vm.ask("clip-get text", r"clip-data text \d+ \w+ (\S+)")[1]
        check(bytes.fromhex(got).decode() == text, f"the guest got {bytes.fromhex(got)!r}")
        answer = "from the guest: \u20ac 5"
        vm.command("clip-put text " + answer.encode().hex())
        vm.command("clip-offer")

        def pasted():
            out = subprocess.run(["timeout", "5", "wl-paste", "-n"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, check=False).stdout
            return out.decode("utf-8", "replace") == answer

        wait_until(pasted, "the desktop never got the guest's text")
        check(viewer.alive(), "the viewer ended")


# ---- files -------------------------------------------------------------------------------------


DRAG = BESIDE[0] + 50, BESIDE[1] + 50  # from a place in that window


def other_program():
    dragger = Dragger("Files")
    wait_until(lambda: os.getpid() in windows(), "the other program has no window")
    sway(f"[pid={os.getpid()}] move absolute position {BESIDE[0]} {BESIDE[1]}")
    wait_until(lambda: windows()[os.getpid()]["rect"]["x"] == BESIDE[0], "its window does not move")
    dragger.sync()
    return dragger


def dropped_files_arrive_whole():
    with Machine(sound=False) as vm, Desk() as desk:
        viewer = desk.connect(vm)
        vm.expect("^agent-client 0x")
        dragger = other_program()
        names = "one.bin", "gr\u00fc\u00dfe an \u4f60.txt", "with spaces  and 100%.bin", "semi;colon#hash?.txt"
        paths = [drop.make(vm, name, 10000 + 1000 * i) for i, name in enumerate(names)]
        for some, delay in ((paths[:1], 0), (paths[1:], 0), (paths[:1], 0.3), (paths[1:], 3)):
            mark, said = vm.mark(), viewer.mark()
            taken = dragger.drag(desk.hands, DRAG, (300, 200), some, delay=delay)
            check(taken, f"the window does not take a drop that needs {delay} s")
            drop.expect_all(vm, mark, *some)
            viewer.expect("one.bin is in the guest|3 of 3 files in the guest", since=said)
            lines = drop.lines_about_files(viewer, said)
            check(len(lines) == 1, f"it says {lines}")  # not twice, by SDL as well
        # What was dropped is not what is in the clipboard, and the window goes on working.
        mark = vm.mark()
        viewer.focus()
        desk.hands.tap("b")
        vm.expect("key 48 0", since=mark)
        check(not vm.only("btn", mark) and not vm.held(mark), f"still held: {vm.held(mark)}")


def what_cannot_be_taken_of_a_drop_is_said():
    with Desk() as desk:
        viewer = desk.open("--demo", "spice:enable=no")
        viewer.place()
        dragger = other_program()
        host = os.uname().nodename

        def says(sentence, content, taken=True, **more):
            mark = viewer.mark()
            got = dragger.drag(desk.hands, DRAG, (300, 200), content=content, **more)
            check(got == taken, f"{content[:80]!r}: {'not ' * taken}taken")
            viewer.expect(sentence, since=mark)
            time.sleep(1.1)  # the same sentence within a second is not said again
            lines = drop.lines_about_files(viewer, mark)
            check(len(lines) == 1, f"{content[:80]!r}: it says {lines}")

        off = "Files cannot be sent: SPICE is off"
        says(off, f"file://{host}/etc/hosts\r\n".encode())
        says(off, b"# a comment\nfile:///etc/hosts\nfile://LocalHost/etc/host%73")
        says(off, b"".join(b"file:///tmp/%d\r\n" % i for i in range(5000)), delay=0.3)
        says("Not sent: https://localhost/x: it is no file", b"https://localhost/x\r\n")
        says("Not sent: file://elsewhere.example/x: it is a file of another computer",
             b"file://elsewhere.example/x\r\n")
        says("Not sent: file:///a%zz: its name is not written as a URI", b"file:///a%zz\r\n")
        says("Not sent: dropped files: the other program did not name them", b"", taken=False)
        says("Not sent: dropped files: there are too many files", b"x" * (9 << 20), taken=False)
        # What is no list of files is not taken, and leaves nothing behind.
        mark = viewer.mark()
        check(not dragger.drag(desk.hands, DRAG, (300, 200), content=b"text", kind="text/plain"), "text is taken")
        says(off, b"file:///etc/hosts\n")
        check(len(drop.lines_about_files(viewer, mark)) == 1, "the text is talked about")
        # A program that never says what it has holds up neither other drops, nor the window or its end.
        def hang():
            try:
                dragger.drag(desk.hands, DRAG, (300, 200), content=b"x", delay=1000, patience=0.5)
                check(False, "a drop without content was taken")
            except OSError:
                pass

        hang()
        says(off, b"file:///etc/hosts\n")
        for _ in range(3):
            hang()
        says("Not sent: dropped files: others are still being waited for", b"file:///etc/hosts\n", taken=False)
        viewer.place()
        began = time.monotonic()
        viewer.__exit__(None)
        check(time.monotonic() - began < 25, "the viewer waits for the other program")
        desk.viewers.remove(viewer)


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
