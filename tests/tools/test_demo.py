# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An odd tenant name reaches Ansible as it is: no shell, no make and no template sees it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

import demo

ODD = [
    "acme",
    "a;b",
    "a b=c",
    "$(id)",
    "$${HOME}",
    "it's",
    'a"b',
    "{{ lookup('pipe', 'id') }}",
    "x\ny",
    "#",
    "~",
    "@/etc/passwd",
    "ä",
]


@pytest.mark.parametrize("tenant", ODD)
def test_extra_vars_hold_the_name_as_it_is(tenant: str) -> None:
    from ansible import context
    from ansible.module_utils.common.collections import ImmutableDict

    context.CLIARGS = ImmutableDict(extra_vars=[demo.extra_vars(tenant)])
    load_extra_vars.__dict__.pop("extra_vars", None)
    found = load_extra_vars(DataLoader())
    assert found == {"tenant": tenant, "admin_email": f"ada@{tenant}.example"}


@pytest.mark.parametrize("tenant", ["a;touch made", "$(touch made)", "$(shell touch made)", "`touch made`", "a' b"])
def test_make_interprets_nothing(tmp_path: Path, tenant: str) -> None:
    makefile = tmp_path / "Makefile"
    head = (demo.ROOT / "Makefile").read_text(encoding="utf-8").split(".PHONY: help")[0]
    makefile.write_text(head + 'show:\n\t@printf %s "$$TENANT" >shown\n', encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", "show", f"TENANT={tenant}"], cwd=tmp_path, env=env, check=True)
    assert (tmp_path / "shown").read_text(encoding="utf-8") == tenant
    assert not (tmp_path / "made").exists()
