# SPDX-License-Identifier: GPL-2.0-or-later
"""What every machine of the tests has: a QEMU process, its machine protocol, a port for lines.

A subclass gives arguments(port_fd, qmp_fd), the whole command line: `port_fd` is a socket for the
guest's lines, `qmp_fd` one for the machine protocol in control mode, and "serial" in `folder` is the
place for what the kernel prints.
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile

from talk import PATIENCE, Lines, Talker, check

BOOT = 120  # seconds a busy machine may take to boot


class Qemu(Talker):
    """Everything lives in a folder of its own that goes with the object; QEMU dies with the thread
    that started it."""

    def __init__(self, name):
        super().__init__(name, None, None)
        self.process = self.port_socket = self.qmp_file = None
        self.folder = tempfile.mkdtemp(prefix="orl-vm.")

    def __exit__(self, *_):
        self.stop()

    def launch(self, front=(), environment=None):
        """Starts QEMU with the words `front` before its own. Call it from a thread that lives as long
        as the machine shall."""
        self.port_socket, port_end = socket.socketpair()
        qmp_socket, qmp_end = socket.socketpair()
        with open(os.path.join(self.folder, "qemu"), "wb") as log:
            self.process = subprocess.Popen(
                [*front, "setpriv", "--pdeathsig", "KILL", "--"]
                + self.arguments(port_end.fileno(), qmp_end.fileno()),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                pass_fds=[port_end.fileno(), qmp_end.fileno()])
        port_end.close()
        qmp_end.close()
        self.lines, self.write = Lines(self.port_socket.recv), self.port_socket.sendall
        qmp_socket.settimeout(PATIENCE)
        self.qmp_file = qmp_socket.makefile("rwb")
        qmp_socket.close()  # the file keeps it open
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
        """The ends of what QEMU and the guest's kernel have printed."""
        text = ""
        for name in ("qemu", "serial"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    text += file.read()[-3000:].decode("utf-8", "replace")
        return text

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """As when the host's power fails."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None
        if self.qmp_file:
            self.qmp_file.close()
        self.lines.join(PATIENCE)
        self.port_socket.close()

    def stop(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
