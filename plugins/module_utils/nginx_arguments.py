# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the modules that work with nginx; documented in doc_fragments/nginx.py."""

from __future__ import annotations

from typing import Any

from .nginx import Nginx
from .tools import Tools

ARGUMENTS: dict[str, Any] = {
    "nginx_command": {"type": "list", "elements": "str", "default": ["nginx"]},
    "nginx_config": {"type": "path", "default": "/etc/nginx/nginx.conf"},
    "nginx_pid_file": {"type": "path", "default": "/run/nginx.pid"},
}

PUBLISH_ARGUMENTS: dict[str, Any] = {
    **ARGUMENTS,
    "reload_timeout": {"type": "int", "default": 60},
    "answers": {
        "type": "dict",
        "options": {
            "host": {"type": "str", "required": True},
            "address": {"type": "str", "default": "127.0.0.1"},
            "port": {"type": "int", "default": 80},
        },
    },
}

_LOOPBACK = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "::1"}


def nginx_of(params: dict[str, Any], tools: Tools) -> Nginx:
    """The nginx that the module's arguments describe."""
    return Nginx(
        tools,
        params["nginx_command"],
        params["nginx_config"],
        params["nginx_pid_file"],
        params.get("reload_timeout", 0),
    )


def require_answer(nginx: Nginx, params: dict[str, Any]) -> None:
    """See that nginx knows the host that the module's arguments name, if they name one."""
    answers = params["answers"]
    if answers:
        address = answers["address"]
        nginx.require_host(answers["host"], _LOOPBACK.get(address, address.strip("[]")), answers["port"])
