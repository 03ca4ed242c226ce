# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns are kept by real processes, also by those that outlive the one that took them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.turns import one_of

PROCESSES = multiprocessing.get_context("fork")


def is_free(folder, count=1):
    """Whether one more could work now."""
    try:
        with one_of(str(folder), count, timeout=0):
            return True
    except TenantError:
        return False


class TestOneOf:
    def test_never_more_than_the_count_work_at_once(self, tmp_path):
        working, most, start = PROCESSES.Value("i", 0), PROCESSES.Value("i", 0), PROCESSES.Barrier(12)

        def work():
            start.wait(60)
            with one_of(str(tmp_path / "turns"), 3, timeout=60):
                with working.get_lock():
                    working.value += 1
                    most.value = max(most.value, working.value)
                time.sleep(0.05)
                with working.get_lock():
                    working.value -= 1

        workers = [PROCESSES.Process(target=work) for _number in range(12)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 12
        assert most.value == 3

    def test_the_turn_of_a_killed_process_is_free_at_once(self, tmp_path):
        taken = PROCESSES.Event()

        def hold():
            with one_of(str(tmp_path), 1, timeout=60):
                taken.set()
                time.sleep(600)

        holder = PROCESSES.Process(target=hold)
        holder.start()
        assert taken.wait(60)
        assert not is_free(tmp_path)
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()
        assert is_free(tmp_path)

    def test_a_child_that_inherits_it_holds_it(self, tmp_path):
        with one_of(str(tmp_path), 1, timeout=0) as held:
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[held])
        assert not is_free(tmp_path)
        child.communicate(b"\n")
        assert is_free(tmp_path)

    def test_who_waits_too_long_is_told_where(self, tmp_path):
        with (
            one_of(str(tmp_path), 1, timeout=0),
            pytest.raises(TenantError, match=f"All 1 turns in {tmp_path} were taken"),
            one_of(str(tmp_path), 1, timeout=0.2),
        ):
            pass


class TestBench:
    @pytest.fixture
    def bench(self, tmp_path):
        for folder in ("apps", "sites"):
            (tmp_path / folder).mkdir()
        return Bench(str(tmp_path), timeout=0)

    def test_its_commands_inherit_the_turn(self, bench):
        with bench.turn(1):
            assert len(bench.held_files) == 1
            assert not is_free(bench.path / "config" / "frappeops.tenants")
        assert bench.held_files == []

    def test_without_a_limit_nobody_waits(self, bench):
        with bench.turn(0), bench.turn(0):
            assert bench.held_files == []
        assert not (bench.path / "config").exists()
