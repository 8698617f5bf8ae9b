#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every shell script of the project parses, stops at the first error, and may be executed.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -d '' scripts < <(find dev .ci packaging tests -type f \
    \( -name '*.sh' -o -path dev -o -path '.ci/*' \) -print0)
failed=0
fault() {
    echo "$1" >&2
    failed=1
}
for script in "${scripts[@]}"; do
    read -r first <"$script" || true
    case $first in
    *bash | *sh) ;;
    *) fault "$script has no line that names its shell." ;;
    esac
    bash -n "$script" || fault "$script does not parse."
    [ -x "$script" ] || fault "$script is not executable."
    grep -q '^set -e' "$script" || fault "$script goes on after errors: it has no line 'set -e...'."
done
if [ "$failed" = 0 ]; then
    echo "${#scripts[@]} scripts parse."
fi
exit "$failed"
