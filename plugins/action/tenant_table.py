# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.tenant_table), where it is documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.whole_file import write_whole
from ansible_collections.frappeops.tenants.plugins.plugin_utils import result_file
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenant_table import lines


class ActionModule(ControllerAction):
    """Prints tenants, and writes them into a file."""

    ARGUMENTS = {
        "tenants": {"type": "list", "elements": "dict", "required": True},
        "output": {"type": "str", "default": "table", "choices": ["table", "json"]},
        "file": {"type": "path"},
    }

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(arguments["tenants"], indent=2, ensure_ascii=False)
        if arguments["file"]:
            _write(Path(arguments["file"]), text)
        printed = text.splitlines() if arguments["output"] == "json" else lines(arguments["tenants"])
        Display().display("\n" + "\n".join(printed))
        return {"changed": False, "lines": printed}


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, f"{text}\n", result_file.MODE)
    except OSError as error:
        raise TenantError(f"The file {file} can't be written: {error.strerror}.") from error
