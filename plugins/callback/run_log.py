# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A log file for each run: what the person at the terminal saw, for those who ask later."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_log
type: notification
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Write a log file for each run
description:
  - Writes one file for each run of a playbook, a line with time, level, tenant, step and task for everything that was changed,
    failed, was unreachable or was told, and the hosts' counts at the end. Warnings, and the verdicts of health, doctor and heal,
    stand there line by line.
  - It holds results' messages only, never arguments or other fields, and nothing of tasks with C(no_log).
  - The oldest files are removed when there are more than O(keep).
requirements:
  - Named in C(callbacks_enabled) of ansible.cfg.
options:
  folder:
    description:
      - The folder of the log files. It is made, readable by its owner only, when it is not there.
      - No log is written when it is empty.
    type: path
    default: ""
    env:
      - name: FRAPPEOPS_TENANTS_LOG_FOLDER
    ini:
      - section: callback_run_log
        key: folder
  keep:
    description: How many files are kept.
    type: int
    default: 200
    env:
      - name: FRAPPEOPS_TENANTS_LOG_KEEP
    ini:
      - section: callback_run_log
        key: keep
"""

import os
import time
from pathlib import Path
from typing import Any, TextIO

from ansible.plugins.callback import CallbackBase

from ansible_collections.frappeops.tenants.plugins.plugin_utils import task_results, worker_garbage

#: The names of the files, so that only files of our own are ever removed. They sort by time.
_NAME = "tenants-%Y%m%dT%H%M%S"
_PATTERN = "tenants-????????T??????-*.log"


class CallbackModule(CallbackBase):
    """Writes as things happen, so that the file of a run that was killed ends where the run did."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "frappeops.tenants.run_log"
    CALLBACK_NEEDS_ENABLED = True

    _file: TextIO | None = None

    def v2_playbook_on_start(self, playbook: Any) -> None:
        worker_garbage.leave_alone()
        folder = self.get_option("folder")
        if not folder:
            return
        try:
            self._file = _open(Path(folder), self.get_option("keep"))
        except OSError as error:
            self._display.warning(f"No log of this run: {folder} can't be written: {error.strerror}.")
            return
        self._write("INFO", "", "", f"{Path(playbook._file_name).name} begins, process {os.getpid()}")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._write("INFO", "", "", play.get_name().strip())

    def v2_runner_on_ok(self, result: Any) -> None:
        data = task_results.data(result)
        if task_results.task(result).action.rpartition(".")[2] == "debug":
            self._tell("INFO", result, str(data.get("msg", "")))
        elif data.get("changed"):
            self._tell("INFO", result, "changed")
        for warning in data.get("warnings") or []:
            self._tell("WARNING", result, str(warning))
        for line in data.get("summary") or []:
            self._write("INFO", task_results.host(result), "", str(line))
        self._write_told(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._write_told(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write_told(result)
        level = "WARNING" if ignore_errors else "ERROR"
        self._tell(level, result, str(task_results.data(result).get("msg", "no reason given")))

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._tell("ERROR", result, str(task_results.data(result).get("msg", "no reason given")))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._tell("ERROR", result, "unreachable: " + str(task_results.data(result).get("msg", "")))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        for host in sorted(stats.processed):
            counts = stats.summarize(host)
            told = ", ".join(f"{name} {counts[name]}" for name in ("changed", "failures", "unreachable", "rescued"))
            self._write("ERROR" if counts["failures"] or counts["unreachable"] else "INFO", host, "", told)
        if self._file:
            self._file.close()
            self._file = None

    def _write_told(self, result: Any) -> None:
        """What one of our actions printed, line by line; see plugin_utils/telling.py."""
        host, step = task_results.host(result), task_results.step(task_results.task(result))
        for line in task_results.data(result).get("told") or []:
            self._write(line["level"], host, step, line["text"])

    def _tell(self, level: str, result: Any, what: str) -> None:
        task = task_results.task(result)
        self._write(
            level, task_results.host(result), task_results.step(task), f"{task.get_name().rpartition(' : ')[2]}: {what}"
        )

    def _write(self, level: str, tenant: str, step: str, what: str) -> None:
        if not self._file:
            return
        # One line each, whatever a tool said: a line that was not written here could be forged.
        text = "".join(character if character.isprintable() else " " for character in what)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._file.write(f"{stamp} {level:<7} {tenant or '-':<16} {step or '-':<12} {text}\n")
        self._file.flush()


def _open(folder: Path, keep: int) -> TextIO:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in sorted(folder.glob(_PATTERN))[: -(keep - 1) or None]:
        old.unlink(missing_ok=True)
    name = time.strftime(_NAME, time.gmtime()) + f"-{os.getpid()}.log"
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")
