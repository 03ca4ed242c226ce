# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_handover), where it is documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.plugin_utils import result_file
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Prints a secret, or writes it into a file."""

    ARGUMENTS = {
        "title": {"type": "str", "required": True},
        "secret": {"type": "dict", "required": True, "no_log": True},
        "file": {"type": "path"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if not self.check_mode:
            _hand_over(**arguments)
        return {"changed": True, "file": arguments["file"]}


def _hand_over(title: str, secret: dict[str, Any], file: str | None) -> None:
    if file:
        result_file.write(Path(file), json.dumps(secret, indent=2))
        Display().display(f"\n{title}: see {file}")
        return
    lines = [f"{title}:", *(f"  {name}  {value}" for name, value in secret.items())]
    Display().display("\n" + "\n".join(lines), screen_only=True)
