# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was applied to a tenant, as one short text: its wish, the operator's settings, and the steps that applied them.

The registry keeps it since the tenant became active. While it stays the same, a run of the steps would change nothing
but what somebody else has changed meanwhile. No secret goes into it: a registry may be read by more people than a vault.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.frappeops.tenants.plugins.module_utils.site_config import shown

#: Steps that make nothing that lasts, so that their settings and tasks say nothing of a tenant's state.
_LOOKING = frozenset({"reserve", "preflight", "verify", "activate", "notify"})

#: Settings that bear no step's prefix and that steps read nevertheless.
_SHARED = frozenset(
    (
        "tenant_domain tenant_hosts tenant_http_port tenant_https_port tenant_addresses tenant_desk "
        "tenant_oauth tenant_login tenant_settings tls_plan"
    ).split()
)

#: What our steps read of the tenant's hosts, and not of the tenant: names, and beginnings of names.
_OF_BENCH = frozenset({"frappe_bench_path", "frappe_bench_edge"}), ("proxy_",)
_OF_EDGE: tuple[frozenset[str], tuple[str, ...]] = frozenset(), ("proxy_", "certificate_")

_ROLES = Path(__file__).parents[2] / "roles"
_OURS = "frappeops.tenants."


class Fingerprints:
    """The fingerprints of tenants in one run.

    :param hostvars: all host variables. The fleet's settings are taken as localhost has them, whoever asks.
    :param steps: the flow, one role per step.
    """

    def __init__(self, hostvars: Mapping[str, Mapping[str, Any]], steps: Sequence[str]) -> None:
        self._hostvars = hostvars
        self._steps = list(steps)
        making = [step for step in steps if step.rpartition(".")[2] not in _LOOKING]
        self._prefixes = _prefixes(making)
        self._prefixes_of_operator = _prefixes(step for step in making if not step.startswith(_OURS))
        self._read_before: dict[tuple[str, Any], dict[str, Any]] = {}

    def of(
        self,
        identity: Mapping[str, str],
        admin: Mapping[str, str],
        plan: str,
        plan_data: Mapping[str, Any],
        bench: str,
        edge: str,
        settings: Mapping[str, str],
    ) -> str:
        """The fingerprint of a tenant of which this is wanted, on this bench and edge.

        :param settings: country, time_zone and language, as far as they were asked for with the tenant.
        """
        parts = {
            # Not the URLs: whether they are https is settled by the certificate.
            "names": [identity[part] for part in ("name", "domain", "frontend_host", "backend_host", "site")],
            "admin": [admin["email"], admin["first_name"]],
            "plan": [plan, shown(dict(plan_data))],
            "own_settings": dict(settings),
            "settings": [
                self._settings("localhost", _SHARED, self._prefixes),
                self._settings(bench, _OF_BENCH[0], _OF_BENCH[1] + self._prefixes_of_operator),
                self._settings(edge, _OF_EDGE[0], _OF_EDGE[1] + self._prefixes_of_operator),
            ],
            "steps": self._steps,
            "roles": _digest_of_roles(tuple(self._steps)),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    def _settings(self, host: str, names: frozenset[str], prefixes: tuple[str, ...]) -> dict[str, Any]:
        """The operator's settings on I(host), read once a run."""
        key = (host, prefixes)
        if key not in self._read_before:
            self._read_before[key] = shown(dict(self._read(host, names, prefixes)))
        return self._read_before[key]

    def _read(self, host: str, names: frozenset[str], prefixes: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        # A tenant whose host left the inventory is told of elsewhere.
        variables = self._hostvars.get(host, {})
        for name in sorted(variables):
            if name in names or name.startswith(prefixes):
                try:
                    yield name, variables[name]
                except AnsibleError:
                    # It speaks of one tenant, or of a file that this controller lacks; its text says nothing then.
                    yield name, None


def _prefixes(steps: Iterable[str]) -> tuple[str, ...]:
    """What the settings of these steps begin with."""
    return tuple(f"{step.rpartition('.')[2]}_" for step in steps)


@lru_cache(maxsize=1)
def _digest_of_roles(steps: tuple[str, ...]) -> str:
    """A hash of all files of our steps, so that an update of the collection is seen. The operator's steps count by name."""
    digest = hashlib.sha256()
    for step in steps:
        short = step.removeprefix(_OURS)
        if step.startswith(_OURS) and short not in _LOOKING:
            for path in sorted((_ROLES / short).rglob("*")):
                if path.is_file():
                    digest.update(f"{path.relative_to(_ROLES)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
