# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the part of the Cloudflare API v4 that handles DNS records, with state.

What it answers follows Cloudflare's documentation (https://developers.cloudflare.com/api/resources/dns/) and the error codes
that its users meet. Its records are mirrored into the lab's BIND, so that they really resolve.

- errors.py: the API's errors; records.py: what a record may be; store.py: the records; batch.py: many changes in one call;
  queries.py: filters and pages; access.py: who may what; mirror.py: into BIND; trials.py: what tests may order; api.py: the routes.

Beside the API, for tests, under C(/_lab/): C(GET zones), C(GET|DELETE requests), C(POST|DELETE errors), C(PUT read_only),
C(PUT limit), C(DELETE records).
"""
