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

from .certbot import Certbot, Request
from .certificate_list import Lineage, mark_of, owner_of
from .certificate_proof import Proof, drop_unused_credentials
from .errors import TenantError
from .turns import turn


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
        self._mark = mark_of(certbot.config_dir, name)

    def present(self, request: Request, refusal: str = "") -> Change:
        """See to it that a valid certificate of exactly these names and this authority is there.

        :param refusal: why the authority must not be asked now; empty when it may be.
        """
        found = self._certbot.lineage(self._name)
        reason = self._why_issue(found, request) or self._why_make_ready(request)
        if not reason:
            return Change(False, found, "the lineage is there and valid")
        if self._check_mode:
            return Change(True, None if self._why_issue(found, request) else found, reason)
        os.makedirs(self._certbot.config_dir, mode=0o755, exist_ok=True)
        with turn(str(self._certbot.config_dir), self._lock_timeout):
            return self._make(request, refusal)

    def renewed(self, proof: Proof, force: bool, refusal: str = "") -> Change:
        """See to it that the lineage is not due, or get a new certificate in any case with I(force)."""
        found = self._due(force)
        if not found.changed or self._check_mode:
            return found
        with turn(str(self._certbot.config_dir), self._lock_timeout):
            found = self._due(force)
            if not found.changed or found.lineage is None:
                return found
            if refusal:
                raise TenantError(refusal, problem="budget")
            proof.make_ready()
            self._certbot.renew(found.lineage, proof)
            return Change(True, self._certbot.lineage(self._name), found.reason)

    def absent(self, revoke: bool = False) -> Change:
        """See to it that no lineage of this provisioning is there; what is not ours stays."""
        found = self._certbot.lineage(self._name)
        if found is not None and not self._is_ours():
            return Change(False, found, f"the lineage {self._name} was not made by this provisioning and stays")
        if found is None and not self._is_ours():
            return Change(False, None, "no such lineage")
        if not self._check_mode:
            with turn(str(self._certbot.config_dir), self._lock_timeout):
                self._remove(found, revoke)
        return Change(found is not None, None, "the lineage is deleted" if found else "no such lineage")

    def _due(self, force: bool) -> Change:
        """The lineage, and whether it is to be renewed."""
        found = self._certbot.lineage(self._name)
        if found is None or not self._is_ours():
            raise TenantError(f"There is no lineage {self._name} of {self._owner} to renew.", problem="foreign_lineage")
        if found.certificate.due:
            return Change(True, found, "two thirds of its life are over")
        return Change(force, found, "it was asked for" if force else "two thirds of its life are not over yet")

    def _make(self, request: Request, refusal: str) -> Change:
        found = self._certbot.lineage(self._name)
        reason = self._why_issue(found, request)
        if not reason:
            reason = self._why_make_ready(request)
            request.proof.make_ready()
            return Change(bool(reason), found, reason or "another run has made it meanwhile")
        if refusal:
            raise TenantError(refusal, problem="budget")
        self._issue(request, found is None)
        made = self._certbot.lineage(self._name)
        if made is None or self._why_issue(made, request):
            raise TenantError(f"certbot ended well, but the lineage {self._name} is not as wanted.")
        return Change(True, made, reason)

    def _issue(self, request: Request, is_new: bool) -> None:
        if is_new:
            # Before the lineage: what a killed run leaves behind must be known as ours.
            self._remember()
        try:
            self._certbot.issue(request)
        except TenantError:
            if is_new and self._certbot.lineage(self._name) is None:
                self._remove(None, revoke=False)
            raise

    def _remove(self, found: Lineage | None, revoke: bool) -> None:
        if found is not None and revoke:
            self._certbot.revoke(found)
        elif found is not None:
            self._certbot.delete(self._name)
        drop_unused_credentials(self._certbot.config_dir)
        self._mark.unlink(missing_ok=True)

    def _why_make_ready(self, request: Request) -> str:
        return "" if request.proof.is_ready() else "the credentials for its renewal are others"

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
        return owner_of(self._certbot.config_dir, self._name) == self._owner

    def _remember(self) -> None:
        self._mark.parent.mkdir(mode=0o700, exist_ok=True)
        self._mark.write_text(f"{self._owner}\n", encoding="utf-8")
