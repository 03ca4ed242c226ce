# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is wanted, judged as a whole before anything is made.

An order is an entry of a tenants file, of the list C(tenants), or of the command itself. All problems of all entries are
found at once, so that a file of hundreds is mended in one go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns, problems_of_name
from ansible_collections.frappeops.tenants.plugins.test.time_zone import is_time_zone

from .registry import placement, states, tenants
from .registry.placement import Bench
from .tenants_file import FIELDS, Entry, Problem

#: An address that can go into a mail header and name a Frappe user: one @, a host name after it, nothing to quote.
_MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])+[A-Za-z]{2,63}"
)
_LONGEST_ADDRESS = 254
_LONGEST_FIRST_NAME = 140

#: Where the tenant is at home. Each may be left out and is then the plan's or the operator's for all.
SETTINGS = ("country", "time_zone", "language")
#: As Frappe names its languages: de, pt-BR.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_LONGEST_COUNTRY = 140


@dataclass(frozen=True)
class Rules:
    """What orders are judged by.

    :param plans: the data of each plan, by its name.
    :param defaults: values for the fields that an entry leaves out.
    """

    patterns: HostPatterns
    plans: Mapping[str, Mapping[str, Any]]
    default_plan: str
    benches: Sequence[Bench]
    reserved: Sequence[str] = ()
    quarantine_days: int = 0
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """One tenant to make, or to bring to its wanted state.

    :param settings: those of SETTINGS that are asked for; the others of a tenant that is there stay as they are.
    """

    identity: dict[str, str]
    admin: dict[str, str]
    plan: str
    bench: str
    settings: dict[str, str]


def judge(
    entries: Sequence[Entry], rules: Rules, registered: Sequence[Mapping[str, Any]], adopted: Collection[str] = ()
) -> tuple[list[Order], list[Problem]]:
    """The orders of the good entries, and the problems of the others, both in the order of the entries.

    :param registered: the rows of all tenants in the registry.
    :param adopted: the tenants among them that were there before the registry: their site and hosts follow no pattern.
    """
    rules.patterns.check()
    rows = {row["name"]: row for row in registered}
    hosts = {host: row["name"] for row in registered for host in _hosts_of(row)}
    first: dict[str, str] = {}
    orders: list[Order] = []
    problems: list[Problem] = []
    for entry in entries:
        found = list(_shape_problems(entry))
        if not found:
            row = rows.get(entry.values["tenant"])
            values = _complete(entry.values, rules, row)
            found = [*_name_problems(values["tenant"], rules, first), *_value_problems(values, rules)]
            first.setdefault(values["tenant"], entry.where)
        if not found:
            order = _order(values, rules)
            is_adopted = row is not None and row["name"] in adopted
            found = [] if is_adopted else list(_host_problems(order, hosts))
            found += _claim_problems(order, rules, row, is_adopted)
        if found:
            problems += [Problem(entry.where, message) for message in found]
        else:
            orders.append(order)
    return orders, problems


def refusal(problems: Sequence[Problem], source: str) -> TenantError:
    """All problems as one error, a line each.

    :param source: the file or the list that they stand in; empty for the values of a command.
    """
    lines = [str(problem) for problem in problems]
    if source:
        count = f"{len(lines)} problem{'s' * (len(lines) > 1)}"
        lines = [f"{count} in {source}; nothing was made.", *(f"  {line}" for line in lines)]
    return TenantError("\n".join(lines), problems=[asdict(problem) for problem in problems])


def _complete(given: Mapping[str, Any], rules: Rules, row: Mapping[str, Any] | None) -> dict[str, Any]:
    """All values. What is left out is the command's; plan and first name then stay as they are at a tenant that is there."""
    there = row if row is not None and row["state"] not in states.FREE else {}
    left_out = {
        "admin_email": "",
        "admin_first_name": there.get("admin_first_name") or tenants.FIRST_NAME,
        "plan": there.get("plan") or rules.default_plan,
        "bench": "",
    }
    return {**left_out, **_stated(rules.defaults), **_stated(given)}


def _stated(values: Mapping[str, Any]) -> dict[str, Any]:
    """An AWX survey sends an empty text for an answer that was left out."""
    return {key: value for key, value in values.items() if value not in ("", None)}


