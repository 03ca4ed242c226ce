#!/bin/sh
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the bench of a test host's user frappe, as the lab makes its own. Runs while the image is built.
set -eu
cd "$HOME"
export LAB_DIR="$HOME/.lab" LAB_BENCH="$HOME/frappe-bench" LAB_PORTS=/opt/frappeops/ports.yml PYTHONPATH=/opt/frappeops/tests/lab
exec /opt/frappeops/.venv/bin/python -c '
from lab.bench import make_bench
from lab.settings import Settings
make_bench(Settings.load())
'
