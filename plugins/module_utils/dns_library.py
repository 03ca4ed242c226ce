# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS library, imported once for all our DNS code.

Other files take C(dns) from here, so that a machine without dnspython gets a sentence instead of a traceback.
"""

from __future__ import annotations

import traceback
from typing import Any

from .errors import TenantError

try:
    import dns
    import dns.exception
    import dns.flags
    import dns.inet
    import dns.message
    import dns.name
    import dns.nameserver
    import dns.query
    import dns.rcode
    import dns.rdata
    import dns.rdataclass
    import dns.rdataset
    import dns.rdatatype
    import dns.rdtypes.ANY.TXT
    import dns.resolver
    import dns.tsig
    import dns.update
except ImportError:
    dns: Any = None  # type: ignore[no-redef]
    IMPORT_ERROR: str | None = traceback.format_exc()
else:
    IMPORT_ERROR = None


__all__ = ["IMPORT_ERROR", "dns", "require_dnspython"]


def require_dnspython() -> None:
    """Refuse to go on without dnspython."""
    if IMPORT_ERROR is not None:
        raise TenantError(
            "The Python that runs this module lacks dnspython.",
            "Install it there: python3 -m pip install 'dnspython>=2.6'.",
            exception=IMPORT_ERROR,
        )
