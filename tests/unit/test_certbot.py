# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How certbot is called, with a program that only notes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.certbot import STAGING, Certbot, Request, directory_url
from ansible_collections.frappeops.tenants.plugins.module_utils.certificate_list import PRODUCTION
from ansible_collections.frappeops.tenants.plugins.module_utils.certificate_proof import Proof, Webroot, dns_plugin
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.tools import Outcome, Tools

DNS = {"provider": "cloudflare", "zone": "a.test", "wait": 600, "api_token": "t", "base_url": None}


class Noting(Tools):
    """Notes how long each program may take."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[float] = []

    def run(self, argv: Any, environment: Any = None, timeout: float = 120) -> Outcome:
        self.commands.append(list(argv))
        self.timeouts.append(timeout)
        return Outcome(0, "", "")


def issued(folder: Path, proof: Proof) -> Noting:
    tools = Noting()
    certbot = Certbot(tools, "certbot", str(folder), str(folder), str(folder))
    certbot.issue(Request("a.test", ("a.test",), PRODUCTION, proof, ""))
    return tools


def test_no_hook_of_the_host_runs(tmp_path: Path) -> None:
    assert "--no-directory-hooks" in issued(tmp_path, Webroot("/srv", {})).commands[0]


def test_what_the_dns_takes_is_not_taken_from_certbots_own_time(tmp_path: Path) -> None:
    (short,) = issued(tmp_path, Webroot("/srv", {})).timeouts
    (long,) = issued(tmp_path, dns_plugin(tmp_path, DNS)).timeouts
    assert long == short + 600


@pytest.mark.parametrize(
    ("directory", "staging", "url"),
    [("", False, PRODUCTION), ("", True, STAGING), ("https://ca.test/dir", False, "https://ca.test/dir")],
)
def test_the_authority_that_is_meant(directory: str, staging: bool, url: str) -> None:
    assert directory_url(directory, staging) == url


def test_staging_is_no_other_authoritys() -> None:
    with pytest.raises(TenantError, match="cannot be combined with the ACME directory https://ca.test/dir"):
        directory_url("https://ca.test/dir", True)
