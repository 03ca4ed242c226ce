# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last two stages of `make demo`: prepares the edge host, then provisions the tenant named by TENANT.

The name comes through the environment and goes to Ansible as data that is never a template and never seen by a shell,
so that an odd name ends in the collection's own message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = ROOT / ".venv" / "bin" / "ansible-playbook"
LOG = ROOT / ".cache" / "demo-edge.log"


def extra_vars(tenant: str) -> str:
    """The tenant's variables as JSON, in the form that keeps Ansible from templating them."""
    values = {"tenant": tenant, "admin_email": f"ada@{tenant}.example"}
    return json.dumps({name: {"__ansible_unsafe": value} for name, value in values.items()})


def main() -> int:
    """Run both playbooks."""
    os.chdir(ROOT)
    tenant = os.environ.get("TENANT") or "acme"
    print("demo: preparing the edge host", flush=True)
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w", encoding="utf-8") as log:
        edge = subprocess.run(
            [PLAYBOOK, "playbooks/edge.yml"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if edge.returncode:
        print(LOG.read_text(encoding="utf-8"), end="")
        print("make demo: playbooks/edge.yml failed, see above", file=sys.stderr)
        return edge.returncode
    print(f"demo: provisioning {tenant!a}", flush=True)
    return subprocess.run(
        [PLAYBOOK, "provision.yml", "--extra-vars", extra_vars(tenant)], stdin=subprocess.DEVNULL, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
