# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a mail looks like, what may not get into its headers, and how each stage of sending fails; against real SMTP servers."""

from __future__ import annotations

import asyncio
import email
import email.policy
import string
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import Authority, free_port, socket_saying

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils import mail
from ansible_collections.frappeops.tenants.plugins.plugin_utils.mail import Letter, Server

LETTER = Letter(
    sender="Tenants <no-reply@example.com>",
    recipient="ada@acme.com",
    subject="acme is ready",
    text="Open https://acme.example.com\n.\nand sign in.\n",
    html="<p>Open <a href='https://acme.example.com'>acme</a></p>\n",
    message_id="<welcome.5f2c@example.com>",
)
PASSWORD = "pass word'\"\\$(é)"


class Box:
    """Keeps what it gets; refuses some on demand."""

    def __init__(self, refuse_data: str = "") -> None:
        self.envelopes: list = []
        self._refuse_data = refuse_data

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("reject"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        if self._refuse_data:
            return self._refuse_data
        self.envelopes.append(envelope)
        return "250 OK queued as 1"


@contextmanager
def serving(authority=None, box=None, login=True, implicit_tls=False, **options):
    """A mail server; with an authority it offers STARTTLS and takes logins only then."""
    box = box or Box()
    context = authority.context("mail.test", "127.0.0.1") if authority else None

    def authenticate(_server, _session, _envelope, _mechanism, credentials):
        right = (credentials.login, credentials.password) == (b"lab", PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    options["hostname"] = "mail.test"
    if context and not implicit_tls:
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": bool(context)}

    loop = asyncio.new_event_loop()
    ssl_context = context if implicit_tls else None
    listening = loop.create_server(lambda: SMTP(box, loop=loop, **options), "127.0.0.1", 0, ssl=ssl_context)
    listener = loop.run_until_complete(listening)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listener.sockets[0].getsockname()[1], box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


def server(port, authority=None, **options):
    ca_file = str(authority.file) if authority else None
    defaults = {"user": "lab", "password": PASSWORD, "ca_file": ca_file, "timeout": 5}
    return Server("127.0.0.1", port, **{**defaults, **options})


def fault(wanted, letter=LETTER):
    with pytest.raises(TenantError) as raised:
        mail.send(wanted, mail.compose(letter))
    assert "\n" not in raised.value.msg
    assert PASSWORD not in str(raised.value.as_result())
    return raised.value


def parsed(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def test_a_mail_arrives_whole_over_starttls_and_login(authority):
    with serving(authority) as (port, box):
        reply = mail.send(server(port, authority), mail.compose(LETTER))
    assert reply == "250 OK queued as 1"
    [envelope] = box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.com", ["ada@acme.com"])
    message = parsed(envelope.content)
    assert (message["From"], message["To"]) == ("Tenants <no-reply@example.com>", "ada@acme.com")
    assert (message["Subject"], message["Message-ID"]) == ("acme is ready", "<welcome.5f2c@example.com>")
    assert message["Date"].datetime.tzinfo is not None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().splitlines() for part in message.iter_parts()] == [
        LETTER.text.splitlines(),
        LETTER.html.splitlines(),
    ]


def test_a_mail_arrives_over_implicit_tls(authority):
    with serving(authority, implicit_tls=True, login=False) as (port, box):
        mail.send(server(port, authority, implicit_tls=True, user="", password=""), mail.compose(LETTER))
    assert len(box.envelopes) == 1


def test_a_relay_without_login_and_encryption():
    with serving(login=False) as (port, box):
        mail.send(server(port, starttls=False, user="", password=""), mail.compose(LETTER))
    assert len(box.envelopes) == 1


def test_ready_sends_nothing_and_fails_as_sending_would(authority):
    with serving(authority) as (port, box):
        mail.require_ready(server(port, authority))
        with pytest.raises(TenantError) as raised:
            mail.require_ready(server(port, authority, password="wrong"))
    assert raised.value.details["error"] == "authentication"
    assert box.envelopes == []


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"password": "wrong"}, "authentication", "535"),
        ({"ca_file": None}, "tls", "not trusted"),
        ({"ca_file": "/nonexistent/ca.pem"}, "ca_file", "/nonexistent/ca.pem"),
        ({"implicit_tls": True}, "tls", "does not speak TLS"),
        ({"starttls": False, "user": "", "password": ""}, "sender_refused", "530"),
        ({"starttls": False}, "unencrypted", "unencrypted"),
        ({"user": "", "password": ""}, "sender_refused", "530"),
    ],
)
def test_what_a_server_with_starttls_and_login_refuses(authority, options, code, words):
    with serving(authority) as (port, box):
        found = fault(server(port, authority, **options))
    assert found.details == {"error": code, "sent": False}
    assert words in found.msg
    assert box.envelopes == []


def test_a_name_that_is_not_in_the_certificate(authority):
    with serving(authority) as (port, _box):
        wanted = replace(server(port, authority), host="localhost")
        assert fault(wanted).details["error"] == "tls"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_server_without_starttls_is_never_trusted_with_a_password():
    with serving() as (port, _box):
        assert fault(server(port)).details["error"] == "no_starttls"


