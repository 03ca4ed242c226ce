# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules that look at a tenant over HTTP, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """How to ask gunicorn directly; ARGUMENTS in module_utils/probe_arguments.py. It goes with the fragment view."""

    DOCUMENTATION = r"""
options:
  site:
    description:
      - Sent as C(X-Frappe-Site-Name), to ask gunicorn directly.
      - Leave it out to look through nginx, which has to set this header itself.
    type: str
    default: ""
"""
