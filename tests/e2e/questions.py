#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end: what the viewer asks in its window and says on it, with a server of tests/fake.

questions.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh and pipewire.sh)
"""
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "vm")]
from talk import PATIENCE, Program, check, run_case  # noqa: E402
from window import BUILD, Viewer, connect, screen, wait_until, xdo  # noqa: E402

UUID = "6a1c0f9e-1111-4222-8333-444455556666"
SIZE = (720, 400)
ASKS = "the guest asks for the microphone"


class Guest(Program):
    """A server with a short way for its socket."""

    def __init__(self, *options, program="orl_fake_spice"):
        self.folder = tempfile.TemporaryDirectory(prefix="orl-ask.")
        self.path = os.path.join(self.folder.name, "spice")
        where = ["--unix", self.path, "--uuid", UUID.replace("-", "")]
        super().__init__([os.path.join(BUILD, "tests", program),
                          *(where if program == "orl_fake_spice" else [self.path]), *options])
        self.expect("^ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.alive():
            self.kill()
        self.folder.cleanup()

    def oriel_options(self):
        return [f"spice:host={self.path}", "spice:port=0"]

    def viewer(self, *options, **environment):
        return connect(self, *options, **environment)

    def scans(self, mark):
        return [line.split()[1] for line in self.lines.since(mark) if line.startswith("scan ")]


def answer(viewer, *keys):
    """Opens the guest's question by its key and presses `keys` in it."""
    mark = viewer.mark()
    xdo("keydown", "Scroll_Lock", "key", "e", "keyup", "Scroll_Lock")
    viewer.dialog(mark)
    xdo("key", *keys)
    viewer.expect("keyboard is the guest's again", since=mark)


def still():
    """The window when it has come to rest."""
    looks = [screen(*SIZE)]

    def same():
        time.sleep(0.3)
        looks.append(screen(*SIZE))
        return looks[-1] == looks[-2]

    wait_until(same, "the window never comes to rest")
    return looks[-1]


def is_black(frame):
    return len(set(frame)) <= 1


