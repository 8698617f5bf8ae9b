#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs a command on an X server of its own: x11.sh COMMAND [ARG...]
#
# The server is Xvfb on the first free display, with one screen of the size in ORL_SCREEN (width x
# height, 1920x1200 unless set). The command gets DISPLAY, SDL_VIDEODRIVER=x11 and a private, empty
# XDG_RUNTIME_DIR. Server and folder are gone afterwards. Exit code: the command's; 77 when Xvfb is
# not installed (ctest counts that as skipped); 70 when the server did not start; 2 for wrong use.
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: x11.sh COMMAND [ARG...]" >&2
    exit 2
fi
if ! command -v Xvfb >/dev/null; then
    echo "x11.sh: skipped, Xvfb is not installed." >&2
    exit 77
fi

run=$(mktemp -d "${TMPDIR:-/tmp}/orl-x11.XXXXXX")
server=
child=

finish() {
    local pid
    for pid in $child $server; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$run"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

# Minimal systems have no folder for the sockets, and only root may make it in the usual mode.
if [ ! -d /tmp/.X11-unix ]; then
    mkdir -m 1777 /tmp/.X11-unix 2>/dev/null || true
fi

# The server dies with this script, also when the script is killed outright.
with_me=()
if command -v setpriv >/dev/null; then
    with_me=(setpriv --pdeathsig TERM)
fi

# Several that start at the same moment may take the same number, and then all but one end.
number=
mkfifo "$run/display"
for _ in 1 2 3; do
    exec 8<>"$run/display"
    "${with_me[@]}" Xvfb -displayfd 8 -screen 0 "${ORL_SCREEN:-1920x1200}x24" -nolisten tcp -noreset \
        </dev/null >>"$run/server.log" 2>&1 &
    server=$!
    for _ in $(seq 30); do
        if read -r -t 1 -u 8 number || ! kill -0 "$server" 2>/dev/null; then
            break
        fi
    done
    exec 8>&-
    if [ -n "$number" ]; then
        break
    fi
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
done
if [ -z "$number" ]; then
    echo "x11.sh: Xvfb did not start. It said:" >&2
    cat "$run/server.log" >&2
    exit 70
fi

mkdir -m 700 "$run/runtime"
export DISPLAY=":$number" SDL_VIDEODRIVER=x11 XDG_RUNTIME_DIR="$run/runtime"
unset WAYLAND_DISPLAY WAYLAND_SOCKET
# A shell makes what it runs in the background deaf to Ctrl-C; the command shall hear it.
(
    trap - INT QUIT
    exec "$@"
) <&0 &
child=$!
code=0
wait "$child" || code=$?
child=
exit "$code"
