#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_reload
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Let nginx read the certificates that were renewed
description:
  - Reloads nginx if a certificate or key that its configuration names was replaced since it read them, and sees that new workers came.
    So a reload that failed after a renewal, or that nobody made, is made up for.
  - What nginx reads at each handshake needs no reload (the layout V(shared)).
options:
  certbot_config_dir:
    description:
      - certbot's configuration folder. The hook of the role P(frappeops.tenants.edge_host#role) notes there that a renewal waits for a
        reload. The note is removed when it no longer does.
    type: path
    default: /etc/letsencrypt
  reload_timeout:
    description: Seconds in which new workers must appear.
    type: int
    default: 60
extends_documentation_fragment:
  - frappeops.tenants.nginx
  - frappeops.tenants.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: No file of a configuration is changed.
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Let nginx read the renewed certificates
  frappeops.tenants.nginx_reload:
"""

RETURN = r"""
commands:
  description: The programs that were run, as argument lists.
  returned: success
  type: list
  elements: list
"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import nginx_certificates
from ..module_utils.certificate_list import mark_of
from ..module_utils.errors import TenantError
from ..module_utils.nginx_arguments import ARGUMENTS as NGINX
from ..module_utils.nginx_arguments import nginx_of
from ..module_utils.nginx_reload import Reloads
from ..module_utils.nginx_tree import ConfigTree
from ..module_utils.runner import run
from ..module_utils.tools import Tools

ARGUMENTS: dict[str, dict[str, Any]] = {
    "certbot_config_dir": {"type": "path", "default": "/etc/letsencrypt"},
    "reload_timeout": {"type": "int", "default": 60},
    **NGINX,
}


def ensure(params: dict[str, Any], check_mode: bool, tools: Tools) -> dict[str, Any]:
    nginx = nginx_of(params, tools)
    nginx.require_running()
    reloads = Reloads(nginx)
    # Written by renewal_hook.sh.j2.
    renewed = mark_of(Path(params["certbot_config_dir"]), ".renewed")
    with nullcontext() if check_mode else reloads.turn():
        texts = ConfigTree(nginx.config).parsed_files().values()
        files = [renewed, *(file for text in texts for file in nginx_certificates.named_in(text))]
        due = not reloads.has_read(nginx_certificates.changed_at(files))
        if due:
            fault = nginx.fault()
            if fault is not None:
                raise TenantError(
                    f"nginx refuses its live configuration, so it was not reloaded: {fault}.",
                    "Mend it (nginx -t shows the same), then run again.",
                )
        if due and not check_mode:
            reloads.reload()
        # Not one that certbot's hook wrote meanwhile.
        if not check_mode and reloads.has_read(nginx_certificates.changed_at([renewed])):
            renewed.unlink(missing_ok=True)
    return {"changed": due, "commands": tools.commands}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    tools = Tools()
    run(module, lambda: ensure(module.params, module.check_mode, tools))


if __name__ == "__main__":
    main()
