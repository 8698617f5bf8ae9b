# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs and machines that are told lines and answer lines, and what tests do with them."""
import os
import re
import signal
import subprocess
import sys
import threading
import time

PATIENCE = 30  # seconds, for anything that a busy machine makes slow, never wrong
SKIPPED = 77   # exit code: this cannot be tested here


class Failed(Exception):
    """A check did not hold."""


class Skipped(Exception):
    """No virtual machine can run here."""


def check(truth, sentence):
    if not truth:
        raise Failed(sentence)


class Lines(threading.Thread):
    """Reads lines from a stream in the background and keeps them, each with its arrival time."""

    def __init__(self, read):
        super().__init__(daemon=True)
        self.read, self.items, self.open = read, [], True
        self.changed = threading.Condition()
        self.start()

    def run(self):
        rest = b""
        while True:
            try:
                data = self.read(65536)
            except OSError:
                data = b""
            now = time.monotonic()
            *whole, rest = (rest + data).split(b"\n")
            with self.changed:
                self.items += [(now, line.decode("utf-8", "replace").rstrip("\r")) for line in whole]
                self.open = bool(data)
                self.changed.notify_all()
            if not data:
                return

    def mark(self):
        with self.changed:
            return len(self.items)

    def since(self, mark=0):
        with self.changed:
            return [line for _, line in self.items[mark:]]

    def expect(self, pattern, timeout, mark):
        """(match, time) of the first line from `mark` on that has `pattern`; None after timeout."""
        wanted, end, at = re.compile(pattern), time.monotonic() + timeout, mark
        with self.changed:
            while True:
                for when, line in self.items[at:]:
                    match = wanted.search(line)
                    if match:
                        return match, when
                at = max(at, len(self.items))
                left = end - time.monotonic()
                if left <= 0 or not self.open:
                    return None
                self.changed.wait(left)


class Talker:
    """Something that is told lines and answers lines."""

    def __init__(self, name, lines, write):
        self.name, self.lines, self.write = name, lines, write

    def mark(self):
        """The present end of what was reported, for `since`."""
        return self.lines.mark()

    def send(self, line):
        self.write(line.encode() + b"\n")

    def expect_timed(self, pattern, timeout=PATIENCE, since=0):
        found = self.lines.expect(pattern, timeout, since)
        if not found:
            heard = self.lines.since(since)
            state = "" if self.lines.open else " before it ended"
            raise Failed(f"{self.name} did not report '{pattern}' within {timeout} s{state}; it said:\n  "
                         + "\n  ".join(line[:300] for line in heard[-40:]))
        return found

    def expect(self, pattern, timeout=PATIENCE, since=0):
        """Match of the first line from `since` on that has `pattern`; Failed when none comes."""
        return self.expect_timed(pattern, timeout, since)[0]

    def wait_until(self, true, sentence, timeout=PATIENCE):
        """Until true() after some line; `sentence` says what did not happen."""
        end = time.monotonic() + timeout
        while True:
            with self.lines.changed:
                count = len(self.lines.items)
            if true():
                return
            left = end - time.monotonic()
            check(left > 0 and self.lines.open, f"{sentence} (within {timeout} s)")
            with self.lines.changed:
                if len(self.lines.items) == count:
                    self.lines.changed.wait(min(left, 0.2))

    def ask(self, line, pattern, timeout=PATIENCE):
        """Sends a line and gives the match of what it leads to."""
        mark = self.mark()
        self.send(line)
        return self.expect(pattern, timeout, mark)


class Program(Talker):
    """A child program that reads and writes lines."""

    def __init__(self, argv, log=None, **environment):
        self.errors = open(log or os.devnull, "wb")  # closed by stop()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--"] + argv, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.errors, bufsize=0, env={**os.environ, **environment})
        out = self.process.stdout.fileno()
        super().__init__(os.path.basename(argv[0]), Lines(lambda n: os.read(out, n)),
                         self.process.stdin.write)

    def alive(self):
        return self.process.poll() is None

    def stop(self, timeout=PATIENCE):
        """Ends it by closing its input; gives its exit code."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} did not end within {timeout} s") from None
        finally:
            self.lines.join(5)
            self.process.stdout.close()
            self.errors.close()
        return code

    def kill(self):
        self.process.kill()
        self.stop()


def frequency(samples, rate, trim=0.1):
    """(Hz, rms 0..1, longest silence in s) of one channel of 16-bit samples, where it is heard.

    The first and last `trim` seconds do not count: QEMU's sound card starts with what is left of the
    stream before, and tears the last period.
    """
    start = next((i for i, v in enumerate(samples) if abs(v) > 400), len(samples))
    end = next((i for i in range(len(samples), start, -1) if abs(samples[i - 1]) > 400), start)
    heard = samples[start + int(trim * rate):end - int(trim * rate)]
    crossings, quiet, gap = [], 0, 0
    for i in range(1, len(heard)):
        if heard[i - 1] < 0 <= heard[i]:
            # between two samples, where the straight line through them is 0
            crossings.append(i - heard[i] / (heard[i] - heard[i - 1]))
        quiet = quiet + 1 if abs(heard[i]) < 400 else 0
        gap = max(gap, quiet)
    if len(crossings) < 2:
        return 0.0, 0.0, len(samples) / rate
    rms = (sum(v * v for v in heard) / len(heard)) ** 0.5 / 32768
    return (len(crossings) - 1) * rate / (crossings[-1] - crossings[0]), rms, gap / rate


def run_case(case, praise="passed"):
    """Runs a test function and turns what comes of it into an exit code for ctest."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that folders are removed
    try:
        case()
    except Skipped as e:
        print(f"skipped: {e}")
        return SKIPPED
    except Failed as e:
        print(f"FAILED: {e}")
        return 1
    print(praise)
    return 0
