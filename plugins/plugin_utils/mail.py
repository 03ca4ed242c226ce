# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One mail to one person, over SMTP.

The message is composed first and sent afterwards, so bad input is found before anything is connected. Each stage of
sending has an error of its own with the server's words, because the remedies differ: a wrong password, an unknown CA
and a refused recipient are mended by different people.
"""

from __future__ import annotations

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

# Lines end here, whatever the header: what follows would be read as further headers or as the body.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_HOST}")
_MAILBOX = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<address>[^<>]+)>")
_MESSAGE_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@{_HOST}>")
#: A line of a mail has at most 998 characters, and identifiers are not folded.
_LONGEST_ID = 900

#: What to do when the server says no for good.
_REMEDIES = {
    "authentication": "Check user and password.",
    "refused": "Ask its operator whether this host may send there.",
    "not_ready": "Look into its log.",
    "sender_refused": "Log in, or use a sender that this server takes.",
    "recipient_refused": "Check the recipient's address.",
    "message_refused": "Look into its log.",
}

#: Plain 7-bit lines: no server needs an extension to take the message.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Letter:
    """What is to be sent.

    :param sender: an address, or C(Name <address>); so is the recipient.
    :param message_id: with its angle brackets; the same for the same mail, so that a repetition can be recognised.
    """

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str


@dataclass(frozen=True)
class Server:
    """The mail server and how to speak to it.

    :param starttls: encrypt before anything is said; a server that can't is refused.
    :param implicit_tls: encrypted from the first byte, usually on port 465; C(starttls) is meaningless then.
    :param ca_file: trust only the CAs of this file; None for the system's.
    """

    host: str
    port: int = 587
    user: str = ""
    password: str = ""
    starttls: bool = True
    implicit_tls: bool = False
    ca_file: str | None = None
    timeout: float = 20.0

    @property
    def shown(self) -> str:
        return f"Mail server {self.host} port {self.port}"


def compose(letter: Letter) -> EmailMessage:
    """The letter as a message with a text and an HTML part.

    :raises TenantError: a header would hold what it must not hold.
    """
    if not _MESSAGE_ID.fullmatch(letter.message_id) or len(letter.message_id) > _LONGEST_ID:
        raise TenantError(
            f"message_id: {letter.message_id!r} is not a message identifier.", "Example: <a1@example.com>."
        )
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = _one_line("subject", letter.subject)
    message["From"] = mailbox("sender", letter.sender)
    message["To"] = mailbox("recipient", letter.recipient)
    message["Date"] = localtime()
    message["Message-ID"] = letter.message_id
    # Nobody's holiday notice shall answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


def mailbox(field: str, text: str) -> Address:
    """C(address) or C(Name <address>), taken apart."""
    _one_line(field, text)
    named = _MAILBOX.fullmatch(text.strip())
    name, address = (named["name"].strip(' "'), named["address"]) if named else ("", text.strip())
    if not _ADDRESS.fullmatch(address) or ".." in address or len(address) > 254:
        raise TenantError(
            f"{field}: {text!r} is not a mail address that we can write to.",
            "Example: ada@example.com or Ada <ada@example.com>; letters beyond ASCII only in the name.",
        )
    return Address(name, addr_spec=address)


def send(server: Server, message: EmailMessage) -> str:
    """Send the message to the one recipient in its header.

    :returns: the server's words.
    :raises TenantError: C(error) tells the stage, C(sent) whether the server took it: False, or None when unknown.
    """
    sender = message["From"].addresses[0].addr_spec
    recipient = message["To"].addresses[0].addr_spec
    with _session(server) as smtp:
        _expect(server, smtp.mail(sender), "sender_refused", f"refuses the sender {sender}")
        _expect(server, smtp.rcpt(recipient), "recipient_refused", f"refuses the recipient {recipient}")
        try:
            reply = smtp.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            raise _refusal(
                server, "message_refused", "refuses the message", error.smtp_code, error.smtp_error
            ) from error
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise TenantError(
                f"{server.shown} was lost while it took the message, so it is not known whether it was sent.",
                "Look for its Message-ID in the server's log before you send it again.",
                error="unsure",
                sent=None,
            ) from error
        return _expect(server, reply, "message_refused", "refuses the message")


def require_ready(server: Server) -> None:
    """Connect, encrypt and log in, send nothing."""
    with _session(server) as smtp:
        _expect(server, smtp.noop(), "not_ready", "does not answer as a mail server")


@contextlib.contextmanager
def _session(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and logged in as wished."""
    if server.password and not (server.starttls or server.implicit_tls):
        raise TenantError(
            f"{server.shown}: the password would travel unencrypted.",
            "Use starttls or implicit_tls, or a relay that needs no password.",
            error="unencrypted",
            sent=False,
        )
    try:
        smtp = _connect(server)
        try:
            _greet(server, smtp)
            yield smtp
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()
    except ssl.SSLCertVerificationError as error:
        raise _failed(
            server,
            "tls",
            f"shows a certificate that is not trusted: {error.verify_message}",
            "Name the server as in its certificate, and give ca_file for a private CA.",
        ) from error
    except ssl.SSLError as error:
        remedy = "Is it implicit_tls (usually port 465) or starttls (usually port 587)?"
        raise _failed(server, "tls", f"does not speak TLS here ({error.reason or error})", remedy) from error
    except socket.gaierror as error:
        raise _failed(server, "name", f"does not resolve: {error.strerror}", "Check the host name.") from error
    except ConnectionRefusedError as error:
        raise _failed(server, "refused", "refuses the connection", "Does it run, and is this its port?") from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(server, "refused", "refuses us", error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        # smtplib wraps a time-out into an error of its own.
        if isinstance(error, socket.timeout) or isinstance(error.__context__, socket.timeout):
            raise _failed(
                server, "timeout", f"did not answer within {server.timeout:g} s", "Is a firewall in between?"
            ) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise _failed(server, "lost", f"ended the connection: {reason}", "Is this a mail server's port?") from error


def _connect(server: Server) -> smtplib.SMTP:
    if server.implicit_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=_trust(server))
    return smtplib.SMTP(server.host, server.port, timeout=server.timeout)


