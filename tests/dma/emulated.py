# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine in QEMU that runs the host's own programs on a kernel with DMA-BUF and our module.

Its file system is the host's, read-only through 9p with a layer in memory above it (init.c), so what
is built here runs there at the same path. The processor is emulated: nothing is asked of /dev/kvm,
which on some hosts opens and then cannot run a kernel.
"""
import os
import shutil
import subprocess

from stage import HERE  # puts tests/vm on the path
from image import Archive, Modules
from qemu import BOOT, Qemu  # noqa: F401
from talk import SKIPPED, Failed, Skipped, check

SOURCE = os.path.dirname(os.path.dirname(HERE))

ROOT_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"]


def kernel(version):
    """The folder with Debian's kernel of this version, fetched when needed; or Skipped."""
    folder = os.path.join(SOURCE, "build", "cache", "kernel", version)
    made = subprocess.run([os.path.join(SOURCE, "tests", "kvmfr", "fetch_kernel.sh"), folder, version],
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)
    if made.returncode == SKIPPED:
        raise Skipped(made.stderr.strip().splitlines()[-1])
    check(made.returncode == 0, "no kernel could be made ready:\n" + made.stderr)
    if not shutil.which("qemu-system-x86_64"):
        raise Skipped("there is no qemu-system-x86_64.")
    return folder


class Machine(Qemu):
    """Runs `job`, the text of a shell script, and ends. `modules`: of the kernel, loaded at the start;
    `extra`: more words for QEMU. What the job prints are lines to expect(); send() is its input. The
    folder `share` is /run/share in there."""

    def __init__(self, build, version, job, modules=(), extra=(), memory=1280):
        self.kernel, self.memory, self.extra = kernel(version), memory, list(extra)
        super().__init__("the machine")
        self.share = os.path.join(self.folder, "share")
        os.mkdir(self.share)
        with open(os.path.join(self.share, "job"), "w", encoding="utf-8") as file:
            file.write(job)
        self.make_initrd(os.path.join(build, "tests", "dma_init"), modules)

    def __enter__(self):
        try:  # not with what the wrappers have set for the viewers
            self.launch(environment={"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8"})
        except BaseException:
            self.stop()
            raise
        return self

    def make_initrd(self, init, modules):
        found, order = Modules(os.path.join(self.kernel, "modules")), []
        for name in ROOT_MODULES + list(modules):
            found.in_order(name, order)
        with open(os.path.join(self.folder, "initrd"), "wb") as file:
            archive = Archive(file)
            for folder in ("dev", "proc", "sys", "modules"):
                archive.add(folder, 0o040755)
            archive.add("dev/console", 0o020600, device=(5, 1))
            with open(init, "rb") as program:
                archive.add("init", 0o100755, program.read())
            for name in order:
                archive.add(f"modules/{name}.ko", 0o100644, found.read(name))
            archive.add("modules/order", 0o100644, "".join(n + "\n" for n in order).encode())
            archive.add("TRAILER!!!", 0)

    def arguments(self, port_fd, qmp_fd):
        return ["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=512", "-machine", "q35",
                "-cpu", "max", "-smp", "2", "-m", str(self.memory), "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot",
                "-kernel", os.path.join(self.kernel, "vmlinux"),
                "-initrd", os.path.join(self.folder, "initrd"),
                "-append", "console=ttyS0 quiet panic=-1 tsc=unstable",
                "-serial", "file:" + os.path.join(self.folder, "serial"),
                "-chardev", f"socket,id=lines,fd={port_fd}", "-serial", "chardev:lines",
                "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
                "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
                "-virtfs", f"local,path={self.share},mount_tag=share,security_model=none"] + self.extra

    def wait(self, pattern, timeout, since=0):
        """expect(), with what QEMU and the kernel say when it fails."""
        try:
            return self.expect(pattern, timeout, since)
        except Failed as e:
            raise Failed(f"{e}\nQEMU and the kernel say:\n{self.logs()}") from e
