# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people meet of a tenant, looked at from outside: one check after the other, each with what is wrong and what to do.

Nothing is changed, and nobody's account is touched. Every check is told, also one that is not made since it would mean nothing
without another that failed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urljoin

from .errors import TenantError
from .health_check import FAIL, PASS, SKIP, WARN, Check
from .http_probe import Answer, Client, Url
from .login_doors import try_doors
from .ping import (
    PING,
    REDIRECTS,
    Wanted,
    json_object,
    look_at_frontend,
    require_pong,
    require_proof,
    summary,
    until_seen,
)

#: What no tenant may ever be given: configurations and backups, asked for as crawlers and attackers do.
SECRET_PATHS = (
    "/site_config.json",
    "/common_site_config.json",
    "/{site}/site_config.json",
    "/files/../site_config.json",
    "/files/%2e%2e/site_config.json",
    "/assets/../common_site_config.json",
    "/private/backups/",
    "/{site}/private/backups/",
)
#: What stands in them.
_SECRETS = ("db_password", "db_name", "encryption_key", "-database.sql")

SOCKET = "/socket.io/?EIO=4&transport=polling"
UPLOAD = "/api/method/upload_file"
#: Where a frontend sends people who sign in.
SIGN_IN = "/auth/login"
#: Larger than the limit of 1 MB that nginx has by itself.
_UPLOAD_BYTES = 2 * 1024 * 1024
_BOUNDARY = "frappeops-tenants-7d1f"
#: How Frappe itself, by its library werkzeug, refuses more than max_file_size; nginx says it in other words.
_TOO_LARGE_FOR_FRAPPE = "The data value transmitted exceeds the capacity limit"
#: What nginx may be told to answer for a suspended tenant.
_SUSPENDED = (402, 403)


@dataclass(frozen=True)
class Subject:
    """The tenant that is looked at, as it should be.

    :param addresses: where its names should lead; empty to not judge.
    :param http_port: where plain HTTP is answered.
    :param proof_path: a public file of the site, such as /files/proof.txt, and what it holds; empty when none is known.
    :param adopted: it was not made by this collection: it has no such file, and its owner chose how people sign in.
    :param provider_url: the OAuth provider, which the frontend leads to; empty where there is none.
    :param password_login: whether people sign in with passwords, by the operator's choice.
    :param suspended: nginx has to say that the tenant is suspended, and nothing else.
    :param warn_days: a certificate that ends sooner is worth a warning.
    :param frontend_statuses: the answers of the frontend that will do.
    """

    name: str
    site: str
    frontend_url: str
    backend_url: str
    addresses: tuple[str, ...] = ()
    http_port: int = 80
    proof_path: str = ""
    proof_content: str = ""
    adopted: bool = False
    provider_url: str = ""
    password_login: bool = False
    suspended: bool = False
    warn_days: int = 14
    frontend_statuses: tuple[int, ...] = (200,)

    @property
    def is_there(self) -> Wanted:
        """What is seen of a tenant that is there at all."""
        return Wanted(
            self.backend_url,
            proof_path=self.proof_path,
            proof_content=self.proof_content,
            frontend_url=self.frontend_url,
            frontend_statuses=self.frontend_statuses,
        )


Look = Callable[[Client, Subject], Check]


class Aspect(NamedTuple):
    """One thing to look at.

    :param wanted: in words.
    :param needs: the check without which it means nothing.
    """

    wanted: str
    look: Look
    needs: str = ""


def await_answers(client: Client, subject: Subject, left_out: list[str], seconds: float) -> None:
    """Wait so long for the tenant to be there. What is wrong with one that is not is told by its checks."""
    frontend_url = "" if "frontend" in left_out else subject.frontend_url
    with contextlib.suppress(TenantError):
        until_seen(client, replace(subject.is_there, frontend_url=frontend_url), seconds)


def examine(client: Client, subject: Subject, left_out: list[str]) -> list[Check]:
    """All checks but those that are I(left_out)."""
    return list(_examine(client, subject, left_out))


def _examine(client: Client, subject: Subject, left_out: list[str]) -> Iterator[Check]:
    missing: dict[str, str] = {}
    for name, (wanted, look, needs) in CHECKS.items():
        if name in left_out or (subject.adopted and name in _OF_OUR_MAKING):
            continue
        if needs in missing:
            yield Check(name, SKIP, missing[needs], wanted)
            continue
        try:
            check = look(client, subject)
        except TenantError as error:
            check = Check(name, FAIL, error.msg, wanted, error.remedy)
        except Exception as error:  # one odd answer must not end the look at all tenants
            check = Check(
                name, FAIL, f"it can't be judged: {type(error).__name__}: {error}", wanted, "Please report it."
            )
        if check.status == FAIL:
            missing[name] = f"not looked at, since {name} failed"
        elif subject.suspended:
            missing[name] = "not looked at, since the tenant is suspended"
        yield check