def red(frame):
    """Pixels of the sign's dot, in the upper right corner."""
    width, count = SIZE[0], 0
    for y in range(60):
        for x in range(width // 2, width):
            r, g, b = frame[3 * (y * width + x):3 * (y * width + x) + 3]
            count += r > 180 and g < 90 and b < 90
    return count


def what_is_typed_never_answers_for_the_microphone():
    with Guest() as guest, guest.viewer() as viewer:
        told = os.path.join(viewer.folder, "oriel", "microphone")
        mark = guest.mark()
        guest.send("record 1")
        text = ["a", "y", "space", "Return", "a", "Escape", "Down", "Return", "KP_Enter", "a"]
        for key in text:
            xdo("key", key)
            time.sleep(0.05)
        viewer.expect(ASKS)
        for key in text:
            xdo("key", key)
        xdo("key", "z")
        guest.expect("^scan ac", since=mark)
        check(guest.scans(mark).count("1e") == 6, f"the guest got {guest.scans(mark)}")
        check(not os.path.exists(told), "an answer was kept")
        check(not any("a dialog's" in line for line in viewer.lines.since()), "a dialog took the keyboard")
        # Once it is open on request, a letter and Enter still give nothing away.
        answer(viewer, "a", "y", "Return")
        mark, said = guest.mark(), viewer.mark()
        guest.send("record 0")
        guest.send("record 1")
        guest.expect("^heard", since=mark)
        xdo("key", "z")
        guest.expect("^scan ac", since=mark)
        check(not any(ASKS in line for line in viewer.lines.since(said)), "it asked again after a no")
        check(not os.path.exists(told), "an answer was kept")


def a_guest_that_asks_all_the_time_takes_neither_keyboard_nor_capture():
    with Guest() as guest, guest.viewer() as viewer:
        viewer.capture()
        for _ in range(20):
            guest.send("record 1")
            time.sleep(0.1)
            guest.send("record 0")
            time.sleep(0.05)
        guest.send("record 1")
        viewer.expect(ASKS)
        mark = guest.mark()
        xdo("key", "a")
        guest.expect("^scan 9e", since=mark)
        check(viewer.captured(), "the capture ended")
        said = viewer.lines.since()
        check(not any("a dialog's" in line for line in said), "a dialog took the keyboard")
        check(sum(ASKS in line for line in said) == 1, "it was said more than once in a minute")


def answers_about_the_microphone_hold_and_those_not_kept_are_said():
    for keys, kept in ((("Down", "Down", "Return"), "allow"), (("Up", "Return"), "deny")):
        with Guest() as guest, guest.viewer() as viewer:
            guest.send("record 1")
            viewer.expect(ASKS)
            answer(viewer, *keys)
            told = os.path.join(viewer.folder, "oriel", "microphone")
            wait_until(lambda: os.path.exists(told), f"{kept}: the answer was not kept")
            with open(told, encoding="utf-8") as file:
                check(file.read() == f"{UUID} {kept}\n", f"another answer than {kept} was kept")
    state = tempfile.TemporaryDirectory(prefix="orl-state.")
    told = os.path.join(state.name, "oriel", "microphone")
    os.mkdir(os.path.dirname(told))
    bytes_before = b"99999999-1111-4222-8333-444455556666 deny\n" * 2000
    with open(told, "wb") as file:
        file.write(bytes_before)
    with Guest() as guest, guest.viewer(XDG_STATE_HOME=state.name) as viewer:
        guest.send("record 1")
        viewer.expect(ASKS)
        mark = viewer.mark()
        xdo("keydown", "Scroll_Lock", "key", "e", "keyup", "Scroll_Lock")
        viewer.dialog(mark)
        xdo("key", "Up")
        asked = still()
        xdo("key", "Return")
        looks, end = [], time.monotonic() + PATIENCE
        while time.monotonic() < end and len(set(looks) - {asked}) < 2:
            looks.append(screen(*SIZE))
        viewer.expect("the answer about the microphone is not kept", since=mark)
        with open(told, "rb") as file:
            check(file.read() == bytes_before, "the answers for other guests are gone")
        # The dialog goes, a sentence comes, and goes: without it there were two kinds of looks.
        check(len(set(looks) - {asked}) >= 2, "no sentence came and went")


def the_sign_of_an_open_microphone_comes_and_goes():
    for option, sign in (("audio:micShowIndicator=yes", True), ("audio:micShowIndicator=no", False)):
        with Guest() as guest, guest.viewer(option, "win:alerts=no") as viewer:
            guest.send("record 1")
            viewer.expect(ASKS)
            check(red(screen(*SIZE)) == 0, "there is a sign before the microphone is open")
            mark = guest.mark()
            answer(viewer, "Down", "Return")
            guest.expect("^heard [1-9]", since=mark)
            if sign:
                wait_until(lambda: red(screen(*SIZE)) > 20, "no sign of the open microphone")
            else:
                check(red(screen(*SIZE)) == 0, "there is a sign that was switched off")
            xdo("keydown", "Scroll_Lock", "key", "e", "keyup", "Scroll_Lock")
            wait_until(lambda: red(screen(*SIZE)) == 0, "the sign stays behind")
            check(viewer.alive(), "the viewer ended")


def why_there_is_no_picture_stays_on_the_screen():
    with tempfile.TemporaryDirectory(prefix="orl-ask.") as folder:
        path = os.path.join(folder, "spice")
        options = ("app:transport=spice", f"spice:host={path}", "spice:port=0", "win:alerts=no")
        with Viewer(*options) as viewer:
            viewer.window()
            wait_until(lambda: not is_black(screen(*SIZE)), "a server that is missing is not said")
            time.sleep(10)  # longer than what is said in passing
            missing = still()
            check(not is_black(missing), "why there is no picture is gone from the screen")
            guest = Program([os.path.join(BUILD, "tests", "orl_fake_spice"), "--unix", path])
            guest.expect("^ready")
            viewer.expect("input goes through SPICE")
            time.sleep(10)
            cardless = still()
            check(not is_black(cardless), "a machine without a graphics card is not said")
            check(cardless != missing, "the server is there, and the screen says that it is missing")
            guest.kill()
            os.unlink(path)
            viewer.expect("There is no SPICE socket", since=viewer.mark())
            time.sleep(10)
            check(not is_black(still()) and still() != cardless, "a lost server is not said")
            card = Program([os.path.join(BUILD, "tests", "orl_fake_card"), path])
            card.expect("^ready")
            card.ask(f"mode {SIZE[0]} {SIZE[1]} 32", "^done")
            want = b"".join((i * 40503 & 0xffffff).to_bytes(3, "big") for i in range(SIZE[0] * SIZE[1]))
            wait_until(lambda: screen(*SIZE) == want, "something stands over the picture")
            card.kill()


def a_password_file_that_cannot_be_read_is_named_where_the_password_is_asked_for():
    with tempfile.TemporaryDirectory(prefix="orl-ask.") as folder:
        secret = os.path.join(folder, "secret")
        with Guest("--password", "open sesame") as guest, \
                Viewer("app:transport=spice", f"spice:host={guest.path}", "spice:port=0",
                       f"spice:passwordFile={secret}") as viewer:
            viewer.dialog(0)
            viewer.focus()
            viewer.expect(secret)
            xdo("type", "--delay", 30, "open sesame")
            mark = viewer.mark()
            xdo("key", "Return")
            viewer.expect("input goes through SPICE", since=mark)
        with Guest("--password", "open sesame") as guest, \
                Viewer("app:transport=spice", f"spice:host={guest.path}", "spice:port=0",
                       f"spice:passwordFile={secret}") as viewer:
            viewer.dialog(0)
            mark = viewer.mark()
            with open(secret, "w", encoding="utf-8") as file:
                file.write("open sesame\n")
            viewer.expect("input goes through SPICE", since=mark)
            viewer.expect("keyboard is the guest's again", since=mark)


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
