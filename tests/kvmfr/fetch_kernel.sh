#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch_kernel.sh OUT 6.1|6.12|newest: a kernel of Debian to test kvmfr with. Afterwards there are
#
#   OUT/vmlinux   the kernel, uncompressed, as QEMU boots it
#   OUT/modules/  its modules: kernel/..., modules.builtin, ...
#   OUT/headers   what modules are built against (KDIR)
#   OUT/release   its name, as uname -r prints it
#   OUT/root/     only for a kernel whose compiler and tools this system may lack: a root to build in
#
# The packages are fetched once into OUT by package lists of our own, unpacked and never installed;
# what is there is never replaced, and needs no network. Where there is no such kernel to be had,
# one line says so and the end is 77, which ctest takes for "skipped".
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
form=1 # of what is in OUT; raised when this script fetches or makes something else

[ $# = 2 ] || {
    echo "usage: fetch_kernel.sh OUT 6.1|6.12|newest" >&2
    exit 2
}
mkdir -p "$1"
out=$(readlink -f "$1")
version=$2

skip() {
    echo "fetch_kernel.sh: $*" >&2
    exit 77
}

mirror=${ORL_DEBIAN_MIRROR:-http://deb.debian.org}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
suite=()  # options for apt that choose the suite
meta=     # end of the names of the packages that stand for this kernel
extra=()  # what else the module is built with
case $version in
6.1) lists=("debian bookworm" "debian-security bookworm-security") meta=amd64 ;;
6.12) lists=("debian bookworm" "debian-security bookworm-security") meta=6.12-amd64 ;;
newest)
    lists=("debian trixie" "debian trixie-backports")
    suite=(-t trixie-backports)
    meta=amd64
    extra=(bash dash coreutils sed grep findutils mawk make binutils)
    ;;
*)
    echo "fetch_kernel.sh: there is no kernel '$version', only 6.1, 6.12 and newest." >&2
    exit 2
    ;;
esac

# Tests that run at the same time wait here for the first one's work.
exec 9>"$out/lock"
flock 9
[ "$(cat "$out/complete" 2>/dev/null)" != "$form $version" ] || exit 0

for tool in apt-get dpkg-deb python3 flock tar; do
    command -v "$tool" >/dev/null || skip "no kernel can be fetched here: there is no '$tool'."
done
[ "$(dpkg --print-architecture)" = amd64 ] || skip "the kernels are for amd64 machines only."

apt=(-o "Dir::State::Lists=$out/apt/lists" -o "Dir::Cache=$out/apt/cache"
    -o "Dir::State::status=$out/apt/status" -o "Dir::Etc::sourcelist=$out/apt/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o APT::Sandbox::User=root -o Acquire::Retries=2
    -o Acquire::Languages=none -o Acquire::PDiffs=false -o APT::Get::List-Cleanup=true)

package_lists() {
    local entry
    mkdir -p "$out/apt/lists/partial" "$out/apt/cache"
    : >"$out/apt/status"
    for entry in "${lists[@]}"; do
        echo "deb [signed-by=$keys] $mirror/$entry main"
    done >"$out/apt/sources.list"
    timeout -k 5 180 apt-get "${apt[@]}" -q update
}

# closure NAME...: the files that an empty system would get with these packages.
closure() {
    apt-get "${apt[@]}" "${suite[@]}" -q -y --no-install-recommends --print-uris install "$@" |
        sed -nE "s/^'[^']*' ([^ ]+)_[^_ ]+_[a-z0-9]+\.deb .*/\1/p"
}

