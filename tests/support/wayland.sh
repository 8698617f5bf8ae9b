#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs a command on a Wayland desktop of its own: wayland.sh COMMAND [ARG...]
#
# The desktop is sway on its headless back end, drawn in software, with one output HEADLESS-1 of the
# size in ORL_SCREEN (width x height, 1920x1200 unless set), no borders and no X server. The command
# gets WAYLAND_DISPLAY, SWAYSOCK, SDL_VIDEODRIVER=wayland and a private XDG_RUNTIME_DIR; grim takes
# screenshots, wtype types, swaymsg moves windows. With ORL_NO_KEYBOARD=1 the seat is bare; with
# ORL_NO_POINTER_LOCK=1 the desktop agrees to lock the pointer and never does. Exit code: the
# command's; 77 when a needed program is not installed (ctest counts that as skipped); 70 when the
# desktop did not start; 2 for wrong use.
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: wayland.sh COMMAND [ARG...]" >&2
    exit 2
fi
for program in sway swaymsg wtype setpriv; do
    if ! command -v "$program" >/dev/null; then
        echo "wayland.sh: skipped, $program is not installed." >&2
        exit 77
    fi
done

run=$(mktemp -d "${TMPDIR:-/tmp}/orl-wl.XXXXXX")
server=
keyboard=
child=

finish() {
    local pid
    for pid in $child $keyboard $server; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$run"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

fail() {
    echo "wayland.sh: $1 It said:" >&2
    cat "$run/server.log" >&2
    exit 70
}

cat >"$run/config" <<END
xwayland disable
output HEADLESS-1 resolution ${ORL_SCREEN:-1920x1200} position 0,0
default_border none
default_floating_border none
END
if [ -z "${ORL_NO_POINTER_LOCK:-}" ]; then
    # Where no real device is plugged in, sway has no opinion on seats and locks no pointer.
    echo "seat * pointer_constraint enable" >>"$run/config"
fi

# sway refuses to run as root. Its sockets then belong to another user, which does not stop root.
# Like all helpers it dies with this script, also when the script is killed outright.
as_user=(setpriv --pdeathsig TERM)
if [ "$(id -u)" = 0 ]; then
    nobody=$(id -u nobody)
    as_user+=(--reuid "$nobody" --regid "$(id -g nobody)" --clear-groups)
    chmod 755 "$run"
fi
mkdir -m 700 "$run/runtime"
if [ "$(id -u)" = 0 ]; then
    chown "$nobody" "$run/runtime"
fi
export XDG_RUNTIME_DIR="$run/runtime"
unset DISPLAY WAYLAND_DISPLAY WAYLAND_SOCKET SWAYSOCK

env HOME="$run/runtime" WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 \
    "${as_user[@]}" sway -c "$run/config" </dev/null >"$run/server.log" 2>&1 &
server=$!

# wait_for SECONDS COMMAND...: asks ten times a second while the desktop lives.
wait_for() {
    local tries=$(($1 * 10))
    shift
    while ! "$@"; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ] || ! kill -0 "$server" 2>/dev/null; then
            return 1
        fi
        sleep 0.1
    done
}
find_sockets() {
    local path
    for path in "$XDG_RUNTIME_DIR"/wayland-*; do
        if [ -S "$path" ]; then
            export WAYLAND_DISPLAY="${path##*/}"
        fi
    done
    for path in "$XDG_RUNTIME_DIR"/sway-ipc.*.sock; do
        if [ -S "$path" ]; then
            export SWAYSOCK="$path"
        fi
    done
    [ -n "${WAYLAND_DISPLAY:-}" ] && [ -n "${SWAYSOCK:-}" ]
}
has_output() { swaymsg -t get_outputs 2>/dev/null | grep -q HEADLESS-1; }
has_keyboard() { swaymsg -t get_inputs 2>/dev/null | grep -q '"keyboard"\|Keyboard'; }

wait_for 30 find_sockets || fail "sway did not start."
wait_for 30 has_output || fail "sway has no output."

# Programs find a seat with a keyboard, as nearly always; a virtual one stays as long as the command.
if [ -z "${ORL_NO_KEYBOARD:-}" ]; then
    setpriv --pdeathsig TERM wtype -s 3600000 -s 3600000 -k Shift_L </dev/null \
        >>"$run/server.log" 2>&1 &
    keyboard=$!
    wait_for 10 has_keyboard || fail "the virtual keyboard did not appear."
fi

export SDL_VIDEODRIVER=wayland
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
