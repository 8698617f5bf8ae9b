#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make_image.sh OUT: the small Linux guest of the tests, as OUT/vmlinux and OUT/initrd.
#
# The kernel is Debian's (or Ubuntu's) package: fetched once into OUT, unpacked, never installed.
# Everything else in the guest is the program below guest/. Does nothing when OUT is up to date, and
# needs no network once the package is there. Where there is no such kernel to be had, it says so in
# one line and ends with 77, which ctest takes for "skipped".
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
[ $# = 1 ] || {
    echo "usage: make_image.sh OUT" >&2
    exit 2
}
mkdir -p "$1"
out=$(readlink -f "$1")

skip() {
    echo "make_image.sh: $*" >&2
    exit 77
}

for tool in apt-get dpkg-deb python3 cc flock; do
    command -v "$tool" >/dev/null || skip "no guest can be made here: there is no '$tool'."
done
[ "$(dpkg --print-architecture)" = amd64 ] || skip "the guest is made on amd64 machines only."
headers=/usr/include/spice-1
[ -f $headers/spice/vd_agent.h ] || skip "no guest can be made here: libspice-protocol-dev is missing."

# Tests that run at the same time wait here for the first one's work.
exec 9>"$out/lock"
flock 9

# --- the kernel -----------------------------------------------------------------------------------

apt=() # options for apt; empty: the system's own package lists

# dependencies NAME...: the packages a meta package stands for that hold the kernel or its modules.
dependencies() {
    local name
    for name in "$@"; do
        apt-cache "${apt[@]}" depends --no-recommends --no-suggests --no-conflicts --no-breaks \
            --no-replaces --no-enhances "$name" 2>/dev/null |
            sed -nE 's/.*Depends: (linux-(image|modules)(-unsigned|-extra)?-[0-9].*)/\1/p' | sort -u
    done
}

# kernel_packages: names of what must be fetched; fails when the package lists know no kernel.
kernel_packages() {
    local meta more
    local -a names=()
    for meta in linux-image-amd64 linux-image-generic; do
        mapfile -t names < <(dependencies "$meta")
        [ ${#names[@]} -eq 0 ] || break
    done
    [ ${#names[@]} -gt 0 ] || return 1
    mapfile -t more < <(dependencies "${names[@]}")
    printf '%s\n' "${names[@]}" "${more[@]}" | sed '/^$/d' | sort -u
}

# own_lists: package lists in OUT, for a machine whose own are empty or name files that are gone.
own_lists() {
    mkdir -p "$out/apt/lists/partial" "$out/apt/cache"
    apt=(-o "Dir::State::Lists=$out/apt/lists" -o "Dir::Cache=$out/apt/cache")
    timeout -k 5 120 apt-get "${apt[@]}" -q -o APT::Sandbox::User=root update >"$out/fetch.log" 2>&1
}

download() {
    local -a names=()
    mapfile -t names < <(kernel_packages)
    [ ${#names[@]} -gt 0 ] || return 1
    rm -rf "$out/debs.new"
    mkdir "$out/debs.new"
    (cd "$out/debs.new" && timeout -k 5 300 apt-get "${apt[@]}" -q -o APT::Sandbox::User=root \
        -o Acquire::Retries=2 download "${names[@]}") >"$out/fetch.log" 2>&1 || return 1
    rm -rf "$out/debs"
    mv "$out/debs.new" "$out/debs"
}

# fetch: OUT/debs holds the packages. Any kernel will do, so what is there is never replaced. A failure
# counts for ten minutes, so that a run of many tests does not try for each of them.
fetch() {
    compgen -G "$out/debs/*.deb" >/dev/null && return 0
    [ -z "$(find "$out/why-not" -mmin -10 2>/dev/null)" ] || skip "$(cat "$out/why-not")"
    echo "make_image.sh: fetching the guest's kernel" >&2
    download && return 0
    own_lists && download && return 0
    local why
    why=$(grep -m 1 '^[EW]:' "$out/fetch.log" || echo 'the package lists know none')
    echo "the guest's kernel cannot be fetched: $why" >"$out/why-not"
    skip "$(cat "$out/why-not")"
}

# unpack: OUT/vmlinux and, below OUT/modules, the modules that image.py names.
unpack() {
    local package
    rm -rf "$out/unpacked"
    mkdir "$out/unpacked"
    for package in "$out"/debs/*.deb; do
        dpkg-deb -x "$package" "$out/unpacked"
    done
    python3 "$here/image.py" kernel "$out/unpacked" "$out"
    rm -rf "$out/unpacked"
}

# --- the rest -------------------------------------------------------------------------------------

compile() {
    cc -static -std=c11 -D_GNU_SOURCE -O2 -g0 -Wall -Wextra -Wshadow -Wconversion -Wundef -Wformat=2 \
        -Wwrite-strings -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror -isystem $headers \
        -o "$out/init.new" "$here"/guest/*.c -lm >"$out/compile.log" 2>&1 || {
        cat "$out/compile.log" >&2
        echo "make_image.sh: the guest's program does not compile." >&2
        exit 1
    }
    mv "$out/init.new" "$out/init"
}

# newer TARGET SOURCE...: TARGET is there and newer than all sources.
newer() {
    local target=$1 source
    [ -f "$target" ] || return 1
    shift
    for source in "$@"; do
        [ "$target" -nt "$source" ] || return 1
    done
}

if ! newer "$out/modules/groups" "$here/image.py" || [ ! -s "$out/vmlinux" ]; then
    fetch
    unpack
fi
newer "$out/init" "$here"/guest/*.[ch] "$here/make_image.sh" || compile
newer "$out/initrd" "$out/init" "$out/modules/groups" ||
    python3 "$here/image.py" initrd "$out" "$out/initrd"
