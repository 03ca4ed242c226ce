# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our callbacks read of a result, in every supported ansible-core: 2.19 made these attributes public."""

from __future__ import annotations

from typing import Any


def data(result: Any) -> dict[str, Any]:
    """The fields of the result; of a task with no_log only that it was censored."""
    return result.result if hasattr(result, "result") else result._result


def task(result: Any) -> Any:
    """The task that it came of."""
    return result.task if hasattr(result, "task") else result._task


def host(result: Any) -> str:
    """The inventory name of the host that it came of: a tenant, mostly."""
    return (result.host if hasattr(result, "host") else result._host).get_name()


def step(of: Any) -> str:
    """The short name of the task's role, which is a step; empty for a task of a playbook."""
    return of._role.get_name().rpartition(".")[2] if of._role else ""
