#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same as e2e.py, with somebody at the keyboard: the viewer's own keys, by XTEST.

keys.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh)
"""
import os
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from rig import (PATIENCE, SCALE, STILL, Failed, Guest, Viewer, check, last_frame, reference, run,
                 screen, wait_for_picture)  # noqa: E402


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


run(globals())
