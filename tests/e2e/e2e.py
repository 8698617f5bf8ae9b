#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""End to end: the real viewer on a real display server, fed by synthetic guests.

e2e.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh or wayland.sh)

Each case is a function below, named by the sentence it proves.
"""
import os
import random
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from rig import (BIN, PATIENCE, SCALE, STILL, Guest, Viewer, check, last_frame, reference, run,
                 screen, show, wait_for_picture)  # noqa: E402

FORMATS = {"b6": ["bgra", "rgba", "rgba10", "rgba16f"],
           "b7": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"],
           "master": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"]}


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


run(globals())
