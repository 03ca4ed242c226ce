# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two tenants that live beside others' misfortunes, and must not have felt any of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import traces

from lab.settings import Settings


class Neighbours:
    """Live tenants, and what they were when they became live."""

    def __init__(self, lab: Settings, registry_url: str, names: list[str]) -> None:
        self._lab = lab
        self._registry_url = registry_url
        self.names = names
        self._before = self._look()

    def assert_untouched(self) -> None:
        """Every file, table, record and row of theirs is the same, byte by byte."""
        now = self._look()
        for name, before in self._before.items():
            assert len(before) > 20, "there is too little to compare"
            assert now[name] == before

    def _look(self) -> dict[str, dict[str, str]]:
        return {name: traces.of_canary(self._lab, self._registry_url, name) for name in self.names}


@contextmanager
def living(playbooks: Any, lab: Settings) -> Iterator[Neighbours]:
    """Make them, and take them away at the end."""
    names = [f"test-canary-{secrets.token_hex(3)}" for _number in range(2)]
    made = playbooks.provision(tenants=[{"tenant": name, "admin_email": "ada@acme.example"} for name in names])
    assert made.code == 0, made.output
    try:
        yield Neighbours(lab, playbooks.registry_url, names)
    finally:
        for name in names:
            playbooks.deprovision(name)
