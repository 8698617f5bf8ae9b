#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Zero copy with real DMA-BUFs: what runs inside the machine that vm.py boots.

inside.py BUILD_DIR KERNEL_FOLDER CASE...

Prints "passed CASE" or "failed CASE: why", or "ask WORDS" when the outside shall do something; the
answer comes on the input. Each case is a function below; they share one boot. Emulation is slow, so
the pictures are small.
"""
import ctypes
import glob
import mmap
import os
import re
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
BUILD, KERNEL = sys.argv[1], sys.argv[2]
os.environ["ORL_BUILD"] = BUILD
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
from stage import (  # noqa: E402
    BY_KVMFR, BY_MEMORY, BY_OPTION, BY_UDMABUF, WIDE, Failed, Guest, Running, Server, Viewer,
    check, finish, place_windows, read_ppm, reference, snapshot, still, wait_for, wait_for_last_picture,
    wait_for_picture)

LIBC = ctypes.CDLL(None, use_errno=True)
DEVICE = "/dev/kvmfr0"
SHARE = "/run/share"
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def ask(words):
    """Tells the outside something and waits until it has answered."""
    print(f"ask {words}", flush=True)
    return sys.stdin.readline().strip()


def insert_module(options=""):
    with open(os.path.join(KERNEL, "kvmfr.ko"), "rb") as f:
        system_call(313, f.fileno(), options.encode(), 0)  # finit_module


def remove_module():
    system_call(176, b"kvmfr", os.O_NONBLOCK)  # delete_module


def system_call(number, *args):
    """For what tools do that not every system has installed. The numbers are those of x86-64."""
    if LIBC.syscall(ctypes.c_long(number), *args) != 0:
        raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")


def static_device():
    if not os.path.exists(DEVICE):
        insert_module("static_size_mb=32")
        wait_for(lambda: os.path.exists(DEVICE), f"{DEVICE} does not appear")


def exporters(viewer, name):
    """By the kernel's account. Mesa has some of udmabuf in any case, for its own purposes."""
    found = viewer.dma_bufs()
    check(name in found, f"by the kernel the viewer holds DMA-BUFs of {found or 'nobody'}:\n{viewer.said()}")


# Every format once and every release; the machine itself runs them all (dma.py).
FORMATS = {"b6": ["rgba16f"],
           "b7": ["bgr32"],
           "master": ["bgra", "rgba", "rgba10", "rgba16f", "bgr32", "rgb24"]}


def every_format(memory, way, exporter):
    """One viewer, one guest after another. The guests make a few frames and then stand still, because
    a viewer that is late with a single one may copy that one."""
    viewer = Viewer(memory)
    for release, formats in FORMATS.items():
        for fmt in formats:
            args = still(f"--release={release}", f"--format={fmt}")
            guest = Guest(memory, *args, "--fps=4", "--at=2:fps=0")
            wait_for_last_picture(args, f"{release} {fmt}", 1 if fmt in WIDE else 0)
            exporters(viewer, exporter)
            guest.stop()
    check(viewer.ways() == [way], f"the frames went by {viewer.ways()}:\n{viewer.said()}")
    viewer.stop()


# ---- the module --------------------------------------------------------------------------------


def every_format_is_imported_from_the_device():
    static_device()
    every_format(DEVICE, BY_KVMFR, "kvmfr")


def frames_are_imported_without_a_desktop():
    static_device()
    args = still("--release=b7")
    guest = Guest(DEVICE, *args)
    said = snapshot(DEVICE, want=reference(args), what="offscreen")
    check(f"frames: {BY_KVMFR}" in said, f"it was not imported:\n{said}")
    guest.stop()


def damage_leaves_no_stale_pixel():
    static_device()
    args = ["--size=320x192", "--release=master", "--damage=random", "--cursor=none"]
    guest = Guest(DEVICE, *args, "--fps=10", "--at=6:fps=0")
    viewer = Viewer(DEVICE, size="320x192")
    time.sleep(6)
    wait_for_last_picture(args + ["--fps=0"], "random damage")
    exporters(viewer, "kvmfr")
    viewer.stop()
    guest.stop()


