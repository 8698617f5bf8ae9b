#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Oriel's SPICE session (client/spice with client/input's tables) against QEMU's server and a guest.

session.py BUILD_DIR CASE
"""
import os
import random
import re
import subprocess
import sys
import time
import zlib

sys.dont_write_bytecode = True
from machine import Failed, Machine, Program, check, run_case  # noqa: E402

BUILD = sys.argv[1]
DRIVE = os.path.join(BUILD, "tests", "drive")
LEAKS = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
INPUTS, AGENT = 1, 16  # of enum orl_spice_has
# Keys that QEMU 7.2 cannot pass on: it has no name for them, or its PS/2 keyboard has no code. They may
# be missing, but never arrive as something else.
UNNAMED = {f"F{n}" for n in range(13, 25)} | {"KPJPComma", "Katakana", "ZenkakuHankaku", "BrowserSearch"}
LACKING = {"virtio": UNNAMED,
           "ps2": UNNAMED | {"Help", "Menu", "Again", "Undo", "Cut", "Copy", "Paste", "Find", "Hangul",
                             "Hanja"}}
BUTTONS = {1: 0x110, 2: 0x112, 3: 0x111, 4: 0x113, 5: 0x114}  # as people count, as Linux does


class Drive(Program):
    """Oriel's session, connected to a machine."""

    def __init__(self, vm, *options, connected=True, password=None):
        place = [f"host={vm.socket_path}", "port=0"] if vm.unix else ["host=127.0.0.1"]
        if vm.spice.get("tls"):
            place = ["host=localhost", f"tls-port={vm.port}", f"ca-file={vm.ca_file}",
                     f"host-subject={vm.host_subject}"]
        elif not vm.unix:
            place.append(f"port={vm.port}")
        word = password or vm.password
        self.log = os.path.join(vm.folder, "drive")
        super().__init__([DRIVE] + place + ([f"password={word}"] if word else []) + list(options),
                         log=self.log, ASAN_OPTIONS=LEAKS)
        if connected:
            self.until("ready", INPUTS)

    def until(self, state, has=0, since=0, more=""):
        """Waits for a status of that state with these parts; gives its line."""
        end = time.monotonic() + 60
        at = since
        while True:
            match, _ = self.expect_timed(rf"^status {state} fault (\d+) has (\d+).*{more}", 60, at)
            if int(match[2]) & has == has:
                return match.string
            at = self.lines.since().index(match.string, at) + 1
            check(time.monotonic() < end, f"no status {state} with parts {has}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
            return
        code = self.stop()
        with open(self.log, encoding="utf-8", errors="replace") as file:
            check(code == 0, f"the session ended with {code}:\n{file.read()[-3000:]}")


def keymap():
    text = subprocess.run([DRIVE, "--keymap"], stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "ASAN_OPTIONS": LEAKS}).stdout
    rows = [line.split(" ", 3) for line in text.splitlines()]
    return [(int(usage), int(set1), int(linux), name) for usage, set1, linux, name in rows]


def type_key(vm, session, usage):
    """What the guest reports for a key pressed and released: [(linux code, 1 or 0)]."""
    # One more key behind it, so that whatever it caused has come.
    other, code = (5, 48) if usage == 4 else (4, 30)
    mark = vm.mark()
    for key, down in ((usage, 1), (usage, 0), (other, 1), (other, 0)):
        session.send(f"key {key} {down}")
    vm.expect(f"key {code} 0", since=mark)
    got = vm.keys(mark)
    check(got[-2:] == [(code, 1), (code, 0)], f"the key behind {usage:#x} came as {got[-2:]}")
    return got[:-2]


def every_key_of_the_table_arrives():
    rows = [row for row in keymap() if row[1]]
    check(len(rows) > 100, f"the table has only {len(rows)} keys")
    wrong = []
    for keyboard in ("ps2", "virtio"):
        with Machine(keyboard=keyboard, sound=False, vga="none", agent=False) as vm, Drive(vm) as session:
            for usage, set1, linux, name in rows:
                got = type_key(vm, session, usage)
                missing = not got and name in LACKING[keyboard]
                if got != [(linux, 1), (linux, 0)] and not missing:
                    wrong.append(f"{keyboard}: {name} (usage {usage:#x}, code {set1:#x}): {got}, not {linux}")
    print(f"{len(rows)} keys typed")
    check(not wrong, "keys that do not arrive as the table says:\n  " + "\n  ".join(wrong))


