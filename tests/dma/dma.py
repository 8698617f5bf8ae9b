#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Zero copy on the machine itself: the guest's sealed memory stands in for a DMA-BUF.

dma.py BUILD_DIR CASE     (ctest runs it inside tests/support/mesa.sh, wayland.sh, x11.sh)

Mesa's software GL imports any descriptor that can be mapped, so everything but the kernel's part is
real: the server that hands out the memory, the export, EGL's import, blit, fence and release. Each
case is a function below, named by the sentence it proves.
"""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
BUILD, CASE = sys.argv[1], sys.argv[2]
os.environ["ORL_BUILD"] = BUILD
# Drivers are unloaded before the leak report and cannot be told from us by then.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
from stage import (  # noqa: E402
    BY_MEMORY, BY_OLD_DRIVER, BY_OPTION, BY_PLAIN_FILE, FORMATS, WIDE, Failed, Guest, Running, Server,
    Skipped, Viewer, check, finish, place_windows, reference, snapshot, still, wait_for_last_picture,
    wait_for_picture)
from talk import Program  # noqa: E402 (stage.py has made it known)

SCALE = float(os.environ.get("ORL_STRESS_SCALE", "1"))


def every_release_and_pixel_format_is_imported_exactly(folder):
    """One viewer sees one guest after another in the same memory, as a user who tries releases would."""
    server = Server(folder + "/server")
    viewer = Viewer(server.memory)
    for release, formats in FORMATS.items():
        for fmt in formats:
            args = still(f"--release={release}", f"--format={fmt}")
            guest = Guest(server.memory, *args)
            wait_for_picture(reference(args), 1 if fmt in WIDE else 0, f"{release} {fmt}")
            guest.stop()
    check(viewer.ways() == [BY_MEMORY], f"the frames went by {viewer.ways()}:\n{viewer.said()}")
    viewer.stop()


def frames_are_imported_without_a_desktop(folder):
    server = Server(folder + "/server")
    for release, fmt in (("b6", "bgra"), ("b7", "rgb24"), ("master", "bgr32"), ("master", "rgba10"),
                         ("b7", "rgba16f"), ("master", "rgba")):
        args = still(f"--release={release}", f"--format={fmt}")
        guest = Guest(server.memory, *args)
        said = snapshot(server.memory, want=reference(args), tolerance=1 if fmt in WIDE else 0,
                        what=f"{release} {fmt}")
        check(f"frames: {BY_MEMORY}" in said, f"{release} {fmt} was not imported:\n{said}")
        guest.stop()


def copying_by_option_shows_the_same(folder):
    server = Server(folder + "/server")
    for release, formats in FORMATS.items():
        for fmt in formats:
            args = still(f"--release={release}", f"--format={fmt}")
            guest = Guest(server.memory, *args)
            viewer = Viewer(server.memory, "app:allowDMA=no")
            wait_for_picture(reference(args), 1 if fmt in WIDE else 0, f"{release} {fmt}")
            viewer.wait_way(BY_OPTION)
            check(viewer.ways() == [BY_OPTION], f"the frames went by {viewer.ways()}")
            viewer.stop()
            guest.stop()


def random_damage_never_leaves_a_stale_pixel(folder):
    """Many frames with random damage; after the last one the window equals the guest's picture."""
    server = Server(folder + "/server")
    seconds = 3 * SCALE
    for release in FORMATS:
        for damage in ("random", "moving"):
            args = ["--size=640x360", f"--release={release}", f"--damage={damage}"]
            guest = Guest(server.memory, *args, "--fps=120", "--cursor=mono", "--cursor-path=circle",
                          f"--at={seconds}:fps=0", f"--at={seconds + 0.2}:cursor=hidden")
            viewer = Viewer(server.memory, size="640x360")
            time.sleep(seconds + 1)  # nothing is asked of this time; the picture is waited for
            wait_for_last_picture(args + ["--fps=0", "--cursor=none"], f"{release} {damage}")
            check(viewer.ways() == [BY_MEMORY], f"the frames went by {viewer.ways()}")
            viewer.stop()
            guest.stop()


def size_and_format_changes_are_followed(folder):
    """Each guest makes frames of its own while the viewer has images of the ones before."""
    server = Server(folder + "/server", 32)
    guest = Guest(server.memory, "--size=640x360", "--fps=60", "--cursor=none", "--at=0.7:size=320x200",
                  "--at=1.4:size=801x601", "--at=2.1:format=rgba16f", "--at=2.8:format=bgra",
                  "--at=3.2:size=643x359", "--at=3.6:format=rgb24", "--at=4.2:format=bgra",
                  "--at=4.6:size=640x360", "--at=6:fps=0")
    viewer = Viewer(server.memory, size="640x360")
    time.sleep(6.5)
    wait_for_last_picture(["--size=640x360", "--cursor=none", "--fps=0"], "back at the first size")
    check(viewer.ways() == [BY_MEMORY], f"the frames went by {viewer.ways()}")
    viewer.stop()
    guest.stop()


