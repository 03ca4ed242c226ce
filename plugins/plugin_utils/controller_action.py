# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of our actions: work that needs no host and runs in the controller.

An action costs some 5 to 20 ms, a module call 200 to 300 ms, so all logic that only needs variables and
the registry is an action. A subclass states its ARGUMENTS and does its work; this class checks the
arguments and tells Ansible the outcome.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError


class ControllerAction(ActionBase):
    """An action that never connects to a host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    #: The argument specification, as for a module; the documentation of the action describes it.
    ARGUMENTS: ClassVar[dict[str, Any]] = {}
    #: Which arguments others need, as for a module.
    REQUIRED_IF: ClassVar[list[tuple[str, Any, list[str]]]] = []

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Do the work and return the fields of the result; raise TenantError to fail."""
        raise NotImplementedError

    def outcome(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """What the work gives; for a class between this one and the action to work around."""
        return self.work(arguments, variables)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _checked, arguments = self.validate_argument_spec(argument_spec=self.ARGUMENTS, required_if=self.REQUIRED_IF)
        try:
            result.update(self.outcome(arguments, task_vars or {}))
        except TenantError as error:
            result.update(failed=True, **error.as_result())
        return result

    @property
    def check_mode(self) -> bool:
        """Whether nothing may be changed."""
        return bool(self._task.check_mode)
