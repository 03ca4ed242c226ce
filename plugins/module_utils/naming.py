# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant may be called, and every name that follows from it.

The rules are those of a DNS label (RFC 1035, RFC 1123, RFC 5890) with the limits of the seed project:
3 to 63 characters of C(a-z 0-9 -). All other code takes the identity made here and never builds a
host name from parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from .errors import TenantError

MIN_LENGTH = 3
MAX_LENGTH = 63
MAX_LABEL = 63
MAX_HOST = 253

# The seed's list, and the names that mail, DNS and network clients look up by themselves in any domain:
# a tenant with such a name would receive their traffic (RFC 2142, RFC 6186, RFC 8461, autodiscover, WPAD).
RESERVED = frozenset(
    """
    www api auth admin app blog mail ftp localhost
    autoconfig autodiscover dns imap imaps isatap mta-sts mx mx1 mx2 ns ns1 ns2 ns3 ns4 pop pop3 smtp smtps
    webmail wpad
    abuse hostmaster noc postmaster root security webmaster
    cdn dashboard docs login signup sso static status support
    """.split()
)

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_EXAMPLE = "acme"


@dataclass(frozen=True)
class Problem:
    """One broken rule: the input's field, the rule's short name, and what to tell the person."""

    field: str
    value: str
    rule: str
    message: str


@dataclass(frozen=True)
class Identity:
    """Every name of one tenant, made once and passed on whole.

    Hosts carry no port; URLs carry it unless it is 443. The site is named as the backend host, since
    Frappe finds a site by that name.
    """

    name: str
    domain: str
    frontend_host: str
    backend_host: str
    site: str
    frontend_url: str
    backend_url: str


@dataclass(frozen=True)
class HostPatterns:
    """How hosts are made from a name, such as C({tenant}.{domain}) and C(api.{tenant}.{domain})."""

    domain: str
    frontend: str = "{tenant}.{domain}"
    backend: str = "api.{tenant}.{domain}"
    https_port: int = 443

    def identity(self, name: str) -> Identity:
        """All names of the tenant called I(name), which must have been checked."""
        frontend, backend = self._host(self.frontend, name), self._host(self.backend, name)
        return Identity(
            name=name,
            domain=self.domain,
            frontend_host=frontend,
            backend_host=backend,
            site=backend,
            frontend_url=self._url(frontend),
            backend_url=self._url(backend),
        )

    def check(self) -> None:
        """Refuse patterns that could not give two valid, different hosts per tenant."""
        if not is_host(self.domain) or "." not in self.domain:
            raise TenantError(
                f"domain: {self.domain!r} is refused: it is not a domain name in lower case.",
                "Example: tenant_domain: example.com.",
            )
        for field, pattern in (("hosts.frontend", self.frontend), ("hosts.backend", self.backend)):
            self._check_pattern(field, pattern)
        if self.frontend == self.backend:
            raise TenantError(f"hosts: frontend and backend are both {self.frontend!r}; they must differ.")

    def tenant_of(self, host: str) -> str | None:
        """The name one of whose hosts would be I(host), or None."""
        return self.tenant_of_backend(host) or self._tenant_of(self.frontend, host)

    def tenant_of_backend(self, host: str) -> str | None:
        """The name whose backend host would be I(host), or None."""
        return self._tenant_of(self.backend, host)

    def _tenant_of(self, pattern: str, host: str) -> str | None:
        escaped = re.escape(pattern).replace(re.escape("{domain}"), re.escape(self.domain))
        match = re.fullmatch(escaped.replace(re.escape("{tenant}"), "([a-z0-9-]+)", 1), host)
        return match.group(1) if match else None

    def _check_pattern(self, field: str, pattern: str) -> None:
        example = "Example: '{tenant}.{domain}'."
        if _PLACEHOLDER.findall(pattern).count("tenant") != 1:
            raise TenantError(f"{field}: {pattern!r} is refused: it must hold {{tenant}} exactly once.", example)
        unknown = set(_PLACEHOLDER.findall(pattern)) - {"tenant", "domain"}
        if unknown:
            raise TenantError(f"{field}: {pattern!r} has the unknown placeholder {{{min(unknown)}}}.", example)
        if not is_host(self._host(pattern, _EXAMPLE)):
            raise TenantError(f"{field}: {pattern!r} does not give a host name.", example)

    def _host(self, pattern: str, name: str) -> str:
        return pattern.replace("{tenant}", name).replace("{domain}", self.domain)

    def _url(self, host: str) -> str:
        return url("https", host, self.https_port)


