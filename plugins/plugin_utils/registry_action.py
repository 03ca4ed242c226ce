# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of the actions that work in the registry."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from .controller_action import ControllerAction

# Imported here, at the top: Ansible loads an action's file in its main process before it forks the workers,
# so the 0.2 s that SQLAlchemy takes are paid once a run and not once a task.
from .registry import database
from .registry.library import IMPORT_ERROR, sa

#: The option that every registry action has.
REGISTRY_ARGUMENTS: dict[str, Any] = {"registry_url": {"type": "str", "no_log": True}}


class RegistryAction(ControllerAction):
    """An action with a transaction in the registry."""

    def transaction(
        self, arguments: dict[str, Any], variables: dict[str, Any]
    ) -> AbstractContextManager[sa.Connection]:
        """A transaction in the registry; in check mode it is taken back.

        The URL is the task's C(registry_url), else the variable C(tenant_registry_url), else the default.
        """
        if IMPORT_ERROR is not None:
            raise TenantError(
                "The Python that runs ansible-playbook lacks SQLAlchemy.",
                "Install it there: python3 -m pip install 'SQLAlchemy>=2.0'.",
                exception=IMPORT_ERROR,
            )
        configured = self._templar.template(variables.get("tenant_registry_url"))
        url = arguments["registry_url"] or configured or database.DEFAULT_URL
        return database.transaction(url, commit=not self.check_mode)
