# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SMTP server that keeps every message as a file and delivers none.

Login is required (user C(lab)), STARTTLS is offered. Addresses that start with C(reject) are refused with 550, as a mail
server refuses a mailbox that it does not have. A message becomes C(mail/TIME-NUMBER.eml), with the envelope's addresses
as X-Envelope-From and X-Envelope-To before its own header lines.
"""

from __future__ import annotations

import itertools
import secrets
import signal
import ssl
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.settings import SMTP_USER, Settings


class Catcher:
    """What happens to recipients and messages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower().startswith("reject"):
            return f"550 5.1.1 <{address}>: no such mailbox (the lab refuses addresses that start with reject)"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**9:09d}-{next(self.numbers)}"
        head = "".join(
            f"{field}: {value}\r\n"
            for field, value in (
                ("X-Envelope-From", envelope.mail_from),
                ("X-Envelope-To", ", ".join(envelope.rcpt_tos)),
            )
        )
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        unfinished = self.folder / f".{name}"
        unfinished.write_bytes(head.encode() + content)
        # Whoever lists *.eml sees whole messages only.
        unfinished.rename(self.folder / f"{name}.eml")
        return f"250 OK, kept as {name}.eml"


class Login:
    """The one user that may send."""

    def __init__(self, user: str, password: str) -> None:
        self.expected = (user.encode(), password.encode())

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login, data.password) if isinstance(data, LoginPassword) else (b"", b"")
        right = all(secrets.compare_digest(one, other) for one, other in zip(given, self.expected, strict=True))
        # handled=False: the server then says "535 Authentication credentials invalid" itself.
        return AuthResult(success=right, handled=False)


def make_controller(
    folder: Path, address: str, port: int, user: str, password: str, tls: ssl.SSLContext | None
) -> Controller:
    """The server, ready to start."""
    return Controller(
        Catcher(folder),
        hostname=address,
        port=port,
        tls_context=tls,
        authenticator=Login(user, password),
        auth_required=True,
        # STARTTLS is the client's choice, also before login: the collection is tested both ways.
        auth_require_tls=False,
        data_size_limit=10 * 1024 * 1024,
    )


def main() -> int:
    settings = Settings.load()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(settings.lab_dir / "tls" / "mail.pem", settings.lab_dir / "tls" / "mail.key")
    controller = make_controller(
        settings.mail, settings.address, settings.ports["smtp"], SMTP_USER, settings.secret("smtp_password"), tls
    )
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()
    return 0


if __name__ == "__main__":
    # Blocked before the server's thread is made, so that sigwait alone gets them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    sys.exit(main())
