# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What MariaDB's clients are told in an option file, since their arguments can be seen by everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def client_options(options: Mapping[str, Any]) -> str:
    """The file's text for host, port, socket, user and password. One without a value is left to the client."""
    lines = [f"{name}={quoted(value)}\n" for name, value in options.items() if value]
    return "".join(["[client]\n", *lines])


def quoted(value: Any) -> str:
    """A value as the clients read it; whatever it holds, it stays one value."""
    text = str(value)
    for character, escape in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t")):
        text = text.replace(character, escape)
    return f'"{text}"'
