# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of the actions that work in the registry."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from .controller_action import ControllerAction

# Imported here, at the top: Ansible loads an action's file in its main process before it forks the workers,
# so the 0.2 s that SQLAlchemy takes are paid once a run and not once a task.
from .registry import address, database, runs
from .registry.library import require, sa

#: The options that every registry action has. Two are told to be no secrets, whatever they are called.
REGISTRY_ARGUMENTS: dict[str, Any] = {
    "registry_url": {"type": "str", "no_log": True},
    "registry_password_env": {"type": "str", "no_log": False},
    "registry_password_file": {"type": "path", "no_log": False},
}


class RegistryAction(ControllerAction):
    """An action whose work holds one transaction in the registry. The work is done again when a server breaks it off."""

    def outcome(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        return database.repeat(lambda: self.work(arguments, variables))

    def transaction(
        self, arguments: dict[str, Any], variables: dict[str, Any]
    ) -> AbstractContextManager[sa.Connection]:
        """A transaction in the registry; in check mode it is taken back, and neither makes nor upgrades the registry."""
        return database.transaction(self._address(arguments, variables), commit=not self.check_mode)

    def reading(self, arguments: dict[str, Any], variables: dict[str, Any]) -> AbstractContextManager[sa.Connection]:
        """A connection to the registry that only reads."""
        return database.reading(self._address(arguments, variables), upgrade=not self.check_mode)

    def current_run(self, variables: dict[str, Any]) -> runs.Run:
        """The run that this action belongs to. AWX tells by a variable who started the job; the account is the same for all."""
        return runs.current(str(variables.get("awx_user_name") or variables.get("tower_user_name") or ""))

    def _address(self, arguments: dict[str, Any], variables: dict[str, Any]) -> sa.URL:
        """Each part is the task's, else the variable C(tenant_...) of the same name, else the default."""
        require()
        url, variable, file = (
            arguments[option] or self._templar.template(variables.get(f"tenant_{option}")) or ""
            for option in REGISTRY_ARGUMENTS
        )
        return address.parse(url or address.DEFAULT_URL, variable, file)
