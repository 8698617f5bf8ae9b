#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the test machine itself tell the truth? Each case talks to it by a bare SPICE client.

harness.py BUILD_DIR CASE
"""
import array
import os
import random
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from machine import (Failed, Machine, Program, check, frequency,  # noqa: E402
                     run_case)

BUILD = sys.argv[1]
BARE = os.path.join(BUILD, "tests", "bare_client")

# Scan code set 1 (256 + code behind E0) and what Linux calls the key.
KEYS = [(0x01, 1), (0x02, 2), (0x0e, 14), (0x0f, 15), (0x1e, 30), (0x1f, 31), (0x1c, 28), (0x1d, 29),
        (0x2a, 42), (0x36, 54), (0x38, 56), (0x39, 57), (0x3b, 59), (0x44, 68), (0x56, 86), (0x57, 87),
        (0x58, 88), (0x47, 71), (0x52, 82), (0x11c, 96), (0x11d, 97), (0x135, 98), (0x137, 99),
        (0x138, 100), (0x147, 102), (0x148, 103), (0x14b, 105), (0x152, 110), (0x153, 111),
        (0x15b, 125), (0x15c, 126), (0x15d, 127)]


class Client(Program):
    """The bare client, connected to a machine."""

    def __init__(self, vm, connected="open inputs"):
        place = f"unix:{vm.socket_path}" if vm.unix else f"tcp:127.0.0.1:{vm.port}"
        super().__init__([BARE, place] + ([vm.password] if vm.password else []),
                         ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        if connected:
            self.expect(connected)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            check(self.stop() == 0, "the client ended badly")


# QEMU's queues are short (PS/2: 16 bytes, virtio: 64 events, USB: 16 reports) and what does not fit is
# dropped there. So each event is sent when the guest has seen the one before.


def type_keys(vm, client):
    want, mark = [(linux, down) for _, linux in KEYS for down in (1, 0)], vm.mark()
    for code, linux in KEYS:
        for down in (1, 0):
            client.send(f"key {code} {down}")
            vm.expect(f"key {linux} {down}", since=mark)
    check(vm.keys(mark) == want, f"keys went wrong: {vm.keys(mark)}\nwanted {want}")
    check(not vm.held(), "keys are still held")


def move_and_click(vm, client, buttons):
    dice, want, mark = random.Random(7), [], vm.mark()
    x = y = 0
    for button, code in buttons:
        for _ in range(20):
            dx, dy = dice.randint(-9, 9), dice.randint(1, 9)
            x, y = x + dx, y + dy
            client.send(f"motion {dx} {dy}")
            vm.wait_until(lambda: vm.motion(mark) == (x, y), f"motion to {(x, y)} did not arrive")
        for down in (1, 0):
            client.send(f"button {button} {down}")
            want.append((code, down))
            vm.expect(f"btn {code} {down}", since=mark)
    for notches in (1, -1, -1):
        turned = vm.mark()
        client.send(f"wheel {notches}")
        vm.expect(f"wheel 0 {notches}", since=turned)
    check(vm.only("btn", mark) == want, f"clicks {vm.only('btn', mark)}, wanted {want}")
    check(vm.motion(mark) == (x, y), f"moved {vm.motion(mark)}, wanted {(x, y)}")


def keys_motion_and_clicks_arrive_with_every_device():
    buttons = [(1, 0x110), (2, 0x112), (3, 0x111), (6, 0x113), (7, 0x114)]
    for kind in ("ps2", "virtio", "usb"):
        with Machine(keyboard=kind, mouse=kind, sound=False, vga="none") as vm, Client(vm) as client:
            type_keys(vm, client)
            move_and_click(vm, client, buttons[:3] if kind == "usb" else buttons)  # QEMU's has three


def a_tablet_gives_positions():
    with Machine(mouse="tablet", sound=False) as vm, Client(vm) as client:
        client.expect("mouse-mode client")  # the library asks for it by itself
        client.expect("display 720 400")
        mark = vm.mark()
        client.send("position 360 100")
        vm.expect("abs", since=mark)
        vm.settle()
        x, y = vm.only("abs", mark)[-1]
        check(abs(x - 32767 * 360 / 720) < 60 and abs(y - 32767 * 100 / 400) < 90, f"it is at {x},{y}")


def light(vm, locks):
    """Sets the guest's lights. The server may still press a lock key of its own from when the client
    came, and undo it on a busy computer: then it is said again."""
    for patience in (5, 10, 30):
        mark = vm.mark()
        vm.command(f"locks {locks}")
        if vm.lines.expect(rf"^leds \d+ {locks}$", patience, mark):
            return
    check(False, f"the guest's lights do not become {locks}, but {vm.leds()}")


def locks_go_both_ways():
    with Machine(sound=False, vga="none") as vm, Client(vm) as client:
        for locks in (4, 2, 1, 7, 0):
            before = client.mark()
            light(vm, locks)
            client.expect(f"^leds {locks}$", since=before)
        for locks in (4, 6, 0):
            before = client.mark()
            client.send(f"locks {locks}")
            client.expect(f"^leds {locks}$", since=before)
            vm.settle()
            check(vm.leds() == locks, f"the guest shows {vm.leds()}, wanted {locks}")
        # The key itself, as a person presses it.
        before = client.mark()
        client.send("key 58 1")
        client.send("key 58 0")
        client.expect("^leds 4$", since=before)


def hear(vm, client, hz, path):
    """What is wrong with three seconds of a tone as the client gets them; None: nothing."""
    client.send(f"sound {path}")
    mark = client.mark()
    done = vm.ask(f"tone {hz} 3 48000 2", r"^tone-done (\d+) (\d+)|^failed")
    check(done[0].startswith("tone-done"), "the guest could not play")
    start = client.expect(r"play-start 1 2 (\d+)", since=mark)
    client.expect("play-stop", since=mark)
    check(start[1] == "48000", f"QEMU plays at {start[1]} Hz")
    samples = array.array("h")
    with open(path, "rb") as file:
        samples.frombytes(file.read())
    got, rms, gap = frequency(samples[0::2], 48000)
    print(f"{hz} Hz: {got:.4f} Hz, rms {rms:.4f}, quiet for {gap * 1000:.2f} ms, {len(samples) // 2} frames, "
          f"{done[2]} times too slow")
    if abs(got - hz) > 0.1:
        return f"{got:.2f} Hz are heard, not {hz}"
    if abs(rms - 16000 / 32768 / 2 ** 0.5) > 0.005:
        return f"rms is {rms:.3f}"
    return None if len(samples) / 2 > 2.8 * 48000 else "not all of it is heard"


def a_tone_is_heard_exactly():
    with Machine() as vm, tempfile.TemporaryDirectory() as folder, Client(vm, "open playback") as client:
        # Only at the rate of the SPICE server; what QEMU converts from another has faults of its own.
        # On a busy computer QEMU loses pieces, so the best of some tries counts.
        for hz in (440, 1000):
            wrong = "untried"
            for i in range(6):
                wrong = wrong and hear(vm, client, hz, os.path.join(folder, f"{hz}.{i}"))
            check(not wrong, f"six times: {wrong}")
        for percent, level in ((50, 0x7fff), (100, 0xffff)):
            mark = client.mark()
            vm.command(f"volume {percent}")

            def heard():
                said = [re.match(r"volume (\d+) mute 0", line) for line in client.lines.since(mark)]
                return [int(m[1]) for m in said if m]
            # The channels are set one by one: an old value may be said once more.
            client.wait_until(lambda: heard() and abs(heard()[-1] - level) < 0x300,
                              f"the volume is not that of {percent} %")
        client_mark = client.mark()
        vm.command("mute 1")
        client.expect("mute 1$", since=client_mark)


def the_guest_records_what_the_client_says():
    with Machine() as vm, Client(vm, "open record") as client:
        client.send("mic 660")
        mark = client.mark()
        done = vm.ask("record 3", r"^record-done (\d+) xruns (\d+) hz ([\d.]+) rms ([\d.]+) start ([\d.]+)"
                      r" heard ([\d.]+) gap ([\d.]+)|^failed")
        print(done[0])
        check(not done[0].startswith("failed"), "the guest could not record")
        client.expect("mic-start 1 2 48000", since=mark)
        client.expect("mic-stop", since=mark)
        # The server drops what piled up before the guest began to listen.
        check(abs(float(done[3]) - 660) < 8, f"{done[3]} Hz were recorded")
        check(float(done[6]) > 1500, f"only {done[6]} ms were recorded")


def the_clipboard_goes_both_ways():
    text = "gr\u00fc\u00dfe \u4f60\u597d\nsecond line".encode()
    with Machine(sound=False, vga="none") as vm, Client(vm) as client:
        client.expect("^agent 1 caps 1")
        mark = client.mark()
        vm.command("clip-put text " + text.hex())
        vm.command("clip-offer")
        client.expect("^clip-grab 1$", since=mark)
        got = client.ask("clip-get", r"^clip-data (\d+) (\w*)")
        check(bytes.fromhex(got[2]) == text, "the client got other text")
        mark = vm.mark()
        client.send("clip-put " + (b"host " * 5000).hex())
        client.send("clip-offer")
        vm.expect("^clip-grab text$", since=mark)
        got = vm.ask("clip-get text", r"^clip-data text (\d+) (\w+) (\w*)")
        check(bytes.fromhex(got[3]) == b"host " * 5000, "the guest got other text")
        mark = vm.mark()
        client.send("size 1024 600")
        vm.expect("^monitor .*1024x600", since=mark)
        # An agent that dies and comes back, as when the user logs out.
        mark = client.mark()
        vm.command("agent off")
        client.expect("^agent 0", since=mark)
        vm.command("agent on")
        client.expect("^agent 1 caps 1", since=mark)


def a_machine_is_killed_reset_frozen_and_comes_back():
    began = time.monotonic()
    with Machine(sound=False, vga="std", spice={"port": 0, "password": "open sesame"},
                 uuid="12345678-9abc-def0-1234-56789abcdef0", name="a box") as vm:
        check(time.monotonic() - began < 60, f"booting took {time.monotonic() - began:.0f} s")
        vm.spice["password"] = "wrong"
        with Client(vm, None) as client:
            client.expect("closed main .*[Aa]uth")
        vm.spice["password"] = "open sesame"
        client = Client(vm)
        check(len(vm.clients()) >= 2, "QEMU does not know the client's channels")
        mark = vm.reset()
        vm.expect("ImExPS/2", since=mark)
        client.send("key 30 1")
        vm.expect("key 30 1", since=mark)
        vm.freeze()
        mark = vm.mark()
        client.send("key 30 0")
        time.sleep(0.5)
        check(vm.mark() == mark, "a frozen machine reports")
        vm.thaw()
        vm.expect("key 30 0", since=mark)
        old = vm.process.pid
        vm.kill()
        client.expect("closed main")
        client.stop()
        vm.start()
        vm.wait_ready()
        check(vm.process.pid != old, "it is the same process")
        with Client(vm) as again:
            again.send("key 31 1")
            vm.expect("key 31 1")


def the_picture_is_what_was_printed():
    with Machine(sound=False, vga="std") as vm, Client(vm) as client:
        client.expect("display 720 400")
        before = vm.screendump()
        vm.command("print hello")
        deadline = time.monotonic() + 20
        while vm.screendump() == before:
            check(time.monotonic() < deadline, "the picture did not change")
            time.sleep(0.1)
        mark = client.mark()
        vm.command("load bochs")
        seen = client.expect(r"display (\d{4}) (\d+)", since=mark)
        check(vm.screendump()[:2] == (int(seen[1]), int(seen[2])), "client and QEMU differ in size")
    with Machine(sound=False, vga="none") as vm:
        try:
            vm.screendump()
        except Failed:
            return
        raise Failed("a machine without a display card has a picture")


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
