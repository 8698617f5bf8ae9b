#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_import with real DMA-BUFs: in a machine of QEMU, whose kernel has our module and udmabuf.

bench_vm.py BUILD_DIR [--quick]                     outside; prints bench_import's lines, 77 when it cannot run
bench_vm.py BUILD_DIR --inside KERNEL_FOLDER RUNS   in the machine; RUNS: "MEMORY FRAMES HZ WAYS [WIDTH]", one a word

The names of its figures begin with "VM kvmfr" or "VM udmabuf". The processor is emulated, so times say
something only beside other times of the same run; the counts are those of a real kernel.
"""
import ctypes
import json
import os
import shlex
import subprocess
import sys
import time

sys.dont_write_bytecode = True
BUILD = os.path.realpath(sys.argv[1])
HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
SKIPPED = 77
VERSION = "6.12"
LIMIT = 420  # seconds for the machine, its boot included
DEVICE = "/dev/kvmfr0"


def inside(kernel, runs):
    libc = ctypes.CDLL(None, use_errno=True)
    for name, options in (("kvmfr", b"static_size_mb=128"), ("importer", b"")):
        with open(os.path.join(kernel, name + ".ko"), "rb") as f:
            if libc.syscall(ctypes.c_long(313), f.fileno(), options, 0):  # finit_module, x86-64
                sys.exit(f"{name}.ko: {os.strerror(ctypes.get_errno())}")
    end = time.monotonic() + 20
    while not os.path.exists(DEVICE) and time.monotonic() < end:
        time.sleep(0.1)
    with open("/sys/class/kvmfr/kvmfr0/pieces", encoding="ascii") as f:
        print(json.dumps({"name": "VM kvmfr 128 MiB: pieces of the device", "value": int(f.read()), "unit": ""}))
    for turn, run in enumerate(runs):
        memory, *rest = run.split()
        label = "kvmfr" if memory == DEVICE else "udmabuf"
        done = subprocess.Popen([os.path.join(BUILD, "bench", "bench_import"), memory] + rest,
                                stdout=subprocess.PIPE, text=True)
        for line in done.stdout:
            figure = json.loads(line)
            figure["name"] = f"VM {label} {figure['name']}"
            if turn > 0:
                print(json.dumps(figure), flush=True)
        if done.wait():
            sys.exit(f"bench_import {run}: {done.returncode}")


def outside(quick):
    os.environ["ORL_BUILD"] = BUILD
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), "dma"))
    import emulated
    from stage import Failed, Skipped
    mesa = [os.path.join(SOURCE, "tests", "support", "mesa.sh"), os.path.join(SOURCE, "build", "cache", "mesa")]
    try:
        folder = emulated.kernel(VERSION)
        for helper in (mesa, [os.path.join(SOURCE, "tests", "kvmfr", "build_module.sh"), folder]):
            if subprocess.run(helper, stdin=subprocess.DEVNULL, check=False).returncode:
                raise Skipped(f"{os.path.basename(helper[0])} did not work.")
        frames = "5" if quick else "15"
        # The first one is not counted: what has not run before must be translated first.
        runs = [f"{DEVICE} 10 5 staged,imported 640", f"{DEVICE} {frames} 5 staged,imported", f"- {frames} 5 imported"]
        words = mesa + ["python3", os.path.realpath(__file__), BUILD, "--inside", folder] + runs
        job = ("for f in /sys/class/bdi/9p-*/read_ahead_kb; do echo 2048 >$f; done\n"
               f"export LP_NATIVE_VECTOR_WIDTH=128\nexec {shlex.join(words)}\n")
        with emulated.Machine(BUILD, VERSION, job, memory=1536) as m:
            match = m.wait(r"^end ?(.*)", LIMIT)
            m.send("good")
            lines = m.lines.since()
            print("\n".join(line for line in lines if line.startswith("{")))
            if match[1] != "0":
                raise Failed(f"the job ended with {match[1]}:\n" + "\n".join(lines[-20:]))
    except Skipped as e:
        print(e, file=sys.stderr)
        return SKIPPED
    except Failed as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if "--inside" in sys.argv:
    inside(sys.argv[3], sys.argv[4:])
else:
    sys.exit(outside("--quick" in sys.argv))
