# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the tenant there for people: its site answers, it is the right one, and its frontend answers.

What Frappe answers to whom is measured: 404 C(<host> does not exist) for an unknown site, 417 for a half-made
one, 503 C(SessionStopped) in maintenance mode.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

from .errors import TenantError
from .http_probe import Answer, Client, Url

PING = "/api/method/ping"
DOWNLOAD = "/api/method/download_file?file_url="
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)

#: What Frappe answers for a host that it has no site for.
_UNKNOWN_SITE = re.compile(r"([^\s<>]+) does not exist")

#: Seconds between tries: short at first, since nginx's reload and gunicorn's start are short.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


@dataclass(frozen=True)
class Wanted:
    """What must be seen.

    :param backend_url: the site's public URL.
    :param site: sent as X-Frappe-Site-Name, to ask gunicorn directly; empty through nginx.
    :param proof_path: a public file of the site, such as /files/proof.txt; empty to not ask for it.
    :param proof_content: what this file must hold.
    :param frontend_url: must answer too; empty to not ask.
    :param frontend_statuses: the answers that will do.
    """

    backend_url: str
    site: str = ""
    proof_path: str = ""
    proof_content: str = ""
    frontend_url: str = ""
    frontend_statuses: tuple[int, ...] = (200,)


def until_seen(client: Client, wanted: Wanted, seconds: float) -> dict[str, Any]:
    """Look until everything wanted is seen.

    :param seconds: how long to try; 0 for once.
    :raises TenantError: the last thing that was wrong; C(attempts) and C(seconds) tell how long it was.
    """
    # One try alone may take as long as its answers take.
    with client.within(seconds) if seconds else contextlib.nullcontext():
        return retry(lambda: look(client, wanted), seconds)


def retry(work: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Repeat I(work) with growing pauses until it succeeds or I(seconds) are over."""
    begun, attempts, pause = time.monotonic(), 0, _FIRST_PAUSE
    while True:
        attempts += 1
        try:
            return {**work(), "attempts": attempts, "seconds": round(time.monotonic() - begun, 2)}
        except TenantError as error:
            spent = time.monotonic() - begun
            if spent + pause > seconds:
                tried = f" (tried {attempts} times in {spent:.1f} s)" if attempts > 1 else ""
                raise TenantError(
                    f"{error.msg.rstrip('.')}{tried}.",
                    error.remedy,
                    **error.details,
                    attempts=attempts,
                    seconds=round(spent, 2),
                ) from error
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def look(client: Client, wanted: Wanted) -> dict[str, Any]:
    """Look once at everything wanted."""
    base = wanted.backend_url.rstrip("/")
    headers = {"X-Frappe-Site-Name": wanted.site} if wanted.site else {}
    answer = client.request(base + PING, headers={"Accept": "application/json", **headers})
    require_pong(answer)
    seen = {"url": base + PING, **summary(answer), "proven": False}
    if wanted.proof_path:
        require_proof(client, base, headers, wanted)
        seen["proven"] = True
    if wanted.frontend_url:
        seen["frontend"] = look_at_frontend(client, wanted)
    return seen


def require_pong(answer: Answer) -> None:
    """Refuse every answer that is not Frappe's pong, and tell what it means."""
    if answer.status == 200 and json_object(answer).get("message") == "pong":
        return
    raise meaning(answer)


def meaning(answer: Answer) -> TenantError:
    """What an answer that was not wanted says about the tenant."""
    status, shown = answer.status, answer.excerpt()
    unknown = _UNKNOWN_SITE.search(answer.text)
    if status == 404 and unknown:
        return _error(
            "unknown_site",
            answer,
            f"the bench has no site {unknown[1]}",
            "Was it made, and does nginx send this very name as X-Frappe-Site-Name? Capitals count.",
        )
    if status == 417:
        return _error(
            "half_made_site", answer, f"the site is half made ({shown})", "Run the provisioning again to make it anew."
        )
    if status in (502, 504):
        return _error(
            "backend_down",
            answer,
            "nginx is there, the bench behind it is not",
            "Is gunicorn running? Look at the bench's supervisor and logs/web.error.log.",
        )
    if status == 503 and ("SessionStopped" in answer.text or "Session Stopped" in answer.text):
        return _error(
            "maintenance",
            answer,
            "the site is in maintenance mode",
            "When the work on it is over: bench --site SITE set-maintenance-mode off.",
        )
    if status == 200:
        return _error(
            "not_pong",
            answer,
            f"this is not Frappe's pong: {shown!r}",
            "Which server answers for this name? Look at its server block in nginx.",
        )
    location = answer.headers.get("location")
    towards = f", to {location}" if location else ""
    return _error(
        "unexpected_status",
        answer,
        f"{shown!r}{towards}" if shown or towards else "no text",
        f"Asked was {answer.url}; look at the logs of nginx and of the bench.",
    )


def _error(code: str, answer: Answer, what: str, remedy: str) -> TenantError:
    host = Url.parse(answer.url).host_header
    return TenantError(
        f"{host} answers {answer.status}: {what}.", remedy, error=code, status=answer.status, address=answer.address
    )


def require_proof(client: Client, base: str, headers: dict[str, str], wanted: Wanted) -> None:
    """A pong only shows a site. A file that the right site alone has shows its database and its folder."""
    answer = client.request(base + DOWNLOAD + quote(wanted.proof_path), headers=headers)
    if answer.status == 200 and answer.body == wanted.proof_content.encode():
        return
    seen = "another content" if answer.status == 200 else f"{answer.status} {answer.excerpt(80)!r}"
    raise TenantError(
        f"{Url.parse(base).host_header} answers pong, but not as the tenant's own site: {wanted.proof_path} gave {seen}.",
        "Does nginx set X-Frappe-Site-Name to this tenant's site, and is it the site that was made?",
        error="wrong_site",
        status=answer.status,
        address=answer.address,
    )


def look_at_frontend(client: Client, wanted: Wanted) -> dict[str, Any]:
    """Refuse a frontend that does not answer as wanted; redirects within its host are followed."""
    url = wanted.frontend_url
    host = Url.parse(url).host
    for _count in range(MAX_REDIRECTS + 1):
        answer = client.request(url, headers={"Accept": "text/html"})
        if answer.status in wanted.frontend_statuses:
            return {"url": url, **summary(answer)}
        target = urljoin(url, answer.headers.get("location", ""))
        # Another host is another's page: it would prove nothing about this one.
        if answer.status not in REDIRECTS or target == url or Url.parse(target).host != host:
            break
        url = target
    return _refuse_frontend(answer)


def _refuse_frontend(answer: Answer) -> dict[str, Any]:
    location = answer.headers.get("location")
    towards = f", to {location}" if location else ""
    down = answer.status in (502, 504)
    raise TenantError(
        f"The frontend {answer.url} answers {answer.status}{towards}: {answer.excerpt(80)!r}.",
        "Is the frontend service running?" if down else "Look at the frontend's log and at its location in nginx.",
        error="frontend_down" if down else "frontend_status",
        status=answer.status,
        address=answer.address,
    )


def summary(answer: Answer) -> dict[str, Any]:
    """What is kept of an answer that was wanted."""
    return {
        "status": answer.status,
        "address": answer.address,
        "timings": answer.timings,
        "certificate": answer.certificate,
    }


def json_object(answer: Answer) -> dict[str, Any]:
    """The JSON object that came back; empty for everything else."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
