# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees while tenants are made: a line per task, with the time, the tenant and the step."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: A line per task with time, tenant and step
description:
  - Shows a provisioning as people follow it, one line per task when it begins, with the time of day, the tenant and the step,
    and a line when it took long, changed something or failed.
  - Book-keeping is left out. With C(-v) and more everything is shown as the default callback shows it.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - Set as C(stdout_callback) in ansible.cfg.
"""

import time
from collections import defaultdict
from typing import Any

from ansible import constants as C
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

#: Actions that only steer the play or keep the journal.
_QUIET_ACTIONS = frozenset(
    """
    add_host assert debug fail group_by include_role include_tasks import_role import_tasks meta set_fact
    validate_argument_spec tenant_journal tenant_name_validate tenant_report tenant_table
    """.split()
)

#: Seconds from which on the time of a task is worth a line.
_LONG = 2.0


class CallbackModule(DefaultCallback):
    """The default callback at C(-v); a line per task without it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "frappeops.tenants.progress"

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[tuple[str, str], float] = {}
        #: The reasons that were shown, by host.
        self._told: defaultdict[str, set[str]] = defaultdict(set)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if self._is_verbose():
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        self._line(play.get_name().strip(), color=C.COLOR_HIGHLIGHT)

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
        self._begun[host.get_name(), task._uuid] = time.monotonic()
        # Whether a task with a condition or a loop does anything is only known when it ends.
        if not _is_quiet(task) and not task.when and not task.loop:
            self._line(_heading(host.get_name(), task))

    def v2_runner_on_ok(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_ok(result)
            return
        if _task(result).action.rpartition(".")[2] == "debug":
            self._line(f"{_heading(_host(result), _task(result))}: {_data(result).get('msg', '')}")
        else:
            self._tell(result, "changed" if _data(result).get("changed") else "", C.COLOR_CHANGED)
        self._show_warnings(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_skipped(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if self._is_verbose():
            super().v2_runner_on_failed(result, ignore_errors)
            return
        message = str(_data(result).get("msg", "no reason given"))
        # The pipeline repeats a step's reason when it ends; it was shown where it happened.
        shown = self._told[_host(result)]
        if any(message.endswith(reason) for reason in shown):
            return
        shown.add(message)
        self._tell(result, f"failed: {message}", C.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if self._is_verbose():
            super().v2_runner_on_unreachable(result)
            return
        self._tell(result, f"unreachable: {_data(result).get('msg', '')}", C.COLOR_UNREACHABLE)

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
        message = str(_data(result).get("msg", "no reason given"))
        self._told[_host(result)] |= {"One or more items failed", message}
        self._tell(result, f"failed: {message}", C.COLOR_ERROR)

    def v2_playbook_on_stats(self, stats: Any) -> None:
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
            self._handle_warnings(_data(result))

    def _tell(self, result: Any, what: str, color: str) -> None:
        host, task = _host(result), _task(result)
        seconds = time.monotonic() - self._begun.get((host, task._uuid), time.monotonic())
        if what.startswith(("failed", "unreachable")) or (not _is_quiet(task) and (what or seconds >= _LONG)):
            took = f" ({seconds:.1f} s)" if seconds >= _LONG else ""
            self._line(f"{_heading(host, task)}: {what or 'done'}{took}", color=color if what else None)

    def _line(self, text: str, color: str | None = None) -> None:
        self._display.display(f"{time.strftime('%H:%M:%S')}  {text}", color=color)

    def _is_verbose(self) -> bool:
        return self._display.verbosity > 0


# ansible-core 2.19 made these attributes public; before, they had an underscore.
def _data(result: Any) -> dict[str, Any]:
    return result.result if hasattr(result, "result") else result._result


def _task(result: Any) -> Any:
    return result.task if hasattr(result, "task") else result._task


def _host(result: Any) -> str:
    return (result.host if hasattr(result, "host") else result._host).get_name()


def _is_quiet(task: Any) -> bool:
    return task.action.rpartition(".")[2] in _QUIET_ACTIONS


def _heading(host: str, task: Any) -> str:
    step = task._role.get_name().rpartition(".")[2] if task._role else ""
    return "  ".join(part for part in (f"{host:<12}", f"{step:<12}", task.name) if part.strip())
