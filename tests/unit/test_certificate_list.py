# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of all lineages below a certbot folder."""

from __future__ import annotations

from pathlib import Path

import certificates
import pytest
from certificates import DAY

from ansible_collections.frappeops.tenants.plugins.module_utils import certificate_list
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.modules.certbot_certificate_info import look


def lineage(config: Path, name: str, owner: str = "", end: int = 89 * DAY, settings: str = "") -> None:
    """A lineage as certbot keeps it."""
    made = certificates.certificate([name, f"api.{name}"], end - 90 * DAY, end)
    certificates.write(config / "live" / name / "fullchain.pem", made)
    renewal = config / "renewal" / f"{name}.conf"
    renewal.parent.mkdir(exist_ok=True)
    renewal.write_text(f"# renew_before_expiry = 30 days\nversion = 2.1.0\n[renewalparams]\n{settings}", "utf-8")
    if owner:
        mark = certificate_list.mark_of(config, name)
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(f"{owner}\n", "utf-8")


def test_ours_foreign_due_and_damaged_ones(tmp_path: Path) -> None:
    lineage(tmp_path, "a.test", "run1", settings="authenticator = webroot\nserver = https://ca.test/dir\n")
    lineage(tmp_path, "b.test", end=20 * DAY)
    lineage(tmp_path, "c.test", "run2")
    (tmp_path / "live/c.test/fullchain.pem").unlink()

    first, second, third = look({"config_dir": str(tmp_path)})["certificates"]
    assert first["not_after"].endswith("Z")
    del first["not_after"]
    assert first == {
        "lineage": "a.test",
        "owner": "run1",
        "ours": True,
        "fullchain": f"{tmp_path}/live/a.test/fullchain.pem",
        "privkey": f"{tmp_path}/live/a.test/privkey.pem",
        "issuer": "Let's Encrypt R11",
        "days_left": 88,
        "names": ["a.test", "api.a.test"],
        "server": "https://ca.test/dir",
        "authenticator": "webroot",
        "due": False,
    }
    assert (second["ours"], second["due"], second["server"]) == (False, True, certificate_list.PRODUCTION)
    assert (third["owner"], set(third)) == ("run2", {"lineage", "owner", "ours", "problem"})
    assert "No such file" in third["problem"]


def test_no_folder_has_no_lineages(tmp_path: Path) -> None:
    assert look({"config_dir": str(tmp_path / "none")})["certificates"] == []


def test_one_lineage_or_none(tmp_path: Path) -> None:
    lineage(tmp_path, "a.test")
    found = certificate_list.read(tmp_path, "a.test")
    assert found is not None and found.certificate.names == ("a.test", "api.a.test")
    assert certificate_list.read(tmp_path, "b.test") is None


@pytest.mark.parametrize("name", ["acme.example.com", "a", "xn--a.example.com", "a-b.c"])
def test_good_names(name: str) -> None:
    certificate_list.check_name(name)


@pytest.mark.parametrize("name", ["", ".", "a..b", "../a", "-a", "a-", "A.b", "a b", "a\n", "a/b", "*.a.b", "a" * 254])
def test_names_that_could_be_something_else(name: str) -> None:
    with pytest.raises(TenantError, match="is not a host name"):
        certificate_list.check_name(name)
