# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""certbot_certificate with a real certbot against a real ACME server."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_servers import Edge, need_programs

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

NAMES = ["acme.tenants.test", "api.acme.tenants.test"]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    need_programs()
    edge = Edge(tmp_path_factory.mktemp("edge"))
    edge.serve_challenges()
    try:
        edge.nginx.start()
        edge.authority.start()
        yield edge
    finally:
        edge.servers.stop()


@pytest.fixture(autouse=True)
def nothing_left(edge: Edge) -> Iterator[None]:
    """Each test begins and ends with no lineage at all."""
    yield
    for name in os.listdir(edge.folder / "certbot" / "config" / "renewal") if edge.certbot_files() else ():
        lineage = name.removesuffix(".conf")
        mark = edge.folder / "certbot" / "config" / "frappe_tenants" / lineage
        mark.parent.mkdir(exist_ok=True)
        mark.write_text("run1\n")
        edge.certbot(name=lineage, state="absent")


def test_issue_leave_alone_delete(edge: Edge) -> None:
    predicted = edge.certbot(name=NAMES[0], domains=NAMES, check_mode=True)
    assert predicted["changed"] and edge.certbot_files() == []

    made = edge.certbot(name=NAMES[0], domains=NAMES)
    assert made["changed"]
    certificate = made["certificate"]
    assert certificate["names"] == NAMES
    assert certificate["issuer"].startswith("Pebble Intermediate CA")
    assert certificate["days_left"] > 1000
    assert Path(certificate["fullchain"]).read_text().count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE KEY" in Path(certificate["privkey"]).read_text()

    again = edge.certbot(name=NAMES[0], domains=list(reversed(NAMES)), owner="run2")
    assert not again["changed"]
    assert again["commands"] == [], "certbot was not asked"

    assert edge.certbot(name=NAMES[0], state="absent", check_mode=True)["changed"]
    assert edge.certbot(name=NAMES[0], state="absent")["changed"]
    assert edge.certbot_files() == []
    assert not edge.certbot(name=NAMES[0], state="absent")["changed"]


def test_a_lineage_of_another_run_is_neither_deleted_nor_replaced(edge: Edge) -> None:
    edge.certbot(name=NAMES[0], domains=NAMES, owner="run2")
    before = edge.certbot_files()

    left = edge.certbot(name=NAMES[0], state="absent")
    assert left["left"] and not left["changed"]

    with pytest.raises(TenantError, match="is not ours: the lineage is for acme.tenants.test, api.acme") as refused:
        edge.certbot(name=NAMES[0], domains=[*NAMES, "more.acme.tenants.test"])
    assert refused.value.details["problem"] == "foreign_lineage"
    assert edge.certbot_files() == before


def test_our_lineage_gets_new_names(edge: Edge) -> None:
    edge.certbot(name=NAMES[0], domains=NAMES[:1])
    changed = edge.certbot(name=NAMES[0], domains=NAMES)
    assert changed["changed"] and changed["certificate"]["names"] == NAMES
    assert changed["reason"] == "the lineage is for acme.tenants.test"
    assert os.listdir(edge.folder / "certbot/config/renewal") == [f"{NAMES[0]}.conf"]


def test_a_failing_challenge_names_host_and_answer(edge: Edge, tmp_path: Path) -> None:
    with pytest.raises(TenantError) as failed:
        edge.certbot(name=NAMES[0], domains=NAMES, webroot=str(tmp_path))
    error = failed.value
    assert error.details["problem"] == "challenge"
    assert "acme.tenants.test: Non-200 status code" in error.msg and "returned 404" in error.msg
    assert {problem["name"] for problem in error.details["acme_problems"]} == set(NAMES)
    assert "webroot" in error.remedy
    assert edge.certbot_files() == [], "keys, requests and the mark of the attempt are gone"
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / ".well-known", tmp_path / ".well-known/acme-challenge"])


def test_a_dead_authority_is_named(edge: Edge) -> None:
    with pytest.raises(TenantError, match=r"the authority https://127\.0\.0\.1:9/dir cannot be reached") as failed:
        edge.certbot(name=NAMES[0], domains=NAMES, acme_directory="https://127.0.0.1:9/dir")
    assert failed.value.details["problem"] == "ca_unreachable"
    assert "Connection refused" in failed.value.msg


def test_an_untrusted_authority_is_told_apart(edge: Edge) -> None:
    with pytest.raises(TenantError, match="is not trusted") as failed:
        edge.certbot(name=NAMES[0], domains=NAMES, acme_ca_file="/etc/ssl/certs/ca-certificates.crt")
    assert failed.value.details["problem"] == "ca_untrusted"
    assert "certificate_acme_ca_file" in failed.value.remedy


