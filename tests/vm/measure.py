#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Oriel's session adds to the bare SPICE library, both against the same machine in the same run.

measure.py BUILD_DIR [EVENTS]     prints a JSON object

key_ms: from the line written to the program until the guest's report is read here, each key sent when
the one before has arrived. Emulation, the guest and this script are part of both figures; only their
difference says something about Oriel. motion_per_s: reports a second that a burst of motion
becomes until the guest has its sum (a server and guest limit; Oriel merges what comes faster).
"""
import json
import sys
import time

sys.dont_write_bytecode = True
import harness  # noqa: E402
import session  # noqa: E402
from machine import Machine, check, run_case  # noqa: E402

EVENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 400
BURST = 2000


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def keys(vm, program, name_of_a):
    """Milliseconds for each of EVENTS presses and releases."""
    times = []
    for i in range(EVENTS):
        mark, down = vm.mark(), 1 - i % 2
        began = time.monotonic()
        program.send(f"key {name_of_a} {down}")
        _, when = vm.expect_timed(f"key 30 {down}", since=mark)
        times.append((when - began) * 1000)
    return {"p50": round(percentile(times, 0.5), 3), "p99": round(percentile(times, 0.99), 3)}


def motion(vm, program):
    """(commands a second until all of a burst has arrived, reports that the guest saw)."""
    mark, began = vm.mark(), time.monotonic()
    program.write(b"motion 1 0\n" * BURST)
    vm.wait_until(lambda: vm.motion(mark)[0] >= BURST, "not all motion arrived")
    spent = time.monotonic() - began
    check(vm.motion(mark) == (BURST, 0), f"the motion became {vm.motion(mark)}")
    return {"per_s": round(BURST / spent), "reports": len(vm.only("rel", mark))}


def measure():
    """One JSON object."""
    with Machine(mouse="virtio", sound=False, vga="none", agent=False) as vm:
        result = {"events": EVENTS, "key_ms": {}, "motion": {}}
        with harness.Client(vm) as bare:
            result["key_ms"]["bare"] = keys(vm, bare, 0x1e)
        with session.Drive(vm) as drive:
            result["key_ms"]["oriel"] = keys(vm, drive, 4)
            vm.settle()
            result["motion"]["oriel"] = motion(vm, drive)
        print(json.dumps(result))


if __name__ == "__main__":
    sys.exit(run_case(measure, ""))
