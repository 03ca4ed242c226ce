# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of the actions that print many things: as a table or as JSON, and as JSON into a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display

from . import result_file
from .controller_action import ControllerAction

TABLE_ARGUMENTS: dict[str, Any] = {
    "output": {"type": "str", "default": "table", "choices": ["table", "json"]},
    "file": {"type": "path"},
}


class TableAction(ControllerAction):
    """Prints what one of its options holds."""

    #: The option.
    CONTENT: ClassVar[str]

    def table(self, arguments: dict[str, Any]) -> list[str]:
        """The lines of the table."""
        raise NotImplementedError

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(arguments[self.CONTENT], indent=2, ensure_ascii=False)
        if arguments["file"]:
            result_file.write(Path(arguments["file"]), text)
        printed = text.splitlines() if arguments["output"] == "json" else self.table(arguments)
        Display().display("\n" + "\n".join(printed))
        return {"changed": False, "lines": printed}
