# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQLAlchemy, or what stands for it where it is not installed.

Ansible imports plugins to document them, also where their libraries are missing. So this package can always be
imported; L(require) tells the person at the terminal what to install before anything is called.
"""

from __future__ import annotations

import traceback
from typing import Any

__all__ = ["IMPORT_ERROR", "sa"]

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError


class _Missing:
    """Lets table definitions be read without the library; nothing of it is ever used."""

    def __getattr__(self, name: str) -> _Missing:
        return self

    def __call__(self, *arguments: Any, **options: Any) -> _Missing:
        return self


try:
    import sqlalchemy as sa

    # Ansible forks a process for each task, and each would load the dialect again for its one transaction.
    sa.dialects.registry.load("sqlite")
except ImportError:
    sa = _Missing()  # type: ignore[assignment]
    IMPORT_ERROR: str | None = traceback.format_exc()
else:
    IMPORT_ERROR = None


def require() -> None:
    """Refuse to go on without the library.

    :raises TenantError: says what to install.
    """
    if IMPORT_ERROR is not None:
        raise TenantError(
            "The Python that runs ansible-playbook lacks SQLAlchemy.",
            "Install it there: python3 -m pip install 'SQLAlchemy>=2.0'.",
            exception=IMPORT_ERROR,
        )
