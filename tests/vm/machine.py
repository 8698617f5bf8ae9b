# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine for tests: QEMU without KVM, its real SPICE server, and the guest of guest/.

    with Machine(mouse="virtio") as vm:      # boots; the guest's program is ready
        mark = vm.mark()
        ...                                  # something at vm.oriel_options() types A
        vm.expect(r"key 30 1", since=mark)
        print(vm.keys(mark), vm.motion(mark))

Times are seconds. README.md has the guest's commands and reports.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from qemu import BOOT, Qemu
from talk import PATIENCE, SKIPPED, Failed, Program, Skipped, check, frequency, run_case  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
# One image serves all builds of this tree.
IMAGE = os.environ.get("ORL_VM_DIR") or os.path.join(HERE, "..", "..", "build", "cache", "vm")


def image():
    """The folder with the guest's kernel and file system, made when needed; or Skipped."""
    made = subprocess.run([os.path.join(HERE, "make_image.sh"), IMAGE], stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, check=False)
    lines = made.stderr.strip().splitlines()
    if made.returncode == SKIPPED:
        raise Skipped(lines[-1])
    check(made.returncode == 0, "the guest could not be made:\n" + made.stderr)
    if not shutil.which("qemu-system-x86_64"):
        raise Skipped("there is no qemu-system-x86_64.")
    return IMAGE


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- the machine -------------------------------------------------------------------------------

KEYBOARDS = {"ps2": ([], "AT Translated"),
             "virtio": (["virtio-keyboard-pci"], "QEMU Virtio Keyboard"),
             "usb": (["usb-kbd,bus=usb.0"], "QEMU USB Keyboard")}
MICE = {"ps2": ([], "(ImExPS/2|ImPS/2|PS/2)"),
        "virtio": (["virtio-mouse-pci"], "QEMU Virtio Mouse"),
        "usb": (["usb-mouse,bus=usb.0"], "QEMU USB Mouse"),
        "tablet": (["virtio-tablet-pci"], "QEMU Virtio Tablet"),
        "usb-tablet": (["usb-tablet,bus=usb.0"], "QEMU USB Tablet")}
CARDS = {"none": [], "std": ["VGA"], "qxl": ["qxl-vga"], "virtio": ["virtio-vga"]}


