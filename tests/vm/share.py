#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Oriel's SPICE session hands to the guest besides input: a folder, and USB devices.

share.py BUILD_DIR CASE
"""
import os
import random
import sys
import time
import zlib

sys.dont_write_bytecode = True
from machine import Machine, Program, check, run_case  # noqa: E402
from session import AGENT, Drive  # noqa: E402

BUILD = sys.argv[1]
DEVICES = os.path.join(BUILD, "tests", "devices")
LEAKS = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
USB, SHARE = 32, 64  # of enum orl_spice_has
BARE = {"sound": False, "vga": "none", "agent": False}


class Devices(Program):
    """Oriel's session, connected to a machine."""

    def __init__(self, vm, *options, ready=True):
        self.log = os.path.join(vm.folder, "devices")
        super().__init__([DEVICES, f"host={vm.socket_path}", *options], log=self.log,
                         ASAN_OPTIONS=LEAKS)
        if ready:
            self.expect("^status ready")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
            return
        code = self.stop()
        with open(self.log, encoding="utf-8", errors="replace") as file:
            check(code == 0, f"the session ended with {code}:\n{file.read()[-3000:]}")

    def until(self, has, since=0):
        """Waits for a status with exactly these of USB and SHARE."""
        def good():
            lines = [line for line in self.lines.since(since) if line.startswith("status ready")]
            return lines and int(lines[-1].split()[-1]) & (USB | SHARE) == has
        self.wait_until(good, f"the parts are never {has}")


# ---- shared folder -----------------------------------------------------------------------------