def odd_sizes_are_exact(folder):
    """Widths that fill no row of any alignment; the last rows of the memory's last page."""
    server = Server(folder + "/server")
    viewer = Viewer(server.memory, "win:autoResize=yes", size="321x201")
    for size in ("321x201", "259x67", "513x3", "302x301"):
        for fmt in ("bgra", "rgb24", "bgr32", "rgba16f"):
            args = still(f"--format={fmt}", size=size)
            guest = Guest(server.memory, *args)
            wait_for_picture(reference(args), 1 if fmt in WIDE else 0, f"{size} {fmt}")
            guest.stop()
    check(viewer.ways() == [BY_MEMORY], f"the frames went by {viewer.ways()}")
    viewer.stop()


def pointer_and_rotation_are_composed_over_imported_frames(folder):
    server = Server(folder + "/server")
    for guest_turns, turns, kind in ((0, 1, "masked"), (1, 0, "mono"), (1, 1, "color"), (3, 2, "masked")):
        upright = (guest_turns + turns) % 2 == 0
        args = still("--cursor-path=fixed", f"--cursor={kind}", f"--rotation={guest_turns * 90}")
        guest = Guest(server.memory, *args)
        viewer = Viewer(server.memory, f"win:rotate={turns * 90}", size="256x192" if upright else "192x256")
        wait_for_picture(reference(args, 0, turns), 0, f"{kind}, turned {guest_turns} and {turns}")
        viewer.wait_way(BY_MEMORY)
        viewer.stop()
        guest.stop()


def killing_and_restarting_the_guest_at_random_ends_in_a_correct_picture(folder):
    server = Server(folder + "/server")
    rng, releases = random.Random(4), list(FORMATS)
    viewer = Viewer(server.memory, size="640x360")
    end = time.time() + 15 * SCALE
    while time.time() < end:
        guest = Guest(server.memory, f"--release={rng.choice(releases)}", "--size=640x360", "--fps=60",
                      f"--damage={rng.choice(['full', 'moving', 'random'])}",
                      f"--format={rng.choice(['bgra', 'rgba', 'rgba16f'])}",
                      f"--cursor={rng.choice(['color', 'mono', 'masked'])}")
        time.sleep(rng.uniform(0.05, 2.0))
        guest.kill()
        check(viewer.alive(), f"the viewer ended:\n{viewer.said()}")
    args = still("--cursor=mono", "--cursor-path=fixed", "--release=b7", size="640x360")
    guest = Guest(server.memory, *args)
    wait_for_picture(reference(args), what="after the last restart")
    check(BY_MEMORY in viewer.ways(), f"the frames went by {viewer.ways()}")
    viewer.stop()
    guest.stop()


def a_restarted_server_is_joined_again(folder):
    """New memory, while descriptors and images of the old one are still about."""
    viewer = Viewer(f"ivshmem:{folder}/server")
    for turn, release in enumerate(("b7", "master", "b6")):
        server = Server(folder + "/server")
        args = still(f"--release={release}")
        guest = Guest(server.memory, *args)
        wait_for_picture(reference(args), what=f"server {turn + 1}")
        server.kill()
        guest.kill()
        if os.path.exists(folder + "/server"):
            os.unlink(folder + "/server")
        check(viewer.alive(), f"the viewer ended:\n{viewer.said()}")
    check(viewer.ways() == [BY_MEMORY], f"the frames went by {viewer.ways()}")
    viewer.stop()


def a_hostile_guest_does_not_take_the_viewer_down(folder):
    server = Server(folder + "/server")
    viewer = Viewer(server.memory, size="320x200")
    for release in FORMATS:
        for mode in ("outside", "written", "damage", "huge", "late", "all"):
            guest = Guest(server.memory, f"--release={release}", "--size=320x200", "--fps=120",
                          f"--hostile={mode}", "--damage=random")
            time.sleep(0.7 * SCALE)
            guest.kill()
            check(viewer.alive(), f"{release} {mode} took the viewer down:\n{viewer.said()}")
    args = still("--release=master", size="320x200")
    guest = Guest(server.memory, *args)
    wait_for_picture(reference(args), what="an honest guest afterwards")
    viewer.stop()
    guest.stop()


