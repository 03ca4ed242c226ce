# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit finds: one thing that is not as the registry says, where it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

#: In the registry and not in the world.
MISSING = "missing"
#: In both, and not the same.
DIFFERS = "differs"
#: In the world and not in the registry.
ORPHAN = "orphan"
#: Work on a tenant was cut off, and nobody goes on with it.
UNFINISHED = "unfinished"
#: It could not be looked at, so nothing is known.
UNSEEN = "unseen"

KINDS = (MISSING, DIFFERS, ORPHAN, UNFINISHED, UNSEEN)

#: Remedies that several parts have in common.
RUN_AGAIN = "Run playbooks/reconcile.yml, or provision the tenant again: it is put right."
HEAL = "Run playbooks/heal.yml: it finishes what interrupted runs left."


@dataclass(frozen=True)
class Finding:
    """One thing.

    :param what: its sort in the field's words, such as V(site folder).
    :param where: the inventory host that it is on, or the DNS domain.
    :param tenant: whose it is or would be, as far as that is known.
    :param detail: what was seen.
    :param remedy: what a person does next.
    :param mended_by_run: a provisioning run of the tenant puts it right and can lose nothing by it.
    """

    kind: str
    what: str
    name: str
    where: str
    tenant: str = ""
    detail: str = ""
    remedy: str = ""
    mended_by_run: bool = False
