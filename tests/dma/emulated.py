# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine in QEMU that runs the host's own programs on a kernel with DMA-BUF and our module.

Its file system is the host's, read-only through 9p with a layer in memory above it (init.c), so what
is built here runs there at the same path. The processor is emulated: nothing is asked of /dev/kvm,
which on some hosts opens and then cannot run a kernel.
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile

from stage import HERE  # puts tests/vm on the path
from image import Archive, Modules
from talk import PATIENCE, SKIPPED, Failed, Lines, Skipped, Talker, check

SOURCE = os.path.dirname(os.path.dirname(HERE))

BOOT = 120  # seconds a busy machine may take to boot
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


class Machine(Talker):
    """Runs `job`, the text of a shell script, and ends. `modules`: of the kernel, loaded at the start;
    `extra`: more words for QEMU. What the job prints are lines to expect(); send() is its input. The
    folder `share` is /run/share in there."""

    def __init__(self, build, version, job, modules=(), extra=(), memory=1280):
        super().__init__("the machine", None, None)
        self.kernel, self.memory, self.extra = kernel(version), memory, list(extra)
        self.process = self.port = self.qmp_file = None
        self.folder = tempfile.mkdtemp(prefix="orl-dma.")
        self.share = os.path.join(self.folder, "share")
        os.mkdir(self.share)
        with open(os.path.join(self.share, "job"), "w", encoding="utf-8") as file:
            file.write(job)
        self.make_initrd(os.path.join(build, "tests", "dma_init"), modules)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

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
                "-serial", "file:" + os.path.join(self.folder, "console"),
                "-chardev", f"socket,id=lines,fd={port_fd}", "-serial", "chardev:lines",
                "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
                "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
                "-virtfs", f"local,path={self.share},mount_tag=share,security_model=none"] + self.extra

    def start(self):
        self.port, port_end = socket.socketpair()
        qmp, qmp_end = socket.socketpair()
        with open(os.path.join(self.folder, "qemu"), "wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--"]
                + self.arguments(port_end.fileno(), qmp_end.fileno()),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                # Not what the wrappers have set for the viewers.
                env={"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8"},
                pass_fds=[port_end.fileno(), qmp_end.fileno()])
        port_end.close()
        qmp_end.close()
        self.lines, self.write = Lines(self.port.recv), self.port.sendall
        qmp.settimeout(PATIENCE)
        self.qmp_file = qmp.makefile("rwb")
        qmp.close()  # the file keeps it open
        check(self.qmp_file.readline(), "QEMU did not start: " + self.logs())
        self.qmp("qmp_capabilities")

    def qmp(self, command, **arguments):
        """The answer to a command of QEMU's machine protocol."""
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        self.qmp_file.write(json.dumps(request).encode() + b"\n")
        self.qmp_file.flush()
        while True:
            line = self.qmp_file.readline()
            check(line, "QEMU ended: " + self.logs())
            answer = json.loads(line)
            check("error" not in answer, f"QEMU refused {command}: {answer.get('error')}")
            if "return" in answer:
                return answer["return"]

    def logs(self):
        text = ""
        for name in ("qemu", "console"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    text += file.read()[-3000:].decode("utf-8", "replace")
        return text

    def wait(self, pattern, timeout, since=0):
        """expect(), with what QEMU and the kernel say when it fails."""
        try:
            return self.expect(pattern, timeout, since)
        except Failed as e:
            raise Failed(f"{e}\nQEMU and the kernel say:\n{self.logs()}") from e

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.lines.join(PATIENCE)
            self.qmp_file.close()
            self.port.close()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
