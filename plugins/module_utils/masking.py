# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking secrets out of what other programs print, before anybody keeps or shows it.

Ansible masks the secrets that a module was given. It does not know those that a site was given later, and Frappe
prints whole command lines, queries and configurations when it fails.
"""

from __future__ import annotations

import re

MASK = "********"

_NAMES = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|encryption_key|private_key)"
#: What stands before a secret, and the secret. A quoted one ends at its quote, any other at the next blank.
_PATTERNS = [
    re.compile(rf"""({_NAMES}["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)""", re.IGNORECASE),
    re.compile(rf"(--[a-z-]*{_NAMES}\s+)([^\s-]\S*)", re.IGNORECASE),
    re.compile(r"(\b(?:mariadb|mysql)\S*\s(?:[^\n]*?\s)?-p)(\S+)"),
    re.compile(r"""(IDENTIFIED\s+(?:BY|VIA\s+\w+\s+USING)(?:\s+PASSWORD)?\s*\(?)("[^"]*"|'[^']*')""", re.IGNORECASE),
    re.compile(r"(\b(?:Bearer|Basic|token)\s+)([A-Za-z0-9+/=._:~-]{8,})", re.IGNORECASE),
    re.compile(r"(\w://[^\s/:@]*:)([^\s/@]+)(?=@)"),
]


def masked(text: str) -> str:
    """I(text) with a mask in place of everything that stands where secrets stand."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text