def copying_by_option_shows_the_same():
    static_device()
    args = still("--release=master")
    guest = Guest(DEVICE, *args)
    viewer = Viewer(DEVICE, "app:allowDMA=no")
    wait_for_picture(reference(args), 0, "app:allowDMA=no")
    viewer.wait_way(BY_OPTION)
    check("kvmfr" not in viewer.dma_bufs(), "there are DMA-BUFs in spite of app:allowDMA=no")
    viewer.stop()
    guest.stop()


def a_device_without_permission_is_named_and_taken_later():
    static_device()
    os.chmod(DEVICE, 0o600)
    args = still("--release=b7")
    guest = Guest(DEVICE, *args)
    viewer = Viewer(DEVICE, wrapper=AS_NOBODY, env={**os.environ, "HOME": "/run/nobody"})
    viewer.wait_said(rf"{DEVICE}: permission denied to user 65534")
    os.chmod(DEVICE, 0o666)
    wait_for_picture(reference(args), 0, "after the permission was given")
    viewer.wait_way(BY_KVMFR)
    viewer.stop()
    guest.stop()


def a_device_that_goes_away_is_survived_and_found_again():
    """The PCI device is unplugged while the viewer has its memory mapped and imported."""
    if os.path.exists(DEVICE):
        remove_module()
    insert_module()
    place = ivshmem_devices()[0]
    wait_for(lambda: os.path.exists(DEVICE), "the PCI device has no /dev/kvmfr0")
    args = still("--release=b6")
    guest = Guest(DEVICE, *args)
    viewer = Viewer(DEVICE)
    wait_for_picture(reference(args), 0, "before")
    viewer.wait_way(BY_KVMFR)
    with open(place + "/remove", "w", encoding="ascii") as f:
        f.write("1")
    wait_for(lambda: not os.path.exists(DEVICE), "the device is still there")
    guest.kill()
    time.sleep(3)
    check(viewer.alive(), f"the viewer ended:\n{viewer.said()}")
    with open("/sys/bus/pci/rescan", "w", encoding="ascii") as f:
        f.write("1")
    wait_for(lambda: os.path.exists(DEVICE), "the device does not come back")
    args = still("--release=master")
    guest = Guest(DEVICE, *args)
    wait_for_picture(reference(args), 0, "after the device came back")
    viewer.stop()
    guest.stop()
    remove_module()


def ivshmem_devices():
    """Their folders in sysfs, in the order of their slots."""
    found = []
    for place in sorted(glob.glob("/sys/bus/pci/devices/*")):
        with open(place + "/vendor", encoding="ascii") as v, open(place + "/device", encoding="ascii") as d:
            if (v.read().strip(), d.read().strip()) == ("0x1af4", "0x1110"):
                found.append(place)
    return found


# ---- sealed memory -----------------------------------------------------------------------------


def every_format_is_imported_through_udmabuf():
    server = Server("/run/server")
    every_format(server.memory, BY_UDMABUF, "udmabuf")


def without_udmabuf_the_memory_itself_is_imported():
    """On a machine with DMA-BUF, by a user who may not make them of memory."""
    os.chmod("/dev/udmabuf", 0o600)
    server = Server("/run/server2")
    os.chmod("/run/server2", 0o777)
    args = still("--release=b7")
    guest = Guest(server.memory, *args)
    said = snapshot(server.memory, want=reference(args), what="offscreen", wrapper=AS_NOBODY,
                    environment={"XDG_RUNTIME_DIR": "/run/nobody", "HOME": "/run/nobody"})
    check(f"frames: {BY_MEMORY}" in said, f"it was not imported:\n{said}")
    guest.stop()
    server.stop()


# ---- a real display ----------------------------------------------------------------------------


