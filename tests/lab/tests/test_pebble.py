# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pebble's runner does with the traces of an earlier pebble."""

from __future__ import annotations

from pathlib import Path

from lab.servers.pebble import add_root, forget_accounts


def _certificate(name: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n"


def test_earlier_roots_stay_behind_the_new_one(tmp_path: Path) -> None:
    bundle = tmp_path / "acme" / "ca.pem"
    for name in ("first", "second", "third", "third"):
        add_root(bundle, _certificate(name))
    assert bundle.read_text() == _certificate("third") + _certificate("second") + _certificate("first")


def test_accounts_are_forgotten_and_lineages_stay(tmp_path: Path) -> None:
    (tmp_path / "accounts" / "server").mkdir(parents=True)
    lineage = tmp_path / "renewal" / "acme.conf"
    lineage.parent.mkdir()
    lineage.write_text("cert = cert.pem\n[renewalparams]\naccount = 1234\nserver = https://127.0.0.1/dir\n")
    forget_accounts(tmp_path)
    assert not (tmp_path / "accounts").exists()
    assert lineage.read_text() == "cert = cert.pem\n[renewalparams]\nserver = https://127.0.0.1/dir\n"


def test_nothing_to_forget_is_fine(tmp_path: Path) -> None:
    forget_accounts(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