def _greet(server: Server, smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    if server.starttls and not server.implicit_tls:
        if not smtp.has_extn("starttls"):
            raise _failed(
                server,
                "no_starttls",
                "does not offer STARTTLS",
                "Use its port for submission, or set starttls to false.",
            )
        smtp.starttls(context=_trust(server))
        smtp.ehlo()
    if server.user:
        _log_in(server, smtp)


def _log_in(server: Server, smtp: smtplib.SMTP) -> None:
    refused = f"refuses user {server.user} with this password"
    try:
        if "PLAIN" in smtp.esmtp_features.get("auth", "").upper().split():
            # Not by smtplib, which knows only passwords of ASCII.
            credentials = base64.b64encode(f"\0{server.user}\0{server.password}".encode())
            _expect(server, smtp.docmd("AUTH", f"PLAIN {credentials.decode()}"), "authentication", refused)
        else:
            smtp.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise _refusal(server, "authentication", refused, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise _failed(
            server, "authentication", "takes no logins", "Leave the user out, or use its port for submission."
        ) from error
    except UnicodeEncodeError as error:
        raise _failed(
            server, "authentication", "takes only passwords of ASCII characters", "Use such a password."
        ) from error


def _trust(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise _failed(
            server,
            "ca_file",
            f"can't be verified, since the CA file {server.ca_file} can't be used: {error.strerror or error}",
            "Give a file of CA certificates in PEM form.",
        ) from error


def _expect(server: Server, reply: tuple[int, bytes], code: str, what: str) -> str:
    status, words = reply
    if not 200 <= status < 300:
        raise _refusal(server, code, what, status, words)
    return f"{status} {_words(words)}"


def _refusal(server: Server, code: str, what: str, status: int, words: bytes | str) -> TenantError:
    remedy = "The server says to try again later." if 400 <= status < 500 else _REMEDIES[code]
    return _failed(server, code, f"{what}: {status} {_words(words)}", remedy)


def _failed(server: Server, code: str, what: str, remedy: str) -> TenantError:
    return TenantError(f"{server.shown} {what}.", remedy, error=code, sent=False)


def _words(words: Any) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join(_CONTROL.sub(" ", text).split())[:300].rstrip(".")


def _one_line(field: str, text: str) -> str:
    if _CONTROL.search(text):
        raise TenantError(
            f"{field}: {text!r} holds a line break or another control character.", "Use one line of text."
        )
    return text