def ask(vm, method, path, headers="", body=b""):
    """One request from the guest's side: (status, head, length of body, its CRC, body or None)."""
    request = (f"{method} {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n{headers}"
               f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    got = vm.ask("share-ask " + request.hex(), r"^share-(answer (\d+) (\w+) (\S*)|failed .*)")
    check(got[2], f"{method} {path}: {got[0]}")
    length, data = int(got[2]), bytes.fromhex(got[4])
    end = data.find(b"\r\n\r\n") + 4
    check(end > 4 and data.startswith(b"HTTP/1."), f"{method} {path}: no HTTP: {data[:80]}")
    head = data[:end].decode("utf-8", "replace")
    return int(head.split()[1]), head, length, int(got[3], 16), data[end:]


def fill(folder):
    """The folder to share, with something beside it that is nobody's business."""
    place = os.path.join(folder, "host")
    shared = os.path.join(place, "shared folder")
    os.makedirs(os.path.join(shared, "inner"))
    big = random.Random(1).randbytes(700000)
    for name, data in (("secret", b"outside"), ("shared folder/a.txt", b"hello guest\n"),
                       ("shared folder/gr\u00fc\u00dfe.txt", b"umlauts\n"),
                       ("shared folder/inner/big", big)):
        with open(os.path.join(place, name), "wb") as file:
            file.write(data)
    return shared, big


def reads(vm, big):
    status, _, _, _, body = ask(vm, "PROPFIND", "/", "Depth: 1\r\n")
    check(status == 207, f"PROPFIND gave {status}")
    check(b"a.txt" in body and b"inner" in body and b"secret" not in body, f"it lists {body[:2000]}")
    status, _, _, _, body = ask(vm, "GET", "/a.txt")
    check((status, body) == (200, b"hello guest\n"), f"GET gave {status} {body}")
    status, _, _, _, body = ask(vm, "GET", "/gr%C3%BC%C3%9Fe.txt")
    check((status, body) == (200, b"umlauts\n"), f"GET gave {status} {body}")
    status, _, length, crc, _ = ask(vm, "GET", "/inner/big")
    check((status, length, crc) == (200, len(big), zlib.crc32(big)), f"GET gave {status}, {length} bytes")
    check(ask(vm, "GET", "/nothing")[0] == 404, "a file that is not there is served")


def stays_inside(vm):
    for path in ("/../secret", "/inner/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/inner/..%2f..%2fsecret",
                 "//../secret", "/./../secret", "/%2e%2e%2fsecret", "/../../../../../../../../etc/passwd",
                 "/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd", "/%2fetc%2fpasswd", "/\\..\\secret"):
        status, _, _, _, body = ask(vm, "GET", path)
        check(status >= 300 and b"outside" not in body and b"root:" not in body,
              f"GET {path} gave {status}: {body[:100]}")


def the_guest_reads_and_writes_the_shared_folder():
    with Machine(share=True, **BARE) as vm:
        shared, big = fill(vm.folder)
        with Devices(vm, "share=" + shared) as session:
            session.until(SHARE)
            reads(vm, big)
            stays_inside(vm)
            data = random.Random(2).randbytes(5000)
            check(ask(vm, "PUT", "/inner/new", body=data)[0] in (200, 201), "PUT was refused")
            with open(os.path.join(shared, "inner", "new"), "rb") as file:
                check(file.read() == data, "another file was written")
            check(ask(vm, "MKCOL", "/folder")[0] == 201, "MKCOL was refused")
            check(os.path.isdir(os.path.join(shared, "folder")), "there is no new folder")
            check(ask(vm, "DELETE", "/inner/new")[0] in (200, 204), "DELETE was refused")
            check(not os.path.exists(os.path.join(shared, "inner", "new")), "it is still there")
            for path in ("/../new", "/%2e%2e/new", "/..%2fnew"):
                ask(vm, "PUT", path, body=b"x")
            for target in ("/..%2fnew", "/inner/..%2f..%2fnew", "/%2e%2e%2Fnew", "/a%2f..%2f..%2fnew", "/../new",
                           "/%2e%2e/new", "/..%252fnew", "//new", "/%2fnew", "%2f..%2fnew", "/..%2fnew?a#b",
                           "/" + vm.folder + "/new", "/%2f" + vm.folder + "/new", "/..%5cnew"):
                for method in ("COPY", "MOVE"):
                    for place in ("http://localhost", "http://other:80", "HTTP://localhost", ""):
                        ask(vm, method, "/a.txt", f"Destination: {place}{target}\r\n")
                        check(os.listdir(vm.folder).count("new") == 0, f"{method} to {place}{target} left the folder")
                        with open(os.path.join(shared, "a.txt"), "wb") as file:
                            file.write(b"hello guest\n")
            status = ask(vm, "MOVE", "/a.txt", "Destination: http://localhost/inner/b%20c.txt\r\n")[0]
            check(status == 201 and os.path.exists(os.path.join(shared, "inner", "b c.txt")), f"MOVE gave {status}")
            status = ask(vm, "COPY", "/inner/b%20c.txt", "Destination: http://localhost/a.txt\r\n")[0]
            check(status == 201 and os.path.exists(os.path.join(shared, "a.txt")), f"COPY gave {status}")
            ask(vm, "MKCOL", "/..%2fmade")
            ask(vm, "DELETE", "/..%2fsecret")
            outside = sorted(os.listdir(os.path.dirname(shared)))
            check(outside == ["secret", "shared folder"], f"outside there is {outside}")
            # Garbage instead of frames, and an agent of the guest that dies in the middle of one.
            for raw in (b"\xff" * 3000, b"\x00" * 10, b"GET / HTTP/1.0\r\n\r\n", b"\x01" * 5):
                vm.ask("share-raw " + raw.hex(), "^share-answer")
            check(session.alive(), "the session died of garbage")


def a_read_only_folder_is_not_written():
    with Machine(share=True, **BARE) as vm:
        shared, big = fill(vm.folder)
        with Devices(vm, "share=" + shared, "share-ro=1") as session:
            session.until(SHARE)
            before = sorted(os.walk(shared))
            for method, path, more in (("PUT", "/new", ""), ("PUT", "/a.txt", ""), ("DELETE", "/a.txt", ""),
                                       ("MKCOL", "/folder", ""),
                                       ("MOVE", "/a.txt", "Destination: http://localhost/b.txt\r\n"),
                                       ("COPY", "/a.txt", "Destination: http://localhost/b.txt\r\n"),
                                       ("PROPPATCH", "/a.txt", "")):
                status = ask(vm, method, path, more, b"changed" if method == "PUT" else b"")[0]
                check(status >= 400, f"{method} {path} gave {status}")
            check(sorted(os.walk(shared)) == before, "the folder has changed")
            with open(os.path.join(shared, "a.txt"), "rb") as file:
                check(file.read() == b"hello guest\n", "the file has changed")
            reads(vm, big)


def what_is_wrong_with_the_folder_is_said_once():
    with Machine(share=True, **BARE) as vm:
        shared, _ = fill(vm.folder)
        for path, why in ((shared + "/nowhere", "No such file or directory"), (shared + "/a.txt", "not a folder")):
            with Devices(vm, "share=" + path) as session:
                session.expect(f"^message spice:shareDir: .* is not shared: .*{why}")
                time.sleep(0.5)
                said = [line for line in session.lines.since() if line.startswith("message")]
                check(len(said) == 1, f"it says {said}")
                check(session.alive(), "the session ended")
    with Machine(**BARE) as vm:
        shared, _ = fill(vm.folder)
        with Devices(vm, "share=" + shared) as session:
            session.expect("^message spice:shareDir: .*has no channel")


# ---- USB ---------------------------------------------------------------------------------------

CD = "2b23:cdcd"  # what the library's emulated drive says it is


def disc(vm, number=1):
    path = os.path.join(vm.folder, f"disc {number}.iso")
    with open(path, "wb") as file:
        file.write(random.Random(number).randbytes(2048 * 300))
    return path


def devices(session):
    """[(id, vendor:product, connected, allowed, name)]"""
    line = session.ask("usb-list", r"^usb-devices \d+(.*)")[1]
    words = [item.split(" ", 4) for item in line.split("\t")[1:]]
    return [(w[0], w[1], w[2] == "1", w[3] == "1", w[4]) for w in words]


def plug(vm, session, number=1):
    """One drive more on the host; gives its id."""
    before = {device[0] for device in devices(session)}
    mark = session.mark()
    session.send("cd " + disc(vm, number))
    session.expect(r"^cd 1", since=mark)
    session.expect(rf"^usb-devices {len(before) + 1}\t", since=mark)
    return next(device[0] for device in devices(session) if device[0] not in before)


def guest_sees(vm, count):
    def same():
        mark = vm.mark()
        vm.command("usb-list")
        return sum(CD in line for line in vm.lines.since(mark)) == count
    end = time.monotonic() + 30
    while not same():
        check(time.monotonic() < end, f"the guest does not see {count} drives")
        time.sleep(0.1)


def a_usb_device_goes_to_the_guest_and_comes_back():
    with Machine(usb=1, **BARE) as vm, Devices(vm, "usb=1") as session:
        session.until(USB)
        for _ in range(2):
            one = plug(vm, session)
            check(devices(session)[0][1:4] == (CD, False, True), f"listed is {devices(session)}")
            check("disc 1" in devices(session)[0][4], f"it is called {devices(session)[0][4]}")
            session.ask(f"usb {one} 0", rf"^usb-result {one} 0 $")  # it is not
            session.ask(f"usb {one} 1", rf"^usb-result {one} 1 $")
            check(devices(session)[0][2], "it is not connected in the list")
            guest_sees(vm, 1)
            session.ask(f"usb {one} 1", rf"^usb-result {one} 1 $")  # twice is as good as once
            mark = session.mark()
            session.ask(f"usb {one} 0", rf"^usb-result {one} 0 $")
            guest_sees(vm, 0)
            session.expect("^usb-devices 0", since=mark)  # the library unplugs its drive then
        one = plug(vm, session)
        # More devices than channels, and one that nobody has.
        two = plug(vm, session, 2)
        session.ask(f"usb {one} 1", rf"^usb-result {one} 1 $")
        session.ask(f"usb {two} 1", rf"^usb-result {two} 0 .*no free USB channels")
        session.ask("usb 12345 1", "^usb-result 12345 0 .*no longer there")
        guest_sees(vm, 1)
        # The machine goes under it, and another one comes.
        mark = session.mark()
        vm.restart()
        session.expect("^status ready", 60, mark)
        session.until(USB, mark)
        check(devices(session) == [], f"drives of a session that is gone: {devices(session)}")
        session.ask(f"usb {plug(vm, session)} 1", r"^usb-result \d+ 1 $")
        guest_sees(vm, 1)


def usb_filters_connect_what_they_name():
    with Machine(usb=2, **BARE) as vm:
        with Devices(vm, "usb=1", "usb-auto=0x08,0x2b23,-1,-1,0|-1,0x2b23,0xcdcd,-1,1") as session:
            session.until(USB)
            plug(vm, session)
            time.sleep(1)
            guest_sees(vm, 0)
        with Devices(vm, "usb=1", "usb-auto=-1,0x2b23,0xcdcd,-1,1") as session:
            session.until(USB)
            plug(vm, session)
            guest_sees(vm, 1)
        guest_sees(vm, 0)
        # The session starts with the drive there.
        vm.freeze()
        with Devices(vm, "usb=1", "usb-redirect=-1,0x2b23,0xcdcd,-1,1", ready=False) as session:
            session.expect("^status connecting")
            session.ask("cd " + disc(vm), "^cd 1")
            vm.thaw()
            session.expect("^status ready")
            guest_sees(vm, 1)
        for option, name in (("usb-auto", "usbAutoFilter"), ("usb-redirect", "usbRedirectFilter")):
            with Devices(vm, "usb=1", option + "=-1,-1,-1,1") as session:
                session.until(USB)
                session.expect(f"^message spice:{name} is ignored: '-1,-1,-1,1' is not class,vendor,")
                plug(vm, session)
                time.sleep(0.5)
                guest_sees(vm, 0)
                said = [line for line in session.lines.since() if line.startswith("message")]
                check(len(said) == 1, f"it says {said}")


def a_machine_without_usb_channel_gets_no_device():
    with Machine(**BARE) as vm, Devices(vm, "usb=1") as session:
        one = plug(vm, session)
        check(devices(session)[0][2:4] == (False, False), f"listed is {devices(session)}")
        session.ask(f"usb {one} 1", rf"^usb-result {one} 0 .*not configured for USB")


# ---- files -------------------------------------------------------------------------------------


def progress_is_told_some_times_a_second():
    with Machine(sound=False, vga="none") as vm, Drive(vm) as session:
        session.until("ready", AGENT)
        path = os.path.join(vm.folder, "large")
        with open(path, "wb") as file:
            file.truncate(15_000_000)
        mark, start = session.mark(), time.monotonic()
        for number in range(1, 5):
            session.send(f"file {number} {path}")
        for number in range(1, 5):
            session.expect(rf"^file {number} 100 1 ", 60, mark)
        took = time.monotonic() - start
        told = [line.split() for line in session.lines.since(mark) if line.startswith("file ")]
        running = [line for line in told if line[3] == "0" and line[2] != "0"]
        print(f"{len(running)} notes in {took:.1f} s")
        check(0 < len(running) <= 22 * took + 4, f"{len(running)} notes of progress in {took:.1f} s")
        for number in range(1, 5):
            percents = [int(line[2]) for line in told if line[1] == str(number)]
            check(percents == sorted(percents) and percents[0] == 0, f"file {number} went {percents}")


if __name__ == "__main__":
    sys.exit(run_case(globals()[sys.argv[2]]))