class Desktop:
    """sway on the kernel's display driver, drawn in software; it wants no root, only its devices."""

    def __init__(self):
        self.folder = "/run/desktop"
        os.mkdir(self.folder)
        os.chown(self.folder, 65534, 65534)
        os.chmod(self.folder, 0o700)
        for name in glob.glob("/dev/dri/card*"):
            os.chmod(name, 0o666)
        with open("/run/sway", "w", encoding="utf-8") as f:
            f.write("xwayland disable\noutput * position 0,0\ndefault_border none\n"
                    "default_floating_border none\n"
                    'for_window [app_id=".*"] floating enable, border none, move absolute position 0 0\n')
        own = {**os.environ, "HOME": self.folder, "XDG_RUNTIME_DIR": self.folder, "WLR_BACKENDS": "drm",
               "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1", "LIBSEAT_BACKEND": "builtin",
               "WLR_DRM_DEVICES": "/dev/dri/card0", "SEATD_VTBOUND": "0", "LIBSEAT_LOGLEVEL": "info"}
        self.sway = Running(AS_NOBODY + ["sway", "-c", "/run/sway"], env=own)
        sockets = wait_for(lambda: not self.sway.alive() or
                           [n for n in os.listdir(self.folder) if re.fullmatch(r"wayland-\d+", n)],
                           lambda: "sway does not start:\n" + self.sway.said())
        check(self.sway.alive(), "sway ended:\n" + self.sway.said())
        self.environment = {**os.environ, "SDL_VIDEODRIVER": "wayland", "XDG_RUNTIME_DIR": self.folder,
                            "WAYLAND_DISPLAY": sockets[0]}


def a_desktop_on_a_display_shows_imported_frames():
    """kvmfr, DMA-BUF, EGL, SDL, a compositor, the kernel's display driver; seen by QEMU."""
    static_device()
    desktop = Desktop()
    for release, fmt in (("b7", "bgra"), ("master", "rgb24"), ("b6", "rgba16f")):
        args = still(f"--release={release}", f"--format={fmt}", size="640x480")
        guest = Guest(DEVICE, *args)
        viewer = Viewer(DEVICE, size="640x480", env=desktop.environment)
        try:
            wait_for_picture(reference(args), 1 if fmt in WIDE else 0, f"{release} {fmt}", see=screendump)
        except Failed as e:
            raise Failed(f"{e}\n{viewer.said()}\n{desktop.sway.said()}") from e
        viewer.wait_way(BY_KVMFR)
        exporters(viewer, "kvmfr")
        viewer.stop()
        guest.stop()


def screendump(width, height):
    """QEMU's view of the screen; there is no pointer because the machine has no mouse."""
    ask("screendump")
    with open(SHARE + "/screen.ppm", "rb") as f:
        got = read_ppm(f.read())
    check(got[:2] == (width, height), f"the display has {got[:2]} pixels")
    return got


# ---- a machine in the machine ------------------------------------------------------------------


class Nested:
    """QEMU that has the device as its ivshmem BAR; told by -qtest what a guest's processor would do."""

    BAR = 0xe0000000

    def __init__(self, size_mb):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "qemu-system-x86_64", "-accel", "tcg", "-machine", "q35",
             "-m", "32", "-nodefaults", "-no-user-config", "-display", "none", "-S",
             "-object", f"memory-backend-file,id=iv,size={size_mb}M,share=on,mem-path={DEVICE}",
             "-device", "ivshmem-plain,memdev=iv,addr=3", "-qtest", "unix:/run/qtest,server=on,wait=off",
             "-qtest-log", "/dev/null"],
            stdin=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(100)
        wait_for(lambda: self.socket.connect_ex("/run/qtest") == 0, "the inner QEMU does not start")
        self.answers = self.socket.makefile("r", encoding="ascii")
        slot = 0x80000000 | 3 << 11
        for register, value in ((0x18, self.BAR), (0x1c, 0), (0x04, 2)):
            self.tell(f"outl 0xcf8 {slot | register:#x}")
            self.tell(f"outl 0xcfc {value:#x}")

    def tell(self, words):
        self.socket.sendall(words.encode() + b"\n")
        answer = self.answers.readline().split()
        check(answer and answer[0] == "OK", f"the inner QEMU answers '{' '.join(answer)}' to '{words[:60]}'")
        return answer[1:]

    def read(self, at, size):
        return bytes.fromhex(self.tell(f"read {self.BAR + at:#x} {size:#x}")[0][2:])

    def fill(self, at, size, value):
        self.tell(f"memset {self.BAR + at:#x} {size:#x} {value:#x}")

    def stop(self):
        self.process.kill()
        self.process.wait()


