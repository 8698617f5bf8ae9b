#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end: the viewer's real window on an X server, and a real machine in QEMU behind SPICE.

window.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh)

XTEST (xdotool) moves the hands, the guest of tests/vm reports what it received.
"""
import array
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "vm"))
from machine import Machine  # noqa: E402
from talk import Failed, Lines, PATIENCE, Program, Talker, check, frequency, run_case  # noqa: E402

BUILD = sys.argv[1]
BIN = os.path.join(BUILD, "bin")
SCALE = float(os.environ.get("ORL_STRESS_SCALE", "1"))
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

LEFT_CTRL, LEFT_SHIFT, LEFT_ALT, SCROLL_LOCK = 29, 42, 56, 70  # Linux codes


def wait_until(truth, sentence, timeout=PATIENCE):
    end = time.monotonic() + timeout
    while not truth():
        check(time.monotonic() < end, sentence() if callable(sentence) else sentence)
        time.sleep(0.05)


def xdo(*words):
    subprocess.run(["xdotool", *[str(w) for w in words]], check=True, stdin=subprocess.DEVNULL)


def point(x, y):
    """The pointer to a place of the screen. To be told to go where it is, `--sync` waits for long."""
    words = subprocess.run(["xdotool", "getmouselocation", "--shell"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    if words[:2] != [f"X={x}", f"Y={y}"]:
        xdo("mousemove", "--sync", x, y)


def pasted():
    """What is in the desktop's clipboard."""
    out = subprocess.run(["timeout", "5", "xclip", "-selection", "clipboard", "-o"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False).stdout
    return out.decode("utf-8", "replace")


def copy(text):
    """Text in the desktop's clipboard, for as long as the process that is returned lives."""
    owner = subprocess.Popen(["xclip", "-selection", "clipboard", "-quiet"], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    owner.stdin.write(text.encode())
    owner.stdin.close()
    wait_until(lambda: pasted() == text, "xclip does not get the clipboard")
    return owner


class Viewer(Talker):
    """Oriel, in the top left corner of the screen. What it logs are its lines."""

    def __init__(self, *options, size="720x400", **environment):
        self.folder = tempfile.mkdtemp(prefix="orl-home.")
        home = {"HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "XDG_STATE_HOME": self.folder}
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", os.path.join(BIN, "oriel"), "-C", "/dev/null",
             "--log=info,input=debug", f"win:size={size}", "win:position=0x0", "win:borderless=yes",
             # A tap of the escape key is one, however long a busy computer takes for it.
             "input:helpMenuDelay=10000", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **home, **environment})
        out = self.process.stdout.fileno()
        super().__init__("the viewer", Lines(lambda n: os.read(out, n)), None)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            print("the viewer said:\n  " + "\n  ".join(self.lines.since()[-60:]))
        else:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def alive(self):
        return self.process.poll() is None

    def window(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "Oriel"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                   check=False).stdout.split()
            if found:
                return found[-1]
            time.sleep(0.1)
        raise Failed("the viewer has no window")

    def focus(self):
        """There is no window manager on the test's server: the focus is given by hand."""
        xdo("windowfocus", "--sync", self.window())
        time.sleep(0.2)

    def captured(self):
        name = subprocess.run(["xdotool", "getwindowname", self.window()], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        return "captured" in name

    def capture(self, on=True):
        xdo("key", "Scroll_Lock")
        wait_until(lambda: self.captured() == on, "Scroll Lock does not " + ("capture" if on else "let go"))

    def dialog(self, since):
        """Until one is open that was not before."""
        self.expect("debug: input: the keyboard is a dialog's", since=since)

    def unfocus(self):
        xdo("windowfocus", root_window())
        time.sleep(0.2)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed("the viewer does not end:\n  " + "\n  ".join(self.lines.since()[-30:])) from None
        said = "\n  ".join(self.lines.since()[-60:])
        check(code == 0, f"the viewer left with {code}:\n  {said}")


def root_window():
    text = subprocess.run(["xwininfo", "-root"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(word for word in text.split() if word.startswith("0x"))


def connect(vm, *options, **more):
    """A viewer of that machine alone, connected, with the focus and the pointer in its window."""
    viewer = Viewer("app:transport=spice", *vm.oriel_options(), *options, **more)
    try:
        viewer.expect("input goes through SPICE")
        point(200, 150)
        viewer.focus()
    except Failed:
        viewer.__exit__(Failed)
        raise
    return viewer


def screen(width, height):
    from_x = subprocess.run(["import", "-silent", "-window", "root", "-crop", f"{width}x{height}+0+0",
                             "-depth", "8", "rgb:-"], stdout=subprocess.PIPE, check=True)
    return from_x.stdout


# ---- keyboard ----------------------------------------------------------------------------------

# X keysym names on the server's US layout, and what Linux calls the key there.
KEYS = {"a": 30, "z": 44, "q": 16, "1": 2, "0": 11, "minus": 12, "Tab": 15, "Return": 28, "space": 57,
        "BackSpace": 14, "Escape": 1, "F1": 59, "F5": 63, "F12": 88, "Up": 103, "Down": 108, "Left": 105,
        "Right": 106, "Home": 102, "End": 107, "Prior": 104, "Next": 109, "Insert": 110, "Delete": 111,
        "Shift_L": 42, "62": 54, "Control_L": 29, "105": 97, "Alt_L": 56, "Super_L": 125,
        "Menu": 127, "KP_Enter": 96, "KP_Divide": 98, "KP_Add": 78, "backslash": 43, "comma": 51}


def keys_typed_into_the_window_reach_the_guest():
    with Machine(sound=False, agent=False) as vm, connect(vm):
        mark = vm.mark()
        for name in KEYS:
            xdo("keydown", name)
            xdo("keyup", name)
        vm.expect(rf"key {KEYS['comma']} 0", since=mark)
        vm.settle()
        want = [(code, down) for code in KEYS.values() for down in (1, 0)]
        got = vm.keys(mark)
        wrong = [(a, b) for a, b in zip(got, want) if a != b][:3]
        check(got == want, f"{len(got)} events instead of {len(want)}; (received, typed): {wrong}")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")


def the_viewers_own_keys_stay_with_the_viewer():
    with Machine(sound=False, agent=False) as vm, connect(vm, "keys:Ctrl+F9=send Ctrl+Alt+Delete") as viewer:
        mark = vm.mark()
        xdo("keydown", "Scroll_Lock", "key", "d", "keyup", "Scroll_Lock")
        xdo("key", "x")
        vm.expect(r"key 45 0", since=mark)
        check(vm.keys(mark) == [(45, 1), (45, 0)], f"the guest saw the viewer's keys: {vm.keys(mark)}")
        mark = vm.mark()
        xdo("keydown", "Control_L", "keydown", "F9", "keyup", "F9", "keyup", "Control_L")
        vm.expect(r"key 111 0", since=mark)
        vm.settle()
        keys = vm.keys(mark)
        check((67, 1) not in keys, f"F9 went to the guest: {keys}")
        pressed = [code for code, down in keys if down]
        check(111 in pressed and LEFT_ALT in pressed and LEFT_CTRL in pressed, f"no Ctrl+Alt+Del: {keys}")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")
        xdo("keydown", "Scroll_Lock", "key", "q", "keyup", "Scroll_Lock")
        wait_until(lambda: not viewer.alive(), "Scroll Lock + Q does not end the viewer")
        check(viewer.process.returncode == 0, f"it left with {viewer.process.returncode}")


def no_key_stays_pressed_when_focus_session_or_viewer_go():
    with Machine(sound=False, agent=False) as vm:
        with connect(vm) as viewer:
            mark = vm.mark()
            xdo("keydown", "Control_L", "keydown", "w")
            vm.expect(r"key 17 1", since=mark)
            viewer.unfocus()
            wait_until(lambda: not vm.held(mark), lambda: f"still held: {vm.held(mark)}")
            xdo("keyup", "w", "keyup", "Control_L")
            viewer.focus()
            mark = vm.mark()
            xdo("keydown", "Shift_L", "mousedown", 1)
            vm.expect(r"btn 272 1", since=mark)
            vm.expect(r"key 42 1", since=mark)
        # the viewer ended with both held
        wait_until(lambda: not vm.held(mark), lambda: f"still held: {vm.held(mark)}")
        xdo("keyup", "Shift_L", "mouseup", 1)


def lock_keys_agree_on_both_sides():
    with Machine(sound=False, agent=False) as vm, connect(vm) as viewer:
        mark = vm.mark()
        xdo("key", "Caps_Lock")
        wait_until(lambda: vm.leds() & 4, "Caps Lock does not shine in the guest")
        viewer.unfocus()
        xdo("key", "Caps_Lock")  # off at the host, and the guest does not see it
        check(vm.leds() & 4, "the guest saw a key without focus")
        viewer.focus()
        wait_until(lambda: not vm.leds() & 4, "Caps Lock still shines after the focus came back")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")


def the_clipboard_is_typed_as_keystrokes():
    with Machine(sound=False, agent=False) as vm, connect(vm) as viewer:
        text = "Hello, World: /etc/fstab_2 {x}\n"
        owner = copy(text)
        mark = vm.mark()
        xdo("keydown", "Scroll_Lock", "key", "p", "keyup", "Scroll_Lock")
        vm.expect(r"key 28 0", since=mark)
        check(decode(vm.keys(mark)) == text, f"typed: {decode(vm.keys(mark))!r}")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")
        owner.kill()
        owner.wait()
        check(viewer.alive(), "the viewer ended")


def pressed_with(keys):
    """Each key but modifiers, with the Ctrl and Alt that are down."""
    held, pressed = set(), []
    for code, down in keys:
        if code in (LEFT_CTRL, LEFT_ALT):
            (held.add if down else held.discard)(code)
        elif down and code not in (LEFT_SHIFT, 54):
            pressed.append((code, frozenset(held)))
    return pressed


def what_a_chord_types_or_sends_comes_without_the_chord():
    text = "typed with Ctrl and Alt still down"
    with Machine(sound=False, agent=False) as vm, \
            connect(vm, "keys:Ctrl+Alt+V=type", "keys:Ctrl+Alt+F=send Alt+F4") as viewer:
        owner = copy(text + "\n")
        mark = vm.mark()
        xdo("keydown", "Control_L", "keydown", "Alt_L", "keydown", "v")
        vm.expect(r"key 28 0", since=mark)
        xdo("keyup", "v", "keyup", "Alt_L", "keyup", "Control_L")
        check(decode([k for k in vm.keys(mark) if k[0] not in (LEFT_CTRL, LEFT_ALT)]) == text + "\n",
              f"the guest got {vm.keys(mark)}")
        wrong = [p for p in pressed_with(vm.keys(mark)) if p[1]]
        check(not wrong, f"typed with modifiers: {wrong}")
        mark = vm.mark()
        xdo("keydown", "Control_L", "keydown", "Alt_L", "key", "f", "keyup", "Alt_L")
        vm.expect(r"key 62 0", since=mark)
        xdo("key", "c")  # Ctrl is still down, and meant
        vm.expect(r"key 46 0", since=mark)
        xdo("keyup", "Control_L")
        vm.settle()
        want = [(62, frozenset({LEFT_ALT})), (46, frozenset({LEFT_CTRL}))]
        check(pressed_with(vm.keys(mark)) == want, f"the guest got {vm.keys(mark)}")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")
        owner.kill()
        owner.wait()
        check(viewer.alive(), "the viewer ended")


def the_case_of_what_is_typed_is_right_with_caps_lock_on():
    with Machine(sound=False, agent=False) as vm, connect(vm):
        xdo("key", "Caps_Lock")
        wait_until(lambda: vm.leds() & 4, "Caps Lock does not shine in the guest")
        owner, typed = copy("PassWord\n"), []

        def right():  # as soon as the viewer has heard of the lamp
            mark = vm.mark()
            xdo("keydown", "Scroll_Lock", "key", "p", "keyup", "Scroll_Lock")
            vm.expect(r"key 28 0", since=mark)
            typed[:] = [decode(vm.keys(mark)).swapcase()]
            return typed == ["PassWord\n"]

        wait_until(right, lambda: f"the guest makes {typed} of it")
        check(vm.leds() & 4, "Caps Lock is off")
        xdo("key", "Caps_Lock")
        owner.kill()
        owner.wait()


def typing_stops_by_the_key_that_began_it():
    with Machine(sound=False, agent=False) as vm, connect(vm) as viewer:
        owner = copy("q" * 3000)  # more than half a minute; asked about from 200 on
        mark, heard = vm.mark(), viewer.mark()
        xdo("keydown", "Scroll_Lock", "key", "p", "keyup", "Scroll_Lock")
        viewer.dialog(heard)
        xdo("key", "Return")
        vm.expect(r"key 16 1", since=mark)
        xdo("keydown", "Scroll_Lock", "key", "p", "keyup", "Scroll_Lock")
        vm.settle()
        typed = decode(vm.keys(mark))
        check(0 < len(typed) < 3000 and set(typed) == {"q"}, f"typed: {typed!r}")
        check(not vm.held(mark), f"still held: {vm.held(mark)}")
        owner.kill()
        owner.wait()


MEDIA = {"XF86AudioMute": 113, "XF86AudioLowerVolume": 114, "XF86AudioRaiseVolume": 115, "XF86AudioNext": 163,
         "XF86AudioPlay": 164, "XF86AudioPrev": 165, "XF86AudioStop": 166}


def media_keys_and_the_actions_for_them_reach_the_guest():
    with Machine(sound=False, agent=False) as vm, connect(vm):
        mark = vm.mark()
        for name, code in MEDIA.items():
            xdo("key", name)
            vm.expect(rf"key {code} 0", since=mark)
        want = [(code, down) for code in MEDIA.values() for down in (1, 0)]
        check(vm.keys(mark) == want, f"the guest saw {vm.keys(mark)}")
        mark = vm.mark()
        for name, code in (("Up", 115), ("Down", 114), ("m", 113), ("Super_L", 125)):
            xdo("keydown", "Scroll_Lock", "key", name, "keyup", "Scroll_Lock")
            vm.expect(rf"key {code} 0", since=mark)
        want = [(code, down) for code in (115, 114, 113, 125) for down in (1, 0)]
        check(vm.keys(mark) == want, f"the guest saw {vm.keys(mark)}")


def media_keys_take_spice_when_the_others_go_through_the_memory():
    """The memory's reports have no place for them."""
    memory = tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    with Machine(sound=False, agent=False) as vm, \
            connect(vm, "app:transport=auto", f"app:shmFile={memory.name}") as viewer:
        guest = Program([os.path.join(BIN, "oriel-guest"), memory.name, "--size=640x360", "--release=master",
                         "--print-input"])
        viewer.expect("input goes through the guest's memory")
        mark = vm.mark()
        xdo("key", "XF86AudioPlay")
        vm.expect("key 164 0", since=mark)
        xdo("keydown", "XF86AudioNext", "key", "a")
        guest.expect("key 4 up")
        vm.expect("key 163 1", since=mark)
        viewer.unfocus()
        wait_until(lambda: not vm.held(mark), lambda: f"still held: {vm.held(mark)}")
        xdo("keyup", "XF86AudioNext")
        check([code for code, _ in vm.keys(mark)] == [164, 164, 163, 163], f"by SPICE came {vm.keys(mark)}")
        guest.kill()


ROWS = {2: "1!", 3: "2@", 4: "3#", 5: "4$", 6: "5%", 7: "6^", 8: "7&", 9: "8*", 10: "9(", 11: "0)", 12: "-_",
        13: "=+", 26: "[{", 27: "]}", 28: "\n\n", 39: ";:", 40: "'\"", 41: "`~", 43: "\\|", 51: ",<", 52: ".>",
        53: "/?", 57: "  "}
for first, letters in ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm")):
    for number, letter in enumerate(letters):
        ROWS[first + number] = letter + letter.upper()


def decode(keys):
    """What a US keyboard's keys mean, by hand."""
    shift, text = 0, ""
    for code, down in keys:
        if code in (LEFT_SHIFT, 54):
            shift = down
        elif down:
            text += ROWS[code][shift]
    return text


# ---- mouse -------------------------------------------------------------------------------------


def clicks_and_wheel_reach_the_guest_in_order():
    with Machine(mouse="virtio", sound=False, agent=False) as vm, connect(vm):
        mark = vm.mark()
        for button in (1, 2, 3, 8, 9):
            xdo("mousedown", button)
            xdo("mouseup", button)
        xdo("click", "--repeat", 3, 4)
        xdo("click", "--repeat", 2, 5)
        wait_until(lambda: sum(b for _, b in vm.only("wheel", mark)) == 1,
                   lambda: f"the wheel turned {vm.only('wheel', mark)}")
        buttons = vm.only("btn", mark)
        want = [(code, down) for code in (272, 274, 273, 275, 276) for down in (1, 0)]
        check(buttons == want, f"buttons came as {buttons}")


def captured_motion_reaches_the_guest_to_the_last_count():
    for mouse in ("virtio", "ps2"):
        with Machine(mouse=mouse, sound=False, agent=False) as vm, connect(vm, "input:rawMouse=yes") as viewer:
            viewer.capture()
            vm.settle()
            mark, dice = vm.mark(), random.Random(3)
            x = y = 0
            for i in range(300):
                dx, dy = dice.randint(-20, 20), dice.randint(-20, 20)
                x, y = x + dx, y + dy
                xdo("mousemove_relative", "--", dx, dy)
                if i % 50 == 49:
                    xdo("click", 1)
                if i % 10 == 9 and mouse == "virtio":  # QEMU drops what the guest is too slow for
                    wait_until(lambda at=(x, y): vm.motion(mark) == at,
                               lambda at=(x, y): f"the guest moved by {vm.motion(mark)} instead of {at}")
            wait_until(lambda: vm.motion(mark) == (x, y),
                       lambda: f"{mouse}: the guest moved by {vm.motion(mark)} instead of {(x, y)}")
            vm.settle()
            check(vm.only("btn", mark) == [(272, 1), (272, 0)] * 6, f"{mouse}: clicks: {vm.only('btn', mark)}")
            viewer.capture(False)


def equal_steps_of_a_fast_mouse_all_count():
    """Eight of them come in a millisecond from a mouse of 8 kHz."""
    with Machine(mouse="usb", sound=False, agent=False) as vm, connect(vm, "input:rawMouse=yes") as viewer:
        viewer.capture()
        vm.settle()
        for n in (1, 2, 3):
            mark = vm.mark()
            xdo(*["mousemove_relative", "--", 3, -1] * 80, "click", 1)
            vm.expect("btn 272 0", since=mark)
            vm.settle()
            check(vm.motion(mark) == (240, -80), f"the guest moved by {vm.motion(mark)} instead of (240, -80)")


def until_positions_come(vm):
    """The server changes its mind some time after it was asked; until then it gives the guest motion."""
    mark, turn = vm.mark(), [0]

    def come():
        turn[0] += 1
        point(300 + turn[0] % 2, 200)
        return vm.only("abs", mark)

    wait_until(come, "no position came")
    vm.settle()


def until_counts_come(vm):
    mark, turn = vm.mark(), [0]

    def come():
        turn[0] += 1
        xdo("mousemove_relative", "--", 1 if turn[0] % 2 else -1, 0)
        return vm.only("rel", mark)

    wait_until(come, "no motion came")
    vm.settle()


def a_tablet_follows_the_pointer_absolutely():
    with Machine(mouse="tablet", sound=False, agent=False) as vm, connect(vm, "input:absolute=yes"):
        width, height, _ = vm.screendump()
        until_positions_come(vm)
        for x, y in ((10, 10), (width // 2, height // 2), (width - 1, height - 1), (0, 0)):
            mark = vm.mark()
            point(x, y)
            wait_until(lambda: vm.only("abs", mark), f"no position came for {x}, {y}")
            vm.settle()
            got = vm.only("abs", mark)[-1]
            want = (x * 32767 / (width - 1), y * 32767 / (height - 1))
            check(abs(got[0] - want[0]) <= 2 * 32767 / width and abs(got[1] - want[1]) <= 2 * 32767 / height,
                  f"the guest was sent to {got} instead of {want}")


def positions_fit_a_picture_that_is_larger_than_the_servers_display():
    memory = tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    with Machine(mouse="tablet", sound=False, agent=False) as vm, \
            connect(vm, "app:transport=auto", f"app:shmFile={memory.name}", "input:absolute=yes",
                    size="640x360") as viewer:
        guest = subprocess.Popen([os.path.join(BIN, "oriel-guest"), memory.name, "--size=1280x720"])
        viewer.expect("picture: from the guest's memory")
        check(vm.screendump()[:2] != (1280, 720), "the machine's own display is as large")
        until_positions_come(vm)
        for x, y in ((0, 0), (320, 180), (480, 90), (639, 359)):
            mark = vm.mark()
            point(x, y)
            wait_until(lambda: vm.only("abs", mark), f"no position came for {x}, {y}")
            vm.settle()
            got, want = vm.only("abs", mark)[-1], (x * 32767 / 639, y * 32767 / 359)
            check(abs(got[0] - want[0]) <= 200 and abs(got[1] - want[1]) <= 200,
                  f"the guest was sent to {got} instead of {want}")
        guest.kill()
        guest.wait()


def a_captured_mouse_gives_counts_on_a_machine_with_a_tablet_too():
    with Machine(mouse="tablet", sound=False, agent=False) as vm, \
            connect(vm, "input:absolute=yes", "input:rawMouse=yes") as viewer:
        until_positions_come(vm)
        viewer.capture()
        until_counts_come(vm)
        mark, x, y = vm.mark(), 0, 0
        for dx, dy in ((7, -3), (-40, 12), (5, 5)):
            x, y = x + dx, y + dy
            xdo("mousemove_relative", "--", dx, dy)
        wait_until(lambda: vm.motion(mark) == (x, y),
                   lambda: f"the guest moved by {vm.motion(mark)} instead of {(x, y)}")
        check(not vm.only("abs", mark), "positions came while captured")
        viewer.capture(False)
        until_positions_come(vm)
        check(viewer.alive(), "the viewer ended")


# ---- picture -----------------------------------------------------------------------------------


def the_boot_picture_is_shown_as_qemu_draws_it():
    for card in ("std", "qxl", "virtio"):
        with Machine(vga=card, sound=False, agent=False, boot=False) as vm, \
                Viewer("app:transport=spice", "win:autoResize=yes", "win:alerts=no", *vm.oriel_options(),
                       "egl:scale=1") as viewer:
            viewer.window()

            def same():
                width, height, want = vm.screendump()
                # The text cursor blinks; two looks that agree with QEMU's own are enough.
                return len(set(want)) > 1 and screen(width, height) == want

            wait_until(same, f"{card}: the window never shows what QEMU's screen does", 2 * PATIENCE)


def the_ring_takes_over_from_the_boot_picture_and_gives_back():
    memory = tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    with Machine(sound=False, agent=False) as vm, \
            Viewer(f"app:shmFile={memory.name}", *vm.oriel_options(), "win:alerts=no") as viewer:
        viewer.expect("picture: from the SPICE display")
        mark = viewer.mark()
        guest = subprocess.Popen([os.path.join(BIN, "oriel-guest"), memory.name, "--size=640x360"])
        viewer.expect("picture: from the guest's memory", since=mark)
        time.sleep(1)
        guest.kill()
        guest.wait()
        viewer.expect("picture: from the SPICE display", since=mark)
        check(viewer.alive(), "the viewer ended")


def the_fallback_display_of_the_guest_comes_by_spice():
    memory = tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    with Machine(sound=False, agent=False) as vm, \
            connect(vm, "app:transport=auto", f"app:shmFile={memory.name}") as viewer:
        guest = subprocess.Popen([os.path.join(BIN, "oriel-guest"), memory.name, "--size=640x360",
                                  "--release=master", "--input=no", "--recovery=yes"])
        viewer.expect("picture: from the guest's memory")
        for said, picture in (("fallback display; the picture comes by SPICE", "from the SPICE display"),
                              ("normal display again", "from the guest's memory")):
            mark = viewer.mark()
            for _ in range(10):  # a guest that is not let run for 750 ms counts as dead
                heard = viewer.mark()
                xdo("keydown", "Scroll_Lock", "key", "shift+r", "keyup", "Scroll_Lock")
                end = viewer.expect(f"{said}|driver cannot be asked", since=heard)[0]
                if "cannot be asked" not in end:
                    break
            viewer.expect(said, since=mark)
            viewer.expect("picture: " + picture, since=mark)
        check(not vm.held(), f"still held: {vm.held()}")
        guest.kill()
        guest.wait()


# ---- sound -------------------------------------------------------------------------------------


class Recorder:
    """What the sink of tests/support/pipewire.sh plays, as 16-bit stereo."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(suffix=".wav")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "pw-record", "-P", "{ stream.capture.sink = true }",
             "--target", "orl-sink", "--format", "s16", "--channels", "2", "--rate", "48000", "--latency",
             "256", self.file.name], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        """Samples of the left channel."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        samples = array.array("h")
        data = self.file.read()[44:]
        samples.frombytes(data[:len(data) // 4 * 4])
        return samples[0::2]


def pitches(samples):
    """Hz of each twentieth of a second that is heard without a break."""
    parts = (frequency(samples[i:i + 2400], 48000, trim=0) for i in range(0, len(samples) - 2400, 1200))
    return [hz for hz, rms, gap in parts if rms > 0.05 and gap < 0.005]


def hear(vm, hz):
    """Lets the guest play a tone and gives what is heard: Hz, rms, longest silence, Hz of its pieces, and
    how many seconds after the guest's sound card has played its end it is heard."""
    recorder = Recorder()
    time.sleep(1)
    vm.ask(f"tone {hz} 4 48000 2", "^tone-done", timeout=2 * PATIENCE)
    done = time.monotonic()
    time.sleep(0.5)
    stopped = time.monotonic()
    samples = recorder.stop()
    silent = next((i for i, v in enumerate(reversed(samples)) if abs(v) > 400), len(samples))
    return *frequency(samples, 48000), pitches(samples), stopped - silent / 48000 - done


# Seconds. 30 ms on a quiet computer; on a busy one the buffer follows QEMU's jitter. A backlog is beyond.
LATEST = 0.5


def expect_tone(vm, hz, tries=6):
    """On a busy computer QEMU loses pieces of what the guest plays and tells nobody; then the pitch of
    what is left must be right. That Oriel loses nothing is proven by tests/audio."""
    heard = []
    for _ in range(tries):
        got, rms, gap, parts, late = hear(vm, hz)
        good = [part for part in parts if abs(part - hz) < 3]
        heard.append(f"{got:.2f} Hz, rms {rms:.3f}, silence {gap:.3f} s, {len(good)} good pieces of "
                     f"{len(parts)}, {late * 1000:.0f} ms late")
        if late > LATEST:
            continue
        if abs(got - hz) < 1 and rms > 0.05 and gap < 0.01:
            print(heard[-1])
            return
        if len(heard) >= 3 and len(good) >= 10 and len(good) > 0.7 * len(parts):
            print(f"this machine is too busy to play {hz} Hz without a break: {heard}")
            return
    raise Failed(f"{hz} Hz is not what is heard: {heard}")


def the_guest_is_heard_through_pipewire():
    pipewire = os.environ["ORL_PIPEWIRE"]
    with Machine(agent=False) as vm, connect(vm) as viewer:
        vm.command("volume 100")
        expect_tone(vm, 440)
        vm.command("mute 1")
        rms = [hear(vm, 440)[1] for _ in range(2)]  # the news may take its time
        check(min(rms) < 0.01, f"muted in the guest, and heard with {rms}")
        vm.command("mute 0")
        subprocess.run([pipewire, "--stop"], check=True)
        time.sleep(1)
        check(viewer.alive(), "the viewer ended with the sound daemon")
        subprocess.run([pipewire, "--start"], check=True)
        expect_tone(vm, 880)


def the_microphone_is_asked_for_and_remembered():
    with Machine(agent=False, uuid="6a1c0f9e-1111-4222-8333-444455556666") as vm, connect(vm) as viewer:
        mark, heard = vm.mark(), viewer.mark()
        vm.send("record 6")
        viewer.expect("the guest asks for the microphone", since=heard)
        xdo("keydown", "Scroll_Lock", "key", "e", "keyup", "Scroll_Lock")
        viewer.dialog(heard)
        xdo("key", "Down", "Down", "Return")  # "always", in the dialog that asks
        vm.expect("record", since=mark)
        told = os.path.join(viewer.folder, "oriel", "microphone")
        wait_until(lambda: os.path.exists(told), "the answer was not kept")
        with open(told, encoding="utf-8") as file:
            check(file.read() == "6a1c0f9e-1111-4222-8333-444455556666 allow\n", "another answer was kept")
        check(not vm.keys(mark), "the answer went to the guest as a key")


# ---- clipboard ---------------------------------------------------------------------------------


def text_is_pasted_both_ways():
    with Machine(sound=False) as vm, connect(vm) as viewer:
        text = "zw\u00f6lf Boxk\u00e4mpfer\njagen"
        owner = copy(text)
        viewer.focus()
        got = []

        def told():  # the offer is on its way
            try:
                got[:] = [vm.ask("clip-get text", r"clip-data (.*)", timeout=5)[1]]
            except Failed:
                return False
            words = got[0].split()
            return words[0] == "text" and len(words) == 4 and bytes.fromhex(words[3]).decode() == text

        wait_until(told, lambda: f"the guest got {got}")
        answer = "from the guest: \u20ac 5"
        vm.command("clip-put text " + answer.encode().hex())
        vm.command("clip-offer")
        wait_until(lambda: pasted() == answer, "the desktop never got the guest's text")
        owner.kill()
        owner.wait()


# ---- faults ------------------------------------------------------------------------------------


def a_password_is_asked_for_in_the_window():
    with Machine(sound=False, agent=False, spice={"port": 0, "password": "open sesame"}) as vm:
        options = [o for o in vm.oriel_options() if "password" not in o]
        with Viewer("app:transport=spice", *options) as viewer:
            viewer.expect("password")
            viewer.dialog(0)
            viewer.focus()
            xdo("type", "--delay", 30, "wrong")
            mark = viewer.mark()
            xdo("key", "Return")
            viewer.expect("password", since=mark)
            viewer.dialog(mark)
            xdo("type", "--delay", 30, "open sesame")
            xdo("key", "Return")
            viewer.expect("input goes through SPICE", since=mark)
            said = "\n".join(viewer.lines.since())
            check("sesame" not in said, "the password stands in the log")


def a_killed_and_restarted_machine_is_found_again():
    with Machine(sound=False, agent=False) as vm, connect(vm) as viewer:
        mark = viewer.mark()
        xdo("keydown", "a")
        vm.restart()
        viewer.expect("input goes through SPICE", since=mark)
        viewer.focus()
        xdo("keyup", "a")
        xdo("key", "b")
        vm.expect("key 48 0")
        check(not vm.held(), f"still held: {vm.held()}")


def a_session_that_another_program_took_comes_back_by_a_key():
    with Machine(sound=False, agent=False) as vm, connect(vm) as viewer:
        mark = viewer.mark()
        thief = Program([os.path.join(BUILD, "tests", "bare_client"), "unix:" + vm.socket_path])
        thief.expect("open inputs")
        viewer.expect("Another program has taken", since=mark)
        viewer.expect("input goes nowhere", since=mark)
        time.sleep(1)
        words = [line for line in viewer.lines.since(mark) if "debug: " not in line]
        check(len(words) <= 3, f"too many words: {words}")
        xdo("keydown", "Scroll_Lock", "key", "b", "keyup", "Scroll_Lock")
        viewer.expect("input goes through SPICE", since=mark)
        mark = vm.mark()
        xdo("key", "c")
        vm.expect("key 46 0", since=mark)
        thief.kill()


def keys_are_held_back_while_spice_and_memory_are_two_machines():
    memory = tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    with Machine(sound=False, agent=False, uuid="6a1c0f9e-1111-4222-8333-444455556666") as vm, \
            connect(vm, "app:transport=auto", f"app:shmFile={memory.name}") as viewer:
        guest = subprocess.Popen([os.path.join(BIN, "oriel-guest"), memory.name, "--size=640x360"])
        viewer.expect("belong to two machines")
        mark = vm.mark()
        xdo("key", "d")
        xdo("click", 1)
        time.sleep(0.5)
        vm.settle()
        check(not vm.keys(mark) and not vm.only("btn", mark), f"the wrong machine got {vm.keys(mark)}")
        guest.kill()
        guest.wait()


def anything_may_fail_at_random_and_nothing_sticks():
    """Focus, guest, connection and sound daemon go and come; in the end all works."""
    dice = random.Random(int(os.environ.get("ORL_SEED", "11")))
    names = list(KEYS)
    pipewire, sound = os.environ["ORL_PIPEWIRE"], True
    with Machine(mouse="virtio") as vm, connect(vm) as viewer:
        down, end = set(), time.monotonic() + 45 * SCALE
        while time.monotonic() < end:
            what = dice.random()
            if what < 0.5:
                name = dice.choice(names)
                xdo("keyup" if name in down else "keydown", name)
                down ^= {name}
            elif what < 0.75:
                xdo("mousemove_relative", "--", dice.randint(-30, 30), dice.randint(-30, 30))
            elif what < 0.85:
                xdo("click", dice.choice((1, 2, 3, 4, 5)))
            elif what < 0.90:
                viewer.unfocus()
            elif what < 0.96:
                viewer.focus()
            elif what < 0.97:
                vm.freeze()
                time.sleep(dice.random())
                vm.thaw()
            elif what < 0.98:
                vm.send("tone 500 1 48000 2")
            elif what < 0.985:
                mark = viewer.mark()
                vm.restart()
                viewer.expect("input goes through SPICE", since=mark)
            elif what < 0.993:
                subprocess.run([pipewire, "--stop" if sound else "--start"], check=True)
                sound = not sound
            check(viewer.alive(), "the viewer ended")
        for name in down:
            xdo("keyup", name)
        viewer.focus()
        mark = vm.mark()
        xdo("key", "m")
        vm.expect("key 50 0", since=mark)
        vm.settle()
        check(not vm.held(), f"still held: {vm.held()}")
        if not sound:
            subprocess.run([pipewire, "--start"], check=True)
        vm.command("volume 100")
        expect_tone(vm, 440)


CHANNELS = {"main": 1, "display": 2, "inputs": 3, "pointer": 4, "sound": 5, "microphone": 6}


class Relay(Program):
    """A way to the machine's SPICE server whose connections can be broken one by one."""

    def __init__(self, vm):
        self.path = os.path.join(vm.folder, "relay")
        super().__init__([os.path.join(BUILD, "tests", "orl_relay"), self.path, vm.socket_path])
        self.expect("^ready")

    def break_one(self, channel):
        self.ask(f"break {CHANNELS[channel]}", f"^break {CHANNELS[channel]}")


def connections_break_at_random_and_all_come_back():
    """Sound, picture, keyboard: each goes on when only its connection broke, and nobody is asked."""
    dice = random.Random(int(os.environ.get("ORL_SEED", "5")))
    with Machine(mouse="virtio") as vm:
        relay = Relay(vm)
        with connect(vm, f"spice:host={relay.path}", "win:autoResize=yes", "egl:scale=1", "win:alerts=no",
                     size="640x480") as viewer:
            end, main = time.monotonic() + 20 * SCALE, time.monotonic()
            while time.monotonic() < end:
                channel = dice.choice(list(CHANNELS))
                # The main channel twice within ten seconds looks like another client.
                if channel != "main" or time.monotonic() > main + 15:
                    relay.break_one(channel)
                    main = time.monotonic() if channel in ("main", "inputs") else main
                for name in dice.sample(list(KEYS), 3):
                    xdo("key", name)
                xdo("mousemove_relative", "--", dice.randint(-9, 9), dice.randint(-9, 9))
                time.sleep(dice.random())
                check(viewer.alive(), "the viewer ended")
            links = [line for line in relay.lines.since() if line.startswith("link ")]
            check(len(links) > 2 * len(CHANNELS), f"too few connections were made again: {links}")
            check(not any("Another program" in line for line in viewer.lines.since()), "a theft was made up")
            mark = vm.mark()

            def key_arrives():
                xdo("key", "m")
                return (50, 0) in vm.keys(mark)

            wait_until(key_arrives, "no key arrives any more", 2 * PATIENCE)
            vm.settle()
            check(not vm.held(), f"still held: {vm.held()}")

            def same():
                width, height, want = vm.screendump()
                return len(set(want)) > 1 and screen(width, height) == want

            wait_until(same, "the window does not show what QEMU's screen does", 2 * PATIENCE)
            vm.command("volume 100")
            expect_tone(vm, 440)
        relay.stop()


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