def _dns(client: Client, subject: Subject) -> Check:
    if client.is_led:
        return Check("dns", SKIP, "not asked: it is said where to look", CHECKS["dns"].wanted)
    found: list[str] = []
    for url in (subject.frontend_url, subject.backend_url):
        found += client.addresses(Url.parse(url))
    seen = f"the names lead to {', '.join(sorted(set(found)))}"
    if subject.addresses and set(found) - set(subject.addresses):
        return Check(
            "dns",
            FAIL,
            seen,
            f"the names lead to {', '.join(subject.addresses)}",
            "Correct the records, or health_addresses. Where a proxy is in between that we do not know of, set it to [].",
        )
    return Check("dns", PASS, seen, CHECKS["dns"].wanted)


def _certificate(client: Client, subject: Subject) -> Check:
    urls = (subject.frontend_url, subject.backend_url)
    plain = [url for url in urls if Url.parse(url).scheme != "https"]
    if plain:
        return Check(
            "certificate",
            WARN,
            f"{' and '.join(plain)} is served without one",
            CHECKS["certificate"].wanted,
            "Run playbooks/certificates.yml.",
        )
    days = [(client.request(url.rstrip("/") + PING).certificate or {})["days_left"] for url in urls]
    seen = f"trusted, {min(days)} days left"
    if min(days) < subject.warn_days:
        return Check(
            "certificate",
            WARN,
            seen,
            f"at least {subject.warn_days} days left",
            "Is certbot's timer running? certbot renew",
        )
    return Check("certificate", PASS, seen, CHECKS["certificate"].wanted)


def _backend(client: Client, subject: Subject) -> Check:
    answer = client.request(subject.backend_url.rstrip("/") + PING, headers={"Accept": "application/json"})
    if subject.suspended:
        return _suspended("backend", answer)
    require_pong(answer)
    seen = f"pong after {sum(answer.timings.values()):.0f} ms"
    return Check("backend", PASS, seen, CHECKS["backend"].wanted, evidence={"url": answer.url, **summary(answer)})


def _frontend(client: Client, subject: Subject) -> Check:
    if subject.suspended:
        return _suspended("frontend", client.request(subject.frontend_url))
    status = look_at_frontend(client, subject.is_there)["status"]
    return Check("frontend", PASS, f"answers {status}", CHECKS["frontend"].wanted, evidence={"frontend": status})


def _suspended(name: str, answer: Answer) -> Check:
    wanted = "nginx answers that the tenant is suspended"
    if answer.status in _SUSPENDED:
        return Check(name, PASS, f"suspended: {_shown(answer)}", wanted)
    return Check(
        name, FAIL, f"{answer.url} gave {_shown(answer)}", wanted, "Suspend it again, or resume it: resume.yml."
    )


def _sign_in(client: Client, subject: Subject) -> Check:
    wanted = CHECKS["sign_in"].wanted
    if not subject.provider_url:
        return Check("sign_in", SKIP, "no provider is known that it should lead to", wanted)
    answer = client.request(subject.frontend_url.rstrip("/") + SIGN_IN, headers={"Accept": "text/html"})
    target = urljoin(answer.url, answer.headers.get("location", ""))
    provider = Url.parse(subject.provider_url).host
    if answer.status in REDIRECTS and Url.parse(target).host == provider:
        return Check("sign_in", PASS, f"{SIGN_IN} leads to {provider}", wanted)
    seen = f"sign-in leads to {target}" if answer.status in REDIRECTS else f"it gave {_shown(answer)}"
    return Check(
        "sign_in",
        FAIL,
        f"{answer.url}: {seen}",
        f"{SIGN_IN} leads to {provider}",
        "Does nginx pass it to the frontend, and does the frontend know the provider? Else leave sign_in out.",
    )


def _right_site(client: Client, subject: Subject) -> Check:
    if not subject.proof_path:
        return Check("right_site", WARN, "no file is known that only this site has", CHECKS["right_site"].wanted)
    require_proof(client, subject.backend_url.rstrip("/"), {}, subject.is_there)
    seen = f"{subject.proof_path} holds what only this site has"
    return Check("right_site", PASS, seen, CHECKS["right_site"].wanted, evidence={"proven": True})


def _files(client: Client, subject: Subject) -> Check:
    if not subject.proof_path:
        return Check("files", SKIP, "no public file of the site is known", CHECKS["files"].wanted)
    answer = client.request(subject.backend_url.rstrip("/") + subject.proof_path)
    if answer.status == 200 and answer.body == subject.proof_content.encode():
        return Check("files", PASS, f"{subject.proof_path} is served", CHECKS["files"].wanted)
    return Check(
        "files",
        FAIL,
        f"{subject.proof_path} gave {_shown(answer)}",
        CHECKS["files"].wanted,
        "May nginx's user read the site's public folder, and is it the right one?",
    )