def an_inner_machine_and_the_viewer_share_the_device():
    """The topology of real hosts: QEMU maps the device, its guest's frames are imported from it."""
    static_device()
    nested = Nested(32)
    maps = open(f"/proc/{nested.process.pid}/maps", encoding="utf-8").read()
    check(DEVICE in maps, f"the inner QEMU has not mapped {DEVICE}:\n{maps}")
    width, height = 256, 192
    args = [f"--size={width}x{height}", "--fps=0", "--cursor=none", "--pattern=solid", "--color=336699",
            "--release=b7"]
    guest = Guest(DEVICE, *args)
    said = snapshot(DEVICE, want=reference(args), what="what was written here")
    check(f"frames: {BY_KVMFR}" in said, f"it was not imported:\n{said}")
    with open(DEVICE, "r+b", buffering=0) as f, mmap.mmap(f.fileno(), 32 << 20) as memory:
        at = memory.find(bytes((0x99, 0x66, 0x33, 0xff)) * (width * 100))
        check(at > 0, "the frame's pixels are not in the device's memory")
        at = memory.find(bytes((0x99, 0x66, 0x33, 0xff)) * 64, at & ~0xfff)
        size = width * height * 4
        first = memory[at:at + size]
        check(nested.read(at, size) == first, "the inner machine reads other bytes than are in the device")
        # Frames that nobody shows have no number in the picture: this one is of one colour altogether.
        nested.fill(at, size, 0x40)
        check(memory[at:at + size] == bytes([0x40]) * size, "what the inner machine wrote did not arrive")
    said = snapshot(DEVICE, want=(width, height, bytes([0x40]) * (width * height * 3)),
                    what="what the inner machine wrote")
    check(f"frames: {BY_KVMFR}" in said, f"it was not imported:\n{said}")
    nested.stop()
    guest.stop()


# ---- a guest for viewers outside ---------------------------------------------------------------


def frames_for_the_outside():
    """Writes frames into the devices that the outside asks for, until it has enough."""
    places = ivshmem_devices()
    check(len(places) == 2, f"there are {len(places)} ivshmem devices")
    for place in places:
        with open(place + "/enable", "w", encoding="ascii") as f:
            f.write("1")
    while True:
        words = ask("which").split()
        if words[0] == "end":
            return
        if words[0] == "insert":
            insert_module()
            wait_for(lambda: os.path.exists("/dev/kvmfr1"), "the module has not found two devices")
            continue
        memory, number, args = words[0], int(words[1]), words[2:]
        guest = Guest(f"{places[number]}/resource2" if memory == "bar" else f"/dev/kvmfr{number}", *args)
        ask("writing")
        guest.stop()


# ------------------------------------------------------------------------------------------------


def run(case):
    try:
        globals()[case]()
    except (Failed, OSError, subprocess.SubprocessError) as e:
        print(f"failed {case}: " + re.sub(r"\n", "\n| ", str(e)), flush=True)
        return False
    finally:
        finish()
    print(f"passed {case}", flush=True)
    return True


def main():
    if "WAYLAND_DISPLAY" in os.environ:
        place_windows()
    return 0 if all([run(case) for case in sys.argv[3:]]) else 1


if __name__ == "__main__":
    sys.exit(main())
