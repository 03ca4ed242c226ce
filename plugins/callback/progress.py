# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees while tenants are made: a line per task, with the time that the tenant has taken, its name and the step."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: A line per task with elapsed time, tenant and step
description:
  - Shows a provisioning as people follow it, one line per task when it begins, with the time of day, minutes and seconds since the
    tenant began, the tenant and the step, and a line when it took long, changed something or failed. The line of a play tells
    the time since the run began.
  - While tasks take longer, a line every 30 seconds names the tenants that are still at work, with step and task.
  - Book-keeping is left out. With C(-v) and more everything is shown as the default callback shows it.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - Set as C(stdout_callback) in ansible.cfg.
"""

import threading
import time
from collections import defaultdict
from typing import Any

from ansible import constants as C
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ansible_collections.frappeops.tenants.plugins.plugin_utils import task_results, worker_garbage

#: Actions that only steer the play or keep the journal.
_QUIET_ACTIONS = frozenset(
    """
    add_host assert debug fail group_by include_role include_tasks import_role import_tasks meta set_fact
    validate_argument_spec tenant_event tenant_events_info tenant_handover tenant_healed tenant_journal
    tenant_journal_info tenant_name_validate tenant_orders tenant_outbox tenant_report tenant_summary tenant_table
    """.split()
)

#: Seconds from which on the time of a task is worth a line.
_LONG = 2.0

#: Seconds after which a task is said to be still at work, again and again; and how many tenants such a line names.
_BEAT = 30.0
_NAMED = 8


class CallbackModule(DefaultCallback):
    """The default callback at C(-v); a line per task without it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "frappeops.tenants.progress"

    def __init__(self) -> None:
        super().__init__()
        worker_garbage.leave_alone()
        self._run_begun = time.monotonic()
        #: When each host began, and the task that it is at with the time at which that began.
        self._hosts_begun: dict[str, float] = {}
        self._at_work: dict[str, tuple[Any, float]] = {}
        self._beating: threading.Event | None = None
        #: The reasons that were shown, by host.
        self._told: defaultdict[str, set[str]] = defaultdict(set)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if self._is_verbose():
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        if self._beating is None:
            self._beating = threading.Event()
            threading.Thread(target=self._beat, args=[self._beating], daemon=True).start()
        self._line("", play.get_name().strip(), color=C.COLOR_HIGHLIGHT)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if self._is_verbose():
            super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        if self._is_verbose():
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_start(host, task)
            return
        name, now = host.get_name(), time.monotonic()
        self._hosts_begun.setdefault(name, now)
        self._at_work[name] = (task, now)
        # Whether a task with a condition or a loop does anything is only known when it ends.
        if not _is_quiet(task) and not task.when and not task.loop:
            self._line(name, _heading(name, task))

    def v2_runner_on_ok(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_ok(result)
            return
        if task_results.task(result).action.rpartition(".")[2] == "debug":
            host, task = task_results.host(result), task_results.task(result)
            self._line(host, f"{_heading(host, task)}: {task_results.data(result).get('msg', '')}")
        else:
            self._tell(result, "changed" if task_results.data(result).get("changed") else "", C.COLOR_CHANGED)
        self._show_warnings(result)
        self._ended(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_skipped(result)
            return
        self._ended(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if self._is_verbose():
            super().v2_runner_on_failed(result, ignore_errors)
            return
        message = str(task_results.data(result).get("msg", "no reason given"))
        # The pipeline repeats a step's reason when it ends; it was shown where it happened.
        shown = self._told[task_results.host(result)]
        if not any(message.endswith(reason) for reason in shown):
            shown.add(message)
            self._tell(result, f"failed: {message}", C.COLOR_ERROR)
        self._ended(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_unreachable(result)
            return
        self._tell(result, f"unreachable: {task_results.data(result).get('msg', '')}", C.COLOR_UNREACHABLE)
        self._ended(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_item_on_ok(result)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_item_on_skipped(result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_item_on_failed(result)
            return
        message = str(task_results.data(result).get("msg", "no reason given"))
        self._told[task_results.host(result)] |= {"One or more items failed", message}
        self._tell(result, f"failed: {message}", C.COLOR_ERROR)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self._beating:
            self._beating.set()
        super().v2_playbook_on_stats(stats)
        hosts = stats.processed
        if hosts and not any(
            stats.changed.get(host) or stats.failures.get(host) or stats.dark.get(host) for host in hosts
        ):
            self._display.display("Nothing was changed.", color=C.COLOR_OK)

    def _show_warnings(self, result: Any) -> None:
        if hasattr(self, "_handle_warnings_and_exception"):
            self._handle_warnings_and_exception(result)
        else:  # before ansible-core 2.19
            self._handle_warnings(task_results.data(result))

    def _ended(self, result: Any) -> None:
        self._at_work.pop(task_results.host(result), None)

    def _tell(self, result: Any, what: str, color: str) -> None:
        host, task = task_results.host(result), task_results.task(result)
        now = time.monotonic()
        seconds = now - self._at_work.get(host, (task, now))[1]
        if what.startswith(("failed", "unreachable")) or (not _is_quiet(task) and (what or seconds >= _LONG)):
            took = f" ({seconds:.1f} s)" if seconds >= _LONG else ""
            self._line(host, f"{_heading(host, task)}: {what or 'done'}{took}", color=color if what else None)

    def _line(self, host: str, text: str, color: str | None = None) -> None:
        elapsed = time.monotonic() - self._hosts_begun.get(host, self._run_begun)
        self._display.display(f"{time.strftime('%H:%M:%S')} {_minutes(elapsed):>6}  {text}", color=color)

    def _beat(self, ended: threading.Event) -> None:
        """In a thread of its own. Display keeps a lock, which Ansible holds while it forks workers."""
        while not ended.wait(_BEAT):
            late = self._still_at_work(time.monotonic())
            if late:
                self._line("", f"still at work: {late}")

    def _still_at_work(self, now: float) -> str:
        """The tasks that take long, those that began first at first."""
        # A copy, since the other thread goes on. What only steers is never what takes long.
        at_work = list(self._at_work.items())
        late = [(begun, host, task) for host, (task, begun) in at_work if now - begun >= _BEAT and not _is_quiet(task)]
        named = [
            f"{host}, {' '.join(part for part in (task_results.step(task), task.name) if part)} ({_minutes(now - begun)})"
            for begun, host, task in sorted(late, key=lambda each: each[:2])
        ]
        more = [f"and {len(named) - _NAMED} more"] if len(named) > _NAMED else []
        return "; ".join(named[:_NAMED] + more)

    def _is_verbose(self) -> bool:
        return self._display.verbosity > 0


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _is_quiet(task: Any) -> bool:
    return task.action.rpartition(".")[2] in _QUIET_ACTIONS


def _heading(host: str, task: Any) -> str:
    return "  ".join(part for part in (f"{host:<12}", f"{task_results.step(task):<12}", task.name) if part.strip())