def _uploads(client: Client, subject: Subject) -> Check:
    """As nobody: Frappe refuses the upload, in JSON, which nginx does not speak: so nginx let it through."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="probe.bin"\r\n\r\n'
    body = head.encode() + b"\0" * _UPLOAD_BYTES + f"\r\n--{_BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "Accept": "application/json"}
    answer = client.request(subject.backend_url.rstrip("/") + UPLOAD, "POST", headers, body)
    if answer.status in (401, 403) and json_object(answer):
        return Check("uploads", PASS, "2 MB reach Frappe, which refuses strangers", CHECKS["uploads"].wanted)
    if answer.status == 413 and _TOO_LARGE_FOR_FRAPPE in answer.text:
        return Check("uploads", PASS, "2 MB reach Frappe, whose limit is lower for this site", CHECKS["uploads"].wanted)
    remedy = (
        "Raise client_max_body_size (proxy_upload_limit)."
        if answer.status == 413
        else "Does nginx pass it to the bench? Look into the logs of both."
    )
    return Check("uploads", FAIL, f"2 MB from a stranger gave {_shown(answer)}", CHECKS["uploads"].wanted, remedy)


def _redirect(client: Client, subject: Subject) -> Check:
    if Url.parse(subject.frontend_url).scheme != "https":
        return Check("redirect", PASS, "the tenant is served over HTTP", CHECKS["redirect"].wanted)
    for url in (subject.frontend_url, subject.backend_url):
        host = Url.parse(url).host
        answer = client.request(f"http://{host}:{subject.http_port}/")
        target = urljoin(answer.url, answer.headers.get("location", ""))
        if answer.status not in REDIRECTS or not _is_of(target, url):
            towards = f", to {target}" if answer.status in REDIRECTS else ""
            return Check(
                "redirect",
                FAIL,
                f"http://{host} gave {_shown(answer)}{towards}",
                CHECKS["redirect"].wanted,
                "Publish the tenant in nginx again: run its provisioning.",
            )
    return Check("redirect", PASS, "HTTP leads to HTTPS", CHECKS["redirect"].wanted)


def _secret_paths(client: Client, subject: Subject) -> Check:
    for path in SECRET_PATHS:
        answer = client.request(subject.backend_url.rstrip("/") + path.format(site=subject.site))
        if answer.status == 200 and any(secret in answer.text for secret in _SECRETS):
            return Check(
                "secret_paths",
                FAIL,
                f"{answer.url} gives away a configuration or backups",
                CHECKS["secret_paths"].wanted,
                "Take the server block out of nginx NOW, then change the site's database password.",
            )
    return Check("secret_paths", PASS, f"{len(SECRET_PATHS)} of them are refused", CHECKS["secret_paths"].wanted)


def _doors(client: Client, subject: Subject) -> Check:
    tried = try_doors(client, subject.backend_url, accept_limited=True, password_login=subject.password_login)
    closed = len(tried["doors"]) - subject.password_login
    seen = f"{closed} login doors are closed" + ", that for passwords is open" * subject.password_login
    return Check("doors", PASS, seen, CHECKS["doors"].wanted, evidence={"doors": tried["doors"]})


def _socket(client: Client, subject: Subject) -> Check:
    answer = client.request(subject.backend_url.rstrip("/") + SOCKET)
    if answer.status == 200 and _opens_session(answer.text):
        return Check("socket", PASS, "socket.io opens a session", CHECKS["socket"].wanted)
    return Check(
        "socket",
        WARN,
        f"socket.io gave {_shown(answer)}",
        CHECKS["socket"].wanted,
        "Is the bench's node socketio service running? Without it pages do not update by themselves.",
    )


def _opens_session(text: str) -> bool:
    """Whether Engine.IO's first packet is that of a new session: 0 and its settings. Others may follow it."""
    try:
        settings, _end = json.JSONDecoder().raw_decode(text, 1)
    except ValueError:
        return False
    return text.startswith("0") and isinstance(settings, dict) and "sid" in settings


def _is_of(target: str, url: str) -> bool:
    """Whether the URL I(target) is a page of the server of I(url)."""
    try:
        found, wanted = Url.parse(target), Url.parse(url)
    except TenantError:
        return False
    return (found.scheme, found.host, found.port) == (wanted.scheme, wanted.host, wanted.port)


def _shown(answer: Answer) -> str:
    return f"{answer.status} {answer.excerpt(60)!r}"


#: In the order in which they are made.
CHECKS: dict[str, Aspect] = {
    "dns": Aspect("both names resolve", _dns),
    "certificate": Aspect("a certificate that is trusted, for both names", _certificate),
    "backend": Aspect("200 and pong", _backend),
    "frontend": Aspect("the frontend answers 200", _frontend),
    "sign_in": Aspect("the frontend's sign-in leads to the OAuth provider", _sign_in, needs="frontend"),
    "redirect": Aspect("HTTP leads to HTTPS", _redirect),
    "right_site": Aspect("the tenant's own site answers", _right_site, needs="backend"),
    "files": Aspect("public files are served", _files, needs="backend"),
    "uploads": Aspect("uploads reach Frappe", _uploads, needs="backend"),
    "secret_paths": Aspect("configurations and backups are refused", _secret_paths, needs="backend"),
    "doors": Aspect("every login door but the one that the operator chose is closed", _doors, needs="backend"),
    "socket": Aspect("socket.io answers", _socket, needs="backend"),
}

#: What an adopted tenant need not have.
_OF_OUR_MAKING = {"sign_in", "right_site", "files", "doors"}
