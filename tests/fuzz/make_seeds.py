#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the seed inputs of the fuzz targets: one per rule and release, a few bytes each.

    tests/fuzz/make_seeds.py            (places come from tests/data/layout.json)
"""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).parent
LAYOUT = json.loads((HERE.parent / "data/layout.json").read_text())["versions"]
RELEASES = ["B6", "B7", "master"]
ODD = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF]


def write(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def offset(release, structure, field):
    for f in LAYOUT[release]["structs"][structure]["fields"]:
        if f["name"] == field:
            return f["offset"]
    return None


def patch(at, value):
    return struct.pack("<HI", at, value & 0xFFFFFFFF)


def frames():
    cases = {
        "type": [("pixel_type", 5)], "type-unknown": [("pixel_type", 7)],
        "packed": [("pixel_type", 6)], "half": [("pixel_type", 4), ("pitch", 128)],
        "bgr32-row": [("pixel_type", 5), ("data_h", 7)], "width": [("frame_w", 0x40000000)],
        "height": [("frame_h", 16384), ("data_h", 16384)], "pitch": [("pitch", 0xFFFFFFFC)],
        "fb": [("fb_offset", 0xFFFFFFFC)], "fb-odd": [("fb_offset", 1278)],
        "truncated": [("data_h", 3), ("flags", 4)], "hdr": [("flags", 0xFFFFFFFF)],
        "rotation": [("rotation", 4)], "damage-65": [("damage_count", 65)],
        "damage-wrap": [("damage_count", 2)], "screen": [("screen_w", 65536)],
    }
    for r, release in enumerate(RELEASES):
        write("frame", f"{release}-valid", struct.pack("<BH", r, 0))
        write("frame", f"{release}-short", struct.pack("<BH", r, 700))
        for name, fields in cases.items():
            data = struct.pack("<BH", r, 0)
            for field, value in fields:
                at = offset(release, "frame", field)
                if at is not None:
                    data += patch(at, value)
            if name == "damage-wrap":
                at = offset(release, "frame", "damage")
                data += patch(at, 0xFFFFFFFF) + patch(at + 8, 2) + patch(at + 24, 0xFFFFFFFF)
            write("frame", f"{release}-{name}", data)


def cursors():
    shape, everything = 1 | 2 | 4 | 16, 0xFFFFFFFF
    for r, release in enumerate(RELEASES):
        head = lambda room, tag: struct.pack("<BBI", r, room, tag)
        at = lambda field: offset(release, "cursor", field)
        write("cursor", f"{release}-valid", head(0, shape))
        write("cursor", f"{release}-transform", head(1, everything))
        write("cursor", f"{release}-tiny", head(2, everything))
        write("cursor", f"{release}-mono", head(0, shape) + patch(at("shape_type"), 1)
              + patch(at("height"), 7) + patch(at("pitch"), 1))
        write("cursor", f"{release}-masked", head(0, shape) + patch(at("shape_type"), 2))
        write("cursor", f"{release}-wrap", head(0, shape) + patch(at("height"), 4096)
              + patch(at("pitch"), 0x100000))
        write("cursor", f"{release}-nan", head(1, 8) + patch(100, 0x7FC00000))
        for field in ("width", "height", "pitch"):
            write("cursor", f"{release}-{field}", head(0, shape) + patch(at(field), 0xFFFFFFFF))


def sessions():
    for r, release in enumerate(RELEASES):
        head = bytes([r, 0])
        write("session", f"{release}-valid", head)
        write("session", f"{release}-version", head + patch(8, 21))
        write("session", f"{release}-record-huge", head + patch(52, 0xFFFFFFFF))
        write("session", f"{release}-record-zero", head + patch(52, 0))
        write("session", f"{release}-record-type", head + patch(48, 77))
        raw = bytes([r, 1])
        write("session", f"{release}-no-records", raw)
        write("session", f"{release}-trailing", raw + b"\1\0\0\0\5")
        write("session", f"{release}-os", raw + struct.pack("<II", 2, 3) + b"\3ab")
        write("session", f"{release}-os-empty", raw + struct.pack("<II", 2, 0))
        write("session", f"{release}-many", raw + struct.pack("<II", 9, 0) * 40)
    region = bytes([2, 2])
    write("session", "recovery-valid", region)
    write("session", "recovery-session", region + patch(24, 0))
    write("session", "recovery-ready", region + patch(60, 2))
    write("session", "recovery-status", region + patch(1240, 3))


def memories():
    """Damage of header and queue blocks, for inspect and (with steps) for ring."""
    for r, release in enumerate(RELEASES):
        queues = offset(release, "lgmp_header", "queues")
        cases = {}
        for field in ("queue_count", "user_data_size", "session_id"):
            for value in (0, 7, 0xFFFFFFFF):
                cases[f"{field}-{value:x}"] = patch(offset(release, "lgmp_header", field), value)
        for field in ("ring_len", "ring_offset", "head", "tail", "used", "c_write", "c_free"):
            for value in (0, 3, 0xFFFFFFFF):
                cases[f"{field}-{value:x}"] = patch(
                    queues + offset(release, "lgmp_queue", field), value)
        cases["valid"] = b""
        for name, data in cases.items():
            write("inspect", f"{release}-{name}", struct.pack("<BH", r, 1) + data)
            steps = bytes([0, 2, 3, 0, 2, 4, 12, 5])
            write("ring", f"{release}-{name}", bytes([r, 0, len(data) // 6]) + data + steps)
        write("inspect", f"{release}-text", struct.pack("<BH", r, 0))
        write("inspect", f"{release}-cut", struct.pack("<BH", r, 2 * (32768 - 5000) + 1))
        write("ring", f"{release}-pointer", bytes([r, 1, 0]) + bytes([0, 2, 0, 2, 0, 2, 4, 64]))
        tail = queues + offset(release, "lgmp_queue", "tail")
        write("ring", f"{release}-changes", bytes([r, 0, 0, 0, 6]) + patch(tail, 0xFFFFFFFF)
              + bytes([2, 0, 3, 0, 2]))


def configurations():
    files = {
        "empty": b"", "value": b"[app]\nshmFile=/dev/kvmfr0\n", "bom": b"\xef\xbb\xbf[app]\n",
        "comment": b"; c\n# d\n[win]\nfullScreen=yes ; e\n", "unknown": b"[foo]\nbar=1\n",
        "heading": b"[app\nx\n=y\n[]\n", "number": b"[app]\nframePollInterval=99999999999\n",
        "utf8": b"[app]\nshmFile=\xff\xfe\n", "nul": b"[app]\nshmFile=a\0b\n",
        "long": b"[app]\nshmFile=" + b"a" * 9000 + b"\n", "crlf": b"[app]\r\nshmFile=x\r\n",
    }
    arguments = {
        "help": [b"--help"], "value": [b"app:shmFile=x"], "short": [b"-f", b"/x"],
        "unknown": [b"--nope"], "missing": [b"-f"], "section": [b"win:"], "flag": [b"-F"],
        "empty": [b""], "equals": [b"win:fullScreen=maybe"],
    }
    for name, data in files.items():
        write("conf", f"file-{name}", b"\0" + data)
    for name, words in arguments.items():
        write("conf", f"args-{name}", b"\1" + b"\0".join(words))


for make in (frames, cursors, sessions, memories, configurations):
    make()
