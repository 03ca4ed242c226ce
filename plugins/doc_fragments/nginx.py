# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules that work with nginx, written once."""

from __future__ import annotations


class ModuleDocFragment:
    """Which nginx; module_utils/nginx_arguments.py is its code."""

    DOCUMENTATION = r"""
options:
  nginx_command:
    description: The nginx program with the options that it always gets, such as C(-p) and a prefix.
    type: list
    elements: str
    default: [nginx]
  nginx_config:
    description: nginx's configuration file. Everything published is below its folder.
    type: path
    default: /etc/nginx/nginx.conf
  nginx_pid_file:
    description: The file in which nginx keeps the id of its master process.
    type: path
    default: /run/nginx.pid
"""

    PUBLISH = r"""
options:
  reload_timeout:
    description: How many seconds new workers may take to appear after a reload.
    type: int
    default: 60
  answers:
    description:
      - A host that nginx itself must know once it serves what was published, and where to ask it by HTTP.
      - An answer of 404 fails the task, as hosts that no tenant has get it. Another server of the same name is seen so.
    type: dict
    suboptions:
      host:
        description: The tenant's backend host.
        type: str
        required: true
      address:
        description: An address that nginx listens on. A wildcard stands for the host's own loopback.
        type: str
        default: 127.0.0.1
      port:
        description: The port for HTTP.
        type: int
        default: 80
"""
