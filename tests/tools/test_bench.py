# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmarks say of the values that they measured."""

from __future__ import annotations

import sys

import pytest

from frame import runs, table
from frame.values import Value, ratio


@pytest.mark.parametrize(
    ("value", "wanted", "verdict"),
    [
        (Value("x", 19.9, "s", at_most=20), "at most 20 s", "met"),
        (Value("x", 20.1, "s", at_most=20), "at most 20 s", "MISSED"),
        (ratio("x", slow=10, fast=1, at_least=10), "at least 10", "met"),
        (ratio("x", slow=9, fast=1, at_least=10), "at least 10", "MISSED"),
        (Value("x", 5, "MB"), "", ""),
    ],
)
def test_a_value_is_held_against_its_wish(value, wanted, verdict):
    assert (value.wanted, value.verdict) == (wanted, verdict)


def test_the_table_tells_each_note_once():
    values = [
        Value("200 tenants already right", 12.345, "s", at_most=20, note="Sites are real."),
        Value("memory", 1234.5, "MB", note="Sites are real."),
    ]
    assert table.lines("reconcile", values) == [
        "           WHAT                       MEASURED  WANTED",
        "reconcile  200 tenants already right  12.3 s    at most 20 s  met",
        "reconcile  memory                     1234 MB",
        "  Sites are real.",
    ]


def test_a_command_is_timed_with_the_memory_of_its_children():
    child = "import time; x = b'1' * 50_000_000; time.sleep(1)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    run = runs.command([sys.executable, "-c", program])
    assert run.seconds >= 1
    assert run.memory > 50


def test_a_command_that_fails_gives_no_value():
    with pytest.raises(runs.Failed, match="ended with 3:\nwhy"):
        runs.command([sys.executable, "-c", "print('why'); raise SystemExit(3)"])