def test_a_server_that_takes_no_logins(authority):
    with serving(authority, login=False) as (port, _box):
        assert fault(server(port, authority)).details["error"] == "authentication"


def test_a_server_that_knows_login_only(authority):
    with serving(authority, auth_exclude_mechanism=["PLAIN"]) as (port, box):
        found = fault(server(port, authority))
        assert found.details == {"error": "authentication", "sent": False}
        assert "ASCII" in found.msg
        with pytest.raises(TenantError, match="535"):
            mail.require_ready(server(port, authority, password="wrong"))
    assert box.envelopes == []


def test_a_refused_recipient_is_told_in_the_servers_words(authority):
    with serving(authority) as (port, _box):
        found = fault(server(port, authority), replace(LETTER, recipient="reject@acme.com"))
    assert found.details == {"error": "recipient_refused", "sent": False}
    assert "reject@acme.com: 550 5.1.1 no such mailbox" in found.msg


@pytest.mark.parametrize(("reply", "remedy"), [("554 5.7.1 looks like spam", "log"), ("451 4.3.0 not now", "later")])
def test_a_refused_message(authority, reply, remedy):
    with serving(authority, Box(refuse_data=reply)) as (port, _box):
        found = fault(server(port, authority))
    assert found.details == {"error": "message_refused", "sent": False}
    assert reply in found.msg
    assert remedy in found.remedy


def test_nobody_listens():
    assert fault(server(free_port())).details == {"error": "refused", "sent": False}


def test_a_server_that_says_nothing():
    with socket_saying(None) as port:
        assert fault(server(port, timeout=0.3)).details == {"error": "timeout", "sent": False}


def test_a_name_that_does_not_resolve():
    assert fault(replace(server(25), host="mail.invalid")).details == {"error": "name", "sent": False}


def test_a_server_that_is_lost_while_it_takes_the_mail_leaves_open_whether_it_was_sent():
    class Vanishing(Box):
        async def handle_DATA(self, server, _session, _envelope):
            server.transport.abort()
            return "250 never heard"

    with serving(login=False, box=Vanishing()) as (port, _box):
        found = fault(server(port, starttls=False, user="", password=""))
    assert found.details == {"error": "unsure", "sent": None}


def test_without_html_there_is_only_text():
    message = mail.compose(replace(LETTER, html=""))
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028"])
@pytest.mark.parametrize("field", ["sender", "recipient", "subject", "message_id"])
def test_no_line_break_gets_into_a_header(field, breaker):
    value = getattr(LETTER, field)
    for broken in (f"{value}{breaker}Bcc: eve@evil.test", f"{breaker}{value}", f"{value}{breaker}"):
        with pytest.raises(TenantError, match=field):
            mail.compose(replace(LETTER, **{field: broken}))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@acme.com",
        "ada@",
        "ada@acme..com",
        "ada@-acme.com",
        "a b@acme.com",
        "ada@acme.com, eve@evil.test",
        "ada@acme.com eve@evil.test",
        "<ada@acme.com> <eve@evil.test>",
        "Ada <ada@acme.com",
        "ada@acme.com>",
        '"a b"@acme.com',
        "äda@acme.com",
        "ada@äcme.com",
        f"{'a' * 250}@acme.com",
    ],
)
def test_what_is_not_one_address(address):
    with pytest.raises(TenantError, match="recipient"):
        mail.compose(replace(LETTER, recipient=address))


@pytest.mark.parametrize("message_id", ["", "a@b", "<a>", "<a b@c>", "<a@b><c@d>", f"<{'a' * 900}@b>"])
def test_what_is_not_a_message_id(message_id):
    with pytest.raises(TenantError, match="message_id"):
        mail.compose(replace(LETTER, message_id=message_id))


printable = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
names = st.text(printable, max_size=80)
headers_of_a_mail = {
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}


@given(subject=names, name=names.filter(lambda name: not set("<>") & set(name)))
def test_every_subject_and_name_is_read_back_and_makes_no_further_header(subject, name):
    letter = replace(LETTER, subject=subject, sender=f"{name} <no-reply@example.com>")
    content = mail.compose(letter).as_bytes()
    message = parsed(content)
    assert set(message.keys()) == headers_of_a_mail
    assert " ".join(message["Subject"].split()) == " ".join(subject.split())
    [sender] = message["From"].addresses
    assert sender.addr_spec == "no-reply@example.com"
    assert content.isascii()


@given(text=st.text(st.characters(exclude_categories=("Cs",))), html=st.text(st.characters(exclude_categories=("Cs",))))
def test_no_body_makes_a_header_or_a_long_line(text, html):
    content = mail.compose(replace(LETTER, text=text, html=html)).as_bytes()
    assert set(parsed(content).keys()) == headers_of_a_mail | ({"Content-Transfer-Encoding"} if not html else set())
    assert max(map(len, content.split(b"\r\n"))) <= 998


@given(st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=400))
def test_a_message_id_is_never_folded_or_encoded(left):
    wanted = f"<{left}@example.com>"
    try:
        content = mail.compose(replace(LETTER, message_id=wanted)).as_bytes()
    except TenantError:
        return
    assert f"Message-ID: {wanted}\r\n".encode() in content.replace(b"Message-ID:\r\n ", b"Message-ID: ")