# wanted: names of the packages to fetch.
wanted() {
    closure "linux-image-$meta" "linux-headers-$meta" |
        grep -E '^linux-(base|image|binary|modules|headers|kbuild)-[0-9]' |
        grep -vxF -e "linux-image-$meta" -e "linux-headers-$meta"
    # Of the compiler's libraries, those that only other programs than kernels use stay away.
    [ ${#extra[@]} -eq 0 ] || closure "linux-headers-$meta" "${extra[@]}" |
        grep -vE '^linux-|^lib([a-z]*san[0-9]|gprofng|itm|quadmath|gomp)|^debconf|^openssl-'
}

download() {
    local -a names=()
    package_lists || return 1
    mapfile -t names < <(wanted | sort -u)
    [ ${#names[@]} -ge 3 ] || return 1
    rm -rf "$out/debs.new"
    mkdir "$out/debs.new"
    (cd "$out/debs.new" && timeout -k 5 600 apt-get "${apt[@]}" "${suite[@]}" -q download \
        "${names[@]}") || return 1
    echo "$form" >"$out/debs.new/form"
    rm -rf "$out/debs"
    mv "$out/debs.new" "$out/debs"
}

# fetch: OUT/debs holds the packages. A failure counts for ten minutes, so that a run of many tests
# does not try for each of them.
fetch() {
    [ "$(cat "$out/debs/form" 2>/dev/null)" != "$form" ] || return 0
    [ -z "$(find "$out/why-not" -mmin -10 2>/dev/null)" ] || skip "$(cat "$out/why-not")"
    [ -f "$keys" ] || skip "no kernel can be fetched here: debian-archive-keyring is missing."
    echo "fetch_kernel.sh: fetching kernel $version" >&2
    ! download >"$out/fetch.log" 2>&1 || return 0
    local why
    why=$(grep -m 1 '^[EW]:' "$out/fetch.log" || echo 'the package lists do not name it')
    echo "kernel $version cannot be fetched: $why" >"$out/why-not"
    skip "$(cat "$out/why-not")"
}

# unpack: OUT/root from the packages, with the merged folders of today's Debian.
unpack() {
    local root=$out/root package folder
    rm -rf "$root" "$out/complete"
    mkdir -p "$root"/{build,dev,proc,tmp}
    for folder in bin sbin lib lib64; do
        mkdir -p "$root/usr/$folder"
        ln -s "usr/$folder" "$root/$folder"
    done
    for package in "$out"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --no-same-owner --no-same-permissions \
            --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./usr/share/locale' \
            --exclude='./usr/share/man' --exclude='./boot/System.map*'
    done
    [ -e "$root/bin/sh" ] || ln -sf dash "$root/bin/sh"
    [ -e "$root/bin/awk" ] || ln -sf mawk "$root/bin/awk"
}

# arrange: the names that others use, from OUT/root.
arrange() {
    local root=$out/root modules release image
    modules=$(find "$root/usr/lib/modules" -mindepth 2 -maxdepth 2 -name kernel -print -quit)
    modules=${modules%/kernel}
    release=${modules##*/}
    image=$(find "$root/boot" "$modules" -maxdepth 1 -name 'vmlinuz*' -type f 2>/dev/null | head -n 1)
    [ -n "$release" ] && [ -n "$image" ] || {
        echo "fetch_kernel.sh: the packages of kernel $version hold no kernel." >&2
        exit 1
    }
    python3 - "$here/../vm" "$image" "$out/vmlinux" <<'P'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from image import vmlinux
with open(sys.argv[2], "rb") as packed, open(sys.argv[3], "wb") as plain:
    plain.write(vmlinux(packed.read()))
P
    rm -rf "$image" "$out/modules" "$out/headers"
    mv "$modules" "$out/modules"
    rm -f "$out/modules/build" "$out/modules/source"
    ln -s "root/usr/src/linux-headers-$release" "$out/headers"
    # The only absolute path in the headers; a root to build in has it where it is.
    [ ${#extra[@]} -gt 0 ] ||
        sed -i "s#include /usr/src/#include $out/root/usr/src/#" "$out/headers/Makefile"
    echo "$release" >"$out/release"
}

fetch
unpack
arrange
# Written last, as the sign that all of this is there.
echo "$form $version" >"$out/complete"
rm -f "$out/why-not"
