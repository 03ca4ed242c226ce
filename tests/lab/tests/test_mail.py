# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail catcher: login, refusals, and one file for each message."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from lab.authority import make_server_certificate
from lab.passwords import make_secrets
from lab.servers.mail import make_controller
from lab.settings import Settings

# Login without TLS is offered on purpose: see make_controller.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

MESSAGE = "Subject: Welcome\r\n\r\nHello Ada\r\n"


@pytest.fixture
def settings(tmp_path: Path, free_port: int) -> Settings:
    return Settings(lab_dir=tmp_path, ports={"smtp": free_port})


@pytest.fixture
def server(settings: Settings) -> Iterator[smtplib.SMTP]:
    make_secrets(settings)
    make_server_certificate(settings, "mail")
    settings.mail.mkdir()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(settings.lab_dir / "tls" / "mail.pem", settings.lab_dir / "tls" / "mail.key")
    controller = make_controller(settings.mail, "127.0.0.1", settings.ports["smtp"], "lab", "secret", tls)
    controller.start()
    with smtplib.SMTP("127.0.0.1", settings.ports["smtp"], timeout=5) as connection:
        yield connection
    controller.stop()


def test_a_message_becomes_one_file(server: smtplib.SMTP, settings: Settings) -> None:
    server.login("lab", "secret")
    server.sendmail("from@tenants.test", ["ada@acme.test", "bob@acme.test"], MESSAGE)
    (kept,) = settings.mail.glob("*.eml")
    message = message_from_bytes(kept.read_bytes())
    assert message["Subject"] == "Welcome"
    assert message["X-Envelope-From"] == "from@tenants.test"
    assert message["X-Envelope-To"] == "ada@acme.test, bob@acme.test"
    assert "Hello Ada" in message.get_payload()


def test_starttls_with_a_certificate_of_the_labs_authority(server: smtplib.SMTP, settings: Settings) -> None:
    server.starttls(context=ssl.create_default_context(cafile=str(settings.directory_ca)))
    server.login("lab", "secret")
    server.sendmail("from@tenants.test", "ada@acme.test", MESSAGE)
    assert len(list(settings.mail.glob("*.eml"))) == 1


def test_nothing_is_taken_without_login(server: smtplib.SMTP, settings: Settings) -> None:
    with pytest.raises(smtplib.SMTPException, match="530"):
        server.sendmail("from@tenants.test", "ada@acme.test", MESSAGE)
    assert not list(settings.mail.glob("*.eml"))


def test_a_wrong_password_is_refused(server: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        server.login("lab", "wrong")


def test_some_addresses_have_no_mailbox(server: smtplib.SMTP, settings: Settings) -> None:
    server.login("lab", "secret")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        server.sendmail("from@tenants.test", "reject-me@acme.test", MESSAGE)
    assert refused.value.recipients["reject-me@acme.test"][0] == 550
    assert not list(settings.mail.glob("*.eml"))