def _order(values: Mapping[str, str], rules: Rules) -> Order:
    return Order(
        identity=asdict(rules.patterns.identity(values["tenant"])),
        admin={"email": values["admin_email"].lower(), "first_name": values["admin_first_name"]},
        plan=values["plan"],
        bench=values["bench"],
        settings={name: values[name] for name in SETTINGS if name in values},
    )


def _shape_problems(entry: Entry) -> Iterator[str]:
    for key, value in entry.values.items():
        if key not in FIELDS:
            yield f"{key!r} is unknown. Known: {', '.join(FIELDS)}."
        elif not isinstance(value, str) and value is not None:
            yield f"{key}: {value!r} is refused: it is not a text; put it in quotes."
    if entry.values.get("tenant") in ("", None):
        yield "tenant is missing."


def _name_problems(name: Any, rules: Rules, first: Mapping[str, str]) -> Iterator[str]:
    found = problems_of_name(name, rules.patterns, rules.reserved)
    yield from (problem.message for problem in found)
    if not found and name in first:
        yield f"tenant: {name!r} is refused: it is named more than once, first in {first[name]}."


def _value_problems(values: Mapping[str, str], rules: Rules) -> Iterator[str]:
    name, email, first_name, plan = (values[key] for key in ("tenant", "admin_email", "admin_first_name", "plan"))
    if len(email) > _LONGEST_ADDRESS or not _MAIL_ADDRESS.fullmatch(email):
        yield f"admin_email: {email!r} is refused for {name}: it is not a mail address. Example: ada@example.com."
    if not first_name.isprintable() or len(first_name) > _LONGEST_FIRST_NAME:
        yield (
            f"admin_first_name: {first_name!r} is refused for {name}: it is no single line of at most "
            f"{_LONGEST_FIRST_NAME} characters. Example: Ada."
        )
    yield from _setting_problems(name, values)
    if plan not in rules.plans:
        yield f"plan: {plan!r} is refused for {name}: there is no such plan. Known plans: {', '.join(rules.plans)}."
        return
    try:
        placement.amounts(rules.plans[plan].get("needs") or {}, f"The needs of the plan {plan}")
        placement.with_apps(rules.benches, rules.plans[plan].get("apps") or [], values["bench"] or None)
    except TenantError as error:
        yield f"{name} on plan {plan} is refused: {error.as_result()['msg']}"


def _setting_problems(name: str, values: Mapping[str, str]) -> Iterator[str]:
    country, zone, language = (values.get(setting) for setting in SETTINGS)
    if country is not None and (not country.isprintable() or len(country) > _LONGEST_COUNTRY):
        yield f"country: {country!r} is refused for {name}: it is no single line. Example: Germany."
    if zone is not None and not is_time_zone(zone):
        yield f"time_zone: {zone!r} is refused for {name}: there is no such time zone. Example: Europe/Berlin."
    if language is not None and not _LANGUAGE.fullmatch(language):
        yield f"language: {language!r} is refused for {name}: it is no code of a language. Example: de."


def _host_problems(order: Order, hosts: Mapping[str, str]) -> Iterator[str]:
    """Two names of one host pattern never meet, but the registry may know hosts of other patterns."""
    name = order.identity["name"]
    for host in (order.identity["frontend_host"], order.identity["backend_host"]):
        if hosts.get(host, name) != name:
            yield f"tenant: {name!r} is refused: its host {host} belongs to the tenant {hosts[host]}."


def _claim_problems(order: Order, rules: Rules, row: Mapping[str, Any] | None, is_adopted: bool) -> Iterator[str]:
    try:
        tenants.check_claim(
            dict(row) if row else None,
            order.admin["email"],
            row["site"] if row and is_adopted else order.identity["site"],
            order.bench or None,
            rules.quarantine_days,
        )
    except TenantError as error:
        yield error.as_result()["msg"]
        return
    if row is None or row["state"] in states.FREE or row["bench"] in [bench.name for bench in rules.benches]:
        return
    yield f"{row['name']} lives on the bench {row['bench']}, which is not in the inventory. Put it into the group benches again."


def _hosts_of(row: Mapping[str, Any]) -> set[str]:
    """The hosts that a tenant in the registry has; none when its name is free."""
    return set() if row["state"] in states.FREE else tenants.hosts(row["identity"])