class Machine(Qemu):
    """See the module. What is given as `spice`: {"unix": PATH or None} (the default, in the own
    folder), or {"port": N or 0, "password": TEXT, "tls": True}; a password works with both.
    `share`: with the port of the shared folder; `usb`: with so many ports for redirected devices.
    """

    def __init__(self, memory=160, mouse="ps2", keyboard="ps2", sound=True, vga="std", spice=None,
                 agent=True, agent_mouse=False, share=False, usb=0, uuid=None, name=None, extra=(),
                 boot=True):
        self.image = image()
        super().__init__(name or "the guest")
        self.memory, self.mouse, self.keyboard = memory, mouse, keyboard
        self.sound, self.vga, self.agent, self.agent_mouse = sound, vga, agent, agent_mouse
        self.share, self.usb, self.uuid, self.vm_name, self.extra = share, usb, uuid, name, list(extra)
        self.boot = boot  # False: firmware only, nothing to talk to
        self.spice = dict(spice or {"unix": None})
        if self.unix:
            self.spice["unix"] = self.spice["unix"] or os.path.join(self.folder, "spice")
        if self.spice.get("tls"):
            self.certificates()

    def __enter__(self):
        try:
            self.start()
            if self.boot:
                self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    # -- where it is

    @property
    def unix(self):
        return "unix" in self.spice

    @property
    def socket_path(self):
        return self.spice["unix"]

    @property
    def port(self):
        return self.spice["port"]

    @property
    def password(self):
        return self.spice.get("password")

    @property
    def ca_file(self):
        return os.path.join(self.folder, "ca-cert.pem")

    host_subject = "C=XX,O=Oriel,CN=localhost"

    def oriel_options(self):
        """The options of Oriel that lead to this machine's SPICE server."""
        if self.unix:
            options = [f"spice:host={self.socket_path}", "spice:port=0"]
        elif self.spice.get("tls"):
            options = ["spice:host=localhost", "spice:port=0", f"spice:tlsPort={self.port}",
                       f"spice:caFile={self.ca_file}", f"spice:hostSubject={self.host_subject}"]
        else:
            options = ["spice:host=127.0.0.1", f"spice:port={self.port}"]
        return options + ([f"spice:password={self.password}"] if self.password else [])

    def certificates(self):
        def openssl(*args):
            subprocess.run(["openssl", *args], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "ca-key.pem",
                "-out", "ca-cert.pem", "-subj", "/C=XX/O=Oriel/CN=test")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server-key.pem", "-out", "server.csr",
                "-subj", "/C=XX/O=Oriel/CN=localhost")
        openssl("x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca-cert.pem", "-CAkey",
                "ca-key.pem", "-CAcreateserial", "-out", "server-cert.pem")

    # -- QEMU's command line

    def spice_arguments(self):
        s, args, options = self.spice, [], ["agent-mouse=" + ("on" if self.agent_mouse else "off")]
        if self.unix:
            options += ["unix=on", "addr=" + s["unix"]]
        elif s.get("tls"):
            options += ["addr=127.0.0.1", f"tls-port={s['port']}", "x509-dir=" + self.folder]
        else:
            options += ["addr=127.0.0.1", f"port={s['port']}"]
        if s.get("password"):
            secret = os.path.join(self.folder, "password")
            with open(secret, "w", encoding="utf-8") as file:
                file.write(s["password"])
            args += ["-object", "secret,id=password,file=" + secret]
            options.append("password-secret=password")
        else:
            options.append("disable-ticketing=on")
        return args + ["-spice", ",".join(options)]

    def device_arguments(self):
        devices = KEYBOARDS[self.keyboard][0] + MICE[self.mouse][0] + CARDS[self.vga]
        args = ["-device", "virtio-serial-pci"]
        args += ["-device", "virtserialport,chardev=test,name=org.oriel.test"]
        if self.usb or "usb" in self.mouse or self.keyboard == "usb":
            args += ["-device", "qemu-xhci,id=usb"]
        for i in range(self.usb):
            args += ["-chardev", f"spicevmc,id=usb{i},name=usbredir",
                     "-device", f"usb-redir,chardev=usb{i},bus=usb.0"]
        if self.agent:
            args += ["-chardev", "spicevmc,id=agent,name=vdagent",
                     "-device", "virtserialport,chardev=agent,name=com.redhat.spice.0"]
        if self.share:
            args += ["-chardev", "spiceport,id=share,name=org.spice-space.webdav.0",
                     "-device", "virtserialport,chardev=share,name=org.spice-space.webdav.0"]
        if self.sound:
            args += ["-audiodev", "spice,id=sound", "-device", "intel-hda",
                     "-device", "hda-duplex,audiodev=sound"]
        for device in devices:
            args += ["-device", device]
        return args

    def arguments(self, port_fd, qmp_fd):
        args = ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35,vmport=off", "-cpu", "max",
                "-m", str(self.memory), "-nodefaults", "-no-user-config", "-display", "none",
                "-chardev", f"socket,id=test,fd={port_fd}",
                "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
                "-serial", "file:" + os.path.join(self.folder, "serial")]
        if self.boot:
            args += ["-kernel", os.path.join(self.image, "vmlinux"),
                     "-initrd", os.path.join(self.image, "initrd"),
                     "-append", "console=tty0 console=ttyS0 quiet panic=-1 tsc=unstable"]
        if self.uuid:
            args += ["-uuid", str(self.uuid)]
        if self.vm_name:
            args += ["-name", self.vm_name]
        return args + self.spice_arguments() + self.device_arguments() + self.extra

    # -- life

    def start(self):
        """Starts QEMU. Call it from a thread that lives as long as the machine shall."""
        if not self.unix and not self.spice.get("port"):
            self.spice["port"] = free_port()
        # In front of whatever else runs here, where that is allowed: a real host's processor would run
        # the guest itself, and sound that is late gets lost in QEMU.
        self.launch(front=["nice", "-n", "-10"])

    def wait_ready(self, timeout=BOOT):
        """Until the guest runs and has seen all its devices."""
        try:
            ready = self.expect(r"^ready (\d)", timeout)
            check(ready[1] == "1", "the guest could not load its modules")
            self.expect("^device .*" + KEYBOARDS[self.keyboard][1], timeout)
            self.expect("^device .*" + MICE[self.mouse][1], timeout)
            if self.sound:
                self.expect("^sound", timeout)
            if self.agent:
                self.expect("^agent on", timeout)
        except Failed as e:
            raise Failed(f"{e}\nQEMU and the guest's console say:\n{self.logs()}") from e

    def restart(self):
        """Kills and boots it again, at the same place. What was reported before is forgotten."""
        self.kill()
        self.start()
        self.wait_ready()

    def reset(self):
        """As by the reset button: QEMU and the SPICE session stay. Gives a mark of before."""
        mark = self.mark()
        self.qmp("system_reset")
        self.expect(r"^ready 1", BOOT, mark)
        return mark

    def freeze(self):
        """QEMU stands still with all its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    # -- QEMU

    def screendump(self, path=None):
        """QEMU's own view of the screen: (width, height, RGB bytes); kept as PPM in `path`."""
        file = path or os.path.join(self.folder, "screen.ppm")
        self.qmp("screendump", filename=file)
        with open(file, "rb") as picture:
            data = picture.read()
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        check(head, "QEMU made no picture")
        return int(head[1]), int(head[2]), data[head.end():]

    def clients(self):
        """What QEMU tells of the channels that are connected."""
        return self.qmp("query-spice").get("channels", [])

    # -- what the guest received

    def command(self, line, timeout=PATIENCE):
        """A command whose success the guest confirms."""
        verb = re.escape(line.split()[0])
        answer = self.ask(line, rf"^(ok|failed) {verb}$", timeout)
        check(answer[1] == "ok", f"the guest refused '{line[:100]}'")

    def settle(self, quiet=0.3, timeout=PATIENCE):
        """Until the guest has reported nothing for `quiet` seconds, a round trip included."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.ask(f"ping {time.monotonic_ns()}", "^ok ping")
            mark = self.mark()
            time.sleep(quiet)
            if self.mark() == mark:
                return
        raise Failed(f"the guest still reports after {timeout} s")

    @property
    def events(self):
        return self.events_since(0)

    def events_since(self, mark):
        """[(device, word, a, b)]: word is key, btn, rel, abs or wheel."""
        out = []
        for line in self.lines.since(mark):
            check(not line.startswith("lost "), "the guest's kernel dropped events")
            if line.startswith("ev "):
                _, device, _, *rest = line.split()
                for i in range(0, len(rest), 3):
                    out.append((int(device), rest[i], int(rest[i + 1]), int(rest[i + 2])))
        return out

    def only(self, word, mark=0):
        """[(a, b)] of the events of one word."""
        return [(a, b) for _, w, a, b in self.events_since(mark) if w == word]

    def keys(self, mark=0):
        """[(linux code, 1 or 0)], pressed and released."""
        return self.only("key", mark)

    def held(self, mark=0):
        """Set of keys and buttons that are down by the guest's account."""
        down = set()
        for _, word, code, value in self.events_since(mark):
            if word in ("key", "btn"):
                (down.add if value else down.discard)(code)
        return down

    def motion(self, mark=0):
        """Sum of relative motion."""
        moves = self.only("rel", mark)
        return sum(a for a, _ in moves), sum(b for _, b in moves)

    def leds(self):
        """Lock lights of the keyboard as last reported; set of 1 scroll, 2 num, 4 caps."""
        last = [line.split() for line in self.lines.since() if line.startswith("leds ")]
        return int(last[-1][2]) if last else 0
