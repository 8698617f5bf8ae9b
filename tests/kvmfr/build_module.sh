#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build_module.sh OUT [VERSION]: for the kernel that fetch_kernel.sh has put into OUT, or puts there
# when a version is named,
#
#   OUT/kvmfr.ko     the module
#   OUT/importer.ko  a driver for tests that imports DMA-BUFs
#   OUT/selftest     the self-test, a static program
#   OUT/init         runs it as the only process of a machine (run_selftest.py)
#   OUT/build.log    what the compiler said
#
# with all warnings of the kernel's own rules (W=1) and, where it is installed, of sparse. Fails when
# there is one. Does nothing when all of that is newer than its sources. 77: it cannot be built here.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source=$here/../../kvmfr
[ $# != 2 ] || "$here/fetch_kernel.sh" "$1" "$2"
[ $# -ge 1 ] && [ -f "$1/complete" ] || {
    echo "usage: build_module.sh OUT, where fetch_kernel.sh has been, or build_module.sh OUT VERSION" >&2
    exit 2
}
out=$(readlink -f "$1")

skip() {
    echo "build_module.sh: $*" >&2
    exit 77
}

exec 8>"$out/build.lock"
flock 8

files=("$source"/*.[ch] "$source"/{Makefile,Kbuild} "$here"/importer.* "$here/init.c"
    "$here/build_module.sh" "$out/complete")
current=yes
for file in "${files[@]}"; do
    [ "$out/built" -nt "$file" ] || current=
done
[ -z "$current" ] || exit 0
rm -f "$out/built"

for tool in make cc flock; do
    command -v "$tool" >/dev/null || skip "no module can be built here: there is no '$tool'."
done

# In a root of its own the kernel is built with that root's compiler, as far as a root can be had.
place=$out/build kdir=$out/headers
inside=(env)
if [ -x "$out/root/usr/bin/make" ]; then
    inside=(unshare --mount)
    [ "$(id -u)" = 0 ] || inside+=(--map-root-user)
    "${inside[@]}" true 2>/dev/null || skip "no module can be built here: no namespace can be had."
    # shellcheck disable=SC2016
    inside+=(sh -ec 'for d in dev proc; do mount --rbind "/$d" "$0/$d"; done; exec chroot "$0" "$@"'
        "$out/root" /usr/bin/env PATH=/usr/bin)
    place=$out/root/build
    kdir=/usr/src/linux-headers-$(cat "$out/release")
else
    compiler=$(sed -n 's/^ *\(override \)\?CC *:\?=.*\(gcc-[0-9]*\).*/\2/p' \
        "$out/headers/.kernelvariables" | tail -n 1)
    command -v "${compiler:-gcc}" >/dev/null ||
        skip "no module can be built here: this kernel wants $compiler."
fi

# A second look by sparse, which knows what belongs to programs and what to the kernel.
sparse=()
if [ "${inside[0]}" = env ] && command -v sparse >/dev/null; then
    sparse=(C=2 CHECK=sparse)
fi

# build NAME DIRECTORY: a module from the sources in place/DIRECTORY.
build() {
    local view=${place#"$out/root"}
    "${inside[@]}" make -C "$view/$2" "KDIR=$kdir" W=1 "${sparse[@]}" modules >>"$out/build.log" 2>&1 || {
        cat "$out/build.log" >&2
        echo "build_module.sh: $1 does not compile." >&2
        exit 1
    }
    cp "$place/$2/$1.ko" "$out/$1.ko"
}

rm -rf "$place"
mkdir -p "$place/kvmfr" "$place/importer"
cp "$source"/*.[ch] "$source"/{Makefile,Kbuild} "$place/kvmfr"
cp "$here/importer.c" "$source/selftest_importer.h" "$place/importer"
cp "$here/importer.mk" "$place/importer/Makefile"
: >"$out/build.log"
build kvmfr kvmfr
build importer importer
programs() {
    local flags="-Wshadow -Wconversion -Wundef -Wformat=2 -Wvla -Wwrite-strings"
    flags+=" -Wstrict-prototypes -Wmissing-prototypes -Werror"
    make -C "$place/kvmfr" selftest CFLAGS="$flags" || return 1
    # shellcheck disable=SC2086
    cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra $flags -static -o "$out/init" "$here/init.c"
}
programs >>"$out/build.log" 2>&1 || {
    cat "$out/build.log" >&2
    echo "build_module.sh: the self-test does not compile." >&2
    exit 1
}
cp "$place/kvmfr/selftest" "$out/selftest"
if grep -i 'warning' "$out/build.log" >&2; then
    echo "build_module.sh: the compiler has warnings, see $out/build.log." >&2
    exit 1
fi
touch "$out/built"
