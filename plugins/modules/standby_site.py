# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/standby_site.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: standby_site
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Note in the registry which standby sites are made, ready, claimed and gone
description:
  - A standby site is made before anybody wants it. When a tenant comes, it is claimed in the registry, of any number of runs at
    once exactly one gets it, and M(frappeops.tenants.frappe_site) takes it over.
  - This writes into the registry only. C(playbooks/pool.yml) makes and removes the sites.
options:
  state:
    description:
      - V(planned) compares the pool of a bench with what O(plans) want, and notes what this run will make and remove. Sites
        with other apps or versions than the bench has now, or left by a run that is dead, are removed.
      - V(ready) notes that a site is complete and may be claimed.
      - V(claimed) notes in the journal that the site of O(tenant) is about to be made, and claims a ready site of its bench and
        plan. The database of the tenant is then that of the standby site. Asked again it gives the same answer.
      - V(gone) notes that nothing is left of a site.
    type: str
    required: true
    choices: [planned, ready, claimed, gone]
  id:
    description: The standby site. Needed for V(ready) and V(gone).
    type: str
  bench:
    description: The bench's inventory host. Needed for V(planned).
    type: str
  plans:
    description: The plans, as in C(tenant_plans); of each, C(standby_sites) and C(apps) are read. Needed for V(planned).
    type: dict
  counts:
    description: For V(planned), how many sites of a plan this bench keeps, where that is not the plan's C(standby_sites).
    type: dict
    default: {}
  apps:
    description:
      - For V(planned), the apps that the bench is said to have beside Frappe. Of a plan with other apps none are made, unless O(counts)
        names it. Without it the bench is taken to have them all.
    type: list
    elements: str
  versions:
    description:
      - For V(planned), the version of each app of the bench.
      - For V(ready), the versions that the site was made with, as M(frappeops.tenants.frappe_site) returns them.
    type: dict
  database_prefix:
    description: What the names of the databases begin with.
    type: str
    default: tenant_
  tenant:
    description: The tenant's name. Needed for V(claimed).
    type: str
  step:
    description: The step that makes the site. Needed for V(claimed).
    type: str
  wanted:
    description: Whether a standby site may be claimed. Otherwise V(claimed) only writes the journal.
    type: bool
    default: true
extends_documentation_fragment:
  - frappeops.tenants.registry
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: frappeops.tenants.frappe_site
    description: Makes standby sites and takes them over.
"""

EXAMPLES = r"""
- name: Find what the pool lacks
  frappeops.tenants.standby_site:
    state: planned
    bench: bench1
    plans: "{{ tenant_plans }}"
    versions: "{{ bench.versions }}"
  register: pool

- name: Let the site be claimed
  frappeops.tenants.standby_site:
    state: ready
    id: "{{ pool.make[0].id }}"
    versions: "{{ made.versions }}"

- name: Claim a site for acme
  frappeops.tenants.standby_site:
    state: claimed
    tenant: acme
    step: frappeops.tenants.site
"""

RETURN = r"""
refused:
  description: Of plans whose sites can't be made what the bench lacks, a line each.
  returned: when O(state=planned)
  type: list
  elements: str
  sample: ["The bench bench1 lacks hrms of the plan staff. On the bench host: bench get-app hrms."]
make:
  description: The sites that this run is to make.
  returned: when O(state=planned)
  type: list
  elements: dict
  sample: &rows
    - id: 4f1c9a7be2d85310
      plan: starter
      bench: bench1
      site: 4f1c9a7be2d85310.standby.invalid
      database_name: tenant_standby_1f3a90bc
remove:
  description: The sites that this run is to remove.
  returned: when O(state=planned)
  type: list
  elements: dict
  sample: *rows
standby:
  description: The claimed site and its owner mark; nothing when there was none.
  returned: when O(state=claimed)
  type: dict
  sample: {site: 4f1c9a7be2d85310.standby.invalid, owner: 4f1c9a7be2d85310}
tenant:
  description: The tenant's row in the registry, in which the claim sets the database.
  returned: when O(state=claimed), but not in check mode
  type: dict
  sample: {name: acme, database_name: tenant_standby_1f3a90bc}
"""
