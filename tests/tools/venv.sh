#!/usr/bin/env bash
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes .venv with exactly the locked versions. Does nothing when neither they, nor Python, nor the path changed.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
locks=(requirements/runtime.txt requirements/lab.txt requirements/dev.txt)

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "make venv: $python is missing or older than Python 3.11. Install Python 3.11 or later, or name one: make venv PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "make venv: $python can't make virtual environments. Run 'make packages', or: apt-get install python3-venv" >&2
    exit 1
fi

mkdir -p .cache
exec 9>.cache/venv.lock
flock 9

wanted=$({ pwd; "$python" -c 'import sys; print(sys.version, sys.base_prefix)'; cat "${locks[@]}"; } | sha256sum | cut -d' ' -f1)
if [ "$(cat .venv/stamp 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

echo "venv: installing the locked versions into .venv (about a minute)"
interpreter=$("$python" -c 'import sys; print(sys.version, sys.base_prefix)')
if [ "$(.venv/bin/python -c 'import sys; print(sys.version, sys.base_prefix)' 2>/dev/null)" != "$interpreter" ] ||
    [ "$(cat .venv/path 2>/dev/null)" != "$PWD" ]; then
    "$python" -m venv --clear .venv
    pwd >.venv/path
fi
rm -f .venv/stamp
# Quiet but for errors. Byte-compiled once, so that no process of the many to come has to, where none of them may write its caches; but
# not the whole bundle of collections, of which most is never loaded. Some packages hold templates that only look like Python.
.venv/bin/python -m pip --disable-pip-version-check install -qq --no-compile "${locks[@]/#/--requirement=}"
.venv/bin/python -m compileall -qq -j 0 -x '/(ansible_collections|tests?)/' .venv/lib || true
echo "$wanted" >.venv/stamp
