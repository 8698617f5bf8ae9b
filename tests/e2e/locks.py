#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end: Caps and Num Lock of an X server and of a guest behind tests/fake, both ways.

locks.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh)
"""
import ctypes
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "vm")]
from talk import Failed, Program, check, run_case  # noqa: E402
from window import BIN, BUILD, Viewer, point, wait_until, xdo  # noqa: E402

NUM, CAPS = 2, 4  # as SPICE and the viewer count them
MAKE = {CAPS: "3a", NUM: "45"}  # the keyboard controller's codes
QUIET = 2.5  # seconds: longer than anything that the viewer waits for


class Host:
    """The X server's lock keys."""

    class State(ctypes.Structure):  # XkbStateRec
        _fields_ = [("group", ctypes.c_ubyte), ("locked_group", ctypes.c_ubyte),
                    ("base_group", ctypes.c_ushort), ("latched_group", ctypes.c_ushort),
                    ("mods", ctypes.c_ubyte), ("base_mods", ctypes.c_ubyte), ("latched_mods", ctypes.c_ubyte),
                    ("locked_mods", ctypes.c_ubyte), ("rest", ctypes.c_ubyte * 16)]

    CORE = 0x100  # XkbUseCoreKbd

    def __init__(self):
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(None))
        check(self.x.XkbQueryExtension(self.display, None, None, None, None, None), "the X server has no XKB")
        num = self.x.XkbKeysymToModifiers(self.display, ctypes.c_ulong(0xFF7F))
        check(num, "the X server has no Num Lock")
        self.bits = {CAPS: 2, NUM: num}

    def locks(self):
        state = self.State()
        self.x.XkbGetState(self.display, self.CORE, ctypes.byref(state))
        return sum(lock for lock, bit in self.bits.items() if state.locked_mods & bit)

    def set(self, locks):
        on = sum(bit for lock, bit in self.bits.items() if locks & lock)
        self.x.XkbLockModifiers(self.display, self.CORE, sum(self.bits.values()), on)
        self.x.XSync(self.display, 0)

    def expect(self, locks, when):
        wait_until(lambda: self.locks() == locks, lambda: f"{when}: the host has {self.locks()}, not {locks}")


