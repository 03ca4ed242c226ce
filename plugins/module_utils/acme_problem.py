# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an ACME authority refused, and what to do about it.

certbot 2.1.0 as packaged in Debian 12 prints every refused request as C(AttributeError: can't set
attribute); the authority's own answer (RFC 8555 6.7) stands only in its log, as JSON between log lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .errors import TenantError, tail

PREFIX = "urn:ietf:params:acme:error:"
#: Answered by certbot itself with a new try; never the reason of a failure.
HARMLESS = {"badNonce"}
#: What an authority says when it looked for the challenge and did not find it (RFC 8555 6.7).
CHALLENGE = {"connection", "dns", "incorrectResponse", "tls", "unauthorized"}


@dataclass(frozen=True)
class AcmeProblem:
    """One answer of the authority: its type without the prefix, the name that it is about, its words."""

    type: str
    name: str
    detail: str


def problems_in(log: str) -> list[AcmeProblem]:
    """Every problem in certbot's log, each once, in order."""
    found: dict[AcmeProblem, None] = {}
    for answer in _answers(log):
        for problem in _problems_of(answer, ""):
            if problem.type not in HARMLESS:
                found[problem] = None
    return list(found)


def explain(what: str, problems: list[AcmeProblem], output: str, directory: str) -> TenantError:
    """The error for a person: the kind that weighs most, the authority's words, and the remedy.

    :param what: what did not happen, such as C(The certificate for a.example.com was not issued).
    :param output: what certbot printed; tells of an authority that could not be reached.
    """
    kind, reason, remedy = _judge(problems, output, directory)
    return TenantError(
        f"{what}: {reason}",
        remedy,
        problem=kind,
        acme_problems=[asdict(problem) for problem in problems],
        stderr=tail(output),
    )


def _judge(problems: list[AcmeProblem], output: str, directory: str) -> tuple[str, str, str]:
    by_kind: dict[str, list[AcmeProblem]] = {}
    for problem in problems:
        by_kind.setdefault(_kind(problem), []).append(problem)
    for kind, meaning, remedy in _MEANINGS:
        if kind in by_kind:
            return kind, f"{meaning}: {_words(by_kind[kind])}", remedy
    return _without_answer(output, directory)


#: How certbot's plugins for RFC 2136 and Cloudflare begin to say that a record could not be published.
_DNS_UPDATE = re.compile(
    r"Encountered error (?:adding|deleting|when making)|Received response from server|Unable to determine base domain"
    r"|Error communicating with the Cloudflare API|[Dd]etermin\w+ zone_id"
)

#: In the order of weight: a rate limit explains everything after it.
_MEANINGS = (
    (
        "rate_limit",
        "the authority's rate limit is reached",
        "Wait for the time that it names; try with certificate_staging: true meanwhile.",
    ),
    (
        "caa",
        "a CAA record of the domain forbids this authority",
        "Add the authority to the domain's CAA records, or remove them.",
    ),
    (
        "challenge",
        "the authority did not find the challenge",
        "The name must lead to this edge, port 80 must be open to the authority, and the HTTP server must serve the webroot.",
    ),
    (
        "refused",
        "the authority refused the request",
        "Its words above tell why; certbot's log has the whole exchange.",
    ),
)


def _kind(problem: AcmeProblem) -> str:
    if problem.type == "rateLimited":
        return "rate_limit"
    if problem.type == "caa":
        return "caa"
    # The same types are used for a refused account key; only those about a name are about a challenge.
    return "challenge" if problem.type in CHALLENGE and problem.name else "refused"


def _words(problems: list[AcmeProblem]) -> str:
    texts = [f"{problem.name}: {problem.detail}" if problem.name else problem.detail for problem in problems]
    return " / ".join(text.rstrip(".") for text in texts) + "."


def _without_answer(output: str, directory: str) -> tuple[str, str, str]:
    last = _reason_line(output)
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return (
            "ca_untrusted",
            f"the certificate of the authority's own server {directory} is not trusted.",
            "Name the file of its root as certificate_acme_ca_file.",
        )
    if re.search(r"requests\.exceptions\.|^ValueError: Requesting |ClientError", output, re.MULTILINE):
        return (
            "ca_unreachable",
            f"the authority {directory} cannot be reached from the edge: {last}",
            "Check the address, DNS, firewall and proxy of the edge host, then run again.",
        )
    if _DNS_UPDATE.search(output):
        return (
            "dns_update",
            f"the record of DNS-01 could not be published: {last}",
            "Check the DNS provider's credentials and their rights for TXT records of the zone.",
        )
    return "other", last, "certbot's log has the whole story."


def _reason_line(output: str) -> str:
    """The line of certbot's output that tells something; the ones around it are always the same."""
    noise = re.compile(r"^(Saving debug log|Ask for help|An unexpected error occurred|Requesting a certificate|$)")
    lines = [line.strip() for line in output.splitlines() if not noise.match(line.strip())]
    return f"{lines[-1].rstrip('.')}." if lines else "certbot gave no reason."


def _answers(log: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that begin at the start of a line."""
    decoder = json.JSONDecoder()
    position = 0
    for start in re.finditer(r"^\{", log, re.MULTILINE):
        if start.start() < position:
            continue
        try:
            value, position = decoder.raw_decode(log, start.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _problems_of(value: dict[str, Any], name: str) -> Iterator[AcmeProblem]:
    identifier = value.get("identifier")
    if isinstance(identifier, dict):
        name = str(identifier.get("value", name))
    kind = value.get("type")
    parts = value.get("subproblems")
    if isinstance(kind, str) and kind.startswith(PREFIX):
        if isinstance(parts, list) and parts:
            yield from _problems_of_all(parts, name)
        else:
            yield AcmeProblem(kind[len(PREFIX) :], name, str(value.get("detail", "")))
    if isinstance(value.get("error"), dict):
        yield from _problems_of(value["error"], name)
    if isinstance(value.get("challenges"), list):
        yield from _problems_of_all(value["challenges"], name)


def _problems_of_all(values: list[Any], name: str) -> Iterator[AcmeProblem]:
    for value in values:
        if isinstance(value, dict):
            yield from _problems_of(value, name)
