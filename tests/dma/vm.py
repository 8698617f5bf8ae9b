#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Zero copy with real DMA-BUFs, in a machine whose kernel has them: the outside of inside.py.

vm.py BUILD_DIR CASE [INNER_CASE...]    (ctest runs it)

Each case is a function below and boots once, for some of the cases of inside.py or for those named.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
BUILD, CASE = os.path.realpath(sys.argv[1]), sys.argv[2]
os.environ["ORL_BUILD"] = BUILD
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
import stage  # noqa: E402
from emulated import BOOT, HERE, SKIPPED, SOURCE, Machine, kernel  # noqa: E402
from stage import Failed, Skipped, check  # noqa: E402

MESA = [os.path.join(SOURCE, "tests", "support", "mesa.sh"), os.path.join(SOURCE, "build", "cache", "mesa")]
WAYLAND = [os.path.join(SOURCE, "tests", "support", "wayland.sh")]
LIMIT = float(os.environ.get("ORL_VM_LIMIT", "420"))  # seconds for all of a boot's cases
PATIENCE = os.environ.get("ORL_VM_PATIENCE", "120")  # seconds for each thing that is waited for


def need(*argv):
    """A helper that makes something ready; Skipped when that cannot be had."""
    made = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if made.returncode == SKIPPED:
        raise Skipped(made.stderr.strip().splitlines()[-1])
    check(made.returncode == 0, f"{argv[0]} failed:\n{made.stderr}")


def job(version, cases, wrapper):
    """The script that runs `cases` of inside.py."""
    words = MESA + wrapper + ["python3", os.path.join(HERE, "inside.py"), BUILD,
                              os.path.join(SOURCE, "build", "cache", "kernel", version)] + cases
    # A large read-ahead saves most of the time that the big libraries take to be paged in.
    return ("for f in /sys/class/bdi/9p-*/read_ahead_kb; do echo 2048 >$f; done\n"
            # Emulating the processor's wider registers takes longer than doing without.
            f"export LP_NATIVE_VECTOR_WIDTH=128 ORL_PATIENCE={PATIENCE} ORL_SCREEN=640x400 "
            "ORL_NO_KEYBOARD=1 XDG_RUNTIME_DIR=/run/user\n"
            "mkdir -m 777 /run/user /run/nobody\n"
            + ("export ORL_E2E_KEEP=/run/share\n" if "ORL_E2E_KEEP" in os.environ else "") +
            f"exec {shlex.join(words)}\n")


def machine(cases, wrapper=(), version="6.12", **how):
    need(*MESA)
    folder = kernel(version)
    need(os.path.join(SOURCE, "tests", "kvmfr", "build_module.sh"), folder)
    return Machine(BUILD, version, job(version, cases, list(wrapper)), **how)


def follow(m, cases, answer=None):
    """Until the job has ended, and every case in it has passed. answer(words) -> what the machine asked."""
    end, mark, asked = time.monotonic() + BOOT + LIMIT, 0, re.compile(r"^(ask|end) ?(.*)")
    while True:
        match = m.wait(asked.pattern, max(1.0, end - time.monotonic()), mark)
        if match[1] == "end":
            m.send("good")
            break
        mark += 1 + next(i for i, line in enumerate(m.lines.since(mark)) if asked.match(line))
        m.send(answer(match[2]))
    lines = m.lines.since()
    first = m.lines.items[0][0]
    print("\n".join(f"{when - first:6.1f} s {line}" for when, line in m.lines.items
                    if not line.startswith("ask ")))
    for case in cases:
        check(f"passed {case}" in lines, f"in the machine, {case} did not pass:\n" + m.logs()[-2000:])
    check(match[2] == "0", f"the job ended with {match[2]}")


def boot(cases, wrapper=(), answer=None, **how):
    cases = sys.argv[3:] or cases
    with machine(cases, wrapper, **how) as m:
        try:
            follow(m, cases, answer and (lambda words: answer(m, words)))
        finally:
            for picture in glob.glob(m.share + "/*.ppm"):
                shutil.copy(picture, os.environ.get("ORL_E2E_KEEP", os.devnull))


