# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads when the server of a zone does not do as it is told."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.tsig
import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_plan import Made
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_record_sets
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_server import (
    PrerequisiteFailed,
    UpdateServer,
    make_key,
)
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_update import UpdatedZone
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_zone import ensure
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

GIVEN: dict[str, Any] = {
    "records": [{"name": "acme.example.com", "type": "A", "value": ["192.0.2.10"]}],
    "state": "present",
    "overwrite": False,
}
RECORDS = parse_record_sets(GIVEN["records"])


def server(protocol: str = "tcp") -> UpdateServer:
    """A server that nobody listens for: the tests answer in its place."""
    key = make_key("frappeops-tenants.", "c2VjcmV0", "hmac-sha256")
    return UpdateServer("127.0.0.1", 53, "example.com", key, 3, protocol)


def answer_with(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> None:
    """Let every exchange end in I(outcome): an error, or a function of the message."""

    def exchange(message: Any, *_arguments: Any) -> Any:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome(message)

    monkeypatch.setattr(dns.query, "tcp", exchange)
    monkeypatch.setattr(dns.query, "udp_with_fallback", lambda *arguments: (exchange(*arguments), False))


def reply(rcode: dns.rcode.Rcode, signed: bool = True, flags: dns.flags.Flag = dns.flags.AA) -> Any:
    """A function that answers a message with I(rcode)."""

    def respond(message: Any) -> Any:
        response = dns.message.make_response(message)
        response.set_rcode(rcode)
        response.flags |= flags
        if not signed:
            response.tsig = None
        return response

    return respond


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (dns.tsig.PeerBadKey(), "(NOTAUTH, BADKEY)"),
        (dns.tsig.PeerBadSignature(), "(NOTAUTH, BADSIG)"),
        (dns.tsig.PeerBadTime(), "(NOTAUTH, BADTIME). Set both clocks by NTP."),
        (dns.tsig.BadSignature(), "its answer is not valid"),
        (dns.exception.Timeout(), "no answer within 3 s over TCP"),
        (ConnectionRefusedError(111, "Connection refused"), "cannot be reached over TCP: Connection refused"),
        (EOFError(), "closed the connection"),
        (reply(dns.rcode.REFUSED, signed=False), "refuses this to the key frappeops-tenants (hmac-sha256) (REFUSED)"),
        (reply(dns.rcode.NOTAUTH), "not an authority for the zone example.com (NOTAUTH)"),
        (reply(dns.rcode.NOTZONE), "(NOTZONE)"),
        (reply(dns.rcode.NOTIMP), "takes no updates (NOTIMP)"),
        (reply(dns.rcode.SERVFAIL), "(SERVFAIL)"),
        (reply(dns.rcode.FORMERR), "the server answered FORMERR"),
        (reply(dns.rcode.NOERROR, signed=False), "its answer is not signed by the key"),
    ],
)
def test_failure_of_an_update(monkeypatch: pytest.MonkeyPatch, outcome: Any, expected: str) -> None:
    answer_with(monkeypatch, outcome)
    target = server()
    with pytest.raises(TenantError) as failed:
        target.send(target.new_update(), "publishing acme.example.com A")
    told = failed.value.as_result()["msg"]
    assert told.startswith("DNS server 127.0.0.1 port 53, publishing acme.example.com A: ")
    assert expected in told
    assert failed.value.remedy.endswith(".")
    assert "c2VjcmV0" not in str(failed.value.as_result())


@pytest.mark.parametrize("rcode", ["YXDOMAIN", "YXRRSET", "NXRRSET", "NXDOMAIN"])
def test_failed_prerequisite_is_told_apart(monkeypatch: pytest.MonkeyPatch, rcode: str) -> None:
    answer_with(monkeypatch, reply(dns.rcode.from_text(rcode)))
    target = server("udp")
    with pytest.raises(PrerequisiteFailed):
        target.send(target.new_update(), "publishing")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (reply(dns.rcode.REFUSED), "reading acme.example.com A: the server refuses"),
        (reply(dns.rcode.NOERROR, flags=dns.flags.Flag(0)), "it is not an authority for that name"),
        (reply(dns.rcode.NXDOMAIN, signed=False), "not signed"),
    ],
)
def test_failure_of_a_read(monkeypatch: pytest.MonkeyPatch, outcome: Any, expected: str) -> None:
    answer_with(monkeypatch, outcome)
    with pytest.raises(TenantError, match=expected):
        server().read(RECORDS[0].name, "A")


def test_zone_that_never_holds_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(message: Any) -> Any:
        update = message.opcode() == dns.opcode.UPDATE
        return reply(dns.rcode.YXRRSET if update else dns.rcode.NXDOMAIN)(message)

    answer_with(monkeypatch, respond)
    with pytest.raises(TenantError, match="did not stay as it was read, 3 times in a row, for acme.example.com"):
        ensure(UpdatedZone(server(), 60, Made([])), GIVEN, apply=True)


def test_secret_that_is_not_base64() -> None:
    with pytest.raises(TenantError, match="key_secret: the secret of the key frappeops-tenants. is not Base64") as bad:
        make_key("frappeops-tenants.", "s3cret!", "hmac-sha256")
    assert "s3cret!" not in str(bad.value.as_result())


def test_check_mode_sends_no_value_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def respond(message: Any) -> Any:
        if message.opcode() != dns.opcode.UPDATE:
            return reply(dns.rcode.NXDOMAIN)(message)
        sent.append(message)
        return reply(dns.rcode.NOERROR)(message)

    answer_with(monkeypatch, respond)
    plan = ensure(UpdatedZone(server(), 60, Made([])), GIVEN, apply=False)
    assert [each.records for each in plan.created] == RECORDS
    (probe,) = sent
    # It only removes what is not there, and only if nothing is there.
    assert {rrset.deleting for rrset in probe.update} == {dns.rdataclass.NONE}
    assert all(value not in RECORDS[0].values for rrset in probe.update for value in rrset)
    assert {rrset.rdclass for rrset in probe.prerequisite} <= {dns.rdataclass.NONE, dns.rdataclass.IN}
    assert probe.prerequisite
