#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run_selftest.py OUT VERSION: the self-test of kvmfr in a machine with a kernel of Debian.

OUT is where fetch_kernel.sh and build_module.sh put what is needed; they do so first. The machine has
two ivshmem devices, one of them of 4 GiB, nearly all of it never touched. Fails when a case fails,
when the kernel has complained, or when the host does not find what the guest wrote into a PCI
device. 77: it cannot be done here.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "vm"))
from image import Archive  # noqa: E402

SECONDS = 280  # the emulated machine on a very busy computer
MEMORY = 512  # MiB
# With this much the self-test also makes a static device above 2 GiB, which takes some ten seconds:
# once is enough. QEMU takes from the host only what the guest touches.
LARGE_MEMORY = {"6.12": 2800}
SIZES = {"small": 16 << 20, "large": 4 << 30}
COMPLAINTS = re.compile(r"BUG|WARNING|Oops|Call Trace|general protection|KASAN|UBSAN|lockdep|"
                        r"inconsistent|Bad page|corrupt|refcount|use-after|leaked|Poison", re.I)


def make_initrd(out, path):
    with open(path, "wb") as file:
        archive = Archive(file)
        for folder in ("dev", "proc", "sys"):
            archive.add(folder, 0o040755)
        archive.add("dev/console", 0o020600, device=(5, 1))
        for name in ("init", "selftest", "kvmfr.ko", "importer.ko"):
            with open(os.path.join(out, name), "rb") as content:
                archive.add(name, 0o100755, content.read())
        archive.add("TRAILER!!!", 0)


def command(out, folder, memory):
    args = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max",
            "-smp", "2", "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-serial", "stdio", "-kernel", os.path.join(out, "vmlinux"),
            "-initrd", os.path.join(folder, "initrd"), "-append",
            "console=ttyS0 quiet panic=-1 oops=panic slub_debug=FZP init_on_alloc=0"]
    for name, size in SIZES.items():
        args += ["-object", f"memory-backend-file,id={name},share=on,size={size},"
                            f"mem-path={os.path.join(folder, name)}",
                 "-device", f"ivshmem-plain,memdev={name}"]
    return args


def run(out, folder, memory):
    """Everything the machine printed; its output also goes to ours."""
    make_initrd(out, os.path.join(folder, "initrd"))
    process = subprocess.Popen(["timeout", "-k", "5", str(SECONDS)] + command(out, folder, memory),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    lines = []
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    finally:
        process.kill()
        process.wait()
    return lines


def faults(lines, folder):
    """What is wrong, in sentences."""
    found = [line for line in lines if line.startswith("not ok")]
    results = [line for line in lines if line.startswith("selftest: ")]
    if not results:
        found.append("The machine ended before the self-test.")
    elif results[-1] != "selftest: 0":
        found.append(f"The self-test ended with {results[-1].split()[-1]}.")
    for name in SIZES:
        if not any(f"(pci, {SIZES[name] >> 20} MiB)" in line for line in lines):
            found.append(f"The PCI device of {SIZES[name] >> 20} MiB was not tested.")
        # The cases leave their marks in the first page.
        with open(os.path.join(folder, name), "rb") as memory:
            if not any(memory.read(4096)):
                found.append(f"The host finds nothing in the memory of '{name}'.")
    for line in lines:
        if COMPLAINTS.search(line) and not line.startswith(("ok", "#")):
            found.append(f"The kernel complains: {line}")
    return found


def main():
    if len(sys.argv) != 3:
        print("usage: run_selftest.py OUT 6.1|6.12|newest", file=sys.stderr)
        return 2
    out, version = sys.argv[1:]
    for tool in ("qemu-system-x86_64", "timeout"):
        if not shutil.which(tool):
            print(f"run_selftest.py: there is no {tool}.", file=sys.stderr)
            return 77
    built = subprocess.run([os.path.join(HERE, "build_module.sh"), out, version], check=False)
    if built.returncode != 0:
        return built.returncode
    with tempfile.TemporaryDirectory(prefix="orl-kvmfr.") as folder:
        found = faults(run(out, folder, LARGE_MEMORY.get(version, MEMORY)), folder)
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
