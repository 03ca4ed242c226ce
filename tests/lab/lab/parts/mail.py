# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail catcher. See servers/mail.py for what it does with a message."""

from __future__ import annotations

import smtplib

from lab.authority import make_server_certificate
from lab.part import NotAnsweringError, Part, Program, python_server
from lab.settings import SMTP_USER


class Mail(Part):
    name = "mail"
    ports = ("smtp",)

    def prepare(self) -> None:
        make_server_certificate(self.settings, "mail")
        self.settings.mail.mkdir(parents=True, exist_ok=True)

    def program(self) -> Program:
        return python_server(self.settings, "mail")

    def answers(self) -> None:
        try:
            with smtplib.SMTP(self.settings.address, self.port, timeout=5) as connection:
                connection.login(SMTP_USER, self.settings.secret("smtp_password"))
        except smtplib.SMTPException as error:
            raise NotAnsweringError(f"login as {SMTP_USER}: {error}") from error
