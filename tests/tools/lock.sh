#!/usr/bin/env bash
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Locks requirements/*.in to exact versions that fit one environment, for every supported Python.
# All three are resolved together first; each file is then locked to what that resolution chose.
set -euo pipefail
cd "$(dirname "$0")/../../requirements"

uv=${UV:-../.venv/bin/uv}
options=(--quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-emit-build-options)

together=$(mktemp)
trap 'rm -f "$together"' EXIT
"$uv" pip compile "${options[@]}" "$@" --no-header --no-annotate runtime.in lab.in dev.in --output-file "$together"

for name in runtime lab dev; do
    "$uv" pip compile "${options[@]}" --custom-compile-command "make lock" --constraint "$together" "$name.in" --output-file "$name.txt.new"
    sed -i "s|$together|the joint resolution|; /the joint resolution/d" "$name.txt.new"
    mv "$name.txt.new" "$name.txt"
done

# The two ends of what is supported: the lowest ansible-core, and the newest, which needs a newer Python. Used by
# tests/integration/test_core_versions.py only.
lock_with_core() { # NAME CORE PYTHON
    { echo "ansible-core$2"; grep -v "^ansible-core" runtime.in; } |
        "$uv" pip compile --quiet --python-version "$3" --no-emit-index-url --no-emit-find-links \
            --no-emit-build-options --custom-compile-command "make lock" --output-file "$1.txt" -
}
lock_with_core lowest "==2.17.*" 3.11
lock_with_core newest ">=2.20" 3.13
