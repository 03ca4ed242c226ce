#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_bench_services
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: See which services of a bench are down
description:
  - Asks each service of a bench in its own protocol, where common_site_config.json says that it listens, and names those that do not answer.
  - On wish restarts exactly those, and sees that they work again. A port that another program holds is named, and that program never stopped.
  - A service that is down does not fail the task; read RV(problems).
  - Runs on the bench host as the user that owns the bench.
options:
  services:
    description: The services to look at.
    type: list
    elements: str
    choices: [redis_cache, redis_queue, web, socketio, worker]
    default: [redis_cache, redis_queue, web, socketio, worker]
  restart:
    description: Whether to restart what is down. Every tenant of the bench notices a restart of its web service.
    type: bool
    default: false
  commands:
    description: For each service the command that restarts it, as a list. One without a command is never restarted.
    type: dict
    default: {}
  patience:
    description: For how many seconds to wait for a restarted service.
    type: float
    default: 60
extends_documentation_fragment:
  - frappeops.tenants.bench
  - frappeops.tenants.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
    details: What works is left alone.
seealso:
  - module: frappeops.tenants.frappe_bench_check
    description: Checks whether the bench can take a tenant's site.
"""

EXAMPLES = r"""
- name: See which service is down, and restart the web service if it is that
  frappeops.tenants.frappe_bench_services:
    bench_path: /home/frappe/frappe-bench
    restart: true
    commands:
      web: [supervisorctl, restart, "frappe-bench-web:frappe-bench-frappe-web"]
  delegate_to: bench1
  register: services
"""

RETURN = r"""
down:
  description: The services that did not answer.
  returned: success
  type: list
  elements: str
  sample: [web]
restarted:
  description: Those of them that were restarted.
  returned: success
  type: list
  elements: str
  sample: [web]
problems:
  description: What is still wrong, a line each.
  returned: success
  type: list
  elements: str
  sample: []
commands_run:
  description: The commands that were run, as argument lists.
  returned: success
  type: list
  elements: list
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import BENCH_ARGUMENTS, Bench
from ansible_collections.frappeops.tenants.plugins.module_utils.bench_services import examine
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run
from ansible_collections.frappeops.tenants.plugins.module_utils.tools import Tools

SERVICES = ["redis_cache", "redis_queue", "web", "socketio", "worker"]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **BENCH_ARGUMENTS,
            "services": {"type": "list", "elements": "str", "choices": SERVICES, "default": SERVICES},
            "restart": {"type": "bool", "default": False},
            "commands": {"type": "dict", "default": {}},
            "patience": {"type": "float", "default": 60},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _work(module.params, module.check_mode))


def _work(params: dict, check_mode: bool) -> dict:
    tools = Tools()
    bench = Bench(params["bench_path"], params["bench_command"], params["timeout"])
    found = examine(bench, params, tools, check_mode)
    return {**found, "commands_run": tools.commands}


if __name__ == "__main__":
    main()