def test_a_refused_order_is_read_from_the_log(edge: Edge) -> None:
    """Pebble answers rejectedIdentifier for a blocked domain; certbot's own output hides such an answer on Debian 12."""
    with pytest.raises(TenantError) as failed:
        edge.certbot(name="acme.blocked-domain.example", domains=["acme.blocked-domain.example"])
    assert failed.value.details["problem"] == "refused"
    assert failed.value.details["acme_problems"][0]["type"] == "rejectedIdentifier"


@pytest.mark.parametrize(
    ("status", "problem", "detail", "kind", "remedy"),
    [
        (429, "rateLimited", "too many certificates already issued, retry after 2027-01-01", "rate_limit", "Wait"),
        (403, "caa", "CAA record for tenants.test prevents issuance", "caa", "CAA records"),
        (503, "serverInternal", "the service is down for maintenance", "refused", "log"),
    ],
)
def test_the_authoritys_own_words_reach_the_person(
    edge: Edge, status: int, problem: str, detail: str, kind: str, remedy: str
) -> None:
    directory = edge.refuse_orders(status, problem, detail)
    edge.nginx.reload()
    with pytest.raises(TenantError) as failed:
        edge.certbot(name=NAMES[0], domains=NAMES, acme_directory=directory)
    assert failed.value.details["problem"] == kind
    assert detail in failed.value.msg
    assert remedy in failed.value.remedy
    assert edge.certbot_files() == []


def test_a_missing_certbot_is_named(edge: Edge) -> None:
    with pytest.raises(TenantError, match="certbot-that-is-not-there cannot be run on this host"):
        edge.certbot(name=NAMES[0], domains=NAMES, command="certbot-that-is-not-there")


@pytest.mark.parametrize("name", ["../acme", "acme/..", "-d", "--config", "ACME.test", "", "a b", "a\nb"])
def test_a_lineage_name_cannot_leave_its_folder(edge: Edge, name: str) -> None:
    for options in ({"domains": NAMES}, {"state": "absent"}):
        with pytest.raises(TenantError, match="is not a host name"):
            edge.certbot(name=name, **options)


def test_a_renewal_comes_when_it_is_due_or_asked_for(edge: Edge) -> None:
    first = edge.certbot(name=NAMES[0], domains=NAMES)["certificate"]
    waiting = edge.certbot(name=NAMES[0], state="renewed", refusal="not now")
    assert not waiting["changed"] and waiting["reason"] == "two thirds of its life are not over yet"

    predicted = edge.certbot(name=NAMES[0], state="renewed", force=True, check_mode=True)
    assert predicted["changed"] and predicted["certificate"] == first
    with pytest.raises(TenantError, match="not now") as refused:
        edge.certbot(name=NAMES[0], state="renewed", force=True, refusal="not now")
    assert refused.value.details["problem"] == "budget"
    with pytest.raises(TenantError, match="no lineage acme.tenants.test of run2"):
        edge.certbot(name=NAMES[0], state="renewed", force=True, owner="run2")

    before = Path(first["fullchain"]).read_text()
    renewed = edge.certbot(name=NAMES[0], state="renewed", force=True)
    assert renewed["changed"] and renewed["certificate"]["names"] == NAMES
    assert Path(first["fullchain"]).read_text() != before
    assert [path for path in edge.certbot_files() if path.startswith(("keys/", "csr/"))] == []


def test_a_refusal_keeps_the_authority_from_being_asked(edge: Edge) -> None:
    with pytest.raises(TenantError, match="50 certificates") as refused:
        edge.certbot(name=NAMES[0], domains=NAMES, refusal="50 certificates were issued.")
    assert refused.value.details["problem"] == "budget"
    assert edge.certbot_files() == []
    edge.certbot(name=NAMES[0], domains=NAMES)
    assert not edge.certbot(name=NAMES[0], domains=NAMES, refusal="50 certificates were issued.")["changed"]


def test_a_certificate_is_revoked_only_when_asked(edge: Edge) -> None:
    edge.certbot(name=NAMES[0], domains=NAMES)
    gone = edge.certbot(name=NAMES[0], state="absent", revoke=True)
    assert gone["changed"] and any("revoke" in argv for argv in gone["commands"])
    assert edge.certbot_files() == []


def test_another_certbot_is_waited_for(edge: Edge) -> None:
    edge.certbot(name=NAMES[0], domains=NAMES[:1])
    with (edge.folder / "certbot/config/.certbot.lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        with pytest.raises(TenantError, match="Another certbot works on this host for more than 0 s"):
            edge.certbot(name=NAMES[0], domains=NAMES, lock_timeout=0)
        release = threading.Timer(2, lambda: fcntl.lockf(lock, fcntl.LOCK_UN))
        release.start()
        assert edge.certbot(name=NAMES[0], domains=NAMES)["changed"]
        release.join()