class Guest(Program):
    """A server whose lamps follow the lock keys of `follow`, with a short way for its socket."""

    def __init__(self, follow=CAPS | NUM):
        self.folder = tempfile.TemporaryDirectory(prefix="orl-locks.")
        self.path = os.path.join(self.folder.name, "spice")
        super().__init__([os.path.join(BUILD, "tests", "orl_fake_spice"), "--unix", self.path])
        self.expect("^ready")
        self.send(f"follow {follow}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.alive():
            self.kill()
        self.folder.cleanup()

    def pressed(self, mark=0):
        """How often each lock key was pressed, as the keyboard got it."""
        scans = [line.split()[1] for line in self.lines.since(mark) if line.startswith("scan ")]
        return {lock: scans.count(make) for lock, make in MAKE.items()}

    def viewer(self, *options):
        viewer = Viewer("app:transport=spice", f"spice:host={self.path}", "spice:port=0", *options)
        viewer.expect("Connected to SPICE")
        point(200, 150)
        viewer.focus()
        return viewer


def settings(viewer, mark=0):
    """How often the viewer set the host's locks."""
    return sum("of the host are set" in line for line in viewer.lines.since(mark))


def stays(host, locks, guest, pressed, mark, when):
    time.sleep(QUIET)
    check(host.locks() == locks, f"{when}: the host came to {host.locks()}")
    check(guest.pressed(mark) == pressed, f"{when}: the guest got {guest.pressed(mark)}")


def the_hosts_lock_keys_follow_the_lamps_of_the_guest():
    host = Host()
    with Guest() as guest, guest.viewer() as viewer:
        viewer.expect("input goes through SPICE")
        for locks in (CAPS, CAPS | NUM, NUM, 0, CAPS):
            guest.send(f"leds {locks}")
            host.expect(locks, f"lamps {locks}")
        stays(host, CAPS, guest, {CAPS: 0, NUM: 0}, 0, "at rest")
        viewer.unfocus()
        host.expect(0, "without the focus")
        mark = guest.mark()
        viewer.focus()
        guest.expect("^leds 0", since=mark)
        stays(host, 0, guest, {CAPS: 1, NUM: 0}, mark, "with the focus again")


def lock_keys_go_to_both_sides_once():
    host = Host()
    with Guest() as guest, guest.viewer() as viewer:
        viewer.expect("input goes through SPICE")
        for key, locks in (("Caps_Lock", CAPS), ("Num_Lock", CAPS | NUM), ("Caps_Lock", NUM),
                           ("Num_Lock", 0), ("Caps_Lock", CAPS)):
            mark = guest.mark()
            xdo("key", key)
            guest.expect(f"^leds {locks}$", since=mark)
            host.expect(locks, key)
        stays(host, CAPS, guest, {CAPS: 3, NUM: 2}, 0, "at rest")
        # The viewer knows what the server has, also after it has set it itself.
        guest.send("leds 0")
        host.expect(0, "the guest's own")
        mark = guest.mark()
        xdo("key", "Caps_Lock")
        guest.expect("^leds 4$", since=mark)
        host.expect(CAPS, "pressed after that")
        stays(host, CAPS, guest, {CAPS: 1, NUM: 0}, mark, "pressed after that")
        viewer.unfocus()  # the user pressed it
        stays(host, CAPS, guest, {CAPS: 1, NUM: 0}, mark, "without the focus")
        host.set(NUM)
        viewer.focus()
        guest.expect("^leds 2$", since=mark)
        stays(host, NUM, guest, {CAPS: 2, NUM: 1}, mark, "changed elsewhere")


def a_lock_key_that_the_guest_uses_otherwise_goes_off_at_the_host():
    host = Host()
    with Guest(follow=0) as guest, guest.viewer() as viewer:
        viewer.expect("input goes through SPICE")
        for times in (1, 2):
            xdo("key", "Caps_Lock")
            stays(host, 0, guest, {CAPS: times, NUM: 0}, 0, "pressed")
        viewer.unfocus()
        stays(host, 0, guest, {CAPS: 2, NUM: 0}, 0, "without the focus")


def the_end_puts_the_hosts_lock_keys_back():
    host = Host()
    with Guest(follow=0) as guest:
        for start in (0, NUM):
            host.set(start)
            viewer = guest.viewer()
            guest.send(f"leds {CAPS}")
            host.expect(CAPS, "lamps")
            if start:
                viewer.stop()  # by a signal
            else:
                with viewer:
                    guest.kill()
                    host.expect(start, "the session is lost")
                    guest = Guest(follow=0)
            host.expect(start, "at the end")


def who_only_looks_leaves_the_hosts_lock_keys_alone():
    host = Host()
    for option in ("spice:input=no", "input:captureOnly=yes"):
        with Guest() as guest, guest.viewer(option) as viewer:
            guest.send(f"leds {CAPS}")
            xdo("key", "Num_Lock")
            time.sleep(QUIET)
            check(host.locks() == NUM, f"{option}: the host has {host.locks()}")
            xdo("key", "Num_Lock")
            check(settings(viewer) == 0, f"{option}: the host was set")
            check(guest.pressed() == {CAPS: 0, NUM: 0}, f"{option}: the guest got {guest.pressed()}")


def lamps_that_never_rest_do_not_trouble_the_x_server():
    host = Host()
    with Guest() as guest, guest.viewer() as viewer:
        viewer.expect("input goes through SPICE")
        start = time.monotonic()
        turn = 0
        while time.monotonic() < start + 6:
            turn += 1
            guest.send(f"leds {turn % 4 * 2}")
            time.sleep(0.001)
        guest.send(f"leds {NUM}")
        host.expect(NUM, "in the end")
        took = time.monotonic() - start
        count = settings(viewer)
        check(count <= 2 * took + 1, f"the host was set {count} times in {took:.1f} s by {turn} changes")
        mark = viewer.mark()
        time.sleep(QUIET)
        check(settings(viewer, mark) == 0, "it does not rest")


def a_guest_led_through_its_memory_is_followed_too():
    host = Host()
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as memory:
        guest = Program([os.path.join(BIN, "oriel-guest"), memory.name, "--release=master",
                         "--size=640x360", "--print-input"])
        with Viewer("spice:enable=no", f"app:shmFile={memory.name}", "keys:Ctrl+F9=send CapsLock") as viewer:
            viewer.expect("input goes through the guest's memory")
            point(200, 150)
            viewer.focus()
            xdo("key", "ctrl+F9")  # the guest has it, and the host has not
            host.expect(CAPS, "the guest's lamp")
            xdo("key", "Caps_Lock")
            host.expect(0, "pressed")
            time.sleep(QUIET)
            check(host.locks() == 0, "it does not stay off")
            xdo("key", "ctrl+F9")
            host.expect(CAPS, "the guest's lamp once more")
            viewer.unfocus()
            host.expect(0, "without the focus")
            check(viewer.alive(), "the viewer ended")
        guest.kill()


if __name__ == "__main__":
    try:
        sys.exit(run_case(globals()[sys.argv[2]]))
    except Failed as e:
        sys.exit(str(e))
