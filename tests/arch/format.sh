#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks the format of every C and C++ file against .clang-format; with --fix, corrects it.
# Files in kvmfr/ keep the style of the kernel. The rules are for clang-format 14: other versions
# break lines elsewhere, so without version 14 the check is skipped (77).
set -euo pipefail
cd "$(dirname "$0")/../.."

tool=
for name in clang-format-14 clang-format; do
    if command -v "$name" >/dev/null && "$name" --version | grep -q 'version 14\.'; then
        tool=$name
        break
    fi
done
if [ -z "$tool" ]; then
    echo "format.sh: skipped, clang-format 14 is not installed." >&2
    exit 77
fi

mapfile -d '' files < <(find client common shaders tests -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.cpp' \) -print0)
if [ "${1:-}" = --fix ]; then
    "$tool" -i "${files[@]}"
else
    "$tool" --dry-run -Werror "${files[@]}"
    echo "${#files[@]} files are formatted."
fi
