# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of what an nginx serves: the collection's files as the template writes them, and anybody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vhost_rendering import render_vhost

from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_entries import Entries
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_entry import Entry
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_list import Published, _hosts, published
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_publish import marked


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("conf.d", "sites-available", "sites-enabled"):
        (tmp_path / folder).mkdir()
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; include sites-enabled/*; }\n")
    return tmp_path


def enable(root: Path, name: str, text: str) -> str:
    (root / "sites-available" / name).write_text(text)
    (root / "sites-enabled" / name).symlink_to(f"../sites-available/{name}")
    return str(root / "sites-enabled" / name)


def listed(root: Path) -> list[Published]:
    return published(str(root / "nginx.conf"))


def test_a_tenant_of_the_collection_is_listed_with_its_names(root: Path) -> None:
    file = enable(root, "acme.tenants.test.conf", marked(render_vhost(), "4f1c"))
    assert listed(root) == [
        Published(file, "4f1c", ("acme.tenants.test", "api.acme.tenants.test"), "api.acme.tenants.test", "acme")
    ]


def test_suspended_and_without_a_certificate_it_is_listed_too(root: Path) -> None:
    enable(root, "acme.tenants.test.conf", marked(render_vhost(proxy_https=False, proxy_state="suspended"), "4f1c"))
    (entry,) = listed(root)
    assert entry.suspended
    assert (entry.tenant, entry.hosts) == ("acme", ("acme.tenants.test", "api.acme.tenants.test"))


def test_what_somebody_changed_by_hand_is_told(root: Path) -> None:
    text = marked(render_vhost(), "4f1c")
    enable(root, "acme", text)
    enable(root, "edited", text.replace("server_name acme", "server_name other"))
    # As it was written before the mark told a hash: whether it was changed is not known.
    enable(root, "old", re.sub(", text [0-9a-f]{12}", "", text))
    assert [(Path(entry.file).name, entry.owner, entry.edited) for entry in listed(root)] == [
        ("acme", "4f1c", False),
        ("edited", "4f1c", True),
        ("old", "4f1c", False),
    ]


def test_an_entry_that_somebody_changed_by_hand_is_told(root: Path) -> None:
    (root / "frappe_tenants").mkdir()
    (root / "frappe_tenants" / "entry.conf").touch()
    Entries(root / "frappe_tenants", check_mode=False).present(
        Entry("acme", "4f1c", "active", "acme.test", "api.acme.test", "bench1", "/sites")
    )
    assert [entry.edited for entry in listed(root)] == [False]
    (found,) = (root / "frappe_tenants" / "tenants").iterdir()
    (found / "desk").touch()
    assert [entry.edited for entry in listed(root)] == [True]


def test_entries_are_listed_too(root: Path) -> None:
    (root / "frappe_tenants").mkdir()
    (root / "frappe_tenants" / "entry.conf").touch()
    entries = Entries(root / "frappe_tenants", check_mode=False)
    for name, state in (("acme", "active"), ("globex", "suspended")):
        entries.present(Entry(name, "4f1c", state, f"{name}.test", f"api.{name}.test", "bench1", "/sites"))
    (root / "frappe_tenants" / "hosts" / "lost.test").symlink_to("../tenants/lost@0")
    assert [(found.tenant, found.owner, found.site, found.hosts, found.suspended) for found in listed(root)] == [
        ("acme", "4f1c", "api.acme.test", ("acme.test", "api.acme.test"), False),
        ("globex", "4f1c", "api.globex.test", ("api.globex.test", "globex.test"), True),
        ("", "", "", ("lost.test",), False),
    ]


def test_files_of_somebody_else_are_listed_without_an_owner(root: Path) -> None:
    (root / "conf.d" / "other.conf").write_text(
        "server {\n  # server_name old.test;\n  server_name WWW.other.test 'api.other.test';\n"
        "  location / { proxy_set_header X-Frappe-Site-Name api.other.test; }\n}\n"
        "server { server_name www.other.test; return 301 https://www.other.test; }\n"
    )
    (entry,) = listed(root)
    assert entry.hosts == ("www.other.test", "api.other.test")
    assert (entry.owner, entry.site, entry.tenant) == ("", "api.other.test", "")


def test_what_is_for_any_host_and_what_is_not_enabled_is_left_out(root: Path) -> None:
    (root / "conf.d" / "frappe_tenants.conf").write_text('server { listen 80; server_name _ "" ~^www$; return 404; }\n')
    (root / "sites-available" / "off.conf").write_text("server { server_name off.test; }\n")
    assert listed(root) == []


def test_a_site_name_that_comes_with_the_request_is_no_site(root: Path) -> None:
    enable(root, "a", "server { server_name a.test; proxy_set_header X-Frappe-Site-Name $host; }\n")
    assert listed(root)[0].site == ""


@given(st.text(max_size=60))
def test_any_text_can_be_listed(text: str) -> None:
    assert all(host == host.lower() for host in _hosts(text))
