# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of the layout shared: whole at any time, the owner's only, nothing outside their folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_entries import Entries
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_entry import Entry, read_entry, require_names

ACME = Entry(
    tenant="acme",
    owner="run1",
    state="active",
    frontend_host="acme.tenants.test",
    backend_host="api.acme.tenants.test",
    bench="bench1",
    sites_path="/bench/sites",
    fullchain="/le/live/acme/fullchain.pem",
    privkey="/le/live/acme/privkey.pem",
)
HOSTS = {"frontend_host": ACME.frontend_host, "backend_host": ACME.backend_host}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "entry.conf").touch()
    return tmp_path


def entries(folder: Path, check_mode: bool = False) -> Entries:
    return Entries(folder, check_mode)


def tree(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found[name] = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
    return found


def seen(folder: Path, host: str = ACME.backend_host) -> set[str]:
    """What nginx finds for a host."""
    return set(os.listdir(folder / "hosts" / host))


def test_publish_leave_alone_change_withdraw(folder: Path) -> None:
    empty = tree(folder)
    assert entries(folder, check_mode=True).present(ACME)["changed"] and tree(folder) == empty
    assert entries(folder).present(ACME)["changed"]
    names = {"tenant.json", "active", "https", "bench-bench1", "site", "assets", "fullchain.pem", "privkey.pem"}
    assert seen(folder) == seen(folder, ACME.frontend_host) == names
    host = folder / "hosts" / ACME.backend_host
    assert os.readlink(host / "site") == "/bench/sites/api.acme.tenants.test"
    assert (host / "privkey.pem").is_symlink(), "no key is copied"
    published = tree(folder)
    assert not entries(folder).present(ACME)["changed"]

    changed = entries(folder).present(
        replace(ACME, state="suspended", fullchain="", privkey="", desk=True, password_login=True)
    )
    assert changed["changed"] and '"active"' in changed["diff"]["before"] and '"suspended"' in changed["diff"]["after"]
    assert seen(folder) == {"tenant.json", "suspended", "bench-bench1", "site", "assets", "desk", "password"}
    assert len(list((folder / "tenants").iterdir())) == 1
    assert entries(folder).present(ACME)["changed"] and tree(folder) == published

    assert entries(folder, check_mode=True).absent("acme", "run1", **HOSTS)["changed"] and tree(folder) == published
    assert entries(folder).absent("acme", "run1", **HOSTS)["changed"] and tree(folder) == empty
    assert not entries(folder).absent("acme", "run1", **HOSTS)["changed"]


def test_an_entry_of_somebody_else_stays(folder: Path) -> None:
    entries(folder).present(ACME)
    before = tree(folder)
    with pytest.raises(TenantError, match="was not made by this provisioning") as refused:
        entries(folder).present(replace(ACME, owner="run2"))
    assert refused.value.details["problem"] == "foreign_file"
    assert entries(folder).absent("acme", "run2", **HOSTS)["left"]
    assert tree(folder) == before


@pytest.mark.parametrize("target", ["/etc", "../../tenants/acme", None])
def test_a_link_or_folder_made_by_hand_stays(folder: Path, target: str | None) -> None:
    (folder / "hosts").mkdir()
    place = folder / "hosts" / ACME.frontend_host
    place.symlink_to(target) if target else place.mkdir()
    with pytest.raises(TenantError, match="was not made by this provisioning"):
        entries(folder).present(ACME)
    assert os.path.lexists(place)


def test_neighbours_with_similar_names_are_not_touched(folder: Path) -> None:
    other = replace(ACME, tenant="acme-two", frontend_host="acme-two.tenants.test", backend_host="api.acme-two.test")
    for entry in (ACME, other):
        entries(folder).present(entry)
    entries(folder).absent("acme", "run1", **HOSTS)
    assert read_entry(folder / "hosts" / other.backend_host) == other
    assert os.listdir(folder / "tenants") == [other.folder]


def test_what_was_damaged_or_cut_off_is_made_whole(folder: Path) -> None:
    entries(folder).present(ACME)
    published = tree(folder)
    (folder / "tenants" / ACME.folder / "https").unlink()
    assert entries(folder).present(ACME)["changed"] and tree(folder) == published
    (folder / "hosts" / ACME.frontend_host).unlink()
    assert entries(folder).present(ACME)["changed"] and tree(folder) == published
    (folder / "tenants" / "acme@0123456789ab").mkdir()
    assert entries(folder).present(ACME)["changed"] and tree(folder) == published


def test_an_edge_without_the_shared_servers_is_named(tmp_path: Path) -> None:
    with pytest.raises(TenantError, match="not prepared for the layout shared"):
        entries(tmp_path).present(ACME)
    assert list(tmp_path.iterdir()) == []
    assert not entries(tmp_path / "none").absent("acme", "run1", **HOSTS)["changed"]


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": "../acme"},
        {"tenant": "Acme"},
        {"owner": "a b"},
        {"frontend_host": "../x"},
        {"backend_host": "a/b.test"},
        {"bench": "a/b"},
        {"sites_path": "sites"},
        {"fullchain": ""},
        {"privkey": "key.pem"},
    ],
)
def test_what_is_of_no_right_form_is_refused(folder: Path, change: dict[str, str]) -> None:
    before = tree(folder)
    with pytest.raises(TenantError, match="not of the right form|belong together"):
        entries(folder).present(replace(ACME, **change))
    assert tree(folder) == before


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_name_leads_out_of_the_folders(tenant: str, owner: str, host: str) -> None:
    try:
        require_names(tenant, owner, [host])
    except TenantError:
        return
    assert not {"/", "\0", "@", "*"} & set(tenant + host) and not tenant.startswith(".") and ".." not in host