def url(scheme: str, host: str, port: int) -> str:
    """The URL of I(host), with its port unless it is the scheme's own."""
    return f"{scheme}://{host}" if port == {"http": 80, "https": 443}[scheme] else f"{scheme}://{host}:{port}"


def is_covered(host: str, names: Iterable[str]) -> bool:
    """Whether a certificate for I(names) is for I(host): by its own name, or by a wildcard of one label (RFC 6125 6.4.3)."""
    return not {host, f"*.{host.partition('.')[2]}"}.isdisjoint(names)


def is_host(host: str) -> bool:
    """Whether I(host) is a host name in lower case whose labels and length DNS can carry."""
    labels = host.split(".")
    return len(host) <= MAX_HOST and all(_LABEL.fullmatch(label) and len(label) <= MAX_LABEL for label in labels)


def problems_of_name(name: Any, patterns: HostPatterns, reserved: Iterable[str] = ()) -> list[Problem]:
    """Every rule that I(name) breaks, in the order in which a person would mend them.

    :param reserved: names refused beside the built-in ones.
    """
    if not isinstance(name, str):
        return [_problem(str(name), "type", "it is not a text; put it in quotes")]
    broken = list(_shape_problems(name))
    if broken:
        return broken
    return list(_meaning_problems(name, patterns, frozenset(reserved) | RESERVED))


def identities(
    names: Iterable[Any], patterns: HostPatterns, reserved: Iterable[str] = ()
) -> tuple[list[dict[str, str]], list[Problem]]:
    """The identities of the good names, and the problems of the others, in the given order."""
    patterns.check()
    reserved = list(reserved)
    good: list[dict[str, str]] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for name in names:
        found = problems_of_name(name, patterns, reserved)
        if not found and name in seen:
            found = [_problem(name, "duplicate", "it is named more than once")]
        if found:
            problems.extend(found)
            continue
        seen.add(name)
        good.append(asdict(patterns.identity(name)))
    return good, problems


def suggestion(name: str) -> str:
    """A valid name near to I(name), to show as the example in a refusal."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:MAX_LENGTH].strip("-")
    if len(slug) < MIN_LENGTH:
        slug = f"{slug}-{_EXAMPLE}".strip("-")
    if slug in RESERVED:
        return f"{slug}-{_EXAMPLE}"
    # A name of good shape was refused for its meaning: repeating it would help nobody.
    return _EXAMPLE if slug == name else slug


def _shape_problems(name: str) -> Iterable[Problem]:
    if len(name) < MIN_LENGTH:
        yield _problem(name, "too_short", f"it has {len(name)} characters, at least {MIN_LENGTH} are needed")
    if len(name) > MAX_LENGTH:
        yield _problem(name, "too_long", f"it has {len(name)} characters, at most {MAX_LENGTH} are allowed")
    foreign = sorted(set(re.findall(r"[^a-z0-9-]", name)))
    if foreign:
        found = " ".join(repr(character) for character in foreign[:5])
        yield _problem(name, "characters", f"only a-z, 0-9 and - are allowed, found {found}")
    if name.startswith("-") or name.endswith("-"):
        yield _problem(name, "hyphen_at_end", "it must not begin or end with a hyphen")
    if name.startswith("xn--"):
        yield _problem(name, "punycode", "names beginning with xn-- stand for other scripts and can imitate a tenant")
    elif name[2:4] == "--":
        # RFC 5890 2.3.1; certificate authorities do not issue for such labels.
        yield _problem(name, "reserved_label", "hyphens in third and fourth place are reserved by the DNS")


def _meaning_problems(name: str, patterns: HostPatterns, reserved: frozenset[str]) -> Iterable[Problem]:
    if name in reserved:
        yield _problem(name, "reserved", "this name is reserved")
        return
    identity = patterns.identity(name)
    for part, host in (("frontend", identity.frontend_host), ("backend", identity.backend_host)):
        if not is_host(host):
            yield _problem(
                name,
                "derived_length",
                f"its {part} host {host} is too long for the DNS ({MAX_LABEL} characters a label, {MAX_HOST} in all)",
            )
    other = patterns.tenant_of_backend(identity.frontend_host)
    if other is not None:
        # With backends named {tenant}-api, the frontend of acme-api would be the backend of acme.
        yield _problem(name, "collision", f"its frontend host would be the backend host of the tenant {other!r}")


def _problem(name: str, rule: str, reason: str) -> Problem:
    shown = name if len(name) <= 80 else f"{name[:77]}..."
    message = f"tenant: {shown!r} is refused: {reason}. Example: {suggestion(name)}."
    return Problem(field="tenant", value=shown, rule=rule, message=message)