def memory_file(folder, size_mb):
    path = os.path.join(folder, "memory")
    with open(path, "wb") as f:
        f.truncate(size_mb << 20)
    return path


# ---- cases -------------------------------------------------------------------------------------


def frames_are_imported_from_the_module(folder):
    path = memory_file(folder, 16)
    boot(["every_format_is_imported_from_the_device", "frames_are_imported_without_a_desktop",
          "damage_leaves_no_stale_pixel", "copying_by_option_shows_the_same",
          "a_device_without_permission_is_named_and_taken_later",
          "a_device_that_goes_away_is_survived_and_found_again"], WAYLAND,
         extra=["-object", f"memory-backend-file,id=ivshmem,share=on,mem-path={path},size=16M",
                "-device", "ivshmem-plain,memdev=ivshmem"])


def frames_are_imported_through_udmabuf(_):
    boot(["every_format_is_imported_through_udmabuf", "without_udmabuf_the_memory_itself_is_imported"],
         WAYLAND)


def a_desktop_on_a_display_shows_imported_frames(_):
    if not shutil.which("sway"):
        raise Skipped("there is no sway.")

    def answer(m, words):
        check(words == "screendump", f"the machine asks for '{words}'")
        m.qmp("screendump", filename=os.path.join(m.share, "screen.ppm"))
        return "done"
    boot(["a_desktop_on_a_display_shows_imported_frames"], answer=answer, modules=["virtio_gpu"],
         extra=["-device", "virtio-gpu-pci,xres=640,yres=480"])


def an_inner_machine_and_the_viewer_share_the_device(_):
    boot(["an_inner_machine_and_the_viewer_share_the_device"], memory=1536)


def a_guest_behind_pci_feeds_viewers_outside(folder):
    """Here the viewer is outside, on this machine's desktop; the guest writes through a BAR."""
    stage.place_windows()
    path, case = memory_file(folder, stage.MEMORY), "frames_for_the_outside"
    server = stage.Server(os.path.join(folder, "server"))
    viewers = {"0": (path, stage.BY_PLAIN_FILE), "1": (server.memory, stage.BY_MEMORY)}
    turns = [(where, number, stage.still(f"--release={release}", f"--format={fmt}"))
             for where in ("bar", "module") for number in "01"
             for release, fmt in (("b7", "bgra"), ("master", "rgb24"))]
    step = {"n": 0, "module": False}

    def answer(_, words):
        if words == "writing":
            where, number, args = turns[step["n"]]
            memory, way = viewers[number]
            viewer = stage.Viewer(memory)
            try:
                stage.wait_for_picture(stage.reference(args), 0, f"{' '.join(args)} by {where} {number}")
            except Failed as e:
                raise Failed(f"{e}\n{viewer.said()}") from e
            viewer.wait_way(way)
            viewer.stop()
            step["n"] += 1
            return "next"
        if step["n"] == len(turns):
            return "end"
        where, number, args = turns[step["n"]]
        if where == "module" and not step["module"]:
            step["module"] = True
            return "insert"
        return " ".join([where, number] + args)

    boot([case], answer=answer, extra=[
        "-object", f"memory-backend-file,id=file,share=on,mem-path={path},size={stage.MEMORY}M",
        "-device", "ivshmem-plain,memdev=file,addr=8",
        "-chardev", f"socket,path={server.socket},id=server",
        "-device", "ivshmem-doorbell,chardev=server,vectors=1,addr=9"])
    server.stop()


def main():
    with tempfile.TemporaryDirectory(prefix="orl-dma.",
                                     dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        try:
            globals()[CASE](folder)
        except Skipped as e:
            print(f"skipped: {e}")
            return SKIPPED
        except (Failed, subprocess.SubprocessError) as e:
            print(f"FAILED: {CASE}: {e}", file=sys.stderr)
            return 1
        finally:
            stage.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
