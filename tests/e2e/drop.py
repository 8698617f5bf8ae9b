#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files dropped on the viewer's real window, and what else it hands to the guest.

drop.py BUILD_DIR CASE     (ctest runs it inside tests/support/x11.sh)
"""
import ctypes
import os
import random
import re
import subprocess
import sys
import time
import zlib

sys.dont_write_bytecode = True
from window import BUILD, Machine, Viewer, check, connect, run_case, wait_until, xdo  # noqa: E402

DROPPER = os.path.join(BUILD, "tests", "dropper")
QUIET = {"sound": False, "vga": "std"}


def drop(viewer, *paths):
    """As a file manager does it."""
    done = subprocess.run([DROPPER, viewer.window(), "100", "100", *paths], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    check(done.returncode == 0, f"the drop went wrong: {done.stderr}")


def make(vm, name, size):
    path = os.path.join(vm.folder, name)
    data = random.Random(name).randbytes(size)
    with open(path, "wb") as file:
        file.write(data)
    return path


def arrived(vm, mark):
    """{name: (size, crc)} of what the guest got whole."""
    done = (re.match(r"file-done \d+ (\d+) (\w+) (.*)", line) for line in vm.lines.since(mark))
    return {m[3]: (int(m[1]), int(m[2], 16)) for m in done if m}


def sum_of(path):
    with open(path, "rb") as file:
        data = file.read()
    return len(data), zlib.crc32(data)


def expect_all(vm, mark, *paths):
    want = {os.path.basename(path): sum_of(path) for path in paths}
    wait_until(lambda: len(arrived(vm, mark)) >= len(want), lambda: f"the guest has {arrived(vm, mark)}", 60)
    check(arrived(vm, mark) == want, f"the guest has {arrived(vm, mark)} instead of {want}")


def dropped_files_arrive_whole():
    with Machine(**QUIET) as vm, connect(vm) as viewer:
        vm.expect("^agent-client 0x")
        one = make(vm, "one.bin", 70000)
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, one)
        expect_all(vm, mark, one)
        viewer.expect("one.bin is in the guest", since=said)

        names = ("gr\u00fc\u00dfe an \u4f60\u597d.txt", "with spaces  and 100%.bin", "semi;colon#hash?.txt", "empty",
                 "-dash", "quote'\".bin")
        several = [make(vm, name, 0 if name == "empty" else 10000 + 100 * i) for i, name in enumerate(names)]
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, *several)
        expect_all(vm, mark, *several)
        viewer.expect("6 of 6 files in the guest", since=said)

        many = [make(vm, f"small {i}", 100 + i) for i in range(70)]
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, *many)
        expect_all(vm, mark, *many)
        viewer.expect("70 of 70 files in the guest", since=said)

        large = make(vm, "large.bin", 20_000_000)
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, large)
        vm.expect("^file-start", since=mark)
        expect_all(vm, mark, large)
        viewer.expect("large.bin is in the guest", since=said)


def as_user():
    """What this process starts cannot read everything any more, also when root started it."""
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def lines_about_files(viewer, mark):
    return [line for line in viewer.lines.since(mark) if re.search("not sent|cannot be sent|is in the guest|files in the guest|cancelled", line, re.I)]


def says(viewer, sentence, *paths):
    """The drop of these leads to this sentence, and to no other."""
    mark = viewer.mark()
    drop(viewer, *paths)
    viewer.expect(sentence, since=mark)
    time.sleep(0.3)
    said = lines_about_files(viewer, mark)
    check(len(said) == 1, f"it says {said}")


def what_cannot_be_sent_is_said():
    as_user()
    with Machine(**QUIET) as vm, connect(vm) as viewer:
        vm.expect("^agent-client 0x")
        good, locked = make(vm, "good.bin", 5000), make(vm, "locked.bin", 5000)
        folder, pipe = os.path.join(vm.folder, "folder"), os.path.join(vm.folder, "pipe")
        os.mkdir(folder)
        os.mkfifo(pipe)
        os.chmod(locked, 0)
        says(viewer, "Not sent: folder: it is a folder", folder)
        says(viewer, "Not sent: locked.bin: Permission denied", locked)
        says(viewer, "Not sent: pipe: it is not a regular file", pipe)
        says(viewer, "Not sent: gone.bin: No such file", os.path.join(vm.folder, "gone.bin"))
        mark = vm.mark()
        says(viewer, r"1 of 4 files in the guest, 3 not sent \(", folder, good, locked, pipe)
        expect_all(vm, mark, good)
        for policy, why in (("refuse", "error"), ("disabled", "disabled"), ("no-space", "free space")):
            vm.command("file-policy " + policy)
            says(viewer, "Not sent: good.bin: .*" + why, good)
        vm.command("file-policy accept")
        vm.command("agent off")
        time.sleep(0.5)
        says(viewer, "Files cannot be sent: the SPICE agent does not run in the guest", good)
        time.sleep(1)  # the same sentence again within a second would be one too many
        says(viewer, "Files cannot be sent: the SPICE agent does not run", good, locked)
        vm.command("agent on")
        vm.expect("^agent-client 0x", since=vm.mark() - 1)
        time.sleep(0.5)
        says(viewer, "good.bin is in the guest", good)
        vm.kill()
        viewer.expect("(lost|ended|closed)", since=0)
        time.sleep(0.5)
        with open(good := os.path.join(viewer.folder, "x.bin"), "wb") as file:
            file.write(b"x")
        says(viewer, "Files cannot be sent: there is no SPICE connection", good)
        time.sleep(1)
        says(viewer, "Files cannot be sent: there is no SPICE connection", good, good)
        check(viewer.alive(), "the viewer ended")
    with Machine(**QUIET) as vm, connect(vm, "spice:files=no") as viewer:
        says(viewer, "Files cannot be sent: spice:files is off", make(vm, "good.bin", 5000))


def menu_row(viewer, number):
    mark = viewer.mark()
    xdo("keydown", "Scroll_Lock", "key", "o", "keyup", "Scroll_Lock")
    viewer.dialog(mark)
    xdo("key", "--repeat", number, "--delay", 50, "Down", "key", "Return")


def a_drop_ends_early():
    with Machine(**QUIET) as vm, connect(vm) as viewer:
        vm.expect("^agent-client 0x")
        huge = os.path.join(vm.folder, "huge.bin")
        with open(huge, "wb") as file:
            file.truncate(1_000_000_000)
        small = make(vm, "small.bin", 5000)
        # cancelled by the user, with others that wait behind it
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, *[huge] * 6)
        for _ in range(4):
            vm.expect("^file-start", since=mark)
        time.sleep(1)
        menu_row(viewer, 4)
        viewer.expect("0 of 6 files in the guest, 6 cancelled", since=said)
        said = viewer.mark()
        drop(viewer, small)
        viewer.expect("small.bin is in the guest", since=said)
        # The library may keep the last word of a cancelled transfer back until it has another one to send.
        wait_until(lambda: sum(line.startswith("file-status") for line in vm.lines.since(mark)) == 4,
                   lambda: f"the guest does not hear of all ends: {vm.lines.since(mark)}")
        # cancelled by the guest
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, huge)
        number = vm.expect(r"^file-start (\d+)", since=mark)[1]
        vm.command("file-cancel " + number)
        viewer.expect("Not sent: huge.bin: .*cancelled", since=said)
        # never answered by the guest
        vm.command("file-policy hold")
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, small)
        vm.expect("^file-start", since=mark)
        menu_row(viewer, 4)
        viewer.expect("small.bin: cancelled", since=said)
        vm.command("file-policy accept")
        # the agent goes
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, huge, small)
        vm.expect("^file-start", since=mark)
        time.sleep(0.5)
        vm.command("agent off")
        viewer.expect("not sent", since=said)
        vm.command("agent on")
        vm.expect("^agent-client 0x", since=mark)
        time.sleep(0.5)
        said = viewer.mark()
        drop(viewer, small)
        viewer.expect("small.bin is in the guest", since=said)
        # the machine goes
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, huge, *[huge] * 5)
        vm.expect("^file-start", since=mark)
        time.sleep(1)
        vm.kill()
        viewer.expect("6 files not sent", since=said)
        vm.start()
        vm.wait_ready()
        viewer.expect("input goes through SPICE", since=said)
        vm.expect("^agent-client 0x")
        time.sleep(0.5)
        mark, said = vm.mark(), viewer.mark()
        drop(viewer, small)
        viewer.expect("small.bin is in the guest", since=said)
        expect_all(vm, mark, small)
        # the viewer ends in the middle
        drop(viewer, huge)
        vm.expect("^file-start", since=mark)


CD = "2b23:cdcd"  # what the library's emulated drive says it is


def guest_drives(vm):
    mark = vm.mark()
    vm.command("usb-list")
    return sum(CD in line for line in vm.lines.since(mark))


def usb_devices_are_listed_and_toggled():
    with Machine(usb=1, **QUIET) as vm:
        cd = {"LD_PRELOAD": os.path.join(BUILD, "tests", "libusb_cd.so"), "ORL_TEST_CD": make(vm, "disc.iso", 409600),
              "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}
        with connect(vm, "spice:usb=yes", **cd) as viewer:
            time.sleep(0.5)
            mark, heard = vm.mark(), viewer.mark()
            xdo("keydown", "Scroll_Lock", "key", "u", "keyup", "Scroll_Lock")
            viewer.dialog(heard)
            time.sleep(0.5)  # the list comes from the session
            xdo("key", "Return")
            wait_until(lambda: guest_drives(vm) == 1, "the guest has no drive")
            xdo("key", "Return")
            wait_until(lambda: guest_drives(vm) == 0, "the guest still has the drive")
            xdo("key", "Escape")
            check(not vm.keys(mark), "the guest saw the dialog's keys")
            check(viewer.alive(), "the viewer ended")


def helper(viewer_folder, words):
    """What asks polkit for the SPICE library, played by a script."""
    path = os.path.join(viewer_folder, "helper")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nread line\necho \"$line\" >> {path}.asked\necho '{words}'\nread line\n")
    os.chmod(path, 0o755)
    return path


def a_long_list_of_usb_devices_scrolls_and_a_missing_permission_is_explained():
    with Machine(usb=1, **QUIET) as vm:
        path = helper(vm.folder, "SUCCESS")
        many = {"LD_PRELOAD": os.path.join(BUILD, "tests", "libusb_many.so"), "ORL_TEST_USB": "40",
                "SPICE_USB_ACL_BINARY": path,
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        with connect(vm, "spice:usb=yes", **many) as viewer:
            time.sleep(0.5)
            heard = viewer.mark()
            xdo("keydown", "Scroll_Lock", "key", "u", "keyup", "Scroll_Lock")
            viewer.dialog(heard)
            time.sleep(0.5)  # the list comes from the session

            def choose(*keys, number, why):
                mark = viewer.mark()
                xdo("key", "--delay", 50, *keys, "Return")
                viewer.expect(f"USB: 1209:00{number:02x}{why}", since=mark)

            # the helper allows it, but the file cannot be opened all the same
            choose("End", number=40, why=r" cannot be opened \(permission denied\)\. You need write access to "
                   "/dev/bus/usb/001/040: by a udev rule, or by the file's group")
            with open(path + ".asked", encoding="utf-8") as file:
                check(file.read() == "1 40\n", "the helper was asked for something else")
            helper(vm.folder, "Not authorized")
            choose("Home", "Next", "Next", number=25, why=r" cannot be opened \(Not authorized\)\. To open "
                   "/dev/bus/usb/001/025, polkit must allow you org.spice-space.lowlevelusbaccess")
            os.remove(path)
            choose(*["Down"] * 3, number=28,
                   why=" cannot be opened: spice-client-glib-usb-acl-helper, which gives access to "
                   "/dev/bus/usb/001/028, is not installed")
            helper(vm.folder, "CANCELED")
            choose("Prior", number=16, why=": cancelled")
            xdo("key", "Escape")
            check(viewer.alive(), "the viewer ended")


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
