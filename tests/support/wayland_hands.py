# SPDX-License-Identifier: GPL-2.0-or-later
"""Hands for a Wayland desktop: a keyboard and a mouse that a test moves.

    hands = Hands()                  # WAYLAND_DISPLAY's seat gets both
    hands.point(200, 150)            # pixels of the first output
    hands.press("a", "Shift")        # keys go down, in this order; also Linux codes
    hands.release("Shift", "a")
    hands.button(0x110, True); hands.wheel(-1); hands.move(3, -2)

Speaks the wire format itself (wlr-virtual-pointer and virtual-keyboard of wlroots): no tool holds a key
while it does something else, or moves a locked pointer. Each call returns when the compositor has
carried it out. The keyboard has the US layout; it keeps count of modifiers as a real one would.
"""
import array
import os
import socket
import struct
import tempfile
import time

KEYMAP = b"""xkb_keymap {
    xkb_keycodes { include "evdev+aliases(qwerty)" };
    xkb_types { include "complete" };
    xkb_compat { include "complete" };
    xkb_symbols { include "pc+us+inet(evdev)" };
};\0"""

# Names of keys by what Linux calls them; letters, digits and F1 to F12 are added below.
CODES = {"Escape": 1, "minus": 12, "equal": 13, "BackSpace": 14, "Tab": 15, "Return": 28, "Ctrl": 29,
         "semicolon": 39, "Shift": 42, "backslash": 43, "comma": 51, "period": 52, "slash": 53,
         "RightShift": 54, "Alt": 56, "space": 57, "Caps_Lock": 58, "Num_Lock": 69, "Scroll_Lock": 70,
         "KP_Add": 78, "F11": 87, "F12": 88, "KP_Enter": 96, "RightCtrl": 97, "KP_Divide": 98,
         "Print": 99, "AltGr": 100, "Home": 102, "Up": 103, "Prior": 104, "Left": 105, "Right": 106,
         "End": 107, "Down": 108, "Next": 109, "Insert": 110, "Delete": 111, "Pause": 119, "Super": 125,
         "RightSuper": 126, "Menu": 127}
CODES.update({name: 2 + at for at, name in enumerate("1234567890")})
CODES.update({f"F{at + 1}": 59 + at for at in range(10)})
for first, letters in ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm")):
    CODES.update({letter: first + at for at, letter in enumerate(letters)})

# The keymap's modifiers: bits of Shift, Lock, Control, Mod1, Mod2, Mod4, Mod5.
MODIFIERS = {42: 1, 54: 1, 29: 4, 97: 4, 56: 8, 100: 128, 125: 64, 126: 64}
LOCKS = {58: 2, 69: 16}

LEFT, RIGHT, MIDDLE, SIDE, EXTRA = 0x110, 0x111, 0x112, 0x113, 0x114


def code_of(key):
    return key if isinstance(key, int) else CODES[key]


def text(words):
    """A string as the wire has it."""
    data = words.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + bytes(-len(data) % 4)


class Wire:
    """A program on the desktop; requests and events as numbers and bytes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(os.path.join(os.environ["XDG_RUNTIME_DIR"], os.environ["WAYLAND_DISPLAY"]))
        self.rest, self.files, self.last_id, self.names = b"", [], 1, {}
        self.registry = self.new_id()
        self.send(1, 1, struct.pack("=I", self.registry))
        self.sync()

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def send(self, target, opcode, payload=b"", fd=None):
        data = struct.pack("=II", target, (8 + len(payload)) << 16 | opcode) + payload
        more = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.socket.sendmsg([data], more)

    def bind(self, interface, version=1):
        made = self.new_id()
        self.send(self.registry, 0, struct.pack("=I", self.names[interface]) + text(interface)
                  + struct.pack("=II", version, made))
        return made

    def make(self, maker, opcode, before=b"", after=b"", fd=None):
        """A new object, by a request that has its number behind `before`."""
        made = self.new_id()
        self.send(maker, opcode, before + struct.pack("=I", made) + after, fd)
        return made

    def event(self, sender, opcode, body):
        """What comes besides the desktop's answers to sync()."""

    def sync(self):
        """Until the compositor has carried out everything so far."""
        callback = self.new_id()
        self.send(1, 0, struct.pack("=I", callback))
        answered = False
        while not answered:
            for sender, opcode, body in self.messages():
                if sender == self.registry and opcode == 0:
                    name, length = struct.unpack_from("=II", body)
                    self.names[body[8:8 + length - 1].decode()] = name
                elif sender == 1 and opcode == 0:
                    raise OSError(f"the compositor refuses: {body[12:]!r}")
                elif sender == callback:
                    answered = True
                elif (sender, opcode) != (1, 1):  # wl_display.delete_id
                    self.event(sender, opcode, body)

    def messages(self):
        data, files, _, _ = socket.recv_fds(self.socket, 65536, 16)
        self.files += files
        if not data:
            raise OSError("the compositor has gone")
        self.rest += data
        out = []
        while len(self.rest) >= 8:
            sender, word = struct.unpack_from("=II", self.rest)
            size = word >> 16
            if len(self.rest) < size:
                break
            out.append((sender, word & 0xFFFF, self.rest[8:size]))
            self.rest = self.rest[size:]
        return out


