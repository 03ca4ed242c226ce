# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only place where a module's outcome is told to Ansible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .errors import TenantError


def run(module: AnsibleModule, work: Callable[[], dict[str, Any]]) -> None:
    """Run the module's work and end the module with its result.

    :param work: returns the fields for C(exit_json), C(changed) among them, and perhaps C(warnings), a list of texts; raises
        TenantError to fail.
    """
    try:
        result = work()
    except TenantError as error:
        module.fail_json(**error.as_result())
    except OSError as error:
        # A full disk, a missing right: the system's own words name the file.
        module.fail_json(msg=f"{error.filename or module._name}: {error.strerror or error}.", errno=error.errno)
    # Handed to exit_json as a field they are deprecated since ansible-core 2.19. They end up in the result all the same.
    for warning in result.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**result)