def storm(vm, session, count, pause):
    """Random motion with clicks in between; (what was asked, what the guest got)."""
    dice, buttons, x, y = random.Random(count), [], 0, 0
    mark = vm.mark()
    for i in range(count):
        dx, dy = dice.randint(-20, 20), dice.randint(-20, 20)
        x, y = x + dx, y + dy
        session.send(f"motion {dx} {dy}")
        if i % 7 == 0:
            button = dice.randint(1, 5)
            for down in (1, 0):
                session.send(f"button {button} {down}")
                buttons.append((BUTTONS[button], down))
        time.sleep(pause)
    vm.settle(1.0)
    return (buttons, (x, y)), (vm.only("btn", mark), vm.motion(mark))


def mouse_keeps_everything(mouse):
    # QEMU drops what its emulated mouse has no room for, and how fast the guest collects depends on
    # how busy this machine is: one of three tries must be perfect.
    for attempt in range(3):
        with Machine(mouse=mouse, sound=False, vga="none", agent=False) as vm, Drive(vm) as session:
            results = [storm(vm, session, 200, pause) for pause in (0.002, 0)]
        if all(want == got for want, got in results):
            return
        for want, got in results:
            print(f"try {attempt + 1}: {len(got[0])} of {len(want[0])} clicks, {got[1]} of {want[1]} counts")
    raise Failed(f"motion or clicks of a {mouse} mouse were lost three times")


def a_fast_ps2_mouse_loses_nothing():
    mouse_keeps_everything("ps2")


def a_virtio_mouse_loses_nothing():
    mouse_keeps_everything("virtio")


def a_tablet_follows_positions():
    with Machine(mouse="tablet", sound=False, agent=False) as vm:
        with Drive(vm, "absolute=1") as session:
            session.until("ready", INPUTS, more="absolute 1 .*display 720x400")
            for x, y in ((10, 20), (719, 399), (360, 100), (0, 0)):
                mark = vm.mark()
                session.send(f"position {x} {y}")
                vm.expect(" abs ", since=mark)
                vm.settle()
                a, b = vm.only("abs", mark)[-1]
                check(abs(a - 32767 * x / 720) < 60 and abs(b - 32767 * y / 400) < 90,
                      f"{x},{y} became {a},{b}")
            mark = vm.mark()
            session.send("button 1 1")
            vm.expect("btn 272 1", since=mark)
            session.send("release")
            vm.expect("btn 272 0", since=mark)
        with Drive(vm) as session:  # not asked for: relative, although there is a tablet
            session.until("ready", INPUTS, more="absolute 0")


def lock_keys_go_both_ways():
    with Machine(sound=False, vga="none", agent=False) as vm, Drive(vm) as session:
        for locks in (4, 2, 7, 0):
            mark = session.mark()
            vm.command(f"locks {locks}")
            session.until("ready", since=mark, more=f"leds {locks} ")
        for locks in (4, 6, 0):
            mark = vm.mark()
            session.send(f"locks {locks}")
            vm.expect(rf"^leds \d+ {locks}$", since=mark)
            vm.settle()
            check(vm.leds() == locks, f"the guest shows {vm.leds()}, wanted {locks}")


def a_network_port_with_password_and_tls_works():
    uuid = "12345678-9abc-def0-1234-56789abcdef0"
    with Machine(sound=False, vga="none", agent=False, uuid=uuid, name="a box",
                 spice={"port": 0, "password": "open sesame"}) as vm:
        with Drive(vm, connected=False, password="wrong") as session:
            session.until("password")
            mark = session.mark()
            session.send("password open sesame")
            line = session.until("ready", INPUTS, mark, "uuid [0-9a-f]{32} name a box")
            check(uuid.replace("-", "") in line, f"another UUID: {line}")
            session.send("key 4 1")
            vm.expect("key 30 1")
    with Machine(sound=False, vga="none", agent=False,
                 spice={"port": 0, "password": "open sesame", "tls": True}) as vm, Drive(vm) as session:
        session.send("key 4 1")
        vm.expect("key 30 1")
        session.send("release")
        vm.expect("key 30 0")


