#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: frappe_login_doors
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: See from outside that a Frappe site lets nobody in by password
description:
  - Tries every door through which somebody could enter without the OAuth provider, and fails unless each is closed.
  - The doors are password login by the login methods of all API versions and by C(cmd=login) in the body, the query
    and as JSON on other paths, password reset, login by a link in an e-mail, and sign-up.
  - An answer that is not known to be a refusal does not count as one.
  - No account is touched. The user of the tries is a random one at C(example.invalid), and the address of the sign-up is
    not an address, so that an open door makes no user.
  - Frappe answers few requests an hour for a login link or a password reset, and refuses further ones before it looks at its
    settings. So whether these doors are closed or were tried too often can only be told where Frappe itself is asked, which
    O(site) does, and which should be done first. See O(accept_limited).
options:
  url:
    description: The site's URL, such as V(https://api.acme.example.com).
    type: str
    required: true
    aliases: [backend_url]
  accept_limited:
    description:
      - Take the doors of the e-mail link and of the password reset as closed when they seem to have been tried too often.
      - For a look through nginx at a site that was seen closed directly.
    type: bool
    default: false
  password_login:
    description:
      - Whether people sign in by password here. Then C(/api/method/login) must be open, and of the other doors only those are tried
        that need no password.
    type: bool
    default: false
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.read_only
  - frappeops.tenants.probe
  - frappeops.tenants.view
seealso:
  - module: frappeops.tenants.frappe_ping
    description: Looks from the same place whether the site answers at all.
"""

EXAMPLES = r"""
- name: See that the site itself refuses everybody, without nginx in between
  frappeops.tenants.frappe_login_doors:
    url: http://127.0.0.1:8000
    site: api.acme.example.com
  delegate_to: bench1

- name: See that everybody is refused through the public name
  frappeops.tenants.frappe_login_doors:
    url: https://api.acme.example.com
    accept_limited: true
  delegate_to: localhost
"""

RETURN = r"""
url:
  description: What was tried.
  returned: success
  type: str
  sample: https://api.acme.example.com
doors:
  description:
    - What was seen at each door, by the door's name.
    - C(state) is V(closed), V(open), V(unproven) or V(limited), C(status) the HTTP status and C(seen) what it means.
  returned: when the site answered
  type: dict
  sample:
    login: {state: closed, status: 401, seen: "Frappe: password login is off"}
not_closed:
  description: The names of the doors that are not closed.
  returned: when a door is not closed
  type: list
  elements: str
  sample: [command_in_body]
error:
  description: What kind of fault it was; V(doors_open), V(login_closed), or one of the codes of M(frappeops.tenants.frappe_ping).
  returned: failure
  type: str
  sample: doors_open
remedy:
  description: What can be done about it.
  returned: failure
  type: str
  sample: Look again in an hour.
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.frappeops.tenants.plugins.module_utils import probe_arguments
from ansible_collections.frappeops.tenants.plugins.module_utils.login_doors import try_doors
from ansible_collections.frappeops.tenants.plugins.module_utils.runner import run


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True, "aliases": ["backend_url"]},
            "accept_limited": {"type": "bool", "default": False},
            # Not a secret: whether there are passwords at all.
            "password_login": {"type": "bool", "default": False, "no_log": False},
            **probe_arguments.ARGUMENTS,
        },
        supports_check_mode=True,
    )
    arguments = module.params
    client = probe_arguments.client(arguments)
    run(
        module,
        lambda: {
            "changed": False,
            **try_doors(
                client,
                arguments["url"],
                arguments["site"],
                arguments["accept_limited"],
                arguments["password_login"],
            ),
        },
    )


if __name__ == "__main__":
    main()
