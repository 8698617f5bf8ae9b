#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The two files that QEMU boots, made from an unpacked kernel package (see make_image.sh).

image.py kernel UNPACKED OUT    OUT/vmlinux, OUT/modules/*.ko and OUT/modules/groups
image.py initrd OUT FILE        an initial file system of OUT/init and OUT/modules

An uncompressed vmlinux is booted through its PVH note: under emulation the kernel's own decompressor
takes seconds. For the same reason the modules and the file system are not compressed.
"""
import gzip
import lzma
import os
import shutil
import struct
import subprocess
import sys

# The guest loads the modules of "boot" in this order, each behind what it depends on. The generic
# codec comes before the sound card, which asks for it while it is set up: nobody loads it on request.
# The other groups are drivers of display cards, loaded when a test asks for another video mode.
GROUPS = {
    "boot": ["virtio_pci", "virtio_console", "evdev", "virtio_input", "psmouse", "xhci_pci", "usbhid",
             "hid_generic", "snd_hda_codec_generic", "snd_hda_intel"],
    "bochs": ["bochs"],
    "qxl": ["qxl"],
    "virtio_gpu": ["virtio_gpu"],
}


def fail(sentence):
    print(f"image.py: {sentence}", file=sys.stderr)
    sys.exit(1)


def unpack(data):
    """The content of xz, gzip or zstd data; bytes behind its end are ignored."""
    if data[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(data)
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        # The tool complains about what follows the frame, after it has written all of it.
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
    return data


# ---- kernel ------------------------------------------------------------------------------------


def vmlinux(image):
    """The ELF file inside a bzImage; fields by the kernel's Documentation/arch/x86/boot.rst."""
    if image[0x202:0x206] != b"HdrS":
        fail("the kernel is not a bzImage.")
    setup_sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    # The payload's last four bytes are its unpacked size.
    elf = unpack(image[start:start + length - 4])
    if elf[:4] != b"\x7fELF":
        fail("the kernel's payload is packed in an unknown way.")
    return elf


# ---- modules -----------------------------------------------------------------------------------


def section(elf, wanted):
    """Bytes of a section of a 64-bit little-endian ELF file."""
    at, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3a)
    headers = [struct.unpack_from("<IIQQQQ", elf, at + i * size) for i in range(count)]
    table = headers[names][4]
    for name, _, _, _, offset, length in headers:
        end = elf.index(b"\0", table + name)
        if elf[table + name:end] == wanted:
            return elf[offset:offset + length]
    return b""


def needed_by(elf):
    """Names of the modules that must be there first, from the module's own information."""
    names = []
    for item in section(elf, b".modinfo").split(b"\0"):
        key, _, value = item.decode("utf-8", "replace").partition("=")
        if key == "depends":
            names += [name for name in value.split(",") if name]
        elif key == "softdep" and value.startswith("pre:"):
            names += value[4:].split("post:")[0].split()
    return names


def plain(name):
    return name.replace("-", "_")


class Modules:
    """The modules of an unpacked kernel: where they are, and which are part of the kernel itself."""

    def __init__(self, root):
        self.files, self.builtin, self.content = {}, set(), {}
        for folder, _, files in os.walk(root):
            for file in files:
                stem, dot, _ = file.partition(".ko")
                if dot:
                    self.files[plain(stem)] = os.path.join(folder, file)
                elif file == "modules.builtin":
                    with open(os.path.join(folder, file), encoding="ascii") as text:
                        self.builtin |= {plain(os.path.basename(line.strip())[:-3]) for line in text}
        if not self.files:
            fail("the kernel package has no modules.")

    def read(self, name):
        if name not in self.content:
            with open(self.files[name], "rb") as file:
                self.content[name] = unpack(file.read())
        return self.content[name]

    def in_order(self, name, order):
        """Appends `name` to `order`, behind what it needs."""
        name = plain(name)
        if name in order or name in self.builtin:
            return
        if name not in self.files:
            fail(f"the kernel has no module '{name}'.")
        for other in needed_by(self.read(name)):
            # What is only recommended ("softdep") may be missing.
            if plain(other) in self.files:
                self.in_order(other, order)
        order.append(name)


def make_kernel(root, out):
    boot = os.path.join(root, "boot")
    images = sorted(name for name in os.listdir(boot) if name.startswith("vmlinuz"))
    if not images:
        fail("the kernel package has no kernel.")
    with open(os.path.join(boot, images[-1]), "rb") as file:
        elf = vmlinux(file.read())
    with open(os.path.join(out, "vmlinux"), "wb") as file:
        file.write(elf)
    place = os.path.join(out, "modules")
    shutil.rmtree(place, ignore_errors=True)
    os.mkdir(place)
    modules, lines = Modules(root), []
    for group, wanted in GROUPS.items():
        order = []
        for name in wanted:
            modules.in_order(name, order)
        for name in order:
            with open(os.path.join(place, name + ".ko"), "wb") as file:
                file.write(modules.read(name))
            lines.append(f"{group} {name}\n")
    # Written last: make_image.sh takes it as the sign that all of this is complete.
    with open(os.path.join(place, "groups"), "w", encoding="ascii") as file:
        file.writelines(lines)


# ---- initial file system -----------------------------------------------------------------------


class Archive:
    """A cpio archive of the kind the kernel unpacks ("newc")."""

    def __init__(self, file):
        self.file, self.number = file, 0

    def add(self, name, mode, content=b"", device=(0, 0)):
        self.number += 1
        encoded = name.encode() + b"\0"
        fields = (self.number, mode, 0, 0, 1, 0, len(content), 0, 0, device[0], device[1],
                  len(encoded), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self.file.write(head + b"\0" * (-len(head) % 4))
        self.file.write(content + b"\0" * (-len(content) % 4))


def make_initrd(out, path):
    with open(path + ".new", "wb") as file:
        archive = Archive(file)
        for folder in ("dev", "proc", "sys", "tmp", "modules"):
            archive.add(folder, 0o040755)
        archive.add("dev/console", 0o020600, device=(5, 1))
        with open(os.path.join(out, "init"), "rb") as program:
            archive.add("init", 0o100755, program.read())
        place = os.path.join(out, "modules")
        for name in sorted(os.listdir(place)):
            with open(os.path.join(place, name), "rb") as module:
                archive.add("modules/" + name, 0o100644, module.read())
        archive.add("TRAILER!!!", 0)
    os.replace(path + ".new", path)


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "kernel":
        make_kernel(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 4 and sys.argv[1] == "initrd":
        make_initrd(sys.argv[2], sys.argv[3])
    else:
        fail("usage: image.py kernel UNPACKED OUT | initrd OUT FILE")


if __name__ == "__main__":
    main()
