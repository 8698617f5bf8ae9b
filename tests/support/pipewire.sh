#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs a command beside a PipeWire daemon of its own: pipewire.sh COMMAND [ARG...]
#
# The daemon has null sinks only (tests/support/pipewire) and a WirePlumber that links streams. The
# command gets a private XDG_RUNTIME_DIR, home for configuration and state, and ORL_PIPEWIRE, which
# is this script: "$ORL_PIPEWIRE --stop" kills the daemon outright, "--start" brings one up again;
# with ORL_PIPEWIRE_OFF=1 there is none until it says so. Everything is gone afterwards. Exit code:
# the command's; 77 when PipeWire or WirePlumber 0.4 is not installed (ctest counts that as
# skipped); 70 when the daemon did not start; 2 for wrong use.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Ends what --start started, by the numbers it wrote down.
stop() {
    local name pid
    for name in wireplumber pipewire; do
        if [ -f "$XDG_RUNTIME_DIR/$name.pid" ]; then
            pid=$(cat "$XDG_RUNTIME_DIR/$name.pid")
            rm -f "$XDG_RUNTIME_DIR/$name.pid"
            kill -KILL "$pid" 2>/dev/null || true
            for _ in $(seq 100); do
                kill -0 "$pid" 2>/dev/null || break
                sleep 0.02
            done
        fi
    done
    rm -f "$XDG_RUNTIME_DIR"/pipewire-0*
}

# Starts one program that outlives this script, with its number written down.
launch() {
    local name=$1
    shift
    "$@" </dev/null >"$XDG_RUNTIME_DIR/$name.log" 2>&1 &
    echo $! >"$XDG_RUNTIME_DIR/$name.pid"
    disown
}

start() {
    launch pipewire pipewire -c "$here/pipewire/daemon.conf"
    for _ in $(seq 500); do
        if [ -S "$XDG_RUNTIME_DIR/pipewire-0" ]; then
            WIREPLUMBER_CONFIG_DIR=$here/pipewire launch wireplumber wireplumber -c session.conf
            return 0
        fi
        kill -0 "$(cat "$XDG_RUNTIME_DIR/pipewire.pid")" 2>/dev/null || break
        sleep 0.02
    done
    echo "pipewire.sh: PipeWire did not start. It said:" >&2
    cat "$XDG_RUNTIME_DIR/pipewire.log" >&2
    return 70
}

case ${1:-} in
"")
    echo "usage: pipewire.sh COMMAND [ARG...]" >&2
    exit 2
    ;;
--start)
    start
    exit
    ;;
--stop)
    stop
    exit
    ;;
esac

if ! command -v pipewire >/dev/null || ! command -v wireplumber >/dev/null; then
    echo "pipewire.sh: skipped, PipeWire or WirePlumber is not installed." >&2
    exit 77
fi
if ! wireplumber --version 2>/dev/null | grep -q ' 0\.4\.'; then
    echo "pipewire.sh: skipped, the session's configuration is for WirePlumber 0.4." >&2
    exit 77
fi

run=$(mktemp -d "${TMPDIR:-/tmp}/orl-pw.XXXXXX")
child=

finish() {
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    stop
    rm -rf "$run"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

mkdir -m 700 "$run/runtime"
export XDG_RUNTIME_DIR="$run/runtime" XDG_STATE_HOME="$run/state" XDG_CONFIG_HOME="$run/config"
export ORL_PIPEWIRE="$here/pipewire.sh" PIPEWIRE_DEBUG="${PIPEWIRE_DEBUG:-1}"
unset DBUS_SESSION_BUS_ADDRESS PIPEWIRE_REMOTE PIPEWIRE_RUNTIME_DIR PIPEWIRE_CONFIG_DIR \
    PULSE_SERVER LD_PRELOAD
if [ -z "${ORL_PIPEWIRE_OFF:-}" ]; then
    start
fi
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
