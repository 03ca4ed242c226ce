# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A zone at Cloudflare and how to get at it, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """The zone and its credentials; plugin_utils/cloudflare_api.py is their code."""

    DOCUMENTATION = r"""
options:
  zone:
    description: The zone, such as V(example.com).
    type: str
    required: true
  zone_id:
    description: The zone's id. When not given it is looked for by its name, which costs a request.
    type: str
  api_token:
    description: A token with the permissions C(DNS Edit) and, without O(zone_id), C(Zone Read) for this zone.
    type: str
  api_email:
    description: Instead of O(api_token), the account's e-mail address, together with O(api_key).
    type: str
  api_key:
    description: The account's global key, which may do everything. A token is safer.
    type: str
  base_url:
    description: Where the API is, when it is not Cloudflare's own address.
    type: str
  timeout:
    description:
      - Seconds for everything, pauses included.
      - Cloudflare closes its API for five minutes to those that make more than 1,200 requests in five minutes.
    type: int
    default: 330
"""
