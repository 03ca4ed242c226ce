# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Having or not having one certificate lineage, and knowing whose it is.

A mark beside certbot's own folders names the provisioning that made a lineage. Only that provisioning
may replace it with other names or delete it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .certbot import Certbot, Lineage, Request
from .errors import TenantError
from .turns import turn

MARKS = "frappe_tenants"


@dataclass(frozen=True)
class Change:
    """What is there and what is to be done."""

    changed: bool
    #: The lineage that is there now and fits; None in check mode while it is still to be made.
    lineage: Lineage | None
    #: Why a new certificate is needed, or why nothing is done.
    reason: str


class LineageKeeper:
    """The lineage called I(name), on behalf of the provisioning I(owner)."""

    def __init__(self, certbot: Certbot, name: str, owner: str, check_mode: bool, lock_timeout: float) -> None:
        self._certbot = certbot
        self._name = name
        self._owner = owner
        self._check_mode = check_mode
        self._lock_timeout = lock_timeout
        self._mark = certbot.config_dir / MARKS / name

    def present(self, request: Request) -> Change:
        """See to it that a valid certificate of exactly these names and this authority is there."""
        found = self._certbot.lineage(self._name)
        reason = self._why_issue(found, request)
        if not reason:
            return Change(False, found, "the lineage is there and valid")
        if self._check_mode:
            return Change(True, None, reason)
        os.makedirs(self._certbot.config_dir, mode=0o755, exist_ok=True)
        with turn(str(self._certbot.config_dir), self._lock_timeout):
            return self._issue(request)

    def absent(self) -> Change:
        """See to it that no lineage of this provisioning is there; what is not ours stays."""
        found = self._certbot.lineage(self._name)
        if found is not None and not self._is_ours():
            return Change(False, found, f"the lineage {self._name} was not made by this provisioning and stays")
        if found is None and not self._is_ours():
            return Change(False, None, "no such lineage")
        if not self._check_mode:
            with turn(str(self._certbot.config_dir), self._lock_timeout):
                if found is not None:
                    self._certbot.delete(self._name)
                self._forget()
        return Change(found is not None, None, "the lineage is deleted" if found else "no such lineage")

    def _issue(self, request: Request) -> Change:
        found = self._certbot.lineage(self._name)
        reason = self._why_issue(found, request)
        if not reason:
            return Change(False, found, "another run has made it meanwhile")
        if found is None:
            # Before the lineage: what a killed run leaves behind must be known as ours.
            self._remember()
        try:
            self._certbot.issue(request)
        except TenantError:
            if found is None and self._certbot.lineage(self._name) is None:
                self._forget()
            raise
        made = self._certbot.lineage(self._name)
        if made is None or self._why_issue(made, request):
            raise TenantError(f"certbot ended well, but the lineage {self._name} is not as wanted.")
        return Change(True, made, reason)

    def _why_issue(self, found: Lineage | None, request: Request) -> str:
        """Why the authority must be asked, or nothing. Refuses to replace what is not ours."""
        if found is None:
            return "there is no lineage"
        names = ", ".join(found.certificate.names)
        if set(found.certificate.names) != set(request.domains):
            reason = f"the lineage is for {names}"
        elif found.server != request.server:
            reason = f"the lineage is from {found.server}"
        else:
            return "the certificate has expired" if found.certificate.expired else ""
        if not self._is_ours():
            raise TenantError(
                f"The lineage {self._name} exists and is not ours: {reason}; wanted are "
                f"{', '.join(request.domains)} from {request.server}.",
                f"Delete it (certbot delete --cert-name {self._name}) if nothing uses it, or choose another lineage name.",
                problem="foreign_lineage",
            )
        return reason

    def _is_ours(self) -> bool:
        return self._mark.is_file() and self._mark.read_text(encoding="utf-8").strip() == self._owner

    def _remember(self) -> None:
        self._mark.parent.mkdir(mode=0o700, exist_ok=True)
        self._mark.write_text(f"{self._owner}\n", encoding="utf-8")

    def _forget(self) -> None:
        Path(self._mark).unlink(missing_ok=True)


def describe(lineage: Lineage) -> dict[str, Any]:
    """The lineage as a result and as the fact C(tenant_certificate)."""
    certificate = lineage.certificate
    return {
        "lineage": lineage.name,
        "fullchain": lineage.fullchain,
        "privkey": lineage.privkey,
        "issuer": certificate.issuer,
        "not_after": certificate.not_after_text,
        "days_left": certificate.days_left,
        "names": list(certificate.names),
        "server": lineage.server,
    }
