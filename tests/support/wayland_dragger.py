# SPDX-License-Identifier: GPL-2.0-or-later
"""A file manager's half of a drop on a Wayland desktop.

    dragger = Dragger("Files")                     # a small window of this title
    dragger.drag(hands, start, (300, 200), paths)  # by the hands, from a place in that window
    dragger.drag(..., delay=0.3)                   # it needs so long to say what it has
    dragger.drag(..., content=b"any bytes")        # instead of paths

Speaks the wire format itself, like wayland_hands.
"""
import os
import struct
import tempfile
import time
import urllib.parse

from wayland_hands import LEFT, Wire, text

SIDE = 100  # of the window, pixels
COPY = 1    # wl_data_device_manager.dnd_action
URI_LIST = "text/uri-list"


class Dragger(Wire):
    def __init__(self, title):
        self.told = {}  # (object, opcode): body of the last event
        self.pointer = self.base = self.role = self.source = None
        self.content, self.delay, self.asked = b"", 0, []  # asked: files to write to, each with its time
        self.over, self.finished, self.cancelled = False, False, False
        super().__init__()
        seat = self.bind("wl_seat")
        self.pointer = self.make(seat, 0)
        self.manager = self.bind("wl_data_device_manager", 3)
        self.device = self.make(self.manager, 1, after=struct.pack("=I", seat))
        self.base = self.bind("xdg_wm_base")
        self.surface = self.make(self.bind("wl_compositor"), 0)
        self.role = self.make(self.base, 2, after=struct.pack("=I", self.surface))
        toplevel = self.make(self.role, 1)
        self.send(toplevel, 2, text(title))
        self.send(toplevel, 3, text("dragger"))
        self.send(self.surface, 6)
        self.wait(lambda: (self.role, 0) in self.told, "the desktop configures no window")
        self.show()

    def show(self):
        with tempfile.TemporaryFile() as file:
            file.truncate(SIDE * SIDE * 4)
            pool = self.make(self.bind("wl_shm"), 0, after=struct.pack("=i", SIDE * SIDE * 4), fd=file.fileno())
        buffer = self.make(pool, 0, after=struct.pack("=iiiiI", 0, SIDE, SIDE, SIDE * 4, 1))
        self.send(self.surface, 1, struct.pack("=Iii", buffer, 0, 0))
        self.send(self.surface, 2, struct.pack("=iiii", 0, 0, SIDE, SIDE))
        self.send(self.surface, 6)
        self.sync()

    def event(self, sender, opcode, body):
        self.told[sender, opcode] = body
        if sender == self.pointer and opcode < 2:  # enter, leave
            self.over = opcode == 0
        elif (sender, opcode) == (self.base, 0):  # ping
            self.send(self.base, 3, body)
        elif (sender, opcode) == (self.role, 0):  # configure
            self.send(self.role, 4, body)
        elif sender == self.source and opcode == 1:  # send
            self.asked.append((time.monotonic() + self.delay, self.files.pop(0)))
        elif sender == self.source and opcode == 2:
            self.cancelled = True
        elif sender == self.source and opcode == 4:
            self.finished = True

    def answer(self):
        """Also to those who have stopped waiting: SDL asks too, for itself, and does not wait long."""
        due = [one for one in self.asked if one[0] <= time.monotonic()]
        self.asked = [one for one in self.asked if one not in due]
        for _, fd in due:
            try:
                with os.fdopen(fd, "wb") as file:
                    file.write(self.content)
            except BrokenPipeError:
                pass

    def wait(self, true, sentence, timeout=30):
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                raise OSError(sentence)
            self.sync()
            self.answer()
            time.sleep(0.001)

    def enter(self, hands, place):
        """A window that has just been moved is found by a pointer that moves."""
        hands.point(place[0] + 1, place[1])
        hands.point(*place)
        self.sync()
        return self.over

    def drag(self, hands, start, target, paths=(), content=None, delay=0, kind=URI_LIST, patience=60):
        """True when the window there says that it has all; False when the drop was cancelled."""
        self.finished = self.cancelled = False
        self.content = "".join(f"file://{urllib.parse.quote(path)}\r\n" for path in paths).encode()
        self.content = self.content if content is None else content
        self.delay = delay
        self.source = self.make(self.manager, 0)
        self.send(self.source, 0, text(kind))
        self.send(self.source, 2, struct.pack("=I", COPY))
        self.told.pop((self.pointer, 3), None)
        self.wait(lambda: self.enter(hands, start), "the pointer does not come into the window")
        hands.button(LEFT, True)
        self.wait(lambda: (self.pointer, 3) in self.told, "the window gets no button")
        serial = struct.unpack_from("=I", self.told[self.pointer, 3])[0]
        self.send(self.device, 0, struct.pack("=IIII", self.source, self.surface, 0, serial))
        self.sync()
        for step in range(1, 6):
            hands.point(*(a + (b - a) * step / 5 for a, b in zip(start, target)))
        wanted = self.source, 0  # target: a type, or nothing
        if kind == URI_LIST:
            self.wait(lambda: len(self.told.get(wanted, b"")) > 4, "the window does not want files")
        hands.button(LEFT, False)
        self.wait(lambda: self.finished or self.cancelled, "the drop has no end", timeout=patience)
        return self.finished
