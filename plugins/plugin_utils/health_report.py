# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of tenants' health, for the person at the terminal, and as JUnit's XML for pipelines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree import ElementTree

from ansible_collections.frappeops.tenants.plugins.module_utils.health_check import FAIL, PASS, SKIP, WARN

#: Ansible's names of the colours.
COLOURS = {SKIP: "dark gray", PASS: "green", WARN: "bright yellow", FAIL: "red"}

_WIDTH = 14


def lines(tenants: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str | None]]:
    """Each line with its colour: a heading per tenant, its checks below, and how many tenants are how."""
    tenants = list(tenants)
    for tenant in tenants:
        yield f"{tenant['name']}: {tenant['status']}", COLOURS[tenant["status"]]
        for check in tenant["checks"]:
            yield f"  {check['status']:<4}  {check['name']:<{_WIDTH}} {check['seen']}", COLOURS[check["status"]]
            if check["status"] in (WARN, FAIL):
                yield f"        {'wanted':<{_WIDTH}} {check['wanted']}", None
                if check["remedy"]:
                    yield f"        {'do':<{_WIDTH}} {check['remedy']}", None
        yield "", None
    counts = Counter(tenant["status"] for tenant in tenants)
    shown = ", ".join(f"{counts[status]} {status}" for status in (PASS, WARN, FAIL) if counts[status])
    yield f"{len(tenants)} tenant{'' if len(tenants) == 1 else 's'}: {shown or 'nothing to look at'}", None


def junit(tenants: Iterable[dict[str, Any]]) -> str:
    """A suite per tenant, a case per check; FAIL is a failure, SKIP is skipped, WARN stands in the case's output."""
    root = ElementTree.Element("testsuites", name="tenant health")
    for tenant in tenants:
        checks = tenant["checks"]
        counts = Counter(check["status"] for check in checks)
        numbers = {"tests": str(len(checks)), "failures": str(counts[FAIL]), "skipped": str(counts[SKIP])}
        suite = ElementTree.SubElement(root, "testsuite", {"name": tenant["name"], **numbers})
        for check in checks:
            case = ElementTree.SubElement(suite, "testcase", classname=tenant["name"], name=check["name"])
            told = _printable(
                f"{check['status']}: {check['seen']}; wanted: {check['wanted']}. {check['remedy']}".strip()
            )
            if check["status"] == FAIL:
                ElementTree.SubElement(case, "failure", message=_printable(check["seen"])).text = told
            elif check["status"] == SKIP:
                ElementTree.SubElement(case, "skipped", message=_printable(check["seen"]))
            else:
                ElementTree.SubElement(case, "system-out").text = told
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _printable(text: str) -> str:
    """XML has no way to write control characters, and what a server answered may hold them."""
    return "".join(character if character.isprintable() else " " for character in text)