def what_the_guest_is_still_writing_is_waited_for(folder):
    server = Server(folder + "/server")
    for release in ("b6", "master"):
        args = still(f"--release={release}")
        guest = Guest(server.memory, *args, "--slow-write=300")
        viewer = Viewer(server.memory)
        wait_for_picture(reference(args), 0, release)
        viewer.wait_way(BY_MEMORY)
        viewer.stop()
        guest.stop()


def two_viewers_import_from_one_guest(folder):
    server = Server(folder + "/server")
    args = still("--release=master")
    want = reference(args)
    guest = Guest(server.memory, *args)
    below = Viewer(server.memory)
    below.wait_way(BY_MEMORY)
    above = Viewer(server.memory)
    above.wait_way(BY_MEMORY)
    wait_for_picture(want, what="two viewers")
    below.stop()
    wait_for_picture(want, what="after the other viewer left")
    above.stop()
    guest.stop()


def viewers_that_come_and_go_do_no_harm_to_the_machine(folder):
    """QEMU frees what it keeps of a peer that leaves, and uses it again when another one gets the same
    number: the server may not give one twice. The C library's checks make that visible at once."""
    if not shutil.which("qemu-system-x86_64"):
        raise Skipped("there is no qemu-system-x86_64.")
    server = Server(folder + "/server")
    machine = Running(["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35", "-m", "32", "-nodefaults",
                       "-no-user-config", "-display", "none", "-S",
                       "-chardev", f"socket,path={server.socket},id=server",
                       "-device", "ivshmem-doorbell,chardev=server,vectors=1"],
                      env={"PATH": os.environ["PATH"], "LD_PRELOAD": "libc_malloc_debug.so.0",
                           "MALLOC_CHECK_": "3"})
    for visit in range(4):
        args = still()
        guest = Guest(server.memory, *args)
        snapshot(server.memory, want=reference(args), what=f"visit {visit + 1}")
        guest.stop()
        check(machine.alive(), f"visit {visit + 1} ended the machine:\n{machine.said()}")
    machine.kill()


def the_picture_of_a_card_that_draws_with_opengl_is_imported(folder):
    """A SPICE server hands out a buffer instead of pixels (QEMU: gl=on), here sealed by nobody and
    linear; it waits for an answer after each drawing."""
    width, height, xr24 = 256, 192, 0x34325258
    rows = [b"".join(struct.pack(">I", i * 40503 & 0xffffff)[1:] for i in range(y * width, (y + 1) * width))
            for y in range(height)]
    card = Program([os.path.join(BUILD, "tests", "orl_fake_card"), folder + "/card"])
    card.expect("ready")
    card.send("mode 64 48 32")
    viewer = Viewer("none", "app:transport=spice", "spice:enable=yes", f"spice:host={folder}/card",
                    "spice:port=0", "spice:audio=no", "spice:clipboard=no")
    for top_down in (1, 0):
        card.send(f"gl {width} {height} {xr24} {top_down}")
        picture = rows if top_down else rows[::-1]
        wait_for_picture((width, height, b"".join(picture)), what=f"a card, first row at the top: {top_down}")
        for _ in range(3):
            mark = card.mark()
            card.send(f"gl-draw 0 0 {width} {height}")
            card.expect("gl drawn", since=mark)
    check("is not taken" not in viewer.said(), f"the buffer was refused:\n{viewer.said()}")
    viewer.stop()
    card.stop()


def plain_files_and_old_drivers_are_read_in_place(folder):
    """A file that anybody could cut short under GL's feet is not imported; nor is anything by X11."""
    server = Server(folder + "/server")
    old = "DISPLAY" in os.environ
    for memory, way in ((server.memory, BY_OLD_DRIVER if old else BY_MEMORY),
                        (folder + "/memory", BY_PLAIN_FILE)):
        for release in FORMATS:
            args = still(f"--release={release}")
            guest = Guest(memory, *args)
            viewer = Viewer(memory)
            wait_for_picture(reference(args), 0, f"{release} in {memory}")
            viewer.wait_way(way)
            check(viewer.ways() == [way], f"the frames went by {viewer.ways()}")
            viewer.stop()
            guest.stop()


def main():
    place_windows()
    with tempfile.TemporaryDirectory(prefix="orl-dma.",
                                     dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        try:
            globals()[CASE](folder)
        except Failed as e:
            print(f"FAILED: {CASE}: {e}", file=sys.stderr)
            return 1
        except Skipped as e:
            print(f"skipped: {e}")
            return 77
        except subprocess.TimeoutExpired as e:
            print(f"FAILED: {CASE}: {e}", file=sys.stderr)
            return 1
        finally:
            finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
