#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs a command with a Mesa whose software GL imports buffers by descriptor (24.2 or newer):
# mesa.sh DIR COMMAND [ARG...], or mesa.sh DIR to make DIR ready only.
#
# Where the installed Mesa is new enough, the command runs with it. On Debian 12 the packages of
# bookworm-backports are fetched once and unpacked into DIR, never installed: apt works on package
# lists in DIR and on no other sources than the two named here. The command finds them by
# LD_LIBRARY_PATH, LIBGL_DRIVERS_PATH, GBM_BACKENDS_PATH and __EGL_VENDOR_LIBRARY_FILENAMES, and
# ORL_MESA_ROOT says where they are. Exit code: the command's; 77 and one line when there is no such
# Mesa to be had (ctest counts that as skipped); 2 for wrong use.
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: mesa.sh DIR [COMMAND [ARG...]]" >&2
    exit 2
fi
mkdir -p "$1"
dir=$(readlink -f "$1")
shift

skip() {
    echo "mesa.sh: skipped, $*" >&2
    exit 77
}

# Since 24.2 the drivers are one library of this name.
installed_is_new() {
    compgen -G '/usr/lib/*/libgallium-[0-9]*.so' >/dev/null ||
        compgen -G '/usr/lib/libgallium-[0-9]*.so' >/dev/null ||
        compgen -G '/usr/lib64/libgallium-[0-9]*.so' >/dev/null ||
        compgen -G '/run/opengl-driver/lib/libgallium-[0-9]*.so' >/dev/null
}

# run COMMAND...: software GL, and no leak reports: LLVM and the drivers keep what they like, and
# libraries outside the usual folders are not among those that the suppressions name.
run() {
    [ $# -gt 0 ] || exit 0
    export LIBGL_ALWAYS_SOFTWARE=1 ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
    exec "$@"
}

if installed_is_new; then
    run "$@"
fi

debian_12() {
    # shellcheck source=/dev/null
    [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}:${VERSION_CODENAME:-}" = debian:bookworm ])
}
debian_12 || skip "the installed Mesa is older than 24.2 or there is none."
for tool in apt-get dpkg-deb flock; do
    command -v "$tool" >/dev/null || skip "there is no '$tool' to fetch a newer Mesa with."
done

wanted=(libegl-mesa0 libgl1-mesa-dri libgbm1 libglx-mesa0)
apt=(-o "Dir::State::Lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache"
    -o "Dir::Etc::SourceList=$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Acquire::Retries=2 -q)

# What the packages wanted need beyond what is installed, as NAME=VERSION.
packages() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror=http://deb.debian.org/debian
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
    printf "deb [signed-by=$keyring] $mirror %s main\n" bookworm bookworm-backports \
        >"$dir/apt/sources.list"
    timeout -k 5 120 apt-get "${apt[@]}" update >"$dir/fetch.log" 2>&1 || return 1
    apt-get "${apt[@]}" -s --no-install-recommends -t bookworm-backports install "${wanted[@]}" \
        2>>"$dir/fetch.log" | sed -nE '/^Inst [^ ]+-dev /d; s/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+) .*/\1=\3/p'
}

fetch() {
    local -a names=()
    local package
    mapfile -t names < <(packages)
    [ ${#names[@]} -gt 0 ] || return 1
    rm -rf "$dir/debs" "$dir/new"
    mkdir "$dir/debs" "$dir/new"
    (cd "$dir/debs" && timeout -k 5 300 apt-get "${apt[@]}" download "${names[@]}") \
        >>"$dir/fetch.log" 2>&1 || return 1
    for package in "$dir"/debs/*.deb; do
        dpkg-deb -x "$package" "$dir/new" || return 1
    done
    compgen -G "$dir/new/usr/lib/*/libgallium-[0-9]*.so" >/dev/null || return 1
    printf '%s\n' "${names[@]}" >"$dir/new/packages"
    rm -rf "$dir/root" "$dir/debs" "$dir/apt"
    mv "$dir/new" "$dir/root"
}

# Tests that run at the same time wait here for the first one's work. A failure counts for ten
# minutes, so that a run of many tests does not try for each of them.
make_ready() {
    exec 9>"$dir/lock"
    flock 9
    if [ ! -f "$dir/root/packages" ]; then
        [ -z "$(find "$dir/why-not" -mmin -10 2>/dev/null)" ] || skip "$(cat "$dir/why-not")"
        echo "mesa.sh: fetching a newer Mesa for the tests" >&2
        if ! fetch; then
            echo "a newer Mesa cannot be fetched:" \
                "$(grep -m 1 '^[EW]:' "$dir/fetch.log" || echo 'the package lists know none')" \
                >"$dir/why-not"
            skip "$(cat "$dir/why-not")"
        fi
    fi
    exec 9>&-
}

make_ready
libraries=$(dirname "$(compgen -G "$dir/root/usr/lib/*/libgallium-[0-9]*.so" | head -n 1)")
export ORL_MESA_ROOT=$dir/root
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LIBGL_DRIVERS_PATH=$libraries/dri GBM_BACKENDS_PATH=$libraries/gbm
export __EGL_VENDOR_LIBRARY_FILENAMES=$dir/root/usr/share/glvnd/egl_vendor.d/50_mesa.json
run "$@"
