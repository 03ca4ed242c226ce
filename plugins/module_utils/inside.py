# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a program inside the bench's Python talks to the module: JSON in, JSON out.

This file and the programs beside it run in the bench's Python, with nothing of Ansible at hand. They are
copied there as text, so they import only the standard library, Frappe and its database driver.
"""

from __future__ import annotations

import json
import sys
import traceback
from contextlib import contextmanager


class Refused(Exception):
    """Something that the person at the terminal must know.

    :param msg: one line.
    :param fields: further fields of the answer; no secrets.
    """

    def __init__(self, msg, **fields):
        super().__init__(msg)
        self.fields = {"msg": msg, **fields}


def serve(operations):
    """Read the request from standard input, run the operation that it names, write the answer.

    Frappe prints to standard output at will; the answer alone goes there, everything else to standard error.

    :param operations: operation name to function; the function gets the request's other fields.
    """
    answers, sys.stdout = sys.stdout, sys.stderr
    request = json.load(sys.stdin)
    operation = operations[request.pop("operation")]
    try:
        answer = operation(**request)
    except Refused as refusal:
        answer = {"error": refusal.fields}
    except Exception as error:  # the reason must reach the terminal, whatever it is
        traceback.print_exc()
        reason = " ".join(str(error).split()) or "no reason given"
        answer = {"error": {"msg": f"{type(error).__name__}: {reason}", "error": type(error).__name__}}
    json.dump(answer, answers, default=str)


@contextmanager
def in_site(site):
    """Frappe connected to the site as Administrator; the working directory must be sites/."""
    import frappe

    frappe.init(site=site, sites_path=".")
    try:
        frappe.connect()
        frappe.set_user("Administrator")
        yield frappe
    finally:
        frappe.destroy()