class Hands(Wire):
    def __init__(self, width=None, height=None):
        super().__init__()
        self.width, self.height = width, height
        if not width:
            self.width, self.height = map(int, os.environ.get("ORL_SCREEN", "1920x1200").split("x"))
        self.held, self.locked = [], 0
        seat = struct.pack("=I", self.bind("wl_seat"))
        self.pointer = self.make(self.bind("zwlr_virtual_pointer_manager_v1"), 0, seat)
        self.keyboard = self.make(self.bind("zwp_virtual_keyboard_manager_v1"), 0, seat)
        with tempfile.TemporaryFile() as file:
            file.write(KEYMAP)
            file.flush()
            self.send(self.keyboard, 0, struct.pack("=II", 1, len(KEYMAP)), file.fileno())
        self.sync()

    # -- keyboard

    def key(self, key, down, sync=True):
        code = code_of(key)
        if down:
            self.held.append(code)
            self.locked ^= LOCKS.get(code, 0)
        elif code in self.held:
            self.held.remove(code)
        depressed = 0
        for held in self.held:
            depressed |= MODIFIERS.get(held, 0)
        self.send(self.keyboard, 1, struct.pack("=III", now_ms(), code, down))
        self.send(self.keyboard, 2, struct.pack("=IIII", depressed, 0, self.locked, 0))
        if sync:
            self.sync()

    def press(self, *keys):
        for key in keys:
            self.key(key, True)

    def release(self, *keys):
        for key in keys:
            self.key(key, False)

    def tap(self, *keys):
        """One after the other, each down and up."""
        for key in keys:
            self.key(key, True)
            self.key(key, False)

    def chord(self, *keys):
        self.press(*keys)
        self.release(*reversed(keys))

    # -- mouse

    def frame(self, sync):
        self.send(self.pointer, 4)
        if sync:
            self.sync()

    def point(self, x, y, sync=True):
        """To a place on the screen; pixels, to a sixteenth."""
        self.send(self.pointer, 1, struct.pack("=IIIII", now_ms(), round(x * 16), round(y * 16),
                                               self.width * 16, self.height * 16))
        self.frame(sync)

    def move(self, dx, dy, sync=True, times=1):
        """By counts, as a device does; so many steps in one go."""
        for _ in range(times):
            self.send(self.pointer, 0, struct.pack("=Iii", now_ms(), round(dx * 256), round(dy * 256)))
            self.frame(False)
        if sync:
            self.sync()

    def button(self, button, down):
        self.send(self.pointer, 2, struct.pack("=III", now_ms(), button, down))
        self.frame(True)

    def click(self, button=LEFT):
        self.button(button, True)
        self.button(button, False)

    def wheel(self, notches, axis=0):
        """Whole notches, or a fraction as a touch pad gives it; down and right are positive."""
        value = round(notches * 10 * 256)
        if notches == int(notches):
            self.send(self.pointer, 5, struct.pack("=I", 0))
            self.send(self.pointer, 7, struct.pack("=IIii", now_ms(), axis, value, int(notches)))
        else:
            self.send(self.pointer, 5, struct.pack("=I", 1))
            self.send(self.pointer, 3, struct.pack("=IIi", now_ms(), axis, value))
        self.frame(True)


def now_ms():
    return int(time.monotonic() * 1000) & 0xFFFFFFFF