def text_goes_both_ways():
    text = "gr\u00fc\u00dfe \u4f60\u597d\nsecond line".encode()
    with Machine(sound=False, vga="none") as vm, Drive(vm) as session:
        session.until("ready", AGENT, more="clip 1 ")
        mark = session.mark()
        vm.command("clip-put text " + text.hex())
        vm.command("clip-offer")
        session.expect("^clip-grab 1$", since=mark)
        got = session.ask("clip-get", r"^clip-data 1 (\d+) (\w*)")
        check(bytes.fromhex(got[2]) == text, f"the host got {got[0]}")
        mark = vm.mark()
        long = "host \u00e4 ".encode() * 5000
        session.send("clip-put " + long.hex())
        session.send("clip-offer")
        vm.expect("^clip-grab text", since=mark)
        got = vm.ask("clip-get text", r"^clip-data text (\d+) (\w+)")
        check(int(got[1]) == len(long) and int(got[2], 16) == zlib.crc32(long), f"the guest got {got[0]}")
        # A guest that never answers, one that refuses, and one whose agent dies.
        vm.command("clip-put text " + text.hex())
        vm.command("clip-answer refuse")
        mark = session.mark()
        vm.command("clip-offer")
        session.expect("^clip-grab 1$", since=mark)
        session.ask("clip-get", r"^clip-data 1 0")
        mark = session.mark()
        vm.command("agent off")
        session.until("ready", since=mark, more="clip 0 ")
        vm.command("agent on")
        session.until("ready", AGENT, mark, "clip 1 ")


def files_arrive_whole():
    with Machine(sound=False, vga="none") as vm, Drive(vm) as session:
        session.until("ready", AGENT)
        for number, size in ((1, 0), (2, 5), (3, 3000000)):
            path = os.path.join(vm.folder, f"file {number}")
            data = random.Random(size).randbytes(size)
            with open(path, "wb") as file:
                file.write(data)
            mark = vm.mark()
            session.send(f"file {number} {path}")
            if size:  # an empty file has no data message to end with
                got = vm.expect(r"^file-done \d+ (\d+) (\w+) file \d", 60, mark)
                check(int(got[1]) == size and int(got[2], 16) == zlib.crc32(data), f"it got {got[0]}")
            session.expect(rf"^file {number} 100 1 ", 60)
        for policy in ("refuse", "disabled", "no-space"):
            vm.command("file-policy " + policy)
            mark = session.mark()
            session.send(f"file 9 {path}")
            session.expect(r"^file 9 \d+ 2 .", since=mark)
        vm.command("file-policy accept")
        with open(path, "wb") as file:
            file.truncate(200000000)
        mark = vm.mark()
        session.send(f"file 10 {path}")
        vm.expect("^file-start", since=mark)
        session.expect(r"^file 10 [1-9]\d* 0 ", 60)
        session.send("file-cancel 10")
        session.expect(r"^file 10 \d+ 3 ")
        # The library does not always tell the guest; the next file must come all the same.
        with open(path, "wb") as file:
            file.write(b"next")
        session.send(f"file 11 {path}")
        vm.expect(rf"^file-done \d+ 4 {zlib.crc32(b'next'):08x} ", since=mark)
        session.expect("^file 11 100 1 ")


def a_killed_machine_leaves_no_key_down():
    with Machine(sound=False, vga="none", agent=False) as vm, Drive(vm) as session:
        session.send("key 4 1")
        vm.expect("key 30 1")
        mark = session.mark()
        vm.kill()
        session.until("waiting", since=mark)
        vm.start()
        vm.wait_ready()
        epoch = session.until("ready", INPUTS, mark)
        check(re.search(r"epoch 2 ", epoch), f"it is not a second session: {epoch}")
        session.send("key 5 1")
        vm.expect("key 48 1")
        vm.settle()
        check(vm.held() == {48}, f"the guest holds {vm.held()}")
        # The session's end lets go of what is held.
        mark = vm.mark()
        session.stop()
        vm.expect("key 48 0", since=mark)


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
