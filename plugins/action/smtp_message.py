# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(frappeops.tenants.smtp_message), where it is documented."""

from __future__ import annotations

from typing import Any

from ansible_collections.frappeops.tenants.plugins.plugin_utils import mail
from ansible_collections.frappeops.tenants.plugins.plugin_utils.controller_action import ControllerAction

OF_THE_SERVER = ("host", "port", "user", "password", "starttls", "implicit_tls", "ca_file", "timeout")
OF_THE_LETTER = ("sender", "recipient", "subject", "text", "html", "message_id")


class ActionModule(ControllerAction):
    """Sends one mail, or sees that one could be sent."""

    ARGUMENTS = {
        "state": {"type": "str", "choices": ["sent", "ready"], "default": "sent"},
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 587},
        "user": {"type": "str", "default": ""},
        "password": {"type": "str", "default": "", "no_log": True},
        "starttls": {"type": "bool", "default": True},
        "implicit_tls": {"type": "bool", "default": False},
        "ca_file": {"type": "path"},
        "timeout": {"type": "float", "default": 20},
        "sender": {"type": "str"},
        "recipient": {"type": "str"},
        "subject": {"type": "str"},
        "text": {"type": "str"},
        "html": {"type": "str", "default": ""},
        "message_id": {"type": "str"},
    }
    REQUIRED_IF = [("state", "sent", ["sender", "recipient", "subject", "text", "message_id"])]

    def work(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        server = mail.Server(**{name: arguments[name] for name in OF_THE_SERVER})
        if arguments["state"] == "ready":
            mail.require_ready(server)
            return {"changed": False}
        message = mail.compose(mail.Letter(**{name: arguments[name] for name in OF_THE_LETTER}))
        result = {"changed": True, "message_id": arguments["message_id"]}
        return result if self.check_mode else {**result, "reply": mail.send(server, message)}
